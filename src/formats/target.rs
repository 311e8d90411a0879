//! Files that appear under their names only when all of them are whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::FormatError;

/// Bytes that are written at once.
const BUFFER_BYTES: usize = 1 << 20;

/// What a writer writes to: the file that was asked for, and others beside it where a format has
/// several.
#[derive(Debug)]
pub(super) struct Target {
    path: PathBuf,
    /// Names while being written, and names to keep.
    parts: Vec<(PathBuf, PathBuf)>,
}

/// A file that is being written.
#[derive(Debug)]
pub(super) struct Part {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Target {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), parts: Vec::new() }
    }

    /// The file that was asked for.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Starts the file that will be called `path`. Files get their names in the order in which
    /// they are started: one that refers to others comes last.
    pub(super) fn create(&mut self, path: &Path) -> Result<Part, FormatError> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err(refused(path, "it is no name of a file"));
        }
        if path.is_dir() {
            return Err(refused(path, "it is a directory"));
        }
        name.push(".part");
        let partial = path.with_file_name(name);
        let file = File::create(&partial).map_err(|error| refused(path, &error))?;
        self.parts.push((partial, path.to_owned()));
        let file = BufWriter::with_capacity(BUFFER_BYTES, file);
        Ok(Part { path: path.to_owned(), file })
    }

    /// Gives all files their names.
    pub(super) fn keep(mut self) -> Result<(), FormatError> {
        for (partial, path) in std::mem::take(&mut self.parts) {
            fs::rename(&partial, &path).map_err(|error| {
                let _ = fs::remove_file(&partial);
                refused(&path, &error)
            })?;
        }
        Ok(())
    }
}

impl Drop for Target {
    /// What was not kept leaves nothing behind.
    fn drop(&mut self) {
        for (partial, _) in &self.parts {
            let _ = fs::remove_file(partial);
        }
    }
}

impl Part {
    /// Ends the file: its bytes are on the device afterwards.
    pub(super) fn close(mut self) -> Result<(), FormatError> {
        let done = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        done.map_err(|error| refused(&self.path, &error))
    }
}

impl Write for Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The file cannot be written.
pub(super) fn refused(path: &Path, reason: impl ToString) -> FormatError {
    FormatError::Write { path: path.to_owned(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of this test's own.
    fn folder(name: &str) -> PathBuf {
        let name = format!("evoked-target-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn files_appear_only_when_they_are_kept() {
        let folder = folder("kept");
        fs::write(folder.join("a.x"), b"before").unwrap();
        let mut target = Target::new(&folder.join("a.x"));
        let path = target.path().to_owned();
        let mut second = target.create(&path.with_extension("y")).unwrap();
        second.write_all(b"beside").unwrap();
        second.close().unwrap();
        let mut first = target.create(&path).unwrap();
        first.write_all(b"after").unwrap();
        first.close().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"before");
        assert_eq!(names(&folder), ["a.x", "a.x.part", "a.y.part"]);
        target.keep().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"after");
        assert_eq!(names(&folder), ["a.x", "a.y"]);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_is_not_kept_leaves_nothing() {
        let folder = folder("dropped");
        let mut target = Target::new(&folder.join("a.x"));
        let path = target.path().to_owned();
        let part = target.create(&path).unwrap();
        drop((part, target));
        assert_eq!(names(&folder), Vec::<String>::new());
        let mut target = Target::new(&folder);
        let error = target.create(&folder).unwrap_err().to_string();
        assert!(error.ends_with("it is a directory"), "{error}");
        let missing = folder.join("no/a.x");
        assert!(matches!(target.create(&missing), Err(FormatError::Write { .. })));
        fs::remove_dir_all(&folder).unwrap();
    }
}
