//! BrainVision 1.0 and 2.0: a header (`.vhdr`), markers (`.vmrk`) and samples (`.eeg`).
//!
//! After Brain Products, *BrainVision Core Data Format 1.0* (2019), and the notes in the headers of
//! version 2.0; where MNE agrees on more, as it does.
//!
//! | file | idea |
//! |---|---|
//! | `lines` | text of sections and entries, and its encoding |
//! | `header` | what the header says of channels and samples |
//! | `companion` | which files belong together |
//! | `markers` | markers → events |
//! | `segments` | new segments → gaps |
//! | `data` | binary samples → channels |
//! | `ascii` | samples as text → channels |
//! | `filters` | the recorder's filters → metadata |
//! | `writer` | a recording → the three files |
//!
//! What is decided here, where the format leaves it open:
//! - Only files beside the header are read, whatever folders it names. Where the file it names is
//!   not there, as after a renaming, the one of the header's own name is.
//! - The length of the data file counts, not `DataPoints`; but of a vectorized file that is too
//!   short for `DataPoints`, the channels that are there in full are read.
//! - An event is called as MNE calls it: `Stimulus/S  1`. Its code is the number of the
//!   description, plus 1000 for responses `R` and 2000 for optical markers `O`, as MNE counts.
//! - The first `New Segment` is no event; its date is the start time. Later ones are events, and
//!   where their dates say that time passed, there is a gap: events after it then lie later than
//!   MNE says, which closes gaps.
//! - Events past the end are kept. Which channel an event belongs to is not kept.
//! - A missing unit is µV and a missing resolution 1, as the format has it; where a resolution is 0
//!   or not a number, samples are counts.

mod ascii;
mod companion;
mod data;
mod filters;
mod header;
mod lines;
mod markers;
mod segments;
mod writer;

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;

use super::pieces::{self, Piece};
use super::reader::{Reader, Source};
use super::{Format, FormatError, Opened, Options, Warning, calendar, exact};
use crate::signal::{Channel, Event, Quantization, Recording, Samples, Stream, Unit};
use data::{Plan, Row};
use header::{ChannelHeader, Header, Storage};
use lines::Lines;
use markers::{Marker, Markers};
pub(super) use writer::WRITER;

/// Name in messages.
const NAME: &str = "BrainVision";
/// The second line of files of ours.
const OWN_LINE: &str = "; Written by evoked";

pub(super) const READER: Reader = Reader { name: NAME, recognises, read };

fn recognises(head: &[u8]) -> bool {
    let first = first_line(head);
    let is_ours = first.starts_with("Brain Vision") || first.starts_with("BrainVision");
    is_ours && (first.contains("Header File") || is_marker_file(head))
}

fn is_marker_file(head: &[u8]) -> bool {
    first_line(head).contains("Marker File")
}

fn first_line(head: &[u8]) -> String {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let line = head.split(|&byte| byte == b'\n').next().unwrap_or(&[]);
    String::from_utf8_lossy(line.get(..128).unwrap_or(line)).into_owned()
}

/// What to say of a file with nothing to be recognised by, if a header lies beside it.
pub(super) fn header_of(path: Option<&Path>) -> Option<String> {
    let path = path?;
    let ending = path.extension()?.to_string_lossy().to_lowercase();
    if !matches!(ending.as_str(), "eeg" | "dat" | "seg" | "avg") {
        return None;
    }
    let header = companion::header(path, None)?;
    let name = companion::file_name(&header);
    Some(format!("it may hold the samples of a BrainVision recording; open its header, {name}"))
}

fn read(source: &mut Source<'_>, options: Options<'_>) -> Result<Opened, FormatError> {
    let bytes = header::bytes(source)?;
    let lines = Lines::new(&bytes);
    let Some(path) = source.path else {
        let what = "a header without its path: the samples are in another file, which".to_owned();
        return Err(FormatError::Unsupported { format: NAME, offset: 0, what });
    };
    if !is_marker_file(&bytes) {
        return read_recording(path, &lines, options);
    }
    let data_file = lines.value(header::COMMON, "DataFile");
    let Some(path) = companion::header(path, data_file.as_deref()) else {
        let found = "a marker file with no header of its name beside it";
        return Err(header::malformed(0, found, "the header (.vhdr) and the samples (.eeg), too"));
    };
    let (mut file, len) = open(&path)?;
    let mut source = Source { input: &mut file, len, path: Some(&path) };
    let bytes = header::bytes(&mut source)?;
    read_recording(&path, &Lines::new(&bytes), options)
}

