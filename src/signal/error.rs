use thiserror::Error;

/// What can be wrong with a request to the signal model.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SignalError {
    /// The samples do not form a channels × samples array.
    #[error("{values} values do not divide into {channels} channels of equal length")]
    Shape {
        /// Values found.
        values: usize,
        /// Channels expected.
        channels: usize,
    },
    /// A stream's channel list and its samples disagree.
    #[error("{labels} channels are described, but the samples have {channels}")]
    ChannelCount {
        /// Channels described.
        labels: usize,
        /// Channels in the samples.
        channels: usize,
    },
    /// A sampling rate that is not a positive finite number.
    #[error("sampling rate {0} Hz is not a positive number")]
    Rate(f64),
    /// A timeline that leads nowhere.
    #[error("anchor {anchor} of the timeline is missing, not after the one before, or not finite")]
    Timeline {
        /// Place of the anchor in the list.
        anchor: usize,
    },
    /// The values of a series do not fit its times.
    #[error("{values} values are not one for each of {channels} channels and {times} times")]
    Series {
        /// Values found.
        values: usize,
        /// Channels described.
        channels: usize,
        /// Times found.
        times: usize,
    },
    /// Samples that would overlap what is already there.
    #[error("samples at position {first} overlap those up to {end}")]
    Overlap {
        /// Position of the first new sample.
        first: u64,
        /// Position after the last sample present.
        end: u64,
    },
    /// A position beyond what a sample clock can count.
    #[error("position {first} plus {len} samples does not fit the sample clock")]
    Position {
        /// Position of the first sample.
        first: u64,
        /// Number of samples.
        len: usize,
    },
    /// The stretch asked for lies outside of the recording.
    #[error(
        "samples {first} to {last} were asked for, but the stream holds {start} to {end}",
        last = first.saturating_add(*len as u64)
    )]
    OutOfRange {
        /// First sample asked for.
        first: u64,
        /// Number of samples asked for.
        len: usize,
        /// First sample present.
        start: u64,
        /// Position after the last sample present.
        end: u64,
    },
    /// The stretch asked for contains lost samples.
    #[error("samples {first} to {last} touch a gap at {gap_first} to {gap_end}", last = first.saturating_add(*len as u64))]
    Gap {
        /// First sample asked for.
        first: u64,
        /// Number of samples asked for.
        len: usize,
        /// First sample lost.
        gap_first: u64,
        /// Position after the last sample lost.
        gap_end: u64,
    },
    /// A channel that the stream does not have.
    #[error("no channel named {wanted:?}; the stream has {}", .have.join(", "))]
    UnknownChannel {
        /// The label asked for.
        wanted: String,
        /// The labels present.
        have: Vec<String>,
    },
}
