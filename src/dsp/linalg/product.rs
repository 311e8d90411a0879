//! Inner products and products of matrices.

use std::ops::Range;

use crate::dsp::error::{DspError, check_len};
use crate::dsp::vectors::{self, Kernel, Vectors};

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
    vectors::run(Tiles { a, b, cols, product });
    Ok(())
}

/// Rows of A in a tile, and of B: as many sums as the processor has registers for.
const TILE: (usize, usize) = (3, 3);
/// Products that are summed side by side.
pub(super) const WIDTH: usize = 4;

/// Columns of the widest panel.
pub(super) const WIDE: usize = TILE.1 * WIDTH;

/// What [`multiply_transposed`] is asked for.
struct Tiles<'a> {
    a: &'a [f64],
    b: &'a [f64],
    cols: usize,
    product: &'a mut [f64],
}

impl Kernel for Tiles<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(self, vectors: V) {
        let Self { a, b, cols, product } = self;
        let b_rows = b.len() / cols;
        let mut strips = a.chunks_exact(TILE.0 * cols);
        let mut outs = product.chunks_exact_mut(TILE.0 * b_rows);
        for (rows, out) in strips.by_ref().zip(outs.by_ref()) {
            strip::<V, { TILE.0 }>(vectors, rows, b, cols, out);
        }
        let rest = strips.remainder().chunks_exact(cols);
        for (row, out) in rest.zip(outs.into_remainder().chunks_exact_mut(b_rows)) {
            strip::<V, 1>(vectors, row, b, cols, out);
        }
    }
}

/// `N` rows of A with all of B.
#[inline(always)]
fn strip<V: Vectors, const N: usize>(
    vectors: V,
    a: &[f64],
    b: &[f64],
    cols: usize,
    out: &mut [f64],
) {
    let b_rows = b.len() / cols;
    let a: [&[f64]; N] = std::array::from_fn(|row| &a[row * cols..(row + 1) * cols]);
    let mut groups = b.chunks_exact(TILE.1 * cols);
    let mut at = 0;
    for group in groups.by_ref() {
        let b = std::array::from_fn(|row| &group[row * cols..(row + 1) * cols]);
        let sums: [[f64; TILE.1]; N] = dots(vectors, a, b);
        for (row, sums) in sums.iter().enumerate() {
            out[row * b_rows + at..row * b_rows + at + TILE.1].copy_from_slice(sums);
        }
        at += TILE.1;
    }
    for (more, row) in groups.remainder().chunks_exact(cols).enumerate() {
        let sums: [[f64; 1]; N] = dots(vectors, a, [row]);
        for (row, sum) in sums.iter().enumerate() {
            out[row * b_rows + at + more] = sum[0];
        }
    }
}

/// Inner products of each of `N` vectors with each of `M`, all of one length.
#[inline(always)]
fn dots<V: Vectors, const N: usize, const M: usize>(
    vectors: V,
    a: [&[f64]; N],
    b: [&[f64]; M],
) -> [[f64; M]; N] {
    let len = a.iter().chain(&b).map(|row| row.len()).min().unwrap_or(0);
    let blocks = len / WIDTH;
    let left = a.map(|row| &row.as_chunks::<WIDTH>().0[..blocks]);
    let right = b.map(|row| &row.as_chunks::<WIDTH>().0[..blocks]);
    let mut sums = [[vectors.zero(); M]; N];
    for at in 0..blocks {
        let left = left.map(|row| vectors.load(&row[at]));
        let right = right.map(|row| vectors.load(&row[at]));
        for i in 0..N {
            for j in 0..M {
                sums[i][j] = vectors.add_product(sums[i][j], left[i], right[j]);
            }
        }
    }
    let rest = blocks * WIDTH..len;
    std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            let [s0, s1, s2, s3] = vectors.store(sums[i][j]);
            let rest = a[i][rest.clone()].iter().zip(&b[j][rest.clone()]);
            (s0 + s1) + (s2 + s3) + rest.map(|(a, b)| a * b).sum::<f64>()
        })
    })
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
    vectors::run(Panels { a, a_cols, b, b_cols, product });
    Ok(())
}

/// What [`multiply`] is asked for.
struct Panels<'a> {
    a: &'a [f64],
    a_cols: usize,
    b: &'a [f64],
    b_cols: usize,
    product: &'a mut [f64],
}

