//! What holds for any session that the encoder accepts: it comes back bit for bit.

use arbitrary::{Arbitrary, Result, Unstructured};
use evoked::frame::{
    ClockReading, Content, Decoder, Encoder, Encoding, Frame, FrameError, Gap, GapReason, Item,
    Limits, Notice, Session, StreamInfo,
};
use evoked::signal::{Channel, Decision, Epoch, Event, Quantization, Unit};
use evoked::stimulus::{Codebook, Modulation, Target};

/// What the decoder has to give back, in order.
enum Expected {
    Session,
    /// Stream, first position, samples; counts where they were written as such.
    Samples(u16, u64, Vec<f32>),
    Counts(u16, u64, Vec<i32>),
    Events(u16, Vec<Event>),
    Decision(u16, Decision, f32),
    Clock(u16, Vec<ClockReading>),
    Gap(u16, Gap),
    End,
    Lost(u16, std::ops::Range<u64>),
}

/// Any bytes make a session, what is written in it, and how its bytes are cut.
pub(crate) fn check(data: &[u8]) {
    // It errs where the bytes are used up.
    let _ = run(&mut Unstructured::new(data));
}

fn run(u: &mut Unstructured<'_>) -> Result<()> {
    let session = session(u)?;
    let limits = Limits::default();
    let Ok(mut encoder) = Encoder::new(session.clone(), limits) else { return Ok(()) };
    let mut writer = Writer {
        next: session.streams.iter().map(|info| (info.id, info.first_sample)).collect(),
        expected: vec![Expected::Session],
        bytes: Vec::new(),
    };
    encoder.session(&mut writer.bytes).expect("a small session");
    let most = u.int_in_range(0..=24)?;
    for _ in 0..most {
        if u.is_empty() {
            break;
        }
        writer.step(&mut encoder, u)?;
    }
    encoder.end(&mut writer.bytes).expect("a small session");
    writer.expected.push(Expected::End);
    let cut: u8 = u.arbitrary().unwrap_or(0);
    read(&writer.bytes, &session, &writer.expected, cut);
    Ok(())
}

fn text(u: &mut Unstructured<'_>) -> Result<String> {
    let len = u.int_in_range(0..=6)?;
    (0..len).map(|_| char::arbitrary(u)).collect()
}

fn session(u: &mut Unstructured<'_>) -> Result<Session> {
    let streams = u.int_in_range(0..=3)?;
    let streams = (0..streams).map(|_| stream(u)).collect::<Result<_>>()?;
    let codebook = if u.arbitrary()? { codebook(u)? } else { None };
    let entries = u.int_in_range(0..=3)?;
    let metadata = (0..entries).map(|_| Ok((text(u)?, text(u)?))).collect::<Result<_>>()?;
    let tag = u.arbitrary()?;
    Ok(Session { tag, streams, codebook, codebook_problem: None, metadata })
}

fn stream(u: &mut Unstructured<'_>) -> Result<StreamInfo> {
    let channels = u.int_in_range(1..=4)?;
    let channels = (0..channels).map(|_| channel(u)).collect::<Result<_>>()?;
    let mut info = StreamInfo::new(u.arbitrary()?, text(u)?, u.arbitrary()?, channels);
    (info.origin_s, info.first_sample) = (u.arbitrary()?, position(u)?);
    Ok(info)
}

/// Half of them small, since most would lie near the end of the clock else.
fn position(u: &mut Unstructured<'_>) -> Result<u64> {
    if u.arbitrary()? { u.arbitrary() } else { u.int_in_range(0..=1000) }
}

fn channel(u: &mut Unstructured<'_>) -> Result<Channel> {
    let unit = if u.arbitrary()? { Unit::Microvolt } else { Unit::from(text(u)?) };
    let quantization = if u.arbitrary()? {
        let bits = *u.choose(&[8, 16, 24, 32])?;
        Some(Quantization { bits, scale: u.arbitrary()?, offset: u.arbitrary()? })
    } else {
        None
    };
    Ok(Channel { label: text(u)?, unit, quantization })
}

fn codebook(u: &mut Unstructured<'_>) -> Result<Option<Codebook>> {
    let targets = u.int_in_range(1..=4)?;
    let targets = (0..targets).map(|_| target(u)).collect::<Result<_>>()?;
    let Ok(codebook) = Codebook::new(targets) else { return Ok(None) };
    Ok(if u.arbitrary()? { codebook.with_refresh_hz(u.arbitrary()?).ok() } else { Some(codebook) })
}

