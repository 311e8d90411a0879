//! Damaged and random XDF files: no panic, no hang, and no more memory than the file is worth.
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]
#![allow(dead_code, reason = "several test programs share the writer")]

#[path = "common/counting.rs"]
mod counting;
#[path = "common/xdf_writer.rs"]
mod xdf_writer;

use std::io::Cursor;

use evoked::formats::{FormatError, Opened, Options, read};
use proptest::prelude::*;
use xdf_writer::{Xdf, header, number, sample, text, varlen};

/// Memory that a file may take whatever its length: what is read at once, of file and warnings.
const FIXED_BYTES: usize = 4 << 20;
/// Warnings that are told, and how many more there are.
const MOST_WARNINGS: usize = 101;

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
            let streams =
                recording.streams().iter().map(|s| s.samples().len() * s.channels().len());
            let series = recording.series().iter().map(|s| s.len() * s.channels().len());
            assert!(streams.chain(series).sum::<usize>() <= bytes.len());
            assert!(recording.events().len() <= bytes.len() / 2);
            assert!(opened.warnings.len() <= MOST_WARNINGS);
            assert!(opened.warnings.iter().all(|warning| !warning.to_string().contains('\n')));
            assert!(recording.events().iter().all(|event| (0.0..1.0).contains(&event.fraction)));
            assert!(recording.duration_s() >= 0.0);
            for stream in recording.streams() {
                let segments = stream.samples().segments().iter();
                let ends = segments.flat_map(|s| [s.first, s.end().saturating_sub(1)]);
                assert!(ends.map(|at| stream.time_s(at as f64)).all(f64::is_finite));
            }
        }
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
    result
}

/// A file with everything: a rate, none, texts, codes, offsets, a boundary, stamps left out.
fn small() -> Xdf {
    let labels =
        "<channels><channel><label>Oz</label><unit>V</unit></channel><channel/></channels>";
    let mut file = Xdf::new();
    file.header(1, &header("amp", "EEG", "int16", 2, 10.0, labels));
    file.header(2, &header("marks", "Markers", "string", 1, 0.0, ""));
    file.header(3, &header("gaze", "Gaze", "double64", 1, 0.0, ""));
    file.header(4, &header("codes", "Markers", "int32", 1, 0.0, ""));
    for chunk in 0..3_u32 {
        let stamp = |i: u32| 5.0 + 0.1 * f64::from(4 * chunk + i);
        let samples: Vec<_> =
            (0..4).map(|i| sample((i < 3).then(|| stamp(i)), &[i as u8, 0, 1, 0])).collect();
        file.samples(1, &samples);
        file.offset(1, stamp(0), 2.0).offset(2, stamp(1), 0.0);
        file.samples(2, &[sample(Some(stamp(2)), &text("33025"))]);
        file.samples(3, &[sample(Some(stamp(2)), &0.5_f64.to_le_bytes())]);
        file.samples(4, &[sample(Some(stamp(3)), &7_i32.to_le_bytes())]);
        if chunk == 1 {
            file.boundary();
        }
    }
    file.footer(1, 12).footer(2, 3).footer(3, 3).footer(4, 3);
    file
}

#[test]
fn every_truncation_is_read_or_refused() {
    let file = small();
    let whole = attempt(&file.bytes).unwrap();
    assert!(whole.warnings.is_empty(), "{:?}", whole.warnings);
    for len in 0..file.bytes.len() {
        let result = attempt(&file.bytes[..len]);
        // The header of the first stream counts as far as it goes, once all is said that matters.
        if len < file.chunks[1] + 40 {
            assert!(result.is_err(), "{len}");
        } else if len >= file.chunks[2] {
            assert!(!result.unwrap().warnings.is_empty(), "{len}");
        }
    }
}

#[test]
fn any_byte_of_the_file_may_be_anything() {
    let file = small();
    for at in 0..file.bytes.len() {
        let mut damaged = file.bytes.clone();
        let flips = (0..8).map(|bit| file.bytes[at] ^ 1 << bit);
        for value in flips.chain([0, 1, 4, 8, 0xff, b'<']) {
            damaged[at] = value;
            let result = attempt(&damaged);
            assert!(at < 4 || result.is_ok(), "{at} {value}: {result:?}");
        }
    }
}

