use super::decoder::{check_call, same};
use super::rest_class::without_rest;
use super::{Calibration, DecodeError, Decoder, Fusion, Method, Scratch, Settings, Shape};
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// A decoder that may decide that nothing is looked at.
///
/// It holds a decoder of the targets that flicker, and adds one more score in the place of the
/// target that shows nothing
/// ([`Modulation::Blank`](crate::stimulus::Modulation::Blank)), always the same: a threshold. So rest is
/// decided when no target's score is above it.
///
/// The threshold is learned for a false-activation rate, the share of epochs at rest in which a
/// target is decided: it is the `⌈(n + 1)(1 − rate)⌉`-th smallest of the best scores of n epochs at
/// rest, and whatever the distribution of scores, an epoch at rest like these ones has a best score
/// above it with a probability of at most `rate`, taken over calibrations and epochs (conformal
/// prediction: Vovk, Gammerman and Shafer 2005). One user's rate scatters around that: with n epochs
/// it has a standard deviation of about `√(rate·(1 − rate)/(n + 2))`.
///
/// [`RestClass`](super::RestClass) learns rest as a class of its own, and so do decoders of
/// covariances ([`riemann`](super::riemann)); they promise no rate.
///
/// ```
/// use evoked::decode::{Decoder, NoControl, Shape, ssvep::CcaParams};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[13.0, 17.0])?;
/// let cca = CcaParams::default().build(&codebook, Shape::of_window(1, 1.0, 256.0))?;
/// // Best scores of nine epochs at rest: in one of ten such epochs a target may be decided.
/// let best = [0.2, 0.31, 0.25, 0.18, 0.4, 0.22, 0.35, 0.28, 0.3];
/// let decoder = NoControl::from_scores(cca, 2, &best, 0.1)?;
///
/// let gaze: Vec<f64> = (0..256).map(|n| (std::f64::consts::TAU * 17.0 * n as f64 / 256.0).sin()).collect();
/// let scores = decoder.score(Epoch::from_planar(&gaze, 1)?)?;
/// assert!(scores[1] > scores[2] && scores[2] > scores[0]);
/// assert!((decoder.threshold() - 0.4).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct NoControl<D> {
    inner: D,
    rest: usize,
    threshold: f64,
}

impl NoControl<Box<dyn Decoder>> {
    /// Fits a method to the targets that flicker, and the threshold as [`NoControl::learn`] does.
    ///
    /// # Errors
    /// [`DecodeError::Setting`] for a codebook without a blank target, or with nothing else; as
    /// [`Method::fit`] and [`NoControl::learn`].
    pub fn fit(
        method: Method,
        codebook: &Codebook,
        calibration: &Calibration,
        settings: &Settings,
        rate: f64,
    ) -> Result<Self, DecodeError> {
        let (rest, own) = without_rest(codebook)?;
        let inner = method.fit(&own, &calibration.without_target(rest), settings)?;
        Self::learn(inner, rest, calibration, rate)
    }
}

impl<D: Decoder> NoControl<D> {
    /// Learns the threshold from a calibration of all targets, `rest` being the place of the one
    /// that shows nothing.
    ///
    /// Without epochs of rest the best scores of wrong targets take their place. That is no more
    /// than an approximation: there is one target fewer to exceed the threshold, and a target's
    /// harmonics may speak for another.
    ///
    /// # Errors
    /// [`DecodeError::Shape`] for a calibration of other targets, what scoring its epochs refuses,
    /// and as [`NoControl::from_scores`].
    pub fn learn(
        inner: D,
        rest: usize,
        calibration: &Calibration,
        rate: f64,
    ) -> Result<Self, DecodeError> {
        same("targets of the calibration", calibration.targets(), inner.targets() + 1)?;
        let at_rest = calibration.count(rest) > 0;
        let mut scratch = Scratch::default();
        let mut scores = vec![0.0; inner.targets()];
        let mut best = Vec::new();
        for (target, epoch) in calibration.epochs().filter(|(k, _)| !at_rest || *k == rest) {
            inner.score_into(epoch, &mut scores, &mut scratch)?;
            // Where the target looked at stands among those that flicker.
            let own = if target > rest { target - 1 } else { target };
            let others = scores.iter().enumerate().filter(|&(k, _)| at_rest || k != own);
            best.push(others.map(|(_, score)| *score).fold(f64::NEG_INFINITY, f64::max));
        }
        Self::from_scores(inner, rest, &best, rate)
    }

    /// A threshold from the best scores of epochs at rest, such as epochs held out from the
    /// decoder's own calibration. `rest` is the place of rest among the targets.
    ///
    /// # Errors
    /// [`DecodeError::Setting`] for a rate that is not between 0 and 1,
    /// [`DecodeError::Untrained`] where there are too few scores for it, fewer than `1/rate − 1`;
    /// [`DecodeError::Shape`] for a place beyond the last.
    pub fn from_scores(
        inner: D,
        rest: usize,
        best: &[f64],
        rate: f64,
    ) -> Result<Self, DecodeError> {
        if rest > inner.targets() {
            let (what, expected) = ("place of rest", inner.targets());
            return Err(DecodeError::Shape { what, found: rest, expected });
        }
        let threshold = threshold(best, rate)?;
        Ok(Self { inner, rest, threshold })
    }

    /// The score that rest has.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }
}

fn threshold(best: &[f64], rate: f64) -> Result<f64, DecodeError> {
    if !(rate > 0.0 && rate < 1.0) {
        let (found, expected) = (rate.to_string(), "between 0 and 1");
        return Err(DecodeError::Setting { name: "false-activation rate", found, expected });
    }
    let mut sorted = best.to_vec();
    sorted.sort_by(f64::total_cmp);
    let places = (sorted.len() + 1) as f64;
    // A product such as 10 · 0.9 may come out a little above the whole number it stands for.
    let place = (places * (1.0 - rate) - 1e-9).ceil().max(1.0) as usize;
    match sorted.get(place - 1) {
        // Above the score itself, so that an equal score is one of rest.
        Some(score) => Ok(score.next_up()),
        None => Err(DecodeError::Untrained {
            label: "rest".into(),
            found: sorted.len(),
            needed: ((1.0 / rate - 1.0) - 1e-9).ceil() as usize,
        }),
    }
}

impl<D: Decoder> Decoder for NoControl<D> {
    fn shape(&self) -> Shape {
        self.inner.shape()
    }

    fn targets(&self) -> usize {
        self.inner.targets() + 1
    }

    fn fusion(&self) -> Fusion {
        self.inner.fusion()
    }

    fn score_into(
        &self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        check_call(self.shape(), self.targets(), epoch, scores)?;
        let last = scores.len() - 1;
        self.inner.score_into(epoch, &mut scores[..last], scratch)?;
        scores.copy_within(self.rest..last, self.rest + 1);
        scores[self.rest] = self.threshold;
        Ok(())
    }
}
