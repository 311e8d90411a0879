//! BrainVision files built by hand: every feature of the reader, and every odd case.
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

#[path = "common/folder.rs"]
mod folder;

use std::path::Path;

use evoked::formats::{FormatError, Opened, Options, open, open_with};
use evoked::signal::{Event, Quantization, Segment, Unit};
use folder::Folder;

/// A header: lines of `[Common Infos]`, the type of samples, lines of `[Channel Infos]`.
fn header(common: &str, binary: &str, channels: &str) -> String {
    format!(
        "Brain Vision Data Exchange Header File Version 1.0\r\n\
         ; a note\r\n\r\n\
         [Common Infos]\r\n{common}\r\n\
         [Binary Infos]\r\nBinaryFormat={binary}\r\n\
         [Channel Infos]\r\n{channels}\r\n"
    )
}

const COMMON: &str = "DataFile=a.eeg\nMarkerFile=a.vmrk\nDataFormat=BINARY\n\
    DataOrientation=MULTIPLEXED\nNumberOfChannels=2\nSamplingInterval=4000\n";
const CHANNELS: &str = "Ch1=Oz,,0.5,µV\nCh2=O1,,2,mV\n";
/// Three samples of two channels.
const COUNTS: [i16; 6] = [1, -2, 300, 4, -32768, 32767];

fn markers(lines: &str) -> String {
    format!(
        "Brain Vision Data Exchange Marker File, Version 1.0\n[Common Infos]\nDataFile=a.eeg\n\
         [Marker Infos]\n; Mk<number>=<Type>,…\n{lines}"
    )
}

fn bytes(counts: &[i16]) -> Vec<u8> {
    counts.iter().flat_map(|count| count.to_le_bytes()).collect()
}

/// A recording of a header and counts, with an empty marker file.
fn recording(name: &str, header: &str, data: &[u8]) -> Folder {
    let folder = Folder::new(name);
    folder.write("a.vhdr", header);
    folder.write("a.eeg", data);
    folder.write("a.vmrk", markers(""));
    folder
}

fn told(opened: &Opened) -> String {
    opened.warnings.iter().map(|warning| format!("{warning}\n")).collect()
}

fn rows(opened: &Opened) -> Vec<Vec<f32>> {
    let stream = &opened.recording.streams()[0];
    (0..stream.channels().len()).map(|row| stream.samples().channel(row).to_vec()).collect()
}

fn labels(opened: &Opened) -> Vec<&str> {
    let channels = opened.recording.streams()[0].channels();
    channels.iter().map(|channel| channel.label.as_str()).collect()
}

/// Opens without a word of warning.
fn clean(path: &Path) -> Opened {
    let opened = open(path).unwrap();
    assert_eq!(told(&opened), "");
    opened
}

fn refused(path: &Path) -> String {
    open(path).unwrap_err().to_string()
}

#[test]
fn counts_become_microvolts_and_keep_their_quantization() {
    let folder = recording("plain", &header(COMMON, "INT_16", CHANNELS), &bytes(&COUNTS));
    let opened = clean(&folder.path("a.vhdr"));
    let stream = &opened.recording.streams()[0];
    assert_eq!((opened.recording.streams().len(), stream.rate_hz()), (1, 250.0));
    assert_eq!(labels(&opened), ["Oz", "O1"]);
    assert_eq!(rows(&opened), [[0.5, 150.0, -16384.0], [-4000.0, 8000.0, 65_534_000.0]]);
    let quantizations: Vec<_> = stream.channels().iter().map(|c| c.quantization).collect();
    let of = |scale| Some(Quantization { bits: 16, scale, offset: 0.0 });
    assert_eq!(quantizations, [of(0.5), of(2000.0)]);
    assert!(stream.channels().iter().all(|channel| channel.unit == Unit::Microvolt));
    assert_eq!(opened.format.to_string(), "BrainVision 1.0");
    assert!(opened.recording.events().is_empty());
}

