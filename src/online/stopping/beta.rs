use serde::{Deserialize, Serialize};

use super::distribution::incomplete_beta;
use super::growth::{check_probability, lead};
use crate::decode::DecodeError;

/// Correlations that vary less than this are equal but for rounding.
const LEAST_VARIANCE: f64 = 1e-16;

/// Beta stopping (as in Thielen et al. 2021, J Neural Eng 18:056007): the scores but the best follow a
/// beta distribution, and the best is unlikely to be the largest of as many draws from it.
///
/// Scores are correlations, from −1 to 1; those of filter banks are not. Nothing is learned and no label
/// is needed, but there have to be enough targets for the others to tell their distribution: five at the
/// least, and twenty or more for the probability to mean something, since it takes the distribution for
/// known. [`Outlier`](super::Outlier) does not.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Beta {
    /// How likely the largest of as many draws has to be below the best score.
    pub probability: f64,
}

impl Beta {
    pub(super) fn check(&self) -> Result<(), DecodeError> {
        check_probability("probability of a stopping rule", self.probability)
    }

    /// The best target where it does not fit the others, with that probability.
    pub fn reached(&self, scores: &[f64]) -> Option<(usize, f64)> {
        let (best, _) = lead(scores)?;
        if scores.len() < 5 {
            return None;
        }
        let unit = |score: f64| (0.5 * (score + 1.0)).clamp(0.0, 1.0);
        let others =
            || scores.iter().enumerate().filter(|(k, _)| *k != best).map(|(_, s)| unit(*s));
        let count = (scores.len() - 1) as f64;
        let mean = others().sum::<f64>() / count;
        let variance = others().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (count - 1.0);
        // Scores that are all alike have no distribution.
        if variance < LEAST_VARIANCE {
            return None;
        }
        // The distribution with this mean and variance.
        let total = mean * (1.0 - mean) / variance - 1.0;
        if !(total.is_finite() && total > 0.0) {
            return None;
        }
        let below = incomplete_beta(mean * total, (1.0 - mean) * total, unit(scores[best]));
        let probability = below.powf(scores.len() as f64);
        (probability >= self.probability).then_some((best, probability))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_far_above_the_others_stops() {
        let mut scores: Vec<f64> = (0..20).map(|k| 0.05 * f64::from(k % 5) - 0.1).collect();
        let beta = Beta { probability: 0.95 };
        assert_eq!(beta.reached(&scores), None);
        scores[7] = 0.6;
        let (best, probability) = beta.reached(&scores).unwrap();
        assert!(best == 7 && probability > 0.99);
        assert_eq!(beta.reached(&[0.9, 0.0, 0.0]), None);
        assert_eq!(beta.reached(&[0.9; 8]), None);
    }
}
