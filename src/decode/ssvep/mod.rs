//! Methods for targets that flicker at a frequency.
//!
//! | file | method |
//! |---|---|
//! | `cca` | [`Cca`]: canonical correlation with sinusoids |
//! | `whitened` | [`Whitened`]: whitened spectrum against neighbouring bins |
//! | `power_ratio` | [`PowerRatio`]: the plain baseline |
//! | `trca` | [`Trca`]: what repeats from trial to trial; its ensemble, with neighbours or without |
//! | `sscor` | [`Sscor`]: sum of squared correlations, alone and as an ensemble |
//! | `tdca` | [`Tdca`]: filters of delayed channels that tell targets apart |
//! | `folded` | sinusoids of all targets, folded about the middle of the window |
//! | `harmonics` | which harmonics of a target can be used |
//! | `neighbours` | targets next to each other in frequency |
//! | `calibrated` | calibration trials in the space that they span |
//! | `leading` | filters with the largest ratio of two powers |
//! | `by_template` | correlations with templates behind filters |
//! | `mirrored` | sinusoids about the middle of a window, even and odd |

mod by_template;
mod calibrated;
mod cca;
mod folded;
mod harmonics;
mod leading;
mod mirrored;
mod neighbours;
mod power_ratio;
mod sscor;
mod tdca;
mod trca;
mod whitened;

pub use cca::{Cca, CcaParams};
pub use power_ratio::{PowerRatio, PowerRatioParams};
pub use sscor::{Sscor, SscorParams};
pub use tdca::{Tdca, TdcaParams};
pub use trca::{Trca, TrcaParams};
pub use whitened::{Whitened, WhitenedParams};