#[test]
fn every_type_of_samples_in_both_orders() {
    // Two channels of three samples, in the order of time, and the samples they are.
    let mixed: [f64; 6] = [1.0, 2.0, 30.0, 40.0, 500.0, 600.0];
    let sorted: [f64; 6] = [1.0, 30.0, 500.0, 2.0, 40.0, 600.0];
    let encode = |kind: &str, values: [f64; 6]| -> Vec<u8> {
        let each = |value: f64| match kind {
            "INT_16" => (value as i16).to_le_bytes().to_vec(),
            "UINT_16" => (value as u16).to_le_bytes().to_vec(),
            "INT_32" => (value as i32).to_le_bytes().to_vec(),
            "IEEE_FLOAT_32" => (value as f32).to_le_bytes().to_vec(),
            _ => value.to_le_bytes().to_vec(),
        };
        values.into_iter().flat_map(each).collect()
    };
    for kind in ["INT_16", "UINT_16", "INT_32", "IEEE_FLOAT_32", "IEEE_FLOAT_64"] {
        for (order, values) in [("MULTIPLEXED", mixed), ("VECTORIZED", sorted)] {
            let common = COMMON.replace("MULTIPLEXED", order);
            let text = header(&common, kind, "Ch1=a,,1,µV\nCh2=b,,0.5,µV\n");
            let folder = recording("types", &text, &encode(kind, values));
            let opened = clean(&folder.path("a.vhdr"));
            assert_eq!(rows(&opened), [[1.0, 30.0, 500.0], [1.0, 20.0, 300.0]], "{kind} {order}");
            let bits = opened.recording.streams()[0].channels()[1].quantization.map(|q| q.bits);
            let expected = match kind {
                "INT_16" => Some(16),
                "UINT_16" => Some(24),
                "INT_32" => Some(32),
                _ => None,
            };
            assert_eq!(bits, expected, "{kind}");
            let second = Options::default().channels(["b"]);
            let second = open_with(folder.path("a.vhdr"), second).unwrap();
            assert_eq!(rows(&second), [[1.0, 20.0, 300.0]]);
        }
    }
    // Unsigned counts past the signed range, and the other order of bytes.
    let text = header(COMMON, "UINT_16\nUseBigEndianOrder=YES", "Ch1=a,,1\nCh2=b,,1\n");
    let folder = recording("types", &text, &[0xff, 0xfe, 0x01, 0x02]);
    assert_eq!(rows(&clean(&folder.path("a.vhdr"))), [[65_534.0], [258.0]]);
}

#[test]
fn blocks_are_put_together_whatever_their_number() {
    // 3 channels × 500,000 samples of 2 bytes are more than one block.
    let counts: Vec<i16> = (0..1_500_000).map(|i: i32| (i % 30_011) as i16).collect();
    let common = COMMON.replace("Channels=2", "Channels=3");
    let text = header(&common, "INT_16", "Ch1=a,,1\nCh2=b,,1\nCh3=c,,1\n");
    let folder = recording("blocks", &text, &bytes(&counts));
    let opened = clean(&folder.path("a.vhdr"));
    for (c, row) in rows(&opened).iter().enumerate() {
        assert_eq!(row.len(), 500_000);
        assert!(row.iter().enumerate().all(|(i, &value)| value == f32::from(counts[3 * i + c])));
    }
    folder.write("a.vhdr", text.replace("MULTIPLEXED", "VECTORIZED"));
    let opened = clean(&folder.path("a.vhdr"));
    for (c, row) in rows(&opened).iter().enumerate() {
        let from = c * 500_000;
        assert!(row.iter().enumerate().all(|(i, &value)| value == f32::from(counts[from + i])));
    }
}

#[test]
fn lines_of_channels_in_all_their_forms() {
    for (line, label, unit, first, second) in [
        ("Oz,,0.5,µV", "Oz", "uV", 1.0, 0.5),
        ("Oz", "Oz", "uV", 1.0, 1.0),
        ("Oz,,", "Oz", "uV", 1.0, 1.0),
        ("Oz,Ref,,", "Oz", "uV", 1.0, 1.0),
        (r"a\1b\1c,,2,uV", "a,b,c", "uV", 1.0, 2.0),
        ("Oz,,0,1,µV", "Oz", "uV", 1.0, 0.1),
        ("Oz,,0,48828125,µV,x", "Oz", "uV", 1.0, 0.488_281_25),
        ("Oz,,1,5E-1,µV", "Oz", "uV", 1.0, 0.15),
        ("Oz,,0,25", "Oz", "uV", 1.0, 0.25),
        ("Oz,,3,nV", "Oz", "uV", 1.0, 0.003),
        ("Oz,,3e-6,V", "Oz", "uV", 1.0, 3.0),
        ("Oz,,1,Âµ", "Oz", "µ", 1.0, 1.0),
        ("Oz,,0.5,ÂµV", "Oz", "uV", 1.0, 0.5),
        ("GSR,,0.5,µS", "GSR", "µS", 1.0, 0.5),
        ("Temp,,0.1,C", "Temp", "C", 1.0, 0.1),
        ("-,,-0.5,µV", "-", "uV", 1.0, -0.5),
    ] {
        let text = header(COMMON, "INT_16", &format!("Ch1=other\nCh2={line}\n"));
        let folder = recording("lines", &text, &bytes(&[1, 1]));
        let opened = clean(&folder.path("a.vhdr"));
        let channel = &opened.recording.streams()[0].channels()[1];
        assert_eq!((channel.label.as_str(), channel.unit.as_str()), (label, unit), "{line}");
        let samples = rows(&opened);
        assert_eq!((samples[0][0], samples[1][0]), (first, second), "{line}");
    }
}

