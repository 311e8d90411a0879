//! All eigenvalues and eigenvectors of a symmetric matrix.

use super::{
    check_square,
    tridiagonal::{diagonalize, reduce, reflections, reflections_into},
};
use crate::dsp::error::DspError;

/// Eigenvalues in descending order, with their eigenvectors.
#[derive(Debug, Clone, PartialEq)]
pub struct Eigen {
    /// The n eigenvalues, largest first.
    pub values: Vec<f64>,
    /// The eigenvectors, n × n row-major: row i belongs to value i.
    pub vectors: Vec<f64>,
}

impl Eigen {
    /// The eigenvector of value `index`; empty if there is no such value.
    pub fn vector(&self, index: usize) -> &[f64] {
        let n = self.values.len();
        if index < n { &self.vectors[index * n..(index + 1) * n] } else { &[] }
    }
}

/// Eigenvalues and orthonormal eigenvectors of the symmetric `n × n` matrix `a`. Only the mean of
/// `a` and its transpose counts. The element of largest modulus in each vector is positive.
///
/// ```
/// use evoked::dsp::linalg::symmetric_eigen;
///
/// let eigen = symmetric_eigen(&[2.0, 1.0, 1.0, 2.0], 2)?;
/// assert!((eigen.values[0] - 3.0).abs() < 1e-14 && (eigen.values[1] - 1.0).abs() < 1e-14);
/// assert!((eigen.vector(0)[0] - eigen.vector(0)[1]).abs() < 1e-14);
/// # Ok::<(), evoked::dsp::DspError>(())
/// ```
///
/// # Errors
///
/// [`DspError::Length`], [`DspError::NotFinite`], [`DspError::NoConvergence`].
pub fn symmetric_eigen(a: &[f64], n: usize) -> Result<Eigen, DspError> {
    check_square("matrix", a, n)?;
    let scale = scale_of(a);
    let mut work = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..n {
            work[i * n + j] = (a[i * n + j] / scale + a[j * n + i] / scale) / 2.0;
        }
    }
    let (mut values, mut off) = (vec![0.0; n], vec![0.0; n]);
    reduce(&mut work, n, &mut values, &mut off);
    let mut vectors = reflections(&work, n);
    diagonalize(&mut values, &mut off, &mut vectors)?;
    values.iter_mut().for_each(|value| *value *= scale);
    let mut eigen = sorted(&values, &vectors);
    fix_signs(&mut eigen);
    Ok(eigen)
}

/// Memory for [`symmetric_eigen_in`], and what it found.
#[derive(Debug, Clone, Default)]
pub struct EigenScratch {
    work: Vec<f64>,
    off: Vec<f64>,
    /// The eigenvalues, largest first.
    pub values: Vec<f64>,
    /// The eigenvectors, n × n row-major: row i belongs to value i, whichever of the two signs.
    pub vectors: Vec<f64>,
}

/// As [`symmetric_eigen`], without allocation once the scratch has grown.
///
/// # Errors
///
/// As [`symmetric_eigen`].
pub fn symmetric_eigen_in(a: &[f64], n: usize, scratch: &mut EigenScratch) -> Result<(), DspError> {
    check_square("matrix", a, n)?;
    let scale = scale_of(a);
    let EigenScratch { work, off, values, vectors } = scratch;
    work.clear();
    work.extend(a.iter().map(|value| value / scale));
    for (buffer, len) in [(&mut *off, n), (&mut *values, n), (&mut *vectors, n * n)] {
        buffer.clear();
        buffer.resize(len, 0.0);
    }
    reduce(work, n, values, off);
    reflections_into(work, n, vectors);
    diagonalize(values, off, vectors)?;
    values.iter_mut().for_each(|value| *value *= scale);
    for place in 0..n {
        let largest = (place..n).max_by(|&i, &j| values[i].total_cmp(&values[j]));
        if let Some(largest) = largest.filter(|&largest| largest != place) {
            values.swap(place, largest);
            let (head, tail) = vectors.split_at_mut(largest * n);
            head[place * n..(place + 1) * n].swap_with_slice(&mut tail[..n]);
        }
    }
    Ok(())
}

/// The largest modulus, to divide by; 1 for a matrix of zeros. Far from 1 squares could overflow or
/// underflow on the way.
pub(super) fn scale_of(a: &[f64]) -> f64 {
    let largest = a.iter().fold(0.0, |m: f64, value| m.max(value.abs()));
    if largest > 0.0 { largest } else { 1.0 }
}

fn sorted(values: &[f64], vectors: &[f64]) -> Eigen {
    let n = values.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| values[j].total_cmp(&values[i]));
    let rows = order.iter().flat_map(|&i| vectors[i * n..(i + 1) * n].iter().copied());
    Eigen { values: order.iter().map(|&i| values[i]).collect(), vectors: rows.collect() }
}

