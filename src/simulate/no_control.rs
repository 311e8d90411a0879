//! Periods in which the screen flickers and the user looks at none of the targets.

use std::ops::Range;

/// Seconds in which alpha rises at the start of a period, and falls at its end.
const RISE_S: f64 = 0.5;

/// How much stronger alpha is at a position.
#[derive(Debug, Clone)]
pub(super) struct RestAlpha {
    periods: Vec<Range<u64>>,
    over: usize,
    gain: f64,
    rise: f64,
}

impl RestAlpha {
    pub(super) fn new(periods: &[Range<u64>], gain: f64, rate_hz: f64) -> Self {
        Self { periods: periods.to_vec(), over: 0, gain, rise: RISE_S * rate_hz }
    }

    /// The factor at a position, which must not lie before the last one asked for.
    pub(super) fn at(&mut self, position: u64) -> f64 {
        while self.periods.get(self.over).is_some_and(|period| period.end <= position) {
            self.over += 1;
        }
        let Some(period) = self.periods.get(self.over) else { return 1.0 };
        let inside = position.saturating_sub(period.start).min(period.end - position);
        1.0 + (self.gain - 1.0) * (inside as f64 / self.rise).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpha_rises_and_falls_within_a_period() {
        let mut alpha = RestAlpha::new(&[100..200, 300..310], 3.0, 40.0);
        let gains: Vec<f64> = (0..400).map(|position| alpha.at(position)).collect();
        assert!(gains[..=100].iter().chain(&gains[310..]).all(|&gain| gain == 1.0));
        assert!(gains[120..=180].iter().all(|&gain| gain == 3.0));
        // Half a second has 20 samples.
        assert_eq!((gains[101], gains[110], gains[190], gains[199]), (1.1, 2.0, 2.0, 1.1));
        assert_eq!((gains[200], gains[300], gains[305]), (1.0, 1.0, 1.5));
    }
}
