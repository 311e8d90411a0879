//! Everything in the samples but the visual response.

use std::ops::Range;

use super::blinks::Blinks;
use super::mains::Mains;
use super::noise::{Drift, PinkNoise, Rhythm};
use super::scalp::{place, unit_vector};
use super::{Random, SessionParams};

/// Sources of background noise that all channels see.
const SHARED: usize = 4;

/// The running background of all channels; endless.
#[derive(Debug, Clone)]
pub(super) struct Background {
    shared: [PinkNoise; SHARED],
    alpha: Rhythm,
    mains: Mains,
    blinks: Blinks,
    channels: Vec<ChannelNoise>,
}

/// What one channel adds of its own, and how strongly it sees what is shared.
#[derive(Debug, Clone)]
struct ChannelNoise {
    own: PinkNoise,
    shared_gains: [f64; SHARED],
    alpha_uv: f64,
    mains_uv: f64,
    blink_uv: f64,
    sensor: Random,
    sensor_uv: f64,
    drift: Drift,
    drift_uv: f64,
    offset_uv: f64,
}

impl Background {
    pub(super) fn new(params: &SessionParams, random: &mut Random) -> Self {
        let rate_hz = params.rate_hz;
        // One generator a part, always drawn in this order: changing one part leaves the others.
        let mut parts: [Random; 7] = std::array::from_fn(|_| random.split());
        let [pink, alpha, mains, blinks, sensor, drift, offset] = &mut parts;
        let shared = std::array::from_fn(|_| {
            PinkNoise::new(pink.split(), rate_hz, params.noise_exponent, 1.0)
        });
        let alpha = Rhythm::new(alpha.split(), rate_hz, params.alpha_hz, params.alpha_width_hz);
        let hum = Mains::new(mains.split(), rate_hz, params.mains_hz);
        let blinks = Blinks::new(blinks.split(), rate_hz, params.blinks_per_min);
        let own_rms = params.noise_uv * (1.0 - params.noise_shared).sqrt();
        let shared_rms = params.noise_uv * params.noise_shared.sqrt();
        let channel = |label: &String| {
            let place = place(label);
            ChannelNoise {
                own: PinkNoise::new(pink.split(), rate_hz, params.noise_exponent, own_rms),
                shared_gains: unit_vector(pink).map(|gain| gain * shared_rms),
                alpha_uv: params.alpha_uv * place.posterior,
                mains_uv: params.mains_uv * (0.5 + mains.uniform()),
                blink_uv: params.blink_uv * place.frontal,
                sensor: sensor.split(),
                sensor_uv: params.sensor_uv,
                drift: Drift::new(drift.split(), rate_hz),
                drift_uv: params.drift_uv,
                offset_uv: params.offset_uv * (2.0 * offset.uniform() - 1.0),
            }
        };
        let channels = params.channels.iter().map(channel).collect();
        Self { shared, alpha, mains: hum, blinks, channels }
    }

    /// The samples of each blink to come.
    pub(super) fn blinks(&self) -> impl Iterator<Item = Range<u64>> {
        self.blinks.plan()
    }

    /// The next sample of every channel, with alpha multiplied by a factor.
    pub(super) fn sample(&mut self, frame: &mut [f64], alpha_gain: f64) {
        let shared: [f64; SHARED] = std::array::from_fn(|source| self.shared[source].sample());
        let (alpha, mains) = (alpha_gain * self.alpha.sample(), self.mains.sample());
        let blink = self.blinks.sample();
        for (value, channel) in frame.iter_mut().zip(&mut self.channels) {
            let common: f64 =
                channel.shared_gains.iter().zip(&shared).map(|(gain, source)| gain * source).sum();
            *value = channel.own.sample()
                + common
                + channel.alpha_uv * alpha
                + channel.mains_uv * mains
                + channel.blink_uv * blink
                + channel.sensor_uv * channel.sensor.normal()
                + channel.drift_uv * channel.drift.sample()
                + channel.offset_uv;
        }
    }

    /// Expected mean square over channels of background, alpha, mains and sensor noise, in µV².
    pub(super) fn mean_square(&self, params: &SessionParams) -> f64 {
        let one = |channel: &ChannelNoise| {
            params.noise_uv * params.noise_uv
                + channel.alpha_uv * channel.alpha_uv
                + channel.mains_uv * channel.mains_uv / 2.0
                + channel.sensor_uv * channel.sensor_uv
        };
        self.channels.iter().map(one).sum::<f64>() / self.channels.len() as f64
    }
}
