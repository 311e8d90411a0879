//! Damaged and random text files: no panic, and no more memory than the files are worth.
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

#[path = "common/counting.rs"]
mod counting;

use std::io::{Cursor, Write as _};

use evoked::formats::{FormatError, Opened, Options, read};
use proptest::prelude::*;

/// Memory that any file may take, for the blocks that are read at once.
const FIXED_BYTES: usize = 4 << 20;

const TABLE: &str = "# Sampling rate: 250\ntime,Oz (uV),O1,counter,marker\n\
    0.000,1.5,-2,0,0\n0.004,2.5,1e-3,1,7\n0.008,3,,2,go\n0.012,4,2,3,0\n0.020,\"5\",3,5,8\n";
const OPENBCI: &str = "%OpenBCI Raw EXG Data\n%Number of channels = 2\n%Sample Rate = 250 Hz\n\
    Sample Index, EXG Channel 0, EXG Channel 1, Accel Channel 0, Timestamp, Marker Channel\n\
    254.0, 1.5, 2, 0.5, 1700000000.000, 0\n255.0, 1.5, 2, 0.5, 1700000000.004, 1\n\
    0.0, 1.5, 2, 0.5, 1700000000.008, 0\n3.0, 1.5, 2, 0.5, 1700000000.020, 0\n";
const OLD_OPENBCI: &str = "%OpenBCI Raw EEG Data\n%\n%Sample Rate = 250.0 Hz\n\
    0, 1,5, 2, 3, 4, 0, 0, 0, 12:00:00.100\n1, 1,5, 2, 3, 4, 0, 0, 0, 12:00:00.104\n";

/// Reads and checks that the answer is in proportion to the text.
fn attempt_of(bytes: &[u8], len: usize, rate_hz: Option<f64>) -> Result<Opened, FormatError> {
    let mut result = None;
    let most = counting::most_bytes(|| {
        let mut options = Options::default();
        options.rate_hz = rate_hz;
        result = Some(read(Cursor::new(bytes), options));
    });
    assert!(most <= FIXED_BYTES + 128 * len, "{most} bytes taken for {len}");
    let result = result.unwrap();
    match &result {
        Ok(opened) => {
            let recording = &opened.recording;
            let values = recording.streams().iter().map(|s| s.samples().len() * s.channels().len());
            assert!(values.sum::<usize>() <= len);
            assert!(recording.events().len() <= len);
            assert!(opened.warnings.len() <= 12);
            assert!(recording.duration_s() >= 0.0);
        }
        Err(error) => assert!(!error.to_string().contains('\n')),
    }
    result
}

fn attempt(bytes: &[u8]) -> Result<Opened, FormatError> {
    attempt_of(bytes, bytes.len(), None)
}

#[test]
fn text_cut_anywhere_is_read_or_refused() {
    for text in [TABLE, OPENBCI, OLD_OPENBCI] {
        let whole = attempt(text.as_bytes()).unwrap();
        let whole = whole.recording.streams()[0].samples();
        for cut in 0..text.len() {
            let Ok(opened) = attempt(&text.as_bytes()[..cut]) else { continue };
            let Some(stream) = opened.recording.streams().first() else { continue };
            // Rows that are whole are what they were; the last may lack its end.
            let rows = stream.samples().len().saturating_sub(1);
            if stream.channels().len() == whole.channels() {
                let same = |a: &f32, b: &f32| a == b || (a.is_nan() && b.is_nan());
                let (cut, whole) =
                    (&stream.samples().channel(0)[..rows], &whole.channel(0)[..rows]);
                assert!(cut.iter().zip(whole).all(|(a, b)| same(a, b)), "{cut:?}");
            }
        }
    }
}

#[test]
fn any_byte_may_be_anything() {
    for text in [TABLE, OPENBCI, OLD_OPENBCI] {
        let mut read = 0;
        for at in 0..text.len() {
            let mut damaged = text.as_bytes().to_vec();
            let flips = (0..8).map(|bit| damaged[at] ^ 1 << bit).collect::<Vec<_>>();
            for value in flips.into_iter().chain([0, 0xff, b'\n', b'"', b',', b'9', b'-', b'e']) {
                damaged[at] = value;
                read += usize::from(attempt(&damaged).is_ok());
            }
        }
        // Damage to one cell must not refuse the file; bytes that text does not have may.
        assert!(read > text.len() * 16 / 2, "{read} of {}: {text}", text.len() * 16);
    }
}

