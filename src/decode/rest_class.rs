use super::decoder::{at_most, check_call};
use super::{Calibration, DecodeError, Decoder, Fusion, Method, Scratch, Settings, Shape};
use crate::dsp::ledoit_wolf;
use crate::dsp::linalg::{Cholesky, dot, multiply_transposed};
use crate::signal::Epoch;
use crate::stimulus::{Codebook, Modulation, Target};

/// Fewer epochs of a class say nothing of its spread.
const LEAST_EPOCHS: usize = 2;
/// Parts into which a calibration is cut, each scored by a decoder fitted to the others.
const FOLDS: usize = 4;
/// Most targets: their scores' covariance is inverted.
const MAX_TARGETS: usize = 512;
/// Added to a covariance, relative to its mean diagonal, so that it has an inverse.
const RIDGE: f64 = 1e-9;

/// A decoder of targets that flicker with rest as a class of its own, told from all their scores.
///
/// At rest no target's score is high, but which scores are usual differs from target to target: one
/// may fall on the alpha rhythm. With s the scores of an epoch, `m_k` their mean in the calibration
/// epochs of class k (each target, and rest), and W their covariance within the classes, shrunk
/// as [`ledoit_wolf`] says, the score of class k is `m_k'W⁻¹s − ½·m_k'W⁻¹m_k`: a linear discriminant
/// (Fisher 1936, Ann Eugenics 7:179) with all classes equally likely. Calibration epochs are scored
/// by a decoder that was not fitted to them.
///
/// [`NoControl`](super::NoControl) decides rest by a threshold with a stated false-activation rate
/// instead, which this does not promise. [`Method::fit`] gives this decoder for a codebook with a
/// target that shows nothing ([`Modulation::Blank`]).
///
/// ```
/// use evoked::decode::{Calibration, Decoder, Method, RestClass, Settings, Shape};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::{Codebook, Modulation, Target};
///
/// let mut targets = Codebook::sinusoids(&[13.0, 17.0])?.targets().to_vec();
/// targets.push(Target { label: "rest".into(), event: None, modulation: Modulation::Blank });
/// let codebook = Codebook::new(targets)?;
/// let gaze = |f: f64, seed: u32| -> Vec<f64> {
///     let noise = |n: u32| f64::from((n * n + seed) * 7919 % 101) / 50.0 - 1.0;
///     let wave = |n: u32| (std::f64::consts::TAU * f * f64::from(n) / 256.0).sin();
///     (0..256).map(|n| noise(n) + if f > 0.0 { wave(n) } else { 0.0 }).collect()
/// };
/// let mut calibration = Calibration::new(Shape::of_window(1, 1.0, 256.0), &codebook)?;
/// for seed in 0..4 {
///     for (target, frequency_hz) in [13.0, 17.0, 0.0].into_iter().enumerate() {
///         calibration.add(target, Epoch::from_planar(&gaze(frequency_hz, seed), 1)?)?;
///     }
/// }
/// let decoder = RestClass::fit(Method::Cca, &codebook, &calibration, &Settings::default())?;
/// let scores = decoder.score(Epoch::from_planar(&gaze(0.0, 9), 1)?)?;
/// assert!(scores[2] > scores[0] && scores[2] > scores[1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct RestClass<D> {
    inner: D,
    /// For each class `W⁻¹m_k`.
    weights: Vec<f64>,
    /// For each class `½·m_k'W⁻¹m_k`.
    offsets: Vec<f64>,
}

