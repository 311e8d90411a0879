//! Methods for targets that flicker at a frequency.
//!
//! | file | method |
//! |---|---|
//! | `cca` | [`Cca`]: canonical correlation with sinusoids |
//! | `msi` | [`Msi`]: all canonical correlations with sinusoids |
//! | `mec` | [`Mec`]: sinusoids after the combinations of channels with the least noise |
//! | `whitened` | [`Whitened`]: whitened spectrum against neighbouring bins |
//! | `power_ratio` | [`PowerRatio`]: the plain baseline |
//! | `it_cca` | [`ItCca`]: canonical correlation with a user's mean trials |
//! | `e_cca` | [`ECca`]: sinusoids and mean trials in five correlations |
//! | `ms_cca` | [`MsCca`]: one filter for neighbouring targets, with or without mean trials |
//! | `mset_cca` | [`MsetCca`]: references from what a user's trials share |
//! | `oa_cca` | [`OaCca`]: CCA that learns from its own decisions |
//! | `trca` | [`Trca`]: what repeats from trial to trial; its ensemble, with neighbours or without |
//! | `sscor` | [`Sscor`]: sum of squared correlations, alone and as an ensemble |
//! | `tdca` | [`Tdca`]: filters of delayed channels that tell targets apart |
//! | `folded` | sinusoids of all targets, folded about the middle of the window |
//! | `harmonics` | which harmonics of a target can be used |
//! | `references`, `stack` | sinusoids as rows; rows of all targets one below the other |
//! | `folded` | sinusoids of all targets, folded about the middle of the window |
//! | `interleaved` | rows of several targets beside each other, a target in each lane |
//! | `canonical` | canonical correlation of whitened rows |
//! | `neighbours` | targets next to each other in frequency |
//! | `calibrated` | calibration trials in the space that they span |
//! | `leading` | filters with the largest ratio of two powers |
//! | `by_template` | correlations with templates behind filters |
//! | `mirrored` | sinusoids about the middle of a window, even and odd |

mod by_template;
mod calibrated;
mod canonical;
mod cca;
mod e_cca;
mod folded;
mod harmonics;
mod interleaved;
mod it_cca;
mod leading;
mod mec;
mod mirrored;
mod ms_cca;
mod mset_cca;
mod msi;
mod neighbours;
mod oa_cca;
mod power_ratio;
mod references;
mod sscor;
mod stack;
mod tdca;
mod trca;
mod whitened;

pub(crate) use harmonics::usable as usable_harmonics;

pub use cca::{Cca, CcaParams};
pub use e_cca::{ECca, ECcaParams};
pub use it_cca::{ItCca, ItCcaParams};
pub use mec::{Mec, MecParams};
pub use ms_cca::{MsCca, MsCcaParams};
pub use mset_cca::{MsetCca, MsetCcaParams};
pub use msi::{Msi, MsiParams};
pub use oa_cca::{OaCca, OaCcaParams};
pub use power_ratio::{PowerRatio, PowerRatioParams};
pub use sscor::{Sscor, SscorParams};
pub use tdca::{Tdca, TdcaParams};
pub use trca::{Trca, TrcaParams};
pub use whitened::{Whitened, WhitenedParams};
