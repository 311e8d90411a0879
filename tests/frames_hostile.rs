//! Streams made to hurt: no panic, and no more memory than they are worth.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests are tests, too"
)]

#[path = "common/counting.rs"]
mod counting;
#[path = "common/frames.rs"]
mod frames;

use counting::most_bytes;
use evoked::frame::{
    Assembler, Content, Decoder, Encoder, FrameError, Item, Kind, Limits, Notice, Reader, Session,
    StreamInfo,
};
use evoked::signal::{Channel, Event, Quantization};
use frames::{Raw, eeg_with_events, f32_payload};
use proptest::prelude::*;

/// Everything a caller may do with a stream. Gives the number of frames.
fn exercise(bytes: &[u8]) -> usize {
    let (mut frames, mut assembler) = (0, Assembler::new());
    for item in Reader::new(bytes, Limits::default()) {
        if let Item::Frame(frame) = &item {
            frames += 1;
            match frame.content() {
                Ok(Content::Samples(view)) => {
                    let values = view.channels() * view.len();
                    assert!(values <= bytes.len());
                    let channels = vec![Channel::microvolts(""); view.channels()];
                    let info = StreamInfo::new(1, "", 1.0, channels);
                    let _ = view.decode_into(&info, &mut vec![0.0; values]);
                    let _ = view.counts_into(&mut vec![0; values]);
                }
                Ok(Content::Events(view)) => assert_eq!(view.iter().count(), view.len()),
                Ok(Content::Session(session)) => assert!(session.check(&Limits::default()).is_ok()),
                Ok(_) => {}
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
        assembler.take(item);
    }
    let _ = assembler.finish();
    frames
}

fn content_error(raw: Raw<'_>) -> FrameError {
    let bytes = raw.bytes();
    exercise(&bytes);
    let mut reader = Reader::new(&bytes, Limits::default());
    loop {
        match reader.next() {
            Some(Item::Frame(frame)) => return frame.content().unwrap_err(),
            Some(Item::Notice(_)) => {}
            None => panic!("no frame"),
        }
    }
}

fn kind() -> impl Strategy<Value = u8> {
    prop_oneof![9 => 0..10_u8, 1 => any::<u8>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn random_bytes_give_no_frame(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert_eq!(exercise(&bytes), 0);
        let items: Vec<_> = Reader::new(&bytes, Limits::default()).collect();
        let all = Item::Notice(Notice::Damaged { bytes: 0..bytes.len() as u64 });
        let expected = if bytes.is_empty() { vec![] } else { vec![all] };
        prop_assert_eq!(items, expected);
    }

    #[test]
    fn any_payload_under_valid_checksums_is_judged(
        frames in prop::collection::vec(
            (
                kind(),
                0..4_u16,
                any::<(u8, u64, u16, bool)>(),
                prop::collection::vec(any::<u8>(), 0..80),
            ),
            0..12,
        ),
    ) {
        let mut bytes = eeg_with_events().bytes;
        for (kind, stream, (sequence, sample, count, small), payload) in frames {
            let (sample, count) = if small { (sample % 100, count % 4) } else { (sample, count) };
            let sequence = u32::from(sequence);
            let raw = Raw { kind, sample, count, tag: 0xE48F, ..Raw::new(Kind::Session, stream, sequence, &payload) };
            bytes.extend(raw.bytes());
        }
        exercise(&bytes);
    }

    #[test]
    fn any_session_document_is_judged(
        text in "[\\[\\]{},:\"a-z0-9.e-]{0,60}",
        value in "(null|true|-?[0-9]{1,3}|\"[a-z]{0,3}\"|\\[\\]|\\{\\}|1e999|\\[\\{\\}\\])",
    ) {
        let fields = ["streams", "codebook", "metadata"].map(|name| format!("{{\"{name}\":{value}}}"));
        let id = format!(
            r#"{{"streams":[{{"id":{value},"name":"","rate_hz":{value},"channels":{value}}}]}}"#
        );
        for text in fields.iter().chain([&text, &id]) {
            exercise(&Raw::new(Kind::Session, 0, 0, text.as_bytes()).bytes());
        }
    }
}

#[test]
fn a_promise_of_bytes_takes_no_memory() {
    let limit = Limits::default().payload_bytes;
    for (promised, waits) in [(limit, true), (limit + 1, false), (u32::MAX, false)] {
        let header = Raw::samples(0, 0, 1, &[]).header(promised);
        let mut held = None;
        let most = most_bytes(|| {
            let mut decoder = Decoder::new(Limits::default());
            decoder.push(&header);
            held = Some(decoder.next().is_none());
            decoder.push(b"more");
            decoder.finish();
            let expected = Notice::Damaged { bytes: 0..36 };
            assert_eq!(decoder.next(), Some(Item::Notice(expected)));
            assert_eq!(decoder.next(), None);
        });
        assert!(held == Some(true) || !waits);
        assert!(most < 4096, "{most} bytes held for {promised} promised");
    }
}

#[test]
fn payloads_above_the_limits_are_garbage_and_those_below_are_not() {
    let payload = f32_payload(&[1.0; 20]);
    let bytes = Raw::samples(0, 0, 20, &payload).bytes();
    for (payload_bytes, fits) in [(84, true), (83, false)] {
        let limits = Limits { payload_bytes, ..Limits::default() };
        let item = Reader::new(&bytes, limits).next();
        assert_eq!(matches!(item, Some(Item::Frame(_))), fits);
    }
}

#[test]
fn a_decoder_holds_a_frame_and_a_piece() {
    let frame = Raw::samples(0, 0, 1, &vec![0; 100_000]).bytes();
    let most = most_bytes(|| {
        let mut decoder = Decoder::new(Limits::default());
        for _ in 0..50 {
            for piece in frame.chunks(1000) {
                decoder.push(piece);
                while decoder.next().is_some() {}
            }
        }
    });
    assert!(most < 3 * frame.len(), "{most}");
}

#[test]
fn malformed_samples_are_refused() {
    let sample = f32_payload(&[1.0]);
    let with = |place: usize, value: u8| {
        let mut payload = sample.clone();
        payload[place] = value;
        payload
    };
    for len in 0..4 {
        let error = content_error(Raw::samples(0, 0, 1, &sample[..len]));
        assert!(matches!(error, FrameError::Malformed { kind: Kind::Samples, .. }));
    }
    let refusals = [
        (with(0, 0), 1, "encoding 0"),
        (with(0, 5), 1, "encoding 5"),
        (with(1, 1), 1, "layout 1"),
        (with(2, 0), 1, "0 channels"),
        (with(2, 2), 1, "8 expected for 2 channels × 1"),
        (sample.clone(), 0, "0 expected"),
        (sample.clone(), u16::MAX, "262140 expected"),
        (with(3, 0xFF), 1, "limit of 4096"),
        ([sample.clone(), vec![0]].concat(), 1, "5 bytes"),
    ];
    for (payload, count, words) in refusals {
        let text = content_error(Raw::samples(0, 0, count, &payload)).to_string();
        assert!(text.contains(words), "{text}");
    }
}

fn event_payload(fraction: f32, duration: f64, label: &[u8]) -> Vec<u8> {
    let mut payload = 5_u64.to_le_bytes().to_vec();
    payload.extend(fraction.to_le_bytes());
    payload.extend(7_u32.to_le_bytes());
    payload.extend(duration.to_le_bytes());
    payload.extend((label.len() as u16).to_le_bytes());
    payload.extend(label);
    payload
}

#[test]
fn malformed_events_are_refused() {
    let error = |payload: &[u8], count: u16| {
        content_error(Raw { count, ..Raw::new(Kind::Event, 1, 0, payload) }).to_string()
    };
    let good = event_payload(0.5, 0.0, b"left");
    for len in 0..good.len() {
        assert!(error(&good[..len], 1).contains("event 0 of 1"), "{len}");
    }
    assert!(error(&good, 2).contains("event 1 of 2"));
    assert!(error(&good, 0).contains("30 bytes after the last event"));
    assert!(error(&[&good[..], &[0]].concat(), 1).contains("1 bytes after"));
    assert!(error(&event_payload(0.5, 0.0, &[0xFF]), 1).contains("UTF-8"));
    for (fraction, duration) in [
        (1.5, 0.0),
        (-0.1, 0.0),
        (f32::NAN, 0.0),
        (0.0, -1.0),
        (0.0, f64::NAN),
        (0.0, f64::INFINITY),
    ] {
        assert!(error(&event_payload(fraction, duration, b""), 1).contains("fraction"));
    }
}

#[test]
fn an_encoder_writes_no_event_that_a_reader_refuses() {
    let info = StreamInfo::new(1, "EEG", 250.0, vec![Channel::microvolts("Oz")]);
    let session = Session { streams: vec![info], ..Session::default() };
    let mut encoder = Encoder::new(session, Limits::default()).unwrap();
    let mut bytes = Vec::new();
    for (fraction, duration) in [(1.5, 0.0), (f32::NAN, 0.0), (0.0, -1.0), (0.0, f64::INFINITY)] {
        let event = Event { fraction, duration, ..Event::at(0, 1, "") };
        let refusal = encoder.events(1, &[Event::at(0, 1, ""), event], &mut bytes);
        assert!(matches!(refusal, Err(FrameError::Malformed { kind: Kind::Event, .. })));
        assert!(bytes.is_empty());
    }
}

#[test]
fn malformed_frames_of_other_kinds_are_refused() {
    for kind in [Kind::Decision, Kind::Clock, Kind::Gap, Kind::Index, Kind::End] {
        let refused = (0..64_usize).filter(|len| {
            let payload = vec![0xFF; *len];
            let bytes = Raw { count: 1, sample: 9, ..Raw::new(kind, 1, 0, &payload) }.bytes();
            exercise(&bytes);
            let mut items = Reader::new(&bytes, Limits::default());
            items.any(|item| matches!(item, Item::Frame(frame) if frame.content().is_err()))
        });
        assert!(refused.count() > 40, "{kind}");
    }
}

/// An end frame that tells one stream's end again and again, each time later.
#[test]
fn an_end_of_many_totals_is_refused_before_it_is_believed() {
    let mut payload = 0_u64.to_le_bytes().to_vec();
    for end in 0..200_000_u64 {
        payload.extend(1_u16.to_le_bytes());
        payload.extend(1_u32.to_le_bytes());
        payload.extend(end.to_le_bytes());
    }
    let samples = f32_payload(&[0.0]);
    let end = Raw::new(Kind::End, 0, 0, &payload).bytes();
    let bytes = [Raw::samples(0, 0, 1, &samples).bytes(), end].concat();
    let items: Vec<_> = Reader::new(&bytes, Limits::default()).collect();
    assert_eq!(items.len(), 2);
    assert!(matches!(
        items[1],
        Item::Frame(frame) if matches!(frame.content(), Err(FrameError::Limit { .. }))
    ));
}

fn session_content(text: &str) -> Result<Session, FrameError> {
    let bytes = Raw::new(Kind::Session, 0, 0, text.as_bytes()).bytes();
    let mut reader = Reader::new(&bytes, Limits::default());
    let Some(Item::Frame(frame)) = reader.next() else { panic!("no frame") };
    match frame.content()? {
        Content::Session(session) => Ok(*session),
        other => panic!("{other:?}"),
    }
}

const STREAMS: &str =
    r#""streams":[{"id":1,"name":"EEG","rate_hz":250,"channels":[{"label":"Oz","unit":"uV"}]}]"#;

#[test]
fn names_of_a_later_version_are_skipped() {
    let text = r#"{"new":{"a":[1]},"streams":[{"id":1,"name":"EEG","rate_hz":250,"new":null,
        "channels":[{"label":"Oz","unit":"uV","position":[0,1,2],
        "quantization":{"bits":24,"scale":0.5,"new":"x"}}]}]}"#;
    let session = session_content(text).unwrap();
    let q = Quantization { bits: 24, scale: 0.5, offset: 0.0 };
    assert_eq!(session.streams[0].channels[0].quantization, Some(q));
    assert_eq!((session.codebook, session.codebook_problem), (None, None));
}

