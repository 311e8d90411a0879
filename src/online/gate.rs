use serde::{Deserialize, Serialize};

use crate::decode::DecodeError;

/// Steps from the highest threshold to the lowest.
const MOST_STEPS: usize = 256;

/// Whether the user looks at a target at all, by the scores of windows that slide.
///
/// A score counts by how far it is above what is usual at rest, in standard deviations, since some
/// targets score higher than others when nothing is looked at: one may fall on the alpha rhythm. The
/// best target is decided when it is beyond a threshold and stays the best for some looks (the dwell
/// time); then nothing is decided for a while (the refractory time), in which the user can look away.
///
/// ```
/// use evoked::online::Gate;
///
/// // Looks at rest in the order of time, one a tenth of a second: two targets, the first scores higher.
/// let score = |n: u32, k: u32| f64::from((n * n * 31 + n * 17 + k * 7) % 101) / 500.0;
/// let rest: Vec<Vec<f64>> = (0..600).map(|n| vec![0.3 + score(n, 0), 0.1 + score(n, 3)]).collect();
/// let gate = Gate { dwell: 3, refractory: 10, ..Gate::default() }.learn(&[rest], 0.1, 2.0)?;
///
/// let mut state = gate.start();
/// let looks = [[0.4, 0.2], [0.35, 0.5], [0.4, 0.5], [0.4, 0.6]];
/// let found: Vec<_> = looks.iter().map(|scores| gate.look(scores, &mut state)).collect();
/// assert_eq!(found, [None, None, None, Some(1)]);
/// # Ok::<(), evoked::decode::DecodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// Mean and standard deviation of each target's scores at rest; scores count as they are where
    /// this is empty.
    pub usual: Vec<(f64, f64)>,
    /// What a score has to be beyond, in standard deviations; scores as they are where nothing is
    /// usual.
    pub threshold: f64,
    /// Looks in a row at which the same target has to be the best, and beyond the threshold.
    pub dwell: u32,
    /// Looks after a decision at which nothing is decided.
    pub refractory: u32,
}

/// How far a [`Gate`] has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GateState {
    best: Option<usize>,
    held: u32,
    quiet: u32,
}

impl GateState {
    /// So many looks pass without scores: no target stays the best, and a pause goes on.
    pub(crate) fn skip(&mut self, looks: u64) {
        let quiet = u64::from(self.quiet).saturating_sub(looks) as u32;
        *self = Self { quiet, ..Self::default() };
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self { usual: Vec::new(), threshold: 0.0, dwell: 1, refractory: 0 }
    }
}

impl Gate {
    /// What is usual, and the least threshold with which there are so many false activations a minute
    /// at most, from the scores of looks at rest: stretches of looks in the order of time, `step_s`
    /// seconds from one to the next. Dwell and refractory looks are those of this gate.
    ///
    /// One activation more than were seen counts, as a further stretch may hold it; where not even that
    /// is allowed, the threshold is above all that was seen. For other stretches the rate scatters, the
    /// more the shorter they are: of λ expected activations about √λ more or fewer are seen.
    ///
    /// # Errors
    /// [`DecodeError::Untrained`] for fewer than two looks; [`DecodeError::Setting`] for looks of
    /// different numbers of scores, a score that is no number, scores that never differ, or a rate or
    /// a step that is none.
    pub fn learn(
        self,
        rest: &[Vec<Vec<f64>>],
        step_s: f64,
        activations_per_min: f64,
    ) -> Result<Self, DecodeError> {
        let refused =
            |name, found: String, expected| Err(DecodeError::Setting { name, found, expected });
        if !(step_s.is_finite() && step_s > 0.0) {
            return refused("step between looks", step_s.to_string(), "seconds above 0");
        }
        if !(activations_per_min.is_finite() && activations_per_min >= 0.0) {
            let found = activations_per_min.to_string();
            return refused("false activations a minute", found, "0 or more");
        }
        let looks = || rest.iter().flatten();
        let (count, targets) = (looks().count(), looks().next().map_or(0, Vec::len));
        if count < 2 || targets == 0 {
            return Err(DecodeError::Untrained { label: "rest".into(), found: count, needed: 2 });
        }
        if looks().any(|scores| scores.len() != targets || scores.iter().any(|s| !s.is_finite())) {
            let found = "looks of different numbers of scores, or scores that are no numbers";
            return refused("looks at rest", found.into(), "a finite score a target");
        }
        let Some(usual) = (0..targets).map(|k| spread(looks().map(|s| s[k]))).collect() else {
            let found = "scores of a target that are all alike".into();
            return refused("looks at rest", found, "scores that vary");
        };
        let mut gate = Self { usual, threshold: f64::INFINITY, ..self };
        let mut best: Vec<f64> = looks().filter_map(|s| gate.best(s)).map(|(_, z)| z).collect();
        best.sort_by(f64::total_cmp);
        let most = activations_per_min * step_s * count as f64 / 60.0;
        let is_allowed = |threshold: f64| {
            let lower = Self { threshold, ..gate.clone() };
            let found: usize = rest.iter().map(|stretch| lower.activations(stretch)).sum();
            (found + 1) as f64 <= most
        };
        gate.threshold = match least_allowed(&best, is_allowed) {
            Some(threshold) => threshold,
            None => best.last().map_or(f64::INFINITY, |highest| highest.next_up()),
        };
        Ok(gate)
    }

