use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::Range;

use super::reader::each_item;
use super::{
    ClockReading, Content, Decoder, End, FileError, FileWriter, Frame, Gap, GapReason, Header,
    Index, Item, Kind, Limits, Notice, Session,
};

/// Damaged ranges that are listed one by one.
const MOST_RANGES: usize = 1000;
/// Clock readings that are kept for each stream.
const MOST_READINGS: usize = 100_000;

/// What is in a file of frames, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Survey {
    /// The first session frame.
    pub session: Option<Session>,
    /// Bytes of the file.
    pub bytes: u64,
    /// Intact frames.
    pub frames: u64,
    /// Bytes that are no intact frame.
    pub damaged_bytes: u64,
    /// Where they are; the first 1000 ranges.
    pub damaged: Vec<Range<u64>>,
    /// What was found of each data stream, in the order of the session.
    pub streams: Vec<StreamSurvey>,
    /// Frames that came twice or late and were left out.
    pub repeated_frames: u64,
    /// Frames that were left out because they start before the end of what came before.
    pub overlapping_frames: u64,
    /// Frames that belong to another session than the first, or to a stream it does not describe.
    pub foreign_frames: u64,
    /// Intact frames whose payload makes no sense, with what is wrong; the first 1000.
    pub malformed: Vec<String>,
    /// Intact frames of a kind this version does not know.
    pub unknown_frames: u64,
    /// The end frame.
    pub end: Option<End>,
    /// Entries of the index; `None` without an index frame.
    pub index_entries: Option<u64>,
}

/// What was found of a data stream.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StreamSurvey {
    /// Its id.
    pub id: u16,
    /// Samples frames.
    pub frames: u64,
    /// Samples a channel that are there.
    pub samples: u64,
    /// Position after the last of them.
    pub end: u64,
    /// Events.
    pub events: u64,
    /// Decisions.
    pub decisions: u64,
    /// Frames of any kind that are missing.
    pub frames_lost: u64,
    /// Samples that are missing though the writer had them.
    pub samples_lost: u64,
    /// Samples that the writer knew to be missing.
    pub gap_samples: u64,
    /// Readings of the clock; the first 100,000.
    pub clock: Vec<ClockReading>,
}

impl Survey {
    /// Whether the file is whole: nothing damaged, lost or left out, and its end is there.
    pub fn is_clean(&self) -> bool {
        let lost = |stream: &StreamSurvey| stream.frames_lost > 0 || stream.samples_lost > 0;
        self.damaged_bytes == 0
            && self.end.is_some()
            && self.malformed.is_empty()
            && self.repeated_frames + self.overlapping_frames + self.foreign_frames == 0
            && !self.streams.iter().any(lost)
    }

    fn take(&mut self, item: &Item<'_>) {
        match item {
            Item::Frame(frame) => self.frame(frame),
            Item::Notice(notice) => self.notice(notice),
        }
    }

    fn stream(&mut self, id: u16) -> Option<&mut StreamSurvey> {
        self.streams.iter_mut().find(|stream| stream.id == id)
    }

    fn frame(&mut self, frame: &Frame<'_>) {
        self.frames += 1;
        let header = &frame.header;
        if self.session.as_ref().is_some_and(|session| session.tag != header.tag) {
            self.foreign_frames += 1;
            return;
        }
        let content = match frame.content() {
            Ok(content) => content,
            Err(error) => {
                if self.malformed.len() < MOST_RANGES {
                    self.malformed.push(format!("at byte {}: {error}", frame.offset));
                }
                return;
            }
        };
        match content {
            Content::Session(session) if self.session.is_none() => return self.describe(*session),
            Content::Index(Index { entries }) => self.index_entries = Some(entries.len() as u64),
            Content::End(end) => self.end = Some(end),
            Content::Unknown => self.unknown_frames += 1,
            _ => {}
        }
        if header.stream == 0 {
            return;
        }
        let content = frame.content();
        let Some(stream) = self.stream(header.stream) else {
            self.foreign_frames += 1;
            return;
        };
        match content {
            Ok(Content::Samples(view)) => {
                stream.frames += 1;
                stream.samples += view.len() as u64;
                stream.end = header.end();
            }
            Ok(Content::Events(events)) => stream.events += events.len() as u64,
            Ok(Content::Decision(_)) => stream.decisions += 1,
            Ok(Content::Gap(gap)) => stream.gap_samples += gap.samples,
            Ok(Content::Clock(clock)) => {
                let room = MOST_READINGS.saturating_sub(stream.clock.len());
                stream.clock.extend(clock.iter().take(room));
            }
            _ => {}
        }
    }

    fn describe(&mut self, session: Session) {
        // Losses may have been told of a stream before the session frame came.
        for info in &session.streams {
            if self.stream(info.id).is_none() {
                self.streams.push(StreamSurvey { id: info.id, ..StreamSurvey::default() });
            }
        }
        self.session = Some(session);
    }

