use serde::{Deserialize, Serialize};

use super::{Session, SimulateError, Simulated, Strength};
use crate::signal::Quantization;
use crate::stimulus::Codebook;

/// Counts of a 24-bit amplifier of the ADS1299 family at gain 24: 4.5 V / 24 / (2²³ − 1), about
/// 0.02235 µV.
pub const GRID_24_BIT: Quantization =
    Quantization { bits: 24, scale: (4.5e6 / 24.0 / 8_388_607.0) as f32, offset: 0.0 };
/// Counts of 0.1 µV in 16 bits, as many recordings are stored.
pub const GRID_16_BIT: Quantization = Quantization { bits: 16, scale: 0.1, offset: 0.0 };

/// What a simulated session is like. The same parameters, codebook and crate version give the same
/// samples, bit for bit, on every machine whose `f64` is IEEE double precision.
///
/// The parameters can be written as JSON; fields left out have their defaults.
///
/// ```
/// use evoked::simulate::{SessionParams, Strength};
/// use evoked::stimulus::Codebook;
/// let codebook = Codebook::sinusoids(&[9.0, 11.0, 13.0])?;
/// let params =
///     SessionParams { blocks: 2, strength: Strength::Snr(0.5), seed: 7, ..Default::default() };
/// let simulated = params.simulate(&codebook)?;
/// assert_eq!(simulated.truth.len(), 6);
/// assert_eq!(simulated.recording.streams()[0].rate_hz(), 250.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SessionParams {
    /// Labels of the channels, 1 to 1024. Labels of the 10–20 system decide how much of the
    /// response, of alpha and of blinks a channel sees; other labels count as occipital. Default:
    /// Pz PO5 PO3 POz PO4 PO6 O1 Oz O2.
    pub channels: Vec<String>,
    /// Samples a second and channel, 10 to 20 000. Default 250.
    pub rate_hz: f64,
    /// How often every target is shown, at least once; in each block the order is drawn anew.
    /// Default 6.
    pub blocks: u32,
    /// Length of a trial in seconds, 0.1 to 3600. Default 4.
    pub trial_s: f64,
    /// Pause before, between and after the trials in seconds, 0 to 3600. Default 1.
    ///
    /// The response goes on into the gap for a latency, so with a shorter gap it reaches into the
    /// next trial. After the last trial the pause is at least as long as its response.
    pub gap_s: f64,
    /// How large the response is. Default an SNR of 0.2.
    pub strength: Strength,
    /// Seconds from the light to the response, 0 to 1. Default 0.14.
    pub latency_s: f64,
    /// RMS of the background noise on each channel in microvolts. Default 10.
    pub noise_uv: f64,
    /// How steeply the background's power falls with frequency: `1/f^a` with a from 0 to 2.
    /// Default 1.
    pub noise_exponent: f64,
    /// Part of the background's power that comes from four sources all channels see, 0 to 1.
    /// Default 0.5.
    pub noise_shared: f64,
    /// RMS of the alpha rhythm over the occiput in microvolts. Default 4.
    pub alpha_uv: f64,
    /// Middle frequency of the alpha rhythm, whose phase and amplitude wander. Default 10.
    pub alpha_hz: f64,
    /// Width of the alpha peak at half power, above 0. Default 1.5.
    pub alpha_width_hz: f64,
    /// Amplitude of the mains hum in microvolts; channels have 0.5 to 1.5 of it. Default 2.
    pub mains_uv: f64,
    /// Frequency of the mains. Default 50.
    pub mains_hz: f64,
    /// RMS of the white noise of each amplifier channel in microvolts. Default 0.3.
    pub sensor_uv: f64,
    /// Blinks a minute at random times, 0 to 60. Default 0.
    pub blinks_per_min: f64,
    /// Height of a typical blink at the forehead in microvolts. Default 150.
    pub blink_uv: f64,
    /// RMS of the slow wander (over a minute) of each electrode in microvolts. Default 0.
    pub drift_uv: f64,
    /// Largest constant offset of an electrode in microvolts; channels have −1 to 1 of it.
    /// Default 0.
    pub offset_uv: f64,
    /// The grid of the amplifier, 8, 16 or 24 bits without an offset; values beyond it are clipped.
    /// Default [`GRID_24_BIT`]; `None` leaves the samples as they are.
    pub quantization: Option<Quantization>,
    /// Length in seconds of periods in which the user looks at none of the targets although they
    /// flicker, 0.1 to 3600, or 0 for none. Default 0.
    ///
    /// A period is marked as a trial is, with code [`REST`](super::REST) and the text `rest` in
    /// place of a target's label. To have rest among the trials of a block, in random order, give
    /// the codebook a target that shows nothing.
    #[serde(skip_serializing_if = "is_off")]
    pub rest_s: f64,
    /// A no-control period comes after every so many trials, at least 1; `None`, the default, has
    /// one after each block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rest_every: Option<u32>,
    /// How many times as strong the alpha rhythm is in no-control periods, 0 to 100. Default 1.
    #[serde(skip_serializing_if = "is_thousandths::<1000>")]
    pub rest_alpha: f64,
    /// Share of the response's amplitude that is gone at the end of the session, 0 to 1; it falls
    /// evenly. [`Strength`] tells that at the start. Default 0.
    #[serde(skip_serializing_if = "is_off")]
    pub fade: f64,
    /// Seconds by which the latency has grown at the end of the session, 0 to 1. It grows evenly
    /// from trial to trial, in whole samples. Default 0.
    #[serde(skip_serializing_if = "is_off")]
    pub slowing_s: f64,
    /// Muscle bursts a minute at random times, 0 to 60: 20 to 100 Hz for 0.2 to 0.8 s, on up to half
    /// of the channels. Default 0.
    #[serde(skip_serializing_if = "is_off")]
    pub bursts_per_min: f64,
    /// RMS in the middle of a typical burst in microvolts; channels have 0.5 to 1.5 of it. Default
    /// 30.
    #[serde(skip_serializing_if = "is_thousandths::<30_000>")]
    pub burst_uv: f64,
    /// Electrode pops a minute at random times, 0 to 60: one channel steps and returns with a time
    /// constant of 0.1 to 0.5 s. Default 0.
    #[serde(skip_serializing_if = "is_off")]
    pub pops_per_min: f64,
    /// Height of a typical pop in microvolts; pops have 0.5 to 1.5 of it. Default 200.
    #[serde(skip_serializing_if = "is_thousandths::<200_000>")]
    pub pop_uv: f64,
    /// Stretches a minute that are lost, at random times, 0 to 60: the samples never arrive, events
    /// do. At most half of the time is lost. Default 0.
    #[serde(skip_serializing_if = "is_off")]
    pub losses_per_min: f64,
    /// Length of a typical lost stretch in seconds, 0 to 60; stretches have 0.5 to 1.5 of it, and at
    /// least one sample. Default 0.5.
    #[serde(skip_serializing_if = "is_thousandths::<500>")]
    pub loss_s: f64,
    /// Where all that is random comes from; each part draws from a source of its own, so that
    /// switching one on leaves the others as they were. Default 1.
    pub seed: u64,
}

