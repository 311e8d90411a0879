//! Sinusoids at the harmonics of a target, as rows that a response is compared with.

use std::f64::consts::TAU;

use super::harmonics;
use crate::decode::{DecodeError, Shape};
use crate::dsp::linalg::orthonormal_rows;
use crate::stimulus::{Codebook, Target};

/// Sinusoids this much weaker than others of a target are rounding, such as a sine at half the rate.
const RANK_TOLERANCE: f64 = 1e-10;

/// For each target the rows `sin` and `cos` of `2π·h·f·n/fs + h·φ`, n = 0 … N − 1, of each usable
/// harmonic h, without their means. The phase φ is that of the codebook.
pub(super) fn references(
    codebook: &Codebook,
    harmonics: usize,
    mains_hz: Option<f64>,
    shape: Shape,
) -> Result<Vec<Vec<f64>>, DecodeError> {
    let usable = usable(codebook, harmonics, mains_hz, shape)?;
    rows(codebook, &usable, shape)
}

/// The same with only those harmonics that all targets can use, so that the rows of one target stand
/// for the same harmonics as those of another.
///
/// # Errors
/// [`DecodeError::Setting`] where no harmonic is left.
pub(super) fn references_in_common(
    codebook: &Codebook,
    harmonics: usize,
    mains_hz: Option<f64>,
    shape: Shape,
) -> Result<Vec<Vec<f64>>, DecodeError> {
    let mut usable = usable(codebook, harmonics, mains_hz, shape)?;
    let common = |harmonic: &f64| usable.iter().all(|all| all.contains(harmonic));
    let common: Vec<f64> = (1..=harmonics).map(|h| h as f64).filter(common).collect();
    if common.is_empty() {
        let (found, expected) = (harmonics.to_string(), "one that all targets can use");
        return Err(DecodeError::Setting { name: "harmonics", found, expected });
    }
    usable.iter_mut().for_each(|all| all.clone_from(&common));
    rows(codebook, &usable, shape)
}

/// The harmonics of each target, as multiples of its frequency.
fn usable(
    codebook: &Codebook,
    harmonics: usize,
    mains_hz: Option<f64>,
    shape: Shape,
) -> Result<Vec<Vec<f64>>, DecodeError> {
    let limit_hz = shape.rate_hz / 2.0;
    let usable = harmonics::usable(codebook, harmonics, mains_hz, limit_hz, shape.rate_hz)?;
    let multiples = |(target, frequencies): (&Target, Vec<f64>)| {
        let fundamental_hz = target.modulation.frequency_hz().unwrap_or(1.0);
        frequencies.iter().map(|f| (f / fundamental_hz).round()).collect()
    };
    Ok(codebook.targets().iter().zip(usable).map(multiples).collect())
}

fn rows(
    codebook: &Codebook,
    harmonics: &[Vec<f64>],
    shape: Shape,
) -> Result<Vec<Vec<f64>>, DecodeError> {
    shape.check_table(harmonics.iter().map(|own| 2 * own.len()).sum())?;
    let rows = |(target, harmonics): (&Target, &Vec<f64>)| {
        let frequency_hz = target.modulation.frequency_hz().unwrap_or(0.0);
        let phase_rad = target.modulation.phase_rad().unwrap_or(0.0);
        let pair =
            |&harmonic: &f64| sinusoids(harmonic * frequency_hz, harmonic * phase_rad, shape);
        harmonics.iter().flat_map(pair).collect()
    };
    Ok(codebook.targets().iter().zip(harmonics).map(rows).collect())
}

/// Most rows that a target has.
pub(super) fn most_rows(references: &[Vec<f64>], samples: usize) -> usize {
    references.iter().map(Vec::len).max().unwrap_or(0) / samples.max(1)
}

/// Refuses windows so short that channels and references together follow any signal.
pub(super) fn check_length(
    samples: usize,
    what: &'static str,
    needed: usize,
) -> Result<(), DecodeError> {
    if samples < needed {
        return Err(DecodeError::TooShort { found: samples, what, needed });
    }
    Ok(())
}

/// Sine and cosine, one after the other, each without its mean.
fn sinusoids(frequency_hz: f64, phase_rad: f64, shape: Shape) -> Vec<f64> {
    let turns = phase_rad / TAU;
    let mut rows = Vec::with_capacity(2 * shape.samples);
    for function in [f64::sin as fn(f64) -> f64, f64::cos] {
        let start = rows.len();
        // Whole turns are taken off first, which keeps the angle exact for long epochs.
        let angle = |n: usize| TAU * ((frequency_hz * n as f64 / shape.rate_hz).fract() + turns);
        rows.extend((0..shape.samples).map(|n| function(angle(n))));
        let row = &mut rows[start..];
        let mean = row.iter().sum::<f64>() / shape.samples as f64;
        row.iter_mut().for_each(|value| *value -= mean);
    }
    rows
}

/// An orthonormal basis of what rows of `samples` values span.
pub(super) fn basis(rows: &[f64], samples: usize) -> Result<Vec<f64>, DecodeError> {
    let mut rows = rows.to_vec();
    let rank = orthonormal_rows(&mut rows, samples, RANK_TOLERANCE)?;
    rows.truncate(rank * samples);
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stimulus::Modulation;

    #[test]
    fn harmonics_turn_their_multiple_of_the_phase() {
        let modulation = Modulation::Sinusoid { frequency_hz: 10.0, phase_rad: 0.4 };
        let target = Target { label: "a".into(), event: None, modulation };
        let codebook = Codebook::new(vec![target]).unwrap();
        let shape = Shape { channels: 1, samples: 100, rate_hz: 200.0 };
        let rows = references(&codebook, 3, Some(20.0), shape).unwrap().remove(0);
        assert_eq!(rows.len(), 4 * 100);
        for n in 0..100 {
            let angle = TAU * 30.0 * n as f64 / 200.0 + 3.0 * 0.4;
            assert!((rows[200 + n] - angle.sin()).abs() < 1e-12);
            assert!((rows[300 + n] - angle.cos()).abs() < 1e-12);
        }
    }

    #[test]
    fn harmonics_in_common_are_those_of_the_highest_target() {
        let shape = Shape { channels: 1, samples: 100, rate_hz: 200.0 };
        let codebook = Codebook::sinusoids(&[10.0, 45.0]).unwrap();
        let all = references(&codebook, 3, None, shape).unwrap();
        assert_eq!((all[0].len(), all[1].len()), (600, 400));
        let common = references_in_common(&codebook, 3, None, shape).unwrap();
        assert_eq!((common[0].len(), common[1].len()), (400, 400));
        assert_eq!(common[0], all[0][..400]);
        let codebook = Codebook::sinusoids(&[50.0, 25.0]).unwrap();
        let none = references_in_common(&codebook, 2, Some(50.0), shape);
        assert!(matches!(none, Err(DecodeError::OnlyMains { .. } | DecodeError::Setting { .. })));
    }
}
