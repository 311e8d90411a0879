//! Damaged and random EDF and BDF files: no panic, and no more memory than the file is worth.
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

#[path = "common/counting.rs"]
mod counting;
#[path = "common/edf_writer.rs"]
mod edf_writer;

use std::io::Cursor;

use edf_writer::{Channel, File};
use evoked::formats::{FormatError, Opened, Options, read};
use proptest::prelude::*;

/// Memory that a file may take whatever its length: what is read at once.
const FIXED_BYTES: usize = 4 << 20;

/// Reads and checks that the answer is in proportion to the file.
fn attempt(bytes: &[u8]) -> Result<Opened, FormatError> {
    let mut result = None;
    let peak = counting::most_bytes(|| {
        result = Some(read(Cursor::new(bytes), Options::default()));
    });
    assert!(peak <= FIXED_BYTES + 128 * bytes.len(), "{peak} bytes for {}", bytes.len());
    let result = result.unwrap();
    match &result {
        Ok(opened) => {
            let recording = &opened.recording;
            let values = recording.streams().iter().map(|s| s.samples().len() * s.channels().len());
            assert!(values.sum::<usize>() <= bytes.len() / 2);
            assert!(recording.events().len() <= bytes.len() / 2);
            assert!(opened.warnings.len() <= 16 + bytes.len() / 48);
            assert!(recording.events().iter().all(|event| (0.0..1.0).contains(&event.fraction)));
            assert!(recording.duration_s() >= 0.0);
            let mut labels: Vec<_> = (recording.streams().iter())
                .flat_map(|stream| stream.channels().iter().map(|channel| &channel.label))
                .collect();
            let count = labels.len();
            labels.sort_unstable();
            labels.dedup();
            assert_eq!(labels.len(), count, "labels are unique");
        }
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
    result
}

/// A file with everything: two rates, annotations, a gap, a status channel where it has a place.
fn small(width: usize) -> File {
    let counts: Vec<i32> = (0..12).map(|i| 100 * i).collect();
    let lists: [&[u8]; 3] = [
        b"+0.5\x14\x14\0+0.75\x140.1\x14a\x14\0",
        b"+1.5\x14\x14\0+1.6\x150.2\x14BAD_ACQ_SKIP\x14\0",
        b"+9.5\x14\x14\0+9.9\x1433025\x14\0",
    ];
    let channels = vec![
        Channel::new("Oz", width, 4, &counts),
        Channel::annotations(width, &lists),
        Channel::new("Status", width, 4, &counts),
        Channel::new("slow", width, 1, &counts[..3]),
        Channel::new("Oz", width, 4, &counts),
    ];
    File::new(width, 3, channels).kind(if width == 2 { "EDF+D" } else { "BDF+D" })
}

#[test]
fn every_truncation_is_read_or_refused() {
    for width in [2, 3] {
        let bytes = small(width).bytes();
        for len in 0..=bytes.len() {
            let found = attempt(&bytes[..len]);
            let in_header = len < small(width).header().len();
            assert_eq!(found.is_err(), in_header, "{width} {len}: {found:?}");
        }
    }
}

#[test]
fn any_byte_of_the_file_may_be_anything() {
    for width in [2, 3] {
        let bytes = small(width).bytes();
        let mut read = 0;
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            let flips = (0..8).map(|bit| bytes[at] ^ 1 << bit);
            for value in flips.chain([0, 0xff, b' ', b'-', b'9']) {
                damaged[at] = value;
                read += usize::from(attempt(&damaged).is_ok());
            }
        }
        // Hardly anything must refuse the file: its first bytes, a number of samples.
        let tried = bytes.len() * 13;
        assert!(read * 100 > tried * 97, "{width}: {read} of {tried}");
    }
}

