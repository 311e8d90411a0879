use super::error::{DspError, check_len};

/// Rounds of reweighting; a handful is enough to settle.
const ROUNDS: usize = 30;
/// Huber's constant: 95 % efficiency where the errors are normal.
const HUBER: f64 = 1.345;
/// Standard deviations in a median absolute deviation, for normal errors.
const MAD_TO_SD: f64 = 1.4826;

/// The rate of a sample clock by another clock.
///
/// The amplifier's crystal says 250 Hz; by the host's clock it may be 250.48 Hz, and after an hour
/// the two are seconds apart.
///
/// ```
/// use evoked::dsp::ClockFit;
/// // A reading a second for ten minutes, 1 ms late at times.
/// let positions: Vec<f64> = (0..600).map(|second| 250.48 * f64::from(second)).collect();
/// let times: Vec<f64> =
///     (0..600).map(|s| 5.0 + f64::from(s) + f64::from(s % 7 / 6) * 1e-3).collect();
/// let fit = ClockFit::new(&positions, &times)?;
/// assert!((fit.rate_hz - 250.48).abs() < 1e-3);
/// assert!((fit.time_s(0.0) - 5.0).abs() < 1e-3);
/// # Ok::<(), evoked::dsp::DspError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClockFit {
    /// Samples a second.
    pub rate_hz: f64,
    /// Standard error of the rate.
    pub rate_error_hz: f64,
    /// When position zero fell, in seconds of the other clock.
    pub origin_s: f64,
    /// Standard error of that.
    pub origin_error_s: f64,
    /// Standard deviation of the readings about the line, outliers aside.
    pub jitter_s: f64,
}

impl ClockFit {
    /// Fits a line to readings of both clocks: sample positions, and seconds at each.
    ///
    /// Readings arrive late at times, so the fit is robust: it starts from the median slope of
    /// pairs half the session apart and is refined by iteratively reweighted least squares (Huber
    /// 1964, Ann Math Stat 35:73). The standard errors are those of the weighted fit; they hold for
    /// independent errors.
    ///
    /// # Errors
    /// [`DspError::Length`] for lists of different lengths, [`DspError::TooShort`] for fewer than
    /// three readings, [`DspError::NotFinite`], [`DspError::NotPositive`] where time or positions
    /// do not advance.
    pub fn new(positions: &[f64], times_s: &[f64]) -> Result<Self, DspError> {
        check_len("times", times_s.len(), positions.len())?;
        let n = positions.len();
        if n < 3 {
            return Err(DspError::TooShort { what: "clock readings", found: n, needed: 3 });
        }
        if let Some(index) = (0..n).find(|&i| !(positions[i] + times_s[i]).is_finite()) {
            return Err(DspError::NotFinite { what: "clock reading", index });
        }
        // About the middle the two parameters are nearly independent.
        let (middle, middle_s) = (mean(positions), mean(times_s));
        let x: Vec<f64> = positions.iter().map(|position| position - middle).collect();
        let y: Vec<f64> = times_s.iter().map(|time| time - middle_s).collect();
        let mut line = first_line(&x, &y)?;
        let mut weights = vec![1.0; n];
        let mut jitter_s = 0.0;
        for _ in 0..ROUNDS {
            jitter_s = MAD_TO_SD * median(residuals(&x, &y, line).map(f64::abs).collect());
            if jitter_s == 0.0 {
                break;
            }
            for (weight, residual) in weights.iter_mut().zip(residuals(&x, &y, line)) {
                *weight = (HUBER * jitter_s / residual.abs()).min(1.0);
            }
            line = weighted_line(&x, &y, &weights);
        }
        let (slope, level) = line;
        if !(slope.is_finite() && slope > 0.0) {
            return Err(DspError::NotPositive { what: "seconds a sample", found: slope });
        }
        let total: f64 = weights.iter().sum();
        let centre = x.iter().zip(&weights).map(|(x, w)| x * w).sum::<f64>() / total;
        let spread: f64 = x.iter().zip(&weights).map(|(x, w)| w * (x - centre).powi(2)).sum();
        let slope_error = jitter_s / spread.sqrt();
        let from_centre = middle + centre;
        Ok(Self {
            rate_hz: 1.0 / slope,
            rate_error_hz: slope_error / (slope * slope),
            origin_s: middle_s + level - slope * middle,
            origin_error_s: (jitter_s * jitter_s / total + (slope_error * from_centre).powi(2))
                .sqrt(),
            jitter_s,
        })
    }

