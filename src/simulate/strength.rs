use serde::{Deserialize, Serialize};

use super::SimulateError;
use super::response::SOURCES;

/// How large the response is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Strength {
    /// Ratio of the response's RMS to that of the noise.
    ///
    /// The mean square of the response is taken over all channels, all targets and the samples of
    /// a trial, counted from one latency after its onset. The mean square of the noise is the
    /// expected one of background, alpha, mains and sensor noise, over all channels. Artefacts,
    /// drift, offset and quantization do not count. Of the whole band, that is: the ratio in a
    /// decoder's pass band is several times as high.
    Snr(f64),
    /// RMS of the response in microvolts, over the same channels, targets and samples.
    Microvolts(f64),
}

/// Mean square over channels, targets and `len` samples from `first` on.
pub(super) fn mean_square(
    responses: &[[Vec<f64>; SOURCES]],
    gains: &[[f64; SOURCES]],
    first: usize,
    len: usize,
) -> f64 {
    // Mean of gainᵃ·gainᵇ over channels, so that channels need not be gone through a sample.
    let shared = |a: usize, b: usize| {
        gains.iter().map(|gain| gain[a] * gain[b]).sum::<f64>() / gains.len() as f64
    };
    let mut sum = 0.0;
    for a in 0..SOURCES {
        for b in 0..SOURCES {
            let weight = shared(a, b);
            for response in responses {
                let products = response[a].iter().zip(&response[b]).skip(first).take(len);
                sum += weight * products.map(|(x, y)| x * y).sum::<f64>();
            }
        }
    }
    sum / (responses.len() * len) as f64
}

/// What to multiply a response of mean square `response` by.
pub(super) fn amplitude(
    strength: Strength,
    response: f64,
    noise: f64,
) -> Result<f64, SimulateError> {
    let wanted = match strength {
        Strength::Microvolts(rms) => rms,
        Strength::Snr(0.0) => 0.0,
        Strength::Snr(snr) if noise <= 0.0 => {
            return Err(SimulateError::Unreachable { snr, missing: "noise" });
        }
        Strength::Snr(snr) if response <= 0.0 => {
            return Err(SimulateError::Unreachable { snr, missing: "response" });
        }
        Strength::Snr(snr) => snr * noise.sqrt(),
    };
    Ok(if response > 0.0 { wanted / response.sqrt() } else { 0.0 })
}
