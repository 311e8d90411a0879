use super::canonical::{matrix_times, mix, ratio};
use super::references::{basis, check_length, most_rows, references_in_common};
use super::stack::Stack;
use crate::decode::decoder::{check_call, standardize};
use crate::decode::{Adaptive, DecodeError, Decoder, Fusion, Scratch, Shape};
use crate::dsp::linalg::{
    dot, leading_eigenvector, leading_singular_vector, multiply_transposed, symmetric_eigen_in,
};
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// Directions of the channels whose power is this much below the strongest are rounding.
const RELATIVE_POWER: f64 = 1e-12;

/// Settings of [`OaCca`].
#[derive(Debug, Clone, PartialEq)]
pub struct OaCcaParams {
    /// Harmonics of each target, the fundamental being the first.
    pub harmonics: usize,
    /// Mains frequency: harmonics within 1 Hz of it or of its multiples are left out, for all
    /// targets if for one.
    pub mains_hz: Option<f64>,
    /// Weights of the bands of a [`FilterBank`](crate::decode::FilterBank); empty where there is a
    /// single band.
    pub weights: Vec<f64>,
}

impl Default for OaCcaParams {
    fn default() -> Self {
        Self { harmonics: 2, mains_hz: None, weights: Vec::new() }
    }
}

/// Online adaptive CCA (Wong et al. 2022, IEEE Trans Biomed Eng 69:2018): it starts as CCA and
/// learns from its own decisions, without labels.
///
/// With x the epoch, each channel at mean 0 and variance 1, and y the sinusoids of a target with the
/// phase of the codebook, the score is `r₁ + r₂ + r₃`: r₁ the canonical correlation of x and y, r₂ the
/// correlation of u'x and v'y, r₃ the canonical correlation of s'x and y. Before the first trial r₂
/// and r₃ are 0. After each trial
///
/// - the prototype filter s learns, if r₁ alone decides as the score does: it is the leading
///   eigenvector of `Σ a·aᵀ/|a|²`, a being the filter of x in the CCA with the y decided on;
/// - u and v learn from the target for which r₁ + r₃ decides: they are the leading pair of
///   `Σ x·yᵀ` against `Σ x·xᵀ`.
///
/// As a [`Decoder`] it scores with what it has learned so far and learns nothing, so that the same
/// epoch gives the same scores; [`score_and_adapt`](Self::score_and_adapt) gives the same scores and
/// learns. [`Method`](crate::decode::Method)`::fit` lets it see the calibration trials in their
/// order, without their labels. Every band of a filter bank learns by itself, but from decisions of
/// all bands together: `Σ weight·r`, unsquared. That is why the bank belongs to this decoder, which
/// takes the rows of all bands as [`Banked`](crate::decode::Banked) does. It needs no calibration;
/// targets are to share the delay between stimulus and response, and trials to start at the same
/// phase. Channels that add nothing do no harm.
///
/// ```
/// use evoked::decode::{Decoder, Scratch, Shape, ssvep::OaCcaParams};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[13.0, 17.0, 21.0])?;
/// let mut decoder = OaCcaParams::default().build(&codebook, Shape::of_window(1, 1.0, 256.0))?;
/// let gaze: Vec<f64> = (0..256).map(|n| (std::f64::consts::TAU * 17.0 * n as f64 / 256.0).sin()).collect();
/// let epoch = Epoch::from_planar(&gaze, 1)?;
/// let (mut scores, mut scratch) = ([0.0; 3], Scratch::default());
/// decoder.score_and_adapt(epoch, &mut scores, &mut scratch)?;
/// assert!((scores[1] - 1.0).abs() < 1e-9);
/// decoder.score_and_adapt(epoch, &mut scores, &mut scratch)?;
/// assert!((scores[1] - 3.0).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct OaCca {
    /// Rows of all bands.
    shape: Shape,
    /// Channels of one band.
    channels: usize,
    weights: Vec<f64>,
    references: References,
    bands: Vec<Band>,
}

