use std::ops::Range;

use super::decoder::{check_epoch, same};
use super::{DecodeError, Shape};
use crate::signal::{Epoch, Samples, Trial};
use crate::stimulus::Codebook;

/// A user's labelled epochs, all of one shape: what decoders are fitted to.
///
/// ```
/// use evoked::decode::{Calibration, Shape};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[10.0, 12.0])?;
/// let shape = Shape { channels: 1, samples: 4, rate_hz: 250.0 };
/// let mut calibration = Calibration::new(shape, &codebook)?;
/// calibration.add(1, Epoch::from_planar(&[0.0, 1.0, 0.0, -1.0], 1)?)?;
/// assert_eq!((calibration.len(), calibration.count(1), calibration.count(0)), (1, 1, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    shape: Shape,
    names: Vec<String>,
    targets: Vec<usize>,
    /// The epochs one after the other, each planar.
    data: Vec<f64>,
}

impl Calibration {
    /// No epochs yet, of targets of this codebook.
    ///
    /// # Errors
    /// [`DecodeError::Setting`], [`DecodeError::TooShort`], [`DecodeError::TooLarge`] for shapes
    /// that nothing decodes.
    pub fn new(shape: Shape, codebook: &Codebook) -> Result<Self, DecodeError> {
        shape.check()?;
        let names = codebook.targets().iter().map(|target| target.label.clone()).collect();
        Ok(Self { shape, names, targets: Vec::new(), data: Vec::new() })
    }

    /// The labelled trials of a recording: windows that start `start` samples after each onset, as
    /// [`decode_trials`](super::decode_trials) takes them. Trials without a label, or whose window
    /// is not whole, are left out.
    ///
    /// # Errors
    /// As [`Calibration::new`] and [`Calibration::add`].
    pub fn from_trials(
        samples: &Samples<f64>,
        trials: &[Trial],
        start: u64,
        shape: Shape,
        codebook: &Codebook,
    ) -> Result<Self, DecodeError> {
        let mut calibration = Self::new(shape, codebook)?;
        for trial in trials {
            let (Some(label), Some(first)) = (trial.label, trial.onset.checked_add(start)) else {
                continue;
            };
            if let Ok(epoch) = samples.epoch(first, shape.samples) {
                calibration.add(label, epoch)?;
            }
        }
        Ok(calibration)
    }

    /// Adds an epoch during which the user looked at a target.
    ///
    /// # Errors
    /// [`DecodeError::Shape`] for an epoch of another shape or a target that is not in the
    /// codebook, [`DecodeError::NotFinite`].
    pub fn add(&mut self, target: usize, epoch: Epoch<'_>) -> Result<(), DecodeError> {
        check_epoch(self.shape, epoch)?;
        if target >= self.names.len() {
            let (what, expected) = ("target of a calibration trial", self.names.len());
            return Err(DecodeError::Shape { what, found: target, expected });
        }
        self.targets.push(target);
        epoch.rows().for_each(|row| self.data.extend_from_slice(row));
        Ok(())
    }

    /// The shape of its epochs.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Number of epochs.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether there is no epoch.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Number of targets in the codebook, trained or not.
    pub fn targets(&self) -> usize {
        self.names.len()
    }

    /// Number of epochs of a target.
    pub fn count(&self, target: usize) -> usize {
        self.targets.iter().filter(|&&other| other == target).count()
    }

    /// All epochs in the order they were added, with their targets.
    pub fn epochs(&self) -> impl Iterator<Item = (usize, Epoch<'_>)> {
        let values = self.shape.channels * self.shape.samples;
        let epoch = move |planar| Epoch::from_planar(planar, self.shape.channels).ok();
        let epochs = self.data.chunks_exact(values).filter_map(epoch);
        self.targets.iter().copied().zip(epochs)
    }

