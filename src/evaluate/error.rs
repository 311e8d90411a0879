use thiserror::Error;

use crate::decode::DecodeError;
use crate::signal::SignalError;

/// What can be wrong with an evaluation.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum EvaluateError {
    /// Arrays that have to be as long as the trials are not.
    #[error("{what}: {found} for {trials} trials")]
    Length {
        /// The array.
        what: &'static str,
        /// Its length.
        found: usize,
        /// Number of trials.
        trials: usize,
    },
    /// Recordings of one subject that do not go together.
    #[error("recordings of one subject have {found} and {expected} {what}; take them one by one")]
    Mixed {
        /// What differs.
        what: &'static str,
        /// In this recording.
        found: String,
        /// In those before.
        expected: String,
    },
    /// A split that leaves nothing to train or to test.
    #[error("{split} needs at least {needed} {what}, there {}: choose another split", found_text(*.found))]
    Split {
        /// The split.
        split: &'static str,
        /// What it divides.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many are needed.
        needed: usize,
    },
    /// A method that is fitted, and a split that trains nothing.
    #[error("method {method} has to be fitted to trials: choose a split")]
    NeedsSplit {
        /// The method.
        method: &'static str,
    },
    /// A start of the window that is no time.
    #[error("the window starts {found} s after the onset, expected 0 to 3600 s")]
    Start {
        /// The start.
        found: f64,
    },
    /// A setting that makes no sense.
    #[error("{name}: {found}, expected {expected}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// What it is.
        found: String,
        /// What it may be.
        expected: &'static str,
    },
    /// A filter or a decoder that can't be made.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A stretch of signal that is not there.
    #[error(transparent)]
    Signal(#[from] SignalError),
}

fn found_text(found: usize) -> String {
    if found == 1 { "is 1".to_owned() } else { format!("are {found}") }
}
