use crate::dsp::{Autocovariances, DspError};

/// Products of channels with each other, each at all delays: the Gram matrix of embedded channels,
/// of which only the first row and column of blocks are sums over samples. Each further block is the
/// one before it but for the first sample.
#[derive(Debug, Clone)]
pub(super) struct DelayedGram {
    channels: usize,
    delays: usize,
    covariances: Autocovariances,
    /// Products of the first samples, delays × channels each way.
    heads: Vec<f64>,
}

impl DelayedGram {
    pub(super) fn new(channels: usize, delays: usize) -> Self {
        let rows = channels * delays;
        let covariances = Autocovariances::new(channels, delays.saturating_sub(1));
        Self { channels, delays, covariances, heads: vec![0.0; rows * rows] }
    }

    /// Adds a trial, channels × samples.
    pub(super) fn add(
        &mut self,
        planar: &[f64],
        samples: usize,
        weight: f64,
    ) -> Result<(), DspError> {
        self.covariances.add(planar, samples, weight)?;
        let rows = self.channels * self.delays;
        let head = |at: usize| {
            let (delay, channel) = (at / self.channels, at % self.channels);
            if delay < samples { planar[channel * samples + delay] } else { 0.0 }
        };
        let heads: Vec<f64> = (0..rows).map(head).collect();
        for (row, left) in self.heads.chunks_exact_mut(rows).zip(&heads) {
            row.iter_mut().zip(&heads).for_each(|(sum, right)| *sum += weight * left * right);
        }
        Ok(())
    }

    /// The matrix, (delays × channels) squared.
    pub(super) fn whole(&self) -> Vec<f64> {
        let (channels, rows) = (self.channels, self.channels * self.delays);
        let mut gram = vec![0.0; rows * rows];
        for at in 0..rows * rows {
            let (row, column) = (at / rows, at % rows);
            let (delay, other) = (row / channels, column / channels);
            gram[at] = if delay == 0 {
                self.covariances.product(other, column % channels, row)
            } else if other == 0 {
                self.covariances.product(delay, row % channels, column)
            } else {
                let before = (row - channels) * rows + column - channels;
                gram[before] - self.heads[before]
            };
        }
        gram
    }
}

#[cfg(test)]
mod tests {
    use super::super::embedding::embed_into;
    use super::*;
    use crate::dsp::linalg::multiply_transposed;
    use crate::signal::Epoch;

    #[test]
    fn it_is_the_gram_matrix_of_embedded_channels() {
        let planar: Vec<f64> = (0..26).map(|n| f64::from((n * 37) % 11) - 4.0).collect();
        for delays in [1, 4, 15] {
            let rows = 2 * delays;
            let mut embedded = vec![0.0; rows * 13];
            embed_into(Epoch::from_planar(&planar, 2).unwrap(), delays, &mut embedded);
            let mut expected = vec![0.0; rows * rows];
            multiply_transposed(&embedded, &embedded, 13, &mut expected).unwrap();
            let mut gram = DelayedGram::new(2, delays);
            gram.add(&planar, 13, 0.5).unwrap();
            gram.add(&planar, 13, 0.5).unwrap();
            assert_eq!(gram.whole(), expected);
        }
    }
}
