//! The files that belong together. A header names the others, but files are renamed and copied,
//! and names hold the folders of another machine: only the last part of a name counts, and only
//! files beside the header are looked at.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::warn;
use crate::formats::{FormatError, Warning};

/// Endings of files with samples.
const DATA_ENDINGS: &[&str] = &["eeg", "dat", "seg", "avg"];
/// Endings of headers.
const HEADER_ENDINGS: &[&str] = &["vhdr", "ahdr"];
/// The most files of a folder that are looked at for a name in another case.
const MOST_FILES: usize = 100_000;

/// The file with the samples.
pub(super) fn data(
    header: &Path,
    named: Option<&str>,
    warnings: &mut Vec<Warning>,
) -> Result<PathBuf, FormatError> {
    let wanted = named.and_then(|name| last_part(name, header));
    if let Some(path) = wanted.as_ref().and_then(|name| beside(header, name)) {
        return Ok(path);
    }
    if let Some(path) = own_stem(header, DATA_ENDINGS) {
        let message = match &wanted {
            Some(name) => format!("there is no {name:?}; {} is read", file_name(&path)),
            None => format!("no file is named; {} is read", file_name(&path)),
        };
        warn(warnings, "DataFile", message);
        return Ok(path);
    }
    let (path, reason) = match wanted {
        Some(name) => (
            header.with_file_name(name),
            "the header names it for the samples, but there is no such file beside the header",
        ),
        None => (
            header.with_extension("eeg"),
            "the header names no file for the samples, and there is none of this name",
        ),
    };
    Err(FormatError::Open { path, reason: reason.to_owned() })
}

/// The file with the markers, if there is one.
pub(super) fn markers(
    header: &Path,
    named: Option<&str>,
    warnings: &mut Vec<Warning>,
) -> Option<PathBuf> {
    let wanted = named.and_then(|name| last_part(name, header));
    let found = wanted.as_ref().and_then(|name| beside(header, name));
    let stand_in = || own_stem(header, &["vmrk", "amrk"]);
    match (found, wanted) {
        (Some(path), _) => Some(path),
        (None, Some(name)) => {
            let stand_in = stand_in();
            let tail = match &stand_in {
                Some(path) => format!("{} is read", file_name(path)),
                None => "there are no events".to_owned(),
            };
            warn(warnings, "MarkerFile", format!("there is no {name:?}; {tail}"));
            stand_in
        }
        (None, None) => {
            let path = stand_in()?;
            let message = format!("no file is named; {} is read", file_name(&path));
            warn(warnings, "MarkerFile", message);
            Some(path)
        }
    }
}

/// The header of a marker or data file: that of the same name, or else of the name of its data
/// file.
pub(super) fn header(path: &Path, data_file: Option<&str>) -> Option<PathBuf> {
    own_stem(path, HEADER_ENDINGS).or_else(|| {
        let named = path.with_file_name(last_part(data_file?, path)?);
        own_stem(&named, HEADER_ENDINGS)
    })
}

/// The last part of a name with folders in it, of whichever system. `$b` stands for the header's
/// name without its ending.
fn last_part(name: &str, header: &Path) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next()?.trim();
    let stem = header.file_stem()?.to_string_lossy();
    let last = last.replace("$b", &stem);
    // Not empty, not a way up, and no drive either.
    (Path::new(&last).file_name() == Some(OsStr::new(&last))).then_some(last)
}

/// A file of this name in the folder of `path`; in another case where there is no exact one.
fn beside(path: &Path, name: &str) -> Option<PathBuf> {
    let exact = path.with_file_name(name);
    if is_file(&exact) {
        return Some(exact);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let entries = fs::read_dir(folder.unwrap_or(Path::new("."))).ok()?;
    let name = name.to_lowercase();
    entries
        .take(MOST_FILES)
        .filter_map(Result::ok)
        .find(|entry| entry.file_name().to_string_lossy().to_lowercase() == name)
        .map(|entry| path.with_file_name(entry.file_name()))
        .filter(|path| is_file(path))
}

fn own_stem(path: &Path, endings: &[&str]) -> Option<PathBuf> {
    let stem = path.file_stem()?.to_string_lossy();
    endings.iter().find_map(|ending| beside(path, &format!("{stem}.{ending}")))
}

/// Whether it can be read as a file; a pipe would wait for ever.
fn is_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|about| about.is_file())
}

pub(super) fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_part_of_a_name_counts() {
        let part = |name| last_part(name, Path::new("/data/sub 1.vhdr"));
        assert_eq!(part(r"C:\old\a.eeg").as_deref(), Some("a.eeg"));
        assert_eq!(part("/etc/passwd").as_deref(), Some("passwd"));
        assert_eq!(part("../../b.eeg").as_deref(), Some("b.eeg"));
        assert_eq!(part("$b.eeg").as_deref(), Some("sub 1.eeg"));
        for nothing in ["", "..", "a/..", "a/", "."] {
            assert_eq!(part(nothing), None, "{nothing}");
        }
    }
}
