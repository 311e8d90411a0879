//! Methods for targets that show codes (c-VEP).
//!
//! | file | idea |
//! |---|---|
//! | `rcca` | [`Rcca`]: reconvolution, a response for each event of a code |
//! | `ecca` | [`Ecca`]: averaged trials as templates, also of one code shifted in a circle |
//! | `reconvolution` | [`Reconvolution`]: the same events in whitened EEG, with a matched filter |
//! | `bitwise` | [`Bitwise`]: each bit from the EEG that follows it |
//! | `zero_training` | [`ZeroTraining`]: reconvolution that starts without a label |
//! | `code`, `events` | codes on the clock of the samples; [`EventModel`], what they are taken apart into |
//! | `structure` | the design matrix of events and lags, as sums over events |
//! | `embedding` | channels beside themselves at later samples |
//! | `moments`, `canonical` | second moments of a calibration; canonical correlation of them |
//! | `trials`, `posterior` | standardised trials, and the likeliest responses in them |
//! | `delayed_gram` | products of channels with each other at all delays |
//! | `correlator` | a filter, and correlations with templates behind it |

mod bitwise;
mod canonical;
mod code;
mod correlator;
mod delayed_gram;
mod ecca;
mod embedding;
mod events;
mod moments;
mod posterior;
mod rcca;
mod reconvolution;
mod structure;
mod trials;
mod zero_training;

pub use bitwise::{Bitwise, BitwiseParams};
pub use ecca::{Ecca, EccaParams};
pub use events::EventModel;
pub use rcca::{Rcca, RccaParams};
pub use reconvolution::{Reconvolution, ReconvolutionParams};
pub use zero_training::{ZeroTraining, ZeroTrainingParams};
