//! What arrived of a session and what did not.

use std::fmt;

use evoked::frame::{Header, Kind, Notice};

/// Counts of one session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    pub(crate) frames: u64,
    pub(crate) events: u64,
    streams: Vec<Stream>,
    damaged_bytes: u64,
    repeated: u64,
    late: u64,
    foreign: u64,
    malformed: u64,
}

/// Counts of one stream of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Stream {
    id: u16,
    samples: u64,
    frames_lost: u64,
    samples_lost: u64,
}

impl Tally {
    pub(crate) fn samples(&mut self, header: &Header) {
        self.stream(header.stream).samples += u64::from(header.count);
    }

    pub(crate) fn malformed(&mut self) {
        self.malformed += 1;
    }

    /// Takes note; gives a line for people, where it is worth one.
    pub(crate) fn note(&mut self, notice: &Notice) -> Option<String> {
        match notice {
            Notice::FramesLost { stream, frames, .. } => {
                self.stream(*stream).frames_lost += u64::from(*frames);
                Some(format!("lost: {frames} frames of stream {stream}"))
            }
            Notice::SamplesLost { stream, samples } => {
                self.stream(*stream).samples_lost += samples.end - samples.start;
                let (first, end) = (samples.start, samples.end);
                Some(format!("lost: samples {first} to {end} of stream {stream}"))
            }
            Notice::Damaged { bytes } => {
                self.damaged_bytes += bytes.end - bytes.start;
                Some(format!("damaged: {} bytes", bytes.end - bytes.start))
            }
            // Servers repeat the session frame for those who connect, and in pauses.
            Notice::Duplicate(header) if header.kind == Kind::Session => None,
            Notice::Duplicate(_) => {
                self.repeated += 1;
                None
            }
            Notice::Late(_) => {
                self.late += 1;
                None
            }
            Notice::OtherSession(_) | Notice::TooManyStreams(_) => {
                self.foreign += 1;
                None
            }
            _ => {
                self.malformed += 1;
                Some(format!("not understood: {notice:?}"))
            }
        }
    }

    /// Whether nothing is missing.
    pub(crate) fn is_clean(&self) -> bool {
        let lost = |stream: &Stream| stream.frames_lost + stream.samples_lost > 0;
        self.damaged_bytes + self.foreign + self.malformed == 0 && !self.streams.iter().any(lost)
    }

    fn stream(&mut self, id: u16) -> &mut Stream {
        let place = self.streams.iter().position(|stream| stream.id == id);
        let place = place.unwrap_or_else(|| {
            self.streams.push(Stream { id, ..Stream::default() });
            self.streams.len() - 1
        });
        &mut self.streams[place]
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = |count: fn(&Stream) -> u64| self.streams.iter().map(count).sum::<u64>();
        write!(
            f,
            "{} frames, {} samples, {} events",
            self.frames,
            sum(|s| s.samples),
            self.events
        )?;
        write!(f, "; lost: {} frames", sum(|s| s.frames_lost))?;
        write!(f, ", {} samples", sum(|s| s.samples_lost))?;
        let others = [
            (self.damaged_bytes, "damaged bytes"),
            (self.repeated, "frames came twice"),
            (self.late, "frames came too late"),
            (self.foreign, "frames of no known session"),
            (self.malformed, "frames not understood"),
        ];
        others
            .iter()
            .filter(|(count, _)| *count > 0)
            .try_for_each(|(count, what)| write!(f, "; {count} {what}"))
    }
}
