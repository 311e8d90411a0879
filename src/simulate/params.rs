use serde::{Deserialize, Serialize};

use super::{Session, SimulateError, Simulated};
use crate::signal::Quantization;
use crate::stimulus::{Codebook, Modulation};

/// Counts of a 24-bit amplifier of the ADS1299 family at gain 24: 4.5 V / 24 / (2²³ − 1), about
/// 0.02235 µV.
pub const GRID_24_BIT: Quantization =
    Quantization { bits: 24, scale: (4.5e6 / 24.0 / 8_388_607.0) as f32, offset: 0.0 };
/// Counts of 0.1 µV in 16 bits, as many recordings are stored.
pub const GRID_16_BIT: Quantization = Quantization { bits: 16, scale: 0.1, offset: 0.0 };

const MAX_CHANNELS: usize = 1024;
const MAX_TRIALS: u64 = 1 << 20;
/// Bounds the responses that are held, one a target: 2²³ samples × three sources × 8 bytes.
const MAX_RESPONSE_SAMPLES: u64 = 1 << 23;

/// How large the response is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Strength {
    /// Ratio of the response's RMS to that of the noise.
    ///
    /// The mean square of the response is taken over all channels, all targets and the samples of
    /// a trial, counted from one latency after its onset. The mean square of the noise is the
    /// expected one of background, alpha, mains and sensor noise, over all channels. Blinks, drift,
    /// offset and quantization do not count. Of the whole band, that is: the ratio in a decoder's
    /// pass band is several times as high.
    Snr(f64),
    /// RMS of the response in microvolts, over the same channels, targets and samples.
    Microvolts(f64),
}

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
    /// Rest before, between and after the trials in seconds, 0 to 3600. Default 1.
    ///
    /// The response goes on into the gap for a latency, so with a shorter gap it reaches into the
    /// next trial. After the last trial the rest is at least as long as its response.
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
    /// Where all that is random comes from. Default 1.
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
    /// noise or without a response; more than 2²⁰ trials, or more than 2²³ samples in one trial of
    /// every target.
    pub fn start(&self, codebook: &Codebook) -> Result<Session, SimulateError> {
        Session::new(self, codebook)
    }

    /// The whole session at once, with the truth.
    ///
    /// # Errors
    /// As [`SessionParams::start`]; more than 2²⁷ values (channels × samples), half a gigabyte.
    pub fn simulate(&self, codebook: &Codebook) -> Result<Simulated, SimulateError> {
        Session::new(self, codebook)?.record()
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

    pub(super) fn check(&self, codebook: &Codebook) -> Result<(), SimulateError> {
        if !(1..=MAX_CHANNELS).contains(&self.channels.len()) {
            let found = format!("a list of {}", self.channels.len());
            return Err(wrong("channels", &found, "1 to 1024 labels"));
        }
        self.check_values()?;
        self.check_grid()?;
        self.check_frequencies(codebook)?;
        let limit = |what, found: u64, limit| {
            if found > limit { Err(SimulateError::TooLarge { what, found, limit }) } else { Ok(()) }
        };
        let targets = codebook.len() as u64;
        limit("trials", targets.saturating_mul(self.blocks.into()), MAX_TRIALS)?;
        let response_s = self.trial_s + self.latency_s + 1.0;
        let samples = targets.saturating_mul((response_s * self.rate_hz) as u64);
        limit("samples in one trial of every target", samples, MAX_RESPONSE_SAMPLES)
    }

    fn check_values(&self) -> Result<(), SimulateError> {
        let strength = match self.strength {
            Strength::Snr(value) | Strength::Microvolts(value) => value,
        };
        let within = |field, value: f64, low: f64, high: f64, expected| {
            let inside = value >= low && value <= high;
            if inside { Ok(()) } else { Err(wrong(field, &value, expected)) }
        };
        if self.blocks == 0 {
            return Err(wrong("blocks", &0, "at least 1"));
        }
        within("rate_hz", self.rate_hz, 10.0, 20_000.0, "10 to 20000")?;
        within("trial_s", self.trial_s, 0.1, 3600.0, "0.1 to 3600")?;
        within("gap_s", self.gap_s, 0.0, 3600.0, "0 to 3600")?;
        within("strength", strength, 0.0, 1e6, "0 to 1000000")?;
        within("latency_s", self.latency_s, 0.0, 1.0, "0 to 1")?;
        within("noise_exponent", self.noise_exponent, 0.0, 2.0, "0 to 2")?;
        within("noise_shared", self.noise_shared, 0.0, 1.0, "0 to 1")?;
        within("alpha_width_hz", self.alpha_width_hz, 1e-3, 100.0, "0.001 to 100")?;
        within("blinks_per_min", self.blinks_per_min, 0.0, 60.0, "0 to 60")?;
        let sizes_uv = [
            ("noise_uv", self.noise_uv),
            ("alpha_uv", self.alpha_uv),
            ("mains_uv", self.mains_uv),
            ("sensor_uv", self.sensor_uv),
            ("blink_uv", self.blink_uv),
            ("drift_uv", self.drift_uv),
            ("offset_uv", self.offset_uv),
        ];
        sizes_uv
            .into_iter()
            .try_for_each(|(field, value)| within(field, value, 0.0, 1e6, "0 to 1000000"))
    }

    fn check_grid(&self) -> Result<(), SimulateError> {
        let Some(grid) = self.quantization else { return Ok(()) };
        let scale = grid.scale.is_finite() && (1e-9..=1e6).contains(&grid.scale);
        // With at most 24 bits and no offset an f32 holds every count of the grid.
        if matches!(grid.bits, 8 | 16 | 24) && scale && grid.offset == 0.0 {
            return Ok(());
        }
        let found = format!("{} bits of {} with offset {}", grid.bits, grid.scale, grid.offset);
        Err(wrong("quantization", &found, "8, 16 or 24 bits of 1e-9 to 1e6 uV with offset 0"))
    }

    fn check_frequencies(&self, codebook: &Codebook) -> Result<(), SimulateError> {
        let nyquist_hz = self.rate_hz / 2.0;
        let carried = |what: &dyn Fn() -> String, frequency_hz: f64| {
            if frequency_hz > 0.0 && frequency_hz < nyquist_hz {
                return Ok(());
            }
            Err(SimulateError::Frequency { what: what(), frequency_hz, nyquist_hz })
        };
        if self.alpha_uv > 0.0 {
            carried(&|| "alpha_hz".to_owned(), self.alpha_hz)?;
        }
        if self.mains_uv > 0.0 {
            carried(&|| "mains_hz".to_owned(), self.mains_hz)?;
        }
        for (index, target) in codebook.targets().iter().enumerate() {
            let fastest_hz = match &target.modulation {
                Modulation::Sinusoid { frequency_hz, .. }
                | Modulation::Square { frequency_hz, .. } => *frequency_hz,
                // Bits that alternate make half as many periods.
                Modulation::Code { bit_rate_hz, .. } => bit_rate_hz / 2.0,
                Modulation::Blank => continue,
                Modulation::Levels { level_rate_hz, .. } => level_rate_hz / 2.0,
                Modulation::FrequencySum { tones } => {
                    tones.iter().map(|tone| tone.frequency_hz).fold(0.0, f64::max)
                }
                Modulation::FrequencySequence { steps } => {
                    steps.iter().map(|step| step.frequency_hz).fold(0.0, f64::max)
                }
            };
            carried(&|| format!("target {index} ({:?})", target.label), fastest_hz)?;
        }
        Ok(())
    }
}

