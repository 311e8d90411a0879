use crate::signal::SignalError;
use thiserror::Error;

/// Why a session cannot be simulated.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SimulateError {
    /// A parameter that makes no sense.
    #[error("{field} is {found}, expected {expected}")]
    Value {
        /// The field of [`SessionParams`](super::SessionParams).
        field: &'static str,
        /// What it holds.
        found: String,
        /// What would be right.
        expected: &'static str,
    },
    /// More than the simulator is willing to hold.
    #[error("the session has {found} {what}, more than the limit of {limit}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much was asked for.
        found: u64,
        /// How much is allowed.
        limit: u64,
    },
    /// A frequency that the sampling rate cannot carry.
    #[error(
        "{what} is at {frequency_hz} Hz, but the sampling rate carries only up to {nyquist_hz} Hz"
    )]
    Frequency {
        /// What has the frequency.
        what: String,
        /// The frequency.
        frequency_hz: f64,
        /// Half of the sampling rate.
        nyquist_hz: f64,
    },
    /// A signal-to-noise ratio that no amplitude can reach.
    #[error("an SNR of {snr} was asked for, but there is no {missing}")]
    Unreachable {
        /// The ratio asked for.
        snr: f64,
        /// What is zero: `noise` or `response`.
        missing: &'static str,
    },
    /// A target whose events would be taken for something else.
    #[error(
        "the events of target {index} ({label:?}) could be taken for those of another target, of a \
         trial's start or end, or of rest; give the targets distinct `event`s"
    )]
    Events {
        /// Place of the target in the codebook, from 0.
        index: usize,
        /// Its label.
        label: String,
    },
    /// The recording could not be put together.
    #[error(transparent)]
    Signal(#[from] SignalError),
}
