//! Streams of frames whose every byte is accounted for, and frames built without the library.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "all of it is test code"
)]
#![allow(dead_code, reason = "each test file uses some of it")]

use std::ops::Range;
use std::path::Path;

use evoked::frame::{
    Encoder, Encoding, HEADER_BYTES, Kind, Limits, Session, StreamInfo, TRAILER_BYTES,
};
use evoked::signal::{Channel, Epoch, Event, Quantization};

/// CRC-32C bit by bit, as textbooks have it.
pub(crate) fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0x82F6_3B78 * (crc & 1)))
    })
}

/// A frame as the specification lays it out.
#[derive(Clone, Copy)]
pub(crate) struct Raw<'a> {
    pub(crate) version: u8,
    pub(crate) kind: u8,
    pub(crate) stream: u16,
    pub(crate) sequence: u32,
    pub(crate) sample: u64,
    pub(crate) count: u16,
    pub(crate) tag: u16,
    pub(crate) payload: &'a [u8],
}

impl<'a> Raw<'a> {
    pub(crate) fn new(kind: Kind, stream: u16, sequence: u32, payload: &'a [u8]) -> Self {
        let kind = kind.code();
        Self { version: 1, kind, stream, sequence, sample: 0, count: 0, tag: 7, payload }
    }

    /// One channel of f32 samples.
    pub(crate) fn samples(sequence: u32, sample: u64, count: u16, payload: &'a [u8]) -> Self {
        Self { sample, count, ..Self::new(Kind::Samples, 1, sequence, payload) }
    }

    pub(crate) fn header(&self, payload_bytes: u32) -> Vec<u8> {
        let mut bytes = vec![0x89, b'V', b'E', b'P', self.version, self.kind];
        bytes.extend(self.stream.to_le_bytes());
        bytes.extend(self.sequence.to_le_bytes());
        bytes.extend(payload_bytes.to_le_bytes());
        bytes.extend(self.sample.to_le_bytes());
        bytes.extend(self.count.to_le_bytes());
        bytes.extend(self.tag.to_le_bytes());
        bytes.extend(crc32c(&bytes).to_le_bytes());
        bytes
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.header(self.payload.len() as u32);
        let covered = [&bytes[..28], self.payload].concat();
        bytes.extend(self.payload);
        bytes.extend(crc32c(&covered).to_le_bytes());
        bytes
    }
}

/// Payload of a samples frame of one f32 channel.
pub(crate) fn f32_payload(samples: &[f32]) -> Vec<u8> {
    let mut payload = vec![Encoding::F32.code(), 0, 1, 0];
    payload.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    payload
}

/// A frame that was written, and where its bytes lie.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) bytes: Range<usize>,
    pub(crate) stream: u16,
    pub(crate) sequence: u32,
    /// Positions of its samples; empty for other kinds.
    pub(crate) samples: Range<u64>,
}

/// Where the streams of a session document start.
fn starts(document: &[u8]) -> Vec<(u16, u64)> {
    let document: serde_json::Value = serde_json::from_slice(document).unwrap();
    let streams = document["streams"].as_array().unwrap().iter();
    let start = |stream: &serde_json::Value| {
        (stream["id"].as_u64().unwrap() as u16, stream["first_sample"].as_u64().unwrap_or(0))
    };
    streams.map(start).collect()
}

/// A stream and all that was written to it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stream {
    pub(crate) bytes: Vec<u8>,
    pub(crate) frames: Vec<Written>,
    /// Position of the first sample of each stream.
    pub(crate) starts: Vec<(u16, u64)>,
}

impl Stream {
    /// A conformance file without any damage in it.
    pub(crate) fn of_file(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/frames");
        let bytes = std::fs::read(folder.join(name).with_extension("vep")).unwrap();
        let mut stream = Self::default();
        let mut at = 0;
        while let Some(header) = bytes[at..].first_chunk::<HEADER_BYTES>() {
            let number = |place: Range<usize>| {
                header[place].iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
            };
            let payload = at + HEADER_BYTES..at + HEADER_BYTES + number(12..16) as usize;
            let first = number(16..24);
            let samples = match header[5] {
                1 if at == 0 => {
                    stream.starts = starts(&bytes[payload.clone()]);
                    0..0
                }
                2 => first..first + number(24..26),
                6 => {
                    let missing = bytes[payload.start..].first_chunk().unwrap();
                    first..first + u64::from_le_bytes(*missing)
                }
                _ => 0..0,
            };
            let range = at..payload.end + TRAILER_BYTES;
            at = range.end;
            let (id, sequence) = (number(6..8) as u16, number(8..12) as u32);
            stream.frames.push(Written { bytes: range, stream: id, sequence, samples });
        }
        stream.bytes = bytes;
        stream
    }

