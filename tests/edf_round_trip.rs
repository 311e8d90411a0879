//! Recordings → EDF+ and BDF+ → the same recordings, but for what the writer says it could not
//! keep.
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use evoked::formats::{FormatError, Opened, WriteFormat, open, save};
use evoked::signal::{Channel, Event, Quantization, Recording, Samples, Segment, Stream, Unit};
use evoked::simulate::SessionParams;
use evoked::stimulus::Codebook;
use proptest::prelude::*;

/// A file of this test's own.
fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Writes and reads again; also gives what could not be kept.
fn through(name: &str, recording: &Recording, format: WriteFormat) -> (Opened, Vec<String>) {
    let path = path(name);
    let lost = save(&path, recording, None, format).unwrap();
    let opened = open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    (opened, lost.iter().map(ToString::to_string).collect())
}

fn told(opened: &Opened) -> Vec<String> {
    opened.warnings.iter().map(ToString::to_string).collect()
}

fn grid(bits: u8, scale: f32, offset: f32) -> Option<Quantization> {
    Some(Quantization { bits, scale, offset })
}

fn channel(label: &str, quantization: Option<Quantization>) -> Channel {
    Channel { quantization, ..Channel::microvolts(label) }
}

/// A stream of these channels whose samples are counts of their grids, or what `wild` makes.
fn stream(rate_hz: f64, channels: Vec<Channel>, segments: &[(u64, usize)], seed: u32) -> Stream {
    let len: usize = segments.iter().map(|segment| segment.1).sum();
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    };
    let mut planar = Vec::new();
    for channel in &channels {
        match channel.quantization {
            // Few enough that a sum with an offset is exact.
            Some(grid) => planar.extend((0..len).map(|_| {
                let bits = u32::from(grid.bits).min(20);
                grid.sample((next() as i32) >> (32 - bits))
            })),
            None => planar.extend((0..len).map(|_| (next() as i32) as f32 * 1e-7)),
        }
    }
    let segments: Vec<Segment> =
        segments.iter().map(|&(first, len)| Segment { first, len }).collect();
    let samples = Samples::from_segments(channels.len(), planar, &segments).unwrap();
    Stream::new(format!("{rate_hz} Hz"), rate_hz, channels, samples).unwrap()
}

/// Checks that both have the same events at the same times.
fn same_events(read: &Recording, written: &Recording) {
    let events = |recording: &Recording| -> Vec<(f64, f64, u32, String)> {
        let one = |event: &Event| {
            let rate_hz = recording.streams().get(event.stream).map_or(1.0, Stream::rate_hz);
            let duration_s = event.duration / rate_hz;
            (recording.onset_s(event), duration_s, event.code, event.label.clone())
        };
        recording.events().iter().map(one).collect()
    };
    let mut left = events(read);
    for (onset_s, duration_s, code, label) in events(written) {
        let same = left.iter().position(|found| {
            let near = (found.0 - onset_s).abs() < 1e-6 && (found.1 - duration_s).abs() < 1e-6;
            near && (found.2, &found.3) == (code, &label)
        });
        let Some(place) = same else { panic!("{onset_s} {code} {label:?} is not in {left:?}") };
        left.remove(place);
    }
    assert!(left.is_empty(), "{left:?}");
}

/// The stream with this label among its channels.
fn find<'a>(recording: &'a Recording, label: &str) -> &'a Stream {
    let has = |stream: &&Stream| stream.channels().iter().any(|channel| channel.label == label);
    recording.streams().iter().find(has).unwrap()
}

