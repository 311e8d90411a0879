//! Writing BrainVision 1.0.
//!
//! What is decided here:
//! - Counts are written as they are, as `INT_16` or `INT_32`, where the samples of all channels lie
//!   on their grids and no grid has an offset; else samples are written as `IEEE_FLOAT_32`. Either
//!   way they come back bit for bit.
//! - After a gap comes a `New Segment` with the description `gap` and the date that tells how long
//!   it was.
//! - An event that is called as MNE calls markers is written as that marker. Any other has the type
//!   `Event`, and a description of its label and its code in brackets.

use std::io::{self, Write};
use std::path::Path;

use super::markers::{GAP, GENERIC, Marker, NEW_SEGMENT};
use super::{OWN_LINE, companion, header, segments, warn};
use crate::formats::label::Dialect;
use crate::formats::save::{Writer, tell_codebook, tell_metadata};
use crate::formats::sheet::Sheet;
use crate::formats::target::{Target, refused};
use crate::formats::text::time::{self, Moment};
use crate::formats::{FormatError, Warning, WriteFormat, calendar, pieces};
use crate::signal::{Channel, Event, Quantization, Recording, Segment, Unit};
use crate::stimulus::Codebook;

pub(in crate::formats) const WRITER: Writer =
    Writer { format: WriteFormat::BrainVision, name: "BrainVision", extensions: &["vhdr"], write };

/// Bytes that are put together at once.
const BLOCK_BYTES: usize = 1 << 16;
/// The date of the first sample where nobody knows it, but gaps need one: 2000-01-01T00:00:00.
const STAND_IN_US: i64 = 946_684_800_000_000;

/// How samples are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Storage {
    I16,
    I32,
    F32,
}

fn write(
    target: &mut Target,
    recording: &Recording,
    codebook: Option<&Codebook>,
    warnings: &mut Vec<Warning>,
) -> Result<(), FormatError> {
    tell_codebook(codebook, warnings);
    let kept = ["start_time"];
    tell_metadata(recording.metadata().keys().filter(|k| !kept.contains(&k.as_str())), warnings);
    let sheet = Sheet::of(recording, WRITER.name, warnings)?;
    sheet.tell_names(comes_back, warnings);
    let storage = storage(&sheet, warnings);
    let interval_us = interval_us(sheet.rate_hz()).ok_or_else(|| FormatError::Unwritable {
        format: WRITER.name,
        what: format!("no interval between samples tells a rate of {} Hz", sheet.rate_hz()),
    })?;
    let path = target.path().to_owned();
    let (data, markers) = (path.with_extension("eeg"), path.with_extension("vmrk"));
    let header = header(&sheet, storage, interval_us, &data, &markers);
    let marker_text = marker_text(recording, &sheet, &data, warnings);

    let mut part = target.create(&data)?;
    samples(&mut part, &sheet, storage).map_err(|error| refused(&data, error))?;
    part.close()?;
    for (path, text) in [(markers, marker_text), (path, header)] {
        let mut part = target.create(&path)?;
        part.write_all(text.as_bytes()).map_err(|error| refused(&path, error))?;
        part.close()?;
    }
    Ok(())
}

/// Counts where every sample is one, bit for bit.
fn storage(sheet: &Sheet<'_>, warnings: &mut Vec<Warning>) -> Storage {
    let mut storage = Storage::I16;
    for (channel, samples) in &sheet.rows {
        let Some(grid) = channel.quantization else { return Storage::F32 };
        let is_on_grid = |sample: &f32| count(&grid, *sample).is_some();
        if grid.offset != 0.0 || !samples.iter().all(is_on_grid) {
            let message = "its counts have an offset, or do not hold its samples; all channels are \
                           written as floating point, with the same samples";
            warn(warnings, format!("channel {:?}", channel.label), message);
            return Storage::F32;
        }
        let fits = |sample: &f32| count(&grid, *sample).is_some_and(|n| i16::try_from(n).is_ok());
        if !samples.iter().all(fits) {
            storage = Storage::I32;
        }
    }
    storage
}

