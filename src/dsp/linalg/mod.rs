//! Small dense linear algebra on row-major slices.
//!
//! A matrix is a `&[f64]` of rows × columns values, row after row; functions take the dimensions
//! they cannot derive and check them against the slice.
//!
//! | file | what is in it |
//! |---|---|
//! | `product`, `packed` | inner products, `A·Bᵀ`, `A·B`; B laid out for many products |
//! | `cholesky` | factor and solve symmetric positive definite systems |
//! | `hermitian` | the same for complex Hermitian systems |
//! | `tridiagonal`, `eigen` | symmetric eigenproblem: Householder reduction, implicit QR |
//! | `eigenvalues` | the same without the vectors |
//! | `generalized` | `A v = λ B v` with B positive definite |
//! | `orthonormal` | orthonormal basis of the row space, rank-revealing |
//! | `singular` | largest singular value |
//! | `top_eigen`, `top_vectors` | largest eigenvalues of several small matrices at once; their vectors |
//! | `leading` | largest eigenvalue and singular value with their vectors |
//! | `whitening` | orthonormal basis of the row space, with the filters that make it |

mod cholesky;
mod eigen;
mod eigenvalues;
mod generalized;
mod hermitian;
mod leading;
mod orthonormal;
mod packed;
mod product;
mod singular;
mod top_eigen;
mod top_vectors;
mod tridiagonal;
mod whitening;

pub use cholesky::{Cholesky, factor_in_place, solve_lower_in_place, solve_upper_in_place};
pub use eigen::{Eigen, EigenScratch, symmetric_eigen, symmetric_eigen_in};
pub use eigenvalues::{EigenvalueScratch, symmetric_eigenvalues};
pub use generalized::generalized_eigen;
pub use hermitian::HermitianCholesky;
pub use leading::{LeadingScratch, leading_eigenvector, leading_singular_vector};
pub use orthonormal::orthonormal_rows;
pub use product::{dot, multiply, multiply_transposed};
pub use singular::{SingularScratch, largest_singular_value, squared_singular_values};
pub use whitening::Whitening;

pub(crate) use packed::Packed;
pub(crate) use top_eigen::{LANES, Lanes, top_eigenvalues};
pub(crate) use top_vectors::{top_eigenvectors, top_eigenvectors_work};

use super::error::{DspError, check_finite, check_len};

/// Refuses a slice that is not an `n × n` matrix of finite numbers.
fn check_square(what: &'static str, matrix: &[f64], n: usize) -> Result<(), DspError> {
    check_len(what, matrix.len(), n.saturating_mul(n))?;
    check_finite(what, matrix)
}

/// Element-wise random matrices and comparisons for the tests of this folder.
#[cfg(test)]
mod testing {
    use proptest::prelude::*;

    /// A matrix of rows × columns values between −1 and 1.
    pub(super) fn matrix(
        rows: std::ops::Range<usize>,
        cols: std::ops::Range<usize>,
    ) -> impl Strategy<Value = (usize, usize, Vec<f64>)> {
        (rows, cols)
            .prop_flat_map(|(r, c)| (Just(r), Just(c), prop::collection::vec(-1.0..1.0f64, r * c)))
    }

    /// `A·Aᵀ`, term by term.
    pub(super) fn gram(a: &[f64], rows: usize, cols: usize) -> Vec<f64> {
        let entry = |i: usize, j: usize| (0..cols).map(|k| a[i * cols + k] * a[j * cols + k]).sum();
        (0..rows * rows).map(|at| entry(at / rows, at % rows)).collect()
    }

    /// `A·x`, term by term.
    pub(super) fn apply(a: &[f64], x: &[f64]) -> Vec<f64> {
        a.chunks(x.len()).map(|row| row.iter().zip(x).map(|(a, x)| a * x).sum()).collect()
    }

    pub(super) fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b).fold(0.0, |m: f64, (a, b)| m.max((a - b).abs()))
    }
}
