//! Recordings → BrainVision → the same recordings, but for what the writer says it could not keep.
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

#[path = "common/folder.rs"]
mod folder;
#[path = "common/sheets.rs"]
mod sheets;

use std::path::Path;

use evoked::formats::{FormatError, Opened, WriteFormat, open, save};
use evoked::signal::{Channel, Event, Recording, Samples, Stream, Unit};
use evoked::stimulus::Codebook;
use folder::Folder;
use proptest::prelude::*;
use sheets::{any_recording, grid, same_samples, sorted, stream};

/// Writes and reads again; also gives what could not be kept.
fn through(path: &Path, recording: &Recording) -> (Opened, Vec<String>) {
    let lost = save(path, recording, None, WriteFormat::BrainVision).unwrap();
    (open(path).unwrap(), lost.iter().map(ToString::to_string).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_recording_comes_back(recording in any_recording()) {
        let path = Folder::new("bv-any").path("any.vhdr");
        let (opened, _) = through(&path, &recording);
        same_samples(&opened.recording, &recording);
        prop_assert_eq!(sorted(&opened.recording), sorted(&recording));
        // And once more, to the last byte.
        let again = path.with_file_name("again.vhdr");
        let (twice, _) = through(&again, &opened.recording);
        prop_assert_eq!(&twice.recording.events(), &opened.recording.events());
        let data = |path: &Path| std::fs::read(path.with_extension("eeg")).unwrap();
        prop_assert_eq!(data(&path), data(&again));
    }
}

#[test]
fn counts_are_written_as_they_are() {
    let folder = Folder::new("bv-counts");
    let channel = |bits, scale| Channel {
        quantization: grid(bits, scale, 0.0),
        ..Channel::microvolts(format!("{scale}"))
    };
    for (bits, name, size) in [(16, "INT_16", 2), (20, "INT_32", 4)] {
        let channels = vec![channel(bits, 0.1), channel(16, 0.25)];
        let recording = Recording::new(vec![stream(500.0, channels, &[(0, 1000)], 7)], vec![]);
        let path = folder.path("a.vhdr");
        let (opened, lost) = through(&path, &recording);
        assert_eq!((lost.as_slice(), opened.warnings.as_slice()), (&[][..], &[][..]));
        same_samples(&opened.recording, &recording);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(&format!("BinaryFormat={name}\r\n")), "{text}");
        assert!(text.contains("Ch1=") && text.contains(",,0.1,µV\r\n"), "{text}");
        let data = std::fs::read(folder.path("a.eeg")).unwrap();
        assert_eq!(data.len(), 2000 * size);
        // The first sample of the second channel, by hand.
        let count = (recording.streams()[0].samples().channel(1)[0] / 0.25) as i32;
        assert_eq!(data[size..2 * size], count.to_le_bytes()[..size]);
    }
}

#[test]
fn units_that_begin_with_digits_are_no_decimals_of_the_scale() {
    let path = Folder::new("bv-units").path("a.vhdr");
    for unit in ["0", "5", "5e3", "10*3/uL", "1/s"] {
        for quantization in [None, grid(16, 2.0, 0.0), grid(16, 0.5, 0.0)] {
            let unit = Unit::Other(unit.to_owned());
            let channel = Channel { unit, quantization, ..Channel::microvolts("Oz") };
            let recording =
                Recording::new(vec![stream(250.0, vec![channel], &[(0, 50)], 5)], vec![]);
            let (opened, lost) = through(&path, &recording);
            assert_eq!(lost, Vec::<String>::new());
            same_samples(&opened.recording, &recording);
        }
    }
}

#[test]
fn gaps_and_the_start_come_back() {
    let folder = Folder::new("bv-gaps");
    let parts = [(0, 100), (250, 50), (301, 50)];
    let recording = Recording::new(
        vec![stream(250.0, vec![Channel::microvolts("Oz")], &parts, 3)],
        vec![Event::at(99, 0, "left"), Event::at(250, 33025, "right"), Event::at(350, 7, "")],
    );
    let start = [("start_time".to_owned(), "2024-02-29T23:59:59.500000".to_owned())];
    let recording = recording.with_metadata(start.into());
    let path = folder.path("a.vhdr");
    let (opened, lost) = through(&path, &recording);
    assert_eq!(lost, Vec::<String>::new());
    same_samples(&opened.recording, &recording);
    assert_eq!(opened.recording.events(), recording.events());
    assert_eq!(opened.recording.metadata(), recording.metadata());
    let text = std::fs::read_to_string(folder.path("a.vmrk")).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("Mk")).collect();
    let expected = [
        "Mk1=New Segment,,1,1,0,20240229235959500000",
        "Mk2=Event,left,100,0,0",
        "Mk3=New Segment,gap,101,1,0,20240301000000500000",
        "Mk4=Event,right [33025],101,0,0",
        "Mk5=New Segment,gap,151,1,0,20240301000000704000",
        "Mk6=Event,  7,200,0,0",
    ];
    assert_eq!(lines, expected);
    // Nobody knows when it was.
    let unknown = recording.with_metadata(Default::default());
    let (opened, lost) = through(&path, &unknown);
    assert_eq!(lost.len(), 1);
    assert!(lost[0].starts_with("start_time: it is not known; 2000-01-01 stands for it"));
    same_samples(&opened.recording, &unknown);
}

