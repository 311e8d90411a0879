//! MATLAB and NumPy files: what SciPy and NumPy wrote (`tests/data/make_matlab_numpy.py`), and what
//! they read of real recordings.
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use std::io::Cursor;
use std::path::{Path, PathBuf};

use evoked::formats::{FormatError, Opened, Options, open, open_with, read};
use evoked::signal::{Recording, Stream};
use evoked::stimulus::{Codebook, Modulation};
use serde_json::Value;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// The sample at a place of a set, as the script has it.
fn place(channel: usize, sample: usize, target: usize, block: usize) -> f32 {
    ((channel + 2 * sample + 3 * target + 5 * block) % 17) as f32 - 8.0
}

fn eeg(opened: &Opened) -> &Stream {
    &opened.recording.streams()[0]
}

fn labels(stream: &Stream) -> Vec<&str> {
    stream.channels().iter().map(|channel| channel.label.as_str()).collect()
}

fn told(opened: &Opened) -> String {
    opened.warnings.iter().map(|warning| format!("{warning}\n")).collect()
}

/// Every trial has its samples, starts a second after the one before, and has its event.
fn check_trials(
    opened: &Opened,
    (len, onset): (usize, usize),
    shown: impl Fn(usize) -> (usize, usize),
) {
    let stream = eeg(opened);
    let step = len as u64 + stream.rate_hz() as u64;
    let segments = stream.samples().segments();
    for (trial, segment) in segments.iter().enumerate() {
        assert_eq!((segment.first, segment.len), (trial as u64 * step, len));
        let (target, block) = shown(trial);
        let epoch = stream.samples().segment_epoch(trial).unwrap();
        for channel in 0..stream.channels().len() {
            let expected: Vec<f32> = (0..len).map(|k| place(channel, k, target, block)).collect();
            assert_eq!(epoch.channel(channel), expected, "trial {trial}, channel {channel}");
        }
        let event = &opened.recording.events()[trial];
        assert_eq!(event.sample, segment.first + onset as u64);
        assert_eq!(event.code as usize, target + 1);
    }
    assert_eq!(opened.recording.events().len(), segments.len());
}

fn frequencies(codebook: &Codebook) -> Vec<f64> {
    codebook.frequencies_hz().unwrap()
}

#[test]
fn the_benchmark_is_recognised() {
    let opened = open(file("matlab/benchmark.mat")).unwrap();
    assert_eq!(opened.format.to_string(), "MATLAB v5");
    check_trials(&opened, (150, 125), |trial| (trial % 40, trial / 40));
    let stream = eeg(&opened);
    assert_eq!((stream.rate_hz(), stream.samples().segments().len()), (250.0, 80));
    // The nine electrodes that are decoded as a rule are numbers 48, 54 to 58 and 61 to 63.
    let names: Vec<&str> =
        [48, 54, 55, 56, 57, 58, 61, 62, 63].map(|n| labels(stream)[n - 1]).to_vec();
    assert_eq!(names, ["PZ", "PO5", "PO3", "POZ", "PO4", "PO6", "O1", "OZ", "O2"]);
    let codebook = opened.codebook.as_ref().unwrap();
    let hz = frequencies(codebook);
    assert_eq!(hz[..10], [8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 8.2, 9.2]);
    assert_eq!(hz[39], 15.8);
    // φ = (f − 8) / 0.2 · π/2.
    for (target, hz) in codebook.targets().iter().zip(hz) {
        let phase = ((hz - 8.0) / 0.2).round() * 0.5 * std::f64::consts::PI;
        let turns = (target.modulation.phase_rad().unwrap() - phase) / std::f64::consts::TAU;
        assert!((turns - turns.round()).abs() < 1e-9, "{hz} Hz");
    }
    assert!(told(&opened).contains("taken for Benchmark by its shape"), "{}", told(&opened));
}

#[test]
fn beta_says_what_was_shown() {
    let opened = open(file("matlab/beta.mat")).unwrap();
    check_trials(&opened, (300, 125), |trial| (trial % 40, trial / 40));
    assert_eq!(labels(eeg(&opened))[..3], ["E1", "E2", "E3"]);
    let hz = frequencies(opened.codebook.as_ref().unwrap());
    for (target, hz) in hz.iter().enumerate() {
        let expected = (target as f64 + 43.0) / 5.0 % 8.0 + 8.0;
        assert!((hz - expected).abs() < 1e-12, "{target}");
    }
}