fn wrong(
    field: &'static str,
    found: &dyn std::fmt::Display,
    expected: &'static str,
) -> SimulateError {
    SimulateError::Value { field, found: found.to_string(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(change: impl Fn(&mut SessionParams)) -> String {
        let mut params = SessionParams::default();
        change(&mut params);
        let codebook = Codebook::sinusoids(&[8.0, 9.0]).unwrap();
        params.start(&codebook).unwrap_err().to_string()
    }

    #[test]
    fn refusals_name_the_field() {
        assert_eq!(refusal(|p| p.rate_hz = f64::NAN), "rate_hz is NaN, expected 10 to 20000");
        assert!(refusal(|p| p.noise_uv = -1.0).contains("noise_uv is -1"));
        assert!(refusal(|p| p.latency_s = f64::INFINITY).contains("latency_s is inf"));
        assert!(refusal(|p| p.strength = Strength::Snr(f64::NAN)).contains("strength is NaN"));
        assert!(refusal(|p| p.channels.clear()).contains("channels is a list of 0"));
        assert!(refusal(|p| p.blocks = 0).contains("blocks is 0"));
        assert!(refusal(|p| p.trial_s = 0.0).contains("trial_s is 0"));
        let bits_32 = Quantization { bits: 32, ..GRID_24_BIT };
        assert!(refusal(|p| p.quantization = Some(bits_32)).contains("32 bits"));
    }

    #[test]
    fn sizes_are_checked_before_anything_is_held() {
        assert!(refusal(|p| p.blocks = u32::MAX).contains("8589934590 trials"));
        let long = |p: &mut SessionParams| (p.trial_s, p.rate_hz) = (3600.0, 20_000.0);
        assert!(refusal(long).contains("limit of 8388608"));
    }

    #[test]
    fn frequencies_the_rate_cannot_carry_are_refused() {
        let slow = |p: &mut SessionParams| {
            (p.rate_hz, p.mains_uv, p.alpha_uv) = (18.0, 0.0, 0.0);
        };
        assert_eq!(
            refusal(slow),
            "target 1 (\"9 Hz\") is at 9 Hz, but the sampling rate carries only up to 9 Hz"
        );
        assert!(refusal(|p| p.mains_hz = 125.0).contains("mains_hz is at 125 Hz"));
        assert!(refusal(|p| p.alpha_hz = f64::NAN).contains("alpha_hz"));
    }

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
}
