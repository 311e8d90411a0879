use std::collections::VecDeque;
use std::ops::Range;
use std::time::{Duration, Instant};

use thiserror::Error;

use super::stopping::Stop;
use crate::decode::DecodeError;
use crate::signal::{Decision, margin};

/// What became of a trial, or, without cues, what the user was found to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome<'a> {
    /// Position of the trial's cue; `None` where nothing tells when the user looks.
    pub cue: Option<u64>,
    /// The decision, or why there is none.
    pub verdict: Result<Verdict<'a>, LeftOut>,
}

/// A decision of a live session.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict<'a> {
    /// Index of the chosen target in the codebook.
    pub target: usize,
    /// One score a target, higher is likelier.
    pub scores: &'a [f64],
    /// Sample position of the start of the window.
    pub first: u64,
    /// Sample position after its end: when the decision could be taken.
    pub end: u64,
    /// How likely the choice is right, by stopping rules that know.
    pub confidence: Option<f64>,
    /// Whether time was up, and the scores not enough for the stopping rule.
    pub forced: bool,
    /// Samples of the window that were lost.
    pub missing: u64,
    /// From the call that brought the window's last sample, or a late cue, to the decision.
    pub latency: Duration,
}

impl Verdict<'_> {
    /// Best score minus the second best; zero with a single target.
    pub fn margin(&self) -> f64 {
        margin(self.scores, self.target)
    }

    /// The decision in memory of its own.
    pub fn to_decision(&self) -> Decision {
        let Self { target, scores, first, end, .. } = *self;
        Decision { target, scores: scores.to_vec(), first, end }
    }
}

/// Why a trial is left out.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum LeftOut {
    /// Samples of its window are missing.
    #[error("samples {} to {} of its window are missing", .0.start, .0.end)]
    Gap(Range<u64>),
    /// Its samples had gone when its cue came.
    #[error("its cue came too late: samples are kept from {kept} on, its window starts at {start}")]
    Late {
        /// Position of the start of its window.
        start: u64,
        /// Position of the first sample that is kept.
        kept: u64,
    },
    /// The session ended first.
    #[error("the session ended at sample {0}, before its window did")]
    Ended(u64),
    /// Too many cues were waiting.
    #[error("{0} trials were waiting for their samples already")]
    Crowded(usize),
    /// The window can't be decoded.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// A window that was decided.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decided {
    pub(super) stop: Stop,
    pub(super) first: u64,
    pub(super) end: u64,
    pub(super) missing: u64,
    pub(super) latency: Duration,
}

/// An outcome without its scores.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) cue: Option<u64>,
    pub(super) result: Result<Decided, LeftOut>,
}

/// Outcomes that wait to be asked for, with the memory of those that were.
#[derive(Debug, Clone, Default)]
pub(super) struct Outcomes {
    waiting: VecDeque<Slot>,
    told: Option<Slot>,
    spare: Vec<Vec<f64>>,
}

#[derive(Debug, Clone)]
struct Slot {
    cue: Option<u64>,
    result: Result<Decided, LeftOut>,
    scores: Vec<f64>,
}

impl Outcomes {
    /// With memory for a decision among so many targets.
    pub(super) fn new(targets: usize) -> Self {
        let spare = vec![Vec::with_capacity(targets), Vec::with_capacity(targets)];
        Self { waiting: VecDeque::with_capacity(4), told: None, spare }
    }

    pub(super) fn decided(&mut self, cue: Option<u64>, decided: Decided, scores: &[f64]) {
        let mut kept = self.spare.pop().unwrap_or_default();
        kept.clear();
        kept.extend_from_slice(scores);
        self.waiting.push_back(Slot { cue, result: Ok(decided), scores: kept });
    }

    pub(super) fn left_out(&mut self, cue: u64, reason: LeftOut) {
        self.waiting.push_back(Slot { cue: Some(cue), result: Err(reason), scores: Vec::new() });
    }

    /// The next outcome and its scores, none for a trial that was left out.
    pub(super) fn poll(&mut self) -> Option<(Told, &[f64])> {
        let next = self.waiting.pop_front()?;
        if let Some(slot) = self.told.take().filter(|slot| slot.scores.capacity() > 0) {
            self.spare.push(slot.scores);
        }
        let Slot { cue, result, scores } = self.told.insert(next);
        Some((Told { cue: *cue, result: result.clone() }, scores))
    }
}

impl Told {
    /// The outcome, with its scores.
    pub(super) fn with(self, scores: &[f64]) -> Outcome<'_> {
        let verdict = |decided: Decided| {
            let Decided { stop, first, end, missing, latency } = decided;
            let Stop { target, confidence, forced } = stop;
            Verdict { target, scores, first, end, confidence, forced, missing, latency }
        };
        Outcome { cue: self.cue, verdict: self.result.map(verdict) }
    }
}

/// A window from one position on, at a moment.
pub(super) fn decided(stop: Stop, window: Range<u64>, missing: u64, arrived: Instant) -> Decided {
    let Range { start: first, end } = window;
    Decided { stop, first, end, missing, latency: arrived.elapsed() }
}
