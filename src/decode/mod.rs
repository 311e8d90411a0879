//! From epochs to scores: the decoder contract, and the methods behind it.
//!
//! | file | idea |
//! |---|---|
//! | `decoder` | [`Decoder`], the contract; [`Adaptive`], [`Shape`], [`Scratch`] |
//! | `calibration` | [`Calibration`]: a user's labelled epochs, for methods that are fitted |
//! | `filter_bank` | [`FilterBank`], the loop over its bands ([`Banked`]), filters in front of a decoder ([`Filtering`]) |
//! | `fusion` | [`Fusion`]: how the scores of bands add up |
//! | `linear` | decoders by correlation with templates, sample by sample |
//! | `method` | [`Method`]: methods by name, [`Settings`] |
//! | `suited` | which methods suit which light |
//! | `no_control` | [`NoControl`]: rest, when no target's score is high enough |
//! | `rest_class` | [`RestClass`]: rest as a class of its own, told from the scores of all targets |
//! | `preprocess` | [`Preprocess`]: channels, band, notch, over a whole stream |
//! | `row_space` | the part of channel space in which calibration trials lie |
//! | `trials` | [`decode_trials`], [`decode_adapting`]: a recording's trials one by one |
//! | `ssvep/` | methods for frequencies: [`Cca`](ssvep::Cca), [`Whitened`](ssvep::Whitened), [`PowerRatio`](ssvep::PowerRatio), [`Trca`](ssvep::Trca), [`Sscor`](ssvep::Sscor), [`Tdca`](ssvep::Tdca) |
//! | `riemann/` | methods for covariances: [`Mdm`](riemann::Mdm), [`TangentSpace`](riemann::TangentSpace) |
//! | `cvep/` | methods for codes: [`Rcca`](cvep::Rcca), [`Reconvolution`](cvep::Reconvolution), [`ZeroTraining`](cvep::ZeroTraining), [`Ecca`](cvep::Ecca), [`Bitwise`](cvep::Bitwise) |

mod calibration;
pub mod cvep;
mod decoder;
mod error;
mod filter_bank;
mod fusion;
mod linear;
mod method;
mod no_control;
mod preprocess;
mod rest_class;
pub mod riemann;
mod row_space;
pub mod ssvep;
mod suited;
mod trials;

pub use calibration::Calibration;
pub use decoder::{Adaptive, Decoder, Scratch, Shape};
pub use error::DecodeError;
pub use filter_bank::{Banked, CausalBands, FilterBank, Filtering, SubBands};
pub use fusion::Fusion;
pub(crate) use linear::{DelayedLinear, Linear};
pub use method::{Method, Settings};
pub use no_control::NoControl;
pub use preprocess::{Direction, Preprocess};
pub use rest_class::RestClass;
pub(crate) use rest_class::without_rest;
pub use suited::Light;
pub use trials::{decode_adapting, decode_trials};
