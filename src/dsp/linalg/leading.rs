//! The largest eigenvalue with its vector, and the first singular value with its vector: all that
//! canonical correlation asks for.

use super::{
    EigenScratch, check_square, multiply_transposed,
    product::{dot, whole_rows},
    symmetric_eigen_in,
};
use crate::dsp::error::{DspError, check_finite, check_len};
use crate::dsp::vectors::with_vectors;

/// Matrices up to this size fit into the cache of the processor's core and are squared.
const SMALL: usize = 16;
/// Squarings that are tried: 2¹² is a power in which eigenvalues 1 % apart have separated.
const SQUARINGS: usize = 12;
/// What the other eigenvalues may add up to, beside the largest, before the last steps.
const REST: f64 = 1e-4;

/// Memory reused from call to call.
#[derive(Debug, Clone, Default)]
pub struct LeadingScratch {
    gram: Vec<f64>,
    left: Vec<f64>,
    eigen: EigenScratch,
}

/// The largest eigenvalue of a symmetric `n × n` matrix without negative eigenvalues; a unit vector
/// that belongs to it goes into `vector`, whichever of the two signs.
///
/// Small matrices are squared until the largest eigenvalue stands alone (von Mises' power method,
/// with a power that doubles at each step); larger ones, and those whose largest eigenvalues lie
/// within about 1 % of each other, are diagonalised. Either way the vector is exact to rounding over
/// the relative gap. A matrix of zeros has the value 0 and the first unit vector, one without rows
/// the value 0 and an empty vector. Nothing is allocated once the scratch has grown.
///
/// # Errors
///
/// [`DspError::Length`], [`DspError::NotFinite`], [`DspError::NoConvergence`].
pub fn leading_eigenvector(
    matrix: &[f64],
    n: usize,
    vector: &mut [f64],
    scratch: &mut LeadingScratch,
) -> Result<f64, DspError> {
    check_square("matrix", matrix, n)?;
    check_len("vector", vector.len(), n)?;
    if n == 0 {
        return Ok(0.0);
    }
    let quick = match n {
        1..=4 => quick::<4>(matrix, vector),
        5..=8 => quick::<8>(matrix, vector),
        9..=12 => quick::<12>(matrix, vector),
        13..=SMALL => quick::<16>(matrix, vector),
        _ => None,
    };
    match quick {
        Some(value) => Ok(value),
        None => diagonalized(matrix, vector, scratch),
    }
}

/// The largest singular value of a matrix with rows of `cols` values, and the unit vector of `cols`
/// values that it belongs to, whichever of the two signs. `matrix · right` is then the singular
/// value times the other vector. A matrix of zeros or without rows has the value 0 and the first
/// unit vector, one without columns the value 0 and an empty vector.
///
/// # Errors
///
/// As [`leading_eigenvector`].
pub fn leading_singular_vector(
    matrix: &[f64],
    cols: usize,
    right: &mut [f64],
    scratch: &mut LeadingScratch,
) -> Result<f64, DspError> {
    let rows = whole_rows("matrix", matrix, cols)?;
    check_finite("matrix", matrix)?;
    check_len("vector", right.len(), cols)?;
    let mut gram = std::mem::take(&mut scratch.gram);
    let found = if cols <= SMALL || cols <= rows {
        gram.clear();
        gram.resize(cols * cols, 0.0);
        gram_of_columns(matrix, cols, &mut gram);
        leading_eigenvector(&gram, cols, right, scratch)
    } else {
        gram.resize(rows * rows, 0.0);
        let mut left = std::mem::take(&mut scratch.left);
        left.resize(rows, 0.0);
        let found = multiply_transposed(matrix, matrix, cols, &mut gram)
            .and_then(|()| leading_eigenvector(&gram, rows, &mut left, scratch));
        turn(matrix, cols, &left, right);
        scratch.left = left;
        found
    };
    scratch.gram = gram;
    Ok(found?.max(0.0).sqrt())
}

/// `Mᵀ·left` as a unit vector.
fn turn(matrix: &[f64], cols: usize, left: &[f64], right: &mut [f64]) {
    right.fill(0.0);
    for (factor, row) in left.iter().zip(matrix.chunks_exact(cols)) {
        right.iter_mut().zip(row).for_each(|(sum, value)| *sum += factor * value);
    }
    normalize(right);
}

/// `MᵀM`, on top of zeros.
fn gram_of_columns(matrix: &[f64], cols: usize, gram: &mut [f64]) {
    if cols == 0 {
        return;
    }
    with_vectors(
        #[inline(always)]
        || {
            for row in matrix.chunks_exact(cols) {
                for (factor, out) in row.iter().zip(gram.chunks_exact_mut(cols)) {
                    out.iter_mut().zip(row).for_each(|(sum, value)| *sum += factor * value);
                }
            }
        },
    );
}

