//! Damaged and random BrainVision files: no panic, and no more memory than the files are worth.
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

#[path = "common/counting.rs"]
mod counting;
#[path = "common/folder.rs"]
mod folder;

use evoked::formats::{FormatError, Opened, open};
use folder::Folder;
use proptest::prelude::*;

/// Memory that any recording may take, for the blocks that are read at once.
const FIXED_BYTES: usize = 4 << 20;

const HEADER: &str = "Brain Vision Data Exchange Header File Version 1.0\n\
    [Common Infos]\nDataFile=a.eeg\nMarkerFile=a.vmrk\nDataFormat=BINARY\n\
    DataOrientation=MULTIPLEXED\nNumberOfChannels=2\nDataPoints=4\nSamplingInterval=4000\n\
    [Binary Infos]\nBinaryFormat=INT_16\n\
    [Channel Infos]\nCh1=Oz,,0.5,uV\nCh2=O1,,1,mV\n\
    [Comment]\n#     Name   Phys. Chn.    Resolution / Unit   Low Cutoff [s]   High Cutoff [Hz]\n\
    1     Oz      1             0.5 uV              10               250\n";
const MARKERS: &str = "Brain Vision Data Exchange Marker File Version 1.0\n\
    [Common Infos]\nDataFile=a.eeg\n[Marker Infos]\n\
    Mk1=New Segment,,1,1,0,20240101120000000000\n\
    Mk2=Stimulus,S  1,2,1,0\n\
    Mk3=New Segment,,3,1,0,20240101120001000000\n";
const DATA: [u8; 16] = [1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0];

fn whole(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("a.vhdr", HEADER);
    folder.write("a.vmrk", MARKERS);
    folder.write("a.eeg", DATA);
    folder
}

/// Opens, and checks that the answer is in proportion to the files.
fn attempt(folder: &Folder) -> Result<Opened, FormatError> {
    let names = ["a.vhdr", "a.vmrk", "a.eeg"];
    let len = |name| std::fs::metadata(folder.path(name)).map_or(0, |about| about.len() as usize);
    let bytes: usize = names.into_iter().map(len).sum();
    let mut result = None;
    let most = counting::most_bytes(|| result = Some(open(folder.path("a.vhdr"))));
    assert!(most <= FIXED_BYTES + 128 * bytes, "{most} bytes taken for {bytes}");
    let result = result.unwrap();
    match &result {
        Ok(opened) => {
            let recording = &opened.recording;
            let values = recording.streams().iter().map(|s| s.samples().len() * s.channels().len());
            assert!(values.sum::<usize>() <= bytes);
            assert!(recording.events().len() <= bytes / 6);
            assert!(opened.warnings.len() <= 12 + bytes / 64);
            assert!(recording.duration_s() >= 0.0);
        }
        Err(error) => assert!(!error.to_string().contains('\n')),
    }
    result
}

#[test]
fn a_header_cut_anywhere_is_read_or_refused() {
    let folder = whole("hostile-cut");
    let complete = attempt(&folder).unwrap();
    assert_eq!(complete.warnings.len(), 1, "{:?}", complete.warnings);
    for cut in 0..HEADER.len() {
        folder.write("a.vhdr", &HEADER[..cut]);
        let opened = attempt(&folder);
        if cut < "Brain Vision Data Exchange Header File".len() {
            assert!(matches!(opened, Err(FormatError::Unrecognised { .. })), "{cut}");
        } else if let (Ok(opened), true) = (opened, HEADER[..cut].ends_with('\n')) {
            // Between lines, what is read differently is told.
            let samples = |opened: &Opened| opened.recording.streams()[0].samples().clone();
            let same = samples(&opened) == samples(&complete);
            assert!(same || opened.warnings.len() > 1, "{cut}: {opened:?}");
        }
    }
}

#[test]
fn markers_and_samples_cut_anywhere_are_read() {
    let folder = whole("hostile-companions");
    for cut in 0..MARKERS.len() {
        folder.write("a.vmrk", &MARKERS[..cut]);
        let opened = attempt(&folder).unwrap();
        assert_eq!(opened.recording.streams()[0].samples().len(), 4);
    }
    folder.write("a.vmrk", MARKERS);
    for order in ["MULTIPLEXED", "VECTORIZED"] {
        folder.write("a.vhdr", HEADER.replace("MULTIPLEXED", order));
        for cut in 0..DATA.len() {
            folder.write("a.eeg", &DATA[..cut]);
            let opened = attempt(&folder).unwrap();
            assert!(!opened.warnings.is_empty(), "{order} cut at {cut}");
        }
    }
}

