//! `evoked simulate`, and `evoked serve --simulate`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use evoked::signal::Recording;
use evoked::simulate::{SessionParams, Strength};
use evoked::stimulus::Codebook;
use serde_json::{Value, json};

fn evoked(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_evoked")).args(args).output().expect("the program runs")
}

fn path(name: &str) -> String {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name).display().to_string()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn said(args: &[&str]) -> String {
    let output = evoked(args);
    assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

fn refused(args: &[&str]) -> String {
    let output = evoked(args);
    assert!(!output.status.success(), "{args:?}");
    text(&output.stderr)
}

fn recording(file: &str) -> Recording {
    evoked::formats::open(file).unwrap().recording
}

/// Three targets and everything that can be switched on.
const DISTURBED: &str = "--targets 9,11,13 --blocks 8 --trial 2 --gap 0.5 --snr 0.8 --fade 0.2 \
    --slowing 0.02 --noise 8 --alpha 5 --drift 7 --blinks 12 --bursts 9 --pops 6 --losses 10 \
    --loss-length 0.3 --rest 3 --rest-alpha 1.5 --seed 5";

fn disturbed() -> Vec<&'static str> {
    DISTURBED.split_whitespace().collect()
}

fn disturbed_params() -> SessionParams {
    SessionParams {
        blocks: 8,
        trial_s: 2.0,
        gap_s: 0.5,
        strength: Strength::Snr(0.8),
        fade: 0.2,
        slowing_s: 0.02,
        noise_uv: 8.0,
        alpha_uv: 5.0,
        drift_uv: 7.0,
        blinks_per_min: 12.0,
        bursts_per_min: 9.0,
        pops_per_min: 6.0,
        losses_per_min: 10.0,
        loss_s: 0.3,
        rest_s: 3.0,
        rest_alpha: 1.5,
        seed: 5,
        ..SessionParams::default()
    }
}

#[test]
fn the_file_holds_the_session_of_the_options_and_the_truth_is_told() {
    let (file, truth) = (path("disturbed.vep"), path("disturbed.json"));
    let args = [&["simulate", &file, "--force", "--truth", &truth], &disturbed()[..]].concat();
    let said = said(&args);
    let codebook = Codebook::sinusoids(&[9.0, 11.0, 13.0]).unwrap();
    let expected = disturbed_params().simulate(&codebook).unwrap();
    let written = recording(&file);
    assert_eq!(written.streams(), expected.recording.streams());
    assert_eq!(written.events(), expected.recording.events());

    let told: Value = serde_json::from_str(&std::fs::read_to_string(truth).unwrap()).unwrap();
    let stretch = |range: &std::ops::Range<u64>| json!({"start": range.start, "end": range.end});
    let gaps: Vec<Value> = written.streams()[0].samples().gaps().map(|gap| stretch(&gap)).collect();
    assert_eq!(told["lost"], json!(gaps));
    let of_event = |code: u32| written.events().iter().filter(move |event| event.code == code);
    let rest: Vec<Value> = of_event(33024)
        .map(|event| json!({"start": event.sample, "end": event.sample + 750}))
        .collect();
    assert_eq!(told["no_control"], json!(rest));
    let label = |event: &evoked::signal::Event| {
        let labels = written.events().iter().filter(|other| other.sample == event.sample);
        let labels = labels.map(|other| other.label.clone());
        labels.into_iter().find(|label| label.ends_with("Hz"))
    };
    let trials: Vec<Value> = of_event(32779)
        .filter_map(|event| Some(json!({"onset": event.sample, "target": label(event)?})))
        .collect();
    assert_eq!(told["trials"], json!(trials));
    assert_eq!((trials.len(), rest.len()), (24, 8));
    let artifacts = told["artifacts"].as_array().unwrap();
    let count = |kind: &str| artifacts.iter().filter(|a| a["kind"] == kind).count();
    assert!(
        artifacts.iter().all(|a| a["channels"].as_array().is_some_and(|list| !list.is_empty()))
    );
    let lost = expected.lost.iter().map(|lost| lost.end - lost.start).sum::<u64>() as f64 / 250.0;
    let summary = format!(
        "24 trials, 8 no-control periods, {} blinks, {} muscle bursts, {} electrode pops, {} gaps ({lost:.1} s lost), ",
        count("blink"),
        count("burst"),
        count("pop"),
        gaps.len(),
    );
    assert!(said.contains(&summary), "{said} {summary}");
}