/// Eigenvectors are known up to their sign: makes the element of largest modulus positive.
pub(super) fn fix_signs(eigen: &mut Eigen) {
    for vector in eigen.vectors.chunks_exact_mut(eigen.values.len().max(1)) {
        let largest = vector.iter().fold(0.0, |m: f64, &v| if v.abs() > m.abs() { v } else { m });
        if largest < 0.0 {
            vector.iter_mut().for_each(|v| *v = -*v);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{apply, gram, largest_difference, matrix};
    use super::*;
    use proptest::prelude::*;

    fn symmetric(x: &[f64], n: usize) -> Vec<f64> {
        (0..n * n).map(|k| x[k / n * n + k % n] + x[k % n * n + k / n]).collect()
    }

    fn identity(n: usize) -> Vec<f64> {
        (0..n * n).map(|k| if k / n == k % n { 1.0 } else { 0.0 }).collect()
    }

    fn assert_is_eigen(a: &[f64], n: usize) {
        let eigen = symmetric_eigen(a, n).unwrap();
        let tolerance = 1e-14 * n as f64 * scale_of(a);
        for (i, &value) in eigen.values.iter().enumerate() {
            let expected: Vec<f64> = eigen.vector(i).iter().map(|v| v * value).collect();
            let difference = largest_difference(&apply(a, eigen.vector(i)), &expected);
            assert!(difference <= tolerance, "{difference:e}");
        }
        assert!(eigen.values.is_sorted_by(|l, r| l >= r));
        assert!(largest_difference(&gram(&eigen.vectors, n, n), &identity(n)) <= 1e-13 * n as f64);
    }

    proptest! {
        #[test]
        fn solves_random_matrices((n, _, x) in matrix(1..20, 20..21), exponent in -300..300i32) {
            let scale = 10f64.powi(exponent);
            let a: Vec<f64> = symmetric(&x, n).iter().map(|v| v * scale).collect();
            assert_is_eigen(&a, n);
            let mut found = EigenScratch::default();
            symmetric_eigen_in(&a, n, &mut found).unwrap();
            let mut found = Eigen { values: found.values, vectors: found.vectors };
            fix_signs(&mut found);
            let expected = symmetric_eigen(&a, n).unwrap();
            prop_assert!(largest_difference(&found.values, &expected.values) <= 1e-13 * scale);
            prop_assert!(found.values.is_sorted_by(|l, r| l >= r));
            prop_assert!(largest_difference(&gram(&found.vectors, n, n), &identity(n)) <= 1e-13 * n as f64);
        }

        /// Rows and columns of very different size, as from channels in volts and in microvolts.
        #[test]
        fn solves_graded_matrices(
            (n, _, x) in matrix(1..12, 12..13),
            powers in prop::collection::vec(-200..1i32, 12),
        ) {
            let a = symmetric(&x, n);
            let graded = (0..n * n).map(|k| a[k] * 10f64.powi(powers[k / n] + powers[k % n]));
            assert_is_eigen(&graded.collect::<Vec<_>>(), n);
        }

        /// Few distinct eigenvalues, each many times over.
        #[test]
        fn solves_repeated_eigenvalues((n, _, x) in matrix(2..15, 15..16), kinds in 1..4usize) {
            let basis = symmetric_eigen(&symmetric(&x, n), n).unwrap();
            let value = |i: usize| (i % kinds) as f64 - 1.0;
            let entry = |r: usize, c: usize| -> f64 {
                (0..n).map(|i| value(i) * basis.vector(i)[r] * basis.vector(i)[c]).sum()
            };
            let a: Vec<f64> = (0..n * n).map(|k| entry(k / n, k % n)).collect();
            assert_is_eigen(&a, n);
            let found = symmetric_eigen(&a, n).unwrap().values;
            let mut expected: Vec<f64> = (0..n).map(value).collect();
            expected.sort_by(|l, r| r.total_cmp(l));
            prop_assert!(largest_difference(&found, &expected) < 1e-12);
        }
    }

    #[test]
    fn solves_special_matrices() {
        for n in [0, 1, 2, 5, 40] {
            assert_is_eigen(&vec![0.0; n * n], n);
            assert_is_eigen(&vec![1.0; n * n], n);
            assert_is_eigen(&identity(n), n);
        }
        // Second differences: 2 − 2 cos(πk / (n + 1)).
        let n = 30;
        let entry = |k: usize| match (k / n).abs_diff(k % n) {
            0 => 2.0,
            1 => -1.0,
            _ => 0.0,
        };
        let a: Vec<f64> = (0..n * n).map(entry).collect();
        assert_is_eigen(&a, n);
        let found = symmetric_eigen(&a, n).unwrap().values;
        for (k, value) in found.iter().rev().enumerate() {
            let angle = std::f64::consts::PI * (k + 1) as f64 / (n + 1) as f64;
            assert!((value - 2.0 + 2.0 * angle.cos()).abs() < 1e-13);
        }
    }

    #[test]
    fn refuses_hostile_input() {
        assert!(matches!(symmetric_eigen(&[1.0; 3], 2), Err(DspError::Length { .. })));
        assert!(matches!(symmetric_eigen(&[], usize::MAX), Err(DspError::Length { .. })));
        for bad in [f64::NAN, f64::INFINITY] {
            let found = symmetric_eigen(&[1.0, 0.0, bad, 1.0], 2);
            assert_eq!(found, Err(DspError::NotFinite { what: "matrix", index: 2 }));
        }
        assert!(symmetric_eigen(&[f64::MAX; 9], 3).is_ok());
        let eigen = symmetric_eigen(&[3.0], 1).unwrap();
        assert_eq!((eigen.vector(0), eigen.vector(1)), ([1.0].as_slice(), [].as_slice()));
    }
}
