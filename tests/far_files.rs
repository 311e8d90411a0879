//! Files far larger than the memory whose content is nothing but a start: what can't be read is
//! refused at its start, and what could be asks for less.
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

use std::cell::Cell;
use std::io::{self, Read, Seek, SeekFrom};

use evoked::formats::{FormatError, Opened, Options, read};

#[path = "common/edf_writer.rs"]
mod edf_writer;

/// Length of the files: no machine has so much memory.
const LEN: u64 = 1 << 50;

/// A start, then zeros.
struct Far<'a> {
    start: &'a [u8],
    at: u64,
    /// Bytes that were read.
    read: &'a Cell<u64>,
}

impl Read for Far<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let len = (LEN.saturating_sub(self.at)).min(out.len() as u64) as usize;
        let there = self.start.get(self.at as usize..).unwrap_or(&[]);
        let copied = there.len().min(len);
        out[..copied].copy_from_slice(&there[..copied]);
        out[copied..len].fill(0);
        self.at += len as u64;
        self.read.set(self.read.get() + len as u64);
        Ok(len)
    }
}

impl Seek for Far<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(by) => LEN.saturating_add_signed(by),
            SeekFrom::Current(by) => self.at.saturating_add_signed(by),
        };
        Ok(self.at)
    }
}

/// Reads a file that starts like this, and holds that little of it was looked at.
fn far(start: &[u8], options: Options<'_>) -> Result<Opened, FormatError> {
    let read_bytes = Cell::new(0);
    let result = read(Far { start, at: 0, read: &read_bytes }, options);
    assert!(read_bytes.get() < 64 << 20, "{} bytes read", read_bytes.get());
    result
}

fn refusal(start: &[u8]) -> String {
    far(start, Options::default()).map(|opened| opened.format).unwrap_err().to_string()
}

#[test]
fn starts_without_a_recording_are_refused() {
    let mut matlab = b"MATLAB 5.0 MAT-file".to_vec();
    matlab.resize(124, b' ');
    matlab.extend(b"\x00\x01IM");
    let array = b"{'descr': '<f4', 'fortran_order': False, 'shape': (8, 1000), }";
    let array = [b"\x93NUMPY\x01\x00\x3e\x00", &array[..]].concat();
    for (start, words) in [
        (&b"\x93NUMPY\x01\x00"[..], "NumPy"),
        (&array, "sampling rate"),
        (b"PK\x03\x04", "ZIP"),
        (&matlab, "MATLAB"),
        (b"GDF 2.20", "no channels"),
        (b"0       ", "starts like EDF"),
        (b"\xffBIOSEMI", "number of channels"),
        (b"Brain Vision Data Exchange Header File Version 1.0\n", "at most 16 MiB"),
        (b"", "nothing but zeros"),
    ] {
        let found = refusal(start);
        assert!(found.contains(words), "{found}");
    }
}

#[test]
fn arrays_larger_than_the_memory_are_refused() {
    let array = b"{'descr': '<f4', 'fortran_order': False, 'shape': (8, 30000000000000), }";
    let found = refusal(&[b"\x93NUMPY\x01\x00\x48\x00", &array[..]].concat());
    assert!(found.contains("no memory"), "{found}");
}

#[test]
fn a_part_of_what_is_larger_than_the_memory_can_be_read() {
    for (width, kind) in [(2, "EDF"), (3, "BDF")] {
        let channels = ["Oz", "O1"].map(|label| {
            edf_writer::Channel::new(label, width, 256, &(0..256).collect::<Vec<i32>>())
        });
        let mut file = edf_writer::File::new(width, 1, channels.to_vec());
        file.records = "-1".to_owned();
        let start = file.bytes();
        let found = refusal(&start);
        assert!(found.contains("no memory") && found.contains("a part of the time"), "{found}");
        let part = far(&start, Options::default().channels(["O1"]).between(0.0, 2.0)).unwrap();
        let stream = &part.recording.streams()[0];
        assert_eq!((stream.samples().len(), stream.channels().len()), (512, 1), "{kind}");
    }
}
