use rustfft::num_complex::Complex64;

use super::{DecodeError, Fusion};
use crate::dsp::linalg::{
    EigenScratch, EigenvalueScratch, Lanes, LeadingScratch, SingularScratch, Whitening,
};
use crate::dsp::vectors::with_vectors;
use crate::dsp::{Autocovariances, MAX_FFT_LEN, SpectrumScratch, Whitener, ZeroPhaseScratch};
use crate::signal::Epoch;

/// Most channels a decoder takes.
const MAX_CHANNELS: usize = 4096;
/// Most numbers a decoder keeps in its tables: 1 GiB.
const MAX_TABLE: usize = 1 << 27;

/// The array a decoder is built for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// Number of channels.
    pub channels: usize,
    /// Samples a channel.
    pub samples: usize,
    /// Samples a second.
    pub rate_hz: f64,
}

impl Shape {
    /// The shape of windows of `length_s` seconds, to the nearest sample.
    pub fn of_window(channels: usize, length_s: f64, rate_hz: f64) -> Self {
        Self { channels, samples: (length_s * rate_hz).round().max(0.0) as usize, rate_hz }
    }

    pub(crate) fn check(&self) -> Result<(), DecodeError> {
        let setting = |name, found, expected| Err(DecodeError::Setting { name, found, expected });
        if self.channels == 0 {
            return setting("channels", "0".into(), "at least 1");
        }
        if !(self.rate_hz.is_finite() && self.rate_hz > 0.0) {
            return setting("sampling rate", format!("{} Hz", self.rate_hz), "a positive number");
        }
        if self.samples < 4 {
            let (found, what) = (self.samples, "decoding");
            return Err(DecodeError::TooShort { found, what, needed: 4 });
        }
        at_most("channels", self.channels, MAX_CHANNELS)?;
        at_most("samples of a window", self.samples, MAX_FFT_LEN)
    }

    /// Refuses tables of `rows` rows as long as a window that memory should not be spent on.
    pub(super) fn check_table(&self, rows: usize) -> Result<(), DecodeError> {
        at_most("numbers to prepare", rows.saturating_mul(self.samples), MAX_TABLE)
    }
}

/// Memory that a decoder reuses from call to call. It grows with the first call and may be shared
/// by decoders that run one after the other.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    pub(super) real: Vec<f64>,
    pub(super) complex: Vec<Complex64>,
    pub(super) fft: Vec<Complex64>,
    /// An epoch's channels, centred and in units of their own.
    pub(super) trial: Vec<f64>,
    /// Products of an epoch with what is known of all targets.
    pub(super) products: Vec<f64>,
    /// Sums over the bands of a decoder that keeps its own.
    pub(super) sums: Vec<f64>,
    /// What is computed for one target after the other.
    pub(super) small: Vec<f64>,
    pub(super) whitening: Whitening,
    pub(super) covariances: Autocovariances,
    pub(super) whitener: Whitener,
    pub(super) leading: LeadingScratch,
    pub(super) eigen: EigenScratch,
    pub(super) singular: SingularScratch,
    pub(super) eigenvalues: EigenvalueScratch,
    pub(super) spectrum: SpectrumScratch,
    pub(super) zero_phase: ZeroPhaseScratch,
    pub(super) lanes: Vec<Lanes>,
    /// Scores of one band of a bank.
    pub(super) scores: Vec<f64>,
    /// Scores of the targets beside rest.
    pub(super) of_targets: Vec<f64>,
    /// An epoch in all bands.
    pub(super) filtered: Vec<f64>,
}

/// Something that scores epochs, one score a target; higher is likelier.
///
/// A decoder exists only once everything it needs is there: what depends on the codebook, the rate
/// and the length is computed when it is built, and a method that needs calibration is built by
/// fitting it. The same epoch gives the same scores, bit for bit.
pub trait Decoder: Send + Sync {
    /// The epochs it takes.
    fn shape(&self) -> Shape;

    /// Number of targets, and of scores.
    fn targets(&self) -> usize;