/// Checks that samples come back: bit for bit where they were counts that fit, else within half a
/// step of the range.
fn same_samples(read: &Recording, written: &Recording, bits: u8) {
    for stream in written.streams() {
        let found = find(read, &stream.channels()[0].label);
        assert_eq!(found.rate_hz(), stream.rate_hz());
        assert_eq!(found.samples().segments(), stream.samples().segments());
        assert_eq!(found.channels().len(), stream.channels().len());
        for (row, (channel, own)) in stream.channels().iter().zip(found.channels()).enumerate() {
            assert_eq!((&own.label, &own.unit), (&channel.label, &channel.unit));
            let (before, after) = (stream.samples().channel(row), found.samples().channel(row));
            if channel.quantization.is_some_and(|grid| grid.bits <= bits) {
                let bits = |samples: &[f32]| -> Vec<u32> {
                    samples.iter().map(|sample| (sample + 0.0).to_bits()).collect()
                };
                assert!(bits(after) == bits(before), "{channel:?}");
                continue;
            }
            let most = before.iter().fold(f32::NEG_INFINITY, |most, &x| most.max(x));
            let least = before.iter().fold(f32::INFINITY, |least, &x| least.min(x));
            let size = most.abs().max(least.abs());
            // A header's end of eight characters lies up to a thousandth outside.
            let step = ((most - least) * 1.01 + size * 4e-3 + 4e-3) / 2_f32.powi(bits.into());
            for (&before, &after) in before.iter().zip(after) {
                let off = (before - after).abs();
                assert!(off <= step / 2.0 + size * 4e-7, "{before} {after} {step}");
            }
        }
    }
}

const GRIDS: [(u8, f32, f32); 6] = [
    (16, 0.1, 0.0),
    (16, 0.195, 0.0),
    (8, 2.5, 0.0),
    (24, 0.022_351_745, 0.0),
    // From -262144 to 262143 µV in 24 bits, and from -197 to 196 µV in 12.
    (
        24,
        (524_287.0 / 16_777_215.0_f64) as f32,
        (-262_144.0 + 8_388_608.0 * 524_287.0 / 16_777_215.0_f64) as f32,
    ),
    (16, (393.0 / 4095.0_f64) as f32, (-197.0 + 2048.0 * 393.0 / 4095.0_f64) as f32),
];

fn any_channel() -> impl Strategy<Value = Option<Quantization>> {
    prop_oneof![
        Just(None),
        prop::sample::select(GRIDS.to_vec())
            .prop_map(|(bits, scale, offset)| grid(bits, scale, offset)),
    ]
}

fn any_segments() -> impl Strategy<Value = Vec<(u64, usize)>> {
    let far = prop_oneof![4 => Just(0_u64), 1 => 1_u64..40, 1 => 1_u64..6000];
    let first = prop_oneof![3 => Just(0_u64), 1 => 1_u64..1000];
    (first, prop::collection::vec((far, 1_usize..900), 1..5)).prop_map(|(first, parts)| {
        let mut segments: Vec<(u64, usize)> = Vec::new();
        let mut at = first;
        for (gap, len) in parts {
            at += gap;
            match segments.last_mut() {
                Some(last) if last.0 + last.1 as u64 == at => last.1 += len,
                _ => segments.push((at, len)),
            }
            at += len as u64;
        }
        segments
    })
}

fn any_events(streams: usize) -> impl Strategy<Value = Vec<Event>> {
    let label = prop_oneof![
        Just(String::new()),
        Just("left".to_owned()),
        Just("33025".to_owned()),
        Just("BAD_ACQ_SKIP".to_owned()),
        Just("a [7]".to_owned()),
        Just("blink@@s0c0".to_owned()),
        "\\PC{0,12}",
    ];
    let event = (0..streams, 0_u64..4000, prop_oneof![Just(0.0_f32), 0.0..0.999_f32], label);
    let event = (
        event,
        prop_oneof![Just(0.0), 0.0..500.0_f64],
        prop_oneof![Just(0), Just(33025), any::<u32>()],
    );
    let event = event.prop_map(|((stream, sample, fraction, label), duration, code)| Event {
        fraction,
        duration,
        stream,
        ..Event::at(sample, code, label)
    });
    prop::collection::vec(event, 0..30)
}

