//! The part of channel space in which calibration trials lie: flat, equal or averaged-out channels
//! have no direction of their own there.

use super::{Calibration, DecodeError};
use crate::dsp::linalg::{multiply, multiply_transposed, symmetric_eigen};
use crate::signal::Epoch;

/// Directions whose power is this much below the strongest are rounding, not signal.
const RELATIVE_POWER: f64 = 1e-12;

/// Orthonormal directions of channel space that carry signal.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RowSpace {
    channels: usize,
    /// rank × channels.
    directions: Vec<f64>,
}

impl RowSpace {
    /// The space of all trials of a calibration together, each without its means.
    ///
    /// # Errors
    /// [`DecodeError::Flat`] where nothing varies.
    pub(super) fn of(calibration: &Calibration) -> Result<Self, DecodeError> {
        let channels = calibration.shape().channels;
        let mut total = vec![0.0; channels * channels];
        let mut gram = total.clone();
        let mut centred = Vec::new();
        for (_, epoch) in calibration.epochs() {
            centre(epoch, &mut centred);
            multiply_transposed(&centred, &centred, epoch.len(), &mut gram)?;
            total.iter_mut().zip(&gram).for_each(|(sum, value)| *sum += value);
        }
        let eigen = symmetric_eigen(&total, channels)?;
        let strongest = eigen.values.first().copied().unwrap_or(0.0);
        if !(strongest > 0.0) {
            return Err(DecodeError::Flat);
        }
        let rank = eigen.values.iter().take_while(|&&v| v > RELATIVE_POWER * strongest).count();
        let directions = match rank == channels {
            // Any basis of the whole space will do, and this one costs no rounding.
            true => {
                (0..channels * channels).map(|at| f64::from(at % (channels + 1) == 0)).collect()
            }
            false => eigen.vectors[..rank * channels].to_vec(),
        };
        Ok(Self { channels, directions })
    }

    /// Number of directions.
    pub(super) fn rank(&self) -> usize {
        self.directions.len() / self.channels
    }

    /// An epoch in these directions, rank × samples, each row without its mean.
    pub(super) fn project(&self, epoch: Epoch<'_>, out: &mut Vec<f64>) -> Result<(), DecodeError> {
        let mut centred = Vec::new();
        centre(epoch, &mut centred);
        out.resize(self.rank() * epoch.len(), 0.0);
        multiply(&self.directions, self.channels, &centred, epoch.len(), out)?;
        Ok(())
    }

    /// A filter found in these directions as weights of the channels.
    pub(super) fn to_channels(&self, filter: &[f64]) -> Vec<f64> {
        let mut weights = vec![0.0; self.channels];
        for (factor, direction) in filter.iter().zip(self.directions.chunks_exact(self.channels)) {
            weights.iter_mut().zip(direction).for_each(|(weight, d)| *weight += factor * d);
        }
        weights
    }
}

/// The rows of an epoch without their means.
pub(super) fn centre(epoch: Epoch<'_>, out: &mut Vec<f64>) {
    out.clear();
    for row in epoch.rows() {
        let mean = row.iter().sum::<f64>() / row.len() as f64;
        out.extend(row.iter().map(|value| value - mean));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Shape;
    use crate::stimulus::Codebook;

    fn space(rows: &[[f64; 5]]) -> Result<RowSpace, DecodeError> {
        let shape = Shape { channels: rows.len(), samples: 5, rate_hz: 100.0 };
        let mut calibration = Calibration::new(shape, &Codebook::sinusoids(&[10.0]).unwrap())?;
        calibration.add(0, Epoch::from_planar(&rows.concat(), rows.len()).unwrap())?;
        RowSpace::of(&calibration)
    }

    const A: [f64; 5] = [1.0, -2.0, 3.0, 0.5, 9.0];
    const B: [f64; 5] = [2.0, 4.0, -1.0, 0.0, 3.0];

    #[test]
    fn only_what_varies_counts() {
        let sum: Vec<f64> = A.iter().zip(B).map(|(a, b)| a + b).collect();
        let sum = [sum[0], sum[1], sum[2], sum[3], sum[4]];
        assert_eq!(space(&[A, B]).unwrap().rank(), 2);
        assert_eq!(space(&[A, B, sum]).unwrap().rank(), 2);
        assert_eq!(space(&[A, [7.25; 5], A]).unwrap().rank(), 1);
        assert_eq!(space(&[[7.25; 5], [0.0; 5]]), Err(DecodeError::Flat));
    }

    /// A filter does the same on the projection as its weights do on the channels.
    #[test]
    fn filters_move_to_the_channels() {
        let space = space(&[A, B, A]).unwrap();
        let planar = [B, A, B].concat();
        let epoch = Epoch::from_planar(&planar, 3).unwrap();
        let mut projected = Vec::new();
        space.project(epoch, &mut projected).unwrap();
        let filter = [0.7, -1.3];
        let weights = space.to_channels(&filter);
        let mut centred = Vec::new();
        centre(epoch, &mut centred);
        for n in 0..5 {
            let inside: f64 = (0..2).map(|k| filter[k] * projected[k * 5 + n]).sum();
            let outside: f64 = (0..3).map(|c| weights[c] * centred[c * 5 + n]).sum();
            assert!((inside - outside).abs() < 1e-12);
        }
    }
}
