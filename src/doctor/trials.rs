use super::channels::median;
use super::finding::list;
use super::gaps::plural;
use super::{Case, Finding, Severity, Topic};
use crate::signal::Stream;

/// A trial this much shorter than the middle one is told.
const SHORTER: f64 = 0.1;
const MOST_NAMES: usize = 6;

pub(super) fn examine(case: &Case<'_>, stream: &Stream, findings: &mut Vec<Finding>) {
    let rate_hz = stream.rate_hz();
    let lengths: Vec<f64> = case
        .trials
        .iter()
        .zip(ends(case, stream))
        .map(|(trial, end)| end.saturating_sub(trial.onset) as f64 / rate_hz)
        .collect();
    let named = |short: &dyn Fn(f64) -> bool| -> Vec<String> {
        let named = |(place, &length): (usize, &f64)| {
            short(length).then(|| format!("trial {} lasts {length:.2} s", place + 1))
        };
        lengths.iter().enumerate().filter_map(named).collect()
    };
    let window_end_s = case.window_s.map(|(start_s, length_s)| start_s + length_s);
    let middle = median(lengths.clone());
    let (short, limit) = match window_end_s {
        Some(end_s) => (
            named(&|length| length + 1.0 / rate_hz < end_s),
            format!("shorter than the window, which ends {end_s:.2} s after the onset"),
        ),
        None => (
            named(&|length| length < (1.0 - SHORTER) * middle),
            format!("shorter than the others, which last {middle:.2} s"),
        ),
    };
    if !short.is_empty() {
        let what = format!(
            "{} {limit}: {}",
            plural(short.len(), "trial is", "trials are"),
            list(&short, MOST_NAMES)
        );
        findings.push(
            Finding::new(Topic::ShortTrial, Severity::Warning, what)
                .because("the window runs into the rest after the trial, or into the next one; or samples were lost in it")
                .advise("use a shorter --length, or leave these trials out"),
        );
    }
    cut_by_gaps(case, stream, middle, findings);
}

/// Where each trial ends: as it was said, else with the next onset or the last sample.
fn ends(case: &Case<'_>, stream: &Stream) -> Vec<u64> {
    let last = stream.samples().end();
    let next = |place: usize| case.trials.get(place + 1).map_or(last, |next| next.onset);
    let end = |place: usize| {
        case.trial_ends
            .get(place)
            .copied()
            .unwrap_or_else(|| next(place))
            .min(next(place))
            .min(last)
    };
    (0..case.trials.len()).map(end).collect()
}

fn cut_by_gaps(case: &Case<'_>, stream: &Stream, middle_s: f64, findings: &mut Vec<Finding>) {
    let (start_s, length_s) = case.window_s.unwrap_or((0.0, middle_s));
    let samples = |seconds: f64| (seconds.max(0.0) * stream.rate_hz()).round() as u64;
    let cut = |(place, onset): (usize, u64)| {
        let first = onset.saturating_add(samples(start_s));
        let end = first.saturating_add(samples(length_s)).min(stream.samples().end());
        let gap = stream.samples().gaps().any(|gap| gap.start < end && gap.end > first);
        gap.then(|| format!("trial {}", place + 1))
    };
    let onsets = case.trials.iter().map(|trial| trial.onset);
    let cut: Vec<String> = onsets.enumerate().filter_map(cut).collect();
    if cut.is_empty() {
        return;
    }
    let what = format!(
        "samples are missing within {}: {}",
        plural(cut.len(), "trial", "trials"),
        list(&cut, MOST_NAMES)
    );
    findings.push(
        Finding::new(Topic::ShortTrial, Severity::Warning, what)
            .because("a window with a gap in it is not decoded")
            .advise("leave these trials out of comparisons between methods and windows"),
    );
}
