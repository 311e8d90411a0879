//! Hand-made GDF files: every type, several rates, both event modes, and what writers get wrong.
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

#[path = "common/gdf_writer.rs"]
mod gdf_writer;

use std::io::Cursor;

use evoked::formats::{Format, FormatError, Opened, Options, open, read};
use evoked::signal::{SignalError, Unit};
use gdf_writer::{Channel, File, seconds, width};

fn opened(bytes: Vec<u8>) -> Opened {
    read(Cursor::new(bytes), Options::default()).unwrap()
}

fn refused(bytes: Vec<u8>) -> String {
    read(Cursor::new(bytes), Options::default()).unwrap_err().to_string()
}

fn warnings(opened: &Opened) -> String {
    opened.warnings.iter().map(|warning| warning.to_string() + "\n").collect()
}

fn i16s(values: impl IntoIterator<Item = i16>) -> Vec<u8> {
    values.into_iter().flat_map(i16::to_le_bytes).collect()
}

/// Two channels of 4 samples in each of 3 records.
fn plain(version: &'static str) -> File {
    let oz = Channel::new("Oz", 3, 4, i16s(0..12));
    let o1 = Channel::new("O1", 3, 4, i16s((0..12).map(|i| -100 * i)));
    let mut file = File::new(version, 3, vec![oz, o1]);
    file.events = vec![(0, 0x8001, 1), (5, 0x8101, 2), (11, 0x800b, 3)];
    file
}

#[test]
fn every_sample_type_is_scaled() {
    // Values that every type can hold, or its own extremes.
    let cases: Vec<(u32, Vec<u8>, Vec<f64>)> = vec![
        (1, vec![0x80, 0xff, 0, 0x7f], vec![-128.0, -1.0, 0.0, 127.0]),
        (2, vec![0, 1, 0x80, 0xff], vec![0.0, 1.0, 128.0, 255.0]),
        (3, i16s([i16::MIN, -1, 1, i16::MAX]), vec![-32768.0, -1.0, 1.0, 32767.0]),
        (4, i16s([0, 1, i16::MIN, -1]), vec![0.0, 1.0, 32768.0, 65535.0]),
        (
            5,
            [i32::MIN, -1, 1, i32::MAX].map(i32::to_le_bytes).concat(),
            vec![-2147483648.0, -1.0, 1.0, 2147483647.0],
        ),
        (
            6,
            [0, 1, 1 << 31, u32::MAX].map(u32::to_le_bytes).concat(),
            vec![0.0, 1.0, 2147483648.0, 4294967295.0],
        ),
        (
            7,
            [i64::MIN, -1, 1, i64::MAX].map(i64::to_le_bytes).concat(),
            vec![-(2_f64.powi(63)), -1.0, 1.0, 2_f64.powi(63)],
        ),
        (
            8,
            [0, 1, 1 << 63, u64::MAX].map(u64::to_le_bytes).concat(),
            vec![0.0, 1.0, 2_f64.powi(63), 2_f64.powi(64)],
        ),
        (
            16,
            [-1.5, 0.0, 1e-3, 3e30].map(f32::to_le_bytes).concat(),
            vec![-1.5, 0.0, f64::from(1e-3_f32), f64::from(3e30_f32)],
        ),
        (17, [-1.5, 0.0, 1e-3, 3e30].map(f64::to_le_bytes).concat(), vec![-1.5, 0.0, 1e-3, 3e30]),
        (
            279,
            vec![0, 0, 0x80, 0xff, 0xff, 0xff, 1, 0, 0, 0xff, 0xff, 0x7f],
            vec![-8388608.0, -1.0, 1.0, 8388607.0],
        ),
        (
            535,
            vec![0, 0, 0, 1, 0, 0, 0, 0, 0x80, 0xff, 0xff, 0xff],
            vec![0.0, 1.0, 8388608.0, 16777215.0],
        ),
    ];
    for version in ["GDF 1.25", "GDF 2.10", "GDF 2.51"] {
        let channels = cases.iter().enumerate().map(|(i, (kind, bytes, _))| {
            let mut channel = Channel::new(&format!("c{i}"), *kind, 2, bytes.clone());
            channel.physical = (-3.0, 7.0);
            channel.digital = (-5.0, 35.0);
            channel
        });
        let mut file = File::new(version, 2, channels.collect());
        if version == "GDF 2.51" {
            file.duration = 0.125_f64.to_le_bytes();
        }
        let opened = opened(file.bytes());
        assert_eq!(warnings(&opened), "");
        let stream = &opened.recording.streams()[0];
        assert_eq!(stream.rate_hz(), if version == "GDF 2.51" { 16.0 } else { 2.0 });
        for (c, (kind, _, values)) in cases.iter().enumerate() {
            // From (-5, 35) to (-3, 7): a quarter, and -1.75 more.
            let expected: Vec<f32> = values.iter().map(|v| (v / 4.0 - 1.75) as f32).collect();
            assert_eq!(stream.samples().channel(c), expected, "{version} type {kind}");
            let quantization = stream.channels()[c].quantization;
            let bits = quantization.map(|quantization| quantization.bits);
            let expected_bits = match kind {
                1 => Some(8),
                2 | 3 => Some(16),
                4 => Some(24),
                _ => None,
            };
            // Extremes of 24 and 32 bits with an offset do not come back from f32.
            assert_eq!(bits, expected_bits, "{version} type {kind}");
            if let Some(quantization) = quantization {
                let counts: Vec<f64> = (stream.samples().channel(c).iter())
                    .map(|&sample| quantization.count(sample).unwrap().into())
                    .collect();
                assert_eq!(counts, *values);
            }
        }
    }
}

