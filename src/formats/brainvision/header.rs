use super::lines::{Lines, field};
use super::{NAME, warn};
use crate::formats::reader::Source;
use crate::formats::unit::{self, Scale};
use crate::formats::{FormatError, Options, Warning, unique};
use crate::signal::Unit;

/// The longest header that is read.
const LONGEST_BYTES: u64 = 16 << 20;
/// The most channels that a header may have.
const MOST_CHANNELS: usize = 1 << 13;
/// The section that says what the files are.
pub(super) const COMMON: &str = "Common Infos";

/// Where channels are described.
pub(super) const PLACE: &str = "Channel Infos";

/// How samples are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Storage {
    Binary(SampleType),
    Ascii,
}

/// Type of a binary sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SampleType {
    I16,
    U16,
    I32,
    F32,
    F64,
}

impl SampleType {
    /// Bytes of one sample.
    pub(super) fn size(self) -> usize {
        match self {
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// Bits of the smallest two's complement count that holds every value.
    pub(super) fn count_bits(self) -> Option<u8> {
        match self {
            Self::I16 => Some(16),
            Self::U16 => Some(24),
            Self::I32 => Some(32),
            Self::F32 | Self::F64 => None,
        }
    }
}

/// The order of the samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Orientation {
    /// All channels of a point in time, then those of the next.
    Multiplexed,
    /// All points of a channel, then those of the next channel.
    Vectorized,
}

/// What the header file says.
#[derive(Debug)]
pub(super) struct Header {
    pub version: (u8, u8),
    pub data_file: Option<String>,
    pub marker_file: Option<String>,
    pub storage: Storage,
    pub big_endian: bool,
    pub orientation: Orientation,
    pub rate_hz: f64,
    /// Samples a channel as stated.
    pub points: Option<u64>,
    /// Channels as stated; `None` where the header does not say.
    pub stated_channels: Option<usize>,
    /// Channels as described, in the order of their numbers.
    pub channels: Vec<ChannelHeader>,
    pub ascii: Ascii,
}

/// One channel's line.
#[derive(Debug, Clone)]
pub(super) struct ChannelHeader {
    pub label: String,
    pub reference: String,
    /// Units a count; `None` where the line has no number that can be one.
    pub resolution: Option<f64>,
    pub unit: Scale,
}

/// How samples are laid out as text.
#[derive(Debug, Default)]
pub(super) struct Ascii {
    pub skip_lines: usize,
    pub skip_columns: usize,
    pub decimal_comma: bool,
}

/// The bytes of a header.
pub(super) fn bytes(source: &mut Source<'_>) -> Result<Vec<u8>, FormatError> {
    if source.len > LONGEST_BYTES {
        let found = format!("a header of {} bytes", source.len);
        return Err(malformed(LONGEST_BYTES, found, "at most 16 MiB"));
    }
    Ok(source.bytes(0, source.len)?)
}

pub(super) fn parse(
    lines: &Lines<'_>,
    options: &Options<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Header, FormatError> {
    let common = |key| lines.value(COMMON, key);
    if lines.section(COMMON).next().is_none() {
        return Err(malformed(0, "no section [Common Infos]", "one that names the data file"));
    }
    if common("DataType").is_some_and(|kind| !kind.eq_ignore_ascii_case("TIMEDOMAIN")) {
        let offset = lines.entry(COMMON, "DataType").map_or(0, |entry| entry.offset);
        let what = "data in the frequency domain".to_owned();
        return Err(FormatError::Unsupported { format: NAME, offset, what });
    }
    if common("SegmentationType").is_some_and(|kind| !kind.eq_ignore_ascii_case("NOTSEGMENTED")) {
        let message = "the recording was cut into segments; where one ends and the next begins, \
                       samples touch that are not neighbours in time";
        warn(warnings, "SegmentationType", message);
    }
    if common("Averaged").is_some_and(|answer| answer.eq_ignore_ascii_case("YES")) {
        warn(warnings, "Averaged", "the samples are averages over trials, not a recording");
    }
    let stated_channels = stated_channels(lines, warnings)?;
    let channels = channels(lines, stated_channels, warnings);
    if stated_channels.is_none() && channels.is_empty() {
        return Err(malformed(0, "neither a number of channels nor their names", "one of them"));
    }
    Ok(Header {
        version: version(lines, warnings),
        data_file: common("DataFile"),
        marker_file: common("MarkerFile"),
        storage: storage(lines)?,
        big_endian: lines
            .value("Binary Infos", "UseBigEndianOrder")
            .is_some_and(|answer| answer.eq_ignore_ascii_case("YES")),
        orientation: orientation(lines, warnings)?,
        rate_hz: rate_hz(lines, options, warnings)?,
        points: common("DataPoints").and_then(|text| text.parse().ok()),
        stated_channels,
        channels,
        ascii: ascii(lines),
    })
}

pub(super) fn malformed(
    offset: u64,
    found: impl Into<String>,
    expected: impl Into<String>,
) -> FormatError {
    FormatError::Malformed { format: NAME, offset, found: found.into(), expected: expected.into() }
}

/// The version at the end of the first line.
fn version(lines: &Lines<'_>, warnings: &mut Vec<Warning>) -> (u8, u8) {
    let first = lines.all().next().map(|line| line.text.into_owned()).unwrap_or_default();
    let stated = first.rsplit_once("ersion").and_then(|(_, number)| {
        let (major, minor) = number.trim().split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    });
    if !matches!(stated, Some((1 | 2, 0))) {
        let said: String = first.chars().take(80).collect();
        warn(warnings, "line 1", format!("{said:?} is no known version; read as version 1.0"));
    }
    stated.unwrap_or((1, 0))
}

fn storage(lines: &Lines<'_>) -> Result<Storage, FormatError> {
    let format = lines.entry(COMMON, "DataFormat");
    let stated = format.as_ref().map(|entry| entry.value.to_uppercase());
    match stated.as_deref() {
        Some("ASCII") => return Ok(Storage::Ascii),
        None | Some("" | "BINARY") => {}
        Some(other) => {
            let (found, offset) = (format!("DataFormat {other:?}"), format.map_or(0, |e| e.offset));
            return Err(malformed(offset, found, "BINARY or ASCII"));
        }
    }
    let Some(entry) = lines.entry("Binary Infos", "BinaryFormat") else {
        let expected = "BinaryFormat (INT_16, INT_32, IEEE_FLOAT_32, …) in [Binary Infos]";
        return Err(malformed(0, "no type of samples", expected));
    };
    Ok(Storage::Binary(match entry.value.to_uppercase().as_str() {
        "INT_16" => SampleType::I16,
        "UINT_16" => SampleType::U16,
        "INT_32" => SampleType::I32,
        "IEEE_FLOAT_32" => SampleType::F32,
        "IEEE_FLOAT_64" => SampleType::F64,
        other => {
            let what = format!("sample type {other:?}");
            return Err(FormatError::Unsupported { format: NAME, offset: entry.offset, what });
        }
    }))
}

fn orientation(lines: &Lines<'_>, warnings: &mut Vec<Warning>) -> Result<Orientation, FormatError> {
    let Some(entry) = lines.entry(COMMON, "DataOrientation") else {
        let message = "the order of samples is not stated; taken for MULTIPLEXED";
        warn(warnings, "DataOrientation", message);
        return Ok(Orientation::Multiplexed);
    };
    match entry.value.to_uppercase().as_str() {
        "MULTIPLEXED" => Ok(Orientation::Multiplexed),
        "VECTORIZED" => Ok(Orientation::Vectorized),
        other => {
            let found = format!("DataOrientation {other:?}");
            Err(malformed(entry.offset, found, "MULTIPLEXED or VECTORIZED"))
        }
    }
}

/// Samples a second, from the interval in microseconds.
fn rate_hz(
    lines: &Lines<'_>,
    options: &Options<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<f64, FormatError> {
    let entry = lines.entry(COMMON, "SamplingInterval");
    let interval_us = entry.as_ref().and_then(|entry| number(&entry.value));
    let stated = interval_us.map(|us| 1e6 / us).filter(|rate| rate.is_finite() && *rate > 0.0);
    match (options.rate_hz, stated) {
        (Some(wanted), Some(stated)) if wanted != stated => {
            let message = format!("the header says {stated} Hz; {wanted} Hz is used, as asked for");
            warn(warnings, "SamplingInterval", message);
            Ok(wanted)
        }
        (Some(rate), _) | (None, Some(rate)) => Ok(rate),
        (None, None) => {
            let found = match &entry {
                Some(entry) => format!("SamplingInterval {:?}", short(&entry.value)),
                None => "no SamplingInterval".to_owned(),
            };
            let expected = "microseconds between samples (or give the rate yourself: --rate 500)";
            Err(malformed(entry.map_or(0, |entry| entry.offset), found, expected))
        }
    }
}

/// A number with a point or a comma.
pub(super) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let number = match text.parse::<f64>() {
        Ok(number) => number,
        Err(_) => text.replacen(',', ".", 1).parse().ok()?,
    };
    number.is_finite().then_some(number)
}

fn stated_channels(
    lines: &Lines<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Option<usize>, FormatError> {
    let Some(entry) = lines.entry(COMMON, "NumberOfChannels") else {
        let message = "it is missing; the channels that are described are counted";
        warn(warnings, "NumberOfChannels", message);
        return Ok(None);
    };
    match entry.value.parse::<usize>() {
        Ok(count) if (1..=MOST_CHANNELS).contains(&count) => Ok(Some(count)),
        _ => {
            let found = format!("NumberOfChannels {:?}", short(&entry.value));
            Err(malformed(entry.offset, found, format!("a number from 1 to {MOST_CHANNELS}")))
        }
    }
}

/// The channels that are described, up to the last of them. Holes are filled.
fn channels(
    lines: &Lines<'_>,
    stated: Option<usize>,
    warnings: &mut Vec<Warning>,
) -> Vec<ChannelHeader> {
    let most = stated.unwrap_or(MOST_CHANNELS);
    let (mut found, mut surplus) = (Vec::new(), 0);
    for entry in lines.section("Channel Infos") {
        let digits = entry.key.get(2..).filter(|_| entry.key.to_lowercase().starts_with("ch"));
        let Some(index) = digits.and_then(|digits| digits.parse::<usize>().ok()) else { continue };
        match index.checked_sub(1) {
            Some(index) if index < most => found.push((index, channel(&entry.value))),
            _ => surplus += 1,
        }
    }
    if surplus > 0 {
        let message = format!("{surplus} lines have numbers beyond that of the channels; left out");
        warn(warnings, PLACE, message);
    }
    found.sort_by_key(|(index, _)| *index);
    found.dedup_by_key(|(index, _)| *index);
    if stated.is_none() {
        // Without a number of channels, a hole cannot be told from a slip of the pen.
        found.iter_mut().enumerate().for_each(|(i, (index, _))| *index = i);
    }
    let mut channels: Vec<ChannelHeader> = Vec::new();
    for (index, channel) in found {
        fill(&mut channels, index);
        channels.push(channel);
    }
    channels
}

/// Adds nameless channels up to `count`.
fn fill(channels: &mut Vec<ChannelHeader>, count: usize) {
    while channels.len() < count {
        channels.push(ChannelHeader {
            label: String::new(),
            reference: String::new(),
            resolution: Some(1.0),
            unit: Scale { unit: Unit::Other("count".to_owned()), factor: 1.0 },
        });
    }
}

/// Makes `count` channels of those that are described, and gives a label to those without.
pub(super) fn name_channels(
    channels: &mut Vec<ChannelHeader>,
    count: usize,
    warnings: &mut Vec<Warning>,
) {
    fill(channels, count);
    channels.truncate(count);
    let mut nameless = 0;
    for (i, channel) in channels.iter_mut().enumerate() {
        if channel.label.is_empty() {
            channel.label = format!("channel {}", i + 1);
            nameless += 1;
        }
    }
    if nameless > 0 {
        let message = format!("{nameless} channels have no label; their numbers serve as labels");
        warn(warnings, PLACE, message);
    }
    unique::number(channels.iter_mut().map(|channel| &mut channel.label), warnings);
}

/// `Name,Reference,Resolution,Unit`, of which all but the name may be missing.
pub(super) fn channel(line: &str) -> ChannelHeader {
    let fields: Vec<&str> = line.split(',').collect();
    let at = |index: usize| fields.get(index).map_or("", |field| field.trim());
    let (mut resolution, mut unit) = (at(2).to_owned(), at(3));
    // A unit is never a number: `0,1,µV` is a decimal comma among commas.
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let has_whole = is_digits(resolution.strip_prefix('-').unwrap_or(&resolution));
    let fraction = unit.find(['e', 'E']).and_then(|end| unit.get(..end)).unwrap_or(unit);
    if has_whole && is_digits(fraction) {
        resolution = format!("{resolution}.{unit}");
        unit = at(4);
    }
    ChannelHeader {
        label: field(at(0)),
        reference: field(at(1)),
        resolution: match resolution.as_str() {
            "" => Some(1.0),
            text => number(text).filter(|number| *number != 0.0),
        },
        unit: channel_unit(unit),
    }
}

/// Microvolts where it is missing, as the format has it.
fn channel_unit(text: &str) -> Scale {
    // A micro sign that was taken for Latin-1 when it was UTF-8.
    match text.strip_prefix('\u{c2}').unwrap_or(text) {
        "" => unit::from_text("uV"),
        text => unit::from_text(&field(text)),
    }
}

fn ascii(lines: &Lines<'_>) -> Ascii {
    let value = |key| lines.value("ASCII Infos", key);
    let count = |key| value(key).and_then(|text| text.parse().ok());
    Ascii {
        skip_lines: count("SkipLines").unwrap_or(0),
        skip_columns: count("SkipColumns").unwrap_or(0),
        decimal_comma: value("DecimalSymbol").is_some_and(|symbol| symbol == ","),
    }
}

/// A text from a file that is short enough for a message.
fn short(text: &str) -> String {
    text.chars().take(40).collect()
}
