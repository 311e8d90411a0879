use super::code::codes;
use super::correlator::Correlator;
use super::events::{EventModel, Events};
use super::moments::of_events;
use super::structure::Structure;
use crate::decode::{Calibration, DecodeError, Decoder, Linear, Scratch, Shape};
use crate::signal::Epoch;
use crate::stimulus::Codebook;

/// Name in messages.
const NAME: &str = "rcca";

/// Settings of [`Rcca`].
#[derive(Debug, Clone, PartialEq)]
pub struct RccaParams {
    /// What a code is taken apart into.
    pub events: EventModel,
    /// Whether the start of the stimulation has a response of its own.
    pub onset: bool,
    /// How long the response to an event lasts.
    pub response_s: f64,
    /// Samples of each channel, one after the other, that the filter sees at once; 1 for a filter
    /// of space only.
    pub delays: usize,
    /// How far the covariance of the EEG is shrunk towards independent channels of equal variance,
    /// 0 to 1.
    pub eeg_shrinkage: f64,
    /// The same for the events. Needed where there are few trials.
    pub event_shrinkage: f64,
    /// Samples of the epochs to decode; as many as those of the calibration when `None`.
    pub window: Option<usize>,
}

impl Default for RccaParams {
    fn default() -> Self {
        Self {
            events: EventModel::Duration,
            onset: true,
            response_s: 0.3,
            delays: 1,
            eeg_shrinkage: 0.0,
            event_shrinkage: 0.0,
            window: None,
        }
    }
}

/// Reconvolution (Thielen et al. 2015, PLoS ONE 10:e0133797; 2021, J Neural Eng 18:056007):
/// the response to a code is the sum of one response for each of its events.
///
/// Canonical correlation between the EEG of all calibration trials and the events that the user
/// saw, at all lags up to the length of a response, finds a spatial filter w and the responses r at
/// once: the w and r for which `wᵀ·X` and `rᵀ·M` correlate most, M having a row for each kind of
/// event and lag. The template of any code, seen in the calibration or not, is `rᵀ·M` of that code.
/// The score of a target is Pearson's correlation of the filtered epoch with its template.
///
/// ```
/// use evoked::decode::cvep::RccaParams;
/// use evoked::decode::{Calibration, Decoder, Shape};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let code = |label: &str, bits: &str| format!(
///     r#"{{"label":"{label}","modulation":{{"kind":"code","bits":"{bits}","bit_rate_hz":60}}}}"#
/// );
/// let targets = [code("left", "1101000110010"), code("right", "0010110100110")].join(",");
/// let codebook = Codebook::from_json(&format!(r#"{{"targets":[{targets}]}}"#))?;
/// // One channel follows the light by two samples.
/// let gaze = |bits: &str| -> Vec<f64> {
///     let bits = bits.as_bytes();
///     (0..130).map(|n: usize| f64::from(n >= 2 && bits[(n - 2) / 2 % 13] == b'1')).collect()
/// };
/// let shape = Shape { channels: 1, samples: 130, rate_hz: 120.0 };
/// let mut calibration = Calibration::new(shape, &codebook)?;
/// calibration.add(0, Epoch::from_planar(&gaze("1101000110010"), 1)?)?;
/// let params = RccaParams { response_s: 0.05, ..RccaParams::default() };
/// let rcca = params.fit(&codebook, &calibration)?;
/// // The other code was never seen in the calibration, but flashes as long as its own were.
/// let scores = rcca.score(Epoch::from_planar(&gaze("0010110100110"), 1)?)?;
/// assert!((scores[1] - 1.0).abs() < 1e-9 && scores[0] < 0.5, "{scores:?}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rcca {
    correlator: Correlator,
    response: Vec<f64>,
    lags: usize,
}

impl RccaParams {
    /// A decoder fitted to a user's trials, not all targets of which need to be there.
    ///
    /// # Errors
    /// [`DecodeError::NoCode`] for a target that shows no code, [`DecodeError::Setting`],
    /// [`DecodeError::Calibration`] without a trial, [`DecodeError::Shape`] for a calibration of
    /// another codebook, [`DecodeError::Flat`] where no channel varies, [`DecodeError::TooShort`]
    /// for fewer samples than channels, [`DecodeError::TooLarge`].
    pub fn fit(&self, codebook: &Codebook, calibration: &Calibration) -> Result<Rcca, DecodeError> {
        let trained = calibration.shape();
        let shape = Shape { samples: self.window.unwrap_or(trained.samples), ..trained };
        let structure = self.structure(codebook, calibration, shape)?;
        let moments = of_events(calibration, &structure, self.delays)?;
        let pair = moments.solve([self.eeg_shrinkage, self.event_shrinkage])?;
        let mut templates = vec![0.0; codebook.len() * shape.samples];
        for (target, out) in templates.chunks_exact_mut(shape.samples).enumerate() {
            structure.add_response(target, &pair.response, out);
        }
        let correlator = Correlator::new(shape, pair.filter, templates)?;
        Ok(Rcca { correlator, response: pair.response, lags: structure.lags() })
    }

    /// The events of all codes, once everything is checked.
    fn structure(
        &self,
        codebook: &Codebook,
        calibration: &Calibration,
        shape: Shape,
    ) -> Result<Structure, DecodeError> {
        let trained = calibration.shape();
        shape.check()?;
        self.check()?;
        calibration.check(codebook, trained, 0)?;
        if calibration.is_empty() {
            let reason = "needs at least one calibration trial";
            return Err(DecodeError::Calibration { method: NAME, reason });
        }
        let (needed, found) =
            (shape.channels * self.delays + 1, calibration.len() * trained.samples);
        if found < needed {
            return Err(DecodeError::TooShort { found, what: NAME, needed });
        }
        shape.check_table(codebook.len())?;
        trained.check_table(2 * shape.channels * self.delays)?;
        let lags = lags(self.response_s, shape.rate_hz)?;
        let samples = shape.samples.max(trained.samples);
        let codes = codes(codebook, shape)?;
        let structure = Structure::new(Events::new(&codes, self.events, self.onset, samples), lags);
        structure.check()?;
        Ok(structure)
    }

    fn check(&self) -> Result<(), DecodeError> {
        let setting = |name, found, expected| Err(DecodeError::Setting { name, found, expected });
        for (name, value) in
            [("eeg_shrinkage", self.eeg_shrinkage), ("event_shrinkage", self.event_shrinkage)]
        {
            if !(0.0..=1.0).contains(&value) {
                return setting(name, value.to_string(), "0 to 1");
            }
        }
        match self.delays {
            1..=64 => Ok(()),
            other => setting("delays", other.to_string(), "1 to 64"),
        }
    }
}

/// Samples of a response.
pub(super) fn lags(response_s: f64, rate_hz: f64) -> Result<usize, DecodeError> {
    let lags = (response_s * rate_hz).round();
    if (1.0..=4096.0).contains(&lags) {
        return Ok(lags as usize);
    }
    let (name, found) = ("response_s", response_s.to_string());
    Err(DecodeError::Setting { name, found, expected: "1 to 4096 samples, in seconds" })
}

impl Rcca {
    /// The response to each kind of event, lag by lag, up to a factor: flashes from the shortest on
    /// or rise and fall, then the onset.
    pub fn responses(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.response.chunks_exact(self.lags)
    }
}

impl Rcca {
    pub(crate) fn linear(&self) -> Option<Linear> {
        self.correlator.linear()
    }
}

impl Decoder for Rcca {
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
