//! Methods for targets that flicker at a frequency.
//!
//! | file | method |
//! |---|---|
//! | `cca` | [`Cca`]: canonical correlation with sinusoids |
//! | `whitened` | [`Whitened`]: whitened spectrum against neighbouring bins |
//! | `power_ratio` | [`PowerRatio`]: the plain baseline |
//! | `folded` | sinusoids of all targets, folded about the middle of the window |
//! | `harmonics` | which harmonics of a target can be used |

mod cca;
mod folded;
mod harmonics;
mod power_ratio;
mod whitened;

pub use cca::{Cca, CcaParams};
pub use power_ratio::{PowerRatio, PowerRatioParams};
pub use whitened::{Whitened, WhitenedParams};
