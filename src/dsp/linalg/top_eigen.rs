//! The largest eigenvalues of several small matrices at once, one matrix in each lane of a vector.

/// Matrices side by side.
pub(crate) const LANES: usize = 4;

/// One number of each matrix.
pub(crate) type Lanes = [f64; LANES];

/// How near to the root is near enough, relative to it.
const CLOSE: f64 = 4.0 * f64::EPSILON;

/// Steps of Laguerre's method allowed; it takes four to eight, and at worst halves 60 times.
const MOST_STEPS: usize = 128;

/// The largest eigenvalue of each of [`LANES`] symmetric positive semi-definite `n × n` matrices, of
/// which only the lower triangle is read. `matrices` is used up; `work` holds `2 n` values.
///
/// The matrices become tridiagonal by Householder's reflections; then Laguerre's method walks down
/// from an upper bound to the largest root of the characteristic polynomial, which it doesn't step
/// over but for rounding, as all roots are real (Wilkinson 1965, The Algebraic Eigenvalue Problem,
/// 7.25).
#[inline(always)]
pub(crate) fn top_eigenvalues(matrices: &mut [Lanes], n: usize, work: &mut [Lanes]) -> Lanes {
    let (diagonal, rest) = work.split_at_mut(n);
    let off = &mut rest[..n];
    let scale = scale(matrices, n);
    for row in 0..n {
        for value in &mut matrices[row * n..row * n + row + 1] {
            for lane in 0..LANES {
                value[lane] /= scale[lane];
            }
        }
    }
    reduce(matrices, n, diagonal, off);
    let mut top = largest_root(diagonal, off);
    for lane in 0..LANES {
        top[lane] *= scale[lane];
    }
    top
}

/// The trace, which no eigenvalue exceeds; 1 for a matrix of zeros.
#[inline(always)]
fn scale(matrices: &[Lanes], n: usize) -> Lanes {
    let mut trace = [0.0; LANES];
    for at in 0..n {
        for lane in 0..LANES {
            trace[lane] += matrices[at * n + at][lane];
        }
    }
    trace.map(|value| if value > 0.0 { value } else { 1.0 })
}

/// Tridiagonal form: diagonal, and squares of the off-diagonal.
#[inline(always)]
fn reduce(a: &mut [Lanes], n: usize, diagonal: &mut [Lanes], off: &mut [Lanes]) {
    // Column by column from the last row on, so that the lower triangle is all that is read:
    // row `k` gets all but its last entry before the diagonal reflected away.
    for k in (0..n).rev() {
        diagonal[k] = a[k * n + k];
        if k == 0 {
            off[0] = [0.0; LANES];
            break;
        }
        let (above, row) = a.split_at_mut(k * n);
        let v = &mut row[..k];
        let mut tail = [0.0; LANES];
        for value in &v[..k - 1] {
            for lane in 0..LANES {
                tail[lane] += value[lane] * value[lane];
            }
        }
        let head = v[k - 1];
        let mut factor = [0.0; LANES];
        let mut first = [0.0; LANES];
        for lane in 0..LANES {
            let square = head[lane] * head[lane] + tail[lane];
            off[k][lane] = square;
            let length = square.sqrt();
            first[lane] = head[lane] + length.copysign(head[lane]);
            // 2/vᵀv of the vector with its head replaced; nothing to do where the tail is empty.
            let half = length * (length + head[lane].abs());
            let needed = tail[lane] > 1e-300 && half > 0.0;
            factor[lane] = if needed { 1.0 / half } else { 0.0 };
        }
        v[k - 1] = first;
        reflect(above, n, k, v, &factor, &mut off[..k]);
    }
}

