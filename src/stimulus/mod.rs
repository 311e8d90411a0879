//! What each target shows: targets, their modulation, and the codebook that lists them.
//!
//! | file | idea |
//! |---|---|
//! | `target` | [`Target`] and its [`Modulation`] |
//! | `bits` | [`Bits`]: a code, shifted, repeated, modulated with the bit clock |
//! | `codebook` | [`Codebook`]: all targets; JSON a person can edit |
//! | [`code`] | families of codes |

pub mod code;

mod bits;
mod codebook;
mod error;
mod random;
mod target;

pub use bits::Bits;
pub use codebook::Codebook;
pub use error::StimulusError;
pub use target::{Modulation, Target};
