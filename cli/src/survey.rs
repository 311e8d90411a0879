//! What a survey of a file of frames says.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use evoked::dsp::ClockFit;
use evoked::frame::{StreamSurvey, Survey, is_vep};

use crate::failure::Failure;

/// Damaged ranges that are printed one by one.
const MOST_LINES: usize = 10;

/// The file, if it may hold frames.
pub(crate) fn open_frames(path: &Path) -> Result<File, Failure> {
    let none = || Failure::new(format!("{}: no VEP frames are in it", path.display()));
    find_frames(path)?.ok_or_else(none)
}

/// The file, if it may hold frames; `None` where it holds something else.
pub(crate) fn find_frames(path: &Path) -> Result<Option<File>, Failure> {
    let named =
        |error: &dyn std::fmt::Display| Failure::new(format!("{}: {error}", path.display()));
    let mut file = File::open(path).map_err(|error| named(&error))?;
    let mut head = Vec::new();
    (&mut file).take(1 << 16).read_to_end(&mut head).map_err(|error| named(&error))?;
    // The first frame may be damaged: any sync word near the start will do.
    let frames = is_vep(&head) || head.windows(4).any(|bytes| bytes == evoked::frame::SYNC);
    Ok(frames.then_some(file))
}

/// Prints what a survey found.
pub(crate) fn print(survey: &Survey) {
    for stream in survey.streams.iter().filter(|stream| stream.id != 0) {
        print_stream(survey, stream);
    }
    if !survey.damaged.is_empty() {
        let ranges = survey.damaged.len();
        println!("\ndamaged: {} bytes in {ranges} places", survey.damaged_bytes);
    }
    for range in survey.damaged.iter().take(MOST_LINES) {
        println!("  bytes {} to {}", range.start, range.end);
    }
    if survey.damaged.len() > MOST_LINES {
        println!("  …");
    }
    let session_frames: u64 =
        survey.streams.iter().filter(|stream| stream.id == 0).map(|s| s.frames_lost).sum();
    let counts = [
        (session_frames, "frames of the session itself are missing"),
        (survey.repeated_frames, "frames came twice or late, and are left out"),
        (
            survey.overlapping_frames,
            "frames start before the end of those before, and are left out",
        ),
        (survey.foreign_frames, "frames belong to another session or to an unknown stream"),
        (survey.unknown_frames, "frames are of a kind that a later version may know"),
    ];
    for (count, what) in counts.iter().filter(|(count, _)| *count > 0) {
        println!("{count} {what}");
    }
    for error in survey.malformed.iter().take(MOST_LINES) {
        println!("malformed {error}");
    }
    if survey.end.is_none() {
        println!("no end frame: the writer was stopped, or the end is cut off");
    } else if survey.index_entries.is_none() {
        println!("no index: seeking reads the file through first");
    }
}

fn print_stream(survey: &Survey, stream: &StreamSurvey) {
    let session = survey.session.as_ref();
    let info = session.and_then(|session| session.stream(stream.id).ok());
    let StreamSurvey { id, samples, frames, events, decisions, .. } = stream;
    match info {
        Some(info) => {
            let (name, channels) = (&info.name, info.channels.len());
            println!("\nstream {id} {name:?}: {channels} channels at {} Hz", info.rate_hz);
        }
        None => println!("\nstream {id}, which no session frame describes"),
    }
    println!("  {samples} samples in {frames} frames, {events} events, {decisions} decisions");
    if stream.gap_samples > 0 {
        println!("  {} samples were missing when it was written", stream.gap_samples);
    }
    if stream.frames_lost + stream.samples_lost > 0 {
        println!("  lost: {} frames, {} samples", stream.frames_lost, stream.samples_lost);
    }
    if let Some(info) = info
        && let Some(fit) = clock(stream)
    {
        let parts_per_million = (fit.rate_hz / info.rate_hz - 1.0) * 1e6;
        println!(
            "  clock: {:.4} ± {:.4} Hz by {} readings of the host, {parts_per_million:+.0} ppm",
            fit.rate_hz,
            1.96 * fit.rate_error_hz,
            stream.clock.len()
        );
    }
}

/// The stream's rate by the host's clock.
fn clock(stream: &StreamSurvey) -> Option<ClockFit> {
    let (positions, times_s): (Vec<f64>, Vec<f64>) = readings(stream).into_iter().unzip();
    ClockFit::new(&positions, &times_s).ok()
}

/// Sample positions, and the host's seconds at each since the first of them: those since 1970 would
/// cost digits.
pub(crate) fn readings(stream: &StreamSurvey) -> Vec<(f64, f64)> {
    let Some(first) = stream.clock.first() else { return Vec::new() };
    let since = |host_ns: i64| host_ns.saturating_sub(first.host_ns) as f64 * 1e-9;
    stream.clock.iter().map(|r| (r.sample as f64, since(r.host_ns))).collect()
}
