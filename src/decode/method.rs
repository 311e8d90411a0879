use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::cvep::{
    BitwiseParams, EccaParams, EventModel, RccaParams, ReconvolutionParams, ZeroTrainingParams,
};
use super::riemann::{MdmParams, TangentParams};
use super::ssvep::{
    CcaParams, ECcaParams, ItCcaParams, MecParams, MsCcaParams, MsetCcaParams, MsiParams, OaCca,
    OaCcaParams, PowerRatioParams, SscorParams, TdcaParams, TrcaParams, WhitenedParams,
};
use super::{
    Adaptive, Banked, Calibration, DecodeError, Decoder, FilterBank, RestClass, Scratch, Shape,
};
use crate::stimulus::{Codebook, Modulation};

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
    /// [`ssvep::Msi`](super::ssvep::Msi): all canonical correlations with sinusoids.
    Msi,
    /// [`ssvep::Mec`](super::ssvep::Mec): sinusoids after the combinations of channels with the
    /// least noise.
    Mec,
    /// [`ssvep::ItCca`](super::ssvep::ItCca): canonical correlation with a user's mean trials.
    ItCca,
    /// [`ssvep::ECca`](super::ssvep::ECca): sinusoids and mean trials in five correlations.
    ECca,
    /// [`ssvep::MsCca`](super::ssvep::MsCca) without templates: one filter for neighbouring targets.
    MsCca,
    /// [`ssvep::MsCca`](super::ssvep::MsCca) with templates.
    MsECca,
    /// [`ssvep::MsetCca`](super::ssvep::MsetCca): references from what a user's trials share.
    MsetCca,
    /// [`ssvep::OaCca`](super::ssvep::OaCca): CCA that learns from its own decisions; by this
    /// contract it scores with what it has learned from the calibration, whose labels it ignores.
    OaCca,
    /// [`ssvep::Trca`](super::ssvep::Trca): task-related components, a filter a target.
    Trca,
    /// [`ssvep::Trca`](super::ssvep::Trca) with the filters of all targets together.
    ETrca,
    /// [`ssvep::Trca`](super::ssvep::Trca) as an ensemble that learns from two neighbours.
    MsETrca,
    /// [`ssvep::Sscor`](super::ssvep::Sscor): sum of squared correlations, a filter a target.
    Sscor,
    /// [`ssvep::Sscor`](super::ssvep::Sscor) with the filters of all targets together.
    ESscor,
    /// [`ssvep::Tdca`](super::ssvep::Tdca): task-discriminant components of delayed channels.
    Tdca,
    /// [`riemann::Mdm`](super::riemann::Mdm): minimum distance to the mean covariance.
    Mdm,
    /// [`riemann::TangentSpace`](super::riemann::TangentSpace): a linear discriminant of the
    /// logarithms of covariances.
    TangentSpace,
    /// [`cvep::Rcca`](super::cvep::Rcca): reconvolution by canonical correlation, flashes told apart
    /// by their duration.
    Rcca,
    /// [`cvep::Rcca`](super::cvep::Rcca) with rising and falling edges as events.
    RccaRiseFall,
    /// [`cvep::Reconvolution`](super::cvep::Reconvolution): responses to events in whitened EEG.
    Reconvolution,
    /// [`cvep::Ecca`](super::cvep::Ecca): canonical correlation with a user's mean cycles.
    CvepEcca,
    /// [`cvep::Ecca`](super::cvep::Ecca) of one code, shifted in a circle.
    CvepEccaShifted,
    /// [`cvep::Bitwise`](super::cvep::Bitwise): each bit from the EEG that follows it.
    Bitwise,
    /// [`cvep::ZeroTraining`](super::cvep::ZeroTraining): reconvolution that learns from its own
    /// decisions. It needs no calibration; fitted to one, it starts from it.
    ZeroTraining,
}

/// Half the width of a band around a target.
const HALF_WIDTH_HZ: f64 = 1.0;

