use super::mains::Mains;
use super::{Case, Finding, Severity, Topic};
use crate::signal::Stream;

/// Relative differences of rates that are told: over 5 s of a 15 Hz response, 0.05 % is 0.04 periods.
const NOTED: f64 = 0.0002;
const MATTERS: f64 = 0.0005;
/// Grids stay closer than this to their nominal frequency over minutes.
const GRID: f64 = 0.0015;

pub(super) fn examine(
    case: &Case<'_>,
    stream: &Stream,
    mains: Option<&Mains>,
    findings: &mut Vec<Finding>,
) {
    let written_hz = stream.nominal_rate_hz();
    // A clock that was read beats one that follows from the mains.
    let by_readings = case.clock().map(|fit| (fit.rate_hz, 1.96 * fit.rate_error_hz));
    let by_times = (stream.rate_hz() != written_hz).then(|| (stream.rate_hz(), 0.0));
    if let Some((rate_hz, error_hz)) = by_readings.or(by_times) {
        let off = rate_hz / written_hz - 1.0;
        if off.abs() > NOTED && (rate_hz - written_hz).abs() > error_hz {
            let severity = if off.abs() > MATTERS { Severity::Warning } else { Severity::Note };
            findings.push(told(severity, written_hz, rate_hz, "by the host's clock"));
        }
        return;
    }
    let Some((found_hz, mains)) = mains.and_then(|mains| Some((mains.line_hz?, mains))) else {
        return;
    };
    let off = mains.nominal_hz / found_hz - 1.0;
    if off.abs() > GRID {
        let rate_hz = written_hz * (1.0 + off);
        let by = format!("judged by the mains, which lie at {found_hz:.3} Hz in it");
        findings.push(told(Severity::Warning, written_hz, rate_hz, &by));
    }
}

fn told(severity: Severity, written_hz: f64, rate_hz: f64, by: &str) -> Finding {
    let percent = (rate_hz / written_hz - 1.0) * 100.0;
    Finding::new(
        Topic::Rate,
        severity,
        format!("the sampling rate is {rate_hz:.3} Hz where {written_hz} Hz is written ({percent:+.3} %), {by}"),
    )
    .because("frequencies and phases are off by as much, and long windows lose the response")
    .advise(format!(
        "read the file with the rate {rate_hz:.3} Hz, or record with the amplifier's clock and the screen's side by side"
    ))
}
