//! An orthonormal basis of the space that the rows of a matrix span.

use super::product::{add_scaled, dot, whole_rows};
use crate::dsp::error::{DspError, check_finite};

/// Replaces the first rows of `matrix` (rows of `cols` values) by an orthonormal basis of its row
/// space, and gives their number, the rank. The rows behind it are left with no useful content.
///
/// Given channels × samples, the basis spans what the channels span, each direction once: a channel
/// counts for nothing if what it adds to the channels before it is at most `relative_tolerance` of
/// its own norm, or if its norm is at most `relative_tolerance` of the largest. So flat, duplicate
/// and linearly dependent channels are harmless. 1e-10 suits EEG in double precision; it also drops
/// what rounding leaves of a flat channel once its mean is removed.
///
/// ```
/// use evoked::dsp::linalg::orthonormal_rows;
///
/// let mut channels = [3.0, 4.0, 0.0, /**/ 6.0, 8.0, 0.0, /**/ 0.0, 0.0, 2.0];
/// assert_eq!(orthonormal_rows(&mut channels, 3, 1e-10)?, 2);
/// let expected = [0.6, 0.8, 0.0, /**/ 0.0, 0.0, 1.0];
/// assert!(channels.iter().zip(expected).all(|(q, e)| (q - e).abs() < 1e-15));
/// # Ok::<(), evoked::dsp::DspError>(())
/// ```
///
/// The method is modified Gram-Schmidt, repeated for rows that lose much of their norm, so that the
/// basis is orthonormal to working precision. Nothing is allocated.
///
/// # Errors
///
/// [`DspError::Length`] if the slice is not a whole number of rows, [`DspError::NotFinite`],
/// [`DspError::Negative`] for the tolerance.
pub fn orthonormal_rows(
    matrix: &mut [f64],
    cols: usize,
    relative_tolerance: f64,
) -> Result<usize, DspError> {
    let rows = whole_rows("matrix", matrix, cols)?;
    check_finite("matrix", matrix)?;
    if !(relative_tolerance.is_finite() && relative_tolerance >= 0.0) {
        return Err(DspError::Negative { what: "relative tolerance", found: relative_tolerance });
    }
    // Rounding leaves this much of a dependent row, whatever the tolerance.
    let tolerance = relative_tolerance.max(cols as f64 * f64::EPSILON);
    let largest = matrix.iter().fold(0.0, |m: f64, value| m.max(value.abs()));
    if largest == 0.0 {
        return Ok(0);
    }
    // In two steps, as the inverse of a subnormal number overflows.
    let exponent = largest.log2().floor() as i32;
    let (half, rest) = (2f64.powi(-exponent / 2), 2f64.powi(-exponent - (-exponent / 2)));
    matrix.iter_mut().for_each(|value| *value = *value * half * rest);
    let largest_norm = matrix.chunks_exact(cols).map(norm).fold(0.0, f64::max);

    let mut rank = 0;
    for row in 0..rows {
        let (basis, rest) = matrix.split_at_mut(row * cols);
        let candidate = &mut rest[..cols];
        let own_norm = norm(candidate);
        if rank == cols || own_norm <= tolerance * largest_norm {
            continue;
        }
        candidate.iter_mut().for_each(|value| *value /= own_norm);
        let left = orthogonalize(candidate, &basis[..rank * cols]);
        if left <= tolerance {
            continue;
        }
        candidate.iter_mut().for_each(|value| *value /= left);
        matrix.copy_within(row * cols..(row + 1) * cols, rank * cols);
        rank += 1;
    }
    Ok(rank)
}

fn norm(row: &[f64]) -> f64 {
    dot(row, row).sqrt()
}

/// Removes the components of a unit vector along the basis, and gives the norm that is left.
fn orthogonalize(vector: &mut [f64], basis: &[f64]) -> f64 {
    let mut before = 1.0;
    // Each pass that takes away little proves the vector orthogonal; two passes nearly always do.
    for _ in 0..3 {
        for direction in basis.chunks_exact(vector.len()) {
            let along = dot(vector, direction);
            add_scaled(vector, -along, direction);
        }
        let after = norm(vector);
        if after > 0.7 * before {
            return after;
        }
        before = after;
    }
    before
}

#[cfg(test)]
mod tests {
    use super::super::testing::{gram, matrix};
    use super::*;
    use proptest::prelude::*;