#[test]
fn the_twelve_targets_of_jfpm_are_recognised() {
    let opened = open(file("matlab/jfpm12.mat")).unwrap();
    check_trials(&opened, (60, 38), |trial| (trial % 12, trial / 12));
    assert_eq!(eeg(&opened).rate_hz(), 256.0);
    let codebook = opened.codebook.as_ref().unwrap();
    assert_eq!(frequencies(codebook)[..4], [9.25, 11.25, 13.25, 9.75]);
    let phase = |target: usize| codebook.targets()[target].modulation.phase_rad().unwrap();
    let quarter = 0.5 * std::f64::consts::PI;
    for target in 0..12 {
        assert!((phase(target) - quarter * (target / 3) as f64).abs() < 1e-12, "{target}");
    }
}

#[test]
fn eeglab_keeps_labels_and_events() {
    let opened = open(file("matlab/eeglab.mat")).unwrap();
    let stream = eeg(&opened);
    assert_eq!((stream.rate_hz(), labels(stream)), (250.0, vec!["O1", "Oz", "O2"]));
    for channel in 0..3 {
        let expected: Vec<f32> = (0..500).map(|k| place(channel, k, 0, 0)).collect();
        assert_eq!(stream.samples().channel(channel), expected);
    }
    let events = opened.recording.events().iter();
    let events: Vec<_> = events.map(|e| (e.sample, e.fraction, e.code, e.label.as_str())).collect();
    assert_eq!(events, [(10, 0.0, 0, "left"), (100, 0.5, 7, "7")]);
}

#[test]
fn arrays_are_known_by_their_names() {
    let opened = open(file("matlab/named.mat")).unwrap();
    let shown = [1, 2, 3, 3, 2, 1];
    let stream = eeg(&opened);
    assert_eq!((stream.rate_hz(), labels(stream)), (200.0, vec!["Pz", "O1", "Oz", "O2"]));
    for (trial, label) in shown.into_iter().enumerate() {
        let epoch = stream.samples().segment_epoch(trial).unwrap();
        let expected: Vec<f32> = (0..100).map(|k| place(2, k, trial, 0)).collect();
        assert_eq!(epoch.channel(2), expected);
        let event = &opened.recording.events()[trial];
        assert_eq!((event.sample, event.code), (trial as u64 * 300 + 20, label));
    }
    assert_eq!(frequencies(opened.codebook.as_ref().unwrap()), [9.0, 11.0, 13.0]);

    for (name, rate_hz, count, len) in
        [("matlab/table.mat", 500.0, 2, 400), ("matlab/plain.mat", 128.0, 2, 300)]
    {
        let opened = open(file(name)).unwrap();
        let stream = eeg(&opened);
        assert_eq!((stream.rate_hz(), stream.channels().len()), (rate_hz, count), "{name}");
        for channel in 0..count {
            let expected: Vec<f32> = (0..len).map(|k| place(channel, k, 0, 0)).collect();
            assert_eq!(stream.samples().channel(channel), expected, "{name}");
        }
        assert!(told(&opened).contains("taken for microvolts"), "{}", told(&opened));
    }
}

#[test]
fn archives_of_numpy_are_read() {
    let opened = open(file("numpy/frequencies.npz")).unwrap();
    let stream = eeg(&opened);
    assert_eq!(labels(stream), ["Oz", "Ω"]);
    for trial in 0..4 {
        let epoch = stream.samples().segment_epoch(trial).unwrap();
        let expected: Vec<f32> = (0..50).map(|k| place(1, k, trial, 0)).collect();
        assert_eq!(epoch.channel(1), expected);
    }
    let events = opened.recording.events().iter();
    let events: Vec<_> = events.map(|e| (e.sample, e.code, e.label.as_str(), e.duration)).collect();
    let expected = [
        (10, 2, "9 Hz", 25.0),
        (310, 0, "rest", 25.0),
        (610, 1, "8.5 Hz", 25.0),
        (910, 2, "9 Hz", 25.0),
    ];
    assert_eq!(events, expected);

    let opened = open(file("numpy/codes.npz")).unwrap();
    let stream = eeg(&opened);
    let epoch = stream.samples().segment_epoch(3).unwrap();
    for (k, sample) in epoch.channel(0).iter().enumerate() {
        assert!((sample - place(0, k, 3, 0)).abs() < 1e-5, "{sample} at {k}");
    }
    assert!(told(&opened).contains("taken for volts"), "{}", told(&opened));
    let codes: Vec<u32> = opened.recording.events().iter().map(|event| event.code).collect();
    assert_eq!(codes, [1, 2, 2, 1]);
    let target = &opened.codebook.as_ref().unwrap().targets()[1];
    let Modulation::Code { bits, bit_rate_hz } = &target.modulation else { panic!("{target:?}") };
    assert_eq!((bits.as_slice(), *bit_rate_hz), (&[false, true, true, false][..], 60.0));
}

