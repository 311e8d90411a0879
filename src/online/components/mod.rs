//! TDCA, sample by sample: the decoder, what it keeps of each band, and its sums.

mod band;
mod sums;

use std::ops::Range;

use self::band::Band;
use super::lanes;
use super::oscillators::Oscillators;
use super::running::{Running, check_chunk};
use crate::decode::ssvep::{TdcaParams, usable_harmonics};
use crate::decode::{Calibration, DecodeError, DelayedLinear, Fusion, Settings, Shape};
use crate::dsp::linalg::{LANES, Lanes};
use crate::dsp::vectors::with_vectors;
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// TDCA over a window that grows ([`Tdca`](crate::decode::ssvep::Tdca)).
///
/// The window starts at the onset of a trial and grows until it is as long as the calibration epochs;
/// samples beyond it are left alone. The filters, the mean trials and their projections are those
/// learned from whole epochs, of which as much is compared as has passed; the epoch's projection is
/// that on the sinusoids of the window so far. At the full length the scores are those of the decoder
/// of epochs. The last `delays` samples of a window lack some of their delayed copies, as the
/// decoder's definition has it; they are worked out anew at each score. So many before a stretch of
/// lost samples are left out with it.
///
/// ```
/// use evoked::decode::{Calibration, Settings, Shape, ssvep::TdcaParams};
/// use evoked::online::{Components, Running};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[10.0, 15.0])?;
/// let gaze = |f: f64, seed: u32| -> Vec<f64> {
///     let noise = |n: u32| f64::from((n * n + seed) * 7919 % 101) / 50.0 - 1.0;
///     (0..100).map(|n| (std::f64::consts::TAU * f * f64::from(n) / 100.0).sin() + noise(n)).collect()
/// };
/// let mut calibration = Calibration::new(Shape::of_window(1, 1.0, 100.0), &codebook)?;
/// for seed in 0..3 {
///     calibration.add(0, Epoch::from_planar(&gaze(10.0, seed), 1)?)?;
///     calibration.add(1, Epoch::from_planar(&gaze(15.0, seed), 1)?)?;
/// }
/// let params = TdcaParams { harmonics: 2, delays: 2, ..TdcaParams::default() };
/// let mut decoder = Components::fit(&params, &codebook, &calibration, &[])?;
/// decoder.push(Epoch::from_planar(&gaze(15.0, 9)[..70], 1)?)?;
/// let mut scores = [0.0; 2];
/// decoder.score_into(&mut scores)?;
/// assert!(scores[1] > scores[0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Components {
    channels: usize,
    targets: usize,
    samples: usize,
    delays: usize,
    /// Rows of sinusoids of a target.
    rows: usize,
    weights: Vec<f64>,
    bands: Vec<Band>,
    oscillators: Oscillators,
    first: Vec<f64>,
    x: Vec<f64>,
    /// The sinusoids of the last samples, the one at n in place n mod (delays + 1).
    recent: Vec<Vec<f64>>,
    /// Sums over the window of y, and of yy' of each target.
    of_sinusoids: Vec<f64>,
    products: Vec<Lanes>,
    /// Sums of y over the samples whose delayed copies are all there.
    of_whole: Vec<f64>,
    factors: Vec<Lanes>,
    /// Samples of the window that have passed, and how many of them came.
    passed: usize,
    came: usize,
    /// How many of these count, with all delayed copies or at the end of the window.
    counted: usize,
    /// Place of the first sample after the last stretch that was lost.
    since: usize,
}

impl Components {
    /// Fits TDCA to a user's trials, in as many bands as there are weights; none for a single band.
    ///
    /// # Errors
    /// As [`TdcaParams::fit`]; [`DecodeError::Shape`] for rows that do not divide into the bands.
    pub fn fit(
        params: &TdcaParams,
        codebook: &Codebook,
        calibration: &Calibration,
        weights: &[f64],
    ) -> Result<Self, DecodeError> {
        let learned = Self::learn(params, codebook, calibration, weights)?;
        Self::of(params, codebook, calibration.shape(), weights, learned)
    }

    /// What is learned in each band.
    pub(super) fn learn(
        params: &TdcaParams,
        codebook: &Codebook,
        calibration: &Calibration,
        weights: &[f64],
    ) -> Result<Vec<DelayedLinear>, DecodeError> {
        let shape = calibration.shape();
        let bands = weights.len().max(1);
        if !shape.channels.is_multiple_of(bands) {
            let (what, found) = ("rows of all bands", shape.channels);
            return Err(DecodeError::Shape { what, found, expected: bands });
        }
        let channels = shape.channels / bands;
        let mut learned = Vec::with_capacity(bands);
        for band in 0..bands {
            let own = calibration.rows(band * channels..(band + 1) * channels);
            let decoder = params.fit(codebook, own.as_ref().unwrap_or(calibration))?;
            learned.push(decoder.linear()?);
        }
        Ok(learned)
    }

