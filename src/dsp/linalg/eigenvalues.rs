//! Eigenvalues of a symmetric matrix without their vectors, in a fraction of the time.

use super::{
    check_square,
    eigen::scale_of,
    tridiagonal::{diagonalize, reduce},
};
use crate::dsp::error::DspError;

/// Memory for [`symmetric_eigenvalues`]. It grows to the largest matrix it has seen.
#[derive(Debug, Clone, Default)]
pub struct EigenvalueScratch {
    work: Vec<f64>,
    off: Vec<f64>,
    values: Vec<f64>,
}

/// The eigenvalues of the symmetric `n × n` matrix `a`, in no order.
///
/// # Errors
///
/// As [`symmetric_eigen`](super::symmetric_eigen).
pub fn symmetric_eigenvalues<'a>(
    a: &[f64],
    n: usize,
    scratch: &'a mut EigenvalueScratch,
) -> Result<&'a [f64], DspError> {
    check_square("matrix", a, n)?;
    let scale = scale_of(a);
    let EigenvalueScratch { work, off, values } = scratch;
    work.clear();
    work.extend(a.iter().map(|value| value / scale));
    for buffer in [&mut *off, &mut *values] {
        buffer.clear();
        buffer.resize(n, 0.0);
    }
    reduce(work, n, values, off);
    diagonalize(values, off, &mut [])?;
    values.iter_mut().for_each(|value| *value *= scale);
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::super::symmetric_eigen;
    use super::super::testing::{gram, largest_difference, matrix};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_values_found_with_their_vectors((n, cols, x) in matrix(1..12, 1..20)) {
            let a = gram(&x, n, cols);
            let mut scratch = EigenvalueScratch::default();
            let mut found = symmetric_eigenvalues(&a, n, &mut scratch).unwrap().to_vec();
            found.sort_by(|a, b| b.total_cmp(a));
            let expected = symmetric_eigen(&a, n).unwrap().values;
            prop_assert!(largest_difference(&found, &expected) <= 1e-13 * expected[0].max(1.0));
        }
    }

    #[test]
    fn refuses_what_is_no_matrix() {
        let mut scratch = EigenvalueScratch::default();
        assert!(symmetric_eigenvalues(&[1.0; 3], 2, &mut scratch).is_err());
        assert!(symmetric_eigenvalues(&[f64::NAN], 1, &mut scratch).is_err());
        assert_eq!(symmetric_eigenvalues(&[], 0, &mut scratch), Ok(&[][..]));
    }
}
