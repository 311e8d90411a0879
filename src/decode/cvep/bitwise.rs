use super::code::codes;
use super::correlator::Correlator;
use super::delayed_gram::DelayedGram;
use super::rcca::lags;
use super::trials::Trials;
use crate::decode::{Calibration, DecodeError, Decoder, Scratch, Shape};
use crate::dsp::linalg::{Cholesky, dot};
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// Name in messages.
const NAME: &str = "bitwise";
/// Most weights of a model: channels × samples of a response.
const MOST_WEIGHTS: usize = 4096;

/// Settings of [`Bitwise`].
#[derive(Debug, Clone, PartialEq)]
pub struct BitwiseParams {
    /// How long after a bit the EEG is looked at.
    pub response_s: f64,
    /// Added to the covariance of the EEG, relative to its mean variance.
    pub ridge: f64,
    /// Samples of the epochs to decode; as many as those of the calibration when `None`.
    pub window: Option<usize>,
}

impl Default for BitwiseParams {
    fn default() -> Self {
        Self { response_s: 0.25, ridge: 0.1, window: None }
    }
}

/// Each bit from the EEG that follows it (EEG2Code; Nagel & Spüler 2018, J Neural Eng 15:066006;
/// 2019, PLoS ONE 14:e0221909).
///
/// One ridge regression, for all codes alike, foretells from all channels over the time of a response
/// whether the target is bright. The score of a target is Pearson's correlation of what is foretold
/// for each sample with its code. So the codes need not be those of the calibration, nor as long.
///
/// ```
/// use evoked::decode::cvep::BitwiseParams;
/// use evoked::decode::{Calibration, Decoder, Shape};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let code = |label: &str, bits: &str| format!(
///     r#"{{"label":"{label}","modulation":{{"kind":"code","bits":"{bits}","bit_rate_hz":60}}}}"#
/// );
/// let targets = [code("left", "1101000110010"), code("right", "00101101001")].join(",");
/// let codebook = Codebook::from_json(&format!(r#"{{"targets":[{targets}]}}"#))?;
/// // One channel follows the light by two samples.
/// let gaze = |bits: &str| -> Vec<f64> {
///     let bits = bits.as_bytes();
///     (0..130).map(|n: usize| f64::from(n >= 2 && bits[(n - 2) / 2 % bits.len()] == b'1')).collect()
/// };
/// let shape = Shape { channels: 1, samples: 130, rate_hz: 120.0 };
/// let mut calibration = Calibration::new(shape, &codebook)?;
/// calibration.add(0, Epoch::from_planar(&gaze("1101000110010"), 1)?)?;
/// let params = BitwiseParams { response_s: 0.05, ridge: 0.01, ..BitwiseParams::default() };
/// let decoder = params.fit(&codebook, &calibration)?;
/// let scores = decoder.score(Epoch::from_planar(&gaze("00101101001"), 1)?)?;
/// assert!(scores[1] > 0.95 && scores[0] < 0.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Bitwise {
    correlator: Correlator,
}

impl BitwiseParams {
    /// A decoder fitted to a user's trials, not all targets of which need to be there.
    ///
    /// # Errors
    /// [`DecodeError::NoCode`] for a target that shows no code, [`DecodeError::Setting`],
    /// [`DecodeError::Calibration`] without a trial, [`DecodeError::Shape`] for a calibration of
    /// another codebook, [`DecodeError::Flat`] where no channel varies, [`DecodeError::TooLarge`].
    pub fn fit(
        &self,
        codebook: &Codebook,
        calibration: &Calibration,
    ) -> Result<Bitwise, DecodeError> {
        let trained = calibration.shape();
        let shape = Shape { samples: self.window.unwrap_or(trained.samples), ..trained };
        let delays = self.delays(codebook, calibration, shape)?;
        let codes = codes(codebook, shape)?;
        let levels = |samples: usize| -> Vec<f64> {
            let level =
                |at: usize| f64::from(u8::from(codes[at / samples].is_bright(at % samples)));
            (0..codes.len() * samples).map(level).collect()
        };
        let trials = Trials::standardized(calibration)?;
        let weights = self.weights(&trials, &levels(trained.samples), delays)?;
        let filter =
            weights.iter().enumerate().map(|(at, w)| w * trials.scales[at % shape.channels]);
        Ok(Bitwise { correlator: Correlator::new(shape, filter.collect(), levels(shape.samples))? })
    }

    fn delays(
        &self,
        codebook: &Codebook,
        calibration: &Calibration,
        shape: Shape,
    ) -> Result<usize, DecodeError> {
        shape.check()?;
        calibration.check(codebook, calibration.shape(), 0)?;
        if calibration.is_empty() {
            let reason = "needs at least one calibration trial";
            return Err(DecodeError::Calibration { method: NAME, reason });
        }
        if !(self.ridge.is_finite() && self.ridge > 0.0) {
            let found = self.ridge.to_string();
            return Err(DecodeError::Setting { name: "ridge", found, expected: "above 0" });
        }
        let delays = lags(self.response_s, shape.rate_hz)?;
        let found = delays.saturating_mul(shape.channels);
        if found > MOST_WEIGHTS {
            let what = "channels × samples of a response";
            return Err(DecodeError::TooLarge { what, found, limit: MOST_WEIGHTS });
        }
        shape.check_table(codebook.len())?;
        calibration.shape().check_table(codebook.len())?;
        Ok(delays)
    }

    /// The regression of the codes' levels on the EEG, delays × channels. Each trial counts as its
    /// power is to that of the others, so that a noisy one does not count for more.
    fn weights(
        &self,
        trials: &Trials,
        levels: &[f64],
        delays: usize,
    ) -> Result<Vec<f64>, DecodeError> {
        let (channels, samples) = (trials.channels, trials.samples);
        let rows = delays * channels;
        let mut gram = DelayedGram::new(channels, delays);
        let mut weights = vec![0.0; rows];
        let mut level = vec![0.0; samples];
        for (target, planar) in trials.iter() {
            let power = dot(planar, planar) / planar.len() as f64;
            if power == 0.0 {
                continue;
            }
            gram.add(planar, samples, 1.0 / power)?;
            level.copy_from_slice(&levels[target * samples..][..samples]);
            let mean = level.iter().sum::<f64>() / samples as f64;
            level.iter_mut().for_each(|value| *value -= mean);
            for (at, weight) in weights.iter_mut().enumerate().take(samples * channels) {
                let (delay, channel) = (at / channels, at % channels);
                let row = &planar[channel * samples..][delay..samples];
                *weight += dot(row, &level[..samples - delay]) / power;
            }
        }
        let mut gram = gram.whole();
        let mean = gram.iter().step_by(rows + 1).sum::<f64>() / rows as f64;
        gram.iter_mut().step_by(rows + 1).for_each(|value| *value += self.ridge * mean);
        Cholesky::new(&gram, rows)?.solve(&mut weights)?;
        Ok(weights)
    }
}

impl Decoder for Bitwise {
    fn shape(&self) -> Shape {
        self.correlator.shape()
    }

    fn targets(&self) -> usize {
        self.correlator.targets()
    }

    fn score_into(
        &self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        self.correlator.score_into(epoch, scores, scratch)
    }
}
