use std::io::Write;

use super::{
    ClockReading, Encoder, Encoding, FileError, Frame, Gap, IndexEntry, Kind, Limits, Session,
    index::IndexBuilder,
};
use crate::signal::{Decision, Epoch, Event};

/// Writes a file of frames. It only appends, and every call hands whole frames to the output, so
/// whatever the output has kept when the writer is killed can be read.
///
/// The output is written once a call: give it a `BufWriter` where calls are small, and flush it
/// with [`FileWriter::flush`] when frames must be safe. Methods are those of [`Encoder`].
///
/// ```
/// use evoked::frame::{Encoding, FileReader, FileWriter, Limits, Session, StreamInfo};
/// use evoked::signal::{Channel, Epoch};
///
/// let eeg = StreamInfo::new(1, "EEG", 250.0, vec![Channel::microvolts("Oz")]);
/// let session = Session { streams: vec![eeg], ..Session::default() };
/// let mut writer = FileWriter::new(Vec::new(), session)?;
/// for first in (0..1000).step_by(50) {
///     let samples = vec![first as f32; 50];
///     writer.samples(1, first, Epoch::from_planar(&samples, 1)?, Encoding::F32)?;
/// }
/// let bytes = writer.finish()?;
///
/// let mut reader = FileReader::open(std::io::Cursor::new(bytes), Limits::default())?;
/// let samples = reader.samples(1, 349, 2)?;
/// assert_eq!(samples.epoch(349, 2)?.channel(0), [300.0, 350.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FileWriter<W: Write> {
    out: W,
    encoder: Encoder,
    buffer: Vec<u8>,
    /// Bytes written.
    offset: u64,
    index: IndexBuilder,
}

impl<W: Write> FileWriter<W> {
    /// Starts a file with the session frame.
    ///
    /// # Errors
    /// What [`Session::check`] refuses, or the output.
    pub fn new(out: W, session: Session) -> Result<Self, FileError> {
        let limits = Limits::default();
        let mut writer = Self {
            out,
            encoder: Encoder::new(session, limits)?,
            buffer: Vec::new(),
            offset: 0,
            index: IndexBuilder::new(limits.payload_bytes),
        };
        writer.session()?;
        Ok(writer)
    }

    /// Writes the session frame again, for those who read while the file grows or is damaged.
    ///
    /// # Errors
    /// Those of the output.
    pub fn session(&mut self) -> Result<(), FileError> {
        self.encoder.session(&mut self.buffer)?;
        self.put(None)
    }

    /// Writes a samples frame.
    ///
    /// # Errors
    /// Those of [`Encoder::samples`] and of the output.
    pub fn samples(
        &mut self,
        stream: u16,
        first: u64,
        chunk: Epoch<'_, f32>,
        encoding: Encoding,
    ) -> Result<(), FileError> {
        self.encoder.samples(stream, first, chunk, encoding, &mut self.buffer)?;
        self.put(Some((Kind::Samples, stream, first, 0)))
    }

    /// Writes a samples frame of counts.
    ///
    /// # Errors
    /// Those of [`Encoder::counts`] and of the output.
    pub fn counts(
        &mut self,
        stream: u16,
        first: u64,
        chunk: Epoch<'_, i32>,
        encoding: Encoding,
    ) -> Result<(), FileError> {
        self.encoder.counts(stream, first, chunk, encoding, &mut self.buffer)?;
        self.put(Some((Kind::Samples, stream, first, 0)))
    }

    /// Writes an event frame.
    ///
    /// # Errors
    /// Those of [`Encoder::events`] and of the output.
    pub fn events(&mut self, stream: u16, events: &[Event]) -> Result<(), FileError> {
        self.encoder.events(stream, events, &mut self.buffer)?;
        let first = events.iter().map(|event| event.sample).min().unwrap_or(0);
        let code = events.first().map_or(0, |event| event.code);
        self.put(Some((Kind::Event, stream, first, code)))
    }

    /// Writes a decision frame.
    ///
    /// # Errors
    /// Those of [`Encoder::decision`] and of the output.
    pub fn decision(
        &mut self,
        stream: u16,
        decision: &Decision,
        confidence: f32,
    ) -> Result<(), FileError> {
        self.encoder.decision(stream, decision, confidence, &mut self.buffer)?;
        self.put(Some((Kind::Decision, stream, decision.end, 0)))
    }

    /// Writes a clock frame.
    ///
    /// # Errors
    /// Those of [`Encoder::clock`] and of the output.
    pub fn clock(&mut self, stream: u16, readings: &[ClockReading]) -> Result<(), FileError> {
        self.encoder.clock(stream, readings, &mut self.buffer)?;
        let first = readings.iter().map(|reading| reading.sample).min().unwrap_or(0);
        self.put(Some((Kind::Clock, stream, first, 0)))
    }

    /// Writes a gap frame.
    ///
    /// # Errors
    /// Those of [`Encoder::gap`] and of the output.
    pub fn gap(&mut self, stream: u16, gap: &Gap) -> Result<(), FileError> {
        self.encoder.gap(stream, gap, &mut self.buffer)?;
        self.put(Some((Kind::Gap, stream, gap.first, 0)))
    }

    /// Writes a frame that came from another stream of the same session, under a new number. Its
    /// payload stays as it is.
    ///
    /// # Errors
    /// [`FrameError::UnknownStream`](super::FrameError::UnknownStream),
    /// [`FrameError::Backwards`](super::FrameError::Backwards) for samples before the end of those
    /// written, and those of the output.
    pub fn copy(&mut self, frame: &Frame<'_>) -> Result<(), FileError> {
        self.encoder.copy(frame, &mut self.buffer)?;
        let entry = IndexEntry::of(frame);
        self.put(Some((entry.kind, entry.stream, entry.sample, entry.code)))
    }

    /// Position after the last samples or gap of a stream; `None` for an unknown stream.
    pub fn next_sample(&self, stream: u16) -> Option<u64> {
        self.encoder.next_sample(stream)
    }

    /// Bytes written so far.
    pub fn bytes(&self) -> u64 {
        self.offset
    }

    /// Flushes the output.
    ///
    /// # Errors
    /// Those of the output.
    pub fn flush(&mut self) -> Result<(), FileError> {
        Ok(self.out.flush()?)
    }

    /// Writes index and end, and gives back the output.
    ///
    /// # Errors
    /// Those of the output.
    pub fn finish(mut self) -> Result<W, FileError> {
        let mut index_offset = 0;
        let empty = IndexBuilder::new(0);
        if let Some(index) = std::mem::replace(&mut self.index, empty).finish() {
            index_offset = self.offset;
            self.encoder.index(&index, &mut self.buffer)?;
            self.put(None)?;
        }
        self.encoder.end_of_file(index_offset, &mut self.buffer)?;
        self.put(None)?;
        self.out.flush()?;
        Ok(self.out)
    }

    /// Hands the encoded frame to the output and lists it.
    fn put(&mut self, listed: Option<(Kind, u16, u64, u32)>) -> Result<(), FileError> {
        let offset = self.offset;
        let written = self.out.write_all(&self.buffer);
        self.offset += self.buffer.len() as u64;
        self.buffer.clear();
        written?;
        if let Some((kind, stream, sample, code)) = listed {
            self.index.note(IndexEntry { offset, sample, stream, kind, code });
        }
        Ok(())
    }
}
