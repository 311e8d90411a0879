//! Visual evoked potentials: code, record, decode.
pub mod dsp;
#[cfg(feature = "formats")]
pub mod formats;
pub mod signal;
pub mod stimulus;
