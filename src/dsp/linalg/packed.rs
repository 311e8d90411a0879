//! A matrix laid out in the order in which products read it.

use std::ops::Range;

use super::product::{WIDE, WIDTH, multiply_panel, panel_of, panels, whole_rows};
use crate::dsp::error::{DspError, check_len};
use crate::dsp::vectors::{self, Kernel, Vectors};

/// A matrix that many others are multiplied with: a panel of its columns after the other, so that
/// memory is read from front to back, however wide the matrix is.
#[derive(Debug, Clone)]
pub(crate) struct Packed {
    rows: usize,
    /// A multiple of [`WIDTH`].
    cols: usize,
    data: Vec<f64>,
}

impl Packed {
    /// A matrix of zeros; columns are added until their number is a multiple of four.
    pub(crate) fn zeros(rows: usize, cols: usize) -> Self {
        let cols = cols.next_multiple_of(WIDTH);
        Self { rows, cols, data: vec![0.0; rows * cols] }
    }

    /// Number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub(crate) fn cols(&self) -> usize {
        self.cols
    }

    /// Puts values into a column, the first row first.
    pub(crate) fn set_column(&mut self, column: usize, values: &[f64]) {
        self.places(column).zip(values).for_each(|(at, value)| self.data[at] = *value);
    }

    /// The values of a column.
    #[cfg(test)]
    pub(crate) fn column(&self, column: usize) -> Vec<f64> {
        self.places(column).map(|at| self.data[at]).collect()
    }

    /// Where the values of a column stand.
    fn places(&self, column: usize) -> impl Iterator<Item = usize> + use<> {
        let Range { start, end } = panel_of(column, self.cols);
        let first = start * self.rows + column - start;
        (0..self.rows).map(move |row| first + row * (end - start))
    }

    /// `A` times this matrix, into `product` (rows of A × columns).
    ///
    /// # Errors
    /// [`DspError::Length`] if a slice does not fit.
    pub(crate) fn multiply(&self, a: &[f64], product: &mut [f64]) -> Result<(), DspError> {
        let a_rows = whole_rows("A", a, self.rows)?;
        check_len("product", product.len(), a_rows.saturating_mul(self.cols))?;
        if !product.is_empty() {
            vectors::run(Multiply { a, packed: self, product });
        }
        Ok(())
    }
}

/// What [`Packed::multiply`] is asked for.
struct Multiply<'a> {
    a: &'a [f64],
    packed: &'a Packed,
    product: &'a mut [f64],
}

impl Kernel for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(self, vectors: V) {
        let Packed { rows, cols, data } = self.packed;
        for panel in panels(*cols) {
            let values = data[panel.start * rows..panel.end * rows].as_chunks().0;
            if panel.len() == WIDTH {
                let b = values.chunks_exact(1);
                multiply_panel(vectors, self.a, *rows, b, panel, self.product, *cols);
            } else {
                let b = values.chunks_exact(WIDE / WIDTH);
                multiply_panel(vectors, self.a, *rows, b, panel, self.product, *cols);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::linalg::multiply;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_packed_matrix_multiplies_as_a_plain_one(
            a_rows in 0..8usize, rows in 1..9usize, cols in 1..40usize,
        ) {
            let value = |at: usize| (at as f64 * 1.7).sin();
            let mut packed = Packed::zeros(rows, cols);
            let mut plain = vec![0.0; rows * packed.cols()];
            for column in 0..cols {
                let values: Vec<f64> = (0..rows).map(|row| value(row * 64 + column)).collect();
                packed.set_column(column, &values);
                prop_assert_eq!(&packed.column(column), &values);
                for (row, value) in values.iter().enumerate() {
                    plain[row * packed.cols() + column] = *value;
                }
            }
            let a: Vec<f64> = (0..a_rows * rows).map(|at| value(at + 7)).collect();
            let mut expected = vec![0.0; a_rows * packed.cols()];
            multiply(&a, rows, &plain, packed.cols(), &mut expected).unwrap();
            let mut found = vec![f64::NAN; expected.len()];
            packed.multiply(&a, &mut found).unwrap();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let packed = Packed::zeros(2, 3);
        assert_eq!(packed.cols(), 4);
        assert!(packed.multiply(&[1.0; 3], &mut [0.0; 4]).is_err());
        assert!(packed.multiply(&[1.0; 4], &mut [0.0; 7]).is_err());
        assert!(packed.multiply(&[1.0; 4], &mut [0.0; 8]).is_ok());
    }
}
