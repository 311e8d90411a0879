//! From jittered time stamps to straight lines, as pyxdf draws them.

use super::raw::{Hole, Raw};

/// A step between two time stamps breaks the line where it is longer than so many seconds …
const BREAK_S: f64 = 1.0;
/// … and so many samples.
const BREAK_SAMPLES: f64 = 500.0;
/// Samples on each side of a hole by which its length is judged.
const HOLE_NEIGHBOURS: usize = 100;
/// A count of lost samples is believed where the times put the hole within so many samples of it:
/// devices deliver in bursts.
const BURST: u64 = 8;
/// Positions up to here are exact as `f64`.
const MOST_POSITION: u64 = 1 << 53;

/// A stretch of samples at equal distances.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    /// Place of the first sample among those of the stream.
    pub first: usize,
    pub len: usize,
    /// When the first sample was taken.
    pub start_s: f64,
    /// When the last one was.
    pub end_s: f64,
    /// Samples that are missing before it.
    pub missing: u64,
}

/// The step between time stamps above which they belong to different stretches.
pub(super) fn break_s(raw: &Raw) -> f64 {
    BREAK_S.max(BREAK_SAMPLES * raw.interval_s())
}

/// The lines of a stream that has a rate.
pub(super) fn lines(raw: &Raw) -> Vec<Line> {
    let mut starts = breaks(raw);
    let holes = holes(raw, &starts);
    starts.extend(holes.iter().map(|hole| hole.at));
    starts.sort_unstable();
    starts.dedup();
    let ends = starts.iter().skip(1).copied().chain([raw.stamps.len()]);
    let mut lines: Vec<Line> = starts
        .iter()
        .zip(ends)
        .filter_map(|(&first, end)| line(first, raw.stamps.get(first..end)?))
        .collect();
    let rate_hz = rate_hz(&lines).filter(|rate_hz| is_near(*rate_hz, raw));
    let rate_hz = rate_hz.unwrap_or(raw.header.nominal_rate_hz);
    let mut position = 0_u64;
    let mut before: Option<Line> = None;
    for line in &mut lines {
        if let Some(before) = before {
            let nearest = ((line.start_s - before.end_s) * rate_hz).round() as u64;
            let known = holes.binary_search_by_key(&line.first, |hole| hole.at).ok();
            let known = known.and_then(|place| holes.get(place)?.lost);
            let nearest = nearest.saturating_sub(1);
            let missing = known.filter(|known| known.abs_diff(nearest) <= BURST);
            let room = MOST_POSITION.saturating_sub(position + line.len as u64);
            line.missing = missing.unwrap_or(nearest).min(room);
        }
        position += line.missing + line.len as u64;
        before = Some(*line);
    }
    lines
}

/// The rate of all lines together: intervals by the time they take.
pub(super) fn rate_hz(lines: &[Line]) -> Option<f64> {
    let intervals: usize = lines.iter().map(|line| line.len.saturating_sub(1)).sum();
    let duration_s: f64 = lines.iter().map(|line| line.end_s - line.start_s).sum();
    let rate_hz = intervals as f64 / duration_s;
    (rate_hz.is_finite() && rate_hz > 0.0).then_some(rate_hz)
}

/// Whether a rate can be that of the samples at all.
pub(super) fn is_near(rate_hz: f64, raw: &Raw) -> bool {
    (0.01..=100.0).contains(&(rate_hz / raw.header.nominal_rate_hz))
}

/// Where stretches start: at the first sample, and after each long step, forwards or back.
fn breaks(raw: &Raw) -> Vec<usize> {
    let longest_s = break_s(raw);
    let steps = raw.stamps.windows(2).zip(1..);
    let breaks = steps.filter(|(pair, _)| (pair[1] - pair[0]).abs() > longest_s);
    std::iter::once(0).chain(breaks.map(|(_, place)| place)).collect()
}

/// The holes that are any: where nobody counted the lost samples, the times tell.
fn holes(raw: &Raw, breaks: &[usize]) -> Vec<Hole> {
    let inside = raw.holes.iter().filter(|hole| 0 < hole.at && hole.at < raw.stamps.len());
    let missing = |hole: &&Hole| {
        let next = breaks.partition_point(|&start| start <= hole.at);
        let start = next.checked_sub(1).and_then(|before| breaks.get(before)).copied();
        let start = start.unwrap_or(0).max(hole.at.saturating_sub(HOLE_NEIGHBOURS));
        let end = breaks.get(next).copied().unwrap_or(raw.stamps.len());
        let end = end.min(hole.at + HOLE_NEIGHBOURS);
        let (Some(left), Some(right)) =
            (raw.stamps.get(start..hole.at), raw.stamps.get(hole.at..end))
        else {
            return false;
        };
        if hole.lost.is_some() || left.is_empty() || right.is_empty() {
            return hole.lost != Some(0);
        }
        let step_s = mean(right) - mean(left);
        let expected = 0.5 * (left.len() + right.len()) as f64;
        (step_s * raw.header.nominal_rate_hz - expected).round() > 0.0
    };
    inside.filter(missing).copied().collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().map(|value| value / values.len() as f64).sum()
}

