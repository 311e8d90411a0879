//! All streams together → the recording.

use std::cmp::Reverse;

use super::build::{self, Timing};
use super::events::{self, Clock};
use super::log::Log;
use super::metadata::metadata;
use super::numbers::Numbers;
use super::raw::{Contents, Raw};
use crate::formats::FormatError;
use crate::signal::{Event, Recording, Stream};

/// A time stamp by so many seconds before the first stream is not one of this session.
const MOST_EARLY_S: f64 = 86_400.0;

/// A stream that is ready to become one of the recording.
struct Part<'a> {
    raw: &'a Raw,
    timing: Timing,
    numbers: Option<Numbers>,
}

impl Part<'_> {
    fn is_stream(&self) -> bool {
        self.numbers.is_some() && self.raw.header.is_regular()
    }

    fn has_events(&self) -> bool {
        self.raw.header.is_text() || events::are_codes(self.raw)
    }

    /// What comes first: streams before series before texts; of streams one with samples, of EEG,
    /// with many channels, with many samples.
    fn rank(&self) -> impl Ord + use<> {
        let is_eeg = self.raw.header.content.eq_ignore_ascii_case("EEG");
        let rows = self.numbers.as_ref().map_or(0, |numbers| numbers.table.rows.len());
        let len = self.raw.stamps.len();
        (self.is_stream(), self.numbers.is_some(), len > 0, is_eeg, rows, len)
    }

    fn starts_s(&self) -> impl Iterator<Item = f64> {
        self.timing.starts_s(self.raw)
    }
}

/// The recording of all streams. Second 0 is the earliest sample of any.
pub(super) fn recording(
    contents: &Contents,
    numbers: Vec<Option<Numbers>>,
    log: &mut Log,
) -> Result<Recording, FormatError> {
    let parts = contents.streams.iter().zip(numbers);
    let mut parts: Vec<Part<'_>> =
        parts.map(|(raw, numbers)| Part { raw, timing: Timing::of(raw), numbers }).collect();
    parts.sort_by_key(|part| Reverse(part.rank()));

    let main_s = parts.iter().find_map(|part| part.starts_s().reduce(f64::min));
    let from_s = main_s.unwrap_or(0.0) - MOST_EARLY_S;
    let starts_s = parts.iter().flat_map(Part::starts_s).filter(|&start_s| start_s >= from_s);
    let zero_s = starts_s.reduce(f64::min);
    let metadata = metadata(contents, zero_s);
    let zero_s = zero_s.unwrap_or(0.0);

    let events_s = parts.iter().filter(|part| part.has_events()).flat_map(Part::starts_s);
    let (mut early, mut first_event_s) = (0_usize, f64::INFINITY);
    for event_s in events_s {
        early += usize::from(event_s < from_s);
        first_event_s = if event_s >= from_s { first_event_s.min(event_s) } else { first_event_s };
    }
    if early > 0 {
        let message = format!("{early} events lie more than a day before it; put at its start");
        log.tell("recording", message);
    }
    let mut streams: Vec<Stream> = Vec::new();
    let mut codes = Vec::new();
    let mut series = Vec::new();
    for part in &mut parts {
        let Part { raw, timing, .. } = part;
        let regular = raw.header.is_regular();
        let Some(numbers) = part.numbers.take() else { continue };
        if regular {
            // Events stand on the clock of the first stream, which starts early enough for them.
            let earliest_s = if streams.is_empty() { first_event_s } else { f64::INFINITY };
            streams.push(build::stream(raw, timing, numbers, zero_s, earliest_s, log)?);
        } else {
            if events::are_codes(raw) {
                codes.push((*raw, numbers.table.row(0).to_vec()));
            }
            series.push(build::series(raw, numbers, zero_s, log)?);
        }
    }
    let clock = Clock { stream: streams.first(), zero_s };
    let mut events: Vec<Event> = Vec::new();
    for part in parts.iter().filter(|part| part.raw.header.is_text()) {
        events::of_texts(part.raw, &part.timing, &clock, &mut events);
    }
    for (raw, codes) in &codes {
        events::of_codes(raw, codes, &clock, &mut events);
    }
    Ok(Recording::new(streams, events).with_series(series).with_metadata(metadata))
}
