use super::canonical::standardized;
use super::references::{basis, check_length, most_rows, references};
use super::stack::Stack;
use crate::decode::decoder::check_call;
use crate::decode::{DecodeError, Decoder, Fusion, Scratch, Shape};
use crate::dsp::linalg::{multiply_transposed, squared_singular_values};
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// Settings of [`Msi`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MsiParams {
    /// Harmonics of each target, the fundamental being the first.
    pub harmonics: usize,
    /// Mains frequency: harmonics within 1 Hz of it or of its multiples are left out.
    pub mains_hz: Option<f64>,
}

impl Default for MsiParams {
    fn default() -> Self {
        Self { harmonics: 2, mains_hz: None }
    }
}

/// The multivariate synchronization index (Zhang et al. 2014, J Neurosci Methods 221:32).
///
/// Channels and sinusoids are whitened each among themselves; the eigenvalues of the covariance of
/// all together, as shares l of their sum, say how far the two depend on each other:
/// `1 + Σ l·ln l / ln P` for P eigenvalues, 0 without any dependence, and at most 1. With ρ the
/// canonical correlations the eigenvalues are 1 ± ρ, and ones; so MSI is CCA with all correlations
/// in place of the largest. It needs no calibration and does not know the units of the channels;
/// channels that add nothing (flat, equal, an average reference) do no harm. Bands of a filter bank
/// add up as they are.
///
/// ```
/// use evoked::decode::{Decoder, Shape, ssvep::MsiParams};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[13.0, 17.0, 21.0])?;
/// let msi = MsiParams::default().build(&codebook, Shape::of_window(1, 1.0, 256.0))?;
/// let gaze: Vec<f64> = (0..256).map(|n| (std::f64::consts::TAU * 17.0 * n as f64 / 256.0).sin()).collect();
/// let scores = msi.score(Epoch::from_planar(&gaze, 1)?)?;
/// assert!(scores[1] > scores[0] && scores[1] > scores[2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Msi {
    shape: Shape,
    /// Orthonormal rows that span the sinusoids of each target.
    references: Stack,
}

impl MsiParams {
    /// A decoder for a codebook of frequencies and epochs of a shape.
    ///
    /// # Errors
    /// [`DecodeError::NoFrequency`], [`DecodeError::Nyquist`], [`DecodeError::OnlyMains`],
    /// [`DecodeError::Setting`]; [`DecodeError::TooShort`] where channels and sinusoids together
    /// could follow any signal of that length; [`DecodeError::TooLarge`].
    pub fn build(&self, codebook: &Codebook, shape: Shape) -> Result<Msi, DecodeError> {
        shape.check()?;
        let samples = shape.samples;
        let rows = references(codebook, self.harmonics, self.mains_hz, shape)?;
        check_length(samples, "msi", shape.channels + most_rows(&rows, samples) + 2)?;
        let bases = rows.iter().map(|rows| basis(rows, samples)).collect::<Result<Vec<_>, _>>()?;
        Ok(Msi { shape, references: Stack::new(samples, bases.iter().map(Vec::as_slice)) })
    }
}

impl Decoder for Msi {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn targets(&self) -> usize {
        self.references.targets()
    }

    fn fusion(&self) -> Fusion {
        Fusion::Plain
    }

    fn score_into(
        &self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        check_call(self.shape, self.targets(), epoch, scores)?;
        let samples = self.shape.samples;
        let Scratch { trial, whitening, products, singular, .. } = scratch;
        standardized(epoch, trial)?;
        whitening.of(trial, samples)?;
        let rank = whitening.rank();
        let products = Scratch::zeros(products, self.references.rows() * rank);
        multiply_transposed(self.references.values(), whitening.basis(), samples, products)?;
        for (target, score) in scores.iter_mut().enumerate() {
            let rows = self.references.range(target);
            let product = &products[rows.start * rank..rows.end * rank];
            let squares = squared_singular_values(product, rank, singular)?;
            let dependence: f64 = squares.iter().map(|&square| entropy_lost(square)).sum();
            let eigenvalues = (rank + rows.len()) as f64;
            *score = dependence / (eigenvalues * eigenvalues.ln());
        }
        Ok(())
    }
}

/// `(1+ρ)·ln(1+ρ) + (1−ρ)·ln(1−ρ)` for a squared canonical correlation.
fn entropy_lost(square: f64) -> f64 {
    let rho = square.clamp(0.0, 1.0).sqrt();
    let less = if rho < 1.0 { (1.0 - rho) * (-rho).ln_1p() } else { 0.0 };
    (1.0 + rho) * rho.ln_1p() + less
}
