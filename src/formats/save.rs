use std::fmt;
use std::path::Path;

use super::target::Target;
use super::{FormatError, Warning, brainvision, csv, edf, numpy, vep};
use crate::signal::Recording;
use crate::stimulus::Codebook;

/// Every format that can be written.
const WRITERS: &[Writer] = &[
    vep::WRITER,
    edf::EDF_WRITER,
    edf::BDF_WRITER,
    brainvision::WRITER,
    csv::WRITER,
    numpy::WRITER,
];

/// One format: its name, and how to write it.
pub(super) struct Writer {
    pub format: WriteFormat,
    /// Name for messages.
    pub name: &'static str,
    /// Endings of file names, without the dot and in small letters; the usual one first.
    pub extensions: &'static [&'static str],
    /// Writes the files and says what they could not hold.
    pub write: Write,
}

type Write =
    fn(&mut Target, &Recording, Option<&Codebook>, &mut Vec<Warning>) -> Result<(), FormatError>;

/// A format that [`save`] can write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WriteFormat {
    /// Our own frames: hold everything.
    Vep,
    /// EDF+: samples of 16 bits, events as annotations.
    Edf,
    /// BDF+: samples of 24 bits, events as annotations.
    Bdf,
    /// BrainVision: a header (.vhdr), and beside it markers (.vmrk) and samples (.eeg).
    BrainVision,
    /// CSV: a row a sample, with its time and its events.
    Csv,
    /// NPZ: trials around events, for NumPy.
    Npz,
}

impl WriteFormat {
    /// The format that a file's name asks for by its ending.
    ///
    /// ```
    /// use evoked::formats::WriteFormat;
    /// assert_eq!(WriteFormat::from_path("out/session.EDF")?, WriteFormat::Edf);
    /// let error = WriteFormat::from_path("session.txt").unwrap_err().to_string();
    /// assert!(error.contains("EDF+ (.edf)"), "{error}");
    /// # Ok::<(), evoked::formats::FormatError>(())
    /// ```
    ///
    /// # Errors
    /// [`FormatError::UnknownOutput`] with all formats that can be written.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self, FormatError> {
        let path = path.as_ref();
        let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
        let named = |writer: &&Writer| {
            extension.as_ref().is_some_and(|found| writer.extensions.iter().any(|e| found == e))
        };
        match WRITERS.iter().find(named) {
            Some(writer) => Ok(writer.format),
            None => {
                let endings = |writer: &Writer| {
                    let endings: Vec<_> =
                        writer.extensions.iter().map(|e| format!(".{e}")).collect();
                    format!("{} ({})", writer.name, endings.join(", "))
                };
                let writable = WRITERS.iter().map(endings).collect();
                Err(FormatError::UnknownOutput { path: path.to_owned(), writable })
            }
        }
    }

    fn writer(self) -> Option<&'static Writer> {
        WRITERS.iter().find(|writer| writer.format == self)
    }
}

impl fmt::Display for WriteFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.writer().map_or("", |writer| writer.name))
    }
}

/// Writes a recording, and its codebook where the format has a place for it; replaces a file of
/// that name.
///
/// Gives back what the format could not hold, one warning each: nothing is lost without a word but
/// the last binary digit of a rate, where a format has the interval between samples instead.
/// Files are written under another name and get theirs when they are whole, so that a write that
/// fails leaves what was there.
///
/// ```
/// use evoked::formats::{WriteFormat, open, save};
/// use evoked::signal::{Channel, Event, Recording, Samples, Stream};
///
/// let samples = Samples::from_planar(1, vec![0.5; 500])?;
/// let eeg = Stream::new("EEG", 250.0, vec![Channel::microvolts("Oz")], samples)?;
/// let recording = Recording::new(vec![eeg], vec![Event::at(250, 1, "left")]);
///
/// let path = std::env::temp_dir().join(format!("evoked-save-{}.edf", std::process::id()));
/// for lost in save(&path, &recording, None, WriteFormat::from_path(&path)?)? {
///     eprintln!("not carried over: {lost}");
/// }
/// assert_eq!(open(&path)?.recording.events(), recording.events());
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`FormatError::Write`] where the files cannot be written, [`FormatError::Unwritable`] where the
/// format cannot hold the recording at all.
pub fn save(
    path: impl AsRef<Path>,
    recording: &Recording,
    codebook: Option<&Codebook>,
    format: WriteFormat,
) -> Result<Vec<Warning>, FormatError> {
    let path = path.as_ref();
    let Some(writer) = format.writer() else { return Ok(Vec::new()) };
    let mut target = Target::new(path);
    let mut warnings = Vec::new();
    tell_times(recording, &mut warnings);
    (writer.write)(&mut target, recording, codebook, &mut warnings)?;
    target.keep()?;
    Ok(warnings)
}

/// Says what no format here has a place for: samples at times of their own, and clocks that drift.
fn tell_times(recording: &Recording, warnings: &mut Vec<Warning>) {
    for series in recording.series() {
        let message = "its samples have times of their own, which there is no place for; left out";
        warnings.push(Warning::new(format!("series {}", series.name()), message));
    }
    for stream in recording.streams().iter().filter(|stream| stream.timeline().is_some()) {
        let message = "the times of its samples are on no single line; a straight one is written";
        warnings.push(Warning::new(format!("stream {}", stream.name()), message));
    }
}

/// Says which metadata have no place in the file.
pub(super) fn tell_metadata<'a>(
    names: impl IntoIterator<Item = &'a String>,
    warnings: &mut Vec<Warning>,
) {
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    if !names.is_empty() {
        let message = format!("there is no place for {}", names.join(", "));
        warnings.push(Warning::new("metadata", message));
    }
}

/// Says that the codebook has no place in the file.
pub(super) fn tell_codebook(codebook: Option<&Codebook>, warnings: &mut Vec<Warning>) {
    if let Some(codebook) = codebook {
        let count = codebook.targets().len();
        let message = format!("there is no place for its {count} targets");
        warnings.push(Warning::new("codebook", message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_in_the_table_once_and_found_by_its_name() {
        for writer in WRITERS {
            for extension in writer.extensions {
                let found = WriteFormat::from_path(format!("a.b/c.{extension}")).unwrap();
                assert_eq!((found, found.to_string().as_str()), (writer.format, writer.name));
            }
        }
        for name in ["", "edf", "a.edf/b", "a.gdf", "a.edf.gz", "a."] {
            assert!(WriteFormat::from_path(name).is_err(), "{name}");
        }
    }
}
