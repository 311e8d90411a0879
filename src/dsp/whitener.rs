//! Whitening over channels and time by a vector autoregression.

use super::error::{DspError, check_finite, check_len};
use super::linalg::{dot, factor_in_place, solve_lower_in_place, solve_upper_in_place};
use super::vectors::with_vectors;

/// Added to the diagonal of the autocovariances, relative to its mean.
const RIDGE: f64 = 1e-2;
/// The same for what cannot be predicted.
const FLOOR: f64 = 1e-3;

/// Autocovariances of several channels, summed over stretches of signal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Autocovariances {
    channels: usize,
    /// For each lag j in turn, `Σ x(t)·x(t − j)ᵀ`.
    lags: Vec<f64>,
}

impl Autocovariances {
    /// No signal yet; lags from 0 to `order`.
    pub fn new(channels: usize, order: usize) -> Self {
        let mut empty = Self::default();
        empty.reset(channels, order);
        empty
    }

    /// As new, in the same memory.
    pub fn reset(&mut self, channels: usize, order: usize) {
        self.channels = channels;
        self.lags.clear();
        self.lags.resize((order + 1) * channels * channels, 0.0);
    }

    /// Adds channels × samples, one channel after the other; what lies outside counts as zero.
    ///
    /// # Errors
    /// [`DspError::Length`] for another number of values.
    pub fn add(&mut self, planar: &[f64], samples: usize, weight: f64) -> Result<(), DspError> {
        check_len("signal", planar.len(), self.channels.saturating_mul(samples))?;
        if planar.is_empty() {
            return Ok(());
        }
        let channels = self.channels;
        let rows = || planar.chunks_exact(samples);
        for (lag, sums) in self.lags.chunks_exact_mut(channels * channels).enumerate().take(samples)
        {
            for (row, sums) in rows().zip(sums.chunks_exact_mut(channels)) {
                for (other, sum) in rows().zip(sums) {
                    *sum += weight * wide_dot(&row[lag..], &other[..samples - lag]);
                }
            }
        }
        Ok(())
    }

    /// Adds all of another one of the same size.
    ///
    /// # Errors
    /// [`DspError::Length`] for another size.
    pub fn add_all(&mut self, other: &Self) -> Result<(), DspError> {
        check_len("autocovariances", other.lags.len(), self.lags.len())?;
        self.lags.iter_mut().zip(&other.lags).for_each(|(sum, value)| *sum += value);
        Ok(())
    }

    /// `Σ xᵢ(t)·xⱼ(t − lag)`; 0 for a lag beyond the order.
    pub fn product(&self, lag: usize, i: usize, j: usize) -> f64 {
        let at = (lag * self.channels + i) * self.channels + j;
        self.lags.get(at).copied().unwrap_or(0.0)
    }
}

fn wide_dot(a: &[f64], b: &[f64]) -> f64 {
    with_vectors(
        #[inline(always)]
        || dot(a, b),
    )
}

/// What makes a signal white over channels and time: the error of predicting each sample from those
/// before it by a vector autoregression (Yule-Walker equations), brought to independent channels of
/// variance 1. Channels count in units of their own deviation, so their scale does not matter; one
/// that never varies is left out.
///
/// ```
/// use evoked::dsp::{Autocovariances, Whitener};
///
/// // One channel, each sample the opposite of the one before: all of it can be predicted.
/// let signal: Vec<f64> = (0..1000).map(|n| if n % 2 == 0 { 3.0 } else { -3.0 }).collect();
/// let mut covariances = Autocovariances::new(1, 1);
/// covariances.add(&signal, 1000, 1.0 / 1000.0)?;
/// let whitener = Whitener::new(&covariances)?;
/// let mut white = vec![0.0; 1000];
/// whitener.whiten_into(&signal, 1000, &mut white)?;
/// assert!(white[1].abs() < 0.1 * white[0].abs());
/// # Ok::<(), evoked::dsp::DspError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Whitener {
    channels: usize,
    /// For each lag in turn, channels × channels: what the earlier samples count for.
    taps: Vec<f64>,
    work: Work,
}

/// Memory that is used again.
#[derive(Debug, Clone, Default, PartialEq)]
struct Work {
    /// 1 over each channel's deviation, or 0.
    scales: Vec<f64>,
    normal: Vec<f64>,
    /// Covariances of each channel with all channels at earlier samples.
    earlier: Vec<f64>,
    coefficients: Vec<f64>,
    error: Vec<f64>,
}

impl Whitener {
    /// The whitener of a signal with these autocovariances.
    ///
    /// # Errors
    /// [`DspError::NotFinite`], [`DspError::NotPositiveDefinite`] where nothing varies.
    pub fn new(covariances: &Autocovariances) -> Result<Self, DspError> {
        let mut whitener = Self::default();
        whitener.refit(covariances)?;
        Ok(whitener)
    }

