use std::ops::Range;

use super::lanes;
use super::oscillators::Oscillators;
use super::running::{Running, check_chunk};
use crate::decode::ssvep::{TdcaParams, usable_harmonics};
use crate::decode::{Calibration, DecodeError, DelayedLinear, Fusion, Settings, Shape};
use crate::dsp::linalg::{LANES, Lanes, dot};
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

/// A band's filters and templates, and what has been added up.
#[derive(Debug, Clone)]
struct Band {
    components: usize,
    /// (delay, component) × channels.
    weights: Vec<f64>,
    /// Samples × components × targets: mean trials, and projections.
    templates: [Vec<f64>; 2],
    /// The channels at the last samples, as `recent`.
    recent: Vec<Vec<f64>>,
    of_channels: Vec<f64>,
    /// Over the window, components × targets: sums of both templates and of their squares.
    of_templates: [Vec<f64>; 4],
    whole: Sums,
    /// The same with the samples at the edge.
    all: Sums,
    u: Vec<f64>,
    level: Vec<f64>,
}

/// Sums over samples of the filtered signal u, of the templates, and of their products with u and of
/// u with the sinusoids.
#[derive(Debug, Clone)]
struct Sums {
    count: f64,
    of_u: Vec<f64>,
    squares: Vec<f64>,
    /// Components × targets.
    of_templates: Vec<f64>,
    with_templates: Vec<f64>,
    /// Components × columns.
    with_sinusoids: Vec<f64>,
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

impl Band {
    fn new(linear: DelayedLinear, delays: usize, columns: usize) -> Self {
        let DelayedLinear { channels, samples, targets, components, weights, templates } = linear;
        let by_sample = |rows: Vec<f64>| {
            let mut out = vec![0.0; rows.len()];
            for (place, row) in rows.chunks_exact(samples).enumerate() {
                let (target, component) = (place / components, place % components);
                for (sample, value) in row.iter().enumerate() {
                    out[(sample * components + component) * targets + target] = *value;
                }
            }
            out
        };
        let sums = Sums {
            count: 0.0,
            of_u: vec![0.0; components],
            squares: vec![0.0; components],
            of_templates: vec![0.0; components * targets],
            with_templates: vec![0.0; components * targets],
            with_sinusoids: vec![0.0; components * columns],
        };
        Self {
            components,
            weights,
            templates: templates.map(by_sample),
            recent: vec![vec![0.0; channels]; delays + 1],
            of_channels: vec![0.0; channels],
            of_templates: [(); 4].map(|()| vec![0.0; components * targets]),
            all: sums.clone(),
            whole: sums,
            u: vec![0.0; components],
            level: vec![0.0; components],
        }
    }

    fn restart(&mut self) {
        self.of_channels.fill(0.0);
        self.of_templates.iter_mut().flatten().for_each(|sum| *sum = 0.0);
        self.whole.clear();
    }

    fn take(&mut self, x: &[f64], n: usize, targets: usize) {
        let kept = self.recent.len();
        self.recent[n % kept].copy_from_slice(x);
        self.of_channels.iter_mut().zip(x).for_each(|(sum, value)| *sum += value);
        self.count_templates(n, targets, 1.0);
    }

    /// Adds the templates at a sample to their sums, or takes them off with a sign of −1.
    fn count_templates(&mut self, n: usize, targets: usize, sign: f64) {
        let len = self.components * targets;
        let [means, projections] = &self.templates;
        let (t, p) = (&means[n * len..(n + 1) * len], &projections[n * len..(n + 1) * len]);
        let [a, b, c, d] = &mut self.of_templates;
        let sums = a.iter_mut().zip(b).zip(c).zip(d);
        for ((t, p), (((a, b), c), d)) in t.iter().zip(p).zip(sums) {
            *a += sign * t;
            *b += sign * p;
            *c += sign * t * t;
            *d += sign * p * p;
        }
    }

    /// Leaves in `u` the filtered signal at a sample, as far as its delayed copies lie before `end`.
    fn filter(&mut self, sample: usize, end: usize) {
        let (kept, channels) = (self.recent.len(), self.of_channels.len());
        self.u.fill(0.0);
        let delays = self.weights.chunks_exact(self.components * channels).enumerate();
        for (delay, weights) in delays.take_while(|(delay, _)| sample + delay < end) {
            let x = &self.recent[(sample + delay) % kept];
            for (u, weights) in self.u.iter_mut().zip(weights.chunks_exact(channels)) {
                *u += weights.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
            }
        }
    }

    /// Leaves in `level` what the channels' means make of the filtered signal at a sample.
    fn level(&mut self, copies: usize, count: f64) {
        let channels = self.of_channels.len();
        self.level.fill(0.0);
        for weights in self.weights.chunks_exact(self.components * channels).take(copies) {
            for (level, weights) in self.level.iter_mut().zip(weights.chunks_exact(channels)) {
                *level += dot(weights, &self.of_channels) / count;
            }
        }
    }

