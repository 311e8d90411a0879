//! Annotations and trigger lines → events on the clock of the first stream.

use std::collections::BTreeSet;

use super::channels::ChannelHeader;
use super::clock::Clock;
use super::status::Status;
use super::tal::Mark;
use super::warn;
use crate::formats::Warning;
use crate::formats::label::Dialect;
use crate::signal::{Event, Segment, Stream};

/// Text of an annotation over samples that were never recorded, as MNE names it.
pub(super) const SKIP: &str = "BAD_ACQ_SKIP";
/// What stands between the text of an annotation and the channel that it is of, in MNE's files.
pub(super) const OF_CHANNEL: &str = "@@";
/// The shortest time that EDF+ files tell apart.
const TICK_S: f64 = 1e-7;
/// Positions from here on are nonsense.
const FARTHEST: f64 = 9e15;

/// Samples that were never recorded, although the records have some in their place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Skip {
    /// A channel of the only stream that it is of; `None` for all.
    pub channel: Option<String>,
    /// First and last moment in seconds from the first sample.
    pub start_s: f64,
    pub end_s: f64,
}

/// How events are made of annotations.
pub(super) struct Setting<'a> {
    /// When the first sample falls, on the clock of the annotations.
    pub start_s: f64,
    /// Rate and end of the first stream.
    pub rate_hz: f64,
    pub end: u64,
    /// Labels of all channels.
    pub labels: BTreeSet<&'a str>,
    /// How codes and labels are written.
    pub dialect: Dialect,
}

impl<'a> Setting<'a> {
    /// The setting of a file with this first stream, which ends there.
    pub(super) fn new(
        start_s: f64,
        first: Option<&Stream>,
        end: Option<u64>,
        labels: BTreeSet<&'a str>,
        dialect: Dialect,
    ) -> Self {
        Self {
            start_s,
            // Without any stream, positions are seconds.
            rate_hz: first.map_or(1.0, Stream::rate_hz),
            end: end.unwrap_or(u64::MAX),
            labels,
            dialect,
        }
    }
}

/// The events of all annotations, and what was not recorded.
pub(super) fn of_marks(
    marks: Vec<Mark>,
    setting: &Setting<'_>,
    warnings: &mut Vec<Warning>,
) -> (Vec<Event>, Vec<Skip>) {
    let (mut events, mut skips) = (Vec::with_capacity(marks.len()), Vec::new());
    let (mut absurd, mut early, mut late, mut single) = (0_u64, 0_u64, 0_u64, 0_u64);
    let mut last_single: Option<Mark> = None;
    for mark in marks {
        let names_channel = !setting.dialect.is_own() || mark.text.starts_with(SKIP);
        let (mark, channel) =
            if names_channel { of_channel(mark, &setting.labels) } else { (mark, None) };
        let onset_s = mark.onset_s - setting.start_s;
        if mark.text == SKIP && mark.duration_s > 0.0 {
            let end_s = onset_s + mark.duration_s;
            skips.push(Skip { channel, start_s: onset_s, end_s });
            continue;
        }
        if channel.is_some() {
            single += 1;
            // The same annotation of several channels stands there once for each.
            if last_single.as_ref() == Some(&mark) {
                continue;
            }
            last_single = Some(mark.clone());
        }
        let position = on_clock(onset_s, setting.rate_hz);
        let duration = on_clock(mark.duration_s, setting.rate_hz);
        if !(position.abs() < FARTHEST && duration < FARTHEST) {
            absurd += 1;
            continue;
        }
        early += u64::from(position < 0.0);
        late += u64::from(position > setting.end as f64);
        let (code, label) = setting.dialect.parse(mark.text);
        events.push(Event { duration, code, label, ..at(position) });
    }
    for (count, what) in [
        (absurd, "have times beyond any recording; left out"),
        (early, "lie before the first sample; put on it"),
        (late, "lie past the last sample; kept"),
        (single, "are of single channels; their text is kept, but not the channel"),
    ] {
        if count > 0 {
            warn(warnings, "annotations", format!("{count} {what}"));
        }
    }
    (events, skips)
}

/// The events of the trigger lines.
pub(super) fn of_status(
    status: &Status,
    channel: &ChannelHeader,
    clock: &Clock,
    setting: &Setting<'_>,
) -> Vec<Event> {
    let rate_hz = clock.rate_hz(channel.samples_per_record);
    let segments = clock.segments(channel.samples_per_record);
    at_changes(&status.changes, &segments, rate_hz, setting.rate_hz)
}

/// The events of changes at stored samples of a channel with these segments at `rate_hz`, on a
/// clock of `clock_hz`.
pub(super) fn at_changes(
    changes: &[(u64, u16)],
    segments: &[Segment],
    rate_hz: f64,
    clock_hz: f64,
) -> Vec<Event> {
    let mut events = Vec::with_capacity(changes.len());
    let mut segments = segments.iter();
    let (mut segment, mut before) = (segments.next(), 0_u64);
    for &(stored, code) in changes {
        while let Some(ended) = segment.filter(|segment| stored - before >= segment.len as u64) {
            before += ended.len as u64;
            segment = segments.next();
        }
        let Some(segment) = segment else { break };
        let position = (segment.first + (stored - before)) as f64;
        let position = if rate_hz == clock_hz { position } else { position * clock_hz / rate_hz };
        events.push(Event { code: u32::from(code), ..at(position) });
    }
    events
}

/// The mark without the channel that it is of, and that channel, if it names one there is.
fn of_channel(mark: Mark, labels: &BTreeSet<&str>) -> (Mark, Option<String>) {
    let parts = mark.text.split_once(OF_CHANNEL);
    let known = parts.filter(|(_, channel)| labels.contains(channel));
    match known.map(|(text, channel)| (text.to_owned(), channel.to_owned())) {
        Some((text, channel)) => (Mark { text, ..mark }, Some(channel)),
        None => (mark, None),
    }
}

/// A time as a position, on the very sample where it is no farther than the file can tell.
fn on_clock(seconds: f64, rate_hz: f64) -> f64 {
    let position = seconds * rate_hz;
    let nearest = position.round();
    let tolerance = (TICK_S * rate_hz).min(1e-3);
    if (position - nearest).abs() <= tolerance { nearest } else { position }
}

/// An instant without code and label.
fn at(position: f64) -> Event {
    let sample = position.max(0.0).floor();
    let fraction = ((position.max(0.0) - sample) as f32).min(1.0 - f32::EPSILON);
    Event { fraction, ..Event::at(sample as u64, 0, "") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_on_a_sample_fall_on_it() {
        assert_eq!(on_clock(0.29, 100.0), 29.0);
        assert_eq!(on_clock(0.333_333_3, 300.0), 100.0);
        assert_eq!(on_clock(1.951_172, 128.0), 1.951_172 * 128.0);
        assert_eq!(on_clock(0.25, 1.0), 0.25);
    }

    #[test]
    fn triggers_lie_behind_the_gaps_before_them() {
        let changes = vec![(0, 1), (9, 2), (10, 3), (25, 4), (30, 5)];
        let segments = [Segment { first: 0, len: 10 }, Segment { first: 50, len: 20 }];
        let found = at_changes(&changes, &segments, 100.0, 50.0);
        let found: Vec<_> = found.iter().map(|event| (event.position(), event.code)).collect();
        assert_eq!(found, [(0.0, 1), (4.5, 2), (25.0, 3), (32.5, 4)]);
    }
}