#[test]
fn a_codebook_of_a_later_version_leaves_the_session_readable() {
    let problems = [
        (r#"{"kind":"noise","seed":3}"#, "unknown variant `noise`"),
        (r#"{"kind":"sinusoid","frequency_hz":8,"depth":0.5}"#, "unknown field `depth`"),
        (r#"{"kind":"sinusoid","frequency_hz":-8}"#, "frequency_hz is -8"),
    ];
    for (modulation, problem) in problems {
        let text = format!(
            r#"{{{STREAMS},"codebook":{{"targets":[{{"label":"a","modulation":{modulation}}}]}}}}"#
        );
        let session = session_content(&text).unwrap();
        assert_eq!(session.streams.len(), 1);
        assert_eq!(session.codebook, None);
        assert!(session.codebook_problem.unwrap().contains(problem));

        let bytes = Raw::new(Kind::Session, 0, 0, text.as_bytes()).bytes();
        let mut assembler = Assembler::new();
        Reader::new(&bytes, Limits::default()).for_each(|item| assembler.take(item));
        let assembled = assembler.finish().unwrap();
        assert_eq!(assembled.codebook, None);
        assert!(assembled.notices[0].contains(problem), "{:?}", assembled.notices);
    }
    for none in ["", r#","codebook":null"#] {
        let session = session_content(&format!("{{{STREAMS}{none}}}")).unwrap();
        assert_eq!((session.codebook, session.codebook_problem), (None, None));
    }
}

#[test]
fn sessions_that_make_no_sense_are_refused() {
    let stream = |id: &str, rate: &str, channels: &str| {
        format!(r#"{{"id":{id},"name":"EEG","rate_hz":{rate},"channels":[{channels}]}}"#)
    };
    let channel = r#"{"label":"Oz","unit":"uV"}"#;
    let scaled = |q: &str| format!(r#"{{"label":"Oz","unit":"uV","quantization":{q}}}"#);
    let good = stream("1", "250", channel);
    let many_channels = vec![channel; 4097].join(",");
    let many_streams: Vec<_> = (1..66).map(|id| stream(&id.to_string(), "1", channel)).collect();
    let refusals = [
        (String::new(), "EOF"),
        ("[]".into(), "invalid length 0"),
        ("{}".into(), "missing field `streams`"),
        (format!(r#"{{"streams":[{}]}}"#, stream("0", "250", channel)), "id 0"),
        (format!(r#"{{"streams":[{}]}}"#, stream("65536", "250", channel)), "65536"),
        (format!(r#"{{"streams":[{}]}}"#, stream("1", "0", channel)), "0 Hz"),
        (format!(r#"{{"streams":[{}]}}"#, stream("1", "1e999", channel)), "out of range"),
        (format!(r#"{{"streams":[{good},{good}]}}"#), "two streams with id 1"),
        (
            format!(
                r#"{{"streams":[{}]}}"#,
                stream("1", "250", &scaled(r#"{"bits":16,"scale":0}"#))
            ),
            "scale 0",
        ),
        (format!(r#"{{"streams":[{}]}}"#, stream("1", "250", &many_channels)), "limit of 4096"),
        (format!(r#"{{"streams":[{}]}}"#, many_streams.join(",")), "limit of 64"),
    ];
    for (text, words) in refusals {
        let error = session_content(&text).unwrap_err().to_string();
        assert!(error.contains(words), "{error} for {words}");
    }
}

/// The dearest documents of 16 MB that could be thought of. Most take no more than their length; the
/// dearest is a codebook whose tag comes after a long array, which serde keeps until it knows.
#[test]
fn large_session_documents_are_not_worth_much_more_memory() {
    let size = Limits::default().payload_bytes as usize - 200;
    let filled = |front: &str, part: &str, back: &str| {
        format!("{{{STREAMS},{front}{}{back}}}", part.repeat(size / part.len() - 20))
    };
    let documents = [
        "[".repeat(size),
        r#"{"streams":["#.repeat(size / 12),
        filled(r#""new":"#, "[", ""),
        filled(r#""new":[0"#, ",0", "]"),
        filled(r#""metadata":{"":"""#, r#","":"""#, "}"),
        filled(r#""codebook":["#, "[", "]"),
        filled(r#""codebook":{"targets":[0"#, ",0", "]}"),
        filled(r#""codebook":{"targets":[{"label":"","modulation":{"a":[0"#, ",0", "]}}]}"),
        filled(r#""codebook":{"targets":[{"label":"","event":[0"#, ",0", "]}]}"),
        filled(
            r#""codebook":{"targets":[{"label":"","modulation":{"kind":"code","bit_rate_hz":1,"bits":""#,
            "0",
            r#""}}]}"#,
        ),
        format!(
            r#"{{"streams":[{{"id":1,"name":"","rate_hz":1,"channels":[{}{{}}]}}]}}"#,
            r#"{"label":"","unit":""},"#.repeat(size / 24)
        ),
    ];
    for text in documents {
        let bytes = Raw::new(Kind::Session, 0, 0, text.as_bytes()).bytes();
        let frame = Reader::new(&bytes, Limits::default()).next();
        let Some(Item::Frame(frame)) = frame else { panic!("no frame") };
        let most = most_bytes(|| drop(frame.content()));
        assert!(most < 20 * text.len(), "{most} bytes for {} of {}…", text.len(), &text[..200]);
    }
}
