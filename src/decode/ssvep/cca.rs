use std::f64::consts::TAU;

use super::harmonics;
use crate::decode::decoder::{check_call, standardize};
use crate::decode::{DecodeError, Decoder, Scratch, Shape};
use crate::dsp::linalg::{largest_singular_value, multiply_transposed, orthonormal_rows};
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// Directions this much weaker than the strongest channel are rounding, not signal.
const RANK_TOLERANCE: f64 = 1e-10;

/// Settings of [`Cca`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CcaParams {
    /// Harmonics of each target, the fundamental being the first.
    pub harmonics: usize,
    /// Mains frequency: harmonics within 1 Hz of it or of its multiples are left out.
    pub mains_hz: Option<f64>,
}

impl Default for CcaParams {
    fn default() -> Self {
        Self { harmonics: 2, mains_hz: None }
    }
}

/// Canonical correlation analysis with sinusoids (Lin et al. 2007, IEEE Trans Biomed Eng 54:1172;
/// Bin et al. 2009, J Neural Eng 6:046002).
///
/// The score of a target is the largest correlation, between 0 and 1, of any weighted sum of the
/// channels with any sum of `sin(2π·h·f·n/fs)` and `cos(2π·h·f·n/fs)`, n = 0 … N − 1 and
/// h = 1 … H, all without their means. Channels that add nothing (flat, equal, an average
/// reference) do no harm.
///
/// ```
/// use evoked::decode::{Decoder, Shape, ssvep::CcaParams};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[13.0, 17.0, 21.0])?;
/// let shape = Shape::of_window(1, 1.0, 256.0);
/// let cca = CcaParams::default().build(&codebook, shape)?;
///
/// let gaze: Vec<f64> = (0..256).map(|n| (std::f64::consts::TAU * 17.0 * n as f64 / 256.0).sin()).collect();
/// let scores = cca.score(Epoch::from_planar(&gaze, 1)?)?;
/// assert!(scores[1] > 0.999 && scores[0] < 0.1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Cca {
    shape: Shape,
    /// For each target, orthonormal rows that span its sinusoids.
    references: Vec<Vec<f64>>,
}

impl CcaParams {
    /// A decoder for a codebook of frequencies and epochs of a shape.
    ///
    /// # Errors
    /// [`DecodeError::NoFrequency`], [`DecodeError::Nyquist`], [`DecodeError::OnlyMains`],
    /// [`DecodeError::Setting`]; [`DecodeError::TooShort`] where channels and sinusoids together
    /// could follow any signal of that length, so that every correlation would be 1;
    /// [`DecodeError::TooLarge`].
    pub fn build(&self, codebook: &Codebook, shape: Shape) -> Result<Cca, DecodeError> {
        shape.check()?;
        let Shape { samples, rate_hz, channels } = shape;
        let nyquist_hz = rate_hz / 2.0;
        let usable =
            harmonics::usable(codebook, self.harmonics, self.mains_hz, nyquist_hz, rate_hz)?;
        let most = usable.iter().map(Vec::len).max().unwrap_or(0);
        let needed = channels + 2 * most + 2;
        if samples < needed {
            return Err(DecodeError::TooShort { found: samples, what: "cca", needed });
        }
        shape.check_table(usable.iter().map(|harmonics| 2 * harmonics.len()).sum())?;
        let references = usable.iter().map(|f| reference(f, samples, rate_hz));
        Ok(Cca { shape, references: references.collect::<Result<_, _>>()? })
    }
}

/// An orthonormal basis of the sinusoids of some frequencies, without their means.
fn reference(
    frequencies_hz: &[f64],
    samples: usize,
    rate_hz: f64,
) -> Result<Vec<f64>, DecodeError> {
    let mut rows = vec![0.0; 2 * frequencies_hz.len() * samples];
    let mut wave = vec![0.0; samples];
    let waves =
        frequencies_hz.iter().flat_map(|&f| [(f, f64::sin as fn(f64) -> f64), (f, f64::cos)]);
    for ((f, function), row) in waves.zip(rows.chunks_exact_mut(samples)) {
        for (n, value) in wave.iter_mut().enumerate() {
            // Whole turns are taken off first, which keeps the angle exact for long epochs.
            *value = function(TAU * (f * n as f64 / rate_hz).fract());
        }
        let mean = wave.iter().sum::<f64>() / samples as f64;
        for (out, value) in row.iter_mut().zip(&wave) {
            *out = value - mean;
        }
    }
    let rank = orthonormal_rows(&mut rows, samples, RANK_TOLERANCE)?;
    rows.truncate(rank * samples);
    Ok(rows)
}

impl Decoder for Cca {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn targets(&self) -> usize {
        self.references.len()
    }

    fn score_into(
        &self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        check_call(self.shape, self.targets(), epoch, scores)?;
        let Shape { samples, channels, .. } = self.shape;
        let most = self.references.iter().map(Vec::len).max().unwrap_or(0) / samples;
        let Scratch { real, singular, .. } = scratch;
        let work = Scratch::zeros(real, channels * samples + channels * most);
        let (basis, products) = work.split_at_mut(channels * samples);
        for (row, out) in epoch.rows().zip(basis.chunks_exact_mut(samples)) {
            standardize(row, out);
        }
        let rank = orthonormal_rows(basis, samples, RANK_TOLERANCE)?;
        if rank == 0 {
            return Err(DecodeError::Flat);
        }
        for (score, reference) in scores.iter_mut().zip(&self.references) {
            let rows = reference.len() / samples;
            let product = &mut products[..rank * rows];
            multiply_transposed(&basis[..rank * samples], reference, samples, product)?;
            *score = largest_singular_value(product, rows, singular)?.min(1.0);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At half the rate the sine is zero at every sample; just below, it is next to nothing.
    #[test]
    fn a_sine_that_sampling_misses_is_no_reference() {
        let rows_at = |f: f64| reference(&[f], 100, 250.0).unwrap().len() / 100;
        assert_eq!(rows_at(124.999_999_999_999_99), 1);
        assert_eq!(rows_at(124.9), 2);
    }
}
