//! Stretches of samples that never arrive.

use std::ops::Range;

use super::chance::Waiting;
use super::{Random, SessionParams};

/// Seconds of samples between two lost stretches, at least.
const SHORTEST_S: f64 = 0.1;

/// The lost stretches of a session that ends before sample `end`: at random times, 0.5 to 1.5 times
/// the typical length and at least one sample long. The session's first and last sample arrive, so
/// each of them is a gap between samples.
pub(super) fn plan(params: &SessionParams, mut random: Random, end: u64) -> Vec<Range<u64>> {
    // The time that is lost is no time of waiting.
    let Some(waiting) = Waiting::new(params.losses_per_min, SHORTEST_S + params.loss_s) else {
        return Vec::new();
    };
    let mut lost: Vec<Range<u64>> = Vec::new();
    let mut onset_s = 0.0;
    loop {
        let len_s = params.loss_s * (0.5 + random.uniform());
        onset_s += waiting.draw_s(&mut random) - params.loss_s;
        let first = (onset_s * params.rate_hz).round() as u64;
        let first = first.max(lost.last().map_or(1, |before| before.end + 1));
        let len = ((len_s * params.rate_hz).round() as u64).max(1);
        let stretch = first..first.saturating_add(len);
        if stretch.end >= end {
            return lost;
        }
        lost.push(stretch);
        onset_s += len_s;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(losses_per_min: f64, loss_s: f64) -> Vec<Range<u64>> {
        let params = SessionParams { losses_per_min, loss_s, ..SessionParams::default() };
        plan(&params, Random::new(7), 250 * 3600)
    }

    #[test]
    fn losses_are_as_many_and_as_long_as_asked() {
        for (per_min, loss_s) in [(10.0, 1.0), (40.0, 0.2), (2.0, 10.0)] {
            let lost = lost(per_min, loss_s);
            let count = lost.len() as f64;
            let expected = 60.0 * per_min;
            assert!((count - expected).abs() < 4.0 * expected.sqrt(), "{count} {expected}");
            let lens = lost.iter().map(|stretch| (stretch.end - stretch.start) as f64);
            let mean = lens.clone().sum::<f64>() / count;
            assert!((mean / (250.0 * loss_s) - 1.0).abs() < 0.1, "{mean}");
            let longest = 375.0 * loss_s + 1.0;
            assert!(lens.into_iter().all(|len| (125.0 * loss_s - 1.0..longest).contains(&len)));
            assert!(lost.windows(2).all(|pair| pair[1].start >= pair[0].end + 24));
        }
    }

    #[test]
    fn a_loss_is_a_gap_of_at_least_a_sample() {
        assert!(lost(60.0, 0.0).iter().all(|stretch| stretch.end == stretch.start + 1));
        assert!(lost(0.0, 1.0).is_empty());
        let params = SessionParams { losses_per_min: 60.0, loss_s: 0.4, ..Default::default() };
        for end in 0..400 {
            let lost = plan(&params, Random::new(end), end);
            assert!(lost.iter().all(|stretch| stretch.start > 0 && stretch.end < end));
        }
    }
}
