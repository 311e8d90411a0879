use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// A `.vep` file that appears under its name only when it is whole.
pub(crate) struct Output {
    path: PathBuf,
    partial: PathBuf,
    file: BufWriter<File>,
    bytes: u64,
}

impl Output {
    pub(crate) fn create(path: &Path, force: bool) -> Result<Self, Failure> {
        if path.extension().is_none_or(|extension| !extension.eq_ignore_ascii_case("vep")) {
            let path = path.display();
            return Err(Failure::new(format!(
                "{path}: only VEP frames can be written here; name it .vep"
            )));
        }
        free(path, force)?;
        let partial = path.with_extension("vep.part");
        let file = File::create(&partial)
            .map_err(|error| Failure::new(format!("{}: {error}", partial.display())))?;
        let (path, file) = (path.to_owned(), BufWriter::new(file));
        Ok(Self { path, partial, file, bytes: 0 })
    }

    /// Puts the file in its place; gives its length in bytes.
    pub(crate) fn keep(mut self) -> Result<u64, Failure> {
        let named = |error: io::Error| Failure::new(format!("{}: {error}", self.path.display()));
        self.file.flush().map_err(named)?;
        std::fs::rename(&self.partial, &self.path).map_err(named)?;
        Ok(self.bytes)
    }
}

/// Refuses a name that is taken, unless it may be.
pub(crate) fn free(path: &Path, force: bool) -> Result<(), Failure> {
    if path.exists() && !force {
        let message = format!("{} exists; use --force to replace it", path.display());
        return Err(Failure::new(message));
    }
    Ok(())
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
