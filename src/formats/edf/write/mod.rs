//! Writing EDF+ and BDF+.
//!
//! | file | idea |
//! |---|---|
//! | `plan` | how long a record is |
//! | `grid` | which records there are, and what in them was never recorded |
//! | `ends` | which counts stand for which samples |
//! | `lists` | events → annotations |
//! | `identity` | metadata → the header's text fields |
//! | `header` | all headers |
//! | `records` | samples → records |
//! | `text` | texts and numbers as header fields take them |
//!
//! What is decided here:
//! - Records lie on one grid from the first sample on. Those in which nothing was recorded are left
//!   out, and the file becomes a discontinuous one. Where only a part was not recorded, the last
//!   count is repeated, and an annotation `BAD_ACQ_SKIP` says so, as MNE writes it: the reader makes
//!   a gap of it again, and MNE leaves out epochs that touch it.
//! - Counts are written as they are where every sample lies on its channel's grid. Other samples
//!   are rounded to the finest steps of the channel's range.
//! - The trigger channel of a BDF file is written back as it is; events that it tells by itself are
//!   not written again as annotations.

mod ends;
mod grid;
mod header;
mod identity;
mod lists;
mod plan;
mod records;
mod text;
mod tracks;

use std::collections::BTreeMap;

use super::events::at_changes;
use super::layout::Width;
use super::status::Status;
use super::warn;
use crate::formats::label::Dialect;
use crate::formats::save::{Writer, tell_codebook};
use crate::formats::target::Target;
use crate::formats::{FormatError, Warning, WriteFormat};
use crate::signal::{Event, Recording};
use crate::stimulus::Codebook;
use grid::Grid;
use header::Signal;
use identity::Identity;
use lists::{Lists, Note};
use tracks::{Placed, Timeline};

pub(in crate::formats) const EDF_WRITER: Writer = Writer {
    format: WriteFormat::Edf,
    name: "EDF+",
    extensions: &["edf"],
    write: |target, recording, codebook, warnings| {
        write(Width::I16, target, recording, codebook, warnings)
    },
};
pub(in crate::formats) const BDF_WRITER: Writer = Writer {
    format: WriteFormat::Bdf,
    name: "BDF+",
    extensions: &["bdf"],
    write: |target, recording, codebook, warnings| {
        write(Width::I24, target, recording, codebook, warnings)
    },
};

fn write(
    width: Width,
    target: &mut Target,
    recording: &Recording,
    codebook: Option<&Codebook>,
    warnings: &mut Vec<Warning>,
) -> Result<(), FormatError> {
    tell_codebook(codebook, warnings);
    let timeline = Timeline::of(recording, width, warnings)?;
    let has_status = timeline.placed.iter().any(|placed| placed.is_status);
    let known: &[&str] = if has_status { &["speed_mode"] } else { &[] };
    let identity = Identity::of(recording.metadata(), timeline.origin_s, known, warnings);
    let tracks: Vec<_> = timeline.placed.iter().map(Placed::track).collect();
    let grid = Grid::of(&tracks);
    check_size(&timeline, &grid, width)?;
    let signals = header::signals(&timeline, width, warnings)?;
    let named = recording.events().iter().map(|event| (event.code, event.label.as_str()));
    let dialect = Dialect::of_events(named);
    let mut notes = events(recording, &timeline, dialect, warnings);
    notes.extend(skips(&timeline, &tracks, &grid, &signals, warnings));
    let lists = Lists::of(&notes, &grid, timeline.record_s, identity.offset_s, width.bytes());

    let path = target.path().to_owned();
    let mut part = target.create(&path)?;
    let refused = |error: std::io::Error| crate::formats::target::refused(&path, error);
    let head = header::bytes(&identity, &timeline, &grid, &signals, &lists, dialect, width)?;
    std::io::Write::write_all(&mut part, &head).map_err(refused)?;
    records::write(&mut part, &timeline, &grid, &signals, &lists, width).map_err(refused)?;
    part.close()
}

