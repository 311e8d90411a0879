//! Eigenvectors of the largest eigenvalues of several small matrices at once, one matrix in each lane
//! of a vector.

use super::top_eigen::{LANES, Lanes, top_eigenvalues};

/// How far above the largest eigenvalue the matrix is inverted, relative to it and for each row:
/// beyond rounding, and near enough that each inversion leaves all but nothing of other vectors.
const SHIFT: f64 = 1e-14;
/// Matrices without a larger eigenvalue count as zero.
const SMALLEST: f64 = 1e-290;
/// Inversions; two are enough unless the start knows next to nothing of the vector.
const INVERSIONS: usize = 3;

/// Lanes that [`top_eigenvectors`] works in.
pub(crate) fn top_eigenvectors_work(n: usize) -> usize {
    n * n + 2 * n
}

/// The largest eigenvalue of each of [`LANES`] symmetric positive semi-definite `n × n` matrices, of
/// which only the lower triangle is read, and into `vectors` a unit vector that belongs to it,
/// whichever of the two signs: exact to rounding over the relative gap. For a matrix of zeros any
/// vector will do. `matrices` is used up; `work` holds [`top_eigenvectors_work`] values.
///
/// Inverse iteration (Wilkinson 1965, The Algebraic Eigenvalue Problem, 9.47): a shift just above the
/// largest eigenvalue leaves a definite matrix, which needs no pivoting.
#[inline(always)]
pub(crate) fn top_eigenvectors(
    matrices: &mut [Lanes],
    n: usize,
    work: &mut [Lanes],
    vectors: &mut [Lanes],
) -> Lanes {
    let (used, rest) = work.split_at_mut(n * n);
    used.copy_from_slice(&matrices[..n * n]);
    let top = top_eigenvalues(used, n, rest);
    let scale = top.map(|value| if value > SMALLEST { 1.0 / value } else { 0.0 });
    let (inverse, rest) = rest.split_at_mut(n);
    factor(matrices, n, &scale, inverse, &mut rest[..n]);
    for (place, out) in vectors[..n].iter_mut().enumerate() {
        // Irregular, so that no vector of a regular matrix is missed.
        *out = [0.3 + (place as f64 * 0.618_033_988_749_894_9).fract(); LANES];
    }
    for _ in 0..INVERSIONS {
        solve(matrices, n, inverse, &mut vectors[..n]);
        normalize(&mut vectors[..n]);
    }
    top
}

/// `μ·I − scale·A = L·D·Lᵀ` for a μ just above 1: L into the place of A, the inverse of D beside it.
#[inline(always)]
fn factor(a: &mut [Lanes], n: usize, scale: &Lanes, inverse: &mut [Lanes], scaled: &mut [Lanes]) {
    let shift = 1.0 + SHIFT * n as f64;
    for i in 0..n {
        let (done, rest) = a.split_at_mut(i * n);
        let row = &mut rest[..n];
        let mut pivot = [0.0; LANES];
        for lane in 0..LANES {
            pivot[lane] = shift - scale[lane] * row[i][lane];
        }
        for j in 0..i {
            let other = &done[j * n..j * n + j];
            let mut sum = [0.0; LANES];
            for lane in 0..LANES {
                sum[lane] = -scale[lane] * row[j][lane];
            }
            for (s, l) in scaled[..j].iter().zip(other) {
                for lane in 0..LANES {
                    sum[lane] -= s[lane] * l[lane];
                }
            }
            for lane in 0..LANES {
                let l = sum[lane] * inverse[j][lane];
                scaled[j][lane] = sum[lane];
                row[j][lane] = l;
                pivot[lane] -= sum[lane] * l;
            }
        }
        for lane in 0..LANES {
            // Rounding alone can bring a pivot to zero.
            inverse[i][lane] = 1.0 / pivot[lane].max(f64::EPSILON);
        }
    }
}

/// Solves with the factors in place of `x`.
#[inline(always)]
fn solve(lower: &[Lanes], n: usize, inverse: &[Lanes], x: &mut [Lanes]) {
    for i in 1..n {
        let (done, rest) = x.split_at_mut(i);
        for (l, y) in lower[i * n..i * n + i].iter().zip(done) {
            for lane in 0..LANES {
                rest[0][lane] -= l[lane] * y[lane];
            }
        }
    }
    for (value, inverse) in x.iter_mut().zip(inverse) {
        for lane in 0..LANES {
            value[lane] *= inverse[lane];
        }
    }
    for i in (1..n).rev() {
        let (rest, done) = x.split_at_mut(i);
        for (l, y) in lower[i * n..i * n + i].iter().zip(rest) {
            for lane in 0..LANES {
                y[lane] -= l[lane] * done[0][lane];
            }
        }
    }
}

