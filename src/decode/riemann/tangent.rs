use super::covariance::{Covariances, Shrinkage, check_shrinkage};
use super::geometry::{congruent, inverse_root, logarithm, mean};
use crate::decode::decoder::{at_most, check_call};
use crate::decode::{Calibration, DecodeError, Decoder, Fusion, Scratch, Shape};
use crate::dsp::linalg::{Cholesky, EigenScratch, dot, multiply, multiply_transposed};
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// Fewer trials of a target say nothing of their spread.
const LEAST_TRIALS: usize = 2;
/// Most trials: the discriminant takes time with their third power.
const MAX_TRIALS: usize = 4096;

/// Settings of [`TangentSpace`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TangentParams {
    /// Share of the identity in the covariance of an epoch.
    pub shrinkage: Shrinkage,
    /// Share of the identity in the covariance of tangent vectors, above 0 and at most 1.
    pub discriminant_shrinkage: f64,
}

impl Default for TangentParams {
    fn default() -> Self {
        Self { shrinkage: Shrinkage::default(), discriminant_shrinkage: 0.1 }
    }
}

/// Tangent space with a shrunk linear discriminant (Barachant et al. 2012, IEEE Trans Biomed Eng
/// 59:920).
///
/// With C the shrunk covariance of an epoch and G the affine-invariant mean of those of all
/// trials, the tangent vector is `t = log(G^−½ C G^−½)`, what lies off the diagonal counting √2.
/// With m_k the mean of target k's vectors and W the mean of `(t − m_k)(t − m_k)'` over all trials,
/// shrunk towards a multiple of the identity, the score of target k is
/// `m_k'W⁻¹t − ½·m_k'W⁻¹m_k`, a log-likelihood but for what all targets share.
///
/// It takes the rows of all bands at once, as
/// [`FilterBank::around_targets`](crate::decode::FilterBank::around_targets) gives them, and at most
/// 512 of them. Every target needs at least two calibration trials; a codebook with a target that
/// has fewer is refused. The phase of a response plays no part, and a target that shows nothing
/// (rest) is a class like any other.
///
/// ```
/// use evoked::decode::{Calibration, Decoder, Shape, riemann::TangentParams};
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
/// let decoder = TangentParams::default().fit(&codebook, &calibration)?;
/// let scores = decoder.score(Epoch::from_planar(&trial([1.0, 1.8], 9), 2)?)?;
/// assert!(scores[1] > scores[0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct TangentSpace {
    covariances: Covariances,
    /// `G^−½`
    root: Vec<f64>,
    /// For each target `W⁻¹m_k`, as a matrix like the logarithm itself: inner products of tangent
    /// vectors are those of all entries of their matrices.
    weights: Vec<f64>,
    /// For each target `½·m_k'W⁻¹m_k`.
    offsets: Vec<f64>,
}

impl TangentParams {
    /// A decoder fitted to a user's trials.
    ///
    /// # Errors
    /// [`DecodeError::Untrained`] for a target with fewer than two trials, [`DecodeError::Setting`]
    /// for a shrinkage, [`DecodeError::Flat`] for a trial without signal, or trials of each target
    /// that are all alike; [`DecodeError::Shape`], [`DecodeError::TooLarge`].
    pub fn fit(
        &self,
        codebook: &Codebook,
        calibration: &Calibration,
    ) -> Result<TangentSpace, DecodeError> {
        let shape = calibration.shape();
        let n = shape.channels;
        calibration.check(codebook, shape, LEAST_TRIALS)?;
        check_shrinkage(self.discriminant_shrinkage)?;
        at_most("calibration trials", calibration.len(), MAX_TRIALS)?;
        let covariances = Covariances::new(shape, self.shrinkage)?;
        let of_targets = covariances.of_targets(calibration)?;
        let all: Vec<&Vec<f64>> = of_targets.iter().flatten().collect();
        let root = inverse_root(&mean(all.iter().copied(), n)?, n)?;
        let mut discriminant = Discriminant { values: n * n, means: vec![], residuals: vec![] };
        for own in &of_targets {
            let vectors = own.iter().map(|covariance| tangent(&root, covariance, n));
            discriminant.add(&vectors.collect::<Result<Vec<_>, _>>()?);
        }
        // The vectors have as many independent entries as a triangle of the matrix.
        let entries = n * (n + 1) / 2;
        let weights = discriminant.weights(entries, self.discriminant_shrinkage)?;
        let pairs = weights.chunks_exact(n * n).zip(discriminant.means.chunks_exact(n * n));
        let offsets = pairs.map(|(weights, mean)| dot(weights, mean) / 2.0).collect();
        Ok(TangentSpace { covariances, root, weights, offsets })
    }
}