impl RestClass<Box<dyn Decoder>> {
    /// Fits a method to the targets that flicker, and the discriminant to its scores.
    ///
    /// # Errors
    /// [`DecodeError::Setting`] for a codebook without a blank target, or with nothing else;
    /// [`DecodeError::Untrained`] for a class with fewer than two epochs; [`DecodeError::Flat`]
    /// where the scores of a class are all alike; [`DecodeError::TooLarge`]; as [`Method::fit`].
    pub fn fit(
        method: Method,
        codebook: &Codebook,
        calibration: &Calibration,
        settings: &Settings,
    ) -> Result<Self, DecodeError> {
        let (rest, own) = without_rest(codebook)?;
        at_most("targets beside rest", own.len(), MAX_TARGETS)?;
        calibration.check(codebook, calibration.shape(), LEAST_EPOCHS)?;
        let fit = |epochs: &Calibration| method.fit(&own, &epochs.without_target(rest), settings);
        let inner = fit(calibration)?;
        let mut classes = vec![Vec::new(); codebook.len()];
        if method.needs_calibration() {
            let fewest = (0..codebook.len()).map(|target| calibration.count(target)).min();
            for fold in 0..fewest.unwrap_or(0).min(FOLDS) {
                let parts = calibration.split(FOLDS.min(fewest.unwrap_or(1)), fold);
                collect(fit(&parts.0)?.as_ref(), &parts.1, &mut classes)?;
            }
        } else {
            collect(inner.as_ref(), calibration, &mut classes)?;
        }
        Self::of_scores(inner, &classes)
    }
}

/// The place of the target that shows nothing, and the codebook of the others.
pub(crate) fn without_rest(codebook: &Codebook) -> Result<(usize, Codebook), DecodeError> {
    let is_blank = |target: &Target| target.modulation == Modulation::Blank;
    let rest = codebook.targets().iter().position(is_blank);
    let flickering = codebook.targets().iter().filter(|target| !is_blank(target)).cloned();
    match (rest, Codebook::new(flickering.collect())) {
        (Some(rest), Ok(own)) if own.len() + 1 == codebook.len() => Ok((rest, own)),
        _ => {
            let (found, expected) = ("none".into(), "one, beside targets that flicker");
            Err(DecodeError::Setting { name: "blank target", found, expected })
        }
    }
}

/// The scores of all epochs of each class, one after the other.
fn collect(
    decoder: &dyn Decoder,
    epochs: &Calibration,
    classes: &mut [Vec<f64>],
) -> Result<(), DecodeError> {
    let mut scratch = Scratch::default();
    let mut scores = vec![0.0; decoder.targets()];
    for (class, epoch) in epochs.epochs() {
        decoder.score_into(epoch, &mut scores, &mut scratch)?;
        classes[class].extend_from_slice(&scores);
    }
    Ok(())
}

impl<D: Decoder> RestClass<D> {
    fn of_scores(inner: D, classes: &[Vec<f64>]) -> Result<Self, DecodeError> {
        let targets = inner.targets();
        let epochs = classes.iter().map(Vec::len).sum::<usize>() / targets;
        let mut means = Vec::with_capacity(classes.len() * targets);
        // One row a target, one column an epoch: what is left of its score without its class's mean.
        let mut residuals = vec![0.0; targets * epochs];
        let mut column = 0;
        for scores in classes {
            let count = (scores.len() / targets).max(1) as f64;
            let mean = |k: usize| scores.iter().skip(k).step_by(targets).sum::<f64>() / count;
            let mean: Vec<f64> = (0..targets).map(mean).collect();
            for epoch in scores.chunks_exact(targets) {
                for (k, (score, mean)) in epoch.iter().zip(&mean).enumerate() {
                    residuals[k * epochs + column] = score - mean;
                }
                column += 1;
            }
            means.extend(mean);
        }
        let covariance = within(&residuals, targets, epochs)?;
        let mut weights = means.clone();
        let factor = Cholesky::new(&covariance, targets)?;
        weights.chunks_exact_mut(targets).try_for_each(|row| factor.solve(row))?;
        let pairs = weights.chunks_exact(targets).zip(means.chunks_exact(targets));
        let offsets = pairs.map(|(weights, mean)| dot(weights, mean) / 2.0).collect();
        Ok(Self { inner, weights, offsets })
    }
}

