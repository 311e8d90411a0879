//! Time stamps that make no sense: XDF has no checksum, so a flipped bit shows only in the time.

use super::dejitter::break_s;
use super::header::Shape;
use super::log::Log;
use super::raw::{Raw, Run};
use super::scan::MOST_SECONDS;

/// Seconds by which a time stamp of a stream without a rate may be out of order untold.
const DISORDER_S: f64 = 1.0;
/// Seconds by which a time stamp of a stream with a rate may be out of order and stay.
const REGULAR_DISORDER_S: f64 = 0.1;

/// Samples whose time stamps follow from one another.
#[derive(Debug, Clone, Copy)]
struct Piece {
    start: usize,
    end: usize,
}

/// Replaces time stamps that are no times, or that lie apart from all around them, by what their
/// neighbours suggest.
pub(super) fn repair(raw: &mut Raw, place: usize, runs: &[Run], log: &mut Log) {
    let longest_s = if raw.header.is_regular() { break_s(raw) } else { f64::MAX };
    let starts = raw.stamps.windows(2).zip(1..).filter_map(|(pair, place)| {
        let step_s = (pair[1] - pair[0]).abs();
        let joined = is_time(pair[0]) && is_time(pair[1]) && step_s <= longest_s;
        (!joined).then_some(place)
    });
    let starts: Vec<usize> = std::iter::once(0).chain(starts).collect();
    let first_is_time = raw.stamps.first().is_none_or(|&stamp| is_time(stamp));
    if starts.len() > 1 || !first_is_time {
        let ends = starts.iter().skip(1).copied().chain([raw.stamps.len()]);
        let pieces: Vec<_> =
            starts.iter().zip(ends).map(|(&start, end)| Piece { start, end }).collect();
        for (lost, before, after) in senseless(raw, &pieces) {
            if !log.is_full() {
                tell(raw, place, lost, runs, log);
            }
            fill(raw, lost, before, after);
        }
    }
    if raw.header.is_regular() {
        for sample in disordered(raw, REGULAR_DISORDER_S) {
            let lost = Piece { start: sample, end: sample + 1 };
            if !log.is_full() {
                tell(raw, place, lost, runs, log);
            }
            fill(raw, lost, sample.checked_sub(1), Some(sample + 1));
        }
    } else {
        tell_disorder(raw, log);
    }
}

/// Samples whose time stamps alone are out of order by more than some seconds.
fn disordered(raw: &Raw, most_s: f64) -> Vec<usize> {
    let odd = raw.stamps.windows(3).zip(1..).filter(|(stamps, _)| {
        let &[a, b, c] = *stamps else { return false };
        a <= c && (b > c + most_s || b < a - most_s)
    });
    odd.map(|(_, sample)| sample).collect()
}

fn is_time(stamp: f64) -> bool {
    stamp.abs() < MOST_SECONDS
}

/// The pieces that make no sense, each with the samples that do before and after it.
fn senseless(raw: &Raw, pieces: &[Piece]) -> Vec<(Piece, Option<usize>, Option<usize>)> {
    let stamp = |at: usize| raw.stamps.get(at).copied().unwrap_or(f64::NAN);
    let times: Vec<Piece> = pieces.iter().copied().filter(|p| is_time(stamp(p.start))).collect();
    let mut kept: Vec<Piece> = Vec::with_capacity(times.len());
    for (i, &piece) in times.iter().enumerate() {
        let neighbours = kept.last().zip(times.get(i + 1));
        if !neighbours.is_some_and(|(before, after)| is_apart(raw, before, piece, after)) {
            kept.push(piece);
        }
    }
    let mut next = kept.iter().copied().peekable();
    let (mut before, mut lost) = (None, Vec::new());
    for &piece in pieces {
        match next.next_if(|kept| kept.start == piece.start) {
            Some(kept) => before = kept.end.checked_sub(1),
            None => lost.push((piece, before, next.peek().map(|after| after.start))),
        }
    }
    lost
}

/// Whether a piece has a single time stamp and lies apart, while the one after it continues the one
/// before.
fn is_apart(raw: &Raw, before: &Piece, piece: Piece, after: &Piece) -> bool {
    let stamps = raw.stamps.get(piece.start..piece.end).unwrap_or(&[]);
    let follows = |pair: &[f64]| pair[1] == pair[0] + raw.interval_s();
    let (last, next) = (before.end.saturating_sub(1), after.start);
    let (Some(last_s), Some(next_s)) = (raw.stamps.get(last), raw.stamps.get(next)) else {
        return false;
    };
    let expected_s = last_s + (next - last) as f64 * raw.interval_s();
    raw.header.is_regular()
        && stamps.windows(2).all(follows)
        && (next_s - expected_s).abs() <= break_s(raw)
}

/// Puts the time stamps of a piece between those of the samples before and after it.
fn fill(raw: &mut Raw, lost: Piece, before: Option<usize>, after: Option<usize>) {
    let interval_s = raw.interval_s();
    let near = |at: Option<usize>| at.and_then(|at| Some((at, *raw.stamps.get(at)?)));
    let (from, from_s, step_s) = match (near(before), near(after)) {
        (Some((before, before_s)), Some((after, after_s)))
            if raw.header.is_regular() && (after_s - before_s).abs() <= break_s(raw) =>
        {
            (before, before_s, (after_s - before_s) / (after - before) as f64)
        }
        (Some((before, before_s)), _) => (before, before_s, interval_s),
        (None, Some((after, after_s))) => (after, after_s, interval_s),
        (None, None) => (0, 0.0, interval_s),
    };
    for (at, stamp) in raw.stamps.iter_mut().enumerate().take(lost.end).skip(lost.start) {
        *stamp = from_s + (at as f64 - from as f64) * step_s;
    }
}

fn tell(raw: &Raw, place: usize, lost: Piece, runs: &[Run], log: &mut Log) {
    let Some(stamp_s) = raw.stamps.get(lost.start) else { return };
    let at = stamp_offset(raw, place, lost.start, runs);
    let at = at.map_or_else(|| raw.place(), |at| format!("byte {at}"));
    let (first, place) = (lost.start, raw.place());
    let more = lost.end - lost.start - 1;
    let more =
        if more > 0 { format!(" and the {more} that follow from it") } else { String::new() };
    let message = format!(
        "time stamp {stamp_s} s of sample {first} of {place}{more} cannot be; put where the samples \
         around it suggest"
    );
    log.tell(at, message);
}

/// Where in the file the time stamp of a sample is.
fn stamp_offset(raw: &Raw, place: usize, sample: usize, runs: &[Run]) -> Option<u64> {
    let Shape::Numbers { row_bytes } = raw.header.shape() else { return None };
    let mut before = 0_u64;
    for run in runs.iter().filter(|run| run.stream as usize == place) {
        let into = (sample as u64).checked_sub(before)?;
        if into < u64::from(run.count) {
            return run.stamped.then_some(run.values + into * run.stride(row_bytes) - 8);
        }
        before += u64::from(run.count);
    }
    None
}

/// Tells of time stamps of a stream without a rate that alone are out of order; they stay.
fn tell_disorder(raw: &Raw, log: &mut Log) {
    for sample in disordered(raw, DISORDER_S) {
        let around = sample.checked_sub(1).and_then(|before| raw.stamps.get(before..sample + 2));
        let Some([before, odd, after]) = around else { continue };
        let message = format!(
            "time stamp {odd} s of sample {sample} lies apart from those around it, {before} and \
             {after} s; kept"
        );
        log.tell(raw.place(), message);
    }
}
