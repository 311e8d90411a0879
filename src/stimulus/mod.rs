//! What each target shows: targets, their modulation, and the codebook that lists them.
//!
//! | file | idea |
//! |---|---|
//! | `target` | [`Target`] and its [`Modulation`] |
//! | `bits` | [`Bits`]: a code, shifted, repeated, modulated with the bit clock |
//! | `codebook` | [`Codebook`]: all targets; JSON a person can edit |
//! | `check` | what makes a target one that can be shown |
//! | `luminance` | what a target shows in each frame of a display |
//! | `screen` | [`Screen`]: luminances as values to drive a screen with |
//! | [`code`] | families of codes |
//! | `recipe` | [`Recipe`]: a codebook from a family and its options, to be made again |
//! | `similarity` | [`Similarity`]: how alike codes are |
//! | `layout` | [`lay_out`]: which code goes where |
//! | `timing` | [`Timing`]: what a refresh rate makes of a codebook |
//! | `light_spectrum` | [`LightSpectrum`]: the frequencies that are really shown |
//! | `presentation` | [`Presentation`]: which frames came when, and which were dropped |
//! | `safety` | [`safety_findings`]: what the rules on flashing images say |
//! | `flashes`, `ratio`, `random` | counting flashes, fractions, seeds |

pub mod code;

mod bits;
mod check;
mod codebook;
mod error;
mod flashes;
mod layout;
mod light_spectrum;
mod luminance;
mod presentation;
mod random;
mod ratio;
mod recipe;
mod safety;
mod screen;
mod similarity;
mod target;
mod timing;

pub use bits::Bits;
pub use codebook::Codebook;
pub use error::StimulusError;
pub use layout::{Grid, Layout, Objective, Search, lay_out};
pub use light_spectrum::{LightSpectrum, Line};
pub use luminance::Frames;
pub use presentation::{Drop, Presentation, Shown};
pub use recipe::{Family, Made, Recipe};
pub use safety::{NOTICE, Rule, SafetyFinding, Viewing, Weight, safety_findings};
pub use screen::Screen;
pub use similarity::Similarity;
pub use target::{Modulation, Step, Target, Tone};
pub use timing::{Fit, TargetTiming, Timing};
