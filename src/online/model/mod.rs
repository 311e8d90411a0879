//! What decides live, in one piece: made once, kept in a file, and refused where it does not fit.
//!
//! A [`Model`] is a decoder with all that decisions depend on: channels and their units, rate, codebook,
//! filters, window and stopping rule. `docs/MODEL.md` in the repository tells what stands in its file.
//!
//! | file | idea |
//! |---|---|
//! | `params` | [`ModelParams`]: what a model is made for |
//! | `whole` | [`Model`]: these, and what was learned |
//! | `learned` | filters and templates, and which methods have them |
//! | `by_method` | [`RunningDecoder`]: the decoder of any of these methods |
//! | `montage` | whether a stream is what a model was made for |
//! | `bytes` | a model as bytes: length and checksum |
//! | `header` | its description in them, as JSON |
//! | `numbers` | its filters and templates in them |
//! | `file` | saving and loading |
//! | `error` | [`ModelError`]: why a model is refused |

mod by_method;
mod bytes;
mod error;
mod file;
mod header;
mod learned;
mod montage;
mod numbers;
mod params;
mod whole;

pub use by_method::RunningDecoder;
pub use error::ModelError;
pub use params::ModelParams;
pub use whole::Model;
