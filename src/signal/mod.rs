//! The data everybody hands around: recordings, their streams and events, and views into them.
//!
//! | file | idea |
//! |---|---|
//! | `samples` | [`Samples`]: channels × samples on a sample clock, with gaps |
//! | `epoch` | [`Epoch`]: the array a decoder sees, a view |
//! | `channel` | [`Channel`], [`Unit`], [`Quantization`] |
//! | `stream` | [`Stream`]: channels of one rate |
//! | `timeline` | [`Timeline`]: from positions to seconds where that is no single line |
//! | `series` | [`Series`]: samples at times of their own |
//! | `event` | [`Event`] on a stream's sample clock, [`EventPattern`] to name events |
//! | `recording` | [`Recording`]: streams of any rates, series, events, metadata |
//! | `trials` | [`TrialRule`], [`Trial`]: which stretches are labelled how |
//! | `decision` | [`Decision`]: a target, its scores, when it was taken |
//!
//! Sample positions are `u64` from the start of the session and are the truth; times are derived
//! from them. Samples are microvolts wherever the source says how to get there.

mod channel;
mod decision;
mod epoch;
mod error;
mod event;
mod recording;
mod samples;
mod series;
mod store;
mod stream;
mod timeline;
mod trials;

pub use channel::{Channel, Quantization, Unit};
pub use decision::Decision;
pub(crate) use decision::margin;
pub use epoch::Epoch;
pub use error::SignalError;
pub use event::{Event, EventPattern};
pub use recording::Recording;
pub use samples::{Samples, Segment};
pub use series::Series;
pub use stream::Stream;
pub use timeline::{Anchor, Timeline};
pub use trials::{Trial, TrialRule};
