use serde::{Deserialize, Serialize};

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
    /// Constant light, or none: what is looked at while nothing is chosen.
    Blank,
}

impl Modulation {
    /// Frequency of a periodic stimulus; `None` for a code or a blank.
    pub fn frequency_hz(&self) -> Option<f64> {
        match self {
            Modulation::Sinusoid { frequency_hz, .. } | Modulation::Square { frequency_hz, .. } => {
                Some(*frequency_hz)
            }
            Modulation::Code { .. } | Modulation::Blank => None,
        }
    }

    /// Phase of a periodic stimulus at its onset; `None` for a code or a blank.
    pub fn phase_rad(&self) -> Option<f64> {
        match self {
            Modulation::Sinusoid { phase_rad, .. } | Modulation::Square { phase_rad, .. } => {
                Some(*phase_rad)
            }
            Modulation::Code { .. } | Modulation::Blank => None,
        }
    }
}

fn half() -> f64 {
    0.5
}

/// A bit sequence, written as a string of `0` and `1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bits(Vec<bool>);

impl Bits {
    /// A sequence from its bits.
    pub fn new(bits: Vec<bool>) -> Self {
        Self(bits)
    }

    /// The bits in order.
    pub fn as_slice(&self) -> &[bool] {
        &self.0
    }
}

impl TryFrom<String> for Bits {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bit = |(place, character)| match character {
            '0' => Ok(false),
            '1' => Ok(true),
            other => Err(format!("bit {place} is {other:?}, expected 0 or 1")),
        };
        text.chars().enumerate().map(bit).collect::<Result<_, _>>().map(Self)
    }
}

impl From<Bits> for String {
    fn from(bits: Bits) -> Self {
        bits.0.iter().map(|&bit| if bit { '1' } else { '0' }).collect()
    }
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
