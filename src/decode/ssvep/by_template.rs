use crate::decode::decoder::{centre_rows, check_call};
use crate::decode::{DecodeError, Scratch, Shape};
use crate::dsp::linalg::{dot, multiply, multiply_transposed, orthonormal_rows};
use crate::signal::Epoch;

/// Correlations of an epoch with one template a target, both behind spatial filters.
#[derive(Debug, Clone)]
pub(super) struct ByTemplate {
    shape: Shape,
    targets: usize,
    /// Rows × channels.
    filters: Vec<f64>,
    /// For each target, its template behind the filters that serve it, of norm 1.
    templates: Vec<f64>,
    ensemble: bool,
}

impl ByTemplate {
    /// Every target's template behind that target's own filter; both one after the other.
    pub(super) fn own(
        shape: Shape,
        filters: Vec<f64>,
        means: &[Vec<f64>],
    ) -> Result<Self, DecodeError> {
        let Shape { channels, samples, .. } = shape;
        shape.check_table(means.len())?;
        let mut templates = vec![0.0; means.len() * samples];
        let each = filters.chunks_exact(channels).zip(means);
        for ((filter, mean), template) in each.zip(templates.chunks_exact_mut(samples)) {
            multiply(filter, channels, mean, samples, template)?;
            normalize(template);
        }
        Ok(Self { shape, targets: means.len(), filters, templates, ensemble: false })
    }

    /// Every target's template behind all filters together.
    ///
    /// Correlations see the filters W through W·W' alone, so the rows of any R with R'·R = W·W' do
    /// the same; there are no more of them than channels, however many targets have a filter.
    pub(super) fn ensemble(
        shape: Shape,
        filters: &[f64],
        means: &[Vec<f64>],
    ) -> Result<Self, DecodeError> {
        let Shape { channels, samples, .. } = shape;
        let filters = compressed(filters, channels)?;
        let rows = filters.len() / channels;
        shape.check_table(means.len().saturating_mul(rows))?;
        let mut templates = vec![0.0; means.len() * rows * samples];
        for (mean, template) in means.iter().zip(templates.chunks_exact_mut(rows * samples)) {
            multiply(&filters, channels, mean, samples, template)?;
            normalize(template);
        }
        Ok(Self { shape, targets: means.len(), filters, templates, ensemble: true })
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
        let Shape { channels, samples, .. } = self.shape;
        let rows = self.filters.len() / channels;
        let work = Scratch::zeros(&mut scratch.real, (channels + rows) * samples);
        let (centred, filtered) = work.split_at_mut(channels * samples);
        centre_rows(epoch, centred)?;
        multiply(&self.filters, channels, centred, samples, filtered)?;
        if self.ensemble {
            multiply_transposed(filtered, &self.templates, rows * samples, scores)?;
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

/// No more rows than channels that make, for any epoch, the same inner products as these filters.
fn compressed(filters: &[f64], channels: usize) -> Result<Vec<f64>, DecodeError> {
    let targets = filters.len() / channels;
    let mut basis: Vec<f64> =
        (0..channels * targets).map(|at| filters[at % targets * channels + at / targets]).collect();
    let columns = basis.clone();
    // Every direction counts, however weak: a filter's weights are in the units of its channels.
    let rank = orthonormal_rows(&mut basis, targets, 0.0)?;
    let mut rows = vec![0.0; rank * channels];
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
        // A channel that no filter listens to.
        assert_eq!(compressed(&[1.0, 0.0, 2.0, 0.0], 2).unwrap().len(), 2);
    }
}
