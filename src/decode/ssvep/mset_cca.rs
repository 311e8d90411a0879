use super::canonical::correlations;
use super::interleaved::Interleaved;
use super::references::{basis, check_length};
use crate::decode::decoder::check_call;
use crate::decode::row_space::RowSpace;
use crate::decode::{Calibration, DecodeError, Decoder, Scratch, Shape};
use crate::dsp::linalg::{LeadingScratch, Whitening, leading_singular_vector};
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// Settings of [`MsetCca`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct MsetCcaParams {}

/// Multiset canonical correlation (Zhang et al. 2014, Int J Neural Syst 24:1450013).
///
/// For each target the calibration trials X₁ … X_T are combined with the filters w₁ … w_T whose sums
/// of channels have the most in common: the leading solution of `(R − S)·w = ρ·S·w`, R holding all
/// products `Xᵢ·Xⱼᵀ` and S its diagonal blocks. The T rows `wᵢ'Xᵢ` are the references; the score is
/// the canonical correlation, 0 to 1, of the epoch with them. Every target needs two calibration
/// trials, all starting at the same phase; it takes any stimulus, codes too. Channels that add
/// nothing do no harm.
///
/// ```
/// use evoked::decode::{Calibration, Decoder, Shape, ssvep::MsetCcaParams};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[13.0, 17.0])?;
/// let mut calibration = Calibration::new(Shape::of_window(1, 1.0, 256.0), &codebook)?;
/// let gaze = |f: f64| (0..256).map(move |n| (std::f64::consts::TAU * f * n as f64 / 256.0).sin());
/// for (target, frequency_hz) in [(0, 13.0), (0, 13.0), (1, 17.0), (1, 17.0)] {
///     let epoch: Vec<f64> = gaze(frequency_hz).collect();
///     calibration.add(target, Epoch::from_planar(&epoch, 1)?)?;
/// }
/// let decoder = MsetCcaParams::default().fit(&codebook, &calibration)?;
/// let epoch: Vec<f64> = gaze(17.0).collect();
/// let scores = decoder.score(Epoch::from_planar(&epoch, 1)?)?;
/// assert!(scores[1] > 0.999 && scores[0] < 0.1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct MsetCca {
    shape: Shape,
    targets: usize,
    space: RowSpace,
    /// Orthonormal rows that span the references of each target.
    references: Interleaved,
}

impl MsetCcaParams {
    /// A decoder of epochs shaped as those of the calibration.
    ///
    /// # Errors
    /// [`DecodeError::Untrained`] for a target with less than two trials; [`DecodeError::Flat`]
    /// where no channel varies; [`DecodeError::TooShort`] where epoch and references together, or
    /// two trials, could follow any signal; [`DecodeError::TooLarge`]; [`DecodeError::Shape`] for
    /// another codebook.
    pub fn fit(
        &self,
        codebook: &Codebook,
        calibration: &Calibration,
    ) -> Result<MsetCca, DecodeError> {
        let shape = calibration.shape();
        calibration.check(codebook, shape, 2)?;
        let trials = (0..codebook.len()).map(|target| calibration.count(target)).max();
        let trials = trials.unwrap_or(0);
        check_length(shape.samples, "mset-cca", shape.channels + trials.max(shape.channels) + 2)?;
        shape.check_table(trials.saturating_mul(shape.channels.max(codebook.len())))?;
        let space = RowSpace::of(calibration)?;
        let references = |target| references(&space, calibration, target);
        let references = (0..codebook.len()).map(references).collect::<Result<Vec<_>, _>>()?;
        let references = Interleaved::new(&references, shape.samples);
        Ok(MsetCca { shape, targets: codebook.len(), space, references })
    }
}

/// With orthonormal rows for each trial, S is the identity, and w the first left singular vector of
/// all these rows; its partner, one value a sample, gives each trial's row as its projection.
fn references(
    space: &RowSpace,
    calibration: &Calibration,
    target: usize,
) -> Result<Vec<f64>, DecodeError> {
    let samples = calibration.shape().samples;
    let mut whitening = Whitening::default();
    let mut trial = Vec::new();
    let mut bases = Vec::new();
    for epoch in calibration.of_target(target) {
        space.project(epoch, &mut trial)?;
        whitening.of(&trial, samples)?;
        bases.push(whitening.basis().to_vec());
    }
    let mut shared = vec![0.0; samples];
    let scratch = &mut LeadingScratch::default();
    leading_singular_vector(&bases.concat(), samples, &mut shared, scratch)?;
    let projection = |own: &Vec<f64>| {
        let mut row = vec![0.0; samples];
        for direction in own.chunks_exact(samples) {
            let along: f64 = direction.iter().zip(&shared).map(|(a, b)| a * b).sum();
            row.iter_mut().zip(direction).for_each(|(sum, value)| *sum += along * value);
        }
        row
    };
    let rows: Vec<f64> = bases.iter().flat_map(projection).collect();
    basis(&rows, samples)
}

impl Decoder for MsetCca {
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
        check_call(self.shape, self.targets(), epoch, scores)?;
        self.space.project_scaled(epoch, &mut scratch.trial, &mut scratch.real)?;
        scratch.whitening.of(&scratch.trial, self.shape.samples)?;
        correlations(&self.references, scores, scratch)
    }
}
