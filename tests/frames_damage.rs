//! Streams damaged in every way that can be counted through: what still comes out is what was
//! written, and what does not is told.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests are tests, too"
)]

#[path = "common/frames.rs"]
mod frames;

use std::ops::Range;

use evoked::frame::{Content, Decoder, Header, Item, Limits, Notice, Reader};
use frames::{Stream, Written, eeg_with_events, tiny_frames, two_streams};

/// What came out of a damaged stream, held against what was written.
struct Outcome<'a> {
    written: &'a Stream,
    damaged: &'a [u8],
    /// Bytes accounted for.
    cursor: usize,
    /// For each written frame, whether it came out.
    delivered: Vec<bool>,
    /// For each written frame, whether it was told as lost.
    told: Vec<bool>,
    /// For each stream, where its samples or its told losses ended.
    sample_ends: Vec<(u16, u64)>,
    /// Whether the first session frame, which says where streams start, has come.
    session: bool,
    /// Whether the end frame, which says what the streams held, has come.
    end: bool,
}

impl<'a> Outcome<'a> {
    fn of(written: &'a Stream, damaged: &'a [u8]) -> Self {
        let none = vec![false; written.frames.len()];
        let (delivered, told, sample_ends) = (none.clone(), none, Vec::new());
        let (session, end, cursor) = (false, false, 0);
        let mut outcome =
            Self { written, damaged, cursor, delivered, told, sample_ends, session, end };
        for item in Reader::new(damaged, Limits::default()) {
            outcome.take(&item);
        }
        assert_eq!(outcome.cursor, damaged.len(), "bytes unaccounted for at the end");
        outcome.check_losses();
        outcome
    }

    fn place(&self, stream: u16, sequence: u32) -> usize {
        let same = |frame: &Written| frame.stream == stream && frame.sequence == sequence;
        self.written.frames.iter().position(same).expect("a frame that was never written")
    }

    fn take(&mut self, item: &Item<'_>) {
        match item {
            Item::Frame(frame) => {
                assert_eq!(frame.offset, self.cursor as u64);
                let place = self.same_as_written(&frame.header);
                assert!(!self.delivered[place], "frame {place} came out twice");
                self.delivered[place] = true;
                match frame.content().expect("an intact payload") {
                    Content::Session(_) => self.session |= place == 0,
                    Content::End(_) => self.end = true,
                    _ => {}
                }
                let samples = self.written.frames[place].samples.clone();
                self.go_on(frame.header.stream, samples);
            }
            Item::Notice(Notice::Duplicate(header)) => {
                let place = self.same_as_written(header);
                assert!(self.delivered[place], "frame {place} was no duplicate");
            }
            Item::Notice(Notice::Damaged { bytes }) => {
                assert_eq!(bytes.start, self.cursor as u64);
                assert!(bytes.end > bytes.start);
                self.cursor = bytes.end as usize;
            }
            Item::Notice(Notice::FramesLost { stream, first, frames }) => {
                for sequence in *first..first + frames {
                    let place = self.place(*stream, sequence);
                    assert!(!self.told[place], "frame {place} was told as lost twice");
                    self.told[place] = true;
                }
            }
            Item::Notice(Notice::SamplesLost { stream, samples }) => {
                self.go_on(*stream, samples.clone());
            }
            Item::Notice(other) => panic!("{other:?}"),
        }
    }

    /// The frame's bytes at the cursor are those that were written.
    fn same_as_written(&mut self, header: &Header) -> usize {
        let place = self.place(header.stream, header.sequence);
        let bytes = self.written.frames[place].bytes.clone();
        let here = self.cursor..self.cursor + header.frame_bytes();
        assert_eq!(self.damaged[here.clone()], self.written.bytes[bytes]);
        self.cursor = here.end;
        place
    }

