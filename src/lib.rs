//! Visual evoked potentials for brain-computer interfaces: code the stimulus, record it, decode
//! the target that the user looks at.
//!
//! Bytes or files become a [`Recording`](signal::Recording); its trials become epochs; a decoder
//! turns an epoch into one score a target:
//!
//! ```
//! use evoked::decode::{Decoder, Shape, ssvep::WhitenedParams};
//! use evoked::signal::Epoch;
//! use evoked::stimulus::Codebook;
//!
//! let codebook = Codebook::sinusoids(&[10.0, 12.0, 15.0])?;
//! let decoder = WhitenedParams::default().build(&codebook, Shape::of_window(2, 2.0, 250.0))?;
//!
//! // Two channels of two seconds: a 12 Hz response in noise.
//! let wave = |n: usize| (std::f64::consts::TAU * 12.0 * n as f64 / 250.0).sin();
//! let noise = |n: usize, seed: usize| ((n * seed % 1009) as f64 / 504.0 - 1.0) * 2.0;
//! let planar: Vec<f64> = (0..500)
//!     .map(|n| wave(n) + noise(n, 7919))
//!     .chain((0..500).map(|n| wave(n) - noise(n, 104_729)))
//!     .collect();
//! let scores = decoder.score(Epoch::from_planar(&planar, 2)?)?;
//! assert!(scores[1] > scores[0] && scores[1] > scores[2]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A device sends frames; whatever the pieces they arrive in, the same frames come out:
//!
//! ```
//! use evoked::frame::{Content, Decoder, Encoder, Encoding, Item, Limits, Session, StreamInfo};
//! use evoked::signal::{Channel, Epoch};
//!
//! let channels = vec![Channel::microvolts("O1"), Channel::microvolts("O2")];
//! let eeg = StreamInfo::new(1, "EEG", 250.0, channels);
//! let session = Session { streams: vec![eeg], ..Session::default() };
//! let mut encoder = Encoder::new(session, Limits::default())?;
//! let mut wire = Vec::new();
//! encoder.session(&mut wire)?;
//! encoder.samples(1, 0, Epoch::from_planar(&[1.5, 2.5, -1.5, -2.5], 2)?, Encoding::F32, &mut wire)?;
//!
//! let mut decoder = Decoder::new(Limits::default());
//! let mut samples = [0.0; 4];
//! for piece in wire.chunks(10) {
//!     decoder.push(piece);
//!     while let Some(item) = decoder.next() {
//!         let Item::Frame(frame) = item else { continue };
//!         if let Content::Samples(view) = frame.content()? {
//!             view.decode_into(encoder.info().stream(1)?, &mut samples)?;
//!         }
//!     }
//! }
//! assert_eq!(samples, [1.5, 2.5, -1.5, -2.5]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Where to go on:
//!
//! | room | what is in it |
//! |---|---|
//! | [`signal`] | recordings, streams, events, trials, epochs: read this first |
//! | [`stimulus`] | targets, their modulation, the codebook |
//! | [`frame`] | the VEP frame: encoder, decoder, what was lost |
//! | [`formats`] | other people's files (feature `formats`, on by default) |
//! | [`dsp`] | filters, spectra, signal-to-noise ratios, small linear algebra |
//! | [`decode`] | the decoder contract and the methods behind it |
//! | [`online`] | a live session: samples and cues in, decisions out |
//! | [`evaluate`] | how good it was: splits, accuracy, information transfer rate, signal-to-noise ratios |
//! | [`doctor`] | what is wrong with a recording, before a study is built on it |
//! | [`simulate`] | sessions with known truth |

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod decode;
pub mod doctor;
pub mod dsp;
pub mod evaluate;
#[cfg(feature = "formats")]
pub mod formats;
pub mod frame;
pub mod online;
pub mod signal;
pub mod simulate;
pub mod stimulus;
