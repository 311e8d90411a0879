use super::replay::Run;
use super::{EvaluateError, Replay, Stopping, Subject};
use crate::decode::DecodeError;
use crate::online::model::Model;
use crate::signal::Channel;

/// A decoder with its stopping rule, learned from all trials of a subject, to be kept in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The decoder and its rule.
    pub model: Model,
    /// Trials that it was learned from; none for a method and a rule that learn nothing.
    pub trials: usize,
    /// Labelled trials that could not be used, by their place, and why.
    pub left_out: Vec<(usize, DecodeError)>,
}

impl Replay<'_> {
    /// The decoder fitted to all trials, and a rule learned from them by decoders that were fitted to
    /// the others: what is to be used from now on, while [`run`](Self::run) tells how good such a one
    /// is. The split and the rules of the replay play no part, and neither do trials at rest.
    ///
    /// ```
    /// use evoked::decode::{Method, Settings};
    /// use evoked::evaluate::{Margins, Replay, Split, Stopping, Subject};
    /// use evoked::online::Gaps;
    /// use evoked::simulate::{SessionParams, Strength};
    /// use evoked::stimulus::Codebook;
    ///
    /// let codebook = Codebook::sinusoids(&[9.0, 11.0])?;
    /// let params = SessionParams { strength: Strength::Snr(0.5), ..Default::default() };
    /// let simulated = params.simulate(&codebook)?;
    /// let ends: Vec<u64> = simulated.truth.iter().map(|trial| trial.onset + 1000).collect();
    /// let mut subject = Subject::new(Margins::default());
    /// let stream = &simulated.recording.streams()[0];
    /// subject.add(stream, &[6, 7, 8], &simulated.truth, &ends, &[0; 12])?;
    ///
    /// let replay = Replay {
    ///     codebook: &codebook,
    ///     method: Method::Cca,
    ///     settings: Settings::default(),
    ///     bank: None,
    ///     notch_hz: None,
    ///     start_s: 0.14,
    ///     step_s: 0.2,
    ///     earliest_s: 0.4,
    ///     latest_s: 3.0,
    ///     stopping: Vec::new(),
    ///     split: Split::Untrained,
    /// };
    /// let fitted = replay.fit(&subject, Stopping::Bayes { accuracy: 0.95 })?;
    /// assert_eq!((fitted.trials, fitted.left_out.len()), (12, 0));
    /// assert_eq!(fitted.model.channels()[0].label, "O1");
    /// let session = fitted.model.session(Gaps::LeaveOut)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`EvaluateError::Setting`] for times that are none or in a wrong order, and for a subject
    /// without a trial to learn from where something is learned; [`EvaluateError::Mixed`] for
    /// recordings of other channels; [`EvaluateError::Decode`] for methods that don't follow a signal,
    /// and for decoders or rules that can't be learned.
    pub fn fit(&self, subject: &Subject<'_>, stopping: Stopping) -> Result<Fitted, EvaluateError> {
        let nothing = |found: String| {
            let expected = "a recording with labelled trials that hold the whole window";
            EvaluateError::Setting { name: "trials to fit to", found, expected }
        };
        let rate_hz = subject.rate_hz().ok_or_else(|| nothing("no recording".into()))?;
        let filtered = self.filtered(subject)?;
        let run = Run::new(self, subject, &filtered, channels(subject)?, rate_hz)?;
        let (mut usable, mut left_out) = (Vec::new(), Vec::new());
        let looks = |place: &usize| Some(subject.trials()[*place].target) != run.rest;
        for place in (0..subject.trials().len()).filter(looks) {
            match run.epoch(place) {
                Ok(_) => usable.push(place),
                Err(error) => left_out.push((place, error)),
            }
        }
        let learns = self.method.needs_calibration() || stopping.is_learned();
        if learns && usable.is_empty() {
            let reason = left_out.first().map(|(_, error)| format!(": {error}"));
            return Err(nothing(format!("none{}", reason.unwrap_or_default())));
        }
        let growths = match stopping.is_learned() {
            true => run.held_out(&usable)?,
            false => Vec::new(),
        };
        let model = run.model(&usable)?.with_stopping(run.rule(stopping, &growths)?)?;
        Ok(Fitted { model, trials: if learns { usable.len() } else { 0 }, left_out })
    }
}

/// The channels that are used, the same in all recordings.
fn channels(subject: &Subject<'_>) -> Result<Vec<Channel>, EvaluateError> {
    let of = |source: &super::subject::Source<'_>| -> Vec<Channel> {
        source.rows.iter().filter_map(|&row| source.stream.channels().get(row).cloned()).collect()
    };
    let text = |channel: &Channel| format!("{} ({})", channel.label, channel.unit.as_str());
    let mut all = subject.sources().iter().map(of);
    let first = all.next().unwrap_or_default();
    for other in all {
        let differs = |(own, other): &(&Channel, &Channel)| text(own) != text(other);
        if let Some((own, other)) = first.iter().zip(&other).find(differs) {
            let (what, found, expected) = ("in the place of a channel", text(other), text(own));
            return Err(EvaluateError::Mixed { what, found, expected });
        }
    }
    Ok(first)
}
