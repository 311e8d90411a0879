//! A part of a recording's time is what lies there in the whole, and the rest is not read.
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

#[path = "common/folder.rs"]
mod folder;
#[path = "common/gdf_writer.rs"]
mod gdf_writer;

use std::io::{Cursor, Read, Result, Seek, SeekFrom};

use evoked::formats::{Opened, Options, WriteFormat, open, open_with, read, save};
use evoked::signal::{Channel, Event, Quantization, Recording, Samples, Segment, Stream};
use folder::Folder;

const FORMATS: [(WriteFormat, &str); 5] = [
    (WriteFormat::Edf, "a.edf"),
    (WriteFormat::Bdf, "a.bdf"),
    (WriteFormat::BrainVision, "a.vhdr"),
    (WriteFormat::Csv, "a.csv"),
    (WriteFormat::Vep, "a.vep"),
];

/// Two channels at 100 Hz from 0 to 40 s and from 100 to 160 s, an event each second.
fn recording() -> Recording {
    let parts = [(0, 4000), (10_000, 6000)];
    let segments = parts.map(|(first, len)| Segment { first, len });
    let quantization = Some(Quantization { bits: 16, scale: 0.5, offset: 0.0 });
    let channels = ["Oz", "O1"].map(|label| Channel { quantization, ..Channel::microvolts(label) });
    let planar = (0..20_000).map(|i| (i % 30_000 - 9000) as f32 * 0.5).collect();
    let samples = Samples::from_segments(2, planar, &segments).unwrap();
    let stream = Stream::new("EEG", 100.0, channels.to_vec(), samples).unwrap();
    let seconds = (0..40).chain(100..160);
    let events = seconds.map(|second| Event::at(second * 100, 1 + second as u32, "")).collect();
    Recording::new(vec![stream], events)
}

fn onsets(recording: &Recording) -> Vec<f64> {
    recording.events().iter().map(|event| recording.onset_s(event)).collect()
}

#[test]
fn a_part_has_the_samples_and_events_of_its_time() {
    let folder = Folder::new("window");
    for (format, name) in FORMATS {
        let path = folder.path(name);
        save(&path, &recording(), None, format).unwrap();
        let part = |from_s, to_s| {
            let opened = open_with(&path, Options::default().between(from_s, to_s)).unwrap();
            let odd = |warning: &String| !warning.starts_with("markers: the dates of the segments");
            let told: Vec<_> = opened.warnings.iter().map(ToString::to_string).collect();
            (opened.recording, told.into_iter().filter(odd).collect::<Vec<_>>())
        };
        let whole = open(&path).unwrap().recording;
        let whole = whole.streams()[0].samples();

        let (inside, told) = part(10.005, 12.0);
        let samples = inside.streams()[0].samples();
        assert_eq!((samples.start(), samples.end(), samples.len()), (1001, 1200, 199), "{format}");
        assert_eq!(samples.channel(1), &whole.channel(1)[1001..1200]);
        assert_eq!((onsets(&inside), told), (vec![11.0], vec![]), "{format}");

        let (across, told) = part(38.5, 102.0);
        let samples = across.streams()[0].samples();
        let segments = [Segment { first: 3850, len: 150 }, Segment { first: 10_000, len: 200 }];
        assert_eq!(samples.segments(), segments, "{format}");
        assert_eq!(samples.channel(0), &whole.channel(0)[3850..4200]);
        assert_eq!((onsets(&across), told), (vec![39.0, 100.0, 101.0], vec![]), "{format}");

        for (from_s, to_s) in [(50.0, 90.0), (1e9, 2e9), (5.0, 4.0)] {
            let (nothing, told) = part(from_s, to_s);
            assert_eq!(nothing.streams()[0].samples().len(), 0, "{format}");
            assert_eq!(nothing.streams()[0].channels().len(), 2);
            assert!(told[0].starts_with("window: no sample lies from"), "{format}: {told:?}");
        }
        let all = part(f64::NEG_INFINITY, f64::INFINITY).0;
        assert_eq!((all.streams()[0].samples(), onsets(&all).len()), (whole, 100), "{format}");
    }
}

