//! Hand-made EDF and BDF files: rates, gaps, annotations, trigger lines.
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

#[path = "common/edf_writer.rs"]
mod edf_writer;

use std::io::Cursor;

use edf_writer::{Channel, File};
use evoked::formats::{Format, FormatError, Opened, Options, read};
use evoked::signal::{Event, Recording, Segment, SignalError, Unit};

fn opened(file: &File) -> Opened {
    read(Cursor::new(file.bytes()), Options::default()).unwrap()
}

fn told(opened: &Opened) -> Vec<String> {
    opened.warnings.iter().map(ToString::to_string).collect()
}

/// Reads a file with which nothing is wrong.
fn clean(file: &File) -> Recording {
    let opened = opened(file);
    assert_eq!(told(&opened), Vec::<String>::new());
    opened.recording
}

fn pair(low: impl ToString, high: impl ToString) -> (String, String) {
    (low.to_string(), high.to_string())
}

/// Onset in seconds, code and label of each event.
fn events(recording: &Recording) -> Vec<(f64, u32, &str)> {
    let events = recording.events().iter();
    events.map(|event| (recording.onset_s(event), event.code, event.label.as_str())).collect()
}

fn segments(recording: &Recording, stream: usize) -> Vec<(u64, usize)> {
    let segments = recording.streams()[stream].samples().segments().iter();
    segments.map(|&Segment { first, len }| (first, len)).collect()
}

#[test]
fn counts_of_both_widths_are_scaled_by_their_ends() {
    for (width, extremes) in [(2, [-32_768, 32_767]), (3, [-8_388_608, 8_388_607])] {
        let counts = [extremes[0], -100, -1, 0, 1, 100, 5000, extremes[1]];
        let cases = [
            (pair(-200, 200), pair(extremes[0], extremes[1]), "uV", 1.0),
            (pair("-3276.8", "3276.7"), pair(-32_768, 32_767), "uV", 1.0),
            (pair(-2, 3), pair(0, 4095), "mV", 1e3),
            (pair("-.25", "1e-1"), pair(-2048, 2047), "V", 1e6),
            (pair("34", "40"), pair(-2849, 2731), "DegC", 1.0),
            (pair(8711, -8711), pair(extremes[0], extremes[1]), "nV", 1e-3),
        ];
        let mut channels = Vec::new();
        for (i, (physical, digital, unit, _)) in cases.iter().enumerate() {
            let mut channel = Channel::new(&format!("c{i}"), width, 4, &counts);
            channel.physical = physical.clone();
            channel.digital = digital.clone();
            channel.unit = unit.as_bytes().to_vec();
            channels.push(channel);
        }
        let file = File::new(width, 2, channels);
        let recording = clean(&file);
        let stream = &recording.streams()[0];
        assert_eq!((recording.streams().len(), stream.rate_hz()), (1, 4.0));
        for (c, (physical, digital, unit, factor)) in cases.iter().enumerate() {
            let ends = |pair: &(String, String)| -> (f64, f64) {
                (pair.0.parse().unwrap(), pair.1.parse().unwrap())
            };
            let ((pmin, pmax), (dmin, dmax)) = (ends(physical), ends(digital));
            let row = stream.samples().channel(c);
            for (&count, &found) in counts.iter().zip(row) {
                let value = (f64::from(count) - dmin) * (pmax - pmin) / (dmax - dmin) + pmin;
                let expected = value * factor;
                // Scale, offset, product and sum are each rounded to f32, once at most.
                let size = expected.abs() + 2.0 * factor * pmin.abs().max(pmax.abs());
                let off = (f64::from(found) - expected).abs();
                assert!(off <= size * 1.2e-7, "{width} c{c} {count}: {found}, {expected}");
            }
            let channel = &stream.channels()[c];
            let volts = Unit::Microvolt;
            let expected = if *unit == "DegC" { Unit::Other("DegC".into()) } else { volts };
            assert_eq!(channel.unit, expected);
            // Where counts can't be told apart in f32 any more, none are promised.
            if let Some(grid) = channel.quantization {
                let back: Vec<_> = row.iter().map(|&x| grid.count(x).unwrap()).collect();
                assert_eq!(back, counts, "{width} c{c}");
            } else {
                assert_eq!(width, 3, "c{c}");
            }
        }
    }
}

