//! Damaged and random GDF files: no panic, and no more memory than the file is worth.
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

#[path = "common/gdf_writer.rs"]
mod gdf_writer;

use std::io::Cursor;

use evoked::formats::{FormatError, Opened, Options, read};
use gdf_writer::{Channel, File};
use proptest::prelude::*;

/// Reads and checks that the answer is in proportion to the file.
fn attempt(bytes: &[u8]) -> Result<Opened, FormatError> {
    let result = read(Cursor::new(bytes), Options::default());
    match &result {
        Ok(opened) => {
            let recording = &opened.recording;
            let samples =
                recording.streams().iter().map(|s| s.samples().len() * s.channels().len());
            assert!(samples.sum::<usize>() <= bytes.len());
            assert!(recording.events().len() <= bytes.len() / 6);
            assert!(opened.warnings.len() <= 8 + bytes.len() / 64);
            assert!(recording.events().iter().all(|event| (0.0..1.0).contains(&event.fraction)));
            assert!(recording.duration_s() >= 0.0);
        }
        Err(error) => assert!(!error.to_string().contains('\n')),
    }
    result
}

fn small(version: &'static str) -> File {
    let a = Channel::new("Oz", 3, 2, vec![1; 12]);
    let b = Channel::new("O1", 16, 3, vec![2; 36]);
    let mut file = File::new(version, 3, vec![a, b]);
    (file.mode, file.event_rate_hz) = (3, 3.0);
    file.events = vec![(0, 0x8001, 1), (2, 0x8101, 2), (4, 0x800b, 3)];
    if version == "GDF 2.20" {
        file.tags = vec![(1, b"\0left\0\0".to_vec()), (3, b"Maker\0".to_vec())];
    }
    file
}

#[test]
fn a_file_cut_anywhere_keeps_its_whole_records() {
    for version in ["GDF 1.25", "GDF 2.20"] {
        let file = small(version);
        let bytes = file.bytes();
        let header = file.header().len();
        let data_end = header + file.data().len();
        let whole = attempt(&bytes).unwrap();
        assert!(whole.warnings.is_empty());
        for len in 0..bytes.len() {
            let result = attempt(&bytes[..len]);
            if len < 4 {
                assert!(matches!(result, Err(FormatError::Unrecognised { .. })), "{len}");
            } else if len < header {
                let truncated = matches!(
                    result,
                    Err(FormatError::Truncated { len: found, .. }) if found == len as u64
                );
                assert!(truncated, "{version} cut at {len}: {result:?}");
            } else {
                let opened = result.unwrap();
                assert!(!opened.warnings.is_empty(), "{version} cut at {len}");
                let records = (len.min(data_end) - header) / 16;
                for (stream, whole) in
                    opened.recording.streams().iter().zip(whole.recording.streams())
                {
                    let per_record = if stream.rate_hz() == 2.0 { 2 } else { 3 };
                    assert_eq!(stream.samples().len(), records * per_record);
                    let kept = &whole.samples().channel(0)[..records * per_record];
                    assert_eq!(stream.samples().channel(0), kept);
                }
            }
        }
    }
}

#[test]
fn any_byte_of_the_file_may_be_anything() {
    for version in ["GDF 1.25", "GDF 2.20", "GDF 2.51"] {
        let bytes = small(version).bytes();
        let mut read = 0;
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            let flips = (0..8).map(|bit| bytes[at] ^ 1 << bit);
            for value in flips.chain([0, 0xff, 0x7f, 0x80]) {
                damaged[at] = value;
                read += usize::from(attempt(&damaged).is_ok());
            }
        }
        // Most of a header is text and reserve: damage there must not refuse the file.
        assert!(read > bytes.len() * 8, "{version}: {read}");
    }
}

#[test]
fn absurd_counts_are_refused_or_bounded() {
    let bytes = small("GDF 1.25").bytes();
    for at in (184..256).step_by(4).chain((256..768).step_by(8)) {
        for value in [u64::MAX, i64::MAX as u64, 1 << 32, u64::from(u32::MAX), 1 << 62] {
            let mut damaged = bytes.clone();
            damaged[at..at + 8].copy_from_slice(&value.to_le_bytes());
            let _ = attempt(&damaged);
        }
    }
    // Records so long that their size overflows.
    let mut damaged = bytes.clone();
    let at = 256 + 2 * 216;
    damaged[at..at + 8].fill(0xff);
    assert_eq!(attempt(&damaged).unwrap().recording.streams()[0].samples().len(), 0);
}

proptest! {
    #[test]
    fn random_bytes_after_the_magic(
        version in prop::sample::select(vec!["1.25", "2.20", "2.51", "1.90", "0.10"]),
        channels in 0_u8..4,
        tail in prop::collection::vec(any::<u8>(), 0..3000),
    ) {
        let mut bytes = format!("GDF {version}").into_bytes();
        bytes.extend(tail);
        let _ = attempt(&bytes);
        if bytes.len() > 256 {
            bytes[252..256].copy_from_slice(&[channels, 0, 0, 0]);
            bytes[184..192].copy_from_slice(&[0, channels + 1, 0, 0, 0, 0, 0, 0]);
            let _ = attempt(&bytes);
        }
    }

    #[test]
    fn random_fields_in_a_sound_file(
        changes in prop::collection::vec((0_usize..2000, any::<u8>()), 1..12),
        version in prop::sample::select(vec!["GDF 1.25", "GDF 2.20", "GDF 2.51"]),
    ) {
        let mut bytes = small(version).bytes();
        for (at, value) in changes {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        let _ = attempt(&bytes);
    }
}