    fn notice(&mut self, notice: &Notice) {
        match notice {
            Notice::Damaged { bytes } => {
                self.damaged_bytes += bytes.end - bytes.start;
                if self.damaged.len() < MOST_RANGES {
                    self.damaged.push(bytes.clone());
                }
            }
            Notice::FramesLost { stream, frames, .. } => {
                self.lost(*stream).frames_lost += u64::from(*frames);
            }
            Notice::SamplesLost { stream, samples } => {
                self.lost(*stream).samples_lost += samples.end - samples.start;
            }
            Notice::Duplicate(_) | Notice::Late(_) => self.repeated_frames += 1,
            Notice::Overlap { .. } => self.overlapping_frames += 1,
            Notice::OtherSession(_) | Notice::TooManyStreams(_) => self.foreign_frames += 1,
            Notice::OtherVersion { .. } => {}
        }
    }

    /// The stream of a loss; the session's own frames count as one.
    fn lost(&mut self, id: u16) -> &mut StreamSurvey {
        let place = self.streams.iter().position(|stream| stream.id == id);
        let place = place.unwrap_or_else(|| {
            self.streams.push(StreamSurvey { id, ..StreamSurvey::default() });
            self.streams.len() - 1
        });
        &mut self.streams[place]
    }
}

/// Reads a whole file and says what is in it and what is wrong.
///
/// # Errors
/// [`FileError::Io`]; whatever the bytes are, they make a survey.
pub fn survey(input: &mut (impl Read + Seek), limits: Limits) -> Result<Survey, FileError> {
    let bytes = input.seek(SeekFrom::End(0))?;
    input.seek(SeekFrom::Start(0))?;
    let mut survey = Survey { bytes, ..Survey::default() };
    each_item(input, Decoder::from_start(limits), |item| {
        survey.take(&item);
        Ok(true)
    })?;
    Ok(survey)
}

/// Writes all intact frames of a file's first session into a new file, and gives the survey of
/// the old one. Samples that were lost become gap frames, so the new file is whole and says so.
///
/// ```
/// use std::io::Cursor;
/// use evoked::frame::{Encoding, FileWriter, Limits, Session, StreamInfo, recover, survey};
/// use evoked::signal::{Channel, Epoch};
///
/// let eeg = StreamInfo::new(1, "EEG", 250.0, vec![Channel::microvolts("Oz")]);
/// let mut writer = FileWriter::new(Vec::new(), Session { streams: vec![eeg], ..Session::default() })?;
/// for first in (0..100).step_by(10) {
///     writer.samples(1, first, Epoch::from_planar(&[1.0; 10], 1)?, Encoding::F32)?;
/// }
/// let mut bytes = writer.finish()?;
/// let middle = bytes.len() / 2;
/// bytes[middle] ^= 1;
///
/// let (report, saved) = recover(&mut Cursor::new(bytes), Vec::new(), Limits::default())?;
/// assert_eq!((report.streams[0].samples, report.streams[0].samples_lost), (90, 10));
/// let after = survey(&mut Cursor::new(saved), Limits::default())?;
/// assert!(after.is_clean());
/// assert_eq!(after.streams[0].gap_samples, 10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`FileError::NoSession`], and those of input and output.
pub fn recover<W: Write>(
    input: &mut (impl Read + Seek),
    output: W,
    limits: Limits,
) -> Result<(Survey, W), FileError> {
    let found = survey(input, limits)?;
    let session = found.session.clone().ok_or(FileError::NoSession)?;
    let tag = session.tag;
    let ids: Vec<u16> = session.streams.iter().map(|info| info.id).collect();
    let mut writer = FileWriter::new(output, session)?;
    input.seek(SeekFrom::Start(0))?;
    let mut first_session = true;
    let mut ends: Vec<(u16, u64)> = Vec::new();
    each_item(input, Decoder::from_start(limits), |item| {
        match item {
            // What is lost before samples that did arrive is filled in with them.
            Item::Notice(Notice::SamplesLost { stream, samples }) => {
                ends.retain(|(id, _)| *id != stream);
                ends.push((stream, samples.end));
            }
            Item::Frame(frame) if frame.header.tag == tag => {
                let header = &frame.header;
                let own = header.stream == 0 || ids.contains(&header.stream);
                match header.kind {
                    Kind::Index | Kind::End => {}
                    // The writer has begun with this one.
                    Kind::Session if std::mem::take(&mut first_session) => {}
                    _ if own && frame.content().is_ok() => {
                        fill_gap(&mut writer, header)?;
                        writer.copy(&frame)?;
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        Ok(true)
    })?;
    for (stream, end) in ends {
        gap_up_to(&mut writer, stream, end)?;
    }
    Ok((found, writer.finish()?))
}

/// Where samples or a gap start later than the last ones ended, a gap frame says so.
fn fill_gap<W: Write>(writer: &mut FileWriter<W>, header: &Header) -> Result<(), FileError> {
    match header.kind {
        Kind::Samples | Kind::Gap => gap_up_to(writer, header.stream, header.sample),
        _ => Ok(()),
    }
}

fn gap_up_to<W: Write>(writer: &mut FileWriter<W>, stream: u16, end: u64) -> Result<(), FileError> {
    match writer.next_sample(stream) {
        Some(first) if first < end => {
            let gap = Gap { first, samples: end - first, reason: GapReason::Damage };
            writer.gap(stream, &gap)
        }
        _ => Ok(()),
    }
}