/// `(I − f·v·vᵀ) A (I − f·v·vᵀ)` for the leading `k × k` block, on its lower triangle.
#[inline(always)]
fn reflect(a: &mut [Lanes], n: usize, k: usize, v: &[Lanes], f: &Lanes, w: &mut [Lanes]) {
    w.fill([0.0; LANES]);
    for i in 0..k {
        let row = &a[i * n..i * n + i + 1];
        let mut sum = [0.0; LANES];
        for (j, value) in row[..i].iter().enumerate() {
            for lane in 0..LANES {
                sum[lane] += value[lane] * v[j][lane];
                w[j][lane] += value[lane] * v[i][lane];
            }
        }
        for lane in 0..LANES {
            w[i][lane] += sum[lane] + row[i][lane] * v[i][lane];
        }
    }
    let mut along = [0.0; LANES];
    for (w, v) in w.iter_mut().zip(v) {
        for lane in 0..LANES {
            w[lane] *= f[lane];
            along[lane] += w[lane] * v[lane];
        }
    }
    for (w, v) in w.iter_mut().zip(v) {
        for lane in 0..LANES {
            w[lane] -= 0.5 * f[lane] * along[lane] * v[lane];
        }
    }
    for i in 0..k {
        for j in 0..=i {
            let value = &mut a[i * n + j];
            for lane in 0..LANES {
                value[lane] -= v[i][lane] * w[j][lane] + w[i][lane] * v[j][lane];
            }
        }
    }
}

/// The largest root of each characteristic polynomial, from the diagonal and the squares of the
/// off-diagonal of matrices of trace 1.
#[inline(always)]
fn largest_root(diagonal: &[Lanes], off: &[Lanes]) -> Lanes {
    let n = diagonal.len() as f64;
    let mut x = upper_bound(diagonal, off);
    let (mut low, mut high) = ([0.0; LANES], x);
    let mut retreat = [CLOSE; LANES];
    let mut moving = [true; LANES];
    for _ in 0..MOST_STEPS {
        let Slope { ratio, curvature, below } = slope(diagonal, off, &x);
        for lane in 0..LANES {
            // G = p'/p and H = G² − p''/p; the step is n / (G + √((n−1)(nH − G²))).
            let (g, h) = (ratio[lane], curvature[lane]);
            let inside = ((n - 1.0) * (n * h - g * g)).max(0.0);
            let target = x[lane] - n / (g + inside.sqrt());
            // Rounding may carry a step beyond the root, a little, or more where two roots nearly
            // agree: back up by growing steps.
            let under = below[lane] > 0.0;
            low[lane] = if under && moving[lane] { x[lane] } else { low[lane] };
            high[lane] = if !under && moving[lane] { x[lane] } else { high[lane] };
            let between = 0.5 * (low[lane] + high[lane]);
            let back = between.min(low[lane] + retreat[lane] * high[lane]);
            retreat[lane] *= if under { 8.0 } else { 1.0 };
            let down = if target > low[lane] { target } else { back };
            let next = if under { back } else { down };
            moving[lane] &= high[lane] - next > CLOSE * high[lane];
            x[lane] = next;
        }
        if !moving.contains(&true) {
            break;
        }
    }
    high
}

/// No eigenvalue exceeds this: by their mean and their variance (Samuelson 1968, J Am Stat Assoc
/// 63:1522), nor the trace, which is 1.
#[inline(always)]
fn upper_bound(diagonal: &[Lanes], off: &[Lanes]) -> Lanes {
    let n = diagonal.len() as f64;
    let mut squares = [0.0; LANES];
    for (d, coupled) in diagonal.iter().zip(off) {
        for lane in 0..LANES {
            squares[lane] += d[lane] * d[lane] + 2.0 * coupled[lane];
        }
    }
    squares.map(|squares| {
        // The difference of two sums that nearly agree has lost its digits.
        let variance = (squares - 1.0 / n).max(0.0) + 8.0 * f64::EPSILON;
        let spread = variance * (n - 1.0) / n;
        (1.0 / n + spread.sqrt()).min(1.0) * (1.0 + 4.0 * n * f64::EPSILON)
    })
}

/// What Laguerre's method needs to know of a polynomial at some x.
struct Slope {
    ratio: Lanes,
    curvature: Lanes,
    /// Above 0 where x is not beyond the largest root.
    below: Lanes,
}

