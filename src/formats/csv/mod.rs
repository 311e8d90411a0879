//! Tables of numbers as text: CSV, TSV, semicolons or blanks, with or without names of columns.
//!
//! | file | idea |
//! |---|---|
//! | `layout` | where the table starts, and what separates its cells |
//! | `roles` | which columns are times, channels and markers |
//! | `table` | the rows → columns |
//! | `rate` | the sampling rate, and what is lost |
//! | `writer` | a recording → a table |
//!
//! What is decided here, since nobody else did:
//! - The sampling rate is that of [`Options::rate_hz`], or the one that a column of times keeps, or
//!   one that is stated before the table. Without any of them the file is refused. Times are
//!   seconds, milliseconds or what their name says; dates and times of day; seconds since 1970. A
//!   measured rate within a thousandth of one that devices have is taken for that one.
//! - Where times leave out samples, there is a gap; so is where a counter does, or where rows are
//!   blank. A cell without a number in a row with others is NaN.
//! - A column named `marker`, `trigger`, `event`, `stim`, `label` or the like makes an event where
//!   its cell is neither empty nor 0 and differs from the one above. A whole number is its code,
//!   anything else its label. An event that stays for several rows lasts as long.
//! - A unit in brackets after a column's name counts; without one it is `unknown`.
//! - Columns of counters, of further times and of text are left out.

mod layout;
mod rate;
mod roles;
mod table;
mod writer;

use std::collections::BTreeMap;

use super::label::Dialect;
use super::pieces::{self, Piece};
use super::reader::{Reader, Source};
use super::text::cells::Separator;
use super::{Format, FormatError, Opened, Options, Warning, calendar, unique};
use crate::signal::{Channel, Event, Recording, Stream};
use layout::Layout;
use roles::{Role, Roles};
use table::{Mark, Table};
pub(super) use writer::WRITER;

/// Name in messages.
const NAME: &str = "CSV";
/// How columns of events are called in tables of ours, and how their names end.
const MARKER: &str = "marker";
const MARKER_END: &str = "[code]";
/// Bytes at the start of the file from which the table is understood.
const HEAD_BYTES: u64 = 1 << 18;

pub(super) const READER: Reader = Reader { name: NAME, recognises, read };

fn recognises(head: &[u8]) -> bool {
    Layout::find(head).is_some()
}

fn read(source: &mut Source<'_>, mut options: Options<'_>) -> Result<Opened, FormatError> {
    let mut warnings = Vec::new();
    let head = source.bytes(0, HEAD_BYTES)?;
    let Some(layout) = Layout::find(&head) else {
        return Err(malformed(0, "no rows of numbers".to_owned(), "a table"));
    };
    let rows = head.get(layout.offset as usize..).unwrap_or(&[]);
    let mut roles = Roles::of(&layout, rows);
    unique::number(roles.channels.iter_mut().map(|channel| &mut channel.label), &mut warnings);
    if roles.channels.is_empty() {
        let found = "no column of samples".to_owned();
        return Err(malformed(layout.offset, found, "at least one, besides times and markers"));
    }
    if layout.names.is_empty() && roles.roles.first() == Some(&Role::Time) {
        let message = "they have no names; the first rises steadily and is taken for the time in \
                       seconds";
        warn(&mut warnings, "columns", message);
    }
    let wanted = options.wanted(&roles.channels)?;
    let mut kept = wanted.iter().scan(0, |next, want| {
        *next += usize::from(*want);
        Some(want.then(|| *next - 1))
    });
    let kept: Vec<Option<usize>> = kept.by_ref().collect();
    let mut table = table::read(source, &layout, &roles, &kept, &mut options, &mut warnings)?;
    let channels: Vec<Channel> = roles
        .channels
        .iter()
        .zip(&wanted)
        .filter(|(_, want)| **want)
        .map(|(c, _)| c.clone())
        .collect();
    let (channels, left_out) =
        if roles.is_own { (channels, Vec::new()) } else { drop_empty(channels, &mut table) };
    tell_missing(&table, &mut warnings);
    tell_left_out(roles.left_out.iter().chain(&left_out), &mut warnings);
    let rate = rate::find(&layout, &roles, &mut table, &options, &mut warnings)?;
    let pieces = pieces::around(&rate.lost);
    let events = match roles.is_own {
        true => own_events(&table.marks, rate.rate_hz, &pieces),
        false => events(&table.marks, &roles.markers, &pieces),
    };
    let samples = pieces::samples(table.channels, &pieces)?;
    let stream = Stream::new("samples", rate.rate_hz, channels, samples)?;
    let start = rate.start_us.and_then(calendar::iso);
    let metadata: BTreeMap<String, String> =
        start.map(|start| ("start_time".to_owned(), start)).into_iter().collect();
    let recording = Recording::new(vec![stream], events).with_metadata(metadata);
    let format = Format::Csv {
        separator: match layout.separator {
            Separator::Byte(byte) => char::from(byte),
            Separator::Blanks => ' ',
        },
    };
    Ok(Opened { recording, codebook: None, format, warnings })
}