    /// Writes the score of each target. Nothing is allocated once the scratch has grown, which it
    /// does with the first epoch; where channels of that one add nothing, with the first full one.
    ///
    /// # Errors
    /// [`DecodeError::Shape`] for an epoch or a slice of another size, [`DecodeError::NotFinite`]
    /// and [`DecodeError::Flat`] for epochs without a signal.
    fn score_into(
        &self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError>;

    /// How its scores in the bands of a filter bank add up.
    fn fusion(&self) -> Fusion {
        Fusion::default()
    }

    /// The score of each target, in new memory.
    ///
    /// # Errors
    /// As [`Decoder::score_into`].
    fn score(&self, epoch: Epoch<'_>) -> Result<Vec<f64>, DecodeError> {
        let mut scores = vec![0.0; self.targets()];
        self.score_into(epoch, &mut scores, &mut Scratch::default())?;
        Ok(scores)
    }
}

/// A decoder that learns from its own decisions, one trial after the other.
///
/// As a [`Decoder`] it scores with what it has learned so far, and learns nothing.
pub trait Adaptive: Decoder {
    /// Writes the scores that [`Decoder::score_into`] would, and learns the epoch as one of the target
    /// that scores best.
    ///
    /// # Errors
    /// As [`Decoder::score_into`].
    fn score_and_adapt(
        &mut self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError>;
}

impl<D: Decoder + ?Sized> Decoder for Box<D> {
    fn shape(&self) -> Shape {
        (**self).shape()
    }

    fn targets(&self) -> usize {
        (**self).targets()
    }

    fn fusion(&self) -> Fusion {
        (**self).fusion()
    }

    fn score_into(
        &self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        (**self).score_into(epoch, scores, scratch)
    }
}

impl Scratch {
    /// `len` zeros to work in.
    pub(super) fn zeros(buffer: &mut Vec<f64>, len: usize) -> &mut [f64] {
        buffer.clear();
        buffer.resize(len, 0.0);
        buffer
    }

