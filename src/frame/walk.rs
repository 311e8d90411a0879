use std::iter::Peekable;
use std::slice::Iter;
use std::vec::IntoIter;

use super::{Encoding, Gap, GapReason, StreamInfo};
use crate::signal::{Epoch, Event, Recording, Stream};

/// Length of a samples frame in a file: short enough that damage costs little, long enough that the
/// header does not count.
const FILE_FRAME_S: f64 = 0.2;
/// In a file a session frame comes again after this many seconds of samples.
const FILE_SESSION_EVERY_S: f64 = 60.0;

/// The parts of a recording, a frame each, in the order of time, each with its time in seconds.
///
/// The session frame that everything starts with is not among them, nor is the end.
pub(super) struct Walk<'a> {
    recording: &'a Recording,
    encodings: Vec<Encoding>,
    chunks: Peekable<IntoIter<Chunk>>,
    events: Peekable<Iter<'a, Event>>,
    session_every_s: f64,
    next_session_s: f64,
    /// Whether the gap before the next chunk has been given.
    gap_given: bool,
}

/// What becomes a frame.
pub(super) enum Part<'a> {
    Session,
    Samples { stream: u16, first: u64, chunk: Epoch<'a, f32>, encoding: Encoding },
    Gap(u16, Gap),
    Event(u16, &'a Event),
}

/// A stretch of one stream that becomes a samples frame.
struct Chunk {
    stream: usize,
    first: u64,
    len: usize,
    /// Samples of a gap right before it.
    missing: u64,
    time_s: f64,
}

/// Which end of a chunk says when it is its turn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    First,
    /// Nobody can send a sample before it was taken.
    AfterLast,
}

impl<'a> Walk<'a> {
    /// As files have them.
    pub(super) fn of_file(recording: &'a Recording) -> Self {
        let most = |stream: &Stream| samples_of(FILE_FRAME_S, stream);
        Self::new(recording, Turn::First, FILE_SESSION_EVERY_S, most)
    }

    /// As they are sent while they are recorded: samples as soon as the last of their frame is
    /// there, with the events that fall on them before them.
    pub(super) fn live(
        recording: &'a Recording,
        session_every_s: f64,
        most: impl Fn(&Stream) -> usize,
    ) -> Self {
        Self::new(recording, Turn::AfterLast, session_every_s, most)
    }

    fn new(
        recording: &'a Recording,
        turn: Turn,
        session_every_s: f64,
        most: impl Fn(&Stream) -> usize,
    ) -> Self {
        let chunks = chunks(recording, turn, most);
        let start_s = chunks.first().map_or(0.0, |chunk| chunk.time_s);
        Self {
            recording,
            encodings: recording.streams().iter().zip(1..).map(encoding_of).collect(),
            chunks: chunks.into_iter().peekable(),
            events: recording.events().iter().peekable(),
            session_every_s,
            next_session_s: start_s + session_every_s,
            gap_given: false,
        }
    }

    /// How the samples of the stream at this place are sent.
    pub(super) fn encoding(&self, place: usize) -> Encoding {
        self.encodings.get(place).copied().unwrap_or(Encoding::F32)
    }

    fn event(&self, event: &'a Event) -> (f64, Part<'a>) {
        (onset_s(self.recording, event), Part::Event(id(event.stream), event))
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = (f64, Part<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some(chunk) = self.chunks.peek() else {
                return self.events.next().map(|event| self.event(event));
            };
            let &Chunk { stream, first, len, missing, time_s } = chunk;
            let recording = self.recording;
            let is_before = |event: &&Event| onset_s(recording, event) <= time_s;
            if let Some(event) = self.events.next_if(is_before) {
                return Some(self.event(event));
            }
            if time_s >= self.next_session_s {
                self.next_session_s = time_s + self.session_every_s;
                return Some((time_s, Part::Session));
            }
            if missing > 0 && !self.gap_given {
                self.gap_given = true;
                let reason = GapReason::Unknown;
                let gap = Gap { first: first - missing, samples: missing, reason };
                return Some((time_s, Part::Gap(id(stream), gap)));
            }
            self.gap_given = false;
            self.chunks.next();
            let samples = recording.streams().get(stream).map(Stream::samples);
            if let Some(Ok(chunk)) = samples.map(|samples| samples.epoch(first, len)) {
                let encoding = self.encoding(stream);
                return Some((
                    time_s,
                    Part::Samples { stream: id(stream), first, chunk, encoding },
                ));
            }
        }
    }
}

/// Samples of a frame that lasts so long.
pub(super) fn samples_of(frame_s: f64, stream: &Stream) -> usize {
    (stream.rate_hz() * frame_s).clamp(1.0, f64::from(u16::MAX)) as usize
}

/// When a position falls on the straight line that frames have for a clock. Times of the recording
/// itself may run back, and the frames of a stream must not.
fn line_s(stream: &Stream, position: f64) -> f64 {
    stream.origin_s() + position / stream.rate_hz()
}

fn onset_s(recording: &Recording, event: &Event) -> f64 {
    let stream = recording.streams().get(event.stream);
    stream.map_or(f64::INFINITY, |stream| line_s(stream, event.position()))
}

fn id(stream: usize) -> u16 {
    u16::try_from(stream + 1).unwrap_or(u16::MAX)
}

/// The encoding of a stream that loses nothing.
fn encoding_of((stream, id): (&Stream, u16)) -> Encoding {
    let info = StreamInfo::new(id, "", stream.rate_hz(), stream.channels().to_vec());
    let on_grid = stream.channels().iter().enumerate().all(|(row, channel)| {
        channel.quantization.is_some_and(|q| {
            let stays =
                |&x: &f32| q.count(x).is_some_and(|count| q.sample(count).to_bits() == x.to_bits());
            stream.samples().channel(row).iter().all(stays)
        })
    });
    if on_grid { info.exact_encoding() } else { Encoding::F32 }
}

/// All chunks of all streams in the order of time.
fn chunks(recording: &Recording, turn: Turn, most: impl Fn(&Stream) -> usize) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    for (place, stream) in recording.streams().iter().enumerate() {
        let most = most(stream).max(1);
        let mut end = stream.samples().start();
        for segment in stream.samples().segments() {
            let mut done = 0;
            while done < segment.len {
                let (first, len) = (segment.first + done as u64, most.min(segment.len - done));
                let after = if turn == Turn::AfterLast { len as u64 } else { 0 };
                let (missing, time_s) = (first - end, line_s(stream, (first + after) as f64));
                chunks.push(Chunk { stream: place, first, len, missing, time_s });
                done += len;
                end = first + len as u64;
            }
        }
    }
    chunks.sort_by(|a, b| a.time_s.total_cmp(&b.time_s));
    chunks
}
