use super::super::stopping::StoppingRule;
use super::super::{Gaps, Session, Trials};
use super::learned::Learned;
use super::{ModelParams, RunningDecoder};
use crate::decode::{Calibration, DecodeError, SubBands};
use crate::signal::Channel;
use crate::stimulus::Codebook;

/// A decoder with all that its decisions depend on, to be kept in a file.
///
/// What is loaded decides as what was saved did, bit for bit. It says of a stream whether it is what the
/// model was made for, and finds the model's channels in it ([`rows_for`](Self::rows_for)).
///
/// ```
/// use evoked::decode::{FilterBank, Method, Settings};
/// use evoked::online::Gaps;
/// use evoked::online::model::{Model, ModelError, ModelParams};
/// use evoked::online::stopping::{Beta, Criterion, StoppingRule};
/// use evoked::signal::Channel;
/// use evoked::stimulus::Codebook;
///
/// let bank = FilterBank::chen(3, 8.0, 90.0);
/// let beta = Criterion::Beta(Beta { probability: 0.95 });
/// let model = Model::build(ModelParams {
///     channels: ["O1", "Oz", "O2"].map(Channel::microvolts).to_vec(),
///     rate_hz: 250.0,
///     codebook: Codebook::sinusoids(&[9.0, 10.0, 11.0, 12.0, 13.0])?,
///     method: Method::Cca,
///     settings: Settings { weights: bank.weights().to_vec(), ..Settings::default() },
///     bank: Some(bank),
///     notch_hz: Some(50.0),
///     start: 35,
///     stopping: StoppingRule::new(beta, 25, 50, 500)?,
/// })?;
/// let path = std::env::temp_dir().join(format!("evoked-model-{}.evm", std::process::id()));
/// model.save(&path)?;
///
/// let model = Model::load(&path)?;
/// // The stream may have more channels, in another order; none may be missing.
/// let stream = ["Fz", "Oz", "O2", "O1"].map(Channel::microvolts);
/// assert_eq!(model.rows_for(&stream, 250.0, None)?, [3, 1, 2]);
/// let other = model.rows_for(&stream[..2], 250.0, None).unwrap_err();
/// assert_eq!(other.to_string(), r#"the model needs channel "O1", the stream has Fz, Oz"#);
///
/// let mut session = model.session(Gaps::Mask)?;
/// session.event(0);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    params: ModelParams,
    learned: Learned,
}

impl Model {
    /// Of a method that needs no calibration: CCA, MSI or MEC.
    ///
    /// # Errors
    /// [`DecodeError::Calibration`] for a method that has to be fitted; [`DecodeError::Setting`] for
    /// one that does not follow a signal, with those that do, for a label that two channels have, for
    /// weights that are not one a band; what the filters' design and the decoder refuse.
    pub fn build(params: ModelParams) -> Result<Self, DecodeError> {
        params.check()?;
        let learned = Learned::built(params.method)?;
        Self::tried(params, learned)
    }

    /// Fitted to a user's trials, filtered as the model will filter: rows of all channels in the first
    /// band, then those in the second, and so on.
    ///
    /// # Errors
    /// As [`build`](Self::build); [`DecodeError::Shape`] for other rows, [`DecodeError::Setting`] for
    /// another rate or a stopping rule that goes on after the window; what the method's own `fit`
    /// refuses.
    pub fn fit(params: ModelParams, calibration: &Calibration) -> Result<Self, DecodeError> {
        params.check()?;
        let (shape, expected) = (calibration.shape(), params.rows());
        if shape.channels != expected {
            let (what, found) = ("rows of the calibration", shape.channels);
            return Err(DecodeError::Shape { what, found, expected });
        }
        if shape.rate_hz != params.rate_hz {
            let found = format!("{} Hz for {} Hz", params.rate_hz, shape.rate_hz);
            let (name, expected) = ("rate of the model", "that of the calibration");
            return Err(DecodeError::Setting { name, found, expected });
        }
        let learned = Learned::fitted(&params, calibration)?;
        Self::tried(params, learned)
    }

    /// A model whose decoder was made once.
    fn tried(params: ModelParams, learned: Learned) -> Result<Self, DecodeError> {
        let model = Self::of(params, learned)?;
        model.decoder()?;
        Ok(model)
    }

    /// Of params that were checked, without making a decoder: it takes no more memory than these.
    pub(super) fn of(mut params: ModelParams, learned: Learned) -> Result<Self, DecodeError> {
        learned.check(&params)?;
        params.channels.iter_mut().for_each(|channel| channel.quantization = None);
        let model = Self { params, learned };
        model.check_latest(model.stopping())?;
        Ok(model)
    }

    /// The same with another stopping rule, such as one that was learned with its decoder.
    ///
    /// # Errors
    /// [`DecodeError::Setting`] for one that goes on after the window of the calibration's trials.
    pub fn with_stopping(mut self, stopping: StoppingRule) -> Result<Self, DecodeError> {
        self.check_latest(&stopping)?;
        self.params.stopping = stopping;
        Ok(self)
    }

    fn check_latest(&self, stopping: &StoppingRule) -> Result<(), DecodeError> {
        match self.learned.samples() {
            Some(samples) if stopping.latest() > samples as u64 => {
                let found = format!("{} of {samples} samples", stopping.latest());
                let (name, expected) = ("latest time", "at most the length of calibration trials");
                Err(DecodeError::Setting { name, found, expected })
            }
            _ => Ok(()),
        }
    }

    /// What it was made for. Its channels tell nothing of how samples were stored.
    pub fn params(&self) -> &ModelParams {
        &self.params
    }

    pub(super) fn learned(&self) -> &Learned {
        &self.learned
    }

    /// Channels in the order of the decoder's rows.
    pub fn channels(&self) -> &[Channel] {
        &self.params.channels
    }

    /// Samples a second.
    pub fn rate_hz(&self) -> f64 {
        self.params.rate_hz
    }

    /// All targets.
    pub fn codebook(&self) -> &Codebook {
        &self.params.codebook
    }

    /// When to decide.
    pub fn stopping(&self) -> &StoppingRule {
        &self.params.stopping
    }

    /// A session of trials that start with a cue; it takes the model's channels, in their order.
    ///
    /// # Errors
    /// As [`Session::cued`], and [`decoder`](Self::decoder).
    pub fn session(&self, gaps: Gaps) -> Result<Session<RunningDecoder>, DecodeError> {
        let (start, rule) = (self.params.start, self.stopping().clone());
        let (filters, trials) = (self.filters()?, Trials { start, rule, gaps });
        let channels = self.channels().len();
        Session::cued(filters.as_ref(), channels, self.rate_hz(), trials, self.decoder()?)
    }

    /// The filters to run in front of the decoder; `None` where there are none.
    ///
    /// # Errors
    /// None that a model can cause.
    pub fn filters(&self) -> Result<Option<SubBands>, DecodeError> {
        self.params.filters()
    }

    /// A decoder at the start of a window; it takes what the filters make.
    ///
    /// # Errors
    /// [`DecodeError::TooLarge`] for a loaded model whose decoder would not fit the memory.
    pub fn decoder(&self) -> Result<RunningDecoder, DecodeError> {
        self.learned.decoder(&self.params)
    }
}