    /// `len` complex zeros to work in.
    pub(super) fn complex_zeros(buffer: &mut Vec<Complex64>, len: usize) -> &mut [Complex64] {
        buffer.clear();
        buffer.resize(len, Complex64::default());
        buffer
    }
}

/// What every decoder checks before it looks at an epoch.
pub(super) fn check_call(
    shape: Shape,
    targets: usize,
    epoch: Epoch<'_>,
    scores: &[f64],
) -> Result<(), DecodeError> {
    check_epoch(shape, epoch)?;
    same("scores", scores.len(), targets)
}

/// Refuses an epoch of another shape, or with a sample that is no finite number.
pub(super) fn check_epoch(shape: Shape, epoch: Epoch<'_>) -> Result<(), DecodeError> {
    same("channels of the epoch", epoch.channels(), shape.channels)?;
    same("samples of the epoch", epoch.len(), shape.samples)?;
    for (channel, row) in epoch.rows().enumerate() {
        if let Some(sample) = row.iter().position(|value| !value.is_finite()) {
            let value = row[sample];
            return Err(DecodeError::NotFinite { channel, sample: sample as u64, value });
        }
    }
    Ok(())
}

/// Refuses a size other than the one expected.
pub(super) fn same(what: &'static str, found: usize, expected: usize) -> Result<(), DecodeError> {
    if found == expected { Ok(()) } else { Err(DecodeError::Shape { what, found, expected }) }
}

/// Refuses more than a limit.
pub(super) fn at_most(what: &'static str, found: usize, limit: usize) -> Result<(), DecodeError> {
    if found <= limit { Ok(()) } else { Err(DecodeError::TooLarge { what, found, limit }) }
}

/// Writes a row without its mean and with variance 1, whatever its unit; says whether it varies. A
/// constant row becomes zeros.
pub(super) fn standardize(row: &[f64], out: &mut [f64]) -> bool {
    with_vectors(
        #[inline(always)]
        || {
            let peak = side_by_side(row, |peak, value| peak.max(value.abs()));
            let peak = peak.into_iter().fold(0.0, f64::max);
            if peak == 0.0 {
                out.fill(0.0);
                return false;
            }
            // Relative to the peak no sum can overflow, and a constant leaves no rounding behind.
            for (out, value) in out.iter_mut().zip(row) {
                *out = value / peak;
            }
            let count = row.len() as f64;
            let mean = side_by_side(out, |sum, value| sum + value).iter().sum::<f64>() / count;
            out.iter_mut().for_each(|value| *value -= mean);
            let squares = side_by_side(out, |sum, value| sum + value * value);
            let variance = squares.iter().sum::<f64>() / count;
            if variance == 0.0 {
                return false;
            }
            let deviation = variance.sqrt();
            out.iter_mut().for_each(|value| *value /= deviation);
            true
        },
    )
}

/// Folds every eighth value of a row from 0 on, so that no step has to wait for the one before.
#[inline(always)]
fn side_by_side(row: &[f64], fold: impl Fn(f64, f64) -> f64) -> [f64; 8] {
    let (blocks, rest) = row.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for block in blocks {
        for (lane, value) in lanes.iter_mut().zip(block) {
            *lane = fold(*lane, *value);
        }
    }
    for (lane, value) in lanes.iter_mut().zip(rest) {
        *lane = fold(*lane, *value);
    }
    lanes
}

/// Beyond these sizes squares of samples could overflow or vanish.
const SAFE: std::ops::RangeInclusive<f64> = 1e-100..=1e100;

/// Writes the rows of an epoch without their means, channels × samples, all in one unit, which is
/// the epoch's own unless its numbers are of no ordinary size. A constant row becomes zeros.
///
/// # Errors
/// [`DecodeError::Flat`] where every row is constant.
pub(super) fn centre_rows(epoch: Epoch<'_>, out: &mut [f64]) -> Result<(), DecodeError> {
    let step = 2f64.powi(400);
    let mut unit = 1.0;
    // From any size there are three steps at most to a safe one.
    for _ in 0..4 {
        let peak = centre_in_unit(epoch, unit, out);
        if peak == 0.0 {
            return Err(DecodeError::Flat);
        }
        if SAFE.contains(&peak) {
            break;
        }
        unit = if peak < 1.0 { unit * step } else { unit / step };
    }
    Ok(())
}

/// The largest modulus of what is left.
fn centre_in_unit(epoch: Epoch<'_>, unit: f64, out: &mut [f64]) -> f64 {
    let mut peak = 0.0;
    for (row, out) in epoch.rows().zip(out.chunks_exact_mut(epoch.len().max(1))) {
        let first = row.first().copied().unwrap_or(0.0) * unit;
        let mut sum = 0.0;
        for (out, value) in out.iter_mut().zip(row) {
            *out = value * unit - first;
            sum += *out;
        }
        let mean = sum / row.len() as f64;
        for out in out {
            *out -= mean;
            // Not `max`, which would hide what is no number.
            peak = if out.abs() <= peak { peak } else { out.abs() };
        }
    }
    peak
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_standardized_whatever_its_unit() {
        for unit in [5e-324, 1e-300, 1.0, 1e300, f64::MAX / 3.0] {
            let mut out = [f64::NAN; 4];
            assert!(standardize(&[3.0 * unit, 3.0 * unit, -unit, -unit], &mut out), "{unit:e}");
            let off = out.iter().zip([1.0, 1.0, -1.0, -1.0]).map(|(found, e)| (found - e).abs());
            assert!(off.fold(0.0, f64::max) < 1e-15, "{unit:e}: {out:?}");
        }
    }

    #[test]
    fn a_constant_leaves_nothing() {
        for level in [0.0, 0.1, -4200.3, 1e300] {
            let mut out = [f64::NAN; 7];
            assert!(!standardize(&[level; 7], &mut out));
            assert_eq!(out, [0.0; 7]);
        }
    }

    #[test]
    fn rows_are_centred_whatever_their_unit() {
        for unit in [5e-324, 1e-200, 1.0, 1e250, f64::MAX / 8.0] {
            let planar = [3.0, 3.0, -1.0, -1.0, 6.0, -2.0, 6.0, -2.0, 0.1, 0.1, 0.1, 0.1];
            let planar = planar.map(|value| value * unit);
            let mut out = [f64::NAN; 12];
            centre_rows(Epoch::from_planar(&planar, 3).unwrap(), &mut out).unwrap();
            assert!(SAFE.contains(&out[0]), "{unit:e}: {out:?}");
            let expected = [1.0, 1.0, -1.0, -1.0, 2.0, -2.0, 2.0, -2.0, 0.0, 0.0, 0.0, 0.0];
            let off = out.iter().zip(expected).map(|(found, e)| (found / out[0] - e).abs());
            assert!(off.fold(0.0, f64::max) < 1e-15, "{unit:e}: {out:?}");
        }
        let ends = [f64::MAX, -f64::MAX, f64::MAX, -f64::MAX];
        let mut out = [f64::NAN; 4];
        centre_rows(Epoch::from_planar(&ends, 1).unwrap(), &mut out).unwrap();
        assert!(out[0] > 0.0 && out == [out[0], -out[0], out[0], -out[0]], "{out:?}");
        let constant = [0.1, 0.1, 0.1, 0.1, 1e300, 1e300, 1e300, 1e300];
        let found = centre_rows(Epoch::from_planar(&constant, 2).unwrap(), &mut [0.0; 8]);
        assert_eq!(found, Err(DecodeError::Flat));
    }

    #[test]
    fn windows_beyond_all_measure_are_refused() {
        let refused = |shape: Shape| matches!(shape.check(), Err(DecodeError::TooLarge { .. }));
        assert!(refused(Shape::of_window(1, f64::INFINITY, 256.0)));
        assert!(refused(Shape { channels: usize::MAX, samples: 100, rate_hz: 256.0 }));
        assert!(Shape::of_window(1, f64::NAN, 256.0).check().is_err());
        assert!(Shape::of_window(64, 60.0, 2048.0).check().is_ok());
    }
}