/// The count that gives back the sample.
fn count(grid: &Quantization, sample: f32) -> Option<i32> {
    let count = Quantization { bits: 32, ..*grid }.count(sample)?;
    (grid.sample(count).to_bits() == sample.to_bits()).then_some(count)
}

fn header(
    sheet: &Sheet<'_>,
    storage: Storage,
    interval_us: f64,
    data: &Path,
    markers: &Path,
) -> String {
    let channels: Vec<String> = sheet
        .rows
        .iter()
        .enumerate()
        .map(|(i, (channel, _))| format!("Ch{}={}", i + 1, channel_line(channel, storage)))
        .collect();
    let binary = match storage {
        Storage::I16 => "INT_16",
        Storage::I32 => "INT_32",
        Storage::F32 => "IEEE_FLOAT_32",
    };
    let lines = [
        "Brain Vision Data Exchange Header File Version 1.0".to_owned(),
        OWN_LINE.to_owned(),
        String::new(),
        "[Common Infos]".to_owned(),
        "Codepage=UTF-8".to_owned(),
        format!("DataFile={}", companion::file_name(data)),
        format!("MarkerFile={}", companion::file_name(markers)),
        "DataFormat=BINARY".to_owned(),
        "; Data orientation: MULTIPLEXED=ch1,pt1, ch2,pt1 ...".to_owned(),
        "DataOrientation=MULTIPLEXED".to_owned(),
        format!("NumberOfChannels={}", channels.len()),
        format!("DataPoints={}", sheet.len()),
        "; Sampling interval in microseconds".to_owned(),
        format!("SamplingInterval={interval_us}"),
        String::new(),
        "[Binary Infos]".to_owned(),
        format!("BinaryFormat={binary}"),
        String::new(),
        "[Channel Infos]".to_owned(),
        "; Ch<number>=<name>,<reference>,<resolution in units>,<unit>; \\1 stands for a comma"
            .to_owned(),
    ];
    let lines = lines.into_iter().chain(channels);
    lines.map(|line| line + "\r\n").collect()
}

/// The interval from which a reader finds the very rate, or one that differs in its last digit.
/// `None` where numbers end.
fn interval_us(rate_hz: f64) -> Option<f64> {
    let interval = 1e6 / rate_hz;
    let near = [interval, interval.next_up(), interval.next_down()];
    let exact = near.into_iter().find(|near| 1e6 / near == rate_hz);
    let is_close = |near: &f64| (1e6 / near / rate_hz - 1.0).abs() <= 4.0 * f64::EPSILON;
    exact.or_else(|| Some(interval).filter(is_close))
}

fn channel_line(channel: &Channel, storage: Storage) -> String {
    let scale = channel.quantization.filter(|_| storage != Storage::F32).map_or(1.0, |q| q.scale);
    let unit = match &channel.unit {
        Unit::Microvolt => "µV",
        // A unit that is missing would be taken for µV.
        Unit::Other(name) if name.trim().is_empty() => "n/a",
        Unit::Other(name) => name,
    };
    // With as many digits as it takes to find the very scale.
    let short = scale.to_string();
    let is_found = short.parse::<f64>().is_ok_and(|found| found as f32 == scale);
    let mut scale = if is_found { short } else { f64::from(scale).to_string() };
    if unit.starts_with(|c: char| c.is_ascii_digit()) && !scale.contains('.') {
        // Digits behind a whole number would be taken for its decimals.
        scale += ".0";
    }
    format!("{},,{scale},{}", field(&channel.label), field(unit))
}

/// Whether a channel's line gives back its label and unit.
fn comes_back(channel: &Channel) -> bool {
    let found = header::channel(&channel_line(channel, Storage::F32));
    !found.label.is_empty() && found.label == channel.label && found.unit.unit == channel.unit
}

/// Whether a text does not come back from a field of a line.
fn is_special(text: &str) -> bool {
    text.contains(char::is_control) || text.contains("\\1")
}

