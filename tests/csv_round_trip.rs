//! Recordings → CSV → the same recordings, but for what the writer says it could not keep.
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

#[path = "common/folder.rs"]
mod folder;
#[path = "common/sheets.rs"]
mod sheets;

use std::path::Path;

use evoked::formats::{FormatError, Opened, WriteFormat, open, save};
use evoked::signal::{Channel, Event, Recording, Samples, Stream, Unit};
use folder::Folder;
use proptest::prelude::*;
use sheets::{any_recording, same_samples, sorted, stream};

fn through(path: &Path, recording: &Recording) -> (Opened, Vec<String>) {
    let lost = save(path, recording, None, WriteFormat::Csv).unwrap();
    (open(path).unwrap(), lost.iter().map(ToString::to_string).collect())
}

/// The same recording, whose events last for no time.
fn instants(recording: &Recording) -> Recording {
    let events = recording.events().iter();
    let events = events.map(|event| Event { duration: 0.0, ..event.clone() }).collect();
    Recording::new(recording.streams().to_vec(), events)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_recording_comes_back(recording in any_recording()) {
        let path = Folder::new("csv-any").path("any.csv");
        let recording = instants(&recording);
        let (opened, lost) = through(&path, &recording);
        same_samples(&opened.recording, &recording);
        prop_assert_eq!(sorted(&opened.recording), sorted(&recording));
        prop_assert_eq!(lost, Vec::<String>::new());
        let again = path.with_file_name("again.csv");
        through(&again, &opened.recording);
        prop_assert!(std::fs::read(&path).unwrap() == std::fs::read(&again).unwrap());
    }
}

#[test]
fn a_table_is_what_a_person_would_write() {
    let path = Folder::new("csv-plain").path("a.csv");
    let samples = vec![1.5, -2.0, 0.1, f32::NAN, 1e-7, 3e8];
    let segments = [(0, 2), (4, 1)].map(|(first, len)| evoked::signal::Segment { first, len });
    let samples = Samples::from_segments(2, samples, &segments).unwrap();
    let g = Channel { unit: Unit::Other("g".to_owned()), ..Channel::microvolts("x, y") };
    let channels = vec![Channel::microvolts("Oz"), g];
    let eeg = Stream::new("EEG", 250.0, channels, samples).unwrap();
    let events = vec![
        Event::at(0, 33025, "left"),
        Event::at(0, 7, ""),
        Event::at(1, 0, "say \"go\""),
        Event::at(2, 0, "lost"),
        Event::at(9, 8, ""),
    ];
    let recording = Recording::new(vec![eeg], events);
    let (opened, lost) = through(&path, &recording);
    let text = std::fs::read_to_string(&path).unwrap();
    let expected = "Time:250Hz,Oz (uV),\"x, y (g)\",marker [code],marker 2 [code]\n\
        0.000000,1.5,NaN,left [33025],7\n\
        0.004000,-2,0.0000001,\"say \"\"go\"\"\",\n\
        0.008000,,,lost,\n\
        0.016000,0.1,300000000,,\n\
        0.036000,,,8,\n";
    assert_eq!((text.as_str(), lost), (expected, vec![]));
    same_samples(&opened.recording, &recording);
    assert_eq!(opened.recording.events(), recording.events());
    let told: Vec<String> = opened.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["line 2: 1 cells of channels hold no number; NaN stands for them"]);
}

#[test]
fn what_is_lost_is_said() {
    let path = Folder::new("csv-lost").path("a.csv");
    let main = stream(250.0, vec![Channel::microvolts("Oz")], &[(0, 100)], 3);
    let slow = stream(125.0, vec![Channel::microvolts("x")], &[(0, 100)], 3);
    let mut events = vec![
        Event { fraction: 0.5, ..Event::at(10, 1, "") },
        Event { duration: 1.0, ..Event::at(20, 1, "") },
        Event::at(40, 0, "two\nlines"),
    ];
    events.extend((0..20).map(|code| Event::at(50, code, "")));
    let metadata = [("subject".to_owned(), "7".to_owned())];
    let recording = Recording::new(vec![main, slow], events).with_metadata(metadata.into());
    let (opened, lost) = through(&path, &recording);
    let expected = [
        "metadata: there is no place for subject",
        "stream \"EEG\": it has 125 Hz, or samples where the first has none; there is no place for \
         it",
        "events: 1 events fall between samples or before the first; moved to the nearest",
        "events: 1 events last for some time; there is no place for their durations",
        "events: 1 labels have characters that tables can't; blanks stand for them",
        "events: 4 events fall on samples with too many others; left out",
    ];
    assert_eq!(lost, expected);
    assert_eq!(opened.recording.events().len(), 19);
    let silent = Stream::new("EEG", 9.0, vec![Channel::microvolts("Oz")], Samples::new(1)).unwrap();
    for nothing in [Recording::default(), Recording::new(vec![silent], vec![])] {
        let error = save(&path, &nothing, None, WriteFormat::Csv).unwrap_err();
        assert!(matches!(error, FormatError::Unwritable { .. }), "{error}");
    }
}
