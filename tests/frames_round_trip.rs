//! What is written is what is read, bit for bit, however the bytes are cut.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests are tests, too"
)]

use std::collections::BTreeMap;

use evoked::frame::{
    Assembled, Assembler, ClockReading, Content, Decoder, Encoder, Encoding, End, Gap, GapReason,
    Item, Limits, Notice, Reader, Session, StreamInfo, Total, write_recording,
};
use evoked::signal::{
    Anchor, Channel, Decision, Epoch, Event, Quantization, Recording, Samples, Stream, Unit,
};
use evoked::stimulus::{Bits, Codebook, Modulation, Step, Target, Tone};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Any text: plain, empty, of any script, with characters that JSON must escape.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Za-z0-9]{1,4}",
        any::<String>(),
        select(vec!["", "\u{0}\"\\\n", "µV ☀ 🧠", "\u{feff}\u{202e}"]).prop_map(String::from)
    ]
}

fn finite() -> impl Strategy<Value = f64> {
    prop_oneof![
        prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO,
        -1e3..1e3
    ]
}

fn quantization() -> impl Strategy<Value = Quantization> {
    let scale = prop::num::f32::NORMAL | prop::num::f32::SUBNORMAL;
    let offset = prop::num::f32::NORMAL | prop::num::f32::ZERO;
    let usual = (1e-3_f32..10.0, select(vec![0.0_f32, -500.0]));
    (select(vec![8, 16, 24, 32]), prop_oneof![(scale, offset), usual])
        .prop_map(|(bits, (scale, offset))| Quantization { bits, scale, offset })
}

/// Channels that all have a quantization, or of which any may have none.
fn channels() -> impl Strategy<Value = Vec<Channel>> {
    let unit = prop_oneof![Just(Unit::Microvolt), text().prop_map(Unit::from)];
    let count = prop_oneof![60 => 1..20_usize, 1 => Just(1024)];
    let few = prop::collection::vec((text(), unit, quantization(), any::<bool>()), 1..20);
    (count, any::<bool>(), few).prop_map(|(count, all, few)| {
        let channel = |(label, unit, q, some): &(String, Unit, Quantization, bool)| Channel {
            label: label.clone(),
            unit: unit.clone(),
            quantization: (all || *some).then_some(*q),
        };
        few.iter().cycle().take(count).map(channel).collect()
    })
}

fn modulation() -> impl Strategy<Value = Modulation> {
    let positive = || prop_oneof![1e-3..1e3_f64, prop::num::f64::POSITIVE | prop::num::f64::NORMAL];
    prop_oneof![
        (positive(), finite())
            .prop_map(|(frequency_hz, phase_rad)| Modulation::Sinusoid { frequency_hz, phase_rad }),
        (positive(), finite(), 0.001..0.999_f64).prop_map(|(frequency_hz, phase_rad, duty)| {
            Modulation::Square { frequency_hz, phase_rad, duty }
        }),
        (prop::collection::vec(any::<bool>(), 1..130), positive()).prop_map(
            |(bits, bit_rate_hz)| Modulation::Code { bits: Bits::new(bits), bit_rate_hz }
        ),
        Just(Modulation::Blank),
        (prop::collection::vec(0.0..=1.0_f64, 1..9), positive())
            .prop_map(|(levels, level_rate_hz)| Modulation::Levels { levels, level_rate_hz }),
        prop::collection::vec((positive(), finite(), positive()), 1..4).prop_map(|tones| {
            let tone = |(frequency_hz, phase_rad, weight)| Tone { frequency_hz, phase_rad, weight };
            Modulation::FrequencySum { tones: tones.into_iter().map(tone).collect() }
        }),
        prop::collection::vec((positive(), finite(), positive()), 1..4).prop_map(|steps| {
            let step = |(frequency_hz, phase_rad, duration_s)| Step {
                frequency_hz,
                phase_rad,
                duration_s,
            };
            Modulation::FrequencySequence { steps: steps.into_iter().map(step).collect() }
        }),
    ]
}