    /// Leaves in `all` the sums over the window, the channels without their means over the samples
    /// that came.
    fn finish(
        &mut self,
        edge: Range<usize>,
        delays: usize,
        came: usize,
        recent: &[Vec<f64>],
        of_whole: &[f64],
    ) {
        let (count, end) = (came as f64, edge.end);
        self.level(delays + 1, count);
        self.all.shifted(&self.whole, &self.level, of_whole);
        for sample in edge {
            self.level(end - sample, count);
            self.filter(sample, end);
            self.u.iter_mut().zip(&self.level).for_each(|(u, level)| *u -= level);
            self.all.add(&self.u, &self.templates, sample, &recent[sample % (delays + 1)]);
        }
    }

    /// The product of the signal with the template of a target, and the template's norm.
    fn with_target(&self, target: usize, targets: usize) -> (f64, f64) {
        let all = &self.all;
        let [of_means, of_projections, squares, more] = &self.of_templates;
        let (mut product, mut norm) = (0.0, 0.0);
        for (component, u) in all.of_u.iter().enumerate() {
            let at = component * targets + target;
            product += all.with_templates[at] - u * all.of_templates[at] / all.count;
            norm += squares[at] - of_means[at] * of_means[at] / all.count;
            norm += more[at] - of_projections[at] * of_projections[at] / all.count;
        }
        (product, norm.max(0.0).sqrt())
    }
}

impl Sums {
    fn clear(&mut self) {
        self.count = 0.0;
        let Self { of_u, squares, of_templates, with_templates, with_sinusoids, .. } = self;
        for sums in [of_u, squares, of_templates, with_templates, with_sinusoids] {
            sums.fill(0.0);
        }
    }

    fn add(&mut self, u: &[f64], templates: &[Vec<f64>; 2], sample: usize, y: &[f64]) {
        self.count += 1.0;
        let (len, targets) = (self.of_templates.len(), self.of_templates.len() / u.len());
        let [means, projections] = templates;
        let (t, p) = (&means[sample * len..][..len], &projections[sample * len..][..len]);
        with_vectors(
            #[inline(always)]
            || {
                for (component, u) in u.iter().enumerate() {
                    self.of_u[component] += u;
                    self.squares[component] += u * u;
                    let own = component * targets..(component + 1) * targets;
                    let sums = self.of_templates[own.clone()].iter_mut();
                    let sums = sums.zip(&mut self.with_templates[own.clone()]);
                    let values = t[own.clone()].iter().zip(&p[own]);
                    for ((sum, product), (t, p)) in sums.zip(values) {
                        *sum += t + p;
                        *product += u * (t + p);
                    }
                    let products = &mut self.with_sinusoids[component * y.len()..][..y.len()];
                    products.iter_mut().zip(y).for_each(|(sum, value)| *sum += u * value);
                }
            },
        );
    }

    /// The sums of another signal, which is this one less a level of each component.
    fn shifted(&mut self, from: &Sums, level: &[f64], of_sinusoids: &[f64]) {
        self.count = from.count;
        self.of_templates.copy_from_slice(&from.of_templates);
        let targets = self.of_templates.len() / level.len();
        let columns = of_sinusoids.len();
        for (component, level) in level.iter().enumerate() {
            let u = from.of_u[component];
            self.of_u[component] = u - level * from.count;
            self.squares[component] =
                from.squares[component] - 2.0 * level * u + level * level * from.count;
            let own = component * targets..(component + 1) * targets;
            for at in own {
                self.with_templates[at] = from.with_templates[at] - level * from.of_templates[at];
            }
            let own = component * columns..(component + 1) * columns;
            let values = from.with_sinusoids[own.clone()].iter().zip(of_sinusoids);
            for (out, (product, sum)) in self.with_sinusoids[own].iter_mut().zip(values) {
                *out = product - level * sum;
            }
        }
    }
}

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
mod tests {
    use super::*;
    use crate::decode::Shape;
    use std::f64::consts::TAU;

    const CHANNELS: usize = 2;
    const SAMPLES: usize = 60;
    const TARGETS: usize = 3;
    const HARMONICS: usize = 2;
    const FREQUENCIES_HZ: [f64; TARGETS] = [9.0, 11.0, 13.0];
    const RATE_HZ: f64 = 100.0;

    fn value(at: usize) -> f64 {
        ((at * at * 31 + at * 7) % 113) as f64 / 20.0 - 2.5
    }

