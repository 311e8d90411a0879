use std::io::Write;

use super::walk::{Part, Walk};
use super::{Content, FileError, FileWriter, Frame, FrameError, Item, Notice, Session};
use crate::signal::{Event, Recording, Samples, Stream};
use crate::stimulus::Codebook;

/// Writes a whole recording as a file of frames: session, samples and events in the order of time,
/// index, end; gives back the output.
///
/// Samples keep their counts where every channel of a stream has an exact quantization and every
/// sample lies on its grid; all others are written as `f32`, bit for bit.
///
/// ```
/// use evoked::frame::{Assembler, Limits, Reader, write_recording};
/// use evoked::signal::{Channel, Recording, Samples, Stream};
/// let samples = Samples::from_planar(1, vec![0.25; 500])?;
/// let eeg = Stream::new("EEG", 250.0, vec![Channel::microvolts("Oz")], samples)?;
/// let recording = Recording::new(vec![eeg], vec![]);
///
/// let bytes = write_recording(&recording, None, 7, Vec::new())?;
/// let mut assembler = Assembler::new();
/// Reader::new(&bytes, Limits::default()).for_each(|item| assembler.take(item));
/// assert_eq!(assembler.finish()?.recording, recording);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// What [`Encoder`](super::Encoder) refuses, and the output.
pub fn write_recording<W: Write>(
    recording: &Recording,
    codebook: Option<Codebook>,
    tag: u16,
    output: W,
) -> Result<W, FileError> {
    let session = Session { tag, ..Session::of(recording, codebook) };
    let mut writer = FileWriter::new(output, session)?;
    for (_, part) in Walk::of_file(recording) {
        match part {
            Part::Session => writer.session()?,
            Part::Samples { stream, first, chunk, encoding } => {
                writer.samples(stream, first, chunk, encoding)?;
            }
            Part::Gap(stream, gap) => writer.gap(stream, &gap)?,
            Part::Event(stream, event) => writer.events(stream, std::slice::from_ref(event))?,
        }
    }
    writer.finish()
}

/// Puts a recording together from frames.
#[derive(Debug, Default)]
pub struct Assembler {
    session: Option<Session>,
    samples: Vec<Samples<f32>>,
    events: Vec<Event>,
    notices: Vec<String>,
    ended: bool,
}

/// What an [`Assembler`] made of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Assembled {
    /// Everything that arrived whole.
    pub recording: Recording,
    /// The codebook of the session.
    pub codebook: Option<Codebook>,
    /// Whether the session's regular end was seen.
    pub complete: bool,
    /// What was not as it should be, each with its place.
    pub notices: Vec<String>,
}

impl Assembler {
    /// An assembler that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next item of a stream. What can't be used becomes a notice.
    pub fn take(&mut self, item: Item<'_>) {
        match item {
            Item::Notice(notice) => self.notices.push(describe(&notice)),
            Item::Frame(frame) => {
                if let Err(error) = self.frame(&frame) {
                    self.notices.push(format!("at byte {}: {error}", frame.offset));
                }
            }
        }
    }

    /// The recording as far as it arrived.
    ///
    /// # Errors
    /// [`FrameError::Malformed`] where no session frame was seen, or its streams make no sense.
    pub fn finish(self) -> Result<Assembled, FrameError> {
        let malformed = |what: String| FrameError::malformed(super::Kind::Session, what);
        let session = self.session.ok_or_else(|| malformed("none was found".into()))?;
        let stream = |(info, samples): (super::StreamInfo, Samples<f32>)| {
            Stream::new(info.name, info.rate_hz, info.channels, samples)
                .map(|stream| stream.with_origin(info.origin_s))
                .map_err(|error| malformed(error.to_string()))
        };
        let streams = session.streams.into_iter().zip(self.samples);
        let streams = streams.map(stream).collect::<Result<_, _>>()?;
        let recording = Recording::new(streams, self.events).with_metadata(session.metadata);
        Ok(Assembled {
            recording,
            codebook: session.codebook,
            complete: self.ended,
            notices: self.notices,
        })
    }

    fn frame(&mut self, frame: &Frame<'_>) -> Result<(), FrameError> {
        let header = &frame.header;
        match frame.content()? {
            Content::Session(session) => return self.session(*session),
            Content::Samples(view) => {
                let place = self.place(header.stream)?;
                let (Some(session), Some(samples)) = (&self.session, self.samples.get_mut(place))
                else {
                    return Err(FrameError::UnknownStream(header.stream));
                };
                let scaling = view.scaling(&session.streams[place])?;
                let fill = |channel, row: &mut [f32]| {
                    view.decode_row(channel, &scaling(channel), row);
                };
                samples
                    .append_rows(header.sample, view.len(), fill)
                    .map_err(|error| FrameError::malformed(header.kind, error.to_string()))?;
            }
            Content::Events(view) => {
                let place = self.place(header.stream)?;
                self.events.extend(view.iter().map(|event| event.to_event(place)));
            }
            // A gap needs nothing: what follows it is put at its own position.
            Content::Gap(_) | Content::Index(_) | Content::Clock(_) | Content::Decision(_) => {}
            Content::End(_) => self.ended = true,
            Content::Unknown => {
                self.notices
                    .push(format!("at byte {}: {} frame skipped", frame.offset, header.kind));
            }
        }
        Ok(())
    }

    fn session(&mut self, session: Session) -> Result<(), FrameError> {
        match &self.session {
            None => {
                if let Some(problem) = &session.codebook_problem {
                    self.notices.push(format!("the session's codebook is left out: {problem}"));
                }
                self.samples =
                    session.streams.iter().map(|s| Samples::new(s.channels.len())).collect();
                self.session = Some(session);
                Ok(())
            }
            Some(known) if *known == session => Ok(()),
            Some(_) => Err(FrameError::Unsupported {
                kind: super::Kind::Session,
                what: "a second session in one file".into(),
            }),
        }
    }

    fn place(&self, stream: u16) -> Result<usize, FrameError> {
        let streams = self.session.as_ref().map_or(&[][..], |session| &session.streams);
        let place = streams.iter().position(|info| info.id == stream);
        place.ok_or(FrameError::UnknownStream(stream))
    }
}

fn describe(notice: &Notice) -> String {
    match notice {
        Notice::Damaged { bytes } => {
            format!("bytes {} to {} are no intact frame", bytes.start, bytes.end)
        }
        Notice::OtherVersion { offset, version } => {
            format!("at byte {offset}: a frame of version {version}, which this program can't read")
        }
        Notice::FramesLost { stream, first, frames } => {
            format!("stream {stream}: {frames} frames are missing from number {first} on")
        }
        Notice::SamplesLost { stream, samples } => {
            format!("stream {stream}: samples {} to {} are missing", samples.start, samples.end)
        }
        Notice::Duplicate(h) => format!("stream {}: frame {} came twice", h.stream, h.sequence),
        Notice::Late(h) => format!("stream {}: frame {} came too late", h.stream, h.sequence),
        Notice::Overlap { header: h, expected } => format!(
            "stream {}: frame {} starts at sample {}, before {expected}",
            h.stream, h.sequence, h.sample
        ),
        Notice::OtherSession(h) => {
            format!("stream {}: frame {} belongs to another session", h.stream, h.sequence)
        }
        Notice::TooManyStreams(h) => format!("stream {}: one more than the limit", h.stream),
    }
}