/// Counts what is read.
struct Counted {
    bytes: Cursor<Vec<u8>>,
    read: u64,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.bytes.read(buffer)?;
        self.read += count as u64;
        Ok(count)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        self.bytes.seek(to)
    }
}

fn part_of(bytes: Vec<u8>) -> (Opened, u64) {
    let mut counted = Counted { bytes: Cursor::new(bytes), read: 0 };
    let opened = read(&mut counted, Options::default().between(300.0, 301.0)).unwrap();
    (opened, counted.read)
}

#[test]
fn the_rest_of_the_samples_is_not_read() {
    let len = 100 * 600;
    let planar = (0..4 * len).map(|i| (i % 1000) as f32).collect();
    let channels = ["a", "b", "c", "d"].map(Channel::microvolts).to_vec();
    let samples = Samples::from_planar(4, planar).unwrap();
    let stream = Stream::new("EEG", 100.0, channels, samples).unwrap();
    let events = (0..600).map(|second| Event::at(second * 100, 7, "")).collect();
    let recording = Recording::new(vec![stream], events);
    let folder = Folder::new("window-unread");
    for (format, name) in &FORMATS[..2] {
        let path = folder.path(name);
        save(&path, &recording, None, *format).unwrap();
        let (opened, read) = part_of(std::fs::read(&path).unwrap());
        let samples = opened.recording.streams()[0].samples();
        assert_eq!((samples.start(), samples.len()), (30_000, 100));
        assert_eq!(onsets(&opened.recording), [300.0]);
        // The header, what tells of other widths, and the annotations: of 480,000 or more.
        assert!(read < 130_000, "{format}: {read} bytes");
    }
    let counts: Vec<u8> = (0..60_000_u32).flat_map(|i| (i as u16).to_le_bytes()).collect();
    let mut file = gdf_writer::File::new(
        "GDF 2.20",
        600,
        vec![gdf_writer::Channel::new("Oz", 4, 100, counts)],
    );
    file.event_rate_hz = 100.0;
    file.events = (0..600).map(|second| (second * 100, 0x8001, 1)).collect();
    let (opened, read) = part_of(file.bytes());
    let samples = opened.recording.streams()[0].samples();
    assert_eq!((samples.start(), samples.len()), (30_000, 100));
    assert_eq!(onsets(&opened.recording), [300.0]);
    assert!(opened.warnings.is_empty(), "{:?}", opened.warnings);
    assert!(read < 30_000, "{read} bytes of 127,000");
}

#[test]
fn a_trigger_at_the_start_of_a_part_is_an_event() {
    let lines = |i: usize| if (300..310).contains(&i) { 5.0 } else { 0.0 };
    let quantization = Some(Quantization { bits: 24, scale: 1.0, offset: 0.0 });
    let unit = evoked::signal::Unit::Other(String::new());
    let status = Channel { label: "Status".to_owned(), unit, quantization };
    let samples = Samples::from_planar(1, (0..1000).map(lines).collect()).unwrap();
    let status = Stream::new("Status", 100.0, vec![status], samples).unwrap();
    let samples = Samples::from_planar(1, vec![0.5; 1000]).unwrap();
    let eeg = Stream::new("EEG", 100.0, vec![Channel::microvolts("Oz")], samples).unwrap();
    let path = Folder::new("window-status").path("a.bdf");
    save(&path, &Recording::new(vec![eeg, status], Vec::new()), None, WriteFormat::Bdf).unwrap();
    let part = open_with(&path, Options::default().between(3.0, 5.0)).unwrap().recording;
    assert_eq!((onsets(&part), part.events()[0].code), (vec![3.0], 5));
    // Only where they change there.
    let part = open_with(&path, Options::default().between(3.05, 5.0)).unwrap().recording;
    assert_eq!(part.events(), []);
}
