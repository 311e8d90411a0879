use super::error::{DspError, check_len};

/// Columns that are summed side by side.
const LANES: usize = 8;

/// How much of a multiple of the identity makes a sample covariance the best estimate, between 0 and
/// 1 (Ledoit and Wolf 2004, J Multivar Anal 88:365).
///
/// `rows` holds p rows of n samples without their means, `covariance` is p × p, their products over
/// n. With μ the mean of the covariance's diagonal, the estimate meant is
/// `(1 − γ)·S + γ·μ·I`, and `γ = min(b, d)/d` with `d = |S − μI|²/p` and
/// `b = Σ|xx' − S|²/(p·n²)` over the samples x. It is 0 where S is a multiple of the identity.
///
/// ```
/// use evoked::dsp::ledoit_wolf;
///
/// // Two channels, four samples.
/// let rows = [1.0, -1.0, 1.0, -1.0, /**/ 0.5, -0.5, -0.5, 0.5];
/// let covariance = [1.0, 0.0, 0.0, 0.25];
/// let shrinkage = ledoit_wolf(&rows, 4, &covariance)?;
/// assert!((shrinkage - 0.4444444444444444).abs() < 1e-12);
/// # Ok::<(), evoked::dsp::DspError>(())
/// ```
///
/// # Errors
/// [`DspError::Length`] if `rows` is not a whole number of rows, or the covariance does not fit.
pub fn ledoit_wolf(rows: &[f64], samples: usize, covariance: &[f64]) -> Result<f64, DspError> {
    let p = rows.len().checked_div(samples).unwrap_or(0);
    check_len("rows", rows.len(), p.saturating_mul(samples))?;
    check_len("covariance", covariance.len(), p.saturating_mul(p))?;
    if p == 0 {
        return Ok(0.0);
    }
    let (size, count) = (p as f64, samples as f64);
    let mean = covariance.iter().step_by(p + 1).sum::<f64>() / size;
    let square = covariance.iter().map(|value| value * value).sum::<f64>();
    let off: f64 = (0..p * p)
        .map(|at| covariance[at] - if at % (p + 1) == 0 { mean } else { 0.0 })
        .map(|value| value * value)
        .sum();
    let scatter = fourth_powers(rows, samples) - count * square;
    let (b, d) = (scatter.max(0.0) / (count * count), off);
    Ok(if d > 0.0 { (b / d).min(1.0) } else { 0.0 })
}

/// `Σ |x|⁴` over the samples.
fn fourth_powers(rows: &[f64], samples: usize) -> f64 {
    let mut sum = 0.0;
    for first in (0..samples).step_by(LANES) {
        let mut squares = [0.0; LANES];
        for row in rows.chunks_exact(samples) {
            for (square, value) in squares.iter_mut().zip(&row[first..]) {
                *square += value * value;
            }
        }
        sum += squares.iter().map(|square| square * square).sum::<f64>();
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The definition, sample by sample.
        #[test]
        fn it_is_the_papers_ratio(rows in 1..5usize, samples in 2..30usize, seed in 0..1000u32) {
            let value = |at: usize| f64::from((at as u32 * 7919 + seed * 31) % 101) - 50.0;
            let mut x: Vec<f64> = (0..rows * samples).map(value).collect();
            for row in x.chunks_mut(samples) {
                let mean = row.iter().sum::<f64>() / samples as f64;
                row.iter_mut().for_each(|value| *value -= mean);
            }
            let at = |i: usize, n: usize| x[i * samples + n];
            let s = |i: usize, j: usize| -> f64 {
                (0..samples).map(|n| at(i, n) * at(j, n)).sum::<f64>() / samples as f64
            };
            let covariance: Vec<f64> = (0..rows * rows).map(|k| s(k / rows, k % rows)).collect();
            let mu = (0..rows).map(|i| s(i, i)).sum::<f64>() / rows as f64;
            let (mut d, mut b) = (0.0, 0.0);
            for i in 0..rows {
                for j in 0..rows {
                    d += (s(i, j) - if i == j { mu } else { 0.0 }).powi(2) / rows as f64;
                    for n in 0..samples {
                        let own = at(i, n) * at(j, n) - s(i, j);
                        b += own.powi(2) / rows as f64 / (samples * samples) as f64;
                    }
                }
            }
            prop_assume!(d > 1e-9 * mu * mu);
            let found = ledoit_wolf(&x, samples, &covariance).unwrap();
            prop_assert!((found - b.min(d) / d).abs() < 1e-9, "{} {}", found, b.min(d) / d);
        }
    }

    #[test]
    fn nothing_to_shrink_and_what_does_not_fit() {
        assert_eq!(ledoit_wolf(&[1.0, -1.0], 2, &[1.0]), Ok(0.0));
        assert_eq!(ledoit_wolf(&[], 0, &[]), Ok(0.0));
        assert!(ledoit_wolf(&[1.0; 5], 2, &[1.0; 4]).is_err());
        assert!(ledoit_wolf(&[1.0; 4], 2, &[1.0; 3]).is_err());
    }
}
