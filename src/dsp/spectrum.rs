//! Spectra of real signals by fast Fourier transform.

use std::{fmt, sync::Arc};

use rustfft::{Fft, FftPlanner};

use super::{
    Complex64,
    error::{DspError, check_len},
    window::Window,
};

/// The longest transform a [`SpectrumPlan`] accepts: 16,777,216 points.
pub const MAX_FFT_LEN: usize = 1 << 24;

/// Everything that can be prepared for the spectra of signals of one length: window and transform.
///
/// Spectra are one-sided: [`bins`](Self::bins) values, bin k at `k · rate / fft_len` Hz.
///
/// ```
/// use evoked::dsp::{SpectrumPlan, Window};
///
/// let rate_hz = 250.0;
/// let signal: Vec<f64> =
///     (0..500).map(|n| 3.0 * (std::f64::consts::TAU * 15.0 * n as f64 / rate_hz).sin()).collect();
/// let plan = SpectrumPlan::new(500, 1250, Window::Hann)?;
/// let amplitudes = plan.amplitude(&signal)?;
/// assert!((amplitudes[75] - 3.0).abs() < 1e-3); // 75 · 250 / 1250 = 15 Hz
/// # Ok::<(), evoked::dsp::DspError>(())
/// ```
#[derive(Clone)]
pub struct SpectrumPlan {
    fft: Arc<dyn Fft<f64>>,
    weights: Vec<f64>,
    weight_sum: f64,
}

/// Memory that a [`SpectrumPlan`] reuses from call to call. It grows to what the longest plan used
/// with it needs.
#[derive(Debug, Clone, Default)]
pub struct SpectrumScratch {
    points: Vec<Complex64>,
    fft: Vec<Complex64>,
}

impl SpectrumPlan {
    /// A plan for signals of `signal_len` samples, windowed and then zero-padded to `fft_len`
    /// points. Padding draws the same spectrum on a finer grid; it adds no resolution.
    ///
    /// # Errors
    ///
    /// [`DspError::TooShort`] for a signal without samples or a transform shorter than the signal;
    /// [`DspError::TooLong`] for a transform above [`MAX_FFT_LEN`].
    pub fn new(signal_len: usize, fft_len: usize, window: Window) -> Result<Self, DspError> {
        if signal_len == 0 {
            return Err(DspError::TooShort { what: "signal", found: 0, needed: 1 });
        }
        if fft_len < signal_len {
            let what = "transform";
            return Err(DspError::TooShort { what, found: fft_len, needed: signal_len });
        }
        if fft_len > MAX_FFT_LEN {
            let what = "transform length";
            return Err(DspError::TooLong { what, found: fft_len, limit: MAX_FFT_LEN });
        }
        let weights = window.weights(signal_len);
        let weight_sum = weights.iter().sum();
        Ok(Self { fft: FftPlanner::new().plan_fft_forward(fft_len), weights, weight_sum })
    }

    /// Samples in a signal.
    pub fn signal_len(&self) -> usize {
        self.weights.len()
    }

    /// Points of the transform.
    pub fn fft_len(&self) -> usize {
        self.fft.len()
    }

    /// Values in a spectrum: `fft_len / 2 + 1`, from 0 Hz to half the rate (which has a bin of its
    /// own if the length is even).
    pub fn bins(&self) -> usize {
        self.fft.len() / 2 + 1
    }

    /// The frequency of a bin.
    pub fn frequency_hz(&self, bin: usize, rate_hz: f64) -> f64 {
        bin as f64 * rate_hz / self.fft.len() as f64
    }

    /// The complex spectrum `X[k] = Σ w[n] x[n] exp(−2πi k n / fft_len)`, without any scaling.
    ///
    /// # Errors
    ///
    /// [`DspError::Length`] if the signal is not [`signal_len`](Self::signal_len) long.
    pub fn complex(&self, signal: &[f64]) -> Result<Vec<Complex64>, DspError> {
        let mut spectrum = vec![Complex64::default(); self.bins()];
        self.complex_with_scratch(signal, &mut spectrum, &mut SpectrumScratch::default())?;
        Ok(spectrum)
    }

