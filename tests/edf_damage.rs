//! EDF and BDF files as they should not be: cut short, with fields that contradict each other or
//! make no sense.
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

#[path = "common/edf_writer.rs"]
mod edf_writer;

use std::io::Cursor;
use std::path::PathBuf;

use edf_writer::{Channel, File};
use evoked::formats::{FormatError, Opened, Options, WriteFormat, read, save};
use evoked::signal::Unit;
use evoked::simulate::SessionParams;
use evoked::stimulus::Codebook;

fn open(bytes: Vec<u8>) -> Opened {
    read(Cursor::new(bytes), Options::default()).unwrap()
}

fn refused(bytes: Vec<u8>) -> String {
    read(Cursor::new(bytes), Options::default()).unwrap_err().to_string()
}

fn told(opened: &Opened) -> String {
    opened.warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Three channels of 5 records of 4 samples, whose samples are their counts.
fn plain(width: usize) -> File {
    let counts: Vec<i32> = (0..20).collect();
    let channel = |(label, factor): (&str, i32)| {
        let counts: Vec<i32> = counts.iter().map(|count| factor * count).collect();
        let mut channel = Channel::new(label, width, 4, &counts);
        channel.physical = channel.digital.clone();
        channel
    };
    File::new(width, 5, [("a", 1), ("b", -3), ("c", 100)].map(channel).to_vec())
}

/// Checks the first `len` samples of each channel of [`plain`].
fn is_plain(opened: &Opened, len: usize) {
    let [stream] = opened.recording.streams() else { panic!("one stream") };
    assert_eq!(stream.samples().len(), len);
    for (row, factor) in [1.0, -3.0, 100.0].into_iter().enumerate() {
        let expected: Vec<f32> = (0..len).map(|i| i as f32 * factor).collect();
        assert_eq!(stream.samples().channel(row), expected);
    }
}

#[test]
fn a_file_cut_anywhere_keeps_its_whole_records() {
    for width in [2, 3] {
        let file = plain(width);
        let (header, record) = (file.header().len(), 12 * width);
        let bytes = file.bytes();
        is_plain(&open(bytes.clone()), 20);
        for len in header..bytes.len() {
            let opened = open(bytes[..len].to_vec());
            let (whole, rest) = ((len - header) / record, (len - header) % record);
            is_plain(&opened, 4 * whole);
            let cut = match rest {
                0 => String::new(),
                rest => format!(", then one cut short ({rest} of {record} bytes, dropped)"),
            };
            let expected =
                format!("byte 236: 5 records are stated; {whole} whole ones are there{cut}");
            assert_eq!(told(&opened), expected, "{len}");
        }
        for len in 8..header {
            match read(Cursor::new(&bytes[..len]), Options::default()).unwrap_err() {
                FormatError::Truncated { len: found, needed, .. } => {
                    assert_eq!((found, needed > found), (len as u64, true));
                }
                other => panic!("{len}: {other}"),
            }
        }
    }
}

#[test]
fn the_number_of_records_follows_from_the_length() {
    let read = |stated: &str, extra: usize| {
        let mut file = plain(2);
        file.records = stated.to_owned();
        let mut bytes = file.bytes();
        bytes.extend(vec![0; extra]);
        let opened = open(bytes);
        is_plain(&opened, 20);
        told(&opened)
    };
    assert_eq!(read("5", 0), "");
    assert_eq!(read("-1", 0), "byte 236: the number of records is not known (-1); 5 are there");
    assert_eq!(read("0", 0), "byte 236: the number of records is not known (0); 5 are there");
    assert_eq!(read("3", 0), "byte 236: 3 records are stated, but 5 are there; all are read");
    assert_eq!(read("5", 7), "end of file: 7 bytes after the last record are ignored");
    let message = "byte 236: \"five\" is no number of records\nbyte 236: 5 records are there";
    assert_eq!(read("five", 0), message);
    assert_eq!(
        read("-1", 2),
        "byte 236: the number of records is not known (-1); 5 are there, then one cut short (2 of \
         24 bytes, dropped)"
    );
}

#[test]
fn an_undefined_scaling_leaves_counts() {
    for (physical, digital, words) in [
        (("0", "0"), ("-32768", "32767"), "counts from -32768 to 32767 for values from 0 to 0"),
        (("5", "5"), ("-1", "1"), "counts from -1 to 1 for values from 5 to 5"),
        (("-1", "1"), ("0", "0"), "counts from 0 to 0 for values from -1 to 1"),
        (("", "1"), ("-9", "9"), "counts from -9 to 9 for values from nothing to 1"),
        (("-1", "x"), ("-9", "9"), "counts from -9 to 9 for values from -1 to nothing"),
        (("-1", "nan"), ("-9", "9"), "counts from -9 to 9 for values from -1 to nothing"),
        (("-1", "1"), ("\0\0", "9"), "counts from nothing to 9 for values from -1 to 1"),
        (("-1e-30", "1e-30"), ("-9e9", "9e9"), "counts from -9000000000 to 9000000000"),
    ] {
        let mut file = plain(2);
        let pair = |(low, high): (&str, &str)| (low.to_owned(), high.to_owned());
        (file.channels[1].physical, file.channels[1].digital) = (pair(physical), pair(digital));
        let opened = open(file.bytes());
        is_plain(&opened, 20);
        let channels = opened.recording.streams()[0].channels();
        assert_eq!(channels[1].unit, Unit::Other("count".to_owned()), "{words}");
        assert_eq!(channels[0].unit, Unit::Microvolt);
        let told = told(&opened);
        assert!(told.starts_with("channel 2 (b): its scaling is undefined"), "{told}");
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn turned_ends_are_used_as_they_are() {
    let mut file = plain(2);
    file.channels[1].digital = ("32767".to_owned(), "-32767".to_owned());
    let opened = open(file.bytes());
    assert_eq!(opened.recording.streams()[0].samples().channel(1)[1], 3.0);
    assert!(told(&opened).contains("lowest count, 32767, is above its highest, -32767"));
    // A turned physical range is how EDF says that the polarity is.
    let mut file = plain(2);
    file.channels[1].physical = ("32767".to_owned(), "-32767".to_owned());
    let opened = open(file.bytes());
    assert_eq!(opened.recording.streams()[0].samples().channel(1)[1], 3.0);
    assert_eq!(told(&opened), "");
}

#[test]
fn numbers_are_read_as_far_as_they_are_numbers() {
    let mut file = plain(2);
    let ends = |low: &str, high: &str| (low.to_owned(), high.to_owned());
    file.channels[0].physical = ends("-32767,0", "32767uV");
    file.channels[1].physical = ends("- 32767", "+32767.0");
    file.channels[2].digital = ends("\0-32767", "32767\0\0\0");
    file.duration = "1,0".to_owned();
    file.records = "5.0".to_owned();
    file.channels[2].stated = "4\0\0".to_owned();
    let opened = open(file.bytes());
    is_plain(&opened, 20);
    assert_eq!(opened.recording.streams()[0].rate_hz(), 4.0);
    let at = |field: usize, channel: usize| 256 + 3 * field + 8 * channel;
    assert_eq!(
        told(&opened),
        [
            "byte 244: \"1,0\" is read as a record's length of 1 s".to_owned(),
            format!("byte {}: \"-32767,0\" is read as -32767", at(104, 0)),
            format!("byte {}: \"32767uV\" is read as 32767", at(112, 0)),
            format!("byte {}: \"- 32767\" is read as -32767", at(104, 1)),
        ]
        .join("\n")
    );
}

#[test]
fn the_length_of_a_record_may_be_wrong() {
    for (duration, word) in [
        ("0", "records are said to last 0 s"),
        ("", "\"\" is no length of a record"),
        ("-1", "\"-1\" is no length of a record"),
        ("inf", "\"inf\" is no length of a record"),
        ("1e99", "\"1e99\" is no length of a record"),
    ] {
        let mut file = plain(2);
        file.duration = duration.to_owned();
        let opened = open(file.bytes());
        is_plain(&opened, 20);
        assert_eq!(opened.recording.streams()[0].rate_hz(), 4.0);
        let told = told(&opened);
        assert!(told.starts_with("byte 244: ") && told.contains(word), "{told}");
        assert!(told.ends_with("1 s is taken, so the sampling rate is a guess"), "{told}");
    }
}

#[test]
fn the_length_of_the_header_may_be_wrong() {
    for wrong in ["", "?", "1000", "256", "0", "-1"] {
        let mut file = plain(2);
        file.header_bytes = wrong.to_owned();
        let opened = open(file.bytes());
        is_plain(&opened, 20);
        let told = told(&opened);
        assert!(told.starts_with("byte 184: "), "{wrong}: {told}");
        assert!(told.contains("is no length of a header of 3 channels"), "{told}");
    }
    for wrong in ["768", "1280"] {
        let mut file = plain(2);
        file.header_bytes = wrong.to_owned();
        let opened = open(file.bytes());
        is_plain(&opened, 20);
        let other = wrong.parse::<usize>().unwrap() / 256 - 1;
        let message = format!(
            "byte 252: 3 channels are stated, but the header's length is that of {other}; taken \
             for 3"
        );
        assert!(told(&opened).starts_with(&message), "{}", told(&opened));
    }
}

#[test]
fn a_header_may_be_longer_than_its_channels() {
    let mut file = plain(2);
    file.header_bytes = "1500".to_owned();
    let mut bytes = file.header();
    bytes.resize(1500, b' ');
    bytes.extend(file.data());
    let opened = open(bytes);
    is_plain(&opened, 20);
    assert!(told(&opened).contains("the records are taken to start at byte 1500"));
}

#[test]
fn the_number_of_channels_may_be_wrong() {
    for wrong in ["", "x", "0", "-3", "2.5"] {
        let mut file = plain(2);
        file.count = wrong.to_owned();
        let opened = open(file.bytes());
        is_plain(&opened, 20);
        let expected =
            format!("byte 252: {wrong:?} is no number of channels; the header's length says 3");
        assert_eq!(told(&opened), expected);
    }
    for wrong in ["2", "4", "9999"] {
        let mut file = plain(2);
        file.count = wrong.to_owned();
        let opened = open(file.bytes());
        is_plain(&opened, 20);
        assert!(told(&opened).ends_with("the header's length is that of 3; taken for 3"));
    }
    let mut file = plain(2);
    (file.count, file.header_bytes) = ("0".to_owned(), "256".to_owned());
    let error = refused(file.bytes());
    assert_eq!(error, "EDF, byte 252: found \"0\", expected a number of channels from 1 to 9999");
}

#[test]
fn a_missing_number_of_samples_is_what_the_others_leave() {
    let mut file = plain(3);
    file.channels[1].stated = "four".to_owned();
    let opened = open(file.bytes());
    is_plain(&opened, 20);
    let at = 256 + 3 * 216 + 8;
    assert!(told(&opened).starts_with(&format!("byte {at}: no number of samples a record")));
    file.channels[2].stated = "-4".to_owned();
    let error = refused(file.bytes());
    assert!(error.contains(&format!("byte {at}: found no number of samples")), "{error}");
    let mut file = plain(2);
    (file.channels[1].stated, file.records) = (String::new(), "-1".to_owned());
    assert!(refused(file.bytes()).contains("channel 2"));
}

#[test]
fn channels_without_samples_are_left_out() {
    let mut file = plain(2);
    file.channels.insert(1, Channel::new("empty", 2, 0, &[]));
    (file.header_bytes, file.count) = ("1280".to_owned(), "4".to_owned());
    let opened = open(file.bytes());
    is_plain(&opened, 20);
    let expected = "channel 2 (empty): it has no samples in the records; left out";
    assert_eq!(told(&opened), expected);

    let file = File::new(2, 3, vec![Channel::new("empty", 2, 0, &[])]);
    assert!(refused(file.bytes()).contains("no channel that holds samples"));
}

#[test]
fn labels_may_be_missing_or_the_same() {
    let mut file = plain(2);
    file.channels[0].label.clear();
    file.channels[1].label = b"c".to_vec();
    let opened = open(file.bytes());
    is_plain(&opened, 20);
    let labels: Vec<_> =
        opened.recording.streams()[0].channels().iter().map(|c| c.label.as_str()).collect();
    assert_eq!(labels, ["channel 1", "c-0", "c-1"]);
    assert_eq!(
        told(&opened),
        "channel 1: it has no label; its number serves as one\n\
         label \"c\": 2 channels have this label; they are called c-0, c-1"
    );
}

#[test]
fn labels_in_any_encoding_are_read() {
    let mut file = plain(2);
    file.channels[0].label = "Größe".as_bytes().to_vec();
    file.channels[1].label = b"Gr\xf6\xdfe".to_vec();
    file.channels[2].label = b"a\xff\xfe\x01z".to_vec();
    let opened = open(file.bytes());
    is_plain(&opened, 20);
    let labels: Vec<_> =
        opened.recording.streams()[0].channels().iter().map(|c| c.label.as_str()).collect();
    // As UTF-8 where it is that, else as Latin-1.
    assert_eq!(labels, ["Größe-0", "Größe-1", "aÿþ\u{1}z"]);
}

#[test]
fn four_fifths_of_a_session_keep_their_samples_and_events() {
    let codebook = Codebook::sinusoids(&[10.0, 15.0]).unwrap();
    let params = SessionParams { blocks: 4, ..SessionParams::default() };
    let recording = params.simulate(&codebook).unwrap().recording;
    let whole = recording.streams()[0].samples();
    for (format, bits) in [(WriteFormat::Edf, 16), (WriteFormat::Bdf, 24)] {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("four-fifths.{bits}"));
        save(&path, &recording, None, format).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let opened = open(bytes[..bytes.len() / 5 * 4].to_vec());
        let samples = opened.recording.streams()[0].samples();
        let share = samples.len() as f64 / whole.len() as f64;
        assert!((0.75..0.8).contains(&share), "{share}");
        for channel in 0..whole.channels() {
            assert_eq!(samples.channel(channel), &whole.channel(channel)[..samples.len()]);
        }
        let there: Vec<_> =
            recording.events().iter().filter(|e| e.sample < samples.end()).collect();
        assert!(opened.recording.events().iter().eq(there.iter().copied()));
        let told = told(&opened);
        assert!(told.starts_with("byte 236: ") && told.contains("then one cut short"), "{told}");
    }
}

#[test]
fn annotations_that_are_none_are_counted() {
    let lists: &[&[u8]] = &[
        b"+0\x14\x14\0+0.5\x14good\x14\0",
        b"+1\x14\x14\0\x01\x02garbage\xff\0+1.5\x14also good\x14\0",
        b"\0\0\0\0\0+2.5\x14late\x14\0+2.75\x14cut off he",
        b"all of this is garbage, and no time",
        b"+4\x14\x14\0    ",
    ];
    let mut file = plain(2).kind("EDF+C");
    let longest = lists.iter().map(|list| list.len()).max().unwrap();
    let padded: Vec<Vec<u8>> = (lists.iter())
        .map(|list| {
            let mut list = list.to_vec();
            // The third has no end at all.
            let fill = if list.ends_with(b"off he") { b'x' } else { 0 };
            list.resize(longest.next_multiple_of(2), fill);
            list
        })
        .collect();
    let padded: Vec<&[u8]> = padded.iter().map(Vec::as_slice).collect();
    file.channels.push(Channel::annotations(2, &padded));
    (file.header_bytes, file.count) = ("1280".to_owned(), "4".to_owned());
    let opened = open(file.bytes());
    is_plain(&opened, 20);
    let labels: Vec<_> =
        opened.recording.events().iter().map(|event| event.label.trim_end_matches('x')).collect();
    assert_eq!(labels, ["good", "also good", "late", "cut off he"]);
    assert_eq!(
        told(&opened),
        "annotations, record 2: 2 stretches that are no annotation as they stand, here the first\n\
         annotations, record 3: 1 annotations without an end; what is there is kept, here the \
         first"
    );
}

#[test]
fn a_file_of_the_other_width_is_told_by_its_length() {
    for (said, width, bits) in [(2, 3, 24), (3, 2, 16)] {
        let mut file = plain(width);
        file.version = if said == 2 { b"0".to_vec() } else { b"\xffBIOSEMI".to_vec() };
        let opened = open(file.bytes());
        is_plain(&opened, 20);
        let expected = format!(
            "byte 0: the first byte is that of {}-bit samples, but they have {bits} bits",
            said * 8
        );
        assert_eq!(told(&opened), expected);
        assert_eq!(opened.format.to_string(), if bits == 24 { "BDF" } else { "EDF" });
    }
    // A range too wide for 16 bits tells, too, where the number of records does not.
    let mut file = plain(3);
    (file.version, file.records) = (b"0".to_vec(), "-1".to_owned());
    let opened = open(file.bytes());
    is_plain(&opened, 20);
    assert!(told(&opened).starts_with("byte 0: "));
}

#[test]
fn a_24_bit_file_cut_to_two_thirds_stays_one() {
    // So long are records of 16 bits.
    let counts: Vec<i32> = (0..24).map(|i| i * 80 - 1000).collect();
    let mut channel = Channel::new("a", 3, 4, &counts);
    channel.digital = ("-2048".to_owned(), "2047".to_owned());
    channel.physical = channel.digital.clone();
    let bytes = File::new(3, 6, vec![channel]).bytes();
    let opened = open(bytes[..512 + 48].to_vec());
    let expected: Vec<f32> = counts[..16].iter().map(|&count| count as f32).collect();
    assert_eq!(opened.recording.streams()[0].samples().channel(0), expected);
    assert_eq!(told(&opened), "byte 236: 6 records are stated; 4 whole ones are there");
}

#[test]
fn a_text_that_starts_like_a_header_is_none() {
    let text = format!("0       {}", "some words and no number ".repeat(20));
    let error = refused(text.into_bytes());
    assert!(error.starts_with("not a recording that can be read: it starts like EDF"), "{error}");
    let error = refused(b"0       ".to_vec());
    assert_eq!(
        error,
        "EDF: the file ends at byte 8, inside the fixed header, which needs 256 bytes"
    );
}
