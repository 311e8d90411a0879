use std::io::IsTerminal;
use std::path::Path;
use std::time::{Duration, Instant};

use evoked::formats::{self, FormatError, Opened, Options};
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::ReadArgs;
use crate::failure::Failure;

/// A file that is read faster than this shows no progress.
const PATIENCE: Duration = Duration::from_secs(1);

/// Opens a recording, with a progress bar where it takes long and somebody is watching. Without
/// `channels`, all are read.
pub(crate) fn open(
    path: &Path,
    reading: &ReadArgs,
    channels: &[String],
) -> Result<Opened, Failure> {
    let started = Instant::now();
    let watched = std::io::stderr().is_terminal();
    let mut bar: Option<ProgressBar> = None;
    let mut report = |done: u64, total: u64| {
        if watched && started.elapsed() > PATIENCE {
            bar.get_or_insert_with(|| new_bar(total)).set_position(done);
        }
    };
    let opened = read(path, reading, channels, Options::default().progress(&mut report));
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    opened
}

/// As [`open`], without a progress bar, where several are opened at a time.
pub(crate) fn open_quietly(path: &Path, reading: &ReadArgs) -> Result<Opened, Failure> {
    read(path, reading, &[], Options::default())
}

fn read(
    path: &Path,
    reading: &ReadArgs,
    channels: &[String],
    mut options: Options<'_>,
) -> Result<Opened, Failure> {
    (options.rate_hz, options.from_s, options.to_s) = (reading.rate, reading.from, reading.to);
    options.channels = (!channels.is_empty()).then(|| channels.to_vec());
    formats::open_with(path, options).map_err(|error| {
        let text = error.to_string();
        let path = path.display().to_string();
        let failure =
            Failure::new(if text.contains(&path) { text } else { format!("{path}: {text}") });
        match error {
            FormatError::Unrecognised { .. } => failure.no_recording(),
            _ => failure,
        }
    })
}

/// Prints what was odd about the file to stderr, so that the output stays clean.
pub(crate) fn warn(opened: &Opened) {
    for warning in &opened.warnings {
        eprintln!("warning: {warning}");
    }
}

fn new_bar(total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {eta}");
    let bar = ProgressBar::new(total);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
