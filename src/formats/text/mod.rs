//! What tables in text files share: lines, cells, times.
//!
//! | file | idea |
//! |---|---|
//! | `lines` | a file line by line |
//! | `cells` | a line cell by cell |
//! | `note` | sampling rates in lines of prose |
//! | `time` | dates and times of day in cells |
//! | `clock` | a column of times → the sampling rate, and what is lost |

pub(super) mod cells;
pub(super) mod clock;
pub(super) mod lines;
pub(super) mod note;
pub(super) mod time;