#[derive(Debug, Clone)]
struct References {
    samples: usize,
    /// Sinusoids of each target, as many for each.
    sinusoids: Stack,
    /// Their products with each other, target by target.
    grams: Vec<Vec<f64>>,
    /// Orthonormal rows that span them.
    bases: Stack,
}

/// What is learned of one band.
#[derive(Debug, Clone)]
struct Band {
    /// `Σ a·aᵀ/|a|²`.
    filters: Vec<f64>,
    /// `Σ x·xᵀ`.
    trials: Vec<f64>,
    /// `Σ x·yᵀ`.
    with_references: Vec<f64>,
    prototype: Vec<f64>,
    pair: (Vec<f64>, Vec<f64>),
}

impl OaCcaParams {
    /// A decoder for a codebook of frequencies and epochs of a shape, which counts the rows of all
    /// bands.
    ///
    /// # Errors
    /// [`DecodeError::NoFrequency`], [`DecodeError::Nyquist`], [`DecodeError::OnlyMains`];
    /// [`DecodeError::Setting`], also for weights that are no finite numbers and where no harmonic is
    /// left that all targets can use; [`DecodeError::Shape`] for channels that do not divide into the
    /// bands; [`DecodeError::TooShort`] where channels and sinusoids together could follow any
    /// signal; [`DecodeError::TooLarge`].
    pub fn build(&self, codebook: &Codebook, shape: Shape) -> Result<OaCca, DecodeError> {
        shape.check()?;
        let weights = if self.weights.is_empty() { vec![1.0] } else { self.weights.clone() };
        if weights.iter().any(|weight| !weight.is_finite()) {
            let (found, expected) = (format!("{weights:?}"), "finite numbers");
            return Err(DecodeError::Setting { name: "weights", found, expected });
        }
        if !shape.channels.is_multiple_of(weights.len()) {
            let (what, found) = ("rows of all bands", shape.channels);
            return Err(DecodeError::Shape { what, found, expected: weights.len() });
        }
        let (channels, samples) = (shape.channels / weights.len(), shape.samples);
        let rows = references_in_common(codebook, self.harmonics, self.mains_hz, shape)?;
        let sinusoids = most_rows(&rows, samples);
        check_length(samples, "oacca", channels + sinusoids + 2)?;
        let band = Band::new(channels, sinusoids);
        let bands = vec![band; weights.len()];
        Ok(OaCca { shape, channels, weights, references: References::new(&rows, samples)?, bands })
    }
}

impl References {
    fn new(rows: &[Vec<f64>], samples: usize) -> Result<Self, DecodeError> {
        let bases = rows.iter().map(|rows| basis(rows, samples)).collect::<Result<Vec<_>, _>>()?;
        let gram = |rows: &Vec<f64>| -> Result<Vec<f64>, DecodeError> {
            let count = rows.len() / samples;
            let mut gram = vec![0.0; count * count];
            multiply_transposed(rows, rows, samples, &mut gram)?;
            Ok(gram)
        };
        Ok(Self {
            samples,
            grams: rows.iter().map(gram).collect::<Result<_, _>>()?,
            sinusoids: Stack::new(samples, rows.iter().map(Vec::as_slice)),
            bases: Stack::new(samples, bases.iter().map(Vec::as_slice)),
        })
    }

    fn rows_of<'a>(&'a self, stack: &'a Stack, target: usize) -> &'a [f64] {
        let rows = stack.range(target);
        &stack.values()[rows.start * self.samples..rows.end * self.samples]
    }
}

