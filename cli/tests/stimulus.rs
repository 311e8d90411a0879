//! `evoked stimulus` as a stranger meets it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;
use std::process::{Command, Output};

use evoked::stimulus::Codebook;

fn evoked(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evoked"));
    command.arg("stimulus").args(args).output().expect("the program runs")
}

/// The name of a file of this test's own that is not there yet.
fn fresh(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_file(&path);
    path.display().to_string()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn made(name: &str, args: &[&str]) -> (String, Codebook) {
    let path = fresh(name);
    let output = evoked(&[&["make", args[0], &path], &args[1..]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let codebook = Codebook::from_json(&std::fs::read_to_string(&path).unwrap()).unwrap();
    (path, codebook)
}

#[test]
fn every_family_is_made_and_checked() {
    let cases: [(&str, &[&str], usize, i32); 12] = [
        ("m-sequence", &["--targets", "9"], 9, 0),
        ("gold", &["--bit-clock", "--grid", "4x5", "--search", "2000"], 20, 0),
        ("kasami", &[], 8, 0),
        ("de-bruijn", &["--order", "5", "--targets", "8"], 8, 0),
        ("golay", &["--length", "64"], 2, 0),
        ("apa", &["--length", "64", "--targets", "4"], 4, 0),
        ("barker", &["--length", "13"], 1, 0),
        ("burst", &["--length", "60", "--targets", "5"], 5, 0),
        ("non-binary", &["--order", "3", "--targets", "6"], 6, 0),
        ("jfpm", &["--targets", "40"], 40, 0),
        ("sinusoid", &["--frequencies", "13,17,21"], 3, 0),
        // 13 Hz has no whole number of frames a period.
        ("square", &["--frequencies", "13,15"], 2, 3),
    ];
    for (kind, args, targets, code) in cases {
        let (path, codebook) = made(&format!("{kind}.json"), &[&[kind], args].concat());
        assert_eq!((codebook.len(), codebook.refresh_hz()), (targets, Some(60.0)), "{kind}");
        assert_eq!(codebook.origin().unwrap().make().unwrap().codebook, codebook, "{kind}");
        let output = evoked(&["check", &path]);
        assert_eq!(output.status.code(), Some(code), "{kind}: {}", text(&output.stderr));
        let told = text(&output.stdout);
        assert!(told.contains("no medical device"), "{told}");
        if targets > 1 {
            assert!(told.contains("correlation"), "{told}");
        }
    }
}

#[test]
fn the_search_tells_what_it_reached() {
    let path = fresh("search.json");
    let args = ["make", "gold", &path, "--bit-clock", "--grid", "4x5", "--search"];
    let told = text(&evoked(&args).stdout);
    assert!(told.contains("neighbours correlate by") && told.contains("in the family's order"));
    let again = evoked(&args);
    assert!(text(&again.stderr).contains("exists; use --force"));
}

#[test]
fn frames_are_the_codebooks_as_table_and_as_array() {
    let (path, codebook) = made("frames.json", &["jfpm", "--targets", "3"]);
    let (csv, npy) = (fresh("frames.csv"), fresh("frames.npy"));
    for out in [&csv, &npy] {
        assert!(evoked(&["frames", &path, out]).status.success());
    }
    let frames = codebook.frames(300).unwrap();
    let table = std::fs::read_to_string(&csv).unwrap();
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some("frame,time_s,\"8 Hz\",\"8.2 Hz\",\"8.4 Hz\""));
    for (frame, line) in lines.by_ref().enumerate() {
        let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        let row: Vec<f64> = frames.rows().map(|row| row[frame]).collect();
        assert_eq!((cells[0], &cells[2..]), (frame as f64, &row[..]));
    }
    assert_eq!(table.lines().count(), 301);
    let array = std::fs::read(&npy).unwrap();
    let header = text(&array[..128]);
    assert!(header.contains("'<f8'") && header.contains("(3, 300)"), "{header}");
    let numbers: Vec<f64> =
        array[128..].chunks_exact(8).map(|n| f64::from_le_bytes(n.try_into().unwrap())).collect();
    assert_eq!(numbers, frames.rows().flatten().copied().collect::<Vec<_>>());
    assert!(!evoked(&["frames", &path, "frames.txt"]).status.success());
}

#[test]
fn the_preview_is_a_picture_and_labels_are_no_markup() {
    let path = fresh("odd.json");
    let odd = r#"{"refresh_hz":60,"targets":[
        {"label":"<script>&","modulation":{"kind":"frequency_sum","tones":[{"frequency_hz":8},{"frequency_hz":11}]}},
        {"label":"b","modulation":{"kind":"levels","levels":[0,0.5,1],"level_rate_hz":30}}]}"#;
    std::fs::write(&path, odd).unwrap();
    let (svg, html) = (fresh("odd.svg"), fresh("odd.html"));
    assert!(evoked(&["preview", &path, &svg]).status.success());
    let svg = std::fs::read_to_string(svg).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("&lt;script&gt;&amp;"));
    assert!(!svg.contains("<script"));
    assert!(evoked(&["page", &path, &html]).status.success());
    let html = std::fs::read_to_string(html).unwrap();
    assert_eq!(html.matches("<script").count(), 2);
    // Self-contained: nothing is fetched from elsewhere.
    assert!(!html.contains("http://") && !html.contains("https://") && !html.contains("src="));
}

#[test]
fn dropped_frames_of_a_log_are_told() {
    let (path, _) = made("log.json", &["gold", "--targets", "3"]);
    let log = fresh("dropped.json");
    let times: Vec<String> =
        [0, 1, 2, 5, 6].map(|slot| format!("{}", f64::from(slot) * 1000.0 / 60.0)).to_vec();
    let text_of_log = format!(
        r#"{{"refresh_hz":60,"trials":[{{"target":"T2","frames":[0,1,2,3,4],"times_ms":[{}]}}]}}"#,
        times.join(",")
    );
    std::fs::write(&log, text_of_log).unwrap();
    let output = evoked(&["check", &path, "--log", &log]);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(3));
    assert!(told.contains("5 frames at 60.000 Hz, 2 dropped"), "{told}");
    assert!(told.contains("display frame 3: frame 2 stayed for 2 more; the stimulus is 2 late"));
    let json = evoked(&["check", &path, "--log", &log, "--json"]).stdout;
    let report: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(report["presented"][0]["drops"][0]["delay_after"], 2);
}

#[test]
fn wrong_calls_say_what_to_do() {
    let path = fresh("wrong.json");
    let told = |args: &[&str]| {
        let output = evoked(args);
        assert!(!output.status.success());
        text(&output.stderr)
    };
    assert!(told(&["make", "gold", &path, "--order", "8"]).contains("no multiple of 4"));
    assert!(told(&["make", "m-sequence", &path, "--polynomial", "6,3,0"]).contains("primitive"));
    assert!(told(&["make", "golay", &path]).contains("--length"));
    assert!(told(&["make", "sinusoid", &path]).contains("--frequencies"));
    assert!(told(&["check", &path]).contains("wrong.json"));
    std::fs::write(
        &path,
        r#"{"targets":[{"label":"a","modulation":{"kind":"sinusoid","frequency_hz":3}}]}"#,
    )
    .unwrap();
    assert!(told(&["check", &path]).contains("--refresh 60"));
}
