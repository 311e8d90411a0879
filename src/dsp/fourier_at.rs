//! The Fourier transform of a signal at one frequency, on a bin or between bins.

use std::f64::consts::TAU;

use super::{
    Complex64,
    error::{DspError, check_rate},
};

/// Samples between two exact evaluations of the phase; in between the phasor is rotated step by
/// step, which loses at most a few units in the last place.
const BLOCK: usize = 32;

/// `Σ x[n] exp(−2πi f n / rate)`: the value that a transform zero-padded far enough to have a bin
/// at `freq_hz` would hold there. For a sinusoid of amplitude A at `freq_hz` its modulus is close to
/// `A · len / 2`.
///
/// The error stays at a few units in the last place however long the signal is.
///
/// ```
/// use evoked::dsp::fourier_at;
///
/// let signal: Vec<f64> =
///     (0..250).map(|n| (std::f64::consts::TAU * 15.75 * n as f64 / 250.0).cos()).collect();
/// let at_peak = fourier_at(&signal, 15.75, 250.0)?;
/// assert!((at_peak.norm() - 125.0).abs() < 1.0);
/// # Ok::<(), evoked::dsp::DspError>(())
/// ```
///
/// # Errors
///
/// [`DspError::Rate`], or [`DspError::Negative`] if the frequency is negative or not finite.
pub fn fourier_at(signal: &[f64], freq_hz: f64, rate_hz: f64) -> Result<Complex64, DspError> {
    check_rate(rate_hz)?;
    let cycles_per_sample = freq_hz / rate_hz;
    if !(cycles_per_sample >= 0.0 && cycles_per_sample.is_finite()) {
        return Err(DspError::Negative { what: "frequency in Hz", found: freq_hz });
    }
    let step = phasor(cycles_per_sample, 1);
    let mut sum = Complex64::default();
    for (index, block) in signal.chunks(BLOCK).enumerate() {
        let mut turn = Complex64::new(1.0, 0.0);
        let mut block_sum = Complex64::default();
        for &x in block {
            block_sum += turn * x;
            turn *= step;
        }
        sum += block_sum * phasor(cycles_per_sample, index * BLOCK);
    }
    Ok(sum)
}

/// `exp(−2πi · cycles_per_sample · n)`, with the whole turns removed exactly.
fn phasor(cycles_per_sample: f64, n: usize) -> Complex64 {
    let n = n as f64;
    let turns = cycles_per_sample * n;
    let rounded_off = cycles_per_sample.mul_add(n, -turns);
    Complex64::cis(-TAU * (turns.fract() + rounded_off))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn is_the_sum_it_stands_for(
            signal in prop::collection::vec(-50.0..50.0f64, 0..200),
            fraction in 0.0..0.5f64,
        ) {
            let found = fourier_at(&signal, fraction * 250.0, 250.0).unwrap();
            let term = |(n, x): (usize, &f64)| Complex64::cis(-TAU * fraction * n as f64) * *x;
            let expected: Complex64 = signal.iter().enumerate().map(term).sum();
            prop_assert!((found - expected).norm() < 1e-9);
        }
    }

    /// 3/8 of a cycle a sample is exact in binary, so the sum over whole turns is known exactly.
    #[test]
    fn does_not_drift_over_a_million_samples() {
        let half = std::f64::consts::FRAC_1_SQRT_2;
        let cosines = [1.0, -half, 0.0, half, -1.0, half, 0.0, -half];
        let signal: Vec<f64> = (0..1 << 20).map(|n| cosines[n % 8]).collect();
        let found = fourier_at(&signal, 3.0, 8.0).unwrap() / (1 << 19) as f64;
        assert!((found - 1.0).norm() < 1e-13, "{found}");
    }

    #[test]
    fn refuses_what_is_no_frequency() {
        for freq_hz in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(fourier_at(&[1.0], freq_hz, 250.0), Err(DspError::Negative { .. })));
        }
        assert!(matches!(fourier_at(&[1.0], 1.0, 0.0), Err(DspError::Rate { .. })));
        assert_eq!(fourier_at(&[], 1.0, 250.0), Ok(Complex64::default()));
    }
}
