//! How good it was: trials cut so that nothing is shared, splits into training and test, accuracy
//! with its interval, information transfer rate, signal-to-noise ratios.
//!
//! A study is a [`Subject`] (recordings and their trials), a [`Plan`] (method, filters, windows,
//! [`Split`]) and what [`Plan::run`] gives for them. Everything runs on one thread and gives the
//! same decisions each time; programs run subjects and methods side by side.
//!
//! | file | idea |
//! |---|---|
//! | `subject` | [`Subject`]: recordings of one person, and which trial is of which session and block |
//! | `stretch` | [`own_stretches`]: the part of the time that belongs to one trial alone |
//! | `filtered` | [`Scope`]: what is filtered in one go, and what that means for leakage and latency |
//! | `split` | [`Split`]: which trials are trained on, which tested; [`Limit`]: the first of them |
//! | `run` | [`Plan`]: decisions of a method for each window, [`Outcome`] |
//! | `replay` | [`Replay`]: recordings sample by sample through a live session |
//! | `fit` | [`Fitted`]: a decoder and its rule, learned from all trials, to be kept |
//! | `replayed` | [`Replayed`]: what was decided under each rule, and how scores grew |
//! | `stopping` | [`Stopping`]: stopping rules by name, to be learned |
//! | `watching` | [`Watching`]: recordings through a live session without cues; false activations |
//! | `accuracy` | [`Accuracy`] with Wilson's interval |
//! | `confusion` | [`Confusion`]: true targets × decisions, balanced accuracy |
//! | `itr` | [`itr_bits_per_min`], with its time base |
//! | `mean` | [`MeanInterval`]: a mean over subjects with Student's interval |
//! | `response` | [`Responses`]: spectra and signal-to-noise ratios of the targets |

mod accuracy;
mod confusion;
mod error;
mod filtered;
mod fit;
mod itr;
mod mean;
mod replay;
mod replayed;
mod response;
mod run;
mod split;
mod stopping;
mod stretch;
mod subject;
mod watching;

pub use accuracy::Accuracy;
pub use confusion::Confusion;
pub use error::EvaluateError;
pub use filtered::{Filtered, Scope};
pub use fit::Fitted;
pub use itr::itr_bits_per_min;
pub use mean::MeanInterval;
pub use replay::Replay;
pub use replayed::{Replayed, RuleOutcome, Stopped};
pub use response::{Response, Responses};
pub use run::{Decided, Outcome, Plan};
pub use split::{Fold, Limit, Split};
pub use stopping::Stopping;
pub use stretch::{Margins, own_stretches};
pub use subject::{Cut, Subject, session_numbers};
pub use watching::{Watched, Watching};
