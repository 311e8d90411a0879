use super::super::{Components, SinusoidsParams, Span, Statistic, Templates};
use super::{ModelParams, RunningDecoder};
use crate::decode::ssvep::{TdcaParams, usable_harmonics};
use crate::decode::{Calibration, DecodeError, DelayedLinear, Linear, Method, Settings, Shape};

/// Methods of templates.
const TEMPLATES: [Method; 7] = [
    Method::Trca,
    Method::ETrca,
    Method::MsETrca,
    Method::Sscor,
    Method::ESscor,
    Method::Rcca,
    Method::RccaRiseFall,
];
/// All methods that follow a signal.
const RUNNING: &str =
    "cca, msi, mec, trca, etrca, ms-etrca, sscor, esscor, tdca, rcca or rcca-refe";

/// What a method knows beside its settings.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Learned {
    /// The light is all it knows.
    Sinusoids(Statistic),
    /// One a band.
    Templates(Vec<Linear>),
    /// One a band.
    Components { delays: usize, bands: Vec<DelayedLinear> },
}

impl Learned {
    /// Of a method that needs no calibration.
    pub(super) fn built(method: Method) -> Result<Self, DecodeError> {
        match Statistic::of(method) {
            Some(statistic) => Ok(Self::Sinusoids(statistic)),
            None if method == Method::Tdca || TEMPLATES.contains(&method) => {
                let reason = "has to be fitted to calibration trials";
                Err(DecodeError::Calibration { method: method.name(), reason })
            }
            None => Err(not_running(method)),
        }
    }

    /// Of any method, from a user's trials.
    pub(super) fn fitted(
        params: &ModelParams,
        calibration: &Calibration,
    ) -> Result<Self, DecodeError> {
        let ModelParams { codebook, method, settings, .. } = params;
        if TEMPLATES.contains(method) {
            let bands = Templates::learn(*method, codebook, calibration, settings)?;
            return Ok(Self::Templates(bands));
        }
        if *method == Method::Tdca {
            let tdca = tdca(settings, TdcaParams::default().delays);
            let bands = Components::learn(&tdca, codebook, calibration, &settings.weights)?;
            return Ok(Self::Components { delays: tdca.delays, bands });
        }
        Self::built(*method)
    }

    /// Samples of the longest window; `None` where there is no longest one.
    pub(super) fn samples(&self) -> Option<usize> {
        match self {
            Self::Sinusoids(_) => None,
            Self::Templates(bands) => bands.first().map(|band| band.samples),
            Self::Components { bands, .. } => bands.first().map(|band| band.samples),
        }
    }

    /// The decoder, at the start of a window.
    pub(super) fn decoder(&self, params: &ModelParams) -> Result<RunningDecoder, DecodeError> {
        let ModelParams { codebook, rate_hz, settings, .. } = params;
        let Settings { harmonics, mains_hz, weights, .. } = settings.clone();
        Ok(match self {
            Self::Sinusoids(statistic) => {
                let (statistic, span) = (*statistic, Span::Growing);
                let sinusoids = SinusoidsParams { statistic, harmonics, mains_hz, weights, span };
                RunningDecoder::Sinusoids(sinusoids.build(codebook, params.rows(), *rate_hz)?)
            }
            Self::Templates(bands) => {
                RunningDecoder::Templates(Templates::of(bands.clone(), weights))
            }
            Self::Components { delays, bands } => {
                let samples = self.samples().unwrap_or(0);
                let shape = Shape { channels: params.rows(), samples, rate_hz: *rate_hz };
                let (tdca, bands) = (tdca(settings, *delays), bands.clone());
                RunningDecoder::Components(Components::of(&tdca, codebook, shape, &weights, bands)?)
            }
        })
    }

