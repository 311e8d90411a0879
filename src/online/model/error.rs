use std::path::PathBuf;

use thiserror::Error;

use crate::decode::DecodeError;

/// Why a model can't be saved or read, or does not fit a stream.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The bytes begin with something else.
    #[error("this is no model: it does not begin as the file of one does")]
    NotAModel,
    /// Written by another version of the format.
    #[error(
        "the model is of version {found} of the format, this program reads version {expected}; fit it again, or use the program that wrote it"
    )]
    Version {
        /// Version of the file.
        found: u32,
        /// Version that is read.
        expected: u32,
    },
    /// Cut short, or something follows.
    #[error("the model has {found} bytes where {expected} belong; copy it again, or fit it again")]
    Length {
        /// Bytes there are.
        found: u64,
        /// Bytes there should be.
        expected: u64,
    },
    /// Bytes have changed since it was written.
    #[error(
        "the model is damaged: its checksum is {found:08x}, it was written with {expected:08x}; copy it again, or fit it again"
    )]
    Damaged {
        /// Checksum of the bytes.
        found: u32,
        /// Checksum that stands at their end.
        expected: u32,
    },
    /// Written whole, but not as a model is.
    #[error("the model's {what}: found {found}, expected {expected}; fit it again")]
    Malformed {
        /// The part.
        what: &'static str,
        /// What stands there.
        found: String,
        /// What belongs there.
        expected: String,
    },
    /// Settings or numbers that no decoder can be made of.
    #[error("the model can't be used: {0}")]
    Unusable(#[from] DecodeError),
    /// A file that can't be read.
    #[error("{}: can't be read: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// A file that can't be written.
    #[error("{}: can't be written: {reason}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// A stream without one of the model's channels.
    #[error("the model needs channel {label:?}, the stream has {}", list(have))]
    Channel {
        /// Label of the channel.
        label: String,
        /// Labels of the stream's channels.
        have: Vec<String>,
    },
    /// A stream with one of the model's channels twice.
    #[error("the stream has channels {first} and {second} both called {label:?}; rename one")]
    Twice {
        /// Label of the channel.
        label: String,
        /// Row of the first.
        first: usize,
        /// Row of the second.
        second: usize,
    },
    /// A channel in another unit.
    #[error(
        "channel {label:?} is in {found}, the model was made for {expected}; convert it, or fit the model again"
    )]
    Unit {
        /// Label of the channel.
        label: String,
        /// Unit in the stream.
        found: String,
        /// Unit of the model.
        expected: String,
    },
    /// A stream of another rate.
    #[error(
        "the stream has {found} samples a second, the model was made for {expected}; fit it again at this rate"
    )]
    Rate {
        /// Samples a second of the stream.
        found: f64,
        /// Samples a second of the model.
        expected: f64,
    },
    /// A codebook of more or fewer targets.
    #[error("the codebook has {found} targets, the model was made for {expected}")]
    Targets {
        /// Targets of the codebook.
        found: usize,
        /// Targets of the model.
        expected: usize,
    },
    /// A target that shows something else, or is called something else.
    #[error("target {index} of the codebook is {found}, the model was made for {expected}")]
    Target {
        /// Place of the target, from 0.
        index: usize,
        /// The target in the codebook.
        found: String,
        /// The target of the model.
        expected: String,
    },
}

/// Labels that are told at most.
const MOST_LABELS: usize = 40;

fn list(labels: &[String]) -> String {
    if labels.is_empty() {
        return "none".to_owned();
    }
    let told = labels.iter().take(MOST_LABELS).map(String::as_str).collect::<Vec<_>>().join(", ");
    match labels.len().saturating_sub(MOST_LABELS) {
        0 => told,
        more => format!("{told} and {more} others"),
    }
}
