use std::ops::Range;

use crate::signal::{Segment, Trial};

/// How much of the time around a trial is taken with it, so that the edges of a filter lie outside
/// of its window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Margins {
    /// Seconds before the onset.
    pub before_s: f64,
    /// Seconds after the trial's end: a window that starts with the visual latency ends as much
    /// later.
    pub after_s: f64,
}

impl Default for Margins {
    /// 1 s before and 0.5 s after.
    fn default() -> Self {
        Self { before_s: 1.0, after_s: 0.5 }
    }
}

/// The stretch of the sample clock that belongs to each trial alone.
///
/// It reaches from a margin before the onset to a margin after the trial's end. Where the rest
/// between two trials is too short for both margins, the earlier trial gets no more than half of
/// it; no stretch reaches into another or over a gap. Trials are in the order of time; one whose
/// onset lies in a gap has an empty stretch.
///
/// ```
/// use evoked::evaluate::{Margins, own_stretches};
/// use evoked::signal::{Segment, Trial};
/// let trials = [Trial { onset: 300, label: None }, Trial { onset: 900, label: None }];
/// let segments = [Segment { first: 0, len: 2000 }];
/// let margins = Margins { before_s: 1.0, after_s: 0.5 };
/// let own = own_stretches(&trials, &[800, 1400], &segments, margins, 250.0);
/// assert_eq!(own, [50..850, 850..1525]);
/// ```
pub fn own_stretches(
    trials: &[Trial],
    ends: &[u64],
    segments: &[Segment],
    margins: Margins,
    rate_hz: f64,
) -> Vec<Range<u64>> {
    // The cast makes 0 of what is negative or no number.
    let samples = |seconds: f64| (seconds * rate_hz).round() as u64;
    let (before, after) = (samples(margins.before_s), samples(margins.after_s));
    let mut own: Vec<Range<u64>> = Vec::with_capacity(trials.len());
    let mut free = 0_u64;
    for (place, trial) in trials.iter().enumerate() {
        let onset = trial.onset;
        let inside = segments.partition_point(|segment| segment.end() <= onset);
        let segment = segments.get(inside).filter(|segment| segment.first <= onset);
        let Some(segment) = segment else {
            own.push(onset..onset);
            continue;
        };
        let next = trials.get(place + 1).map_or(u64::MAX, |next| next.onset.max(onset));
        let end = ends.get(place).map_or(onset, |&end| end.max(onset)).min(next);
        let rest = if next == u64::MAX { u64::MAX } else { (next - end) / 2 };
        let end = end.saturating_add(after.min(rest)).min(segment.end());
        let start = onset.saturating_sub(before).max(segment.first).max(free.min(onset));
        own.push(start..end);
        free = free.max(end);
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn stretches_share_nothing_and_stop_at_gaps(
            steps in prop::collection::vec((0..400_u64, 0..500_u64), 1..30),
            lengths in prop::collection::vec((1..900_usize, 0..60_u64), 1..12),
            before_s in 0.0..2.0f64, after_s in 0.0..2.0f64,
        ) {
            let (mut onset, mut first) = (0, 0);
            let (mut trials, mut ends, mut segments) = (Vec::new(), Vec::new(), Vec::new());
            for (step, len) in steps {
                onset += step;
                trials.push(Trial { onset, label: None });
                ends.push(onset + len);
            }
            for (len, gap) in lengths {
                segments.push(Segment { first, len });
                first += len as u64 + gap;
            }
            let margins = Margins { before_s, after_s };
            let own = own_stretches(&trials, &ends, &segments, margins, 100.0);
            prop_assert_eq!(own.len(), trials.len());
            let mut before = 0;
            for (stretch, trial) in own.iter().zip(&trials).filter(|(s, _)| !s.is_empty()) {
                prop_assert!(stretch.start >= before && stretch.start <= trial.onset);
                prop_assert!(trial.onset - stretch.start <= 200);
                let whole = |s: &Segment| s.first <= stretch.start && stretch.end <= s.end();
                prop_assert!(segments.iter().any(whole));
                before = stretch.end;
            }
        }
    }

    #[test]
    fn an_onset_in_a_gap_has_no_stretch() {
        let trials = [150, 260].map(|onset| Trial { onset, label: None });
        let segments = [Segment { first: 0, len: 100 }, Segment { first: 200, len: 100 }];
        let own = own_stretches(&trials, &[160, 290], &segments, Margins::default(), 100.0);
        assert_eq!(own, [150..150, 200..300]);
    }
}