fn target(u: &mut Unstructured<'_>) -> Result<Target> {
    let modulation = match u.int_in_range(0..=2)? {
        0 => Modulation::Sinusoid { frequency_hz: u.arbitrary()?, phase_rad: u.arbitrary()? },
        1 => Modulation::Square {
            frequency_hz: u.arbitrary()?,
            phase_rad: u.arbitrary()?,
            duty: u.arbitrary()?,
        },
        _ => {
            let len = u.int_in_range(1..=8)?;
            let bits = (0..len).map(|_| if u.arbitrary()? { Ok('1') } else { Ok('0') });
            let bits = bits.collect::<Result<String>>()?.try_into().expect("zeros and ones");
            Modulation::Code { bits, bit_rate_hz: u.arbitrary()? }
        }
    };
    let event = match u.int_in_range(0..=2)? {
        0 => None,
        1 => Some(u.arbitrary::<u32>()?.to_string()),
        _ => Some(text(u)?),
    };
    Ok(Target { label: text(u)?, event, modulation })
}

struct Writer {
    /// Where each stream goes on.
    next: Vec<(u16, u64)>,
    expected: Vec<Expected>,
    bytes: Vec<u8>,
}

impl Writer {
    fn step(&mut self, encoder: &mut Encoder, u: &mut Unstructured<'_>) -> Result<()> {
        if self.next.is_empty() {
            return Ok(());
        }
        let place = u.choose_index(self.next.len())?;
        let (stream, next) = self.next[place];
        let before = self.bytes.len();
        let out = &mut self.bytes;
        let (written, expected, end) = match u.int_in_range(0..=6)? {
            0 => (encoder.session(out), Expected::Session, None),
            1 => {
                let (first, len) = (skipped(u, next)?, u.int_in_range(0..=9)?);
                let values = values::<f32>(u, encoder, stream, len)?;
                let encoding = encoding(u)?;
                let chunk = Epoch::from_planar(&values, channels(encoder, stream)).expect("whole");
                let written = encoder.samples(stream, first, chunk, encoding, out);
                let values = on_grid(encoder, stream, encoding, values, len);
                let end = first.saturating_add(len as u64);
                (written, Expected::Samples(stream, first, values), Some((first, end)))
            }
            2 => {
                let (first, len) = (skipped(u, next)?, u.int_in_range(0..=9)?);
                let values = values::<i32>(u, encoder, stream, len)?;
                let encoding = encoding(u)?;
                let chunk = Epoch::from_planar(&values, channels(encoder, stream)).expect("whole");
                let written = encoder.counts(stream, first, chunk, encoding, out);
                let end = first.saturating_add(len as u64);
                (written, Expected::Counts(stream, first, values), Some((first, end)))
            }
            3 => {
                let events = many(u, event)?;
                (encoder.events(stream, &events, out), Expected::Events(stream, events), None)
            }
            4 => {
                let (target, first, end) = (u.arbitrary()?, position(u)?, position(u)?);
                let decision = Decision { target, scores: many(u, f64::arbitrary)?, first, end };
                let confidence = u.arbitrary()?;
                let written = encoder.decision(stream, &decision, confidence, out);
                (written, Expected::Decision(stream, decision, confidence), None)
            }
            5 => {
                let readings = many(u, |u| {
                    let (sample, host_ns) = (position(u)?, u.arbitrary()?);
                    Ok(ClockReading { sample, host_ns, uncertainty_ns: u.arbitrary()? })
                })?;
                (encoder.clock(stream, &readings, out), Expected::Clock(stream, readings), None)
            }
            _ => {
                let (first, samples) = (skipped(u, next)?, position(u)?);
                let gap = Gap { first, samples, reason: GapReason::from(u.arbitrary::<u32>()?) };
                let written = encoder.gap(stream, &gap, out);
                (written, Expected::Gap(stream, gap), Some((first, gap.end())))
            }
        };
        if written.is_err() {
            assert_eq!(self.bytes.len(), before, "bytes were left by a call that failed");
            return Ok(());
        }
        if let Some((first, end)) = end {
            if first > next {
                self.expected.push(Expected::Lost(stream, next..first));
            }
            self.next[place].1 = end;
        }
        self.expected.push(expected);
        Ok(())
    }
}

/// Mostly the next position, sometimes a later or any other.
fn skipped(u: &mut Unstructured<'_>, next: u64) -> Result<u64> {
    Ok(match u.int_in_range(0..=7)? {
        0 => u.arbitrary()?,
        1 => next.saturating_add(u64::from(u.arbitrary::<u8>()?)),
        _ => next,
    })
}

fn many<'a, T>(
    u: &mut Unstructured<'a>,
    mut one: impl FnMut(&mut Unstructured<'a>) -> Result<T>,
) -> Result<Vec<T>> {
    let len = u.int_in_range(0..=4)?;
    (0..len).map(|_| one(u)).collect()
}