    /// Refuses what is not of the params, or no decoder can be made of.
    pub(super) fn check(&self, params: &ModelParams) -> Result<(), DecodeError> {
        let ModelParams { codebook, method, settings, rate_hz, .. } = params;
        let needs_frequencies = !matches!(self, Self::Templates(_));
        if needs_frequencies {
            let Settings { harmonics, mains_hz, .. } = *settings;
            usable_harmonics(codebook, harmonics, mains_hz, rate_hz / 2.0, *rate_hz)?;
        }
        let shape = |samples| Shape { channels: params.rows(), samples, rate_hz: *rate_hz }.check();
        let own = match self {
            Self::Sinusoids(Statistic::Mec { kept }) if !(*kept > 0.0 && *kept < 1.0) => {
                let (found, expected) = (kept.to_string(), "a number between 0 and 1");
                return Err(DecodeError::Setting { name: "kept", found, expected });
            }
            Self::Sinusoids(own) => Statistic::of(*method)
                .is_some_and(|usual| std::mem::discriminant(&usual) == std::mem::discriminant(own)),
            Self::Templates(bands) => {
                shape(self.samples().unwrap_or(0))?;
                same("bands of the decoder", bands.len(), params.bands())?;
                bands.iter().try_for_each(|band| self.check_templates(band, params))?;
                TEMPLATES.contains(method)
            }
            Self::Components { delays, bands } => {
                shape(self.samples().unwrap_or(0))?;
                same("bands of the decoder", bands.len(), params.bands())?;
                bands.iter().try_for_each(|band| self.check_components(*delays, band, params))?;
                *method == Method::Tdca
            }
        };
        match own {
            true => Ok(()),
            false => Err(not_running(*method)),
        }
    }

    fn check_templates(&self, band: &Linear, params: &ModelParams) -> Result<(), DecodeError> {
        let Linear { channels, samples, targets, weights, templates, own_rows } = band;
        let (all, expected) = (params.codebook.len(), params.channels.len());
        same("channels of the filters", *channels, expected)?;
        same("targets of the decoder", *targets, all)?;
        same("samples of the templates", *samples, self.samples().unwrap_or(0))?;
        let rows = weights.len() / expected.max(1);
        if rows == 0 || (*own_rows && rows != all) {
            let (found, expected) = (rows.to_string(), "one for each target, or for all");
            return Err(DecodeError::Setting { name: "filters", found, expected });
        }
        let each = if *own_rows { 1 } else { rows };
        same("weights of the filters", weights.len(), rows * expected)?;
        same("values of the templates", templates.len(), all * each * samples)?;
        finite(weights)?;
        finite(templates)
    }

    fn check_components(
        &self,
        delays: usize,
        band: &DelayedLinear,
        params: &ModelParams,
    ) -> Result<(), DecodeError> {
        let DelayedLinear { channels, samples, targets, components, weights, templates } = band;
        let (all, expected) = (params.codebook.len(), params.channels.len());
        same("channels of the filters", *channels, expected)?;
        same("targets of the decoder", *targets, all)?;
        same("samples of the templates", *samples, self.samples().unwrap_or(0))?;
        if *components == 0 || delays >= *samples {
            let found = format!("{components} with {delays} delays");
            let expected = "at least 1, and fewer delays than samples";
            return Err(DecodeError::Setting { name: "components", found, expected });
        }
        let size = (delays + 1).saturating_mul(*components).saturating_mul(expected);
        same("weights of the filters", weights.len(), size)?;
        finite(weights)?;
        templates.iter().try_for_each(|templates| {
            same("values of the templates", templates.len(), all * components * samples)?;
            finite(templates)
        })
    }
}

fn tdca(settings: &Settings, delays: usize) -> TdcaParams {
    let Settings { harmonics, mains_hz, .. } = *settings;
    TdcaParams { harmonics, mains_hz, delays, ..TdcaParams::default() }
}

fn not_running(method: Method) -> DecodeError {
    let found = method.to_string();
    DecodeError::Setting { name: "running method", found, expected: RUNNING }
}

fn same(what: &'static str, found: usize, expected: usize) -> Result<(), DecodeError> {
    if found == expected { Ok(()) } else { Err(DecodeError::Shape { what, found, expected }) }
}

fn finite(values: &[f64]) -> Result<(), DecodeError> {
    match values.iter().find(|value| !value.is_finite()) {
        None => Ok(()),
        Some(value) => {
            let (name, found) = ("what was learned", value.to_string());
            Err(DecodeError::Setting { name, found, expected: "finite numbers" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_methods_is_that_of_those_that_run() {
        for method in Method::all() {
            let listed =
                RUNNING.replace(" or ", ", ").split(", ").any(|name| name == method.name());
            let runs = Statistic::of(method).is_some()
                || TEMPLATES.contains(&method)
                || method == Method::Tdca;
            assert_eq!(listed, runs, "{method}");
        }
    }
}
