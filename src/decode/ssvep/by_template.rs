use super::calibrated::Trials;
use crate::decode::decoder::check_call;
use crate::decode::row_space::RowSpace;
use crate::decode::{DecodeError, Linear, Scratch, Shape};
use crate::dsp::linalg::{dot, multiply, multiply_transposed, orthonormal_rows};
use crate::signal::Epoch;

/// Correlations of an epoch with one template a target, both behind spatial filters.
#[derive(Debug, Clone)]
pub(super) struct ByTemplate {
    shape: Shape,
    targets: usize,
    space: RowSpace,
    /// Rows × directions of the space.
    filters: Vec<f64>,
    /// For each target, its template behind the filters that serve it, of norm 1.
    templates: Vec<f64>,
    ensemble: bool,
}

impl ByTemplate {
    /// Every target's mean trial behind that target's own filter, of which there is one a target,
    /// one after the other.
    pub(super) fn own(
        shape: Shape,
        filters: Vec<f64>,
        trials: Trials,
    ) -> Result<Self, DecodeError> {
        let (samples, targets) = (shape.samples, trials.targets());
        shape.check_table(targets)?;
        let mut templates = vec![0.0; targets * samples];
        let each = filters.chunks_exact(trials.rank()).zip(templates.chunks_exact_mut(samples));
        for (target, (filter, template)) in each.enumerate() {
            multiply(filter, trials.rank(), &trials.mean(target), samples, template)?;
            normalize(template);
        }
        Ok(Self { shape, targets, space: trials.into_space(), filters, templates, ensemble: false })
    }

    /// Every target's mean trial behind all filters together.
    ///
    /// Correlations see the filters W through W·W' alone, so the rows of any R with R'·R = W·W' do
    /// the same; there are no more of them than directions, however many targets have a filter.
    pub(super) fn ensemble(
        shape: Shape,
        filters: &[f64],
        trials: Trials,
    ) -> Result<Self, DecodeError> {
        let (samples, targets) = (shape.samples, trials.targets());
        let filters = compressed(filters, trials.rank())?;
        let rows = filters.len() / trials.rank();
        shape.check_table(targets.saturating_mul(rows))?;
        let mut templates = vec![0.0; targets * rows * samples];
        for (target, template) in templates.chunks_exact_mut(rows * samples).enumerate() {
            multiply(&filters, trials.rank(), &trials.mean(target), samples, template)?;
            normalize(template);
        }
        Ok(Self { shape, targets, space: trials.into_space(), filters, templates, ensemble: true })
    }

    pub(super) fn linear(&self) -> Linear {
        Linear {
            channels: self.shape.channels,
            samples: self.shape.samples,
            targets: self.targets,
            weights: self.space.weights(&self.filters),
            templates: self.templates.clone(),
            own_rows: !self.ensemble,
        }
    }

    pub(super) fn shape(&self) -> Shape {
        self.shape
    }

    pub(super) fn targets(&self) -> usize {
        self.targets
    }

    pub(super) fn score_into(
        &self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        scratch: &mut Scratch,
    ) -> Result<(), DecodeError> {
        check_call(self.shape, self.targets, epoch, scores)?;
        let (rank, samples) = (self.space.rank(), self.shape.samples);
        let Scratch { trial, real, products, .. } = scratch;
        self.space.project_scaled(epoch, trial, real)?;
        let filtered = Scratch::zeros(products, self.filters.len() / rank * samples);
        multiply(&self.filters, rank, trial, samples, filtered)?;
        if self.ensemble {
            multiply_transposed(&self.templates, filtered, filtered.len(), scores)?;
            let norm = dot(filtered, filtered).sqrt();
            scores.iter_mut().for_each(|score| *score = ratio(*score, norm));
        } else {
            let pairs = filtered.chunks_exact(samples).zip(self.templates.chunks_exact(samples));
            for (score, (row, template)) in scores.iter_mut().zip(pairs) {
                *score = ratio(dot(row, template), dot(row, row).sqrt());
            }
        }
        Ok(())
    }
}

/// No more rows than directions that make, for any epoch, the same inner products as these filters.
fn compressed(filters: &[f64], directions: usize) -> Result<Vec<f64>, DecodeError> {
    let targets = filters.len() / directions;
    let weight = |at: usize| filters[at % targets * directions + at / targets];
    let mut basis: Vec<f64> = (0..directions * targets).map(weight).collect();
    let columns = basis.clone();
    // Every direction counts, however weak: a strong signal has small weights.
    let rank = orthonormal_rows(&mut basis, targets, 0.0)?;
    let mut rows = vec![0.0; rank * directions];
    multiply_transposed(&basis[..rank * targets], &columns, targets, &mut rows)?;
    Ok(rows)
}

/// A correlation; none with nothing.
fn ratio(product: f64, norm: f64) -> f64 {
    if norm > 0.0 { (product / norm).clamp(-1.0, 1.0) } else { 0.0 }
}

fn normalize(template: &mut [f64]) {
    let norm = dot(template, template).sqrt();
    if norm > 0.0 {
        template.iter_mut().for_each(|value| *value /= norm);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compressed_filters_keep_inner_products() {
        let filters: Vec<f64> = (0..15).map(|n| f64::from(n * n % 13) - 6.0).collect();
        let rows = compressed(&filters, 3).unwrap();
        assert_eq!(rows.len(), 9);
        let (x, y) = ([1.0, -2.0, 0.5], [0.3, 4.0, -1.0]);
        let inner = |filters: &[f64]| -> f64 {
            filters.chunks(3).map(|filter| dot(filter, &x) * dot(filter, &y)).sum()
        };
        assert!((inner(&rows) - inner(&filters)).abs() < 1e-12);
        // A direction that no filter listens to.
        assert_eq!(compressed(&[1.0, 0.0, 2.0, 0.0], 2).unwrap().len(), 2);
    }
}
