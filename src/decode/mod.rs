//! From epochs to scores: the decoder contract, and the methods behind it.
//!
//! | file | idea |
//! |---|---|
//! | `decoder` | [`Decoder`], the contract; [`Shape`], [`Scratch`] |
//! | `calibration` | [`Calibration`]: a user's labelled epochs, for methods that are fitted |
//! | `filter_bank` | [`FilterBank`], the loop over its bands ([`Banked`]), filters in front of a decoder ([`Filtering`]) |
//! | `fusion` | [`Fusion`]: how the scores of bands add up |
//! | `method` | [`Method`]: methods by name, [`Settings`] |
//! | `preprocess` | [`Preprocess`]: channels, band, notch, over a whole stream |
//! | `trials` | [`decode_trials`]: a recording's trials one by one |
//! | `cvep/` | methods for codes: [`Rcca`](cvep::Rcca), [`Ecca`](cvep::Ecca) |
//! | `ssvep/` | methods for frequencies: [`Cca`](ssvep::Cca), [`Whitened`](ssvep::Whitened), [`PowerRatio`](ssvep::PowerRatio) |

mod calibration;
pub mod cvep;
mod decoder;
mod error;
mod filter_bank;
mod fusion;
mod method;
mod preprocess;
pub mod ssvep;
mod trials;

pub use calibration::Calibration;
pub use decoder::{Decoder, Scratch, Shape};
pub use error::DecodeError;
pub use filter_bank::{Banked, CausalBands, FilterBank, Filtering, SubBands};
pub use fusion::Fusion;
pub use method::{Method, Settings};
pub use preprocess::{Direction, Preprocess};
pub use trials::decode_trials;