#[inline(always)]
fn normalize(x: &mut [Lanes]) {
    let mut square = [0.0; LANES];
    for value in &*x {
        for lane in 0..LANES {
            square[lane] += value[lane] * value[lane];
        }
    }
    let scale = square.map(|square| if square > 0.0 { 1.0 / square.sqrt() } else { 0.0 });
    for value in x {
        for lane in 0..LANES {
            value[lane] *= scale[lane];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::symmetric_eigen;
    use super::super::testing::{apply, gram, matrix};
    use super::*;
    use proptest::prelude::*;

    fn check(matrices: &[Vec<f64>; LANES], n: usize) {
        let mut lanes: Vec<Lanes> =
            (0..n * n).map(|at| std::array::from_fn(|lane| matrices[lane][at])).collect();
        let mut vectors = vec![[f64::NAN; LANES]; n];
        let mut work = vec![[f64::NAN; LANES]; top_eigenvectors_work(n)];
        let values = top_eigenvectors(&mut lanes, n, &mut work, &mut vectors);
        for (lane, matrix) in matrices.iter().enumerate() {
            let vector: Vec<f64> = vectors.iter().map(|v| v[lane]).collect();
            let top = symmetric_eigen(matrix, n).unwrap().values[0];
            assert!((values[lane] - top).abs() <= 1e-13 * top.abs() + f64::MIN_POSITIVE);
            let square: f64 = vector.iter().map(|v| v * v).sum();
            assert!((square - 1.0).abs() < 1e-13, "{vector:?}");
            for (image, v) in apply(matrix, &vector).iter().zip(&vector) {
                assert!((image - top * v).abs() <= 1e-12 * top, "{image} {v} {top}");
            }
        }
    }

    proptest! {
        #[test]
        fn agree_with_the_whole_spectrum(
            (n, cols, x) in matrix(1..14, 1..30),
            exponents in prop::array::uniform4(-120..120i32),
        ) {
            let matrices = std::array::from_fn(|lane| {
                let scale = 2f64.powi(exponents[lane]);
                let rows: Vec<f64> = x.iter().enumerate()
                    .map(|(at, v)| scale * (v + 0.3 * x[(at * (lane + 1)) % x.len()]))
                    .collect();
                gram(&rows, n, cols)
            });
            check(&matrices, n);
        }

        /// From well apart to equal. Beside the residual, the vector itself, as long as it is defined.
        #[test]
        fn close_eigenvalues_are_told_apart_or_share_a_space((n, _, x) in matrix(2..14, 14..15)) {
            let basis = symmetric_eigen(&gram(&x, n, 14), n).unwrap();
            for nearness in [[0, 1, 2, 3], [4, 6, 8, 10], [12, 14, 15, 16]] {
                let matrices = nearness.map(|nearness| {
                    let value = |i: usize| match i {
                        0 => 1.0,
                        1 => 1.0 - 10f64.powi(-nearness),
                        _ => 0.5 / i as f64,
                    };
                    let entry = |r: usize, c: usize| -> f64 {
                        (0..n).map(|i| value(i) * basis.vector(i)[r] * basis.vector(i)[c]).sum()
                    };
                    (0..n * n).map(|k| entry(k / n, k % n)).collect()
                });
                check(&matrices, n);
            }
        }
    }

    #[test]
    fn regular_matrices_are_no_trap() {
        let block = vec![1.0, 0.9, 0.0, 0.9, 1.0, 0.0, 0.0, 0.0, 1.5];
        let opposite = vec![1.0, -1.0, 0.0, -1.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        let identity = vec![1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        let ones = vec![1.0; 9];
        check(&[block, opposite, identity, ones], 3);
        check(
            &[vec![0.0; 4], vec![1.0; 4], vec![1e-30, 0.0, 0.0, 0.0], vec![2.0, 0.0, 0.0, 3.0]],
            2,
        );
        check(&[vec![0.0], vec![1.0], vec![1e-30], vec![1e200]], 1);
    }
}
