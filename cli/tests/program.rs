//! The program as a stranger meets it: the fixture, wrong files, damaged files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn evoked(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_evoked")).args(args).output().expect("the program runs")
}

fn fixture() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/session.vep").display().to_string()
}

/// A file of this test's own.
fn file(name: &str, bytes: &[u8]) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn scores(json: &[u8]) -> serde_json::Value {
    let report: serde_json::Value = serde_json::from_slice(json).unwrap();
    report["trials"].clone()
}

#[test]
fn every_target_of_the_fixture_is_right_by_every_good_method() {
    for method in ["whitened", "cca"] {
        let output = evoked(&["decode", &fixture(), "--method", method]);
        assert!(output.status.success());
        assert!(text(&output.stdout).contains("16 of 16 right: 100.0 %"), "{method}");
    }
}

#[test]
fn targets_that_the_recording_knows_keep_their_events() {
    let output = evoked(&["decode", &fixture(), "--targets", "10,12"]);
    let said = text(&output.stdout);
    assert!(said.contains("8 of 8 right: 100.0 %"), "{said}");
}

#[test]
fn events_called_like_targets_label_the_trials() {
    let out = file("named.vep", b"");
    let simulate =
        ["simulate", &out, "--targets", "9,13", "--blocks", "2", "--snr", "1", "--force"];
    assert!(evoked(&simulate).status.success());
    let said = text(&evoked(&["decode", &out]).stdout);
    assert!(said.contains("4 of 4 right"), "{said}");
}

#[test]
fn a_converted_recording_gives_the_same_scores() {
    let out = file("same.vep", b"");
    assert!(evoked(&["convert", &fixture(), &out, "--force"]).status.success());
    let before = evoked(&["decode", &fixture(), "--json"]).stdout;
    let after = evoked(&["decode", &out, "--json"]).stdout;
    assert_eq!(scores(&before), scores(&after));
}

#[test]
fn a_recording_is_decoded_alike_from_every_format_and_losses_are_told() {
    let before = evoked(&["decode", &fixture(), "--json"]).stdout;
    for ending in ["edf", "bdf"] {
        let out = file(&format!("other.{ending}"), b"");
        let output = evoked(&["convert", &fixture(), &out, "--force"]);
        let (told, done) = (text(&output.stderr), text(&output.stdout));
        assert_eq!(output.status.code(), Some(0), "{told}");
        let lost: Vec<_> = told.lines().collect();
        let expected = [
            "not carried over: codebook: there is no place for its 4 targets",
            "not carried over: streams: there is no place for their names: \"EEG\"",
            "not carried over: metadata: there is no place for simulator, simulator_params, \
             simulator_seed",
        ];
        assert_eq!(lost, expected);
        let format = format!("{}+, 1 streams, 48 events", ending.to_uppercase());
        assert!(done.contains(&format), "{done}");
        let codebook = Path::new(env!("CARGO_MANIFEST_DIR"));
        let codebook = codebook.join("../fixtures/session.codebook.json").display().to_string();
        let after = evoked(&["decode", &out, "--json", "--codebook", &codebook]).stdout;
        assert_eq!(scores(&before), scores(&after), "{ending}");
        // And back, with nothing lost.
        let back = file("back.vep", b"");
        let output = evoked(&["convert", &out, &back, "--force", "--codebook", &codebook]);
        assert!(output.status.success() && output.stderr.is_empty());
        let back = evoked(&["decode", &back, "--json"]).stdout;
        assert_eq!(scores(&before), scores(&back), "{ending}");
    }
}

#[test]
fn a_recording_and_its_frames_give_the_same_scores_bit_for_bit() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let data = std::env::var_os("EVOKED_DATA").map_or(own, PathBuf::from);
    let Ok(files) = std::fs::read_dir(data.join("ssvep-exo/gdf")) else {
        eprintln!("skipped: no recordings in $EVOKED_DATA or ../shared/data");
        return;
    };
    let targets = ["--targets", "13,17,21", "--label", "33025=13,33027=17,33026=21"];
    for gdf in files.map(|entry| entry.unwrap().path().display().to_string()) {
        let out = file("recording.vep", b"");
        let convert = [&["convert", gdf.as_str(), out.as_str(), "--force"][..], &targets].concat();
        assert!(evoked(&convert).status.success());
        for method in ["whitened", "cca", "power-ratio"] {
            let window = ["--start", "1", "--length", "4", "--json", "--method", method];
            let before = evoked(&[&["decode", gdf.as_str()][..], &targets, &window].concat());
            let after = evoked(&[&["decode", out.as_str()][..], &window].concat());
            assert_eq!(scores(&before.stdout), scores(&after.stdout), "{gdf} {method}");
        }
    }
}

