//! Windows that taper a signal before its spectrum is taken.

use std::f64::consts::TAU;

/// A window, in its periodic form (the one for spectra: the sample after the last would repeat the
/// first).
///
/// | window | coherent gain | noise bandwidth, bins |
/// |---|---|---|
/// | rectangular | 1 | 1 |
/// | Hann | 0.5 | 1.5 |
/// | Hamming | 0.54 | 1.3628 |
/// | Blackman | 0.42 | 1.7268 |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// No taper: the narrowest peak, the most leakage.
    Rectangular,
    /// A raised cosine that ends at zero.
    Hann,
    /// A raised cosine on a pedestal, with a low first side lobe.
    Hamming,
    /// Two cosines: a wide peak, little leakage.
    Blackman,
}

impl Window {
    /// The `len` weights of the window. A single sample has weight 1.
    pub fn weights(self, len: usize) -> Vec<f64> {
        if len == 1 {
            return vec![1.0];
        }
        (0..len).map(|n| self.weight(TAU * n as f64 / len as f64)).collect()
    }

    /// Mean of the weights: what a sinusoid's peak is multiplied by.
    pub fn coherent_gain(self, len: usize) -> f64 {
        self.weights(len).iter().sum::<f64>() / len.max(1) as f64
    }

    /// Equivalent noise bandwidth: the width, in bins of `rate / len`, of the rectangular pass band
    /// that would let as much white noise through at the same peak gain.
    pub fn noise_bandwidth_bins(self, len: usize) -> f64 {
        let weights = self.weights(len);
        let (sum, squares) = weights.iter().fold((0.0, 0.0), |(s, q), w| (s + w, q + w * w));
        if len == 0 { 0.0 } else { len as f64 * squares / (sum * sum) }
    }

    fn weight(self, angle: f64) -> f64 {
        match self {
            Self::Rectangular => 1.0,
            Self::Hann => 0.5 - 0.5 * angle.cos(),
            Self::Hamming => 0.54 - 0.46 * angle.cos(),
            Self::Blackman => 0.42 - 0.5 * angle.cos() + 0.08 * (2.0 * angle).cos(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_and_bandwidths_are_those_of_the_table() {
        let table = [
            (Window::Rectangular, 1.0, 1.0),
            (Window::Hann, 0.5, 1.5),
            (Window::Hamming, 0.54, 1.3628),
            (Window::Blackman, 0.42, 1.7268),
        ];
        for (window, gain, bandwidth) in table {
            for len in [5, 64, 101] {
                assert!((window.coherent_gain(len) - gain).abs() < 1e-12);
                assert!((window.noise_bandwidth_bins(len) - bandwidth).abs() < 5e-5);
            }
            assert_eq!(window.weights(1), [1.0]);
            assert!(window.weights(0).is_empty());
            assert_eq!((window.coherent_gain(0), window.noise_bandwidth_bins(0)), (0.0, 0.0));
        }
    }
}
