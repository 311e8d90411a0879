//! Positive definite matrices with the affine-invariant metric: the distance of A and B is
//! `|log(A^−½ B A^−½)|`, and no change of channels `C → M C M'` changes it.

use crate::decode::DecodeError;
use crate::dsp::linalg::{
    EigenScratch, EigenvalueScratch, multiply, multiply_transposed, symmetric_eigen,
    symmetric_eigen_in, symmetric_eigenvalues,
};

/// Steps towards a mean; some thirty are typical.
const MAX_STEPS: usize = 100;
/// A step this short, for each row, is rounding.
const SHORTEST_STEP: f64 = 1e-12;

/// A function of the eigenvalues of a symmetric matrix.
pub(super) fn of_eigenvalues(
    matrix: &[f64],
    n: usize,
    function: impl Fn(f64) -> f64,
) -> Result<Vec<f64>, DecodeError> {
    let eigen = symmetric_eigen(matrix, n)?;
    let mut out = vec![0.0; n * n];
    compose(&eigen.values, &eigen.vectors, function, &mut out);
    Ok(out)
}

/// `Σ f(λ) v v'`
fn compose(values: &[f64], vectors: &[f64], function: impl Fn(f64) -> f64, out: &mut [f64]) {
    let n = values.len();
    out.fill(0.0);
    for (value, vector) in values.iter().zip(vectors.chunks_exact(n)) {
        let factor = function(*value);
        for (row, along) in out.chunks_exact_mut(n).zip(vector) {
            let along = factor * along;
            row.iter_mut().zip(vector).for_each(|(sum, value)| *sum += along * value);
        }
    }
}

/// `A^−½` of a positive definite matrix.
pub(super) fn inverse_root(matrix: &[f64], n: usize) -> Result<Vec<f64>, DecodeError> {
    of_eigenvalues(matrix, n, |value| value.sqrt().recip())
}

/// `R C R'` into `out`; `half` is work space.
pub(super) fn congruent(
    root: &[f64],
    matrix: &[f64],
    n: usize,
    half: &mut [f64],
    out: &mut [f64],
) -> Result<(), DecodeError> {
    multiply(root, n, matrix, n, half)?;
    multiply_transposed(half, root, n, out)?;
    Ok(())
}

/// The logarithm of a positive definite matrix.
pub(super) fn logarithm(
    matrix: &[f64],
    n: usize,
    eigen: &mut EigenScratch,
    out: &mut [f64],
) -> Result<(), DecodeError> {
    symmetric_eigen_in(matrix, n, eigen)?;
    compose(&eigen.values, &eigen.vectors, positive_ln, out);
    Ok(())
}

/// `|log C|` of a positive definite matrix: its distance from the identity.
pub(super) fn length(
    matrix: &[f64],
    n: usize,
    scratch: &mut EigenvalueScratch,
) -> Result<f64, DecodeError> {
    let values = symmetric_eigenvalues(matrix, n, scratch)?;
    Ok(values.iter().map(|&value| positive_ln(value).powi(2)).sum::<f64>().sqrt())
}

/// Rounding may take an eigenvalue of a positive definite matrix to zero, but not its logarithm to
/// infinity.
fn positive_ln(value: f64) -> f64 {
    value.max(f64::MIN_POSITIVE).ln()
}