/// A text as a field of a line.
fn field(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(plain).collect::<String>().replace(',', "\\1")
}

fn samples(out: &mut impl Write, sheet: &Sheet<'_>, storage: Storage) -> io::Result<()> {
    let mut block = Vec::with_capacity(BLOCK_BYTES);
    let at_once = (BLOCK_BYTES / 4 / sheet.rows.len().max(1)).max(1);
    for first in (0..sheet.len()).step_by(at_once) {
        block.clear();
        for i in first..(first + at_once).min(sheet.len()) {
            for (channel, samples) in &sheet.rows {
                let sample = samples.get(i).copied().unwrap_or(f32::NAN);
                let counted = || channel.quantization.and_then(|grid| count(&grid, sample));
                match storage {
                    Storage::F32 => block.extend(sample.to_le_bytes()),
                    Storage::I32 => block.extend(counted().unwrap_or(0).to_le_bytes()),
                    Storage::I16 => block.extend((counted().unwrap_or(0) as i16).to_le_bytes()),
                }
            }
        }
        out.write_all(&block)?;
    }
    Ok(())
}

fn marker_text(
    recording: &Recording,
    sheet: &Sheet<'_>,
    data: &Path,
    warnings: &mut Vec<Warning>,
) -> String {
    let mut text: String = [
        "Brain Vision Data Exchange Marker File, Version 1.0",
        OWN_LINE,
        "",
        "[Common Infos]",
        "Codepage=UTF-8",
    ]
    .map(|line| format!("{line}\r\n"))
    .concat();
    text += &format!("DataFile={}\r\n\r\n[Marker Infos]\r\n", companion::file_name(data));
    text += "; Mk<number>=<type>,<description>,<position>,<size>,<channel>,<date>; \\1 stands for a \
             comma\r\n";
    let mut markers = segments(recording, sheet, warnings);
    markers.extend(events(recording, sheet, warnings));
    // Segments come before events on their first sample.
    markers.sort_by_key(|marker| marker.sample);
    for (i, marker) in markers.iter().enumerate() {
        text += &format!("Mk{}={}\r\n", i + 1, marker_line(marker));
    }
    text
}

fn marker_line(marker: &Marker) -> String {
    let Marker { kind, description, sample, size, date_us } = marker;
    let date = date_us.and_then(calendar::iso).map_or(String::new(), |date| {
        let digits: String = date.chars().filter(char::is_ascii_digit).collect();
        format!(",{digits}")
    });
    let (kind, description) = (field(kind), field(description));
    format!("{kind},{description},{},{size},0{date}", sample.saturating_add(1))
}

/// Where each stretch of samples starts.
fn segments(recording: &Recording, sheet: &Sheet<'_>, warnings: &mut Vec<Warning>) -> Vec<Marker> {
    let stated = recording.metadata().get("start_time");
    let moment = stated.and_then(|stated| time::parse(stated.as_bytes()));
    if let Some(stated) = stated {
        tell_start(stated, moment, warnings);
    }
    let offset_us = (sheet.start_s() * 1e6).round() as i64;
    let start_us = moment.and_then(|moment| moment.micros);
    let mut start_us = start_us.map(|start| start.saturating_add(offset_us));
    if start_us.is_none() && sheet.segments().count() > 1 {
        let message = "it is not known; 2000-01-01 stands for it, so that dates can tell how long \
                       gaps are";
        warn(warnings, "start_time", message);
        start_us = Some(STAND_IN_US);
    }
    let mut sample = 0;
    let mut markers = Vec::new();
    // Without any sample, the start is told all the same.
    let empty = (sheet.len() == 0).then_some(Segment { first: 0, len: 0 });
    for segment in sheet.segments().chain(empty) {
        let after_us = (segment.first as f64 * 1e6 / sheet.rate_hz()).round() as i64;
        markers.push(Marker {
            kind: NEW_SEGMENT.to_owned(),
            description: if sample == 0 { String::new() } else { GAP.to_owned() },
            sample,
            size: 1,
            date_us: start_us
                .map(|start| start.saturating_add(after_us))
                .filter(|&date_us| calendar::iso(date_us).is_some()),
        });
        sample += segment.len as u64;
    }
    tell_gaps(&markers, sheet, warnings);
    markers
}