#[test]
fn resolutions_that_are_none_leave_counts() {
    for resolution in ["0", "x", "nan", "1e999", "0.0"] {
        let text = header(COMMON, "INT_16", &format!("Ch1=Oz,,{resolution},µV\nCh2=O1,,1,µV\n"));
        let folder = recording("counts", &text, &bytes(&COUNTS));
        let opened = open(folder.path("a.vhdr")).unwrap();
        let found = "Channel Infos: 1 channels have a resolution of 0 or none that is a number; \
                     their samples are counts\n";
        assert_eq!(told(&opened), found, "{resolution}");
        assert_eq!(rows(&opened)[0], [1.0, 300.0, -32768.0]);
        let channel = &opened.recording.streams()[0].channels()[0];
        assert_eq!(channel.unit, Unit::Other("count".to_owned()));
    }
}

#[test]
fn text_is_utf8_or_latin1_whatever_it_says() {
    let text = header(&format!("Codepage=UTF-8\n{COMMON}"), "INT_16", "Ch1=Höhe,,1,µV\nCh2=b,,1\n");
    let latin1: Vec<u8> =
        text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'-')).collect();
    let with_mark = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    for header in [text.as_bytes(), &latin1, &with_mark] {
        let folder = Folder::new("latin");
        folder.write("a.vhdr", header);
        folder.write("a.eeg", bytes(&COUNTS));
        folder.write("a.vmrk", markers("Mk1=Comment,x,1,1,0\n"));
        let opened = clean(&folder.path("a.vhdr"));
        assert_eq!(labels(&opened), ["Höhe", "b"]);
        assert_eq!(opened.recording.streams()[0].channels()[0].unit, Unit::Microvolt);
    }
}

#[test]
fn first_lines_of_several_recorders_are_known() {
    let text = header(COMMON, "INT_16", CHANNELS);
    let (old, rest) = text.split_once("\r\n").unwrap();
    for first in [
        old,
        "Brain Vision Data Exchange Header File, Version 1.0",
        "BrainVision Data Exchange Header File Version 2.0",
        "Brain Vision Core Data Exchange Header File Version 1.0",
        "Brain Vision V-Amp Data Exchange Header File Version 1.0",
    ] {
        let folder = recording("first", &format!("{first}\n{rest}"), &bytes(&COUNTS));
        let version = if first.ends_with("2.0") { "BrainVision 2.0" } else { "BrainVision 1.0" };
        assert_eq!(clean(&folder.path("a.vhdr")).format.to_string(), version);
    }
    let first = "Brain Vision Data Exchange Header File Version 3.7";
    let folder = recording("first", &format!("{first}\n{rest}"), &bytes(&COUNTS));
    let opened = open(folder.path("a.vhdr")).unwrap();
    assert!(told(&opened).contains("is no known version"), "{}", told(&opened));
    assert_eq!(rows(&opened).len(), 2);
}

