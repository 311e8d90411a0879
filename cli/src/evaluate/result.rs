//! What an evaluation found, as it is written to JSON.

use std::collections::BTreeMap;

use evoked::decode::DecodeError;
use evoked::evaluate::{
    Accuracy, Confusion, Limit, MeanInterval, Outcome, Responses, itr_bits_per_min,
};
use evoked::stimulus::Codebook;
use serde::Serialize;

/// Everything.
#[derive(Serialize)]
pub(crate) struct Evaluation {
    pub(crate) command: Vec<String>,
    pub(crate) version: &'static str,
    pub(crate) settings: Setting,
    pub(crate) subjects: Vec<SubjectResult>,
    pub(crate) means: Vec<Mean>,
}

/// What was the same for all subjects.
#[derive(Serialize)]
pub(crate) struct Setting {
    pub(crate) methods: Vec<String>,
    pub(crate) targets: Vec<String>,
    /// `None` for codes and for rest.
    pub(crate) frequencies_hz: Vec<Option<f64>>,
    pub(crate) start_s: f64,
    pub(crate) windows_s: Vec<f64>,
    pub(crate) pause_s: f64,
    pub(crate) split: String,
    pub(crate) learning: Vec<usize>,
    pub(crate) learning_by: &'static str,
    pub(crate) harmonics: usize,
    pub(crate) mains_hz: Option<f64>,
    pub(crate) notch_hz: Option<f64>,
    pub(crate) direction: &'static str,
    pub(crate) scope: &'static str,
}

/// One subject.
#[derive(Serialize)]
pub(crate) struct SubjectResult {
    pub(crate) name: String,
    pub(crate) files: Vec<String>,
    pub(crate) rate_hz: f64,
    pub(crate) channels: Vec<String>,
    pub(crate) sessions: usize,
    pub(crate) blocks: usize,
    /// Trials whose target is known.
    pub(crate) trials: usize,
    pub(crate) unlabelled: usize,
    /// True targets of the trials, by place.
    pub(crate) truth: Vec<usize>,
    /// What was odd about the files: file and what.
    pub(crate) warnings: Vec<(String, String)>,
    /// Events that neither start nor label a trial, and how many of each.
    pub(crate) other_events: BTreeMap<String, usize>,
    pub(crate) response: Option<Response>,
    pub(crate) cells: Vec<Cell>,
}

/// How strongly a subject answers, in the longest window.
#[derive(Serialize)]
pub(crate) struct Response {
    pub(crate) channel: String,
    pub(crate) window_s: f64,
    pub(crate) step_hz: f64,
    pub(crate) targets: Vec<Option<TargetResponse>>,
}

/// The response to one target.
#[derive(Serialize)]
pub(crate) struct TargetResponse {
    pub(crate) trials: usize,
    pub(crate) narrow_snr_db: f64,
    pub(crate) wide_snr_db: f64,
    pub(crate) bci_quotient: f64,
    #[serde(skip)]
    pub(crate) amplitude: Vec<f64>,
}

/// One method in one window.
#[derive(Serialize)]
pub(crate) struct Cell {
    pub(crate) method: String,
    pub(crate) bands: String,
    pub(crate) window_s: f64,
    /// Limit to the training blocks or trials; none for all.
    pub(crate) training: Option<usize>,
    /// The least and the most trials that were trained on.
    pub(crate) trained_on: Option<(usize, usize)>,
    pub(crate) right: usize,
    pub(crate) total: usize,
    pub(crate) accuracy: Option<f64>,
    pub(crate) wilson_95: Option<(f64, f64)>,
    pub(crate) balanced_accuracy: Option<f64>,
    pub(crate) itr_bits_per_min: Option<f64>,
    pub(crate) selection_s: f64,
    /// Row: truth, column: decision.
    pub(crate) confusion: Vec<Vec<usize>>,
    pub(crate) decisions: Vec<Option<usize>>,
    pub(crate) left_out: usize,
    pub(crate) left_out_because: Option<String>,
    /// Why there is nothing.
    pub(crate) error: Option<String>,
}

/// One method in one window, over the subjects for whom there is something.
#[derive(Serialize)]
pub(crate) struct Mean {
    pub(crate) method: String,
    pub(crate) window_s: f64,
    pub(crate) training: Option<usize>,
    pub(crate) subjects: usize,
    pub(crate) right: usize,
    pub(crate) total: usize,
    pub(crate) accuracy: f64,
    /// Student's t over subjects; for a single subject Wilson's.
    pub(crate) accuracy_95: (f64, f64),
    pub(crate) interval: &'static str,
    pub(crate) balanced_accuracy: f64,
    pub(crate) itr_bits_per_min: Option<f64>,
    /// Student's t over subjects; for a single subject at the ends of Wilson's interval.
    pub(crate) itr_95: Option<(f64, f64)>,
    pub(crate) selection_s: f64,
    pub(crate) confusion: Vec<Vec<usize>>,
}

/// Which cell it is, and the time of a selection.
pub(crate) struct Place {
    pub(crate) method: String,
    pub(crate) bands: String,
    pub(crate) window_s: f64,
    pub(crate) training: Option<usize>,
    pub(crate) selection_s: f64,
}

