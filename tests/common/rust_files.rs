//! The `rs-*` conformance files: what this library writes, and what may become of it on its way.
//! Nothing in them depends on time, chance or the machine.
#![allow(clippy::unwrap_used, reason = "all of it is test code")]

use std::io::Cursor;

use evoked::frame::{
    ClockReading, Encoder, Encoding, FileWriter, Gap, GapReason, Kind, Limits, Session, StreamInfo,
    recover, write_recording,
};
use evoked::signal::{Channel, Decision, Epoch, Event, Quantization, Recording, Samples, Stream};
use evoked::stimulus::Codebook;

use super::frames::Raw;

type Make = fn() -> Vec<u8>;

/// Name and maker of each file.
pub(crate) const FILES: [(&str, Make); 16] = [
    ("rs-minimal", minimal),
    ("rs-i16-edges", i16_edges),
    ("rs-i24", i24),
    ("rs-i32-edges", i32_edges),
    ("rs-f32-specials", f32_specials),
    ("rs-wide", wide),
    ("rs-recording", recording),
    ("rs-all-kinds", all_kinds),
    ("rs-interleaved", interleaved),
    ("rs-later-version", later_version),
    ("rs-killed", killed),
    ("rs-flipped", flipped),
    ("rs-recovered", recovered),
    ("rs-shuffled", shuffled),
    ("rs-two-sessions", two_sessions),
    ("rs-middle", middle),
];

/// Integers from a linear congruential generator, 16 bits each.
fn numbers(seed: u32, len: usize) -> Vec<i32> {
    let step = |state: &mut u32, _| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some((*state >> 16) as i32 - 0x8000)
    };
    (0..len).scan(seed, step).collect()
}

fn info(id: u16, name: &str, rate_hz: f64, bits: u8, labels: &[&str]) -> StreamInfo {
    let quantization = Some(Quantization { bits, scale: 0.0625, offset: 0.0 });
    let channel = |label: &&str| Channel { quantization, ..Channel::microvolts(*label) };
    StreamInfo::new(id, name, rate_hz, labels.iter().map(channel).collect())
}

fn writer(tag: u16, streams: Vec<StreamInfo>) -> FileWriter<Vec<u8>> {
    FileWriter::new(Vec::new(), Session { tag, streams, ..Session::default() }).unwrap()
}

fn counts(out: &mut FileWriter<Vec<u8>>, id: u16, first: u64, rows: &[&[i32]], e: Encoding) {
    let planar = rows.concat();
    out.counts(id, first, Epoch::from_planar(&planar, rows.len()).unwrap(), e).unwrap();
}

fn minimal() -> Vec<u8> {
    writer(1, vec![info(1, "EEG", 250.0, 24, &["Oz"])]).finish().unwrap()
}

fn i16_edges() -> Vec<u8> {
    let mut out = writer(0x16, vec![info(1, "EEG", 512.0, 16, &["O1", "O2"])]);
    counts(
        &mut out,
        1,
        0,
        &[&[i16::MIN.into(), -1, 0], &[1, 0x7F, i16::MAX.into()]],
        Encoding::I16,
    );
    for (turn, first) in (3..200).step_by(37).enumerate() {
        let rows = [numbers(turn as u32, 37), numbers(100 + turn as u32, 37)];
        counts(&mut out, 1, first, &[&rows[0], &rows[1]], Encoding::I16);
    }
    out.finish().unwrap()
}

/// Rows of every length around the eights that are unpacked at a time.
fn i24() -> Vec<u8> {
    let mut out = writer(0x24, vec![info(1, "EEG", 1000.0, 24, &["O1", "Oz", "O2"])]);
    let mut first = 0;
    for len in 0..36 {
        let values: Vec<i32> = numbers(len, 3 * len as usize).iter().map(|n| n * 256 + 7).collect();
        let planar = Epoch::from_planar(&values, 3).unwrap();
        out.counts(1, first, planar, Encoding::I24).unwrap();
        first += u64::from(len);
    }
    let edges = [-0x80_0000, 0x7F_FFFF, -1, 0, 1, 0xFF, 0x100, -0x100, 0x7FFF, 0x8000, -0x8001];
    counts(&mut out, 1, first, &[&edges, &edges, &edges], Encoding::I24);
    out.finish().unwrap()
}

fn i32_edges() -> Vec<u8> {
    let mut out = writer(0x32, vec![info(9, "EEG", 16_000.0, 32, &["Oz"])]);
    counts(&mut out, 9, 0, &[&[i32::MIN, -1, 0, 1, i32::MAX, 0x0100_0001]], Encoding::I32);
    out.finish().unwrap()
}