    /// As [`new`](Self::new), in the same memory: nothing is allocated for a size seen before.
    ///
    /// # Errors
    /// As [`new`](Self::new); what is left then is of no use.
    pub fn refit(&mut self, covariances: &Autocovariances) -> Result<(), DspError> {
        check_finite("autocovariances", &covariances.lags)?;
        let channels = covariances.channels;
        let order = (covariances.lags.len() / (channels * channels).max(1)).saturating_sub(1);
        self.channels = channels;
        let Self { taps, work, .. } = self;
        work.scale(covariances);
        work.predict(covariances, order)?;
        work.factor_error(covariances)?;
        taps.clear();
        taps.resize(covariances.lags.len(), 0.0);
        for (lag, block) in taps.chunks_exact_mut((channels * channels).max(1)).enumerate() {
            for column in 0..channels {
                work.solve_column(lag, column, block);
            }
        }
        Ok(())
    }

    /// The whitened signal, channels × samples, with zeros taken for what came before it.
    ///
    /// # Errors
    /// [`DspError::Length`] for another number of values.
    pub fn whiten_into(
        &self,
        planar: &[f64],
        samples: usize,
        out: &mut [f64],
    ) -> Result<(), DspError> {
        check_len("signal", planar.len(), self.channels.saturating_mul(samples))?;
        check_len("whitened signal", out.len(), planar.len())?;
        out.fill(0.0);
        self.for_each_tap(samples, |lag, i, j, weight| {
            let source = &planar[j * samples..][..samples - lag];
            add_scaled(&mut out[i * samples + lag..][..samples - lag], weight, source);
        });
        Ok(())
    }

    /// The adjoint of [`whiten_into`](Self::whiten_into): the inner product of what this gives with a
    /// signal is that of `whitened` with the whitened signal.
    ///
    /// # Errors
    /// [`DspError::Length`] for another number of values.
    pub fn adjoint_into(
        &self,
        whitened: &[f64],
        samples: usize,
        out: &mut [f64],
    ) -> Result<(), DspError> {
        check_len("whitened signal", whitened.len(), self.channels.saturating_mul(samples))?;
        check_len("signal", out.len(), whitened.len())?;
        out.fill(0.0);
        self.for_each_tap(samples, |lag, i, j, weight| {
            let source = &whitened[i * samples + lag..][..samples - lag];
            add_scaled(&mut out[j * samples..][..samples - lag], weight, source);
        });
        Ok(())
    }

    fn for_each_tap(&self, samples: usize, mut term: impl FnMut(usize, usize, usize, f64)) {
        let blocks = self.taps.chunks_exact((self.channels * self.channels).max(1));
        for (lag, block) in blocks.enumerate().take(samples) {
            for (at, &weight) in block.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
                term(lag, at / self.channels, at % self.channels, weight);
            }
        }
    }
}

impl Work {
    fn scale(&mut self, covariances: &Autocovariances) {
        let deviation = |i: usize| covariances.product(0, i, i).sqrt();
        let scale = |i| if deviation(i).is_normal() { 1.0 / deviation(i) } else { 0.0 };
        self.scales.clear();
        self.scales.extend((0..covariances.channels).map(scale));
    }

    /// The coefficients that predict each channel from all at earlier samples.
    fn predict(&mut self, covariances: &Autocovariances, order: usize) -> Result<(), DspError> {
        let channels = covariances.channels;
        let size = channels * order;
        let Self { scales, normal, earlier, coefficients, .. } = self;
        let product =
            |lag, i: usize, j: usize| covariances.product(lag, i, j) * scales[i] * scales[j];
        normal.clear();
        normal.extend((0..size * size).map(|at| {
            let (row, column) = (at / size, at % size);
            let (i, j) = (row % channels, column % channels);
            match (row / channels, column / channels) {
                (a, b) if b >= a => product(b - a, i, j),
                (a, b) => product(a - b, j, i),
            }
        }));
        let mean = normal.iter().step_by(size + 1).sum::<f64>() / size.max(1) as f64;
        normal.iter_mut().step_by(size + 1).for_each(|value| *value += RIDGE * mean);
        earlier.clear();
        earlier.extend((0..channels * size).map(|at| {
            let (i, place) = (at / size, at % size);
            product(place / channels + 1, i, place % channels)
        }));
        coefficients.clear();
        coefficients.extend_from_slice(earlier);
        if size > 0 {
            factor_in_place(normal, size)?;
            for row in coefficients.chunks_exact_mut(size) {
                solve_lower_in_place(normal, row);
                solve_upper_in_place(normal, row);
            }
        }
        Ok(())
    }

