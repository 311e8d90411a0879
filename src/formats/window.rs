//! The part of a recording's time that is read.

use std::ops::Range;

use super::{FormatError, Opened, Warning};
use crate::signal::{Recording, Segment, Series, Stream};

/// What is left of rounding in a product of a time and a rate, in samples.
const ROUNDING: f64 = 1e-6;

/// A span of time, in seconds of the recording; either end may be open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Window {
    pub from_s: f64,
    pub to_s: f64,
}

impl Window {
    /// Positions on a clock of `rate_hz` that starts at 0.
    pub(super) fn positions(&self, rate_hz: f64) -> Range<u64> {
        self.range(|time_s| time_s * rate_hz)
    }

    /// Positions on a clock that tells the position of a time.
    fn range(&self, position_at: impl Fn(f64) -> f64) -> Range<u64> {
        // What is not a number or lies before the clock becomes its start, and what lies behind it
        // its end.
        let at = |time_s: f64| {
            let position = if time_s.is_finite() { position_at(time_s) } else { time_s };
            (position - ROUNDING).ceil().max(0.0) as u64
        };
        let start = at(self.from_s);
        start..at(self.to_s).max(start)
    }

    /// The same, counted in stored samples of these segments.
    pub(super) fn stored(&self, segments: &[Segment], rate_hz: f64) -> Range<u64> {
        let Range { start, end } = self.positions(rate_hz);
        stored_before(segments, start)..stored_before(segments, end)
    }

    /// Records that hold samples of the window, where they are `samples` long and without a gap.
    pub(super) fn records(&self, rate_hz: f64, samples: u32, records: u64) -> Range<u64> {
        let Range { start, end } = self.positions(rate_hz);
        let samples = u64::from(samples.max(1));
        let start = (start / samples).min(records);
        start..end.div_ceil(samples).clamp(start, records)
    }

    /// Leaves out what lies outside.
    pub(super) fn cut(&self, opened: Opened) -> Result<Opened, FormatError> {
        let recording = &opened.recording;
        let streams = recording.streams().iter().map(|stream| self.stream(stream));
        let streams = streams.collect::<Result<Vec<_>, FormatError>>()?;
        let events = recording.events().iter();
        let events = events.filter(|event| self.holds(recording.onset_s(event))).cloned().collect();
        let mut warnings = opened.warnings;
        let is_empty = streams.iter().all(|stream| stream.samples().is_empty());
        if is_empty && !streams.is_empty() {
            let message = format!(
                "no sample lies from {} to {} s: the last one read lies before {:.3} s",
                self.from_s,
                self.to_s,
                recording.duration_s()
            );
            warnings.push(Warning::new("window", message));
        }
        let series = recording.series().iter().map(|series| self.series(series));
        let series = series.collect::<Result<Vec<_>, FormatError>>()?;
        let metadata = recording.metadata().clone();
        let recording = Recording::new(streams, events).with_series(series).with_metadata(metadata);
        Ok(Opened { recording, warnings, ..opened })
    }

    fn stream(&self, stream: &Stream) -> Result<Stream, FormatError> {
        let inside = self.range(|time_s| stream.position_at(time_s));
        if inside.start <= stream.samples().start() && inside.end >= stream.samples().end() {
            return Ok(stream.clone());
        }
        Ok(stream.clone().with_samples(stream.samples().within(inside))?)
    }

    /// The samples of a series at times within.
    fn series(&self, series: &Series) -> Result<Series, FormatError> {
        let inside: Vec<usize> = (0..series.len())
            .filter(|&i| series.times_s().get(i).is_some_and(|&time_s| self.holds(time_s)))
            .collect();
        let pick = |values: &[f32]| inside.iter().filter_map(|&i| values.get(i)).copied().collect();
        let rows = (0..series.channels().len()).map(|channel| pick(series.channel(channel)));
        let rows: Vec<Vec<f32>> = rows.collect();
        let times_s = inside.iter().filter_map(|&i| series.times_s().get(i)).copied().collect();
        Ok(Series::new(series.name(), series.channels().to_vec(), times_s, rows.concat())?)
    }

    /// Whether a time lies within.
    fn holds(&self, time_s: f64) -> bool {
        time_s >= self.from_s - 1e-9 && time_s < self.to_s - 1e-9
    }
}