    /// Decisions in a stretch of looks.
    fn activations(&self, looks: &[Vec<f64>]) -> usize {
        let mut state = self.start();
        looks.iter().filter(|scores| self.look(scores, &mut state).is_some()).count()
    }

    /// Nothing has been looked at.
    pub fn start(&self) -> GateState {
        GateState::default()
    }

    /// The target that is decided at the next look, if any.
    pub fn look(&self, scores: &[f64], state: &mut GateState) -> Option<usize> {
        if state.quiet > 0 {
            state.quiet -= 1;
            return None;
        }
        let best = self.best(scores).filter(|(_, z)| *z >= self.threshold).map(|(best, _)| best);
        state.held = if best == state.best { state.held.saturating_add(1) } else { 1 };
        state.best = best;
        if best.is_none() || state.held < self.dwell {
            return None;
        }
        *state = GateState { quiet: self.refractory, ..GateState::default() };
        best
    }

    /// The target whose score is furthest above what is usual, and how far; `None` where a score is no
    /// number.
    fn best(&self, scores: &[f64]) -> Option<(usize, f64)> {
        let mut best: Option<(usize, f64)> = None;
        for (target, &score) in scores.iter().enumerate() {
            let (mean, deviation) = match self.usual.is_empty() {
                true => (0.0, 1.0),
                false => *self.usual.get(target)?,
            };
            let z = (score - mean) / deviation;
            if z.is_nan() {
                return None;
            }
            if best.is_none_or(|(_, top)| z > top) {
                best = Some((target, z));
            }
        }
        best
    }
}

/// The least of rising thresholds that is allowed, as are those above it: from the highest downwards in
/// steps, and from the first that is refused back up by halves.
fn least_allowed(thresholds: &[f64], is_allowed: impl Fn(f64) -> bool) -> Option<f64> {
    let step = thresholds.len().div_ceil(MOST_STEPS);
    let mut allowed = thresholds.len();
    let mut lower = allowed.saturating_sub(step);
    while lower < allowed && is_allowed(thresholds[lower]) {
        (allowed, lower) = (lower, lower.saturating_sub(step));
    }
    while allowed - lower > 1 {
        let middle = lower.midpoint(allowed);
        if is_allowed(thresholds[middle]) { allowed = middle } else { lower = middle }
    }
    thresholds.get(allowed).copied()
}

