//! Canonical correlation: the weighted sums of two sets of rows that are most alike.

use super::interleaved::{Interleaved, strongest, strongest_work};
use crate::decode::decoder::standardize;
use crate::decode::{DecodeError, Scratch};
use crate::dsp::linalg::{
    LANES, LeadingScratch, Whitening, leading_singular_vector, multiply_transposed,
};
use crate::dsp::vectors::with_vectors;
use crate::signal::Epoch;

/// The rows of an epoch with mean 0 and variance 1, the constant ones left out.
///
/// # Errors
/// [`DecodeError::Flat`] where none is left.
pub(super) fn standardized(epoch: Epoch<'_>, out: &mut Vec<f64>) -> Result<(), DecodeError> {
    out.clear();
    for row in epoch.rows() {
        let start = out.len();
        out.resize(start + row.len(), 0.0);
        if !standardize(row, &mut out[start..]) {
            out.truncate(start);
        }
    }
    if out.is_empty() { Err(DecodeError::Flat) } else { Ok(()) }
}

/// The largest canonical correlation of a whitened trial with the orthonormal rows of each target.
pub(super) fn correlations(
    rows: &Interleaved,
    scores: &mut [f64],
    scratch: &mut Scratch,
) -> Result<(), DecodeError> {
    let Scratch { whitening, products, lanes, .. } = scratch;
    let rank = whitening.rank();
    if rank == 0 {
        return Err(DecodeError::Flat);
    }
    let products = Scratch::zeros(products, rank * rows.count());
    rows.multiply(whitening.basis(), products)?;
    lanes.clear();
    let parts = [(rows, &*products)];
    lanes.resize(strongest_work(&parts, rank), [0.0; LANES]);
    with_vectors(
        #[inline(always)]
        || strongest(&parts, rank, scores, lanes),
    );
    Ok(())
}

/// What is most alike in two sets of rows of equal length.
#[derive(Debug, Clone, Default)]
pub(super) struct Pair {
    /// One weight for each row of the first set; the sum has norm 1.
    pub(super) first: Vec<f64>,
    /// One weight for each row of the second set; the sum has norm 1, and its product with the
    /// first sum is not negative.
    pub(super) second: Vec<f64>,
}

/// The pair of two sets of rows of `samples` values, in new memory; zeros where a set has no signal.
pub(super) fn pair(first: &[f64], second: &[f64], samples: usize) -> Result<Pair, DecodeError> {
    let (mut x, mut y) = (Whitening::default(), Whitening::default());
    x.of(first, samples)?;
    y.of(second, samples)?;
    let mut product = vec![0.0; x.rank() * y.rank()];
    multiply_transposed(y.basis(), x.basis(), samples, &mut product)?;
    let mut right = vec![0.0; x.rank()];
    let value =
        leading_singular_vector(&product, x.rank(), &mut right, &mut LeadingScratch::default())?;
    let mut left = vec![0.0; y.rank()];
    matrix_times(&product, &right, &mut left);
    left.iter_mut().for_each(|weight| *weight = if value > 0.0 { *weight / value } else { 0.0 });
    let mut pair =
        Pair { first: vec![0.0; first.len() / samples], second: vec![0.0; second.len() / samples] };
    x.filter_into(&right, &mut pair.first);
    y.filter_into(&left, &mut pair.second);
    Ok(pair)
}

/// A matrix times a vector.
pub(super) fn matrix_times(matrix: &[f64], vector: &[f64], out: &mut [f64]) {
    for (out, row) in out.iter_mut().zip(matrix.chunks_exact(vector.len().max(1))) {
        *out = row.iter().zip(vector).map(|(a, b)| a * b).sum();
    }
}

/// A weighted sum of rows.
pub(super) fn mix(weights: &[f64], rows: &[f64], out: &mut [f64]) {
    out.fill(0.0);
    for (weight, row) in weights.iter().zip(rows.chunks_exact(out.len().max(1))) {
        out.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
    }
}

/// A correlation from a product and two squared norms; 0 where one of them is 0.
#[inline(always)]
pub(super) fn ratio(product: f64, first_square: f64, second_square: f64) -> f64 {
    let norms = first_square.max(0.0).sqrt() * second_square.max(0.0).sqrt();
    if norms > 0.0 { (product / norms).clamp(-1.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_finds_what_two_sets_share() {
        let shared: Vec<f64> = (0..50).map(|n| f64::from(n * n % 17) - 8.0).collect();
        let other = |step: i32| -> Vec<f64> {
            (0..50).map(|n| f64::from(n * step * 31 % 23) - 11.0).collect()
        };
        let sum = |a: &[f64], b: &[f64], factor: f64| -> Vec<f64> {
            a.iter().zip(b).map(|(a, b)| factor * a + b).collect()
        };
        let x = [sum(&shared, &other(3), 2.0), other(3)].concat();
        let y = [other(7), sum(&shared, &other(7), -1.0)].concat();
        let found = pair(&x, &y, 50).unwrap();
        let (mut u, mut v) = (vec![0.0; 50], vec![0.0; 50]);
        mix(&found.first, &x, &mut u);
        mix(&found.second, &y, &mut v);
        for (u, v) in u.iter().zip(&v) {
            assert!((u - v).abs() < 1e-12);
        }
        assert!((u.iter().map(|u| u * u).sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn sets_without_signal_have_no_pair() {
        let found = pair(&[0.0; 6], &[1.0, -1.0, 0.0], 3).unwrap();
        assert_eq!((found.first, found.second), (vec![0.0; 2], vec![0.0]));
    }
}
