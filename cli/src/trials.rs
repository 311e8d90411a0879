//! Which trials a recording has, and how long they last.

use std::collections::HashMap;

use evoked::signal::{Event, EventPattern, Recording, Segment, Stream, Trial, TrialRule};
use evoked::stimulus::{Codebook, Modulation, Target};

use crate::failure::Failure;
use crate::targets::label_events;

/// OpenViBE's visual stimulation start and stop, which our simulator writes too.
const START: u32 = 32779;
const STOP: u32 = 32780;

/// How trials are found: by the events that were asked for, else the usual ones, else the labels.
pub(crate) fn rule(
    asked: &[EventPattern],
    recording: &Recording,
    codebook: &Codebook,
) -> Result<TrialRule, Failure> {
    let mut labels = label_events(codebook);
    if labels.iter().all(|(_, target)| shows_nothing(codebook, *target)) {
        labels.extend(named_like_targets(recording, codebook));
    }
    let start = EventPattern::from(START);
    let onsets = if !asked.is_empty() {
        asked.to_vec()
    } else if recording.events().iter().any(|event| start.matches(event)) {
        vec![start]
    } else if labels.is_empty() {
        let message =
            "no event is known to start a trial: give --onset EVENT, or --label EVENT=TARGET";
        return Err(Failure::new(format!("{message}; {}", events_present(recording))));
    } else {
        Vec::new()
    };
    Ok(TrialRule { onsets, labels })
}

/// The event of rest may be told where those of the targets are not.
fn shows_nothing(codebook: &Codebook, target: usize) -> bool {
    codebook.targets().get(target).is_some_and(|target| target.modulation == Modulation::Blank)
}

/// Where a codebook tells of no events: those that are called like its targets.
fn named_like_targets(recording: &Recording, codebook: &Codebook) -> Vec<(EventPattern, usize)> {
    let pattern = |(place, target): (usize, &Target)| {
        if target.event.is_some() {
            return None;
        }
        let is_own = |event: &&Event| event.label == target.label;
        let event = recording.events().iter().find(is_own)?;
        Some((event.label.parse().ok()?, place))
    };
    codebook.targets().iter().enumerate().filter_map(pattern).collect()
}

/// Why no trial was found.
pub(crate) fn none(rule: &TrialRule, recording: &Recording) -> String {
    if recording.events().is_empty() {
        return "the recording has no events, so no trial can be found; is the file whole?"
            .to_owned();
    }
    let present = events_present(recording);
    format!("no event matches {}: give --onset EVENT; {present}", describe(rule))
}

/// The events that start trials, for people.
pub(crate) fn describe(rule: &TrialRule) -> String {
    let labels = rule.labels.iter().map(|(pattern, _)| pattern);
    let patterns: Vec<_> = match rule.onsets.as_slice() {
        [] => labels.collect(),
        onsets => onsets.iter().collect(),
    };
    let names: Vec<_> = patterns.iter().take(8).map(|pattern| pattern.as_str()).collect();
    let more = if patterns.len() > 8 { " …" } else { "" };
    format!("event {}{more}", names.join(", "))
}

/// The events of a recording, for people.
pub(crate) fn events_present(recording: &Recording) -> String {
    let mut names: Vec<String> = Vec::new();
    for event in recording.events() {
        let name = name(event);
        if !names.contains(&name) && names.len() < 12 {
            names.push(name);
        }
    }
    match names.as_slice() {
        [] => "the recording has no events".to_owned(),
        names => format!("the recording has the events {}", names.join(", ")),
    }
}

/// The names of events that look like trials and are none by this rule: those that last for some
/// time, where others start the trials.
pub(crate) fn others<'a>(
    rule: &'a TrialRule,
    recording: &'a Recording,
) -> impl Iterator<Item = String> + 'a {
    let known = |event: &&Event| {
        let labels = rule.labels.iter().map(|(pattern, _)| pattern);
        labels.chain(&rule.onsets).any(|pattern| pattern.matches(event))
    };
    let lasting = recording.events().iter().filter(|event| event.duration > 0.0);
    lasting.filter(move |event| !known(event)).map(name)
}

/// What an event is called: its code, or its text where it has none.
fn name(event: &Event) -> String {
    match event.code {
        0 => event.label.clone(),
        code => code.to_string(),
    }
}

/// Seconds from an onset to the end of its trial, the shortest of all but those that the end of the
/// recording or a gap cuts short: one such trial would shorten the windows of all.
pub(crate) fn shortest_s(recording: &Recording, stream: &Stream, trials: &[Trial]) -> Option<f64> {
    let segments = stream.samples().segments();
    let is_cut = |end: u64| segments.iter().any(|segment| segment.end() == end);
    let trials = trials.iter().zip(ends(recording, stream, trials));
    let lengths = trials.map(|(trial, end)| (end.saturating_sub(trial.onset), is_cut(end)));
    let lengths: Vec<(u64, bool)> = lengths.filter(|(len, _)| *len > 0).collect();
    let whole = lengths.iter().filter(|(_, cut)| !cut).map(|(len, _)| *len).min();
    // Trials cut out of a recording all end with a stretch of it.
    let shortest = whole.or_else(|| lengths.iter().map(|(len, _)| *len).min());
    shortest.map(|shortest| shortest as f64 / stream.rate_hz())
}

/// Where each trial ends: with its own event, at a stop event, at a gap, with the next onset, or with
/// the recording, whichever comes first.
pub(crate) fn ends(recording: &Recording, stream: &Stream, trials: &[Trial]) -> Vec<u64> {
    let stop = EventPattern::from(STOP);
    let events = || recording.events().iter().filter(|event| event.stream == 0);
    let stops: Vec<u64> =
        events().filter(|event| stop.matches(event)).map(|event| event.sample).collect();
    let lasting: HashMap<u64, u64> = events()
        .filter(|event| event.duration >= 1.0)
        .map(|event| (event.sample, event.sample.saturating_add(event.duration as u64)))
        .collect();
    let segments = stream.samples().segments();
    let end_of = |(place, trial): (usize, &Trial)| {
        let next = trials.get(place + 1).map_or(stream.samples().end(), |next| next.onset);
        let stop = stops.iter().copied().find(|&stop| stop > trial.onset).unwrap_or(next);
        let own = lasting.get(&trial.onset).copied().unwrap_or(next);
        let inside = segments.partition_point(|segment| segment.end() <= trial.onset);
        let gap = segments.get(inside).map_or(next, Segment::end);
        stop.min(next).min(own).min(gap)
    };
    trials.iter().enumerate().map(end_of).collect()
}