fn any_recording() -> impl Strategy<Value = Recording> {
    let rates = prop::sample::subsequence(vec![256.0, 250.48, 1000.0, 12.8, 128.03], 1..3);
    (rates, any::<u32>()).prop_flat_map(|(rates, seed)| {
        let count = rates.len();
        let parts = prop::collection::vec(
            (prop::collection::vec(any_channel(), 1..4), any_segments()),
            count,
        );
        (parts, any_events(count)).prop_map(move |(parts, events)| {
            let streams = parts.into_iter().zip(&rates).enumerate();
            let streams = streams.map(|(s, ((grids, segments), &rate_hz))| {
                let channels = grids.into_iter().enumerate();
                let channels = channels.map(|(c, grid)| channel(&format!("s{s}c{c}"), grid));
                stream(rate_hz, channels.collect(), &segments, seed + s as u32)
            });
            Recording::new(streams.collect(), events)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_recording_comes_back(recording in any_recording(), bits in prop::sample::select(vec![16_u8, 24])) {
        let format = if bits == 16 { WriteFormat::Edf } else { WriteFormat::Bdf };
        let (opened, _) = through("any.edf", &recording, format);
        same_samples(&opened.recording, &recording, bits);
        same_events(&opened.recording, &recording);
        let said = told(&opened);
        let expected = "lie past the last sample; kept";
        prop_assert!(said.iter().all(|warning| warning.ends_with(expected)), "{:?}", said);
    }
}

#[test]
fn a_simulated_session_comes_back_bit_for_bit() {
    let codebook = Codebook::sinusoids(&[10.0, 12.0, 15.0]).unwrap();
    let params = SessionParams { blocks: 2, ..SessionParams::default() };
    let recording = params.simulate(&codebook).unwrap().recording;
    for format in [WriteFormat::Edf, WriteFormat::Bdf] {
        let (opened, _) = through(&format!("simulated-{format}.edf"), &recording, format);
        assert_eq!(told(&opened), Vec::<String>::new());
        let (before, after) = (&recording.streams()[0], &opened.recording.streams()[0]);
        assert_eq!(after.samples(), before.samples());
        assert_eq!(after.rate_hz(), before.rate_hz());
        assert_eq!(opened.recording.events(), recording.events());
    }
}

#[test]
fn what_is_lost_is_said() {
    let codebook = Codebook::sinusoids(&[10.0, 12.0]).unwrap();
    let eeg = stream(250.0, vec![channel("Größe", None)], &[(0, 250)], 1);
    let eeg = Stream::new("EEG", 250.0, eeg.channels().to_vec(), eeg.samples().clone()).unwrap();
    let empty = Stream::new("empty", 5.0, vec![channel("e", None)], Samples::new(1)).unwrap();
    let metadata = [("subject", "P 7"), ("simulator", "x")];
    let metadata: BTreeMap<_, _> =
        metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let recording = Recording::new(vec![eeg, empty], vec![]).with_metadata(metadata);
    let path = path("lost.edf");
    let lost = save(&path, &recording, Some(&codebook), WriteFormat::Edf).unwrap();
    let lost: Vec<_> = lost.iter().map(ToString::to_string).collect();
    assert_eq!(
        lost[..6],
        [
            "codebook: there is no place for its 2 targets",
            "stream \"empty\": it has no samples; left out",
            "streams: there is no place for their names: \"EEG\"",
            "metadata subject: \"P 7\" becomes \"P_7\"",
            "metadata: there is no place for simulator",
            "channel \"Größe\": it is called \"Gr??e\" in the file",
        ]
    );
    let rounded = "1 channels (Gr??e): samples are rounded to 16 bits, in steps of up to ";
    assert!(lost[6].starts_with(rounded) && lost[6].ends_with("BDF+ has finer ones"), "{lost:?}");
    assert_eq!(lost.len(), 7);
}

#[test]
fn metadata_and_the_start_come_back() {
    let pairs = [
        ("subject", "P07"),
        ("sex", "M"),
        ("recording_id", "R-3"),
        ("technician", "NN"),
        ("device", "Amp"),
        ("prefilter", "HP:0.1Hz LP:75Hz"),
        ("start_time", "2051-08-02T23:59:58.1234567"),
    ];
    let metadata: BTreeMap<_, _> =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let eeg = stream(100.0, vec![channel("Oz", grid(16, 0.1, 0.0))], &[(0, 250)], 1);
    let recording = Recording::new(vec![eeg], vec![Event::at(150, 3, "x")]);
    let recording = recording.with_metadata(metadata);
    let (opened, lost) = through("metadata.edf", &recording, WriteFormat::Edf);
    assert_eq!(lost, Vec::<String>::new());
    assert_eq!(opened.recording.metadata(), recording.metadata());
    assert_eq!(opened.recording, recording);
}

#[test]
fn records_apart_make_a_discontinuous_file_and_short_gaps_do_not() {
    let eeg = |segments| stream(100.0, vec![channel("Oz", grid(16, 0.1, 0.0))], segments, 1);
    let short = Recording::new(vec![eeg(&[(0, 130), (137, 63)])], vec![]);
    let (opened, lost) = through("short.edf", &short, WriteFormat::Edf);
    assert_eq!((opened.format.to_string().as_str(), &opened.recording), ("EDF+C", &short));
    assert!(lost[0].starts_with("records: 1 stretches, 0.070 s together"), "{lost:?}");
    let long = Recording::new(vec![eeg(&[(0, 300), (100_000, 200)])], vec![]);
    let (opened, lost) = through("long.bdf", &long, WriteFormat::Bdf);
    assert_eq!(opened.format.to_string(), "BDF+D");
    assert!(opened.recording.streams()[0].samples().gaps().eq(std::iter::once(300..100_000)));
    assert_eq!(
        lost,
        ["gaps: the file is a discontinuous one (+D), which not every program can read"]
    );
}

#[test]
fn the_trigger_channel_comes_back_with_its_events() {
    let count = |line: i32| (1 << 20 | 1 << 23 | line) << 8 >> 8;
    let lines: Vec<i32> = (0..600).map(|i| count(if i % 100 < 10 { i / 100 } else { 0 })).collect();
    let grid = Quantization { bits: 24, scale: 1.0, offset: 0.0 };
    let status = Channel {
        label: "Status".to_owned(),
        unit: Unit::Other(String::new()),
        quantization: Some(grid),
    };
    let samples: Vec<f32> = lines.iter().map(|&line| grid.sample(line)).collect();
    let samples = Samples::from_planar(1, samples).unwrap();
    let status = Stream::new("Status", 256.0, vec![status], samples).unwrap();
    let channels = vec![channel("A1", self::grid(24, 0.25, 0.0)), channel("A2", None)];
    let eeg = stream(256.0, channels, &[(0, 600)], 3);
    let mut events: Vec<Event> = (1..6).map(|i| Event::at(i * 100, i as u32, "")).collect();
    events.push(Event::at(200, 9, "not on the lines"));
    let recording = Recording::new(vec![eeg, status], events);

    let (opened, _) = through("status.bdf", &recording, WriteFormat::Bdf);
    same_events(&opened.recording, &recording);
    assert_eq!(opened.recording.streams()[1], recording.streams()[1]);
    assert_eq!(opened.recording.streams().len(), 2);

    let (opened, lost) = through("status.edf", &recording, WriteFormat::Edf);
    same_events(&opened.recording, &recording);
    assert_eq!(opened.recording.streams().len(), 1);
    assert!(lost[0].contains("its 24 bits fit BDF+ only"), "{lost:?}");
}

#[test]
fn a_file_of_events_only_comes_back() {
    let events =
        vec![Event { duration: 30.0, ..Event::at(0, 0, "Sleep stage W") }, Event::at(30, 7, "")];
    let recording = Recording::new(vec![], events);
    let (opened, lost) = through("events.edf", &recording, WriteFormat::Edf);
    assert_eq!((lost, &opened.recording), (Vec::new(), &recording));
    let error = save(path("events.vep"), &recording, None, WriteFormat::Vep).unwrap_err();
    assert!(matches!(error, FormatError::Unwritable { .. }), "{error}");
    assert!(!path("events.vep").exists() && !path("events.vep.part").exists());
}

#[test]
fn origins_of_streams_are_one_clock() {
    let own = |label: &str| vec![channel(label, grid(16, 0.1, 0.0))];
    let first = stream(100.0, own("a"), &[(0, 300)], 1).with_origin(5.0);
    let second = stream(50.0, own("b"), &[(0, 100)], 2).with_origin(5.5);
    let metadata = [("start_time".to_owned(), "2020-01-01T00:00:00.000".to_owned())];
    let events = vec![Event::at(100, 1, "a"), Event { stream: 1, ..Event::at(25, 2, "b") }];
    let recording = Recording::new(vec![first, second], events);
    let recording = recording.with_metadata(metadata.into());
    let (opened, _) = through("origins.edf", &recording, WriteFormat::Edf);
    let found = opened.recording;
    assert_eq!(found.metadata()["start_time"], "2020-01-01T00:00:05.000");
    assert_eq!(find(&found, "b").samples().segments(), [Segment { first: 25, len: 100 }]);
    let onsets: Vec<_> = found.events().iter().map(|event| found.onset_s(event)).collect();
    assert_eq!(onsets, [1.0, 1.0]);
}

#[test]
fn labels_and_units_are_made_to_fit() {
    let unit = |unit: &str| Unit::Other(unit.to_owned());
    let mut channels: Vec<Channel> =
        ["EEG electrode of a long name", "EEG electrode of another one"]
            .iter()
            .chain(&["EDF Annotations", "Status", "", "µ"])
            .map(|label| channel(label, grid(16, 0.1, 0.0)))
            .collect();
    channels[0].unit = unit("degrees Celsius");
    channels[1].unit = unit("µS");
    let recording = Recording::new(vec![stream(10.0, channels, &[(0, 10)], 1)], vec![]);
    for (format, status) in [(WriteFormat::Edf, "Status"), (WriteFormat::Bdf, "Status-1")] {
        let (opened, lost) = through(&format!("labels-{format}.edf"), &recording, format);
        assert_eq!(told(&opened), Vec::<String>::new());
        let channels = opened.recording.streams()[0].channels();
        let labels: Vec<_> = channels.iter().map(|channel| channel.label.as_str()).collect();
        let expected =
            ["EEG electrode of", "EEG electrode-1", "EDF Annotation-1", status, "channel 5", "u"];
        assert_eq!(labels[0], expected[0]);
        assert_eq!(labels[2..], expected[2..]);
        assert!(labels[1].ends_with("-1") && labels[1].len() <= 16, "{labels:?}");
        assert_eq!((&channels[0].unit, &channels[1].unit), (&unit("degrees"), &unit("uS")));
        assert!(lost.len() >= 7, "{lost:?}");
    }
}

#[test]
fn samples_that_are_no_numbers_are_told_and_stood_in_for() {
    let samples = vec![1.0, f32::NAN, 2.0, f32::INFINITY, -1.0];
    let samples = Samples::from_planar(1, samples).unwrap();
    let stream = Stream::new("5 Hz", 5.0, vec![channel("a", None)], samples).unwrap();
    let (opened, lost) =
        through("nan.bdf", &Recording::new(vec![stream], vec![]), WriteFormat::Bdf);
    let found = opened.recording.streams()[0].samples().channel(0).to_vec();
    for (found, expected) in found.iter().zip([1.0, 1.0, 2.0, 2.0, -1.0]) {
        assert!((found - expected).abs() < 1e-6, "{found}");
    }
    assert!(lost[0].contains("2 samples are no numbers"), "{lost:?}");
}

#[test]
fn what_cannot_be_written_leaves_nothing() {
    // Single samples that lie far apart would need a record each.
    let segments: Vec<(u64, usize)> = (0..20_000).map(|i| (i * 100_000, 1)).collect();
    let channels = (0..50).map(|i| channel(&format!("c{i}"), None)).collect();
    let sparse = Recording::new(vec![stream(256.0, channels, &segments, 1)], vec![]);
    let fast = stream(1e18, vec![channel("a", None)], &[(0, 3)], 1);
    for recording in [sparse, Recording::new(vec![fast], vec![])] {
        let path = path("never.edf");
        let error = save(&path, &recording, None, WriteFormat::Edf).unwrap_err();
        assert!(matches!(error, FormatError::Unwritable { format: "EDF+", .. }), "{error}");
        assert!(!path.exists() && !path.with_extension("edf.part").exists());
    }
    let recording = Recording::new(vec![], vec![]);
    let error = save(path("no/such/folder.edf"), &recording, None, WriteFormat::Edf).unwrap_err();
    assert!(matches!(error, FormatError::Write { .. }), "{error}");
}
