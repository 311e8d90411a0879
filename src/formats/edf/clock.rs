//! Where each record's samples lie on the sample clock.

use std::ops::Range;

use super::tal::Count;
use super::warn;
use crate::formats::Warning;
use crate::formats::window::{self, Window};
use crate::signal::Segment;

/// Positions from here on are nonsense: `f64` no longer tells them from their neighbours.
const FARTHEST: f64 = 9e15;

/// When the records start.
#[derive(Debug)]
pub(super) struct Clock {
    /// Seconds since the header's start time, one a record; none where there is no annotation
    /// channel.
    onsets: Vec<Option<f64>>,
    /// Whether gaps are to be believed.
    is_discontinuous: bool,
    /// When the first record starts.
    pub start_s: f64,
    records: u64,
    record_s: f64,
}

/// Records whose time makes no sense.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    /// They start before the one before them ends.
    pub overlapping: Count,
    /// They have no time.
    pub untimed: Count,
}

impl Clock {
    /// The clock of `records` records of `record_s` seconds, which start at `onsets`.
    pub(super) fn new(
        onsets: Vec<Option<f64>>,
        is_discontinuous: bool,
        records: u64,
        record_s: f64,
    ) -> Self {
        let known = onsets.iter().zip(0_u64..).find_map(|(onset, i)| onset.map(|s| (s, i)));
        let start_s = known.map_or(0.0, |(onset, i)| onset - i as f64 * record_s);
        Self { onsets, is_discontinuous, start_s, records, record_s }
    }

    /// Samples a second of a channel with so many a record.
    pub(super) fn rate_hz(&self, samples_per_record: u32) -> f64 {
        f64::from(samples_per_record) / self.record_s
    }

    /// The stretches without a gap of a channel of `samples_per_record`.
    pub(super) fn segments(&self, samples_per_record: u32) -> Vec<Segment> {
        self.place(samples_per_record).0
    }

    /// The same of some of the records.
    pub(super) fn segments_of(
        &self,
        samples_per_record: u32,
        records: &Range<u64>,
    ) -> Vec<Segment> {
        let samples = u64::from(samples_per_record);
        let stored = records.start.saturating_mul(samples)..records.end.saturating_mul(samples);
        window::of_stored(&self.segments(samples_per_record), stored)
    }

    /// The records with samples of a channel of `samples_per_record` in a window.
    pub(super) fn records(&self, samples_per_record: u32, window: &Window) -> Range<u64> {
        let rate_hz = self.rate_hz(samples_per_record);
        let stored = window.stored(&self.segments(samples_per_record), rate_hz);
        let samples = u64::from(samples_per_record.max(1));
        stored.start / samples..stored.end.div_ceil(samples)
    }

    /// As [`Clock::segments`], and what was wrong with the times.
    ///
    /// A record starts at the sample nearest to its time, or right after the record before it,
    /// where that is less than half a sample away, overlaps, or its time is not known.
    fn place(&self, samples_per_record: u32) -> (Vec<Segment>, Trouble) {
        let (mut segments, mut trouble) = (Vec::new(), Trouble::default());
        let len = samples_per_record as usize;
        if len == 0 || self.records == 0 {
            return (segments, trouble);
        }
        if !self.is_discontinuous || self.onsets.is_empty() {
            let len = usize::try_from(self.records).unwrap_or(usize::MAX).saturating_mul(len);
            segments.push(Segment { first: 0, len });
            return (segments, trouble);
        }
        let rate_hz = self.rate_hz(samples_per_record);
        let mut end = 0_u64;
        for (onset, record) in self.onsets.iter().zip(0..self.records) {
            let position = onset.map(|onset_s| (onset_s - self.start_s) * rate_hz);
            let first = match position.filter(|position| position.abs() < FARTHEST) {
                None => {
                    trouble.untimed.add(record);
                    end
                }
                Some(position) if position - end as f64 >= 0.5 => position.round() as u64,
                Some(position) => {
                    if position - end as f64 <= -0.5 {
                        trouble.overlapping.add(record);
                    }
                    end
                }
            };
            match segments.last_mut() {
                Some(last) if last.end() == first => last.len += len,
                _ => segments.push(Segment { first, len }),
            }
            end = first.saturating_add(len as u64);
        }
        (segments, trouble)
    }

    /// What is wrong with the times, seen from a channel of `samples_per_record`.
    pub(super) fn tell(&self, samples_per_record: u32, warnings: &mut Vec<Warning>) {
        let place = |record: u64| format!("record {}", record + 1);
        if !self.is_discontinuous {
            let (record, off_s) = self.farthest();
            if off_s.abs() * self.rate_hz(samples_per_record) >= 0.5 {
                let message = format!(
                    "its time is {off_s:.6} s off, but the file is said to be continuous; its \
                     samples follow those before them"
                );
                warn(warnings, place(record), message);
            }
            return;
        }
        let (_, Trouble { overlapping, untimed }) = self.place(samples_per_record);
        for (count, what) in [
            (overlapping, "start before the one before them ends"),
            (untimed, "have no time that can be read"),
        ] {
            if count.cases > 0 {
                let message = format!(
                    "{} records {what}; they follow on from it, this one first",
                    count.cases
                );
                warn(warnings, place(count.first), message);
            }
        }
    }

    /// The record farthest from where it would be if all were contiguous, and by how many seconds.
    fn farthest(&self) -> (u64, f64) {
        let mut found = (0, 0.0_f64);
        for (onset, record) in self.onsets.iter().zip(0_u64..) {
            let expected = self.start_s + record as f64 * self.record_s;
            let off_s = onset.map_or(0.0, |onset| onset - expected);
            if off_s.abs() > found.1.abs() {
                found = (record, off_s);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(onsets: &[Option<f64>], len: u32, rate_hz: f64) -> (Vec<(u64, usize)>, Trouble) {
        let record_s = f64::from(len) / rate_hz;
        let clock = Clock::new(onsets.to_vec(), true, onsets.len() as u64, record_s);
        let (segments, trouble) = clock.place(len);
        (segments.iter().map(|segment| (segment.first, segment.len)).collect(), trouble)
    }

    #[test]
    fn times_make_gaps_from_half_a_sample_on() {
        let onsets = [0.25, 1.2549, 2.2549, 5.25, 6.25].map(Some);
        let (found, trouble) = segments(&onsets, 100, 100.0);
        assert_eq!(found, [(0, 300), (500, 200)]);
        assert_eq!((trouble.overlapping.cases, trouble.untimed.cases), (0, 0));
        let (found, _) = segments(&onsets, 1000, 1000.0);
        assert_eq!(found, [(0, 1000), (1005, 2000), (5000, 2000)]);
    }

    #[test]
    fn overlaps_and_missing_times_follow_on() {
        let (found, trouble) = segments(&[None, Some(1.0), Some(1.5), None, Some(9.0)], 10, 10.0);
        assert_eq!(found, [(0, 40), (90, 10)]);
        assert_eq!((trouble.overlapping.cases, trouble.overlapping.first), (1, 2));
        assert_eq!((trouble.untimed.cases, trouble.untimed.first), (2, 0));
        let (found, trouble) = segments(&[Some(0.0), Some(1e300), Some(-4.0)], 10, 10.0);
        assert_eq!(found, [(0, 30)]);
        assert_eq!((trouble.overlapping.cases, trouble.untimed.cases), (1, 1));
    }
}
