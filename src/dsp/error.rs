//! What can go wrong in this room.

use thiserror::Error;

/// Why a filter, a spectrum or a matrix routine refused its input.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum DspError {
    /// A sampling rate that is not a positive, finite number.
    #[error("sampling rate is {rate_hz} Hz, expected a positive finite number")]
    Rate {
        /// The rate found.
        rate_hz: f64,
    },
    /// A frequency outside the open interval from 0 to half the sampling rate.
    #[error("{what} is {found_hz} Hz, expected above 0 and below {nyquist_hz} Hz (half the rate)")]
    Frequency {
        /// Which frequency is meant.
        what: &'static str,
        /// The frequency found.
        found_hz: f64,
        /// Half the sampling rate.
        nyquist_hz: f64,
    },
    /// The lower band edge is not below the upper one.
    #[error("band from {low_hz} Hz to {high_hz} Hz, expected the first edge below the second")]
    Edges {
        /// The lower edge found.
        low_hz: f64,
        /// The upper edge found.
        high_hz: f64,
    },
    /// A filter order of zero, or above the limit.
    #[error("filter order is {found}, expected 1 to {limit}")]
    Order {
        /// The order found.
        found: usize,
        /// The highest order allowed.
        limit: usize,
    },
    /// A parameter that has to be a positive, finite number is not.
    #[error("{what} is {found}, expected a positive finite number")]
    NotPositive {
        /// Which parameter is meant.
        what: &'static str,
        /// The value found.
        found: f64,
    },
    /// A parameter that has to be a finite number, zero or above, is not.
    #[error("{what} is {found}, expected a finite number, zero or above")]
    Negative {
        /// Which parameter is meant.
        what: &'static str,
        /// The value found.
        found: f64,
    },
    /// The filter asked for cannot be expressed in double precision: a pole came out on or beyond
    /// the unit circle, or the gain vanished. The band is too narrow or too close to 0 Hz or to
    /// half the rate for this order.
    #[error(
        "no stable filter in double precision: {what} (band too narrow or too near its limits)"
    )]
    Unstable {
        /// What came out wrong.
        what: &'static str,
    },
    /// A filter section with a leading denominator coefficient of zero or a non-finite coefficient.
    #[error("filter section {section} has a non-finite coefficient or a[0] = 0")]
    Section {
        /// Index of the section, from 0.
        section: usize,
    },
    /// A slice has the wrong length.
    #[error("{what} has {found} values, expected {expected}")]
    Length {
        /// Which slice is meant.
        what: &'static str,
        /// The number of values found.
        found: usize,
        /// The number of values needed.
        expected: usize,
    },
    /// Too few values to do the work.
    #[error("{what} has {found} values, expected at least {needed}")]
    TooShort {
        /// Which slice or length is meant.
        what: &'static str,
        /// The number of values found.
        found: usize,
        /// The fewest values that will do.
        needed: usize,
    },
    /// More values than this room is willing to allocate for.
    #[error("{what} is {found}, the limit is {limit}")]
    TooLong {
        /// Which length is meant.
        what: &'static str,
        /// The length found.
        found: usize,
        /// The greatest length allowed.
        limit: usize,
    },
    /// A value that is NaN or infinite.
    #[error("{what} is not a finite number at index {index}")]
    NotFinite {
        /// Which slice is meant.
        what: &'static str,
        /// Position of the first such value.
        index: usize,
    },
    /// A matrix that has to be positive definite is not (or not to working precision).
    #[error("matrix is not positive definite: pivot {index} is {pivot:e}")]
    NotPositiveDefinite {
        /// Row of the failing pivot; this many leading rows are independent.
        index: usize,
        /// The pivot found.
        pivot: f64,
    },
    /// An iteration did not settle within its limit.
    #[error("{what} did not converge")]
    NoConvergence {
        /// Which iteration is meant.
        what: &'static str,
    },
    /// The signal has no power where a ratio of powers is asked for.
    #[error("the signal has no power to compare at {freq_hz} Hz")]
    NoPower {
        /// The frequency asked for.
        freq_hz: f64,
    },
}

/// Refuses a rate that is not a positive, finite number.
pub(crate) fn check_rate(rate_hz: f64) -> Result<(), DspError> {
    if rate_hz.is_finite() && rate_hz > 0.0 { Ok(()) } else { Err(DspError::Rate { rate_hz }) }
}

/// Refuses a frequency outside the open interval (0, rate/2).
pub(crate) fn check_frequency(
    what: &'static str,
    found_hz: f64,
    rate_hz: f64,
) -> Result<(), DspError> {
    let nyquist_hz = rate_hz / 2.0;
    if found_hz > 0.0 && found_hz < nyquist_hz {
        Ok(())
    } else {
        Err(DspError::Frequency { what, found_hz, nyquist_hz })
    }
}

/// Refuses a slice of another length than `expected`.
pub(crate) fn check_len(what: &'static str, found: usize, expected: usize) -> Result<(), DspError> {
    if found == expected { Ok(()) } else { Err(DspError::Length { what, found, expected }) }
}

/// Refuses a slice with a NaN or an infinity in it.
pub(crate) fn check_finite(what: &'static str, values: &[f64]) -> Result<(), DspError> {
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(index) => Err(DspError::NotFinite { what, index }),
    }
}
