//! The log that the presenter page writes.

use std::path::Path;

use evoked::stimulus::{Presentation, Shown};
use serde::{Deserialize, Serialize};

use super::read_text;
use crate::failure::Failure;

/// What of the page's log is read here.
#[derive(Deserialize)]
struct Log {
    refresh_hz: f64,
    trials: Vec<Trial>,
}

#[derive(Deserialize)]
struct Trial {
    target: String,
    frames: Vec<u64>,
    times_ms: Vec<f64>,
}

/// What happened in one trial.
#[derive(Serialize)]
pub(super) struct TrialReport {
    pub(super) target: String,
    pub(super) frames: usize,
    pub(super) measured_hz: f64,
    pub(super) drops: Vec<DropReport>,
}

#[derive(Serialize)]
pub(super) struct DropReport {
    /// The display frame that should have been new.
    pub(super) slot: u64,
    pub(super) count: u64,
    /// The stimulus frame that stayed.
    pub(super) held: u64,
    /// How many display frames late the stimulus is afterwards.
    pub(super) delay_after: i64,
}

pub(super) fn read(path: &Path) -> Result<Vec<TrialReport>, Failure> {
    let named = |error: String| Failure::new(format!("{}: {error}", path.display()));
    let log: Log =
        serde_json::from_str(&read_text(path)?).map_err(|error| named(error.to_string()))?;
    let report = |(place, trial): (usize, &Trial)| {
        let times = trial.times_ms.iter().map(|time_ms| time_ms / 1e3);
        let shown: Vec<Shown> = trial
            .frames
            .iter()
            .zip(times)
            .map(|(&frame, time_s)| Shown { frame, time_s })
            .collect();
        let presentation = Presentation::new(&shown, log.refresh_hz)
            .map_err(|error| named(format!("trial {place}: {error}")))?;
        let drops = presentation.drops().iter().map(|drop| DropReport {
            slot: drop.slot,
            count: drop.count,
            held: drop.held,
            delay_after: presentation.delay(drop.slot + drop.count).unwrap_or(0),
        });
        Ok(TrialReport {
            target: trial.target.clone(),
            frames: shown.len(),
            measured_hz: presentation.measured_hz(),
            drops: drops.collect(),
        })
    };
    log.trials.iter().enumerate().map(report).collect()
}
