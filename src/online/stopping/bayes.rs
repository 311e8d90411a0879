use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};

use super::growth::{Growth, check, check_probability, lead};
use crate::decode::DecodeError;

/// Probabilities that [`Bayes::learn_for`] tries, in rising order.
const PROBABILITIES: [f64; 10] = [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99];

/// Bayesian stopping (after Ahmadi et al. 2024, Front Hum Neurosci 18:1437965): how likely each target
/// is, by what scores targets had in the calibration when they were looked at and when they were not.
///
/// At each step the scores of the target looked at are taken for normal, and those of the others, all
/// targets being equally likely beforehand. It stops where the best target is likely enough.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bayes {
    /// How likely the best target has to be.
    pub probability: f64,
    /// What was learned for each step; `None` where there was too little.
    pub steps: Vec<Option<Learned>>,
}

/// Means and standard deviations of scores.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    /// Of the target that is looked at.
    pub target: (f64, f64),
    /// Of the others.
    pub others: (f64, f64),
}

impl Bayes {
    /// Learns the scores from calibration trials, best from ones that the decoder was not fitted to.
    ///
    /// # Errors
    /// [`DecodeError::Setting`] for no trials, trials of different steps or targets, or a probability
    /// that is none.
    pub fn learn(trials: &[Growth], probability: f64) -> Result<Self, DecodeError> {
        check_probability("probability of a stopping rule", probability)?;
        let steps = check(trials)?;
        let learned = (0..steps).map(|step| {
            let (mut own, mut others) = (Vec::new(), Vec::new());
            for trial in trials {
                for (target, score) in trial.steps[step].iter().enumerate() {
                    if target == trial.target { own.push(*score) } else { others.push(*score) }
                }
            }
            Some(Learned { target: spread(&own)?, others: spread(&others)? })
        });
        Ok(Self { probability, steps: learned.collect() })
    }

    /// The same with the least probability with which so large a part of these trials is decided right,
    /// those included that are decided at the last step only; the greatest where none is enough.
    ///
    /// # Errors
    /// As [`learn`](Self::learn).
    pub fn learn_for(trials: &[Growth], accuracy: f64) -> Result<Self, DecodeError> {
        check_probability("accuracy of a stopping rule", accuracy)?;
        let mut rule = Self::learn(trials, PROBABILITIES[0])?;
        for probability in PROBABILITIES {
            rule.probability = probability;
            let right = trials.iter().filter(|trial| rule.decided(trial) == Some(trial.target));
            if right.count() as f64 >= accuracy * trials.len() as f64 {
                break;
            }
        }
        Ok(rule)
    }

    pub(super) fn check(&self) -> Result<(), DecodeError> {
        check_probability("probability of a stopping rule", self.probability)?;
        let spreads = self.steps.iter().flatten().flat_map(|step| [step.target, step.others]);
        let wrong = |(mean, deviation): &(f64, f64)| {
            !(mean.is_finite() && deviation.is_finite() && *deviation > 0.0)
        };
        match spreads.into_iter().find(wrong) {
            None => Ok(()),
            Some((mean, deviation)) => {
                let (found, expected) =
                    (format!("{mean} ± {deviation}"), "a mean and a positive deviation");
                Err(DecodeError::Setting { name: "scores of a stopping rule", found, expected })
            }
        }
    }

    /// What is decided of a trial.
    fn decided(&self, trial: &Growth) -> Option<usize> {
        let mut steps = trial.steps.iter().enumerate();
        let stopped = steps.find_map(|(step, scores)| self.reached(step, scores));
        stopped.or_else(|| trial.steps.last().and_then(|scores| lead(scores))).map(|(best, _)| best)
    }

    /// How likely each target is; `None` for steps of which nothing is known.
    pub fn posterior(&self, step: usize, scores: &[f64]) -> Option<Vec<f64>> {
        let learned = (*self.steps.get(step)?)?;
        let (_, largest, total) = learned.summary(scores)?;
        Some(scores.iter().map(|score| (learned.ratio(*score) - largest).exp() / total).collect())
    }

