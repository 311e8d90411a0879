//! The events of a simulated session and the rule that finds its trials.

use std::ops::Range;

use super::{Random, SessionParams, SimulateError};
use crate::signal::{Event, EventPattern, Trial, TrialRule};
use crate::stimulus::{Codebook, Target};

/// Code of the event on the first sample of a trial (OpenViBE's visual stimulation start).
pub const TRIAL_START: u32 = 32779;
/// Code of the event on the sample after a trial (OpenViBE's visual stimulation stop).
pub const TRIAL_END: u32 = 32780;
/// Code of the event on the first sample of a no-control period (OpenViBE's label 0); its text is
/// `rest`, its duration that of the period.
pub const REST: u32 = 33024;
const REST_TEXT: &str = "rest";

/// The trials and the no-control periods in order, and where the session ends.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Schedule {
    pub(super) trials: Vec<Trial>,
    pub(super) no_control: Vec<Range<u64>>,
    pub(super) trial_len: u64,
    pub(super) end: u64,
}

impl Schedule {
    /// Every target once a block, in random order in each; a gap before, between and after trials.
    /// No-control periods come after a gap, too.
    ///
    /// The session lasts until the last response, of `response_len` samples, has ended.
    pub(super) fn new(
        params: &SessionParams,
        targets: usize,
        response_len: u64,
        mut random: Random,
    ) -> Self {
        let at = |seconds: f64| (seconds * params.rate_hz).round() as u64;
        let onset = |trials: usize, rests: usize| {
            let shown_s = trials as f64 * (params.trial_s + params.gap_s);
            at(params.gap_s + shown_s + rests as f64 * (params.rest_s + params.gap_s))
        };
        let every = params.rest_every.map_or(targets, |every| every as usize).max(1);
        let (mut trials, mut no_control) = (Vec::new(), Vec::new());
        for _ in 0..params.blocks {
            let mut order: Vec<usize> = (0..targets).collect();
            random.shuffle(&mut order);
            for target in order {
                let onset_here = onset(trials.len(), no_control.len());
                trials.push(Trial { onset: onset_here, label: Some(target) });
                if params.rest_s > 0.0 && trials.len() % every == 0 {
                    let first = onset(trials.len(), no_control.len());
                    no_control.push(first..first + at(params.rest_s));
                }
            }
        }
        let heard = trials.last().map_or(0, |last| last.onset + response_len);
        let end = onset(trials.len(), no_control.len()).max(heard);
        Self { trial_len: at(params.trial_s), end, trials, no_control }
    }

    /// A label event, a start and an end for each trial and no-control period, in the order of time.
    pub(super) fn events(&self, codebook: &Codebook) -> Vec<Event> {
        let marks = label_events(codebook);
        let three = |trial: &Trial| {
            let mark = trial.label.and_then(|target| marks.get(target));
            let label = mark.map(|(code, text)| Event::at(trial.onset, *code, text.as_str()));
            let start = Event::at(trial.onset, TRIAL_START, "trial_start");
            let end = Event::at(trial.onset + self.trial_len, TRIAL_END, "trial_end");
            label.into_iter().chain([start, end])
        };
        let rests = self.no_control.iter().flat_map(rest_events);
        let mut events: Vec<Event> = self.trials.iter().flat_map(three).chain(rests).collect();
        events.sort_by_key(|event| event.sample);
        events
    }
}

/// A no-control period is marked as a trial is, so that it can be decoded like one.
fn rest_events(period: &Range<u64>) -> [Event; 3] {
    let duration = (period.end - period.start) as f64;
    [
        Event { duration, ..Event::at(period.start, REST, REST_TEXT) },
        Event::at(period.start, TRIAL_START, "trial_start"),
        Event::at(period.end, TRIAL_END, "trial_end"),
    ]
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

/// The rule that finds the trials by their start and tells their targets by the label events. With
/// no-control periods, which start like trials, the label events find the trials.
///
/// # Errors
/// [`SimulateError::Events`] where an event fits two targets, or none.
pub(super) fn rule(codebook: &Codebook, with_rest: bool) -> Result<TrialRule, SimulateError> {
    let start = EventPattern::from(TRIAL_START);
    let pattern = |target: &Target| pattern(target.event.as_ref().unwrap_or(&target.label));
    let patterns: Vec<EventPattern> = codebook.targets().iter().map(pattern).collect();
    let marks = label_events(codebook).into_iter().map(|(code, text)| Event::at(0, code, text));
    let bounds = [Event::at(0, TRIAL_START, "trial_start"), Event::at(0, TRIAL_END, "trial_end")];
    let rest = with_rest.then(|| Event::at(0, REST, REST_TEXT));
    for (index, mark) in marks.enumerate() {
        let first = patterns.iter().position(|pattern| pattern.matches(&mark));
        let taken = bounds.iter().chain(&rest).any(|bound| patterns[index].matches(bound));
        if first != Some(index) || taken || start.matches(&mark) {
            let label = codebook.targets()[index].label.clone();
            return Err(SimulateError::Events { index, label });
        }
    }
    let labels = patterns.into_iter().enumerate().map(|(index, pattern)| (pattern, index));
    let onsets = if with_rest { Vec::new() } else { vec![start] };
    Ok(TrialRule { onsets, labels: labels.collect() })
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
        assert!(rule(&codebook, false).is_ok());
        assert_eq!(label_events(&codebook)[27], (0, "1".to_owned()));
    }

    #[test]
    fn events_that_could_be_taken_for_others_are_refused() {
        let refused_by =
            |targets: &[(&str, Option<&str>)], with_rest| match rule(&codebook(targets), with_rest)
            {
                Err(SimulateError::Events { index, .. }) => Some(index),
                _ => None,
            };
        let refused = |targets: &[(&str, Option<&str>)]| refused_by(targets, false);
        assert_eq!(refused(&[("a", Some("7")), ("b", Some("007"))]), Some(1));
        assert_eq!(refused(&[("a", Some("2")), ("b", None)]), Some(1));
        assert_eq!(refused(&[("a", Some("32779"))]), Some(0));
        assert_eq!(refused(&[("a", Some("trial_end"))]), Some(0));
        assert_eq!(refused(&[("32779", Some("5"))]), Some(0));
        assert_eq!(refused(&[("a", Some(" "))]), Some(0));
        assert_eq!(refused(&[("a", Some("1")), ("b", Some("2"))]), None);
        for rest in [("rest", None), ("a", Some("rest")), ("a", Some("33024"))] {
            assert_eq!(refused_by(&[("b", None), rest], true), Some(1));
            assert_eq!(refused(&[("b", None), rest]), None);
        }
    }
}
