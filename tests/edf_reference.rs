//! EDF and BDF files against what edfio, MNE-Python and pyEDFlib read from them
//! (`tests/data/make_edf_expected.py`).
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use std::path::{Path, PathBuf};

use evoked::formats::{Format, Opened, Options, open, open_with};
use evoked::signal::{Recording, Stream, Unit};
use serde_json::Value;

fn reference() -> Vec<Value> {
    serde_json::from_str(include_str!("data/edf_expected.json")).unwrap()
}

fn folder() -> Option<PathBuf> {
    common::data_dir().map(|dir| dir.join("interop"))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

/// Every channel with its stream, by label.
fn channels(recording: &Recording) -> Vec<(&str, &Stream, usize)> {
    let streams = recording.streams().iter();
    streams
        .flat_map(|stream| {
            let rows = stream.channels().iter().enumerate();
            rows.map(move |(row, channel)| (channel.label.as_str(), stream, row))
        })
        .collect()
}

/// Takes the file's unit to the one of the samples.
fn factor(unit: &str, found: &Unit) -> f64 {
    let (expected, factor) = match unit {
        "V" => (Unit::Microvolt, 1e6),
        "uV" => (Unit::Microvolt, 1.0),
        other => (Unit::Other(other.to_owned()), 1.0),
    };
    assert_eq!(*found, expected);
    factor
}

fn hold_channel(file: &str, opened: &Opened, label: &str, expected: &Value) {
    let found = channels(&opened.recording);
    let (_, stream, row) = found.iter().find(|(known, ..)| *known == label).unwrap();
    let what = format!("{file} {label}");
    let samples: Vec<f64> = stream.samples().channel(*row).iter().map(|&x| x.into()).collect();
    assert_eq!(samples.len() as u64, expected["samples"].as_u64().unwrap(), "{what}");
    assert_eq!(stream.rate_hz(), number(&expected["rate_hz"]), "{what}");
    let channel = &stream.channels()[*row];
    if let Some(quantization) = channel.quantization {
        let counts = stream.samples().channel(*row).iter().map(|&x| quantization.count(x).unwrap());
        let sum: i64 = counts.map(i64::from).sum();
        assert_eq!(sum, expected["digital_sum"].as_i64().unwrap(), "{what}");
    }
    if label == "Status" && matches!(opened.format, Format::Edf { bits: 24, .. }) {
        // Counts, whatever the header says.
        assert_eq!((&channel.unit, stream.name()), (&Unit::Other(String::new()), "Status"));
        assert!(channel.quantization.is_some());
        return;
    }
    let factor = factor(expected["unit"].as_str().unwrap(), &channel.unit);
    let (low, high) = (number(&expected["range"][0]), number(&expected["range"][1]));
    // Scale, offset, product and sum are each rounded to f32.
    let tolerance = (2e-7 * low.abs().max(high.abs())).max(1e-6 * (high - low).abs()) * factor;
    let values = expected["values"].as_array().unwrap();
    for (index, value) in expected["indices"].as_array().unwrap().iter().zip(values) {
        let (found, value) = (samples[index.as_u64().unwrap() as usize], number(value) * factor);
        assert!((found - value).abs() <= tolerance, "{what}: {found}, expected {value}");
    }
    let all = tolerance * samples.len() as f64;
    let sum: f64 = samples.iter().sum();
    assert!((sum - number(&expected["sum"]) * factor).abs() <= all, "{what}");
    let sizes: f64 = samples.iter().map(|sample| sample.abs()).sum();
    assert!((sizes - number(&expected["sum_of_sizes"]) * factor).abs() <= all, "{what}");
}

#[test]
fn samples_are_those_of_the_other_readers() {
    let Some(folder) = folder() else { return };
    let reference = reference();
    assert_eq!(reference.len(), 22);
    for expected in &reference {
        let file = expected["file"].as_str().unwrap();
        let opened = open(folder.join(file)).unwrap();
        let labels: Vec<&str> =
            expected["labels"].as_array().unwrap().iter().map(|l| l.as_str().unwrap()).collect();
        let mut found: Vec<&str> =
            channels(&opened.recording).iter().map(|(label, ..)| *label).collect();
        assert_eq!(found.len(), labels.len(), "{file}");
        found.sort_by_key(|found| labels.iter().position(|label| label == found));
        assert_eq!(found, labels, "{file}");
        for expected in expected["channels"].as_array().unwrap() {
            let label = labels[expected["place"].as_u64().unwrap() as usize];
            hold_channel(file, &opened, label, expected);
        }
    }
}

#[test]
fn events_are_those_of_the_other_readers() {
    let Some(folder) = folder() else { return };
    for expected in &reference() {
        let file = expected["file"].as_str().unwrap();
        let recording = open(folder.join(file)).unwrap().recording;
        let triggers = expected["triggers"].as_array().unwrap();
        let found: Vec<_> =
            recording.events().iter().filter(|event| event.label.is_empty()).collect();
        assert_eq!(found.len(), triggers.len(), "{file}");
        for (event, trigger) in found.iter().zip(triggers) {
            assert_eq!(serde_json::to_value((event.sample, event.code)).unwrap(), *trigger);
        }
        let annotations = expected["annotations"].as_array().unwrap();
        let found: Vec<_> =
            recording.events().iter().filter(|event| !event.label.is_empty()).collect();
        assert_eq!(found.len(), annotations.len(), "{file}");
        let rate_hz = recording.streams().first().map_or(1.0, Stream::rate_hz);
        for (event, annotation) in found.iter().zip(annotations) {
            let (onset_s, duration_s) = (recording.onset_s(event), event.duration / rate_hz);
            // edfio gives the seconds of the file as doubles, ours go through an f32 of a sample.
            assert!((onset_s - number(&annotation[0])).abs() < 2e-7, "{file}: {onset_s}");
            assert!((duration_s - number(&annotation[1])).abs() < 1e-9, "{file}");
            assert_eq!(event.label, annotation[2].as_str().unwrap(), "{file}");
        }
    }
}

#[test]
fn start_times_are_those_of_edfio() {
    let Some(folder) = folder() else { return };
    for expected in &reference() {
        let file = expected["file"].as_str().unwrap();
        let recording = open(folder.join(file)).unwrap().recording;
        let found = recording.metadata().get("start_time");
        // edfio cuts off behind microseconds.
        let found = found.map(|time| format!("{:0<26}", time.get(..26).unwrap_or(time)));
        assert_eq!(found.as_deref(), expected["start_time"].as_str(), "{file}");
    }
}

#[test]
fn oddities_of_these_files_are_told() {
    let Some(folder) = folder() else { return };
    let told = |file: &str| -> Vec<String> {
        let opened = open(folder.join(file)).unwrap();
        opened.warnings.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        told("EDF.jl/test_uneven_samp.edf"),
        [
            "end of file: 1 bytes after the last record are ignored",
            "byte 168: \"42.00.00\" is no date; the start time is left out"
        ]
    );
    let duplicates = told("mne-edf/duplicate_channel_labels.edf").join("\n");
    assert!(duplicates.contains("they are called EEG F1-Ref-0, EEG F1-Ref-1"), "{duplicates}");
    let coarse = told("mne-edf/test_edf_stim_channel.edf").join("\n");
    assert!(coarse.contains("lie so far from zero"), "{coarse}");
    for quiet in ["pyedflib/test_generator.edf", "pyedflib/test_generator.bdf", "mne-edf/test.edf"]
    {
        assert_eq!(told(quiet), Vec::<String>::new(), "{quiet}");
    }
}

#[test]
fn chosen_channels_are_the_same_as_of_all() {
    let Some(folder) = folder() else { return };
    let path: &Path = &folder.join("pyedflib/test_generator.bdf");
    let all = open(path).unwrap().recording;
    let mut told = Vec::new();
    let mut report = |done, total| told.push((done, total));
    let options = Options::default().channels(["RAMP 7Hz", "sine 5Hz"]).progress(&mut report);
    let two = open_with(path, options).unwrap().recording;
    assert_eq!(channels(&two).iter().map(|c| c.0).collect::<Vec<_>>(), ["sine 5Hz", "ramp 7Hz"]);
    for (label, stream, row) in channels(&two) {
        let all = channels(&all);
        let (_, same, other) = all.iter().find(|(known, ..)| *known == label).unwrap();
        assert_eq!(stream.samples().channel(row), same.samples().channel(*other));
    }
    let total = 30 * 12_936;
    assert_eq!((told.first(), told.last()), (Some(&(0, total)), Some(&(total, total))));
    assert!(told.is_sorted());
}
