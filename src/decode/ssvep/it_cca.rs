use super::canonical::correlations;
use super::interleaved::Interleaved;
use super::references::{basis, check_length};
use crate::decode::decoder::check_call;
use crate::decode::row_space::RowSpace;
use crate::decode::{Calibration, DecodeError, Decoder, Scratch, Shape};
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// Settings of [`ItCca`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct ItCcaParams {}

/// Canonical correlation with individual templates (Bin et al. 2011, J Neural Eng 8:025015).
///
/// The score of a target is the largest correlation, between 0 and 1, of any weighted sum of the
/// channels with any weighted sum of the channels of its mean calibration trial. It takes any
/// stimulus, codes too, as long as trials start at the same phase. Every target needs a calibration
/// trial. Channels that add nothing do no harm.
///
/// ```
/// use evoked::decode::{Calibration, Decoder, Shape, ssvep::ItCcaParams};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[13.0, 17.0])?;
/// let mut calibration = Calibration::new(Shape::of_window(1, 1.0, 256.0), &codebook)?;
/// let gaze = |f: f64| (0..256).map(move |n| (std::f64::consts::TAU * f * n as f64 / 256.0).sin());
/// for (target, frequency_hz) in [13.0, 17.0].into_iter().enumerate() {
///     let epoch: Vec<f64> = gaze(frequency_hz).collect();
///     calibration.add(target, Epoch::from_planar(&epoch, 1)?)?;
/// }
/// let decoder = ItCcaParams::default().fit(&codebook, &calibration)?;
/// let epoch: Vec<f64> = gaze(17.0).collect();
/// let scores = decoder.score(Epoch::from_planar(&epoch, 1)?)?;
/// assert!(scores[1] > 0.999 && scores[0] < 0.1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ItCca {
    shape: Shape,
    targets: usize,
    space: RowSpace,
    /// Orthonormal rows that span each template.
    templates: Interleaved,
}

impl ItCcaParams {
    /// A decoder of epochs shaped as those of the calibration.
    ///
    /// # Errors
    /// [`DecodeError::Untrained`] for a target without trials; [`DecodeError::Flat`] where no
    /// channel varies; [`DecodeError::TooShort`] where trial and template together could follow any
    /// signal; [`DecodeError::TooLarge`]; [`DecodeError::Shape`] for another codebook.
    pub fn fit(
        &self,
        codebook: &Codebook,
        calibration: &Calibration,
    ) -> Result<ItCca, DecodeError> {
        let shape = calibration.shape();
        calibration.check(codebook, shape, 1)?;
        check_length(shape.samples, "it-cca", 2 * shape.channels + 2)?;
        shape.check_table(codebook.len().saturating_mul(shape.channels))?;
        let space = RowSpace::of(calibration)?;
        let template = |target| basis(&space.mean(calibration, target)?, shape.samples);
        let templates = (0..codebook.len()).map(template).collect::<Result<Vec<_>, _>>()?;
        let templates = Interleaved::new(&templates, shape.samples);
        Ok(ItCca { shape, targets: codebook.len(), space, templates })
    }
}

impl Decoder for ItCca {
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
        check_call(self.shape, self.targets(), epoch, scores)?;
        self.space.project_scaled(epoch, &mut scratch.trial, &mut scratch.real)?;
        scratch.whitening.of(&scratch.trial, self.shape.samples)?;
        correlations(&self.templates, scores, scratch)
    }
}
