use crate::decode::DecodeError;
use crate::dsp::linalg::{multiply, multiply_transposed, symmetric_eigen};

/// Directions whose power is this much below the strongest are rounding, not signal.
const RELATIVE_POWER: f64 = 1e-12;

/// The filters w that make `w'Aw / w'Bw` largest, at most `count`, one a row of n weights, with
/// `w'Bw = 1` and none knowing of the others (`wᵢ'Bwⱼ = 0`).
///
/// A and B are symmetric n × n sums of products of signals. Where B has no power there is no
/// filter: only the directions it spans are looked at, and there are fewer filters where they are
/// fewer.
///
/// # Errors
/// [`DecodeError::Flat`] where B is zero.
pub(super) fn leading_filters(
    a: &[f64],
    b: &[f64],
    n: usize,
    count: usize,
) -> Result<Vec<f64>, DecodeError> {
    let whitening = whitening(b, n)?;
    let rank = whitening.len() / n;
    let mut half = vec![0.0; rank * n];
    multiply(&whitening, n, a, n, &mut half)?;
    let mut whitened = vec![0.0; rank * rank];
    multiply_transposed(&half, &whitening, n, &mut whitened)?;
    let eigen = symmetric_eigen(&whitened, rank)?;
    let count = count.min(rank);
    let mut filters = vec![0.0; count * n];
    multiply(&eigen.vectors[..count * rank], rank, &whitening, n, &mut filters)?;
    Ok(filters)
}

/// Rows s with `s B s' = I`, as many as B has directions.
fn whitening(b: &[f64], n: usize) -> Result<Vec<f64>, DecodeError> {
    // In the units of the rows themselves, so that a channel in another unit is no weak one.
    let diagonal = b.iter().step_by(n + 1);
    let scale: Vec<f64> = diagonal.map(|&d| if d > 0.0 { d.sqrt().recip() } else { 0.0 }).collect();
    let scaled = (0..n * n).map(|at| b[at] * scale[at / n] * scale[at % n]);
    let eigen = symmetric_eigen(&scaled.collect::<Vec<_>>(), n)?;
    let strongest = eigen.values.first().copied().unwrap_or(0.0);
    if strongest.is_nan() || strongest <= 0.0 {
        return Err(DecodeError::Flat);
    }
    let mut rows = Vec::new();
    for (value, vector) in eigen.values.iter().zip(eigen.vectors.chunks_exact(n)) {
        if *value > RELATIVE_POWER * strongest {
            rows.extend(vector.iter().zip(&scale).map(|(v, scale)| v * scale / value.sqrt()));
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::linalg::generalized_eigen;

    /// A sum of products of the given rows, and one of other rows, in units of their own.
    fn pair(units: [f64; 3]) -> (Vec<f64>, Vec<f64>) {
        let gram = |seed: usize| {
            let rows: Vec<f64> = (0..24)
                .map(|at| ((seed + at * at * 37) % 101) as f64 - 50.0)
                .zip(units.iter().flat_map(|unit| [unit; 8]))
                .map(|(value, unit)| value * unit)
                .collect();
            let mut product = vec![0.0; 9];
            multiply_transposed(&rows, &rows, 8, &mut product).unwrap();
            product
        };
        (gram(3), gram(20))
    }

    #[test]
    fn filters_are_those_of_the_generalized_problem() {
        for units in [[1.0, 1.0, 1.0], [1.0, 1e6, 1e-6]] {
            let (a, b) = pair(units);
            let expected = generalized_eigen(&a, &b, 3, 0.0).unwrap();
            let found = leading_filters(&a, &b, 3, 2).unwrap();
            for (row, vector) in found.chunks(3).zip(expected.vectors.chunks(3)) {
                let sign = (row[0] * vector[0]).signum();
                let off = row.iter().zip(vector).map(|(f, e)| (sign * f / e - 1.0).abs());
                assert!(off.fold(0.0, f64::max) < 1e-9, "{row:?} {vector:?}");
            }
        }
    }

    #[test]
    fn directions_without_power_have_no_filter() {
        let (a, b) = pair([1.0, 0.0, 1.0]);
        let found = leading_filters(&a, &b, 3, 3).unwrap();
        assert_eq!(found.len(), 6);
        assert!(found[1].abs() < 1e-12 && found[4].abs() < 1e-12, "{found:?}");
        assert_eq!(leading_filters(&a, &[0.0; 9], 3, 1), Err(DecodeError::Flat));
    }
}
