//! What holds for any bytes that are read as a file.

use std::io::Cursor;

use evoked::formats::{Format, FormatError, Opened, Options, read};
use evoked::frame::{
    Assembled, Assembler, FileReader, Limits, Reader, recover, survey, write_recording,
};
use evoked::signal::{Recording, Stream};

use super::memory::Meter;
use super::stream::fix;

/// Memory that a file may take whatever its length: what is read at once, and a frame.
const FIXED_BYTES: usize = 8 << 20;

/// Bytes that look like frames are read as they are and with their checksums made right.
pub(crate) fn check(bytes: &[u8]) {
    plain(bytes);
    if bytes.starts_with(b"\x89VEP") {
        for stretched in [false, true] {
            let mut fixed = bytes.to_vec();
            fix(&mut fixed, stretched);
            plain(&fixed);
        }
    }
}

/// A file of frames can be looked into anywhere, and what is intact in it can be recovered.
fn frames(bytes: &[u8]) {
    let limits = Limits::default();
    let meter = Meter::start();
    look_around(bytes);
    let recovered = recover(&mut Cursor::new(bytes), Vec::new(), limits);
    assert!(meter.peak() <= FIXED_BYTES + 128 * bytes.len());
    let Ok((found, saved)) = recovered else { return };
    assert_eq!(found, survey(&mut Cursor::new(bytes), limits).expect("bytes at hand"));
    let after = survey(&mut Cursor::new(&saved), limits).expect("bytes at hand");
    assert!(after.is_clean(), "{after:?}");

    let assembled = assemble(&saved);
    assert!(assembled.complete);
    if !assembled.notices.is_empty() {
        // Frames that make sense each, but not together.
        return;
    }
    let mut reader = FileReader::open(Cursor::new(&saved), limits).expect("a whole file");
    assert!(reader.is_indexed());
    let ids: Vec<u16> = reader.session().streams.iter().map(|info| info.id).collect();
    for (stream, id) in assembled.recording.streams().iter().zip(ids) {
        for segment in stream.samples().segments() {
            let samples = reader.samples(id, segment.first, segment.len).expect("samples");
            for (row, _) in stream.channels().iter().enumerate() {
                let epoch = stream.samples().epoch(segment.first, segment.len).expect("a segment");
                assert!(same_bits(samples.channel(row), epoch.channel(row)));
            }
        }
    }
    let recorded = Recording::new(Vec::new(), reader.events().expect("events"));
    assert_eq!(recorded.events().len(), assembled.recording.events().len());
}

/// Reads a file by whatever index it has.
fn look_around(bytes: &[u8]) {
    let Ok(mut reader) = FileReader::open(Cursor::new(bytes), Limits::default()) else { return };
    let events = reader.events().expect("bytes at hand");
    assert!(events.len() <= bytes.len() / 26, "{} events", events.len());
    let streams = reader.session().streams.clone();
    for info in &streams {
        for first in [0, info.first_sample, 5, u64::MAX] {
            for len in [1, 1000, usize::MAX] {
                if let Ok(samples) = reader.samples(info.id, first, len) {
                    assert!(samples.len() <= bytes.len().min(len));
                    assert!(samples.is_empty() || samples.start() >= first);
                }
            }
        }
        assert!(reader.position_at(info.id, f64::NAN).is_ok());
    }
}

fn assemble(bytes: &[u8]) -> Assembled {
    let mut assembler = Assembler::new();
    Reader::new(bytes, Limits::default()).for_each(|item| assembler.take(item));
    assembler.finish().expect("a session")
}

fn plain(bytes: &[u8]) {
    if bytes.starts_with(b"\x89VEP") {
        frames(bytes);
    }
    // What is packed inside of these may be larger than they are; `packed` holds for them.
    if bytes.starts_with(b"MATLAB") || bytes.starts_with(b"PK") {
        return;
    }
    as_it_is(bytes, || read(Cursor::new(bytes), Options::default()));
}

