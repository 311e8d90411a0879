use super::calibrated::Trials;
use super::harmonics;
use super::leading::leading_filters;
use super::mirrored::{Basis, join, split};
use crate::decode::decoder::{at_most, check_call};
use crate::decode::row_space::RowSpace;
use crate::decode::{Calibration, DecodeError, Decoder, DelayedLinear, Scratch, Shape};
use crate::dsp::linalg::{dot, multiply, multiply_transposed};
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// Most delayed rows: their covariances take time with the third power.
const MAX_ROWS: usize = 2048;

/// Settings of [`Tdca`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TdcaParams {
    /// Harmonics of each target, the fundamental being the first.
    pub harmonics: usize,
    /// Mains frequency: harmonics within 1 Hz of it or of its multiples are left out.
    pub mains_hz: Option<f64>,
    /// Delayed copies of the channels beside the channels themselves, one sample apart.
    pub delays: usize,
    /// Filters; fewer where the delayed channels have fewer directions.
    pub components: usize,
}

impl Default for TdcaParams {
    fn default() -> Self {
        Self { harmonics: 5, mains_hz: None, delays: 5, components: 8 }
    }
}

/// Task-discriminant component analysis (Liu et al. 2021, IEEE Trans Neural Syst Rehabil Eng
/// 29:1998), in the form that needs no samples after the window.
///
/// `z` holds the rows of an epoch and, below them, the same rows 1 … `delays` samples later, with
/// zeros for what lies after the window; all rows without their means. For target k it is widened
/// to `a_k = [z, zP_k]`, P_k being the projection on sines and cosines of the target's harmonics.
/// With A_k the mean of a_k over the trials of k and A that over targets, the filters W make
/// `w'S_b w / w'S_w w` largest, `S_b = Σ_k (A_k − A)(A_k − A)'`,
/// `S_w = Σ_k Σ_i (a_ki − A_k)(a_ki − A_k)'`, `w'S_w w = 1`: one set for all targets. The score of
/// target k is the correlation of `W'a_k` with `W'A_k`, −1 to 1.
///
/// Every target needs a frequency and at least two calibration trials; a codebook with a target
/// that has fewer is refused. Responses must be locked to the onset. Channels that add nothing
/// (flat, equal, an average reference) do no harm.
///
/// ```
/// use evoked::decode::{Calibration, Decoder, Shape, ssvep::TdcaParams};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[10.0, 11.0])?;
/// let shape = Shape::of_window(1, 0.5, 250.0);
/// let trial = |hz: f64, noise: f64| -> Vec<f64> {
///     let wave = |n: f64| (std::f64::consts::TAU * hz * n / 250.0).sin();
///     (0..125).map(|n| wave(n.into()) + noise * f64::from(n * 7919 % 101 - 50) / 50.0).collect()
/// };
/// let mut calibration = Calibration::new(shape, &codebook)?;
/// for (target, hz) in [10.0, 11.0].into_iter().enumerate() {
///     for noise in [0.5, -0.5, 0.2] {
///         calibration.add(target, Epoch::from_planar(&trial(hz, noise), 1)?)?;
///     }
/// }
/// let decoder = TdcaParams { delays: 2, ..TdcaParams::default() }.fit(&codebook, &calibration)?;
/// let scores = decoder.score(Epoch::from_planar(&trial(11.0, 0.7), 1)?)?;
/// assert!(scores[1] > 0.8 && scores[1] > scores[0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Tdca {
    shape: Shape,
    targets: usize,
    components: usize,
    space: RowSpace,
    /// (delay, component) × directions of the space.
    filters: Vec<f64>,
    /// Even and odd sinusoids of all targets.
    bases: [Basis; 2],
    /// For each target `T + TP_k`, split into even and odd parts, over the norm of `[T, TP_k]`,
    /// T being the first half of `W'A_k`: its inner product with `W'z` is that of `W'a_k` with
    /// `W'A_k`.
    templates: Vec<f64>,
}

