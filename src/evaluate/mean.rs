/// Part of the distribution that an interval covers.
const COVERED: f64 = 0.95;
/// From here on Student's distribution is the normal one to three digits.
const MOST_DEGREES: usize = 1000;

/// A mean over subjects, with Student's 95 % interval: `mean ± t·s/√n`, s being the standard
/// deviation over the subjects and t the quantile for n − 1 degrees of freedom (Student 1908,
/// Biometrika 6:1).
///
/// It tells how far the mean of other subjects may be from this one. It takes the values for normal,
/// so that an interval of accuracies may reach beyond 0 or 1.
///
/// ```
/// use evoked::evaluate::MeanInterval;
/// let of = MeanInterval::of(&[0.6, 0.7, 0.8]).unwrap();
/// // 4.3027 is the quantile for two degrees of freedom.
/// let half = 4.3027 * 0.1 / 3_f64.sqrt();
/// let (low, high) = of.interval_95.unwrap();
/// assert!((of.mean - 0.7).abs() < 1e-12 && (high - 0.7 - half).abs() < 1e-4);
/// assert!((low + high - 1.4).abs() < 1e-12);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanInterval {
    /// Number of values.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// The ends of the interval; `None` for a single value.
    pub interval_95: Option<(f64, f64)>,
}

impl MeanInterval {
    /// The mean of these values; `None` where there is none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let count = values.len();
        if count == 0 {
            return None;
        }
        let n = count as f64;
        let mean = values.iter().sum::<f64>() / n;
        if count == 1 {
            return Some(Self { count, mean, interval_95: None });
        }
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        let deviation = (squares / (n - 1.0)).sqrt();
        let half = student_quantile(count - 1) * deviation / n.sqrt();
        Some(Self { count, mean, interval_95: Some((mean - half, mean + half)) })
    }
}

/// The t beyond which lies 5 % of Student's distribution, on both sides together.
fn student_quantile(degrees: usize) -> f64 {
    let degrees = degrees.min(MOST_DEGREES);
    let (mut low, mut high) = (0.0, std::f64::consts::FRAC_PI_2);
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if covered(middle, degrees) < COVERED { low = middle } else { high = middle }
    }
    (degrees as f64).sqrt() * low.tan()
}

/// How likely |T| is below `√degrees · tan(angle)`: the finite sums of Abramowitz & Stegun 1964,
/// 26.7.3 and 26.7.4.
fn covered(angle: f64, degrees: usize) -> f64 {
    let (sin, cos) = angle.sin_cos();
    let odd = degrees % 2 == 1;
    let (mut term, mut sum) = if odd { (cos, cos) } else { (1.0, 1.0) };
    let first = if odd { 3 } else { 2 };
    for k in (first..degrees).step_by(2) {
        term *= cos * cos * (k as f64 - 1.0) / k as f64;
        sum += term;
    }
    match (odd, degrees) {
        (true, 1) => angle * std::f64::consts::FRAC_2_PI,
        (true, _) => (angle + sin * sum) * std::f64::consts::FRAC_2_PI,
        (false, _) => sin * sum,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quantiles of the usual printed tables.
    #[test]
    fn the_quantiles_are_those_of_the_tables() {
        let table = [
            (1, 12.7062),
            (2, 4.3027),
            (3, 3.1824),
            (4, 2.7764),
            (5, 2.5706),
            (7, 2.3646),
            (10, 2.2281),
            (20, 2.0860),
            (29, 2.0452),
            (34, 2.0322),
            (100, 1.9840),
        ];
        for (degrees, quantile) in table {
            let found = student_quantile(degrees);
            assert!((found - quantile).abs() < 6e-5, "{degrees}: {found}");
        }
        assert!((student_quantile(1_000_000) - 1.96).abs() < 3e-3);
    }

    #[test]
    fn one_value_has_no_interval_and_none_no_mean() {
        assert_eq!(MeanInterval::of(&[]), None);
        assert_eq!(MeanInterval::of(&[0.5]).unwrap().interval_95, None);
        assert_eq!(MeanInterval::of(&[1.0; 4]).unwrap().interval_95, Some((1.0, 1.0)));
    }
}
