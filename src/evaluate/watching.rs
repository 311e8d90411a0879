use std::ops::Range;

use super::replay::replay_source;
use super::{Cut, EvaluateError, Split, Subject};
use crate::decode::{Direction, FilterBank, Preprocess, Settings, without_rest};
use crate::online::{Gaps, Gate, Session, SinusoidsParams, Span, Statistic, Watch};
use crate::stimulus::Codebook;

/// Most looks of a window.
const MOST_LOOKS: f64 = 1e5;

/// An evaluation without cues: recordings go through a live session whose window slides, and a gate
/// that was learned at rest decides when a target is looked at.
///
/// The gate is learned from the training trials at rest of a split, and counts in the test trials.
#[derive(Debug, Clone)]
pub struct Watching<'a> {
    /// The targets, one of which shows nothing: rest.
    pub codebook: &'a Codebook,
    /// The score.
    pub statistic: Statistic,
    /// Harmonics, mains and the weights of the bank's bands.
    pub settings: Settings,
    /// Bands of the filters.
    pub bank: Option<FilterBank>,
    /// Mains frequency to remove.
    pub notch_hz: Option<f64>,
    /// Seconds of the window, to the nearest whole number of steps.
    pub window_s: f64,
    /// Seconds between two looks.
    pub step_s: f64,
    /// Seconds for which a target has to stay the best one.
    pub dwell_s: f64,
    /// Seconds after a decision in which nothing is decided.
    pub refractory_s: f64,
    /// False activations a minute that the training trials may have.
    pub activations_per_min: f64,
    /// Training and test.
    pub split: Split,
}

/// What became of the trials.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Watched {
    /// Trials with a target in which it was the first to be decided.
    pub hits: usize,
    /// Trials with a target in which another one was decided first.
    pub wrong: usize,
    /// Trials with a target in which nothing was decided.
    pub missed: usize,
    /// Seconds from the onset to the decision, of the hits.
    pub hit_s: Vec<f64>,
    /// Decisions at rest.
    pub false_activations: usize,
    /// Seconds of rest in which there could have been one: whose windows lie within the trial.
    pub rest_s: f64,
}

impl Watched {
    /// Adds the trials of another subject.
    pub fn merge(&mut self, other: &Watched) {
        self.hits += other.hits;
        self.wrong += other.wrong;
        self.missed += other.missed;
        self.hit_s.extend_from_slice(&other.hit_s);
        self.false_activations += other.false_activations;
        self.rest_s += other.rest_s;
    }

    /// False activations a minute; `None` without rest.
    pub fn activations_per_min(&self) -> Option<f64> {
        (self.rest_s > 0.0).then(|| 60.0 * self.false_activations as f64 / self.rest_s)
    }

    /// Mean seconds to a hit.
    pub fn mean_hit_s(&self) -> Option<f64> {
        (!self.hit_s.is_empty()).then(|| self.hit_s.iter().sum::<f64>() / self.hit_s.len() as f64)
    }
}

/// The scores of a window.
struct Look {
    window: Range<u64>,
    scores: Vec<f64>,
}

/// The times in samples, and dwell and refractory times in looks.
struct Times {
    step: usize,
    blocks: usize,
    gate: Gate,
}