    /// Seconds of the other clock at a position.
    pub fn time_s(&self, position: f64) -> f64 {
        self.origin_s + position / self.rate_hz
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    let (_, value, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    *value
}

/// Slope and level by medians, which a few late readings do not move.
fn first_line(x: &[f64], y: &[f64]) -> Result<(f64, f64), DspError> {
    let half = x.len() / 2;
    let pairs = x.iter().zip(y).zip(x[half..].iter().zip(&y[half..]));
    let slopes: Vec<f64> = pairs
        .map(|((x1, y1), (x2, y2))| (y2 - y1) / (x2 - x1))
        .filter(|slope| slope.is_finite())
        .collect();
    if slopes.is_empty() {
        return Err(DspError::NotPositive { what: "advance of the sample clock", found: 0.0 });
    }
    let slope = median(slopes);
    let level = median(x.iter().zip(y).map(|(x, y)| y - slope * x).collect());
    Ok((slope, level))
}

fn residuals<'a>(
    x: &'a [f64],
    y: &'a [f64],
    (slope, level): (f64, f64),
) -> impl Iterator<Item = f64> + 'a {
    x.iter().zip(y).map(move |(x, y)| y - level - slope * x)
}

fn weighted_line(x: &[f64], y: &[f64], weights: &[f64]) -> (f64, f64) {
    let total: f64 = weights.iter().sum();
    let mean_of = |values: &[f64]| {
        values.iter().zip(weights).map(|(value, w)| value * w).sum::<f64>() / total
    };
    let (mean_x, mean_y) = (mean_of(x), mean_of(y));
    let mut products = (0.0, 0.0);
    for ((x, y), w) in x.iter().zip(y).zip(weights) {
        products.0 += w * (x - mean_x) * (y - mean_y);
        products.1 += w * (x - mean_x) * (x - mean_x);
    }
    let slope = products.0 / products.1;
    (slope, mean_y - slope * mean_x)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fixed sequence of values between −1 and 1.
    fn noise(n: u32) -> f64 {
        f64::from(n.wrapping_mul(2_654_435_761) >> 8) / f64::from(1 << 23) - 1.0
    }

    #[test]
    fn late_readings_do_not_move_the_line() {
        let n = 2000_u32;
        let positions: Vec<f64> = (0..n).map(|i| f64::from(i) * 25.0).collect();
        let late = |i: u32| if i.is_multiple_of(5) { 0.2 * noise(i + 7).abs() } else { 0.0 };
        let times: Vec<f64> = (0..n)
            .map(|i| 1e9 + f64::from(i) * 25.0 / 250.48 + 1e-3 * noise(i) + late(i))
            .collect();
        let fit = ClockFit::new(&positions, &times).unwrap();
        // A plain least-squares line is off by ten times as much in level.
        assert!((fit.rate_hz - 250.48).abs() < 5.0 * fit.rate_error_hz.max(1e-4), "{fit:?}");
        assert!((fit.time_s(25_000.0) - (1e9 + 25_000.0 / 250.48)).abs() < 5e-4, "{fit:?}");
        assert!((3e-4..3e-3).contains(&fit.jitter_s), "{fit:?}");
    }

    #[test]
    fn the_stated_error_is_that_of_the_formula() {
        let n = 1000_u32;
        let positions: Vec<f64> = (0..n).map(f64::from).collect();
        let times: Vec<f64> = (0..n).map(|i| f64::from(i) / 100.0 + 1e-3 * noise(i)).collect();
        let fit = ClockFit::new(&positions, &times).unwrap();
        // Uniform noise of ±1 ms has a standard deviation of 1/√3 ms; the slope's error is that
        // over √(n³/12).
        let expected = 1e-3 / 3_f64.sqrt() / (f64::from(n).powi(3) / 12.0).sqrt() * 1e4;
        assert!((0.6..1.7).contains(&(fit.rate_error_hz / expected)), "{fit:?} {expected}");
    }

    #[test]
    fn clocks_that_stand_still_are_refused() {
        assert!(ClockFit::new(&[0.0, 1.0], &[0.0, 1.0]).is_err());
        assert!(ClockFit::new(&[5.0; 10], &[1.0; 10]).is_err());
        let still: Vec<f64> = (0..10).map(f64::from).collect();
        assert!(ClockFit::new(&still, &[1.0; 10]).is_err());
        assert!(ClockFit::new(&still, &[f64::NAN; 10]).is_err());
    }
}