fn normalize(vector: &mut [f64]) {
    let norm = dot(vector, vector).sqrt();
    if norm > 0.0 {
        vector.iter_mut().for_each(|value| *value /= norm);
    } else if let Some(first) = vector.first_mut() {
        *first = 1.0;
    }
}

/// Squares a matrix of at most W rows; `None` where the largest eigenvalue does not stand out.
fn quick<const W: usize>(matrix: &[f64], vector: &mut [f64]) -> Option<f64> {
    with_vectors(
        #[inline(always)]
        || squared::<W>(matrix, vector),
    )
}

#[inline(always)]
fn squared<const W: usize>(matrix: &[f64], vector: &mut [f64]) -> Option<f64> {
    let n = vector.len();
    let trace: f64 = matrix.iter().step_by(n + 1).sum();
    if !(trace.is_normal() && trace > 0.0 && trace.recip().is_normal()) {
        return None;
    }
    let mut power = [[0.0; W]; W];
    for (out, row) in power.iter_mut().zip(matrix.chunks_exact(n)) {
        out.iter_mut().zip(row).for_each(|(out, value)| *out = value / trace);
    }
    // The trace is 1, so the sum of squares, which is the trace of the square, says how far the
    // largest eigenvalue stands out.
    let mut squares = sum_of_squares(&power, n);
    let mut left = SQUARINGS;
    while 1.0 - squares > REST {
        left = left.checked_sub(1)?;
        power = square(&power, n, squares.recip());
        squares = sum_of_squares(&power, n);
    }
    let largest = (0..n).max_by(|&i, &j| power[i][i].total_cmp(&power[j][j]))?;
    let mut x = power[largest];
    for _ in 0..3 {
        x = product(&power, n, &x);
        let norm = x.iter().map(|value| value * value).sum::<f64>().sqrt();
        x.iter_mut().for_each(|value| *value /= norm);
    }
    vector.copy_from_slice(&x[..n]);
    let rows = matrix.chunks_exact(n).zip(&x);
    let value = rows.map(|(row, v)| v * row.iter().zip(&x).map(|(a, b)| a * b).sum::<f64>()).sum();
    Some(value)
}

#[inline(always)]
fn sum_of_squares<const W: usize>(matrix: &[[f64; W]; W], n: usize) -> f64 {
    let mut sums = [0.0; W];
    for row in &matrix[..n] {
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value * value);
    }
    sums.iter().sum()
}

#[inline(always)]
fn square<const W: usize>(matrix: &[[f64; W]; W], n: usize, scale: f64) -> [[f64; W]; W] {
    let mut out = [[0.0; W]; W];
    for (out, row) in out[..n].iter_mut().zip(matrix) {
        let mut sums = [0.0; W];
        for (factor, other) in row[..n].iter().zip(matrix) {
            for lane in 0..W {
                sums[lane] += factor * other[lane];
            }
        }
        for lane in 0..W {
            out[lane] = sums[lane] * scale;
        }
    }
    out
}

/// A symmetric matrix times a vector.
#[inline(always)]
fn product<const W: usize>(matrix: &[[f64; W]; W], n: usize, x: &[f64; W]) -> [f64; W] {
    let mut sums = [0.0; W];
    for (factor, row) in x[..n].iter().zip(matrix) {
        for lane in 0..W {
            sums[lane] += factor * row[lane];
        }
    }
    sums
}