fn malformed(offset: u64, found: String, expected: &str) -> FormatError {
    FormatError::Malformed { format: NAME, offset, found, expected: expected.to_owned() }
}

/// Leaves out channels without a single number, unless there is no other; gives their labels.
fn drop_empty(channels: Vec<Channel>, table: &mut Table) -> (Vec<Channel>, Vec<String>) {
    let is_full = |column: &Vec<f32>| column.iter().any(|sample| !sample.is_nan());
    let full: Vec<bool> = table.channels.iter().map(is_full).collect();
    if !full.contains(&true) {
        return (channels, Vec::new());
    }
    let (mut kept, mut left_out) = (Vec::new(), Vec::new());
    for (channel, full) in channels.into_iter().zip(&full) {
        if *full { kept.push(channel) } else { left_out.push(channel.label) }
    }
    let mut is_kept = full.iter();
    table.channels.retain(|_| is_kept.next() == Some(&true));
    let mut is_kept = full.iter();
    table.missing.retain(|_| is_kept.next() == Some(&true));
    (kept, left_out)
}

fn tell_missing(table: &Table, warnings: &mut Vec<Warning>) {
    let some = || table.missing.iter().filter(|(count, _)| *count > 0);
    if let Some(first) = some().map(|(_, line)| line).min() {
        let count: usize = some().map(|(count, _)| count).sum();
        let message = format!("{count} cells of channels hold no number; NaN stands for them");
        warn(warnings, format!("line {first}"), message);
    }
}

fn tell_left_out<'a>(names: impl Iterator<Item = &'a String>, warnings: &mut Vec<Warning>) {
    let names: Vec<String> = names.map(|name| format!("{name:?}")).collect();
    if let Some(first) = names.first() {
        let shown =
            names.get(..20).map_or_else(|| names.join(", "), |some| some.join(", ") + ", …");
        let place = if names.len() == 1 { format!("column {first}") } else { "columns".to_owned() };
        let message = match names.len() {
            1 => "it holds neither samples nor markers; left out".to_owned(),
            _ => format!("{shown} hold neither samples nor markers; left out"),
        };
        warn(warnings, place, message);
    }
}

fn events(marks: &[Mark], columns: &[String], pieces: &[Piece]) -> Vec<Event> {
    let mut events = Vec::with_capacity(marks.len());
    for mark in marks {
        let sample = pieces::position(pieces, mark.sample);
        let duration = if mark.len > 1 { mark.len as f64 } else { 0.0 };
        // Several events of one sample, as OpenViBE writes them.
        let several = mark.text.split(':').all(|part| part.parse::<u32>().is_ok());
        let texts = mark.text.split(if several { ':' } else { '\0' });
        for text in texts {
            let code = code(text);
            let mut label = if code == 0 { text.to_owned() } else { String::new() };
            if let (true, Some(name)) = (columns.len() > 1, columns.get(mark.column)) {
                label = format!("{name}/{text}");
            }
            events.push(Event { duration, ..Event::at(sample, code, label) });
        }
    }
    events
}

/// The events of a table of ours.
fn own_events(marks: &[Mark], rate_hz: f64, pieces: &[Piece]) -> Vec<Event> {
    let event = |mark: &Mark| {
        let sample = match mark.time {
            // Where there is no sample, the time tells.
            Some(time_s) => (time_s * rate_hz).round().max(0.0) as u64,
            None => pieces::position(pieces, mark.sample),
        };
        let (code, label) = Dialect::Codes.parse(mark.text.clone());
        Event::at(sample, code, label)
    };
    marks.iter().map(event).collect()
}

/// The code that a text is, if it is a whole number: `7`, and also `7.0`.
fn code(text: &str) -> u32 {
    let whole = text.split_once('.').filter(|(_, zeros)| zeros.bytes().all(|byte| byte == b'0'));
    whole.map_or(text, |(whole, _)| whole).parse().unwrap_or(0)
}

fn warn(warnings: &mut Vec<Warning>, place: impl Into<String>, message: impl Into<String>) {
    warnings.push(Warning::new(place, message));
}
