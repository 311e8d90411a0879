//! Filters, spectra and the small linear algebra the decoders need, all on plain slices.
//!
//! | file | what is in it |
//! |---|---|
//! | `sos` | second-order sections: response, causal filtering in chunks |
//! | `design`, `pairing` | Butterworth and Chebyshev filters; poles and zeros to sections |
//! | `notch` | notches for the mains and its harmonics |
//! | `zero_phase` | forward-backward filtering of whole signals |

mod design;
mod error;
mod notch;
mod pairing;
mod sos;
mod zero_phase;

pub use rustfft::num_complex::Complex64;

pub use design::{Band, BandPass, Family, MAX_ORDER, design};
pub use error::DspError;
pub use notch::{MAX_NOTCHES, notch, notch_harmonics};
pub use sos::{Section, Sos, SosState};
pub use zero_phase::{ZeroPhase, ZeroPhaseScratch};
