//! When to decide: rules that look at the scores of a growing window and stop, or wait.
//!
//! | file | idea |
//! |---|---|
//! | `rule` | [`StoppingRule`]: a criterion between an earliest and a latest time |
//! | `growth` | [`Growth`]: how the scores of a calibration trial grew, to learn from |
//! | `margin` | [`Margin`]: the lead of the best score over the second |
//! | `beta` | [`Beta`]: a best score that does not fit the others; no labels |
//! | `outlier` | [`Outlier`]: a best score that is an outlier, whatever the number of targets; no labels |
//! | `distribution` | distributions that scores are compared with |
//! | `bayes` | [`Bayes`]: how likely the best target is, by learned scores |

mod bayes;
mod beta;
mod distribution;
mod growth;
mod margin;
mod outlier;
mod rule;

pub use bayes::{Bayes, Learned};
pub use beta::Beta;
pub use growth::Growth;
pub use margin::Margin;
pub use outlier::Outlier;
pub use rule::{Criterion, Stop, StoppingRule};
