use super::finding::list;
use super::{Case, Finding, Severity, Topic};
use crate::signal::Stream;

/// Clock readings may be late by this much without a sample being lost.
const LATE_S: f64 = 0.1;
/// Places that are named.
const MOST_PLACES: usize = 3;

pub(super) fn examine(case: &Case<'_>, stream: &Stream, findings: &mut Vec<Finding>) {
    told(stream, findings);
    untold(case, stream, findings);
}

/// Gaps that the recording knows of.
fn told(stream: &Stream, findings: &mut Vec<Finding>) {
    let gaps: Vec<_> = stream.samples().gaps().collect();
    if gaps.is_empty() {
        return;
    }
    let seconds = |samples: u64| samples as f64 / stream.rate_hz();
    let missing_s = seconds(gaps.iter().map(|gap| gap.end - gap.start).sum());
    let place = |gap: &std::ops::Range<u64>| {
        let at_s = stream.time_s(gap.start as f64);
        format!("{:.3} s at {at_s:.2} s", seconds(gap.end - gap.start))
    };
    let places: Vec<String> = gaps.iter().map(place).collect();
    let what = format!(
        "{} missing: {missing_s:.3} s in all, {}",
        plural(gaps.len(), "stretch is", "stretches are"),
        list(&places, MOST_PLACES)
    );
    findings.push(
        Finding::new(Topic::Gap, Severity::Warning, what)
            .because("trials with a gap in their window can't be decoded, and filters start anew behind it")
            .advise("leave these trials out; look for lost packets, a full buffer or a pause"),
    );
}

/// Samples that are missing without a word: the other clock goes on, the positions do not.
fn untold(case: &Case<'_>, stream: &Stream, findings: &mut Vec<Finding>) {
    let rate_hz = stream.rate_hz();
    // The delay of a single reading is no loss: the later readings must stay behind, too.
    let behind: Vec<f64> =
        case.readings.iter().map(|(position, time_s)| time_s - position / rate_hz).collect();
    let mut places = Vec::new();
    let mut missing_s = 0.0;
    for (place, pair) in case.readings.windows(2).enumerate() {
        let before = quiet(behind.get(..=place).unwrap_or(&[]).iter().rev());
        let after = quiet(behind.get(place + 1..).unwrap_or(&[]).iter());
        let (Some(before), Some(after)) = (before, after) else { continue };
        let own = behind[place + 1] - behind[place];
        if after - before > LATE_S && own > LATE_S {
            missing_s += after - before;
            let samples = ((after - before) * rate_hz).round();
            places.push(format!("{samples} samples before {:.2} s", stream.time_s(pair[1].0)));
        }
    }
    if places.is_empty() {
        return;
    }
    let what = format!(
        "samples are missing that nobody told of: {missing_s:.2} s by the host's clock, {}",
        list(&places, MOST_PLACES)
    );
    findings.push(
        Finding::new(Topic::Gap, Severity::Problem, what)
            .because("everything behind is decoded as if it had happened earlier, events against samples")
            .advise("place events by the host's clock, or leave out what lies behind; look for lost packets"),
    );
}

/// The least of the next few readings: delays only ever add.
fn quiet<'a>(readings: impl Iterator<Item = &'a f64>) -> Option<f64> {
    readings.take(5).copied().reduce(f64::min)
}

pub(super) fn plural(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}
