//! Sessions of codes as a stranger meets them: made, simulated, decoded and evaluated by the program
//! alone, from nothing but an empty folder.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The program, run in a folder.
fn evoked(folder: &Path, line: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evoked"));
    command.args(line.split(' ')).current_dir(folder).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What the program says.
fn said(folder: &Path, line: &str) -> String {
    let output = evoked(folder, line);
    assert!(output.status.success(), "{line}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// Why the program fails, in one line.
fn refused(folder: &Path, line: &str) -> String {
    let output = evoked(folder, line);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{line}: {}", text(&output.stdout));
    assert!(error.starts_with("error: ") && error.trim_end().lines().count() == 1, "{error}");
    assert!(output.stdout.is_empty(), "{line}");
    error
}

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("codes").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A folder with `session.vep`, of codes.
fn session(name: &str) -> PathBuf {
    let folder = folder(name);
    said(&folder, "stimulus make gold codes.json --bit-clock --targets 6");
    let simulate =
        "simulate session.vep --codebook codes.json --blocks 4 --trial 2.1 --snr 0.6 --rate 120";
    said(&folder, &format!("{simulate} --seed 3 --channels POz,O1,Oz,O2"));
    // Nothing but the file is left.
    std::fs::remove_file(folder.join("codes.json")).unwrap();
    folder
}

#[test]
fn a_session_of_codes_is_decoded_from_its_file_alone() {
    let folder = session("decode");
    let plain = said(&folder, "decode session.vep");
    assert!(plain.contains("zero-training, 6 targets, 0.00–2.10 s after event 32779"), "{plain}");
    assert!(plain.contains(" of 24 right"), "{plain}");
    let fitted = said(&folder, "decode session.vep --calibrate 12");
    assert!(
        fitted.contains("reconvolution, fitted to the first 12 trials with a known target, 6 t"),
        "{fitted}"
    );
    assert!(fitted.contains(" of 12 right"), "{fitted}");
    for (line, trials) in [("", 24), (" --calibrate 12", 12), (" --calibrate 6 --method rcca", 18)]
    {
        let json = said(&folder, &format!("decode session.vep --json{line}"));
        let report: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(report["trials"].as_array().unwrap().len(), trials);
        assert_eq!(report["harmonics"], Value::Null);
        assert_eq!(report["window_start_s"], 0.0);
        let accuracy = report["summary"]["accuracy"].as_f64().unwrap();
        assert!(accuracy > 0.75, "{line}: {accuracy}");
    }
}

#[test]
fn methods_for_codes_are_evaluated_and_the_usual_ones_chosen() {
    let folder = session("evaluate");
    let usual = said(&folder, "evaluate session.vep --json usual.json --report usual.html");
    assert!(usual.contains("windows from 0.00 s after the onset; calibrated methods"), "{usual}");
    let usual: Value =
        serde_json::from_slice(&std::fs::read(folder.join("usual.json")).unwrap()).unwrap();
    let names: Vec<&str> = usual["settings"]["methods"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    assert_eq!(names, ["zero-training", "rcca", "reconvolution"]);
    for mean in usual["means"].as_array().unwrap() {
        let accuracy = mean["accuracy"].as_f64().unwrap();
        assert!(accuracy > 0.7, "{}: {accuracy}", mean["method"]);
    }
    let all = "rcca,rcca-refe,reconvolution,cvep-ecca,bitwise,zero-training,trca,fbrcca";
    let line = format!("evaluate session.vep --methods {all} --windows 1.05,2.1 --csv all.csv");
    let table = said(&folder, &line);
    let lines = std::fs::read_to_string(folder.join("all.csv")).unwrap().lines().count();
    assert_eq!(lines, 1 + 8 * 2, "{table}");
}

#[test]
fn a_method_that_does_not_suit_names_those_that_do() {
    let folder = session("wrong");
    let codes = "zero-training";
    let frequencies = refused(&folder, "decode session.vep --method cca");
    assert!(frequencies.contains("cca is not made for these targets, which show codes"));
    assert!(frequencies.contains("reconvolution") && frequencies.contains(codes), "{frequencies}");
    let evaluated = refused(&folder, "evaluate session.vep --methods reconvolution,fbcca");
    assert!(evaluated.contains("methods for them: rcca"), "{evaluated}");
    let unfitted = refused(&folder, "decode session.vep --method rcca");
    let expected = "rcca has to be fitted: say to how many of the first trials with --calibrate N; methods without calibration: zero-training";
    assert!(unfitted.contains(expected), "{unfitted}");
    let all = refused(&folder, "decode session.vep --calibrate 24");
    assert!(all.contains("24 trials, 24 of them with a known target"), "{all}");
    let untrained = refused(&folder, "evaluate session.vep --methods rcca --split none");
    assert!(untrained.contains("give --split block"), "{untrained}");

    said(&folder, "simulate plain.vep --targets 9,13 --blocks 3 --snr 1");
    let wrong = refused(&folder, "decode plain.vep --method rcca --calibrate 2");
    assert!(wrong.contains("which show frequencies; methods for them: whitened, cca"), "{wrong}");
    let fitted = said(&folder, "decode plain.vep --method trca --calibrate 4 --json --length 1");
    assert!(fitted.contains("\"method\": \"trca\""));
}

#[test]
fn codes_of_several_luminances_are_decoded_by_templates() {
    let folder = folder("levels");
    said(&folder, "stimulus make non-binary levels.json --order 3 --targets 4");
    let simulate = "simulate session.vep --codebook levels.json --blocks 6 --trial 2.1 --snr 0.4";
    said(&folder, simulate);
    let unfitted = refused(&folder, "decode session.vep");
    assert!(unfitted.contains("trca has to be fitted"), "{unfitted}");
    let fitted = said(&folder, "decode session.vep --calibrate 16 --json");
    let report: Value = serde_json::from_str(&fitted).unwrap();
    assert_eq!(report["method"], "trca");
    assert!(report["summary"]["accuracy"].as_f64().unwrap() > 0.75, "{fitted}");
    let table = said(&folder, "evaluate session.vep");
    assert!(["it-cca", "trca", "etrca"].iter().all(|name| table.contains(name)), "{table}");
    let wrong = refused(&folder, "evaluate session.vep --methods reconvolution");
    assert!(wrong.contains("several luminances or frequencies"), "{wrong}");
}

#[test]
fn the_codebook_comes_back_from_the_file_as_it_was_made() {
    let folder = folder("codebook");
    let make = "stimulus make m-sequence codes.json --polynomial 6,5,0 --state 9 --shift 8";
    said(&folder, &format!("{make} --refresh 120 --dark 0.1 --bright 0.8 --gamma 2.4"));
    said(&folder, "simulate session.vep --codebook codes.json --blocks 1 --trial 1.05");
    let info: Value = serde_json::from_str(&said(&folder, "info session.vep --json")).unwrap();
    let made: Value =
        serde_json::from_slice(&std::fs::read(folder.join("codes.json")).unwrap()).unwrap();
    assert_eq!(info["codebook"], made);
    assert_eq!(made["origin"]["family"]["polynomial"], serde_json::json!([6, 5, 0]));
    assert_eq!(made["origin"]["family"]["state"], 9);
}
