//! Arrays of NumPy: one alone (.npy), and several in an archive (.npz).
//!
//! What the arrays are is told by their names; see `trial_set::named`. An array alone holds channels
//! × samples or trials × channels × samples, and needs a rate. Numbers of 1 to 8 bytes are read, in
//! both orders of bytes and of dimensions; Python objects, records, half-precision and complex
//! numbers are not.

mod npy;
mod write;
mod zip;

use super::reader::{Reader, Source};
use super::trial_set::named::{self, Content, Named};
use super::{Format, FormatError, Opened, Options, Warning};

pub(super) use write::WRITER;

/// Name in messages.
const NAME: &str = "NumPy";

pub(super) const READER: Reader = Reader { name: "NPY and NPZ", recognises, read };

fn recognises(head: &[u8]) -> bool {
    head.starts_with(npy::MAGIC) || is_archive(head)
}

/// An archive whose first file is an array.
fn is_archive(head: &[u8]) -> bool {
    let Some(header) = head.strip_prefix(b"PK\x03\x04") else { return false };
    let len = header.get(22..24).map_or(0, |len| usize::from(len[0]) | usize::from(len[1]) << 8);
    header.get(26..26 + len).is_some_and(|name| name.ends_with(b".npy"))
}

fn read(source: &mut Source<'_>, mut options: Options<'_>) -> Result<Opened, FormatError> {
    let mut warnings = Vec::new();
    let archive = is_archive(&source.bytes(0, 1 << 12)?);
    let named = match archive {
        true => arrays(source, &mut warnings)?,
        false => vec![alone(source)?],
    };
    let (recording, codebook) = named::read(NAME, &named, &mut options, &mut warnings)?;
    Ok(Opened { recording, codebook, format: Format::Numpy { archive }, warnings })
}

fn alone(source: &mut Source<'_>) -> Result<Named, FormatError> {
    let malformed = |found| FormatError::Malformed {
        format: NAME,
        offset: 0,
        found,
        expected: "an array of numbers".to_owned(),
    };
    let head = source.bytes(0, npy::MOST_HEADER_BYTES)?;
    let len = npy::len(&head).map_err(malformed)?;
    if len > source.len {
        return Err(malformed(format!(
            "{} bytes, too few for an array that needs {len}",
            source.len
        )));
    }
    let content = npy::parse(source.bytes(0, len)?).map_err(malformed)?;
    Ok(Named { name: "data".to_owned(), content: content.into() })
}

fn arrays(source: &mut Source<'_>, warnings: &mut Vec<Warning>) -> Result<Vec<Named>, FormatError> {
    let mut named = Vec::new();
    for entry in zip::entries(source)? {
        let name = entry.name.trim_end_matches(".npy").to_owned();
        // An array that is not needed may well be one that can't be read.
        let bytes = zip::read(source, &entry);
        if bytes.as_ref().is_ok_and(|bytes| !entry.is_whole(bytes)) {
            let message =
                "its check sum is wrong, so some of its values are, too; it is read as it is";
            warnings.push(Warning::new(entry.name.as_str(), message));
        }
        match bytes.map(npy::parse) {
            Ok(Ok(content)) => named.push(Named { name, content: content.into() }),
            Ok(Err(problem)) => {
                warnings.push(Warning::new(entry.name, format!("{problem}; it is left out")));
            }
            Err(error @ FormatError::Io(_)) => return Err(error),
            Err(error) => {
                warnings.push(Warning::new(entry.name, format!("{error}; it is left out")))
            }
        }
    }
    Ok(named)
}

impl From<npy::Content> for Content {
    fn from(content: npy::Content) -> Self {
        match content {
            npy::Content::Numbers(array) => Content::Numbers(array),
            npy::Content::Texts(texts) => Content::Texts(texts),
        }
    }
}
