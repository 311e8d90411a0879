//! Blinks: they come from the eyes and are largest at the forehead.

use std::ops::Range;

use super::Random;
use super::chance::Waiting;
use super::math::bump;

/// Blinks at random times, at least half a second apart; each is a bump of 0.3 s and a height of
/// 0.7 to 1.3.
#[derive(Debug, Clone)]
pub(super) struct Blinks {
    random: Random,
    rate_hz: f64,
    /// `None` where there are none.
    waiting: Option<Waiting>,
    /// Seconds until the middle of the blink that comes next or is going on.
    middle_s: f64,
    height: f64,
}

const HALF_BLINK_S: f64 = 0.15;
const SHORTEST_S: f64 = 0.5;

impl Blinks {
    pub(super) fn new(random: Random, rate_hz: f64, per_min: f64) -> Self {
        let waiting = Waiting::new(per_min, SHORTEST_S);
        let mut blinks = Self { random, rate_hz, waiting, middle_s: 0.0, height: 0.0 };
        blinks.plan_next();
        blinks
    }

    pub(super) fn sample(&mut self) -> f64 {
        if self.waiting.is_none() {
            return 0.0;
        }
        let value = self.height * bump(self.middle_s / HALF_BLINK_S);
        self.middle_s -= 1.0 / self.rate_hz;
        if self.middle_s < -HALF_BLINK_S {
            self.plan_next();
        }
        value
    }

    /// The samples of each blink to come.
    pub(super) fn plan(&self) -> impl Iterator<Item = Range<u64>> {
        let mut blinks = self.clone();
        std::iter::from_fn(move || {
            blinks.waiting?;
            // Where no time passes, the middles add up.
            let at = |s: f64| (s * blinks.rate_hz).max(0.0);
            let first = at(blinks.middle_s - HALF_BLINK_S).ceil() as u64;
            let last = at(blinks.middle_s + HALF_BLINK_S).floor() as u64;
            blinks.plan_next();
            Some(first..last.saturating_add(1))
        })
    }

    fn plan_next(&mut self) {
        let Some(waiting) = self.waiting else { return };
        self.middle_s += waiting.draw_s(&mut self.random);
        self.height = 0.7 + 0.6 * self.random.uniform();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn blinks_lie_where_they_were_planned() {
        let mut blinks = Blinks::new(Random::new(3), 128.0, 30.0);
        let plan: Vec<_> = blinks.plan().take_while(|blink| blink.end < 460_000).collect();
        let hour: Vec<f64> = (0..460_000).map(|_| blinks.sample()).collect();
        let planned = |n: u64| plan.iter().any(|blink| blink.contains(&n));
        let last = plan.last().unwrap().end;
        assert!(plan.len() > 1500);
        let mut shown = hour.iter().zip(0..last).filter(|(value, _)| **value > 1e-9);
        assert!(shown.all(|(_, n)| planned(n)));
        let inner = plan.iter().flat_map(|blink| blink.start + 1..blink.end - 1);
        assert!(inner.into_iter().all(|n| hour[n as usize] > 0.0));
    }

    #[test]
    fn no_blinks_where_none_are_asked_for() {
        let mut blinks = Blinks::new(Random::new(2), 100.0, 0.0);
        assert!((0..100_000).all(|_| blinks.sample() == 0.0));
        assert_eq!(blinks.plan().next(), None);
    }
}