#[test]
fn gaps_and_starts_that_dates_cannot_tell_are_told() {
    let path = Folder::new("bv-dates").path("a.vhdr");
    let told = |rate_hz: f64, parts: &[(u64, usize)], start: &str| {
        let main = stream(rate_hz, vec![Channel::microvolts("Oz")], parts, 3);
        let start = [("start_time".to_owned(), start.to_owned())];
        through(&path, &Recording::new(vec![main], vec![]).with_metadata(start.into())).1
    };
    let plain = "2024-02-29T23:59:59.500";
    // At one sample in a thousand seconds, 31 days are 2678 of them.
    assert_eq!(told(1e-3, &[(0, 10), (2678, 10)], plain), Vec::<String>::new());
    // A month, a fraction of a microsecond, and beyond the year 9999.
    for (rate_hz, parts) in
        [(1e-3, [(0, 10), (2679, 10)]), (4e6, [(0, 10), (11, 10)]), (1e-6, [(0, 1), (260_000, 1)])]
    {
        let lost = told(rate_hz, &parts, plain);
        assert_eq!(lost.len(), 1, "{lost:?}");
        assert!(lost[0].starts_with("gaps: 1 stretches of samples come back"), "{lost:?}");
    }
    for start in ["2024-02-29T23:59:59.3945312", "2024-02-29T23:59:59.5+01:00", "yesterday"] {
        let lost = told(250.0, &[(0, 10)], start);
        assert_eq!(lost.len(), 1, "{lost:?}");
        assert!(lost[0].starts_with(&format!("start_time: {start:?} ")), "{lost:?}");
    }
}

#[test]
fn what_is_lost_is_said() {
    let folder = Folder::new("bv-lost");
    let codebook = Codebook::sinusoids(&[10.0, 12.0]).unwrap();
    let channels = |label: &str| vec![Channel::microvolts(label)];
    let samples = Samples::from_planar(1, vec![0.5; 500]).unwrap();
    let slow = Stream::new("Slow", 125.0, channels("a"), samples).unwrap();
    let odd = Channel { quantization: grid(16, 0.5, 1.0), ..Channel::microvolts("odd") };
    let parts = [(0, 100), (200, 100)];
    let main = stream(250.0, vec![odd], &parts, 3);
    let events = vec![
        Event { fraction: 0.5, ..Event::at(10, 1, "") },
        Event { duration: 1.5, ..Event::at(20, 1, "") },
        Event::at(150, 2, "in the gap"),
        Event::at(40, 0, "two\nlines"),
        Event { stream: 1, ..Event::at(10, 9, "") },
    ];
    let metadata = [("subject".to_owned(), "7".to_owned())];
    let recording = Recording::new(vec![main, slow], events).with_metadata(metadata.into());
    let path = folder.path("a.vhdr");
    let lost = save(&path, &recording, Some(&codebook), WriteFormat::BrainVision).unwrap();
    let lost: Vec<String> = lost.iter().map(ToString::to_string).collect();
    let expected = [
        "codebook: there is no place for its 2 targets",
        "metadata: there is no place for subject",
        "stream \"Slow\": it has 125 Hz, or samples where the first has none; there is no place for \
         it",
        "channel \"odd\": its counts have an offset, or do not hold its samples; all channels are \
         written as floating point, with the same samples",
        "start_time: it is not known; 2000-01-01 stands for it, so that dates can tell how long gaps \
         are",
        "events: 1 events fall between samples or before the first; moved to the nearest",
        "events: 1 events fall in gaps; moved to the next sample",
        "events: 1 durations are no whole number of samples; rounded",
        "events: 1 labels have characters that markers can't; others stand for them",
    ];
    assert_eq!(lost, expected);
    let opened = open(&path).unwrap();
    let events: Vec<_> = sorted(&opened.recording);
    let event = |sample, code, label: &str, duration| (sample, code, label.to_owned(), duration);
    let expected = [
        event(11, 1, "", 0),
        event(20, 1, "", 2),
        event(20, 9, "", 0),
        event(40, 0, "two lines", 0),
        event(200, 2, "in the gap", 0),
    ];
    assert_eq!(events, expected);
    assert_eq!(opened.recording.streams().len(), 1);
}