/// Reads the recording of the header at `path`, whose text is `lines`.
fn read_recording(
    path: &Path,
    lines: &Lines<'_>,
    mut options: Options<'_>,
) -> Result<Opened, FormatError> {
    let mut warnings = Vec::new();
    let mut header = header::parse(lines, &options, &mut warnings)?;
    let data_path = companion::data(path, header.data_file.as_deref(), &mut warnings)?;
    let marker_path = companion::markers(path, header.marker_file.as_deref(), &mut warnings);
    let markers = match marker_path {
        Some(path) => markers::read(&path, &mut warnings)?,
        None => Markers::default(),
    };
    let (mut file, len) = open(&data_path)?;
    let mut source = Source { input: &mut file, len, path: Some(&data_path) };
    // The headers of one amplifier leave out the last channel of its files.
    let extra = usize::from(path.extension().is_some_and(|ending| ending == "ahdr"));
    let (stream, pieces, end) =
        samples(&mut source, &mut header, extra, &markers.list, &mut options, &mut warnings)?;
    let events = events(&markers, &pieces, end, &mut warnings);
    let metadata = metadata(lines, &header, &markers.list);
    let (major, minor) = header.version;
    let recording = Recording::new(vec![stream], events).with_metadata(metadata);
    let format = Format::BrainVision { major, minor };
    Ok(Opened { recording, codebook: None, format, warnings })
}

