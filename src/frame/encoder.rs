use super::header::{HEADER_BYTES, payload_checksum};
use super::packing::{self, Encoding};
use super::samples::{check_limit, shape};
use super::{
    ClockReading, Content, End, Frame, FrameError, Gap, Header, Index, Kind, Limits, Session,
    StreamInfo, Total, clock, decision, event,
};
use crate::signal::{Decision, Epoch, Event};

/// Writes the frames of one session into byte vectors. It does no I/O.
///
/// Nothing is appended where a call fails.
///
/// ```
/// use evoked::frame::{Encoder, Encoding, Limits, Session, StreamInfo};
/// use evoked::signal::{Channel, Epoch, Event};
///
/// let channels = vec![Channel::microvolts("O1"), Channel::microvolts("O2")];
/// let eeg = StreamInfo::new(1, "EEG", 250.0, channels);
/// let session = Session { streams: vec![eeg], tag: 0x5EED, ..Session::default() };
/// let mut encoder = Encoder::new(session, Limits::default())?;
///
/// let mut bytes = Vec::new();
/// encoder.session(&mut bytes)?;
/// let planar = [1.0, 2.0, 3.0, -1.0, -2.0, -3.0];
/// let chunk = Epoch::from_planar(&planar, 2)?;
/// encoder.samples(1, 0, chunk, Encoding::F32, &mut bytes)?;
/// encoder.events(1, &[Event::at(2, 33025, "13 Hz")], &mut bytes)?;
/// encoder.end(&mut bytes)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Encoder {
    session: Session,
    limits: Limits,
    streams: Vec<Position>,
}

#[derive(Debug, Clone, Copy)]
struct Position {
    stream: u16,
    sequence: u32,
    next_sample: u64,
}

impl Encoder {
    /// An encoder for a session.
    ///
    /// # Errors
    /// What [`Session::check`] refuses.
    pub fn new(session: Session, limits: Limits) -> Result<Self, FrameError> {
        session.check(&limits)?;
        let start = |stream, next_sample| Position { stream, sequence: 0, next_sample };
        let streams = session.streams.iter().map(|info| start(info.id, info.first_sample));
        let streams = std::iter::once(start(0, 0)).chain(streams).collect();
        Ok(Self { session, limits, streams })
    }

    /// The session it writes.
    pub fn info(&self) -> &Session {
        &self.session
    }

    /// Position after the last samples or gap of a stream; `None` for an unknown stream.
    pub fn next_sample(&self, stream: u16) -> Option<u64> {
        let place = self.streams.iter().position(|position| position.stream == stream)?;
        self.streams.get(place).map(|position| position.next_sample)
    }

    /// Appends the session frame: first of all, and again from time to time where readers may join
    /// late.
    ///
    /// # Errors
    /// [`FrameError::Limit`] for a session too large for a payload.
    pub fn session(&mut self, out: &mut Vec<u8>) -> Result<(), FrameError> {
        let payload = self.session.to_payload()?;
        self.frame(Kind::Session, 0, 0, 0, out, |out| {
            out.extend_from_slice(&payload);
            Ok(())
        })
    }

    /// Appends a samples frame: `chunk` starts at position `first` of the stream.
    ///
    /// Integers are the nearest counts by the channels' quantization.
    ///
    /// # Errors
    /// [`FrameError::UnknownStream`], [`FrameError::Shape`], [`FrameError::Limit`],
    /// [`FrameError::Backwards`]; [`FrameError::Range`] where a sample does not fit the encoding;
    /// [`FrameError::Malformed`] for integers of a channel without a quantization.
    pub fn samples(
        &mut self,
        stream: u16,
        first: u64,
        chunk: Epoch<'_, f32>,
        encoding: Encoding,
        out: &mut Vec<u8>,
    ) -> Result<(), FrameError> {
        let info = self.session.stream(stream)?;
        let mut scales = Vec::new();
        if encoding != Encoding::F32 {
            scales.reserve_exact(info.channels.len());
            scales.extend(info.channels.iter().filter_map(|channel| channel.quantization));
            if scales.len() < info.channels.len() {
                return Err(no_scale(info));
            }
        }
        self.rows(stream, first, chunk, encoding, out, |out| {
            packing::pack_rows(encoding, |c| scales[c], chunk, out)
                .map_err(|(channel, sample)| (channel, sample, chunk.channel(channel)[sample]))
        })
    }