/// The least-squares line through the time stamps of a stretch over the places of its samples.
fn line(first: usize, stamps: &[f64]) -> Option<Line> {
    let (&start_s, len) = (stamps.first()?, stamps.len());
    let middle = 0.5 * (len as f64 - 1.0);
    // From the first on, so that large times lose no digits.
    let (mut sum_s, mut product) = (0.0, 0.0);
    for (i, stamp) in stamps.iter().enumerate() {
        let after_s = stamp - start_s;
        sum_s += after_s;
        product += (i as f64 - middle) * after_s;
    }
    let n = len as f64;
    let spread = n * (n * n - 1.0) / 12.0;
    let interval_s = if len > 1 { product / spread } else { 0.0 };
    let centre_s = start_s + sum_s / n;
    let half_s = interval_s * middle;
    let (start_s, end_s) = (centre_s - half_s, centre_s + half_s);
    Some(Line { first, len, start_s, end_s, missing: 0 })
}

impl Line {
    /// When its samples were taken.
    pub(super) fn times_s(&self) -> impl Iterator<Item = f64> + use<> {
        let Line { len, start_s, end_s, .. } = *self;
        let last = (len as f64 - 1.0).max(1.0);
        (0..len).map(move |i| start_s + (end_s - start_s) * (i as f64 / last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::xdf::header::Header;

    fn raw(rate_hz: f64, stamps: Vec<f64>) -> Raw {
        let xml = format!(
            "<info><name>A</name><channel_count>1</channel_count><nominal_srate>{rate_hz}\
             </nominal_srate><channel_format>int8</channel_format></info>"
        );
        let mut raw = Raw::new(1, Header::parse(xml.as_bytes()).unwrap());
        raw.stamps = stamps;
        raw
    }

    #[test]
    fn a_line_is_that_of_least_squares() {
        // 0, 1, 2 with the middle one late by 0.3: the line is 0.1 higher, and as steep.
        let line = line(5, &[100.0, 101.3, 102.0]).unwrap();
        assert!((line.start_s - 100.1).abs() < 1e-12 && (line.end_s - 102.1).abs() < 1e-12);
        assert!(line.times_s().zip([100.1, 101.1, 102.1]).all(|(a, b)| (a - b).abs() < 1e-12));
    }

    #[test]
    fn long_steps_break_the_line() {
        // At 1000 Hz a second is longer than 500 samples; at 100 Hz, 500 samples are longer.
        for (rate_hz, step_s, pieces) in
            [(1000.0, 0.9, 1), (1000.0, 1.1, 2), (100.0, 4.9, 1), (100.0, 5.1, 2), (100.0, -6.0, 2)]
        {
            let before = (0..50).map(|i| f64::from(i) / rate_hz);
            let after = (0..50).map(|i| f64::from(i) / rate_hz + 49.0 / rate_hz + step_s);
            let lines = lines(&raw(rate_hz, before.chain(after).collect()));
            assert_eq!(lines.len(), pieces, "{rate_hz} {step_s}");
            if pieces == 2 {
                let missing = (step_s * rate_hz).round().max(1.0) as u64 - 1;
                assert_eq!(lines[1].missing, missing, "{rate_hz} {step_s}");
                let found = super::rate_hz(&lines).unwrap();
                assert!((found - rate_hz).abs() < 1e-9 * rate_hz, "{found}");
            }
        }
    }

    #[test]
    fn holes_count_where_samples_are_missing() {
        let jitter = |i: u32| f64::from(i % 5) * 2e-3;
        let stamps: Vec<f64> = (0..600)
            .filter(|i| !(300..320).contains(i))
            .map(|i| f64::from(i) / 250.0 + jitter(i))
            .collect();
        let mut raw = raw(250.0, stamps);
        let hole = |at, lost| Hole { at, lost };
        raw.holes = vec![hole(0, None), hole(100, None), hole(300, None), hole(580, Some(9))];
        let found = lines(&raw);
        let pieces: Vec<_> =
            found.iter().map(|line| (line.first, line.len, line.missing)).collect();
        assert_eq!(pieces, [(0, 300, 0), (300, 280, 20)]);
        raw.holes = vec![hole(100, Some(2)), hole(200, Some(0))];
        let found = lines(&raw);
        let pieces: Vec<_> =
            found.iter().map(|line| (line.first, line.len, line.missing)).collect();
        assert_eq!(pieces, [(0, 100, 0), (100, 480, 2)]);
    }
}
