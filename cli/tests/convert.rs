//! Every format to every other: channels, times and events stay, and what does not is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

const ENDINGS: [&str; 5] = ["vep", "edf", "bdf", "vhdr", "csv"];

fn evoked(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_evoked")).args(args).output().expect("the program runs")
}

fn fixture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(name).display().to_string()
}

/// A path in a folder of the test's own.
fn path(test: &str, name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name).display().to_string()
}

/// Converts, and gives the lines that say what is odd or lost.
fn convert(from: &str, to: &str, more: &[&str]) -> Vec<String> {
    let output = evoked(&[&["convert", from, to, "--force"], more].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{from} to {to}: {said}");
    said.lines().map(str::to_owned).collect()
}

fn info(path: &str) -> Value {
    let output = evoked(&["info", path, "--json"]);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Rate, length, labels and units, and the events: what every format holds.
fn content(path: &str) -> Value {
    let info = info(path);
    let [stream] = info["streams"].as_array().unwrap().as_slice() else { panic!("{info}") };
    let channels = stream["channels"].as_array().unwrap().iter();
    let channels = channels.map(|channel| json!([channel["label"], channel["unit"]]));
    json!({
        "rate_hz": stream["rate_hz"],
        "samples": stream["samples"],
        "channels": channels.collect::<Vec<_>>(),
        "events": info["events"],
    })
}

fn scores(path: &str) -> Value {
    let codebook = fixture("session.codebook.json");
    let output = evoked(&["decode", path, "--json", "--codebook", &codebook]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["trials"].clone()
}

fn decisions(scores: &Value) -> Vec<&Value> {
    scores.as_array().unwrap().iter().map(|trial| &trial["decision"]).collect()
}

#[test]
fn every_format_becomes_every_other() {
    let source = fixture("session.vep");
    let (expected, expected_scores) = (content(&source), scores(&source));
    for first in ENDINGS {
        let middle = path("pairs", &format!("first.{first}"));
        convert(&source, &middle, &[]);
        assert_eq!(scores(&middle), expected_scores, "{first}");
        for second in ENDINGS {
            let last = path("pairs", &format!("{first}-second.{second}"));
            for line in convert(&middle, &last, &[]) {
                assert!(line.starts_with("not carried over: "), "{first} to {second}: {line}");
            }
            assert_eq!(content(&last), expected, "{first} to {second}");
            // A table does not tell of which grid its numbers are: other counts stand for them.
            if first == "csv" && ["edf", "bdf"].contains(&second) {
                assert_eq!(decisions(&scores(&last)), decisions(&expected_scores));
            } else {
                assert_eq!(scores(&last), expected_scores, "{first} to {second}");
            }
        }
    }
}

#[test]
fn a_part_of_the_time_and_some_channels_are_carried_over() {
    let source = fixture("session.vep");
    let whole = path("part", "whole.bdf");
    convert(&source, &whole, &[]);
    for ending in ENDINGS {
        let part = path("part", &format!("part.{ending}"));
        convert(&whole, &part, &["--from", "10", "--to", "20.5", "--channels", "Oz,O1"]);
        let found = content(&part);
        assert_eq!(found["samples"], 2625, "{ending}");
        assert_eq!(found["channels"], json!([["O1", "uV"], ["Oz", "uV"]]), "{ending}");
        let count = |event: &Value| event["count"].as_u64().unwrap();
        let events: u64 = found["events"].as_array().unwrap().iter().map(count).sum();
        let said = evoked(&["info", &source, "--json", "--from", "10", "--to", "20.5"]).stdout;
        let said: Value = serde_json::from_slice(&said).unwrap();
        let expected: u64 = said["events"].as_array().unwrap().iter().map(count).sum();
        assert_eq!(events, expected, "{ending}");
        assert!((1..48).contains(&events));
    }
    let nothing = path("part", "nothing.vep");
    let said = convert(&whole, &nothing, &["--from", "1000"]);
    assert!(said[0].contains("window: no sample lies from 1000 to"), "{said:?}");
}

#[test]
fn what_cannot_be_carried_over_is_listed() {
    let source = fixture("session.vep");
    let codebook = "not carried over: codebook: there is no place for its 4 targets";
    for ending in ["edf", "bdf", "vhdr", "csv"] {
        let lost = convert(&source, &path("losses", &format!("a.{ending}")), &[]);
        assert!(lost.iter().any(|line| line == codebook), "{lost:?}");
        let metadata = lost.iter().find(|line| line.contains("metadata")).expect("metadata");
        assert!(metadata.contains("simulator_seed"), "{metadata}");
        assert!(lost.iter().all(|line| line.starts_with("not carried over: ")), "{lost:?}");
    }
    assert_eq!(convert(&source, &path("losses", "a.vep"), &[]), Vec::<String>::new());
}