#[test]
fn companions_are_found_after_renaming_and_never_outside() {
    let text = header(COMMON, "INT_16", CHANNELS);
    let folder = Folder::new("names");
    folder.write("other.eeg", bytes(&[9, 9]));
    let inner = Folder::new("names/inner");
    // As a tool renames files, without a look inside.
    inner.write("sub-01.vhdr", &text);
    inner.write("sub-01.eeg", bytes(&COUNTS));
    inner.write("sub-01.vmrk", markers("Mk1=Stimulus,S  7,2,1,0\n"));
    let opened = open(inner.path("sub-01.vhdr")).unwrap();
    let found = "DataFile: there is no \"a.eeg\"; sub-01.eeg is read\n\
                 MarkerFile: there is no \"a.vmrk\"; sub-01.vmrk is read\n";
    assert_eq!(told(&opened), found);
    assert_eq!(
        opened.recording.events(),
        [Event { duration: 1.0, ..Event::at(1, 7, "Stimulus/S  7") }]
    );
    assert_eq!(open(inner.path("sub-01.vmrk")).unwrap(), opened);

    // Folders of another machine, and ways out.
    inner.write("b.eeg", bytes(&[5, 6]));
    for name in [r"C:\data\b.eeg", "/data/b.eeg", r"..\b.eeg", "../../b.eeg", "B.EEG"] {
        inner.write("b.vhdr", text.replace("a.eeg", name).replace("MarkerFile=a.vmrk\n", ""));
        assert_eq!(rows(&clean(&inner.path("b.vhdr"))), [[2.5], [12_000.0]], "{name}");
    }
    inner.write("c.vhdr", text.replace("a.eeg", "../other.eeg"));
    let error = refused(&inner.path("c.vhdr"));
    let expected =
        "inner/other.eeg: the header names it for the samples, but there is no such file";
    assert!(error.contains(expected), "{error}");

    // A placeholder, and no name at all.
    inner.write("b.vmrk", markers(""));
    inner.write("b.vhdr", text.replace("a.eeg", "$b.eeg").replace("a.vmrk", "$b.vmrk"));
    assert_eq!(rows(&clean(&inner.path("b.vhdr"))), [[2.5], [12_000.0]]);
    for name in ["", "..", "/", "x/.."] {
        inner.write("b.vhdr", text.replace("a.eeg", name));
        assert!(
            told(&open(inner.path("b.vhdr")).unwrap()).contains("no file is named; b.eeg is read")
        );
    }
    // A folder is no file.
    std::fs::create_dir(inner.path("d.eeg")).unwrap();
    inner.write("d.vhdr", text.replace("a.eeg", "d.eeg"));
    assert!(refused(&inner.path("d.vhdr")).contains("d.eeg"));
}

#[test]
fn a_file_alone_says_what_it_lacks() {
    let folder = Folder::new("alone");
    folder.write("m.vmrk", markers("Mk1=Stimulus,S  1,1,1,0\n"));
    let error = refused(&folder.path("m.vmrk"));
    assert!(error.contains("a marker file with no header of its name beside it"), "{error}");
    folder.write("s.eeg", [7, 0, 1, 0]);
    let error = refused(&folder.path("s.eeg"));
    assert!(error.contains("it starts with the bytes 07 00 01 00"), "{error}");
    folder.write("s.vhdr", header(COMMON, "INT_16", CHANNELS));
    let error = refused(&folder.path("s.eeg"));
    assert!(error.contains("open its header, s.vhdr"), "{error}");
    let text = header(COMMON, "INT_16", CHANNELS);
    let error = evoked::formats::read(std::io::Cursor::new(text), Options::default()).unwrap_err();
    assert!(matches!(error, FormatError::Unsupported { .. }), "{error}");
}

#[test]
fn markers_become_events() {
    let folder = recording("markers", &header(COMMON, "INT_16", CHANNELS), &bytes(&[0; 200]));
    folder.write(
        "a.vmrk",
        markers(
            "Mk1=New Segment,,1,1,0,20240229235959000000\n\
             Mk2=Stimulus,S  1,11,1,0\n\
             Mk3=Response,R  2,12,3,0\n\
             Mk9=Comment,wait\\1 please,20,0,1\n\
             mk10=Stimulus,S 10,5\n\
             Mk11=Stimulus,S 11,0,1,0\n\
             Mk12=Stimulus,S 12,,1,0\n\
             Mk13=,,100,1,0\n\
             [Marker User Infos]\n\
             Mk14=Stimulus,S 14,3,1,0\n",
        ),
    );
    let opened = open(folder.path("a.vhdr")).unwrap();
    let event =
        |sample, duration, code, label| Event { duration, ..Event::at(sample, code, label) };
    let expected = [
        event(0, 1.0, 11, "Stimulus/S 11"),
        event(4, 0.0, 10, "Stimulus/S 10"),
        event(10, 1.0, 1, "Stimulus/S  1"),
        event(11, 3.0, 1002, "Response/R  2"),
        event(19, 0.0, 0, "Comment/wait, please"),
        event(99, 1.0, 0, "/"),
    ];
    assert_eq!(opened.recording.events(), expected);
    assert_eq!(opened.recording.metadata()["start_time"], "2024-02-29T23:59:59.000000");
    let found = "a.vmrk, line 12: 1 markers have no position; left out\n\
                 a.vmrk: 1 markers lie before the first sample; put on the first\n";
    assert_eq!(told(&opened), found);
}