#[test]
fn an_array_alone_asks_for_its_rate() {
    let error = open(file("numpy/table.npy")).unwrap_err().to_string();
    assert!(error.contains("no sampling rate") && error.contains("--rate 256"), "{error}");
    let options = Options::default().rate_hz(100.0).channels(["EEG 2"]);
    let opened = open_with(file("numpy/table.npy"), options).unwrap();
    let expected: Vec<f32> = (0..50).map(|k| place(1, k, 0, 0)).collect();
    assert_eq!(eeg(&opened).samples().channel(0), expected);
    assert_eq!(eeg(&opened).channels().len(), 1);
}

#[test]
fn what_cannot_be_read_says_what_to_do() {
    let refusal = |bytes: &[u8]| match read(Cursor::new(bytes), Options::default()) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("it was read"),
    };
    let v73 = b"MATLAB 7.3 MAT-file, Platform: GLNXA64";
    assert!(refusal(v73).contains("save it again with -v7"), "{}", refusal(v73));
    let npy = |header: &str| {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes
    };
    for (header, words) in [
        ("{'descr': '|O', 'fortran_order': False, 'shape': (3, 3), }", "Python objects"),
        ("{'descr': '<c16', 'fortran_order': False, 'shape': (3, 3), }", "save it as float32"),
        ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3, 3), }", "records"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 3), }", "too few"),
        ("{'descr': '<f8', 'fortran_order': False, }", "no shape"),
    ] {
        let found = refusal(&npy(header));
        assert!(found.contains(words), "{found}");
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn check_channels(recording: &Recording, expected: &Value, name: &str) {
    let rows = recording.streams().iter().flat_map(|stream| {
        (0..stream.channels().len()).map(move |row| stream.samples().channel(row))
    });
    let rows: Vec<&[f32]> = rows.collect();
    let expected = expected.as_array().unwrap();
    assert_eq!(rows.len(), expected.len(), "{name}");
    for (row, expected) in rows.iter().zip(expected) {
        let size = expected["abs"].as_f64().unwrap();
        let close = |found: f64, value: &Value, size: f64| {
            (found - value.as_f64().unwrap()).abs() <= 1e-6 * size
        };
        let sum = |of: fn(f64) -> f64| row.iter().map(|&x| of(f64::from(x))).sum::<f64>();
        assert!(close(sum(|x| x), &expected["sum"], size), "{name}");
        assert!(close(sum(f64::abs), &expected["abs"], size), "{name}");
        for spot in expected["at"].as_array().unwrap() {
            let (at, value) = (spot[0].as_u64().unwrap() as usize, &spot[1]);
            let size = value.as_f64().unwrap().abs();
            assert!(close(f64::from(row[at]), value, size), "{name} at {at}");
        }
    }
}

#[test]
fn recordings_read_as_scipy_and_numpy_read_them() {
    let Some(folder) = common::data_dir() else { return };
    let expected: Value =
        serde_json::from_str(include_str!("data/matlab_numpy_expected.json")).unwrap();
    for (name, expected) in expected.as_object().unwrap() {
        let path = ["ssvep-mamem3", "ssvep-exo/npz", "cvep-thielen2021"]
            .map(|part| folder.join(part).join(name))
            .into_iter()
            .find(|path| path.exists())
            .unwrap();
        let opened = open(path).unwrap();
        let recording = &opened.recording;
        let stream = eeg(&opened);
        assert_eq!(stream.rate_hz(), expected["rate_hz"].as_f64().unwrap(), "{name}");
        check_channels(recording, &expected["channels"], name);
        let all: Vec<&str> = recording.streams().iter().flat_map(labels).collect();
        let known = expected["labels"].as_array().unwrap();
        if !known.is_empty() {
            assert_eq!(serde_json::to_value(&all).unwrap(), expected["labels"], "{name}");
        }
        let events = recording.events();
        if let Some(rows) = expected["events"].as_array() {
            let found: Vec<Vec<f64>> =
                events.iter().map(|e| vec![f64::from(e.code), e.sample as f64]).collect();
            assert_eq!(found, rows.iter().map(numbers).collect::<Vec<_>>(), "{name}");
            continue;
        }
        let [trials, len, onset] =
            ["trials", "trial_len", "onset"].map(|field| expected[field].as_u64().unwrap());
        // Where there are several sessions, each starts with an event of its own.
        let shown: Vec<_> = events.iter().filter(|e| !e.label.starts_with("session ")).collect();
        assert_eq!(shown.len() as u64, trials, "{name}");
        for (event, segment) in shown.iter().zip(stream.samples().segments()) {
            assert_eq!((segment.len as u64, event.sample), (len, segment.first + onset), "{name}");
        }
        let codebook = opened.codebook.as_ref().unwrap();
        for (event, hz) in shown.iter().zip(numbers(&expected["freq_hz"])) {
            let target = (event.code as usize).checked_sub(1);
            let shown = target.map(|place| codebook.targets()[place].modulation.frequency_hz());
            assert_eq!(shown.flatten().unwrap_or(0.0), hz, "{name}");
        }
        for (event, y) in shown.iter().zip(numbers(&expected["y"])) {
            assert_eq!(f64::from(event.code), y + 1.0, "{name}");
        }
    }
}

#[test]
fn no_damage_makes_it_stumble() {
    let names = [
        "matlab/eeglab.mat",
        "matlab/named.mat",
        "matlab/plain.mat",
        "matlab/table.mat",
        "numpy/codes.npz",
        "numpy/frequencies.npz",
        "numpy/table.npy",
    ];
    for name in names {
        let whole = std::fs::read(file(name)).unwrap();
        let check = |bytes: &[u8]| match read(Cursor::new(bytes), Options::default().rate_hz(10.0))
        {
            Ok(opened) => {
                let values = opened.recording.streams().iter();
                let values: usize = values.map(|s| s.samples().len() * s.channels().len()).sum();
                assert!(values <= 200_000, "{name}: {values}");
            }
            Err(FormatError::Io(error)) => panic!("{name}: {error}"),
            Err(error) => assert!(!error.to_string().contains('\n')),
        };
        for len in 0..whole.len() {
            check(&whole[..len]);
        }
        let mut damaged = whole.clone();
        for bit in 0..whole.len() * 8 {
            damaged[bit / 8] ^= 1 << (bit % 8);
            check(&damaged);
            damaged[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn trials_come_back_from_an_archive_as_they_were_written() {
    use evoked::formats::{WriteFormat, save};
    use evoked::simulate::SessionParams;

    let codebook = Codebook::jfpm(9.0, 1.0, 0.5, 4).unwrap();
    let params = SessionParams { blocks: 2, trial_s: 1.5, ..SessionParams::default() };
    let simulated = params.simulate(&codebook).unwrap();
    let recording = &simulated.recording;
    let written = &recording.streams()[0];
    let path = std::env::temp_dir().join(format!("evoked-trials-{}.npz", std::process::id()));
    let known = evoked::stimulus::Codebook::new(
        codebook
            .targets()
            .iter()
            .zip(&simulated.rule.labels)
            .map(|(target, (event, _))| evoked::stimulus::Target {
                event: Some(event.as_str().to_owned()),
                ..target.clone()
            })
            .collect(),
    )
    .unwrap();
    let lost = save(&path, recording, Some(&known), WriteFormat::Npz).unwrap();
    assert!(lost.iter().any(|lost| lost.message.contains("start no trial")), "{lost:?}");
    let opened = open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();

    let stream = eeg(&opened);
    assert_eq!((stream.rate_hz(), labels(stream)), (written.rate_hz(), labels(written)));
    let events = opened.recording.events();
    assert_eq!(events.len(), simulated.truth.len());
    let again = opened.codebook.as_ref().unwrap();
    for ((trial, event), segment) in
        simulated.truth.iter().zip(events).zip(stream.samples().segments())
    {
        let before = event.sample - segment.first;
        let first = trial.onset - before;
        let expected = written.samples().epoch(first, segment.len).unwrap();
        let found = stream.samples().epoch(segment.first, segment.len).unwrap();
        assert!((0..stream.channels().len()).all(|c| found.channel(c) == expected.channel(c)));
        let shown = &again.targets()[event.code as usize - 1].modulation;
        assert_eq!(shown, &codebook.targets()[trial.label.unwrap()].modulation);
    }
}

/// A file of MATLAB with these variables: class, shape, name, and what follows as it is.
fn matlab(variables: &[(u32, [i32; 2], &str, Vec<u8>)]) -> Vec<u8> {
    let element = |kind: u32, data: &[u8]| {
        let mut bytes = [kind.to_le_bytes(), (data.len() as u32).to_le_bytes()].concat();
        bytes.extend(data);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    };
    let mut file = b"MATLAB 5.0 MAT-file".to_vec();
    file.resize(124, b' ');
    file.extend(b"\x00\x01IM");
    for (flags, shape, name, body) in variables {
        let flags = [flags.to_le_bytes(), [0; 4]].concat();
        let shape: Vec<u8> = shape.iter().flat_map(|size| size.to_le_bytes()).collect();
        let matrix = [&element(6, &flags)[..], &element(5, &shape), &element(1, name.as_bytes())];
        file.extend(element(14, &[&matrix.concat()[..], body].concat()));
    }
    file
}

/// The element of these numbers.
fn doubles(numbers: &[f64]) -> Vec<u8> {
    let mut bytes = [9_u32.to_le_bytes(), (numbers.len() as u32 * 8).to_le_bytes()].concat();
    bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    bytes
}

#[test]
fn what_could_be_taken_for_something_else_is_not_read() {
    let parse = |bytes: Vec<u8>| read(Cursor::new(bytes), Options::default());
    let rate = || (6, [1, 1], "fs", doubles(&[250.0]));
    let numbers: Vec<f64> = (0..16).map(f64::from).collect();
    let plain = parse(matlab(&[(6, [2, 8], "data", doubles(&numbers)), rate()])).unwrap();
    assert_eq!(eeg(&plain).samples().channel(1), [1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 13.0, 15.0]);

    let square = parse(matlab(&[(6, [4, 4], "data", doubles(&numbers)), rate()]));
    let error = square.unwrap_err().to_string();
    assert!(error.contains("as many rows as columns"), "{error}");

    // Real and imaginary parts, behind a flag.
    let body = [doubles(&numbers), doubles(&numbers)].concat();
    let complex = matlab(&[(6 | 0x800, [2, 8], "spectrum", body), rate()]);
    assert!(parse(complex.clone()).is_err());
    let both = [&complex[..], &matlab(&[(6, [2, 8], "data", doubles(&numbers))])[128..]].concat();
    let warned = told(&parse(both).unwrap());
    assert!(warned.contains("spectrum: a matrix of complex numbers is not read"), "{warned}");
}

#[test]
fn cells_without_end_are_not_read() {
    let count = (1 << 20) + 1;
    let empty = [14_u32.to_le_bytes(), [0; 4]].concat();
    let cells = matlab(&[(1, [1, count], "data", empty.repeat(count as usize))]);
    let error = read(Cursor::new(cells), Options::default()).unwrap_err().to_string();
    assert!(error.contains("no variable that could be read"), "{error}");
}

#[test]
fn check_sums_of_archives_are_held_against_their_content() {
    let mut bytes = std::fs::read(file("numpy/frequencies.npz")).unwrap();
    let parse = |bytes: &[u8]| read(Cursor::new(bytes.to_vec()), Options::default()).unwrap();
    assert!(!told(&parse(&bytes)).contains("check sum"));
    // The check sum of the first file in the list.
    let list = bytes.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    bytes[list + 16] ^= 1;
    let opened = parse(&bytes);
    assert!(told(&opened).contains("its check sum is wrong"), "{}", told(&opened));
    assert_eq!(opened.recording.events().len(), 4);
}
