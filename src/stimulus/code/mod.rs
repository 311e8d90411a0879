//! Families of bit codes, one a file. Each comes with the properties that its tests check.
//!
//! `docs/STIMULUS.md` tells which to choose.
//!
//! | file | idea |
//! |---|---|
//! | `polynomial` | [`Polynomial`]: primitive over GF(2), checked |
//! | `prime_field` | the same over other small primes |
//! | `m_sequence` | [`m_sequence`]: the longest sequence of a shift register |
//! | `gold` | [`Gold`]: many codes of low correlation |
//! | `kasami` | [`Kasami`]: few codes of the lowest correlation |
//! | `de_bruijn` | [`de_bruijn`]: every word once |
//! | `golay` | [`golay_pair`]: two codes that cancel each other's side lobes |
//! | `apa` | [`apa`]: no side lobes but one |
//! | `barker` | [`barker`]: short codes |
//! | `burst` | [`Burst`]: few flashes at irregular distances |
//! | `non_binary` | [`NonBinary`]: m-sequences of several luminances |
//! | `correlation` | how alike two codes are |

mod apa;
mod barker;
mod burst;
mod correlation;
mod de_bruijn;
mod golay;
mod gold;
mod kasami;
mod m_sequence;
mod non_binary;
mod polynomial;
mod prime_field;

pub use apa::apa;
pub use barker::barker;
pub use burst::Burst;
pub use correlation::{aperiodic_autocorrelation, correlation};
pub use de_bruijn::de_bruijn;
pub use golay::golay_pair;
pub use gold::Gold;
pub use kasami::Kasami;
pub use m_sequence::m_sequence;
pub use non_binary::NonBinary;
pub use polynomial::Polynomial;
