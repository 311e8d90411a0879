//! Decoders of covariances, for stimuli whose phase is not locked to the trigger.
//!
//! An epoch's rows are those of all bands of a filter bank, one band around each target
//! ([`FilterBank::around_targets`](super::FilterBank::around_targets)): which band carries power,
//! and on which channels, tells the target. A target that shows nothing is a class like any other.
//! Every target needs calibration trials, about as many as give a stable mean.
//!
//! | file | idea |
//! |---|---|
//! | `covariance` | the covariance of an epoch, shrunk ([`Shrinkage`]) |
//! | `geometry` | functions, means and distances of positive definite matrices |
//! | `mdm` | [`Mdm`]: the nearest mean |
//! | `tangent` | [`TangentSpace`]: a linear discriminant of logarithms |

mod covariance;
mod geometry;
mod mdm;
mod tangent;

pub use covariance::Shrinkage;
pub use mdm::{Mdm, MdmParams};
pub use tangent::{TangentParams, TangentSpace};
