use super::by_template::ByTemplate;
use super::calibrated::Trials;
use super::leading::leading_filters;
use super::neighbours::neighbours;
use crate::decode::{Calibration, DecodeError, Decoder, Linear, Scratch, Shape};
use crate::dsp::linalg::multiply_transposed;
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// Settings of [`Trca`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrcaParams {
    /// Whether the filters of all targets serve every target together.
    pub ensemble: bool,
    /// Targets that a filter is learned from: the target itself and its neighbours in frequency.
    pub neighbours: usize,
}

impl Default for TrcaParams {
    fn default() -> Self {
        Self { ensemble: true, neighbours: 1 }
    }
}

/// Task-related component analysis (Nakanishi et al. 2018, IEEE Trans Biomed Eng 65:104), its
/// ensemble, and the ensemble that learns from neighbouring targets (Wong et al. 2020, J Neural Eng
/// 17:016026).
///
/// From the trials X_i of target k, without their means, comes the filter w_k that makes
/// `w'Sw / w'Qw` largest, with `S = Σ_{i≠j} X_i X_j'`, `Q = Σ_i X_i X_i'` and `w'Qw = 1`: what
/// repeats from trial to trial. The score of target k is the correlation of `W'x` with `W'm_k`,
/// m_k being the mean trial, −1 to 1. W is w_k alone, or all filters where `ensemble` is set. With
/// `neighbours` above 1, S and Q are summed over so many targets around k, which helps where
/// trials are few.
///
/// Every target needs at least two calibration trials; a codebook with a target that has fewer is
/// refused. Responses must be locked to the onset, but need no frequency: codes are decoded as
/// well, unless neighbours are asked for. Channels that add nothing (flat, equal, an average
/// reference) do no harm.
///
/// ```
/// use evoked::decode::{Calibration, Decoder, Shape, ssvep::TrcaParams};
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
/// let decoder = TrcaParams::default().fit(&codebook, &calibration)?;
/// let scores = decoder.score(Epoch::from_planar(&trial(11.0, 0.7), 1)?)?;
/// assert!(scores[1] > 0.8 && scores[1] > scores[0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Trca {
    scoring: ByTemplate,
}

impl TrcaParams {
    /// A decoder fitted to a user's trials.
    ///
    /// # Errors
    /// [`DecodeError::Untrained`] for a target with fewer than two trials;
    /// [`DecodeError::NoFrequency`] for a target that shows nothing, or with neighbours shows a
    /// code; [`DecodeError::Setting`] for no neighbours, not even the target itself; [`DecodeError::Flat`],
    /// [`DecodeError::Shape`], [`DecodeError::TooLarge`].
    pub fn fit(&self, codebook: &Codebook, calibration: &Calibration) -> Result<Trca, DecodeError> {
        let trials = Trials::of(codebook, calibration)?;
        let blocks = match self.neighbours {
            1 => (0..codebook.len()).map(|target| vec![target]).collect(),
            count => neighbours(codebook, count)?,
        };
        let powers = (0..codebook.len()).map(|target| Powers::of(&trials, target));
        let powers = powers.collect::<Result<Vec<_>, _>>()?;
        let mut filters = Vec::new();
        for block in &blocks {
            let block = block.iter().map(|&target| &powers[target]);
            filters.extend(filter(block, trials.rank())?);
        }
        let shape = calibration.shape();
        let scoring = match self.ensemble {
            true => ByTemplate::ensemble(shape, &filters, trials)?,
            false => ByTemplate::own(shape, filters, trials)?,
        };
        Ok(Trca { scoring })
    }
}

/// What the trials of one target have in common, and all they hold.
struct Powers {
    /// `(Σ X_i)(Σ X_i)'`, which is S + Q and has the same filters as S.
    common: Vec<f64>,
    /// Q
    all: Vec<f64>,
}

impl Powers {
    fn of(trials: &Trials, target: usize) -> Result<Self, DecodeError> {
        let (rank, samples) = (trials.rank(), trials.samples());
        let (mut common, mut all) = (vec![0.0; rank * rank], vec![0.0; rank * rank]);
        let mut sum = vec![0.0; rank * samples];
        for trial in trials.of_target(target) {
            multiply_transposed(trial, trial, samples, &mut common)?;
            all.iter_mut().zip(&common).for_each(|(sum, value)| *sum += value);
            sum.iter_mut().zip(trial).for_each(|(sum, value)| *sum += value);
        }
        multiply_transposed(&sum, &sum, samples, &mut common)?;
        Ok(Self { common, all })
    }
}

fn filter<'a>(
    block: impl Iterator<Item = &'a Powers>,
    rank: usize,
) -> Result<Vec<f64>, DecodeError> {
    let (mut common, mut all) = (vec![0.0; rank * rank], vec![0.0; rank * rank]);
    for powers in block {
        common.iter_mut().zip(&powers.common).for_each(|(sum, value)| *sum += value);
        all.iter_mut().zip(&powers.all).for_each(|(sum, value)| *sum += value);
    }
    leading_filters(&common, &all, rank, 1)
}

impl Trca {
    pub(crate) fn linear(&self) -> Linear {
        self.scoring.linear()
    }
}

impl Decoder for Trca {
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
