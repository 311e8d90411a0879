//! The largest singular value of a small matrix: the first canonical correlation, when the matrix
//! is the product of two orthonormal bases.

use super::{
    eigen::scale_of,
    multiply_transposed,
    product::whole_rows,
    tridiagonal::{diagonalize, reduce},
};
use crate::dsp::error::{DspError, check_finite};

/// Memory that [`largest_singular_value`] reuses from call to call. It grows to the largest matrix
/// it has seen.
#[derive(Debug, Clone, Default)]
pub struct SingularScratch {
    scaled: Vec<f64>,
    gram: Vec<f64>,
    diagonal: Vec<f64>,
    off: Vec<f64>,
}

/// The largest singular value of a matrix with rows of `cols` values, 0 for an empty one, to a few
/// units in the last place, however many singular values share the top.
///
/// It is the root of the largest eigenvalue of `M·Mᵀ` or `Mᵀ·M`, whichever is smaller; squaring
/// costs accuracy for small singular values only, not for the largest.
///
/// # Errors
///
/// [`DspError::Length`], [`DspError::NotFinite`], [`DspError::NoConvergence`].
pub fn largest_singular_value(
    matrix: &[f64],
    cols: usize,
    scratch: &mut SingularScratch,
) -> Result<f64, DspError> {
    let scale = scaled_squares(matrix, cols, scratch)?;
    Ok(scale * scratch.diagonal.iter().copied().fold(0.0, f64::max).sqrt())
}

/// The squares of all singular values, in no order, to rounding of the largest. There are as many
/// as the shorter side is long.
///
/// # Errors
///
/// As [`largest_singular_value`].
pub fn squared_singular_values<'a>(
    matrix: &[f64],
    cols: usize,
    scratch: &'a mut SingularScratch,
) -> Result<&'a [f64], DspError> {
    let scale = scaled_squares(matrix, cols, scratch)?;
    scratch.diagonal.iter_mut().for_each(|value| *value *= scale * scale);
    Ok(&scratch.diagonal)
}

/// Leaves the squares on the diagonal, for the matrix over the number given back.
fn scaled_squares(
    matrix: &[f64],
    cols: usize,
    scratch: &mut SingularScratch,
) -> Result<f64, DspError> {
    let rows = whole_rows("matrix", matrix, cols)?;
    check_finite("matrix", matrix)?;
    let scale = scale_of(matrix);
    let (short, long) = (rows.min(cols), rows.max(cols));
    let SingularScratch { scaled, gram, diagonal, off } = scratch;
    scaled.clear();
    if rows <= cols {
        scaled.extend(matrix.iter().map(|value| value / scale));
    } else {
        let columns = (0..cols).flat_map(|j| matrix.iter().skip(j).step_by(cols));
        scaled.extend(columns.map(|value| value / scale));
    }
    for (buffer, len) in [(&mut *gram, short * short), (&mut *diagonal, short), (&mut *off, short)]
    {
        buffer.clear();
        buffer.resize(len, 0.0);
    }
    multiply_transposed(scaled, scaled, long, gram)?;
    reduce(gram, short, diagonal, off);
    diagonalize(diagonal, off, &mut [])?;
    Ok(scale)
}

#[cfg(test)]
mod tests {
    use super::super::testing::matrix;
    use super::super::{orthonormal_rows, symmetric_eigen};
    use super::*;
    use proptest::prelude::*;

    fn largest(matrix: &[f64], cols: usize) -> f64 {
        largest_singular_value(matrix, cols, &mut SingularScratch::default()).unwrap()
    }

    /// `Σ σₖ uₖ vₖᵀ`, with u and v the orthonormal rows made from the numbers given.
    fn composed(sigma: &[f64], u: &[f64], rows: usize, v: &[f64], cols: usize) -> Vec<f64> {
        let entry = |i: usize, j: usize| -> f64 {
            sigma.iter().enumerate().map(|(k, s)| s * u[k * rows + i] * v[k * cols + j]).sum()
        };
        (0..rows * cols).map(|at| entry(at / cols, at % cols)).collect()
    }

    proptest! {
        #[test]
        fn finds_the_value_a_matrix_was_composed_with(
            (rows, _, x) in matrix(1..12, 12..13),
            (cols, _, y) in matrix(1..12, 12..13),
            top in 1e-3..1e3f64,
            equals in 1..12usize,
            exponent in prop_oneof![Just(0), Just(-290), Just(290)],
        ) {
            let (mut u, mut v) = (x[..rows * rows].to_vec(), y[..cols * cols].to_vec());
            prop_assume!(orthonormal_rows(&mut u, rows, 1e-10) == Ok(rows));
            prop_assume!(orthonormal_rows(&mut v, cols, 1e-10) == Ok(cols));
            let sigma: Vec<f64> = (0..rows.min(cols))
                .map(|k| if k < equals { top } else { top / (k + 1) as f64 })
                .collect();
            let scale = 10f64.powi(exponent);
            let m: Vec<f64> = composed(&sigma, &u, rows, &v, cols).iter().map(|x| x * scale).collect();
            let error = largest(&m, cols) / (top * scale) - 1.0;
            prop_assert!(error.abs() < 1e-12, "{error:e}");
        }

        /// The eigenvalues of `[[0, M], [Mᵀ, 0]]` are plus and minus the singular values.
        #[test]
        fn agrees_with_the_symmetric_embedding((rows, cols, x) in matrix(1..9, 1..9)) {
            let n = rows + cols;
            let mut embedded = vec![0.0; n * n];
            for i in 0..rows {
                for j in 0..cols {
                    embedded[i * n + rows + j] = x[i * cols + j];
                    embedded[(rows + j) * n + i] = x[i * cols + j];
                }
            }
            let expected = symmetric_eigen(&embedded, n).unwrap().values[0];
            prop_assert!((largest(&x, cols) - expected).abs() < 1e-13);
        }
    }

    #[test]
    fn survives_extremes_and_refuses_hostile_input() {
        assert_eq!(largest(&[], 0), 0.0);
        assert_eq!(largest(&[], 5), 0.0);
        assert_eq!(largest(&[0.0; 6], 3), 0.0);
        assert_eq!(largest(&[-7.0], 1), 7.0);
        assert!((largest(&[3.0, 4.0], 1) - 5.0).abs() < 1e-15);
        let mut scratch = SingularScratch::default();
        let mut refused = |m: &[f64], cols| largest_singular_value(m, cols, &mut scratch);
        assert!(matches!(refused(&[1.0; 5], 3), Err(DspError::Length { .. })));
        assert!(matches!(refused(&[1.0; 5], 0), Err(DspError::Length { .. })));
        assert!(matches!(refused(&[1.0, f64::NAN], 2), Err(DspError::NotFinite { index: 1, .. })));
    }
}
