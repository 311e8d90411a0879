use super::covariance::{Covariances, Shrinkage};
use super::geometry::{congruent, inverse_root, length, mean};
use crate::decode::decoder::check_call;
use crate::decode::{Calibration, DecodeError, Decoder, Fusion, Scratch, Shape};
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// Settings of [`Mdm`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MdmParams {
    /// Share of the identity in the covariance of an epoch.
    pub shrinkage: Shrinkage,
}

/// Minimum distance to mean (Barachant et al. 2012, IEEE Trans Biomed Eng 59:920; for SSVEP
/// Kalunga et al. 2016, Neurocomputing 191:55).
///
/// With C the shrunk covariance of an epoch and G_k the affine-invariant mean of those of target
/// k's trials, the score of target k is the negative distance `−|log(G_k^−½ C G_k^−½)|` (Frobenius
/// norm).
///
/// It takes the rows of all bands at once, as
/// [`FilterBank::around_targets`](crate::decode::FilterBank::around_targets) gives them, and at most
/// 512 of them. Every target needs at least one calibration trial; a codebook with a target that
/// has none is refused. The phase of a response plays no part, and a target that shows nothing
/// (rest) is a class like any other.
///
/// ```
/// use evoked::decode::{Calibration, Decoder, Shape, riemann::MdmParams};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[10.0, 15.0])?;
/// // One channel in two bands.
/// let shape = Shape::of_window(2, 0.5, 250.0);
/// let trial = |power: [f64; 2], seed: u32| -> Vec<f64> {
///     let noise = |n: u32| f64::from((n * n + seed) * 7919 % 101) / 50.0 - 1.0;
///     (0..250).map(|n| power[(n / 125) as usize] * noise(n)).collect()
/// };
/// let mut calibration = Calibration::new(shape, &codebook)?;
/// for seed in 0..3 {
///     calibration.add(0, Epoch::from_planar(&trial([2.0, 1.0], seed), 2)?)?;
///     calibration.add(1, Epoch::from_planar(&trial([1.0, 2.0], seed), 2)?)?;
/// }
/// let decoder = MdmParams::default().fit(&codebook, &calibration)?;
/// let scores = decoder.score(Epoch::from_planar(&trial([1.0, 1.8], 9), 2)?)?;
/// assert!(scores[1] > scores[0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Mdm {
    covariances: Covariances,
    /// For each target `G_k^−½`.
    roots: Vec<Vec<f64>>,
}

impl MdmParams {
    /// A decoder fitted to a user's trials.
    ///
    /// # Errors
    /// [`DecodeError::Untrained`] for a target without a trial, [`DecodeError::Setting`] for the
    /// shrinkage, [`DecodeError::Flat`] for a trial without signal, [`DecodeError::Shape`],
    /// [`DecodeError::TooLarge`].
    pub fn fit(&self, codebook: &Codebook, calibration: &Calibration) -> Result<Mdm, DecodeError> {
        let shape = calibration.shape();
        calibration.check(codebook, shape, 1)?;
        let covariances = Covariances::new(shape, self.shrinkage)?;
        let root =
            |own: &Vec<Vec<f64>>| inverse_root(&mean(own.iter(), shape.channels)?, shape.channels);
        let roots = covariances.of_targets(calibration)?.iter().map(root).collect::<Result<_, _>>();
        Ok(Mdm { covariances, roots: roots? })
    }
}

impl Decoder for Mdm {
    fn shape(&self) -> Shape {
        self.covariances.shape
    }

    fn targets(&self) -> usize {
        self.roots.len()
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
        let shape = self.shape();
        check_call(shape, self.targets(), epoch, scores)?;
        let n = shape.channels;
        let work = Scratch::zeros(&mut scratch.real, n * shape.samples + 3 * n * n);
        let (centred, work) = work.split_at_mut(n * shape.samples);
        let (covariance, work) = work.split_at_mut(n * n);
        let (half, whitened) = work.split_at_mut(n * n);
        self.covariances.of_epoch(epoch, centred, covariance)?;
        for (score, root) in scores.iter_mut().zip(&self.roots) {
            congruent(root, covariance, n, half, whitened)?;
            *score = -length(whitened, n, &mut scratch.eigenvalues)?;
        }
        Ok(())
    }
}