fn diagonalized(
    matrix: &[f64],
    vector: &mut [f64],
    scratch: &mut LeadingScratch,
) -> Result<f64, DspError> {
    let eigen = &mut scratch.eigen;
    symmetric_eigen_in(matrix, vector.len(), eigen)?;
    let value = eigen.values.first().copied().unwrap_or(0.0);
    if value == 0.0 {
        // Any vector would do; a defined one does not depend on how zeros are sorted.
        vector.fill(0.0);
        normalize(vector);
    } else {
        vector.copy_from_slice(&eigen.vectors[..vector.len()]);
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{apply, gram, matrix};
    use super::super::{SingularScratch, largest_singular_value, symmetric_eigen};
    use super::*;
    use proptest::prelude::*;

    fn assert_leading(a: &[f64], n: usize) {
        let mut vector = vec![f64::NAN; n];
        let value = leading_eigenvector(a, n, &mut vector, &mut LeadingScratch::default()).unwrap();
        let eigen = symmetric_eigen(a, n).unwrap();
        let top = eigen.values.first().copied().unwrap_or(0.0);
        assert!((value - top).abs() <= 1e-13 * top.abs(), "{value} for {top}");
        for (image, v) in apply(a, &vector).iter().zip(&vector) {
            assert!((image - value * v).abs() <= 1e-12 * top.abs(), "{vector:?}");
        }
        assert!((dot(&vector, &vector) - 1.0).abs() < 1e-13);
    }

    proptest! {
        #[test]
        fn agrees_with_all_eigenvectors((n, cols, x) in matrix(1..24, 1..40), exponent in -140..140i32) {
            let a: Vec<f64> = gram(&x, n, cols).iter().map(|v| v * 10f64.powi(exponent)).collect();
            assert_leading(&a, n);
        }

        /// From well apart to equal, on both sides of what squaring can tell apart.
        #[test]
        fn close_eigenvalues_are_told_apart_or_share_a_space(
            (n, _, x) in matrix(2..17, 17..18), nearness in 0..17i32,
        ) {
            let basis = symmetric_eigen(&gram(&x, n, 17), n).unwrap();
            let value = |i: usize| match i {
                0 => 1.0,
                1 => 1.0 - 10f64.powi(-nearness),
                _ => 0.5 / i as f64,
            };
            let entry = |r: usize, c: usize| -> f64 {
                (0..n).map(|i| value(i) * basis.vector(i)[r] * basis.vector(i)[c]).sum()
            };
            let a: Vec<f64> = (0..n * n).map(|k| entry(k / n, k % n)).collect();
            assert_leading(&a, n);
        }

        #[test]
        fn singular_vectors_reach_the_singular_value((rows, cols, x) in matrix(1..24, 1..24)) {
            let mut right = vec![f64::NAN; cols];
            let found =
                leading_singular_vector(&x, cols, &mut right, &mut LeadingScratch::default()).unwrap();
            let expected = largest_singular_value(&x, cols, &mut SingularScratch::default()).unwrap();
            prop_assert!((found / expected - 1.0).abs() < 1e-13, "{found} {expected} {rows}");
            let image = apply(&x, &right);
            prop_assert!((dot(&image, &image).sqrt() / expected - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn survives_extremes_and_refuses_hostile_input() {
        for n in [1, 3, 16, 17] {
            assert_leading(&vec![0.0; n * n], n);
            assert_leading(&vec![1.0; n * n], n);
            let identity: Vec<f64> =
                (0..n * n).map(|k| f64::from(u8::from(k % (n + 1) == 0))).collect();
            assert_leading(&identity, n);
        }
        let mut scratch = LeadingScratch::default();
        let mut vector = [f64::NAN; 2];
        let mut refused = |a: &[f64], n| leading_eigenvector(a, n, &mut vector, &mut scratch);
        assert!(matches!(refused(&[1.0; 3], 2), Err(DspError::Length { .. })));
        assert!(matches!(refused(&[1.0; 9], 3), Err(DspError::Length { .. })));
        let nan = refused(&[1.0, f64::NAN, 0.0, 1.0], 2);
        assert!(matches!(nan, Err(DspError::NotFinite { .. })));
        for cols in [2, 20] {
            let singular = leading_singular_vector(&[1.0; 40], cols, &mut [0.0; 3], &mut scratch);
            assert!(matches!(singular, Err(DspError::Length { found: 3, .. })), "{cols}");
        }
    }

    #[test]
    fn nothing_has_the_value_zero_and_the_first_unit_vector() {
        let scratch = &mut LeadingScratch::default();
        let is_first = |vector: &[f64]| vector[0] == 1.0 && vector[1..].iter().all(|&v| v == 0.0);
        for n in [1, 2, 4, 5, 16, 17, 40] {
            let mut vector = vec![f64::NAN; n];
            let value = leading_eigenvector(&vec![0.0; n * n], n, &mut vector, scratch);
            assert!(value == Ok(0.0) && is_first(&vector), "{n}: {vector:?}");
        }
        for (rows, cols) in [(3, 2), (3, 20), (0, 2), (0, 20), (20, 20), (1, 1)] {
            let mut right = vec![f64::NAN; cols];
            let zero = vec![0.0; rows * cols];
            let value = leading_singular_vector(&zero, cols, &mut right, scratch);
            assert!(value == Ok(0.0) && is_first(&right), "{rows} {cols}: {right:?}");
        }
        assert_eq!(leading_eigenvector(&[], 0, &mut [], scratch), Ok(0.0));
        assert_eq!(leading_singular_vector(&[], 0, &mut [], scratch), Ok(0.0));
    }
}