    /// Appends a samples frame of the counts a device delivered.
    ///
    /// # Errors
    /// As [`Encoder::samples`].
    pub fn counts(
        &mut self,
        stream: u16,
        first: u64,
        chunk: Epoch<'_, i32>,
        encoding: Encoding,
        out: &mut Vec<u8>,
    ) -> Result<(), FrameError> {
        let info = self.session.stream(stream)?;
        if encoding == Encoding::F32 || info.channels.iter().any(|c| c.quantization.is_none()) {
            return Err(no_scale(info));
        }
        self.rows(stream, first, chunk, encoding, out, |out| {
            chunk.rows().enumerate().try_for_each(|(channel, row)| {
                let misfit = |sample| (channel, sample, row[sample] as f32);
                packing::pack_counts(encoding, row, out).map_err(misfit)
            })
        })
    }

    /// Appends an event frame on the clock of a stream. The events' own stream index is not used.
    ///
    /// # Errors
    /// [`FrameError::UnknownStream`], [`FrameError::Limit`] for more events than a header can
    /// count or a label above 65,535 bytes, [`FrameError::Malformed`] for a fraction outside 0 to 1
    /// or a negative duration.
    pub fn events(
        &mut self,
        stream: u16,
        events: &[Event],
        out: &mut Vec<u8>,
    ) -> Result<(), FrameError> {
        self.session.stream(stream)?;
        check_limit("events of a frame", events.len(), usize::from(u16::MAX))?;
        let first = events.iter().map(|event| event.sample).min().unwrap_or(0);
        self.frame(Kind::Event, stream, first, events.len() as u16, out, |out| {
            let mut numbered = events.iter().enumerate();
            numbered.try_for_each(|(number, event)| event::write(number, event, out))
        })
    }

    /// Appends a decision frame: what was decided on the clock of a stream, and how likely it is
    /// right (NaN where that is not known).
    ///
    /// # Errors
    /// [`FrameError::UnknownStream`], [`FrameError::Limit`] for more than 65,535 scores.
    pub fn decision(
        &mut self,
        stream: u16,
        decision: &Decision,
        confidence: f32,
        out: &mut Vec<u8>,
    ) -> Result<(), FrameError> {
        self.session.stream(stream)?;
        check_limit("scores of a decision", decision.scores.len(), usize::from(u16::MAX))?;
        let count = decision.scores.len() as u16;
        self.frame(Kind::Decision, stream, decision.end, count, out, |out| {
            decision::write(decision, confidence, out)
        })
    }

    /// Appends a clock frame: readings of a stream's sample clock beside the host's.
    ///
    /// # Errors
    /// [`FrameError::UnknownStream`], [`FrameError::Limit`] for more than 65,535 readings.
    pub fn clock(
        &mut self,
        stream: u16,
        readings: &[ClockReading],
        out: &mut Vec<u8>,
    ) -> Result<(), FrameError> {
        self.session.stream(stream)?;
        check_limit("readings of a clock frame", readings.len(), usize::from(u16::MAX))?;
        let first = readings.iter().map(|reading| reading.sample).min().unwrap_or(0);
        self.frame(Kind::Clock, stream, first, readings.len() as u16, out, |out| {
            readings.iter().for_each(|reading| clock::write(reading, out));
            Ok(())
        })
    }

    /// Appends a gap frame: these samples are missing, and readers need not wonder.
    ///
    /// # Errors
    /// [`FrameError::UnknownStream`]; [`FrameError::Backwards`] where the gap starts before the
    /// end of what was written; [`FrameError::Malformed`] where it ends behind the sample clock.
    pub fn gap(&mut self, stream: u16, gap: &Gap, out: &mut Vec<u8>) -> Result<(), FrameError> {
        self.session.stream(stream)?;
        let place = self.forwards(stream, gap.first)?;
        self.frame(Kind::Gap, stream, gap.first, 0, out, |out| gap.write(out))?;
        self.streams[place].next_sample = gap.end();
        Ok(())
    }

    /// Appends the end frame: the session is complete.
    ///
    /// # Errors
    /// [`FrameError::Limit`] where the limits do not leave room for it.
    pub fn end(&mut self, out: &mut Vec<u8>) -> Result<(), FrameError> {
        self.end_of_file(0, out)
    }

    pub(super) fn end_of_file(
        &mut self,
        index_offset: u64,
        out: &mut Vec<u8>,
    ) -> Result<(), FrameError> {
        let total = |position: &Position| Total {
            stream: position.stream,
            next_sequence: position.sequence,
            end: position.next_sample,
        };
        let end = End { index_offset, totals: self.streams.iter().skip(1).map(total).collect() };
        self.frame(Kind::End, 0, 0, 0, out, |out| {
            end.write(out);
            Ok(())
        })
    }

