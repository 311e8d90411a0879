//! The samples of a chunk, one after the other: a time stamp that may be left out, then the values.

use std::io;

use super::chunk::varlen;
use super::header::Shape;
use super::window::Window;
use crate::formats::fields::f64_at;

/// The flag before a sample whose time stamp is left out.
const NO_STAMP: u8 = 0;
/// The flag before a sample with a time stamp: its length in bytes.
const STAMP: u8 = 8;

/// Takes samples.
pub(super) trait Sink {
    /// A text of the sample that comes next.
    fn text(&mut self, bytes: &[u8]);
    /// A whole sample, and where its values start.
    fn sample(&mut self, stamp: Option<f64>, values: u64);
}

/// Takes samples and forgets them.
pub(super) struct Nothing;

impl Sink for Nothing {
    fn text(&mut self, _: &[u8]) {}
    fn sample(&mut self, _: Option<f64>, _: u64) {}
}

/// Why a walk came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// All samples that were asked for are there.
    Full,
    /// The limit was reached after a whole sample.
    Edge,
    /// The limit was reached inside of a sample.
    Inside,
    /// A byte that is none of a sample's.
    Bad,
}

/// How far a walk went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Walked {
    /// Whole samples.
    pub count: u64,
    /// Where the last of them ends.
    pub end: u64,
    pub stop: Stop,
}

/// Walks over at most `most` samples of a stream from `from` on, not beyond `limit`.
pub(super) fn walk(
    window: &mut Window<'_, '_>,
    shape: Shape,
    from: u64,
    limit: u64,
    most: u64,
    sink: &mut impl Sink,
) -> io::Result<Walked> {
    match shape {
        Shape::Texts { channels } => texts(window, channels, from, limit, most, sink),
        Shape::Numbers { row_bytes } => numbers(window, row_bytes, from, limit, most, sink),
    }
}

fn numbers(
    window: &mut Window<'_, '_>,
    row_bytes: u64,
    from: u64,
    limit: u64,
    most: u64,
    sink: &mut impl Sink,
) -> io::Result<Walked> {
    let (mut count, mut at) = (0, from);
    let stop = 'walk: loop {
        // Values are not looked at, so they need not be at hand.
        let bytes = window.from(at, 9)?;
        let start = at;
        loop {
            if count == most {
                break 'walk Stop::Full;
            }
            if at >= limit {
                break 'walk Stop::Edge;
            }
            let rest = usize::try_from(at - start).ok().and_then(|i| bytes.get(i..));
            let (values, stamp) = match rest.unwrap_or(&[]) {
                [NO_STAMP, ..] => (at + 1, None),
                [STAMP, rest @ ..] if rest.len() >= 8 => (at + 9, Some(f64_at(rest, 0))),
                [] | [STAMP, ..] if at > start => break,
                [] | [STAMP, ..] => break 'walk Stop::Inside,
                _ => break 'walk Stop::Bad,
            };
            match values.checked_add(row_bytes) {
                Some(end) if end <= limit => at = end,
                _ => break 'walk Stop::Inside,
            }
            sink.sample(stamp, values);
            count += 1;
        }
    };
    Ok(Walked { count, end: at, stop })
}

fn texts(
    window: &mut Window<'_, '_>,
    channels: u64,
    from: u64,
    limit: u64,
    most: u64,
    sink: &mut impl Sink,
) -> io::Result<Walked> {
    let (mut count, mut end) = (0, from);
    let stop = 'walk: loop {
        if count == most {
            break Stop::Full;
        }
        if end >= limit {
            break Stop::Edge;
        }
        let (stamp, values) = match window.get(end, 9)? {
            [NO_STAMP, ..] => (None, end + 1),
            [STAMP, rest @ ..] if rest.len() == 8 => (Some(f64_at(rest, 0)), end + 9),
            [] | [STAMP, ..] => break Stop::Inside,
            _ => break Stop::Bad,
        };
        let mut at = values;
        if at > limit {
            break Stop::Inside;
        }
        for _ in 0..channels {
            if at >= limit {
                break 'walk Stop::Inside;
            }
            let bytes = window.get(at, 9)?;
            let Some((len, used)) = varlen(bytes) else {
                let cut = matches!(bytes.first(), Some(1 | 4 | 8));
                break 'walk if cut { Stop::Inside } else { Stop::Bad };
            };
            let start = at + used as u64;
            at = match start.checked_add(len) {
                Some(end) if end <= limit => end,
                _ => break 'walk Stop::Inside,
            };
            sink.text(window.get(start, len)?);
        }
        sink.sample(stamp, values);
        (count, end) = (count + 1, at);
    };
    Ok(Walked { count, end, stop })
}