impl Cell {
    /// A cell without figures.
    pub(crate) fn failed(place: Place, error: String) -> Self {
        let Place { method, bands, window_s, training, selection_s } = place;
        Self {
            method,
            bands,
            window_s,
            training,
            selection_s,
            trained_on: None,
            right: 0,
            total: 0,
            accuracy: None,
            wilson_95: None,
            balanced_accuracy: None,
            itr_bits_per_min: None,
            confusion: Vec::new(),
            decisions: Vec::new(),
            left_out: 0,
            left_out_because: None,
            error: Some(error),
        }
    }

    pub(crate) fn of(place: Place, outcome: Outcome) -> Self {
        let decided = match outcome.result {
            Ok(decided) => decided,
            Err(error) => return Self::failed(place, error.to_string()),
        };
        let accuracy: Accuracy = decided.confusion.accuracy();
        let because = decided.left_out.first().map(|(_, error)| reason(error));
        let rate = accuracy.rate();
        let targets = decided.confusion.targets();
        let selection_s = place.selection_s;
        let none = rate.is_none().then(|| because.clone()).flatten();
        Self {
            trained_on: decided.trained_on,
            right: accuracy.right,
            total: accuracy.total,
            accuracy: rate,
            wilson_95: accuracy.wilson_95(),
            balanced_accuracy: decided.confusion.balanced_accuracy(),
            itr_bits_per_min: rate.and_then(|rate| itr_bits_per_min(targets, rate, selection_s)),
            confusion: rows(&decided.confusion),
            decisions: decided.decisions,
            left_out: decided.left_out.len(),
            left_out_because: because,
            error: none,
            ..Self::failed(place, String::new())
        }
    }
}

/// Why a trial was left out, for people.
fn reason(error: &DecodeError) -> String {
    match error {
        DecodeError::Signal(_) => {
            "the recording has less of such a trial than the window asks for".to_owned()
        }
        other => other.to_string(),
    }
}

/// The number that a limit allows.
pub(crate) fn count(limit: Limit) -> usize {
    match limit {
        Limit::Trials(count) | Limit::Blocks(count) => count,
    }
}

impl Response {
    pub(crate) fn of(responses: Responses, channels: &[String], window_s: f64) -> Self {
        let target = |response: evoked::evaluate::Response| TargetResponse {
            trials: response.trials,
            narrow_snr_db: response.narrow_snr_db,
            wide_snr_db: response.wide_snr_db,
            bci_quotient: response.bci_quotient,
            amplitude: response.amplitude,
        };
        Self {
            channel: channels.get(responses.channel).cloned().unwrap_or_default(),
            window_s,
            step_hz: responses.step_hz,
            targets: responses.targets.into_iter().map(|r| r.map(target)).collect(),
        }
    }
}

/// The means over the subjects, in the order of the first subject's cells.
pub(crate) fn means(subjects: &[SubjectResult], codebook: &Codebook) -> Vec<Mean> {
    let Some(first) = subjects.first() else { return Vec::new() };
    let same = |a: &Cell, b: &Cell| {
        a.method == b.method && a.window_s == b.window_s && a.training == b.training
    };
    let mean = |place: &Cell| {
        let cells = || {
            let all = subjects.iter().flat_map(|subject| &subject.cells);
            all.filter(|cell| same(cell, place) && cell.accuracy.is_some())
        };
        let of = |value: &dyn Fn(&Cell) -> Option<f64>| {
            MeanInterval::of(&cells().filter_map(value).collect::<Vec<f64>>())
        };
        let accuracy = of(&|cell| cell.accuracy)?;
        let itr = of(&|cell| cell.itr_bits_per_min);
        let (interval, accuracy_95) = match accuracy.interval_95 {
            Some((low, high)) => ("Student's t over subjects", (low.max(0.0), high.min(1.0))),
            None => ("Wilson", cells().find_map(|cell| cell.wilson_95)?),
        };
        let rate = |accuracy| itr_bits_per_min(codebook.len(), accuracy, place.selection_s);
        let mut confusion = vec![vec![0; codebook.len()]; codebook.len()];
        for cell in cells() {
            for (sums, row) in confusion.iter_mut().zip(&cell.confusion) {
                sums.iter_mut().zip(row).for_each(|(sum, count)| *sum += count);
            }
        }
        Some(Mean {
            method: place.method.clone(),
            window_s: place.window_s,
            training: place.training,
            subjects: accuracy.count,
            right: cells().map(|cell| cell.right).sum(),
            total: cells().map(|cell| cell.total).sum(),
            accuracy: accuracy.mean,
            accuracy_95,
            interval,
            balanced_accuracy: of(&|cell| cell.balanced_accuracy)?.mean,
            itr_bits_per_min: itr.map(|itr| itr.mean),
            itr_95: match itr.and_then(|itr| itr.interval_95) {
                Some((low, high)) => Some((low.max(0.0), high)),
                None => rate(accuracy_95.0).zip(rate(accuracy_95.1)),
            },
            selection_s: place.selection_s,
            confusion,
        })
    };
    first.cells.iter().filter_map(mean).collect()
}

fn rows(confusion: &Confusion) -> Vec<Vec<usize>> {
    let targets = confusion.targets();
    let row = |truth| (0..targets).map(|decided| confusion.count(truth, decided)).collect();
    (0..targets).map(row).collect()
}
