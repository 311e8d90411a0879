//! The part of channel space in which calibration trials lie: flat, equal or averaged-out channels
//! have no direction of their own there.

use super::{Calibration, DecodeError};
use crate::dsp::linalg::{multiply, multiply_transposed, symmetric_eigen};
use crate::signal::Epoch;

/// Directions whose power is this much below the strongest are rounding, not signal.
const RELATIVE_POWER: f64 = 1e-12;

/// Directions of channel space that carry signal, whatever the units of the channels: each channel
/// counts in a unit of its own, the power of two next above what it varies by in the calibration.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RowSpace {
    channels: usize,
    /// Binary exponent of each channel's unit.
    units: Vec<i32>,
    /// Orthonormal, rank × channels; empty where the channels themselves are the directions.
    directions: Vec<f64>,
}

impl RowSpace {
    /// The space of all trials of a calibration together, each without its means.
    ///
    /// # Errors
    /// [`DecodeError::Flat`] where nothing varies.
    pub(super) fn of(calibration: &Calibration) -> Result<Self, DecodeError> {
        let channels = calibration.shape().channels;
        let mut units = vec![i32::MIN; channels];
        for (_, epoch) in calibration.epochs() {
            units
                .iter_mut()
                .zip(epoch.rows())
                .for_each(|(unit, row)| *unit = exponent(row).max(*unit));
        }
        let mut total = vec![0.0; channels * channels];
        let mut gram = total.clone();
        let mut centred = Vec::new();
        for (_, epoch) in calibration.epochs() {
            centre_in_units(epoch, &units, 0, &mut centred);
            multiply_transposed(&centred, &centred, epoch.len(), &mut gram)?;
            total.iter_mut().zip(&gram).for_each(|(sum, value)| *sum += value);
        }
        let eigen = symmetric_eigen(&total, channels)?;
        let strongest = eigen.values.first().copied().unwrap_or(0.0);
        if strongest.is_nan() || strongest <= 0.0 {
            return Err(DecodeError::Flat);
        }
        let rank = eigen.values.iter().take_while(|&&v| v > RELATIVE_POWER * strongest).count();
        let directions = match rank == channels {
            // Any basis of the whole space will do, and this one costs no rounding and no time.
            true => Vec::new(),
            false => eigen.vectors[..rank * channels].to_vec(),
        };
        Ok(Self { channels, units, directions })
    }

    /// Number of directions.
    pub(super) fn rank(&self) -> usize {
        if self.directions.is_empty() {
            self.channels
        } else {
            self.directions.len() / self.channels
        }
    }

    /// An epoch in these directions, rank × samples, each row without its mean.
    pub(super) fn project(&self, epoch: Epoch<'_>, out: &mut Vec<f64>) -> Result<(), DecodeError> {
        self.project_in_unit(epoch, 0, out, &mut Vec::new())
    }

    /// The same up to a common factor, so that no value is far above 1: for scores that do not know
    /// the size of an epoch, however large or small it is. Nothing is allocated once both have grown.
    ///
    /// # Errors
    /// [`DecodeError::Flat`] where nothing varies in these directions.
    pub(super) fn project_scaled(
        &self,
        epoch: Epoch<'_>,
        out: &mut Vec<f64>,
        work: &mut Vec<f64>,
    ) -> Result<(), DecodeError> {
        let sizes = self.units.iter().zip(epoch.rows());
        let sizes = sizes.filter(|(unit, _)| **unit > i32::MIN);
        let size = sizes.map(|(unit, row)| exponent(row).saturating_sub(*unit)).max();
        self.project_in_unit(epoch, size.unwrap_or(0).max(LEAST), out, work)?;
        if out.iter().all(|&value| value == 0.0) {
            return Err(DecodeError::Flat);
        }
        Ok(())
    }

    fn project_in_unit(
        &self,
        epoch: Epoch<'_>,
        size: i32,
        out: &mut Vec<f64>,
        work: &mut Vec<f64>,
    ) -> Result<(), DecodeError> {
        if self.directions.is_empty() {
            centre_in_units(epoch, &self.units, size, out);
            return Ok(());
        }
        centre_in_units(epoch, &self.units, size, work);
        out.resize(self.rank() * epoch.len(), 0.0);
        multiply(&self.directions, self.channels, work, epoch.len(), out)?;
        Ok(())
    }

