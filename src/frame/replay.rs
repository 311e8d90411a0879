use super::walk::{Part, Walk, samples_of};
use super::{Encoder, FrameError, HEADER_BYTES, Kind, Limits, Session, TRAILER_BYTES};
use crate::signal::{Recording, Stream};
use crate::stimulus::Codebook;

/// Bytes of a samples payload before its values.
const SAMPLES_HEAD_BYTES: usize = 4;

/// Settings of a [`Replay`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReplayParams {
    /// Length of a samples frame in seconds: the latency that it costs.
    pub frame_s: f64,
    /// A samples frame of several samples is no longer than this many bytes, so that it fits a
    /// datagram.
    pub frame_bytes: usize,
    /// The session frame comes again after this many seconds, for those who join late.
    pub session_every_s: f64,
}

impl Default for ReplayParams {
    fn default() -> Self {
        Self { frame_s: 0.04, frame_bytes: usize::MAX, session_every_s: 2.0 }
    }
}

/// A recording as the frames of a live session: each with the time when whoever recorded it would
/// have sent it. It does no I/O and does not wait.
///
/// ```
/// use evoked::frame::{Kind, Replay, ReplayParams};
/// use evoked::signal::{Channel, Recording, Samples, Stream};
/// let samples = Samples::from_planar(1, vec![0.25; 500])?;
/// let eeg = Stream::new("EEG", 250.0, vec![Channel::microvolts("Oz")], samples)?;
/// let recording = Recording::new(vec![eeg], vec![]);
///
/// let params = ReplayParams { frame_s: 0.1, ..ReplayParams::default() };
/// let mut replay = Replay::new(&recording, None, 7, &params)?;
/// let (mut bytes, mut due_s) = (Vec::new(), Vec::new());
/// while let Some(played) = replay.next(&mut bytes)? {
///     due_s.extend((played.kind == Kind::Samples).then_some(played.due_s));
/// }
/// assert_eq!((due_s.len(), due_s[0], due_s[19]), (20, 0.1, 2.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Replay<'a> {
    encoder: Encoder,
    walk: Walk<'a>,
    stage: Stage,
    last_s: f64,
}

/// A frame of a [`Replay`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Played {
    /// When it would have been sent, in seconds of the session.
    pub due_s: f64,
    /// What it is.
    pub kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Start,
    Parts,
    Done,
}

impl<'a> Replay<'a> {
    /// The frames of a recording under a session's tag.
    ///
    /// # Errors
    /// What [`Encoder::new`] refuses.
    pub fn new(
        recording: &'a Recording,
        codebook: Option<Codebook>,
        tag: u16,
        params: &ReplayParams,
    ) -> Result<Self, FrameError> {
        let session = Session { tag, ..Session::of(recording, codebook) };
        let encoder = Encoder::new(session, Limits::default())?;
        // Four bytes a value is the most that an encoding takes.
        let most = |stream: &Stream| {
            let head = HEADER_BYTES + SAMPLES_HEAD_BYTES + TRAILER_BYTES;
            let values = params.frame_bytes.saturating_sub(head) / 4;
            samples_of(params.frame_s, stream).min(values / stream.channels().len().max(1))
        };
        let walk = Walk::live(recording, params.session_every_s, most);
        Ok(Self { encoder, walk, stage: Stage::Start, last_s: 0.0 })
    }

    /// The session it plays.
    pub fn info(&self) -> &Session {
        self.encoder.info()
    }

