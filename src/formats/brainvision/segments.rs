//! Where recording was interrupted. Samples before and after a break touch each other in the file;
//! the dates of the `New Segment` markers tell how much time lies between them.

use super::markers::Marker;
use super::warn;
use crate::formats::Warning;
use crate::formats::pieces::{Piece, position};

/// The longest break that is believed.
const LONGEST_US: i64 = 31 * 86_400_000_000;

/// The stretches of a file of `len` samples. The first starts at sample 0.
pub(super) fn pieces(
    markers: &[Marker],
    len: u64,
    rate_hz: f64,
    warnings: &mut Vec<Warning>,
) -> Vec<Piece> {
    let mut starts: Vec<(u64, Option<i64>)> = markers
        .iter()
        .filter(|marker| marker.is_new_segment() && marker.sample < len)
        .map(|marker| (marker.sample, marker.date_us))
        .collect();
    starts.sort_by_key(|(sample, _)| *sample);
    let mut pieces = vec![Piece { sample: 0, position: 0 }];
    // Position and date of the last start that has a date.
    let mut dated: Option<(u64, i64)> = None;
    let mut unknown = 0;
    for (sample, date_us) in starts {
        let touching = position(&pieces, sample);
        let by_date = match (dated, date_us) {
            (Some((from, earlier)), Some(date)) => after(from, date - earlier, rate_hz),
            _ => None,
        };
        match by_date.filter(|&position| position > touching) {
            Some(position) => {
                let lost = position - touching;
                let message = format!(
                    "the dates of the segments leave {:.3} s between samples {} and {}: a gap of \
                     {lost} samples",
                    lost as f64 / rate_hz,
                    sample.saturating_sub(1),
                    sample
                );
                warn(warnings, "markers", message);
                pieces.push(Piece { sample, position });
            }
            // Two segments that start at once are one.
            None => unknown += usize::from(pieces.last().is_none_or(|last| last.sample != sample)),
        }
        if let Some(date) = date_us {
            dated = Some((position(&pieces, sample), date));
        }
    }
    if unknown > 0 {
        let message = format!(
            "{unknown} new segments do not tell how long the break before them was; the samples \
             around them touch, though they may not be neighbours in time"
        );
        warn(warnings, "markers", message);
    }
    pieces
}

/// The position that lies so much later than `from`, if the time makes sense.
fn after(from: u64, micros: i64, rate_hz: f64) -> Option<u64> {
    let samples = (micros as f64 * rate_hz / 1e6).round();
    let makes_sense = (0..=LONGEST_US).contains(&micros) && samples < 1e15;
    makes_sense.then(|| from.saturating_add(samples as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE_US: i64 = 1_384_359_243_794_232;

    fn segment(sample: u64, date_us: Option<i64>) -> Marker {
        let (kind, description) = ("New Segment".to_owned(), String::new());
        Marker { kind, description, sample, size: 1, date_us }
    }

    fn found(markers: &[Marker]) -> (Vec<(u64, u64)>, usize) {
        let mut warnings = Vec::new();
        let pieces = pieces(markers, 10_000, 500.0, &mut warnings);
        (pieces.iter().map(|piece| (piece.sample, piece.position)).collect(), warnings.len())
    }

    #[test]
    fn dates_tell_how_long_a_break_was() {
        let markers = [
            segment(0, Some(DATE_US)),
            // Two seconds of samples, then three seconds of nothing.
            segment(1000, Some(DATE_US + 5_000_000)),
            segment(1500, Some(DATE_US + 6_000_000)),
            segment(2000, Some(DATE_US + 7_002_100)),
        ];
        assert_eq!(found(&markers), (vec![(0, 0), (1000, 2500), (2000, 3501)], 3));
        let pieces = pieces(&markers, 10_000, 500.0, &mut Vec::new());
        assert_eq!([999, 1000, 2001].map(|sample| position(&pieces, sample)), [999, 2500, 3502]);
    }

    #[test]
    fn without_dates_that_make_sense_nothing_is_moved() {
        let (year, none) = (400 * 86_400_000_000, vec![(0, 0)]);
        for date in [None, Some(DATE_US), Some(DATE_US - 1), Some(DATE_US + year)] {
            let markers = [segment(0, Some(DATE_US)), segment(1000, date)];
            assert_eq!(found(&markers), (none.clone(), 1), "{date:?}");
        }
        assert_eq!(found(&[segment(1000, Some(DATE_US))]), (none.clone(), 1));
        assert_eq!(found(&[segment(0, Some(DATE_US))]), (none.clone(), 0));
        assert_eq!(found(&[segment(0, None), segment(20_000, Some(DATE_US))]), (none, 0));
    }
}
