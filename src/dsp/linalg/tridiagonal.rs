//! Symmetric matrices to tridiagonal form (Householder), and tridiagonal ones to diagonal form
//! (implicit QR with Wilkinson's shift). Golub & Van Loan, *Matrix Computations*, sections 8.3.1–3.

use super::product::{add_scaled, dot};
use crate::dsp::error::DspError;

/// QR steps allowed for each eigenvalue; two are typical.
const STEPS_PER_VALUE: usize = 60;

/// Entries this small beside a matrix of norm 1 are dropped, so that squares do not underflow.
const NEGLIGIBLE: f64 = 1e-150;

/// Reduces the symmetric `n × n` matrix `a` to tridiagonal form: diagonal and off-diagonal into
/// `diagonal` (n values) and `off` (n values, the last is zero). Row k of `a` is left holding the
/// Householder vector of step k to the right of its diagonal, scaled to a squared norm of 2 (or
/// zero if the step had nothing to do).
pub(super) fn reduce(a: &mut [f64], n: usize, diagonal: &mut [f64], off: &mut [f64]) {
    for k in 0..n {
        let (done, rest) = a.split_at_mut((k + 1) * n);
        let row = &mut done[k * n..];
        diagonal[k] = row[k];
        let vector = &mut row[k + 1..];
        off[k] = householder(vector);
        if vector.first().is_some_and(|&first| first != 0.0) {
            // `off` holds nothing beyond k yet: it serves as work space.
            let work = &mut off[k + 1..];
            reflect_both_sides(rest, n, k + 1, vector, work);
        }
    }
}

/// Turns x into the vector v with `(I − v·vᵀ) x = (r, 0, …, 0)` and gives r. If x has that form
/// already, v is zero.
fn householder(x: &mut [f64]) -> f64 {
    let Some((&mut head, tail)) = x.split_first_mut() else { return 0.0 };
    let norm = dot(tail, tail).sqrt();
    if norm <= NEGLIGIBLE {
        x.fill(0.0);
        return head;
    }
    let length = head.hypot(norm);
    let target = -length.copysign(head);
    let first = head - target;
    // The vector x − target·e₁ has a squared norm of 2 · length · |first|.
    let scale = 1.0 / (length * first.abs()).sqrt();
    x[0] = first;
    x.iter_mut().for_each(|value| *value *= scale);
    target
}

/// `(I − v·vᵀ) A (I − v·vᵀ)` for the trailing block that starts at column `start` of the rows given.
fn reflect_both_sides(rows: &mut [f64], n: usize, start: usize, v: &[f64], work: &mut [f64]) {
    for (w, row) in work.iter_mut().zip(rows.chunks_exact(n)) {
        *w = dot(&row[start..], v);
    }
    let half = dot(work, v) / 2.0;
    add_scaled(work, -half, v);
    for (i, row) in rows.chunks_exact_mut(n).enumerate() {
        let (vi, wi) = (v[i], work[i]);
        for ((value, v), w) in row[start..].iter_mut().zip(v).zip(&*work) {
            *value -= vi * w + wi * v;
        }
    }
}

/// The orthogonal matrix Q of a reduction, from what [`reduce`] left in `a`: `Q·A·Qᵀ` is the
/// tridiagonal matrix.
pub(super) fn reflections(a: &[f64], n: usize) -> Vec<f64> {
    let mut q = vec![0.0; n * n];
    reflections_into(a, n, &mut q);
    q
}

/// The same into `n × n` values.
pub(super) fn reflections_into(a: &[f64], n: usize, q: &mut [f64]) {
    q.fill(0.0);
    (0..n).for_each(|i| q[i * n + i] = 1.0);
    // Q = H_last … H_1 H_0; rows are multiplied from the right, later reflections first.
    for k in (0..n.saturating_sub(1)).rev() {
        let v = &a[k * n + k + 1..(k + 1) * n];
        for row in q.chunks_exact_mut(n).skip(k + 1) {
            let along = dot(&row[k + 1..], v);
            add_scaled(&mut row[k + 1..], -along, v);
        }
    }
}

/// Takes the off-diagonal of a tridiagonal matrix to zero by rotations; the eigenvalues are left on
/// the diagonal, in no order. `rows` (n × n, or empty if not wanted) is rotated along: started as
/// Q it ends with the eigenvectors as rows. The matrix should have a norm near 1.
pub(super) fn diagonalize(
    diagonal: &mut [f64],
    off: &mut [f64],
    rows: &mut [f64],
) -> Result<(), DspError> {
    let n = diagonal.len();
    let mut steps_left = n.saturating_mul(STEPS_PER_VALUE);
    let mut end = n;
    while end > 1 {
        let small = |k: usize| {
            let beside = diagonal[k].abs() + diagonal[k + 1].abs();
            off[k].abs() <= (f64::EPSILON * beside).max(NEGLIGIBLE)
        };
        let start = (0..end - 1).rev().find(|&k| small(k)).map_or(0, |k| k + 1);
        if let Some(before) = start.checked_sub(1) {
            off[before] = 0.0;
        }
        if start + 1 == end {
            end -= 1;
            continue;
        }
        if steps_left == 0 {
            return Err(DspError::NoConvergence { what: "symmetric eigenvalue iteration" });
        }
        steps_left -= 1;
        qr_step(diagonal, off, rows, start, end);
    }
    Ok(())
}

/// One implicit QR step on the unreduced block of rows `start..end`, at least two rows.
fn qr_step(diagonal: &mut [f64], off: &mut [f64], rows: &mut [f64], start: usize, end: usize) {
    let n = diagonal.len();
    let mut x = diagonal[start] - shift(diagonal[end - 2], off[end - 2], diagonal[end - 1]);
    let mut bulge = off[start];
    for k in start..end - 1 {
        let length = (x * x + bulge * bulge).sqrt();
        let (c, s) = if length > NEGLIGIBLE { (x / length, bulge / length) } else { (1.0, 0.0) };
        if k > start {
            off[k - 1] = length;
        }
        let (upper, side, lower) = (diagonal[k], off[k], diagonal[k + 1]);
        let (cc, ss, cs) = (c * c, s * s, c * s);
        diagonal[k] = cc * upper + 2.0 * cs * side + ss * lower;
        diagonal[k + 1] = ss * upper - 2.0 * cs * side + cc * lower;
        off[k] = cs * (lower - upper) + (cc - ss) * side;
        if k + 2 < end {
            bulge = s * off[k + 1];
            off[k + 1] *= c;
            x = off[k];
        }
        if !rows.is_empty() {
            let (above, below) = rows[k * n..].split_at_mut(n);
            for (p, q) in above.iter_mut().zip(&mut below[..n]) {
                (*p, *q) = (c * *p + s * *q, c * *q - s * *p);
            }
        }
    }
}

/// The eigenvalue of `[[a, b], [b, c]]` that is closer to c.
fn shift(a: f64, b: f64, c: f64) -> f64 {
    let half = (a - c) / 2.0;
    let denominator = half + half.hypot(b).copysign(half);
    if denominator == 0.0 { c } else { c - b * (b / denominator) }
}
