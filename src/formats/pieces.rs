//! Samples that follow each other in a file, but not all in time.

use super::{FormatError, memory};
use crate::signal::Samples;

/// A stretch of a file's samples without a break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    /// First sample in the file.
    pub sample: u64,
    /// Its position on the sample clock.
    pub position: u64,
}

/// The position of a sample in the file on the sample clock.
pub(super) fn position(pieces: &[Piece], sample: u64) -> u64 {
    let after = pieces.partition_point(|piece| piece.sample <= sample);
    let piece = after.checked_sub(1).and_then(|place| pieces.get(place));
    piece.map_or(sample, |piece| piece.position.saturating_add(sample - piece.sample))
}

/// The stretches around samples that are lost: the first sample after each loss, and how many are
/// lost.
pub(super) fn around(lost: &[(u64, u64)]) -> Vec<Piece> {
    let mut pieces = vec![Piece { sample: 0, position: 0 }];
    let mut before = 0_u64;
    for &(sample, count) in lost.iter().filter(|(sample, count)| *sample > 0 && *count > 0) {
        before = before.saturating_add(count);
        pieces.push(Piece { sample, position: sample.saturating_add(before) });
    }
    pieces
}

/// Samples a channel as a number of this machine, if the memory holds all of them.
pub(super) fn room(len: u64, channels: usize) -> Result<usize, FormatError> {
    memory::room_for_values(len.saturating_mul(channels as u64))?;
    Ok(len as usize)
}

/// Channels of equal length as samples at their positions. The first piece starts at sample 0.
pub(super) fn samples(
    mut columns: Vec<Vec<f32>>,
    pieces: &[Piece],
) -> Result<Samples<f32>, FormatError> {
    let len = columns.first().map_or(0, Vec::len) as u64;
    let mut samples = Samples::new(columns.len());
    samples.reserve(room(len, columns.len())?);
    for (i, piece) in pieces.iter().enumerate() {
        let next = pieces.get(i + 1);
        let end = next.map_or(len, |next| next.sample.min(len));
        let range = piece.sample.min(end) as usize..end as usize;
        samples.append_rows(piece.position, range.len(), |row, out| {
            let Some(column) = columns.get_mut(row) else { return };
            let from = column.get(range.clone()).unwrap_or_default();
            out.iter_mut().zip(from).for_each(|(out, value)| *out = *value);
            if next.is_none() {
                // Gives back its memory while the others are copied.
                *column = Vec::new();
            }
        })?;
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::Segment;

    #[test]
    fn losses_lie_between_pieces() {
        let piece = |sample, position| Piece { sample, position };
        let expected = [piece(0, 0), piece(3, 5), piece(4, 16)];
        assert_eq!(around(&[(0, 7), (3, 2), (4, 10), (9, 0)]), expected);
    }

    #[test]
    fn samples_lie_where_the_pieces_say() {
        let pieces = [Piece { sample: 0, position: 5 }, Piece { sample: 2, position: 10 }];
        let columns = vec![vec![1.0, 2.0, 3.0], vec![4.0, 5.0, 6.0]];
        let samples = samples(columns, &pieces).unwrap();
        assert_eq!(
            samples.segments(),
            [Segment { first: 5, len: 2 }, Segment { first: 10, len: 1 }]
        );
        assert_eq!(
            (samples.channel(0), samples.channel(1)),
            (&[1.0, 2.0, 3.0][..], &[4.0, 5.0, 6.0][..])
        );
        assert_eq!([0, 1, 2, 7].map(|sample| position(&pieces, sample)), [5, 6, 10, 15]);
    }
}
