use super::embedding::filter_into;
use super::trials::is_constant;
use crate::decode::decoder::{check_call, standardize};
use crate::decode::{DecodeError, Linear, Scratch, Shape};
use crate::dsp::linalg::{dot, multiply_transposed};
use crate::dsp::vectors::with_vectors;
use crate::signal::Epoch;

/// What is left of a filtered epoch by rounding, relative to what went in.
const ROUNDING: f64 = 1e-13;

/// A spatial filter and the response expected behind it for each target; scores are Pearson's
/// correlations of the two.
#[derive(Debug, Clone)]
pub(super) struct Correlator {
    shape: Shape,
    delays: usize,
    /// Delays × channels, of which the moduli add up to 1, so that no sum can overflow.
    filter: Vec<f64>,
    /// Targets × samples: without mean, of norm 1; zeros where no response is expected.
    templates: Vec<f64>,
}

impl Correlator {
    /// A filter of delays × channels weights, and templates of any level and unit.
    pub(super) fn new(
        shape: Shape,
        mut filter: Vec<f64>,
        mut templates: Vec<f64>,
    ) -> Result<Self, DecodeError> {
        let total: f64 = filter.iter().map(|weight| weight.abs()).sum();
        if !(total.is_finite() && total > 0.0) {
            return Err(DecodeError::Flat);
        }
        filter.iter_mut().for_each(|weight| *weight /= total);
        let mut row = vec![0.0; shape.samples];
        let norm = (shape.samples as f64).sqrt();
        for template in templates.chunks_exact_mut(shape.samples) {
            standardize(template, &mut row);
            template.iter_mut().zip(&row).for_each(|(out, value)| *out = value / norm);
        }
        let delays = filter.len() / shape.channels;
        Ok(Self { shape, delays, filter, templates })
    }

    /// `None` with delays, which look at later samples.
    pub(super) fn linear(&self) -> Option<Linear> {
        (self.delays == 1).then(|| Linear {
            channels: self.shape.channels,
            samples: self.shape.samples,
            targets: self.targets(),
            weights: self.filter.clone(),
            templates: self.templates.clone(),
            own_rows: false,
        })
    }

    pub(super) fn shape(&self) -> Shape {
        self.shape
    }

    pub(super) fn targets(&self) -> usize {
        self.templates.len() / self.shape.samples
    }

    pub(super) fn score_into(
        &self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        check_call(self.shape, self.targets(), epoch, scores)?;
        let samples = self.shape.samples;
        let filtered = Scratch::zeros(&mut scratch.real, samples);
        match self.delays {
            1 => filter_into(epoch, &self.filter, 1, filtered),
            // What is embedded ends in zeros, which a level would make a step of.
            delays => {
                let planar = Scratch::zeros(&mut scratch.trial, self.shape.channels * samples);
                epoch.rows().zip(planar.chunks_exact_mut(samples)).for_each(|(row, out)| {
                    without_mean(row, out);
                });
                filter_into(
                    Epoch::from_planar(planar, epoch.channels())?,
                    &self.filter,
                    delays,
                    filtered,
                );
            }
        }
        let scale = largest(filtered);
        filtered.iter_mut().for_each(|value| *value /= scale);
        let mean = sum(filtered) / samples as f64;
        filtered.iter_mut().for_each(|value| *value -= mean);
        let norm = dot(filtered, filtered).sqrt();
        let least = ROUNDING * self.most(epoch);
        if norm.is_nan() || norm * scale <= least {
            return Err(DecodeError::Flat);
        }
        multiply_transposed(&self.templates, filtered, samples, scores)?;
        scores.iter_mut().for_each(|score| *score = (*score / norm).clamp(-1.0, 1.0));
        Ok(())
    }

    /// The most that a channel could bring in through the filter.
    fn most(&self, epoch: Epoch<'_>) -> f64 {
        let weight = |channel: usize| {
            let of_channel = self.filter.iter().skip(channel).step_by(self.shape.channels);
            of_channel.fold(0.0_f64, |most, weight| most.max(weight.abs()))
        };
        epoch.rows().enumerate().map(|(c, row)| weight(c) * largest(row)).fold(0.0, f64::max)
    }
}

/// A row without its mean; zeros for a constant one.
fn without_mean(row: &[f64], out: &mut [f64]) {
    if is_constant(row) {
        return;
    }
    let mean = row.iter().map(|value| value / row.len() as f64).sum::<f64>();
    out.iter_mut().zip(row).for_each(|(out, value)| *out = value - mean);
}

/// Values that are looked at side by side.
const LANES: usize = 16;

/// The largest modulus in a row of finite numbers.
fn largest(row: &[f64]) -> f64 {
    let (blocks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [0.0_f64; LANES];
    with_vectors(
        #[inline(always)]
        || {
            for block in blocks {
                for (lane, value) in lanes.iter_mut().zip(block) {
                    let value = value.abs();
                    *lane = if value > *lane { value } else { *lane };
                }
            }
        },
    );
    lanes.iter().chain(rest).fold(0.0, |most, value| most.max(value.abs()))
}

/// The sum of a row, in an order that lets additions go side by side.
fn sum(row: &[f64]) -> f64 {
    let (blocks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for block in blocks {
        lanes.iter_mut().zip(block).for_each(|(lane, value)| *lane += value);
    }
    lanes.iter().chain(rest).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_any_length_are_summed_and_searched() {
        for len in [0, 1, 15, 16, 17, 100] {
            let row: Vec<f64> = (0..len).map(|n| f64::from((n * 37) % 101) - 50.0).collect();
            assert_eq!(sum(&row), row.iter().sum::<f64>());
            assert_eq!(
                largest(&row),
                row.iter().fold(0.0, |most: f64, value| most.max(value.abs()))
            );
        }
    }
}
