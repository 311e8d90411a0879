//! Simulated sessions with known truth: fixtures, demonstrations, benches, live streams.
//!
//! | file | idea |
//! |---|---|
//! | `params` | [`SessionParams`]: what a session is like, its limits |
//! | `limits` | which parameters are allowed |
//! | `session` | [`Session`]: samples in chunks |
//! | `simulated` | [`Simulated`]: all at once, with the truth |
//! | `events` | trials and no-control periods in order, their events, the rule that finds them |
//! | `response` | what the visual system answers to a modulation |
//! | `strength` | [`Strength`]: how large the response is |
//! | `scalp` | how strongly a channel sees what |
//! | `background` | everything but the response, mixed to channels |
//! | `noise` | [`PinkNoise`], the alpha rhythm, drift |
//! | `no_control` | alpha while the user looks at no target |
//! | `artifacts` | [`Artifact`]: what disturbs for a while, and where |
//! | `blinks`, `bursts`, `pops` | eyes, muscles, electrodes |
//! | `mains` | hum |
//! | `losses` | samples that never arrive |
//! | `chance` | when things happen that happen at random |
//! | `random` | [`Random`]: a seeded generator whose stream never changes |
//! | `math` | sine, exponential, logarithm with the same bits everywhere |
//!
//! **The response.** Three sources in the visual cortex, each with gains to the channels drawn from
//! the seed and scaled by how occipital the channel is. To a sinusoid or square wave of frequency f
//! and phase φ each source answers with harmonics h = 1 … 5 (below half of the rate) of amplitude
//! 1, 0.55, 0.35, 0.2, 0.1, as `sin(h·(2πf·(t − latency) + φ) + offset)`, the offset drawn for each
//! source and harmonic; the duty cycle is not looked at. To a code it answers at each change from
//! dark to bright with one wave, negative–positive–negative with the peak at the latency, up to
//! 0.16 s longer than the latency; the light before the onset counts as dark. A rise of half the
//! luminance has half the answer. Several sinusoids in one target are answered as each of them alone,
//! in their shares or one after the other.
//!
//! **The same everywhere.** No sample depends on the processor's features or the platform's
//! mathematical library: only on operations IEEE 754 rounds exactly, in a fixed order. Targets
//! that compute `f64` with excess bits (32-bit x86 without SSE2) are the exception.
//!
//! What it is not: a model of attention, of how people move or tire, or of anything that would let a
//! figure measured on it stand for people. It tells whether code is right, not how good a method is.

mod artifacts;
mod background;
mod blinks;
mod bursts;
mod chance;
mod error;
mod events;
mod limits;
mod losses;
mod mains;
mod math;
mod no_control;
mod noise;
mod params;
mod pops;
mod random;
mod response;
mod scalp;
mod session;
mod simulated;
mod strength;

pub use artifacts::{Artifact, ArtifactKind};
pub use error::SimulateError;
pub use events::{REST, TRIAL_END, TRIAL_START};
pub use noise::PinkNoise;
pub use params::{GRID_16_BIT, GRID_24_BIT, SessionParams};
pub use random::Random;
pub use session::Session;
pub use simulated::Simulated;
pub use strength::Strength;
