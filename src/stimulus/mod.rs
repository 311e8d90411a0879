//! What each target shows: targets, their modulation, and the codebook that lists them.
//!
//! | file | idea |
//! |---|---|
//! | `target` | [`Target`] and its [`Modulation`] |
//! | `codebook` | [`Codebook`]: all targets; JSON a person can edit |

mod codebook;
mod error;
mod target;

pub use codebook::Codebook;
pub use error::StimulusError;
pub use target::{Bits, Modulation, Target};
