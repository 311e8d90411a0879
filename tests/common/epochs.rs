//! Epochs with a response that any method finds.

use std::f64::consts::TAU;

/// Noise between −1 and 1 from a linear congruential generator (Knuth's MMIX constants).
pub(crate) fn noise(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

/// Channels one after the other, each a sinusoid of amplitude 1 at a phase of its own, in noise.
pub(crate) fn epoch(channels: usize, samples: usize, rate_hz: f64, gaze_hz: f64) -> Vec<f64> {
    seeded(7, channels, samples, rate_hz, gaze_hz)
}

/// The same response in other noise.
pub(crate) fn seeded(
    seed: u64,
    channels: usize,
    samples: usize,
    rate_hz: f64,
    gaze_hz: f64,
) -> Vec<f64> {
    let mut noise = noise(seed);
    let mut sample = |channel: usize, n: usize| {
        (TAU * gaze_hz * n as f64 / rate_hz + channel as f64).sin() + 2.0 * noise()
    };
    (0..channels * samples).map(|at| sample(at / samples, at % samples)).collect()
}
