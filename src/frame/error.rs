use thiserror::Error;

use super::Kind;

/// What can be wrong with a frame, or with a request to write one.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// An intact frame whose payload does not follow the specification.
    #[error("{kind} frame: {what}")]
    Malformed {
        /// Kind of the frame.
        kind: Kind,
        /// What was found and what was expected.
        what: String,
    },
    /// An intact frame that uses something this version does not know.
    #[error("{kind} frame: {what} is not supported by this version")]
    Unsupported {
        /// Kind of the frame.
        kind: Kind,
        /// What is unknown.
        what: String,
    },
    /// A size above the limits.
    #[error("{what}: {found} is above the limit of {limit}")]
    Limit {
        /// What is too large.
        what: &'static str,
        /// Its size.
        found: u64,
        /// The largest size accepted.
        limit: u64,
    },
    /// A stream that the session does not describe.
    #[error("the session describes no stream with id {0}")]
    UnknownStream(u16),
    /// The caller's array has another shape than the frame.
    #[error("{what}: {found} given, {expected} needed")]
    Shape {
        /// What does not fit.
        what: &'static str,
        /// The caller's size.
        found: usize,
        /// The frame's size.
        expected: usize,
    },
    /// A sample that the chosen encoding cannot hold.
    #[error("channel {channel}, sample {sample}: {value} does not fit the {encoding} encoding")]
    Range {
        /// Row of the channel.
        channel: usize,
        /// Place in the chunk.
        sample: usize,
        /// The value.
        value: f32,
        /// The encoding.
        encoding: &'static str,
    },
    /// Samples or events that would go back in time.
    #[error("stream {stream}: position {found} lies before {expected}, where the last chunk ended")]
    Backwards {
        /// The stream.
        stream: u16,
        /// Position given.
        found: u64,
        /// Lowest position possible.
        expected: u64,
    },
}

/// What can go wrong with a file of frames.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileError {
    /// The file could not be read or written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A frame that can't be written, or does not fit the session.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A file without a single intact session frame: nothing can be said about its samples.
    #[error("no intact session frame was found: this is no VEP file, or nothing of it is left")]
    NoSession,
}

impl FrameError {
    pub(super) fn malformed(kind: Kind, what: impl Into<String>) -> Self {
        Self::Malformed { kind, what: what.into() }
    }
}
