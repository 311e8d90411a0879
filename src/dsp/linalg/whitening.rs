//! An orthonormal basis of the row space of a matrix together with the filters that make it.

use super::{
    cholesky::factor_in_place,
    multiply_transposed, orthonormal_rows,
    product::{add_scaled_wide, whole_rows},
};
use crate::dsp::error::{DspError, check_finite};
use crate::dsp::vectors::with_vectors;

/// Rows of which less than this part of the power is left beside the rows before them are made
/// orthogonal one by one, since factors of the Gram matrix would lose their digits.
const SAFE_PIVOT: f64 = 1e-5;
/// Rows of which less than this part of the amplitude is left count for nothing.
const RANK_TOLERANCE: f64 = 1e-6;
/// Added to a Gram matrix that has lost its digits, relative to its diagonal.
const RIDGE: f64 = 1e-12;

/// Filters that make the rows of a matrix orthonormal, and the rows that they make:
/// `basis = filters · rows`, `basis · basisᵀ = I`.
///
/// Its memory is reused from call to call.
///
/// ```
/// use evoked::dsp::linalg::Whitening;
///
/// let mut whitening = Whitening::default();
/// whitening.of(&[3.0, 4.0, 0.0, /**/ 0.0, 0.0, 2.0], 3)?;
/// assert_eq!(whitening.rank(), 2);
/// assert!((whitening.basis()[1] - 0.8).abs() < 1e-15);
/// assert!((whitening.filters()[3] - 0.5).abs() < 1e-15);
/// # Ok::<(), evoked::dsp::DspError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Whitening {
    rank: usize,
    rows: usize,
    basis: Vec<f64>,
    filters: Vec<f64>,
    gram: Vec<f64>,
    factor: Vec<f64>,
}

impl Whitening {
    /// Whitens the rows of a matrix, `cols` values each.
    ///
    /// Rows that add next to nothing (1e-6 of their amplitude) to the rows before them count for
    /// nothing: the rank is then lower. The filters are the shortest that make the basis.
    ///
    /// # Errors
    ///
    /// [`DspError::Length`], [`DspError::NotFinite`].
    pub fn of(&mut self, matrix: &[f64], cols: usize) -> Result<(), DspError> {
        let rows = whole_rows("matrix", matrix, cols)?;
        check_finite("matrix", matrix)?;
        self.rows = rows;
        self.gram.resize(rows * rows, 0.0);
        multiply_transposed(matrix, matrix, cols, &mut self.gram)?;
        self.factor.clone_from(&self.gram);
        let factored = factor_in_place(&mut self.factor, rows).is_ok();
        let safe = |i: usize| {
            let pivot = self.factor[i * rows + i];
            pivot * pivot > SAFE_PIVOT * self.gram[i * rows + i]
        };
        if factored && (0..rows).all(safe) {
            self.by_factor(matrix, cols);
            Ok(())
        } else {
            self.one_by_one(matrix, cols)
        }
    }

    /// Number of rows of the basis.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// The basis, rank × cols.
    pub fn basis(&self) -> &[f64] {
        &self.basis
    }

    /// The filters, rank × rows of the matrix.
    pub fn filters(&self) -> &[f64] {
        &self.filters
    }

    /// The filter that makes a mixture of the basis, one weight a row of the matrix:
    /// `out · matrix = mixture · basis`.
    pub fn filter_into(&self, mixture: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for (factor, filter) in mixture.iter().zip(self.filters.chunks_exact(self.rows.max(1))) {
            out.iter_mut().zip(filter).for_each(|(sum, weight)| *sum += factor * weight);
        }
    }

    fn by_factor(&mut self, matrix: &[f64], cols: usize) {
        let rows = self.rows;
        self.rank = rows;
        self.basis.clear();
        self.basis.extend_from_slice(matrix);
        self.filters.clear();
        self.filters.resize(rows * rows, 0.0);
        (0..rows).for_each(|i| self.filters[i * rows + i] = 1.0);
        solve_lower_rows(&self.factor, rows, &mut self.basis, cols);
        solve_lower_rows(&self.factor, rows, &mut self.filters, rows);
    }

