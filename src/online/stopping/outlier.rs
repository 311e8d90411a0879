use serde::{Deserialize, Serialize};

use super::distribution::student_above;
use super::growth::{check_probability, lead};
use crate::decode::DecodeError;

/// Scores that vary less than this, relative to their size, are equal but for rounding.
const LEAST_VARIANCE: f64 = 1e-20;

/// Stopping by Grubbs' test (1950, Ann Math Stat 21:27): the best score is an outlier among the scores of
/// all targets.
///
/// With m others of mean x̄ and standard deviation s, the best score x of n = m + 1 is one unless chance
/// makes it with a probability of at most `n·P(T > (x − x̄)/(s·√(1 + 1/m)))`, T having Student's
/// distribution with m − 1 degrees of freedom. Nothing is learned and no label is needed, scores may be of
/// any kind, and with few targets, of which little is known, it waits. It takes three targets at the
/// least, and the probability holds for one look.
///
/// ```
/// use evoked::online::stopping::Outlier;
/// let outlier = Outlier { probability: 0.95 };
/// assert_eq!(outlier.reached(&[0.2, 0.25, 0.31, 0.22, 0.24]), None);
/// assert!(outlier.reached(&[0.2, 0.25, 0.9, 0.22, 0.24]).is_some_and(|(best, p)| best == 2 && p > 0.99));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Outlier {
    /// How likely the best score has to be no work of chance.
    pub probability: f64,
}

impl Outlier {
    pub(super) fn check(&self) -> Result<(), DecodeError> {
        check_probability("probability of a stopping rule", self.probability)
    }

    /// The best target where its score is an outlier, with that probability.
    pub fn reached(&self, scores: &[f64]) -> Option<(usize, f64)> {
        let (best, _) = lead(scores)?;
        if scores.len() < 3 {
            return None;
        }
        let others = || scores.iter().enumerate().filter(|(k, _)| *k != best).map(|(_, s)| *s);
        let count = (scores.len() - 1) as f64;
        let mean = others().sum::<f64>() / count;
        let variance = others().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (count - 1.0);
        let size = scores[best].abs().max(mean.abs());
        if !(variance > LEAST_VARIANCE * size * size && variance.is_finite()) {
            return None;
        }
        let t = (scores[best] - mean) / (variance * (1.0 + 1.0 / count)).sqrt();
        let probability = 1.0 - scores.len() as f64 * student_above(t, count - 1.0);
        (probability >= self.probability).then_some((best, probability))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Critical values of G = (max − mean)/s of all scores (Grubbs & Beck 1972, Technometrics 14:847,
    /// table 1, upper 5 and 1 %).
    #[test]
    fn it_stops_where_the_published_table_does() {
        for (n, five, one) in [(5, 1.672, 1.749), (10, 2.176, 2.410), (20, 2.557, 2.884)] {
            for (probability, critical) in [(0.95, five), (0.99, one)] {
                let outlier = Outlier { probability };
                let reached = |g: f64| outlier.reached(&scores(n, g)).is_some();
                assert!(!reached(critical - 0.01) && reached(critical + 0.01), "{n} {probability}");
            }
        }
    }

    /// So many scores, the largest so many standard deviations above the mean of all.
    fn scores(n: usize, g: f64) -> Vec<f64> {
        let rest = |k: usize| if k.is_multiple_of(2) { 1.0 } else { -1.0 };
        let of = |top: f64| -> Vec<f64> {
            (0..n - 1)
                .map(|k| rest(k) * if n.is_multiple_of(2) && k == 0 { 0.0 } else { 1.0 })
                .chain([top])
                .collect()
        };
        let deviation = |scores: &[f64]| {
            let mean = scores.iter().sum::<f64>() / n as f64;
            let squares: f64 = scores.iter().map(|s| (s - mean).powi(2)).sum();
            (scores[n - 1] - mean) / (squares / (n - 1) as f64).sqrt()
        };
        let (mut low, mut high) = (1.0, 1e6);
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if deviation(&of(middle)) < g { low = middle } else { high = middle }
        }
        of(low)
    }

    #[test]
    fn scores_without_a_spread_or_of_two_targets_say_nothing() {
        let outlier = Outlier { probability: 0.5 };
        assert_eq!(outlier.reached(&[0.9, 0.1]), None);
        assert_eq!(outlier.reached(&[0.4; 8]), None);
        assert_eq!(outlier.reached(&[f64::MAX, -f64::MAX, 0.0, 1.0]), None);
        assert_eq!(outlier.reached(&[0.1, f64::NAN, 0.2, 0.9]), None);
    }
}
