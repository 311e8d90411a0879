use std::io::{Read, Seek, SeekFrom};

use super::ledger::Ledger;
use super::scan::{self, Front};
use super::{
    Content, Decoder, End, FileError, Frame, FrameError, HEADER_BYTES, Index, IndexEntry, Item,
    Kind, Limits, Reader, Session, index::IndexBuilder,
};
use crate::signal::{Event, Samples};

/// The end frame is found in so many bytes at the end of a file.
const TAIL_BYTES: u64 = 4096;
/// Bytes that are read at once.
const PIECE_BYTES: usize = 64 << 10;

/// Reads a file of frames here and there, by its index: opening it reads the session at the start,
/// the end and the index, however large the file is.
///
/// Any `Read + Seek` will do: a `File`, or a `Cursor` over bytes at hand or mapped. Where the end or
/// the index is missing or damaged, the file is read through once to make the index anew; whatever
/// is damaged in between is passed over, and shows as a gap in [`FileReader::samples`].
#[derive(Debug)]
pub struct FileReader<R> {
    input: R,
    limits: Limits,
    session: Session,
    entries: Vec<IndexEntry>,
    end: Option<End>,
    indexed: bool,
}

impl<R: Read + Seek> FileReader<R> {
    /// Opens a file. See [`FileWriter`](super::FileWriter) for an example.
    ///
    /// # Errors
    /// [`FileError::NoSession`] where no intact session frame is found; those of the input.
    pub fn open(mut input: R, limits: Limits) -> Result<Self, FileError> {
        let len = input.seek(SeekFrom::End(0))?;
        let end = find_end(&mut input, len, &limits)?;
        let session = frame_at(&mut input, 0, &limits, session_of)?;
        let index = match end.as_ref().map_or(0, |end| end.index_offset) {
            0 => None,
            offset if offset >= len => None,
            offset => frame_at(&mut input, offset, &limits, index_of)?
                .filter(|index| is_in_order(index, offset)),
        };
        if let (Some(session), Some(index)) = (session, index) {
            let entries = index.entries;
            return Ok(Self { input, limits, session, entries, end, indexed: true });
        }
        let (session, entries) = read_through(&mut input, &limits)?;
        Ok(Self { input, limits, session, entries, end, indexed: false })
    }

    /// The session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The end frame; `None` where the writer did not get to it.
    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// Whether the file's own index was used.
    pub fn is_indexed(&self) -> bool {
        self.indexed
    }

    /// The index: some samples frames, all event, decision, clock and gap frames.
    pub fn entries(&self) -> &[IndexEntry] {
        &self.entries
    }

    /// The position of a stream at a time of the session, in seconds.
    ///
    /// # Errors
    /// [`FrameError::UnknownStream`].
    pub fn position_at(&self, stream: u16, time_s: f64) -> Result<u64, FrameError> {
        let info = self.session.stream(stream)?;
        Ok(((time_s - info.origin_s) * info.rate_hz).round().max(0.0) as u64)
    }

    /// The samples of a stream from position `first` on, `len` of them as far as they are there;
    /// what is missing is a gap.
    ///
    /// # Errors
    /// [`FrameError::UnknownStream`], those of the frames and of the input.
    pub fn samples(
        &mut self,
        stream: u16,
        first: u64,
        len: usize,
    ) -> Result<Samples<f32>, FileError> {
        let info = self.session.stream(stream)?.clone();
        let end = first.saturating_add(len as u64);
        let mut samples = Samples::new(info.channels.len());
        let from = self.offset_before(stream, first);
        self.walk(from, |frame| {
            let header = &frame.header;
            if header.stream != stream || header.kind != Kind::Samples {
                return Ok(true);
            }
            let (start, stop) = (header.sample.max(first), header.end().min(end));
            if start < stop
                && let Content::Samples(view) = frame.content()?
            {
                let scaling = view.scaling(&info)?;
                let mut row = vec![0.0; view.len()];
                let wanted = (start - header.sample) as usize..(stop - header.sample) as usize;
                let appended = samples.append_rows(start, wanted.len(), |channel, out| {
                    view.decode_row(channel, &scaling(channel), &mut row);
                    out.copy_from_slice(&row[wanted.clone()]);
                });
                let malformed = |error: crate::signal::SignalError| {
                    FrameError::malformed(Kind::Samples, error.to_string())
                };
                appended.map_err(malformed)?;
            }
            Ok(header.end() < end)
        })?;
        Ok(samples)
    }

    /// All events, in the order of the file; each event's stream is its place in the session.
    ///
    /// # Errors
    /// Those of the input.
    pub fn events(&mut self) -> Result<Vec<Event>, FileError> {
        let of_events = |entry: &&IndexEntry| entry.kind == Kind::Event;
        let offsets: Vec<u64> =
            self.entries.iter().filter(of_events).map(|entry| entry.offset).collect();
        let (mut events, mut end) = (Vec::new(), 0);
        for offset in offsets {
            // What lies inside of another frame is none of its own.
            if offset < end {
                continue;
            }
            let streams = &self.session.streams;
            frame_at(&mut self.input, offset, &self.limits, |frame| {
                end = offset + frame.header.frame_bytes() as u64;
                let place = streams.iter().position(|info| info.id == frame.header.stream)?;
                let Ok(Content::Events(view)) = frame.content() else { return None };
                events.extend(view.iter().map(|event| event.to_event(place)));
                Some(())
            })?;
        }
        Ok(events)
    }