    /// Appends the next frame; `None` after the end frame. The first is the session frame, due when
    /// the first part of the recording is.
    ///
    /// # Errors
    /// What the [`Encoder`] refuses.
    pub fn next(&mut self, out: &mut Vec<u8>) -> Result<Option<Played>, FrameError> {
        if self.stage == Stage::Start {
            self.stage = Stage::Parts;
            self.encoder.session(out)?;
            self.last_s = self.start_s();
            return Ok(self.played(Kind::Session));
        }
        if self.stage == Stage::Done {
            return Ok(None);
        }
        let Some((due_s, part)) = self.walk.next() else {
            self.stage = Stage::Done;
            self.encoder.end(out)?;
            return Ok(self.played(Kind::End));
        };
        // An event at a time of its own that is no number is sent with what is before it.
        self.last_s = if due_s.is_finite() { due_s.max(self.last_s) } else { self.last_s };
        let kind = match part {
            Part::Session => {
                self.encoder.session(out)?;
                Kind::Session
            }
            Part::Samples { stream, first, chunk, encoding } => {
                self.encoder.samples(stream, first, chunk, encoding, out)?;
                Kind::Samples
            }
            Part::Gap(stream, gap) => {
                self.encoder.gap(stream, &gap, out)?;
                Kind::Gap
            }
            Part::Event(stream, event) => {
                self.encoder.events(stream, std::slice::from_ref(event), out)?;
                Kind::Event
            }
        };
        Ok(self.played(kind))
    }

    fn start_s(&self) -> f64 {
        let starts = self.encoder.info().streams.iter();
        let start_s = |stream: &super::StreamInfo| {
            stream.origin_s + stream.first_sample as f64 / stream.rate_hz
        };
        starts.map(start_s).reduce(f64::min).unwrap_or(0.0)
    }

    fn played(&self, kind: Kind) -> Option<Played> {
        Some(Played { due_s: self.last_s, kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Assembler, Reader};
    use crate::signal::{Channel, Event, Samples};

    fn recording() -> Recording {
        let mut samples = Samples::new(2);
        samples.append(10, &vec![0.5; 2 * 300]).unwrap();
        samples.append(400, &vec![-0.5; 2 * 101]).unwrap();
        let channels = ["Oz", "O1"].map(Channel::microvolts).to_vec();
        let stream = Stream::new("EEG", 100.0, channels, samples).unwrap();
        let events = vec![Event::at(13, 1, "a"), Event::at(450, 2, ""), Event::at(900, 3, "late")];
        Recording::new(vec![stream], events)
    }

    fn frames(params: &ReplayParams) -> (Vec<u8>, Vec<(Played, usize)>) {
        let recording = recording();
        let mut replay = Replay::new(&recording, None, 3, params).unwrap();
        let (mut bytes, mut played, mut before) = (Vec::new(), Vec::new(), 0);
        while let Some(next) = replay.next(&mut bytes).unwrap() {
            played.push((next, bytes.len() - before));
            before = bytes.len();
        }
        (bytes, played)
    }

    #[test]
    fn frames_hold_the_recording_and_are_due_when_it_was_there() {
        let (bytes, played) = frames(&ReplayParams::default());
        let mut assembler = Assembler::new();
        Reader::new(&bytes, Limits::default()).for_each(|item| assembler.take(item));
        let assembled = assembler.finish().unwrap();
        assert_eq!(assembled.recording, recording());
        assert_eq!((assembled.complete, assembled.notices), (true, vec![]));
        assert!(played.is_sorted_by(|a, b| a.0.due_s <= b.0.due_s));
        let kinds: Vec<_> = played.iter().take(4).map(|(played, _)| played.kind).collect();
        // The event on sample 13 goes before the samples 10 to 14 that it falls on.
        assert_eq!(kinds, [Kind::Session, Kind::Event, Kind::Samples, Kind::Samples]);
        assert_eq!((played[0].0.due_s, played[2].0.due_s), (0.1, 0.14));
    }

    #[test]
    fn samples_frames_stay_below_the_bytes_allowed() {
        let (_, played) = frames(&ReplayParams { frame_bytes: 60, ..ReplayParams::default() });
        let samples = played.iter().filter(|(played, _)| played.kind == Kind::Samples);
        let bytes: Vec<_> = samples.map(|(_, bytes)| *bytes).collect();
        // Forty bytes around two samples of two channels; the last frame of each stretch may be shorter.
        assert_eq!((bytes.iter().max(), bytes.len()), (Some(&56), 150 + 51));
    }
}