fn codebook() -> impl Strategy<Value = Codebook> {
    let targets = prop::collection::btree_map(text(), (modulation(), any::<bool>()), 1..9);
    (targets, prop::option::of(1.0..1e3_f64)).prop_map(|(targets, refresh_hz)| {
        let target = |(label, (modulation, known)): (String, (Modulation, bool))| Target {
            event: known.then(|| label.clone()),
            label,
            modulation,
        };
        let codebook = Codebook::new(targets.into_iter().map(target).collect()).unwrap();
        match refresh_hz {
            Some(rate_hz) => codebook.with_refresh_hz(rate_hz).unwrap(),
            None => codebook,
        }
    })
}

fn metadata() -> impl Strategy<Value = BTreeMap<String, String>> {
    prop::collection::btree_map(text(), text(), 0..4)
}

fn session() -> impl Strategy<Value = Session> {
    let rate = prop_oneof![1.0..1e5_f64, prop::num::f64::POSITIVE | prop::num::f64::NORMAL];
    let first_sample = prop_oneof![Just(0), 0..1_u64 << 50];
    let stream = (text(), rate, finite(), first_sample, channels());
    let streams = prop::collection::vec(stream, 1..5);
    let ids = prop::collection::btree_set(1..=u16::MAX, 4..5);
    (any::<u16>(), streams, ids, prop::option::of(codebook()), metadata()).prop_map(
        |(tag, streams, ids, codebook, metadata)| {
            let info = |((name, rate_hz, origin_s, first_sample, channels), id)| {
                let mut info = StreamInfo::new(id, name, rate_hz, channels);
                (info.origin_s, info.first_sample) = (origin_s, first_sample);
                info
            };
            let streams = streams.into_iter().zip(ids).map(info).collect();
            Session { tag, streams, codebook, metadata, ..Session::default() }
        },
    )
}

/// A bit pattern for each sample, edges of all encodings among them.
fn pattern() -> impl Strategy<Value = u32> {
    let edges = [-0x80_0000, 0x7F_FFFF, i32::MIN, i32::MAX, -0x8000, 0x7FFF, 0, -1, 1];
    let special = [f32::INFINITY, f32::NEG_INFINITY, -0.0].map(f32::to_bits);
    let nans = [0x7FC0_0001, 0x7F80_0001, 0xFFFF_FFFF];
    let edges = edges.map(i32::cast_unsigned).into_iter().chain(special).chain(nans);
    prop_oneof![select(edges.collect::<Vec<_>>()), any::<u32>()]
}

fn event() -> impl Strategy<Value = Event> {
    let sample = prop_oneof![0..1_000_000_u64, any::<u64>()];
    let fraction = prop_oneof![Just(0.0), 0.0..=1.0_f32];
    let duration = prop_oneof![Just(0.0), prop::num::f64::POSITIVE | prop::num::f64::NORMAL];
    (sample, fraction, duration, any::<u32>(), text()).prop_map(
        |(sample, fraction, duration, code, label)| Event {
            stream: 0,
            sample,
            fraction,
            duration,
            code,
            label,
        },
    )
}

#[derive(Debug, Clone)]
enum Write {
    Session,
    Samples { stream: Index, gap: u64, len: usize, bits: Vec<u32>, encoding: Encoding },
    Events { stream: Index, events: Vec<Event> },
    Decision { stream: Index, decision: Decision, confidence: u32 },
    Clock { stream: Index, readings: Vec<ClockReading> },
    Gap { stream: Index, skipped: u64, samples: u64, reason: GapReason },
    End,
}

fn decision() -> impl Strategy<Value = Decision> {
    let scores =
        prop::collection::vec(prop::num::f64::ANY.prop_filter("NaN", |x| !x.is_nan()), 0..50);
    (any::<u32>(), scores, any::<u64>(), any::<u64>()).prop_map(|(target, scores, first, end)| {
        Decision { target: target as usize, scores, first, end }
    })
}

fn reading() -> impl Strategy<Value = ClockReading> {
    (any::<u64>(), any::<i64>(), any::<u32>()).prop_map(|(sample, host_ns, uncertainty_ns)| {
        ClockReading { sample, host_ns, uncertainty_ns }
    })
}

