use super::channels::ChannelHeader;
use super::header::{BLOCK, Header};
use super::warn;
use crate::formats::reader::Source;
use crate::formats::{FormatError, Warning};

/// Bytes of the first record that are looked at to tell the width of samples.
const LOOK_BYTES: u64 = 1 << 16;

/// How a sample is stored, little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    /// Two bytes: EDF.
    I16,
    /// Three bytes: BDF.
    I24,
}

impl Width {
    pub(super) fn bytes(self) -> u64 {
        match self {
            Self::I16 => 2,
            Self::I24 => 3,
        }
    }

    pub(super) fn bits(self) -> u8 {
        match self {
            Self::I16 => 16,
            Self::I24 => 24,
        }
    }

    fn other(self) -> Self {
        match self {
            Self::I16 => Self::I24,
            Self::I24 => Self::I16,
        }
    }

    /// The highest count.
    fn highest(self) -> f64 {
        f64::from((1_i32 << (self.bits() - 1)) - 1)
    }
}

/// Where the records are.
#[derive(Debug)]
pub(super) struct Layout {
    pub width: Width,
    /// Byte where the first record starts.
    pub start: u64,
    /// Whole records that are there.
    pub records: u64,
    /// Bytes of one record.
    pub record_bytes: u64,
}

/// Samples of a record for so many records to fill the file, where the header states their number.
pub(super) fn samples_in_record(header: &Header, file_len: u64) -> Option<u64> {
    let width = if header.says_bdf { 3 } else { 2 };
    let records = u64::try_from(header.records?).ok().filter(|&records| records > 0)?;
    let room = file_len.checked_sub(BLOCK * (header.channels as u64 + 1))?;
    let samples = room / width;
    (room.is_multiple_of(width) && samples.is_multiple_of(records)).then(|| samples / records)
}

/// Finds the records: the width of samples, where they start, how many there are.
pub(super) fn find(
    source: &mut Source<'_>,
    header: &Header,
    channels: &[ChannelHeader],
    warnings: &mut Vec<Warning>,
) -> Result<Layout, FormatError> {
    let samples: u64 = channels.iter().map(|channel| u64::from(channel.samples_per_record)).sum();
    let described = BLOCK * (channels.len() as u64 + 1);
    let width = width(source, header, channels, described, samples, warnings)?;
    let record_bytes = samples * width.bytes();
    let start = start(source, header, described, record_bytes, warnings);
    let room = source.len.saturating_sub(start);
    let records = room.checked_div(record_bytes).unwrap_or(0);
    let rest = room - records * record_bytes;
    tell(header, records, rest, record_bytes, warnings);
    Ok(Layout { width, start, records, record_bytes })
}

/// Bytes that so many records take as the header states them.
fn stated_bytes(header: &Header, record_bytes: u64) -> Option<u64> {
    let records = header.records.filter(|&records| records > 0)?;
    u64::try_from(records).ok()?.checked_mul(record_bytes)
}

/// The width that the first byte says, unless the file says otherwise.
///
/// The other one is taken where only with it the stated records fill the file, every count then
/// lies in its channel's range at least as often, and no range is too wide for it; or where the
/// stated width is too narrow for a channel's range and nothing else speaks for it.
fn width(
    source: &mut Source<'_>,
    header: &Header,
    channels: &[ChannelHeader],
    start: u64,
    samples: u64,
    warnings: &mut Vec<Warning>,
) -> Result<Width, FormatError> {
    let said = if header.says_bdf { Width::I24 } else { Width::I16 };
    let other = said.other();
    let room = source.len.saturating_sub(start);
    let fills = |width: Width| {
        stated_bytes(header, samples * width.bytes()).is_some_and(|bytes| bytes == room)
    };
    if samples == 0 || fills(said) {
        return Ok(said);
    }
    let holds = |width: Width| {
        let limits = channels.iter().flat_map(|channel| [channel.digital.0, channel.digital.1]);
        limits.flatten().all(|limit| limit.abs() <= width.highest() + 1.0)
    };
    let head = source.bytes(start, LOOK_BYTES)?;
    let credible = in_range(&head, channels, other) >= in_range(&head, channels, said);
    if (fills(other) && holds(other) && credible) || (!holds(said) && holds(other) && credible) {
        let message = format!(
            "the first byte is that of {}-bit samples, but they have {} bits",
            said.bits(),
            other.bits()
        );
        warn(warnings, "byte 0", message);
        return Ok(other);
    }
    Ok(said)
}

/// Which share of the first record's counts lies in the channels' ranges.
fn in_range(bytes: &[u8], channels: &[ChannelHeader], width: Width) -> f64 {
    let size = width.bytes() as usize;
    let mut counts = bytes.chunks_exact(size).map(|count| match *count {
        [a, b] => i32::from(i16::from_le_bytes([a, b])),
        [a, b, c] => i32::from_le_bytes([0, a, b, c]) >> 8,
        _ => 0,
    });
    let (mut seen, mut inside) = (0_u32, 0_u32);
    for channel in channels {
        let own = counts.by_ref().take(channel.samples_per_record as usize).map(f64::from);
        let (Some(low), Some(high)) = channel.digital else {
            own.for_each(drop);
            continue;
        };
        for count in own {
            seen += 1;
            inside += u32::from((low.min(high)..=low.max(high)).contains(&count));
        }
    }
    f64::from(inside) / f64::from(seen.max(1))
}

/// Where the records start: right after the channels' headers, or where the header says, if only
/// then the stated records fill the file.
fn start(
    source: &Source<'_>,
    header: &Header,
    described: u64,
    record_bytes: u64,
    warnings: &mut Vec<Warning>,
) -> u64 {
    let Some(stated) = header.stated_len.filter(|&stated| stated > described) else {
        return described;
    };
    let fills = |start: u64| {
        let bytes = stated_bytes(header, record_bytes);
        bytes.is_some() && source.len.checked_sub(start) == bytes
    };
    let trusted = if fills(stated) && !fills(described) { stated } else { described };
    let message = format!(
        "the header is said to be {stated} bytes long, but its channels take {described}; the \
         records are taken to start at byte {trusted}"
    );
    warn(warnings, "byte 184", message);
    trusted
}

/// Says where the number of records is not the stated one.
fn tell(header: &Header, found: u64, rest: u64, record_bytes: u64, warnings: &mut Vec<Warning>) {
    let cut = if rest > 0 {
        format!(", then one cut short ({rest} of {record_bytes} bytes, dropped)")
    } else {
        String::new()
    };
    let message = match header.records {
        _ if record_bytes == 0 => return,
        Some(stated) if stated > 0 && stated as u64 > found => {
            format!("{stated} records are stated; {found} whole ones are there{cut}")
        }
        Some(stated) if stated > 0 && (stated as u64) < found => {
            format!("{stated} records are stated, but {found} are there{cut}; all are read")
        }
        Some(stated) if stated > 0 => {
            if rest > 0 {
                let message = format!("{rest} bytes after the last record are ignored");
                warn(warnings, "end of file", message);
            }
            return;
        }
        Some(0) if found == 0 => return,
        Some(stated) => {
            format!("the number of records is not known ({stated}); {found} are there{cut}")
        }
        None => format!("{found} records are there{cut}"),
    };
    warn(warnings, "byte 236", message);
}
