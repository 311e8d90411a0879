//! Text files of the OpenBCI GUI, versions 1 to 6, for all its boards.
//!
//! After the notes at the start of the files and the GUI's documentation.
//!
//! | file | idea |
//! |---|---|
//! | `header` | notes and names of columns; what the columns of older files are |
//! | `table` | the rows → columns |
//! | `counter` | the index of samples → what is lost |
//!
//! What is decided here, where nobody says:
//! - Electrodes (`EXG Channel …`) are the first stream; accelerometer, analogue and digital inputs
//!   that are not 0 throughout are a second one of the same rate, so that a decoder does not take
//!   them for electrodes. Columns `Other` and `Not Used` are left out.
//! - The rate is the one that is stated. What is lost is told by the index of samples and, since
//!   that starts anew after 256 samples or fewer, by the times of the rows.
//! - A marker makes an event where it is not 0 and differs from the one above.
//! - The start time is the one of the recorder's clock where it is written with its date; seconds
//!   since 1970 are told as UTC.

mod counter;
mod header;
mod table;

use std::collections::BTreeMap;

use super::pieces::{self, Piece};
use super::reader::{Reader, Source};
use super::text::clock::Clock;
use super::{Format, FormatError, Opened, Options, Warning, calendar, unique};
use crate::signal::{Channel, Event, Recording, Stream};
use header::Header;
use table::Table;

/// Name in messages.
const NAME: &str = "OpenBCI";
/// Bytes at the start of a file that hold its header and a row.
const HEAD_BYTES: u64 = 1 << 17;

pub(super) const READER: Reader = Reader { name: NAME, recognises: header::recognises, read };

fn read(source: &mut Source<'_>, mut options: Options<'_>) -> Result<Opened, FormatError> {
    let mut warnings = Vec::new();
    let mut header = Header::parse(&source.bytes(0, HEAD_BYTES)?)?;
    unique::number(header.channels.iter_mut().map(|channel| &mut channel.label), &mut warnings);
    let wanted = options.wanted(&header.channels)?;
    let table = table::read(source, &header, &wanted, &mut options, &mut warnings)?;
    let rate_hz = rate_hz(&header, &table, &options, &mut warnings)?;
    let pieces = pieces::around(&lost(&table, rate_hz, &mut warnings));
    let events = events(&table.marks, &pieces);
    let start = table.start_us.and_then(calendar::iso);
    let known = [("start_time", start), ("device", header.board.clone())];
    let known = known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let metadata: BTreeMap<String, String> = known.collect();
    let streams =
        streams(&header, &wanted, table.channels, rate_hz, &pieces, options.channels.is_some())?;
    let recording = Recording::new(streams, events).with_metadata(metadata);
    Ok(Opened { recording, codebook: None, format: Format::OpenBci, warnings })
}

fn malformed(offset: u64, found: impl Into<String>, expected: &str) -> FormatError {
    let (found, expected) = (found.into(), expected.to_owned());
    FormatError::Malformed { format: NAME, offset, found, expected }
}

/// The stated rate, or that of the times.
fn rate_hz(
    header: &Header,
    table: &Table,
    options: &Options<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<f64, FormatError> {
    let clock = Clock::measure(&table.times_s);
    let Some(rate_hz) = options.rate_hz.or(header.rate_hz) else {
        let expected = "\"%Sample Rate = 250 Hz\", or the rate from you: --rate 250";
        let clock = clock.ok_or_else(|| malformed(0, "no sampling rate", expected))?;
        let message = format!("it is not stated; the times keep {} Hz", clock.rate_hz);
        warn(warnings, "sampling rate", message);
        return Ok(clock.rate_hz);
    };
    // Times of arrival are rough, but not that rough.
    let off = |clock: &Clock| (clock.measured_hz / rate_hz - 1.0).abs();
    if let Some(clock) = clock.filter(|clock| off(clock) > 0.05) {
        let message = format!("{rate_hz} Hz are used; the times keep {:.3} Hz", clock.measured_hz);
        warn(warnings, "sampling rate", message);
    }
    Ok(rate_hz)
}

/// Samples that are lost, and those before which they are.
fn lost(table: &Table, rate_hz: f64, warnings: &mut Vec<Warning>) -> Vec<(u64, u64)> {
    let Some(losses) = counter::losses(&table.index, &table.times_s, rate_hz) else {
        let lost = Clock::measure(&table.times_s).map_or(Vec::new(), |clock| clock.lost);
        if !lost.is_empty() {
            let message = format!("it does not count; {}, by the times", summary(&lost));
            warn(warnings, "sample index", message);
        }
        return lost;
    };
    if losses.disordered > 0 {
        let message = format!("{} samples come twice or out of order; kept", losses.disordered);
        warn(warnings, "sample index", message);
    }
    let has_times = table.times_s.iter().any(|time| time.is_finite());
    let message = match losses.turn {
        _ if losses.lost.is_empty() => None,
        None => Some(summary(&losses.lost)),
        Some(turn) if has_times => Some(format!(
            "{}; it starts anew after {turn} samples and hides losses of whole turns: {} of these \
             samples are known by the times of arrival alone",
            summary(&losses.lost),
            losses.by_time
        )),
        Some(turn) => Some(format!(
            "{}, and perhaps more: it starts anew after {turn} samples, and no times tell of whole \
             turns",
            summary(&losses.lost)
        )),
    };
    if let Some(message) = message {
        warn(warnings, "sample index", message);
    }
    losses.lost
}

fn summary(lost: &[(u64, u64)]) -> String {
    let total = lost.iter().fold(0_u64, |sum, (_, count)| sum.saturating_add(*count));
    format!("{} gaps, with {total} samples lost", lost.len())
}

fn events(marks: &[(u64, f64)], pieces: &[Piece]) -> Vec<Event> {
    let event = |(sample, mark): &(u64, f64)| {
        let whole = mark.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(mark);
        let (code, label) =
            if whole { (*mark as u32, String::new()) } else { (0, mark.to_string()) };
        Event::at(pieces::position(pieces, *sample), code, label)
    };
    marks.iter().map(event).collect()
}

/// The electrodes, and whatever else is not 0 throughout.
fn streams(
    header: &Header,
    wanted: &[bool],
    columns: Vec<Vec<f32>>,
    rate_hz: f64,
    pieces: &[Piece],
    keep_all: bool,
) -> Result<Vec<Stream>, FormatError> {
    let picked = header.channels.iter().enumerate().zip(wanted).filter(|(_, want)| **want);
    let (mut electrodes, mut others) = (Vec::new(), Vec::new());
    for (((place, channel), _), column) in picked.zip(columns) {
        if place < header.electrodes {
            electrodes.push((channel.clone(), column));
        } else if keep_all || column.iter().any(|sample| *sample != 0.0 && !sample.is_nan()) {
            others.push((channel.clone(), column));
        }
    }
    let mut streams = Vec::new();
    for (name, parts) in [("EXG", electrodes), ("AUX", others)] {
        if !parts.is_empty() {
            let (channels, columns): (Vec<Channel>, Vec<Vec<f32>>) = parts.into_iter().unzip();
            let samples = pieces::samples(columns, pieces)?;
            streams.push(Stream::new(name, rate_hz, channels, samples)?);
        }
    }
    Ok(streams)
}

fn warn(warnings: &mut Vec<Warning>, place: impl Into<String>, message: impl Into<String>) {
    warnings.push(Warning::new(place, message));
}