fn write() -> impl Strategy<Value = Write> {
    let encoding = select(vec![Encoding::I16, Encoding::I24, Encoding::I32, Encoding::F32]);
    let gap = prop_oneof![4 => Just(0_u64), 1 => 1..1000_u64, 1 => 1..1_u64 << 50];
    let len = prop_oneof![Just(1_usize), 0..70_usize];
    let bits = prop::collection::vec(pattern(), 1..80);
    let samples = (any::<Index>(), gap, len, bits, encoding).prop_map(
        |(stream, gap, len, bits, encoding)| Write::Samples { stream, gap, len, bits, encoding },
    );
    let events = (any::<Index>(), prop::collection::vec(event(), 0..4))
        .prop_map(|(stream, events)| Write::Events { stream, events });
    let decision =
        (any::<Index>(), decision(), pattern()).prop_map(|(stream, decision, confidence)| {
            Write::Decision { stream, decision, confidence }
        });
    let clock = (any::<Index>(), prop::collection::vec(reading(), 0..4))
        .prop_map(|(stream, readings)| Write::Clock { stream, readings });
    let gap = (any::<Index>(), 0..3_u64, 0..1_u64 << 50, any::<u32>()).prop_map(
        |(stream, skipped, samples, reason)| Write::Gap {
            stream,
            skipped,
            samples,
            reason: GapReason::from(reason % 7),
        },
    );
    prop_oneof![
        1 => Just(Write::Session),
        8 => samples,
        3 => events,
        1 => decision,
        1 => clock,
        1 => gap,
        1 => Just(Write::End)
    ]
}

/// What should come out, in order.
#[derive(Debug)]
enum Expected {
    Session,
    Lost { stream: u16, samples: std::ops::Range<u64> },
    Counts { stream: usize, first: u64, counts: Vec<i32> },
    Floats { stream: usize, first: u64, bits: Vec<u32> },
    Events { stream: u16, events: Vec<Event> },
    Decision { stream: u16, decision: Decision, confidence: u32 },
    Clock { stream: u16, readings: Vec<ClockReading> },
    Gap { stream: u16, gap: Gap },
    End(Vec<Total>),
}

/// The pattern as a count that the encoding can hold; none for `f32`.
fn count(encoding: Encoding, bits: u32) -> i32 {
    let count = bits.cast_signed();
    let (lowest, highest) = match encoding {
        Encoding::I16 => (-0x8000, 0x7FFF),
        Encoding::I24 => (-0x80_0000, 0x7F_FFFF),
        _ => (i32::MIN, i32::MAX),
    };
    count.clamp(lowest, highest)
}

fn write_all(session: &Session, writes: Vec<Write>) -> (Vec<u8>, Vec<Expected>) {
    let mut encoder = Encoder::new(session.clone(), Limits::default()).unwrap();
    let (mut bytes, mut expected) = (Vec::new(), Vec::new());
    let total =
        |info: &StreamInfo| Total { stream: info.id, next_sequence: 0, end: info.first_sample };
    let mut totals: Vec<_> = session.streams.iter().map(total).collect();
    for write in std::iter::once(Write::Session).chain(writes) {
        match write {
            Write::Session => {
                encoder.session(&mut bytes).unwrap();
                expected.push(Expected::Session);
            }
            Write::Samples { stream, gap, len, bits, encoding } => {
                let stream = stream.index(session.streams.len());
                let info = &session.streams[stream];
                let Total { next_sequence, end, .. } = &mut totals[stream];
                let first = *end + gap;
                if gap > 0 {
                    expected.push(Expected::Lost { stream: info.id, samples: *end..first });
                }
                (*next_sequence, *end) = (*next_sequence + 1, first + len as u64);
                let channels = info.channels.len();
                let bits: Vec<_> = bits.into_iter().cycle().take(channels * len).collect();
                let all_scaled = info.channels.iter().all(|c| c.quantization.is_some());
                if encoding == Encoding::F32 || !all_scaled {
                    let samples: Vec<_> = bits.iter().map(|&bits| f32::from_bits(bits)).collect();
                    let chunk = Epoch::from_planar(&samples, channels).unwrap();
                    encoder.samples(info.id, first, chunk, Encoding::F32, &mut bytes).unwrap();
                    expected.push(Expected::Floats { stream, first, bits });
                } else {
                    let counts: Vec<_> = bits.iter().map(|&bits| count(encoding, bits)).collect();
                    let chunk = Epoch::from_planar(&counts, channels).unwrap();
                    encoder.counts(info.id, first, chunk, encoding, &mut bytes).unwrap();
                    expected.push(Expected::Counts { stream, first, counts });
                }
            }
            Write::Events { stream, events } => {
                let total = &mut totals[stream.index(session.streams.len())];
                total.next_sequence += 1;
                encoder.events(total.stream, &events, &mut bytes).unwrap();
                expected.push(Expected::Events { stream: total.stream, events });
            }
            Write::Decision { stream, decision, confidence } => {
                let total = &mut totals[stream.index(session.streams.len())];
                total.next_sequence += 1;
                let (stream, likely) = (total.stream, f32::from_bits(confidence));
                encoder.decision(stream, &decision, likely, &mut bytes).unwrap();
                expected.push(Expected::Decision { stream, decision, confidence });
            }
            Write::Clock { stream, readings } => {
                let total = &mut totals[stream.index(session.streams.len())];
                total.next_sequence += 1;
                encoder.clock(total.stream, &readings, &mut bytes).unwrap();
                expected.push(Expected::Clock { stream: total.stream, readings });
            }
            Write::Gap { stream, skipped, samples, reason } => {
                let Total { stream, next_sequence, end } =
                    &mut totals[stream.index(session.streams.len())];
                let gap = Gap { first: *end + skipped, samples, reason };
                if skipped > 0 {
                    expected.push(Expected::Lost { stream: *stream, samples: *end..gap.first });
                }
                (*next_sequence, *end) = (*next_sequence + 1, gap.first + samples);
                encoder.gap(*stream, &gap, &mut bytes).unwrap();
                expected.push(Expected::Gap { stream: *stream, gap });
            }
            Write::End => {
                encoder.end(&mut bytes).unwrap();
                expected.push(Expected::End(totals.clone()));
            }
        }
    }
    (bytes, expected)
}

