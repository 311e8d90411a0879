//! Rows of several targets beside each other, so that what is computed for one target is computed for
//! a whole vector of them.

use crate::decode::DecodeError;
use crate::dsp::linalg::{LANES, Lanes, Packed, top_eigenvalues};

/// Rows of all targets as columns of a matrix: column `(group · rows + r) · LANES + lane` is row r of
/// target `group · LANES + lane`, zeros where a target has fewer rows than others.
#[derive(Debug, Clone)]
pub(super) struct Interleaved {
    /// The most rows that a target has.
    rows: usize,
    matrix: Packed,
}

/// Products of a signal's rows with those of all targets: signal rows × columns.
pub(super) type Part<'a> = (&'a Interleaved, &'a [f64]);

impl Interleaved {
    /// The rows of each target, `len` values each.
    pub(super) fn new(targets: &[Vec<f64>], len: usize) -> Self {
        let rows = targets.iter().map(|rows| rows.len() / len.max(1)).max().unwrap_or(0);
        let mut matrix = Packed::zeros(len, targets.len().div_ceil(LANES) * LANES * rows);
        for (target, own) in targets.iter().enumerate() {
            let (group, lane) = (target / LANES, target % LANES);
            for (row, values) in own.chunks_exact(len.max(1)).enumerate() {
                matrix.set_column((group * rows + row) * LANES + lane, values);
            }
        }
        Self { rows, matrix }
    }

    /// Values of each row.
    pub(super) fn len(&self) -> usize {
        self.matrix.rows()
    }

    /// The most rows that a target has.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Columns of the matrix.
    pub(super) fn count(&self) -> usize {
        self.matrix.cols()
    }

    /// One row of each target of a group.
    #[cfg(test)]
    pub(super) fn column(&self, column: usize) -> Vec<f64> {
        self.matrix.column(column)
    }

    /// Products of `signal`, rows as long as these, with all rows.
    pub(super) fn multiply(&self, signal: &[f64], products: &mut [f64]) -> Result<(), DecodeError> {
        if products.is_empty() {
            return Ok(());
        }
        Ok(self.matrix.multiply(signal, products)?)
    }

    /// The products of one row of the signal with the rows of a group of targets.
    #[inline(always)]
    pub(super) fn products<'a>(
        &self,
        products: &'a [f64],
        row: usize,
        group: usize,
    ) -> &'a [Lanes] {
        let start = row * self.count() + group * self.rows * LANES;
        products[start..start + self.rows * LANES].as_chunks::<LANES>().0
    }
}

/// `P·Pᵀ` of each target in a group, P being the products of `rank` rows of a signal with the
/// target's rows; its lower triangle, into `rank × rank` lanes.
#[inline(always)]
pub(super) fn gram(parts: &[Part<'_>], rank: usize, group: usize, gram: &mut [Lanes]) {
    gram.fill([0.0; LANES]);
    for (rows, products) in parts {
        for i in 0..rank {
            for j in 0..=i {
                let sum = &mut gram[i * rank + j];
                let (a, b) = (rows.products(products, i, group), rows.products(products, j, group));
                for (a, b) in a.iter().zip(b) {
                    for lane in 0..LANES {
                        sum[lane] += a[lane] * b[lane];
                    }
                }
            }
        }
    }
}

/// `Pᵀ·P` of the same products, as many rows and columns as a target has rows in all parts.
#[inline(always)]
fn gram_of_rows(parts: &[Part<'_>], rank: usize, group: usize, gram: &mut [Lanes]) {
    let size = total_rows(parts);
    gram.fill([0.0; LANES]);
    for row in 0..rank {
        let mut first = 0;
        for (rows, products) in parts {
            let left = rows.products(products, row, group);
            for (i, a) in left.iter().enumerate() {
                let mut column = 0;
                for (others, products) in parts {
                    let right = others.products(products, row, group);
                    for b in &right[..right.len().min((first + i + 1).saturating_sub(column))] {
                        let sum = &mut gram[(first + i) * size + column];
                        for lane in 0..LANES {
                            sum[lane] += a[lane] * b[lane];
                        }
                        column += 1;
                    }
                }
            }
            first += left.len();
        }
    }
}

fn total_rows(parts: &[Part<'_>]) -> usize {
    parts.iter().map(|(rows, _)| rows.rows()).sum()
}

/// Lanes that [`strongest`] works in.
pub(super) fn strongest_work(parts: &[Part<'_>], rank: usize) -> usize {
    let size = rank.min(total_rows(parts));
    size * (size + 2)
}

/// The largest singular value of each target's products, at most 1. `lanes` holds
/// [`strongest_work`] values.
#[inline(always)]
pub(super) fn strongest(parts: &[Part<'_>], rank: usize, scores: &mut [f64], lanes: &mut [Lanes]) {
    let rows = total_rows(parts);
    let size = rank.min(rows);
    let (matrices, work) = lanes.split_at_mut(size * size);
    for (group, scores) in scores.chunks_mut(LANES).enumerate() {
        if rows < rank {
            gram_of_rows(parts, rank, group, matrices);
        } else {
            gram(parts, rank, group, matrices);
        }
        for (score, top) in scores.iter_mut().zip(top_eigenvalues(matrices, size, work)) {
            *score = top.sqrt().min(1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::linalg::largest_singular_value;

    /// More signal rows than a target has, as many, and fewer: the singular value of the matrix that
    /// both parts make side by side.
    #[test]
    fn strongest_is_the_largest_singular_value() {
        let (len, targets) = (40, 5);
        let value = |at: usize| ((at * at * 31 + at * 7) % 113) as f64 / 1130.0 - 0.05;
        let target = |rows: usize, seed: usize| -> Vec<Vec<f64>> {
            (0..targets)
                .map(|k| (0..rows * len).map(|at| value(at + 1000 * k + seed)).collect())
                .collect()
        };
        let (first, second) = (target(3, 5), target(2, 77_777));
        let (a, b) = (Interleaved::new(&first, len), Interleaved::new(&second, len));
        for rank in [2, 5, 9] {
            let signal: Vec<f64> = (0..rank * len).map(|at| value(3 * at + 11)).collect();
            let (mut of_a, mut of_b) = (vec![0.0; rank * a.count()], vec![0.0; rank * b.count()]);
            a.multiply(&signal, &mut of_a).unwrap();
            b.multiply(&signal, &mut of_b).unwrap();
            let parts = [(&a, &*of_a), (&b, &*of_b)];
            let mut lanes = vec![[0.0; LANES]; strongest_work(&parts, rank)];
            let mut scores = vec![0.0; targets];
            strongest(&parts, rank, &mut scores, &mut lanes);
            for (k, score) in scores.iter().enumerate() {
                let rows: Vec<&[f64]> = first[k].chunks(len).chain(second[k].chunks(len)).collect();
                let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
                let products: Vec<f64> =
                    signal.chunks(len).flat_map(|x| rows.iter().map(move |y| dot(x, y))).collect();
                let expected =
                    largest_singular_value(&products, rows.len(), &mut Default::default()).unwrap();
                assert!(
                    (score - expected.min(1.0)).abs() < 1e-12,
                    "{rank} {k}: {score} {expected}"
                );
            }
        }
    }
}
