//! Visual evoked potentials: code, record, decode.
pub mod dsp;
pub mod signal;
pub mod simulate;
pub mod stimulus;