impl TdcaParams {
    /// A decoder fitted to a user's trials.
    ///
    /// # Errors
    /// [`DecodeError::Untrained`] for a target with fewer than two trials;
    /// [`DecodeError::NoFrequency`], [`DecodeError::Nyquist`], [`DecodeError::OnlyMains`],
    /// [`DecodeError::Setting`] for no components or delays as long as the window;
    /// [`DecodeError::Flat`], [`DecodeError::Shape`], [`DecodeError::TooLarge`].
    pub fn fit(&self, codebook: &Codebook, calibration: &Calibration) -> Result<Tdca, DecodeError> {
        let shape = calibration.shape();
        let Shape { channels, samples, rate_hz } = shape;
        let setting = |name, found: usize, expected| {
            Err(DecodeError::Setting { name, found: found.to_string(), expected })
        };
        if self.components == 0 {
            return setting("components", 0, "at least 1");
        }
        if self.delays >= samples {
            return setting("delays", self.delays, "fewer than the samples of a window");
        }
        at_most("delayed rows", channels.saturating_mul(self.delays + 1), MAX_ROWS)?;
        let frequencies_hz =
            harmonics::usable(codebook, self.harmonics, self.mains_hz, rate_hz / 2.0, rate_hz)?;
        let rows = channels * (self.delays + 1);
        shape.check_table(2 * rows * codebook.len())?;
        let trials = Trials::of(codebook, calibration)?;
        let bases = Basis::pair(&frequencies_hz, samples, rate_hz)?;
        let fit = Fit::of(&trials, self.delays, &bases)?;
        let found = leading_filters(&fit.between, &fit.within, fit.rows, self.components)?;
        let components = found.len() / fit.rows;
        let templates = fit.templates(&found, &bases)?;
        let mut filters = Vec::new();
        for delay in 0..=self.delays {
            for filter in found.chunks_exact(fit.rows) {
                let part = &filter[delay * trials.rank()..(delay + 1) * trials.rank()];
                filters.extend_from_slice(part);
            }
        }
        let (targets, space) = (codebook.len(), trials.into_space());
        Ok(Tdca { shape, targets, components, space, filters, bases, templates })
    }
}

/// What TDCA learns from trials.
struct Fit {
    /// Delayed rows.
    rows: usize,
    samples: usize,
    /// S_b
    between: Vec<f64>,
    /// S_w
    within: Vec<f64>,
    /// For each target the mean of z, rows × samples, split into even and odd parts.
    means: Vec<Vec<f64>>,
}

impl Fit {
    fn of(trials: &Trials, delays: usize, bases: &[Basis; 2]) -> Result<Self, DecodeError> {
        let samples = trials.samples();
        let rows = trials.rank() * (delays + 1);
        let zeros = || vec![0.0; rows * rows];
        let (between, within, means) = (zeros(), zeros(), Vec::new());
        let mut fit = Self { rows, samples, between, within, means };
        for target in 0..trials.targets() {
            fit.add_target(trials, target, delays, bases)?;
        }
        fit.compare_targets(bases)?;
        Ok(fit)
    }

    fn add_target(
        &mut self,
        trials: &Trials,
        target: usize,
        delays: usize,
        bases: &[Basis; 2],
    ) -> Result<(), DecodeError> {
        let (rows, samples) = (self.rows, self.samples);
        let split_rows = |trial: &[f64]| {
            let mut parts = vec![0.0; rows * samples];
            split(&delayed(trial, samples, delays), samples, &mut parts);
            parts
        };
        let mean = split_rows(&trials.mean(target));
        for trial in trials.of_target(target) {
            let mut rest = split_rows(trial);
            rest.iter_mut().zip(&mean).for_each(|(value, mean)| *value -= mean);
            for (part, basis) in parts(&rest, rows, bases).into_iter().zip(bases) {
                add_gram(part, basis.len, &mut self.within)?;
                // zP(zP)' is (zq')(zq')' for an orthonormal basis q.
                let own = basis.rows_of(target);
                let mut along = vec![0.0; rows * own.len() / basis.len];
                multiply_transposed(part, own, basis.len, &mut along)?;
                add_gram(&along, own.len() / basis.len, &mut self.within)?;
            }
        }
        self.means.push(mean);
        Ok(())
    }

