//! Visual evoked potentials: code, record, decode.
pub mod dsp;
pub mod frame;
pub mod signal;
pub mod stimulus;