    /// With R = matrix · basisᵀ, the filters are the pseudo-inverse (RᵀR)⁻¹Rᵀ.
    fn one_by_one(&mut self, matrix: &[f64], cols: usize) -> Result<(), DspError> {
        let rows = self.rows;
        self.basis.clear();
        self.basis.extend_from_slice(matrix);
        let rank = orthonormal_rows(&mut self.basis, cols, RANK_TOLERANCE)?;
        self.rank = rank;
        self.basis.truncate(rank * cols);
        self.filters.resize(rank * rows, 0.0);
        if rank == 0 {
            return Ok(());
        }
        multiply_transposed(&self.basis, matrix, cols, &mut self.filters)?;
        self.gram.resize(rank * rank, 0.0);
        multiply_transposed(&self.filters, &self.filters, rows, &mut self.gram)?;
        self.factor.clone_from(&self.gram);
        if factor_in_place(&mut self.factor, rank).is_err() {
            let mean = self.gram.iter().step_by(rank + 1).sum::<f64>() / rank as f64;
            self.factor.clone_from(&self.gram);
            self.factor.iter_mut().step_by(rank + 1).for_each(|d| *d += RIDGE * mean);
            factor_in_place(&mut self.factor, rank)?;
        }
        solve_lower_rows(&self.factor, rank, &mut self.filters, rows);
        solve_upper_rows(&self.factor, rank, &mut self.filters, rows);
        Ok(())
    }
}

/// `L⁻¹·B` in place of B, with rows of `cols` values.
fn solve_lower_rows(lower: &[f64], n: usize, b: &mut [f64], cols: usize) {
    with_vectors(
        #[inline(always)]
        || {
            for i in 0..n {
                let (done, rest) = b.split_at_mut(i * cols);
                let row = &mut rest[..cols];
                for (j, other) in done.chunks_exact(cols).enumerate() {
                    add_scaled_wide(row, -lower[i * n + j], other);
                }
                row.iter_mut().for_each(|value| *value /= lower[i * n + i]);
            }
        },
    );
}

/// `L⁻ᵀ·B` in place of B.
fn solve_upper_rows(lower: &[f64], n: usize, b: &mut [f64], cols: usize) {
    for i in (0..n).rev() {
        let (rest, done) = b.split_at_mut((i + 1) * cols);
        let row = &mut rest[i * cols..];
        for (j, other) in (i + 1..n).zip(done.chunks_exact(cols)) {
            add_scaled_wide(row, -lower[j * n + i], other);
        }
        row.iter_mut().for_each(|value| *value /= lower[i * n + i]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{gram, largest_difference, matrix};
    use super::*;
    use proptest::prelude::*;

    fn identity(n: usize) -> Vec<f64> {
        (0..n * n).map(|k| f64::from(u8::from(k % (n + 1) == 0))).collect()
    }

    /// filters · matrix.
    fn made(filters: &[f64], matrix: &[f64], rows: usize, cols: usize) -> Vec<f64> {
        let entry = |i: usize, j: usize| -> f64 {
            (0..rows).map(|k| filters[i * rows + k] * matrix[k * cols + j]).sum()
        };
        (0..filters.len() / rows * cols).map(|at| entry(at / cols, at % cols)).collect()
    }

    proptest! {
        #[test]
        fn filters_make_an_orthonormal_basis((rows, cols, x) in matrix(1..10, 10..40), copies in 0..3usize) {
            let mut x = x;
            for copy in 0..copies {
                let own: Vec<f64> = x[copy % rows * cols..][..cols].to_vec();
                x.extend(own.iter().map(|v| -2.0 * v));
            }
            let mut whitening = Whitening::default();
            whitening.of(&x, cols).unwrap();
            let rank = whitening.rank();
            prop_assert_eq!(rank, rows);
            prop_assert!(largest_difference(&gram(whitening.basis(), rank, cols), &identity(rank)) < 1e-10);
            let found = made(whitening.filters(), &x, rows + copies, cols);
            prop_assert!(largest_difference(&found, whitening.basis()) < 1e-8);
        }
    }

    #[test]
    fn rows_of_zeros_have_no_basis() {
        let mut whitening = Whitening::default();
        whitening.of(&[0.0; 6], 3).unwrap();
        assert_eq!(
            (whitening.rank(), whitening.basis().len(), whitening.filters().len()),
            (0, 0, 0)
        );
        assert!(whitening.of(&[f64::NAN; 6], 3).is_err());
        assert!(whitening.of(&[1.0; 5], 3).is_err());
    }
}
