//! Recordings in text files against what Python reads from them
//! (`tests/data/make_text_expected.py`).
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use evoked::formats::open;
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn assert_close(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found}, expected {expected}");
}

#[test]
fn packed_tables_read_as_python_reads_them() {
    let Some(folder) = common::data_dir() else { return };
    let reference: Vec<Value> =
        serde_json::from_str(include_str!("data/text_expected.json")).unwrap();
    assert_eq!(reference.len(), 6);
    for expected in &reference {
        let file = expected["file"].as_str().unwrap();
        let opened = open(folder.join("ssvep-muse").join(file)).unwrap();
        assert_eq!(opened.format.to_string(), "CSV");
        let stream = &opened.recording.streams()[0];
        let labels: Vec<&str> = stream.channels().iter().map(|c| c.label.as_str()).collect();
        assert_eq!(serde_json::to_value(labels).unwrap(), expected["channels"], "{file}");
        // The device has 256 Hz, and lost nothing: the times agree to a few packets of twelve.
        assert_eq!((stream.rate_hz(), stream.samples().gaps().count()), (256.0, 0), "{file}");
        assert_eq!(stream.samples().len() as u64, expected["samples"].as_u64().unwrap());
        let seconds = expected["seconds"].as_f64().unwrap();
        assert_close(stream.duration_s(), seconds, 36.0 / 256.0, file);

        let indices = numbers(&expected["indices"]);
        for (c, channel) in stream.channels().iter().enumerate() {
            let what = format!("{file} {}", channel.label);
            let samples: Vec<f64> = stream.samples().channel(c).iter().map(|&s| s.into()).collect();
            // An f32 is off by at most 2⁻²⁴ of its size.
            let sizes = expected["sum_of_sizes"][c].as_f64().unwrap();
            assert_close(samples.iter().map(|s| s.abs()).sum(), sizes, sizes * 6e-8, &what);
            let sum = expected["sum"][c].as_f64().unwrap();
            assert_close(samples.iter().sum(), sum, sizes * 6e-8, &what);
            for (&index, value) in indices.iter().zip(numbers(&expected["values"][c])) {
                let index = if index < 0.0 { samples.len() - 1 } else { index as usize };
                assert_close(samples[index], value, value.abs() * 6e-8, &what);
            }
        }
        let events: Vec<_> = opened.recording.events().iter().map(|e| (e.sample, e.code)).collect();
        assert_eq!(serde_json::to_value(events).unwrap(), expected["events"], "{file}");
    }
}
