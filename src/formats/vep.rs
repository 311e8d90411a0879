//! Our own frames, as a file.

use std::hash::{BuildHasher, RandomState};
use std::io::SeekFrom;

use super::reader::{Reader, Source};
use super::save::Writer;
use super::target::{Target, refused};
use super::{Format, FormatError, Opened, Options, Warning, WriteFormat};
use crate::frame::{Assembler, Decoder, FileError, Limits, VERSION, is_vep, write_recording};
use crate::signal::{Recording, Samples, Stream};
use crate::stimulus::Codebook;

/// Name in messages.
const NAME: &str = "VEP";
/// Bytes that are read at once.
const PIECE_BYTES: u64 = 1 << 20;

pub(super) const READER: Reader = Reader { name: NAME, recognises: is_vep, read };

pub(super) const WRITER: Writer =
    Writer { format: WriteFormat::Vep, name: "VEP frames", extensions: &["vep"], write };

fn read(source: &mut Source<'_>, mut options: Options<'_>) -> Result<Opened, FormatError> {
    let mut decoder = Decoder::from_start(Limits::default());
    let mut assembler = Assembler::new();
    let mut piece = vec![0; source.len.clamp(1, PIECE_BYTES) as usize];
    source.input.seek(SeekFrom::Start(0))?;
    let mut done = 0;
    loop {
        let read = source.input.read(&mut piece)?;
        decoder.push(&piece[..read]);
        if read == 0 {
            decoder.finish();
        }
        while let Some(item) = decoder.next() {
            assembler.take(item);
        }
        if read == 0 {
            break;
        }
        done += read as u64;
        options.report(done, source.len);
    }
    let assembled = assembler.finish().map_err(|error| FormatError::Malformed {
        format: NAME,
        offset: 0,
        found: error.to_string(),
        expected: "a session frame".to_owned(),
    })?;
    let mut warnings: Vec<_> =
        assembled.notices.into_iter().map(|notice| Warning::new("frames", notice)).collect();
    if !assembled.complete {
        let message = "the file has no end frame: what followed its last whole frame is lost";
        warnings.push(Warning::new(format!("byte {}", source.len), message));
    }
    let recording = match options.channels {
        Some(_) => picked(&assembled.recording, &options)?,
        None => assembled.recording,
    };
    let format = Format::Vep { version: VERSION };
    Ok(Opened { recording, codebook: assembled.codebook, format, warnings })
}

/// The recording with the wanted channels of its first stream, in the order of the file.
fn picked(recording: &Recording, options: &Options<'_>) -> Result<Recording, FormatError> {
    let Some(stream) = recording.streams().first() else { return Ok(recording.clone()) };
    let wanted = options.wanted(stream.channels())?;
    let rows: Vec<usize> = (0..wanted.len()).filter(|&row| wanted[row]).collect();
    let mut samples = Samples::new(rows.len());
    samples.reserve(stream.samples().len());
    for (place, segment) in stream.samples().segments().iter().enumerate() {
        let Some(epoch) = stream.samples().segment_epoch(place) else { continue };
        samples.append_rows(segment.first, segment.len, |row, out| {
            out.copy_from_slice(epoch.channel(rows[row]));
        })?;
    }
    let channels = rows.iter().map(|&row| stream.channels()[row].clone()).collect();
    let picked = Stream::new(stream.name(), stream.rate_hz(), channels, samples)?
        .with_origin(stream.origin_s());
    let events = recording.events().iter().filter(|event| event.stream == 0).cloned().collect();
    Ok(Recording::new(vec![picked], events).with_metadata(recording.metadata().clone()))
}

/// Writes the recording as frames, which hold all of it.
fn write(
    target: &mut Target,
    recording: &Recording,
    codebook: Option<&Codebook>,
    _: &mut Vec<Warning>,
) -> Result<(), FormatError> {
    let unwritable = |what: String| FormatError::Unwritable { format: WRITER.name, what };
    if recording.events().iter().any(|event| event.stream >= recording.streams().len()) {
        return Err(unwritable(
            "there are events without a stream on whose clock they stand".into(),
        ));
    }
    let path = target.path().to_owned();
    let output = target.create(&path)?;
    // The standard library draws its hash keys at random, which is all a tag needs.
    let tag = RandomState::new().hash_one(path.as_os_str()) as u16;
    match write_recording(recording, codebook.cloned(), tag, output) {
        Ok(output) => output.close(),
        Err(FileError::Io(error)) => Err(refused(&path, error)),
        Err(error) => Err(unwritable(error.to_string())),
    }
}
