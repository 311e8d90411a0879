use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::signal::SignalError;

/// Why a file gave no recording, or a recording no file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The file is missing, not a file, or not ours to read.
    #[error("cannot open {}: {reason}", .path.display())]
    Open {
        /// The path asked for.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The content belongs to no format that can be read.
    #[error("not a recording that can be read: {found}; these can be: {}", .readable.join(", "))]
    Unrecognised {
        /// What the first bytes look like.
        found: String,
        /// The formats that can be read.
        readable: Vec<&'static str>,
    },
    /// The file ends inside its header.
    #[error("{format}: the file ends at byte {len}, inside {place}, which needs {needed} bytes")]
    Truncated {
        /// The format.
        format: &'static str,
        /// What is cut.
        place: &'static str,
        /// Length of the file in bytes.
        len: u64,
        /// Length the file would have to have at least.
        needed: u64,
    },
    /// A header that contradicts the format.
    #[error("{format}, byte {offset}: found {found}, expected {expected}")]
    Malformed {
        /// The format.
        format: &'static str,
        /// Where the field is.
        offset: u64,
        /// What is there.
        found: String,
        /// What should be there.
        expected: String,
    },
    /// A part of the format that is not supported.
    #[error("{format}, byte {offset}: {what} is not supported")]
    Unsupported {
        /// The format.
        format: &'static str,
        /// Where it is asked for.
        offset: u64,
        /// What is not supported.
        what: String,
    },
    /// The samples would not fit the memory.
    #[error("no memory for {values} samples: read fewer channels, or a part of the time")]
    Memory {
        /// Samples of all channels together.
        values: u64,
    },
    /// The name of a file to be written does not tell the format.
    #[error("{}: its name does not tell a format; these can be written: {}", .path.display(), .writable.join(", "))]
    UnknownOutput {
        /// The path.
        path: PathBuf,
        /// The formats that can be written, with the endings of their names.
        writable: Vec<String>,
    },
    /// The file cannot be written.
    #[error("cannot write {}: {reason}", .path.display())]
    Write {
        /// The path.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The recording has no place in the format.
    #[error("{format} cannot hold this recording: {what}")]
    Unwritable {
        /// The format.
        format: &'static str,
        /// What it cannot hold.
        what: String,
    },
    /// A channel that was asked for is not there, or samples do not fit together.
    #[error(transparent)]
    Signal(#[from] SignalError),
    /// The device failed while reading.
    #[error("reading failed: {0}")]
    Io(#[from] io::Error),
}
