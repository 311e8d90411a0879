use super::embedding::filter_into;
use crate::decode::decoder::{check_call, standardize};
use crate::decode::{DecodeError, Scratch, Shape};
use crate::dsp::linalg::{dot, multiply_transposed};
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
        filter_into(epoch, &self.filter, self.delays, filtered);
        let count = samples as f64;
        let mean = filtered.iter().map(|value| value / count).sum::<f64>();
        filtered.iter_mut().for_each(|value| *value -= mean);
        let peak = filtered.iter().fold(0.0_f64, |peak, value| peak.max(value.abs()));
        if peak <= ROUNDING * self.largest(epoch) {
            return Err(DecodeError::Flat);
        }
        filtered.iter_mut().for_each(|value| *value /= peak);
        let norm = dot(filtered, filtered).sqrt();
        multiply_transposed(filtered, &self.templates, samples, scores)?;
        scores.iter_mut().for_each(|score| *score = (*score / norm).clamp(-1.0, 1.0));
        Ok(())
    }

    /// The largest value that a channel could bring in through the filter.
    fn largest(&self, epoch: Epoch<'_>) -> f64 {
        let weight = |channel: usize| {
            let of_channel = self.filter.iter().skip(channel).step_by(self.shape.channels);
            of_channel.fold(0.0_f64, |most, weight| most.max(weight.abs()))
        };
        let peak = |row: &[f64]| row.iter().fold(0.0_f64, |peak, value| peak.max(value.abs()));
        epoch.rows().enumerate().map(|(c, row)| weight(c) * peak(row)).fold(0.0, f64::max)
    }
}
