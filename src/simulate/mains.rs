//! The hum of the mains.

use super::Random;
use super::math::sin_turns;

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
}
