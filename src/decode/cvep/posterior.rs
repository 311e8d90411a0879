use crate::decode::DecodeError;
use crate::dsp::linalg::{
    Eigen, generalized_eigen, multiply, multiply_transposed, symmetric_eigen,
};

/// Rounds of expectation and maximisation.
const ROUNDS: usize = 20;
/// Variance of a response where the rounds start, beside noise of variance 1.
const FIRST: f64 = 0.01;
/// Least variance, so that its inverse exists.
const LEAST: f64 = 1e-9;

/// The responses of all channels that are likeliest after data with noise of variance 1.
///
/// The prior is Gaussian: `precision` says how responses vary over features (how smooth they are),
/// and a covariance Ψ over channels, which is found from the data itself (empirical Bayes) by
/// expectation and maximisation. Directions of the channels that hold no response get a Ψ near zero
/// there, so their responses vanish.
///
/// `gram` is features × features, `cross` channels × features.
pub(super) fn responses(
    gram: &[f64],
    cross: &[f64],
    precision: &[f64],
    channels: usize,
) -> Result<Vec<f64>, DecodeError> {
    let features = cross.len() / channels.max(1);
    // In this basis precision is 1 and the Gram matrix diagonal.
    let Eigen { values, vectors } = generalized_eigen(gram, precision, features, 0.0)?;
    let mut data = vec![0.0; channels * features];
    multiply_transposed(cross, &vectors, features, &mut data)?;

    let mut psi = Eigen { values: vec![FIRST; channels], vectors: identity(channels) };
    let mut means = vec![0.0; channels * features];
    let mut second = vec![0.0; channels * channels];
    for round in 0..=ROUNDS {
        let spread = shrunk(&psi, &data, &values, channels, &mut means)?;
        if round == ROUNDS {
            break;
        }
        multiply_transposed(&means, &means, features, &mut second)?;
        for (vector, spread) in psi.vectors.chunks_exact(channels).zip(&spread) {
            for (at, value) in second.iter_mut().enumerate() {
                *value += spread * vector[at / channels] * vector[at % channels];
            }
        }
        second.iter_mut().for_each(|value| *value /= features as f64);
        psi = symmetric_eigen(&second, channels)?;
        psi.values.iter_mut().for_each(|value| *value = value.max(LEAST));
    }
    let mut found = vec![0.0; channels * features];
    multiply(&means, features, &vectors, features, &mut found)?;
    Ok(found)
}

/// Writes the posterior means for this Ψ, and gives the sum over features of the posterior variance
/// along each of its directions.
fn shrunk(
    psi: &Eigen,
    data: &[f64],
    values: &[f64],
    channels: usize,
    means: &mut [f64],
) -> Result<Vec<f64>, DecodeError> {
    let features = values.len();
    let mut along = vec![0.0; channels * features];
    multiply(&psi.vectors, channels, data, features, &mut along)?;
    let mut spread = vec![0.0; channels];
    for ((row, psi), spread) in along.chunks_exact_mut(features).zip(&psi.values).zip(&mut spread) {
        for (value, gram) in row.iter_mut().zip(values) {
            let precision = gram.max(0.0) + 1.0 / psi;
            *value /= precision;
            *spread += 1.0 / precision;
        }
    }
    let back: Vec<f64> = (0..channels * channels)
        .map(|at| psi.vectors[at % channels * channels + at / channels])
        .collect();
    multiply(&back, channels, &along, features, means)?;
    Ok(spread)
}

fn identity(size: usize) -> Vec<f64> {
    (0..size * size).map(|at| if at % (size + 1) == 0 { 1.0 } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One response that two channels share, and a third channel of noise.
    #[test]
    fn a_direction_without_a_response_vanishes() {
        let features = 40;
        let gram: Vec<f64> = identity(features).iter().map(|value| 50.0 * value).collect();
        let response = |f: usize| (f as f64 * 0.3).sin();
        let noise = |at: usize| 7.0 * ((at * 7919 % 101) as f64 / 50.0 - 1.0);
        let cross: Vec<f64> = (0..3 * features)
            .map(|at| match at / features {
                0 => 50.0 * response(at % features) + noise(at),
                1 => -25.0 * response(at % features) + noise(at),
                _ => noise(at),
            })
            .collect();
        let found = responses(&gram, &cross, &identity(features), 3).unwrap();
        let energy = |row: usize| -> f64 {
            found[row * features..][..features].iter().map(|value| value * value).sum()
        };
        let whole: f64 = (0..features).map(|f| response(f).powi(2)).sum();
        assert!((energy(0) / whole - 1.0).abs() < 0.15, "{}", energy(0) / whole);
        assert!(energy(2) < 0.02 * energy(0), "{}", energy(2) / energy(0));
    }

    #[test]
    fn without_data_there_is_no_response() {
        let found = responses(&[0.0; 9], &[0.0; 6], &identity(3), 2).unwrap();
        assert_eq!(found, [0.0; 6]);
    }
}