#[test]
fn segments_with_dates_leave_gaps() {
    let folder = recording("segments", &header(COMMON, "INT_16", CHANNELS), &bytes(&[3; 2000]));
    // 250 Hz: 100 samples in 0.4 s; then 0.6 s of nothing; then 200 samples; then an unknown time.
    folder.write(
        "a.vmrk",
        markers(
            "Mk1=New Segment,,1,1,0,20240101120000000000\n\
             Mk2=Stimulus,S  1,50,1,0\n\
             Mk3=New Segment,,101,1,0,20240101120001000000\n\
             Mk4=Stimulus,S  2,151,1,0\n\
             Mk5=New Segment,,301,1,0\n",
        ),
    );
    let opened = open(folder.path("a.vhdr")).unwrap();
    let stream = &opened.recording.streams()[0];
    let segments = [Segment { first: 0, len: 100 }, Segment { first: 250, len: 900 }];
    assert_eq!(stream.samples().segments(), segments);
    let events: Vec<_> =
        opened.recording.events().iter().map(|e| (e.sample, e.label.as_str())).collect();
    let expected = [
        (49, "Stimulus/S  1"),
        (250, "New Segment/"),
        (300, "Stimulus/S  2"),
        (450, "New Segment/"),
    ];
    assert_eq!(events, expected);
    let found = "markers: the dates of the segments leave 0.600 s between samples 99 and 100: a gap \
                 of 150 samples\n\
                 markers: 1 new segments do not tell how long the break before them was; the \
                 samples around them touch, though they may not be neighbours in time\n";
    assert_eq!(told(&opened), found);
    let vectorized = header(COMMON, "INT_16", CHANNELS).replace("MULTIPLEXED", "VECTORIZED");
    folder.write("a.vhdr", vectorized);
    let opened = open(folder.path("a.vhdr")).unwrap();
    assert_eq!(opened.recording.streams()[0].samples().segments(), segments);
}

#[test]
fn a_data_file_of_another_length_is_told() {
    let stated = format!("{COMMON}DataPoints=3\n");
    let text = header(&stated, "INT_16", CHANNELS);
    let folder = recording("length", &text, &bytes(&COUNTS));
    clean(&folder.path("a.vhdr"));
    folder.write("a.eeg", &bytes(&COUNTS)[..11]);
    let opened = open(folder.path("a.vhdr")).unwrap();
    let found = "data file: it ends inside a sample: 3 bytes after the last whole one are dropped\n\
                 data file: 3 samples are stated; 2 are there\n";
    assert_eq!(told(&opened), found);
    assert_eq!(rows(&opened)[0], [0.5, 150.0]);
    folder.write("a.eeg", bytes(&[COUNTS, COUNTS].concat()));
    let opened = open(folder.path("a.vhdr")).unwrap();
    assert_eq!(told(&opened), "data file: 3 samples are stated; 6 are there, and all are read\n");
    assert_eq!(rows(&opened)[0].len(), 6);
    folder.write("a.eeg", b"");
    let opened = open(folder.path("a.vhdr")).unwrap();
    assert!(told(&opened).contains("data file: it holds no samples"), "{}", told(&opened));
    std::fs::remove_file(folder.path("a.vmrk")).unwrap();
    let opened = open(folder.path("a.vhdr")).unwrap();
    assert!(told(&opened).contains("MarkerFile: there is no \"a.vmrk\"; there are no events"));
}