fn f32_specials() -> Vec<u8> {
    let mut out = writer(0xF32, vec![info(1, "EEG", 250.0, 24, &["O1", "O2"])]);
    let bits = [
        0,
        0x8000_0000,
        0x7F80_0000,
        0xFF80_0000,
        0x7FC0_0000,
        0x7F80_0001,
        0xFFC1_2345,
        1,
        0x807F_FFFF,
        0x7F7F_FFFF,
        0x3F80_0000,
        0xC2F6_E979,
    ];
    let values = bits.map(f32::from_bits);
    out.samples(1, 0, Epoch::from_planar(&values, 2).unwrap(), Encoding::F32).unwrap();
    out.finish().unwrap()
}

fn wide() -> Vec<u8> {
    let labels: Vec<String> = (1..=300).map(|number| format!("A{number}")).collect();
    let channels = labels.iter().map(Channel::microvolts).collect();
    let mut out = writer(2, vec![StreamInfo::new(65_535, "HD-EEG", 2048.0, channels)]);
    let values: Vec<f32> = numbers(5, 300).iter().map(|&n| n as f32 / 8.0).collect();
    out.samples(65_535, 0, Epoch::from_planar(&values, 300).unwrap(), Encoding::F32).unwrap();
    out.finish().unwrap()
}

/// A recording with a gap, a second stream, events and a codebook.
fn recording() -> Vec<u8> {
    let planar =
        |seed, len| -> Vec<f32> { numbers(seed, len).iter().map(|&n| n as f32 * 0.0625).collect() };
    let mut eeg = Samples::new(2);
    eeg.append(0, &planar(1, 300)).unwrap();
    eeg.append(180, &planar(2, 200)).unwrap();
    let eeg = Stream::new("EEG", 250.0, info(1, "", 1.0, 24, &["O1", "O2"]).channels, eeg).unwrap();
    let light = Samples::from_planar(1, planar(3, 400)).unwrap();
    let light = Stream::new("Light", 1000.0, vec![Channel::microvolts("lux")], light).unwrap();
    let onset = |number: u32| Event {
        fraction: 0.5,
        duration: 12.25,
        ..Event::at(u64::from(number) * 60, number + 1, format!("{number} · ƒ"))
    };
    let events = (0..4).map(onset).collect();
    let recording = Recording::new(vec![eeg, light], events)
        .with_metadata([("subject".into(), "S01".into())].into());
    let codebook = Codebook::jfpm(8.0, 0.2, 0.5, 3).unwrap().with_refresh_hz(60.0).unwrap();
    write_recording(&recording, Some(codebook), 0x0BAD, Vec::new()).unwrap()
}

fn all_kinds() -> Vec<u8> {
    let marker = StreamInfo::new(2, "Marker", 4096.0, Vec::new());
    let mut out = writer(0xA11, vec![info(1, "EEG", 250.0, 16, &["O1", "O2"]), marker]);
    let readings = [
        ClockReading { sample: 0, host_ns: 1_700_000_000_000_000_000, uncertainty_ns: 50_000 },
        ClockReading { sample: 5, host_ns: -1, uncertainty_ns: 0 },
    ];
    out.clock(1, &readings).unwrap();
    let rows = [numbers(1, 20), numbers(2, 20)];
    counts(&mut out, 1, 0, &[&rows[0], &rows[1]], Encoding::I16);
    let events = [
        Event { fraction: 0.125, duration: 5.5, ..Event::at(7, 33_025, "13 Hz") },
        Event::at(3, u32::MAX, ""),
        Event::at(9, 0, "über \"quoted\" \\ \u{1}"),
    ];
    out.events(1, &events).unwrap();
    out.events(2, &events[..1]).unwrap();
    out.events(2, &[]).unwrap();
    out.gap(1, &Gap { first: 20, samples: 1000, reason: GapReason::Transport }).unwrap();
    out.gap(1, &Gap { first: 1020, samples: 0, reason: GapReason::Other(99) }).unwrap();
    out.session().unwrap();
    counts(&mut out, 1, 1020, &[&rows[1], &rows[0]], Encoding::I16);
    let decision = Decision::from_scores(vec![0.25, -1.5, 3.0], 0, 1040).unwrap();
    out.decision(1, &decision, 0.875).unwrap();
    out.decision(2, &Decision { scores: Vec::new(), ..decision }, f32::NAN).unwrap();
    out.finish().unwrap()
}

