//! The rate of a real amplifier by the clock of the computer beside it.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

mod common;

use evoked::dsp::ClockFit;

/// A length before a chunk or a list: one byte says how many follow.
fn length(bytes: &[u8], at: &mut usize) -> usize {
    let width = usize::from(bytes[*at]);
    let value = bytes[*at + 1..][..width].iter().rev().fold(0, |n, &b| n << 8 | usize::from(b));
    *at += 1 + width;
    value
}

/// The time stamps that an XDF file holds of its EEG, of `row_bytes` a sample, each with the number of
/// its sample: a plain reading of the format, without any correction.
fn stamps(bytes: &[u8], row_bytes: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut positions, mut times_s) = (Vec::new(), Vec::new());
    let (mut at, mut sample, mut eeg) = (4, 0_u32, None);
    while at < bytes.len() {
        let len = length(bytes, &mut at);
        let chunk = &bytes[at..at + len];
        at += len;
        let (tag, stream) = (chunk[0], chunk.get(2..6));
        if tag == 2 && chunk.windows(16).any(|text| text == b"<type>EEG</type>") {
            eeg = stream;
        }
        if tag != 3 || stream != eeg {
            continue;
        }
        let mut inside = 6;
        for _ in 0..length(chunk, &mut inside) {
            let stamped = chunk[inside] == 8;
            if stamped {
                times_s.push(f64::from_le_bytes(chunk[inside + 1..][..8].try_into().unwrap()));
                positions.push(f64::from(sample));
            }
            inside += 1 + if stamped { 8 } else { 0 } + row_bytes;
            sample += 1;
        }
    }
    (positions, times_s)
}

#[test]
fn the_cyton_runs_faster_than_it_says() {
    let Some(folder) = common::data_dir() else { return };
    let mut files = 0;
    for entry in folder.join("xdf-cyton").read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "xdf") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        // Eight channels of four bytes.
        let (positions, times_s) = stamps(&bytes, 32);
        let fit = ClockFit::new(&positions, &times_s).unwrap();
        println!("{}: {fit:?}", path.display());
        assert!((fit.rate_hz - 250.48).abs() < 0.02, "{}: {fit:?}", path.display());
        assert!(fit.rate_error_hz < 0.01, "{}: {fit:?}", path.display());
        files += 1;
    }
    assert!(files > 0, "no recording in {}", folder.display());
}
