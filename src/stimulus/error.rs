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
    /// A code that its family does not hold.
    #[error("{family}: {field} is {found}, expected {expected}")]
    Family {
        /// The family of codes.
        family: &'static str,
        /// What was asked for.
        field: &'static str,
        /// What it is.
        found: String,
        /// What would be right.
        expected: String,
    },
    /// What a display shows can't be told without its refresh rate.
    #[error("the codebook does not say for which refresh rate it is; add refresh_hz, such as 60")]
    NoRefreshRate,
    /// More values than one call may give.
    #[error("{what} would take {found} values, more than the limit of {limit}; ask for less")]
    TooMuch {
        /// What was asked for.
        what: &'static str,
        /// Values needed.
        found: u64,
        /// Values allowed.
        limit: u64,
    },
    /// A number that a display, a viewing or a log can't have.
    #[error("{what} is {found}, expected {expected}")]
    Setting {
        /// The setting.
        what: &'static str,
        /// What it is.
        found: String,
        /// What would be right.
        expected: &'static str,
    },
}

impl StimulusError {
    pub(super) fn family(
        family: &'static str,
        field: &'static str,
        found: impl ToString,
        expected: impl Into<String>,
    ) -> Self {
        Self::Family { family, field, found: found.to_string(), expected: expected.into() }
    }

    pub(super) fn setting(
        what: &'static str,
        found: impl ToString,
        expected: &'static str,
    ) -> Self {
        Self::Setting { what, found: found.to_string(), expected }
    }
}
