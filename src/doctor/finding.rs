use std::fmt;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know; most recordings have some.
    Note,
    /// Results may suffer.
    Warning,
    /// Results are wrong, or will be.
    Problem,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Problem => "problem",
        })
    }
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Topic {
    /// The sampling rate is another than the one that is written.
    Rate,
    /// Samples are missing.
    Gap,
    /// Samples are no number.
    NotFinite,
    /// A channel does not move, or hardly.
    FlatChannel,
    /// A channel runs into the ends of its range.
    ClippedChannel,
    /// A channel is far noisier than the others.
    NoisyChannel,
    /// The mains are strong in the recording.
    Mains,
    /// A harmonic of a target falls on the mains.
    TargetOnMains,
    /// Harmonics of two targets fall on each other.
    TargetsShareHarmonic,
    /// A target is above half the sampling rate.
    TargetAboveNyquist,
    /// The screen can't show a target.
    TargetOnScreen,
    /// Labels fit the spectra of other targets.
    Labels,
    /// Trials are shorter than the window, or than the others.
    ShortTrial,
}

/// Something odd about a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What it is about.
    pub topic: Topic,
    /// How much it matters.
    pub severity: Severity,
    /// What is odd, and where.
    pub what: String,
    /// Why it matters.
    pub why: String,
    /// What to do about it.
    pub advice: String,
}

impl Finding {
    pub(super) fn new(topic: Topic, severity: Severity, what: impl Into<String>) -> Self {
        Self { topic, severity, what: what.into(), why: String::new(), advice: String::new() }
    }

    pub(super) fn because(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    pub(super) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = advice.into();
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. {}. {}.", self.severity, self.what, self.why, self.advice)
    }
}

/// The first of some names, and how many more there are.
pub(super) fn list(names: &[String], most: usize) -> String {
    let shown = names.iter().take(most).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