fn event(u: &mut Unstructured<'_>) -> Result<Event> {
    let (fraction, duration) = match u.int_in_range(0..=3)? {
        0 => (u.arbitrary()?, u.arbitrary()?),
        _ => (f32::from(u.arbitrary::<u8>()?) / 256.0, f64::from(u.arbitrary::<u16>()?)),
    };
    let event = Event::at(position(u)?, u.arbitrary()?, text(u)?);
    Ok(Event { fraction, duration, ..event })
}

fn encoding(u: &mut Unstructured<'_>) -> Result<Encoding> {
    u.choose(&[Encoding::I16, Encoding::I24, Encoding::I32, Encoding::F32]).copied()
}

fn channels(encoder: &Encoder, stream: u16) -> usize {
    encoder.info().stream(stream).expect("one of its streams").channels.len()
}

fn values<'a, T: Arbitrary<'a>>(
    u: &mut Unstructured<'a>,
    encoder: &Encoder,
    stream: u16,
    len: usize,
) -> Result<Vec<T>> {
    (0..channels(encoder, stream) * len).map(|_| u.arbitrary()).collect()
}

/// What an integer encoding makes of samples: the value of the nearest count.
fn on_grid(
    encoder: &Encoder,
    stream: u16,
    encoding: Encoding,
    samples: Vec<f32>,
    len: usize,
) -> Vec<f32> {
    if encoding == Encoding::F32 {
        return samples;
    }
    let info = encoder.info().stream(stream).expect("one of its streams");
    let nearest = |(place, sample): (usize, f32)| {
        let Some(q) = info.channels[place / len.max(1)].quantization else { return sample };
        // As the encoder has it, whose rounding is proven elsewhere.
        let count = (f64::from(sample) - f64::from(q.offset)) * (1.0 / f64::from(q.scale));
        count.round_ties_even() as f32 * q.scale + q.offset
    };
    samples.into_iter().enumerate().map(nearest).collect()
}

fn read(bytes: &[u8], session: &Session, expected: &[Expected], cut: u8) {
    let mut decoder = Decoder::from_start(Limits::default());
    let mut expected = expected.iter();
    for piece in bytes.chunks(usize::from(cut).max(1)) {
        decoder.push(piece);
        while let Some(item) = decoder.next() {
            let expected = expected.next().expect("something that was never written");
            compare(&item, expected, session);
        }
    }
    decoder.finish();
    assert_eq!(decoder.next(), None);
    assert!(expected.next().is_none(), "something is missing");
}

fn compare(item: &Item<'_>, expected: &Expected, session: &Session) {
    let frame = match (item, expected) {
        (Item::Notice(Notice::SamplesLost { stream, samples }), Expected::Lost(of, lost)) => {
            return assert_eq!((stream, samples), (of, lost));
        }
        (Item::Frame(frame), _) => frame,
        _ => panic!("{item:?}"),
    };
    let (stream, first) = (frame.header.stream, frame.header.sample);
    let same = match (content(frame), expected) {
        (Content::Session(told), Expected::Session) => *told == *session,
        (Content::Samples(view), Expected::Samples(of, at, samples)) => {
            let mut out = vec![0.0; samples.len()];
            let info = session.stream(stream).expect("one of its streams");
            view.decode_into(info, &mut out).expect("its own shape");
            (stream, first) == (*of, *at) && same_bits(&out, samples)
        }
        (Content::Samples(view), Expected::Counts(of, at, counts)) => {
            let mut out = vec![0; counts.len()];
            view.counts_into(&mut out).expect("its own shape");
            (stream, first, &out) == (*of, *at, counts)
        }
        (Content::Events(view), Expected::Events(of, events)) => {
            stream == *of && view.iter().map(|event| event.to_event(0)).eq(events.iter().cloned())
        }
        (Content::Decision(view), Expected::Decision(of, decision, confidence)) => {
            let bits = |scores: &[f64]| scores.iter().map(|s| s.to_bits()).collect::<Vec<_>>();
            let told = view.to_decision();
            stream == *of
                && bits(&told.scores) == bits(&decision.scores)
                && view.confidence.to_bits() == confidence.to_bits()
                && (told.target, told.first, told.end)
                    == (decision.target, decision.first, decision.end)
        }
        (Content::Clock(view), Expected::Clock(of, readings)) => {
            stream == *of && view.iter().eq(readings.iter().copied())
        }
        (Content::Gap(told), Expected::Gap(of, gap)) => (stream, told) == (*of, *gap),
        (Content::End(end), Expected::End) => end.totals.len() == session.streams.len(),
        _ => false,
    };
    assert!(same, "{item:?}");
}

fn content<'a>(frame: &Frame<'a>) -> Content<'a> {
    let content: std::result::Result<_, FrameError> = frame.content();
    content.expect("what the encoder accepted")
}

fn same_bits(a: &[f32], b: &[f32]) -> bool {
    let same = |(a, b): (&f32, &f32)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
    a.len() == b.len() && a.iter().zip(b).all(same)
}
