//! A writer at full speed is killed at 200 moments: what it had written is read back, and nothing
//! that it had not.
//!
//! The test starts itself again as the writer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use evoked::frame::{
    Content, Encoding, FileWriter, Item, Limits, Notice, Reader, Session, StreamInfo,
};
use evoked::signal::{Channel, Epoch};

/// Set in the writer: the file it writes.
const FILE: &str = "EVOKED_KILL_FILE";
const SAMPLES: usize = 20;
const KILLS: u64 = 200;

fn samples_of(frame: u64) -> [f32; SAMPLES] {
    std::array::from_fn(|i| ((frame * 31 + i as u64) % 65_521) as f32)
}

/// Writes frames until it is killed, and tells after each how many are in the file.
fn write_forever(path: &Path) -> ! {
    let eeg = StreamInfo::new(1, "EEG", 250.0, vec![Channel::microvolts("Oz")]);
    let session = Session { streams: vec![eeg], ..Session::default() };
    let mut writer = FileWriter::new(File::create(path).unwrap(), session).unwrap();
    let mut told = std::io::stdout().lock();
    for frame in 0_u64.. {
        let samples = samples_of(frame);
        let chunk = Epoch::from_planar(&samples, 1).unwrap();
        writer.samples(1, frame * SAMPLES as u64, chunk, Encoding::F32).unwrap();
        writer.flush().unwrap();
        // Behind a marker, since the test harness prints to the same place.
        told.write_all(format!("\n@{}\n", frame + 1).as_bytes()).unwrap();
        told.flush().unwrap();
    }
    unreachable!("there are more numbers than a writer has time for")
}

/// The last number that was told whole.
fn last_told(output: &str) -> u64 {
    let whole = output.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().filter_map(|line| line.strip_prefix('@')?.parse().ok()).max().unwrap_or(0)
}

#[test]
fn what_was_written_before_a_kill_is_read_back() {
    if let Some(path) = std::env::var_os(FILE) {
        write_forever(Path::new(&path));
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("killed.vep");
    let mut most = 0;
    for kill in 0..KILLS {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "what_was_written_before_a_kill_is_read_back", "--nocapture"])
            .env(FILE, &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // From before the first frame to some thousand frames later.
        std::thread::sleep(Duration::from_micros(500 + kill * kill % 97 * 211));
        writer.kill().unwrap();
        let mut output = Vec::new();
        writer.stdout.take().unwrap().read_to_end(&mut output).unwrap();
        writer.wait().unwrap();
        let told = last_told(&String::from_utf8_lossy(&output));

        let bytes = std::fs::read(&path).unwrap_or_default();
        let found = frames_in(&bytes);
        assert!(found >= told, "kill {kill}: {found} frames of {told} came back");
        most = most.max(found);
        let _ = std::fs::remove_file(&path);
    }
    assert!(most > 100, "no writer got far: {most} frames");
}

/// How many samples frames there are; each must be the one that was written.
fn frames_in(bytes: &[u8]) -> u64 {
    let mut found = 0;
    let mut info = None;
    for item in Reader::new(bytes, Limits::default()) {
        match item {
            Item::Frame(frame) => match frame.content().unwrap() {
                Content::Session(session) => info = session.streams.first().cloned(),
                Content::Samples(view) => {
                    let mut samples = [0.0; SAMPLES];
                    view.decode_into(info.as_ref().unwrap(), &mut samples).unwrap();
                    assert_eq!(samples, samples_of(found));
                    assert_eq!(frame.header.sample, found * SAMPLES as u64);
                    found += 1;
                }
                other => panic!("{other:?}"),
            },
            // The frame that the kill cut off.
            Item::Notice(Notice::Damaged { bytes: cut }) => assert_eq!(cut.end, bytes.len() as u64),
            Item::Notice(other) => panic!("{other:?}"),
        }
    }
    found
}