    /// Samples or their loss start exactly where the stream's last ones ended.
    fn go_on(&mut self, stream: u16, samples: Range<u64>) {
        if samples.is_empty() {
            return;
        }
        match self.sample_ends.iter_mut().find(|(of, _)| *of == stream) {
            Some((_, end)) => {
                assert_eq!(samples.start, *end, "stream {stream}");
                *end = samples.end;
            }
            None => {
                let start = self.written.starts.iter().find(|(of, _)| *of == stream);
                assert!(!self.session || start == Some(&(stream, samples.start)));
                self.sample_ends.push((stream, samples.end));
            }
        }
    }

    /// Told as lost are exactly the frames that did not come: all of them where the end frame came,
    /// else those before a stream's last delivered one. The same goes for samples.
    fn check_losses(&self) {
        let frames = &self.written.frames;
        for (place, frame) in frames.iter().enumerate() {
            let later = frames.iter().zip(&self.delivered).skip(place + 1);
            let followed = later.filter(|(_, came)| **came).any(|(f, _)| f.stream == frame.stream);
            let known = followed || self.end;
            assert_eq!(self.told[place], known && !self.delivered[place], "frame {place}");
        }
        for (stream, end) in self.sample_ends.iter().filter(|_| self.end) {
            let own = frames.iter().filter(|frame| frame.stream == *stream);
            assert_eq!(own.map(|frame| frame.samples.end).max(), Some(*end), "stream {stream}");
        }
    }

    /// Every frame whose bytes are still there has come out.
    fn expect_all(&self, still_there: impl Fn(&Range<usize>) -> bool) {
        for (place, frame) in self.written.frames.iter().enumerate() {
            assert!(
                self.delivered[place] || !still_there(&frame.bytes),
                "frame {place} is missing"
            );
        }
    }
}

/// Conformance files of both sides, small enough to lose and repeat every range of their bytes.
const SMALL: [&str; 5] =
    ["py-minimal", "py-f32-specials", "py-i24-edges", "rs-i32-edges", "rs-all-kinds"];
/// Longer ones, with all kinds of frames and several streams.
const LONG: [&str; 5] = ["py-i16", "py-i32", "rs-f32-specials", "rs-interleaved", "rs-recording"];

fn streams() -> Vec<Stream> {
    let files = SMALL.iter().chain(&LONG).map(|name| Stream::of_file(name));
    [eeg_with_events(), two_streams(), tiny_frames()].into_iter().chain(files).collect()
}

#[test]
fn the_undamaged_streams_come_out_whole() {
    for stream in streams() {
        assert_eq!(stream.frames.last().map(|frame| frame.bytes.end), Some(stream.bytes.len()));
        let outcome = Outcome::of(&stream, &stream.bytes);
        assert!(outcome.delivered.iter().all(|came| *came));
    }
}