    fn assert_orthonormal(q: &[f64], rank: usize, cols: usize) {
        for (k, value) in gram(&q[..rank * cols], rank, cols).iter().enumerate() {
            let expected = if k / rank == k % rank { 1.0 } else { 0.0 };
            assert!((value - expected).abs() < 1e-13, "{k}: {value}");
        }
    }

    /// What remains of a row after its projection on the basis.
    fn left_over(row: &[f64], q: &[f64]) -> f64 {
        let mut left = row.to_vec();
        for direction in q.chunks(row.len()) {
            let along: f64 = row.iter().zip(direction).map(|(a, b)| a * b).sum();
            left.iter_mut().zip(direction).for_each(|(l, d)| *l -= along * d);
        }
        left.iter().map(|l| l * l).sum::<f64>().sqrt()
    }

    proptest! {
        #[test]
        fn spans_the_rows_it_was_given((rows, cols, x) in matrix(1..10, 1..40)) {
            let mut q = x.clone();
            let rank = orthonormal_rows(&mut q, cols, 1e-10).unwrap();
            prop_assert_eq!(rank, rows.min(cols));
            assert_orthonormal(&q, rank, cols);
            for row in x.chunks(cols) {
                prop_assert!(left_over(row, &q[..rank * cols]) < 1e-12);
            }
        }

        #[test]
        fn flat_duplicate_and_mixed_channels_add_nothing(
            (rows, cols, x) in matrix(2..8, 10..40),
            exponents in prop::collection::vec(-3..4i32, 8),
            order in Just((0..11usize).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let scaled = x.chunks(cols).zip(&exponents)
                .map(|(row, e)| row.iter().map(|v| v * 10f64.powi(*e)).collect::<Vec<f64>>());
            let mut channels: Vec<Vec<f64>> = scaled.collect();
            let copy = channels[1].iter().map(|v| -3.0 * v).collect();
            let mixed = channels[0].iter().zip(&channels[1]).map(|(a, b)| a + b).collect();
            channels.extend([vec![0.0; cols], copy, mixed]);
            let shuffled = order.iter().filter_map(|&i| channels.get(i)).flatten().copied();
            let mut q: Vec<f64> = shuffled.collect();
            let rank = orthonormal_rows(&mut q, cols, 1e-9).unwrap();
            prop_assert_eq!(rank, rows);
            assert_orthonormal(&q, rank, cols);
        }

        #[test]
        fn stays_orthonormal_where_rows_are_nearly_dependent(
            (rows, cols, x) in matrix(2..8, 10..40), nearness in 3..9i32,
        ) {
            let first = x[..cols].to_vec();
            let mut q: Vec<f64> = x.chunks(cols)
                .flat_map(|row| row.iter().zip(&first).map(|(a, b)| b + a * 10f64.powi(-nearness)))
                .collect();
            let rank = orthonormal_rows(&mut q, cols, 1e-13).unwrap();
            prop_assert_eq!(rank, rows);
            assert_orthonormal(&q, rank, cols);
        }
    }

    #[test]
    fn survives_extremes_and_refuses_hostile_input() {
        for scale in [f64::MIN_POSITIVE / 8.0, 1e-200, 1e200, f64::MAX] {
            let mut q = [0.0, scale, scale, scale];
            assert_eq!(orthonormal_rows(&mut q, 2, 1e-10), Ok(2), "{scale:e}");
            assert_orthonormal(&q, 2, 2);
        }
        assert_eq!(orthonormal_rows(&mut [0.0; 6], 3, 1e-10), Ok(0));
        assert_eq!(orthonormal_rows(&mut [], 0, 1e-10), Ok(0));
        assert!(orthonormal_rows(&mut [1.0; 5], 3, 1e-10).is_err());
        assert!(orthonormal_rows(&mut [1.0; 5], 0, 1e-10).is_err());
        let nan = orthonormal_rows(&mut [1.0, f64::NAN], 2, 1e-10);
        assert_eq!(nan, Err(DspError::NotFinite { what: "matrix", index: 1 }));
        for tolerance in [-1.0, f64::NAN] {
            assert!(orthonormal_rows(&mut [1.0, 2.0], 2, tolerance).is_err());
        }
        assert_eq!(orthonormal_rows(&mut [1.0, 2.0, 1.0, 2.0], 2, 0.0), Ok(1));
    }
}
