//! `evoked fit`, and what `evoked listen` does with the decoders that it makes, over loopback; and
//! sessions without cues.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use evoked::online::Gaps;
use evoked::online::model::Model;
use evoked::signal::{Epoch, Recording};
use evoked::simulate::{TRIAL_END, TRIAL_START};

fn evoked(folder: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evoked"));
    command.args(line.split(' ')).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What the program says.
fn said(folder: &Path, line: &str) -> String {
    let output = evoked(folder, line).output().unwrap();
    assert!(output.status.success(), "{line}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// Why the program fails, in one line.
fn refused(folder: &Path, line: &str) -> String {
    let output = evoked(folder, line).output().unwrap();
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{line}: {}{error}", text(&output.stdout));
    error.lines().find(|line| line.starts_with("error: ")).unwrap().to_owned()
}

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fit").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// `evoked serve`, stopped when dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(folder: &Path, file: &str) -> Self {
        let line = format!("serve {file} --port 0 --as-fast-as-possible");
        let mut child = evoked(folder, &line).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit("served on ").next().unwrap().to_owned();
        Self { child, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Follows a file that is served.
fn listen(folder: &Path, file: &str, options: &str) -> Output {
    let server = Server::start(folder, file);
    let line = format!("listen {} --patience 20 {options}", server.address);
    evoked(folder, &line).output().unwrap()
}

/// A decision that was printed.
#[derive(Debug, PartialEq)]
struct Line {
    time_ms: u64,
    target: String,
    /// Milliseconds of the window.
    window_ms: Option<u64>,
    right: Option<bool>,
}

fn ms(seconds: &str) -> u64 {
    (seconds.parse::<f64>().unwrap() * 1e3).round() as u64
}

fn lines(output: &Output) -> Vec<Line> {
    let line = |line: &str| {
        let (time_s, rest) = line.trim().split_once(" s  ")?;
        let (target, rest) = rest.split_once("  margin ")?;
        let window = rest.split_once("  window ").and_then(|(_, rest)| rest.split_once(" s"));
        let right = rest.contains('✓').then_some(true).or(rest.contains('✗').then_some(false));
        Some(Line {
            time_ms: ms(time_s),
            target: target.trim().to_owned(),
            window_ms: window.map(|(window_s, _)| ms(window_s)),
            right,
        })
    };
    text(&output.stdout).lines().filter_map(line).collect()
}

fn recording(folder: &Path, file: &str) -> Recording {
    evoked::formats::open(folder.join(file)).unwrap().recording
}

/// What a model decides of a recording that is pushed in one piece.
fn decided(folder: &Path, model: &str, file: &str) -> Vec<Line> {
    let model = Model::load(folder.join(model)).unwrap();
    let recording = recording(folder, file);
    let stream = &recording.streams()[0];
    let rows = model.rows_for(stream.channels(), stream.rate_hz(), None).unwrap();
    let all = stream.samples().segment_epoch(0).unwrap();
    let samples: Vec<f64> =
        rows.iter().flat_map(|&row| all.channel(row)).copied().map(f64::from).collect();
    let mut session = model.session(Gaps::LeaveOut).unwrap();
    let starts = recording.events().iter().filter(|event| event.code == TRIAL_START);
    starts.for_each(|start| session.event(start.sample));
    session.push(0, Epoch::from_planar(&samples, rows.len()).unwrap()).unwrap();
    let mut lines = Vec::new();
    while let Some(outcome) = session.poll() {
        let verdict = outcome.verdict.unwrap();
        let in_ms = |samples: u64| (samples as f64 / stream.rate_hz() * 1e3).round() as u64;
        lines.push(Line {
            time_ms: in_ms(outcome.cue.unwrap()),
            target: model.codebook().targets()[verdict.target].label.clone(),
            window_ms: Some(in_ms(verdict.end - verdict.first)),
            right: None,
        });
    }
    lines
}

const TARGETS: &str = "--targets 9,11,13,15 --trial 2 --snr 0.4";

/// The first six blocks are fitted to, the whole session is followed.
#[test]
fn what_was_fitted_decides_live_as_it_does_in_memory() {
    let folder = folder("live");
    said(&folder, &format!("simulate session.vep {TARGETS} --blocks 8 --seed 4"));
    for (method, options) in [
        ("fbcca", "--stopping bayes"),
        ("etrca", "--method etrca --band 6-50 --stopping margin:0.9"),
        ("fbtdca", "--method fbtdca --bank 2,8,60 --stopping fixed --length 1"),
    ] {
        // Fewer channels than the session has, in another order.
        let fit = format!("fit session.vep --to 73 --output user.evm --force {options}");
        let told = said(&folder, &format!("{fit} --channels O2,Oz,O1,POz"));
        assert!(told.contains(&format!("user.evm: {method}, 4 targets, 4 channels")), "{told}");
        assert!(told.contains("--decoder user.evm --onset 32779"), "{told}");
        assert!(told.contains("replayed") && told.contains(" of 24 trials right"), "{told}");
        let output = listen(&folder, "session.vep", "--decoder user.evm --onset 32779");
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let live = lines(&output);
        let fixed = options.contains("fixed");
        assert!(live.iter().all(|line| line.window_ms.is_none() == fixed), "{live:?}");
        let expected = decided(&folder, "user.evm", "session.vep");
        assert_eq!((live.len(), expected.len()), (32, 32));
        for (live, expected) in live.iter().zip(&expected) {
            assert_eq!((live.time_ms, &live.target), (expected.time_ms, &expected.target));
            assert!(live.window_ms.is_none() || live.window_ms == expected.window_ms);
        }
        let unseen = live.iter().filter(|line| line.time_ms > 73_000);
        let right = unseen.filter(|line| line.right == Some(true)).count();
        assert!(right >= 6, "{method}: {right} of 8");
    }
}

#[test]
fn a_session_of_codes_is_decided_by_what_was_fitted() {
    let folder = folder("codes");
    said(&folder, "stimulus make gold codes.json --bit-clock --targets 6");
    let simulate = "--codebook codes.json --blocks 4 --trial 2.1 --snr 0.6 --rate 120 --seed 3";
    said(&folder, &format!("simulate session.vep {simulate}"));
    let told = said(&folder, "fit session.vep --output codes.evm");
    assert!(told.contains("codes.evm: rcca, 6 targets") && told.contains("from 0.00 s"), "{told}");
    let output = listen(&folder, "session.vep", "--decoder codes.evm");
    let lines = lines(&output);
    assert_eq!(lines.len(), 24, "{}", text(&output.stdout));
    assert!(lines.iter().filter(|line| line.right == Some(true)).count() > 20);
    // Fixed windows of whole trials are longer.
    let longest_ms = 2100;
    assert!(lines.iter().all(|line| line.window_ms.unwrap() <= longest_ms));
    assert!(lines.iter().any(|line| line.window_ms.unwrap() < longest_ms / 2));
}

#[test]
fn decoders_that_do_not_fit_are_refused() {
    let folder = folder("refused");
    let simulate = |file: &str, more: &str| said(&folder, &format!("simulate {file} {more}"));
    simulate("session.vep", &format!("{TARGETS} --blocks 2"));
    said(&folder, "fit session.vep --output user.evm --channels Oz,O1 --stopping fixed");
    let whole = std::fs::read(folder.join("user.evm")).unwrap();
    let nobody = |model: &str| refused(&folder, &format!("listen 127.0.0.1:9 --decoder {model}"));

    // Nobody has to serve for these.
    let changed = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        std::fs::write(folder.join(name), bytes).unwrap();
        nobody(name)
    };
    let damaged = changed("damaged.evm", &|bytes| bytes[200] ^= 1);
    assert!(damaged.contains("damaged.evm: the model is damaged"), "{damaged}");
    let version = changed("version.evm", &|bytes| bytes[8] = 9);
    assert!(version.contains("is of version 9 of the format"), "{version}");
    let cut = changed("cut.evm", &|bytes| bytes.truncate(300));
    assert!(cut.contains("has 300 bytes where"), "{cut}");
    assert!(nobody("session.vep").contains("this is no model"));
    assert!(nobody("none.evm").contains("none.evm: can't be read"));

    simulate("montage.vep", &format!("{TARGETS} --blocks 1 --channels Oz,POz"));
    simulate("rate.vep", &format!("{TARGETS} --blocks 1 --rate 200"));
    simulate("targets.vep", "--targets 9,11,13,16 --blocks 1 --trial 2");
    for (file, expected) in [
        ("montage.vep", r#"the model needs channel "O1", the stream has Oz, POz"#),
        ("rate.vep", "the stream has 200 samples a second, the model was made for 250"),
        ("targets.vep", "target 3 of the codebook is"),
    ] {
        let output = listen(&folder, file, "--decoder user.evm");
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{file}: {error}");
        assert!(error.contains(expected), "{file}: {error}");
    }
    // What a decoder was made with can't be asked for anew.
    for option in
        ["--method cca", "--length 1", "--harmonics 3", "--stopping beta", "--free --threshold 1"]
    {
        let line = format!("listen 127.0.0.1:9 --decoder user.evm {option}");
        assert_eq!(evoked(&folder, &line).output().unwrap().status.code(), Some(2), "{option}");
    }
}

#[test]
fn what_can_not_be_fitted_says_what_to_do() {
    let folder = folder("hints");
    said(&folder, &format!("simulate session.vep {TARGETS} --blocks 1"));
    let refused = |line: &str| refused(&folder, line);
    let few = refused("fit session.vep --output user.evm --method etrca");
    assert!(few.contains("record more of each target, or give --stopping fixed"), "{few}");
    let ending = refused("fit session.vep --output user.vep");
    assert!(ending.contains("name it .evm"), "{ending}");
    let method = refused("fit session.vep --output user.evm --method whitened");
    assert!(method.contains("cca, msi, mec, trca"), "{method}");
    let long = refused("fit session.vep --output user.evm --length 9");
    assert!(long.contains("trials to fit to: none"), "{long}");
    let late = refused("fit session.vep --output user.evm --earliest 5");
    assert!(late.contains("--earliest 5: the longest window has 1.86 s"), "{late}");
    assert!(!folder.join("user.evm").exists());

    // Nothing has to be learned.
    let told = said(&folder, "fit session.vep --output user.evm --stopping fixed --length 1");
    assert!(told.contains("nothing had to be learned"), "{told}");
    let told = said(&folder, "fit session.vep session.vep --output user.evm --force");
    assert!(told.contains("learned from 8 trials in 2 files"), "{told}");
    assert!(refused("fit session.vep --output user.evm").contains("use --force"));
    for (options, expected) in [
        ("--method etrca", "make a decoder of a user's recordings with evoked fit"),
        ("--stopping bayes", "it is learned from trials"),
        ("--free --threshold 1 --method etrca", "windows may start anywhere for cca, msi and mec"),
        ("--free --threshold 1 --step 9", "no more than the --length"),
        ("--free --rest 1", "a window of 2 s has to move on in it"),
    ] {
        let output = listen(&folder, "session.vep", options);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{options}: {error}");
        assert!(error.contains(expected), "{options}: {error}");
    }
}

#[test]
fn a_rule_that_learns_nothing_decides_before_the_window_is_over() {
    let folder = folder("beta");
    let targets = "--targets 8,9,11,12,13,14 --trial 3 --snr 0.6";
    said(&folder, &format!("simulate session.vep {targets} --blocks 2"));
    let options = "--length 2.5 --stopping beta:0.9 --step 0.2 --earliest 0.5";
    let output = listen(&folder, "session.vep", options);
    let lines = lines(&output);
    assert_eq!(lines.len(), 12);
    assert!(lines.iter().filter(|line| line.right == Some(true)).count() >= 11);
    let windows: Vec<u64> = lines.iter().map(|line| line.window_ms.unwrap()).collect();
    assert!(windows.iter().all(|ms| (500..=2500).contains(ms)), "{windows:?}");
    assert!(windows.iter().any(|ms| *ms < 2500), "{windows:?}");
    for line in text(&output.stdout).lines().filter(|line| line.contains("margin")) {
        assert!(line.contains("  confidence ") || line.contains("  time was up"), "{line}");
    }
}

/// Trials of five seconds, half a minute of rest around each.
#[test]
fn without_cues_targets_are_found_and_rest_is_silent() {
    let folder = folder("free");
    std::fs::write(folder.join("rest.json"), r#"{"gap_s": 30.0, "trial_s": 5.0}"#).unwrap();
    let simulate = "simulate session.vep --targets 9,11,13,15 --blocks 1 --snr 0.6";
    said(&folder, &format!("{simulate} --params rest.json"));
    let recording = recording(&folder, "session.vep");
    let at = |code: u32| {
        let own = recording.events().iter().filter(move |event| event.code == code);
        own.map(|event| event.sample * 4)
    };
    let trials: Vec<(u64, u64)> = at(TRIAL_START).zip(at(TRIAL_END)).collect();
    let shown: Vec<&str> = recording
        .events()
        .iter()
        .filter(|event| event.label.ends_with("Hz"))
        .map(|event| event.label.as_str())
        .collect();
    assert_eq!((trials.len(), shown.len()), (4, 4));
    let learned = "--free --length 2 --rest 30 --activations 0 --dwell 0.5 --method fbcca";
    let given = "--free --length 2 --threshold 0.75 --dwell 0.5 --step 0.2";
    for options in [learned, given] {
        let output = listen(&folder, "session.vep", options);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(text(&output.stdout).contains("rest is learned"), options == learned);
        let decisions = lines(&output);
        for (&(start, end), target) in trials.iter().zip(&shown) {
            let own = |line: &&Line| (start..end + 2000).contains(&line.time_ms);
            let first = decisions.iter().find(own).map(|line| line.target.as_str());
            assert_eq!(first, Some(*target), "{options}: {}", text(&output.stdout));
        }
        let in_trial = |line: &Line| {
            trials.iter().any(|&(start, end)| (start..end + 2000).contains(&line.time_ms))
        };
        // Half a minute of rest tells little of the two minutes after it: some look like none in it.
        let most = if options == learned { 4 } else { 0 };
        let at_rest = decisions.iter().filter(|line| !in_trial(line)).count();
        assert!(at_rest <= most, "{options}: {}", text(&output.stdout));
    }
}