    pub(super) fn index(&mut self, index: &Index, out: &mut Vec<u8>) -> Result<(), FrameError> {
        self.frame(Kind::Index, 0, 0, 0, out, |out| {
            index.write(out);
            Ok(())
        })
    }

    /// Appends a frame of another stream of the same session under a number of its own. What is in
    /// the payload was checked when it was written, and stays as it is.
    pub(super) fn copy(&mut self, frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<(), FrameError> {
        let Header { kind, stream, sample, count, .. } = frame.header;
        let end = match frame.content() {
            Ok(Content::Gap(gap)) => Some(gap.end()),
            _ if kind == Kind::Samples => Some(frame.header.end()),
            _ => None,
        };
        let place = match end {
            Some(_) => self.forwards(stream, sample)?,
            None => self.place(stream)?,
        };
        self.frame(kind, stream, sample, count, out, |out| {
            out.extend_from_slice(frame.payload());
            Ok(())
        })?;
        self.streams[place].next_sample = end.unwrap_or(self.streams[place].next_sample);
        Ok(())
    }

    /// The place of a stream whose next samples start at `first`.
    fn forwards(&self, stream: u16, first: u64) -> Result<usize, FrameError> {
        let place = self.place(stream)?;
        let next = self.streams[place].next_sample;
        if first < next {
            return Err(FrameError::Backwards { stream, found: first, expected: next });
        }
        Ok(place)
    }

    fn rows<T: Copy>(
        &mut self,
        stream: u16,
        first: u64,
        chunk: Epoch<'_, T>,
        encoding: Encoding,
        out: &mut Vec<u8>,
        pack: impl FnOnce(&mut Vec<u8>) -> Result<(), (usize, usize, f32)>,
    ) -> Result<(), FrameError> {
        let expected = self.session.stream(stream)?.channels.len();
        shape("channels in the chunk", chunk.channels(), expected)?;
        check_limit("samples of a frame", chunk.len(), usize::from(self.limits.samples))?;
        let place = self.forwards(stream, first)?;
        self.frame(Kind::Samples, stream, first, chunk.len() as u16, out, |out| {
            let [low, high] = (chunk.channels() as u16).to_le_bytes();
            out.extend_from_slice(&[encoding.code(), 0, low, high]);
            pack(out).map_err(|(channel, sample, value)| FrameError::Range {
                channel,
                sample,
                value,
                encoding: encoding.name(),
            })
        })?;
        self.streams[place].next_sample = first.saturating_add(chunk.len() as u64);
        Ok(())
    }

    /// Writes header, payload and checksums; takes everything back where the payload fails.
    fn frame(
        &mut self,
        kind: Kind,
        stream: u16,
        sample: u64,
        count: u16,
        out: &mut Vec<u8>,
        payload: impl FnOnce(&mut Vec<u8>) -> Result<(), FrameError>,
    ) -> Result<(), FrameError> {
        let place = self.place(stream)?;
        let start = out.len();
        out.extend_from_slice(&[0; HEADER_BYTES]);
        let written = payload(out).and_then(|()| {
            let bytes = out.len() - start - HEADER_BYTES;
            check_limit("bytes of a payload", bytes, self.limits.payload_bytes as usize)?;
            Ok(bytes as u32)
        });
        let payload_bytes = match written {
            Ok(bytes) => bytes,
            Err(error) => {
                out.truncate(start);
                return Err(error);
            }
        };
        let sequence = self.streams[place].sequence;
        let tag = self.session.tag;
        let header = Header { kind, stream, sequence, payload_bytes, sample, count, tag };
        let header = header.to_bytes();
        out[start..start + HEADER_BYTES].copy_from_slice(&header);
        let checksum = payload_checksum(&header, &out[start + HEADER_BYTES..]);
        out.extend_from_slice(&checksum.to_le_bytes());
        self.streams[place].sequence = sequence.wrapping_add(1);
        Ok(())
    }

    fn place(&self, stream: u16) -> Result<usize, FrameError> {
        let place = self.streams.iter().position(|position| position.stream == stream);
        place.ok_or(FrameError::UnknownStream(stream))
    }
}

fn no_scale(info: &StreamInfo) -> FrameError {
    let what = format!("integers for stream {:?}, which has channels without a scale", info.name);
    FrameError::malformed(Kind::Samples, what)
}
