use serde::{Deserialize, Serialize};

use super::growth::{check_probability, lead};
use crate::decode::DecodeError;

/// Steps of the continued fraction; it takes a few dozen.
const MOST_TERMS: usize = 500;
/// Below this a term changes nothing.
const SMALL: f64 = 1e-15;
/// Correlations that vary less than this are equal but for rounding.
const LEAST_VARIANCE: f64 = 1e-16;
/// Stands for zero in a denominator.
const TINY: f64 = 1e-300;

/// Beta stopping (as in Thielen et al. 2021, J Neural Eng 18:056007): the scores but the best follow a
/// beta distribution, and the best is unlikely to be the largest of as many draws from it.
///
/// Scores are correlations, from −1 to 1. Nothing is learned and no label is needed, but there have to
/// be enough targets for the others to tell their distribution: five at the least.
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

/// The regularized incomplete beta function Iₓ(a, b) (Abramowitz & Stegun 1964, 26.5.8, by Lentz's
/// method).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let front = a * x.ln() + b * (-x).ln_1p() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b);
    let nonzero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (mut c, mut d) = (1.0, 1.0 / nonzero(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for m in 1..MOST_TERMS {
        let m = m as f64;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut last = 1.0;
        for term in [even, odd] {
            d = 1.0 / nonzero(1.0 + term * d);
            c = nonzero(1.0 + term / c);
            last = c * d;
            fraction *= last;
        }
        if (last - 1.0).abs() < SMALL {
            break;
        }
    }
    (front.exp() * fraction / a).clamp(0.0, 1.0)
}

/// ln Γ for positive numbers: Stirling's series above 10, by recurrence below (Abramowitz & Stegun
/// 1964, 6.1.41).
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut product) = (x, 1.0_f64);
    while x < 10.0 {
        product *= x;
        x += 1.0;
    }
    let square = x * x;
    let series = (1.0 / 12.0
        - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / (1680.0 * square)) / square) / square)
        / x;
    (x - 0.5) * x.ln() - x + 0.5 * (std::f64::consts::TAU).ln() + series - product.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of scipy.special.betainc.
    #[test]
    fn the_beta_function_is_the_published_one() {
        for (a, b, x, expected) in [
            (1.0, 1.0, 0.3, 0.3),
            (2.0, 3.0, 0.5, 0.6875),
            (0.5, 0.5, 0.25, 1.0 / 3.0),
            (30.0, 40.0, 0.5, 0.8857998873233515),
            (200.0, 180.0, 0.6, 0.9981592572037754),
        ] {
            let found = incomplete_beta(a, b, x);
            assert!((found - expected).abs() < 1e-12, "{a} {b} {x}: {found} {expected}");
        }
        assert_eq!((incomplete_beta(2.0, 2.0, 0.0), incomplete_beta(2.0, 2.0, 1.0)), (0.0, 1.0));
    }

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
