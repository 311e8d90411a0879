//! `evoked evaluate` as a stranger meets it, on simulated sessions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn evoked(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_evoked")).args(args).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("evaluate").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A simulated session.
fn session(folder: &Path, name: &str, seed: &str, snr: &str) -> String {
    let path = folder.join(name).display().to_string();
    let made = evoked(&[
        "simulate",
        &path,
        "--targets",
        "9,11,13",
        "--blocks",
        "4",
        "--trial",
        "2",
        "--seed",
        seed,
        "--snr",
        snr,
        "--channels",
        "POz,O1,Oz,O2",
    ]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    path
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

#[test]
fn subjects_methods_and_windows_make_one_table_whatever_the_threads() {
    let folder = folder("table");
    let files = [("a.vep", "1"), ("b.vep", "2"), ("c.vep", "3")]
        .map(|(name, seed)| session(&folder, name, seed, "0.1"));
    let mut printed = Vec::new();
    let mut written = Vec::new();
    for jobs in ["1", "2", "5"] {
        let (out, table) = (path(&folder, "out.json"), path(&folder, "out.csv"));
        let files = files.each_ref().map(String::as_str);
        let options = [
            "--methods",
            "cca,fbcca,whitened",
            "--windows",
            "0.5,2",
            "--jobs",
            jobs,
            "--json",
            &out,
            "--csv",
            &table,
            "--force",
        ];
        let output = evoked(&[&["evaluate"][..], &files, &options].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
        printed.push(text(&output.stdout));
        let mut evaluation = json(Path::new(&out));
        evaluation["command"] = Value::Null;
        written.push((evaluation, std::fs::read_to_string(&table).unwrap()));
    }
    assert!(printed.iter().all(|table| *table == printed[0]));
    assert!(written.iter().all(|files| *files == written[0]));

    let said = &printed[0];
    assert!(said.contains("3 subjects in 3 files, 3 sessions, 36 trials of 3 targets"), "{said}");
    assert!(said.contains("T = 0.14 s + window + 0.50 s"), "{said}");
    assert!(said.contains("5 bands from i·8 to 90 Hz"), "{said}");
    let (evaluation, table) = &written[0];
    assert_eq!(evaluation["subjects"][1]["name"], "b");
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 1 + 3 * 3 * 2);
    check_figures(evaluation, &lines[1..]);
}

/// Every figure again from the decisions, by the plain formulas.
fn check_figures(evaluation: &Value, lines: &[&str]) {
    let mut lines = lines.iter();
    for subject in evaluation["subjects"].as_array().unwrap() {
        let truth = subject["truth"].as_array().unwrap();
        for cell in subject["cells"].as_array().unwrap() {
            let decisions = cell["decisions"].as_array().unwrap();
            let right = truth.iter().zip(decisions).filter(|(a, b)| a == b).count();
            let p = right as f64 / 12.0;
            assert_eq!(
                (cell["right"].as_u64(), cell["total"].as_u64()),
                (Some(right as u64), Some(12))
            );
            let selection_s = 0.14 + cell["window_s"].as_f64().unwrap() + 0.5;
            let entropy =
                |part: f64, of: f64| if part > 0.0 { part * (part / of).log2() } else { 0.0 };
            let bits = 3_f64.log2() + entropy(p, 1.0) + entropy(1.0 - p, 2.0);
            let rate = if p <= 1.0 / 3.0 { 0.0 } else { 60.0 * bits / selection_s };
            let found = cell["itr_bits_per_min"].as_f64().unwrap();
            assert!((found - rate).abs() < 1e-9, "{found} {rate}");
            let start = format!(
                "{},{},{},,{right},12,{p}",
                subject["name"].as_str().unwrap(),
                cell["method"].as_str().unwrap(),
                cell["window_s"]
            );
            let line = lines.next().unwrap();
            assert!(line.starts_with(&start.replace(".0,", ",")), "{line} {start}");
        }
    }
    for mean in evaluation["means"].as_array().unwrap() {
        let cells = evaluation["subjects"].as_array().unwrap().iter().flat_map(|subject| {
            subject["cells"].as_array().unwrap().iter().filter(|cell| {
                cell["method"] == mean["method"] && cell["window_s"] == mean["window_s"]
            })
        });
        let rates: Vec<f64> = cells.map(|cell| cell["accuracy"].as_f64().unwrap()).collect();
        let m = rates.iter().sum::<f64>() / 3.0;
        let s = (rates.iter().map(|x| (x - m).powi(2)).sum::<f64>() / 2.0).sqrt();
        // The quantile of Student's t for two degrees of freedom.
        let half = 4.302_653 * s / 3_f64.sqrt();
        let (low, high) = ((m - half).max(0.0), (m + half).min(1.0));
        let found = |key: &str| mean[key].as_f64().unwrap();
        assert!((found("accuracy") - m).abs() < 1e-12);
        assert!((mean["accuracy_95"][0].as_f64().unwrap() - low).abs() < 1e-6);
        assert!((mean["accuracy_95"][1].as_f64().unwrap() - high).abs() < 1e-6);
    }
}

#[test]
fn a_folder_is_one_subject_or_as_many_as_it_has_files() {
    let folder = folder("kim");
    session(&folder, "first.vep", "4", "0.3");
    session(&folder, "second.vep", "5", "0.3");
    std::fs::write(folder.join("NOTES"), b"\x00\x01 nothing that is a recording").unwrap();
    let folder = folder.display().to_string();
    let one = evoked(&["evaluate", &folder, "--methods", "cca"]);
    let said = text(&one.stdout);
    assert!(said.contains("1 subject in 2 files, 2 sessions, 24 trials"), "{said}");
    assert!(text(&one.stderr).contains("sessions of one subject; --subjects-by file"));
    assert!(text(&one.stderr).contains("NOTES: no recording: left out"), "{}", text(&one.stderr));
    let two = evoked(&["evaluate", &folder, "--methods", "cca", "--subjects-by", "file"]);
    let said = text(&two.stdout);
    assert!(said.contains("2 subjects in 2 files") && said.contains("\nsecond"), "{said}");
}

#[test]
fn harmonics_on_the_mains_are_told() {
    let folder = folder("mains");
    let (file, params) = (path(&folder, "hum.vep"), path(&folder, "hum.json"));
    std::fs::write(&params, br#"{"mains_uv": 6.0, "trial_s": 2.0}"#).unwrap();
    let simulate = ["simulate", &file, "--targets", "12.5,25", "--params", &params];
    assert!(evoked(&simulate).status.success());
    let evaluate = ["evaluate", &file, "--methods", "cca"];
    let said = text(&evoked(&evaluate).stderr);
    assert!(said.contains("harmonics of 25 Hz fall") && said.contains("--mains 50"), "{said}");
    let heeded = evoked(&[&evaluate[..], &["--mains", "50"]].concat());
    assert!(heeded.status.success() && heeded.stderr.is_empty(), "{}", text(&heeded.stderr));
}

#[test]
fn the_page_stands_alone_and_holds_what_was_found() {
    let folder = folder("page");
    let name = "a <b> & c.vep";
    let file = session(&folder, name, "6", "0.2");
    for (windows, drawn) in [("2", "Accuracy"), ("0.5,1,2", "Accuracy over window length")] {
        let report = path(&folder, "report.html");
        let output = evoked(&[
            "evaluate",
            &file,
            "--methods",
            "cca,whitened",
            "--windows",
            windows,
            "--report",
            &report,
            "--force",
        ]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let page = std::fs::read_to_string(&report).unwrap();
        for wanted in [
            drawn,
            "Confusion matrix",
            "Spectrum of target 11 Hz",
            ">2f<",
            "a &lt;b&gt; &amp; c",
            "BCI quotient",
            "prefers-color-scheme: dark",
            "--methods cca,whitened",
        ] {
            assert!(page.contains(wanted), "{wanted}");
        }
        for outside in ["http:", "https:", "<script", "<img", "<link", "url(", "@import", "<b>&"] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert!(!page.contains("NaN") && !page.contains("inf\""));
    }
}

#[test]
fn what_goes_wrong_names_the_file_and_what_to_do() {
    let folder = folder("wrong");
    let good = session(&folder, "good.vep", "7", "0.3");
    let other = path(&folder, "other.vep");
    assert!(evoked(&["simulate", &other, "--targets", "8,10", "--blocks", "2"]).status.success());
    let note = path(&folder, "note.gdf");
    std::fs::write(&note, b"hello").unwrap();
    let empty = folder.join("empty");
    std::fs::create_dir(&empty).unwrap();
    let empty = empty.display().to_string();
    let cases: &[(&[&str], &str)] = &[
        (&["nothing.gdf"], "nothing.gdf: there is no such file"),
        (&[&note], "note.gdf: not a recording that can be read"),
        (&[&empty], "the folder holds no files"),
        (&[&good, &other], "other.vep: its targets are 8 Hz, 10 Hz, those of the first"),
        (&[&good, "--windows", "0"], "--windows 0: give seconds"),
        (&[&good, "--start", "-1"], "--start -1: give 0 or more"),
        (&[&good, "--windows", "0.001"], "too short"),
        (&[&good, "--windows", "900"], "cca at 900 s: "),
        (&[&good, "--channels", "Cz"], "good.vep: no channel named \"Cz\""),
        (&[&good, "--bank", "5,8,200"], "below 125 Hz"),
        (&[&good, "--label", "77=9", "--targets", "9"], "tell which events do with --label"),
        (&[&good, "--csv", &good], "use --force"),
    ];
    for (args, expected) in cases {
        let args = [&["evaluate", "--methods", "cca,fbcca"], *args].concat();
        let output = evoked(&args);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {}", text(&output.stdout));
        assert!(error.starts_with("error: ") && error.contains(expected), "{args:?}: {error}");
        assert!(output.stdout.is_empty(), "{args:?}");
    }
    let unknown = evoked(&["evaluate", &good, "--methods", "fbnone"]);
    assert!(text(&unknown.stderr).contains("no method named \"none\""));
}

#[test]
fn recordings_are_replayed_through_the_live_path() {
    let folder = folder("online");
    let made = |name: &str, seed: &str| {
        let path = folder.join(name).display().to_string();
        let made = evoked(&[
            "simulate",
            &path,
            "--targets",
            "9,11,13",
            "--blocks",
            "6",
            "--trial",
            "3",
            "--seed",
            seed,
            "--snr",
            "0.5",
            "--channels",
            "POz,O1,Oz,O2",
            "--rest",
            "8",
        ]);
        assert!(made.status.success(), "{}", text(&made.stderr));
        path
    };
    let files = [made("a.vep", "1"), made("b.vep", "2")];
    let (out, table) = (path(&folder, "out.json"), path(&folder, "out.csv"));
    let [a, b] = &files;
    let run = evoked(&[
        "evaluate",
        a,
        b,
        "--online",
        "--rest",
        "rest",
        "--windows",
        "2.5",
        "--methods",
        "cca",
        "--stopping",
        "fixed,margin:0.9,bayes",
        "--json",
        &out,
        "--csv",
        &table,
    ]);
    assert!(run.status.success(), "{}", text(&run.stderr));
    let printed = text(&run.stdout);
    for word in ["batch", "fixed", "margin:0.9", "bayes:0.95", "best fixed*", "without cues"] {
        assert!(printed.contains(word), "{word}: {printed}");
    }
    let found = json(Path::new(&out));
    for person in found["people"].as_array().unwrap() {
        let of_rule = |rule: &str| {
            let rows = person["rows"].as_array().unwrap();
            rows.iter().find(|row| row["rule"] == rule).unwrap().clone()
        };
        assert_eq!(of_rule("fixed")["total"], 18);
        assert_eq!(of_rule("fixed")["window_s"], 2.5);
        assert!(of_rule("bayes:0.95")["window_s"].as_f64().unwrap() < 2.5);
        assert!(of_rule("bayes:0.95")["accuracy"].as_f64().unwrap() > 0.7);
        let watched = &person["watched"][0];
        assert_eq!(watched["method"], "cca");
        assert!(watched["rest_s"].as_f64().unwrap() > 30.0);
        let count = |what: &str| watched[what].as_u64().unwrap();
        assert_eq!(count("hits") + count("wrong") + count("missed"), 18);
    }
    assert_eq!(
        std::fs::read_to_string(&table).unwrap().lines().next().unwrap().split(',').count(),
        8
    );

    let refused = evoked(&["evaluate", a, "--online", "--methods", "whitened", "--split", "none"]);
    assert!(!refused.status.success());
    assert!(text(&refused.stderr).contains("cca, msi, mec"), "{}", text(&refused.stderr));
    let refused = evoked(&["evaluate", a, "--stopping", "bayes"]);
    assert!(text(&refused.stderr).contains("--online"), "{}", text(&refused.stderr));
    let refused = evoked(&["evaluate", a, "--online", "--stopping", "bayes:7"]);
    assert!(text(&refused.stderr).contains("between 0 and 1"), "{}", text(&refused.stderr));
}
