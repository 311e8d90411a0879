//! Inputs that once broke something, and some that try hard: each is held against the property of
//! its folder in `crashes/`, as the fuzz targets do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(feature = "formats")]

#[path = "common/properties/mod.rs"]
mod properties;

use std::path::Path;

/// Runs a property on every file of a folder, and says which file it was that failed.
fn replay(folder: &str, property: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crashes").join(folder);
    let mut files = 0;
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        println!("{}", path.display());
        property(&bytes);
        files += 1;
    }
    assert!(files > 0, "nothing in {}", folder.display());
}

#[test]
fn streams() {
    replay("stream", properties::stream::check);
    replay("stream", properties::datagrams::check);
}

#[test]
fn sessions() {
    replay("session", properties::session::check);
}

#[test]
fn files() {
    replay("file", properties::file::check);
}

#[test]
fn files_of_a_format() {
    replay("edf", properties::edf::check);
    replay("brainvision", properties::brainvision::check);
    replay("text", properties::text::check);
}

#[test]
fn round_trips() {
    replay("round_trip", properties::round_trip::check);
}

#[test]
fn recordings_in_chunks() {
    replay("xdf", properties::xdf::check);
}