/// Records are cheap, but not where every sample needs one of its own.
fn check_size(timeline: &Timeline<'_>, grid: &Grid, width: Width) -> Result<(), FormatError> {
    let (mut record_bytes, mut bytes) = (0_u64, 0_u64);
    for placed in &timeline.placed {
        let of_sample = placed.stream.channels().len() as u64 * width.bytes();
        record_bytes += of_sample * u64::from(placed.samples);
        bytes += of_sample * placed.stream.samples().len() as u64;
    }
    let written = grid.len().saturating_mul(record_bytes);
    let most = bytes.saturating_mul(16).saturating_add(64 << 20);
    if grid.len() < 100_000_000 && written <= most {
        return Ok(());
    }
    let what = format!(
        "its samples lie so far apart that {} records of {record_bytes} bytes would be needed",
        grid.len()
    );
    Err(unwritable(width, what))
}

fn unwritable(width: Width, what: String) -> FormatError {
    let format = if width == Width::I24 { BDF_WRITER.name } else { EDF_WRITER.name };
    FormatError::Unwritable { format, what }
}

/// The events as annotations, but for those that the trigger channel tells.
fn events(
    recording: &Recording,
    timeline: &Timeline<'_>,
    dialect: Dialect,
    warnings: &mut Vec<Warning>,
) -> Vec<Note> {
    let mut told = triggers(timeline);
    let mut special = 0_u64;
    let mut notes = Vec::with_capacity(recording.events().len());
    for event in recording.events() {
        let (onset_s, duration_s) = timeline.time(recording, event);
        if event.label.is_empty() && event.duration == 0.0 {
            let left = told.get_mut(&trigger_key(onset_s, event.code));
            if let Some(left) = left.filter(|left| **left > 0) {
                *left -= 1;
                continue;
            }
        }
        let (note, is_special) =
            Note::event(onset_s, duration_s, event.code, &event.label, dialect);
        special += u64::from(is_special);
        notes.push(note);
    }
    if special > 0 {
        let message =
            format!("{special} labels have characters that annotations can't; blanks replace them");
        warn(warnings, "events", message);
    }
    notes
}

/// A time to the microsecond, and a code.
fn trigger_key(onset_s: f64, code: u32) -> (i64, u32) {
    ((onset_s * 1e6).round() as i64, code)
}

/// How often the trigger channel tells each event.
fn triggers(timeline: &Timeline<'_>) -> BTreeMap<(i64, u32), u64> {
    let mut found = BTreeMap::new();
    let Some(placed) = timeline.placed.iter().find(|placed| placed.is_status) else {
        return found;
    };
    let mut status = Status::default();
    for &sample in placed.stream.samples().channel(0) {
        status.take(&(sample as i32).to_le_bytes()[..3]);
    }
    let events: Vec<Event> =
        at_changes(&status.changes, &placed.track().segments, placed.rate_hz, placed.rate_hz);
    for event in events {
        let key = trigger_key(event.position() / placed.rate_hz, event.code);
        *found.entry(key).or_insert(0) += 1;
    }
    found
}

/// What was not recorded, as annotations.
fn skips(
    timeline: &Timeline<'_>,
    tracks: &[grid::Track],
    grid: &Grid,
    signals: &[Signal],
    warnings: &mut Vec<Warning>,
) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut filled_s = 0.0;
    for (i, (placed, track)) in timeline.placed.iter().zip(tracks).enumerate() {
        let first = signals.iter().find(|signal| signal.placed == i);
        let channel = first.filter(|_| tracks.len() > 1).map(|signal| signal.label.as_str());
        for hole in grid.holes(track) {
            let seconds = |position: u64| position as f64 / placed.rate_hz;
            notes.push(Note::skip(seconds(hole.start), seconds(hole.end), channel));
            filled_s += seconds(hole.end - hole.start);
        }
    }
    if !notes.is_empty() {
        let message = format!(
            "{} stretches, {filled_s:.3} s together, are filled up with the last value, as records \
             are whole; annotations BAD_ACQ_SKIP say so",
            notes.len()
        );
        warn(warnings, "records", message);
    }
    if grid.is_discontinuous() {
        let message = "the file is a discontinuous one (+D), which not every program can read";
        warn(warnings, "gaps", message);
    }
    notes
}
