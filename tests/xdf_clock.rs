//! The rate of a real amplifier by the clock of the computer that recorded it.
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use evoked::dsp::ClockFit;
use evoked::formats::open;

/// Samples closer together than this arrived at once.
const AT_ONCE_S: f64 = 1e-3;

fn take<'a>(rest: &mut &'a [u8], len: usize) -> &'a [u8] {
    let (taken, left) = rest.split_at(len);
    *rest = left;
    taken
}

fn number(rest: &mut &[u8]) -> usize {
    let len = take(rest, 1)[0].into();
    take(rest, len).iter().rev().fold(0, |value, &byte| value << 8 | usize::from(byte))
}

fn seconds(rest: &mut &[u8]) -> f64 {
    f64::from_le_bytes(take(rest, 8).try_into().unwrap())
}

/// Time stamps of a sound file's only stream of `float32` on the recorder's clock: each with the
/// clock offset measured last before it.
fn stamps_s(bytes: &[u8]) -> Vec<f64> {
    let mut rest = &bytes[4..];
    let (mut stream, mut row_bytes) = (None, 0);
    let (mut offsets, mut stamps) = (Vec::new(), Vec::new());
    while !rest.is_empty() {
        let len = number(&mut rest);
        let mut content = take(&mut rest, len);
        let tag = take(&mut content, 2)[0];
        match tag {
            2 => {
                let id = take(&mut content, 4);
                let xml = String::from_utf8_lossy(content);
                if xml.contains("<channel_format>float32<") {
                    let count = xml.split("channel_count>").nth(1).unwrap().split('<').next();
                    (stream, row_bytes) = (Some(id), 4 * count.unwrap().parse::<usize>().unwrap());
                }
            }
            3 if Some(take(&mut content, 4)) == stream => {
                for _ in 0..number(&mut content) {
                    assert_eq!(take(&mut content, 1), [8], "every sample has a time stamp");
                    stamps.push(seconds(&mut content));
                    take(&mut content, row_bytes);
                }
            }
            4 if Some(take(&mut content, 4)) == stream => {
                offsets.push((seconds(&mut content), seconds(&mut content)));
            }
            _ => {}
        }
    }
    let mut measured = offsets.iter().peekable();
    let mut offset_s = offsets[0].1;
    for stamp in &mut stamps {
        while let Some((_, value_s)) = measured.next_if(|(time_s, _)| *time_s <= *stamp) {
            offset_s = *value_s;
        }
        *stamp += offset_s;
    }
    stamps
}

#[test]
fn an_amplifier_of_250_hz_samples_faster_than_it_says() {
    let Some(folder) = common::data_dir() else { return };
    for name in ["donny_S001_eeg.xdf", "donny_S002_eeg.xdf"] {
        let path = folder.join("xdf-cyton").join(name);
        let stamps = stamps_s(&std::fs::read(&path).unwrap());
        // Samples arrive in bursts; the last of each is the least late, and bursts are independent.
        let last =
            |at: &usize| stamps.get(at + 1).is_none_or(|next| next - stamps[*at] > AT_ONCE_S);
        let last: Vec<usize> = (0..stamps.len()).filter(last).collect();
        let positions: Vec<f64> = last.iter().map(|&at| at as f64).collect();
        let times_s: Vec<f64> = last.iter().map(|&at| stamps[at]).collect();
        let fit = ClockFit::new(&positions, &times_s).unwrap();
        println!("{name}: {} bursts, {fit:?}", last.len());

        let opened = open(&path).unwrap();
        let stream = &opened.recording.streams()[0];
        assert_eq!(stream.nominal_rate_hz(), 250.0);
        assert_eq!(stream.samples().len(), stamps.len());
        assert!((fit.rate_hz - 250.48).abs() < 0.02, "{fit:?}");
        assert!(fit.rate_error_hz > 0.0 && fit.rate_error_hz < 0.005, "{fit:?}");
        assert!(fit.rate_hz - 250.0 > 10.0 * fit.rate_error_hz, "{fit:?}");
        // The reader's straight line goes through all time stamps, late or not; a burst is late by
        // 0.15 s (standard deviation), which makes 250 · 0.15 s · √(12 / bursts) / duration.
        let duration_s = times_s[times_s.len() - 1] - times_s[0];
        let line_error_hz = 250.0 * 0.15 * (12.0 / last.len() as f64).sqrt() / duration_s;
        assert!(line_error_hz < 0.05, "{line_error_hz}");
        assert!((fit.rate_hz - stream.rate_hz()).abs() < 2.0 * line_error_hz, "{fit:?}");
    }
}
