//! Visual evoked potentials: code, record, decode.
pub mod dsp;
