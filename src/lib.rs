//! Visual evoked potentials: code, record, decode.
#![forbid(unsafe_code)]

pub mod decode;
pub mod dsp;
pub mod evaluate;
#[cfg(feature = "formats")]
pub mod formats;
pub mod frame;
pub mod signal;
pub mod simulate;
pub mod stimulus;
