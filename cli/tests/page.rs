//! The presenter page in a real browser: what the canvas showed, frame by frame, and what was dropped.
//!
//! The browser loads the page from a small server here, and sends its log back to it. `EVOKED_CHROMIUM`
//! names the browser where it is none of the usual ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use evoked::stimulus::{Codebook, Presentation, Shown};
use serde_json::Value;

/// The longest that a browser may take on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(180);

fn browser() -> Option<String> {
    let own = std::env::var("EVOKED_CHROMIUM").ok();
    let usual = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let mut names = own.into_iter().chain(usual.map(str::to_owned));
    let runs = |name: &String| {
        let output = Command::new(name).arg("--version").output();
        output.is_ok_and(|output| output.status.success())
    };
    let found = names.find(runs);
    if found.is_none() {
        // Not `eprintln`, which a passing test keeps to itself.
        let message = "SKIPPED: no Chromium; install it or name it with EVOKED_CHROMIUM";
        let _ = writeln!(std::io::stderr(), "{message}");
    }
    found
}

fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn evoked(args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_evoked"));
    let output = command.arg("stimulus").args(args).output().unwrap();
    let (told, error) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.code().is_some_and(|code| code == 0 || code == 3), "{error}");
    told
}

/// Answers requests: the page to whoever asks, the log to the test.
fn serve(listener: TcpListener, page: String, logs: mpsc::Sender<Value>) {
    for stream in listener.incoming().flatten() {
        let (page, logs) = (page.clone(), logs.clone());
        std::thread::spawn(move || {
            let _ = answer(stream, &page, &logs);
        });
    }
}

fn answer(stream: TcpStream, page: &str, logs: &mpsc::Sender<Value>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut first, mut len) = (String::new(), 0);
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            len = value.trim().parse().unwrap_or(0);
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let body = if first.starts_with("POST") {
        let mut body = vec![0; len];
        reader.read_exact(&mut body)?;
        let _ = logs.send(serde_json::from_slice(&body)?);
        ""
    } else if first.starts_with("GET /?") {
        page
    } else {
        ""
    };
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// A browser that ends with the test.
struct Browser(Child);

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The log of the page of a codebook, run with these options.
fn present(browser: &str, name: &str, codebook: &str, options: &str) -> Value {
    let folder = folder(name);
    let page = folder.join("page.html").display().to_string();
    let short = ["--trial", "1.5", "--cue", "0.1", "--pause", "0.1"];
    evoked(&[&["page", codebook, &page], &short[..]].concat());
    let page = std::fs::read_to_string(page).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, logs) = mpsc::channel();
    std::thread::spawn(move || serve(listener, page, sender));
    let child = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-dev-shm-usage"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg("--window-size=1280,800")
        .arg(format!("http://127.0.0.1:{port}/?auto&verify&report=/log{options}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _browser = Browser(child);
    logs.recv_timeout(PATIENCE).expect("the page sends its log")
}

fn numbers<T: TryFrom<u64>>(value: &Value) -> Vec<T> {
    let number = |value: &Value| T::try_from(value.as_u64().unwrap()).ok().unwrap();
    value.as_array().unwrap().iter().map(number).collect()
}

/// Every frame of every trial: what the canvas held at every target is what the codebook asks for.
fn check_light(log: &Value, codebook: &Codebook, frames: usize) {
    let screen = codebook.screen().unwrap();
    let trials = log["trials"].as_array().unwrap();
    assert_eq!(trials.len(), codebook.len(), "each target is cued once");
    for trial in trials {
        assert_eq!(numbers::<u64>(&trial["frames"]), (0..frames as u64).collect::<Vec<_>>());
        let shown = trial["drive"].as_array().unwrap();
        assert_eq!(shown.len(), frames);
        for (frame, shown) in shown.iter().enumerate() {
            let expected: Vec<u8> = (0..codebook.len())
                .map(|target| codebook.luminance(target, frame as u64).unwrap())
                .map(|luminance| screen.drive_u8(luminance))
                .collect();
            assert_eq!(numbers::<u8>(shown), expected, "frame {frame}");
        }
    }
}

/// The page's drops are those that the library finds in its time stamps.
fn check_drops(log: &Value) -> Vec<u64> {
    let trials = log["trials"].as_array().unwrap();
    let dropped = trials.iter().map(|trial| {
        let times = trial["times_ms"].as_array().unwrap();
        let shown: Vec<Shown> = (0..)
            .zip(times)
            .map(|(frame, time)| Shown { frame, time_s: time.as_f64().unwrap() / 1e3 })
            .collect();
        let presentation = Presentation::new(&shown, log["refresh_hz"].as_f64().unwrap()).unwrap();
        let told = trial["dropped"].as_array().unwrap();
        let number = |drop: &Value, name: &str| drop[name].as_u64().unwrap();
        let told: Vec<(u64, u64)> =
            told.iter().map(|drop| (number(drop, "slot"), number(drop, "count"))).collect();
        let found: Vec<(u64, u64)> =
            presentation.drops().iter().map(|drop| (drop.slot, drop.count)).collect();
        assert_eq!(told, found);
        presentation.dropped()
    });
    dropped.collect()
}

fn codebook(name: &str, args: &[&str]) -> (String, Codebook) {
    let path = folder(name).join("codebook.json").display().to_string();
    evoked(&[&["make", args[0], &path], &args[1..]].concat());
    let codebook = Codebook::from_json(&std::fs::read_to_string(&path).unwrap()).unwrap();
    (path, codebook)
}

#[test]
fn the_page_shows_the_codebook_frame_by_frame() {
    let Some(browser) = browser() else { return };
    let (path, codebook) = codebook("page-gold", &["gold", "--bit-clock", "--grid", "2x3"]);
    let log = present(&browser, "page-real", &path, "");
    check_light(&log, &codebook, 90);
    // How many a busy machine drops is its own affair; that they are told is ours.
    println!("dropped by this machine, trial by trial: {:?}", check_drops(&log));
}

#[test]
fn a_synthetic_dropped_frame_is_reported() {
    let Some(browser) = browser() else { return };
    let (path, codebook) = codebook("page-jfpm", &["jfpm", "--targets", "4", "--dark", "0.1"]);
    let log = present(&browser, "page-synthetic", &path, "&synthetic=30");
    check_light(&log, &codebook, 90);
    assert_eq!(check_drops(&log), [1; 4]);
    for trial in log["trials"].as_array().unwrap() {
        let expected = serde_json::json!([{ "slot": 30, "count": 1, "held": 29 }]);
        assert_eq!(trial["dropped"], expected);
    }
    // And the program says what the decoder has to know.
    let saved = folder("page-log").join("log.json");
    std::fs::write(&saved, log.to_string()).unwrap();
    let told = evoked(&["check", &path, "--log", &saved.display().to_string()]);
    let line = "display frame 30: frame 29 stayed for 1 more; the stimulus is 1 late from there on";
    assert_eq!(told.matches(line).count(), 4, "{told}");
}