    fn compare_targets(&mut self, bases: &[Basis; 2]) -> Result<(), DecodeError> {
        let projected =
            self.means.iter().enumerate().map(|(k, mean)| projected(k, mean, self.samples, bases));
        let projected = projected.collect::<Result<Vec<_>, _>>()?;
        for all in [&self.means, &projected] {
            let mut mean = vec![0.0; self.rows * self.samples];
            for own in all {
                mean.iter_mut().zip(own).for_each(|(sum, value)| *sum += value / all.len() as f64);
            }
            for own in all {
                let apart: Vec<f64> = own.iter().zip(&mean).map(|(a, b)| a - b).collect();
                for (part, basis) in parts(&apart, self.rows, bases).into_iter().zip(bases) {
                    add_gram(part, basis.len, &mut self.between)?;
                }
            }
        }
        Ok(())
    }

    fn templates(&self, filters: &[f64], bases: &[Basis; 2]) -> Result<Vec<f64>, DecodeError> {
        let components = filters.len() / self.rows;
        let mut templates = Vec::new();
        for (target, mean) in self.means.iter().enumerate() {
            let mut own = Vec::with_capacity(components * self.samples);
            for (part, basis) in parts(mean, self.rows, bases).into_iter().zip(bases) {
                let mut filtered = vec![0.0; components * basis.len];
                multiply(filters, self.rows, part, basis.len, &mut filtered)?;
                own.extend(filtered);
            }
            let projected = projected(target, &own, self.samples, bases)?;
            let norm = (dot(&own, &own) + dot(&projected, &projected)).sqrt();
            let unit = if norm > 0.0 { norm.recip() } else { 0.0 };
            templates.extend(own.iter().zip(&projected).map(|(a, b)| (a + b) * unit));
        }
        Ok(templates)
    }
}

/// Rows split into even and odd parts, projected on the sinusoids of a target.
fn projected(
    target: usize,
    split: &[f64],
    samples: usize,
    bases: &[Basis; 2],
) -> Result<Vec<f64>, DecodeError> {
    let rows = split.len() / samples;
    let mut projected = Vec::with_capacity(split.len());
    for (part, basis) in parts(split, rows, bases).into_iter().zip(bases) {
        let own = basis.rows_of(target);
        let count = own.len() / basis.len;
        let mut along = vec![0.0; rows * count];
        multiply_transposed(part, own, basis.len, &mut along)?;
        let mut back = vec![0.0; rows * basis.len];
        if count > 0 {
            multiply(&along, count, own, basis.len, &mut back)?;
        }
        projected.extend(back);
    }
    Ok(projected)
}

/// The even and the odd part of split rows.
fn parts<'a>(split: &'a [f64], rows: usize, bases: &[Basis; 2]) -> [&'a [f64]; 2] {
    let (even, odd) = split.split_at(rows * bases[0].len);
    [even, odd]
}

fn add_gram(rows: &[f64], cols: usize, sums: &mut [f64]) -> Result<(), DecodeError> {
    if cols > 0 {
        let mut gram = vec![0.0; sums.len()];
        multiply_transposed(rows, rows, cols, &mut gram)?;
        sums.iter_mut().zip(&gram).for_each(|(sum, value)| *sum += value);
    }
    Ok(())
}

/// All rows, then all rows one sample later, …; each without its mean.
fn delayed(rows: &[f64], samples: usize, delays: usize) -> Vec<f64> {
    let mut delayed = vec![0.0; rows.len() * (delays + 1)];
    for (delay, block) in delayed.chunks_exact_mut(rows.len()).enumerate() {
        for (row, out) in rows.chunks_exact(samples).zip(block.chunks_exact_mut(samples)) {
            out[..samples - delay].copy_from_slice(&row[delay..]);
            without_mean(out);
        }
    }
    delayed
}

