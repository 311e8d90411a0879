//! Sinusoids in a basis that halves the work: about the middle of a window, cosines are even and
//! sines are odd, so a signal's even part meets the cosines only, and its odd part the sines.

use std::f64::consts::{SQRT_2, TAU};
use std::ops::Range;

use crate::decode::DecodeError;
use crate::dsp::linalg::orthonormal_rows;

/// Directions this much weaker than the strongest sinusoid are rounding.
const RANK_TOLERANCE: f64 = 1e-10;

/// Even parts and odd parts of rows, in that order, each rows × its length.
///
/// The change of basis is orthonormal: inner products of two signals are the sums of those of both
/// parts.
pub(super) fn lengths(samples: usize) -> [usize; 2] {
    [samples.div_ceil(2), samples / 2]
}

/// Writes rows of `samples` values as their even parts, one after the other, and behind them their
/// odd parts.
pub(super) fn split(rows: &[f64], samples: usize, out: &mut [f64]) {
    let [even, odd] = lengths(samples);
    let (evens, odds) = out.split_at_mut(rows.len() / samples * even);
    let parts = evens.chunks_exact_mut(even).zip(odds.chunks_exact_mut(odd));
    for (row, (e, o)) in rows.chunks_exact(samples).zip(parts) {
        let (head, tail) = row.split_at(odd);
        for (((e, o), a), b) in e.iter_mut().zip(o).zip(head).zip(tail.iter().rev()) {
            *e = (a + b) / SQRT_2;
            *o = (a - b) / SQRT_2;
        }
        if even > odd {
            e[odd] = tail[0];
        }
    }
}

/// The rows that [`split`] made these parts of.
pub(super) fn join(parts: &[f64], samples: usize) -> Vec<f64> {
    let [even, odd] = lengths(samples);
    let mut rows = vec![0.0; parts.len()];
    let (evens, odds) = parts.split_at(parts.len() / samples * even);
    let parts = evens.chunks_exact(even).zip(odds.chunks_exact(odd));
    for (row, (e, o)) in rows.chunks_exact_mut(samples).zip(parts) {
        for (at, (e, o)) in e.iter().zip(o).enumerate() {
            row[at] = (e + o) / SQRT_2;
            row[samples - 1 - at] = (e - o) / SQRT_2;
        }
        if even > odd {
            row[odd] = e[odd];
        }
    }
    rows
}

/// The sinusoids of every target as orthonormal rows, of one of the two parts.
#[derive(Debug, Clone)]
pub(super) struct Basis {
    /// Values of a row.
    pub(super) len: usize,
    /// The rows of all targets.
    pub(super) rows: Vec<f64>,
    targets: Vec<Range<usize>>,
}

impl Basis {
    /// Even and odd basis of the sinusoids of each target's frequencies, without their means.
    pub(super) fn pair(
        frequencies_hz: &[Vec<f64>],
        samples: usize,
        rate_hz: f64,
    ) -> Result<[Self; 2], DecodeError> {
        let [even, odd] = lengths(samples);
        let mut pair = [even, odd].map(|len| Self { len, rows: Vec::new(), targets: Vec::new() });
        let middle = (samples as f64 - 1.0) / 2.0;
        // Whole turns are taken off first, which keeps the angle exact for long epochs.
        let angle = |f: f64, n: usize| TAU * (f * (middle - n as f64) / rate_hz).fract();
        for target in frequencies_hz {
            let mut cosines = Vec::new();
            let mut sines = Vec::new();
            for &f in target {
                let row: Vec<f64> = (0..even).map(|n| angle(f, n).cos()).collect();
                let of_pairs: f64 = row[..odd].iter().sum();
                let mean = (2.0 * of_pairs + row[odd..].iter().sum::<f64>()) / samples as f64;
                cosines.extend(row[..odd].iter().map(|value| (value - mean) * SQRT_2));
                cosines.extend(row[odd..].iter().map(|value| value - mean));
                sines.extend((0..odd).map(|n| angle(f, n).sin() * SQRT_2));
            }
            for (basis, rows) in pair.iter_mut().zip([cosines, sines]) {
                basis.add(rows)?;
            }
        }
        Ok(pair)
    }

    fn add(&mut self, mut rows: Vec<f64>) -> Result<(), DecodeError> {
        let rank = orthonormal_rows(&mut rows, self.len, RANK_TOLERANCE)?;
        let first = self.count();
        self.rows.extend_from_slice(&rows[..rank * self.len]);
        self.targets.push(first..first + rank);
        Ok(())
    }

    /// Number of rows of all targets.
    pub(super) fn count(&self) -> usize {
        self.targets.last().map_or(0, |range| range.end)
    }

    /// Which rows are those of a target.
    pub(super) fn of_target(&self, target: usize) -> Range<usize> {
        self.targets[target].clone()
    }

    /// The rows of a target.
    pub(super) fn rows_of(&self, target: usize) -> &[f64] {
        let Range { start, end } = self.of_target(target);
        &self.rows[start * self.len..end * self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::linalg::dot;

    /// The projection of a signal on sinusoids is as long as least squares say.
    #[test]
    fn both_parts_together_hold_the_projection() {
        for samples in [40, 41] {
            let wave = |f: f64, phase: f64| -> Vec<f64> {
                let row = (0..samples).map(|n| (TAU * f * n as f64 / 100.0 + phase).sin());
                let row: Vec<f64> = row.collect();
                let mean = row.iter().sum::<f64>() / samples as f64;
                row.iter().map(|value| value - mean).collect()
            };
            let signal: Vec<f64> = (0..samples).map(|n| (n * n % 17) as f64).collect();
            let mut full: Vec<f64> =
                [7.3, 14.6].iter().flat_map(|&f| [wave(f, 0.0), wave(f, 1.0)]).flatten().collect();
            assert_eq!(orthonormal_rows(&mut full, samples, 1e-10).unwrap(), 4);
            let square = |rows: &[f64], signal: &[f64]| -> f64 {
                rows.chunks(signal.len()).map(|row| dot(row, signal).powi(2)).sum()
            };
            let expected = square(&full, &signal);

            let mut parts = vec![f64::NAN; samples];
            split(&signal, samples, &mut parts);
            assert!((dot(&parts, &parts) - dot(&signal, &signal)).abs() < 1e-9);
            let joined = join(&parts, samples);
            assert!(joined.iter().zip(&signal).all(|(a, b)| (a - b).abs() < 1e-12));
            let [even, odd] = Basis::pair(&[vec![7.3, 14.6]], samples, 100.0).unwrap();
            let (e, o) = parts.split_at(even.len);
            let found = square(even.rows_of(0), e) + square(odd.rows_of(0), o);
            assert!((found - expected).abs() < 1e-9 * expected, "{samples}: {found} {expected}");
        }
    }
}
