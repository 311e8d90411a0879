use crate::decode::DecodeError;
use crate::dsp::DspError;
use crate::dsp::linalg::{Cholesky, generalized_eigen, multiply_transposed};

/// Added to the diagonal of a covariance, relative to its mean, so that equal channels and events
/// that always come together do no harm.
const RIDGE: f64 = 1e-10;

/// Second moments of two sets of variables, from which canonical correlation is computed.
#[derive(Debug, Clone)]
pub(super) struct Moments {
    /// How many samples they are of.
    pub count: f64,
    /// Sums of x and of y.
    pub sums: [Vec<f64>; 2],
    /// Sums of x·xᵀ, of x·yᵀ and of y·yᵀ.
    pub xx: Vec<f64>,
    pub xy: Vec<f64>,
    pub yy: Vec<f64>,
}

/// The first pair of canonical variables.
#[derive(Debug, Clone)]
pub(super) struct Canonical {
    /// Weights of x.
    pub filter: Vec<f64>,
    /// Weights of y.
    pub response: Vec<f64>,
}

impl Moments {
    /// No samples yet, of `x` and `y` variables.
    pub(super) fn new(x: usize, y: usize) -> Self {
        let zeros = |len: usize| vec![0.0; len];
        Self {
            count: 0.0,
            sums: [zeros(x), zeros(y)],
            xx: zeros(x * x),
            xy: zeros(x * y),
            yy: zeros(y * y),
        }
    }

    /// The first canonical pair (Hotelling 1936), after the covariances of both sides are shrunk
    /// towards their mean variance by the two factors, 0 to 1.
    pub(super) fn solve(mut self, shrinkage: [f64; 2]) -> Result<Canonical, DecodeError> {
        let [x_sums, y_sums] = &self.sums;
        center(&mut self.xx, x_sums, x_sums, self.count);
        center(&mut self.xy, x_sums, y_sums, self.count);
        center(&mut self.yy, y_sums, y_sums, self.count);
        let (x, y) = (x_sums.len(), y_sums.len());
        shrink(&mut self.xx, x, shrinkage[0]);
        shrink(&mut self.yy, y, shrinkage[1].max(RIDGE));
        if self.xx.iter().step_by(x + 1).all(|&variance| variance <= 0.0) {
            return Err(DecodeError::Flat);
        }
        // ρ² is the eigenvalue of Cxy·Cyy⁻¹·Cyx against Cxx.
        let factor = Cholesky::new(&self.yy, y)?;
        let mut rows = self.xy;
        rows.chunks_exact_mut(y).try_for_each(|row| factor.solve_lower(row))?;
        let mut explained = vec![0.0; x * x];
        multiply_transposed(&rows, &rows, y, &mut explained)?;
        let eigen = generalized_eigen(&explained, &self.xx, x, RIDGE).map_err(flat)?;
        let filter = eigen.vector(0).to_vec();
        let mut response = vec![0.0; y];
        for (row, weight) in rows.chunks_exact(y).zip(&filter) {
            response.iter_mut().zip(row).for_each(|(out, value)| *out += weight * value);
        }
        factor.solve_upper(&mut response)?;
        Ok(Canonical { filter, response })
    }
}

/// Channels without a variance between them are told as such.
fn flat(error: DspError) -> DecodeError {
    match error {
        DspError::NotPositiveDefinite { .. } => DecodeError::Flat,
        other => other.into(),
    }
}

/// Takes the products of means off sums of products.
fn center(products: &mut [f64], left: &[f64], right: &[f64], count: f64) {
    for (row, left) in products.chunks_exact_mut(right.len().max(1)).zip(left) {
        let mean = left / count;
        row.iter_mut().zip(right).for_each(|(value, right)| *value -= mean * right);
    }
}

/// `(1 − s)·C + s·ν·I`, where ν is the mean of the diagonal.
fn shrink(matrix: &mut [f64], size: usize, factor: f64) {
    let mean = matrix.iter().step_by(size + 1).sum::<f64>() / size as f64;
    if factor > RIDGE {
        matrix.iter_mut().for_each(|value| *value *= 1.0 - factor);
    }
    matrix.iter_mut().step_by(size + 1).for_each(|value| *value += factor * mean);
}