    fn note(&mut self, stream: u16, samples: Range<u64>) {
        let start = self.frames.last().map_or(0, |frame| frame.bytes.end);
        let sequence = self.frames.iter().filter(|frame| frame.stream == stream).count() as u32;
        self.frames.push(Written { bytes: start..self.bytes.len(), stream, sequence, samples });
    }

    fn session(&mut self, encoder: &mut Encoder) {
        let start = |info: &StreamInfo| (info.id, info.first_sample);
        self.starts = encoder.info().streams.iter().map(start).collect();
        encoder.session(&mut self.bytes).unwrap();
        self.note(0, 0..0);
    }

    fn end(&mut self, encoder: &mut Encoder) {
        encoder.end(&mut self.bytes).unwrap();
        self.note(0, 0..0);
    }

    /// `len` samples with values that differ everywhere.
    fn samples(&mut self, encoder: &mut Encoder, id: u16, first: u64, len: usize, e: Encoding) {
        let channels = encoder.info().stream(id).unwrap().channels.len();
        let value = |i: usize| (first as f32 * 7.0 + i as f32 * 0.5).sin() * 1000.0;
        let values: Vec<_> = (0..channels * len).map(value).collect();
        let chunk = Epoch::from_planar(&values, channels).unwrap();
        encoder.samples(id, first, chunk, e, &mut self.bytes).unwrap();
        self.note(id, first..first + len as u64);
    }

    fn events(&mut self, encoder: &mut Encoder, id: u16, events: &[Event]) {
        encoder.events(id, events, &mut self.bytes).unwrap();
        self.note(id, 0..0);
    }
}

fn info(id: u16, name: &str, rate_hz: f64, labels: &[&str]) -> StreamInfo {
    let quantization = Some(Quantization { bits: 24, scale: 0.0625, offset: 0.0 });
    let channel = |label: &&str| Channel { quantization, ..Channel::microvolts(*label) };
    let channels = labels.iter().map(channel).collect();
    StreamInfo::new(id, name, rate_hz, channels)
}

fn encoder(streams: Vec<StreamInfo>) -> Encoder {
    let session = Session { tag: 0xE48F, streams, ..Session::default() };
    Encoder::new(session, Limits::default()).unwrap()
}

/// 24-bit EEG with events, a gap at samples 24 to 30, the session told twice.
pub(crate) fn eeg_with_events() -> Stream {
    let mut encoder = encoder(vec![info(1, "EEG", 250.0, &["O1", "Oz", "O2"])]);
    let mut stream = Stream::default();
    stream.session(&mut encoder);
    for first in [0, 8, 16, 30, 38] {
        stream.samples(&mut encoder, 1, first, 8, Encoding::I24);
        let label = if first == 16 { "" } else { "13 Hz ☀" };
        let event = Event { fraction: 0.25, ..Event::at(first + 1, 33025, label) };
        stream.events(&mut encoder, 1, &vec![event; (first % 3) as usize]);
    }
    stream.session(&mut encoder);
    stream.samples(&mut encoder, 1, 46, 1, Encoding::I24);
    stream.end(&mut encoder);
    stream
}

/// Two streams of `f32`, frame by frame in turns, positions not from zero.
pub(crate) fn two_streams() -> Stream {
    let mut streams = vec![info(1, "EEG", 250.0, &["O1", "O2"]), info(300, "EOG", 100.0, &["V"])];
    streams[0].first_sample = 1000;
    let mut encoder = encoder(streams);
    let mut stream = Stream::default();
    stream.session(&mut encoder);
    for turn in 0..6 {
        stream.samples(&mut encoder, 1, 1000 + turn * 5, 5, Encoding::F32);
        stream.samples(&mut encoder, 300, turn * 2, 2, Encoding::F32);
    }
    stream.end(&mut encoder);
    stream
}

/// Frames of a single 16-bit sample or no event at all.
pub(crate) fn tiny_frames() -> Stream {
    let mut encoder = encoder(vec![info(1, "x", 1.0, &["O"])]);
    let mut stream = Stream::default();
    stream.session(&mut encoder);
    for first in 0..18 {
        stream.samples(&mut encoder, 1, first, 1, Encoding::I16);
        if first % 6 == 0 {
            stream.events(&mut encoder, 1, &[]);
        }
    }
    stream.end(&mut encoder);
    stream
}
