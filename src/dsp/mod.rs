//! Filters, spectra and the small linear algebra the decoders need, all on plain slices.
//!
//! | file | what is in it |
//! |---|---|
//! | `sos` | second-order sections: response, causal filtering in chunks |
//! | `design`, `pairing` | Butterworth and Chebyshev filters; poles and zeros to sections |
//! | `notch` | notches for the mains and its harmonics |
//! | `zero_phase` | forward-backward filtering of whole signals |
//! | `window`, `spectrum` | windows; one-sided spectra by FFT, planned once a length |
//! | `fourier_at` | the Fourier transform at one frequency, between bins too |
//! | `clock` | the rate of a sample clock by another clock, by robust regression |
//! | `vectors` | loops compiled for wider vectors, chosen at run time |
//! | `whitener` | whitening over channels and time by a vector autoregression |
//! | `shrinkage` | how much to shrink a covariance, from the data |
//! | `snr` | signal-to-noise ratios and the BCI quotient of the BETA paper |
//! | [`linalg`] | small dense matrices: factors, eigenvectors, orthonormal bases |

mod clock;
mod design;
mod error;
mod fourier_at;
pub mod linalg;
mod notch;
mod pairing;
mod shrinkage;
mod snr;
mod sos;
mod spectrum;
pub(crate) mod vectors;
mod whitener;
mod window;
mod zero_phase;

pub use rustfft::num_complex::Complex64;

pub use clock::ClockFit;
pub use design::{Band, BandPass, Family, MAX_ORDER, design};
pub use error::DspError;
pub use fourier_at::fourier_at;
pub use notch::{MAX_NOTCHES, notch, notch_harmonics};
pub use shrinkage::ledoit_wolf;
pub use snr::{SNR_GRID_HZ, bci_quotient, narrow_band_snr_db, wide_band_snr_db};
pub use sos::{Section, Sos, SosState};
pub use spectrum::{MAX_FFT_LEN, SpectrumPlan, SpectrumScratch};
pub use whitener::{Autocovariances, Whitener};
pub use window::Window;
pub use zero_phase::{ZeroPhase, ZeroPhaseScratch};
