use thiserror::Error;

use crate::dsp::DspError;
use crate::signal::SignalError;

/// What can be wrong with building or using a decoder.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// A setting that makes no sense.
    #[error("{name} is {found}, expected {expected}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// Its value.
        found: String,
        /// What would be right.
        expected: &'static str,
    },
    /// A decoder of frequencies was given a target that has none: it shows a code, or nothing.
    #[error("target {label:?} flickers at no frequency, which this method needs")]
    NoFrequency {
        /// Label of the target.
        label: String,
    },
    /// A decoder of codes was given a target that shows none.
    #[error("target {label:?} shows no code of bits, which this method needs")]
    NoCode {
        /// Label of the target.
        label: String,
    },
    /// A target whose frequency the sampling rate can't carry.
    #[error(
        "target {label:?}: {frequency_hz} Hz is above the {limit_hz:.1} Hz that a sampling rate of {rate_hz} Hz can carry here; leave the target out"
    )]
    Nyquist {
        /// Label of the target.
        label: String,
        /// Its frequency.
        frequency_hz: f64,
        /// The highest frequency that could be decoded.
        limit_hz: f64,
        /// The sampling rate.
        rate_hz: f64,
    },
    /// A target of which the mains setting leaves no harmonic.
    #[error("target {label:?}: every harmonic falls on the mains of {mains_hz} Hz")]
    OnlyMains {
        /// Label of the target.
        label: String,
        /// The mains frequency.
        mains_hz: f64,
    },
    /// A target with too few calibration trials.
    #[error(
        "target {label:?} has {found} calibration trials, at least {needed} are needed; record more, or leave the target out"
    )]
    Untrained {
        /// Label of the target.
        label: String,
        /// Its trials.
        found: usize,
        /// Trials needed.
        needed: usize,
    },
    /// A method that has to be fitted was asked to do without, or the other way round.
    #[error("method {method} {reason}")]
    Calibration {
        /// The method.
        method: &'static str,
        /// What is wrong.
        reason: &'static str,
    },
    /// Too few samples for what was asked.
    #[error("a window of {found} samples is too short: {what} needs at least {needed}")]
    TooShort {
        /// Samples of the window.
        found: usize,
        /// What needs more.
        what: &'static str,
        /// Samples needed.
        needed: usize,
    },
    /// More than a decoder takes on, whatever memory there is.
    #[error("{what}: {found}, at most {limit} are supported")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much was asked for.
        found: usize,
        /// The most there may be.
        limit: usize,
    },
    /// An array of another size than the decoder was built for.
    #[error("{what}: {found} given, the decoder was built for {expected}")]
    Shape {
        /// What does not fit.
        what: &'static str,
        /// Size given.
        found: usize,
        /// Size expected.
        expected: usize,
    },
    /// A sample that is no finite number.
    #[error(
        "channel {channel} holds {value} at sample {sample}; leave out the channel or the stretch"
    )]
    NotFinite {
        /// Row of the channel.
        channel: usize,
        /// Sample position.
        sample: u64,
        /// What stands there.
        value: f64,
    },
    /// Samples so large that their squares are no numbers any more.
    #[error("samples are too large to compute with; check their unit, which should be microvolts")]
    Overflow,
    /// An epoch in which no channel varies.
    #[error("all channels are constant: there is nothing to decode")]
    Flat,
    /// A filter or a spectrum that can't be made.
    #[error(transparent)]
    Dsp(#[from] DspError),
    /// A stretch of signal that is not there.
    #[error(transparent)]
    Signal(#[from] SignalError),
}