/// The mean G of positive definite matrices, for which `Σ log(G^−½ C_i G^−½) = 0` (Moakher 2005,
/// SIAM J Matrix Anal Appl 26:735), from the plain mean by steps along the mean logarithm, as long
/// as is safe for the matrices at hand (Bini and Iannazzo 2013, Linear Algebra Appl 438:1700).
pub(super) fn mean<'a>(
    matrices: impl ExactSizeIterator<Item = &'a Vec<f64>> + Clone,
    n: usize,
) -> Result<Vec<f64>, DecodeError> {
    let count = matrices.len().max(1) as f64;
    let mut mean = vec![0.0; n * n];
    for matrix in matrices.clone() {
        mean.iter_mut().zip(matrix).for_each(|(sum, value)| *sum += value / count);
    }
    let mut eigen = EigenScratch::default();
    let [mut half, mut whitened, mut log] = [(); 3].map(|()| vec![0.0; n * n]);
    for _ in 0..MAX_STEPS {
        let inverse = inverse_root(&mean, n)?;
        let mut step = vec![0.0; n * n];
        let mut curvature = 0.0;
        for matrix in matrices.clone() {
            congruent(&inverse, matrix, n, &mut half, &mut whitened)?;
            logarithm(&whitened, n, &mut eigen, &mut log)?;
            step.iter_mut().zip(&log).for_each(|(sum, value)| *sum += value / count);
            curvature += largest_curvature(&eigen.values) / count;
        }
        // The sum of squared distances curves by 1 at least and by this much at most.
        let length = 2.0 / (1.0 + curvature);
        let root = of_eigenvalues(&mean, n, f64::sqrt)?;
        let forward = of_eigenvalues(&step, n, |value| (length * value).exp())?;
        congruent(&root, &forward, n, &mut half, &mut mean)?;
        let distance = step.iter().map(|value| value * value).sum::<f64>().sqrt();
        if distance < SHORTEST_STEP * n as f64 {
            break;
        }
    }
    Ok(mean)
}

/// The most that half the squared distance from a matrix curves, by its eigenvalues seen from
/// there, largest first: `x·coth(x)`, x being half the logarithm of its condition number.
fn largest_curvature(values: &[f64]) -> f64 {
    let (Some(&largest), Some(&smallest)) = (values.first(), values.last()) else { return 1.0 };
    let half = (positive_ln(largest) - positive_ln(smallest)) / 2.0;
    if half > 0.0 { (half / half.tanh()).max(1.0) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Matrices with common eigenvectors: their mean has the geometric means of the eigenvalues.
    #[test]
    fn the_mean_of_matrices_that_commute_is_geometric() {
        let (c, s) = (0.6, 0.8);
        let matrix = |a: f64, b: f64| {
            vec![c * c * a + s * s * b, c * s * (a - b), c * s * (a - b), s * s * a + c * c * b]
        };
        let found = mean([matrix(1.0, 100.0), matrix(4.0, 1.0)].iter(), 2).unwrap();
        for (f, e) in found.iter().zip(matrix(2.0, 10.0)) {
            assert!((f - e).abs() < 1e-12 * 10.0, "{found:?}");
        }
        let far = matrix(1.0, std::f64::consts::E.powi(3));
        let length = length(&far, 2, &mut EigenvalueScratch::default()).unwrap();
        assert!((length - 3.0).abs() < 1e-12);
    }

    /// The mean moves with a change of channels.
    #[test]
    fn the_mean_is_affine_invariant() {
        let matrices = [
            vec![2.0, 0.3, 0.1, 0.3, 1.0, -0.2, 0.1, -0.2, 3.0],
            vec![1.0, -0.5, 0.0, -0.5, 4.0, 0.7, 0.0, 0.7, 1.5],
            vec![5.0, 1.0, 2.0, 1.0, 2.0, 0.0, 2.0, 0.0, 2.5],
        ];
        let change = [1.0, 2.0, 0.0, -1.0, 0.5, 3.0, 0.2, 0.0, 1.0];
        let moved = |matrix: &[f64]| {
            let (mut half, mut out) = (vec![0.0; 9], vec![0.0; 9]);
            congruent(&change, matrix, 3, &mut half, &mut out).unwrap();
            out
        };
        let found = mean(matrices.each_ref().map(|m| moved(m)).iter(), 3).unwrap();
        let expected = moved(&mean(matrices.iter(), 3).unwrap());
        for (f, e) in found.iter().zip(&expected) {
            assert!((f - e).abs() < 1e-10, "{found:?} {expected:?}");
        }
    }
}