    /// From what was learned by these settings: bands of the same channels, samples and targets.
    pub(super) fn of(
        params: &TdcaParams,
        codebook: &Codebook,
        shape: Shape,
        weights: &[f64],
        learned: Vec<DelayedLinear>,
    ) -> Result<Self, DecodeError> {
        let limit_hz = shape.rate_hz / 2.0;
        let (harmonics, mains_hz) = (params.harmonics, params.mains_hz);
        let frequencies = usable_harmonics(codebook, harmonics, mains_hz, limit_hz, shape.rate_hz)?;
        let oscillators = Oscillators::new(&frequencies, shape.rate_hz);
        let (columns, delays) = (oscillators.columns(), params.delays);
        let fitted = learned.into_iter().map(|band| Band::new(band, delays, columns)).collect();
        let rows = frequencies.iter().map(|own| 2 * own.len()).max().unwrap_or(0);
        let groups = codebook.len().div_ceil(LANES);
        let triangles = vec![[0.0; LANES]; groups * lanes::triangle(rows)];
        Ok(Self {
            channels: shape.channels,
            targets: codebook.len(),
            samples: shape.samples,
            delays,
            rows,
            weights: weights.to_vec(),
            bands: fitted,
            oscillators,
            first: vec![0.0; shape.channels],
            x: vec![0.0; shape.channels],
            recent: vec![vec![0.0; columns]; delays + 1],
            of_sinusoids: vec![0.0; columns],
            products: triangles.clone(),
            of_whole: vec![0.0; columns],
            factors: triangles,
            passed: 0,
            came: 0,
            counted: 0,
            since: 0,
        })
    }

    /// As the method by its name fits it: the settings' harmonics, mains and weights.
    ///
    /// # Errors
    /// As [`Components::fit`].
    pub fn by_settings(
        codebook: &Codebook,
        calibration: &Calibration,
        settings: &Settings,
    ) -> Result<Self, DecodeError> {
        let Settings { harmonics, mains_hz, ref weights, .. } = *settings;
        let params = TdcaParams { harmonics, mains_hz, ..TdcaParams::default() };
        Self::fit(&params, codebook, calibration, weights)
    }

    /// Samples of a whole window.
    pub fn full(&self) -> usize {
        self.samples
    }

    fn take(&mut self, chunk: Epoch<'_>, sample: usize) {
        for (x, row) in self.x.iter_mut().zip(chunk.rows()) {
            *x = row[sample];
        }
        if self.came == 0 {
            self.first.copy_from_slice(&self.x);
        }
        self.x.iter_mut().zip(&self.first).for_each(|(x, first)| *x -= first);
        let (n, kept) = (self.passed, self.delays + 1);
        self.oscillators.next(&mut self.recent[n % kept]);
        self.count_sinusoids(n, 1.0);
        let rows = self.channels / self.bands.len();
        for (band, x) in self.bands.iter_mut().zip(self.x.chunks_exact(rows)) {
            band.take(x, n, self.targets);
        }
        // The sample whose last delayed copy has just come.
        if let Some(whole) = n.checked_sub(self.delays).filter(|whole| *whole >= self.since) {
            let y = &self.recent[whole % kept];
            self.of_whole.iter_mut().zip(y).for_each(|(sum, value)| *sum += value);
            for band in &mut self.bands {
                band.filter(whole, n + 1);
                band.whole.add(&band.u, &band.templates, whole, y);
            }
        }
        self.passed += 1;
        self.came += 1;
        self.counted += 1;
    }

    /// Adds the sinusoids at a sample to the sums, or takes them off with a sign of −1.
    fn count_sinusoids(&mut self, sample: usize, sign: f64) {
        let y = &self.recent[sample % (self.delays + 1)];
        with_vectors(
            #[inline(always)]
            || {
                self.of_sinusoids.iter_mut().zip(y).for_each(|(sum, value)| *sum += sign * value);
                lanes::add_products(&mut self.products, y.as_chunks().0, self.rows, sign);
            },
        );
    }

    /// Samples whose delayed copies have not all come.
    fn edge(&self) -> Range<usize> {
        self.passed.saturating_sub(self.delays).max(self.since)..self.passed
    }