    /// The epochs of one target.
    pub fn of_target(&self, target: usize) -> impl Iterator<Item = Epoch<'_>> {
        self.epochs().filter(move |&(other, _)| other == target).map(|(_, epoch)| epoch)
    }

    /// The same epochs with only some of their rows, such as those of one sub-band; `None` where
    /// they are not all there.
    pub fn rows(&self, rows: Range<usize>) -> Option<Self> {
        let shape = Shape { channels: rows.len(), ..self.shape };
        if rows.is_empty() || rows.end > self.shape.channels {
            return None;
        }
        let mut data = Vec::with_capacity(self.len() * rows.len() * shape.samples);
        for (_, epoch) in self.epochs() {
            epoch.rows().skip(rows.start).take(rows.len()).for_each(|r| data.extend_from_slice(r));
        }
        Some(Self { shape, names: self.names.clone(), targets: self.targets.clone(), data })
    }

    /// The calibration of the codebook without one of its targets: its epochs are left out, and
    /// the targets behind it move up.
    pub fn without_target(&self, target: usize) -> Self {
        let kept = |at: &usize| *at != target;
        let names = (0..self.names.len()).filter(kept).map(|at| self.names[at].clone()).collect();
        let mut left = Self { names, targets: Vec::new(), data: Vec::new(), ..*self };
        for (other, epoch) in self.epochs().filter(|(other, _)| kept(other)) {
            left.targets.push(if other > target { other - 1 } else { other });
            epoch.rows().for_each(|row| left.data.extend_from_slice(row));
        }
        left
    }

    /// The epochs outside of one of `folds` parts, and those in it: the n-th epoch of every target is
    /// in part n mod `folds`.
    pub(super) fn split(&self, folds: usize, fold: usize) -> (Self, Self) {
        let none = || Self { names: self.names.clone(), targets: vec![], data: vec![], ..*self };
        let (mut outside, mut inside) = (none(), none());
        let mut counts = vec![0_usize; self.names.len()];
        for (target, epoch) in self.epochs() {
            let part =
                if counts[target] % folds.max(1) == fold { &mut inside } else { &mut outside };
            counts[target] += 1;
            part.targets.push(target);
            epoch.rows().for_each(|row| part.data.extend_from_slice(row));
        }
        (outside, inside)
    }

    /// What a method does with these epochs row by row, such as filtering; `change` gets an epoch
    /// and writes `rows` rows of the same length.
    pub(super) fn map(
        &self,
        rows: usize,
        mut change: impl FnMut(Epoch<'_>, &mut [f64]) -> Result<(), DecodeError>,
    ) -> Result<Self, DecodeError> {
        let shape = Shape { channels: rows, ..self.shape };
        let values = rows * shape.samples;
        let mut data = vec![0.0; self.len() * values];
        for ((_, epoch), out) in self.epochs().zip(data.chunks_exact_mut(values)) {
            change(epoch, out)?;
        }
        Ok(Self { shape, names: self.names.clone(), targets: self.targets.clone(), data })
    }

    /// Refuses a calibration that does not fit a codebook and shape, or has fewer than `least`
    /// epochs of some target.
    pub(super) fn check(
        &self,
        codebook: &Codebook,
        shape: Shape,
        least: usize,
    ) -> Result<(), DecodeError> {
        same("targets of the calibration", self.names.len(), codebook.len())?;
        same("channels of the calibration", self.shape.channels, shape.channels)?;
        same("samples of the calibration", self.shape.samples, shape.samples)?;
        for (target, label) in self.names.iter().enumerate() {
            let found = self.count(target);
            if found < least {
                let label = label.clone();
                return Err(DecodeError::Untrained { label, found, needed: least });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calibration() -> Calibration {
        let codebook = Codebook::sinusoids(&[10.0, 12.0]).unwrap();
        let shape = Shape { channels: 2, samples: 4, rate_hz: 250.0 };
        let mut calibration = Calibration::new(shape, &codebook).unwrap();
        for (target, first) in [(0, 0.0), (1, 10.0), (0, 2.0)] {
            let planar: Vec<f64> = (0..8).map(|n| first + f64::from(n)).collect();
            calibration.add(target, Epoch::from_planar(&planar, 2).unwrap()).unwrap();
        }
        calibration
    }

    #[test]
    fn rows_are_those_asked_for() {
        let second = calibration().rows(1..2).unwrap();
        assert_eq!(second.shape().channels, 1);
        assert_eq!(second.of_target(1).next().unwrap().channel(0), [14.0, 15.0, 16.0, 17.0]);
        assert!(calibration().rows(1..3).is_none());
    }

    #[test]
    fn targets_behind_one_left_out_move_up() {
        let left = calibration().without_target(0);
        assert_eq!((left.targets(), left.len(), left.count(0)), (1, 1, 1));
        assert_eq!(left.of_target(0).next().unwrap().channel(0), [10.0, 11.0, 12.0, 13.0]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut calibration = calibration();
        let good = [0.0; 8];
        let add = |c: &mut Calibration, target, planar: &[f64]| {
            c.add(target, Epoch::from_planar(planar, 2).unwrap())
        };
        assert!(matches!(add(&mut calibration, 2, &good), Err(DecodeError::Shape { .. })));
        assert!(matches!(add(&mut calibration, 0, &good[..6]), Err(DecodeError::Shape { .. })));
        let bad = [0.0, 0.0, f64::NAN, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert!(matches!(add(&mut calibration, 0, &bad), Err(DecodeError::NotFinite { .. })));
        let codebook = Codebook::sinusoids(&[10.0, 12.0]).unwrap();
        let needs_two = calibration.check(&codebook, calibration.shape(), 2);
        assert!(matches!(needs_two, Err(DecodeError::Untrained { found: 1, needed: 2, .. })));
    }
}
