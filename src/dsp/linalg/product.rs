//! Inner products and products of matrices.

use crate::dsp::error::{DspError, check_len};
use crate::dsp::vectors::with_vectors;

/// Partial sums kept side by side, so that additions need not wait for one another.
const LANES: usize = 8;

/// Inner product of two vectors. If one is longer, the rest of it is ignored.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a_blocks, a_rest) = a[..a.len().min(b.len())].as_chunks::<LANES>();
    let (b_blocks, b_rest) = b[..a.len().min(b.len())].as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

/// Adds `factor · x` to `y`.
pub(super) fn add_scaled(y: &mut [f64], factor: f64, x: &[f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += factor * x;
    }
}

/// The same, compiled into the loop around it.
#[inline(always)]
pub(super) fn add_scaled_wide(y: &mut [f64], factor: f64, x: &[f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += factor * x;
    }
}

/// `A·Bᵀ` into `product` (rows of A × rows of B), where A and B have rows of `cols` values. With
/// A = B it is the Gram matrix of the rows: channels × samples in, channels × channels out.
///
/// # Errors
///
/// [`DspError::Length`] if A or B is not a whole number of rows or `product` does not fit.
pub fn multiply_transposed(
    a: &[f64],
    b: &[f64],
    cols: usize,
    product: &mut [f64],
) -> Result<(), DspError> {
    let (a_rows, b_rows) = (whole_rows("A", a, cols)?, whole_rows("B", b, cols)?);
    check_len("product", product.len(), a_rows.saturating_mul(b_rows))?;
    if product.is_empty() {
        return Ok(());
    }
    with_vectors(
        #[inline(always)]
        || tiles(a, b, cols, product),
    );
    Ok(())
}

/// Rows of A in a tile: as many sums as the processor has registers for.
const TILE: usize = 4;

#[inline(always)]
fn tiles(a: &[f64], b: &[f64], cols: usize, product: &mut [f64]) {
    let b_rows = b.len() / cols;
    let mut a_tiles = a.chunks_exact(TILE * cols);
    let mut outs = product.chunks_exact_mut(TILE * b_rows);
    for (tile, out) in a_tiles.by_ref().zip(outs.by_ref()) {
        strip::<TILE>(tile, b, cols, out);
    }
    let rest = a_tiles.remainder().chunks_exact(cols);
    for (row, out) in rest.zip(outs.into_remainder().chunks_exact_mut(b_rows)) {
        strip::<1>(row, b, cols, out);
    }
}

/// `N` rows of A with all of B, two at a time.
#[inline(always)]
fn strip<const N: usize>(a: &[f64], b: &[f64], cols: usize, out: &mut [f64]) {
    let b_rows = b.len() / cols;
    let mut rows: [&[f64]; N] = [&[]; N];
    for (row, source) in rows.iter_mut().zip(a.chunks_exact(cols)) {
        *row = source;
    }
    let mut pairs = b.chunks_exact(2 * cols);
    let mut at = 0;
    for pair in pairs.by_ref() {
        let (first, second) = pair.split_at(cols);
        let sums = dots(&rows, &[first, second]);
        for (row, sum) in sums.iter().enumerate() {
            out[row * b_rows + at] = sum[0];
            out[row * b_rows + at + 1] = sum[1];
        }
        at += 2;
    }
    if let Some(last) = pairs.remainder().chunks_exact(cols).next() {
        for (row, sum) in dots(&rows, &[last]).iter().enumerate() {
            out[row * b_rows + at] = sum[0];
        }
    }
}

