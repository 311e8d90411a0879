//! The events of a simulated session and the rule that finds its trials.

use super::{Random, SessionParams, SimulateError};
use crate::signal::{Event, EventPattern, Trial, TrialRule};
use crate::stimulus::{Codebook, Target};

/// Code of the event on the first sample of a trial (OpenViBE's visual stimulation start).
pub const TRIAL_START: u32 = 32779;
/// Code of the event on the sample after a trial (OpenViBE's visual stimulation stop).
pub const TRIAL_END: u32 = 32780;

/// The trials in order and where the session ends.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Schedule {
    pub(super) trials: Vec<Trial>,
    pub(super) trial_len: u64,
    pub(super) end: u64,
}

impl Schedule {
    /// Every target once a block, in random order in each; a gap before, between and after trials.
    ///
    /// The session lasts until the last response, of `response_len` samples, has ended.
    pub(super) fn new(
        params: &SessionParams,
        targets: usize,
        response_len: u64,
        mut random: Random,
    ) -> Self {
        let at = |seconds: f64| (seconds * params.rate_hz).round() as u64;
        let onset =
            |trial: usize| at(params.gap_s + trial as f64 * (params.trial_s + params.gap_s));
        let mut trials = Vec::new();
        for _ in 0..params.blocks {
            let mut order: Vec<usize> = (0..targets).collect();
            random.shuffle(&mut order);
            for target in order {
                trials.push(Trial { onset: onset(trials.len()), label: Some(target) });
            }
        }
        let heard = trials.last().map_or(0, |last| last.onset + response_len);
        Self { trial_len: at(params.trial_s), end: onset(trials.len()).max(heard), trials }
    }

    /// A label event, a start and an end for each trial, in the order of time.
    pub(super) fn events(&self, codebook: &Codebook) -> Vec<Event> {
        let marks = label_events(codebook);
        let three = |trial: &Trial| {
            let mark = trial.label.and_then(|target| marks.get(target));
            let label = mark.map(|(code, text)| Event::at(trial.onset, *code, text.as_str()));
            let start = Event::at(trial.onset, TRIAL_START, "trial_start");
            let end = Event::at(trial.onset + self.trial_len, TRIAL_END, "trial_end");
            label.into_iter().chain([start, end])
        };
        let mut events: Vec<Event> = self.trials.iter().flat_map(three).collect();
        events.sort_by_key(|event| event.sample);
        events
    }
}

/// Code and text of each target's label event.
///
/// A target's own event is its code if it is a number, and its text otherwise. Without one, the
/// code is the index from 1 and the text is the label; but where one of these labels is a number
/// (a keyboard with digits), only the text is written, for it would be taken for a code.
fn label_events(codebook: &Codebook) -> Vec<(u32, String)> {
    let is_number = |text: &str| text.trim().parse::<u32>().is_ok();
    let coded =
        !codebook.targets().iter().any(|target| target.event.is_none() && is_number(&target.label));
    let mark = |(index, target): (usize, &Target)| match &target.event {
        Some(event) => match event.trim().parse() {
            Ok(code) if code != 0 => (code, target.label.clone()),
            _ => (0, event.trim().to_owned()),
        },
        None => (if coded { index as u32 + 1 } else { 0 }, target.label.trim().to_owned()),
    };
    codebook.targets().iter().enumerate().map(mark).collect()
}

/// The rule that finds the trials by their start and tells their targets by the label events.
///
/// # Errors
/// [`SimulateError::Events`] where an event fits two targets, or none.
pub(super) fn rule(codebook: &Codebook) -> Result<TrialRule, SimulateError> {
    let start = EventPattern::from(TRIAL_START);
    let pattern = |target: &Target| pattern(target.event.as_ref().unwrap_or(&target.label));
    let patterns: Vec<EventPattern> = codebook.targets().iter().map(pattern).collect();
    let marks = label_events(codebook).into_iter().map(|(code, text)| Event::at(0, code, text));
    let bounds = [Event::at(0, TRIAL_START, "trial_start"), Event::at(0, TRIAL_END, "trial_end")];
    for (index, mark) in marks.enumerate() {
        let first = patterns.iter().position(|pattern| pattern.matches(&mark));
        let taken = bounds.iter().any(|bound| patterns[index].matches(bound));
        if first != Some(index) || taken || start.matches(&mark) {
            let label = codebook.targets()[index].label.clone();
            return Err(SimulateError::Events { index, label });
        }
    }
    let labels = patterns.into_iter().enumerate().map(|(index, pattern)| (pattern, index));
    Ok(TrialRule { onsets: vec![start], labels: labels.collect() })
}

fn pattern(text: &str) -> EventPattern {
    let Ok(pattern) = text.parse();
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stimulus::Modulation;

    fn codebook(targets: &[(&str, Option<&str>)]) -> Codebook {
        let target = |(k, (label, event)): (usize, &(&str, Option<&str>))| Target {
            label: (*label).into(),
            event: event.map(Into::into),
            modulation: Modulation::Sinusoid { frequency_hz: 8.0 + k as f64, phase_rad: 0.0 },
        };
        Codebook::new(targets.iter().enumerate().map(target).collect()).unwrap()
    }

    #[test]
    fn events_follow_the_codebook() {
        let marks = label_events(&codebook(&[
            ("left", Some("33025")),
            ("right", Some("look right")),
            ("rest", None),
        ]));
        let expected = [(33025, "left"), (0, "look right"), (3, "rest")];
        assert_eq!(marks, expected.map(|(code, text)| (code, text.to_owned())));
    }

    #[test]
    fn a_keyboard_with_digits_is_told_by_its_labels() {
        let keys: Vec<String> = ('A'..='Z').chain('0'..='9').map(String::from).collect();
        let keys: Vec<(&str, Option<&str>)> = keys.iter().map(|key| (key.as_str(), None)).collect();
        let codebook = codebook(&keys);
        assert!(rule(&codebook).is_ok());
        assert_eq!(label_events(&codebook)[27], (0, "1".to_owned()));
    }

    #[test]
    fn events_that_could_be_taken_for_others_are_refused() {
        let refused = |targets: &[(&str, Option<&str>)]| match rule(&codebook(targets)) {
            Err(SimulateError::Events { index, .. }) => Some(index),
            _ => None,
        };
        assert_eq!(refused(&[("a", Some("7")), ("b", Some("007"))]), Some(1));
        assert_eq!(refused(&[("a", Some("2")), ("b", None)]), Some(1));
        assert_eq!(refused(&[("a", Some("32779"))]), Some(0));
        assert_eq!(refused(&[("a", Some("trial_end"))]), Some(0));
        assert_eq!(refused(&[("32779", Some("5"))]), Some(0));
        assert_eq!(refused(&[("a", Some(" "))]), Some(0));
        assert_eq!(refused(&[("a", Some("1")), ("b", Some("2"))]), None);
    }
}
