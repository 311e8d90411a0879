//! Streams with their times → streams and series of the recording.

use super::dejitter::{self, Line};
use super::log::Log;
use super::numbers::Numbers;
use super::raw::Raw;
use crate::formats::FormatError;
use crate::signal::{Anchor, Samples, Segment, Series, Stream};

/// Positions up to here are exact as `f64`.
const MOST_POSITION: f64 = (1_u64 << 53) as f64;
/// Relative difference between nominal and effective rate that is worth a word.
const ODD_RATE: f64 = 0.1;

/// When the samples of a stream were taken.
#[derive(Debug)]
pub(super) enum Timing {
    /// At a rate, along straight lines.
    Lines(Vec<Line>),
    /// As the time stamps say.
    Stamps,
}

impl Timing {
    pub(super) fn of(raw: &Raw) -> Self {
        let straight = raw.header.is_regular() && !raw.header.drops_samples;
        if straight && !raw.stamps.is_empty() {
            Timing::Lines(dejitter::lines(raw))
        } else {
            Timing::Stamps
        }
    }

    /// The times of all samples.
    pub(super) fn times_s<'a>(&'a self, raw: &'a Raw) -> Box<dyn Iterator<Item = f64> + 'a> {
        match self {
            Timing::Lines(lines) => Box::new(lines.iter().flat_map(Line::times_s)),
            Timing::Stamps => Box::new(raw.stamps.iter().copied()),
        }
    }

    /// Times of which one is the earliest of all samples.
    pub(super) fn starts_s<'a>(&'a self, raw: &'a Raw) -> Box<dyn Iterator<Item = f64> + 'a> {
        match self {
            Timing::Lines(lines) => Box::new(lines.iter().flat_map(|l| [l.start_s, l.end_s])),
            Timing::Stamps => Box::new(raw.stamps.iter().copied()),
        }
    }

    /// Samples a second, where they come at a rate.
    fn rate_hz(&self, raw: &Raw) -> Option<f64> {
        match self {
            Timing::Lines(lines) => dejitter::rate_hz(lines),
            Timing::Stamps => {
                let duration_s = raw.stamps.last()? - raw.stamps.first()?;
                let rate_hz = (raw.stamps.len() - 1) as f64 / duration_s;
                (rate_hz.is_finite() && rate_hz > 0.0).then_some(rate_hz)
            }
        }
    }
}

/// The stream of a table: second 0 of the session is `zero_s`, and its first sample has a position
/// such that `earliest_s` has one, too.
pub(super) fn stream(
    raw: &Raw,
    timing: &Timing,
    numbers: Numbers,
    zero_s: f64,
    earliest_s: f64,
    log: &mut Log,
) -> Result<Stream, FormatError> {
    let channels = numbers.channels(raw, log);
    let nominal_rate_hz = raw.header.nominal_rate_hz;
    let effective_hz = timing.rate_hz(raw);
    if let Some(rate_hz) = effective_hz.filter(|hz| (hz / nominal_rate_hz - 1.0).abs() > ODD_RATE) {
        let message = format!("its samples come at {rate_hz} Hz, not at {nominal_rate_hz}");
        log.tell(raw.place(), message);
    }
    let effective_hz = effective_hz.filter(|&rate_hz| dejitter::is_near(rate_hz, raw));
    let rate_hz = effective_hz.unwrap_or(nominal_rate_hz);

    let first_s = timing.times_s(raw).next().unwrap_or(zero_s);
    let lead = ((first_s - earliest_s) * rate_hz).ceil().clamp(0.0, MOST_POSITION) as u64;
    let (segments, anchors) = places(raw, timing, lead, zero_s);
    let samples = Samples::from_segments(channels.len(), numbers.table.values, &segments)?;
    let stream = Stream::new(raw.header.name.as_str(), rate_hz, channels, samples)?
        .with_nominal_rate(nominal_rate_hz)?
        .with_origin(first_s - zero_s - lead as f64 / rate_hz);
    let straight = match timing {
        Timing::Lines(lines) => lines.len() < 2 && (effective_hz.is_some() || raw.stamps.len() < 2),
        Timing::Stamps => raw.stamps.len() < 2,
    };
    Ok(if straight { stream } else { stream.with_timeline(anchors)? })
}

/// Where the samples are on the stream's clock, and when.
fn places(raw: &Raw, timing: &Timing, lead: u64, zero_s: f64) -> (Vec<Segment>, Vec<Anchor>) {
    let anchor = |position, time_s: f64| Anchor { position, time_s: time_s - zero_s };
    let lines = match timing {
        Timing::Lines(lines) => lines,
        Timing::Stamps => {
            let segment = Segment { first: lead, len: raw.stamps.len() };
            let anchors = (lead..).zip(&raw.stamps).map(|(position, &s)| anchor(position, s));
            return (vec![segment], anchors.collect());
        }
    };
    let (mut segments, mut anchors) = (Vec::new(), Vec::new());
    let mut position = lead;
    for line in lines {
        let first = position.saturating_add(line.missing);
        position = first.saturating_add(line.len as u64);
        segments.push(Segment { first, len: line.len });
        anchors.push(anchor(first, line.start_s));
        if line.len > 1 {
            anchors.push(anchor(position.saturating_sub(1), line.end_s));
        }
    }
    (segments, anchors)
}

/// The series of a table.
pub(super) fn series(
    raw: &Raw,
    numbers: Numbers,
    zero_s: f64,
    log: &mut Log,
) -> Result<Series, FormatError> {
    let channels = numbers.channels(raw, log);
    let times_s = raw.stamps.iter().map(|stamp| stamp - zero_s).collect();
    Ok(Series::new(raw.header.name.as_str(), channels, times_s, numbers.table.values)?)
}
