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
//! | `harmonics` | which harmonics of a target can be used |
//! | `references`, `stack` | sinusoids as rows; rows of all targets one below the other |
//! | `folded` | sinusoids of all targets, folded about the middle of the window |
//! | `interleaved` | rows of several targets beside each other, a target in each lane |
//! | `canonical` | canonical correlation of whitened rows |
//! | `neighbours` | targets next to each other in frequency |

mod canonical;
mod cca;
mod e_cca;
mod folded;
mod harmonics;
mod interleaved;
mod it_cca;
mod mec;
mod ms_cca;
mod mset_cca;
mod msi;
mod neighbours;
mod oa_cca;
mod power_ratio;
mod references;
mod stack;
mod whitened;

pub use cca::{Cca, CcaParams};
pub use e_cca::{ECca, ECcaParams};
pub use it_cca::{ItCca, ItCcaParams};
pub use mec::{Mec, MecParams};
pub use ms_cca::{MsCca, MsCcaParams};
pub use mset_cca::{MsetCca, MsetCcaParams};
pub use msi::{Msi, MsiParams};
pub use oa_cca::{OaCca, OaCcaParams};
pub use power_ratio::{PowerRatio, PowerRatioParams};
pub use whitened::{Whitened, WhitenedParams};
