use super::canonical::standardized;
use super::folded::Folded;
use super::harmonics;
use crate::decode::decoder::check_call;
use crate::decode::{DecodeError, Decoder, Scratch, Shape};
use crate::signal::Epoch;
use crate::stimulus::Codebook;

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
    targets: usize,
    references: Folded,
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
        let references = Folded::new(&usable, samples, rate_hz)?;
        Ok(Cca { shape, targets: usable.len(), references })
    }
}

impl Decoder for Cca {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn targets(&self) -> usize {
        self.targets
    }

    fn score_into(
        &self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        check_call(self.shape, self.targets, epoch, scores)?;
        let Scratch { trial, whitening, products, lanes, .. } = scratch;
        standardized(epoch, trial)?;
        whitening.of(trial, self.shape.samples)?;
        let rank = whitening.rank();
        if rank == 0 {
            return Err(DecodeError::Flat);
        }
        let work = Scratch::zeros(products, self.references.work(rank));
        self.references.correlate(whitening.basis(), rank, scores, work, lanes)
    }
}