/// The shrunk covariance of residuals, targets × epochs.
fn within(residuals: &[f64], targets: usize, epochs: usize) -> Result<Vec<f64>, DecodeError> {
    let mut covariance = vec![0.0; targets * targets];
    multiply_transposed(residuals, residuals, epochs, &mut covariance)?;
    covariance.iter_mut().for_each(|value| *value /= epochs as f64);
    let mean = covariance.iter().step_by(targets + 1).sum::<f64>() / targets as f64;
    if mean.is_nan() || mean <= 0.0 {
        return Err(DecodeError::Flat);
    }
    let shrinkage = ledoit_wolf(residuals, epochs, &covariance)?;
    covariance.iter_mut().for_each(|value| *value *= 1.0 - shrinkage);
    let added = (shrinkage + RIDGE) * mean;
    covariance.iter_mut().step_by(targets + 1).for_each(|value| *value += added);
    Ok(covariance)
}

impl<D: Decoder> Decoder for RestClass<D> {
    fn shape(&self) -> Shape {
        self.inner.shape()
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
        check_call(self.shape(), self.targets(), epoch, scores)?;
        let mut own = std::mem::take(&mut scratch.of_targets);
        own.resize(self.inner.targets(), 0.0);
        let scored = self.inner.score_into(epoch, &mut own, scratch);
        if scored.is_ok() {
            let classes = self.weights.chunks_exact(own.len()).zip(&self.offsets);
            for (score, (weights, offset)) in scores.iter_mut().zip(classes) {
                *score = dot(weights, &own) - offset;
            }
        }
        scratch.of_targets = own;
        scored
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores each channel's first sample.
    struct First;

    const SHAPE: Shape = Shape { channels: 2, samples: 4, rate_hz: 250.0 };

    impl Decoder for First {
        fn shape(&self) -> Shape {
            SHAPE
        }

        fn targets(&self) -> usize {
            2
        }

        fn score_into(
            &self,
            epoch: Epoch<'_>,
            scores: &mut [f64],
            _: &mut Scratch,
        ) -> Result<(), DecodeError> {
            epoch.rows().zip(scores).for_each(|(row, score)| *score = row[0]);
            Ok(())
        }
    }

    /// Log-likelihoods of normal distributions with one covariance, worked out by hand.
    #[test]
    fn scores_are_those_of_a_linear_discriminant() {
        // Means (3, 0), (0, 2), (0, 0); within each class ±(1, 0) and ±(0, 2).
        let around = |mean: [f64; 2]| -> Vec<f64> {
            let steps = [[1.0, 0.0], [-1.0, 0.0], [0.0, 2.0], [0.0, -2.0]];
            steps.iter().flat_map(|step| [mean[0] + step[0], mean[1] + step[1]]).collect()
        };
        let means = [[3.0, 0.0], [0.0, 2.0], [0.0, 0.0]];
        let classes = means.map(around);
        let decoder = RestClass::of_scores(First, &classes).unwrap();
        // W = diag(1/2, 2), μ = 5/4, |W − μI|² = 2·(3/4)²; Σ|xx' − W|² over 12 samples is
        // 6·((1/2)² + 2²) + 6·((1/2)² + 2²).
        let shrinkage: f64 = (12.0 * 4.25 / 144.0) / (2.0 * 0.75 * 0.75);
        let ridge = 1e-9 * 1.25;
        let w = [0.5, 2.0].map(|d| (1.0 - shrinkage) * d + shrinkage * 1.25 + ridge);
        let s = [1.7, 0.4];
        let planar = [s[0], 0.0, 0.0, 0.0, s[1], 0.0, 0.0, 0.0];
        let found = decoder.score(Epoch::from_planar(&planar, 2).unwrap()).unwrap();
        for (found, mean) in found.iter().zip(means) {
            let expected: f64 =
                (0..2).map(|k| mean[k] * s[k] / w[k] - 0.5 * mean[k] * mean[k] / w[k]).sum();
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }

    #[test]
    fn scores_that_are_all_alike_are_refused() {
        let classes = [vec![1.0, 0.0, 1.0, 0.0], vec![0.0, 1.0, 0.0, 1.0], vec![0.0; 4]];
        assert!(matches!(RestClass::of_scores(First, &classes), Err(DecodeError::Flat)));
    }
}
