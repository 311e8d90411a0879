//! From epochs to scores: the decoder contract, and the methods behind it.
//!
//! | file | idea |
//! |---|---|
//! | `decoder` | [`Decoder`], the contract; [`Shape`], [`Scratch`] |
//! | `method` | [`Method`]: methods by name, [`Settings`] |
//! | `preprocess` | [`Preprocess`]: channels, band, notch, over a whole stream |
//! | `trials` | [`decode_trials`]: a recording's trials one by one |
//! | `ssvep/` | methods for frequencies: [`Cca`](ssvep::Cca), [`Whitened`](ssvep::Whitened), [`PowerRatio`](ssvep::PowerRatio) |

mod decoder;
mod error;
mod method;
mod preprocess;
pub mod ssvep;
mod trials;

pub use decoder::{Decoder, Scratch, Shape};
pub use error::DecodeError;
pub use method::{Method, Settings};
pub use preprocess::{Direction, Preprocess};
pub use trials::decode_trials;