#[test]
fn of_a_vectorized_file_cut_short_whole_channels_are_read() {
    let common = COMMON.replace("MULTIPLEXED", "VECTORIZED");
    let text = header(&format!("{common}DataPoints=3\n"), "INT_16", CHANNELS);
    let folder = recording("vectorized", &text, &bytes(&COUNTS));
    assert_eq!(rows(&clean(&folder.path("a.vhdr")))[0], [0.5, -1.0, 150.0]);
    for cut in 6..12 {
        folder.write("a.eeg", &bytes(&COUNTS)[..cut]);
        let opened = open(folder.path("a.vhdr")).unwrap();
        let found = "data file: it is cut short: 3 samples of 2 channels are stated, 1 channels are \
                     there in full, and the others are left out\n";
        assert_eq!(told(&opened), found);
        assert_eq!((labels(&opened), rows(&opened)), (vec!["Oz"], vec![vec![0.5, -1.0, 150.0]]));
    }
    folder.write("a.eeg", &bytes(&COUNTS)[..5]);
    let opened = open(folder.path("a.vhdr")).unwrap();
    assert_eq!(told(&opened), "data file: it is cut short: 2 of 3 samples of the first channel\n");
    assert_eq!(rows(&opened), [[0.5, -1.0]]);
    // More than stated: the length counts where it can.
    folder.write("a.eeg", bytes(&[1, 2, 3, 4, 5, 6, 7, 8]));
    let opened = open(folder.path("a.vhdr")).unwrap();
    assert_eq!(told(&opened), "data file: 3 samples are stated; 4 are there, and 4 are read\n");
    assert_eq!(rows(&opened)[0], [0.5, 1.0, 1.5, 2.0]);
    folder.write("a.eeg", bytes(&[1, 2, 3, 4, 5, 6, 7, 8, 9]));
    let opened = open(folder.path("a.vhdr")).unwrap();
    assert_eq!(told(&opened), "data file: 3 samples are stated; 4 are there, and 3 are read\n");
    assert_eq!(rows(&opened), [[0.5, 1.0, 1.5], [8000.0, 10_000.0, 12_000.0]]);
}

#[test]
fn a_wrong_number_of_channels_is_settled_by_the_length() {
    let nine = bytes(&[1, 2, 3, 4, 5, 6, 7, 8, 9]);
    // Three described, two stated; nine values suit three.
    let three = "Ch1=a,,1\nCh2=b,,1\nCh3=c,,1\n";
    let folder = recording("channels", &header(COMMON, "INT_16", three), &nine);
    let opened = open(folder.path("a.vhdr")).unwrap();
    assert!(told(&opened).contains("1 lines have numbers beyond that of the channels; left out"));
    assert_eq!(rows(&opened), [[1.0, 3.0, 5.0, 7.0], [2.0, 4.0, 6.0, 8.0]]);
    // Two described, three stated.
    let common = COMMON.replace("Channels=2", "Channels=3");
    let text = header(&common, "INT_16", "Ch1=a,,1\nCh2=b,,1\n");
    folder.write("a.vhdr", &text);
    let opened = open(folder.path("a.vhdr")).unwrap();
    let found = "NumberOfChannels: 3 channels are stated and 2 described; 3 are read, which suits \
                 the length of the data file\n\
                 Channel Infos: 1 channels have no label; their numbers serve as labels\n";
    assert_eq!((told(&opened).as_str(), labels(&opened)), (found, vec!["a", "b", "channel 3"]));
    let channel = &opened.recording.streams()[0].channels()[2];
    assert_eq!(channel.unit, Unit::Other("count".to_owned()));
    folder.write("a.eeg", bytes(&[1, 2, 3, 4]));
    let opened = open(folder.path("a.vhdr")).unwrap();
    assert_eq!(rows(&opened), [[1.0, 3.0], [2.0, 4.0]]);
    // Neither.
    let common = COMMON.replace("NumberOfChannels=2\n", "");
    folder.write("a.vhdr", header(&common, "INT_16", "Ch1=a,,1\nCh3=b,,1\n"));
    let opened = open(folder.path("a.vhdr")).unwrap();
    assert!(told(&opened).contains("it is missing; the channels that are described are counted"));
    assert_eq!(rows(&opened), [[1.0, 3.0], [2.0, 4.0]]);
    // A hole, and a label that is there twice.
    let common = COMMON.replace("Channels=2", "Channels=3");
    folder.write("a.vhdr", header(&common, "INT_16", "Ch1=a,,1\nCh3=a,,1\n"));
    folder.write("a.eeg", bytes(&[1, 2, 3]));
    let opened = open(folder.path("a.vhdr")).unwrap();
    assert!(
        told(&opened).contains("label \"a\": 2 channels have this label; they are called a-0, a-1")
    );
    assert_eq!((labels(&opened), rows(&opened)[2][0]), (vec!["a-0", "channel 2", "a-1"], 3.0));
}