    /// Where to start reading so that no samples from `sample` on are missed.
    fn offset_before(&self, stream: u16, sample: u64) -> u64 {
        let own = |entry: &&IndexEntry| entry.stream == stream && entry.kind == Kind::Samples;
        let before = self.entries.iter().filter(own).take_while(|entry| entry.sample <= sample);
        before.last().map_or(0, |entry| entry.offset)
    }

    /// Hands on the intact frames from an offset on, until `take` says that it has seen enough.
    fn walk(
        &mut self,
        offset: u64,
        mut take: impl FnMut(&Frame<'_>) -> Result<bool, FileError>,
    ) -> Result<(), FileError> {
        self.input.seek(SeekFrom::Start(offset))?;
        each_item(&mut self.input, Decoder::new(self.limits), |item| match item {
            Item::Frame(frame) => take(&frame),
            Item::Notice(_) => Ok(true),
        })
    }
}

/// Runs the rest of an input through a decoder, until `take` says that it has seen enough.
pub(super) fn each_item(
    input: &mut impl Read,
    mut decoder: Decoder,
    mut take: impl FnMut(Item<'_>) -> Result<bool, FileError>,
) -> Result<(), FileError> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = match input.read(&mut piece) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        decoder.push(&piece[..read]);
        if read == 0 {
            decoder.finish();
        }
        while let Some(item) = decoder.next() {
            if !take(item)? {
                return Ok(());
            }
        }
        if read == 0 {
            return Ok(());
        }
    }
}

/// What `read` makes of the frame at an offset, if an intact one starts there.
fn frame_at<R: Read + Seek, T>(
    input: &mut R,
    offset: u64,
    limits: &Limits,
    read: impl FnOnce(&Frame<'_>) -> Option<T>,
) -> Result<Option<T>, FileError> {
    input.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    input.by_ref().take(HEADER_BYTES as u64).read_to_end(&mut bytes)?;
    let front = scan::front(&bytes, offset, limits, &mut Ledger::default());
    let Front::More(whole) = front else { return Ok(None) };
    let rest = whole.saturating_sub(bytes.len());
    input.by_ref().take(rest as u64).read_to_end(&mut bytes)?;
    Ok(match Reader::joining(&bytes, *limits).next() {
        Some(Item::Frame(frame)) if frame.offset == 0 => read(&frame),
        _ => None,
    })
}

/// Whether the entries stand in the order of the file, and before the index.
fn is_in_order(index: &Index, offset: u64) -> bool {
    index.entries.is_sorted_by(|a, b| a.offset < b.offset)
        && index.entries.last().is_none_or(|entry| entry.offset < offset)
}

fn session_of(frame: &Frame<'_>) -> Option<Session> {
    match frame.content() {
        Ok(Content::Session(session)) => Some(*session),
        _ => None,
    }
}

fn index_of(frame: &Frame<'_>) -> Option<Index> {
    match frame.content() {
        Ok(Content::Index(index)) => Some(index),
        _ => None,
    }
}

/// The end frame, where the file ends with one.
fn find_end<R: Read + Seek>(
    input: &mut R,
    len: u64,
    limits: &Limits,
) -> Result<Option<End>, FileError> {
    let start = len.saturating_sub(TAIL_BYTES);
    input.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    input.take(TAIL_BYTES).read_to_end(&mut tail)?;
    let mut end = None;
    for item in Reader::joining(&tail, *limits) {
        end = match item {
            Item::Frame(frame)
                if start + frame.offset + frame.header.frame_bytes() as u64 == len =>
            {
                match frame.content() {
                    Ok(Content::End(found)) => Some(found),
                    _ => None,
                }
            }
            _ => end,
        };
    }
    Ok(end)
}

/// Session and index of a file without an index of its own.
fn read_through<R: Read + Seek>(
    input: &mut R,
    limits: &Limits,
) -> Result<(Session, Vec<IndexEntry>), FileError> {
    input.seek(SeekFrom::Start(0))?;
    let (mut session, mut index) = (None, IndexBuilder::new(u32::MAX));
    each_item(input, Decoder::from_start(*limits), |item| {
        let Item::Frame(frame) = item else { return Ok(true) };
        if frame.header.kind == Kind::Session && session.is_none() {
            session = session_of(&frame);
        }
        index.note(IndexEntry::of(&frame));
        Ok(true)
    })?;
    let entries = index.finish().map_or_else(Vec::new, |index| index.entries);
    Ok((session.ok_or(FileError::NoSession)?, entries))
}