fn check(item: &Item<'_>, expected: &Expected, session: &Session) {
    let frame = match (item, expected) {
        (Item::Frame(frame), _) => frame,
        (
            Item::Notice(Notice::SamplesLost { stream, samples }),
            Expected::Lost { stream: of, samples: lost },
        ) => {
            assert_eq!((stream, samples), (of, lost));
            return;
        }
        _ => panic!("{item:?} instead of {expected:?}"),
    };
    assert_eq!(frame.header.tag, session.tag);
    match (frame.content().unwrap(), expected) {
        (Content::Session(read), Expected::Session) => assert_eq!(*read, *session),
        (Content::End(end), Expected::End(totals)) => {
            assert_eq!(end, End { index_offset: 0, totals: totals.clone() });
        }
        (Content::Decision(view), Expected::Decision { stream, decision, confidence }) => {
            assert_eq!(frame.header.stream, *stream);
            assert_eq!(
                (view.to_decision(), view.confidence.to_bits()),
                (decision.clone(), *confidence)
            );
        }
        (Content::Clock(view), Expected::Clock { stream, readings }) => {
            assert_eq!(frame.header.stream, *stream);
            assert_eq!(view.iter().collect::<Vec<_>>(), *readings);
        }
        (Content::Gap(read), Expected::Gap { stream, gap }) => {
            assert_eq!((frame.header.stream, read), (*stream, *gap));
        }
        (Content::Events(view), Expected::Events { stream, events }) => {
            assert_eq!(frame.header.stream, *stream);
            let read: Vec<_> = view.iter().map(|event| event.to_event(0)).collect();
            assert_eq!(read, *events);
        }
        (Content::Samples(view), Expected::Floats { stream, first, bits }) => {
            let info = &session.streams[*stream];
            assert_eq!((frame.header.stream, frame.header.sample), (info.id, *first));
            let mut read = vec![0.0; view.channels() * view.len()];
            view.decode_into(info, &mut read).unwrap();
            assert_eq!(read.into_iter().map(f32::to_bits).collect::<Vec<_>>(), *bits);
        }
        (Content::Samples(view), Expected::Counts { stream, first, counts }) => {
            let info = &session.streams[*stream];
            assert_eq!((frame.header.stream, frame.header.sample), (info.id, *first));
            let mut read = vec![0; view.channels() * view.len()];
            view.counts_into(&mut read).unwrap();
            assert_eq!(read, *counts);
            let mut samples = vec![0.0; read.len()];
            view.decode_into(info, &mut samples).unwrap();
            for (i, (sample, &count)) in samples.iter().zip(&read).enumerate() {
                let q = info.channels[i / view.len()].quantization.unwrap();
                let scaled = count as f32 * q.scale + q.offset;
                assert!(sample.to_bits() == scaled.to_bits(), "{count} by {q:?} is {sample}");
            }
        }
        (found, _) => panic!("{found:?} instead of {expected:?}"),
    }
}

