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

/// The largest singular value of each target's products, at most 1. `lanes` holds
/// `rank · (rank + 2)` values.
#[inline(always)]
pub(super) fn strongest(parts: &[Part<'_>], rank: usize, scores: &mut [f64], lanes: &mut [Lanes]) {
    let (matrices, work) = lanes.split_at_mut(rank * rank);
    for (group, scores) in scores.chunks_mut(LANES).enumerate() {
        gram(parts, rank, group, matrices);
        for (score, top) in scores.iter_mut().zip(top_eigenvalues(matrices, rank, work)) {
            *score = top.sqrt().min(1.0);
        }
    }
}