/// Inner products of each of N vectors with each of M, all of one length.
#[inline(always)]
fn dots<const N: usize, const M: usize>(a: &[&[f64]; N], b: &[&[f64]; M]) -> [[f64; M]; N] {
    const WIDTH: usize = 4;
    let len = a.iter().chain(b).map(|row| row.len()).min().unwrap_or(0);
    let whole = len / WIDTH * WIDTH;
    let mut sums = [[[0.0; WIDTH]; M]; N];
    let mut at = 0;
    while at < whole {
        let mut right = [[0.0; WIDTH]; M];
        for (right, row) in right.iter_mut().zip(b) {
            right.copy_from_slice(&row[at..at + WIDTH]);
        }
        for (sums, row) in sums.iter_mut().zip(a) {
            let mut left = [0.0; WIDTH];
            left.copy_from_slice(&row[at..at + WIDTH]);
            for (sum, right) in sums.iter_mut().zip(&right) {
                for lane in 0..WIDTH {
                    sum[lane] += left[lane] * right[lane];
                }
            }
        }
        at += WIDTH;
    }
    let mut products = [[0.0; M]; N];
    for ((products, sums), left) in products.iter_mut().zip(&sums).zip(a) {
        for ((product, lanes), right) in products.iter_mut().zip(sums).zip(b) {
            let rest: f64 =
                left[whole..len].iter().zip(&right[whole..len]).map(|(l, r)| l * r).sum();
            *product = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) + rest;
        }
    }
    products
}

/// `A·B` into `product` (rows of A × `b_cols`), where A has `a_cols` columns and B as many rows.
///
/// # Errors
///
/// [`DspError::Length`] if a slice does not fit.
pub fn multiply(
    a: &[f64],
    a_cols: usize,
    b: &[f64],
    b_cols: usize,
    product: &mut [f64],
) -> Result<(), DspError> {
    let a_rows = whole_rows("A", a, a_cols)?;
    check_len("B", b.len(), a_cols.saturating_mul(b_cols))?;
    check_len("product", product.len(), a_rows.saturating_mul(b_cols))?;
    if product.is_empty() {
        return Ok(());
    }
    product.fill(0.0);
    for (a_row, out) in a.chunks_exact(a_cols).zip(product.chunks_exact_mut(b_cols)) {
        for (&factor, b_row) in a_row.iter().zip(b.chunks_exact(b_cols)) {
            add_scaled(out, factor, b_row);
        }
    }
    Ok(())
}

/// The number of rows of `cols` values in a slice, which must hold no fraction of a row.
pub(super) fn whole_rows(
    what: &'static str,
    matrix: &[f64],
    cols: usize,
) -> Result<usize, DspError> {
    let rows = matrix.len().checked_div(cols).unwrap_or(0);
    check_len(what, matrix.len(), rows.saturating_mul(cols))?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{gram, matrix};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn products_are_the_sums_they_stand_for(
            (rows, cols, a) in matrix(1..6, 1..30), columns in 0..5usize,
        ) {
            let mut found = vec![f64::NAN; rows * rows];
            multiply_transposed(&a, &a, cols, &mut found).unwrap();
            for (found, expected) in found.iter().zip(gram(&a, rows, cols)) {
                prop_assert!((found - expected).abs() < 1e-12);
            }

            let b: Vec<f64> = (0..cols * columns).map(|n| (n as f64).sin()).collect();
            let mut found = vec![f64::NAN; rows * columns];
            multiply(&a, cols, &b, columns, &mut found).unwrap();
            for i in 0..rows {
                for j in 0..columns {
                    let expected: f64 = (0..cols).map(|k| a[i * cols + k] * b[k * columns + j]).sum();
                    prop_assert!((found[i * columns + j] - expected).abs() < 1e-12);
                }
            }
        }
    }

    #[test]
    fn refuses_what_does_not_fit() {
        assert!(multiply_transposed(&[1.0; 5], &[1.0; 4], 2, &mut [0.0; 4]).is_err());
        assert!(multiply_transposed(&[1.0; 4], &[1.0; 4], 2, &mut [0.0; 3]).is_err());
        assert!(multiply_transposed(&[1.0; 4], &[1.0; 4], 0, &mut [0.0; 4]).is_err());
        assert!(multiply_transposed(&[], &[], 0, &mut []).is_ok());
        assert!(multiply(&[1.0; 4], 2, &[1.0; 3], 2, &mut [0.0; 4]).is_err());
        assert!(multiply(&[1.0; 4], 2, &[1.0; 4], usize::MAX, &mut [0.0; 4]).is_err());
        assert!(multiply(&[], 0, &[], 3, &mut []).is_ok());
        assert_eq!(dot(&[1.0, 2.0], &[3.0, 4.0, 5.0]), 11.0);
    }
}
