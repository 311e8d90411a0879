//! Writing CSV.
//!
//! What is decided here:
//! - A row a sample: the time in seconds, from the first sample on; the channels, with their units
//!   in brackets; what happened. Samples have as many digits as tell them from any other. Lost
//!   samples have no rows.
//! - The column of times is called `Time:256Hz`, as OpenViBE calls it, since times alone tell a rate
//!   only roughly.
//! - The column of events is called `marker [code]`: a label, a code, or a label and its code in
//!   brackets. Where several events fall on one sample there is a column for each.
//! - Events without a sample have a row of their own, in which the channels are empty.

use std::fmt::Write as _;
use std::io::Write as _;

use super::{MARKER, MARKER_END, roles, warn};
use crate::formats::label::Dialect;
use crate::formats::save::{Writer, tell_codebook, tell_metadata};
use crate::formats::sheet::Sheet;
use crate::formats::target::{Target, refused};
use crate::formats::{FormatError, Warning, WriteFormat};
use crate::signal::{Channel, Recording};
use crate::stimulus::Codebook;

pub(in crate::formats) const WRITER: Writer =
    Writer { format: WriteFormat::Csv, name: "CSV", extensions: &["csv"], write };

/// The most events on a sample that are written.
const MOST_EVENTS: usize = 16;
/// Bytes that are put together at once.
const BLOCK_BYTES: usize = 1 << 16;

/// An event as it is written.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    position: u64,
    /// Its place among the columns of events.
    column: usize,
    text: String,
}

fn write(
    target: &mut Target,
    recording: &Recording,
    codebook: Option<&Codebook>,
    warnings: &mut Vec<Warning>,
) -> Result<(), FormatError> {
    tell_codebook(codebook, warnings);
    tell_metadata(recording.metadata().keys(), warnings);
    let sheet = Sheet::of(recording, WRITER.name, warnings)?;
    if sheet.len() == 0 {
        let what = "it has no samples".to_owned();
        return Err(FormatError::Unwritable { format: WRITER.name, what });
    }
    sheet.tell_names(comes_back, warnings);
    let marks = marks(recording, &sheet, warnings);
    let columns = marks.iter().map(|mark| mark.column + 1).max().unwrap_or(1);

    let path = target.path().to_owned();
    let mut part = target.create(&path)?;
    let mut rows = Rows {
        text: names(&sheet, columns),
        // A sample's place must be certain.
        decimals: (sheet.rate_hz().log10().ceil() as usize + 1).max(6),
        rate_hz: sheet.rate_hz(),
        columns,
    };
    let mut marks = marks.as_slice();
    let mut sample = 0;
    for segment in sheet.segments() {
        for position in segment.first..segment.end() {
            marks = rows.events_before(position, sheet.rows.len(), marks);
            rows.time(position);
            for (_, samples) in &sheet.rows {
                let _ = write!(rows.text, ",{}", samples.get(sample).copied().unwrap_or(f32::NAN));
            }
            marks = rows.events(position, marks);
            sample += 1;
            if rows.text.len() >= BLOCK_BYTES {
                part.write_all(rows.text.as_bytes()).map_err(|error| refused(&path, error))?;
                rows.text.clear();
            }
        }
    }
    rows.events_before(u64::MAX, sheet.rows.len(), marks);
    part.write_all(rows.text.as_bytes()).map_err(|error| refused(&path, error))?;
    part.close()
}

/// The line of names.
fn names(sheet: &Sheet<'_>, columns: usize) -> String {
    let mut text = format!("Time:{}Hz", sheet.rate_hz());
    for (channel, _) in &sheet.rows {
        text.push(',');
        text += &cell(&name(channel));
    }
    for column in 0..columns {
        let number = if column > 0 { format!(" {}", column + 1) } else { String::new() };
        let _ = write!(text, ",{MARKER}{number} {MARKER_END}");
    }
    text.push('\n');
    text
}

fn name(channel: &Channel) -> String {
    format!("{} ({})", channel.label, channel.unit.as_str())
}

/// Whether a reader finds label and unit in the name.
fn comes_back(channel: &Channel) -> bool {
    let name = name(channel);
    let (found, factor) = roles::channel(&name, 0);
    let is_same = found.label == channel.label && found.unit == channel.unit && factor == 1.0;
    is_same && !name.contains(char::is_control)
}

/// A text as a cell, in quotes where it needs them.
fn cell(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let text: String = text.chars().map(plain).collect();
    let needs_quotes = text.contains([',', '"', ';']) || text.trim() != text;
    if needs_quotes { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// Rows that are being put together.
struct Rows {
    text: String,
    decimals: usize,
    rate_hz: f64,
    columns: usize,
}

impl Rows {
    fn time(&mut self, position: u64) {
        let seconds = position as f64 / self.rate_hz;
        let _ = write!(self.text, "{seconds:.*}", self.decimals);
    }

    /// Rows of events that fall before a sample, where none is; gives the others.
    fn events_before<'a>(
        &mut self,
        position: u64,
        channels: usize,
        mut marks: &'a [Mark],
    ) -> &'a [Mark] {
        while let Some(mark) = marks.first().filter(|mark| mark.position < position) {
            self.time(mark.position);
            self.text.extend(std::iter::repeat_n(',', channels));
            marks = self.events(mark.position, marks);
        }
        marks
    }

    /// The events of one position, and the end of the row; gives the others.
    fn events<'a>(&mut self, position: u64, mut marks: &'a [Mark]) -> &'a [Mark] {
        for column in 0..self.columns {
            self.text.push(',');
            if let Some((mark, rest)) = marks.split_first()
                && (mark.position, mark.column) == (position, column)
            {
                self.text += &mark.text;
                marks = rest;
            }
        }
        self.text.push('\n');
        marks
    }
}

/// The events in their order.
fn marks(recording: &Recording, sheet: &Sheet<'_>, warnings: &mut Vec<Warning>) -> Vec<Mark> {
    let (mut moved, mut lasting, mut special, mut crowded) = (0, 0, 0, 0);
    let mut marks: Vec<Mark> = Vec::with_capacity(recording.events().len());
    for event in recording.events() {
        let spot = sheet.spot(recording, event);
        moved += usize::from(spot.is_moved);
        lasting += usize::from(event.duration != 0.0);
        special += usize::from(event.label.contains(char::is_control));
        let text = cell(&Dialect::Codes.write(event.code, &event.label));
        marks.push(Mark { position: spot.position, column: 0, text });
    }
    marks.sort_by_key(|mark| mark.position);
    let mut before = None;
    let mut column = 0;
    marks.retain_mut(|mark| {
        column = if before == Some(mark.position) { column + 1 } else { 0 };
        before = Some(mark.position);
        mark.column = column;
        crowded += usize::from(column >= MOST_EVENTS);
        column < MOST_EVENTS
    });
    for (count, what) in [
        (moved, "events fall between samples or before the first; moved to the nearest"),
        (lasting, "events last for some time; there is no place for their durations"),
        (special, "labels have characters that tables can't; blanks stand for them"),
        (crowded, "events fall on samples with too many others; left out"),
    ] {
        if count > 0 {
            warn(warnings, "events", format!("{count} {what}"));
        }
    }
    marks
}
