//! What holds for any input, a file each. Fuzz targets and tests run the same.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "all of it is test code")]

pub(crate) mod datagrams;
pub(crate) mod file;
pub(crate) mod memory;
pub(crate) mod model;
pub(crate) mod round_trip;
pub(crate) mod session;
pub(crate) mod stream;
pub(crate) mod xdf;
