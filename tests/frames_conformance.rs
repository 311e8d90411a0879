//! The conformance files, half of them made by another implementation: what is reported of each,
//! line by line.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/canonical.rs"]
mod canonical;
#[path = "common/frames.rs"]
mod frames;
#[path = "common/rust_files.rs"]
mod rust_files;

use std::path::{Path, PathBuf};

use canonical::canonical;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/frames")
}

/// With `EVOKED_WRITE_FIXTURES` set, the files of this side are written anew.
fn is_writing() -> bool {
    std::env::var_os("EVOKED_WRITE_FIXTURES").is_some()
}

#[test]
fn what_the_library_writes_is_what_it_wrote() {
    for (name, make) in rust_files::FILES {
        let (bytes, path) = (make(), folder().join(name).with_extension("vep"));
        if is_writing() {
            std::fs::write(path.with_extension("jsonl"), canonical(&bytes)).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        assert!(std::fs::read(&path).unwrap() == bytes, "{name} comes out differently");
    }
}

/// The streams of the folder, in the order of their names.
fn streams() -> Vec<PathBuf> {
    let paths = folder().read_dir().unwrap().map(|entry| entry.unwrap().path());
    let mut streams: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|ext| ext == "vep")).collect();
    streams.sort();
    streams
}

#[test]
fn every_file_is_reported_as_its_lines_say() {
    let (paths, mut wrong) = (streams(), Vec::new());
    assert!(is_writing() || paths.len() == 2 * rust_files::FILES.len(), "{} files", paths.len());
    for path in paths {
        let expected = std::fs::read_to_string(path.with_extension("jsonl")).unwrap();
        let got = canonical(&std::fs::read(&path).unwrap());
        let mut lines = expected.lines().zip(got.lines()).enumerate();
        let name = path.file_stem().unwrap().display().to_string();
        if let Some((number, (expected, got))) = lines.find(|(_, (a, b))| a != b) {
            wrong.push(format!("{name}, line {}:\n  {expected}\n  {got}", number + 1));
        } else if expected.len() != got.len() {
            wrong.push(format!("{name}: {} bytes against {}", got.len(), expected.len()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