#[test]
fn absurd_numbers_are_bounded() {
    for number in ["1e308", "-1e308", "1e-320", "18446744073709551616", "NaN", "inf", "-inf", "-1"]
    {
        for (text, cell) in [
            (TABLE, "0.008"),
            (TABLE, "0.020"),
            (TABLE, ",3,5,8"),
            (TABLE, "2.5"),
            (TABLE, "go"),
            (TABLE, "250"),
            (OPENBCI, "= 2"),
            (OPENBCI, "250"),
            (OPENBCI, "255.0"),
            (OPENBCI, "\n3.0"),
            (OPENBCI, "1700000000.020"),
            (OPENBCI, "1700000000.000"),
            (OLD_OPENBCI, "250.0"),
            (OLD_OPENBCI, "\n1"),
        ] {
            let start: String = cell.chars().take_while(|c| !c.is_ascii_digit()).collect();
            let changed = text.replace(cell, &format!("{start}{number}"));
            assert_ne!(changed, text);
            let _ = attempt(changed.as_bytes());
            let _ = attempt_of(changed.as_bytes(), changed.len(), Some(1e300));
            let _ = attempt_of(changed.as_bytes(), changed.len(), Some(1e-300));
        }
    }
}

#[test]
fn many_columns_of_few_bytes_take_little() {
    let names: Vec<String> = (0..8192).map(|i| format!("c{i}")).collect();
    let names = names.join(",");
    let row = "1,".repeat(8191) + "1\n";
    let commas = ",".repeat(8191) + "\n";
    for rows in ["1\n".repeat(20_000), ",\n".repeat(20_000), commas.repeat(20)] {
        let text = format!("# fs: 100\n{names}\n{row}{row}{rows}");
        let _ = attempt(text.as_bytes());
        let text =
            format!("%OpenBCI\n%Sample Rate = 250\n{}\n{row}{rows}", names.replace('c', "EXG "));
        let _ = attempt(text.as_bytes());
    }
    let _ = attempt((row.repeat(2) + &"1,".repeat(100_000)).as_bytes());
}

#[test]
fn many_events_and_gaps_take_little() {
    for cell in ["a,1\nb,1\n", "2,\n3,1\n", "1:2:3:4:5:6:7,1\n1,1\n"] {
        let text = format!("# fs: 100\nmarker,Oz\n{}", cell.repeat(50_000));
        assert!(attempt(text.as_bytes()).is_ok());
    }
    let blank = format!("# fs: 100\nOz,O1\n{}", "1,1\n,\n".repeat(50_000));
    assert_eq!(
        attempt(blank.as_bytes()).unwrap().recording.streams()[0].samples().gaps().count(),
        49_999
    );
    let jumps = (0..50_000_u64).map(|i| format!("{},1\n", i / 3 * 7 + i));
    let jumps = format!("time,Oz\n{}", jumps.collect::<String>());
    let _ = attempt(jumps.as_bytes());
}

#[test]
fn a_line_without_an_end_is_refused_or_ends_the_table() {
    let long = "1,".repeat(2 << 20);
    assert!(attempt(long.as_bytes()).is_err());
    let opened = attempt(format!("{TABLE}{long}\n1,2,3,4,5\n").as_bytes()).unwrap();
    let told: Vec<String> = opened.warnings.iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|told| told.contains("nothing after it is read")), "{told:?}");
    let opened = attempt(format!("{OPENBCI}{long}").as_bytes()).unwrap();
    let told: Vec<String> = opened.warnings.iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|told| told.contains("nothing after it is read")), "{told:?}");
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[test]
fn packed_files_are_bounded_by_what_they_may_grow_to() {
    let zeros = packed("1\n".repeat(20 << 20).as_bytes());
    assert!(attempt_of(&zeros, zeros.len() * 100 + (1 << 20), Some(250.0)).is_err());
    let whole = packed(TABLE.as_bytes());
    for cut in 0..whole.len() {
        let _ = attempt_of(&whole[..cut], TABLE.len(), None);
    }
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << bit;
            let _ = attempt_of(&damaged, damaged.len() * 100 + (1 << 20), None);
        }
    }
    let twice = packed(&whole);
    assert!(attempt_of(&twice, TABLE.len(), None).is_err());
}

proptest! {
    #[test]
    fn random_text(text in "[0-9,;\t\n\"a.\\-%#: e]{0,400}", rate in any::<bool>()) {
        let rate_hz = rate.then_some(250.0);
        let _ = attempt_of(text.as_bytes(), text.len(), rate_hz);
        for head in [TABLE, OPENBCI, OLD_OPENBCI] {
            let text = format!("{head}{text}\n{}", &head[head.len() / 2..]);
            let _ = attempt_of(text.as_bytes(), text.len(), rate_hz);
        }
        let text = format!("%OpenBCI\n{text}");
        let _ = attempt_of(text.as_bytes(), text.len(), rate_hz);
    }

    #[test]
    fn random_tables(
        cells in prop::collection::vec((any::<f64>(), any::<f32>(), any::<Option<i8>>()), 0..60),
        separator in prop::sample::select(vec![',', ';', '\t', ' ']),
        names in prop::sample::select(vec!["time", "x", "sample", "marker"]),
    ) {
        let rows = cells.iter().map(|(a, b, c)| {
            let c = c.map_or(String::new(), |c| c.to_string());
            format!("{a:e}{separator}{b:e}{separator}{c}\n")
        });
        let text = format!("{names}{separator}a{separator}b\n{}", rows.collect::<String>());
        let _ = attempt_of(text.as_bytes(), text.len(), Some(250.0));
    }
}
