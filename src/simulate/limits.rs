//! What parameters of a session are allowed.

use super::bursts::LOWEST_HZ;
use super::{SessionParams, SimulateError, Strength};
use crate::stimulus::{Codebook, Modulation};

const MAX_CHANNELS: usize = 1024;
const MAX_TRIALS: u64 = 1 << 20;
/// Bounds the artefacts and lost stretches, which are planned ahead.
const MAX_PLANNED: u64 = 1 << 20;
/// Most seconds a minute that may be lost.
const MAX_LOST_S: f64 = 30.0;
/// Bounds the responses that are held, one a target: 2²³ samples × three sources × 8 bytes.
const MAX_RESPONSE_SAMPLES: u64 = 1 << 23;

impl SessionParams {
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
        limit("artefacts and losses", self.planned(targets as f64), MAX_PLANNED)?;
        let response_s = self.trial_s + self.latency_s + 1.0;
        let samples = targets.saturating_mul((response_s * self.rate_hz) as u64);
        limit("samples in one trial of every target", samples, MAX_RESPONSE_SAMPLES)
    }

    /// How many artefacts and losses are to be expected, or rather more.
    fn planned(&self, targets: f64) -> u64 {
        let trials = targets * f64::from(self.blocks);
        let each_s = self.trial_s + self.rest_s + 2.0 * self.gap_s;
        let length_s = trials * each_s + self.gap_s + self.latency_s + self.slowing_s + 1.0;
        let per_min =
            [self.blinks_per_min, self.bursts_per_min, self.pops_per_min, self.losses_per_min];
        (per_min.iter().sum::<f64>() * length_s / 60.0) as u64
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
        within("bursts_per_min", self.bursts_per_min, 0.0, 60.0, "0 to 60")?;
        within("pops_per_min", self.pops_per_min, 0.0, 60.0, "0 to 60")?;
        within("losses_per_min", self.losses_per_min, 0.0, 60.0, "0 to 60")?;
        within("loss_s", self.loss_s, 0.0, 60.0, "0 to 60")?;
        let lost_s = self.losses_per_min * self.loss_s;
        within("losses_per_min times loss_s", lost_s, 0.0, MAX_LOST_S, "0 to 30 s a minute")?;
        if self.rest_s != 0.0 {
            within("rest_s", self.rest_s, 0.1, 3600.0, "0, or 0.1 to 3600")?;
        }
        if self.rest_every == Some(0) {
            return Err(wrong("rest_every", &0, "at least 1"));
        }
        within("rest_alpha", self.rest_alpha, 0.0, 100.0, "0 to 100")?;
        within("fade", self.fade, 0.0, 1.0, "0 to 1")?;
        within("slowing_s", self.slowing_s, 0.0, 1.0, "0 to 1")?;
        let sizes_uv = [
            ("noise_uv", self.noise_uv),
            ("alpha_uv", self.alpha_uv),
            ("mains_uv", self.mains_uv),
            ("sensor_uv", self.sensor_uv),
            ("blink_uv", self.blink_uv),
            ("burst_uv", self.burst_uv),
            ("pop_uv", self.pop_uv),
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
        if self.bursts_per_min > 0.0 {
            carried(&|| "the start of the muscle bursts' band".to_owned(), LOWEST_HZ)?;
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
    use super::super::GRID_24_BIT;
    use super::*;
    use crate::signal::Quantization;

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
        assert!(refusal(|p| p.rest_s = 0.01).contains("rest_s is 0.01, expected 0, or 0.1"));
        assert!(refusal(|p| p.rest_s = f64::NAN).contains("rest_s is NaN"));
        assert!(refusal(|p| p.rest_every = Some(0)).contains("rest_every is 0"));
        assert!(refusal(|p| p.fade = 1.5).contains("fade is 1.5"));
        let half = |p: &mut SessionParams| (p.losses_per_min, p.loss_s) = (31.0, 1.0);
        assert!(refusal(half).contains("losses_per_min times loss_s is 31"));
        let bits_32 = Quantization { bits: 32, ..GRID_24_BIT };
        assert!(refusal(|p| p.quantization = Some(bits_32)).contains("32 bits"));
    }

    #[test]
    fn sizes_are_checked_before_anything_is_held() {
        assert!(refusal(|p| p.blocks = u32::MAX).contains("8589934590 trials"));
        let long = |p: &mut SessionParams| (p.trial_s, p.rate_hz) = (3600.0, 20_000.0);
        assert!(refusal(long).contains("limit of 8388608"));
        let many =
            |p: &mut SessionParams| (p.blocks, p.gap_s, p.pops_per_min) = (500, 3600.0, 30.0);
        assert!(refusal(many).contains("artefacts and losses, more than the limit of 1048576"));
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
        let bursts = |p: &mut SessionParams| {
            (p.rate_hz, p.mains_uv, p.bursts_per_min) = (40.0, 0.0, 1.0);
        };
        assert!(refusal(bursts).contains("bursts' band is at 20 Hz"));
        assert!(refusal(|p| p.alpha_hz = f64::NAN).contains("alpha_hz"));
    }
}
