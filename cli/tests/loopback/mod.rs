//! `evoked serve` and `evoked listen`, for tests over loopback.
#![allow(dead_code)] // No test needs all of it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use evoked::frame::{Decoder, Item, Kind, Limits, Notice};
use evoked::signal::Recording;

pub(crate) fn evoked(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evoked"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn path(name: &str) -> String {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name).display().to_string()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A simulated session: in each block a trial of 2 s of each of four targets.
pub(crate) fn simulate(name: &str, more: &[&str]) -> String {
    let file = path(name);
    let args =
        ["simulate", &file, "--force", "--targets", "9,11,13,15", "--trial", "2", "--snr", "1"];
    let output = evoked(&[&args, more].concat()).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    file
}

pub(crate) fn recording(file: &str) -> Recording {
    evoked::formats::open(file).unwrap().recording
}

/// What a program says, line by line, as it does.
pub(crate) struct Lines(Receiver<String>);

impl Lines {
    pub(crate) fn of(from: impl Read + Send + 'static) -> Self {
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            BufReader::new(from).lines().map_while(Result::ok).all(|line| sender.send(line).is_ok())
        });
        Self(lines)
    }

    /// Waits for a line with such a text.
    pub(crate) fn until(&self, what: &str) -> String {
        let mut before = Vec::new();
        // Long enough for any machine; a test that fails is not to hang.
        while let Ok(line) = self.0.recv_timeout(Duration::from_secs(60)) {
            if line.contains(what) {
                return line;
            }
            before.push(line);
        }
        panic!("never said {what:?}, but {before:#?}");
    }

    /// All others, to the end.
    pub(crate) fn rest(&self) -> String {
        self.0.iter().map(|line| line + "\n").collect()
    }
}

/// A running `evoked serve`, stopped when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    said: BufReader<ChildStdout>,
    pub(crate) warned: Lines,
}

impl Server {
    pub(crate) fn start(file: &str, more: &[&str]) -> Self {
        let mut child = evoked(&[&["serve", file], more].concat()).spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        let address = line.trim().rsplit("served on ").next().unwrap().to_owned();
        let warned = Lines::of(child.stderr.take().unwrap());
        Self { child, address, said, warned }
    }

    pub(crate) fn port(&self) -> &str {
        self.address.rsplit(':').next().unwrap()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).unwrap()
    }

    /// A number that the system tells of the process, such as `VmHWM` in KiB; 0 where it doesn't.
    pub(crate) fn status(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.map_or(0, |value| value.trim().trim_end_matches(" kB").parse().unwrap())
    }

    /// Waits for its end; gives what it said, on stdout and stderr.
    pub(crate) fn finish(mut self) -> (String, String) {
        let mut said = String::new();
        self.said.read_to_string(&mut said).unwrap();
        let warned = self.warned.rest();
        assert!(self.child.wait().unwrap().success());
        (said, warned)
    }

    /// Stops it; gives what it had said on stderr.
    pub(crate) fn stop(mut self) -> String {
        self.child.kill().unwrap();
        self.warned.rest()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) const WINDOW: [&str; 4] = ["--start", "0.14", "--length", "1.5"];

pub(crate) fn listen(address: &str, record: &str, more: &[&str]) -> Command {
    let args = ["listen", address, "--record", record, "--force", "--patience", "20"];
    evoked(&[&args, &WINDOW[..], more].concat())
}

/// Decided trials of a listener: onset in milliseconds, target and margin.
pub(crate) fn decided(output: &Output) -> BTreeMap<u64, (String, f64)> {
    decided_from(&text(&output.stdout))
}

/// The same of some of its lines.
pub(crate) fn decided_from(said: &str) -> BTreeMap<u64, (String, f64)> {
    let line = |line: &str| {
        let (onset_s, rest) = line.trim().split_once(" s  ")?;
        let (target, rest) = rest.split_once("  margin ")?;
        let margin = rest.split_whitespace().next()?.parse().ok()?;
        let onset_s: f64 = onset_s.parse().ok()?;
        Some(((onset_s * 1e3).round() as u64, (target.trim().to_owned(), margin)))
    };
    said.lines().filter_map(line).collect()
}

/// The same of the batch path on a file, filtered forward only.
pub(crate) fn decided_in(file: &str) -> BTreeMap<u64, (String, f64)> {
    let args = ["decode", file, "--method", "cca", "--causal", "--json"];
    let output = evoked(&[&args, &WINDOW[..]].concat()).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let trials = report["trials"].as_array().unwrap().iter();
    let one = |trial: &serde_json::Value| {
        let target = report["targets"][trial["decision"].as_u64()? as usize].as_str()?;
        let onset_ms = (trial["onset_s"].as_f64()? * 1e3).round() as u64;
        Some((onset_ms, (target.to_owned(), trial["margin"].as_f64()?)))
    };
    trials.filter_map(one).collect()
}

pub(crate) fn assert_alike(
    live: &BTreeMap<u64, (String, f64)>,
    batch: &BTreeMap<u64, (String, f64)>,
) {
    let onsets = |trials: &BTreeMap<u64, _>| trials.keys().copied().collect::<Vec<_>>();
    assert_eq!(onsets(live), onsets(batch));
    for (onset, (target, margin)) in live {
        let (expected, expected_margin) = &batch[onset];
        assert_eq!(target, expected, "at {onset} ms");
        assert!((margin - expected_margin).abs() < 1e-4, "at {onset} ms");
    }
}

pub(crate) fn number_before(text: &str, what: &str) -> u64 {
    let before = text.split(what).next().unwrap();
    before.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
}

/// What a client reads.
pub(crate) struct Reading {
    decoder: Decoder,
    bytes: Vec<u8>,
    pub(crate) samples: u64,
    /// Everything that was not as it should be.
    pub(crate) notices: Vec<String>,
}

impl Reading {
    pub(crate) fn new() -> Self {
        let decoder = Decoder::from_start(Limits::default());
        Self { decoder, bytes: vec![0; 1 << 16], samples: 0, notices: Vec::new() }
    }

    /// Takes what comes next; gives whether anything did.
    pub(crate) fn read(&mut self, stream: &mut TcpStream) -> bool {
        let read = stream.read(&mut self.bytes).unwrap();
        self.decoder.push(&self.bytes[..read]);
        if read == 0 {
            self.decoder.finish();
        }
        while let Some(item) = self.decoder.next() {
            match item {
                Item::Frame(frame) if frame.header.kind == Kind::Samples => {
                    self.samples += u64::from(frame.header.count);
                }
                Item::Frame(_) => {}
                // In a pause.
                Item::Notice(Notice::Duplicate(header)) if header.kind == Kind::Session => {}
                Item::Notice(notice) => self.notices.push(format!("{notice:?}")),
            }
        }
        read > 0
    }
}

/// Reads a whole session; gives the number of samples and everything that was not as it should be.
pub(crate) fn read_all(address: &str) -> (u64, Vec<String>) {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut reading = Reading::new();
    while reading.read(&mut stream) {}
    (reading.samples, reading.notices)
}
