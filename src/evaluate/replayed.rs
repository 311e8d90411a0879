use super::{Accuracy, Stopping};
use crate::decode::DecodeError;
use crate::online::LeftOut;
use crate::online::stopping::Growth;
use crate::signal::Decision;

/// What a replay gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    /// Seconds of the window at each look.
    pub looks_s: Vec<f64>,
    /// For each trial how its scores grew, by a decoder that was not fitted to it; or why it is left
    /// out of everything.
    pub growths: Vec<Result<Growth, DecodeError>>,
    /// For each rule the trials that it decided.
    pub rules: Vec<RuleOutcome>,
}

/// The decisions under one rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleOutcome {
    /// The rule.
    pub stopping: Stopping,
    /// For each trial the decision, or why there is none.
    pub stops: Vec<Result<Stopped, LeftOut>>,
}

/// A trial that was decided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stopped {
    /// The target that was looked at.
    pub truth: usize,
    /// The target that was decided.
    pub target: usize,
    /// Seconds of the window.
    pub window_s: f64,
    /// Whether time was up.
    pub forced: bool,
}

impl RuleOutcome {
    /// Trials decided right, of those that were decided.
    pub fn accuracy(&self) -> Accuracy {
        let decided = || self.stops.iter().flatten();
        let right = decided().filter(|stop| stop.target == stop.truth).count();
        Accuracy { right, total: decided().count() }
    }

    /// Mean seconds of the window; `None` where nothing was decided.
    pub fn mean_window_s(&self) -> Option<f64> {
        let (mut sum, mut count) = (0.0, 0.0);
        for stop in self.stops.iter().flatten() {
            sum += stop.window_s;
            count += 1.0;
        }
        (count > 0.0).then(|| sum / count)
    }
}

impl Replayed {
    /// Trials decided right after a window as long as at a look.
    pub fn fixed(&self, look: usize) -> Accuracy {
        let mut accuracy = Accuracy::default();
        for growth in self.growths.iter().flatten() {
            let best = growth.steps.get(look).and_then(|scores| Decision::best(scores));
            accuracy.total += 1;
            accuracy.right += usize::from(best == Some(growth.target));
        }
        accuracy
    }
}