/// Reads the samples; also tells where those of the file lie on the sample clock, and end.
fn samples(
    source: &mut Source<'_>,
    header: &mut Header,
    extra: usize,
    markers: &[Marker],
    options: &mut Options<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<(Stream, Vec<Piece>, u64), FormatError> {
    let Storage::Binary(kind) = header.storage else {
        return samples_as_text(source, header, markers, options, warnings);
    };
    let shape = data::shape(source, header, kind, extra, warnings);
    header::name_channels(&mut header.channels, shape.channels - extra, warnings);
    header.channels.truncate(shape.whole);
    let (rows, channels) = rows(header, kind.count_bits(), options, warnings)?;
    let pieces = segments::pieces(markers, shape.len, header.rate_hz, warnings);
    let (big_endian, orientation) = (header.big_endian, header.orientation);
    let window = options.window();
    let positions = window.map_or(0..u64::MAX, |window| window.positions(header.rate_hz));
    let (rows, end) = (&rows, pieces::position(&pieces, shape.len));
    let plan = Plan { shape, kind, big_endian, orientation, rows, pieces: &pieces, positions };
    let samples = data::read(source, &plan, options)?;
    let is_empty = shape.len == 0;
    Ok((stream(header, channels, samples, is_empty, warnings)?, pieces, end))
}

fn samples_as_text(
    source: &mut Source<'_>,
    header: &mut Header,
    markers: &[Marker],
    options: &mut Options<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<(Stream, Vec<Piece>, u64), FormatError> {
    let count = header.stated_channels.unwrap_or(header.channels.len());
    header::name_channels(&mut header.channels, count, warnings);
    let (rows, mut channels) = rows(header, None, options, warnings)?;
    let wanted: Vec<usize> = rows.iter().map(|row| row.index).collect();
    let columns = ascii::read(source, header, rows, options, warnings)?;
    let mut wanted = wanted.iter();
    let kept = |index: Option<&usize>| columns.rows.iter().any(|row| Some(&row.index) == index);
    channels.retain(|_| kept(wanted.next()));
    let pieces = segments::pieces(markers, columns.len(), header.rate_hz, warnings);
    let (is_empty, end) = (columns.len() == 0, pieces::position(&pieces, columns.len()));
    let samples = pieces::samples(columns.values, &pieces)?;
    Ok((stream(header, channels, samples, is_empty, warnings)?, pieces, end))
}

/// The wanted channels: how they are decoded, and what they are.
fn rows(
    header: &Header,
    bits: Option<u8>,
    options: &Options<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<(Vec<Row>, Vec<Channel>), FormatError> {
    let all: Vec<(Row, Channel)> = header
        .channels
        .iter()
        .enumerate()
        .map(|(index, channel)| row(index, channel, bits))
        .collect();
    let described: Vec<Channel> = all.iter().map(|(_, channel)| channel.clone()).collect();
    let wanted = options.wanted(&described)?;
    let counts = header.channels.iter().zip(&wanted);
    let counts = counts.filter(|(channel, want)| **want && channel.resolution.is_none()).count();
    if counts > 0 {
        let message = format!(
            "{counts} channels have a resolution of 0 or none that is a number; their samples are \
             counts"
        );
        warn(warnings, header::PLACE, message);
    }
    let picked = all.into_iter().zip(&wanted).filter(|(_, want)| **want);
    Ok(picked.map(|(pair, _)| pair).unzip())
}

fn row(index: usize, header: &ChannelHeader, bits: Option<u8>) -> (Row, Channel) {
    let scale = header.resolution.map(|resolution| resolution * header.unit.factor);
    let unit = match scale {
        Some(_) => header.unit.unit.clone(),
        None => Unit::Other("count".to_owned()),
    };
    let scale = scale.unwrap_or(1.0);
    let quantization = bits.map(|bits| Quantization { bits, scale: scale as f32, offset: 0.0 });
    (Row { index, scale }, Channel { label: header.label.clone(), unit, quantization })
}

fn stream(
    header: &Header,
    mut channels: Vec<Channel>,
    samples: Samples<f32>,
    is_empty: bool,
    warnings: &mut Vec<Warning>,
) -> Result<Stream, FormatError> {
    if is_empty {
        warn(warnings, "data file", "it holds no samples");
    }
    for (i, channel) in channels.iter_mut().enumerate() {
        let peak = samples.channel(i).iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        let holds = |quantization: &Quantization| exact::is_reversible(quantization, peak.into());
        channel.quantization = channel.quantization.filter(holds);
    }
    Ok(Stream::new("EEG", header.rate_hz, channels, samples)?)
}

fn events(
    markers: &Markers,
    pieces: &[Piece],
    end: u64,
    warnings: &mut Vec<Warning>,
) -> Vec<Event> {
    let is_structure = |(i, marker): &(usize, &Marker)| {
        let is_gap = markers.is_own && marker.description == markers::GAP;
        marker.is_new_segment() && (*i == 0 || is_gap)
    };
    let told = markers.list.iter().enumerate().filter(|marker| !is_structure(marker));
    let events: Vec<Event> = told
        .map(|(_, marker)| marker.event(pieces::position(pieces, marker.sample), markers.is_own))
        .collect();
    let outside = events.iter().filter(|event| event.sample >= end).count();
    if outside > 0 {
        warn(warnings, "markers", format!("{outside} events lie past the last sample; kept"));
    }
    events
}

/// A file beside the header, and its length in bytes.
fn open(path: &Path) -> Result<(File, u64), FormatError> {
    let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    let refused =
        |error: io::Error| FormatError::Open { path: path.to_owned(), reason: error.to_string() };
    opened.map(|(len, file)| (file, len)).map_err(refused)
}

fn metadata(lines: &Lines<'_>, header: &Header, markers: &[Marker]) -> BTreeMap<String, String> {
    let mut metadata = filters::metadata(lines, &header.channels);
    let dates = markers.iter().filter(|marker| marker.is_new_segment());
    let start = dates.filter_map(|marker| marker.date_us).next().and_then(calendar::iso);
    let mut references = header.channels.iter().map(|channel| channel.reference.as_str());
    let first = references.next().unwrap_or("");
    let reference = (!first.is_empty() && references.all(|other| other == first)).then_some(first);
    let known = [("start_time", start), ("reference", reference.map(str::to_owned))];
    let known = known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    metadata.extend(known);
    metadata
}

fn warn(warnings: &mut Vec<Warning>, place: impl Into<String>, message: impl Into<String>) {
    warnings.push(Warning::new(place, message));
}