/// Says what of the start time does not come back.
fn tell_start(stated: &str, moment: Option<Moment>, warnings: &mut Vec<Warning>) {
    // Zeros at the end of its decimals tell nothing.
    let plain = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    let message = match moment.and_then(|moment| calendar::iso(moment.micros?)) {
        None => format!("{stated:?} is no date with a time; left out"),
        Some(written) if plain(&written) != plain(stated) => {
            format!("{stated:?} becomes {written:?}: dates have microseconds and no time zone")
        }
        Some(_) => return,
    };
    warn(warnings, "start_time", message);
}

/// Says where a reader does not find the gaps again: dates have microseconds, and breaks of more
/// than a month are not believed.
fn tell_gaps(markers: &[Marker], sheet: &Sheet<'_>, warnings: &mut Vec<Warning>) {
    let found = segments::pieces(markers, sheet.len() as u64, sheet.rate_hz(), &mut Vec::new());
    let (mut sample, mut lost) = (0, 0);
    for segment in sheet.segments() {
        lost += usize::from(pieces::position(&found, sample) != segment.first);
        sample += segment.len as u64;
    }
    if lost > 0 {
        let message = format!(
            "{lost} stretches of samples come back earlier or later: dates do not tell gaps of \
             microseconds or of months"
        );
        warn(warnings, "gaps", message);
    }
}

fn events(recording: &Recording, sheet: &Sheet<'_>, warnings: &mut Vec<Warning>) -> Vec<Marker> {
    let (mut moved, mut in_gaps, mut stretched, mut special) = (0, 0, 0, 0);
    let mut markers = Vec::with_capacity(recording.events().len());
    for event in recording.events() {
        let spot = sheet.spot(recording, event);
        let size = event.duration.round().max(0.0) as u64;
        moved += usize::from(spot.is_moved);
        in_gaps += usize::from(!spot.is_there);
        stretched += usize::from((event.duration - size as f64).abs() > 1e-9);
        special += usize::from(is_special(&event.label));
        let (kind, description) = names(event);
        markers.push(Marker { kind, description, sample: spot.sample, size, date_us: None });
    }
    for (count, what) in [
        (moved, "events fall between samples or before the first; moved to the nearest"),
        (in_gaps, "events fall in gaps; moved to the next sample"),
        (stretched, "durations are no whole number of samples; rounded"),
        (special, "labels have characters that markers can't; others stand for them"),
    ] {
        if count > 0 {
            warn(warnings, "events", format!("{count} {what}"));
        }
    }
    markers
}

/// Type and description from which a reader finds the event's code and label.
fn names(event: &Event) -> (String, String) {
    let native = event.label.split_once('/').map(|(kind, description)| Marker {
        kind: kind.to_owned(),
        description: description.to_owned(),
        sample: 0,
        size: 0,
        date_us: None,
    });
    let is_found = |marker: &Marker| {
        let comes_back = marker.kind.trim() == marker.kind && !marker.kind.is_empty();
        let is_structure = marker.is_new_segment() && marker.description == GAP;
        let is_plain = marker.kind != GENERIC && !is_structure && comes_back;
        is_plain && marker.event(0, false).code == event.code
    };
    match native.filter(is_found) {
        Some(marker) => (marker.kind, marker.description),
        None => (GENERIC.to_owned(), generic(event)),
    }
}

/// Code and label in a description. Bare numbers have three places, as recorders write them.
fn generic(event: &Event) -> String {
    let text = Dialect::Codes.write(event.code, &event.label);
    match event.label.is_empty() && event.code > 0 {
        true => format!("{text:>3}"),
        // What would be taken for a bare number.
        false if text.trim().bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{} [{}]", event.label, event.code)
        }
        false => text,
    }
}
