//! What holds for any bytes that are read as a file.

use std::io::Cursor;

use evoked::formats::{Format, Options, read};
use evoked::frame::{Assembler, Limits, Reader, encode_recording};
use evoked::signal::Recording;

use super::memory::Meter;
use super::stream::fix;

/// Memory that a file may take whatever its length: what is read at once, and a frame.
const FIXED_BYTES: usize = 8 << 20;

/// Bytes that look like frames are read as they are and with their checksums made right.
pub(crate) fn check(bytes: &[u8]) {
    as_it_is(bytes);
    if bytes.starts_with(b"\x89VEP") {
        for stretched in [false, true] {
            let mut fixed = bytes.to_vec();
            fix(&mut fixed, stretched);
            as_it_is(&fixed);
        }
    }
}

/// The answer is in proportion to the file, and what was read can be written.
fn as_it_is(bytes: &[u8]) {
    let meter = Meter::start();
    let result = read(Cursor::new(bytes), Options::default());
    let (peak, most) = (meter.peak(), FIXED_BYTES + 128 * bytes.len());
    assert!(peak <= most, "{peak} bytes taken for a file of {}", bytes.len());
    let opened = match result {
        Ok(opened) => opened,
        Err(error) => return assert!(!error.to_string().contains('\n'), "{error}"),
    };
    let recording = &opened.recording;
    let values = recording.streams().iter().map(|s| s.samples().len() * s.channels().len());
    assert!(values.sum::<usize>() <= bytes.len());
    assert!(recording.events().len() <= bytes.len() / 6);
    assert!(recording.duration_s() >= 0.0);
    let vep = matches!(opened.format, Format::Vep { .. });

    let mut frames = Vec::new();
    let written = encode_recording(recording, opened.codebook.clone(), 7, |frame| {
        frames.extend_from_slice(frame);
    });
    if let Err(error) = written {
        assert!(!vep, "what came out of frames does not go in again: {error}");
        return;
    }
    let mut assembler = Assembler::new();
    Reader::new(&frames, Limits::default()).for_each(|item| assembler.take(item));
    let again = assembler.finish().expect("what was just written");
    assert_eq!(again.notices, Vec::<String>::new());
    assert!(again.complete);
    assert_eq!(again.codebook, opened.codebook);
    same(&again.recording, recording);
}

/// Bit for bit, since NaN differs from itself.
fn same(a: &Recording, b: &Recording) {
    assert_eq!(a.metadata(), b.metadata());
    assert_eq!(a.events(), b.events());
    assert_eq!(a.streams().len(), b.streams().len());
    for (a, b) in a.streams().iter().zip(b.streams()) {
        assert_eq!((a.name(), a.rate_hz(), a.origin_s()), (b.name(), b.rate_hz(), b.origin_s()));
        assert_eq!(a.channels(), b.channels());
        assert_eq!(a.samples().segments(), b.samples().segments());
        for channel in 0..a.channels().len() {
            let (a, b) = (a.samples().channel(channel), b.samples().channel(channel));
            assert_eq!(a.len(), b.len());
            for (a, b) in a.iter().zip(b) {
                // A negative zero of a source has no count of its own.
                assert!(a.to_bits() == b.to_bits() || *a == 0.0 && *b == 0.0, "{a} and {b}");
            }
        }
    }
}
