use super::canonical::{mix, pair, ratio};
use super::neighbours::neighbours;
use super::references::{check_length, most_rows, references_in_common};
use crate::decode::decoder::check_call;
use crate::decode::row_space::RowSpace;
use crate::decode::{Calibration, DecodeError, Decoder, Fusion, Scratch, Shape};
use crate::dsp::linalg::multiply_transposed;
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// Settings of [`MsCca`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MsCcaParams {
    /// Harmonics of each target, the fundamental being the first.
    pub harmonics: usize,
    /// Mains frequency: harmonics within 1 Hz of it or of its multiples are left out, for all
    /// targets if for one.
    pub mains_hz: Option<f64>,
    /// Targets next to each other in frequency that share a filter, the target itself included; no
    /// more than there are.
    pub neighbours: usize,
    /// Whether the epoch is compared with the target's own template, too: ms-eCCA.
    pub template: bool,
}

impl Default for MsCcaParams {
    fn default() -> Self {
        Self { harmonics: 2, mains_hz: None, neighbours: 12, template: true }
    }
}

/// Multi-stimulus CCA and multi-stimulus extended CCA (Wong et al. 2020, J Neural Eng 17:016026).
///
/// The mean calibration trials of neighbouring targets are laid side by side in time, and so are
/// their sinusoids, with the phases of the codebook; one CCA of the two gives a filter u of the
/// channels and a filter v of the sinusoids. With x the epoch, y the sinusoids and m the mean trial
/// of a target, msCCA scores the correlation of u'x with v'y, which may be negative; ms-eCCA scores
/// `r₁·|r₁| + r₂·|r₂|`, r₁ being that correlation and r₂ the one of u'x with u'm.
///
/// A target without calibration trials is scored as long as one of its neighbours has some; for
/// ms-eCCA it has no r₂, and r₁ stands in for it. Trials have to start at the same phase, and the
/// delay between stimulus and response has to be the same for all targets. Channels that add nothing
/// do no harm. Bands of a filter bank add up squared with their signs for msCCA, as they are for
/// ms-eCCA.
///
/// ```
/// use evoked::decode::{Calibration, Decoder, Shape, ssvep::MsCcaParams};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[13.0, 15.0, 17.0])?;
/// let mut calibration = Calibration::new(Shape::of_window(1, 1.0, 256.0), &codebook)?;
/// let gaze = |f: f64| (0..256).map(move |n| (std::f64::consts::TAU * f * n as f64 / 256.0).sin());
/// for (target, frequency_hz) in [(0, 13.0), (2, 17.0)] {
///     let epoch: Vec<f64> = gaze(frequency_hz).collect();
///     calibration.add(target, Epoch::from_planar(&epoch, 1)?)?;
/// }
/// let decoder = MsCcaParams::default().fit(&codebook, &calibration)?;
/// let untrained: Vec<f64> = gaze(15.0).collect();
/// let scores = decoder.score(Epoch::from_planar(&untrained, 1)?)?;
/// assert!(scores[1] > 1.999 && scores[0] < 0.1 && scores[2] < 0.1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct MsCca {
    shape: Shape,
    template: bool,
    space: RowSpace,
    /// The filter u of each target.
    filters: Vec<Vec<f64>>,
    /// For each target v'y, then u'm, each of norm 1, or zeros.
    patterns: Vec<f64>,
}

