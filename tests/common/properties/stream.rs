//! What holds for any bytes that are read as a stream of frames.

use evoked::frame::{
    Assembler, Content, Decoder, Encoding, Frame, FrameError, Item, Limits, Reader, SamplesView,
    Session,
};

use super::memory::Meter;
use super::model::{self, crc32c};

/// Limits that small streams reach.
pub(crate) const TIGHT: Limits =
    Limits { payload_bytes: 300, streams: 2, channels: 2, samples: 4, text_bytes: 6 };

/// How the bytes are to be read, told by the first two of them.
#[derive(Debug, Clone, Copy)]
struct Case {
    fixed: bool,
    stretched: bool,
    joined: bool,
    limits: Limits,
    pieces: u8,
}

impl Case {
    fn new(mode: u8, pieces: u8) -> Self {
        let limits = if mode & 8 == 0 { Limits::default() } else { TIGHT };
        let (fixed, stretched, joined) = (mode & 1 != 0, mode & 2 != 0, mode & 4 != 0);
        Self { fixed, stretched, joined, limits, pieces }
    }
}

/// The first byte says how to read: 1 makes all checksums right before, 2 (with 1) lets every frame
/// reach to the next sync word, 4 joins in the middle, 8 sets tight limits. The second byte cuts
/// the pieces. The rest is the stream.
pub(crate) fn check(data: &[u8]) {
    let Some((&[mode, pieces], bytes)) = data.split_first_chunk() else { return };
    let case = Case::new(mode, pieces);
    let mut bytes = bytes.to_vec();
    if case.fixed {
        fix(&mut bytes, case.stretched);
    }
    as_specified(&bytes, &case);
    pieces_change_nothing(&bytes, &case);
    recording(&bytes, &case);
}

/// Makes the checksums of everything right that starts with a sync word and has room for a frame.
pub(crate) fn fix(bytes: &mut [u8], stretched: bool) {
    let mut at = 0;
    while let Some(found) = find_sync(&bytes[at..]) {
        at += found;
        let room = bytes.len() - at;
        if room < 36 {
            return;
        }
        let next = find_sync(&bytes[at + 4..]).map_or(room, |next| next + 4).max(36);
        let frame = &mut bytes[at..];
        let told = u32::from_le_bytes([frame[12], frame[13], frame[14], frame[15]]) as usize;
        let len = if !stretched && told <= room - 36 { told } else { next - 36 };
        frame[12..16].copy_from_slice(&(len as u32).to_le_bytes());
        let header = crc32c(&[&frame[..28]]).to_le_bytes();
        frame[28..32].copy_from_slice(&header);
        let whole = crc32c(&[&frame[..28], &frame[32..32 + len]]).to_le_bytes();
        frame[32 + len..36 + len].copy_from_slice(&whole);
        at += 36 + len;
    }
}

pub(crate) fn find_sync(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\x89VEP")
}

/// A reader of all bytes at hand.
fn whole<'a>(bytes: &'a [u8], case: &Case) -> Reader<'a> {
    match case.joined {
        true => Reader::joining(bytes, case.limits),
        false => Reader::new(bytes, case.limits),
    }
}

fn as_specified(bytes: &[u8], case: &Case) {
    let mut whole = whole(bytes, case);
    for expected in model::read(bytes, &case.limits, !case.joined) {
        let item = whole.next();
        assert!(item.as_ref().is_some_and(|item| expected.is(item)), "{expected:?}, not {item:?}");
        if let Some(Item::Frame(frame)) = item {
            let payload = &bytes[frame.offset as usize + 32..][..frame.payload().len()];
            assert_eq!(frame.payload(), payload);
        }
    }
    assert_eq!(whole.next(), None);
}

/// Cuts bytes into pieces; some are empty.
struct Pieces<'a> {
    rest: &'a [u8],
    kind: u8,
    state: u32,
}

impl<'a> Pieces<'a> {
    fn new(bytes: &'a [u8], kind: u8) -> Self {
        Self { rest: bytes, kind, state: 0x9E37_79B9 ^ u32::from(kind) << 8 }
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        self.state ^= self.state << 13;
        self.state ^= self.state >> 17;
        self.state ^= self.state << 5;
        let len = match self.kind {
            0 => 1,
            255 => self.rest.len(),
            _ => (self.state >> 8) as usize % (1 << (1 + self.state % 10)),
        };
        let (piece, rest) = self.rest.split_at(len.min(self.rest.len()));
        self.rest = rest;
        Some(piece)
    }
}

fn pieces_change_nothing(bytes: &[u8], case: &Case) {
    let mut whole = whole(bytes, case);
    let meter = Meter::start();
    let mut decoder =
        if case.joined { Decoder::new(case.limits) } else { Decoder::from_start(case.limits) };
    let mut largest = 0;
    for piece in Pieces::new(bytes, case.pieces) {
        largest = largest.max(piece.len());
        decoder.push(piece);
        drain(&mut decoder, &mut whole);
        // Two frames and one piece, in a vector that doubles; what is known of the streams.
        let frame = (case.limits.payload_bytes as usize + 36).min(bytes.len());
        let streams = 64 * case.limits.streams + 1024;
        let (held, most) = (meter.held(), 2 * (2 * frame + largest) + streams);
        assert!(held <= most, "{held} bytes held, at most {most} needed");
    }
    decoder.finish();
    drain(&mut decoder, &mut whole);
    assert_eq!(whole.next(), None);
}