impl Watching<'_> {
    /// Watches a subject's recordings.
    ///
    /// # Errors
    /// [`EvaluateError::Setting`] for times that are none; [`EvaluateError::Split`],
    /// [`EvaluateError::NeedsSplit`] where the split trains nothing; [`EvaluateError::Decode`] for a
    /// codebook without rest, training trials without rest, and for what no decoder can be made of.
    pub fn run(&self, subject: &Subject<'_>) -> Result<Watched, EvaluateError> {
        let Some(rate_hz) = subject.rate_hz() else { return Ok(Watched::default()) };
        if self.split == Split::Untrained {
            return Err(EvaluateError::NeedsSplit { method: "rejection of no control" });
        }
        let times = self.times(rate_hz)?;
        let (rest, own) = without_rest(self.codebook)?;
        let looks = self.looks(subject, &own, &times, rate_hz)?;
        let trials = subject.trials();
        let mut watched = Watched::default();
        for fold in self.split.folds(trials)? {
            let at_rest = |place: &&usize| trials[**place].target == rest;
            let stretch = |place: &usize| -> Vec<Vec<f64>> {
                let inside = within(&looks, &trials[*place]);
                inside.iter().map(|look| look.scores.clone()).collect()
            };
            let stretches: Vec<_> = fold.train.iter().filter(at_rest).map(stretch).collect();
            let step_s = times.step as f64 / rate_hz;
            let gate = times.gate.clone().learn(&stretches, step_s, self.activations_per_min)?;
            let decisions: Vec<Vec<(u64, usize)>> =
                looks.iter().map(|looks| decisions(&gate, looks, times.step as u64)).collect();
            for &place in &fold.test {
                let cut = &trials[place];
                let own = decisions[cut.source].iter().filter(|(end, _)| is_in(*end, cut));
                if cut.target == rest {
                    let inside = within(&looks, cut);
                    let is_inside = |end: &u64| inside.iter().any(|look| look.window.end == *end);
                    watched.false_activations += own.filter(|(end, _)| is_inside(end)).count();
                    watched.rest_s += inside.len() as f64 * step_s;
                    continue;
                }
                let target = cut.target - usize::from(cut.target > rest);
                match own.into_iter().next() {
                    None => watched.missed += 1,
                    Some((_, decided)) if *decided != target => watched.wrong += 1,
                    Some((end, _)) => {
                        watched.hits += 1;
                        watched.hit_s.push((end - cut.onset) as f64 / rate_hz);
                    }
                }
            }
        }
        Ok(watched)
    }

    fn times(&self, rate_hz: f64) -> Result<Times, EvaluateError> {
        let refused = |name, found: f64| {
            let expected = "seconds from 0 on, steps and window above 0";
            Err(EvaluateError::Setting { name, found: found.to_string(), expected })
        };
        let Self { window_s, step_s, dwell_s, refractory_s, .. } = *self;
        let named =
            [("window", window_s), ("step", step_s), ("dwell", dwell_s), ("pause", refractory_s)];
        for (name, value) in named {
            if !(0.0..=3600.0).contains(&value) {
                return refused(name, value);
            }
        }
        let step = (step_s * rate_hz).round() as usize;
        if step == 0 || window_s / step_s > MOST_LOOKS {
            return refused("step", step_s);
        }
        let blocks = (window_s / step_s).round() as usize;
        if blocks == 0 {
            return refused("window", window_s);
        }
        // The first look of a dwell time begins it.
        let dwell = 1 + (dwell_s / step_s).round() as u32;
        let refractory = (refractory_s / step_s).round() as u32;
        Ok(Times { step, blocks, gate: Gate { dwell, refractory, ..Gate::default() } })
    }

    /// The scores at each look of each recording, as a live session gives them.
    fn looks(
        &self,
        subject: &Subject<'_>,
        own: &Codebook,
        times: &Times,
        rate_hz: f64,
    ) -> Result<Vec<Vec<Look>>, EvaluateError> {
        let (bank, notch_hz, channels) = (self.bank.clone(), self.notch_hz, subject.channels());
        let direction = Direction::Causal;
        let front = Preprocess { bank, notch_hz, direction, channels: None };
        let filters = front.design(rate_hz)?;
        let bands = self.bank.as_ref().map_or(1, |bank| bank.bands().len());
        let Settings { harmonics, mains_hz, weights, .. } = self.settings.clone();
        let span = Span::Sliding { block: times.step, blocks: times.blocks };
        let statistic = self.statistic;
        let params = SinusoidsParams { statistic, harmonics, mains_hz, weights, span };
        // Every look is let through.
        let gate = Gate { threshold: f64::NEG_INFINITY, ..Gate::default() };
        let (step, window) = (times.step as u64, (times.step * times.blocks) as u64);
        let watch = Watch { window, step, gate, gaps: Gaps::Restart };
        let mut all = Vec::with_capacity(subject.sources().len());
        for source in subject.sources() {
            let decoder = params.build(own, bands * channels, rate_hz)?;
            let mut session = Session::free(filters.as_ref(), channels, watch.clone(), decoder)?;
            let mut looks = Vec::new();
            replay_source(source, &mut session, &[], |session| {
                while let Some(outcome) = session.poll() {
                    let Ok(verdict) = outcome.verdict else { continue };
                    let window = verdict.first..verdict.end;
                    looks.push(Look { window, scores: verdict.scores.to_vec() });
                }
            })?;
            all.push(looks);
        }
        Ok(all)
    }
}

/// Ends of windows at which a gate decides, with the targets, as a live session does; there is no look
/// behind gaps until a window is whole again.
fn decisions(gate: &Gate, looks: &[Look], step: u64) -> Vec<(u64, usize)> {
    let mut state = gate.start();
    let mut last = None;
    let mut decisions = Vec::new();
    for look in looks {
        let end = look.window.end;
        let since = last.map_or(step, |last| end - last);
        if since != step {
            state.skip((since / step).saturating_sub(1));
        }
        last = Some(end);
        decisions.extend(gate.look(&look.scores, &mut state).map(|best| (end, best)));
    }
    decisions
}

/// Looks whose windows lie within a trial.
fn within<'a>(looks: &'a [Vec<Look>], cut: &Cut) -> &'a [Look] {
    let Some(looks) = looks.get(cut.source) else { return &[] };
    let first = looks.partition_point(|look| look.window.start < cut.onset);
    let end = looks.partition_point(|look| look.window.end <= cut.own.end);
    looks.get(first..end).unwrap_or(&[])
}

fn is_in(end: u64, cut: &Cut) -> bool {
    end > cut.onset && end <= cut.own.end
}
