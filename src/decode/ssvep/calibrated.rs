use crate::decode::row_space::RowSpace;
use crate::decode::{Calibration, DecodeError};
use crate::stimulus::{Codebook, Modulation};

/// Fewer trials of a target can't tell what repeats.
const LEAST_TRIALS: usize = 2;

/// The calibration trials of each target in the space that all of them span, without their means.
pub(super) struct Trials {
    space: RowSpace,
    samples: usize,
    /// For each target, its trials one after the other, each rank × samples.
    trials: Vec<Vec<f64>>,
}

impl Trials {
    /// The trials of a calibration that has at least two for every target.
    ///
    /// # Errors
    /// [`DecodeError::Untrained`], [`DecodeError::NoFrequency`] for a target that shows nothing and
    /// so has no response to repeat, [`DecodeError::Flat`], [`DecodeError::Shape`].
    pub(super) fn of(codebook: &Codebook, calibration: &Calibration) -> Result<Self, DecodeError> {
        let blank = |target: &&crate::stimulus::Target| target.modulation == Modulation::Blank;
        if let Some(target) = codebook.targets().iter().find(blank) {
            return Err(DecodeError::NoFrequency { label: target.label.clone() });
        }
        calibration.check(codebook, calibration.shape(), LEAST_TRIALS)?;
        let space = RowSpace::of(calibration)?;
        let mut trials = vec![Vec::new(); codebook.len()];
        let mut projected = Vec::new();
        for (target, epoch) in calibration.epochs() {
            space.project(epoch, &mut projected)?;
            trials[target].extend_from_slice(&projected);
        }
        Ok(Self { space, samples: calibration.shape().samples, trials })
    }

    pub(super) fn targets(&self) -> usize {
        self.trials.len()
    }

    /// Rows of a trial.
    pub(super) fn rank(&self) -> usize {
        self.space.rank()
    }

    pub(super) fn samples(&self) -> usize {
        self.samples
    }

    pub(super) fn of_target(&self, target: usize) -> impl ExactSizeIterator<Item = &[f64]> {
        self.trials[target].chunks_exact(self.rank() * self.samples)
    }

    /// The mean trial of a target, rank × samples.
    pub(super) fn mean(&self, target: usize) -> Vec<f64> {
        let mut mean = vec![0.0; self.rank() * self.samples];
        for trial in self.of_target(target) {
            mean.iter_mut().zip(trial).for_each(|(sum, value)| *sum += value);
        }
        let count = self.of_target(target).len() as f64;
        mean.iter_mut().for_each(|sum| *sum /= count);
        mean
    }

    /// The space that the trials lie in.
    pub(super) fn into_space(self) -> RowSpace {
        self.space
    }
}
