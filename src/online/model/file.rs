use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use super::bytes::{PRELUDE, Prelude};
use super::{Model, ModelError};

impl Model {
    /// Writes the model to a file, in place of one of that name. It gets its name when it is whole, so
    /// that a write that fails leaves what was there.
    ///
    /// # Errors
    /// [`ModelError::Write`]; as [`to_bytes`](Self::to_bytes).
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), ModelError> {
        let (path, bytes) = (path.as_ref(), self.to_bytes()?);
        let refused = |reason: &dyn ToString| ModelError::Write {
            path: path.to_owned(),
            reason: reason.to_string(),
        };
        let Some(name) = path.file_name() else { return Err(refused(&"it is no name of a file")) };
        let mut partial = name.to_owned();
        partial.push(".part");
        let partial = path.with_file_name(partial);
        let written = write_whole(&partial, &bytes).and_then(|()| fs::rename(&partial, path));
        written.map_err(|error| {
            let _ = fs::remove_file(&partial);
            refused(&error)
        })
    }

    /// Reads a model from a file. No more of it is read than its first bytes say that there is.
    ///
    /// # Errors
    /// [`ModelError::Read`]; as [`from_bytes`](Self::from_bytes).
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        let path = path.as_ref();
        let refused = |error: std::io::Error| ModelError::Read {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        let mut file = File::open(path).map_err(refused)?;
        let mut bytes = Vec::new();
        (&mut file).take(PRELUDE as u64).read_to_end(&mut bytes).map_err(refused)?;
        let Prelude { length, .. } = Prelude::parse(&bytes)?;
        // One more, to see whether something follows.
        let rest = length.saturating_sub(PRELUDE as u64).saturating_add(1);
        file.take(rest).read_to_end(&mut bytes).map_err(refused)?;
        Self::from_bytes(&bytes)
    }
}

fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
