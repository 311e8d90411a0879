use crate::dsp::linalg::LANES;
use crate::dsp::linalg::Lanes;

/// Rows of which less than this part of the power is left beside the rows before them count for
/// nothing.
const SMALLEST_PIVOT: f64 = 1e-10;

/// The factors L of [`LANES`] symmetric matrices, `A = L·L'`, in place of their lower triangles, with the
/// inverse of each diagonal entry in its place; 0 there for a row that adds nothing.
#[inline(always)]
pub(super) fn factor(triangle: &mut [Lanes], n: usize) {
    let mut start = 0;
    for i in 0..n {
        let (done, rest) = triangle.split_at_mut(start);
        let row = &mut rest[..=i];
        let mut other = 0;
        for j in 0..i {
            let before = &done[other..=other + j];
            let mut sum = row[j];
            for (a, b) in row[..j].iter().zip(before) {
                for lane in 0..LANES {
                    sum[lane] -= a[lane] * b[lane];
                }
            }
            for lane in 0..LANES {
                row[j][lane] = sum[lane] * before[j][lane];
            }
            other += j + 1;
        }
        let power = row[i];
        let mut left = power;
        for value in &row[..i] {
            for lane in 0..LANES {
                left[lane] -= value[lane] * value[lane];
            }
        }
        for lane in 0..LANES {
            let adds = left[lane] > SMALLEST_PIVOT * power[lane];
            row[i][lane] = if adds { 1.0 / left[lane].sqrt() } else { 0.0 };
        }
        start += i + 1;
    }
}

/// Adds the products of each target's rows with each other, lower triangles, all groups after one
/// another, or takes them off with a sign of −1.
#[inline(always)]
pub(super) fn add_products(triangles: &mut [Lanes], y: &[Lanes], rows: usize, sign: f64) {
    for (triangle, y) in triangles.chunks_exact_mut(triangle(rows)).zip(y.chunks_exact(rows)) {
        let mut place = 0;
        for (i, left) in y.iter().enumerate() {
            let left = left.map(|left| sign * left);
            for (sum, right) in triangle[place..].iter_mut().zip(&y[..=i]) {
                for lane in 0..LANES {
                    sum[lane] += left[lane] * right[lane];
                }
            }
            place += i + 1;
        }
    }
}

/// The factors of such products over `count` samples, the rows without their means.
#[inline(always)]
pub(super) fn factor_centred(
    factors: &mut [Lanes],
    products: &[Lanes],
    sums: &[Lanes],
    rows: usize,
    count: f64,
) {
    let size = triangle(rows);
    let given = products.chunks_exact(size).zip(sums.chunks_exact(rows));
    for (out, (given, sum)) in factors.chunks_exact_mut(size).zip(given) {
        let mut place = 0;
        for (i, left) in sum.iter().enumerate() {
            for right in &sum[..=i] {
                for lane in 0..LANES {
                    out[place][lane] = given[place][lane] - left[lane] * right[lane] / count;
                }
                place += 1;
            }
        }
        factor(out, rows);
    }
}

/// Entries of a lower triangle.
pub(super) fn triangle(rows: usize) -> usize {
    rows * (rows + 1) / 2
}

/// `L⁻¹·b` in place of b; 0 for rows that add nothing.
#[inline(always)]
pub(super) fn solve(factor: &[Lanes], b: &mut [Lanes]) {
    let mut start = 0;
    for i in 0..b.len() {
        let (done, rest) = b.split_at_mut(i);
        let row = &factor[start..=start + i];
        let mut sum = rest[0];
        for (l, y) in row[..i].iter().zip(&*done) {
            for lane in 0..LANES {
                sum[lane] -= l[lane] * y[lane];
            }
        }
        for lane in 0..LANES {
            rest[0][lane] = sum[lane] * row[i][lane];
        }
        start += i + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `b'A⁻¹b` is the square of `L⁻¹b`, and equal rows count once.
    #[test]
    fn factors_solve_and_leave_out_what_adds_nothing() {
        // A of three rows, the third the same as the first in one lane only.
        let matrix = |lane: usize| -> [[f64; 3]; 3] {
            let last = if lane == 2 { [4.0, 1.0, 4.0] } else { [0.5, -0.3, 2.0 + lane as f64] };
            [[4.0, 1.0, last[0]], [1.0, 3.0, last[1]], last]
        };
        let mut triangle = Vec::new();
        for i in 0..3 {
            for j in 0..=i {
                triangle.push(std::array::from_fn(|lane| matrix(lane)[i][j]));
            }
        }
        factor(&mut triangle, 3);
        let mut b = vec![[1.0; LANES], [2.0; LANES], [1.0; LANES]];
        solve(&triangle, &mut b);
        for lane in 0..LANES {
            let found: f64 = b.iter().map(|row| row[lane] * row[lane]).sum();
            let m = matrix(lane);
            let [x, y] = [1.0, 2.0];
            let expected = if lane == 2 {
                assert_eq!(triangle[5][lane], 0.0);
                let det = m[0][0] * m[1][1] - m[0][1] * m[1][0];
                (x * x * m[1][1] - 2.0 * x * y * m[0][1] + y * y * m[0][0]) / det
            } else {
                // Cramer's rule.
                let det = |m: [[f64; 3]; 3]| {
                    m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
                        - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
                        + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
                };
                let right = [1.0, 2.0, 1.0];
                let solution = |column: usize| {
                    let mut replaced = m;
                    (0..3).for_each(|i| replaced[i][column] = right[i]);
                    det(replaced) / det(m)
                };
                (0..3).map(|i| right[i] * solution(i)).sum()
            };
            assert!((found - expected).abs() < 1e-12, "{lane}: {found} {expected}");
        }
    }
}
