//! What holds for a recording that was read: it can be saved, and what is lost then is told.

use std::collections::BTreeMap;
use std::path::PathBuf;

use evoked::formats::{FormatError, Opened, WriteFormat, open, save};
use evoked::signal::{Channel, Event, Recording, Stream};

use super::file::same_bits;

const FORMATS: [(WriteFormat, &str); 5] = [
    (WriteFormat::Edf, "edf"),
    (WriteFormat::Bdf, "bdf"),
    (WriteFormat::BrainVision, "vhdr"),
    (WriteFormat::Csv, "csv"),
    (WriteFormat::Vep, "vep"),
];
/// Samples with gaps, beyond which a table or a file of records takes too long to write.
const MOST_VALUES: u64 = 1 << 18;

/// A folder of this thread's own.
pub(crate) fn folder(name: &str) -> PathBuf {
    let (process, thread) = (std::process::id(), std::thread::current().id());
    let path = std::env::temp_dir().join(format!("evoked-{name}-{process}-{thread:?}"));
    std::fs::create_dir_all(&path).expect("a folder for temporary files");
    path
}

/// Saves in one of the formats and opens again.
pub(crate) fn check(opened: &Opened, choice: u8) {
    let recording = &opened.recording;
    let size = |s: &Stream| s.samples().end().saturating_mul(s.channels().len() as u64);
    if recording.streams().iter().map(size).fold(0, u64::saturating_add) > MOST_VALUES {
        return;
    }
    let (format, ending) = FORMATS[usize::from(choice) % FORMATS.len()];
    let folder = folder("converted");
    let path = folder.join("a").with_extension(ending);
    match save(&path, recording, opened.codebook.as_ref(), format) {
        Ok(lost) => {
            let again = open(&path).unwrap_or_else(|error| panic!("{format}: {error}"));
            if lost.is_empty() {
                same(&again.recording, recording);
            }
        }
        Err(error @ FormatError::Unwritable { .. }) => {
            let has_clock = |event: &Event| event.stream < recording.streams().len();
            let is_all = recording.events().iter().all(has_clock);
            assert!(format != WriteFormat::Vep || !is_all, "{error}");
        }
        Err(error) => assert!(format == WriteFormat::Vep, "{format}: {error}"),
    }
    std::fs::remove_dir_all(&folder).expect("a folder of our own");
}

/// All that any format holds is the same.
fn same(a: &Recording, b: &Recording) {
    assert_eq!(metadata(a), metadata(b));
    assert_eq!(a.events().len(), b.events().len());
    for (found, event) in a.events().iter().zip(b.events()) {
        // Far from the start, numbers lie wider apart than that.
        let (onset_s, expected_s) = (a.onset_s(found), b.onset_s(event));
        let near_s = 1e-6 + 4.0 * f64::EPSILON * expected_s.abs();
        assert!((onset_s - expected_s).abs() < near_s, "{found:?} {event:?}");
    }
    let texts = |recording: &Recording| {
        let texts = recording.events().iter().map(|event| (event.code, event.label.clone()));
        let mut texts: Vec<_> = texts.collect();
        texts.sort_unstable();
        texts
    };
    assert_eq!(texts(a), texts(b));
    // Streams that were sampled together may become one.
    let (a, b) = (rows(a), rows(b));
    assert_eq!(a.len(), b.len());
    for ((a, left, samples), (b, right, expected)) in a.into_iter().zip(b) {
        // Where the interval is written, the last digit of the rate may not come back.
        assert!((a.rate_hz() / b.rate_hz() - 1.0).abs() < 1e-15, "{} {}", a.rate_hz(), b.rate_hz());
        assert_eq!(a.samples().segments(), b.samples().segments());
        assert_eq!((&left.label, &left.unit), (&right.label, &right.unit));
        if right.quantization.is_some() {
            // The sign of zero is no count.
            let plain = |samples: &[f32]| samples.iter().map(|x| x + 0.0).collect::<Vec<_>>();
            assert!(same_bits(&plain(samples), &plain(expected)), "{:?}", right.label);
        }
    }
}

/// The metadata. Formats write the start with as many decimals as they have: zeros at the end of
/// them tell nothing.
fn metadata(recording: &Recording) -> BTreeMap<String, String> {
    let mut metadata = recording.metadata().clone();
    if let Some(start) = metadata.get_mut("start_time").filter(|start| start.contains('.')) {
        *start = start.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    metadata
}

/// The channels of all streams.
fn rows(recording: &Recording) -> Vec<(&Stream, &Channel, &[f32])> {
    let of = |stream| {
        let channels = Stream::channels(stream).iter().enumerate();
        channels.map(move |(row, channel)| (stream, channel, stream.samples().channel(row)))
    };
    recording.streams().iter().flat_map(of).collect()
}