fn drain(decoder: &mut Decoder, whole: &mut Reader<'_>) {
    while let Some(item) = decoder.next() {
        let other = whole.next();
        assert_eq!(Some(&item), other.as_ref());
        if let (Item::Frame(frame), Some(Item::Frame(other))) = (item, other) {
            same_content(&content(&frame), &content(&other));
        }
    }
}

/// What a frame says; the memory that takes is in proportion to its payload.
fn content<'a>(frame: &Frame<'a>) -> Result<Content<'a>, FrameError> {
    let meter = Meter::start();
    let content = frame.content();
    // A channel of 24 bytes of JSON takes 80, and a vector that grows thrice that.
    let (peak, most) = (meter.peak(), 1024 + 64 * frame.payload().len());
    assert!(peak <= most, "{peak} bytes taken for a payload of {}", frame.payload().len());
    content
}

fn same_content(a: &Result<Content<'_>, FrameError>, b: &Result<Content<'_>, FrameError>) {
    match (a, b) {
        (Ok(Content::Decision(a)), Ok(Content::Decision(b))) => {
            assert_eq!((a.target, a.first, a.end), (b.target, b.first, b.end));
            assert_eq!(a.confidence.to_bits(), b.confidence.to_bits());
            assert!(a.scores().map(f64::to_bits).eq(b.scores().map(f64::to_bits)));
        }
        _ => assert_eq!(a, b),
    }
    if let Err(error) = a {
        assert!(!error.to_string().is_empty());
    }
}

/// Everything that can be asked of the frames, and the recording they make.
fn recording(bytes: &[u8], case: &Case) {
    let (mut assembler, mut session, mut samples) = (Assembler::new(), None, 0);
    for item in whole(bytes, case) {
        if let Item::Frame(frame) = &item {
            match frame.content() {
                Ok(Content::Session(told)) => session = Some(*told),
                Ok(Content::Samples(view)) => {
                    samples += view.channels() * view.len();
                    assert!(view.channels() <= case.limits.channels);
                    samples_are_counts_scaled(&view, session.as_ref(), frame.header.stream);
                }
                Ok(Content::Events(view)) => {
                    assert_eq!(view.iter().count(), view.len());
                    assert_eq!(view.len(), usize::from(frame.header.count));
                    for event in view.iter().map(|event| event.to_event(0)) {
                        assert!((0.0..=1.0).contains(&event.fraction) && event.duration >= 0.0);
                        assert!(event.label.len() <= case.limits.text_bytes);
                    }
                }
                Ok(Content::Decision(view)) => {
                    assert_eq!(view.to_decision().scores.len(), usize::from(frame.header.count));
                }
                Ok(Content::Clock(view)) => {
                    assert_eq!(view.iter().count(), usize::from(frame.header.count));
                }
                Ok(Content::Gap(gap)) => assert!(gap.end() >= gap.first),
                Ok(Content::Index(index)) => {
                    assert_eq!(index.entries.len() * 24, frame.payload().len());
                }
                Ok(Content::End(end)) => assert!(end.totals.len() <= case.limits.streams),
                Ok(_) | Err(_) => {}
            }
        }
        assembler.take(item);
    }
    if let Ok(assembled) = assembler.finish() {
        let streams = assembled.recording.streams().iter();
        let kept: usize = streams.map(|s| s.samples().len() * s.channels().len()).sum();
        assert!(kept <= samples, "{kept} samples kept of {samples}");
        assert!(assembled.recording.duration_s() >= 0.0);
    }
}

/// A sample is `count · scale + offset`, an `f32` is itself.
fn samples_are_counts_scaled(view: &SamplesView<'_>, session: Option<&Session>, id: u16) {
    let values = view.channels() * view.len();
    let mut counts = vec![0; values];
    assert_eq!(view.counts_into(&mut counts).is_ok(), view.encoding() != Encoding::F32);
    assert!(view.counts_into(&mut vec![0; values + 1]).is_err());
    let Some(Ok(info)) = session.map(|session| session.stream(id)) else { return };
    let mut samples = vec![0.0; values];
    if view.decode_into(info, &mut samples).is_err() || view.encoding() == Encoding::F32 {
        return;
    }
    let rows = samples.chunks(view.len().max(1)).zip(counts.chunks(view.len().max(1)));
    for ((samples, counts), channel) in rows.zip(&info.channels) {
        let q = channel.quantization.expect("integers have a scale");
        for (&sample, &count) in samples.iter().zip(counts) {
            let expected = count as f32 * q.scale + q.offset;
            let same = sample.to_bits() == expected.to_bits();
            assert!(same || (sample.is_nan() && expected.is_nan()), "{sample}, not {expected}");
        }
    }
}
