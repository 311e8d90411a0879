use super::mains::Mains;
use super::{Case, Finding, Severity, Topic};
use crate::signal::Stream;

/// Relative differences of rates that are told: over 5 s of a 15 Hz response, 0.05 % is 0.04 periods.
const NOTED: f64 = 0.0002;
const MATTERS: f64 = 0.0005;
/// Grids stay closer than this to their nominal frequency over minutes.
const GRID: f64 = 0.0015;
const READ_ANEW: &str = "convert the recording with the rate it has (--rate, where the format lets you), or move event times and frequencies by as much";

pub(super) fn examine(
    case: &Case<'_>,
    stream: &Stream,
    mains: Option<&Mains>,
    findings: &mut Vec<Finding>,
) {
    let written_hz = stream.nominal_rate_hz();
    // A clock that was read beats one that follows from the mains.
    let by_readings = case.clock().map(|fit| (fit.rate_hz, 1.96 * fit.rate_error_hz));
    if let Some((rate_hz, error_hz)) = by_readings
        && (rate_hz - written_hz).abs() > error_hz
    {
        findings.extend(told(written_hz, rate_hz, "by the host's clock", READ_ANEW));
    }
    if by_readings.is_none() && stream.rate_hz() != written_hz {
        let advice =
            "nothing here: the times in the file are kept; other programs may take what is written";
        findings.extend(told(written_hz, stream.rate_hz(), "by the times in the file", advice));
    }
    if by_readings.is_some() || stream.rate_hz() != written_hz {
        return;
    }
    let Some((found_hz, mains)) = mains.and_then(|mains| Some((mains.line_hz?, mains))) else {
        return;
    };
    let off = mains.nominal_hz / found_hz - 1.0;
    if off.abs() > GRID {
        let rate_hz = written_hz * (1.0 + off);
        let by = format!("judged by the mains, which lie at {found_hz:.3} Hz in it");
        findings.extend(told(written_hz, rate_hz, &by, READ_ANEW));
    }
}

/// A finding, where the rates differ enough.
fn told(written_hz: f64, rate_hz: f64, by: &str, advice: &str) -> Option<Finding> {
    let off = rate_hz / written_hz - 1.0;
    let severity = if off.abs() > MATTERS { Severity::Warning } else { Severity::Note };
    let what = format!(
        "the sampling rate is {rate_hz:.3} Hz where {written_hz} Hz is written ({:+.3} %), {by}",
        off * 100.0
    );
    let finding = Finding::new(Topic::Rate, severity, what)
        .because("frequencies and phases are off by as much, and long windows lose the response")
        .advise(advice);
    (off.abs() > NOTED).then_some(finding)
}