/// Mean and standard deviation; `None` where nothing varies.
fn spread(values: impl Iterator<Item = f64> + Clone) -> Option<(f64, f64)> {
    let count = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / count;
    let squares: f64 = values.map(|value| (value - mean) * (value - mean)).sum();
    let deviation = (squares / (count - 1.0)).sqrt();
    (deviation.is_finite() && deviation > 0.0).then_some((mean, deviation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_has_to_be_held_and_then_rests() {
        let gate = Gate { threshold: 0.5, dwell: 2, refractory: 3, ..Gate::default() };
        let mut state = gate.start();
        let mut look = |a: f64, b: f64| gate.look(&[a, b], &mut state);
        assert_eq!([look(0.6, 0.1), look(0.1, 0.6), look(0.4, 0.3)], [None; 3]);
        assert_eq!([look(0.2, 0.5), look(0.1, 0.6)], [None, Some(1)]);
        assert_eq!([look(0.1, 0.6), look(0.1, 0.6), look(0.1, 0.6)], [None; 3]);
        assert_eq!([look(0.1, 0.6), look(0.1, 0.6)], [None, Some(1)]);
        let mut fresh = gate.start();
        assert_eq!(gate.look(&[f64::NAN, 1.0], &mut fresh), None);
        assert_eq!(gate.look(&[], &mut fresh), None);
    }

    /// Independent looks whose best z is known: the threshold is where the activations are counted.
    #[test]
    fn the_threshold_is_the_least_that_keeps_the_rate() {
        let score = |n: usize| ((n * 7919 + n * n * 31) % 1009) as f64;
        let rest: Vec<Vec<f64>> =
            (0..1200).map(|n| vec![score(n), 1000.0 + 3.0 * score(n + 5000)]).collect();
        for (per_min, dwell) in [(0.0, 1), (3.0, 1), (30.0, 1), (3.0, 2)] {
            let gate = Gate { dwell, ..Gate::default() };
            let gate = gate.learn(std::slice::from_ref(&rest), 0.1, per_min).unwrap();
            // 1200 looks last two minutes.
            let count = |gate: &Gate| gate.activations(&rest) as f64 / 2.0;
            // And one more.
            assert!(count(&gate) <= (per_min - 0.5).max(0.0), "{per_min} {}", count(&gate));
            if dwell == 1 && per_min > 0.0 {
                let lower = Gate { threshold: gate.threshold - 0.2, ..gate.clone() };
                assert!(count(&lower) > per_min - 0.5, "{per_min} {}", count(&lower));
            }
            let z: Vec<f64> = (0..2)
                .map(|k| {
                    let own = rest.iter().map(|s| s[k]);
                    let mean = own.clone().sum::<f64>() / 1200.0;
                    let variance = own.map(|s| (s - mean).powi(2)).sum::<f64>() / 1199.0;
                    (gate.usual[k].0 - mean).abs() + (gate.usual[k].1 - variance.sqrt()).abs()
                })
                .collect();
            assert!(z.iter().all(|off| *off < 1e-9));
        }
    }

    /// However many looks there are: the ninth highest of all, where nine are allowed.
    #[test]
    fn the_threshold_is_the_least_among_many_looks() {
        let score = |n: u64| n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(n * n) >> 12;
        let rest: Vec<Vec<f64>> = (1..20_000).map(|n| vec![score(n) as f64]).collect();
        let gate = Gate::default().learn(std::slice::from_ref(&rest), 60.0, 10.5 / 19_999.0);
        assert_eq!(gate.unwrap().activations(&rest), 9);
    }

    #[test]
    fn looks_that_teach_nothing_are_refused() {
        let learn = |rest: Vec<Vec<f64>>, step_s| Gate::default().learn(&[rest], step_s, 1.0);
        assert!(matches!(learn(vec![], 0.1), Err(DecodeError::Untrained { .. })));
        assert!(learn(vec![vec![1.0], vec![1.0]], 0.1).is_err());
        assert!(learn(vec![vec![1.0], vec![f64::NAN]], 0.1).is_err());
        assert!(learn(vec![vec![1.0], vec![2.0, 3.0]], 0.1).is_err());
        assert!(learn(vec![vec![1.0], vec![2.0]], 0.0).is_err());
        assert!(learn(vec![vec![1.0], vec![2.0]], 0.1).is_ok());
    }
}
