//! GDF files against what MNE-Python reads from them (`tests/data/make_gdf_reference.py`).
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use std::io::Cursor;

use evoked::formats::{Options, open, open_with, read};
use evoked::signal::{Recording, Unit};
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn labels(recording: &Recording) -> Vec<&str> {
    recording.streams()[0].channels().iter().map(|channel| channel.label.as_str()).collect()
}

fn assert_close(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found}, expected {expected}");
}

fn events_past_the_end(expected: &Value) -> usize {
    let positions = expected["events"].as_array().unwrap().iter().map(|event| &event[0]);
    positions.filter(|position| position.as_u64() >= expected["samples"].as_u64()).count()
}

#[test]
fn recordings_read_as_mne_reads_them() {
    let Some(folder) = common::data_dir() else { return };
    let reference: Vec<Value> =
        serde_json::from_str(include_str!("data/gdf_reference.json")).unwrap();
    assert_eq!(reference.len(), 6);
    for expected in &reference {
        let file = expected["file"].as_str().unwrap();
        let opened = open(folder.join("ssvep-exo/gdf").join(file)).unwrap();
        let outside = events_past_the_end(expected);
        let told: String = opened.warnings.iter().map(ToString::to_string).collect();
        let message = format!("event table: {outside} events lie past the last sample; kept");
        assert_eq!(told, if outside > 0 { message } else { String::new() }, "{file}");
        assert_eq!(opened.format.to_string(), "GDF 1.25");
        let stream = &opened.recording.streams()[0];
        assert_eq!(opened.recording.streams().len(), 1);
        assert_eq!(serde_json::to_value(labels(&opened.recording)).unwrap(), expected["channels"]);
        assert_eq!(stream.rate_hz(), expected["rate_hz"].as_f64().unwrap());
        assert_eq!(stream.samples().len() as u64, expected["samples"].as_u64().unwrap());

        let indices = numbers(&expected["indices"]);
        for (c, channel) in stream.channels().iter().enumerate() {
            let what = format!("{file} {}", channel.label);
            assert_eq!((&channel.unit, channel.quantization), (&Unit::Microvolt, None), "{what}");
            let samples: Vec<f64> =
                stream.samples().channel(c).iter().map(|&sample| f64::from(sample)).collect();
            // An f32 is off by at most 2⁻²⁴ of its size.
            let sizes = expected["sum_of_sizes"][c].as_f64().unwrap();
            let found = samples.iter().map(|sample| sample.abs()).sum();
            assert_close(found, sizes, sizes * 1e-7, &what);
            let sum = expected["sum"][c].as_f64().unwrap();
            assert_close(samples.iter().sum(), sum, sizes * 1e-7, &what);
            let squares = expected["sum_of_squares"][c].as_f64().unwrap();
            let found = samples.iter().map(|sample| sample * sample).sum();
            assert_close(found, squares, squares * 2e-7, &what);
            for (&index, value) in indices.iter().zip(numbers(&expected["values"][c])) {
                let index = if index < 0.0 { samples.len() - 1 } else { index as usize };
                assert_close(samples[index], value, value.abs() * 1e-7, &what);
            }
        }

        let events: Vec<_> = opened.recording.events().iter().map(|e| (e.sample, e.code)).collect();
        assert_eq!(serde_json::to_value(&events).unwrap(), expected["events"], "{file}");
        let named = |code, label| {
            let mut events = opened.recording.events().iter().filter(|event| event.code == code);
            events.all(|event| event.label == label && event.fraction == 0.0)
        };
        assert!(named(33024, "Label_00") && named(32779, "VisualStimulationStart"), "{file}");
    }
}

#[test]
fn chosen_channels_of_a_recording_are_the_same_as_of_all() {
    let Some(folder) = common::data_dir() else { return };
    let path = folder.join("ssvep-exo/gdf/subject02-2012.07.19-17.41.14.gdf");
    let all = open(&path).unwrap().recording;
    let mut told = Vec::new();
    let mut report = |done, total| told.push((done, total));
    let options = Options::default().channels(["pO7", "O1"]).progress(&mut report);
    let two = open_with(&path, options).unwrap().recording;
    assert_eq!(labels(&two), ["O1", "PO7"]);
    assert_eq!(two.events(), all.events());
    let (all, two) = (all.streams()[0].samples(), two.streams()[0].samples());
    assert_eq!((two.channel(0), two.channel(1)), (all.channel(1), all.channel(5)));
    let total = all.len() as u64 * 64;
    assert_eq!((told.first(), told.last()), (Some(&(0, total)), Some(&(total, total))));
    assert!(told.len() > 3 && told.is_sorted());
}

#[test]
fn small_files_read_as_mne_reads_them() {
    let reference: Vec<Value> = serde_json::from_str(include_str!("data/gdf_small.json")).unwrap();
    for expected in &reference {
        let name = expected["name"].as_str().unwrap();
        let hex = expected["hex"].as_str().unwrap();
        let bytes: Vec<u8> = (0..hex.len() / 2)
            .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
            .collect();
        let opened = read(Cursor::new(bytes), Options::default()).unwrap();
        assert_eq!(opened.warnings, [], "{name}");
        assert!(name.starts_with(opened.format.to_string().strip_prefix("GDF ").unwrap()));
        let recording = &opened.recording;
        let stream = &recording.streams()[0];
        assert_eq!(stream.rate_hz(), expected["rate_hz"].as_f64().unwrap(), "{name}");
        assert_eq!(serde_json::to_value(labels(recording)).unwrap(), expected["channels"]);
        for (c, channel) in stream.channels().iter().enumerate() {
            let values = numbers(&expected["values"][c]);
            assert_eq!(stream.samples().channel(c).len(), values.len());
            for (&found, value) in stream.samples().channel(c).iter().zip(values) {
                // Scale, product and sum are each rounded to f32: three times 2⁻²⁴.
                assert_close(found.into(), value, value.abs() * 1.8e-7 + 1e-9, name);
            }
            assert_eq!(channel.quantization.is_some(), name.contains("int"), "{name}");
        }
        let has_durations = name.starts_with('2');
        let events: Vec<_> = recording.events().iter().map(|e| (e.sample, e.code)).collect();
        for (i, event) in expected["events"].as_array().unwrap().iter().enumerate() {
            assert_eq!(events[i], (event[0].as_u64().unwrap(), event[1].as_u64().unwrap() as u32));
            let duration = if has_durations { event[2].as_f64().unwrap() } else { 0.0 };
            assert_eq!(recording.events()[i].duration, duration, "{name}");
        }
        assert_eq!(events.len(), expected["events"].as_array().unwrap().len());
        let metadata = recording.metadata();
        let start = expected["start_time"].as_str().unwrap();
        assert!(metadata["start_time"].starts_with(start), "{name}: {metadata:?}");
        assert_eq!(
            (metadata["subject"].as_str(), metadata["recording_id"].as_str()),
            ("P7", "run 3")
        );
    }
}
