use crate::decode::decoder::{at_most, centre_rows};
use crate::decode::{Calibration, DecodeError, Shape};
use crate::dsp::ledoit_wolf;
use crate::dsp::linalg::multiply_transposed;
use crate::signal::Epoch;

/// Most rows of all bands together: eigenvalues take time with the third power.
const MAX_ROWS: usize = 512;
/// The least share of the identity, which keeps a covariance definite.
const LEAST_SHARE: f64 = 1e-9;
/// Most numbers in the covariances of all trials: 1 GiB.
const MAX_VALUES: usize = 1 << 27;

/// How much of the identity is mixed into a covariance. Narrow bands make covariances that are
/// singular to rounding without it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Shrinkage {
    /// As much as makes the best estimate of each epoch's covariance
    /// ([`ledoit_wolf`]).
    #[default]
    LedoitWolf,
    /// The same share for all epochs, above 0 and at most 1.
    Fixed(f64),
}

/// Covariances `(1 − γ)·S + γ·trace(S)/p·I` of epochs of p rows, `S = zz'/N`, z being the rows
/// without their means.
#[derive(Debug, Clone)]
pub(super) struct Covariances {
    pub(super) shape: Shape,
    shrinkage: Shrinkage,
}

impl Covariances {
    pub(super) fn new(shape: Shape, shrinkage: Shrinkage) -> Result<Self, DecodeError> {
        if let Shrinkage::Fixed(share) = shrinkage {
            check_shrinkage(share)?;
        }
        at_most("rows of all bands", shape.channels, MAX_ROWS)?;
        Ok(Self { shape, shrinkage })
    }

    /// Writes the covariance of an epoch; `centred` is as large as the epoch.
    pub(super) fn of_epoch(
        &self,
        epoch: Epoch<'_>,
        centred: &mut [f64],
        covariance: &mut [f64],
    ) -> Result<(), DecodeError> {
        let Shape { channels, samples, .. } = self.shape;
        centre_rows(epoch, centred)?;
        multiply_transposed(centred, centred, samples, covariance)?;
        covariance.iter_mut().for_each(|value| *value /= samples as f64);
        let share = match self.shrinkage {
            Shrinkage::Fixed(share) => share,
            Shrinkage::LedoitWolf => ledoit_wolf(centred, samples, covariance)?.max(LEAST_SHARE),
        };
        shrink(covariance, channels, share);
        Ok(())
    }

    /// Those of all trials of each target.
    pub(super) fn of_targets(
        &self,
        calibration: &Calibration,
    ) -> Result<Vec<Vec<Vec<f64>>>, DecodeError> {
        let Shape { channels, samples, .. } = self.shape;
        let values = calibration.len().saturating_mul(channels * channels);
        at_most("covariances of all trials", values, MAX_VALUES)?;
        let mut centred = vec![0.0; channels * samples];
        let mut of_targets = vec![Vec::new(); calibration.targets()];
        for (target, epoch) in calibration.epochs() {
            let mut covariance = vec![0.0; channels * channels];
            self.of_epoch(epoch, &mut centred, &mut covariance)?;
            of_targets[target].push(covariance);
        }
        Ok(of_targets)
    }
}

/// Refuses a share of the identity that is none, or would leave a matrix singular.
pub(super) fn check_shrinkage(shrinkage: f64) -> Result<(), DecodeError> {
    if shrinkage > 0.0 && shrinkage <= 1.0 {
        return Ok(());
    }
    let (found, expected) = (shrinkage.to_string(), "above 0, at most 1");
    Err(DecodeError::Setting { name: "shrinkage", found, expected })
}

fn shrink(matrix: &mut [f64], n: usize, shrinkage: f64) {
    let mean = matrix.iter().step_by(n + 1).sum::<f64>() / n as f64;
    matrix.iter_mut().for_each(|value| *value *= 1.0 - shrinkage);
    matrix.iter_mut().step_by(n + 1).for_each(|value| *value += shrinkage * mean);
}