#[test]
fn options_go_before_settings() {
    let (file, params) = (path("settings.vep"), path("settings.json"));
    let settings = r#"{"trial_s": 1.0, "rest_s": 2.0, "rest_every": 3, "seed": 9}"#;
    std::fs::write(&params, settings).unwrap();
    let args = ["simulate", &file, "--force", "--targets", "9,11", "--params", &params];
    let plain = said(&args);
    assert!(plain.contains(": 12 trials, 4 no-control periods, "), "{plain}");
    let changed = said(&[&args[..], &["--rest-every", "4", "--blocks", "2"]].concat());
    assert!(changed.contains(": 4 trials, 1 no-control period, "), "{changed}");
    let without = said(&[&args[..], &["--rest", "0"]].concat());
    assert!(without.contains(": 12 trials, 25.0 s, "), "{without}");
}

#[test]
fn the_fixture_is_made_by_its_command() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let fixture = |name: &str| fixtures.join(name).display().to_string();
    let (codebook, params) = (fixture("session.codebook.json"), fixture("session.params.json"));
    let file = path("fixture.vep");
    said(&["simulate", &file, "--force", "--codebook", &codebook, "--params", &params]);
    assert!(std::fs::read(file).unwrap() == std::fs::read(fixture("session.vep")).unwrap());
}

#[test]
fn rest_is_a_class_that_evaluate_finds() {
    let (file, json) = (path("rest.vep"), path("rest-evaluated.json"));
    let simulate =
        ["simulate", &file, "--force", "--targets", "9,11,13", "--rest", "4", "--snr", "1"];
    said(&simulate);
    let evaluate = ["evaluate", &file, "--methods", "cca", "--json", &json, "--force"];
    let result = |more: &[&str]| -> Value {
        said(&[&evaluate, more].concat());
        serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap()
    };
    let with_rest = result(&["--rest", "rest"]);
    let confusion: Vec<Vec<u64>> =
        serde_json::from_value(with_rest["means"][0]["confusion"].clone()).unwrap();
    assert_eq!(confusion.len(), 4);
    for (class, row) in confusion.iter().enumerate() {
        assert!(row.iter().sum::<u64>() == 6 && row[class] >= 5, "{confusion:?}");
    }
    assert_eq!(with_rest["subjects"][0]["unlabelled"], 0);
    assert_eq!(result(&["--rest", "33024"])["means"], with_rest["means"]);
    let without = result(&[]);
    assert_eq!(
        (&without["means"][0]["total"], &without["subjects"][0]["unlabelled"]),
        (&json!(18), &json!(6))
    );
}

#[test]
fn a_simulation_is_served_as_its_file_would_be() {
    let file = path("to-serve.vep");
    said(&[&["simulate", &file, "--force", "--rate", "200"], &disturbed()[..]].concat());
    let serve = "serve --simulate --rate 200 --port 0 --as-fast-as-possible";
    let serve: Vec<&str> = serve.split_whitespace().chain(disturbed()).collect();
    let mut server = Command::new(env!("CARGO_BIN_EXE_evoked"))
        .args(&serve)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(server.stdout.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert!(line.starts_with("simulated, 24 trials, 8 no-control periods, "), "{line}");
    let address = line.trim().rsplit("served on ").next().unwrap();
    let mut bytes = Vec::new();
    TcpStream::connect(address).unwrap().read_to_end(&mut bytes).unwrap();
    assert!(server.wait().unwrap().success());

    let heard = path("served-simulation.vep");
    std::fs::write(&heard, bytes).unwrap();
    let [heard, written] = [&heard, &file].map(|file| evoked::formats::open(file).unwrap());
    assert!(written.recording.streams()[0].samples().gaps().count() > 5);
    assert_eq!(heard.recording, written.recording);
    assert_eq!(heard.codebook, written.codebook);
}

#[test]
fn wrong_calls_say_what_to_do() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/session.vep");
    let fixture = fixture.display().to_string();
    let out = path("refused.vep");
    for (args, expected) in [
        (vec!["serve", &fixture, "--snr", "1"], "give --simulate in place of a file"),
        (vec!["serve"], "<FILE>"),
        (vec!["serve", "--simulate", &fixture], "cannot be used with"),
        (vec!["serve", "--simulate"], "--targets 13,17,21"),
        (vec!["serve", "--simulate", "--targets", "9", "--losses", "70"], "losses_per_min is 70"),
        (
            vec!["simulate", &out, "--targets", "9", "--losses", "40", "--loss-length", "2"],
            "losses_per_min times loss_s is 80, expected 0 to 30 s a minute",
        ),
        (vec!["simulate", &out, "--targets", "9", "--fade", "2"], "fade is 2, expected 0 to 1"),
        (
            vec!["simulate", &out, "--targets", "9", "--truth", &fixture],
            "exists; use --force to replace it",
        ),
    ] {
        let refused = refused(&args);
        assert!(refused.contains(expected), "{args:?}: {refused}");
    }
    assert!(!Path::new(&out).exists());
}
