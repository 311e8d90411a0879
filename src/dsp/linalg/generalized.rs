//! The generalized symmetric-definite eigenproblem, behind CCA, TRCA, SSCOR and TDCA.

use super::{
    Cholesky, check_square,
    eigen::{Eigen, fix_signs, symmetric_eigen},
};
use crate::dsp::error::DspError;

/// Solves `A v = λ (B + r·I) v` for the symmetric `n × n` matrices `a` and `b`, where r is
/// `relative_ridge` times the mean of B's diagonal; 0 for none. The vectors are orthonormal under
/// the second matrix: `vᵢᵀ (B + r·I) vⱼ` is 1 for i = j and else 0. The first vector maximises
/// `vᵀ A v / vᵀ (B + r·I) v`.
///
/// Without a ridge, a flat or duplicate channel makes B singular, and it is refused; 1e-10 is
/// enough to let it through without moving the other results noticeably.
///
/// # Errors
///
/// [`DspError::Length`], [`DspError::NotFinite`], [`DspError::Negative`] for the ridge,
/// [`DspError::NotPositiveDefinite`] if B with its ridge is not, [`DspError::NoConvergence`].
pub fn generalized_eigen(
    a: &[f64],
    b: &[f64],
    n: usize,
    relative_ridge: f64,
) -> Result<Eigen, DspError> {
    check_square("first matrix", a, n)?;
    check_square("second matrix", b, n)?;
    if !(relative_ridge.is_finite() && relative_ridge >= 0.0) {
        return Err(DspError::Negative { what: "relative ridge", found: relative_ridge });
    }
    let mut b = b.to_vec();
    let ridge = relative_ridge * b.iter().step_by(n + 1).map(|d| d / n as f64).sum::<f64>();
    b.iter_mut().step_by(n + 1).for_each(|d| *d += ridge);
    let factor = Cholesky::new(&b, n)?;

    // C = L⁻¹ A L⁻ᵀ; for a symmetric A, solving the rows twice with a transposition in between.
    let mut c = a.to_vec();
    for _ in 0..2 {
        c.chunks_exact_mut(n.max(1)).try_for_each(|row| factor.solve_lower(row))?;
        transpose(&mut c, n);
    }
    let mut eigen = symmetric_eigen(&c, n)?;
    eigen.vectors.chunks_exact_mut(n.max(1)).try_for_each(|row| factor.solve_upper(row))?;
    fix_signs(&mut eigen);
    Ok(eigen)
}

fn transpose(a: &mut [f64], n: usize) {
    for i in 0..n {
        for j in 0..i {
            a.swap(i * n + j, j * n + i);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{apply, gram, largest_difference, matrix};
    use super::*;
    use crate::dsp::linalg::dot;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn solves_random_pairs((n, cols, x) in matrix(1..10, 20..40), (_, _, y) in matrix(10..11, 10..11)) {
            let a: Vec<f64> = (0..n * n).map(|k| y[k / n * n + k % n] + y[k % n * n + k / n]).collect();
            let b = gram(&x, n, cols);
            prop_assume!(Cholesky::new(&b, n).is_ok());
            let smallest = symmetric_eigen(&b, n).unwrap().values[n - 1];
            prop_assume!(smallest > 0.1);
            let eigen = generalized_eigen(&a, &b, n, 0.0).unwrap();
            prop_assert!(eigen.values.is_sorted_by(|l, r| l >= r));
            for i in 0..n {
                let bv = apply(&b, eigen.vector(i));
                let expected: Vec<f64> = bv.iter().map(|v| v * eigen.values[i]).collect();
                prop_assert!(largest_difference(&apply(&a, eigen.vector(i)), &expected) < 1e-10);
                for j in 0..n {
                    let expected = if i == j { 1.0 } else { 0.0 };
                    prop_assert!((dot(eigen.vector(j), &bv) - expected).abs() < 1e-10);
                }
            }
        }
    }

    #[test]
    fn a_ridge_lets_a_duplicate_channel_through() {
        let b = [1.0, 1.0, 1.0, 1.0];
        let a = [2.0, 0.0, 0.0, 2.0];
        let refused = generalized_eigen(&a, &b, 2, 0.0);
        assert!(matches!(refused, Err(DspError::NotPositiveDefinite { index: 1, .. })));
        // A = 2I against B + I/2, whose eigenvalues are 2.5 and 0.5.
        let found = generalized_eigen(&a, &b, 2, 0.5).unwrap();
        assert!((found.values[0] - 4.0).abs() < 1e-12 && (found.values[1] - 0.8).abs() < 1e-12);
    }

    #[test]
    fn refuses_hostile_input() {
        let i2 = [1.0, 0.0, 0.0, 1.0];
        let nan = [1.0, 0.0, f64::NAN, 1.0];
        assert!(matches!(generalized_eigen(&i2, &nan, 2, 0.0), Err(DspError::NotFinite { .. })));
        assert!(matches!(generalized_eigen(&nan, &i2, 2, 0.0), Err(DspError::NotFinite { .. })));
        assert!(matches!(generalized_eigen(&i2, &i2[..3], 2, 0.0), Err(DspError::Length { .. })));
        for ridge in [-1e-9, f64::NAN, f64::INFINITY] {
            let found = generalized_eigen(&i2, &i2, 2, ridge);
            assert!(matches!(found, Err(DspError::Negative { .. })));
        }
        assert!(generalized_eigen(&[f64::MAX; 4], &[1e-300, 0.0, 0.0, 1e-300], 2, 0.0).is_err());
        assert!(generalized_eigen(&[], &[], 0, 0.0).unwrap().values.is_empty());
    }
}