#[test]
fn streams_that_were_sampled_together_become_one() {
    let path = Folder::new("bv-together").path("a.vhdr");
    let one = |name: &str, seed| {
        let unit = Unit::Other("g".to_owned());
        let channel = Channel { unit, ..Channel::microvolts(name) };
        stream(250.0, vec![channel], &[(0, 50)], seed)
    };
    let recording = Recording::new(vec![one("a", 1), one("b", 2)], vec![]);
    let (opened, lost) = through(&path, &recording);
    assert_eq!(lost, Vec::<String>::new());
    let read = &opened.recording.streams()[0];
    for (row, stream) in recording.streams().iter().enumerate() {
        let same = read.samples().channel(row).iter().zip(stream.samples().channel(0));
        assert!(
            same.clone().count() == 50 && same.clone().all(|(a, b)| a.to_bits() == b.to_bits())
        );
    }
}

#[test]
fn what_cannot_be_written_leaves_nothing() {
    let folder = Folder::new("bv-nothing");
    let path = folder.path("a.vhdr");
    let error = save(&path, &Recording::default(), None, WriteFormat::BrainVision).unwrap_err();
    assert!(matches!(error, FormatError::Unwritable { .. }), "{error}");
    let recording =
        Recording::new(vec![stream(250.0, vec![Channel::microvolts("Oz")], &[(0, 5)], 1)], vec![]);
    std::fs::create_dir(folder.path("b.vmrk")).unwrap();
    let error =
        save(folder.path("b.vhdr"), &recording, None, WriteFormat::BrainVision).unwrap_err();
    assert!(matches!(error, FormatError::Write { .. }), "{error}");
    let left: Vec<_> =
        std::fs::read_dir(folder.path("")).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(left, [folder.path("b.vmrk")]);
}

/// For `tests/data/check_written_brainvision.py`, which opens these with MNE-Python.
#[test]
fn files_for_another_reader_are_written() {
    let folder = std::env::var_os("EVOKED_WRITTEN").map(std::path::PathBuf::from);
    let folder = folder.unwrap_or_else(|| Folder::new("bv-written").path(""));
    std::fs::create_dir_all(&folder).unwrap();
    let quantized =
        |bits| Channel { quantization: grid(bits, 0.1, 0.0), ..Channel::microvolts("Oz") };
    let float = Channel { quantization: None, ..Channel::microvolts("O,1") };
    for (name, channel, parts) in [
        ("int16", quantized(16), &[(0, 700)][..]),
        ("int32", quantized(20), &[(0, 700)][..]),
        ("float32", float, &[(0, 700)][..]),
        ("gaps", quantized(16), &[(0, 300), (450, 400)][..]),
    ] {
        let second = Channel { label: "Höhe".to_owned(), ..quantized(16) };
        let main = stream(256.0, vec![channel, second], parts, 11);
        // Numbers that a microvolt of EEG can be.
        let planar: Vec<f32> = (0..2)
            .flat_map(|row| main.samples().channel(row).iter())
            .map(|x| if x.abs() > 1e-3 && x.abs() < 1e6 { *x } else { 0.0 })
            .collect();
        let samples = Samples::from_segments(2, planar, main.samples().segments()).unwrap();
        let main = Stream::new("EEG", 256.0, main.channels().to_vec(), samples).unwrap();
        let events = vec![
            Event { duration: 3.0, ..Event::at(10, 1, "Stimulus/S  1") },
            Event::at(200, 254, ""),
            Event::at(500, 33025, "left, then right"),
        ];
        let start = [("start_time".to_owned(), "2024-02-29T23:59:59.500000".to_owned())];
        let recording = Recording::new(vec![main], events).with_metadata(start.into());
        let path = folder.join(format!("{name}.vhdr"));
        assert_eq!(save(&path, &recording, None, WriteFormat::BrainVision).unwrap(), []);
        let stream = &recording.streams()[0];
        let rows: Vec<Vec<f32>> =
            (0..2).map(|row| stream.samples().channel(row).to_vec()).collect();
        let labels: Vec<&str> = stream.channels().iter().map(|c| c.label.as_str()).collect();
        let expected = serde_json::json!({
            "channels": labels,
            "rate_hz": 256.0,
            "samples": rows,
        });
        std::fs::write(folder.join(format!("{name}.json")), expected.to_string()).unwrap();
        same_samples(&open(&path).unwrap().recording, &recording);
    }
}