/// Samples that are stored before a position.
fn stored_before(segments: &[Segment], position: u64) -> u64 {
    let before = |segment: &Segment| position.saturating_sub(segment.first).min(segment.len as u64);
    segments.iter().map(before).sum()
}

/// The segments of some of the stored samples.
pub(super) fn of_stored(segments: &[Segment], stored: Range<u64>) -> Vec<Segment> {
    let mut before = 0_u64;
    let mut parts = Vec::new();
    for segment in segments {
        let len = segment.len as u64;
        let start = stored.start.clamp(before, before + len) - before;
        let end = stored.end.clamp(before, before + len) - before;
        if start < end {
            parts.push(Segment { first: segment.first + start, len: (end - start) as usize });
        }
        before += len;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::Format;
    use crate::signal::{Anchor, Channel, Event, Samples};

    fn window(from_s: f64, to_s: f64) -> Window {
        Window { from_s, to_s }
    }

    #[test]
    fn positions_are_those_of_samples_at_or_after_the_start_and_before_the_end() {
        assert_eq!(window(1.0, 2.0).positions(250.0), 250..500);
        // 0.29 · 100 is a little less than 29.
        assert_eq!(window(0.29, 0.2901).positions(100.0), 29..30);
        assert_eq!(window(1.0, 2.0).range(|time_s| (time_s - 1.5) * 10.0), 0..5);
        assert_eq!(window(f64::NEG_INFINITY, f64::INFINITY).positions(9.0), 0..u64::MAX);
        assert_eq!(window(2.0, 1.0).positions(10.0), 20..20);
        assert_eq!(window(f64::NAN, f64::NAN).positions(10.0), 0..0);
    }

    #[test]
    fn a_cut_keeps_clocks_and_cuts_series() {
        let samples = Samples::from_planar(1, (0..40).map(|i| i as f32).collect()).unwrap();
        let stream = Stream::new("a", 10.0, vec![Channel::microvolts("Oz")], samples).unwrap();
        let anchors = [(0, 100.0), (20, 102.0), (21, 110.0), (39, 111.8)];
        let anchors = anchors.map(|(position, time_s)| Anchor { position, time_s });
        let stream = stream.with_timeline(anchors.to_vec()).unwrap();
        let times = vec![99.0, 101.0, 110.5, 120.0];
        let gaze = vec![Channel::microvolts("x")];
        let gaze = Series::new("gaze", gaze, times, vec![1.0, 2.0, 3.0, 4.0]).unwrap();
        let events = vec![Event::at(10, 1, ""), Event::at(21, 2, "")];
        let recording = Recording::new(vec![stream.clone()], events).with_series(vec![gaze]);
        let format = Format::Gdf { major: 2, minor: 20 };
        let opened = Opened { recording, codebook: None, format, warnings: Vec::new() };
        let cut = window(101.5, 111.0).cut(opened).unwrap();
        let found = &cut.recording.streams()[0];
        assert_eq!((found.samples().start(), found.samples().end()), (15, 31));
        assert_eq!(found.timeline(), stream.timeline());
        assert_eq!(cut.recording.series()[0].times_s(), [110.5]);
        assert_eq!(cut.recording.series()[0].channel(0), [3.0]);
        let codes: Vec<u32> = cut.recording.events().iter().map(|event| event.code).collect();
        assert_eq!((codes, cut.warnings), (vec![2], vec![]));
    }

    #[test]
    fn records_and_stored_samples_cover_the_window() {
        assert_eq!(window(1.5, 2.5).records(100.0, 100, 9), 1..3);
        assert_eq!(window(1.0, 2.0).records(100.0, 100, 9), 1..2);
        assert_eq!(window(20.0, 30.0).records(100.0, 100, 9), 9..9);
        let segments = [Segment { first: 0, len: 10 }, Segment { first: 50, len: 10 }];
        assert_eq!(window(0.5, 5.5).stored(&segments, 10.0), 5..15);
        assert_eq!(window(2.0, 3.0).stored(&segments, 10.0), 10..10);
        let parts = [Segment { first: 5, len: 5 }, Segment { first: 50, len: 5 }];
        assert_eq!(of_stored(&segments, 5..15), parts);
        assert_eq!(of_stored(&segments, 10..10), []);
    }
}
