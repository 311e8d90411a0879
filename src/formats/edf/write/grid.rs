//! Which records are written, and which of their samples were never recorded.

use std::ops::Range;

use crate::signal::Segment;

/// A stream's stretches of samples on the common clock, and its samples a record.
#[derive(Debug)]
pub(super) struct Track {
    pub segments: Vec<Segment>,
    pub samples: u32,
}

/// The records that hold at least one sample of any stream, and the very first one.
#[derive(Debug, PartialEq)]
pub(super) struct Grid {
    /// Records from the start, those with nothing in them counted; in order.
    pub records: Vec<Range<u64>>,
}

impl Grid {
    pub(super) fn of(tracks: &[Track]) -> Self {
        let touched = tracks.iter().flat_map(|track| {
            let samples = u64::from(track.samples.max(1));
            let touched = move |segment: &Segment| {
                segment.first / samples..(segment.end().saturating_sub(1)) / samples + 1
            };
            track.segments.iter().map(touched)
        });
        let mut touched: Vec<Range<u64>> = touched.collect();
        touched.push(0..1);
        touched.sort_by_key(|records| records.start);
        let mut records: Vec<Range<u64>> = Vec::new();
        for next in touched {
            match records.last_mut() {
                Some(last) if next.start <= last.end => last.end = last.end.max(next.end),
                _ => records.push(next),
            }
        }
        Self { records }
    }

    /// Number of records.
    pub(super) fn len(&self) -> u64 {
        self.records.iter().fold(0, |sum, records| sum.saturating_add(records.end - records.start))
    }

    /// Whether time is missing between records.
    pub(super) fn is_discontinuous(&self) -> bool {
        self.records.len() > 1
    }

    /// Every record, as it is counted from the start.
    pub(super) fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.records.iter().cloned().flatten()
    }

    /// The place among the written records of the last one that starts at or before record `time`.
    pub(super) fn place(&self, time: u64) -> u64 {
        let mut before = 0;
        for records in &self.records {
            if time < records.start {
                break;
            }
            if time < records.end {
                return before + (time - records.start);
            }
            before += records.end - records.start;
        }
        before.saturating_sub(1)
    }

    /// The positions of a stream in written records that have no sample.
    pub(super) fn holes(&self, track: &Track) -> Vec<Range<u64>> {
        let samples = u64::from(track.samples);
        let mut segments = track.segments.iter().peekable();
        let mut holes = Vec::new();
        for records in &self.records {
            let (mut at, end) = (records.start * samples, records.end * samples);
            // A segment lies in one range only, as all records that it touches are written.
            while let Some(segment) = segments.next_if(|segment| segment.first < end) {
                holes.push(at..segment.first);
                at = segment.end();
            }
            holes.push(at..end);
        }
        holes.retain(|hole| hole.start < hole.end);
        holes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(samples: u32, segments: &[(u64, usize)]) -> Track {
        let segments = segments.iter().map(|&(first, len)| Segment { first, len }).collect();
        Track { segments, samples }
    }

    #[test]
    fn records_without_a_sample_are_left_out() {
        let fast = track(100, &[(0, 250), (1000, 100), (1150, 20)]);
        let slow = track(10, &[(0, 20), (500, 1)]);
        let grid = Grid::of(&[fast, slow]);
        assert_eq!(grid.records, [0..3, 10..12, 50..51]);
        assert_eq!((grid.len(), grid.is_discontinuous()), (6, true));
        assert_eq!(grid.iter().collect::<Vec<_>>(), [0, 1, 2, 10, 11, 50]);
        let places: Vec<_> = [0, 2, 3, 9, 10, 11, 49, 50, 99].map(|r| grid.place(r)).to_vec();
        assert_eq!(places, [0, 2, 2, 2, 3, 4, 4, 5, 5]);
        let fast = track(100, &[(0, 250), (1000, 100), (1150, 20)]);
        let holes = [250..300, 1100..1150, 1170..1200, 5000..5100];
        assert_eq!(grid.holes(&fast), holes);
    }

    #[test]
    fn the_first_record_is_there_even_if_empty() {
        let late = track(100, &[(450, 50)]);
        let grid = Grid::of(&[track(100, &[(450, 50)])]);
        assert_eq!(grid.records, [0..1, 4..5]);
        assert_eq!(grid.holes(&late), [0..100, 400..450]);
        let whole = Grid::of(&[track(100, &[(0, 300)])]);
        assert!(!whole.is_discontinuous());
        assert_eq!(whole.holes(&track(100, &[(0, 300)])), []);
    }
}
