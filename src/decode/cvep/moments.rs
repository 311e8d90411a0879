use super::canonical::Moments;
use super::embedding::embed_into;
use super::structure::{Structure, mirror};
use crate::decode::{Calibration, DecodeError};
use crate::dsp::linalg::multiply_transposed;
use crate::signal::Epoch;

/// A constant channel leaves no more than this of itself when its mean is taken off.
const ROUNDING: f64 = 1e-13;

/// The means of all channels over a calibration.
pub(super) fn means(calibration: &Calibration) -> Vec<f64> {
    let shape = calibration.shape();
    let count = (calibration.len() * shape.samples) as f64;
    let mut means = vec![0.0; shape.channels];
    for (_, epoch) in calibration.epochs() {
        for (mean, row) in means.iter_mut().zip(epoch.rows()) {
            *mean += row.iter().sum::<f64>() / count;
        }
    }
    means
}

/// Writes an epoch without these means; what rounding leaves of a constant becomes zero.
pub(super) fn center_into(epoch: Epoch<'_>, means: &[f64], out: &mut [f64]) {
    for ((row, mean), out) in epoch.rows().zip(means).zip(out.chunks_exact_mut(epoch.len().max(1)))
    {
        let noise = ROUNDING * mean.abs();
        for (out, value) in out.iter_mut().zip(row) {
            let rest = value - mean;
            *out = if rest.abs() > noise { rest } else { 0.0 };
        }
    }
}

/// Second moments of the embedded EEG (delays × channels) and the events that caused it.
pub(super) fn of_events(
    calibration: &Calibration,
    structure: &Structure,
    delays: usize,
) -> Result<Moments, DecodeError> {
    let (channels, samples) = (calibration.shape().channels, calibration.shape().samples);
    let rows = channels * delays;
    let mut moments = Moments::new(rows, structure.features());
    let means = means(calibration);
    let mut centered = vec![0.0; channels * samples];
    let mut embedded = vec![0.0; rows * samples];
    let mut total = vec![0.0; rows * samples];
    let mut product = vec![0.0; rows * rows];
    for target in 0..structure.targets() {
        total.fill(0.0);
        let mut trials = 0.0;
        for epoch in calibration.of_target(target) {
            center_into(epoch, &means, &mut centered);
            embed_into(Epoch::from_planar(&centered, channels)?, delays, &mut embedded);
            multiply_transposed(&embedded, &embedded, samples, &mut product)?;
            moments.xx.iter_mut().zip(&product).for_each(|(sum, value)| *sum += value);
            total.iter_mut().zip(&embedded).for_each(|(sum, value)| *sum += value);
            trials += 1.0;
        }
        if trials > 0.0 {
            moments.count += trials * samples as f64;
            structure.add_gram(target, samples, trials, &mut moments.yy);
            structure.add_cross(target, &total, samples, &mut moments.xy);
            structure.add_sums(target, samples, trials, &mut moments.sums[1]);
            for (sum, row) in moments.sums[0].iter_mut().zip(total.chunks_exact(samples)) {
                *sum += row.iter().sum::<f64>();
            }
        }
    }
    mirror(&mut moments.yy, structure.features());
    Ok(moments)
}