#[test]
fn what_cannot_be_read_says_why() {
    let folder = recording("refused", "", &bytes(&COUNTS));
    let text = header(COMMON, "INT_16", CHANNELS);
    for (from, to, reason) in [
        ("[Common Infos]", "[Nothing]", "no section [Common Infos]"),
        ("SamplingInterval=4000", "", "no SamplingInterval, expected microseconds"),
        ("Interval=4000", "Interval=0", "--rate"),
        ("Interval=4000", "Interval=-1", "found SamplingInterval \"-1\""),
        ("Interval=4000", "Interval=NaN", "--rate"),
        ("Interval=4000", "Interval=often", "--rate"),
        ("Channels=2", "Channels=0", "a number from 1 to 8192"),
        ("Channels=2", "Channels=4000000000", "a number from 1 to 8192"),
        ("Channels=2", "Channels=x", "a number from 1 to 8192"),
        ("INT_16", "INT_12", "sample type \"INT_12\" is not supported"),
        ("BinaryFormat=INT_16", "", "no type of samples"),
        ("MULTIPLEXED", "DIAGONAL", "MULTIPLEXED or VECTORIZED"),
        ("BINARY", "MORSE", "BINARY or ASCII"),
        ("DataFormat", "DataType=FREQUENCYDOMAIN\nDataFormat", "the frequency domain"),
    ] {
        let changed = text.replace(from, to);
        assert_ne!(changed, text);
        folder.write("a.vhdr", changed);
        let error = refused(&folder.path("a.vhdr"));
        assert!(error.contains(reason), "{to}: {error}");
    }
}

#[test]
fn a_rate_may_be_given_and_may_have_a_comma() {
    let text = header(COMMON, "INT_16", CHANNELS);
    let folder = recording("rate", &text.replace("4000", "1953,125"), &bytes(&COUNTS));
    assert_eq!(clean(&folder.path("a.vhdr")).recording.streams()[0].rate_hz(), 512.0);
    let given = || open_with(folder.path("a.vhdr"), Options::default().rate_hz(500.0)).unwrap();
    let opened = given();
    assert_eq!(opened.recording.streams()[0].rate_hz(), 500.0);
    assert!(told(&opened).contains("the header says 512 Hz; 500 Hz is used, as asked for"));
    folder.write("a.vhdr", text.replace("SamplingInterval=4000", ""));
    let opened = given();
    assert_eq!((told(&opened).as_str(), opened.recording.streams()[0].rate_hz()), ("", 500.0));
}

#[test]
fn cut_or_averaged_recordings_are_told() {
    let common = format!("{COMMON}SegmentationType=MARKERBASED\nAveraged=YES\n");
    let folder = recording("cut", &header(&common, "INT_16", CHANNELS), &bytes(&COUNTS));
    let told = told(&open(folder.path("a.vhdr")).unwrap());
    assert!(told.contains("cut into segments") && told.contains("averages over trials"), "{told}");
}

#[test]
fn the_reference_and_the_filters_are_metadata() {
    let comment = "[Comment]\n#     Name      Phys. Chn.    Resolution / Unit   Low Cutoff [Hz]   \
        High Cutoff [Hz]   Notch [Hz]\n\
        1     Oz         1                0.5 µV             0.1              100       50\n\
        2     O1         2                2   mV             0.1              100       50\n";
    let text = header(COMMON, "INT_16", "Ch1=Oz,Cz,0.5,µV\nCh2=O1,Cz,2,mV\n") + comment;
    let folder = recording("metadata", &text, &bytes(&COUNTS));
    let opened = clean(&folder.path("a.vhdr"));
    let metadata: Vec<_> =
        opened.recording.metadata().iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let expected =
        [("highpass_hz", "0.1"), ("lowpass_hz", "100"), ("notch_hz", "50"), ("reference", "Cz")];
    assert_eq!(metadata, expected);
}

/// A header for samples as text.
fn text_header(order: &str, ascii: &str) -> String {
    let common = COMMON.replace("BINARY", "ASCII").replace("MULTIPLEXED", order);
    header(&common, "none", "Ch1=Oz,,1,µV\nCh2=O 1,,2,mV\n").replace("[Binary Infos]", ascii)
}