/// What methods have in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Harmonics of each target that are looked at, the fundamental being the first.
    pub harmonics: usize,
    /// Mains frequency: harmonics within 1 Hz of it or of its multiples are left out.
    pub mains_hz: Option<f64>,
    /// Weights of the bands of a [`FilterBank`](super::FilterBank); empty where there is a single
    /// band.
    pub weights: Vec<f64>,
    /// Samples of the epochs to decode, for methods of codes that are fitted to longer ones; as many
    /// as those of the calibration when `None`.
    pub window: Option<usize>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { harmonics: 2, mains_hz: None, weights: Vec::new(), window: None }
    }
}

impl Method {
    /// Those for targets that flicker at a frequency.
    pub const FREQUENCIES: [Method; 19] = [
        Method::Whitened,
        Method::Cca,
        Method::PowerRatio,
        Method::Msi,
        Method::Mec,
        Method::ItCca,
        Method::ECca,
        Method::MsCca,
        Method::MsECca,
        Method::MsetCca,
        Method::OaCca,
        Method::Trca,
        Method::ETrca,
        Method::MsETrca,
        Method::Sscor,
        Method::ESscor,
        Method::Tdca,
        Method::Mdm,
        Method::TangentSpace,
    ];

    /// Those for targets that show codes.
    pub const CODES: [Method; 7] = [
        Method::Rcca,
        Method::RccaRiseFall,
        Method::Reconvolution,
        Method::CvepEcca,
        Method::CvepEccaShifted,
        Method::Bitwise,
        Method::ZeroTraining,
    ];

    /// Those that take any light that starts alike in each trial, from the frequencies.
    pub const TEMPLATES: [Method; 6] = [
        Method::ItCca,
        Method::MsetCca,
        Method::Trca,
        Method::ETrca,
        Method::Sscor,
        Method::ESscor,
    ];

    /// All of them.
    pub fn all() -> impl Iterator<Item = Method> {
        Self::FREQUENCIES.into_iter().chain(Self::CODES)
    }