#[test]
fn wide_integers_are_quantized_where_their_samples_allow_it() {
    let wide = |top: i32| [-top, -1, 0, top].map(i32::to_le_bytes).concat();
    let mut channels = vec![
        Channel::new("small", 5, 4, wide(1 << 20)),
        Channel::new("large", 5, 4, wide(1 << 30)),
    ];
    for channel in &mut channels {
        (channel.physical, channel.digital) = ((-0.7, 0.7), (-7.0, 7.0));
    }
    let opened = opened(File::new("GDF 2.20", 1, channels).bytes());
    let stream = &opened.recording.streams()[0];
    let quantization = stream.channels()[0].quantization.unwrap();
    assert_eq!(quantization.bits, 32);
    for (&sample, count) in stream.samples().channel(0).iter().zip([-(1 << 20), -1, 0, 1 << 20]) {
        assert_eq!(quantization.count(sample), Some(count));
    }
    assert_eq!(stream.channels()[1].quantization, None);
}

#[test]
fn events_of_both_modes_and_layouts() {
    for version in ["GDF 1.25", "GDF 1.93", "GDF 1.94", "GDF 2.20"] {
        for (mode, rate_hz) in [(1, 0.0), (1, 4.0), (3, 4.0), (3, 0.0)] {
            let mut file = plain(version);
            (file.mode, file.event_rate_hz) = (mode, rate_hz);
            let opened = opened(file.bytes());
            assert_eq!(warnings(&opened), "", "{version}");
            let events = opened.recording.events();
            let found: Vec<_> =
                events.iter().map(|e| (e.sample, e.code, e.duration, e.label.as_str())).collect();
            let duration = |samples| if mode == 3 { samples } else { 0.0 };
            let expected = [
                (0, 0x8001, duration(1.0), "ExperimentStart"),
                (5, 0x8101, duration(2.0), "Label_01"),
                (11, 0x800b, duration(3.0), "VisualStimulationStart"),
            ];
            assert_eq!(found, expected, "{version} mode {mode} rate {rate_hz}");
        }
    }
}

