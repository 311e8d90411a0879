use std::collections::BTreeSet;

use super::sample::SampleType;
use super::{NAME, date, warn};
use crate::formats::fields::{f64_at, i64_at, text_at, u16_at, u32_at};
use crate::formats::reader::Source;
use crate::formats::unit::{self, Scale};
use crate::formats::{FormatError, Warning};

/// Bytes of the fixed header, and of one channel's header.
pub(super) const BLOCK: u64 = 256;

/// What the fixed header and the channels' headers say.
#[derive(Debug)]
pub(super) struct Header {
    /// Version in hundredths: 125 for `GDF 1.25`.
    pub version: u32,
    pub subject: Option<String>,
    pub recording_id: Option<String>,
    pub start_time: Option<String>,
    /// Bytes up to the first record.
    pub len: u64,
    /// Number of records as stated; negative where it is unknown.
    pub records: i64,
    pub record_s: Duration,
    pub channels: Vec<ChannelHeader>,
    /// Bytes of one record.
    pub record_bytes: u64,
}

/// Length of a record in seconds, as a fraction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Duration {
    pub numerator: f64,
    pub denominator: f64,
}

impl Duration {
    /// Rate of so many samples a record.
    pub(super) fn rate_hz(&self, samples: u32) -> f64 {
        f64::from(samples) * self.denominator / self.numerator
    }
}

#[derive(Debug)]
pub(super) struct ChannelHeader {
    pub label: String,
    pub unit: Scale,
    pub physical: (f64, f64),
    pub digital: (f64, f64),
    pub samples_per_record: u32,
    pub kind: SampleType,
    /// Bytes from the start of a record.
    pub offset: u64,
}

impl ChannelHeader {
    /// Bytes of this channel in one record.
    pub(super) fn bytes(&self) -> u64 {
        u64::from(self.samples_per_record) * self.kind.size() as u64
    }
}

impl Header {
    /// Whether the 2.x layout applies: the first drafts of 2.0 were numbered from 1.90 on.
    pub(super) fn is_v2(&self) -> bool {
        is_v2(self.version)
    }
}

fn is_v2(version: u32) -> bool {
    version >= 190
}