    fn fit(delays: usize) -> Components {
        let codebook = Codebook::sinusoids(&FREQUENCIES_HZ).unwrap();
        let shape = Shape { channels: CHANNELS, samples: SAMPLES, rate_hz: RATE_HZ };
        let mut calibration = Calibration::new(shape, &codebook).unwrap();
        for trial in 0..9 {
            let hz = FREQUENCIES_HZ[trial % TARGETS];
            let sample = |at: usize| {
                let n = at % SAMPLES;
                value(at + 1000 * trial) + 2.0 * (TAU * hz * n as f64 / RATE_HZ).sin()
            };
            let planar: Vec<f64> = (0..CHANNELS * SAMPLES).map(sample).collect();
            let epoch = Epoch::from_planar(&planar, CHANNELS).unwrap();
            calibration.add(trial % TARGETS, epoch).unwrap();
        }
        let params = TdcaParams { harmonics: HARMONICS, delays, ..TdcaParams::default() };
        Components::fit(&params, &codebook, &calibration, &[]).unwrap()
    }

    fn dot(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    fn centred(mut row: Vec<f64>) -> Vec<f64> {
        let mean = row.iter().sum::<f64>() / row.len() as f64;
        row.iter_mut().for_each(|value| *value -= mean);
        row
    }

    /// The energy of a row along the sinusoids of a target at some samples, without their means.
    fn projected(row: &[f64], target: usize, at: &[usize]) -> f64 {
        let mut basis: Vec<Vec<f64>> = Vec::new();
        for harmonic in 1..=HARMONICS {
            for phase in [0.0, TAU / 4.0] {
                let angle = |n: &usize| {
                    TAU * harmonic as f64 * FREQUENCIES_HZ[target] * *n as f64 / RATE_HZ + phase
                };
                let mut next = centred(at.iter().map(|n| angle(n).sin()).collect());
                for other in &basis {
                    let along = dot(&next, other);
                    next.iter_mut().zip(other).for_each(|(value, o)| *value -= along * o);
                }
                let norm = dot(&next, &next).sqrt();
                basis.push(next.into_iter().map(|value| value / norm).collect());
            }
        }
        basis.iter().map(|basis| dot(row, basis).powi(2)).sum()
    }

    /// The score by its definition, from the samples that came of a window of so many.
    fn expected(
        decoder: &Components,
        delays: usize,
        x: &dyn Fn(usize, usize) -> f64,
        came: &dyn Fn(usize) -> bool,
        len: usize,
        target: usize,
    ) -> f64 {
        let band = &decoder.bands[0];
        let there: Vec<usize> = (0..len).filter(|n| came(*n)).collect();
        let mean = |c: usize| there.iter().map(|n| x(c, *n)).sum::<f64>() / there.len() as f64;
        let means: Vec<f64> = (0..CHANNELS).map(mean).collect();
        let whole = |n: &usize| (*n..(n + delays + 1).min(len)).all(came);
        let counted: Vec<usize> = there.iter().copied().filter(|n| whole(n)).collect();
        let (mut product, mut first, mut second) = (0.0, 0.0, 0.0);
        for component in 0..band.components {
            let u = |n: &usize| -> f64 {
                let copy = |delay: usize| -> f64 {
                    let weights = &band.weights[(delay * band.components + component) * CHANNELS..];
                    (0..CHANNELS).map(|c| weights[c] * (x(c, n + delay) - means[c])).sum()
                };
                (0..=delays).filter(|delay| n + delay < len).map(copy).sum()
            };
            let u = centred(counted.iter().map(u).collect());
            let template = |which: usize| {
                let at = |n: &usize| (n * band.components + component) * TARGETS + target;
                centred(counted.iter().map(|n| band.templates[which][at(n)]).collect())
            };
            let (t, p) = (template(0), template(1));
            product += dot(&u, &t) + dot(&u, &p);
            first += dot(&u, &u) + projected(&u, target, &counted);
            second += dot(&t, &t) + dot(&p, &p);
        }
        product / (first.sqrt() * second.sqrt())
    }

    #[test]
    fn scores_are_those_of_the_samples_that_came_at_any_length() {
        let x = |c: usize, n: usize| 4200.0 + value(7 + 100 * c + n);
        let all = |_: usize| true;
        let some = |n: usize| n > 4 && !(25..33).contains(&n) && n != 50;
        let losses: [&dyn Fn(usize) -> bool; 2] = [&all, &some];
        for delays in [0, 3] {
            let mut decoder = fit(delays);
            for came in losses {
                decoder.restart();
                for len in 1..=SAMPLES {
                    let sample: Vec<f64> = (0..CHANNELS).map(|c| x(c, len - 1)).collect();
                    match came(len - 1) {
                        true => {
                            decoder.push(Epoch::from_planar(&sample, CHANNELS).unwrap()).unwrap();
                        }
                        false => decoder.skip(1),
                    }
                    let mut scores = [0.0; TARGETS];
                    if decoder.score_into(&mut scores).is_err() {
                        assert!(decoder.counted < delays + 2 * HARMONICS + 2, "{len}");
                        continue;
                    }
                    for (target, score) in scores.iter().enumerate() {
                        let expected = expected(&decoder, delays, &x, came, len, target);
                        assert!((score - expected).abs() < 1e-7, "{len}: {score} {expected}");
                    }
                }
            }
        }
    }
}