#[test]
fn lengths_that_lie_in_every_place() {
    let file = small();
    let lies = [0, 1, 255, u64::from(u32::MAX), 1 << 40, i64::MAX as u64, u64::MAX - 8, u64::MAX];
    for at in 4..file.bytes.len() {
        for lie in lies {
            for size in [1, 4, 8] {
                let lie = number(lie, size);
                let mut over = file.bytes.clone();
                over.splice(at..(at + lie.len()).min(over.len()), lie.iter().copied());
                let _ = attempt(&over);
            }
        }
    }
}

#[test]
fn numbers_in_headers_that_lie() {
    let lies = [
        "0",
        "-1",
        "4294967296",
        "18446744073709551615",
        "99999999999999999999",
        "1e300",
        "1e-300",
        "5e-324",
        "NaN",
        "inf",
        "",
        "2 ",
        "0x10",
    ];
    for lie in lies {
        for format in ["int8", "double64", "string", "nothing"] {
            for name in ["channel_count", "nominal_srate"] {
                let sound = header("amp", "EEG", format, 2, 10.0, "");
                let start = sound.find(&format!("<{name}>")).unwrap() + name.len() + 2;
                let end = start + sound[start..].find('<').unwrap();
                let xml = format!("{}{lie}{}", &sound[..start], &sound[end..]);
                let mut file = Xdf::new();
                file.header(1, &xml);
                let values = [number(1, 1), vec![b'x'], number(1, 1), vec![b'y']].concat();
                for stamp in [1.0, 1e9, -1e300, f64::NAN, f64::INFINITY, 2.0] {
                    file.samples(1, &[sample(Some(stamp), &values), sample(None, &values)]);
                }
                let _ = attempt(&file.bytes);
                file.footer(1, usize::MAX);
                let _ = attempt(&file.bytes);
            }
        }
    }
}

#[test]
fn times_that_are_none_or_far_leave_the_values() {
    let odd = [f64::NAN, f64::INFINITY, 1e300, -1e300, 1e11, -1e11, 5e-324, 0.0];
    for rate in [10.0, 0.0, 1e-300, 1e300, 1e-9, 1e9] {
        for stamp in odd {
            for offset in odd {
                let mut file = Xdf::new();
                file.header(1, &header("amp", "EEG", "int8", 1, rate, ""));
                file.header(2, &header("marks", "Markers", "string", 1, 0.0, ""));
                let stamps = [Some(5.0), Some(stamp), None, Some(5.3), Some(stamp)];
                let samples: Vec<_> = stamps.map(|stamp| sample(stamp, &[7])).into();
                file.samples(1, &samples);
                file.samples(2, &[sample(Some(stamp), &text("a")), sample(None, &text("b"))]);
                for (time_s, value_s) in [(5.0, offset), (offset, 1.0), (6.0, stamp)] {
                    file.offset(1, time_s, value_s).offset(2, time_s, value_s);
                }
                let opened = attempt(&file.bytes).unwrap();
                let recording = &opened.recording;
                let streams = recording.streams().iter().map(|s| s.samples().channel(0));
                let series = recording.series().iter().map(|s| s.channel(0));
                let values: Vec<_> = streams.chain(series).collect();
                assert_eq!(values, [[7.0; 5]], "{rate} {stamp} {offset}");
                assert_eq!(recording.events().len(), 2, "{rate} {stamp} {offset}");
            }
        }
    }
}

/// Many of what costs most for its bytes.
#[test]
fn large_files_take_memory_in_proportion() {
    const N: usize = 200_000;
    let cases: [(&str, &str, f64, &[u8]); 5] = [
        ("int8", "Markers", 0.0, &[7]),
        ("int8", "EEG", 100.0, &[7]),
        ("double64", "EEG", 100.0, &[7; 8]),
        ("string", "Markers", 0.0, &[1, 0]),
        ("string", "Markers", 100.0, &[1, 1, b'7']),
    ];
    for (format, kind, rate, value) in cases {
        let mut file = Xdf::new();
        file.header(1, &header("amp", kind, format, 1, rate, ""));
        let samples = vec![sample(None, value); N].concat();
        file.of_stream(3, 1, &[varlen(N), samples].concat()).footer(1, N);
        let opened = attempt(&file.bytes).unwrap();
        let recording = &opened.recording;
        let streams = recording.streams().iter().map(|s| s.samples().len());
        let series = recording.series().iter().map(|s| s.len());
        let found = streams.chain(series).next().unwrap_or(recording.events().len());
        assert_eq!(found, N, "{format} {kind}");
    }
}