    /// As [`complex`](Self::complex), into the caller's slice of [`bins`](Self::bins) values.
    ///
    /// # Errors
    ///
    /// [`DspError::Length`] if the signal or the spectrum has the wrong length.
    pub fn complex_with_scratch(
        &self,
        signal: &[f64],
        spectrum: &mut [Complex64],
        scratch: &mut SpectrumScratch,
    ) -> Result<(), DspError> {
        self.check(signal, spectrum.len())?;
        self.transform(signal.iter().map(|&x| (x, 0.0)), scratch);
        spectrum.copy_from_slice(&scratch.points[..self.bins()]);
        Ok(())
    }

    /// The complex spectra of two signals for the price of one transform: the second rides as the
    /// imaginary part. Rounding errors are relative to the stronger of the two.
    ///
    /// # Errors
    ///
    /// [`DspError::Length`] if a signal or a spectrum has the wrong length.
    pub fn complex_pair_with_scratch(
        &self,
        signals: [&[f64]; 2],
        spectra: [&mut [Complex64]; 2],
        scratch: &mut SpectrumScratch,
    ) -> Result<(), DspError> {
        let [first, second] = signals;
        let [first_spectrum, second_spectrum] = spectra;
        self.check(first, first_spectrum.len())?;
        self.check(second, second_spectrum.len())?;
        self.transform(first.iter().copied().zip(second.iter().copied()), scratch);
        // Point k holds A[k] + i·B[k]; as A and B belong to real signals, point −k holds
        // conj(A[k]) + i·conj(B[k]).
        let points = &scratch.points;
        let mirrored = points.iter().take(1).chain(points.iter().rev());
        let outputs = first_spectrum.iter_mut().zip(second_spectrum.iter_mut());
        for ((a, b), (here, there)) in outputs.zip(points.iter().zip(mirrored)) {
            let (sum, difference) = (here + there.conj(), here - there.conj());
            *a = sum * 0.5;
            *b = Complex64::new(difference.im, -difference.re) * 0.5;
        }
        Ok(())
    }

    /// The amplitude spectrum, in the unit of the signal: a sinusoid of amplitude A on a bin gives
    /// A there, whatever the window; a constant c gives |c| at bin 0.
    ///
    /// # Errors
    ///
    /// [`DspError::Length`] if the signal is not [`signal_len`](Self::signal_len) long.
    pub fn amplitude(&self, signal: &[f64]) -> Result<Vec<f64>, DspError> {
        let mut amplitudes = vec![0.0; self.bins()];
        self.amplitude_with_scratch(signal, &mut amplitudes, &mut SpectrumScratch::default())?;
        Ok(amplitudes)
    }

    /// As [`amplitude`](Self::amplitude), into the caller's slice of [`bins`](Self::bins) values.
    ///
    /// # Errors
    ///
    /// [`DspError::Length`] if the signal or the output has the wrong length.
    pub fn amplitude_with_scratch(
        &self,
        signal: &[f64],
        amplitudes: &mut [f64],
        scratch: &mut SpectrumScratch,
    ) -> Result<(), DspError> {
        self.check(signal, amplitudes.len())?;
        self.transform(signal.iter().map(|&x| (x, 0.0)), scratch);
        for (bin, (amplitude, point)) in amplitudes.iter_mut().zip(&scratch.points).enumerate() {
            // 0 Hz and half the rate are their own mirror image; every other bin has one.
            let mirrored = bin > 0 && 2 * bin != self.fft.len();
            *amplitude = if mirrored { 2.0 } else { 1.0 } * point.norm() / self.weight_sum;
        }
        Ok(())
    }

    fn check(&self, signal: &[f64], output_len: usize) -> Result<(), DspError> {
        check_len("signal", signal.len(), self.signal_len())?;
        check_len("spectrum", output_len, self.bins())
    }

    /// Leaves the `fft_len` points of the transform in the scratch.
    fn transform(&self, samples: impl Iterator<Item = (f64, f64)>, scratch: &mut SpectrumScratch) {
        let weighted =
            samples.zip(&self.weights).map(|((re, im), w)| Complex64::new(re * w, im * w));
        scratch.points.clear();
        scratch.points.extend(weighted);
        scratch.points.resize(self.fft.len(), Complex64::default());
        if scratch.fft.len() < self.fft.get_inplace_scratch_len() {
            scratch.fft.resize(self.fft.get_inplace_scratch_len(), Complex64::default());
        }
        self.fft.process_with_scratch(&mut scratch.points, &mut scratch.fft);
    }
}

