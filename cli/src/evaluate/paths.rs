//! Which files belong to which subject.

use std::path::{Path, PathBuf};

use super::args::SubjectsBy;
use crate::failure::Failure;

/// The files of one subject.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) files: Vec<PathBuf>,
    /// Whether the files were found in a folder, so that those which are no recordings may be left
    /// out.
    pub(crate) found: bool,
}

/// The subjects that these paths stand for, in the order given; files of a folder by name.
pub(crate) fn people(paths: &[PathBuf], by: SubjectsBy) -> Result<Vec<Person>, Failure> {
    let mut people = Vec::new();
    for path in paths {
        if !path.is_dir() {
            people.push(Person { name: name(path), files: vec![path.clone()], found: false });
            continue;
        }
        let files = files(path)?;
        match by {
            SubjectsBy::Path => people.push(Person { name: name(path), files, found: true }),
            SubjectsBy::File => people.extend(files.into_iter().map(|file| Person {
                name: name(&file),
                files: vec![file],
                found: true,
            })),
        }
    }
    tell_apart(&mut people);
    Ok(people)
}

/// The visible files of a folder by name.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let refused = |error: std::io::Error| Failure::new(format!("{}: {error}", folder.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(refused)? {
        let path = entry.map_err(refused)?.path();
        let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        if path.is_file() && !hidden {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        let message = "the folder holds no files; give recordings, or a folder of them";
        return Err(Failure::new(message).in_file(folder));
    }
    Ok(files)
}

/// The name without folders and endings.
fn name(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = whole.file_name().unwrap_or(whole.as_os_str()).to_string_lossy().into_owned();
    if path.is_dir() {
        return name;
    }
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}

/// Gives subjects of the same name the names of their paths.
fn tell_apart(people: &mut [Person]) {
    let names: Vec<String> = people.iter().map(|person| person.name.clone()).collect();
    for person in people.iter_mut() {
        if names.iter().filter(|name| **name == person.name).count() > 1 {
            let first = person.files.first();
            let path = if person.files.len() > 1 {
                first.and_then(|f| f.parent())
            } else {
                first.map(PathBuf::as_path)
            };
            person.name = path.map_or(String::new(), |path| path.display().to_string());
        }
    }
}
