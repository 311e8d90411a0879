//! How good it was: accuracy with its interval, information transfer rate, confusion.
//!
//! | file | idea |
//! |---|---|
//! | `accuracy` | [`Accuracy`] with Wilson's interval |
//! | `itr` | [`itr_bits_per_min`], with its time base |
//! | `confusion` | [`Confusion`]: true targets × decisions |

mod accuracy;
mod confusion;
mod itr;

pub use accuracy::Accuracy;
pub use confusion::Confusion;
pub use itr::itr_bits_per_min;
