//! When things happen that happen at random.

use super::Random;
use super::math::ln;

/// Mean of what hardly ever happens: longer than any session, and finite.
const LONGEST_S: f64 = 1e15;

/// Random times between one and the next of what happens so often a minute.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    shortest_s: f64,
    /// Mean seconds beyond the shortest.
    mean_s: f64,
}

impl Waiting {
    /// Times of at least `shortest_s` that make `per_min` a minute, or fewer where the shortest
    /// allows no more. `None` for what never happens.
    pub(super) fn new(per_min: f64, shortest_s: f64) -> Option<Self> {
        let mean_s = 60.0 / per_min - shortest_s;
        (per_min > 0.0).then_some(Self { shortest_s, mean_s: mean_s.clamp(0.0, LONGEST_S) })
    }

    pub(super) fn draw_s(&self, random: &mut Random) -> f64 {
        // Exponential waiting times: 1 − u lies in (0, 1].
        self.shortest_s - self.mean_s * ln(1.0 - random.uniform())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_their_mean_and_their_shortest() {
        let mut random = Random::new(4);
        let waiting = Waiting::new(12.0, 2.0).unwrap();
        let times_s: Vec<f64> = (0..20_000).map(|_| waiting.draw_s(&mut random)).collect();
        let mean_s = times_s.iter().sum::<f64>() / 20_000.0;
        assert!((mean_s - 5.0).abs() < 0.1, "{mean_s}");
        assert!(times_s.iter().all(|&time_s| time_s >= 2.0));
        // Memoryless beyond the shortest: a share of 1/e lasts for longer than the mean.
        let longer = times_s.iter().filter(|&&time_s| time_s > 5.0).count() as f64 / 20_000.0;
        assert!((longer - (-1.0_f64).exp()).abs() < 0.015, "{longer}");
    }

    #[test]
    fn the_shortest_bounds_how_often() {
        let waiting = Waiting::new(60.0, 2.0).unwrap();
        assert_eq!(waiting.draw_s(&mut Random::new(1)), 2.0);
        assert!(Waiting::new(0.0, 2.0).is_none());
        assert!(
            Waiting::new(f64::MIN_POSITIVE, 2.0).unwrap().draw_s(&mut Random::new(1)).is_finite()
        );
    }
}
