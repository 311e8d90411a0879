//! What does not come from the brain: mains hum and blinks.

use super::Random;
use super::math::{bump, ln, sin_turns};

/// A sine of amplitude 1 and a phase drawn at random.
#[derive(Debug, Clone)]
pub(super) struct Mains {
    turns_per_sample: f64,
    phase_turns: f64,
    position: u64,
}

impl Mains {
    pub(super) fn new(mut random: Random, rate_hz: f64, frequency_hz: f64) -> Self {
        Self {
            turns_per_sample: frequency_hz / rate_hz,
            phase_turns: random.uniform(),
            position: 0,
        }
    }

    pub(super) fn sample(&mut self) -> f64 {
        let turns = self.turns_per_sample * self.position as f64 + self.phase_turns;
        self.position += 1;
        sin_turns(turns)
    }
}

/// Blinks at random times, at least half a second apart; each is a bump of 0.3 s and a height of
/// 0.7 to 1.3.
#[derive(Debug, Clone)]
pub(super) struct Blinks {
    random: Random,
    rate_hz: f64,
    /// Mean seconds between blinks beyond the shortest; `None` where there are none.
    mean_s: Option<f64>,
    /// Seconds until the middle of the blink that comes next or is going on.
    middle_s: f64,
    height: f64,
}

const HALF_BLINK_S: f64 = 0.15;
const SHORTEST_S: f64 = 0.5;

impl Blinks {
    pub(super) fn new(random: Random, rate_hz: f64, per_min: f64) -> Self {
        let mean_s = (per_min > 0.0).then(|| (60.0 / per_min - SHORTEST_S).max(0.0));
        let mut blinks = Self { random, rate_hz, mean_s, middle_s: 0.0, height: 0.0 };
        blinks.plan_next();
        blinks
    }

    pub(super) fn sample(&mut self) -> f64 {
        if self.mean_s.is_none() {
            return 0.0;
        }
        let value = self.height * bump(self.middle_s / HALF_BLINK_S);
        self.middle_s -= 1.0 / self.rate_hz;
        if self.middle_s < -HALF_BLINK_S {
            self.plan_next();
        }
        value
    }

    fn plan_next(&mut self) {
        let Some(mean_s) = self.mean_s else { return };
        // Exponential waiting times: 1 − u lies in (0, 1].
        self.middle_s += SHORTEST_S - mean_s * ln(1.0 - self.random.uniform());
        self.height = 0.7 + 0.6 * self.random.uniform();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mains_is_a_sine_even_after_hours() {
        let mut mains = Mains::new(Random::new(1), 250.0, 50.0);
        let start: Vec<f64> = (0..5).map(|_| mains.sample()).collect();
        mains.position = 250 * 3600 * 10;
        let later: Vec<f64> = (0..5).map(|_| mains.sample()).collect();
        for (a, b) in start.iter().zip(&later) {
            assert!((a - b).abs() < 1e-6);
        }
        // Five samples make one period: the sum is zero, the mean square ½.
        assert!(start.iter().sum::<f64>().abs() < 1e-12);
        assert!((start.iter().map(|x| x * x).sum::<f64>() / 5.0 - 0.5).abs() < 1e-12);
    }

    #[test]
    fn blinks_come_as_often_as_asked_and_never_overlap() {
        let mut blinks = Blinks::new(Random::new(2), 100.0, 20.0);
        let hour: Vec<f64> = (0..360_000).map(|_| blinks.sample()).collect();
        let starts: Vec<usize> =
            (1..hour.len()).filter(|&i| hour[i - 1] == 0.0 && hour[i] > 0.0).collect();
        assert!(starts.len().abs_diff(1200) < 120, "{}", starts.len());
        assert!(starts.windows(2).all(|pair| pair[1] - pair[0] >= 49));
        assert!(hour.iter().all(|&x| (0.0..=1.3).contains(&x)));
    }

    #[test]
    fn no_blinks_where_none_are_asked_for() {
        let mut blinks = Blinks::new(Random::new(2), 100.0, 0.0);
        assert!((0..100_000).all(|_| blinks.sample() == 0.0));
    }
}