impl Kernel for Panels<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(self, vectors: V) {
        let Self { a, a_cols, b, b_cols, product } = self;
        let whole = b_cols / WIDTH * WIDTH;
        for panel in panels(whole) {
            let rows = b.chunks_exact(b_cols).map(|row| row[panel.clone()].as_chunks().0);
            multiply_panel(vectors, a, a_cols, rows, panel.clone(), product, b_cols);
        }
        for column in whole..b_cols {
            let outs = product.iter_mut().skip(column).step_by(b_cols);
            for (a_row, out) in a.chunks_exact(a_cols.max(1)).zip(outs) {
                let b_column = b.iter().skip(column).step_by(b_cols);
                *out = a_row.iter().zip(b_column).fold(0.0, |sum, (a, b)| sum + a * b);
            }
        }
    }
}

/// The columns that are multiplied at once: panels of the widest width, then narrow ones. `cols` is a
/// multiple of [`WIDTH`].
#[inline(always)]
pub(super) fn panels(cols: usize) -> impl Iterator<Item = Range<usize>> {
    let wide = cols / WIDE * WIDE;
    let starts = (0..wide).step_by(WIDE).map(|first| first..first + WIDE);
    starts.chain((wide..cols).step_by(WIDTH).map(|first| first..first + WIDTH))
}

/// The one of these panels that holds a column.
pub(super) fn panel_of(column: usize, cols: usize) -> Range<usize> {
    let wide = cols / WIDE * WIDE;
    let width = if column < wide { WIDE } else { WIDTH };
    let start = column.min(wide) / WIDE * WIDE + column.saturating_sub(wide) / WIDTH * WIDTH;
    start..start + width
}

/// All rows of A times the rows of a panel of B, into the columns `panel` of the product.
#[inline(always)]
pub(super) fn multiply_panel<'a, V: Vectors>(
    vectors: V,
    a: &[f64],
    a_cols: usize,
    b: impl Iterator<Item = &'a [[f64; WIDTH]]> + Clone,
    panel: Range<usize>,
    product: &mut [f64],
    cols: usize,
) {
    let narrow = panel.len() == WIDTH;
    let mut strips = a.chunks_exact(TILE.0 * a_cols);
    let mut outs = product.chunks_exact_mut(TILE.0 * cols);
    for (a, out) in strips.by_ref().zip(outs.by_ref()) {
        let (out, b) = ((out, cols, panel.start), b.clone());
        match narrow {
            true => block::<V, { TILE.0 }, 1>(vectors, a, a_cols, b, out),
            false => block::<V, { TILE.0 }, { TILE.1 }>(vectors, a, a_cols, b, out),
        }
    }
    let rest = strips.remainder().chunks_exact(a_cols);
    for (a, out) in rest.zip(outs.into_remainder().chunks_exact_mut(cols)) {
        let (out, b) = ((out, cols, panel.start), b.clone());
        match narrow {
            true => block::<V, 1, 1>(vectors, a, a_cols, b, out),
            false => block::<V, 1, { TILE.1 }>(vectors, a, a_cols, b, out),
        }
    }
}

/// `N` rows of A times `M` vectors of columns of B, into a product with its columns and the first of
/// those that are meant.
#[inline(always)]
fn block<'a, V: Vectors, const N: usize, const M: usize>(
    vectors: V,
    a: &[f64],
    a_cols: usize,
    b: impl Iterator<Item = &'a [[f64; WIDTH]]>,
    (out, cols, first): (&mut [f64], usize, usize),
) {
    let a: [&[f64]; N] = std::array::from_fn(|i| &a[i * a_cols..][..a_cols]);
    let mut sums = [[vectors.zero(); M]; N];
    for (k, row) in (0..a_cols).zip(b) {
        let right: [V::Four; M] = std::array::from_fn(|j| vectors.load(&row[j]));
        for i in 0..N {
            let left = vectors.splat(a[i][k]);
            for j in 0..M {
                sums[i][j] = vectors.add_product(sums[i][j], left, right[j]);
            }
        }
    }
    for (i, sums) in sums.into_iter().enumerate() {
        let out = &mut out[i * cols + first..][..M * WIDTH];
        for (out, sum) in out.as_chunks_mut::<WIDTH>().0.iter_mut().zip(sums) {
            *out = vectors.store(sum);
        }
    }
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