#[test]
fn several_rates_become_several_streams() {
    let aux = Channel::new("aux", 3, 2, i16s(0..6));
    let [a, b] = ["Oz", "O1"].map(|label| Channel::new(label, 17, 3, vec![0; 9 * 8]));
    let slow = Channel::new("temp", 2, 1, vec![7, 8, 9]);
    let mut file = File::new("GDF 2.20", 3, vec![aux, a, slow, b]);
    file.duration = seconds(1, 2);
    file.channels[0].unit_code = 0;
    file.event_rate_hz = 4.0;
    file.events = vec![(3, 1, 0)];
    let opened = opened(file.bytes());
    let shape: Vec<_> = (opened.recording.streams().iter())
        .map(|s| {
            (s.rate_hz(), s.channels()[0].label.clone(), s.channels().len(), s.samples().len())
        })
        .collect();
    let expected = [
        (6.0, "Oz".to_owned(), 2, 9),
        (4.0, "aux".to_owned(), 1, 6),
        (2.0, "temp".to_owned(), 1, 3),
    ];
    assert_eq!(shape, expected);
    let aux = &opened.recording.streams()[1];
    assert_eq!(aux.samples().channel(0), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]);
    assert_eq!(aux.channels()[0].unit, Unit::Other(String::new()));
    // Sample 3 at 4 Hz is sample 4.5 at 6 Hz.
    let event = &opened.recording.events()[0];
    assert_eq!((event.sample, event.fraction), (4, 0.5));

    file.event_rate_hz = 0.0;
    let event = &self::opened(file.bytes()).recording.events()[0].clone();
    assert_eq!((event.sample, event.fraction), (3, 0.0));
    assert!(warnings(&self::opened(file.bytes())).contains("fastest channel, 6 Hz"));

    let one = read(Cursor::new(file.bytes()), Options::default().channels(["temp"])).unwrap();
    assert_eq!(one.recording.streams().len(), 1);
    assert_eq!(
        one.recording.streams()[0].samples().channel(0),
        [7, 8, 9].map(|count| count as f32 * 0.1)
    );
}

