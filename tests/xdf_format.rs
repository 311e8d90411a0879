//! Hand-made XDF files: every type, every kind of stream, and what writers leave out.
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]
#![allow(dead_code, reason = "several test programs share the writer")]

#[path = "common/xdf_writer.rs"]
mod xdf_writer;

use std::io::Cursor;

use evoked::formats::{Format, FormatError, Opened, Options, read};
use evoked::signal::{Segment, SignalError, Unit};
use xdf_writer::{Xdf, header, number, sample, text, varlen};

fn opened(file: &Xdf) -> Opened {
    read(Cursor::new(&file.bytes), Options::default()).unwrap()
}

fn warnings(opened: &Opened) -> String {
    opened.warnings.iter().map(|warning| warning.to_string() + "\n").collect()
}

fn bytes<const N: usize, T>(values: &[T], bytes: impl Fn(&T) -> [u8; N]) -> Vec<u8> {
    values.iter().flat_map(bytes).collect()
}

fn f32s(values: &[f32]) -> Vec<u8> {
    bytes(values, |value| value.to_le_bytes())
}

/// Ten samples at 10 Hz from second 5 on, in two chunks: 0, 1, … and their negatives.
fn plain() -> Xdf {
    let mut file = Xdf::new();
    file.header(1, &header("amp", "EEG", "float32", 2, 10.0, ""));
    for chunk in [0..4, 4..10] {
        let stamp = |i: u32| Some(5.0 + 0.1 * f64::from(i));
        let samples: Vec<_> =
            chunk.map(|i| sample(stamp(i), &f32s(&[i as f32, -(i as f32)]))).collect();
        file.samples(1, &samples);
    }
    file.footer(1, 10);
    file
}

#[test]
fn a_plain_file() {
    let opened = opened(&plain());
    assert_eq!(warnings(&opened), "");
    assert_eq!(opened.format, Format::Xdf);
    let recording = &opened.recording;
    let stream = &recording.streams()[0];
    assert_eq!((recording.streams().len(), recording.events().len()), (1, 0));
    assert_eq!((stream.name(), stream.nominal_rate_hz()), ("amp", 10.0));
    assert!((stream.rate_hz() - 10.0).abs() < 1e-9 && stream.origin_s().abs() < 1e-12);
    assert_eq!(stream.samples().segments(), [Segment { first: 0, len: 10 }]);
    let ramp: Vec<f32> = (0..10_u8).map(f32::from).collect();
    assert_eq!(stream.samples().channel(0), ramp);
    assert_eq!(stream.samples().channel(1), ramp.iter().map(|x| -x).collect::<Vec<_>>());
    assert_eq!(recording.metadata()["type"], "EEG");
    assert_eq!(recording.metadata()["name"], "amp");
    let zero_s: f64 = recording.metadata()["lsl_time_of_second_0"].parse().unwrap();
    assert!((zero_s - 5.0).abs() < 1e-9, "{zero_s}");
}

