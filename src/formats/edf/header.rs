use super::number::{self, Number};
use super::{NAME, malformed, warn};
use crate::formats::fields::text_at;
use crate::formats::label::Dialect;
use crate::formats::reader::Source;
use crate::formats::{FormatError, Warning};

/// Bytes of the fixed header, and of one channel's header.
pub(super) const BLOCK: u64 = 256;
/// Where the number of samples a record starts in a channel's header.
pub(super) const SAMPLES_AT: usize = 216;

/// What the fixed header says.
#[derive(Debug)]
pub(super) struct Header {
    /// Whether the first byte is the one of 24-bit files.
    pub says_bdf: bool,
    /// The patient's and the recording's field.
    pub patient: String,
    pub recording: String,
    /// Date and time as they are written.
    pub date: String,
    pub time: String,
    /// Bytes up to the first record as stated.
    pub stated_len: Option<u64>,
    /// The field that names the kind: `EDF+C`, `BDF+D`, `24BIT`.
    pub reserved: String,
    /// Number of records as stated; −1 where it was not known.
    pub records: Option<i64>,
    /// Length of a record; zero where the file is said to hold annotations only.
    pub record_s: f64,
    pub channels: usize,
}

impl Header {
    /// Whether the file follows the rules of EDF+ or BDF+.
    pub(super) fn is_plus(&self) -> bool {
        self.is_kind(&["EDF+", "BDF+"])
    }

    /// Whether time may be missing between records.
    pub(super) fn is_discontinuous(&self) -> bool {
        self.is_kind(&["EDF+D", "BDF+D"])
    }

    /// How events are written.
    pub(super) fn dialect(&self) -> Dialect {
        Dialect::of_file(&self.reserved)
    }

    fn is_kind(&self, starts: &[&str]) -> bool {
        starts.iter().any(|start| self.reserved.starts_with(start))
    }
}

/// Reads the fixed header; also gives the bytes of it and of all channels' headers.
pub(super) fn read(
    source: &mut Source<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<(Header, Vec<u8>), FormatError> {
    let fixed = block(source, BLOCK, "the fixed header")?;
    let channels = channels(source, &fixed, warnings)?;
    let bytes = block(source, BLOCK * (channels as u64 + 1), "the channels' headers")?;
    let header = Header {
        says_bdf: fixed.first() != Some(&b'0'),
        patient: text_at(&fixed, 8, 80),
        recording: text_at(&fixed, 88, 80),
        date: text_at(&fixed, 168, 8),
        time: text_at(&fixed, 176, 8),
        stated_len: count(&fixed, 184, 8),
        reserved: text_at(&fixed, 192, 44),
        records: records(&fixed, warnings),
        record_s: record_s(&fixed, warnings),
        channels,
    };
    Ok((header, bytes))
}

/// The first `needed` bytes of the file.
fn block(
    source: &mut Source<'_>,
    needed: u64,
    place: &'static str,
) -> Result<Vec<u8>, FormatError> {
    let truncated = |len| FormatError::Truncated { format: NAME, place, len, needed };
    if source.len < needed {
        return Err(truncated(source.len));
    }
    let bytes = source.bytes(0, needed)?;
    if (bytes.len() as u64) < needed {
        return Err(truncated(bytes.len() as u64));
    }
    Ok(bytes)
}

fn field(bytes: &[u8], at: usize, width: usize) -> &[u8] {
    bytes.get(at..at + width).unwrap_or(&[])
}

fn count(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    number::parse_count(field(bytes, at, width)).map(u64::from)
}

/// The number of channels: as stated, or as the length of the header tells.
fn channels(
    source: &mut Source<'_>,
    fixed: &[u8],
    warnings: &mut Vec<Warning>,
) -> Result<usize, FormatError> {
    let in_file = |channels: &u64| *channels > 0 && *channels < 10_000;
    let stated = count(fixed, 252, 4).filter(in_file);
    let header_len = count(fixed, 184, 8);
    let implied = header_len
        .filter(|len| len % BLOCK == 0)
        .and_then(|len| (len / BLOCK).checked_sub(1))
        .filter(in_file);
    let trusted = match (stated, implied) {
        (Some(stated), Some(implied)) if stated == implied => stated,
        (Some(stated), Some(implied)) => {
            let trust_stated = describes(source, stated)? || !describes(source, implied)?;
            let trusted = if trust_stated { stated } else { implied };
            let message = format!(
                "{stated} channels are stated, but the header's length is that of {implied}; \
                 taken for {trusted}"
            );
            warn(warnings, "byte 252", message);
            trusted
        }
        (Some(stated), None) => {
            let found = text_at(fixed, 184, 8);
            let message = format!(
                "{found:?} is no length of a header of {stated} channels; the records are taken \
                 to follow these"
            );
            warn(warnings, "byte 184", message);
            stated
        }
        (None, Some(implied)) => {
            let found = text_at(fixed, 252, 4);
            let message =
                format!("{found:?} is no number of channels; the header's length says {implied}");
            warn(warnings, "byte 252", message);
            implied
        }
        (None, None) => {
            let found = format!("{:?}", text_at(fixed, 252, 4));
            return Err(malformed(252, found, "a number of channels from 1 to 9999"));
        }
    };
    Ok(trusted as usize)
}

/// Whether the header makes sense as one of so many channels: each has a number of samples.
fn describes(source: &mut Source<'_>, channels: u64) -> Result<bool, FormatError> {
    let start = BLOCK + channels * SAMPLES_AT as u64;
    let bytes = source.bytes(start, channels * 8)?;
    let (fields, _) = bytes.as_chunks::<8>();
    let sense = fields.iter().all(|field| number::parse_count(field).is_some());
    Ok(fields.len() as u64 == channels && sense)
}

fn records(fixed: &[u8], warnings: &mut Vec<Warning>) -> Option<i64> {
    let number = number::parse(field(fixed, 236, 8));
    let whole = number.map(|number| number.value).filter(|value| value.fract() == 0.0);
    if whole.is_none() {
        let found = text_at(fixed, 236, 8);
        warn(warnings, "byte 236", format!("{found:?} is no number of records"));
    }
    whole.map(|value| value as i64)
}

fn record_s(fixed: &[u8], warnings: &mut Vec<Warning>) -> f64 {
    let found = text_at(fixed, 244, 8);
    match number::parse(field(fixed, 244, 8)) {
        Some(Number { value, is_clean }) if value == 0.0 || (1e-9..1e9).contains(&value) => {
            if !is_clean {
                let message = format!("{found:?} is read as a record's length of {value} s");
                warn(warnings, "byte 244", message);
            }
            value
        }
        _ => {
            let message = format!(
                "{found:?} is no length of a record; 1 s is taken, so the sampling rate is a guess"
            );
            warn(warnings, "byte 244", message);
            1.0
        }
    }
}
