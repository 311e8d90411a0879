use std::collections::BTreeSet;

use super::header::Header;
use super::tags::Tags;
use super::{codes, warn};
use crate::formats::fields::{f32_at, u8_at, u16_at, u24_at, u32_at};
use crate::formats::reader::Source;
use crate::formats::{FormatError, Warning};
use crate::signal::{Event, Stream};

/// Bytes before the positions.
pub(super) const HEAD_BYTES: usize = 8;
/// Code of a new segment after a break.
const NEW_SEGMENT: u16 = 0x7ffe;
/// Code of a value of a sparse channel, which is no event.
const SPARSE_VALUE: u16 = 0x7fff;
const PLACE: &str = "event table";

/// The first bytes of an event table.
#[derive(Debug, PartialEq)]
pub(super) struct TableHead {
    /// Whether channels and durations follow the codes.
    has_durations: bool,
    pub count: u64,
    /// Rate of the positions; `None` where it is not stated.
    rate_hz: Option<f64>,
}

impl TableHead {
    /// `None` where the bytes are no event table.
    pub(super) fn parse(header: &Header, bytes: &[u8]) -> Option<Self> {
        if bytes.len() < HEAD_BYTES {
            return None;
        }
        let has_durations = match u8_at(bytes, 0) {
            1 => false,
            3 => true,
            _ => return None,
        };
        // Version 1.94 changed the places of count and rate.
        let (count, rate_hz) = if header.version < 194 {
            (u64::from(u32_at(bytes, 4)), f64::from(u24_at(bytes, 1)))
        } else {
            (u64::from(u24_at(bytes, 1)), f64::from(f32_at(bytes, 4)))
        };
        let stated = (1e-6..1e9).contains(&rate_hz);
        Some(Self { has_durations, count, rate_hz: stated.then_some(rate_hz) })
    }

    /// Bytes of the whole table; at most 12 for each of 2³² events.
    pub(super) fn size(&self) -> u64 {
        let entry = if self.has_durations { 12 } else { 6 };
        self.count * entry + HEAD_BYTES as u64
    }
}

/// One event as it is stored.
struct Entry {
    /// Counted from 1 on the table's rate.
    position: u32,
    code: u16,
    /// In samples of the table's rate.
    duration: u32,
}

/// Reads the event table at byte `offset` and puts its events on the clock of the first stream,
/// which ends at `end` in the file.
pub(super) fn read(
    source: &mut Source<'_>,
    header: &Header,
    offset: Option<u64>,
    tags: &Tags,
    (streams, end): (&[Stream], u64),
    warnings: &mut Vec<Warning>,
) -> Result<Vec<Event>, FormatError> {
    let (Some(offset), Some(stream)) = (offset, streams.first()) else { return Ok(Vec::new()) };
    let bytes = source.bytes(offset, HEAD_BYTES as u64)?;
    let Some(head) = TableHead::parse(header, &bytes) else {
        let rest = source.len.saturating_sub(offset);
        let message = format!("the {rest} bytes from byte {offset} on are none; no events");
        warn(warnings, PLACE, message);
        return Ok(Vec::new());
    };
    let bytes = source.bytes(offset, head.size())?;
    let entries = entries(&head, &bytes, warnings);
    let extra = source.len.saturating_sub(offset).saturating_sub(head.size());
    if extra > 0 {
        warn(warnings, PLACE, format!("{extra} bytes after its end are ignored"));
    }
    let rate_hz = rate_hz(&head, header, warnings);
    Ok(events(&entries, stream.rate_hz() / rate_hz, tags, end, warnings))
}

/// The entries that are there: each needs at least its position and its code.
fn entries(head: &TableHead, bytes: &[u8], warnings: &mut Vec<Warning>) -> Vec<Entry> {
    // Positions of all events come first, then all codes, all channels, all durations.
    let stated = usize::try_from(head.count).unwrap_or(usize::MAX);
    let codes_at = stated.saturating_mul(4).saturating_add(HEAD_BYTES);
    let durations_at = stated.saturating_mul(8).saturating_add(HEAD_BYTES);
    let count = stated.min(bytes.len().saturating_sub(codes_at) / 2);
    if count < stated {
        let message = format!("{stated} events are stated, but the file ends after {count}");
        warn(warnings, PLACE, message);
    } else if (bytes.len() as u64) < head.size() {
        warn(warnings, PLACE, "the file ends inside the durations; missing ones are zero");
    }
    (0..count)
        .map(|i| Entry {
            position: u32_at(bytes, HEAD_BYTES + i * 4),
            code: u16_at(bytes, codes_at + i * 2),
            duration: if head.has_durations { u32_at(bytes, durations_at + i * 4) } else { 0 },
        })
        .collect()
}

/// The table's rate, or that of the fastest channel, which is what writers that leave it out mean.
fn rate_hz(head: &TableHead, header: &Header, warnings: &mut Vec<Warning>) -> f64 {
    if let Some(rate_hz) = head.rate_hz {
        return rate_hz;
    }
    let samples = header.channels.iter().map(|channel| channel.samples_per_record);
    let rate_hz = header.record_s.rate_hz(samples.clone().max().unwrap_or(0));
    let rates: BTreeSet<u32> = samples.filter(|&samples| samples > 0).collect();
    if rates.len() > 1 && head.count > 0 {
        let message = format!("its rate is not stated; that of the fastest channel, {rate_hz} Hz");
        warn(warnings, PLACE, message);
    }
    rate_hz
}

fn events(
    entries: &[Entry],
    ratio: f64,
    tags: &Tags,
    end: u64,
    warnings: &mut Vec<Warning>,
) -> Vec<Event> {
    // The table's rate is an integer or an f32, so an equal rate may look a little different.
    let ratio = if (ratio - 1.0).abs() < 1e-6 { 1.0 } else { ratio };
    let present: BTreeSet<u16> = entries.iter().map(|entry| entry.code).collect();
    let mut odd = Odd::default();
    let mut events = Vec::with_capacity(entries.len());
    for entry in entries {
        if entry.code == SPARSE_VALUE {
            odd.sparse += 1;
            continue;
        }
        let position = f64::from(entry.position.saturating_sub(1)) * ratio;
        let sample = position.floor();
        let event = Event {
            stream: 0,
            sample: sample as u64,
            fraction: ((position - sample) as f32).min(1.0 - f32::EPSILON),
            duration: f64::from(entry.duration) * ratio,
            code: u32::from(entry.code),
            label: codes::label(entry.code, &tags.names, &present),
        };
        odd.unset += usize::from(entry.position == 0);
        odd.outside += usize::from(event.sample >= end);
        odd.breaks += usize::from(entry.code == NEW_SEGMENT && event.sample > 0);
        events.push(event);
    }
    odd.tell(warnings);
    events
}

/// How many events are odd in which way.
#[derive(Default)]
struct Odd {
    sparse: usize,
    unset: usize,
    outside: usize,
    breaks: usize,
}

impl Odd {
    fn tell(&self, warnings: &mut Vec<Warning>) {
        for (count, what) in [
            (self.sparse, "entries are values of a sparse channel; left out"),
            (self.unset, "events have position 0, before the first sample; put on the first"),
            (self.outside, "events lie past the last sample; kept"),
            (
                self.breaks,
                "events start a new segment: the samples before are older by an unknown time",
            ),
        ] {
            if count > 0 {
                warn(warnings, PLACE, format!("{count} {what}"));
            }
        }
    }
}