/// A format, four values as bytes and as numbers, bits of their counts.
type NumberCase = (&'static str, Vec<u8>, Vec<f32>, Option<u8>);

#[test]
fn every_type_of_number() {
    let cases: [NumberCase; 7] = [
        (
            "int8",
            bytes(&[i8::MIN, -1, 1, i8::MAX], |x| x.to_le_bytes()),
            vec![-128.0, -1.0, 1.0, 127.0],
            Some(8),
        ),
        (
            "int16",
            bytes(&[i16::MIN, -1, 1, i16::MAX], |x| x.to_le_bytes()),
            vec![-32768.0, -1.0, 1.0, 32767.0],
            Some(16),
        ),
        (
            "int32",
            bytes(&[-16_777_216_i32, -1, 1, 16_777_215], |x| x.to_le_bytes()),
            vec![-16_777_216.0, -1.0, 1.0, 16_777_215.0],
            Some(32),
        ),
        (
            "int64",
            bytes(&[-8_388_608_i64, -1, 1, 8_388_607], |x| x.to_le_bytes()),
            vec![-8_388_608.0, -1.0, 1.0, 8_388_607.0],
            Some(32),
        ),
        (
            "float32",
            f32s(&[-1.5, f32::MIN_POSITIVE, 1e-3, f32::MAX]),
            vec![-1.5, f32::MIN_POSITIVE, 1e-3, f32::MAX],
            None,
        ),
        (
            "double64",
            bytes(&[-1.5_f64, 0.0, 0.25, 3e3], |x| x.to_le_bytes()),
            vec![-1.5, 0.0, 0.25, 3e3],
            None,
        ),
        ("Float32", f32s(&[0.0, -0.0, 1.0, 2.0]), vec![0.0, -0.0, 1.0, 2.0], None),
    ];
    for rate_hz in [4.0, 0.0] {
        let mut file = Xdf::new();
        for ((format, values, _, _), id) in cases.iter().zip(1..) {
            file.header(id, &header(format, "x", format, 1, rate_hz, ""));
            let size = values.len() / 4;
            let samples: Vec<_> = values
                .chunks(size)
                .zip([Some(1.0), Some(1.25), Some(1.5), Some(1.75)])
                .map(|(value, stamp)| sample(stamp, value))
                .collect();
            file.samples(id, &samples).footer(id, 4);
        }
        let opened = opened(&file);
        assert_eq!(warnings(&opened), "");
        let recording = &opened.recording;
        let found: Vec<_> = if rate_hz > 0.0 {
            assert!(recording.series().is_empty());
            let streams = recording.streams().iter();
            streams.map(|s| (s.name(), s.channels(), s.samples().channel(0))).collect()
        } else {
            assert!(recording.streams().is_empty());
            assert!(recording.series().iter().all(|s| s.times_s() == [0.0, 0.25, 0.5, 0.75]));
            recording.series().iter().map(|s| (s.name(), s.channels(), s.channel(0))).collect()
        };
        assert_eq!(found.len(), cases.len());
        for (format, _, expected, bits) in &cases {
            let (_, channels, values) = found.iter().find(|(name, _, _)| name == format).unwrap();
            assert_eq!(values, expected, "{format}");
            assert_eq!(channels[0].quantization.map(|q| q.bits), *bits, "{format}");
        }
    }
}

#[test]
fn what_rounding_loses_is_told() {
    let mut file = Xdf::new();
    file.header(1, &header("long", "x", "int32", 2, 4.0, ""));
    file.header(2, &header("double", "x", "double64", 1, 4.0, ""));
    let value = bytes(&[16_777_217_i32, 5], |x| x.to_le_bytes());
    file.samples(1, &[sample(Some(1.0), &value)]).footer(1, 1);
    file.samples(2, &[sample(Some(1.0), &0.1_f64.to_le_bytes())]).footer(2, 1);
    let opened = opened(&file);
    assert_eq!(
        warnings(&opened),
        "stream 1 (long): 32-bit integers of 1 channels are rounded to 32-bit floats, by 1.0e0 at \
         most\nstream 2 (double): double-precision samples of 1 channels are rounded to 32-bit \
         floats, by 1.5e-9 at most\n"
    );
    let long = &opened.recording.streams()[0];
    assert_eq!(long.samples().channel(0), [16_777_216.0]);
    let bits: Vec<_> = long.channels().iter().map(|c| c.quantization.map(|q| q.bits)).collect();
    assert_eq!(bits, [None, Some(32)]);
}

#[test]
fn labels_and_units() {
    let channel = |label: &str, unit: &str| {
        format!("<channel><label>{label}</label><unit>{unit}</unit></channel>")
    };
    let channels = [
        channel("Oz", "microvolts"),
        channel("O1", "V"),
        channel("", "mV"),
        channel("temp", "degC"),
        "<channel><label>bare</label></channel>".to_owned(),
    ];
    let desc = format!("<channels>{}</channels>", channels.concat());
    let mut file = Xdf::new();
    file.header(1, &header("amp", "EEG", "int16", 6, 1.0, &desc));
    let value = bytes(&[1_i16, 2, 3, 4, 5, 6], |x| x.to_le_bytes());
    file.samples(1, &[sample(Some(0.0), &value)]).footer(1, 1);
    let opened = opened(&file);
    assert_eq!(warnings(&opened), "stream 1 (amp): 5 channels are described, but 6 are there\n");
    let stream = &opened.recording.streams()[0];
    let found: Vec<_> = (stream.channels().iter())
        .map(|c| (c.label.as_str(), c.unit.as_str(), c.quantization.unwrap().scale))
        .collect();
    let expected = [
        ("Oz", "uV", 1.0),
        ("O1", "uV", 1e6),
        ("ch3", "uV", 1e3),
        ("temp", "degC", 1.0),
        ("bare", "", 1.0),
        ("ch6", "", 1.0),
    ];
    assert_eq!(found, expected);
    let values: Vec<f32> = (0..6).map(|c| stream.samples().channel(c)[0]).collect();
    assert_eq!(values, [1.0, 2e6, 3e3, 4.0, 5.0, 6.0]);
    assert_eq!(stream.channels()[0].unit, Unit::Microvolt);
}

#[test]
fn stamps_that_are_left_out_follow_the_nominal_rate() {
    let mut file = Xdf::new();
    file.header(1, &header("gaze", "Gaze", "int8", 1, 0.0, ""));
    file.header(2, &header("amp", "EEG", "int8", 1, 4.0, ""));
    // Without a rate, a stamp that is left out is that of the sample before.
    file.samples(1, &[sample(Some(3.5), &[1]), sample(None, &[2]), sample(Some(4.0), &[3])]);
    file.samples(2, &[sample(Some(3.0), &[1]), sample(None, &[2])]);
    file.samples(2, &[sample(None, &[3])]);
    file.footer(1, 3).footer(2, 3);
    let opened = opened(&file);
    assert_eq!(opened.recording.series()[0].times_s(), [0.5, 0.5, 1.0]);
    let stream = &opened.recording.streams()[0];
    assert_eq!(stream.rate_hz(), 4.0);
    assert_eq!((stream.time_s(0.0), stream.time_s(2.0)), (0.0, 0.5));
}

#[test]
fn markers_before_the_first_sample_have_a_place() {
    let mut file = plain();
    file.header(7, &header("marks", "Markers", "string", 1, 0.0, ""));
    let marks = [(4.55, "start"), (5.25, "33025"), (5.9, ""), (7.0, "end")];
    let samples: Vec<_> = marks.iter().map(|&(at, mark)| sample(Some(at), &text(mark))).collect();
    file.samples(7, &samples).footer(7, 4);
    let opened = opened(&file);
    assert_eq!(warnings(&opened), "");
    let recording = &opened.recording;
    let stream = &recording.streams()[0];
    // Second 0 is the marker's; the first sample comes 0.45 s later, and is number 5.
    assert_eq!(stream.samples().segments(), [Segment { first: 5, len: 10 }]);
    assert!((stream.time_s(5.0) - 0.45).abs() < 1e-9);
    let events = recording.events();
    let labels: Vec<_> = events.iter().map(|e| (e.label.as_str(), e.code)).collect();
    assert_eq!(labels, [("start", 0), ("33025", 33025), ("", 0), ("end", 0)]);
    for (event, (at, _)) in events.iter().zip(marks) {
        assert!((recording.onset_s(event) - (at - 4.55)).abs() < 1e-8);
    }
    // 5.9 is the last sample's time, within rounding of the fit.
    assert!((events[2].position() - 14.0).abs() < 1e-6);
    assert_eq!(recording.metadata()["marks.type"], "Markers");
    assert_eq!(recording.metadata()["amp.type"], "EEG");
}

#[test]
fn texts_of_several_channels_are_an_event_each() {
    let mut file = plain();
    file.header(7, &header("marks", "Markers", "string", 3, 0.0, ""));
    let texts = |texts: [&str; 3]| texts.map(text).concat();
    file.samples(7, &[sample(Some(5.0), &texts(["go", "", "7"]))]);
    file.samples(7, &[sample(Some(5.5), &texts(["", "", ""]))]).footer(7, 2);
    let opened = opened(&file);
    let labels: Vec<_> =
        opened.recording.events().iter().map(|e| (e.label.as_str(), e.code, e.sample)).collect();
    assert_eq!(labels, [("go", 0, 0), ("7", 7, 0)]);
}

#[test]
fn integers_of_type_markers_are_events_and_a_series() {
    let mut file = plain();
    file.header(7, &header("codes", "Markers", "int32", 1, 0.0, ""));
    let codes = [33025_i32, -4];
    let samples: Vec<_> = codes
        .iter()
        .zip([5.1, 5.3])
        .map(|(code, at)| sample(Some(at), &code.to_le_bytes()))
        .collect();
    file.samples(7, &samples).footer(7, 2);
    let opened = opened(&file);
    let recording = &opened.recording;
    assert_eq!(recording.series()[0].channel(0), [33025.0, -4.0]);
    let events: Vec<_> = recording.events().iter().map(|e| (e.code, e.label.as_str())).collect();
    assert_eq!(events, [(33025, "33025"), (0, "-4")]);
    assert!((recording.onset_s(&recording.events()[1]) - 0.3).abs() < 1e-8);
}

#[test]
fn a_file_of_markers_only() {
    let mut file = Xdf::new();
    file.header(7, &header("marks", "Markers", "string", 1, 0.0, ""));
    file.samples(7, &[sample(Some(100.5), &text("a")), sample(Some(103.75), &text("b"))]);
    file.footer(7, 2);
    let opened = opened(&file);
    assert_eq!(warnings(&opened), "");
    let recording = &opened.recording;
    assert!(recording.streams().is_empty() && recording.series().is_empty());
    let onsets: Vec<_> = recording.events().iter().map(|e| recording.onset_s(e)).collect();
    assert_eq!(onsets, [0.0, 3.25]);
    assert_eq!(recording.metadata()["lsl_time_of_second_0"], "100.5");
}

#[test]
fn the_eeg_comes_first_and_empty_streams_last() {
    let mut file = Xdf::new();
    for (id, name, kind, channels) in [
        (1, "empty", "EEG", 9_usize),
        (2, "many", "Accelerometer", 5),
        (3, "few", "eeg", 1),
        (4, "more", "EEG", 2),
    ] {
        file.header(id, &header(name, kind, "int8", channels, 10.0, ""));
        if id > 1 {
            let start_s = f64::from(id);
            file.samples(id, &[sample(Some(start_s), &vec![1; channels])]);
        }
        file.footer(id, usize::from(id > 1));
    }
    let opened = opened(&file);
    assert_eq!(warnings(&opened), "stream 1 (empty): it has no samples\n");
    let recording = &opened.recording;
    let names: Vec<_> = recording.streams().iter().map(|stream| stream.name()).collect();
    assert_eq!(names, ["more", "few", "many", "empty"]);
    // Second 0 is the earliest sample of all, and differences between streams are exact.
    let origins: Vec<_> = recording.streams().iter().map(|stream| stream.origin_s()).collect();
    assert_eq!(origins[..3], [2.0, 1.0, 0.0]);
    assert_eq!(recording.streams()[3].channels().len(), 9);
}

#[test]
fn pauses_become_gaps_with_exact_times_on_both_sides() {
    let mut file = Xdf::new();
    file.header(1, &header("amp", "EEG", "int8", 1, 100.0, ""));
    let stamp = |i: u32| 10.0 + 0.01 * f64::from(i) + if i < 50 { 0.0 } else { 7.123 };
    let samples: Vec<_> = (0..100).map(|i| sample(Some(stamp(i)), &[i as u8])).collect();
    file.samples(1, &samples).footer(1, 100);
    file.header(2, &header("marks", "Markers", "string", 1, 0.0, ""));
    file.samples(2, &[sample(Some(14.0), &text("in the pause"))]).footer(2, 1);
    let opened = opened(&file);
    let recording = &opened.recording;
    let stream = &recording.streams()[0];
    // The pause is 7.133 s long, of which 0.01 s is the usual interval.
    let segments = [Segment { first: 0, len: 50 }, Segment { first: 762, len: 50 }];
    assert_eq!(stream.samples().segments(), segments);
    assert!((stream.rate_hz() - 100.0).abs() < 1e-6);
    for (i, position) in (0..50).zip(0..).chain((50..100).zip(762_u32..)) {
        let time_s = stream.time_s(f64::from(position));
        assert!((time_s - (stamp(i) - 10.0)).abs() < 1e-9, "{i}: {time_s}");
        assert!((stream.position_at(time_s) - f64::from(position)).abs() < 1e-6);
    }
    let event = &recording.events()[0];
    assert!((recording.onset_s(event) - 4.0).abs() < 1e-8, "{event:?}");
    assert!((50..762).contains(&event.sample));
}

#[test]
fn unknown_chunks_and_boundaries_are_passed_over() {
    let mut file = Xdf::new();
    file.boundary().chunk(99, b"later").chunk(0, b"").boundary();
    file.header(1, &header("amp", "EEG", "int8", 1, 10.0, ""));
    file.chunk(99, &[7; 300]);
    file.samples(1, &[sample(Some(1.0), &[1])]).boundary();
    file.samples(1, &[]).samples(1, &[sample(Some(1.1), &[2])]).footer(1, 2).boundary();
    let opened = opened(&file);
    assert_eq!(opened.recording.streams()[0].samples().channel(0), [1.0, 2.0]);
    let told = warnings(&opened);
    assert_eq!(told.lines().count(), 2, "{told}");
    assert!(told.contains("1 chunks of unknown kind 0; 4 bytes left out"), "{told}");
    assert!(told.contains("2 chunks of unknown kind 99; 316 bytes left out"), "{told}");
}

#[test]
fn lengths_may_take_any_of_their_sizes() {
    let mut file = Xdf::new();
    file.header(1, &header("amp", "EEG", "int8", 1, 10.0, ""));
    for (length_bytes, count_bytes) in [(1, 8), (4, 4), (8, 1)] {
        let content = [number(1, count_bytes), sample(Some(1.0), &[9])].concat();
        let content = [&3_u16.to_le_bytes()[..], &1_u32.to_le_bytes(), &content].concat();
        file.raw(&[number(content.len() as u64, length_bytes), content].concat());
    }
    file.header(2, &header("marks", "x", "string", 1, 0.0, ""));
    for length_bytes in [1, 4, 8] {
        let mark = [number(2, length_bytes), b"ab".to_vec()].concat();
        file.samples(2, &[sample(Some(1.0), &mark)]);
    }
    file.footer(1, 3).footer(2, 3);
    let opened = opened(&file);
    assert_eq!(warnings(&opened), "");
    assert_eq!(opened.recording.streams()[0].samples().len(), 3);
    assert!(opened.recording.events().iter().all(|event| event.label == "ab"));
}

#[test]
fn chosen_channels_are_decoded_and_no_others() {
    let mut file = plain();
    let channels = "<channels><channel><label>X</label></channel><channel><label>Y</label></channel>\
                    </channels>";
    file.header(2, &header("acc", "Acc", "int16", 2, 10.0, channels));
    file.samples(2, &[sample(Some(5.0), &bytes(&[3_i16, 4], |x| x.to_le_bytes()))]);
    file.header(3, &header("gaze", "Gaze", "int8", 1, 0.0, ""));
    file.samples(3, &[sample(Some(5.0), &[1])]).footer(2, 1).footer(3, 1);
    let pick = |labels: &[&str]| {
        let options = Options::default().channels(labels.iter().copied());
        read(Cursor::new(&file.bytes), options)
    };
    let recording = pick(&["y", "ch2"]).unwrap().recording;
    let names: Vec<_> = recording.streams().iter().map(|stream| stream.name()).collect();
    assert_eq!((names.as_slice(), recording.series().len()), (&["amp", "acc"][..], 0));
    assert_eq!(recording.streams()[0].samples().channel(0)[..3], [0.0, -1.0, -2.0]);
    assert_eq!(recording.streams()[1].samples().channel(0), [4.0]);
    let error = pick(&["Oz"]).unwrap_err();
    assert!(matches!(error, FormatError::Signal(SignalError::UnknownChannel { .. })));
}

#[test]
fn progress_is_told_to_the_end() {
    let file = plain();
    let mut told = Vec::new();
    let mut report = |done, total| told.push((done, total));
    read(Cursor::new(&file.bytes), Options::default().progress(&mut report)).unwrap();
    let len = file.bytes.len() as u64;
    assert_eq!(told.last(), Some(&(len, len)));
    assert!(told.is_sorted() && told.iter().all(|&(_, total)| total == len));
}

#[test]
fn streams_of_one_name_are_told_apart_by_their_numbers() {
    let mut file = Xdf::new();
    for id in [5, 6] {
        file.header(id, &header("amp", "EEG", "int8", 1, 10.0, "<manufacturer>M</manufacturer>"));
        file.samples(id, &[sample(Some(1.0), &[1])]).footer(id, 1);
    }
    let metadata = opened(&file).recording.metadata().clone();
    let names: Vec<_> = metadata.keys().map(String::as_str).collect();
    let expected = [
        "amp#5.manufacturer",
        "amp#5.type",
        "amp#6.manufacturer",
        "amp#6.type",
        "lsl_time_of_second_0",
    ];
    assert_eq!(names, expected);
}

#[test]
fn rates_that_are_none() {
    for (rate, irregular) in
        [("abc", true), ("-5", true), ("inf", true), ("", true), ("1e2", false)]
    {
        let xml = header("amp", "EEG", "int8", 1, 0.0, "");
        let xml = xml.replace("<nominal_srate>0<", &format!("<nominal_srate>{rate}<"));
        let mut file = Xdf::new();
        file.header(1, &xml).samples(1, &[sample(Some(1.0), &[1])]).footer(1, 1);
        let opened = opened(&file);
        assert_eq!(opened.recording.series().len(), usize::from(irregular), "{rate}");
        assert_eq!(opened.warnings.len(), usize::from(irregular), "{rate}");
    }
}

#[test]
fn samples_that_all_have_one_time_keep_it() {
    let mut file = Xdf::new();
    file.header(1, &header("amp", "EEG", "int8", 1, 10.0, ""));
    let samples: Vec<_> = (0..5).map(|i| sample(Some(3.0), &[i])).collect();
    file.samples(1, &samples).footer(1, 5);
    let opened = opened(&file);
    let stream = &opened.recording.streams()[0];
    assert_eq!((stream.rate_hz(), stream.samples().len()), (10.0, 5));
    assert!((0..5).all(|i| stream.time_s(f64::from(i)) == 0.0));
}

#[test]
fn a_file_without_a_stream_is_refused() {
    for file in [Xdf::new(), Xdf { bytes: b"XDF:".to_vec(), chunks: Vec::new() }] {
        let error = read(Cursor::new(&file.bytes), Options::default()).unwrap_err();
        assert!(matches!(error, FormatError::Malformed { format: "XDF", .. }), "{error}");
    }
    let mut file = Xdf::new();
    file.header(1, "<info><name>x</name></info>");
    let error = read(Cursor::new(&file.bytes), Options::default()).unwrap_err();
    assert!(error.to_string().contains("no channel format"), "{error}");
}

#[test]
fn a_stream_without_channels_is_left_out() {
    let mut file = plain();
    file.header(2, &header("none", "x", "int8", 0, 10.0, ""));
    file.samples(2, &[sample(Some(5.0), &[]), sample(None, &[])]).footer(2, 2);
    let opened = opened(&file);
    assert_eq!(warnings(&opened), "stream 2 (none): it has 0 channels; left out\n");
    assert_eq!(opened.recording.streams().len(), 1);
}

#[test]
fn a_long_chunk_of_wide_samples_is_read_in_blocks() {
    let (channels, n) = (300_000_usize, 4_u32);
    let mut file = Xdf::new();
    file.header(1, &header("wide", "x", "float32", channels, 10.0, ""));
    let value =
        |i: u32| f32s(&(0..channels).map(|c| (c as u32 * 4 + i) as f32).collect::<Vec<_>>());
    let samples: Vec<_> =
        (0..n).map(|i| sample((i != 2).then_some(0.1 * f64::from(i)), &value(i))).collect();
    let content = [&1_u32.to_le_bytes()[..], &varlen(n as usize), &samples.concat()].concat();
    file.chunk(3, &content).footer(1, n as usize);
    let opened = opened(&file);
    let samples = opened.recording.streams()[0].samples();
    for c in [0, 1, 77_777, channels - 1] {
        let expected: Vec<f32> = (0..n).map(|i| (c as u32 * 4 + i) as f32).collect();
        assert_eq!(samples.channel(c), expected);
    }
}