    /// The best target where it is likely enough, with that probability.
    pub fn reached(&self, step: usize, scores: &[f64]) -> Option<(usize, f64)> {
        let (best, _, total) = (*self.steps.get(step)?)?.summary(scores)?;
        // The power of the largest is 1.
        let probability = 1.0 / total;
        (probability >= self.probability).then_some((best, probability))
    }
}

impl Learned {
    /// How much likelier a score is of the target that is looked at, as a logarithm.
    fn ratio(&self, score: f64) -> f64 {
        ln_normal(score, self.target) - ln_normal(score, self.others)
    }

    /// The likeliest target, its ratio, and the sum of all ratios' powers relative to its own.
    fn summary(&self, scores: &[f64]) -> Option<(usize, f64, f64)> {
        let ratios = || scores.iter().map(|score| self.ratio(*score));
        let (best, largest) = ratios().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
        let total: f64 = ratios().map(|ratio| (ratio - largest).exp()).sum();
        total.is_finite().then_some((best, largest, total))
    }
}

/// Mean and standard deviation; `None` for fewer than two values, or none that differ.
fn spread(values: &[f64]) -> Option<(f64, f64)> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let deviation = (squares / (count - 1.0)).sqrt();
    (deviation.is_finite() && deviation > 0.0).then_some((mean, deviation))
}

fn ln_normal(value: f64, (mean, deviation): (f64, f64)) -> f64 {
    let z = (value - mean) / deviation;
    -0.5 * z * z - deviation.ln() - 0.5 * TAU.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bayes' rule with normal densities, written out.
    #[test]
    fn the_posterior_is_that_of_normal_scores() {
        let trial = |target, scores: [f64; 3]| Growth { target, steps: vec![scores.to_vec()] };
        let trials =
            [trial(0, [0.6, 0.1, -0.1]), trial(1, [0.0, 0.4, 0.2]), trial(2, [0.1, -0.2, 0.8])];
        let bayes = Bayes::learn(&trials, 0.9).unwrap();
        let own = [0.6_f64, 0.4, 0.8];
        let others = [0.1_f64, -0.1, 0.0, 0.2, 0.1, -0.2];
        let of = |values: &[f64]| {
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt())
        };
        let density = |x: f64, (m, s): (f64, f64)| (-(x - m).powi(2) / (2.0 * s * s)).exp() / s;
        let scores = [0.3, 0.5, 0.0];
        let likelihood = |k: usize| -> f64 {
            (0..3)
                .map(|j| density(scores[j], if j == k { of(&own) } else { of(&others) }))
                .product()
        };
        let total: f64 = (0..3).map(likelihood).sum();
        let found = bayes.posterior(0, &scores).unwrap();
        for (k, found) in found.iter().enumerate() {
            assert!((found - likelihood(k) / total).abs() < 1e-12);
        }
        assert_eq!(bayes.reached(1, &scores), None);
        assert!(Bayes::learn_for(&trials, 1.0).is_err());
        assert!(Bayes::learn(&[], 0.9).is_err() && Bayes::learn(&trials, 1.0).is_err());
    }

    /// Scores that separate more and more: to be right more often it has to wait longer.
    #[test]
    fn the_accuracy_asked_for_decides_how_long_it_waits() {
        let noise = |k: usize, step: usize, target: usize| {
            ((k * 37 + step * 11 + target * 53) % 41) as f64 / 20.0 - 1.0
        };
        let trial = |k: usize| {
            let scores = |step: usize| {
                let score = |target: usize| {
                    noise(k, step, target) + if target == k % 3 { 0.4 * step as f64 } else { 0.0 }
                };
                (0..3).map(score).collect()
            };
            Growth { target: k % 3, steps: (0..8).map(scores).collect() }
        };
        let trials: Vec<Growth> = (0..60).map(trial).collect();
        let share = |rule: &Bayes| {
            let right = trials.iter().filter(|trial| rule.decided(trial) == Some(trial.target));
            right.count() as f64 / trials.len() as f64
        };
        let hasty = Bayes::learn_for(&trials, 0.7).unwrap();
        let patient = Bayes::learn_for(&trials, 0.95).unwrap();
        assert!(hasty.probability < patient.probability, "{hasty:?} {patient:?}");
        assert!(share(&hasty) >= 0.7 && share(&patient) >= 0.95);
    }
}