impl OaCca {
    /// The scores of an epoch, as [`Decoder::score_into`] gives them, before anything is learned
    /// from it; then it is learned from.
    ///
    /// # Errors
    /// As [`Decoder::score_into`]; nothing is learned then.
    pub fn score_and_adapt(
        &mut self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        self.score_into(epoch, scores, scratch)?;
        let targets = scores.len();
        let (plain, with_prototype) = scratch.sums.split_at(targets);
        let (plain, with_prototype) = (argmax(plain), argmax(&with_prototype[..targets]));
        let agreed = plain == argmax(scores);
        for (number, band) in self.bands.iter_mut().enumerate() {
            standardized(part(epoch, self.channels, number), &mut scratch.trial);
            if agreed {
                band.learn_prototype(&self.references, plain, scratch)?;
            }
            band.learn_pair(&self.references, with_prototype, scratch)?;
        }
        Ok(())
    }
}

impl Adaptive for OaCca {
    fn score_and_adapt(
        &mut self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        OaCca::score_and_adapt(self, epoch, scores, scratch)
    }
}

/// The rows of one band.
fn part(epoch: Epoch<'_>, channels: usize, band: usize) -> Epoch<'_> {
    let rows = band * channels..(band + 1) * channels;
    epoch.part(rows, 0..epoch.len()).unwrap_or(epoch)
}

/// Each channel with mean 0 and variance 1; constant ones are zero.
fn standardized(epoch: Epoch<'_>, out: &mut Vec<f64>) {
    let out = Scratch::zeros(out, epoch.channels() * epoch.len());
    for (row, out) in epoch.rows().zip(out.chunks_exact_mut(epoch.len().max(1))) {
        standardize(row, out);
    }
}

fn argmax(scores: &[f64]) -> usize {
    let better = |best: usize, at: usize| if scores[at] > scores[best] { at } else { best };
    (0..scores.len()).fold(0, better)
}

impl Decoder for OaCca {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn targets(&self) -> usize {
        self.references.bases.targets()
    }

    fn fusion(&self) -> Fusion {
        Fusion::Plain
    }

    fn score_into(
        &self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        check_call(self.shape, self.targets(), epoch, scores)?;
        scores.fill(0.0);
        Scratch::zeros(&mut scratch.sums, 2 * scores.len());
        for (number, (band, &weight)) in self.bands.iter().zip(&self.weights).enumerate() {
            standardized(part(epoch, self.channels, number), &mut scratch.trial);
            band.add_terms(&self.references, weight, scores, scratch)?;
        }
        Ok(())
    }
}

impl Band {
    fn new(channels: usize, sinusoids: usize) -> Self {
        Self {
            filters: vec![0.0; channels * channels],
            trials: vec![0.0; channels * channels],
            with_references: vec![0.0; channels * sinusoids],
            prototype: vec![0.0; channels],
            pair: (vec![0.0; channels], vec![0.0; sinusoids]),
        }
    }

    /// Adds the weighted correlations of each target to the scores, and to the sums: r₁ of all
    /// targets, then r₁ + r₃.
    fn add_terms(
        &self,
        references: &References,
        weight: f64,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        let samples = references.samples;
        let Scratch { trial, whitening, products, small, leading, real, sums, .. } = scratch;
        whitening.of(trial, samples)?;
        let rank = whitening.rank();
        if rank == 0 {
            return Err(DecodeError::Flat);
        }
        let filtered = Scratch::zeros(real, 2 * samples);
        let (by_prototype, by_pair) = filtered.split_at_mut(samples);
        mix(&self.prototype, trial, by_prototype);
        mix(&self.pair.0, trial, by_pair);
        let (prototype_square, pair_square) =
            (dot(by_prototype, by_prototype), dot(by_pair, by_pair));
        let (bases, sinusoids) = (&references.bases, &references.sinusoids);
        let products = Scratch::zeros(products, bases.rows() * (rank + 1) + sinusoids.rows());
        let (of_bases, products) = products.split_at_mut(bases.rows() * rank);
        let (of_prototype, of_pair) = products.split_at_mut(bases.rows());
        multiply_transposed(bases.values(), whitening.basis(), samples, of_bases)?;
        multiply_transposed(bases.values(), by_prototype, samples, of_prototype)?;
        multiply_transposed(sinusoids.values(), by_pair, samples, of_pair)?;
        let right = Scratch::zeros(small, rank.max(self.pair.1.len()));
        let (plain, with_prototype) = sums.split_at_mut(scores.len());
        for (target, score) in scores.iter_mut().enumerate() {
            let rows = bases.range(target);
            let product = &of_bases[rows.start * rank..rows.end * rank];
            let first = leading_singular_vector(product, rank, &mut right[..rank], leading)?;
            let first = first.min(1.0);
            let seen = &of_prototype[rows];
            let third = ratio(dot(seen, seen).sqrt(), 1.0, prototype_square);
            let image = &mut right[..self.pair.1.len()];
            matrix_times(&references.grams[target], &self.pair.1, image);
            let power = dot(image, &self.pair.1);
            let product = dot(&of_pair[sinusoids.range(target)], &self.pair.1);
            let second = ratio(product, pair_square, power);
            plain[target] += weight * first;
            with_prototype[target] += weight * (first + third);
            *score += weight * (first + second + third);
        }
        Ok(())
    }

    fn learn_prototype(
        &mut self,
        references: &References,
        target: usize,
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        let Scratch { trial, whitening, products, small, leading, .. } = scratch;
        let samples = references.samples;
        let reference = references.rows_of(&references.bases, target);
        whitening.of(trial, samples)?;
        let (rank, channels) = (whitening.rank(), self.prototype.len());
        let product = Scratch::zeros(products, reference.len() / samples * rank);
        multiply_transposed(reference, whitening.basis(), samples, product)?;
        let (right, filter) = Scratch::zeros(small, rank + channels).split_at_mut(rank);
        leading_singular_vector(product, rank, right, leading)?;
        whitening.filter_into(right, filter);
        let norm = dot(filter, filter);
        if norm > 0.0 {
            add_product(filter, filter, 1.0 / norm, &mut self.filters);
        }
        leading_eigenvector(&self.filters, channels, &mut self.prototype, leading)?;
        Ok(())
    }

    fn learn_pair(
        &mut self,
        references: &References,
        target: usize,
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        let Scratch { trial, products, small, leading, eigen, .. } = scratch;
        let samples = references.samples;
        let reference = references.rows_of(&references.sinusoids, target);
        let (channels, sinusoids) = (self.pair.0.len(), self.pair.1.len());
        let product = Scratch::zeros(products, channels * channels.max(sinusoids));
        for (other, sum) in [(&trial[..], &mut self.trials), (reference, &mut self.with_references)]
        {
            let product = &mut product[..sum.len()];
            multiply_transposed(trial, other, samples, product)?;
            sum.iter_mut().zip(&*product).for_each(|(sum, value)| *sum += value);
        }
        symmetric_eigen_in(&self.trials, channels, eigen)?;
        let strongest = eigen.values.first().copied().unwrap_or(0.0);
        let rank = eigen.values.iter().take_while(|&&v| v > RELATIVE_POWER * strongest).count();
        let whitened = &mut product[..rank * sinusoids];
        let directions = || eigen.vectors.chunks_exact(channels).zip(&eigen.values);
        for (out, (direction, power)) in whitened.chunks_exact_mut(sinusoids).zip(directions()) {
            mix(direction, &self.with_references, out);
            out.iter_mut().for_each(|value| *value /= power.sqrt());
        }
        let (u, v) = &mut self.pair;
        leading_singular_vector(whitened, sinusoids, v, leading)?;
        let left = Scratch::zeros(small, rank);
        matrix_times(whitened, v, left);
        for (weight, power) in left.iter_mut().zip(&eigen.values) {
            *weight /= power.sqrt();
        }
        mix(left, &eigen.vectors, u);
        Ok(())
    }
}

/// Adds `factor · a·bᵀ`.
fn add_product(a: &[f64], b: &[f64], factor: f64, out: &mut [f64]) {
    for (a, row) in a.iter().zip(out.chunks_exact_mut(b.len().max(1))) {
        row.iter_mut().zip(b).for_each(|(sum, b)| *sum += factor * a * b);
    }
}