/// The answer is in proportion to the file, and what was read can be written as frames.
pub(crate) fn as_it_is(
    bytes: &[u8],
    read: impl FnOnce() -> Result<Opened, FormatError>,
) -> Option<Opened> {
    let meter = Meter::start();
    let result = read();
    let (peak, most) = (meter.peak(), FIXED_BYTES + 128 * bytes.len());
    assert!(peak <= most, "{peak} bytes taken for a file of {}", bytes.len());
    let opened = match result {
        Ok(opened) => opened,
        Err(error) => {
            assert!(!error.to_string().contains('\n'), "{error}");
            return None;
        }
    };
    let recording = &opened.recording;
    let values = recording.streams().iter().map(|s| s.samples().len() * s.channels().len());
    assert!(values.sum::<usize>() <= bytes.len());
    // The shortest of any format: one more text in an annotation of EDF+.
    assert!(recording.events().len() <= bytes.len() / 2);
    assert!(recording.duration_s() >= 0.0);
    let vep = matches!(opened.format, Format::Vep { .. });

    let saved = match write_recording(recording, opened.codebook.clone(), 7, Vec::new()) {
        Ok(saved) => saved,
        Err(error) => {
            assert!(!vep, "what came out of frames does not go in again: {error}");
            return Some(opened);
        }
    };
    let again = assemble(&saved);
    assert_eq!(again.notices, Vec::<String>::new());
    assert!(again.complete);
    assert_eq!(again.codebook, opened.codebook);
    same(&again.recording, recording);
    Some(opened)
}

/// A channel that is read alone has the samples that it has beside the others.
pub(crate) fn each_alone(
    opened: &Opened,
    read: impl Fn(Options<'_>) -> Result<Opened, FormatError>,
) {
    for stream in opened.recording.streams() {
        // The last is as good as any, and the first is read before anything can go wrong.
        let Some(channel) = stream.channels().last() else { continue };
        let alone = read(Options::default().channels([channel.label.as_str()]));
        let alone = alone.expect("a channel that is there").recording;
        let samples = stream.samples();
        let own = samples.channel(stream.channels().len() - 1);
        let is_same = |found: &Stream| {
            let row = found.channels().iter().position(|other| other == channel);
            let rates = (found.rate_hz(), found.samples().segments());
            let row = row.filter(|_| rates == (stream.rate_hz(), samples.segments()));
            row.is_some_and(|row| same_bits(found.samples().channel(row), own))
        };
        assert!(alone.streams().iter().any(is_same), "{channel:?} {opened:?} {alone:?}");
    }
}

/// A part of the time that is read alone is what lies there in the whole.
pub(crate) fn a_part(opened: &Opened, read: impl Fn(Options<'_>) -> Result<Opened, FormatError>) {
    let recording = &opened.recording;
    let (from_s, to_s) = (recording.duration_s() / 3.0, recording.duration_s() / 1.5);
    if to_s.is_nan() || to_s > 1e6 {
        // Times too far away to be told apart.
        return;
    }
    let part = read(Options::default().between(from_s, to_s)).expect("a part").recording;
    // What a state channel says may differ from part to part.
    assert_eq!(part.metadata().get("start_time"), recording.metadata().get("start_time"));
    assert_eq!(part.streams().len(), recording.streams().len());
    for (part, whole) in part.streams().iter().zip(recording.streams()) {
        let (origin_s, rate_hz) = (whole.origin_s(), whole.rate_hz());
        let position = |time_s: f64| ((time_s - origin_s) * rate_hz - 1e-6).ceil().max(0.0) as u64;
        let expected = whole.samples().within(position(from_s)..position(to_s));
        assert_eq!(part.samples().segments(), expected.segments());
        for channel in 0..whole.channels().len() {
            assert!(same_bits(part.samples().channel(channel), expected.channel(channel)));
        }
    }
    let is_inside = |onset_s: f64| onset_s >= from_s - 1e-9 && onset_s < to_s - 1e-9;
    let inside = recording.events().iter().filter(|event| is_inside(recording.onset_s(event)));
    assert!(part.events().iter().eq(inside), "{:?} {:?}", part.events(), recording.events());
}

fn same(a: &Recording, b: &Recording) {
    assert_eq!(a.metadata(), b.metadata());
    assert_eq!(a.events(), b.events());
    assert_eq!(a.streams().len(), b.streams().len());
    for (a, b) in a.streams().iter().zip(b.streams()) {
        assert_eq!((a.name(), a.rate_hz(), a.origin_s()), (b.name(), b.rate_hz(), b.origin_s()));
        assert_eq!(a.channels(), b.channels());
        assert_eq!(a.samples().segments(), b.samples().segments());
        for channel in 0..a.channels().len() {
            assert!(same_bits(a.samples().channel(channel), b.samples().channel(channel)));
        }
    }
}

/// NaN differs from itself, but its bits do not.
pub(crate) fn same_bits(a: &[f32], b: &[f32]) -> bool {
    a.iter().map(|a| a.to_bits()).eq(b.iter().map(|b| b.to_bits()))
}
