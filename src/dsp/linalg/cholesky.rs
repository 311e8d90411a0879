//! Cholesky factors of symmetric positive definite matrices.

use super::{check_square, product::dot};
use crate::dsp::error::{DspError, check_len};

/// `A = L·Lᵀ` with L lower triangular.
///
/// ```
/// use evoked::dsp::linalg::Cholesky;
///
/// let factor = Cholesky::new(&[4.0, 2.0, 2.0, 3.0], 2)?;
/// let mut x = [8.0, 8.0];
/// factor.solve(&mut x)?;
/// assert!((x[0] - 1.0).abs() < 1e-15 && (x[1] - 2.0).abs() < 1e-15);
/// # Ok::<(), evoked::dsp::DspError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Cholesky {
    lower: Vec<f64>,
    n: usize,
}

impl Cholesky {
    /// Factors the `n × n` matrix `a`, of which only the lower triangle is read.
    ///
    /// A pivot of at most `n · ε` times its diagonal element is indistinguishable from zero, so a
    /// semi-definite matrix (a flat or duplicate channel, fewer samples than channels) is refused
    /// rather than factored into noise. Add a ridge to the diagonal if that is expected.
    ///
    /// # Errors
    ///
    /// [`DspError::Length`], [`DspError::NotFinite`], and [`DspError::NotPositiveDefinite`] with
    /// the row of the first pivot that fails.
    pub fn new(a: &[f64], n: usize) -> Result<Self, DspError> {
        check_square("matrix", a, n)?;
        let mut lower = a.to_vec();
        factor_in_place(&mut lower, n)?;
        Ok(Self { lower, n })
    }

    /// Rows (and columns) of the matrix.
    pub fn size(&self) -> usize {
        self.n
    }

    /// The factor L, row-major with zeros above the diagonal.
    pub fn lower(&self) -> &[f64] {
        &self.lower
    }

    /// Solves `A x = b`, in place of b.
    ///
    /// # Errors
    ///
    /// [`DspError::Length`] if `b` does not have [`size`](Self::size) values.
    pub fn solve(&self, b: &mut [f64]) -> Result<(), DspError> {
        self.solve_lower(b)?;
        self.solve_upper(b)
    }

    /// Solves `L x = b` (forward substitution), in place of b.
    ///
    /// # Errors
    ///
    /// As [`solve`](Self::solve).
    pub fn solve_lower(&self, b: &mut [f64]) -> Result<(), DspError> {
        check_len("right-hand side", b.len(), self.n)?;
        solve_lower_in_place(&self.lower, b);
        Ok(())
    }

    /// Solves `Lᵀ x = b` (back substitution), in place of b.
    ///
    /// # Errors
    ///
    /// As [`solve`](Self::solve).
    pub fn solve_upper(&self, b: &mut [f64]) -> Result<(), DspError> {
        check_len("right-hand side", b.len(), self.n)?;
        solve_upper_in_place(&self.lower, b);
        Ok(())
    }
}

/// Replaces a symmetric positive definite `n × n` matrix, of which only the lower triangle is read,
/// by its factor L. Nothing is allocated. [`Cholesky`] is the same with its own memory.
///
/// # Errors
///
/// As [`Cholesky::new`]; what the matrix then holds is of no use.
pub fn factor_in_place(a: &mut [f64], n: usize) -> Result<(), DspError> {
    check_square("matrix", a, n)?;
    for i in 0..n {
        let (done, rest) = a.split_at_mut(i * n);
        let row = &mut rest[..n];
        for j in 0..i {
            let column = &done[j * n..j * n + j + 1];
            row[j] = (row[j] - dot(&row[..j], column)) / column[j];
        }
        let diagonal = row[i];
        let pivot = diagonal - dot(&row[..i], &row[..i]);
        let noise = n as f64 * f64::EPSILON * diagonal;
        if !(pivot > noise && pivot.is_normal()) {
            return Err(DspError::NotPositiveDefinite { index: i, pivot });
        }
        row[i] = pivot.sqrt();
        row[i + 1..].fill(0.0);
    }
    Ok(())
}

/// Solves `L x = b` in place of b, for a factor of [`factor_in_place`]; rows beyond the factor are
/// left alone.
pub fn solve_lower_in_place(lower: &[f64], b: &mut [f64]) {
    let n = b.len();
    for (i, row) in lower.chunks_exact(n.max(1)).enumerate().take(n) {
        b[i] = (b[i] - dot(&row[..i], &b[..i])) / row[i];
    }
}

/// Solves `Lᵀ x = b` in place of b, for a factor of [`factor_in_place`]; rows beyond the factor are
/// left alone.
pub fn solve_upper_in_place(lower: &[f64], b: &mut [f64]) {
    let n = b.len();
    for (i, row) in lower.chunks_exact(n.max(1)).enumerate().take(n).rev() {
        b[i] /= row[i];
        let (head, x) = (&row[..i], b[i]);
        super::product::add_scaled(&mut b[..i], -x, head);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{apply, gram, largest_difference, matrix};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn reconstructs_and_solves((n, cols, x) in matrix(1..9, 1..20)) {
            let mut a = gram(&x, n, cols);
            (0..n).for_each(|i| a[i * n + i] += 0.1);
            let factor = Cholesky::new(&a, n).unwrap();
            prop_assert!(largest_difference(&gram(factor.lower(), n, n), &a) < 1e-12);
            prop_assert!((0..n).all(|i| factor.lower()[i * n + i + 1..(i + 1) * n].iter().all(|&l| l == 0.0)));

            let b: Vec<f64> = (0..n).map(|i| (i as f64).cos()).collect();
            let mut found = b.clone();
            factor.solve(&mut found).unwrap();
            prop_assert!(largest_difference(&apply(&a, &found), &b) < 1e-10);
        }

        #[test]
        fn refuses_dependent_rows((n, cols, x) in matrix(2..9, 1..20), scale in -12..12i32) {
            let mut x: Vec<f64> = x.iter().map(|v| v * 10f64.powi(scale)).collect();
            let copy: Vec<f64> = x[..cols].to_vec();
            x[(n - 1) * cols..].copy_from_slice(&copy);
            let found = Cholesky::new(&gram(&x, n, cols), n);
            let refused = matches!(found, Err(DspError::NotPositiveDefinite { index, .. }) if index < n);
            prop_assert!(refused);
        }
    }

    #[test]
    fn refuses_hostile_input() {
        let refused = |a: &[f64], n| Cholesky::new(a, n).unwrap_err();
        assert!(matches!(refused(&[1.0; 3], 2), DspError::Length { .. }));
        assert!(matches!(refused(&[], usize::MAX), DspError::Length { .. }));
        assert!(matches!(refused(&[f64::NAN], 1), DspError::NotFinite { .. }));
        for bad in [0.0, -1.0, 1e-320] {
            assert!(matches!(refused(&[bad], 1), DspError::NotPositiveDefinite { index: 0, .. }));
        }
        assert!(matches!(
            refused(&[1.0, 2.0, 2.0, 1.0], 2),
            DspError::NotPositiveDefinite { index: 1, .. }
        ));
        let empty = Cholesky::new(&[], 0).unwrap();
        assert!(empty.solve(&mut []).is_ok() && empty.solve(&mut [1.0]).is_err());
    }
}