impl MsCcaParams {
    /// A decoder of epochs shaped as those of the calibration.
    ///
    /// # Errors
    /// [`DecodeError::NoFrequency`], [`DecodeError::Nyquist`], [`DecodeError::OnlyMains`];
    /// [`DecodeError::Setting`], also where no harmonic is left that all targets can use; [`DecodeError::Untrained`] for a target of which no neighbour has trials;
    /// [`DecodeError::Flat`] where no channel varies; [`DecodeError::TooShort`] where channels and
    /// sinusoids together could follow any signal; [`DecodeError::TooLarge`];
    /// [`DecodeError::Shape`] for another codebook.
    pub fn fit(
        &self,
        codebook: &Codebook,
        calibration: &Calibration,
    ) -> Result<MsCca, DecodeError> {
        let shape = calibration.shape();
        let samples = shape.samples;
        calibration.check(codebook, shape, 0)?;
        let references = references_in_common(codebook, self.harmonics, self.mains_hz, shape)?;
        check_length(samples, "ms-cca", shape.channels + most_rows(&references, samples) + 2)?;
        let blocks = neighbours(codebook, self.neighbours)?;
        let rows = (shape.channels + most_rows(&references, samples)) * blocks[0].len();
        shape.check_table(rows.max(2 * codebook.len()))?;
        let trained = |target: &usize| calibration.count(*target) > 0;
        for (target, block) in codebook.targets().iter().zip(&blocks) {
            if !block.iter().any(&trained) {
                let label = target.label.clone();
                return Err(DecodeError::Untrained { label, found: 0, needed: 1 });
            }
        }
        let space = RowSpace::of(calibration)?;
        let means = (0..codebook.len()).map(|target| space.mean(calibration, target));
        let means = means.collect::<Result<Vec<_>, _>>()?;
        let mut patterns = Vec::with_capacity(2 * codebook.len() * samples);
        let mut filters = Vec::with_capacity(codebook.len());
        for (target, block) in blocks.iter().enumerate() {
            let block: Vec<usize> = block.iter().copied().filter(trained).collect();
            let beside = |rows: &[Vec<f64>]| side_by_side(rows, &block, samples);
            let cols = block.len() * samples;
            let found = pair(&beside(&means), &beside(&references), cols)?;
            patterns.extend(pattern(&found.second, &references[target], samples));
            patterns.extend(pattern(&found.first, &means[target], samples));
            filters.push(found.first);
        }
        Ok(MsCca { shape, template: self.template, space, filters, patterns })
    }
}

/// The rows of some targets, each continued by the next target's.
fn side_by_side(rows: &[Vec<f64>], block: &[usize], samples: usize) -> Vec<f64> {
    let count = block.iter().map(|&target| rows[target].len()).min().unwrap_or(0) / samples;
    let row = |row: usize| block.iter().flat_map(move |&t| &rows[t][row * samples..][..samples]);
    (0..count).flat_map(row).copied().collect()
}

/// A weighted sum of rows with norm 1, or zeros.
fn pattern(weights: &[f64], rows: &[f64], samples: usize) -> Vec<f64> {
    let mut sum = vec![0.0; samples];
    mix(weights, rows, &mut sum);
    let norm = sum.iter().map(|value| value * value).sum::<f64>().sqrt();
    sum.iter_mut().for_each(|value| *value = if norm > 0.0 { *value / norm } else { 0.0 });
    sum
}

impl Decoder for MsCca {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn targets(&self) -> usize {
        self.filters.len()
    }

    fn fusion(&self) -> Fusion {
        if self.template { Fusion::Plain } else { Fusion::SignedSquare }
    }

    fn score_into(
        &self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        check_call(self.shape, self.targets(), epoch, scores)?;
        let samples = self.shape.samples;
        let Scratch { trial, real, products, small, .. } = scratch;
        self.space.project_scaled(epoch, trial, real)?;
        let channels = self.space.rank();
        let products = Scratch::zeros(products, 2 * scores.len() * channels);
        multiply_transposed(&self.patterns, trial, samples, products)?;
        let gram = Scratch::zeros(small, channels * channels);
        multiply_transposed(trial, trial, samples, gram)?;
        for ((score, filter), product) in
            scores.iter_mut().zip(&self.filters).zip(products.chunks_exact(2 * channels))
        {
            let power = gram.chunks_exact(channels).zip(filter);
            let power = power.map(|(row, weight)| weight * dot(row, filter)).sum();
            let (of_sinusoids, of_template) = product.split_at(channels);
            let first = ratio(dot(of_sinusoids, filter), 1.0, power);
            *score = match self.template {
                true => {
                    let second = match of_template.iter().all(|&value| value == 0.0) {
                        true => first,
                        false => ratio(dot(of_template, filter), 1.0, power),
                    };
                    first * first.abs() + second * second.abs()
                }
                false => first,
            };
        }
        Ok(())
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
