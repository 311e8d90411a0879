//! Cholesky factors of complex Hermitian positive definite matrices, for spectral methods.

use crate::dsp::{
    Complex64,
    error::{DspError, check_len},
};

/// `A = L·Lᴴ` with L lower triangular and a real positive diagonal.
#[derive(Debug, Clone)]
pub struct HermitianCholesky {
    lower: Vec<Complex64>,
    n: usize,
}

impl HermitianCholesky {
    /// Factors the `n × n` matrix `a`, of which only the lower triangle is read, and only the real
    /// part of the diagonal. A pivot of at most `n · ε` times its diagonal element counts as zero.
    ///
    /// # Errors
    ///
    /// [`DspError::Length`], [`DspError::NotFinite`], and [`DspError::NotPositiveDefinite`] with
    /// the row of the first pivot that fails.
    pub fn new(a: &[Complex64], n: usize) -> Result<Self, DspError> {
        check_len("matrix", a.len(), n.saturating_mul(n))?;
        if let Some(index) = a.iter().position(|value| !value.is_finite()) {
            return Err(DspError::NotFinite { what: "matrix", index });
        }
        let mut lower = vec![Complex64::default(); n * n];
        for i in 0..n {
            let (done, rest) = lower.split_at_mut(i * n);
            let row = &mut rest[..n];
            for j in 0..i {
                let column = &done[j * n..j * n + j + 1];
                row[j] = (a[i * n + j] - inner(&row[..j], column)) / column[j].re;
            }
            let diagonal = a[i * n + i].re;
            let pivot = diagonal - row[..i].iter().map(Complex64::norm_sqr).sum::<f64>();
            let noise = n as f64 * f64::EPSILON * diagonal;
            if !(pivot > noise && pivot.is_normal()) {
                return Err(DspError::NotPositiveDefinite { index: i, pivot });
            }
            row[i] = Complex64::from(pivot.sqrt());
        }
        Ok(Self { lower, n })
    }

    /// Solves `A x = b`, in place of b.
    ///
    /// # Errors
    ///
    /// [`DspError::Length`] if `b` does not have as many values as the matrix has rows.
    pub fn solve(&self, b: &mut [Complex64]) -> Result<(), DspError> {
        check_len("right-hand side", b.len(), self.n)?;
        for i in 0..self.n {
            let row = &self.lower[i * self.n..][..=i];
            let known: Complex64 = row[..i].iter().zip(&b[..i]).map(|(l, x)| l * x).sum();
            b[i] = (b[i] - known) / row[i].re;
        }
        for i in (0..self.n).rev() {
            let row = &self.lower[i * self.n..][..=i];
            b[i] /= row[i].re;
            let (head, rest) = b.split_at_mut(i);
            for (value, l) in head.iter_mut().zip(row) {
                *value -= l.conj() * rest[0];
            }
        }
        Ok(())
    }
}

/// `Σ aₖ·conj(bₖ)` over the length of a.
fn inner(a: &[Complex64], b: &[Complex64]) -> Complex64 {
    a.iter().zip(b).map(|(a, b)| a * b.conj()).sum()
}

#[cfg(test)]
mod tests {
    use super::super::testing::matrix;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn solves((n, cols, x) in matrix(1..8, 2..24), ridge in 0.1..1.0f64) {
            let half = cols / 2;
            let at = |i: usize, k: usize| Complex64::new(x[i * cols + k], x[i * cols + half + k]);
            let entry = |i: usize, j: usize| {
                let sum: Complex64 = (0..half).map(|k| at(i, k) * at(j, k).conj()).sum();
                if i == j { sum + ridge } else { sum }
            };
            let a: Vec<_> = (0..n * n).map(|k| entry(k / n, k % n)).collect();
            let b: Vec<_> = (0..n).map(|k| Complex64::new(k as f64, 1.0)).collect();
            let mut found = b.clone();
            HermitianCholesky::new(&a, n).unwrap().solve(&mut found).unwrap();
            for i in 0..n {
                let product: Complex64 = (0..n).map(|j| a[i * n + j] * found[j]).sum();
                prop_assert!((product - b[i]).norm() < 1e-10);
            }
        }
    }

    #[test]
    fn refuses_hostile_input() {
        let one = Complex64::new(1.0, 0.0);
        let refused = |a: &[Complex64], n| HermitianCholesky::new(a, n).unwrap_err();
        assert!(matches!(refused(&[one; 3], 2), DspError::Length { .. }));
        assert!(matches!(refused(&[], usize::MAX), DspError::Length { .. }));
        assert!(matches!(refused(&[one * f64::NAN], 1), DspError::NotFinite { .. }));
        assert!(matches!(refused(&[one; 4], 2), DspError::NotPositiveDefinite { index: 1, .. }));
        assert!(HermitianCholesky::new(&[one], 1).unwrap().solve(&mut []).is_err());
    }
}
