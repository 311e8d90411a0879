use std::collections::HashSet;

use super::super::stopping::StoppingRule;
use crate::decode::{DecodeError, Direction, FilterBank, Method, Preprocess, Settings};
use crate::decode::{Shape, SubBands};
use crate::signal::Channel;
use crate::stimulus::Codebook;

/// What a [`Model`](super::Model) is made for, and how it looks at the signal.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelParams {
    /// Channels in the order of the decoder's rows. How their samples were stored plays no part.
    pub channels: Vec<Channel>,
    /// Samples a second.
    pub rate_hz: f64,
    /// All targets.
    pub codebook: Codebook,
    /// The method, one that follows a signal: CCA, MSI, MEC, TRCA, SSCOR and their ensembles, TDCA,
    /// reconvolution CCA.
    pub method: Method,
    /// Its settings; weights are one for each band of the filters, or none for a single band.
    pub settings: Settings,
    /// Bands of the filters, which run forward only; the signal as it is when `None`.
    pub bank: Option<FilterBank>,
    /// Mains frequency to remove in front of them, with its harmonics.
    pub notch_hz: Option<f64>,
    /// Samples from the cue to the start of the window.
    pub start: u64,
    /// When to decide; its latest time is the length of the window.
    pub stopping: StoppingRule,
}

impl ModelParams {
    /// The filters at rest; `None` where there are none.
    pub(super) fn filters(&self) -> Result<Option<SubBands>, DecodeError> {
        let (bank, notch_hz) = (self.bank.clone(), self.notch_hz);
        let direction = Direction::Causal;
        Preprocess { bank, notch_hz, direction, channels: None }.design(self.rate_hz)
    }

    pub(super) fn bands(&self) -> usize {
        self.bank.as_ref().map_or(1, |bank| bank.bands().len())
    }

    /// Rows that the decoder takes.
    pub(super) fn rows(&self) -> usize {
        self.bands().saturating_mul(self.channels.len())
    }

    /// Refuses what no decoder can be made of.
    pub(super) fn check(&self) -> Result<(), DecodeError> {
        Shape { channels: self.rows(), samples: 4, rate_hz: self.rate_hz }.check()?;
        self.filters()?;
        let mut seen = HashSet::new();
        if let Some(twice) = self.channels.iter().find(|channel| !seen.insert(&channel.label)) {
            return refused("channels", format!("{:?} twice", twice.label), "each label once");
        }
        let Settings { mains_hz, weights, .. } = &self.settings;
        if let Some(mains_hz) = mains_hz.filter(|mains| !(mains.is_finite() && *mains > 0.0)) {
            return refused("mains_hz", mains_hz.to_string(), "a positive number");
        }
        if let Some(weight) = weights.iter().find(|weight| !weight.is_finite()) {
            return refused("weights", weight.to_string(), "finite numbers");
        }
        let bands = self.bands();
        if weights.len() != bands && !(weights.is_empty() && bands == 1) {
            let found = format!("{} for {bands} bands", weights.len());
            return refused("weights", found, "one for each band");
        }
        // What a codebook was made from is not checked by it, and has to come back from a file.
        match Codebook::from_json(&self.codebook.to_json()) {
            Ok(codebook) if codebook == self.codebook => Ok(()),
            _ => refused("origin of the codebook", "something else".into(), "finite numbers"),
        }
    }
}

fn refused(name: &'static str, found: String, expected: &'static str) -> Result<(), DecodeError> {
    Err(DecodeError::Setting { name, found, expected })
}
