//! Methods for targets that show codes (c-VEP).
//!
//! | file | idea |
//! |---|---|
//! | `rcca` | [`Rcca`]: reconvolution, a response for each event of a code |
//! | `ecca` | [`Ecca`]: averaged trials as templates, also of one code shifted in a circle |
//! | `code`, `events` | codes on the clock of the samples; [`EventModel`], what they are taken apart into |
//! | `structure` | the design matrix of events and lags, as sums over events |
//! | `embedding` | channels beside themselves at later samples |
//! | `moments`, `canonical` | second moments of a calibration; canonical correlation of them |
//! | `correlator` | a filter, and correlations with templates behind it |

mod canonical;
mod code;
mod correlator;
mod ecca;
mod embedding;
mod events;
mod moments;
mod rcca;
mod structure;

pub use ecca::{Ecca, EccaParams};
pub use events::EventModel;
pub use rcca::{Rcca, RccaParams};
