//! Recordings that come as trials, cut already: laid one behind the other in one stream.
//!
//! | file | idea |
//! |---|---|
//! | `named` | arrays that say by their names what they are: NPZ, and MATLAB's likes |

pub(super) mod named;

use super::{FormatError, Options};
use crate::signal::{Channel, Event, Recording, Samples, SignalError, Stream};
use crate::stimulus::{Codebook, Target};

/// Seconds that are missing between trials, so that nothing crosses from one to the next.
const BETWEEN_S: f64 = 1.0;

/// What is known of a set of trials, but for the samples.
#[derive(Debug, Default)]
pub(super) struct TrialSet {
    pub rate_hz: f64,
    pub channels: Vec<Channel>,
    /// Samples of a trial.
    pub trial_len: usize,
    /// The sample of a trial at which the stimulus starts.
    pub onset: usize,
    /// How long it lasts; `None` where that is not known.
    pub duration_s: Option<f64>,
    /// For each trial the place of its target.
    pub labels: Vec<Option<usize>>,
    /// For each trial what it is called, where it has no target; may be shorter.
    pub texts: Vec<String>,
    /// For each trial the session it was recorded in; empty where nobody says.
    pub sessions: Vec<String>,
    /// The targets, where it is known what was shown.
    pub targets: Vec<Target>,
    /// Names of the targets, where that is all that is known.
    pub names: Vec<String>,
    pub refresh_hz: Option<f64>,
}

impl TrialSet {
    /// The recording. `fill(trial, channel, samples)` gives the samples of a trial.
    pub(super) fn lay_out(
        mut self,
        options: &mut Options<'_>,
        mut fill: impl FnMut(usize, usize, &mut [f32]),
    ) -> Result<(Recording, Option<Codebook>), FormatError> {
        let wanted = options.wanted(&self.channels)?;
        let rows: Vec<usize> = (0..wanted.len()).filter(|&row| wanted[row]).collect();
        let between = (BETWEEN_S * self.rate_hz).ceil() as u64;
        let step = (self.trial_len as u64).saturating_add(between);
        let trials = self.labels.len();
        let mut samples = Samples::new(rows.len());
        let values = trials.saturating_mul(self.trial_len);
        samples.reserve(values);
        let mut events = Vec::with_capacity(trials);
        for trial in 0..trials {
            let first = step.saturating_mul(trial as u64);
            samples.append_rows(first, self.trial_len, |row, out| fill(trial, rows[row], out))?;
            events.extend(self.session_start(trial, first));
            events.push(self.event(trial, first.saturating_add(self.onset as u64)));
            options.report(trial as u64 + 1, trials as u64);
        }
        let codebook = self.codebook()?;
        let channels = rows.iter().map(|&row| self.channels[row].clone()).collect();
        let stream = Stream::new("EEG", self.rate_hz, channels, samples)?;
        Ok((Recording::new(vec![stream], events), codebook))
    }

    /// The event `session NAME` before the first trial of each session, where there are several.
    fn session_start(&self, trial: usize, sample: u64) -> Option<Event> {
        let name = self.sessions.get(trial)?;
        let before = trial.checked_sub(1).and_then(|before| self.sessions.get(before));
        let several = self.sessions.iter().any(|other| other != name);
        (several && before != Some(name)).then(|| Event::at(sample, 0, format!("session {name}")))
    }

    fn event(&self, trial: usize, sample: u64) -> Event {
        let duration = self.duration_s.map_or(0.0, |duration_s| duration_s * self.rate_hz);
        let target = self.labels.get(trial).copied().flatten();
        let name = |target: usize| {
            let own = self.targets.get(target).map(|target| target.label.clone());
            own.or_else(|| self.names.get(target).cloned()).unwrap_or_default()
        };
        let event = match target {
            Some(target) => Event::at(sample, target as u32 + 1, name(target)),
            None => {
                let text = self.texts.get(trial).filter(|text| !text.is_empty());
                Event::at(sample, 0, text.map_or("trial", String::as_str))
            }
        };
        Event { duration, ..event }
    }

    /// The targets, each with the event that stands for it.
    fn codebook(&mut self) -> Result<Option<Codebook>, FormatError> {
        if self.targets.is_empty() {
            return Ok(None);
        }
        for (place, target) in self.targets.iter_mut().enumerate() {
            target.event = Some((place + 1).to_string());
        }
        let refused = |error: crate::stimulus::StimulusError| FormatError::Malformed {
            format: "trials",
            offset: 0,
            found: error.to_string(),
            expected: "targets that can be shown".to_owned(),
        };
        let codebook = Codebook::new(std::mem::take(&mut self.targets)).map_err(refused)?;
        match self.refresh_hz {
            Some(refresh_hz) => codebook.with_refresh_hz(refresh_hz).map(Some).map_err(refused),
            None => Ok(Some(codebook)),
        }
    }
}

/// Targets of these frequencies, as sinusoids of these phases; 0 where there are fewer phases.
pub(super) fn sinusoids(frequencies_hz: &[f64], phases_rad: &[f64]) -> Vec<Target> {
    let Ok(codebook) = Codebook::sinusoids(frequencies_hz) else { return Vec::new() };
    let mut targets = codebook.targets().to_vec();
    for (target, hz) in targets.iter_mut().zip(frequencies_hz) {
        target.label = format!("{} Hz", (hz * 1000.0).round() / 1000.0);
    }
    for (target, &phase) in targets.iter_mut().zip(phases_rad) {
        if let crate::stimulus::Modulation::Sinusoid { phase_rad, .. } = &mut target.modulation {
            *phase_rad = phase;
        }
    }
    targets
}

/// Channels that only have numbers.
pub(super) fn numbered(count: usize) -> Vec<Channel> {
    (1..=count).map(|number| Channel::microvolts(format!("EEG {number}"))).collect()
}

/// A rate that makes sense.
pub(super) fn check_rate(rate_hz: f64) -> Result<f64, FormatError> {
    match rate_hz.is_finite() && rate_hz > 0.0 {
        true => Ok(rate_hz),
        false => Err(SignalError::Rate(rate_hz).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(sessions: &[&str]) -> Vec<(u64, String)> {
        let set = TrialSet {
            rate_hz: 10.0,
            channels: numbered(1),
            trial_len: 5,
            onset: 2,
            labels: vec![Some(0); sessions.len()],
            sessions: sessions.iter().map(|name| name.to_string()).collect(),
            targets: sinusoids(&[3.0], &[]),
            ..TrialSet::default()
        };
        let laid = set.lay_out(&mut Options::default(), |_, _, out| out.fill(0.0));
        let (recording, _) = laid.unwrap();
        recording.events().iter().map(|event| (event.sample, event.label.clone())).collect()
    }

    #[test]
    fn sessions_start_with_an_event_where_there_are_several() {
        let event = |sample, label: &str| (sample, label.to_owned());
        let one = [event(2, "3 Hz"), event(17, "3 Hz")];
        assert_eq!(labels(&["a", "a"]), one);
        let found = labels(&["a", "b", "b"]);
        let starts: Vec<_> = found.iter().filter(|(_, label)| label != "3 Hz").cloned().collect();
        assert_eq!(starts, [event(0, "session a"), event(15, "session b")]);
    }
}