#[test]
fn numbers_that_lie_are_refused_or_bounded() {
    let lies =
        ["99999999", "-9999999", "4294967295", "1e300", "1e-300", "0", "-1", "NaN", "inf", ""];
    for width in [2, 3] {
        let file = small(width);
        for lie in lies {
            let lie = |room: usize| lie.get(..room.min(lie.len())).unwrap_or_default().to_owned();
            let fixed: [fn(&mut File, String); 3] = [
                |file, lie| file.header_bytes = lie,
                |file, lie| file.records = lie,
                |file, lie| file.duration = lie,
            ];
            for change in fixed {
                let mut file = file.clone();
                change(&mut file, lie(8));
                let _ = attempt(&file.bytes());
            }
            let mut counted = file.clone();
            counted.count = lie(4);
            let _ = attempt(&counted.bytes());
            let of_channel: [fn(&mut Channel, String); 5] = [
                |channel, lie| channel.stated = lie,
                |channel, lie| channel.physical.0 = lie,
                |channel, lie| channel.physical.1 = lie,
                |channel, lie| channel.digital.0 = lie,
                |channel, lie| channel.digital.1 = lie,
            ];
            for change in of_channel {
                for i in 0..file.channels.len() {
                    let mut file = file.clone();
                    change(&mut file.channels[i], lie(8));
                    let _ = attempt(&file.bytes());
                }
            }
        }
    }
}

#[test]
fn a_header_of_many_channels_takes_no_more_than_its_bytes() {
    let channel = Channel::new("same", 2, 1, &[1]);
    let file = File::new(2, 1, vec![channel; 9999]);
    let opened = attempt(&file.bytes()).unwrap();
    assert_eq!(opened.recording.streams()[0].channels().len(), 9999);
    assert_eq!(opened.warnings.len(), 1);
}

proptest! {
    #[test]
    fn random_bytes_after_the_magic(
        width in 2_usize..4,
        channels in 0_u8..6,
        tail in prop::collection::vec(any::<u8>(), 0..4000),
    ) {
        let mut bytes = if width == 2 { b"0       ".to_vec() } else { b"\xffBIOSEMI".to_vec() };
        bytes.extend(tail);
        let _ = attempt(&bytes);
        if bytes.len() > 256 {
            bytes[252..256].copy_from_slice(&[b'0' + channels, 0, 0, 0]);
            let _ = attempt(&bytes);
        }
    }

    #[test]
    fn random_fields_in_a_sound_file(
        width in 2_usize..4,
        changes in prop::collection::vec((0_usize..3000, any::<u8>()), 1..12),
    ) {
        let mut bytes = small(width).bytes();
        for (at, value) in changes {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        let _ = attempt(&bytes);
    }

    #[test]
    fn random_annotations(
        width in 2_usize..4,
        is_discontinuous in any::<bool>(),
        records in prop::collection::vec("[+\\-0-9.,]{0,6}[\u{14}\u{15}\u{0}+0-9ab]{0,30}", 1..20),
    ) {
        let lists: Vec<&[u8]> = records.iter().map(String::as_bytes).collect();
        let eeg = Channel::new("Oz", width, 2, &vec![1; 2 * lists.len()]);
        let channels = vec![eeg, Channel::annotations(width, &lists)];
        let kind = if is_discontinuous { "EDF+D" } else { "EDF+C" };
        let file = File::new(width, lists.len(), channels).kind(kind);
        let opened = attempt(&file.bytes()).unwrap();
        let stream = &opened.recording.streams()[0];
        prop_assert!(stream.samples().len() <= 2 * lists.len());
    }

    #[test]
    fn random_trigger_lines(counts in prop::collection::vec(any::<i32>(), 1..400)) {
        let channels = vec![Channel::new("Oz", 3, 1, &counts), Channel::new("Status", 3, 1, &counts)];
        let opened = attempt(&File::new(3, counts.len(), channels).bytes()).unwrap();
        let lines: Vec<u16> = counts.iter().map(|&count| count as u16).collect();
        let expected: Vec<(u64, u32)> = (1..lines.len())
            .filter(|&i| lines[i] != lines[i - 1] && lines[i] != 0)
            .map(|i| (i as u64, u32::from(lines[i])))
            .collect();
        let found: Vec<_> = opened.recording.events().iter().map(|e| (e.sample, e.code)).collect();
        prop_assert_eq!(found, expected);
    }
}