fn without_mean(row: &mut [f64]) {
    let mean = row.iter().sum::<f64>() / row.len() as f64;
    row.iter_mut().for_each(|value| *value -= mean);
}

impl Tdca {
    /// # Errors
    /// None that a fitted decoder can cause.
    pub(crate) fn linear(&self) -> Result<DelayedLinear, DecodeError> {
        let samples = self.shape.samples;
        let values = self.components * samples;
        let [mut means, mut projections] = [(); 2].map(|()| Vec::new());
        for (target, both) in self.templates.chunks_exact(values).enumerate() {
            // P(T + TP) is twice TP.
            let twice = projected(target, both, samples, &self.bases)?;
            let own: Vec<f64> = both.iter().zip(&twice).map(|(b, t)| b - t / 2.0).collect();
            means.extend(join(&own, samples));
            projections.extend(join(&twice, samples).iter().map(|value| value / 2.0));
        }
        Ok(DelayedLinear {
            channels: self.shape.channels,
            samples,
            targets: self.targets,
            components: self.components,
            weights: self.space.weights(&self.filters),
            templates: [means, projections],
        })
    }

    /// `W'z`, components × samples. `each` is for the rows of every delay.
    fn filter(
        &self,
        trial: &[f64],
        each: &mut [f64],
        filtered: &mut [f64],
    ) -> Result<(), DecodeError> {
        let samples = self.shape.samples;
        multiply(&self.filters, self.space.rank(), trial, samples, each)?;
        filtered.fill(0.0);
        for (delay, block) in each.chunks_exact(self.components * samples).enumerate() {
            let rows = block.chunks_exact(samples).zip(filtered.chunks_exact_mut(samples));
            for (row, out) in rows {
                out.iter_mut().zip(&row[delay..]).for_each(|(sum, value)| *sum += value);
            }
        }
        filtered.chunks_exact_mut(samples).for_each(without_mean);
        Ok(())
    }
}

impl Decoder for Tdca {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn targets(&self) -> usize {
        self.targets
    }

    fn score_into(
        &self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        check_call(self.shape, self.targets, epoch, scores)?;
        let samples = self.shape.samples;
        let (components, delayed) = (self.components, self.filters.len() / self.space.rank());
        let most = self.bases.iter().map(Basis::count).max().unwrap_or(0);
        let values = components * samples;
        let needed = delayed * samples + 2 * values + components * most;
        let Scratch { trial, real, products, .. } = scratch;
        self.space.project_scaled(epoch, trial, real)?;
        let work = Scratch::zeros(products, needed + self.targets);
        let (each, work) = work.split_at_mut(delayed * samples);
        let (filtered, work) = work.split_at_mut(values);
        let (halves, work) = work.split_at_mut(values);
        let (along, squares) = work.split_at_mut(components * most);
        self.filter(trial, each, filtered)?;
        split(filtered, samples, halves);
        multiply_transposed(halves, &self.templates, values, scores)?;

        squares.fill(dot(halves, halves));
        for (part, basis) in parts(halves, components, &self.bases).into_iter().zip(&self.bases) {
            let along = &mut along[..components * basis.count()];
            multiply_transposed(part, &basis.rows, basis.len, along)?;
            for row in along.chunks_exact(basis.count().max(1)) {
                for (target, square) in squares.iter_mut().enumerate() {
                    let own = &row[basis.of_target(target)];
                    *square += own.iter().map(|value| value * value).sum::<f64>();
                }
            }
        }
        for (score, square) in scores.iter_mut().zip(squares) {
            let norm = square.sqrt();
            *score = if norm > 0.0 { (*score / norm).clamp(-1.0, 1.0) } else { 0.0 };
        }
        Ok(())
    }
}
