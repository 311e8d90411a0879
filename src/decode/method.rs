use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use super::ssvep::{CcaParams, PowerRatioParams, WhitenedParams};
use super::{Banked, Calibration, DecodeError, Decoder, Shape};
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
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Harmonics of each target that are looked at, the fundamental being the first.
    pub harmonics: usize,
    /// Mains frequency: harmonics within 1 Hz of it or of its multiples are left out.
    pub mains_hz: Option<f64>,
    /// Weights of the bands of a [`FilterBank`](super::FilterBank); empty where there is a single
    /// band.
    pub weights: Vec<f64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { harmonics: 2, mains_hz: None, weights: Vec::new() }
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

    /// Whether it has to be fitted to a user's trials.
    pub fn needs_calibration(self) -> bool {
        match self {
            Method::Whitened | Method::Cca | Method::PowerRatio => false,
        }
    }

    /// A decoder for a codebook and epochs of a shape, of a method that needs no calibration. With
    /// weights in the settings it takes epochs in so many bands, and the shape counts the rows of
    /// all bands.
    ///
    /// # Errors
    /// What the method's own `build` refuses; [`DecodeError::Calibration`] for a method that has to
    /// be fitted; [`DecodeError::Shape`] for channels that do not divide into the bands.
    pub fn build(
        self,
        codebook: &Codebook,
        shape: Shape,
        settings: &Settings,
    ) -> Result<Box<dyn Decoder>, DecodeError> {
        self.banked(shape, settings, |_, shape| self.one_band(codebook, shape, settings))
    }

    /// A decoder fitted to a user's trials; methods that need none are built for their shape.
    ///
    /// # Errors
    /// As [`Method::build`], and what the method's own `fit` refuses.
    pub fn fit(
        self,
        codebook: &Codebook,
        calibration: &Calibration,
        settings: &Settings,
    ) -> Result<Box<dyn Decoder>, DecodeError> {
        self.banked(calibration.shape(), settings, |rows, _| match calibration.rows(rows) {
            Some(own) => self.fit_band(codebook, &own, settings),
            None => self.fit_band(codebook, calibration, settings),
        })
    }

    /// One decoder for all rows, or one for each band of them.
    fn banked(
        self,
        shape: Shape,
        settings: &Settings,
        decoder: impl Fn(Range<usize>, Shape) -> Result<Box<dyn Decoder>, DecodeError>,
    ) -> Result<Box<dyn Decoder>, DecodeError> {
        let bands = settings.weights.len();
        if bands == 0 {
            return decoder(0..shape.channels, shape);
        }
        if !shape.channels.is_multiple_of(bands) {
            let (what, found) = ("rows of all bands", shape.channels);
            return Err(DecodeError::Shape { what, found, expected: bands });
        }
        let rows = shape.channels / bands;
        let one = Shape { channels: rows, ..shape };
        let of_band = |band: usize| decoder(band * rows..(band + 1) * rows, one);
        let decoders = (0..bands).map(of_band).collect::<Result<Vec<_>, _>>()?;
        Ok(Box::new(Banked::new(&settings.weights, decoders)?))
    }

    fn one_band(
        self,
        codebook: &Codebook,
        shape: Shape,
        settings: &Settings,
    ) -> Result<Box<dyn Decoder>, DecodeError> {
        let &Settings { harmonics, mains_hz, .. } = settings;
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

    fn fit_band(
        self,
        codebook: &Codebook,
        calibration: &Calibration,
        settings: &Settings,
    ) -> Result<Box<dyn Decoder>, DecodeError> {
        self.one_band(codebook, calibration.shape(), settings)
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
