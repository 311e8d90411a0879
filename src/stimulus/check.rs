//! What makes a target one that can be shown.

use super::{Modulation, StimulusError, Target};

/// Most bits or levels a target's code may have: an m-sequence of order 16 and its bit-clocked
/// double.
const MAX_BITS: usize = 1 << 18;
/// Most sinusoids a target may show.
const MAX_TONES: usize = 64;

const POSITIVE: &str = "a positive number";

/// Refuses values out of range.
pub(super) fn check(index: usize, target: &Target) -> Result<(), StimulusError> {
    let wrong = |field, found: &dyn ToString, expected| StimulusError::Value {
        index,
        label: target.label.clone(),
        field,
        found: found.to_string(),
        expected,
    };
    let positive = |field, value: f64| match value.is_finite() && value > 0.0 {
        true => Ok(()),
        false => Err(wrong(field, &value, POSITIVE)),
    };
    let wave = |frequency_hz, phase_rad: f64| {
        positive("frequency_hz", frequency_hz)?;
        match phase_rad.is_finite() {
            true => Ok(()),
            false => Err(wrong("phase_rad", &phase_rad, "a number")),
        }
    };
    let count = |field, len: usize, most: usize, expected| match (1..=most).contains(&len) {
        true => Ok(()),
        false => Err(wrong(field, &format!("{len} long"), expected)),
    };
    match &target.modulation {
        Modulation::Blank => Ok(()),
        Modulation::Sinusoid { frequency_hz, phase_rad } => wave(*frequency_hz, *phase_rad),
        Modulation::Square { frequency_hz, phase_rad, duty } => {
            wave(*frequency_hz, *phase_rad)?;
            match *duty > 0.0 && *duty < 1.0 {
                true => Ok(()),
                false => Err(wrong("duty", duty, "a number between 0 and 1")),
            }
        }
        Modulation::Code { bits, bit_rate_hz } => {
            positive("bit_rate_hz", *bit_rate_hz)?;
            count("bits", bits.len(), MAX_BITS, "1 to 262144 bits")
        }
        Modulation::Levels { levels, level_rate_hz } => {
            positive("level_rate_hz", *level_rate_hz)?;
            count("levels", levels.len(), MAX_BITS, "1 to 262144 levels")?;
            match levels.iter().find(|level| !(0.0..=1.0).contains(*level)) {
                None => Ok(()),
                Some(level) => Err(wrong("levels", level, "luminances of 0 to 1")),
            }
        }
        Modulation::FrequencySum { tones } => {
            count("tones", tones.len(), MAX_TONES, "1 to 64 tones")?;
            tones.iter().try_for_each(|tone| {
                wave(tone.frequency_hz, tone.phase_rad)?;
                positive("weight", tone.weight)
            })
        }
        Modulation::FrequencySequence { steps } => {
            count("steps", steps.len(), MAX_TONES, "1 to 64 steps")?;
            steps.iter().try_for_each(|step| {
                wave(step.frequency_hz, step.phase_rad)?;
                positive("duration_s", step.duration_s)
            })
        }
    }
}