#[test]
fn samples_may_be_text() {
    let expected = [[1.0, -2.5, 300.0], [2000.0, 4000.0, 1e6]];
    for (order, ascii, data) in [
        ("MULTIPLEXED", "", "1 1\n-2.5\t2\n3e2 500\n"),
        ("MULTIPLEXED", "[ASCII Infos]\nSkipLines=1", "Oz \"O 1\"\r\n1 1\r\n-2.5 2\r\n300 500\r\n"),
        ("MULTIPLEXED", "[ASCII Infos]\nDecimalSymbol=,", "1 1,0\n-2,5 2\n\n300;500"),
        ("MULTIPLEXED", "[ASCII Infos]\nSkipColumns=1", "0,1,1\n4,-2.5,2\n8,300,500"),
        ("VECTORIZED", "[ASCII Infos]\nSkipColumns=1", "Oz 1 -2.5 300\nO 1 1 2 500"),
        ("VECTORIZED", "", "Oz 1 -2.5 300\nO 1 1 2 500\n"),
        ("VECTORIZED", "", "1 -2.5 300\n\n\"O-1\" 1 2 500\n"),
        ("VECTORIZED", "", "1 -2.5 300\n1 2 500\n"),
    ] {
        let folder = recording("text", &text_header(order, ascii), data.as_bytes());
        let path = folder.path("a.vhdr");
        let opened = clean(&path);
        assert_eq!(rows(&opened), expected, "{data:?}");
        let second = open_with(&path, Options::default().channels(["O 1"])).unwrap();
        assert_eq!(rows(&second), expected[1..], "{data:?}");
    }
}

#[test]
fn damaged_text_is_told() {
    let header = text_header("MULTIPLEXED", "");
    let folder = recording("damaged", &header, b"1 1\n2 x\n3 3 3\n4\n5 5\n");
    let opened = open(folder.path("a.vhdr")).unwrap();
    let found = "data file, line 2: 1 words are no numbers; NaN stands for them\n\
                 data file, line 4: 1 lines have fewer numbers than there are channels; NaN stands \
                 for missing ones, and lines with less than half are left out\n\
                 data file: 1 numbers belong to no channel; left out\n";
    assert_eq!(told(&opened), found);
    assert_eq!(rows(&opened)[0], [1.0, 2.0, 3.0, 4.0, 5.0]);
    let second = &rows(&opened)[1];
    assert!(second[1].is_nan() && second[3].is_nan() && second[4] == 10_000.0);
    let vectorized = text_header("VECTORIZED", "");
    folder.write("a.vhdr", vectorized);
    folder.write("a.eeg", "1 2 3\n4 5\n");
    let opened = open(folder.path("a.vhdr")).unwrap();
    let found = "data file: 1 channels have fewer samples than others; left out\n";
    assert_eq!((told(&opened).as_str(), labels(&opened)), (found, vec!["Oz"]));
    // A word without an end.
    let long = format!("{} 1\n", "9".repeat(2 << 20));
    folder.write("a.eeg", long);
    assert!(refused(&folder.path("a.vhdr")).contains("a word of more than"));
}

#[test]
fn text_is_read_in_blocks() {
    let folder = Folder::new("text-blocks");
    folder.write("a.vhdr", text_header("MULTIPLEXED", ""));
    folder.write(
        "a.vmrk",
        markers(
            "Mk1=New Segment,,1,1,0,20240101000000000000\n\
        Mk2=New Segment,,100001,1,0,20240101001000000000\n",
        ),
    );
    let lines: String = (0..200_000).map(|i| format!("{i}.000 -{}\n", i % 77)).collect();
    assert!(lines.len() > 2 << 20);
    folder.write("a.eeg", lines);
    let opened = open(folder.path("a.vhdr")).unwrap();
    let stream = &opened.recording.streams()[0];
    // Ten minutes at 250 Hz are 150,000 samples.
    let segments = [Segment { first: 0, len: 100_000 }, Segment { first: 150_000, len: 100_000 }];
    assert_eq!(stream.samples().segments(), segments);
    let rows = rows(&opened);
    assert!(rows[0].iter().enumerate().all(|(i, &value)| value == i as f32));
    assert!(rows[1].iter().enumerate().all(|(i, &value)| value == -2000.0 * (i % 77) as f32));
}
