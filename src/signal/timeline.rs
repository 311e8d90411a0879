use super::SignalError;

/// A sample position and when it falls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Anchor {
    /// Position on the sample clock.
    pub position: u64,
    /// Seconds of the session.
    pub time_s: f64,
}

/// A way from sample positions to seconds that is not a single line: exact at its anchors, straight
/// between them.
///
/// A stream needs one where its clock was set anew or stood still during the session. Before the
/// first anchor and after the last one, the stream's rate leads on.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    anchors: Vec<Anchor>,
    /// The latest time of an anchor and all before it: where time runs back, what was reached.
    reached_s: Vec<f64>,
}

impl Timeline {
    /// A timeline through these anchors.
    ///
    /// # Errors
    /// [`SignalError::Timeline`] where there is no anchor, where positions do not rise, or where a
    /// time or the step to it is not finite.
    pub fn new(anchors: Vec<Anchor>) -> Result<Self, SignalError> {
        let mut reached_s = Vec::with_capacity(anchors.len());
        let (mut before, mut latest) = (None, f64::NEG_INFINITY);
        for (anchor, &Anchor { position, time_s }) in anchors.iter().enumerate() {
            let step = before.map_or(time_s, |before: Anchor| time_s - before.time_s);
            let rises = before.is_none_or(|before: Anchor| before.position < position);
            if !(rises && time_s.is_finite() && step.is_finite()) {
                return Err(SignalError::Timeline { anchor });
            }
            before = Some(Anchor { position, time_s });
            latest = time_s.max(latest);
            reached_s.push(latest);
        }
        if anchors.is_empty() {
            return Err(SignalError::Timeline { anchor: 0 });
        }
        Ok(Self { anchors, reached_s })
    }

    /// The anchors in the order of their positions.
    pub fn anchors(&self) -> &[Anchor] {
        &self.anchors
    }

    /// Seconds of the session at a position.
    pub(super) fn time_s(&self, position: f64, rate_hz: f64) -> f64 {
        let next = self.anchors.partition_point(|anchor| anchor.position as f64 <= position);
        match self.around(next) {
            (Some(a), Some(b)) => {
                let part = (position - a.position as f64) / (b.position - a.position) as f64;
                let time_s = a.time_s + (b.time_s - a.time_s) * part;
                time_s.clamp(a.time_s.min(b.time_s), a.time_s.max(b.time_s))
            }
            (Some(a), None) | (None, Some(a)) => {
                a.time_s + (position - a.position as f64) / rate_hz
            }
            (None, None) => position / rate_hz,
        }
    }

    /// The first position at which a time is reached.
    pub(super) fn position_at(&self, time_s: f64, rate_hz: f64) -> f64 {
        let next = self.reached_s.partition_point(|&reached| reached < time_s);
        match self.around(next) {
            // The first anchor that reaches it lies later than all before.
            (Some(a), Some(b)) => {
                let part = (time_s - a.time_s) / (b.time_s - a.time_s);
                a.position as f64 + part * (b.position - a.position) as f64
            }
            (Some(a), None) | (None, Some(a)) => a.position as f64 + (time_s - a.time_s) * rate_hz,
            (None, None) => time_s * rate_hz,
        }
    }

    /// The anchor before a place in the list, and the one on it.
    fn around(&self, next: usize) -> (Option<Anchor>, Option<Anchor>) {
        let before = next.checked_sub(1).and_then(|before| self.anchors.get(before));
        (before.copied(), self.anchors.get(next).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline(anchors: &[(u64, f64)]) -> Timeline {
        let anchors = anchors.iter().map(|&(position, time_s)| Anchor { position, time_s });
        Timeline::new(anchors.collect()).unwrap()
    }

    #[test]
    fn two_stretches_and_the_gap_between() {
        let timeline = timeline(&[(10, 1.0), (20, 2.0), (50, 12.0), (60, 13.5)]);
        let pairs = [
            (0.0, 0.0),
            (10.0, 1.0),
            (12.5, 1.25),
            (20.0, 2.0),
            (35.0, 7.0),
            (50.0, 12.0),
            (55.0, 12.75),
            (60.0, 13.5),
            (70.0, 14.5),
        ];
        for (position, time_s) in pairs {
            assert_eq!(timeline.time_s(position, 10.0), time_s);
            assert_eq!(timeline.position_at(time_s, 10.0), position);
        }
    }

    #[test]
    fn where_time_runs_back_the_first_position_counts() {
        let timeline = timeline(&[(0, 5.0), (10, 6.0), (11, 2.0), (31, 4.0), (32, 9.0)]);
        assert_eq!(timeline.time_s(11.0, 10.0), 2.0);
        assert_eq!(timeline.time_s(10.5, 10.0), 4.0);
        assert_eq!(timeline.position_at(5.5, 10.0), 5.0);
        assert_eq!(timeline.position_at(6.0, 10.0), 10.0);
        assert_eq!(timeline.position_at(6.5, 10.0), 31.5);
        assert_eq!(timeline.position_at(9.5, 10.0), 37.0);
        assert_eq!(timeline.position_at(4.0, 10.0), -10.0);
    }

    #[test]
    fn a_timeline_needs_rising_positions_and_finite_times() {
        let anchors = [(3, 0.0), (3, 1.0)].map(|(position, time_s)| Anchor { position, time_s });
        let error = Timeline::new(anchors.to_vec()).unwrap_err();
        assert_eq!(error, SignalError::Timeline { anchor: 1 });
        let far = [(0, -1e308), (1, 1e308)].map(|(position, time_s)| Anchor { position, time_s });
        assert!(Timeline::new(far.to_vec()).is_err());
        assert!(Timeline::new(vec![Anchor { position: 0, time_s: f64::NAN }]).is_err());
        assert!(Timeline::new(Vec::new()).is_err());
    }
}
