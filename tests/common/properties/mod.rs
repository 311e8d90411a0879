//! What holds for any input, a file each. Fuzz targets and tests run the same.
#![allow(dead_code, reason = "each program runs some of them")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "all of it is test code")]

pub(crate) mod brainvision;
pub(crate) mod converted;
pub(crate) mod datagrams;
pub(crate) mod edf;
pub(crate) mod file;
pub(crate) mod gdf;
pub(crate) mod memory;
pub(crate) mod model;
pub(crate) mod packed;
pub(crate) mod round_trip;
pub(crate) mod saved_model;
pub(crate) mod session;
pub(crate) mod stream;
pub(crate) mod text;
pub(crate) mod xdf;
