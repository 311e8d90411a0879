//! XDF files against what pyxdf reads from them (`tests/data/make_xdf_expected.py`).
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use std::io::Cursor;

use evoked::formats::{Opened, Options, open, read};
use evoked::signal::{Channel, Recording, Stream, Unit};
use serde_json::Value;

/// Times are equal within this …
const TOLERANCE_S: f64 = 1e-9;
/// … or this part of the stream's clock: pyxdf fits offsets and clock as they are, and rounds
/// accordingly. In the one file that needs it (a clock at 653,000 s), 80-bit arithmetic puts pyxdf
/// 9e-9 s off.
const TOLERANCE: f64 = 2e-14;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn assert_close(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found}, expected {expected}");
}

/// The second of the recorder's clock that is second 0 of the recording.
fn zero_s(recording: &Recording) -> f64 {
    recording.metadata()["lsl_time_of_second_0"].parse().unwrap()
}

fn tolerance_s(expected: &Value) -> f64 {
    TOLERANCE_S.max(TOLERANCE * expected["largest_s"].as_f64().unwrap())
}

fn positions(stream: &Stream) -> Vec<u64> {
    let segments = stream.samples().segments().iter();
    segments.flat_map(|segment| segment.first..segment.end()).collect()
}

/// Times, channels and values of a stream of numbers.
struct Found<'a> {
    times_s: Vec<f64>,
    channels: &'a [Channel],
    values: Vec<&'a [f32]>,
}

impl<'a> Found<'a> {
    fn stream(stream: &'a Stream, zero_s: f64) -> Self {
        let times_s =
            positions(stream).iter().map(|&at| zero_s + stream.time_s(at as f64)).collect();
        let channels = stream.channels();
        let values = (0..channels.len()).map(|row| stream.samples().channel(row)).collect();
        Self { times_s, channels, values }
    }

    fn holds(&self, expected: &Value, what: &str) {
        let rows = numbers(&expected["rows"]);
        let tolerance_s = tolerance_s(expected);
        assert_eq!(self.times_s.len() as u64, expected["samples"].as_u64().unwrap(), "{what}");
        for (&row, time_s) in rows.iter().zip(numbers(&expected["times_s"])) {
            assert_close(self.times_s[row as usize], time_s, tolerance_s, what);
        }
        if let Some(first_s) = self.times_s.first() {
            let sum_s = self.times_s.iter().map(|time_s| time_s - first_s).sum();
            let tolerance_s = tolerance_s * self.times_s.len() as f64;
            assert_close(sum_s, expected["sum_of_times_s"].as_f64().unwrap(), tolerance_s, what);
        }
        assert_eq!(self.channels.len() as u64, expected["channels"].as_u64().unwrap(), "{what}");
        for (c, values) in self.values.iter().enumerate() {
            for (&row, expected) in rows.iter().zip(expected["values"].as_array().unwrap()) {
                // The values are f32 already, or rounded to it.
                assert_eq!(values[row as usize], numbers(expected)[c] as f32, "{what}");
            }
            let sizes = numbers(&expected["sum_of_sizes"])[c];
            let found = values.iter().map(|value| f64::from(value.abs())).sum();
            assert_close(found, sizes, sizes * 1e-7, what);
            let found = values.iter().map(|&value| f64::from(value)).sum();
            assert_close(found, numbers(&expected["sum"])[c], sizes * 1e-7, what);
        }
        for (channel, label) in self.channels.iter().zip(expected["labels"].as_array().unwrap()) {
            assert_eq!(channel.label, label.as_str().unwrap(), "{what}");
        }
        for (channel, unit) in self.channels.iter().zip(expected["units"].as_array().unwrap()) {
            match unit.as_str().unwrap() {
                "microvolts" => assert_eq!(channel.unit, Unit::Microvolt, "{what}"),
                other => assert_eq!(channel.unit.as_str(), other, "{what}"),
            }
        }
    }
}

fn holds(opened: &Opened, expected: &Value, file: &str) {
    let recording = &opened.recording;
    let mut texts: Vec<(f64, String)> = Vec::new();
    let zero_s = zero_s(recording);
    let mut tolerance_s = TOLERANCE_S;
    for stream in expected["streams"].as_array().unwrap() {
        let name = stream["name"].as_str().unwrap();
        let what = format!("{file}, {name}");
        let nominal_rate_hz = stream["nominal_rate_hz"].as_f64().unwrap();
        tolerance_s = tolerance_s.max(self::tolerance_s(stream));
        if stream["format"] == "string" {
            let times_s = numbers(&stream["all_times_s"]);
            for (time_s, sample) in times_s.into_iter().zip(stream["texts"].as_array().unwrap()) {
                let sample = sample.as_array().unwrap().iter().map(|text| text.as_str().unwrap());
                texts
                    .extend(sample.filter(|text| !text.is_empty()).map(|t| (time_s, t.to_owned())));
            }
        } else if nominal_rate_hz == 0.0 {
            let series = recording.series().iter().find(|series| series.name() == name).unwrap();
            let channels = series.channels();
            let values = (0..channels.len()).map(|channel| series.channel(channel)).collect();
            let times_s = series.times_s().iter().map(|time_s| zero_s + time_s).collect();
            Found { times_s, channels, values }.holds(stream, &what);
        } else {
            let found = recording.streams().iter().find(|stream| stream.name() == name).unwrap();
            assert_eq!(found.nominal_rate_hz(), nominal_rate_hz, "{what}");
            let effective_hz = stream["effective_rate_hz"].as_f64().unwrap();
            if effective_hz > 0.0 {
                assert_close(found.rate_hz(), effective_hz, effective_hz * 1e-9, &what);
            }
            Found::stream(found, zero_s).holds(stream, &what);
        }
    }
    let numeric = expected["streams"].as_array().unwrap().iter();
    let numeric = numeric.filter(|stream| stream["format"] != "string").count();
    assert_eq!(recording.streams().len() + recording.series().len(), numeric, "{file}");
    texts.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert_eq!(recording.events().len(), texts.len(), "{file}");
    // An event's place between two samples is an f32.
    let interval_s = recording.streams().first().map_or(1.0, |stream| 1.0 / stream.rate_hz());
    tolerance_s += interval_s * (-24_f64).exp2();
    for (event, (time_s, text)) in recording.events().iter().zip(texts) {
        assert_eq!(event.label, text, "{file}");
        assert_eq!(event.code, text.parse().unwrap_or(0), "{file}");
        assert_close(zero_s + recording.onset_s(event), time_s, tolerance_s, file);
    }
}

#[test]
fn recordings_read_as_pyxdf_reads_them() {
    let Some(folder) = common::data_dir() else { return };
    let reference: Vec<Value> =
        serde_json::from_str(include_str!("data/xdf_expected.json")).unwrap();
    assert_eq!(reference.len(), 5);
    for expected in &reference {
        let file = expected["file"].as_str().unwrap();
        let opened = open(folder.join(file)).unwrap();
        assert_eq!(opened.format.to_string(), "XDF 1.0");
        holds(&opened, expected, file);
    }
}

#[test]
fn small_files_read_as_pyxdf_reads_them() {
    let reference: Vec<Value> = serde_json::from_str(include_str!("data/xdf_small.json")).unwrap();
    assert_eq!(reference.len(), 7);
    for expected in &reference {
        let name = expected["name"].as_str().unwrap();
        let hex = expected["hex"].as_str().unwrap();
        let bytes: Vec<u8> = (0..hex.len() / 2)
            .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
            .collect();
        holds(&read(Cursor::new(bytes), Options::default()).unwrap(), expected, name);
    }
}