impl Default for SessionParams {
    fn default() -> Self {
        let channels = ["Pz", "PO5", "PO3", "POz", "PO4", "PO6", "O1", "Oz", "O2"];
        Self {
            channels: channels.map(String::from).to_vec(),
            rate_hz: 250.0,
            blocks: 6,
            trial_s: 4.0,
            gap_s: 1.0,
            strength: Strength::Snr(0.2),
            latency_s: 0.14,
            noise_uv: 10.0,
            noise_exponent: 1.0,
            noise_shared: 0.5,
            alpha_uv: 4.0,
            alpha_hz: 10.0,
            alpha_width_hz: 1.5,
            mains_uv: 2.0,
            mains_hz: 50.0,
            sensor_uv: 0.3,
            blinks_per_min: 0.0,
            blink_uv: 150.0,
            drift_uv: 0.0,
            offset_uv: 0.0,
            quantization: Some(GRID_24_BIT),
            rest_s: 0.0,
            rest_every: None,
            rest_alpha: 1.0,
            fade: 0.0,
            slowing_s: 0.0,
            bursts_per_min: 0.0,
            burst_uv: 30.0,
            pops_per_min: 0.0,
            pop_uv: 200.0,
            losses_per_min: 0.0,
            loss_s: 0.5,
            seed: 1,
        }
    }
}

impl SessionParams {
    /// The session that runs for real: samples come in chunks, however long it lasts.
    ///
    /// # Errors
    /// A parameter out of its range; a target, alpha or mains at or above half of the rate; a code
    /// at or above one bit a sample; targets whose events cannot be told apart; an SNR without
    /// noise or without a response; more than 2²⁰ trials, 2²⁰ artefacts and losses, or 2²³ samples in
    /// one trial of every target.
    pub fn start(&self, codebook: &Codebook) -> Result<Session, SimulateError> {
        Session::new(self, codebook)
    }

    /// The whole session at once, with the truth.
    ///
    /// # Errors
    /// As [`SessionParams::start`]; more than 2²⁷ values (channels × samples), half a gigabyte.
    pub fn simulate(&self, codebook: &Codebook) -> Result<Simulated, SimulateError> {
        Simulated::record(Session::new(self, codebook)?)
    }

    /// No noise, no hum, no grid: nothing but the response, of 1 µV RMS.
    ///
    /// ```
    /// use evoked::simulate::SessionParams;
    /// let params = SessionParams { blocks: 1, ..SessionParams::noiseless() };
    /// assert_eq!(params.noise_uv, 0.0);
    /// ```
    pub fn noiseless() -> Self {
        Self {
            strength: Strength::Microvolts(1.0),
            noise_uv: 0.0,
            alpha_uv: 0.0,
            mains_uv: 0.0,
            sensor_uv: 0.0,
            quantization: None,
            ..Self::default()
        }
    }
}

/// Whether a part is not asked for; it is not written then.
fn is_off(value: &f64) -> bool {
    is_thousandths::<0>(value)
}

fn is_thousandths<const N: u32>(value: &f64) -> bool {
    *value == f64::from(N) / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_survive_json() {
        let params = SessionParams { seed: u64::MAX, gap_s: 0.7, ..Default::default() };
        let text = serde_json::to_string(&params).unwrap();
        assert_eq!(serde_json::from_str::<SessionParams>(&text).unwrap(), params);
        let short: SessionParams =
            serde_json::from_str(r#"{"strength":{"microvolts":2}}"#).unwrap();
        let expected =
            SessionParams { strength: Strength::Microvolts(2.0), ..SessionParams::default() };
        assert_eq!(short, expected);
    }

    #[test]
    fn what_is_left_off_is_not_written() {
        let text = serde_json::to_string(&SessionParams::default()).unwrap();
        for left_out in ["rest", "fade", "slowing", "burst", "pop", "loss"] {
            assert!(!text.contains(left_out), "{left_out}");
        }
        let params = SessionParams { burst_uv: 31.0, rest_every: Some(2), ..Default::default() };
        let text = serde_json::to_string(&params).unwrap();
        assert!(text.contains(r#""rest_every":2,"burst_uv":31.0,"seed""#), "{text}");
    }
}