impl fmt::Debug for SpectrumPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpectrumPlan")
            .field("signal_len", &self.signal_len())
            .field("fft_len", &self.fft_len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::f64::consts::TAU;

    const WINDOWS: [Window; 4] =
        [Window::Rectangular, Window::Hann, Window::Hamming, Window::Blackman];

    proptest! {
        #[test]
        fn is_the_sum_it_stands_for(
            signals in prop::collection::vec((-50.0..50.0f64, -50.0..50.0f64), 1..40),
            padding in 0..20usize,
            window in 0..4usize,
        ) {
            let (first, second): (Vec<f64>, Vec<f64>) = signals.into_iter().unzip();
            let (len, fft_len, window) = (first.len(), first.len() + padding, WINDOWS[window]);
            let plan = SpectrumPlan::new(len, fft_len, window).unwrap();
            let weights = window.weights(len);
            let mut scratch = SpectrumScratch::default();
            let mut pair = [vec![Complex64::default(); plan.bins()], vec![Complex64::default(); plan.bins()]];
            let [a, b] = &mut pair;
            plan.complex_pair_with_scratch([&first, &second], [a, b], &mut scratch).unwrap();
            for (signal, of_pair) in [(first, &pair[0]), (second, &pair[1])] {
                let single = plan.complex(&signal).unwrap();
                for k in 0..plan.bins() {
                    let expected: Complex64 = (0..len)
                        .map(|n| Complex64::cis(-TAU * (k * n) as f64 / fft_len as f64) * signal[n] * weights[n])
                        .sum();
                    prop_assert!((single[k] - expected).norm() < 1e-9);
                    prop_assert!((of_pair[k] - expected).norm() < 1e-9);
                }
            }
        }

        #[test]
        fn a_sinusoid_on_a_bin_gives_its_amplitude(
            bin in 4..29usize, amplitude in 0.1..9.0f64, phase in 0.0..TAU, window in 0..4usize,
        ) {
            let wave = |n: usize| amplitude * (TAU * (bin * n) as f64 / 64.0 + phase).cos();
            let signal: Vec<f64> = (0..64).map(wave).collect();
            let plan = SpectrumPlan::new(64, 64, WINDOWS[window]).unwrap();
            let found = plan.amplitude(&signal).unwrap();
            prop_assert!((found[bin] - amplitude).abs() < 1e-12);
        }
    }

    #[test]
    fn zero_and_half_the_rate_count_once() {
        let signal: Vec<f64> = (0..16).map(|n| if n % 2 == 0 { 5.0 } else { -1.0 }).collect();
        let plan = SpectrumPlan::new(16, 16, Window::Rectangular).unwrap();
        let found = plan.amplitude(&signal).unwrap();
        assert!((found[0] - 2.0).abs() < 1e-12 && (found[8] - 3.0).abs() < 1e-12);
        assert_eq!((plan.bins(), plan.frequency_hz(4, 128.0)), (9, 32.0));
    }

    #[test]
    fn refuses_lengths_that_do_not_fit() {
        let new = |signal_len, fft_len| SpectrumPlan::new(signal_len, fft_len, Window::Hann);
        assert!(matches!(new(0, 8), Err(DspError::TooShort { .. })));
        assert!(matches!(new(9, 8), Err(DspError::TooShort { .. })));
        assert!(matches!(new(9, usize::MAX), Err(DspError::TooLong { .. })));
        assert!(new(1, 1).is_ok());
        let plan = new(8, 9).unwrap();
        assert!(matches!(plan.complex(&[0.0; 7]), Err(DspError::Length { .. })));
        let mut scratch = SpectrumScratch::default();
        let wrong = plan.amplitude_with_scratch(&[0.0; 8], &mut [0.0; 4], &mut scratch);
        assert!(matches!(wrong, Err(DspError::Length { .. })));
    }
}