/// `p'/p` and `(p'/p)² − p''/p` of the characteristic polynomial at x, by the ratios of its leading
/// minors, which neither overflow nor underflow and are all positive beyond the largest root.
#[inline(always)]
fn slope(diagonal: &[Lanes], off: &[Lanes], x: &Lanes) -> Slope {
    let (mut ratio, mut curvature, mut below) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
    // q = pₖ/pₖ₋₁ with its first two derivatives; ln p is the sum of the ln q.
    let (mut q, mut dq, mut ddq) = ([1.0; LANES], [0.0; LANES], [0.0; LANES]);
    for (d, coupled) in diagonal.iter().zip(off) {
        for lane in 0..LANES {
            let inverse = 1.0 / q[lane];
            let (r, r1) = (coupled[lane] * inverse, dq[lane] * inverse);
            let next = x[lane] - d[lane] - r;
            let next1 = 1.0 + r * r1;
            let next2 = r * (ddq[lane] * inverse - 2.0 * r1 * r1);
            below[lane] = if next > 0.0 { below[lane] } else { 1.0 };
            let l1 = next1 / next;
            ratio[lane] += l1;
            curvature[lane] += l1 * l1 - next2 / next;
            (q[lane], dq[lane], ddq[lane]) = (next, next1, next2);
        }
    }
    Slope { ratio, curvature, below }
}

#[cfg(test)]
mod tests {
    use super::super::symmetric_eigen;
    use super::super::testing::{gram, matrix};
    use super::*;
    use proptest::prelude::*;

    fn tops(matrices: &[Vec<f64>], n: usize) -> Lanes {
        let mut lanes: Vec<Lanes> =
            (0..n * n).map(|at| std::array::from_fn(|lane| matrices[lane][at])).collect();
        top_eigenvalues(&mut lanes, n, &mut vec![[0.0; LANES]; 2 * n])
    }

    fn check(matrices: &[Vec<f64>], n: usize) {
        for (found, matrix) in tops(matrices, n).iter().zip(matrices) {
            let expected = symmetric_eigen(matrix, n).unwrap().values[0];
            let rounding = 1e-14 * n as f64 * expected.abs() + f64::MIN_POSITIVE;
            assert!((found - expected).abs() <= rounding, "{found:e} {expected:e}");
        }
    }

    proptest! {
        #[test]
        fn agree_with_the_whole_spectrum(
            (n, cols, x) in matrix(1..14, 1..30),
            exponents in prop::array::uniform4(-120..120i32),
        ) {
            let matrices: Vec<_> = exponents.iter().enumerate().map(|(lane, &exponent)| {
                let scale = 2f64.powi(exponent);
                let rows: Vec<f64> = x.iter().enumerate()
                    .map(|(at, v)| scale * (v + 0.3 * x[(at * (lane + 1)) % x.len()]))
                    .collect();
                gram(&rows, n, cols)
            }).collect();
            check(&matrices, n);
        }
    }

    #[test]
    fn zeros_equal_and_nearly_equal_roots() {
        let diagonal = |values: &[f64]| {
            let n = values.len();
            (0..n * n)
                .map(|at| if at % (n + 1) == 0 { values[at / (n + 1)] } else { 0.0 })
                .collect::<Vec<_>>()
        };
        check(
            &[
                diagonal(&[0.0; 3]),
                diagonal(&[1.0; 3]),
                diagonal(&[0.2, 1.0, 1.0]),
                diagonal(&[1e-30, 0.0, 1e-30]),
            ],
            3,
        );
        check(
            &[
                vec![1.0, 1e-9, 1e-9, 1.0],
                vec![0.5, 0.5, 0.5, 0.5],
                vec![1.0, 0.0, 0.0, 1.0 - 1e-12],
                vec![3.0, -1e-200, -1e-200, 3.0],
            ],
            2,
        );
    }
}
