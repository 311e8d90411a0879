use super::by_template::ByTemplate;
use super::calibrated::Trials;
use super::leading::leading_filters;
use super::references::check_length;
use crate::decode::{Calibration, DecodeError, Decoder, Linear, Scratch, Shape};
use crate::dsp::linalg::{multiply_transposed, orthonormal_rows};
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// Directions of a trial this much weaker than the strongest are rounding, not signal.
const RANK_TOLERANCE: f64 = 1e-10;

/// Settings of [`Sscor`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SscorParams {
    /// Whether the filters of all targets serve every target together.
    pub ensemble: bool,
}

impl Default for SscorParams {
    fn default() -> Self {
        Self { ensemble: true }
    }
}

/// Sum of squared correlations (Kumar and Reddy 2019, IEEE Trans Neural Syst Rehabil Eng 27:2044),
/// and its ensemble.
///
/// With `C_mm = m m'`, `C_mi = m X_i'` and `C_ii = X_i X_i'`, m being the mean of the trials X_i of
/// target k, all without their means, the filter w_k makes
/// `w'(Σ_i C_mi C_ii⁻¹ C_im)w / w'C_mm w` largest, with `w'C_mm w = 1`: the sum over trials of the
/// squared canonical correlation of `w'm` with X_i. The score of target k is the correlation of
/// `W'x` with `W'm_k`, −1 to 1; W is w_k alone, or all filters where `ensemble` is set.
///
/// Every target needs at least two calibration trials; a codebook with a target that has fewer is
/// refused. Responses must be locked to the onset, but need no frequency. Channels that add nothing
/// (flat, equal, an average reference) do no harm.
///
/// ```
/// use evoked::decode::{Calibration, Decoder, Shape, ssvep::SscorParams};
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
/// let decoder = SscorParams::default().fit(&codebook, &calibration)?;
/// let scores = decoder.score(Epoch::from_planar(&trial(11.0, 0.7), 1)?)?;
/// assert!(scores[1] > 0.8 && scores[1] > scores[0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sscor {
    scoring: ByTemplate,
}

impl SscorParams {
    /// A decoder fitted to a user's trials.
    ///
    /// # Errors
    /// [`DecodeError::Untrained`] for a target with fewer than two trials;
    /// [`DecodeError::NoFrequency`] for a target that shows nothing; [`DecodeError::TooShort`] where
    /// the channels together could follow any signal; [`DecodeError::Flat`], [`DecodeError::Shape`],
    /// [`DecodeError::TooLarge`].
    pub fn fit(
        &self,
        codebook: &Codebook,
        calibration: &Calibration,
    ) -> Result<Sscor, DecodeError> {
        let trials = Trials::of(codebook, calibration)?;
        // With fewer samples every trial spans every mean, and one filter is as good as another.
        check_length(trials.samples(), "sscor", trials.rank() + 2)?;
        let mut filters = Vec::new();
        for target in 0..codebook.len() {
            filters.extend(filter(&trials, target)?);
        }
        let shape = calibration.shape();
        let scoring = match self.ensemble {
            true => ByTemplate::ensemble(shape, &filters, trials)?,
            false => ByTemplate::own(shape, filters, trials)?,
        };
        Ok(Sscor { scoring })
    }
}

fn filter(trials: &Trials, target: usize) -> Result<Vec<f64>, DecodeError> {
    let (rank, samples) = (trials.rank(), trials.samples());
    let mean = trials.mean(target);
    let mut shared = vec![0.0; rank * rank];
    let mut product = vec![0.0; rank * rank];
    for trial in trials.of_target(target) {
        // With an orthonormal basis b of the trial's rows, C_mi C_ii⁻¹ C_im is (m b')(m b')'.
        let mut basis = trial.to_vec();
        let directions = orthonormal_rows(&mut basis, samples, RANK_TOLERANCE)?;
        let mut along = vec![0.0; rank * directions];
        multiply_transposed(&mean, &basis[..directions * samples], samples, &mut along)?;
        if directions > 0 {
            multiply_transposed(&along, &along, directions, &mut product)?;
            shared.iter_mut().zip(&product).for_each(|(sum, value)| *sum += value);
        }
    }
    multiply_transposed(&mean, &mean, samples, &mut product)?;
    leading_filters(&shared, &product, rank, 1)
}

impl Sscor {
    pub(crate) fn linear(&self) -> Linear {
        self.scoring.linear()
    }
}

impl Decoder for Sscor {
    fn shape(&self) -> Shape {
        self.scoring.shape()
    }

    fn targets(&self) -> usize {
        self.scoring.targets()
    }

    fn score_into(
        &self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        self.scoring.score_into(epoch, scores, scratch)
    }
}