#[test]
fn where_f32_would_cancel_samples_are_computed_in_f64() {
    let mut channel = Channel::new("c", 3, 3, &[8_000_000, 8_000_050, 8_000_100]);
    (channel.physical, channel.digital) = (pair(-1, 1), pair(8_000_000, 8_000_100));
    let recording = clean(&File::new(3, 1, vec![channel]));
    let stream = &recording.streams()[0];
    for (found, expected) in stream.samples().channel(0).iter().zip([-1.0, 0.0, 1.0]) {
        assert!((found - expected).abs() < 1e-6, "{found}");
    }
    assert_eq!(stream.channels()[0].quantization, None);
}

#[test]
fn a_stream_for_each_rate_with_most_channels_first() {
    let slow = Channel::new("slow", 2, 2, &[1, 2, 3, 4]);
    let fast = |label| Channel::new(label, 2, 5, &[10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    let mut file = File::new(2, 2, vec![slow, fast("a"), fast("b")]);
    file.duration = "0.5".to_owned();
    for channel in &mut file.channels {
        channel.physical = channel.digital.clone();
    }
    let recording = clean(&file);
    let [first, second] = recording.streams() else { panic!("two streams") };
    assert_eq!((first.name(), first.rate_hz()), ("10 Hz", 10.0));
    assert_eq!((second.name(), second.rate_hz()), ("4 Hz", 4.0));
    let expected: Vec<f32> = (10..20).map(|i| i as f32).collect();
    assert_eq!(first.samples().channel(1), expected);
    assert_eq!(second.samples().channel(0), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(recording.duration_s(), 1.0);
}

#[test]
fn annotations_are_events_wherever_they_stand() {
    let counts: Vec<i32> = (0..300).collect();
    let early = Channel::annotations(
        2,
        &[
            b"+0.25\x14\x14\0+0.5\x14first\x14also first\x14\0",
            "+1.25\x14\x14\0+2.255\x150.5\x14Größe 中\x14\0".as_bytes(),
            b"+2.25\x14\x14\0",
        ],
    );
    let late =
        Channel::annotations(2, &[b"", b"+1.25\x1533025\x1432779\x14\0", b"+0.75\x14x\x14\0"]);
    let eeg = |label| Channel::new(label, 2, 100, &counts);
    let channels = vec![eeg("Oz"), early, eeg("O1"), late];
    let file = File::new(2, 3, channels).kind("EDF+C");
    let recording = clean(&file);
    assert_eq!(
        events(&recording),
        [
            (0.25, 0, "first"),
            (0.25, 0, "also first"),
            (0.5, 0, "x"),
            (1.0, 32779, "32779"),
            (2.005, 0, "Größe 中"),
        ]
    );
    let [.., number, last] = recording.events() else { panic!("five events") };
    assert_eq!(number.duration, 3_302_500.0);
    assert_eq!((last.sample, last.fraction, last.duration), (200, 0.5, 50.0));
    assert_eq!(recording.streams()[0].samples().len(), 300);
    assert_eq!(recording.metadata()["start_time"], "2002-03-02T10:20:30.250");
    assert_eq!(opened(&file).format.to_string(), "EDF+C");
}

#[test]
fn annotations_of_24_bit_files_are_bytes_too() {
    let lists = Channel::annotations(3, &[b"+0\x14\x14\0+0.125\x14seven by\x14\0"]);
    let file = File::new(3, 1, vec![Channel::new("Oz", 3, 8, &[0; 8]), lists]).kind("BDF+C");
    let opened = opened(&file);
    assert_eq!(told(&opened), Vec::<String>::new());
    assert_eq!(events(&opened.recording), [(0.125, 0, "seven by")]);
    let format = Format::Edf { bits: 24, is_plus: true, is_discontinuous: false };
    assert_eq!((opened.format, opened.format.to_string().as_str()), (format, "BDF+C"));
}

#[test]
fn a_file_of_annotations_only_has_events_in_seconds() {
    let lists = Channel::annotations(
        2,
        &[b"+0\x14\x14\0+30630.5\x15120\x14Sleep stage 1\x14\0+0\x1530630.5\x14Sleep stage W\x14\0"],
    );
    let mut file = File::new(2, 1, vec![lists]).kind("EDF+C");
    file.duration = "0".to_owned();
    let recording = clean(&file);
    assert!(recording.streams().is_empty());
    assert_eq!(events(&recording), [(0.0, 0, "Sleep stage W"), (30630.5, 0, "Sleep stage 1")]);
    assert_eq!(recording.events()[1].duration, 120.0);
}

#[test]
fn times_out_of_the_recording_are_told() {
    let lists = Channel::annotations(
        2,
        &[b"+5\x14\x14\0+4\x14before\x14\0+6\x14at the end\x14\0+9\x14after\x14\0+99999999999999999\x14no\x14\0"],
    );
    let file = File::new(2, 1, vec![Channel::new("Oz", 2, 10, &[0; 10]), lists]).kind("EDF+C");
    let opened = opened(&file);
    let expected = [(0.0, 0, "before"), (1.0, 0, "at the end"), (4.0, 0, "after")];
    assert_eq!(events(&opened.recording), expected);
    assert_eq!(
        told(&opened),
        [
            "annotations: 1 have times beyond any recording; left out",
            "annotations: 1 lie before the first sample; put on it",
            "annotations: 1 lie past the last sample; kept",
        ]
    );
}

/// A discontinuous file of two rates whose records start at these times.
fn discontinuous(times: &[&str]) -> File {
    let lists: Vec<Vec<u8>> = times
        .iter()
        .map(|time| match *time {
            "" => Vec::new(),
            time => format!("{time}\x14\x14\0").into_bytes(),
        })
        .collect();
    let lists: Vec<&[u8]> = lists.iter().map(Vec::as_slice).collect();
    let fast: Vec<i32> = (0..times.len() as i32 * 100).collect();
    let channels = vec![
        Channel::new("a", 2, 100, &fast),
        Channel::new("b", 2, 100, &fast),
        Channel::new("slow", 2, 4, &fast[..times.len() * 4]),
        Channel::annotations(2, &lists),
    ];
    File::new(2, times.len(), channels).kind("EDF+D")
}

#[test]
fn records_apart_in_time_leave_gaps() {
    let mut file = discontinuous(&["+3.5", "+4.5", "+7.754", "+8.754", "+20"]);
    let tal = b"+20.25\x14after\x14\0";
    let last = file.channels[3].bytes_per_record * 4;
    file.channels[3] = {
        let stamps = [&b"+3.5\x14\x14\0"[..], b"+4.5\x14\x14\0", b"+7.754\x14\x14\0"];
        let with = [b"+20\x14\x14\0", &tal[..]].concat();
        Channel::annotations(2, &[&stamps[..], &[b"+8.754\x14\x14\0", &with]].concat())
    };
    assert!(last > 0);
    let recording = clean(&file);
    // 4.254 s after the start is sample 425.4, and 17.016 quarters.
    assert_eq!(segments(&recording, 0), [(0, 200), (425, 200), (1650, 100)]);
    assert_eq!(segments(&recording, 1), [(0, 8), (17, 8), (66, 4)]);
    let epoch = recording.streams()[0].samples().epoch(425, 2).unwrap();
    let scale = 400.0 / 65_534.0;
    assert!((f64::from(epoch.channel(0)[1]) - 201.0 * scale).abs() < 1e-5);
    assert_eq!(events(&recording), [(16.75, 0, "after")]);
    assert_eq!(recording.events()[0].sample, 1675);
    assert_eq!(recording.metadata()["start_time"], "2002-03-02T10:20:33.500");
    assert_eq!(opened(&file).format.to_string(), "EDF+D");
}

#[test]
fn jitter_below_half_a_sample_is_no_gap() {
    let file = discontinuous(&["+0", "+1.0049", "+2.0", "+3.0049", "+3.9951"]);
    assert_eq!(segments(&clean(&file), 0), [(0, 500)]);
    let file = discontinuous(&["+0", "+1.0051", "+2.0051"]);
    assert_eq!(segments(&clean(&file), 0), [(0, 100), (101, 200)]);
}

#[test]
fn records_that_overlap_or_have_no_time_follow_on() {
    let file = discontinuous(&["+0", "+1", "+1.5", "", "+9"]);
    let opened = opened(&file);
    assert_eq!(segments(&opened.recording, 0), [(0, 400), (900, 100)]);
    assert_eq!(
        told(&opened),
        [
            "record 3: 1 records start before the one before them ends; they follow on from it, \
             this one first",
            "record 4: 1 records have no time that can be read; they follow on from it, this one \
             first",
        ]
    );
}

#[test]
fn a_continuous_file_has_no_gaps_whatever_its_times_say() {
    let file = discontinuous(&["+0", "+1", "+7.25", "+3"]).kind("EDF+C");
    let opened = opened(&file);
    assert_eq!(segments(&opened.recording, 0), [(0, 400)]);
    assert_eq!(
        told(&opened),
        ["record 3: its time is 5.250000 s off, but the file is said to be continuous; its \
             samples follow those before them"]
    );
}

/// A BioSemi file: two channels and the status channel, 8 samples a record.
fn biosemi(status: &[i32]) -> File {
    let counts: Vec<i32> = (0..status.len() as i32).collect();
    let mut channel = Channel::new("Status", 3, 8, status);
    channel.unit = b"Boolean".to_vec();
    let eeg = |label| Channel::new(label, 3, 8, &counts);
    File::new(3, status.len() / 8, vec![eeg("A1"), channel, eeg("A2")]).kind("24BIT")
}

const GOOD: i32 = 1 << 20 | 1 << 23 | 2 << 17;

#[test]
fn trigger_lines_are_events_and_the_channel_a_stream_of_its_own() {
    // Two lines held, one let go, the other let go and pressed again, across two records.
    let lines = [9, 9, 0, 1, 1, 3, 2, 2, 0, 0, 255, 255, 65_535, 65_535, 65_535, 0];
    let counts: Vec<i32> = lines.iter().map(|line| GOOD | line).collect();
    let file = biosemi(&counts);
    let opened = opened(&file);
    let recording = &opened.recording;
    let found: Vec<_> = recording.events().iter().map(|e| (e.sample, e.code)).collect();
    assert_eq!(found, [(3, 1), (5, 3), (6, 2), (10, 255), (12, 65_535)]);
    assert!(recording.events().iter().all(|event| event.label.is_empty()));
    assert_eq!(
        told(&opened),
        ["channel Status: the trigger lines are 9 at the very start: no event"]
    );
    let [eeg, status] = recording.streams() else { panic!("two streams") };
    let labels: Vec<_> = eeg.channels().iter().map(|channel| channel.label.as_str()).collect();
    assert_eq!((eeg.name(), labels), ("8 Hz", vec!["A1", "A2"]));
    assert_eq!((status.name(), status.rate_hz()), ("Status", 8.0));
    assert_eq!(status.channels()[0].unit, Unit::Other(String::new()));
    let grid = status.channels()[0].quantization.unwrap();
    let back: Vec<_> = status.samples().channel(0).iter().map(|&x| grid.count(x)).collect();
    // Bit 23 is the sign.
    assert_eq!(back, counts.iter().map(|count| Some(count << 8 >> 8)).collect::<Vec<_>>());
    assert_eq!(recording.metadata()["speed_mode"], "2 (Mk2)");
}

#[test]
fn trouble_of_the_amplifier_is_told_with_its_places() {
    let mut counts = [GOOD; 80];
    counts[0] |= 1 << 16;
    counts[12..16].fill(GOOD & !(1 << 20));
    counts[40] |= 1 << 22;
    counts[64..].fill(GOOD | 1 << 16);
    assert_eq!(
        told(&opened(&biosemi(&counts))),
        [
            "channel Status: CMS was out of range at 1.500–2.000 s",
            "channel Status: the battery was low at 5.000–5.125 s",
            "channel Status: recording was started anew at 8.000 s",
        ]
    );
    // Not an amplifier's: no state at all.
    let recording = clean(&biosemi(&[0, 0, 0, 5, 5, 0, 0, 0]));
    assert_eq!(recording.events(), [Event::at(3, 5, "")]);
    assert!(!recording.metadata().contains_key("speed_mode"));
}

#[test]
fn events_do_not_depend_on_the_channels_that_are_picked() {
    let file = biosemi(&[GOOD, GOOD, GOOD, GOOD | 5, GOOD, GOOD, GOOD, GOOD]);
    let pick = |labels: &[&str]| {
        let options = Options::default().channels(labels.iter().copied());
        read(Cursor::new(file.bytes()), options).map(|opened| opened.recording)
    };
    for labels in [&["A2"][..], &["status"], &["A1", "Status"]] {
        let recording = pick(labels).unwrap();
        assert_eq!(recording.events(), [Event::at(3, 5, "")], "{labels:?}");
        let count: usize = recording.streams().iter().map(|s| s.channels().len()).sum();
        assert_eq!(count, labels.len());
    }
    match pick(&["A1", "Oz"]).unwrap_err() {
        FormatError::Signal(SignalError::UnknownChannel { wanted, have }) => {
            assert_eq!((wanted.as_str(), have.join(" ").as_str()), ("Oz", "A1 Status A2"));
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_status_channel_of_16_bits_is_just_a_channel() {
    let file = File::new(2, 1, vec![Channel::new("Status", 2, 4, &[0, 1, 1, 0])]);
    let recording = clean(&file);
    assert_eq!((recording.streams()[0].name(), recording.events().len()), ("4 Hz", 0));
    assert_eq!(recording.streams()[0].channels()[0].unit, Unit::Microvolt);
}

#[test]
fn labels_and_units_are_read_in_any_encoding() {
    let mut channels: Vec<Channel> =
        (0..6).map(|i| Channel::new(&format!("c{i}"), 2, 1, &[0])).collect();
    channels[0].unit = b"\xb5V".to_vec();
    channels[1].unit = "µV".as_bytes().to_vec();
    channels[2].unit = "μV".as_bytes().to_vec();
    channels[3].unit = b"\x83\xcaV".to_vec();
    channels[4].unit = Vec::new();
    channels[4].label = b"EEG F\xfcnf".to_vec();
    channels[5].unit = b"%\0\0\0".to_vec();
    channels[5].label = b"Sp\xc3\xb6\0\0".to_vec();
    let recording = clean(&File::new(2, 1, channels));
    let channels = recording.streams()[0].channels();
    assert!(channels[..4].iter().all(|channel| channel.unit == Unit::Microvolt));
    assert_eq!(channels[4].unit, Unit::Other(String::new()));
    assert_eq!(channels[5].unit, Unit::Other("%".to_owned()));
    assert_eq!((channels[4].label.as_str(), channels[5].label.as_str()), ("EEG Fünf", "Spö"));
}

#[test]
fn who_what_and_when_are_metadata() {
    let channel = || Channel::new("Oz", 2, 1, &[0]);
    let read = |change: &dyn Fn(&mut File)| {
        let mut file = File::new(2, 1, vec![channel()]).kind("EDF+C");
        change(&mut file);
        let opened = opened(&file);
        let words: Vec<String> =
            opened.recording.metadata().iter().map(|(k, v)| format!("{k}={v}")).collect();
        (words.join(" "), told(&opened).join(" "))
    };
    let quiet = |change: &dyn Fn(&mut File)| {
        let (words, told) = read(change);
        assert_eq!(told, "");
        words
    };
    let full = quiet(&|file| {
        file.patient = "P_07 F 02-AUG-1951 Jane_Doe".to_owned();
        file.recording = "Startdate 31-DEC-2085 PSG-1 NN Amp_01".to_owned();
        (file.date, file.time) = ("31.12.85".to_owned(), "23.59.59".to_owned());
        file.channels[0].prefilter = "HP:0.1Hz LP:75Hz".to_owned();
    });
    assert_eq!(
        full,
        "device=Amp_01 prefilter=HP:0.1Hz LP:75Hz recording_id=PSG-1 sex=F \
         start_time=2085-12-31T23:59:59.000 subject=P_07 technician=NN"
    );
    // Years of two digits, from 85 on in the twentieth century.
    let plain = |date: &str| {
        quiet(&|file| {
            (file.patient, file.recording) = (String::new(), "night 2".to_owned());
            (file.reserved, file.date) = (String::new(), date.to_owned());
        })
    };
    assert_eq!(plain("01.02.85"), "recording_id=night 2 start_time=1985-02-01T10:20:30.000");
    assert_eq!(plain("01.02.84"), "recording_id=night 2 start_time=2084-02-01T10:20:30.000");
    assert_eq!(plain("1-2-99"), "recording_id=night 2 start_time=1999-02-01T10:20:30.000");
    assert_eq!(plain("00.00.00"), "recording_id=night 2");
    let hidden = quiet(&|file| {
        file.recording = "Startdate X X X X".to_owned();
        file.date = "01.01.85".to_owned();
    });
    assert_eq!(hidden, "");
    let (words, told) = read(&|file| file.date = "03.03.02".to_owned());
    assert_eq!(words, "start_time=2002-03-02T10:20:30.000");
    assert!(told.contains("the field is believed"), "{told}");
    let (words, told) = read(&|file| {
        (file.recording, file.date) = ("X".to_owned(), "42.00.00".to_owned());
    });
    assert_eq!(words, "");
    assert!(told.contains("\"42.00.00\" is no date"), "{told}");
    let (words, told) = read(&|file| file.time = "25:00:00".to_owned());
    assert_eq!(words, "start_time=2002-03-02T00:00:00.000");
    assert!(told.contains("midnight"), "{told}");
}

#[test]
fn samples_that_were_never_recorded_are_a_gap() {
    let lists = Channel::annotations(
        2,
        &[b"+0\x14\x14\0+0.6\x150.4\x14BAD_ACQ_SKIP\x14\0+0.25\x150.5\x14BAD_ACQ_SKIP@@slow\x14\0"],
    );
    let fast = Channel::new("fast", 2, 10, &[7; 10]);
    let slow = Channel::new("slow", 2, 4, &[7; 4]);
    let other = Channel::new("other", 2, 10, &[7; 10]);
    let opened = opened(&File::new(2, 1, vec![fast, slow, other, lists]).kind("EDF+C"));
    assert_eq!(segments(&opened.recording, 0), [(0, 6)]);
    // 0.25 to 0.75 s, and 0.6 to 1 s.
    assert_eq!(segments(&opened.recording, 1), [(0, 1)]);
    assert!(opened.recording.events().is_empty());
    assert_eq!(
        told(&opened),
        ["annotations: 2 say that samples were not recorded; 7 samples are left out as gaps"]
    );
}

#[test]
fn annotations_of_single_channels_are_told_once() {
    let lists = Channel::annotations(
        2,
        &[b"+0\x14\x14\0+0.5\x14blink@@a\x14\0+0.5\x14blink@@b\x14\0+0.6\x14me@@home\x14\0"],
    );
    let channel = |label| Channel::new(label, 2, 10, &[0; 10]);
    let opened = opened(&File::new(2, 1, vec![channel("a"), channel("b"), lists]).kind("EDF+C"));
    assert_eq!(events(&opened.recording), [(0.5, 0, "blink"), (0.6, 0, "me@@home")]);
    assert_eq!(opened.warnings.len(), 1);
}

#[test]
fn our_own_files_say_code_and_label() {
    let lists: &[u8] = b"+0\x14\x14\0+0.5\x14left [7]\x14\0+0.6\x1433025\x14\0+0.7\x14left\x14\0";
    let file = |kind| {
        let channel = Channel::new("a", 2, 10, &[0; 10]);
        File::new(2, 1, vec![channel, Channel::annotations(2, &[lists])]).kind(kind)
    };
    let own = clean(&file("EDF+C     evoked"));
    assert_eq!(events(&own), [(0.5, 7, "left"), (0.6, 33025, ""), (0.7, 0, "left")]);
    let own = clean(&file("EDF+D     evoked-labels"));
    assert_eq!(events(&own), [(0.5, 7, "left"), (0.6, 33025, "33025"), (0.7, 0, "left")]);
    let other = clean(&file("EDF+C"));
    let expected = [(0.5, 0, "left [7]"), (0.6, 33025, "33025"), (0.7, 0, "left")];
    assert_eq!(events(&other), expected);
}

#[test]
fn long_records_are_read_like_short_ones() {
    // One record of two megabytes, and the same in records of a hundred samples.
    let counts: Vec<i32> = (0..350_000).map(|i| i * 4099 % 65_536 - 32_768).collect();
    let reversed: Vec<i32> = counts.iter().rev().copied().collect();
    let file = |per_record: usize, duration: &str, width: usize| {
        let channels = vec![
            Channel::new("a", width, per_record, &counts),
            Channel::new("Status", width, per_record, &counts),
            Channel::new("b", width, per_record, &reversed),
        ];
        let mut file = File::new(width, counts.len() / per_record, channels);
        file.duration = duration.to_owned();
        file
    };
    for width in [2, 3] {
        let long = opened(&file(350_000, "3500", width));
        let short = opened(&file(100, "1", width));
        assert_eq!(long, short);
        assert_eq!(long.recording.events().is_empty(), width == 2);
    }
}
