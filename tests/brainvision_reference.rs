//! BrainVision files against what MNE-Python reads from them
//! (`tests/data/make_brainvision_expected.py`).
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use std::path::PathBuf;

use evoked::formats::{Options, open, open_with};
use serde_json::{Value, json};

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn assert_close(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found}, expected {expected}");
}

fn reference() -> Vec<Value> {
    serde_json::from_str(include_str!("data/brainvision_expected.json")).unwrap()
}

fn folder() -> Option<PathBuf> {
    common::data_dir().map(|folder| folder.join("interop/mne-brainvision"))
}

/// The weakest of the filters that the metadata tell of, as MNE keeps it. `off` is `without`.
fn weakest(text: Option<&String>, without: f64, weaker: fn(f64, f64) -> f64) -> f64 {
    let cutoff = |group: &str| match group.trim().split(' ').next().unwrap() {
        "off" => without,
        number => number.parse().unwrap(),
    };
    text.map_or(without, |text| text.split(';').map(cutoff).reduce(weaker).unwrap())
}

#[test]
fn recordings_read_as_mne_reads_them() {
    let Some(folder) = folder() else { return };
    let reference = reference();
    assert_eq!(reference.len(), 13);
    for expected in &reference {
        let file = expected["file"].as_str().unwrap();
        let opened = open(folder.join(file)).unwrap();
        let version = if ["test_units.vhdr", "testv2.vhdr"].contains(&file) { 2 } else { 1 };
        assert_eq!(opened.format.to_string(), format!("BrainVision {version}.0"));
        let recording = &opened.recording;
        let stream = &recording.streams()[0];
        let channels = stream.channels();
        let labels: Vec<&str> = channels.iter().map(|channel| channel.label.as_str()).collect();
        let units: Vec<&str> = channels.iter().map(|channel| channel.unit.as_str()).collect();
        assert_eq!(serde_json::to_value(labels).unwrap(), expected["channels"], "{file}");
        assert_eq!(serde_json::to_value(units).unwrap(), expected["units"], "{file}");
        let rate_hz = expected["rate_hz"].as_f64().unwrap();
        assert_eq!(stream.rate_hz(), rate_hz, "{file}");
        assert_eq!(stream.samples().len() as u64, expected["samples"].as_u64().unwrap());
        assert_eq!(stream.samples().segments().len(), 1);

        let metadata = recording.metadata();
        let start_time = metadata.get("start_time").map(String::as_str);
        assert_eq!(start_time, expected["start_time"].as_str(), "{file}");
        let highpass_hz = weakest(metadata.get("highpass_hz"), 0.0, f64::min);
        assert_close(highpass_hz, expected["highpass_hz"].as_f64().unwrap(), 1e-6, file);
        let lowpass_hz = weakest(metadata.get("lowpass_hz"), rate_hz / 2.0, f64::max);
        assert_close(lowpass_hz, expected["lowpass_hz"].as_f64().unwrap(), 1e-6, file);

        let indices = numbers(&expected["indices"]);
        for (c, channel) in channels.iter().enumerate() {
            let what = format!("{file} {}", channel.label);
            let is_float = file.contains("old_layout");
            assert_eq!(channel.quantization.map(|q| q.bits), (!is_float).then_some(16), "{what}");
            let samples: Vec<f64> = stream.samples().channel(c).iter().map(|&s| s.into()).collect();
            // A scale and a product are each rounded to f32: twice 2⁻²⁴.
            let sizes = expected["sum_of_sizes"][c].as_f64().unwrap();
            assert_close(samples.iter().map(|s| s.abs()).sum(), sizes, sizes * 1.2e-7, &what);
            let sum = expected["sum"][c].as_f64().unwrap();
            assert_close(samples.iter().sum(), sum, sizes * 1.2e-7, &what);
            for (&index, value) in indices.iter().zip(numbers(&expected["values"][c])) {
                let index = if index < 0.0 { samples.len() - 1 } else { index as usize };
                assert_close(samples[index], value, value.abs() * 1.2e-7, &what);
            }
        }

        let found: Vec<_> =
            recording.events().iter().map(|e| (e.sample, e.duration as u64, &e.label)).collect();
        assert_eq!(serde_json::to_value(found).unwrap(), expected["events"], "{file}");
        let inside =
            recording.events().iter().filter(|event| event.sample < stream.samples().end());
        let codes: Vec<_> =
            inside.filter(|event| event.code > 0).map(|e| (e.sample, e.code)).collect();
        let mut expected_codes = expected["codes"].as_array().unwrap().clone();
        if file == "testv2.vhdr" {
            // `Stimulus/254`, as one recorder writes it: MNE gives those numbers of its own.
            expected_codes.extend([json!([6619, 254]), json!([6629, 255])]);
        }
        assert_eq!(serde_json::to_value(codes).unwrap(), Value::Array(expected_codes), "{file}");
        let told: Vec<String> = opened.warnings.iter().map(ToString::to_string).collect();
        let expected = match file {
            "testv2.vhdr" => vec!["markers: 3 events lie past the last sample; kept"],
            file if file.contains("old_layout") => vec![
                "markers: 1 new segments do not tell how long the break before them was; the \
                 samples around them touch, though they may not be neighbours in time",
            ],
            _ => vec![],
        };
        assert_eq!(told, expected, "{file}");
    }
}

#[test]
fn any_file_of_a_recording_leads_to_it() {
    let Some(folder) = folder() else { return };
    let all = open(folder.join("test.vhdr")).unwrap();
    assert_eq!(open(folder.join("test.vmrk")).unwrap(), all);
    let error = open(folder.join("test.eeg")).unwrap_err().to_string();
    assert!(error.contains("open its header, test.vhdr"), "{error}");
}

#[test]
fn chosen_channels_are_the_same_as_of_all() {
    let Some(folder) = folder() else { return };
    for file in ["test.vhdr", "test_old_layout_latin1_software_filter.vhdr"] {
        let path = folder.join(file);
        let all = open(&path).unwrap().recording;
        let two = open_with(&path, Options::default().channels(["cz", "F3"])).unwrap().recording;
        let (all, two) = (&all.streams()[0], &two.streams()[0]);
        let rows = all.pick(&["F3", "Cz"]).unwrap();
        assert_eq!(
            two.channels(),
            [all.channels()[rows[0]].clone(), all.channels()[rows[1]].clone()]
        );
        for (row, from) in rows.into_iter().enumerate() {
            assert_eq!(two.samples().channel(row), all.samples().channel(from));
        }
    }
}
