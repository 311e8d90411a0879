//! Samples in, scores at any time: decoders that follow a signal as it comes.
//!
//! A [`Running`] decoder takes the next samples in chunks of any size and can be asked for scores
//! after each, at a cost that does not grow with the window: it keeps sums, not samples. What it
//! gives is what the decoder of whole epochs gives for the same samples, to rounding.
//!
//! | file | idea |
//! |---|---|
//! | `running` | [`Running`], the contract; [`Span`]: windows that grow, or slide |
//! | `banked` | [`CausalFront`]: filters with a state in front of a running decoder |
//! | `session` | [`Session`]: samples and cues in, decisions out |
//! | `cued` | [`Trials`]: windows that grow from a cue; [`Gaps`]: what is done with lost samples |
//! | `watch` | [`Watch`]: no cues, a window that slides |
//! | `gate` | [`Gate`]: whether a target is looked at, or none |
//! | `outcome` | [`Outcome`], [`Verdict`]: what a session says |
//! | `handover` | [`hand_over`]: a session between threads, without locks |
//! | `front` | samples by their positions, filtered as they come |
//! | `history` | the last filtered samples, for cues that come late |
//! | `sinusoids` | [`Sinusoids`]: CCA, MSI and MEC, alone and in a filter bank |
//! | `templates` | [`Templates`]: TRCA, SSCOR, their ensembles, and reconvolution CCA |
//! | `components` | [`Components`]: TDCA |
//! | `statistic` | from sums to the scores of these three |
//! | [`stopping`] | when to decide |
//! | [`model`] | a decoder with all that its decisions depend on, kept in a file |
//! | `oscillators` | the sinusoids of all targets, sample by sample |
//! | `sums` | what is added up of signal and sinusoids |
//! | `sliding` | sums over the last blocks, without anything taken off again |
//! | `lanes` | factors of small matrices, several targets at once |
//! | `whiten` | filters that make channels uncorrelated, from their sums |

mod banked;
mod components;
mod cued;
mod front;
mod gate;
mod handover;
mod history;
mod lanes;
pub mod model;
mod oscillators;
mod outcome;
mod running;
mod session;
mod sinusoids;
mod sliding;
mod statistic;
pub mod stopping;
mod sums;
mod templates;
mod watch;
mod whiten;

pub use banked::CausalFront;
pub use components::Components;
pub use cued::{Gaps, Trials};
pub use gate::{Gate, GateState};
pub use handover::{Behind, Input, Output, Worker, hand_over};
pub use outcome::{LeftOut, Outcome, Verdict};
pub use running::{Running, Span};
pub use session::Session;
pub use sinusoids::{Sinusoids, SinusoidsParams};
pub use statistic::Statistic;
pub use templates::Templates;
pub use watch::Watch;