#[test]
fn any_byte_may_be_anything() {
    for (name, text) in [("a.vhdr", HEADER), ("a.vmrk", MARKERS)] {
        let folder = whole("hostile-bytes");
        let mut read = 0;
        for at in 0..text.len() {
            let mut damaged = text.as_bytes().to_vec();
            let flips = (0..8).map(|bit| damaged[at] ^ 1 << bit).collect::<Vec<_>>();
            for value in flips.into_iter().chain([0, 0xff, b'\n', b'=', b',', b'9']) {
                damaged[at] = value;
                folder.write(name, &damaged);
                read += usize::from(attempt(&folder).is_ok());
            }
        }
        // Most of a header is names and free text: damage there must not refuse the file.
        assert!(read > text.len() * 14 / 2, "{name}: {read} of {}", text.len() * 14);
    }
}

#[test]
fn absurd_numbers_are_refused_or_bounded() {
    let folder = whole("hostile-numbers");
    let absurd = ["18446744073709551615", "18446744073709551616", "-1", "8192", "1e308", "1e-320"];
    for field in ["Channels=2", "Points=4", "Interval=4000", "Ch2=O1,,1", "Ch2"] {
        for number in absurd {
            let (key, _) = field.rsplit_once(['=', ',', 'h']).unwrap();
            let changed =
                HEADER.replace(field, &format!("{key}{}{number}", &field[key.len()..][..1]));
            assert_ne!(changed, HEADER);
            for text in [changed.replace("MULTIPLEXED", "VECTORIZED"), changed] {
                for text in [text.replace("BINARY", "ASCII"), text] {
                    folder.write("a.vhdr", text);
                    let _ = attempt(&folder);
                }
            }
        }
    }
    folder.write("a.vhdr", HEADER);
    for number in absurd {
        for field in ["New Segment,,3,1", "S  1,2,1", "S  1,2", "0,20240101120001000000"] {
            let (key, _) = field.rsplit_once(',').unwrap();
            let changed = MARKERS.replace(field, &format!("{key},{number}"));
            assert_ne!(changed, MARKERS);
            folder.write("a.vmrk", changed);
            let _ = attempt(&folder);
        }
    }
}

#[test]
fn many_channels_of_few_bytes_take_little() {
    let folder = whole("hostile-channels");
    let text = HEADER.replace("Channels=2", "Channels=8192");
    for data in [b"1\n2\n".repeat(5000), b"1 ".repeat(5000), vec![0; 3]] {
        for text in [text.replace("BINARY", "ASCII"), text.clone()] {
            folder.write("a.vhdr", text);
            folder.write("a.eeg", &data);
            let _ = attempt(&folder);
        }
    }
}

#[test]
fn a_line_may_be_long() {
    let folder = whole("hostile-lines");
    let long = "x".repeat(1 << 20);
    for text in [
        format!("{HEADER}{long}"),
        HEADER.replace("Ch1=Oz", &format!("Ch1={long}")),
        HEADER.replace("a.eeg", &long),
        HEADER.replace("1     Oz", &format!("1     Oz {long}")),
        format!("{}{long}", HEADER.replace('\n', " ")),
    ] {
        folder.write("a.vhdr", text);
        let _ = attempt(&folder);
    }
    folder.write("a.vhdr", HEADER.to_owned() + &"\n".repeat(17 << 20));
    assert!(attempt(&folder).is_err());
}

proptest! {
    #[test]
    fn random_bytes_after_the_magic(tail in prop::collection::vec(any::<u8>(), 0..400)) {
        let folder = whole("hostile-random");
        let magic = "Brain Vision Data Exchange Header File Version 1.0\n";
        folder.write("a.vhdr", [magic.as_bytes(), &tail].concat());
        let _ = attempt(&folder);
        folder.write("a.vhdr", HEADER);
        folder.write("a.vmrk", &tail);
        folder.write("a.eeg", &tail);
        prop_assert!(attempt(&folder).is_ok());
    }

    #[test]
    fn lines_in_any_order(
        picks in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..30),
    ) {
        let folder = whole("hostile-lines-shuffled");
        let first = HEADER.lines().next().unwrap();
        let pick = |text: &str| -> String {
            let lines: Vec<&str> = text.lines().collect();
            picks.iter().map(|(at, _)| format!("{}\n", at.get(&lines))).collect()
        };
        let ascii = picks.first().is_some_and(|(_, ascii)| *ascii);
        let text = format!("{first}\n{}{HEADER}", pick(HEADER));
        let text = if ascii { text.replace("BINARY", "ASCII") } else { text };
        folder.write("a.vhdr", text);
        folder.write("a.vmrk", format!("{MARKERS}{}", pick(MARKERS)));
        let _ = attempt(&folder);
    }
}
