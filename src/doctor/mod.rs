//! What is wrong with a recording, before a study is built on it.
//!
//! | file | what it looks at |
//! |---|---|
//! | `case` | [`Case`]: a recording, and what is known about it; [`Case::findings`] |
//! | `finding` | [`Finding`]: what is odd, why it matters, what to do |
//! | `clock` | the sampling rate that was written against the one that was kept |
//! | `gaps` | stretches that are missing, told and untold |
//! | `channels` | flat, dead, clipped, noisy channels, and samples that are no number |
//! | `mains` | the mains: how strong, and at which frequency the recording has them |
//! | `targets` | frequencies that the screen, the rate, the mains or another target spoil |
//! | `trials` | trials that are shorter than the window, or than the others |
//! | `labels` | labels that fit the spectra of other targets |
//! | `assignment` | the best pairing of labels with targets |

mod assignment;
mod case;
mod channels;
mod clock;
mod finding;
mod gaps;
mod labels;
mod mains;
mod targets;
mod trials;

pub use case::Case;
pub use finding::{Finding, Severity, Topic};
