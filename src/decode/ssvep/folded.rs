//! Sinusoids of all targets about the middle of the window, where every cosine is even and every
//! sine is odd: half of each says all, and products with a signal take half of the work.

use std::f64::consts::TAU;

use super::interleaved::{Interleaved, Part, strongest, strongest_work};
use crate::decode::DecodeError;
use crate::dsp::linalg::{LANES, Lanes, orthonormal_rows};
use crate::dsp::vectors::with_vectors;

/// Sinusoids this much weaker than they should be are rounding.
const RANK_TOLERANCE: f64 = 1e-10;

/// For each target, orthonormal rows that span its sinusoids without their means; the first half of
/// each row is kept.
#[derive(Debug, Clone)]
pub(super) struct Folded {
    samples: usize,
    even: Interleaved,
    odd: Interleaved,
}

impl Folded {
    /// The sinusoids of each target's frequencies.
    pub(super) fn new(
        frequencies_hz: &[Vec<f64>],
        samples: usize,
        rate_hz: f64,
    ) -> Result<Self, DecodeError> {
        let even_half = samples.div_ceil(2);
        let sinusoids = |function: fn(f64) -> f64, half: usize| {
            let basis = |f: &Vec<f64>| half_rows(f, function, samples, half, rate_hz);
            let bases = frequencies_hz.iter().map(basis).collect::<Result<Vec<_>, _>>()?;
            Ok::<_, DecodeError>(Interleaved::new(&bases, half))
        };
        let (even, odd) = (sinusoids(f64::cos, even_half)?, sinusoids(f64::sin, samples / 2)?);
        Ok(Self { samples, even, odd })
    }

    /// Numbers that [`correlate`](Self::correlate) works in for a signal of so many rows.
    pub(super) fn work(&self, rank: usize) -> usize {
        let of = |rows: &Interleaved| rank * (rows.len() + rows.count());
        of(&self.even) + of(&self.odd)
    }

    /// The largest canonical correlation of each target's sinusoids with `rank` orthonormal rows,
    /// which have no mean.
    pub(super) fn correlate(
        &self,
        basis: &[f64],
        rank: usize,
        scores: &mut [f64],
        work: &mut [f64],
        lanes: &mut Vec<Lanes>,
    ) -> Result<(), DecodeError> {
        let parts = self.products(basis, rank, work)?;
        lanes.clear();
        lanes.resize(strongest_work(&parts, rank), [0.0; LANES]);
        with_vectors(
            #[inline(always)]
            || strongest(&parts, rank, scores, lanes),
        );
        Ok(())
    }

    /// The products of `rank` rows without means with the rows of all targets, in `work`.
    pub(super) fn products<'a>(
        &'a self,
        basis: &[f64],
        rank: usize,
        work: &'a mut [f64],
    ) -> Result<[Part<'a>; 2], DecodeError> {
        let (even, rest) = work.split_at_mut(rank * self.even.len());
        let (odd, rest) = rest.split_at_mut(rank * self.odd.len());
        let (even_products, rest) = rest.split_at_mut(rank * self.even.count());
        let odd_products = &mut rest[..rank * self.odd.count()];
        with_vectors(
            #[inline(always)]
            || self.fold(basis, even, odd),
        );
        self.even.multiply(even, even_products)?;
        self.odd.multiply(odd, odd_products)?;
        Ok([(&self.even, &*even_products), (&self.odd, &*odd_products)])
    }

    /// Sums of the samples equally far from the middle, and their differences.
    #[inline(always)]
    fn fold(&self, basis: &[f64], even: &mut [f64], odd: &mut [f64]) {
        let halves =
            even.chunks_exact_mut(self.even.len()).zip(odd.chunks_exact_mut(self.odd.len()));
        for (row, (even, odd)) in basis.chunks_exact(self.samples).zip(halves) {
            let (left, right) = row.split_at(self.even.len());
            let pairs = left.iter().zip(right.iter().rev());
            for ((even, odd), (l, r)) in even.iter_mut().zip(&mut *odd).zip(pairs) {
                (*even, *odd) = (l + r, l - r);
            }
            if let Some((even, middle)) =
                even.last_mut().zip(left.last()).filter(|_| left.len() > right.len())
            {
                *even = *middle;
            }
        }
    }
}

/// The first halves of orthonormal rows over the whole window that span the sinusoids.
fn half_rows(
    frequencies_hz: &[f64],
    function: fn(f64) -> f64,
    samples: usize,
    half: usize,
    rate_hz: f64,
) -> Result<Vec<f64>, DecodeError> {
    let middle = (samples as f64 - 1.0) / 2.0;
    let mut rows = Vec::with_capacity(frequencies_hz.len() * samples);
    for f in frequencies_hz {
        // Whole turns are taken off first, which keeps the angle exact for long epochs.
        let wave = |n: usize| function(TAU * (f * (n as f64 - middle) / rate_hz).fract());
        let start = rows.len();
        rows.extend((0..samples).map(wave));
        let mean = rows[start..].iter().sum::<f64>() / samples as f64;
        rows[start..].iter_mut().for_each(|value| *value -= mean);
    }
    // A unit row stands for the sinusoid's right size, so that one that sampling misses is dropped.
    let size = (samples as f64 / 2.0).sqrt();
    rows.iter_mut().for_each(|value| *value /= size);
    let mut kept = Vec::with_capacity(rows.len());
    for row in rows.chunks_exact(samples) {
        if row.iter().map(|value| value * value).sum::<f64>().sqrt() > RANK_TOLERANCE {
            kept.extend_from_slice(row);
        }
    }
    let rank = orthonormal_rows(&mut kept, samples, RANK_TOLERANCE)?;
    let halves = kept.chunks_exact(samples).take(rank).flat_map(|row| &row[..half]);
    Ok(halves.copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At half the rate one of the two is zero at every sample.
    #[test]
    fn a_sinusoid_that_sampling_misses_is_no_reference() {
        let rows_at = |f: f64| {
            let folded = Folded::new(&[vec![f]], 100, 250.0).unwrap();
            folded.even.rows() + folded.odd.rows()
        };
        assert_eq!(rows_at(125.0), 1);
        assert_eq!(rows_at(124.9), 2);
    }

    /// Whole rows again are orthonormal, and the two symmetries orthogonal to each other.
    #[test]
    fn halves_stand_for_orthonormal_rows() {
        for samples in [50, 51] {
            let folded = Folded::new(&[vec![9.0, 18.0], vec![11.5]], samples, 250.0).unwrap();
            let mut rows = Vec::new();
            for (half, sign) in [(&folded.even, 1.0), (&folded.odd, -1.0)] {
                for column in (0..half.count()).step_by(LANES) {
                    let mut whole = vec![0.0; samples];
                    for (n, value) in half.column(column).into_iter().enumerate() {
                        whole[n] = value;
                        whole[samples - 1 - n] =
                            if 2 * n + 1 == samples { value } else { sign * value };
                    }
                    rows.push(whole);
                }
            }
            assert_eq!(rows.len(), 4);
            for (i, a) in rows.iter().enumerate() {
                for (j, b) in rows.iter().enumerate() {
                    let product: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
                    assert!(
                        (product - f64::from(u8::from(i == j))).abs() < 1e-12,
                        "{i} {j} {product}"
                    );
                }
            }
        }
    }
}