#[test]
fn records_longer_than_a_block_are_read_in_pieces() {
    let long = 700_000;
    let values = |from: i32| (0..2 * long).map(move |i| (from + i) % 30_000);
    let bytes = |from| values(from).flat_map(|v| (v as i16).to_le_bytes()).collect();
    let channels = vec![
        Channel::new("a", 3, long as u32, bytes(0)),
        Channel::new("b", 3, long as u32, bytes(11)),
        Channel::new("c", 2, 3, vec![1, 2, 3, 4, 5, 6]),
    ];
    let mut file = File::new("GDF 2.20", 2, channels);
    file.events = vec![(long as u32, 0x0300, 0)];
    let opened = opened(file.bytes());
    let stream = &opened.recording.streams()[0];
    for (c, from) in [(0, 0), (1, 11)] {
        let found = stream.samples().channel(c).iter().map(|v| (v * 10.0).round() as i32);
        assert!(found.eq(values(from)));
    }
    assert_eq!(opened.recording.streams()[1].samples().channel(0), [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
    assert_eq!(opened.recording.events()[0].label, "trial start");
}

#[test]
fn metadata_and_third_header() {
    let mut file = plain("GDF 2.20");
    (file.patient, file.recording) = ("S12 Doe_Jane", "run 3");
    file.start = ((719_529_u64 << 32) + (1 << 31)).to_le_bytes().to_vec();
    file.tags = vec![
        (3, b"Maker\0Model\0\0SN1\0".to_vec()),
        (9, vec![1; 300]),
        (1, b"\0left target\0right target\0\0".to_vec()),
    ];
    file.events = vec![(0, 1, 0), (4, 2, 0), (6, 3, 0)];
    let opened = opened(file.bytes());
    assert_eq!(warnings(&opened), "");
    let metadata: Vec<_> =
        opened.recording.metadata().iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let expected = [
        ("device", "Maker Model SN1"),
        ("recording_id", "run 3"),
        ("start_time", "1970-01-01T12:00:00.000"),
        ("subject", "S12"),
    ];
    assert_eq!(metadata, expected);
    let labels: Vec<_> = opened.recording.events().iter().map(|e| e.label.as_str()).collect();
    assert_eq!(labels, ["left target", "right target", ""]);
    assert_eq!(opened.format, Format::Gdf { major: 2, minor: 20 });
    let sum: f32 = opened.recording.streams()[0].samples().channel(0).iter().sum();
    assert!((sum - 6.6).abs() < 1e-5);

    // A field that runs past the header.
    file.tags = vec![(1, vec![b'x'; 600])];
    let mut bytes = file.bytes();
    bytes[256 * 3 + 3] = 0xff;
    assert!(warnings(&self::opened(bytes)).contains("byte 768: field 1 of the third header"));
}

#[test]
fn odd_channels_are_read_and_told() {
    let mut file = plain("GDF 1.25");
    file.channels[0].label = b"O\xe9".to_vec();
    file.channels[1].label = b"O\xe9".to_vec();
    file.channels.push(Channel::new("", 3, 4, i16s(0..12)));
    file.channels[1].unit = b"\xb5V".to_vec();
    file.channels[2].unit = b"mV".to_vec();
    let opened = opened(file.bytes());
    let stream = &opened.recording.streams()[0];
    let labels: Vec<_> = stream.channels().iter().map(|c| c.label.as_str()).collect();
    assert_eq!(labels, ["Oé", "Oé", "channel 3"]);
    assert!(stream.channels().iter().all(|channel| channel.unit == Unit::Microvolt));
    assert_eq!(stream.samples().channel(2)[1], 100.0);
    let told = warnings(&opened);
    assert!(
        told.contains("channel 2: another channel is called \"Oé\"") && told.contains("no label")
    );
}

#[test]
fn undefined_scalings_leave_counts() {
    let cases = [
        ((1.0, 1.0), (-5.0, 5.0)),
        ((-1.0, 1.0), (5.0, 5.0)),
        ((0.0, 0.0), (0.0, 0.0)),
        ((f64::NAN, 1.0), (-5.0, 5.0)),
        ((f64::NEG_INFINITY, f64::INFINITY), (-5.0, 5.0)),
        ((-1.0, 1.0), (f64::NAN, 5.0)),
        ((-f64::MAX, f64::MAX), (-5.0, 5.0)),
    ];
    for (physical, digital) in cases {
        let mut file = plain("GDF 2.20");
        (file.channels[0].physical, file.channels[0].digital) = (physical, digital);
        file.channels[1] =
            Channel::new("O1", 17, 4, (0..12).flat_map(|i| f64::from(i).to_le_bytes()).collect());
        file.channels[1].unit_code = 4274;
        (file.channels[1].physical, file.channels[1].digital) = (physical, digital);
        let opened = opened(file.bytes());
        let stream = &opened.recording.streams()[0];
        assert_eq!(stream.channels()[0].unit, Unit::Other("count".to_owned()));
        assert_eq!(stream.samples().channel(0)[11], 11.0);
        // Floating-point numbers stay what they are: millivolts.
        assert_eq!(stream.channels()[1].unit, Unit::Microvolt);
        assert_eq!(stream.samples().channel(1)[11], 11_000.0);
        let told = warnings(&opened);
        assert!(told.contains("channel 1: its scaling is undefined; its samples are counts"));
        assert!(told.contains("channel 2: its scaling is undefined; its numbers"));
    }
}

#[test]
fn equal_ranges_are_no_scaling_however_large() {
    let mut file = plain("GDF 2.20");
    let wide = (f64::MIN, f64::MAX);
    (file.channels[0].physical, file.channels[0].digital) = (wide, wide);
    let opened = opened(file.bytes());
    assert_eq!(warnings(&opened), "");
    assert_eq!(opened.recording.streams()[0].samples().channel(0)[..3], [0.0, 1.0, 2.0]);
}

#[test]
fn an_unknown_number_of_records_is_found_with_the_events() {
    for version in ["GDF 1.25", "GDF 2.20"] {
        for stated in [-1, 0, 2, 4, i64::MAX] {
            for (mode, count) in [(1, 3), (3, 3), (1, 1)] {
                let mut file = plain(version);
                file.records = stated;
                (file.mode, file.event_rate_hz) = (mode, 4.0);
                file.events.truncate(count);
                let opened = opened(file.bytes());
                assert_eq!(opened.recording.streams()[0].samples().len(), 12);
                assert_eq!(opened.recording.events().len(), count);
                let told = warnings(&opened);
                assert!(
                    told.contains("byte 236: ") && told.contains("3 are there, and an event"),
                    "{told}"
                );
            }
        }
        let mut file = plain(version);
        (file.records, file.has_table) = (-1, false);
        let mut bytes = file.bytes();
        assert_eq!(opened(bytes.clone()).recording.streams()[0].samples().len(), 12);
        assert!(warnings(&opened(bytes.clone())).contains("3 are there, and no event table"));
        // An event table that is empty, after records that eight bytes do not fill.
        file.has_table = true;
        file.events.clear();
        assert_eq!(opened(file.bytes()).recording.streams()[0].samples().len(), 12);
        assert!(warnings(&opened(file.bytes())).contains("an event table at byte"));
        bytes.truncate(bytes.len() - 5);
        let opened = opened(bytes);
        assert_eq!(opened.recording.streams()[0].samples().len(), 8);
        assert!(
            warnings(&opened)
                .contains("2 whole ones are there, then one cut short (11 of 16 bytes, dropped)")
        );
    }
}

#[test]
fn samples_that_look_like_an_empty_event_table_are_samples() {
    let oz = Channel::new("Oz", 3, 4, i16s([5, 6, 7, 8, 1, 0, 0, 0]));
    let mut file = File::new("GDF 1.25", -1, vec![oz]);
    file.has_table = false;
    let samples = opened(file.bytes()).recording.streams()[0].samples().channel(0).to_vec();
    assert_eq!(samples, [0.5, 0.6, 0.7, 0.8, 0.1, 0.0, 0.0, 0.0]);
}

#[test]
fn odd_event_tables() {
    let start = plain("GDF 2.20").header().len() + 48;
    // No table, another mode, a cut table, bytes after it.
    let mut file = plain("GDF 2.20");
    file.has_table = false;
    assert!(warnings(&opened(file.bytes())).contains("event table: there is none"));
    let mut bytes = plain("GDF 2.20").bytes();
    bytes[start] = 2;
    assert!(warnings(&opened(bytes)).contains("bytes from byte 816 on are none"));
    let mut bytes = plain("GDF 2.20").bytes();
    bytes[start + 1] = 200;
    let odd = opened(bytes);
    assert!(warnings(&odd).contains("200 events are stated, but the file ends after 0"));
    let mut bytes = plain("GDF 2.20").bytes();
    bytes.truncate(bytes.len() - 1);
    let odd = opened(bytes);
    assert_eq!(odd.recording.events().len(), 2);
    assert!(warnings(&odd).contains("3 events are stated, but the file ends after 2"));
    let mut file = plain("GDF 2.20");
    file.mode = 3;
    let mut bytes = file.bytes();
    bytes.truncate(bytes.len() - 1);
    let odd = opened(bytes);
    let durations: Vec<_> = odd.recording.events().iter().map(|e| e.duration).collect();
    assert_eq!(durations, [1.0, 2.0, 0.0]);
    let mut bytes = plain("GDF 2.20").bytes();
    bytes.extend([9; 7]);
    assert!(warnings(&opened(bytes)).contains("7 bytes after its end are ignored"));

    // Events in odd places and of odd kinds.
    let mut file = plain("GDF 2.20");
    file.events =
        vec![(12, 0x0300, 0), (4, 0x7ffe, 0), (5, 0x7fff, 0), (6, 0x0301, 0), (7, 0x8301, 0)];
    let odd = opened(file.bytes());
    let found: Vec<_> =
        odd.recording.events().iter().map(|e| (e.sample, e.label.as_str())).collect();
    let expected = [
        (4, "new segment"),
        (6, "cue left hand"),
        (7, "end of cue left hand"),
        (12, "trial start"),
    ];
    assert_eq!(found, expected);
    let told = warnings(&odd);
    for message in
        ["1 events lie past the last sample", "1 events start a new", "1 entries are values"]
    {
        assert!(told.contains(message), "{message}: {told}");
    }
    let mut bytes = plain("GDF 2.20").bytes();
    bytes[start + 8] = 0;
    let odd = opened(bytes);
    assert_eq!(odd.recording.events()[0].sample, 0);
    assert!(warnings(&odd).contains("1 events have position 0"));
}

#[test]
fn odd_headers() {
    let mut file = plain("GDF 1.25");
    file.duration = seconds(0, 256);
    let odd = opened(file.bytes());
    assert_eq!(odd.recording.streams()[0].rate_hz(), 1024.0);
    assert!(warnings(&odd).contains("0/256 s"));

    // A version with a floating-point duration whose writer kept to integers.
    let mut file = plain("GDF 2.51");
    file.duration = seconds(1, 64);
    assert_eq!(opened(file.bytes()).recording.streams()[0].rate_hz(), 256.0);

    let mut file = plain("GDF 1.25");
    file.start = b"2012139919021650".to_vec();
    assert!(warnings(&opened(file.bytes())).contains("\"2012139919021650\" is no start time"));

    let mut bytes = plain("GDF 1.25").bytes();
    bytes[184..192].copy_from_slice(&0_i64.to_le_bytes());
    let odd = opened(bytes);
    assert_eq!(odd.recording.streams()[0].samples().len(), 12);
    assert!(warnings(&odd).contains("said to be 0 bytes long"));

    let mut file = plain("GDF 2.20");
    file.channels.push(Channel::new("sparse", 3, 0, Vec::new()));
    let odd = opened(file.bytes());
    assert_eq!(odd.recording.streams()[0].channels().len(), 2);
    assert!(warnings(&odd).contains("channel 3 (sparse): it has no samples"));
}

#[test]
fn what_cannot_be_read_is_refused_with_its_place() {
    let bytes = plain("GDF 1.25").bytes();
    assert_eq!(
        refused(bytes[..700].to_vec()),
        "GDF: the file ends at byte 700, inside the channels' headers, which needs 768 bytes"
    );
    assert!(refused(bytes[..100].to_vec()).contains("ends at byte 100, inside the fixed header"));
    let mut file = plain("GDF 1.25");
    file.channels.clear();
    assert_eq!(refused(file.bytes()), "GDF, byte 252: found no channels, expected at least one");
    let mut odd = bytes.clone();
    odd[4..8].copy_from_slice(b"nine");
    assert!(refused(odd).contains("byte 4: found version \"nine\""));
    let mut odd = bytes.clone();
    odd[256 + 2 * 220 + 4] = 99;
    assert_eq!(refused(odd), "GDF, byte 700: sample type 99 (channel 2) is not supported");
    let mut odd = bytes.clone();
    odd[184..192].copy_from_slice(&5_000_i64.to_le_bytes());
    assert!(refused(odd).contains("needs 5000 bytes"));
    let mut file = plain("GDF 2.20");
    file.channels.iter_mut().for_each(|channel| channel.samples_per_record = 0);
    assert!(refused(file.bytes()).contains("no channel that holds samples"));
    match read(Cursor::new(bytes), Options::default().channels(["Cz"])) {
        Err(FormatError::Signal(SignalError::UnknownChannel { wanted, have })) => {
            assert_eq!((wanted.as_str(), have), ("Cz", vec!["Oz".to_owned(), "O1".to_owned()]));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn files_are_opened_by_content() {
    let folder = std::env::temp_dir().join(format!("evoked-gdf-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("misnamed.txt");
    std::fs::write(&path, plain("GDF 1.25").bytes()).unwrap();
    assert_eq!(open(&path).unwrap().format.to_string(), "GDF 1.25");

    let named = |path: &std::path::Path| open(path).unwrap_err().to_string();
    let missing = folder.join("missing.gdf");
    assert_eq!(
        named(&missing),
        format!("cannot open {}: there is no such file", missing.display())
    );
    assert!(named(&folder).ends_with("it is a directory, not a file"), "{}", named(&folder));
    std::fs::write(&path, "").unwrap();
    let empty = "not a recording that can be read: the file is empty; these can be: ";
    assert!(named(&path).starts_with(empty) && named(&path).contains("GDF, VEP"));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_writer_of_these_tests_knows_every_width() {
    assert_eq!([1, 4, 279, 16, 17].map(width), [1, 2, 3, 4, 8]);
}