/// EEG at 1000 Hz beside a photodiode at 5000 Hz, with events and decisions.
fn interleaved() -> Vec<u8> {
    let mut eeg = info(1, "EEG", 1000.0, 24, &["Oz"]);
    eeg.first_sample = 500;
    let mut diode = info(2, "Photodiode", 5000.0, 16, &["D"]);
    diode.origin_s = 0.5;
    let mut out = writer(0x51, vec![eeg, diode]);
    for turn in 0..10_u64 {
        counts(&mut out, 1, 500 + turn * 8, &[&numbers(turn as u32, 8)], Encoding::I24);
        counts(&mut out, 2, turn * 40, &[&numbers(turn as u32, 40)], Encoding::I16);
        out.events(2, &[Event::at(turn * 40 + 3, 1, "flash")]).unwrap();
        if turn % 4 == 3 {
            let decision = Decision::from_scores(vec![0.5, 0.25], 500, 500 + turn * 8).unwrap();
            out.decision(1, &decision, 0.5).unwrap();
            out.session().unwrap();
        }
    }
    out.finish().unwrap()
}

/// What a later version may bring, between frames of this one.
fn later_version() -> Vec<u8> {
    let bytes = all_kinds();
    let frames = split(&bytes);
    let kind = |kind, stream, sequence, payload| Raw {
        kind,
        tag: 0xA11,
        ..Raw::new(Kind::Event, stream, sequence, payload)
    };
    let version = Raw { version: 2, ..kind(2, 1, 1, b"of another shape") };
    let unknown = kind(77, 500, 0, b"a kind of its own");
    [frames[0], &version.bytes()[..], frames[1], &unknown.bytes()[..], frames[2], frames[3]]
        .concat()
}

/// Cut off in the middle of a frame.
fn killed() -> Vec<u8> {
    let bytes = interleaved();
    bytes[..bytes.len() * 2 / 3].to_vec()
}

/// One bit in ten frames, in turn in the header, the payload and the checksum.
fn flipped() -> Vec<u8> {
    let mut bytes = interleaved();
    let ends: Vec<usize> = split(&bytes)
        .iter()
        .scan(0, |at, frame| {
            *at += frame.len();
            Some(*at)
        })
        .collect();
    for (turn, pair) in ends.windows(2).step_by(4).enumerate() {
        let place = [pair[0] + 5, (pair[0] + pair[1]) / 2, pair[1] - 1][turn % 3];
        bytes[place] ^= 1 << (turn % 8);
    }
    bytes
}

fn recovered() -> Vec<u8> {
    recover(&mut Cursor::new(flipped()), Vec::new(), Limits::default()).unwrap().1
}

/// Frames lost, twice, and in another order.
fn shuffled() -> Vec<u8> {
    let bytes = interleaved();
    let frames = split(&bytes);
    let mut order: Vec<usize> = (0..frames.len()).filter(|place| place % 9 != 7).collect();
    for place in (3..order.len() - 4).step_by(5) {
        order.swap(place, place + 2);
    }
    order.extend([4, 4, frames.len() - 1]);
    order.iter().flat_map(|&place| frames[place].to_vec()).collect()
}

fn two_sessions() -> Vec<u8> {
    let second = all_kinds();
    let straggler = split(&second)[2].to_vec();
    [interleaved(), second, straggler, minimal()].concat()
}

/// From the middle of a frame on, with numbers that turn over.
fn middle() -> Vec<u8> {
    let session =
        Session { tag: 7, streams: vec![info(1, "EEG", 250.0, 16, &["Oz"])], ..Session::default() };
    let mut described = Vec::new();
    Encoder::new(session, Limits::default()).unwrap().session(&mut described).unwrap();
    let payload = [Encoding::I16.code(), 0, 1, 0, 0x34, 0x12, 0xFF, 0xFF];
    let frame = |sequence: u32, first| Raw::samples(sequence, first, 2, &payload).bytes();
    let first = frame(u32::MAX - 3, 10);
    [
        &first[11..],
        &frame(u32::MAX - 1, 14),
        &described,
        &frame(u32::MAX, 16),
        &frame(0, 18),
        &frame(2, 22),
        &frame(u32::MAX, 16),
        &frame(1, 20),
        &frame(3, 23),
    ]
    .concat()
}

/// The frames of a stream that is whole.
fn split(bytes: &[u8]) -> Vec<&[u8]> {
    let mut frames = Vec::new();
    let mut rest = bytes;
    while let Some(length) = rest.get(12..16) {
        let payload = u32::from_le_bytes(length.try_into().unwrap()) as usize;
        let (frame, after) = rest.split_at(payload + 36);
        frames.push(frame);
        rest = after;
    }
    frames
}