    fn factor(&mut self) {
        let count = self.counted as f64;
        let sums = self.of_sinusoids.as_chunks::<LANES>().0;
        with_vectors(
            #[inline(always)]
            || {
                let factors = &mut self.factors;
                lanes::factor_centred(factors, &self.products, sums, self.rows, count);
            },
        );
    }

    /// The scores of a band, added to `scores`.
    fn score_band(&mut self, band: usize, scores: &mut [f64]) -> Result<(), DecodeError> {
        let edge = self.edge();
        let band_state = &mut self.bands[band];
        band_state.finish(edge, self.delays, self.came, &self.recent, &self.of_whole);
        let all = &band_state.all;
        let total: f64 =
            all.squares.iter().zip(&all.of_u).map(|(s, u)| s - u * u / all.count).sum();
        if !total.is_finite() {
            return Err(DecodeError::Overflow);
        }
        let weight = self.weights.get(band);
        let columns = self.of_sinusoids.len();
        let triangle = lanes::triangle(self.rows);
        let mut solved = [[0.0; LANES]; MOST_ROWS];
        for (group, scores) in scores.chunks_mut(LANES).enumerate() {
            let factor = &self.factors[group * triangle..(group + 1) * triangle];
            let own = group * self.rows * LANES..(group + 1) * self.rows * LANES;
            let of_sinusoids = self.of_sinusoids[own.clone()].as_chunks::<LANES>().0;
            let mut projected = [0.0; LANES];
            with_vectors(
                #[inline(always)]
                || {
                    for (component, u) in all.of_u.iter().enumerate() {
                        let products = &all.with_sinusoids[component * columns..][own.clone()];
                        let solved = &mut solved[..self.rows];
                        let mean = u / all.count;
                        let rows = products.as_chunks::<LANES>().0.iter().zip(of_sinusoids);
                        for (out, (product, sum)) in solved.iter_mut().zip(rows) {
                            for lane in 0..LANES {
                                out[lane] = product[lane] - mean * sum[lane];
                            }
                        }
                        lanes::solve(factor, solved);
                        for row in solved {
                            for lane in 0..LANES {
                                projected[lane] += row[lane] * row[lane];
                            }
                        }
                    }
                },
            );
            for (lane, score) in scores.iter_mut().enumerate() {
                let (product, norm) = band_state.with_target(group * LANES + lane, self.targets);
                let norms = (total + projected[lane]).max(0.0).sqrt() * norm;
                let r = if norms > 0.0 { (product / norms).clamp(-1.0, 1.0) } else { 0.0 };
                *score += weight.map_or(r, |weight| weight * Fusion::SignedSquare.apply(r));
            }
        }
        Ok(())
    }
}

/// More sinusoids than a target can have: 64 harmonics.
const MOST_ROWS: usize = 128;

impl Running for Components {
    fn channels(&self) -> usize {
        self.channels
    }

    fn targets(&self) -> usize {
        self.targets
    }

    fn push(&mut self, chunk: Epoch<'_>) -> Result<(), DecodeError> {
        check_chunk(chunk, self.channels)?;
        let left = self.samples - self.passed;
        (0..chunk.len().min(left)).for_each(|sample| self.take(chunk, sample));
        Ok(())
    }

    fn skip(&mut self, samples: u64) {
        if samples == 0 {
            return;
        }
        for sample in self.edge() {
            self.count_sinusoids(sample, -1.0);
            self.bands.iter_mut().for_each(|b| b.count_templates(sample, self.targets, -1.0));
            self.counted -= 1;
        }
        let left = self.samples - self.passed;
        self.passed += usize::try_from(samples).map_or(left, |samples| samples.min(left));
        self.since = self.passed;
        self.oscillators.skip(samples);
    }

    fn len(&self) -> u64 {
        self.came as u64
    }

    fn restart(&mut self) {
        (self.passed, self.came, self.counted, self.since) = (0, 0, 0, 0);
        self.oscillators.restart();
        self.of_sinusoids.fill(0.0);
        self.of_whole.fill(0.0);
        self.products.fill([0.0; LANES]);
        self.bands.iter_mut().for_each(Band::restart);
    }

    fn score_into(&mut self, scores: &mut [f64]) -> Result<(), DecodeError> {
        let expected = self.targets;
        if scores.len() != expected {
            return Err(DecodeError::Shape { what: "scores", found: scores.len(), expected });
        }
        let needed = self.delays + self.rows + 2;
        if self.counted < needed {
            let (found, what) = (self.counted, "a running window");
            return Err(DecodeError::TooShort { found, what, needed });
        }
        self.factor();
        scores.fill(0.0);
        (0..self.bands.len()).try_for_each(|band| self.score_band(band, scores))
    }
}

#[cfg(test)]
mod tests;