fn tangent(root: &[f64], covariance: &[f64], n: usize) -> Result<Vec<f64>, DecodeError> {
    let [mut half, mut whitened, mut log] = [(); 3].map(|()| vec![0.0; n * n]);
    congruent(root, covariance, n, &mut half, &mut whitened)?;
    logarithm(&whitened, n, &mut EigenScratch::default(), &mut log)?;
    Ok(log)
}

/// A linear discriminant with far more entries than trials.
struct Discriminant {
    /// Entries of a vector.
    values: usize,
    /// One row a target.
    means: Vec<f64>,
    /// One row a trial: what is left of it without the mean of its target.
    residuals: Vec<f64>,
}

impl Discriminant {
    fn add(&mut self, vectors: &[Vec<f64>]) {
        let mut mean = vec![0.0; self.values];
        for vector in vectors {
            let count = vectors.len() as f64;
            mean.iter_mut().zip(vector).for_each(|(sum, value)| *sum += value / count);
        }
        for vector in vectors {
            self.residuals.extend(vector.iter().zip(&mean).map(|(value, mean)| value - mean));
        }
        self.means.extend(mean);
    }

    /// `W⁻¹m_k` for each target, `W = (1 − γ)·R'R/T + γ·trace(R'R/T)/d·I` for T residuals R.
    ///
    /// By Woodbury's identity with `W = βR'R + αI` it is
    /// `(m_k − R'(α/β·I + RR')⁻¹R m_k)/α`, a system of T equations instead of d.
    fn weights(&self, entries: usize, shrinkage: f64) -> Result<Vec<f64>, DecodeError> {
        let trials = self.residuals.len() / self.values;
        let mut inner = vec![0.0; trials * trials];
        multiply_transposed(&self.residuals, &self.residuals, self.values, &mut inner)?;
        let trace = inner.iter().step_by(trials + 1).sum::<f64>();
        let alpha = shrinkage * trace / trials as f64 / entries as f64;
        let beta = (1.0 - shrinkage) / trials as f64;
        if alpha.is_nan() || alpha <= 0.0 {
            return Err(DecodeError::Flat);
        }
        let mut weights = self.means.clone();
        if beta > 0.0 {
            inner.iter_mut().step_by(trials + 1).for_each(|value| *value += alpha / beta);
            let system = Cholesky::new(&inner, trials)?;
            let targets = self.means.len() / self.values;
            let mut along = vec![0.0; targets * trials];
            multiply_transposed(&self.means, &self.residuals, self.values, &mut along)?;
            along.chunks_exact_mut(trials).try_for_each(|row| system.solve(row))?;
            let mut back = vec![0.0; weights.len()];
            multiply(&along, trials, &self.residuals, self.values, &mut back)?;
            weights.iter_mut().zip(&back).for_each(|(weight, back)| *weight -= back);
        }
        weights.iter_mut().for_each(|weight| *weight /= alpha);
        Ok(weights)
    }
}

impl Decoder for TangentSpace {
    fn shape(&self) -> Shape {
        self.covariances.shape
    }

    fn targets(&self) -> usize {
        self.offsets.len()
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
        let work = Scratch::zeros(&mut scratch.real, n * shape.samples + 4 * n * n);
        let (centred, work) = work.split_at_mut(n * shape.samples);
        let (covariance, work) = work.split_at_mut(n * n);
        let (half, work) = work.split_at_mut(n * n);
        let (whitened, log) = work.split_at_mut(n * n);
        self.covariances.of_epoch(epoch, centred, covariance)?;
        congruent(&self.root, covariance, n, half, whitened)?;
        logarithm(whitened, n, &mut scratch.eigen, log)?;
        multiply_transposed(log, &self.weights, n * n, scores)?;
        scores.iter_mut().zip(&self.offsets).for_each(|(score, offset)| *score -= offset);
        Ok(())
    }
}