#[test]
fn every_flipped_bit_costs_the_frame_it_is_in_and_no_other() {
    for stream in streams() {
        let mut damaged = stream.bytes.clone();
        for bit in 0..damaged.len() * 8 {
            damaged[bit / 8] ^= 1 << (bit % 8);
            let outcome = Outcome::of(&stream, &damaged);
            let hit = stream.frames.iter().position(|frame| frame.bytes.contains(&(bit / 8)));
            for (place, came) in outcome.delivered.iter().enumerate() {
                assert_eq!(*came, Some(place) != hit, "bit {bit}, frame {place}");
            }
            damaged[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn a_stream_cut_anywhere_keeps_its_whole_frames() {
    for stream in streams() {
        for len in 0..stream.bytes.len() {
            let outcome = Outcome::of(&stream, &stream.bytes[..len]);
            for (frame, came) in stream.frames.iter().zip(&outcome.delivered) {
                assert_eq!(*came, frame.bytes.end <= len, "cut at {len}");
            }
        }
    }
}

#[test]
fn a_stream_joined_anywhere_gives_its_whole_frames() {
    for stream in streams() {
        for start in 0..stream.bytes.len() {
            let outcome = Outcome::of(&stream, &stream.bytes[start..]);
            for (frame, came) in stream.frames.iter().zip(&outcome.delivered) {
                assert_eq!(*came, frame.bytes.start >= start, "joined at {start}");
            }
        }
    }
}

/// Every range of the bytes.
fn ranges(stream: &Stream) -> impl Iterator<Item = Range<usize>> + use<> {
    let len = stream.bytes.len();
    (0..len).flat_map(move |start| (start + 1..=len).map(move |end| start..end))
}

/// Ranges of the lengths of fields, headers and frames.
fn picked_ranges(stream: &Stream) -> impl Iterator<Item = Range<usize>> + use<> {
    let longest = stream.frames.iter().map(|frame| frame.bytes.len()).max().unwrap_or(0);
    let picked = move |n: usize| n <= 44 || n < longest * 2 && n.is_multiple_of(61);
    ranges(stream).filter(move |range| picked(range.len()))
}

fn check_deleted(stream: &Stream, gone: &Range<usize>) {
    let damaged = [&stream.bytes[..gone.start], &stream.bytes[gone.end..]].concat();
    let outcome = Outcome::of(stream, &damaged);
    outcome.expect_all(|frame| frame.end <= gone.start || frame.start >= gone.end);
}

fn check_repeated(stream: &Stream, again: &Range<usize>) {
    let damaged = [&stream.bytes[..again.end], &stream.bytes[again.start..]].concat();
    let outcome = Outcome::of(stream, &damaged);
    // A frame cut by the end of the first copy is whole in the second, if it starts there.
    outcome.expect_all(|frame| frame.end <= again.end || frame.start >= again.start);
}

#[test]
fn every_deleted_range_costs_only_the_frames_it_was_in() {
    for stream in SMALL.map(Stream::of_file) {
        ranges(&stream).for_each(|gone| check_deleted(&stream, &gone));
    }
}

#[test]
fn every_repeated_range_costs_only_the_frame_it_splits() {
    for stream in SMALL.map(Stream::of_file) {
        ranges(&stream).for_each(|again| check_repeated(&stream, &again));
    }
}

#[test]
fn deleted_bytes_cost_only_the_frames_they_were_in() {
    for stream in [eeg_with_events(), two_streams(), tiny_frames()] {
        picked_ranges(&stream).for_each(|gone| check_deleted(&stream, &gone));
    }
}

#[test]
fn repeated_bytes_cost_only_the_frame_they_split() {
    for stream in [eeg_with_events(), two_streams(), tiny_frames()] {
        picked_ranges(&stream).for_each(|again| check_repeated(&stream, &again));
    }
}

#[test]
fn garbage_costs_only_the_frame_it_falls_into() {
    for stream in streams() {
        let header = &stream.bytes[stream.frames[1].bytes.start..][..32];
        let garbage: [&[u8]; 6] =
            [&[0], &[0x89], b"\x89VEP", header, &header[..31], &[0x89, b'V', b'E', 0x89].repeat(9)];
        for (at, garbage) in (0..=stream.bytes.len()).flat_map(|at| garbage.map(|g| (at, g))) {
            let damaged = [&stream.bytes[..at], garbage, &stream.bytes[at..]].concat();
            let outcome = Outcome::of(&stream, &damaged);
            outcome.expect_all(|frame| frame.end <= at || frame.start >= at);
        }
    }
}

#[test]
fn pieces_do_not_change_what_comes_out_of_damage() {
    for stream in streams() {
        let mut damaged = stream.bytes.clone();
        for byte in 0..damaged.len() {
            damaged[byte] ^= 0x80;
            for size in [1, 31, 100] {
                let mut reader = Reader::new(&damaged, Limits::default());
                let mut decoder = Decoder::from_start(Limits::default());
                for piece in damaged.chunks(size) {
                    decoder.push(piece);
                    while let Some(item) = decoder.next() {
                        assert_eq!(Some(item), reader.next());
                    }
                }
                decoder.finish();
                while let Some(item) = decoder.next() {
                    assert_eq!(Some(item), reader.next());
                }
                assert_eq!(reader.next(), None);
            }
            damaged[byte] ^= 0x80;
        }
    }
}