#[test]
fn what_goes_wrong_is_said_in_one_line_with_what_to_do() {
    let (empty, note) = (file("empty.gdf", b""), file("note.gdf", b"hello"));
    let fixture = fixture();
    let cases: &[(&[&str], &str)] = &[
        (&["decode", "nothing.gdf"], "there is no such file"),
        (&["decode", &empty], "the file is empty; these can be: "),
        (&["decode", &note], "it looks like text"),
        (&["decode", &fixture, "--targets", "10,200"], "leave the target out"),
        (&["decode", &fixture, "--onset", "999"], "no event matches event 999: give --onset"),
        (&["decode", &fixture, "--channels", "Oz,Cz"], "no channel named \"Cz\"; the stream has"),
        (&["decode", &fixture, "--band", "70-300"], "expected above 0 and below 125 Hz"),
        (&["decode", &fixture, "--label", "7=up,8=nobody"], "no target \"nobody\"; there are up"),
        (&["decode", &fixture, "--length", "0.01"], "too short"),
        (&["convert", &fixture, "out.gdf"], "VEP frames (.vep), EDF+ (.edf), BDF+ (.bdf)"),
        (&["convert", &fixture, "no/such/out.edf"], "cannot write no/such/out.edf: No such file"),
        (&["simulate", "out.edf", "--targets", "10"], "name it .vep"),
        (&["convert", &fixture, &file("there.vep", b"")], "use --force"),
        (&["simulate", "out.vep"], "--targets 13,17,21"),
        (&["doctor", &note], "not a recording that can be read"),
        (&["recover", &note, "out.vep"], "no VEP frames"),
    ];
    for (args, expected) in cases {
        let output = evoked(args);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(error.starts_with("error: ") && error.contains(expected), "{args:?}: {error}");
        assert_eq!(error.trim_end().lines().count(), 1, "{args:?}: {error}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn doctor_and_recover_tell_clean_from_lossy_by_their_exit_codes() {
    assert_eq!(evoked(&["doctor", &fixture()]).status.code(), Some(0));

    let mut bytes = std::fs::read(fixture()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x40;
    bytes.truncate(middle + 50_000);
    let damaged = file("damaged.vep", &bytes);
    let doctor = evoked(&["doctor", &damaged]);
    assert_eq!(doctor.status.code(), Some(3));
    let said = text(&doctor.stdout);
    assert!(said.contains("lost: 1 frames, 50 samples"), "{said}");
    assert!(said.contains("no end frame"), "{said}");

    let saved = file("saved.vep", b"");
    assert_eq!(evoked(&["recover", &damaged, &saved, "--force"]).status.code(), Some(3));
    let after = evoked(&["doctor", &saved]);
    let said = text(&after.stdout);
    assert_eq!(after.status.code(), Some(3), "{said}");
    assert!(said.contains("50 samples were missing when it was written"), "{said}");
    assert!(said.contains("1 stretch is missing: 0.200 s in all"), "{said}");
}

#[test]
fn a_table_without_times_asks_for_its_rate() {
    let table = file("table.csv", b"Oz,marker\n1,0\n2,1\n3,0\n4,0\n");
    let refused = evoked(&["info", &table]);
    assert!(!refused.status.success());
    assert!(text(&refused.stderr).contains("--rate 256"), "{}", text(&refused.stderr));
    let info = evoked(&["info", &table, "--rate", "256"]);
    let said = text(&info.stdout);
    assert!(info.status.success() && said.contains("CSV, 0.016 s"), "{said}");
    let out = file("table.vep", b"");
    assert!(evoked(&["convert", &table, &out, "--rate", "256", "--force"]).status.success());
    assert!(text(&evoked(&["info", &out]).stdout).contains("1 channels at 256 Hz, 4 samples"));
    assert!(!evoked(&["info", &table, "--rate", "0"]).status.success());
}

#[test]
fn the_doctor_examines_what_was_recorded() {
    let out = file("mains.vep", b"");
    let params = file("mains.json", br#"{"mains_hz": 60.0, "mains_uv": 4.0}"#);
    let simulate =
        ["simulate", &out, "--targets", "21,30", "--params", &params, "--blocks", "4", "--force"];
    assert!(evoked(&simulate).status.success());
    let doctor = evoked(&["doctor", &out]);
    let said = text(&doctor.stdout);
    assert_eq!(doctor.status.code(), Some(3), "{said}");
    assert!(said.contains("problem  target 30 Hz: its 2nd harmonic is at 60 Hz"), "{said}");
    assert!(said.contains("do    decode with --harmonics 1"), "{said}");

    let json = evoked(&["doctor", &out, "--json"]);
    let lines: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(lines[0]["topic"], "TargetOnMains");

    // A table without a codebook is examined for what can be said without one.
    let rows: String = (0..2000).map(|i| format!("{}.5,{}\n", i % 17, i * 7 % 13)).collect();
    let table = file("dead.csv", format!("Oz,O1\n{rows}").as_bytes());
    let doctor = evoked(&["doctor", &table, "--rate", "250"]);
    assert!(text(&doctor.stdout).contains("give --targets"), "{}", text(&doctor.stderr));
}