/// The decoder's items for pieces of these sizes, taken in turns, are the reader's.
fn same_in_pieces(bytes: &[u8], items: &[Item<'_>], sizes: &[usize]) {
    let mut decoder = Decoder::from_start(Limits::default());
    let (mut rest, mut number) = (bytes, 0);
    for size in sizes.iter().cycle() {
        let (piece, after) = rest.split_at((*size).min(rest.len()));
        rest = after;
        decoder.push(piece);
        while let Some(item) = decoder.next() {
            assert_eq!(item, items[number]);
            number += 1;
        }
        if rest.is_empty() {
            break;
        }
    }
    decoder.finish();
    assert_eq!(decoder.next(), None);
    assert_eq!(number, items.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_session_comes_back(
        session in session(),
        writes in prop::collection::vec(write(), 0..24),
        sizes in prop::collection::vec(1..5000_usize, 1..5),
    ) {
        let (bytes, expected) = write_all(&session, writes);
        let items: Vec<_> = Reader::new(&bytes, Limits::default()).collect();
        prop_assert_eq!(items.len(), expected.len());
        for (item, expected) in items.iter().zip(&expected) {
            check(item, expected, &session);
        }
        for sizes in [&[1][..], &[7], &[4096], &sizes] {
            same_in_pieces(&bytes, &items, sizes);
        }
    }
}

/// Samples of one channel: on the grid of a quantization that can be undone, or any bit pattern.
#[derive(Debug, Clone)]
enum Row {
    Counts(Quantization),
    Patterns(Option<Quantization>),
}

fn row() -> impl Strategy<Value = Row> {
    let exact = quantization().prop_filter("exact", Quantization::is_exact);
    prop_oneof![
        4 => exact.prop_map(Row::Counts),
        1 => prop::option::of(quantization()).prop_map(Row::Patterns),
    ]
}

fn stream() -> impl Strategy<Value = Stream> {
    let segment = (prop_oneof![Just(0_u64), 1..5000_u64], 1..300_usize);
    (
        (text(), 0.5..2000.0_f64, -100.0..2e9_f64),
        prop::collection::vec((text(), row()), 1..6),
        prop::collection::vec(segment, 0..5),
        prop::collection::vec(pattern(), 1..200),
    )
        .prop_map(|((name, rate_hz, origin_s), rows, segments, patterns)| {
            let mut samples = Samples::new(rows.len());
            let mut bits = patterns.iter().cycle();
            for (gap, len) in segments {
                let fill = |channel: usize, out: &mut [f32]| {
                    for sample in out {
                        let bits = *bits.next().unwrap();
                        *sample = match &rows[channel].1 {
                            Row::Counts(q) => {
                                let (lowest, highest) = q.range();
                                q.sample(bits.cast_signed().clamp(lowest, highest))
                            }
                            Row::Patterns(_) => f32::from_bits(bits),
                        };
                    }
                };
                samples.append_rows(samples.end() + gap, len, fill).unwrap();
            }
            let channel = |(label, row): (String, Row)| {
                let quantization = match row {
                    Row::Counts(q) => Some(q),
                    Row::Patterns(q) => q,
                };
                Channel { quantization, ..Channel::microvolts(label) }
            };
            let channels = rows.into_iter().map(channel).collect();
            Stream::new(name, rate_hz, channels, samples).unwrap().with_origin(origin_s)
        })
}

fn recording() -> impl Strategy<Value = Recording> {
    let events = prop::collection::vec((any::<Index>(), 0..8000_u64, event()), 0..20);
    (prop::collection::vec(stream(), 1..4), events, metadata()).prop_map(
        |(streams, events, metadata)| {
            let place = |(stream, sample, event): (Index, u64, Event)| Event {
                stream: stream.index(streams.len()),
                sample,
                ..event
            };
            let events = events.into_iter().map(place).collect();
            Recording::new(streams, events).with_metadata(metadata)
        },
    )
}

fn encoded(recording: &Recording, codebook: Option<Codebook>) -> Vec<u8> {
    write_recording(recording, codebook, 99, Vec::new()).unwrap()
}

fn assembled(bytes: &[u8]) -> Assembled {
    let mut assembler = Assembler::new();
    Reader::new(bytes, Limits::default()).for_each(|item| assembler.take(item));
    assembler.finish().unwrap()
}

fn assert_same(a: &Recording, b: &Recording) {
    assert_eq!((a.events(), a.metadata()), (b.events(), b.metadata()));
    assert_eq!(a.streams().len(), b.streams().len());
    for (a, b) in a.streams().iter().zip(b.streams()) {
        assert_eq!((a.name(), a.rate_hz(), a.origin_s()), (b.name(), b.rate_hz(), b.origin_s()));
        assert_eq!(a.channels(), b.channels());
        assert_eq!(a.samples().segments(), b.samples().segments());
        for channel in 0..a.channels().len() {
            let bits = |stream: &Stream| -> Vec<u32> {
                stream.samples().channel(channel).iter().map(|x| x.to_bits()).collect()
            };
            assert_eq!(bits(a), bits(b), "channel {channel}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_recording_comes_back(
        recording in recording(),
        codebook in prop::option::of(codebook()),
    ) {
        let back = assembled(&encoded(&recording, codebook.clone()));
        assert_same(&back.recording, &recording);
        prop_assert_eq!(back.codebook, codebook);
        prop_assert!(back.complete);
        prop_assert_eq!(back.notices, Vec::<String>::new());
    }
}

fn one_channel(quantization: Option<Quantization>, samples: Vec<f32>, origin_s: f64) -> Recording {
    let samples = Samples::from_planar(1, samples).unwrap();
    let channel = Channel { quantization, ..Channel::microvolts("Oz") };
    let stream = Stream::new("EEG", 250.0, vec![channel], samples).unwrap();
    Recording::new(vec![stream.with_origin(origin_s)], vec![])
}

#[test]
fn counts_take_no_more_than_their_bytes() {
    let q = Quantization { bits: 16, scale: 0.5, offset: 0.0 };
    let samples: Vec<f32> = (0..25_000).map(|i| (i % 1000) as f32 * 0.5).collect();
    let counts = encoded(&one_channel(Some(q), samples.clone(), 0.0), None);
    let floats = encoded(&one_channel(None, samples, 0.0), None);
    assert!(floats.len() - counts.len() > 2 * 24_000);
}

#[test]
fn a_negative_zero_is_not_taken_for_count_zero() {
    let q = Quantization { bits: 16, scale: 0.5, offset: 0.0 };
    let recording = one_channel(Some(q), vec![0.5, -0.0, 1.0], 0.0);
    assert_same(&assembled(&encoded(&recording, None)).recording, &recording);
}

#[test]
fn times_that_run_back_do_not_mix_up_the_frames() {
    let stream = |name: &str| {
        let samples = Samples::from_planar(1, (0..100).map(|i| i as f32).collect()).unwrap();
        Stream::new(name, 10.0, vec![Channel::microvolts(name)], samples).unwrap()
    };
    // A clock that was set back by 20 s in the middle.
    let anchors = [(0, 100.0), (49, 104.9), (50, 85.0), (99, 89.9)];
    let anchors = anchors.map(|(position, time_s)| Anchor { position, time_s }).to_vec();
    let streams = vec![stream("a").with_timeline(anchors).unwrap(), stream("b")];
    let recording = Recording::new(streams, vec![Event::at(20, 1, ""), Event::at(70, 2, "")]);
    let back = assembled(&encoded(&recording, None));
    assert_eq!(back.notices, Vec::<String>::new());
    for (found, stream) in back.recording.streams().iter().zip(recording.streams()) {
        assert_eq!(found.samples(), stream.samples());
    }
    let codes: Vec<_> = back.recording.events().iter().map(|e| (e.sample, e.code)).collect();
    assert_eq!(codes, [(20, 1), (70, 2)]);
}

#[test]
fn the_session_comes_again_once_a_minute_wherever_the_clock_starts() {
    for origin_s in [0.0, 1.7e9, -1e6] {
        let bytes = encoded(&one_channel(None, vec![0.0; 250 * 130], origin_s), None);
        let is_session =
            |item: &Item<'_>| matches!(item, Item::Frame(f) if f.header.kind.code() == 1);
        let sessions = Reader::new(&bytes, Limits::default()).filter(is_session).count();
        assert_eq!(sessions, 3, "from {origin_s} s on");
    }
}
