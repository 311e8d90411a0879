use serde::{Deserialize, Serialize};

use super::super::Statistic;
use super::super::stopping::StoppingRule;
use super::learned::Learned;
use super::{Model, ModelError, ModelParams};
use crate::decode::{FilterBank, Settings};
use crate::dsp::BandPass;
use crate::signal::{Channel, Unit};
use crate::stimulus::Codebook;

/// The description of a model: all but the numbers that were learned.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    method: String,
    rate_hz: f64,
    channels: Vec<Electrode>,
    codebook: Codebook,
    settings: Settings,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bank: Option<Bank>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    notch_hz: Option<f64>,
    start: u64,
    stopping: StoppingRule,
    decoder: Arrays,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Electrode {
    label: String,
    unit: Unit,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bank {
    bands: Vec<BandPass>,
    weights: Vec<f64>,
}

/// Which numbers follow, and how many.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Arrays {
    Cca {},
    Msi {},
    Mec {
        kept: f64,
    },
    Templates {
        samples: usize,
        own_rows: bool,
        /// Filters of each band.
        rows: Vec<usize>,
    },
    Components {
        samples: usize,
        delays: usize,
        /// Components of each band.
        components: Vec<usize>,
    },
}

impl Header {
    /// The description of a model as JSON.
    pub(super) fn text(model: &Model) -> Result<Vec<u8>, ModelError> {
        let ModelParams { channels, rate_hz, codebook, method, settings, bank, notch_hz, .. } =
            model.params();
        let electrode = |Channel { label, unit, .. }: &Channel| {
            let (label, unit) = (label.clone(), unit.clone());
            Electrode { label, unit }
        };
        let header = Self {
            method: method.name().to_owned(),
            rate_hz: *rate_hz,
            channels: channels.iter().map(electrode).collect(),
            codebook: codebook.clone(),
            settings: settings.clone(),
            bank: bank.as_ref().map(|bank| Bank {
                bands: bank.bands().to_vec(),
                weights: bank.weights().to_vec(),
            }),
            notch_hz: *notch_hz,
            start: model.params().start,
            stopping: model.stopping().clone(),
            decoder: Arrays::of(model.learned()),
        };
        serde_json::to_vec(&header).map_err(malformed)
    }

    pub(super) fn parse(text: &[u8]) -> Result<(ModelParams, Arrays), ModelError> {
        let header: Self = serde_json::from_slice(text).map_err(malformed)?;
        let method = header.method.parse().map_err(malformed)?;
        let channel = |Electrode { label, unit }| Channel { label, unit, quantization: None };
        let bank = header.bank.map(|Bank { bands, weights }| FilterBank::new(bands, weights));
        let params = ModelParams {
            channels: header.channels.into_iter().map(channel).collect(),
            rate_hz: header.rate_hz,
            codebook: header.codebook,
            method,
            settings: header.settings,
            bank: bank.transpose()?,
            notch_hz: header.notch_hz,
            start: header.start,
            stopping: header.stopping,
        };
        Ok((params, header.decoder))
    }
}

impl Arrays {
    fn of(learned: &Learned) -> Self {
        let samples = learned.samples().unwrap_or(0);
        match learned {
            Learned::Sinusoids(Statistic::Cca) => Self::Cca {},
            Learned::Sinusoids(Statistic::Msi) => Self::Msi {},
            Learned::Sinusoids(Statistic::Mec { kept }) => Self::Mec { kept: *kept },
            Learned::Templates(bands) => Self::Templates {
                samples,
                own_rows: bands.iter().any(|band| band.own_rows),
                rows: bands.iter().map(|band| band.weights.len() / band.channels.max(1)).collect(),
            },
            Learned::Components { delays, bands } => {
                let components = bands.iter().map(|band| band.components).collect();
                Self::Components { samples, delays: *delays, components }
            }
        }
    }
}

fn malformed(error: impl ToString) -> ModelError {
    let expected = "one as docs/MODEL.md has it".to_owned();
    ModelError::Malformed { what: "description", found: error.to_string(), expected }
}
