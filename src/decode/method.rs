use std::fmt;
use std::str::FromStr;

use super::ssvep::{CcaParams, PowerRatioParams, WhitenedParams};
use super::{DecodeError, Decoder, Shape};
use crate::stimulus::Codebook;

/// The methods by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// [`ssvep::Whitened`](super::ssvep::Whitened): spectra against their neighbouring bins,
    /// whitened over channels.
    Whitened,
    /// [`ssvep::Cca`](super::ssvep::Cca): canonical correlation with sinusoids.
    Cca,
    /// [`ssvep::PowerRatio`](super::ssvep::PowerRatio): power against neighbouring bins, mean over
    /// channels.
    PowerRatio,
}

/// What methods have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Harmonics of each target that are looked at, the fundamental being the first.
    pub harmonics: usize,
    /// Mains frequency: harmonics within 1 Hz of it or of its multiples are left out.
    pub mains_hz: Option<f64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { harmonics: 2, mains_hz: None }
    }
}

impl Method {
    /// All of them.
    pub const ALL: [Method; 3] = [Method::Whitened, Method::Cca, Method::PowerRatio];

    /// The name, as it is parsed.
    pub fn name(self) -> &'static str {
        match self {
            Method::Whitened => "whitened",
            Method::Cca => "cca",
            Method::PowerRatio => "power-ratio",
        }
    }

    /// A decoder for a codebook and epochs of a shape.
    ///
    /// # Errors
    /// What the method's own `build` refuses.
    pub fn build(
        self,
        codebook: &Codebook,
        shape: Shape,
        settings: Settings,
    ) -> Result<Box<dyn Decoder>, DecodeError> {
        let Settings { harmonics, mains_hz } = settings;
        Ok(match self {
            Method::Whitened => {
                let params = WhitenedParams { harmonics, mains_hz, ..WhitenedParams::default() };
                Box::new(params.build(codebook, shape)?)
            }
            Method::Cca => Box::new(CcaParams { harmonics, mains_hz }.build(codebook, shape)?),
            Method::PowerRatio => {
                let params =
                    PowerRatioParams { harmonics, mains_hz, ..PowerRatioParams::default() };
                Box::new(params.build(codebook, shape)?)
            }
        })
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Method::ALL.into_iter().find(|method| method.name() == name).ok_or_else(|| {
            let names = Method::ALL.map(Method::name).join(", ");
            format!("no method named {name:?}; there are {names}")
        })
    }
}
