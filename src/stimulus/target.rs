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
}

impl Modulation {
    /// Frequency of a periodic stimulus; `None` for a code.
    pub fn frequency_hz(&self) -> Option<f64> {
        match self {
            Modulation::Sinusoid { frequency_hz, .. } | Modulation::Square { frequency_hz, .. } => {
                Some(*frequency_hz)
            }
            Modulation::Code { .. } => None,
        }
    }

    /// Phase of a periodic stimulus at its onset; `None` for a code.
    pub fn phase_rad(&self) -> Option<f64> {
        match self {
            Modulation::Sinusoid { phase_rad, .. } | Modulation::Square { phase_rad, .. } => {
                Some(*phase_rad)
            }
            Modulation::Code { .. } => None,
        }
    }
}

fn half() -> f64 {
    0.5
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