/// Reads both headers; also gives their bytes.
pub(super) fn read(
    source: &mut Source<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<(Header, Vec<u8>), FormatError> {
    let fixed = read_block(source, BLOCK, "the fixed header")?;
    let version = version(&fixed)?;
    let count = if is_v2(version) { u32::from(u16_at(&fixed, 252)) } else { u32_at(&fixed, 252) };
    if count == 0 {
        return Err(malformed(252, "no channels", "at least one"));
    }
    let described = BLOCK * (u64::from(count) + 1);
    let bytes = read_block(source, described, "the channels' headers")?;
    let len = header_len(&fixed, version, described, source.len, warnings)?;
    let channels = channels(&bytes, version, count as usize, warnings)?;
    let record_bytes = channels.last().map_or(0, |last| last.offset.saturating_add(last.bytes()));
    let header = Header {
        version,
        subject: subject(&fixed, version),
        recording_id: identification(&text_at(&fixed, 88, if is_v2(version) { 64 } else { 80 })),
        start_time: start_time(&fixed, version, warnings),
        len,
        records: i64_at(&fixed, 236),
        record_s: duration(&fixed, version, warnings),
        channels,
        record_bytes,
    };
    Ok((header, bytes))
}

/// The first `needed` bytes of the file.
fn read_block(
    source: &mut Source<'_>,
    needed: u64,
    place: &'static str,
) -> Result<Vec<u8>, FormatError> {
    let len = source.len;
    if len < needed {
        return Err(FormatError::Truncated { format: NAME, place, len, needed });
    }
    let bytes = source.bytes(0, needed)?;
    if (bytes.len() as u64) < needed {
        let len = bytes.len() as u64;
        return Err(FormatError::Truncated { format: NAME, place, len, needed });
    }
    Ok(bytes)
}

pub(super) fn malformed(offset: u64, found: impl Into<String>, expected: &str) -> FormatError {
    let (found, expected) = (found.into(), expected.to_owned());
    FormatError::Malformed { format: NAME, offset, found, expected }
}

/// Version in hundredths.
fn version(fixed: &[u8]) -> Result<u32, FormatError> {
    let text = text_at(fixed, 4, 4);
    let number = text.parse::<f64>().ok().filter(|number| (1.0..4.0).contains(number));
    number
        .map(|number| (number * 100.0).round() as u32)
        .ok_or_else(|| malformed(4, format!("version {text:?}"), "a version from 1.00 to 3.99"))
}

fn header_len(
    fixed: &[u8],
    version: u32,
    described: u64,
    file_len: u64,
    warnings: &mut Vec<Warning>,
) -> Result<u64, FormatError> {
    let stated = if is_v2(version) {
        u64::from(u16_at(fixed, 184)) * BLOCK
    } else {
        u64::try_from(i64_at(fixed, 184)).unwrap_or(0)
    };
    if stated < described {
        let message = format!(
            "the header is said to be {stated} bytes long, but its channels take {described}; \
             the samples are taken to follow them"
        );
        warn(warnings, "byte 184", message);
        return Ok(described);
    }
    if stated > file_len {
        let place = "the header";
        return Err(FormatError::Truncated { format: NAME, place, len: file_len, needed: stated });
    }
    Ok(stated)
}

/// Length of a record: two integers, or from version 2.21 on one floating-point number. Some
/// writers of later versions still write the integers, which make no sensible number.
fn duration(fixed: &[u8], version: u32, warnings: &mut Vec<Warning>) -> Duration {
    if version >= 221 {
        let seconds = f64_at(fixed, 244);
        if (1e-9..1e9).contains(&seconds) {
            return Duration { numerator: seconds, denominator: 1.0 };
        }
    }
    let (numerator, denominator) = (u32_at(fixed, 244), u32_at(fixed, 248));
    if numerator == 0 || denominator == 0 {
        let message = format!(
            "a record is said to last {numerator}/{denominator} s; a zero is taken for a one, \
             so the sampling rate is a guess"
        );
        warn(warnings, "byte 244", message);
    }
    Duration { numerator: f64::from(numerator.max(1)), denominator: f64::from(denominator.max(1)) }
}

/// The first word of the patient's field: the others are a name, which nobody here needs.
fn subject(fixed: &[u8], version: u32) -> Option<String> {
    let text = text_at(fixed, 8, if is_v2(version) { 66 } else { 80 });
    identification(text.split_whitespace().next()?)
}

/// A text that says something: `X` stands for what is not told.
fn identification(text: &str) -> Option<String> {
    let says = text.split_whitespace().any(|word| !word.eq_ignore_ascii_case("x"));
    says.then(|| text.to_owned())
}

fn start_time(fixed: &[u8], version: u32, warnings: &mut Vec<Warning>) -> Option<String> {
    if is_v2(version) {
        return date::from_days(i64_at(fixed, 168) as u64);
    }
    let text = text_at(fixed, 168, 16);
    let time = date::from_digits(&text);
    if time.is_none() && text.bytes().any(|byte| byte.is_ascii_digit() && byte != b'0') {
        warn(warnings, "byte 168", format!("{text:?} is no start time; it is left out"));
    }
    time
}

fn channels(
    bytes: &[u8],
    version: u32,
    count: usize,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<ChannelHeader>, FormatError> {
    let mut channels = Vec::with_capacity(count);
    let mut seen = BTreeSet::new();
    let mut offset = 0_u64;
    for i in 0..count {
        // Each field is stored for all channels before the next field starts.
        let at = |start: usize, width: usize| BLOCK as usize + count * start + i * width;
        let kind = u32_at(bytes, at(220, 4));
        let Some(kind) = SampleType::from_code(kind) else {
            let what = format!("sample type {kind} (channel {})", i + 1);
            return Err(FormatError::Unsupported { format: NAME, offset: at(220, 4) as u64, what });
        };
        let limits = |start| {
            let at = at(start, 8);
            if is_v2(version) { f64_at(bytes, at) } else { i64_at(bytes, at) as f64 }
        };
        let channel = ChannelHeader {
            label: label(&text_at(bytes, at(0, 16), 16), i, &mut seen, warnings),
            unit: channel_unit(bytes, version, &at),
            physical: (f64_at(bytes, at(104, 8)), f64_at(bytes, at(112, 8))),
            digital: (limits(120), limits(128)),
            samples_per_record: u32_at(bytes, at(216, 4)),
            kind,
            offset,
        };
        offset = offset
            .checked_add(channel.bytes())
            .ok_or_else(|| malformed(at(216, 4) as u64, "an endless record", "a finite one"))?;
        channels.push(channel);
    }
    Ok(channels)
}

fn label(
    text: &str,
    index: usize,
    seen: &mut BTreeSet<String>,
    warnings: &mut Vec<Warning>,
) -> String {
    let place = format!("channel {}", index + 1);
    if text.is_empty() {
        warn(warnings, place.clone(), "it has no label; its number serves as one");
        return place;
    }
    if !seen.insert(text.to_owned()) {
        warn(warnings, place, format!("another channel is called {text:?}, too; both are kept"));
    }
    text.to_owned()
}

fn channel_unit(bytes: &[u8], version: u32, at: &impl Fn(usize, usize) -> usize) -> Scale {
    if !is_v2(version) {
        return unit::from_text(&text_at(bytes, at(96, 8), 8));
    }
    match u16_at(bytes, at(102, 2)) {
        // Without a code, the text of the older layout may still be there.
        0 => unit::from_text(&text_at(bytes, at(96, 6), 6)),
        code => unit::from_code(code),
    }
}