    /// Filters found in these directions, rows of [`rank`](Self::rank) weights, as weights of the
    /// channels.
    pub(super) fn weights(&self, filters: &[f64]) -> Vec<f64> {
        let mut weights = Vec::with_capacity(filters.len() / self.rank() * self.channels);
        for filter in filters.chunks_exact(self.rank()) {
            let first = weights.len();
            match self.directions.is_empty() {
                true => weights.extend_from_slice(filter),
                false => weights.resize(first + self.channels, 0.0),
            }
            for (factor, direction) in
                filter.iter().zip(self.directions.chunks_exact(self.channels))
            {
                weights[first..].iter_mut().zip(direction).for_each(|(w, d)| *w += factor * d);
            }
            for (weight, unit) in weights[first..].iter_mut().zip(&self.units) {
                // A channel that was constant throughout has no unit, and no weight.
                let (half, rest) = match *unit {
                    i32::MIN => (0.0, 0.0),
                    unit => powers(-i64::from(unit)),
                };
                *weight = *weight * half * rest;
            }
        }
        weights
    }

    /// The mean trial of a target in these directions; zeros where it has none.
    pub(super) fn mean(
        &self,
        calibration: &Calibration,
        target: usize,
    ) -> Result<Vec<f64>, DecodeError> {
        let mut mean = vec![0.0; self.rank() * calibration.shape().samples];
        let mut trial = Vec::new();
        let share = 1.0 / calibration.count(target).max(1) as f64;
        for epoch in calibration.of_target(target) {
            self.project(epoch, &mut trial)?;
            mean.iter_mut().zip(&trial).for_each(|(sum, value)| *sum += share * value);
        }
        Ok(mean)
    }
}

/// Below the binary exponent of any ratio of numbers.
const LEAST: i32 = -4096;

/// The binary exponent of the next power of two above what a row varies by; the least integer for a
/// constant.
fn exponent(row: &[f64]) -> i32 {
    let first = row.first().map_or(0.0, |value| value / 2.0);
    let spread = row.iter().fold(0.0_f64, |most, value| most.max((value / 2.0 - first).abs()));
    if spread > 0.0 { spread.log2().floor() as i32 + 2 } else { i32::MIN }
}

/// A power of two in two factors, since a single one could be beyond all numbers.
fn powers(exponent: i64) -> (f64, f64) {
    let exponent = exponent.clamp(-2044, 2044) as i32;
    (2f64.powi(exponent / 2), 2f64.powi(exponent - exponent / 2))
}

/// The rows of an epoch, each in its unit times 2^`size` and without its mean. A channel that was
/// constant throughout the calibration counts for nothing.
fn centre_in_units(epoch: Epoch<'_>, units: &[i32], size: i32, out: &mut Vec<f64>) {
    out.clear();
    for (row, unit) in epoch.rows().zip(units) {
        let start = out.len();
        if *unit == i32::MIN {
            out.resize(start + row.len(), 0.0);
            continue;
        }
        let (half, rest) = powers(1 - i64::from(*unit) - i64::from(size));
        // Relative to its first value a constant is exactly zero, and halves can't overflow.
        let first = row.first().map_or(0.0, |value| value / 2.0);
        out.extend(row.iter().map(|value| (value / 2.0 - first) * half * rest));
        remove_mean(&mut out[start..]);
    }
}

fn remove_mean(row: &mut [f64]) {
    let mean = row.iter().sum::<f64>() / row.len() as f64;
    row.iter_mut().for_each(|value| *value -= mean);
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

    #[test]
    fn units_of_channels_do_not_count() {
        for unit in [1e-300, 1e-6, 1e300] {
            let mixed = A.map(|value| value * unit);
            let space = space(&[mixed, B, A]).unwrap();
            assert_eq!(space.rank(), 2, "{unit:e}");
            let planar = [mixed, B, A].concat();
            let epoch = Epoch::from_planar(&planar, 3).unwrap();
            let (mut fixed, mut scaled) = (Vec::new(), Vec::new());
            space.project(epoch, &mut fixed).unwrap();
            space.project_scaled(epoch, &mut scaled, &mut Vec::new()).unwrap();
            assert_eq!(fixed, scaled);
            assert!(fixed.iter().all(|value| value.abs() < 10.0));
            let larger: Vec<f64> = planar.iter().map(|value| value / 8.0).collect();
            let epoch = Epoch::from_planar(&larger, 3).unwrap();
            space.project_scaled(epoch, &mut scaled, &mut Vec::new()).unwrap();
            assert_eq!(fixed, scaled);
        }
    }

    #[test]
    fn an_epoch_without_signal_is_flat_whatever_its_level() {
        let space = space(&[A, [7.25; 5], B]).unwrap();
        let mut out = Vec::new();
        for level in [0.0, 0.1, -4200.3, 1e-320, f64::MAX] {
            let planar = [level; 15];
            let epoch = Epoch::from_planar(&planar, 3).unwrap();
            let found = space.project_scaled(epoch, &mut out, &mut Vec::new());
            assert_eq!(found, Err(DecodeError::Flat), "{level}");
        }
    }
}
