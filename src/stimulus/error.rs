use thiserror::Error;

/// What can be wrong with a codebook.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum StimulusError {
    /// The text is not a codebook.
    #[error("the codebook is not valid: {0}")]
    Json(String),
    /// A codebook without targets.
    #[error("the codebook has no targets")]
    Empty,
    /// More targets than a codebook may have.
    #[error("the codebook has {found} targets, more than the limit of {limit}")]
    TooManyTargets {
        /// Targets found.
        found: usize,
        /// Targets allowed.
        limit: usize,
    },
    /// A value that makes no sense.
    #[error("target {index} ({label:?}): {field} is {found}, expected {expected}")]
    Value {
        /// Place of the target in the codebook, from 0.
        index: usize,
        /// Its label.
        label: String,
        /// The field.
        field: &'static str,
        /// What it holds.
        found: String,
        /// What would be right.
        expected: &'static str,
    },
    /// Two targets that cannot be told apart.
    #[error("targets {first} and {second} have the same {what}")]
    Duplicate {
        /// Place of the first target.
        first: usize,
        /// Place of the second target.
        second: usize,
        /// What they share.
        what: &'static str,
    },
}
