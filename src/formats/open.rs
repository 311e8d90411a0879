use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use super::reader::{Input, Reader, Source};
use super::{
    FormatError, Opened, Options, brainvision, csv, edf, gdf, gzip, matlab, numpy, openbci, sniff,
    vep, xdf,
};

/// Every format that can be read. The first that recognises a file reads it.
const READERS: &[Reader] = &[
    edf::READER,
    gdf::READER,
    vep::READER,
    xdf::READER,
    matlab::READER,
    numpy::READER,
    brainvision::READER,
    openbci::READER,
    csv::READER,
];

/// Bytes at the start of a file that recognisers look at.
const HEAD_BYTES: u64 = 1 << 14;

/// Opens a recording, whatever its format and name, packed with gzip or not.
///
/// ```no_run
/// let opened = evoked::formats::open("session.gdf")?;
/// for warning in &opened.warnings {
///     eprintln!("{warning}");
/// }
/// let eeg = &opened.recording.streams()[0];
/// println!("{}: {} channels at {} Hz", opened.format, eeg.channels().len(), eeg.rate_hz());
/// # Ok::<(), evoked::formats::FormatError>(())
/// ```
///
/// # Errors
/// The file cannot be opened or read, belongs to no known format, or contradicts its format so far
/// that nothing can be said about its samples. What is merely odd becomes a warning.
pub fn open(path: impl AsRef<Path>) -> Result<Opened, FormatError> {
    open_with(path, Options::default())
}

/// As [`open`], with a choice of channels and a report of progress.
///
/// # Errors
/// As [`open`], and [`SignalError::UnknownChannel`](crate::signal::SignalError::UnknownChannel)
/// where a channel that was asked for is not there.
pub fn open_with(path: impl AsRef<Path>, options: Options<'_>) -> Result<Opened, FormatError> {
    let path = path.as_ref();
    let refused = |reason: String| FormatError::Open { path: path.to_owned(), reason };
    let file = File::open(path).map_err(|error| refused(reason(&error)))?;
    let kind = file.metadata().map_err(|error| refused(reason(&error)))?;
    if kind.is_dir() {
        return Err(refused("it is a directory, not a file".to_owned()));
    }
    if !kind.is_file() {
        return Err(refused("it is not a regular file".to_owned()));
    }
    read_source(&mut BufReader::new(file), Some(path), options)
}

/// As [`open_with`], from bytes that are already at hand or come from elsewhere.
///
/// ```
/// use evoked::formats::{FormatError, Options, read};
/// let error = read(std::io::Cursor::new(b"hello"), Options::default()).unwrap_err();
/// assert!(matches!(error, FormatError::Unrecognised { .. }));
/// ```
///
/// # Errors
/// As [`open_with`].
pub fn read<R: Read + Seek>(mut input: R, options: Options<'_>) -> Result<Opened, FormatError> {
    read_source(&mut input, None, options)
}

fn read_source(
    input: &mut dyn Input,
    path: Option<&Path>,
    options: Options<'_>,
) -> Result<Opened, FormatError> {
    let len = input.seek(SeekFrom::End(0))?;
    let mut source = Source { input, len, path };
    let head = source.bytes(0, HEAD_BYTES)?;
    if !gzip::is_packed(&head) {
        return read_recognised(&mut source, &head, options);
    }
    let (bytes, damage) = gzip::unpack(&mut source)?;
    let head = bytes.get(..HEAD_BYTES as usize).unwrap_or(&bytes);
    let len = bytes.len() as u64;
    let mut source = Source { input: &mut Cursor::new(&bytes), len, path };
    let mut opened = read_recognised(&mut source, head, options)?;
    opened.warnings.splice(..0, damage);
    Ok(opened)
}

fn read_recognised(
    source: &mut Source<'_>,
    head: &[u8],
    options: Options<'_>,
) -> Result<Opened, FormatError> {
    match READERS.iter().find(|reader| (reader.recognises)(head)) {
        Some(reader) => {
            let window = options.window();
            let opened = (reader.read)(source, options)?;
            match window {
                Some(window) => window.cut(opened),
                None => Ok(opened),
            }
        }
        None => Err(FormatError::Unrecognised {
            found: brainvision::header_of(source.path).unwrap_or_else(|| sniff::describe(head)),
            readable: READERS.iter().map(|reader| reader.name).collect(),
        }),
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory, not a file".to_owned(),
        _ => error.to_string(),
    }
}
