use super::lanes;
use crate::dsp::linalg::LANES;
use crate::dsp::vectors::with_vectors;

/// How sums of products of a signal's rows with each other and with the sinusoids lie in memory. They
/// add up over stretches of time.
///
/// For n samples of x (rows of all bands) and of the sinusoids y: `n`; `Σy`; `Σyy'` of each target,
/// lower triangles, a target in each lane; for each band `Σx`, `Σxx'`, `Σxy'`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pub(super) bands: usize,
    /// Rows of a band.
    pub(super) channels: usize,
    /// Rows of a target.
    pub(super) rows: usize,
    /// Groups of [`LANES`] targets.
    pub(super) groups: usize,
}

impl Layout {
    pub(super) fn columns(&self) -> usize {
        self.groups * self.rows * LANES
    }

    /// Lanes in the triangle of a group.
    pub(super) fn triangle(&self) -> usize {
        lanes::triangle(self.rows)
    }

    fn of_sinusoids(&self) -> usize {
        self.columns() + self.groups * self.triangle() * LANES
    }

    fn of_band(&self) -> usize {
        self.channels * (1 + self.channels + self.columns())
    }

    pub(super) fn len(&self) -> usize {
        1 + self.of_sinusoids() + self.bands * self.of_band()
    }

    pub(super) fn count(&self, sums: &[f64]) -> f64 {
        sums[0]
    }

    /// `Σy`, and `Σyy'`.
    pub(super) fn sinusoids<'a>(&self, sums: &'a [f64]) -> (&'a [f64], &'a [[f64; LANES]]) {
        let (sum, products) = sums[1..1 + self.of_sinusoids()].split_at(self.columns());
        (sum, products.as_chunks().0)
    }

    /// `Σx`, `Σxx'` and `Σxy'` of a band.
    pub(super) fn band<'a>(
        &self,
        sums: &'a [f64],
        band: usize,
    ) -> (&'a [f64], &'a [f64], &'a [f64]) {
        let start = 1 + self.of_sinusoids() + band * self.of_band();
        let (sum, rest) = sums[start..start + self.of_band()].split_at(self.channels);
        let (square, cross) = rest.split_at(self.channels * self.channels);
        (sum, square, cross)
    }

    /// Adds one sample: x of all bands, and y.
    pub(super) fn add(&self, sums: &mut [f64], x: &[f64], y: &[f64]) {
        with_vectors(
            #[inline(always)]
            || {
                sums[0] += 1.0;
                let (of_sinusoids, bands) = sums[1..].split_at_mut(self.of_sinusoids());
                let (sum, products) = of_sinusoids.split_at_mut(self.columns());
                sum.iter_mut().zip(y).for_each(|(sum, value)| *sum += value);
                let products = products.as_chunks_mut().0;
                lanes::add_products(products, y.as_chunks().0, self.rows, 1.0);
                let bands = bands.chunks_exact_mut(self.of_band());
                for (sums, x) in bands.zip(x.chunks_exact(self.channels)) {
                    self.add_band(sums, x, y);
                }
            },
        );
    }

    #[inline(always)]
    fn add_band(&self, sums: &mut [f64], x: &[f64], y: &[f64]) {
        let (sum, rest) = sums.split_at_mut(self.channels);
        let (square, cross) = rest.split_at_mut(self.channels * self.channels);
        sum.iter_mut().zip(x).for_each(|(sum, value)| *sum += value);
        for (row, left) in square.chunks_exact_mut(self.channels).zip(x) {
            row.iter_mut().zip(x).for_each(|(sum, right)| *sum += left * right);
        }
        for (row, left) in cross.chunks_exact_mut(self.columns()).zip(x) {
            row.iter_mut().zip(y).for_each(|(sum, right)| *sum += left * right);
        }
    }
}

/// Adds all sums of one stretch to those of another.
pub(super) fn add_all(total: &mut [f64], more: &[f64]) {
    with_vectors(
        #[inline(always)]
        || total.iter_mut().zip(more).for_each(|(total, more)| *total += more),
    );
}
