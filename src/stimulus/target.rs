use serde::{Deserialize, Serialize};

use super::Bits;

/// One thing the user can look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Name for people, such as `A` or `13 Hz`.
    pub label: String,
    /// The event that says the user was asked to look here: a code or a text, as it stands in
    /// recordings.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "event_text")]
    pub event: Option<String>,
    /// How its light changes.
    pub modulation: Modulation,
}

/// How a target's light changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Modulation {
    /// Sampled sinusoid: luminance `½·(1 + sin(2π·f·t + φ))`, 0 dark and 1 bright (Chen et al.
    /// 2014, J Neural Eng 11:046002).
    Sinusoid {
        /// Frequency f.
        frequency_hz: f64,
        /// Phase φ at the onset.
        #[serde(default)]
        phase_rad: f64,
    },
    /// On and off: bright in the first `duty` of each period.
    Square {
        /// Frequency.
        frequency_hz: f64,
        /// Phase at the onset.
        #[serde(default)]
        phase_rad: f64,
        /// Bright part of a period, between 0 and 1.
        #[serde(default = "half")]
        duty: f64,
    },
    /// A bit sequence, repeated as long as the target is shown.
    Code {
        /// Bits, one character each.
        bits: Bits,
        /// Bits a second.
        bit_rate_hz: f64,
    },
    /// No light: what is looked at while nothing is chosen.
    Blank,
    /// Luminances in order, each for the same time, repeated as long as the target is shown: a code of
    /// several levels.
    Levels {
        /// Luminances, 0 dark and 1 bright.
        levels: Vec<f64>,
        /// Levels a second.
        level_rate_hz: f64,
    },
    /// Several sinusoids at once: luminance `½·(1 + Σ wᵢ·sin(2π·fᵢ·t + φᵢ) / Σ wᵢ)` (Shyu, Lee, Liu &
    /// Sie 2010, Neurosci. Lett. 483:28, of two).
    FrequencySum {
        /// The sinusoids.
        tones: Vec<Tone>,
    },
    /// Several sinusoids one after the other, repeated as long as the target is shown (Zhang, Xu, Xie,
    /// Yao et al. 2012, PLoS ONE 7:e29519, multiple frequencies sequential coding).
    FrequencySequence {
        /// The sinusoids in order.
        steps: Vec<Step>,
    },
}

/// One of several sinusoids that a target shows at once.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tone {
    /// Frequency.
    pub frequency_hz: f64,
    /// Phase at the onset.
    #[serde(default)]
    pub phase_rad: f64,
    /// Share of the luminance, beside those of the others; 1 where it is not given.
    #[serde(default = "one")]
    pub weight: f64,
}

/// One of several sinusoids that a target shows one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Frequency.
    pub frequency_hz: f64,
    /// Phase at the start of the step.
    #[serde(default)]
    pub phase_rad: f64,
    /// How long it is shown.
    pub duration_s: f64,
}

impl Modulation {
    /// Frequency of a periodic stimulus; `None` for a code, several frequencies or a blank.
    pub fn frequency_hz(&self) -> Option<f64> {
        match self {
            Modulation::Sinusoid { frequency_hz, .. } | Modulation::Square { frequency_hz, .. } => {
                Some(*frequency_hz)
            }
            _ => None,
        }
    }

    /// Phase of a periodic stimulus at its onset; `None` for a code or several frequencies.
    pub fn phase_rad(&self) -> Option<f64> {
        match self {
            Modulation::Sinusoid { phase_rad, .. } | Modulation::Square { phase_rad, .. } => {
                Some(*phase_rad)
            }
            _ => None,
        }
    }
}

fn half() -> f64 {
    0.5
}

fn one() -> f64 {
    1.0
}

/// An event is written as a number where it is a code, so that people need no quotes.
mod event_text {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Text {
        Code(u32),
        Label(String),
    }

    pub(super) fn serialize<S: Serializer>(
        event: &Option<String>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let written = event.as_ref().map(|text| match text.parse::<u32>() {
            Ok(code) if code.to_string() == *text => Text::Code(code),
            _ => Text::Label(text.clone()),
        });
        written.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<String>, D::Error> {
        let read: Option<Text> = Option::deserialize(deserializer)?;
        Ok(read.map(|text| match text {
            Text::Code(code) => code.to_string(),
            Text::Label(label) => label,
        }))
    }
}
