use crate::decode::{Calibration, DecodeError};
use crate::dsp::DspError;

/// A calibration's trials as they are worked on: each channel without its mean and of the same
/// variance over all trials.
#[derive(Debug, Clone)]
pub(super) struct Trials {
    pub channels: usize,
    pub samples: usize,
    /// What each channel was multiplied by; 0 for one that never varies.
    pub scales: Vec<f64>,
    targets: Vec<usize>,
    data: Vec<f64>,
}

impl Trials {
    pub(super) fn standardized(calibration: &Calibration) -> Result<Self, DecodeError> {
        let (channels, samples) = (calibration.shape().channels, calibration.shape().samples);
        let mut data = Vec::with_capacity(calibration.len() * channels * samples);
        let mut power = vec![0.0; channels];
        let count = (calibration.len() * samples) as f64;
        for (_, epoch) in calibration.epochs() {
            for (row, power) in epoch.rows().zip(&mut power) {
                let constant = is_constant(row);
                let mean = row.iter().map(|value| value / samples as f64).sum::<f64>();
                let start = data.len();
                data.extend(row.iter().map(|value| if constant { 0.0 } else { value - mean }));
                *power += data[start..].iter().map(|value| value * value / count).sum::<f64>();
            }
        }
        if power.iter().any(|power| !power.is_finite()) {
            return Err(DecodeError::Overflow);
        }
        let scale = |&power: &f64| if power.is_normal() { 1.0 / power.sqrt() } else { 0.0 };
        let scales: Vec<f64> = power.iter().map(scale).collect();
        if scales.iter().all(|&scale| scale == 0.0) {
            return Err(DecodeError::Flat);
        }
        for planar in data.chunks_exact_mut(channels * samples) {
            for (row, scale) in planar.chunks_exact_mut(samples).zip(&scales) {
                row.iter_mut().for_each(|value| *value *= scale);
            }
        }
        let targets = calibration.epochs().map(|(target, _)| target).collect();
        Ok(Self { channels, samples, scales, targets, data })
    }

    pub(super) fn len(&self) -> usize {
        self.targets.len()
    }

    /// All trials with their targets.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &[f64])> {
        let trials = self.data.chunks_exact(self.channels * self.samples);
        self.targets.iter().copied().zip(trials)
    }

    pub(super) fn of_target_mut(&mut self, target: usize) -> impl Iterator<Item = &mut [f64]> {
        let trials = self.data.chunks_exact_mut(self.channels * self.samples);
        let own = self.targets.iter().zip(trials).filter(move |(other, _)| **other == target);
        own.map(|(_, planar)| planar)
    }

    /// Replaces each trial by what `change` writes.
    pub(super) fn change(
        &mut self,
        mut change: impl FnMut(&[f64], &mut [f64]) -> Result<(), DspError>,
    ) -> Result<(), DecodeError> {
        let mut changed = vec![0.0; self.channels * self.samples];
        for planar in self.data.chunks_exact_mut(self.channels * self.samples) {
            change(planar, &mut changed)?;
            planar.copy_from_slice(&changed);
        }
        Ok(())
    }
}

/// Whether all values of a row are the same.
pub(super) fn is_constant(row: &[f64]) -> bool {
    row.first().is_none_or(|first| row.iter().all(|value| value == first))
}
