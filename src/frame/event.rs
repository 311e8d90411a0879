use super::samples::check_limit;
use super::{FrameError, Header, Kind, Limits};
use crate::signal::Event;

/// Bytes of an event before its label.
const FIXED_BYTES: usize = 26;

/// The payload of an event frame: a view into the received bytes, checked as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventsView<'a> {
    payload: &'a [u8],
    count: usize,
}

impl<'a> EventsView<'a> {
    pub(super) fn parse(
        header: &Header,
        payload: &'a [u8],
        limits: &Limits,
    ) -> Result<Self, FrameError> {
        let mut rest = payload;
        for number in 0..header.count {
            let (event, after) = split(rest).ok_or_else(|| {
                let what = format!("event {number} of {} is not whole or not UTF-8", header.count);
                FrameError::malformed(Kind::Event, what)
            })?;
            check_limit("an event's label", event.label.len(), limits.text_bytes)?;
            check_timing(usize::from(number), event.fraction, event.duration)?;
            rest = after;
        }
        if !rest.is_empty() {
            let what = format!("{} bytes after the last event", rest.len());
            return Err(FrameError::malformed(Kind::Event, what));
        }
        Ok(Self { payload, count: usize::from(header.count) })
    }

    /// Number of events.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The events in the order they were written.
    pub fn iter(&self) -> impl Iterator<Item = EventView<'a>> + use<'a> {
        let (mut rest, count) = (self.payload, self.count);
        (0..count).map_while(move |_| {
            let (event, after) = split(rest)?;
            rest = after;
            Some(event)
        })
    }
}

/// One event of a frame; the fields are those of [`Event`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EventView<'a> {
    /// The sample it falls on, or the last one before it.
    pub sample: u64,
    /// How far past that sample it falls, 0 up to 1 of a sample.
    pub fraction: f32,
    /// Length in samples; 0 for an instant.
    pub duration: f64,
    /// Numeric code; 0 where there is only a text.
    pub code: u32,
    /// Text; empty where there is only a code.
    pub label: &'a str,
}

impl EventView<'_> {
    /// The event on the stream at index `stream` of a recording.
    pub fn to_event(&self, stream: usize) -> Event {
        Event {
            stream,
            sample: self.sample,
            fraction: self.fraction,
            duration: self.duration,
            code: self.code,
            label: self.label.to_owned(),
        }
    }
}

fn split(bytes: &[u8]) -> Option<(EventView<'_>, &[u8])> {
    let (fixed, rest) = bytes.split_first_chunk::<FIXED_BYTES>()?;
    let (sample, fixed) = fixed.split_first_chunk()?;
    let (fraction, fixed) = fixed.split_first_chunk()?;
    let (code, fixed) = fixed.split_first_chunk()?;
    let (duration, fixed) = fixed.split_first_chunk()?;
    let (label_bytes, _) = fixed.split_first_chunk()?;
    let (label, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*label_bytes)))?;
    let event = EventView {
        sample: u64::from_le_bytes(*sample),
        fraction: f32::from_le_bytes(*fraction),
        code: u32::from_le_bytes(*code),
        duration: f64::from_le_bytes(*duration),
        label: std::str::from_utf8(label).ok()?,
    };
    Some((event, rest))
}

fn check_timing(number: usize, fraction: f32, duration: f64) -> Result<(), FrameError> {
    if (0.0..=1.0).contains(&fraction) && duration >= 0.0 && duration.is_finite() {
        return Ok(());
    }
    let what = format!("event {number}: fraction {fraction}, duration {duration}");
    Err(FrameError::malformed(Kind::Event, what))
}

/// Appends the `number`th event of a frame to its payload.
pub(super) fn write(number: usize, event: &Event, out: &mut Vec<u8>) -> Result<(), FrameError> {
    check_timing(number, event.fraction, event.duration)?;
    check_limit("an event's label", event.label.len(), usize::from(u16::MAX))?;
    out.extend_from_slice(&event.sample.to_le_bytes());
    out.extend_from_slice(&event.fraction.to_le_bytes());
    out.extend_from_slice(&event.code.to_le_bytes());
    out.extend_from_slice(&event.duration.to_le_bytes());
    out.extend_from_slice(&(event.label.len() as u16).to_le_bytes());
    out.extend_from_slice(event.label.as_bytes());
    Ok(())
}