/// Starts of chunks that all look sound and lead nowhere: looking into each to its end would take
/// hours.
#[test]
fn a_megabyte_of_promises_is_read_all_the_same() {
    for (format, len) in [("int8", 200_000), ("int8", 250), ("string", 200_000), ("int8", 1 << 30)]
    {
        let mut file = Xdf::new();
        file.header(1, &header("amp", "EEG", format, 1, 10.0, ""));
        let promise = |len: u64| {
            let head = [number(len, 4), 3_u16.to_le_bytes().into(), 1_u32.to_le_bytes().into()];
            [head.concat(), number(1 << 20, 4)].concat()
        };
        let header_end = file.bytes.len();
        while file.bytes.len() < header_end + (1 << 20) {
            file.raw(&promise(len));
        }
        let _ = attempt(&file.bytes);
        // The same, of a stream without a header, and of unknown kind.
        let strange = file.bytes[header_end..].iter().map(|&byte| if byte == 3 { 9 } else { byte });
        let bytes = [file.bytes[..header_end].to_vec(), strange.collect()].concat();
        let _ = attempt(&bytes);
    }
}

#[test]
fn names_of_any_length_and_lines_stay_short_in_warnings() {
    let name = "a\nb".repeat(300_000);
    let mut file = Xdf::new();
    file.header(1, &header(&name, "EEG", "int8", 1, 10.0, ""));
    for i in 0..200 {
        file.samples(1, &[sample(Some(0.1 * f64::from(i)), &[1]), vec![9; 3]]);
    }
    let opened = attempt(&file.bytes).unwrap();
    assert_eq!(opened.warnings.len(), MOST_WARNINGS);
    assert!(opened.warnings.iter().all(|warning| warning.to_string().len() < 1100));
    let version = "<?xml version=\"1.0\"?><info><version>2\n0</version></info>";
    let mut file = Xdf { bytes: b"XDF:".to_vec(), chunks: Vec::new() };
    file.chunk(1, version.as_bytes());
    assert!(attempt(&file.bytes).is_err());
}

#[test]
fn headers_that_nest_or_repeat_without_end() {
    let deep = format!("<info><desc>{}", "<a>".repeat(200_000));
    let wide = header("amp", "EEG", "int8", 1, 10.0, &"<channels/>".repeat(100_000));
    let open = "<info><channel_format>int8</channel_format><channel_count>1</channel_count>";
    let listed = format!("{open}<desc><channels>{}", "<channel>".repeat(100_000));
    for xml in [deep, wide, listed, "<".repeat(300_000), "</a>".repeat(100_000)] {
        let mut file = Xdf::new();
        file.header(1, &xml).samples(1, &[sample(Some(1.0), &[1])]);
        let _ = attempt(&file.bytes);
    }
    let mut file = Xdf::new();
    for id in 0..2000 {
        file.header(id, &header("amp", "EEG", "int8", 1, 10.0, ""));
    }
    file.samples(1999, &[sample(Some(1.0), &[1])]);
    assert_eq!(attempt(&file.bytes).unwrap().recording.streams().len(), 2000);
}

proptest! {
    #[test]
    fn random_bytes_after_the_magic(tail in prop::collection::vec(any::<u8>(), 0..4000)) {
        let _ = attempt(&[&b"XDF:"[..], &tail].concat());
    }

    #[test]
    fn random_bytes_after_the_headers(
        tail in prop::collection::vec(prop_oneof![Just(0_u8), Just(1), Just(3), Just(4), Just(8), any::<u8>()], 0..4000),
    ) {
        let file = small();
        let opened = attempt(&[&file.bytes[..file.chunks[5]], &tail].concat());
        prop_assert!(opened.is_ok());
    }

    #[test]
    fn random_fields_in_a_sound_file(
        changes in prop::collection::vec((0_usize..4000, any::<u8>()), 1..12),
    ) {
        let mut bytes = small().bytes;
        for (at, value) in changes {
            let at = 4 + at % (bytes.len() - 4);
            bytes[at] = value;
        }
        let _ = attempt(&bytes);
    }

    #[test]
    fn chunks_in_any_order(order in prop::collection::vec(0_usize..30, 0..60)) {
        let file = small();
        let ends = file.chunks.iter().skip(1).copied().chain([file.bytes.len()]);
        let chunks: Vec<_> = file.chunks.iter().zip(ends).map(|(&at, end)| &file.bytes[at..end]).collect();
        let picked = order.iter().flat_map(|&i| chunks[i % chunks.len()]).copied();
        let _ = attempt(&b"XDF:".iter().copied().chain(picked).collect::<Vec<_>>());
    }
}