    /// The name, as it is parsed.
    pub fn name(self) -> &'static str {
        match self {
            Method::Whitened => "whitened",
            Method::Cca => "cca",
            Method::PowerRatio => "power-ratio",
            Method::Msi => "msi",
            Method::Mec => "mec",
            Method::ItCca => "it-cca",
            Method::ECca => "ecca",
            Method::MsCca => "ms-cca",
            Method::MsECca => "ms-ecca",
            Method::MsetCca => "mset-cca",
            Method::OaCca => "oacca",
            Method::Trca => "trca",
            Method::ETrca => "etrca",
            Method::MsETrca => "ms-etrca",
            Method::Sscor => "sscor",
            Method::ESscor => "esscor",
            Method::Tdca => "tdca",
            Method::Mdm => "mdm",
            Method::TangentSpace => "tangent-space",
            Method::Rcca => "rcca",
            Method::RccaRiseFall => "rcca-refe",
            Method::Reconvolution => "reconvolution",
            Method::CvepEcca => "cvep-ecca",
            Method::CvepEccaShifted => "cvep-ecca-shifted",
            Method::Bitwise => "bitwise",
            Method::ZeroTraining => "zero-training",
        }
    }

    /// Whether it has to be fitted to a user's trials.
    pub fn needs_calibration(self) -> bool {
        match self {
            Method::Whitened
            | Method::Cca
            | Method::PowerRatio
            | Method::Msi
            | Method::Mec
            | Method::OaCca
            | Method::ZeroTraining => false,
            Method::ItCca | Method::ECca | Method::MsCca | Method::MsECca | Method::MsetCca => true,
            Method::Trca | Method::ETrca | Method::MsETrca => true,
            Method::Sscor | Method::ESscor | Method::Tdca => true,
            Method::Mdm | Method::TangentSpace => true,
            Method::Rcca | Method::RccaRiseFall | Method::Reconvolution => true,
            Method::CvepEcca | Method::CvepEccaShifted | Method::Bitwise => true,
        }
    }

    /// The same for a codebook: what is usual at rest has to be learned, too, where a target shows
    /// nothing.
    pub fn needs_calibration_for(self, codebook: &Codebook) -> bool {
        self.needs_calibration() || has_rest(codebook)
    }

    /// Whether one decoder takes the rows of all bands at once, in place of one decoder a band with
    /// their scores added up. The weights of the bands play no part then.
    pub fn bands_together(self) -> bool {
        matches!(self, Method::Mdm | Method::TangentSpace)
    }

    /// The bank that a method is made for, where another would not do: a narrow band around each
    /// target for decoders of covariances.
    pub fn own_bank(self, codebook: &Codebook) -> Option<FilterBank> {
        let wanted = self.bands_together();
        wanted.then(|| FilterBank::around_targets(codebook, HALF_WIDTH_HZ).ok()).flatten()
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
        if has_rest(codebook) {
            let reason = "has to be fitted to calibration trials where a target shows nothing";
            return Err(DecodeError::Calibration { method: self.name(), reason });
        }
        if self == Method::OaCca {
            return Ok(Box::new(oa_cca(codebook, shape, settings)?));
        }
        self.banked(shape, settings, |_, shape| self.one_band(codebook, shape, settings))
    }

    /// A decoder that learns from its own decisions, with nothing learned yet; `None` for a method that
    /// does not, and for one that would have to do it in each band of a filter bank by itself.
    ///
    /// # Errors
    /// What the method's own `build` refuses.
    pub fn adaptive(
        self,
        codebook: &Codebook,
        shape: Shape,
        settings: &Settings,
    ) -> Result<Option<Box<dyn Adaptive>>, DecodeError> {
        Ok(match self {
            Method::OaCca => Some(Box::new(oa_cca(codebook, shape, settings)?)),
            Method::ZeroTraining if settings.weights.is_empty() => {
                Some(Box::new(ZeroTrainingParams::default().build(codebook, shape)?))
            }
            _ => None,
        })
    }

    /// A decoder fitted to a user's trials; methods that need none are built for their shape. Where
    /// the codebook has a target that shows nothing, rest is learned as a class of its own
    /// ([`RestClass`], or by the decoders of covariances themselves).
    ///
    /// # Errors
    /// As [`Method::build`], and what the method's own `fit` refuses.
    pub fn fit(
        self,
        codebook: &Codebook,
        calibration: &Calibration,
        settings: &Settings,
    ) -> Result<Box<dyn Decoder>, DecodeError> {
        if has_rest(codebook) && !self.bands_together() {
            return Ok(Box::new(RestClass::fit(self, codebook, calibration, settings)?));
        }
        if self == Method::OaCca {
            let mut decoder = oa_cca(codebook, calibration.shape(), settings)?;
            let (mut scores, mut scratch) = (vec![0.0; codebook.len()], Scratch::default());
            for (_, epoch) in calibration.epochs() {
                decoder.score_and_adapt(epoch, &mut scores, &mut scratch)?;
            }
            return Ok(Box::new(decoder));
        }
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
        if bands == 0 || self.bands_together() {
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
            Method::OaCca => Box::new(oa_cca(codebook, shape, settings)?),
            Method::ZeroTraining => Box::new(ZeroTrainingParams::default().build(codebook, shape)?),
            Method::Msi => Box::new(MsiParams { harmonics, mains_hz }.build(codebook, shape)?),
            Method::Mec => {
                let params = MecParams { harmonics, mains_hz, ..MecParams::default() };
                Box::new(params.build(codebook, shape)?)
            }
            Method::ItCca
            | Method::ECca
            | Method::MsCca
            | Method::MsECca
            | Method::MsetCca
            | Method::Trca
            | Method::ETrca
            | Method::MsETrca
            | Method::Sscor
            | Method::ESscor
            | Method::Tdca
            | Method::Mdm
            | Method::TangentSpace
            | Method::Rcca
            | Method::RccaRiseFall
            | Method::Reconvolution
            | Method::CvepEcca
            | Method::CvepEccaShifted
            | Method::Bitwise => {
                let reason = "has to be fitted to calibration trials";
                return Err(DecodeError::Calibration { method: self.name(), reason });
            }
        })
    }

    fn fit_band(
        self,
        codebook: &Codebook,
        calibration: &Calibration,
        settings: &Settings,
    ) -> Result<Box<dyn Decoder>, DecodeError> {
        let &Settings { harmonics, mains_hz, window, .. } = settings;
        let trca = |ensemble, neighbours| -> Result<Box<dyn Decoder>, DecodeError> {
            Ok(Box::new(TrcaParams { ensemble, neighbours }.fit(codebook, calibration)?))
        };
        let sscor = |ensemble| -> Result<Box<dyn Decoder>, DecodeError> {
            Ok(Box::new(SscorParams { ensemble }.fit(codebook, calibration)?))
        };
        Ok(match self {
            Method::ItCca => Box::new(ItCcaParams::default().fit(codebook, calibration)?),
            Method::ECca => {
                let params = ECcaParams { harmonics, mains_hz, ..ECcaParams::default() };
                Box::new(params.fit(codebook, calibration)?)
            }
            Method::MsCca | Method::MsECca => {
                let template = self == Method::MsECca;
                let params =
                    MsCcaParams { harmonics, mains_hz, template, ..MsCcaParams::default() };
                Box::new(params.fit(codebook, calibration)?)
            }
            Method::MsetCca => Box::new(MsetCcaParams::default().fit(codebook, calibration)?),
            Method::Trca => trca(false, 1)?,
            Method::ETrca => trca(true, 1)?,
            Method::MsETrca => trca(true, 2)?,
            Method::Sscor => sscor(false)?,
            Method::ESscor => sscor(true)?,
            Method::Tdca => {
                let params = TdcaParams { harmonics, mains_hz, ..TdcaParams::default() };
                Box::new(params.fit(codebook, calibration)?)
            }
            Method::Mdm => Box::new(MdmParams::default().fit(codebook, calibration)?),
            Method::TangentSpace => Box::new(TangentParams::default().fit(codebook, calibration)?),
            Method::Rcca | Method::RccaRiseFall => {
                let events = match self {
                    Method::Rcca => EventModel::Duration,
                    _ => EventModel::RiseFall,
                };
                let params = RccaParams { events, window, ..RccaParams::default() };
                Box::new(params.fit(codebook, calibration)?)
            }
            Method::Reconvolution => {
                let params = ReconvolutionParams { window, ..ReconvolutionParams::default() };
                Box::new(params.fit(codebook, calibration)?)
            }
            Method::CvepEcca | Method::CvepEccaShifted => {
                let shifted = self == Method::CvepEccaShifted;
                let params = EccaParams { shifted, window, ..EccaParams::default() };
                Box::new(params.fit(codebook, calibration)?)
            }
            Method::Bitwise => {
                let params = BitwiseParams { window, ..BitwiseParams::default() };
                Box::new(params.fit(codebook, calibration)?)
            }
            Method::ZeroTraining => {
                let params = ZeroTrainingParams::default();
                let mut decoder = params.build(codebook, calibration.shape())?;
                decoder.learn_all(calibration, &mut Scratch::default())?;
                Box::new(decoder)
            }
            _ => self.one_band(codebook, calibration.shape(), settings)?,
        })
    }
}

/// Whether a target shows nothing.
fn has_rest(codebook: &Codebook) -> bool {
    codebook.targets().iter().any(|target| target.modulation == Modulation::Blank)
}

fn oa_cca(codebook: &Codebook, shape: Shape, settings: &Settings) -> Result<OaCca, DecodeError> {
    let &Settings { harmonics, mains_hz, ref weights, .. } = settings;
    OaCcaParams { harmonics, mains_hz, weights: weights.clone() }.build(codebook, shape)
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Method::all().find(|method| method.name() == name).ok_or_else(|| {
            let names = Method::all().map(Method::name).collect::<Vec<_>>().join(", ");
            format!("no method named {name:?}; there are {names}")
        })
    }
}