    /// The Cholesky factor of the covariance of what is not predicted.
    fn factor_error(&mut self, covariances: &Autocovariances) -> Result<(), DspError> {
        let channels = covariances.channels;
        let Self { scales, earlier, coefficients, error, .. } = self;
        let size = earlier.len() / channels.max(1);
        let explained = |i: usize, j: usize| {
            wide_dot(&coefficients[i * size..][..size], &earlier[j * size..][..size])
        };
        error.clear();
        error.extend((0..channels * channels).map(|at| {
            let (i, j) = (at / channels, at % channels);
            let whole = covariances.product(0, i, j) * scales[i] * scales[j];
            whole - 0.5 * (explained(i, j) + explained(j, i))
        }));
        let mean = error.iter().step_by(channels + 1).sum::<f64>() / channels.max(1) as f64;
        error.iter_mut().step_by(channels + 1).for_each(|value| *value += FLOOR * mean);
        factor_in_place(error, channels)
    }

    /// One column of the taps of a lag: L⁻¹ against that of the identity, or of minus the
    /// coefficients, for channels in units of their own.
    fn solve_column(&self, lag: usize, column: usize, block: &mut [f64]) {
        let channels = self.scales.len();
        let size = self.earlier.len() / channels.max(1);
        for row in 0..channels {
            let entry = match lag {
                0 => f64::from(u8::from(row == column)),
                lag => -self.coefficients[row * size + (lag - 1) * channels + column],
            };
            let lower = &self.error[row * channels..][..=row];
            let above = lower[..row].iter().enumerate();
            let done: f64 = above.map(|(k, factor)| factor * block[k * channels + column]).sum();
            block[row * channels + column] = (entry - done) / lower[row];
        }
        for row in 0..channels {
            block[row * channels + column] *= self.scales[column];
        }
    }
}

fn add_scaled(out: &mut [f64], weight: f64, source: &[f64]) {
    with_vectors(
        #[inline(always)]
        || out.iter_mut().zip(source).for_each(|(out, value)| *out += weight * value),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two channels, each of which follows both one sample later, in different units.
    fn signal(samples: usize) -> Vec<f64> {
        let mut state = 1_u64;
        let mut noise = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
        };
        let mut planar = vec![0.0; 2 * samples];
        for n in 0..samples {
            let (a, b) = (noise(), noise());
            let before = |c: usize| if n > 0 { planar[c * samples + n - 1] } else { 0.0 };
            let (x, y) = (before(0), before(1) / 1000.0);
            planar[n] = 0.7 * x - 0.3 * y + a;
            planar[samples + n] = 1000.0 * (0.2 * x + 0.5 * y + 0.5 * a + b);
        }
        planar
    }

    fn whitener(planar: &[f64], samples: usize, order: usize) -> Whitener {
        let mut covariances = Autocovariances::new(2, order);
        covariances.add(planar, samples, 1.0 / samples as f64).unwrap();
        Whitener::new(&covariances).unwrap()
    }

    #[test]
    fn what_is_left_is_white() {
        let samples = 20_000;
        let planar = signal(samples);
        let mut white = vec![0.0; planar.len()];
        whitener(&planar, samples, 3).whiten_into(&planar, samples, &mut white).unwrap();
        for lag in 0..4 {
            for (i, j) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let a = &white[i * samples..][lag..samples];
                let b = &white[j * samples..][..samples - lag];
                let expected = if lag == 0 && i == j { 1.0 } else { 0.0 };
                let found = dot(a, b) / samples as f64;
                assert!((found - expected).abs() < 0.04, "{lag} {i} {j}: {found}");
            }
        }
    }

    #[test]
    fn the_adjoint_turns_inner_products_round() {
        let samples = 50;
        let (x, y) = (signal(samples), signal(3 * samples)[samples..][..2 * samples].to_vec());
        let whitener = whitener(&x, samples, 2);
        let (mut white, mut adjoint) = (vec![0.0; 2 * samples], vec![0.0; 2 * samples]);
        whitener.whiten_into(&x, samples, &mut white).unwrap();
        whitener.adjoint_into(&y, samples, &mut adjoint).unwrap();
        let (there, back) = (dot(&white, &y), dot(&x, &adjoint));
        assert!((there - back).abs() < 1e-9 * there.abs());
    }

    #[test]
    fn a_channel_that_never_varies_is_left_out() {
        let samples = 400;
        let mut planar = signal(samples);
        planar.extend(vec![0.0; samples]);
        let mut covariances = Autocovariances::new(3, 2);
        covariances.add(&planar, samples, 1.0).unwrap();
        let whitener = Whitener::new(&covariances).unwrap();
        let mut white = vec![f64::NAN; 3 * samples];
        whitener.whiten_into(&planar, samples, &mut white).unwrap();
        assert_eq!(white[2 * samples..], vec![0.0; samples]);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert!(Whitener::new(&Autocovariances::new(2, 2)).is_err());
        let mut covariances = Autocovariances::new(1, 1);
        assert!(covariances.add(&[1.0; 3], 4, 1.0).is_err());
        covariances.add(&[f64::MAX; 4], 4, 1.0).unwrap();
        assert!(matches!(Whitener::new(&covariances), Err(DspError::NotFinite { .. })));
        assert!(Whitener::new(&Autocovariances::default()).unwrap().taps.is_empty());
    }
}
