//! What is made of the frames that arrive, wherever they come from.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use evoked::frame::{Content, Frame, FrameError, Item, Kind, Session};
use evoked::online::model::{Model, ModelError};

use super::ListenArgs;
use super::live::Live;
use super::losses::Tally;
use super::record::{Files, Recorder};
use crate::failure::Failure;
use crate::throttled::Throttled;

/// Follows one session after the other.
pub(crate) struct Follower<'a> {
    args: &'a ListenArgs,
    /// The decoder, where it comes from a file.
    model: Option<Model>,
    files: Option<Files>,
    current: Option<Current>,
    /// What came while no session was known.
    before: Tally,
    pub(crate) log: Throttled,
    /// Frames that came whole.
    pub(crate) frames: u64,
    lossy: bool,
}

/// The session that is being followed.
struct Current {
    session: Session,
    tally: Tally,
    recorder: Option<Recorder>,
    live: Option<Live>,
    ended: bool,
}

impl<'a> Follower<'a> {
    pub(crate) fn new(args: &'a ListenArgs) -> Result<Self, Failure> {
        let files = args.record.as_ref().map(|path| Files::new(path, args.force)).transpose()?;
        let model = args.decoder.as_ref().map(|path| load(path)).transpose()?;
        let (before, log) = (Tally::default(), Throttled::default());
        Ok(Self { args, model, files, current: None, before, log, frames: 0, lossy: false })
    }

    /// Whether the session has come to its regular end.
    pub(crate) fn is_complete(&self) -> bool {
        self.current.as_ref().is_some_and(|current| current.ended)
    }

    /// Takes the next item; `arrived` is when its last byte did.
    pub(crate) fn take(&mut self, item: &Item<'_>, arrived: Instant) -> Result<(), Failure> {
        let frame = match item {
            Item::Frame(frame) => frame,
            Item::Notice(notice) => {
                let tally = self.current.as_mut().map_or(&mut self.before, |own| &mut own.tally);
                if let Some(line) = tally.note(notice) {
                    self.log.say(line);
                }
                return Ok(());
            }
        };
        self.frames += 1;
        let content = match frame.content() {
            Ok(content) => content,
            Err(error) => {
                let tally = self.current.as_mut().map_or(&mut self.before, |own| &mut own.tally);
                tally.malformed();
                self.log.say(format_args!("not understood: {error}"));
                return Ok(());
            }
        };
        if let Content::Session(session) = &content
            && self.current.as_ref().is_none_or(|current| current.session.tag != session.tag)
        {
            self.close()?;
            self.open(session)?;
        }
        let Some(current) = &mut self.current else {
            self.before.frames += 1;
            return Ok(());
        };
        current.take(frame, &content, &self.log)?;
        current.print(arrived)
    }

    /// What came at a time has been taken: it is to be safe.
    pub(crate) fn settle(&mut self) -> Result<(), Failure> {
        let recorder = self.current.as_mut().and_then(|current| current.recorder.as_mut());
        recorder.map_or(Ok(()), Recorder::flush)
    }

    /// Nothing more comes. Gives whether anything was lost.
    pub(crate) fn finish(mut self) -> Result<bool, Failure> {
        let nothing = self.current.is_none();
        self.close()?;
        self.log.flush();
        if nothing && self.before != Tally::default() {
            say(format_args!("no session frame came; {}", self.before))?;
        }
        Ok(self.lossy || nothing || !self.before.is_clean())
    }

    fn open(&mut self, session: &Session) -> Result<(), Failure> {
        say(format_args!("session {:04x}: {}", session.tag, describe(session)))?;
        if let Some(problem) = &session.codebook_problem {
            self.log.say(format_args!("the session's codebook is left out: {problem}"));
        }
        let live = match Live::new(self.args, self.model.as_ref(), session) {
            Ok(live) => {
                say(live.describe())?;
                Some(live)
            }
            // A recording may be all that is wanted.
            Err(error) if self.files.is_some() => {
                eprintln!("not decoded: {error}");
                None
            }
            Err(error) => return Err(error),
        };
        let recorder = self.files.as_mut().map(|files| files.next(session)).transpose()?;
        let (session, tally) = (session.clone(), Tally::default());
        self.current = Some(Current { session, tally, recorder, live, ended: false });
        Ok(())
    }

    /// The session is over, one way or the other.
    fn close(&mut self) -> Result<(), Failure> {
        let Some(mut current) = self.current.take() else { return Ok(()) };
        if let Some(live) = &mut current.live {
            live.end();
        }
        current.print(Instant::now())?;
        let end = if current.ended { "complete" } else { "broken off, without an end" };
        say(format_args!("session {:04x} {end}: {}", current.session.tag, current.tally))?;
        self.lossy |= !(current.ended && current.tally.is_clean());
        match current.recorder {
            // A file without an end says that the session has none.
            Some(mut recorder) if !current.ended => recorder.flush(),
            Some(recorder) => recorder.finish(),
            None => Ok(()),
        }
    }
}

impl Current {
    fn take(
        &mut self,
        frame: &Frame<'_>,
        content: &Content<'_>,
        log: &Throttled,
    ) -> Result<(), Failure> {
        let header = &frame.header;
        if let Err(error) = self.check(frame, content) {
            self.tally.malformed();
            log.say(format_args!("not understood: {error}"));
            return Ok(());
        }
        self.tally.frames += 1;
        if let Some(recorder) = &mut self.recorder {
            recorder.take(frame)?;
        }
        match content {
            Content::Samples(view) => {
                self.tally.samples(header);
                if let Some(live) = &mut self.live
                    && let Err(error) = live.samples(header.stream, header.sample, view)
                {
                    log.say(format_args!("samples from {} on: {error}", header.sample));
                }
            }
            Content::Events(view) => {
                self.tally.events += view.len() as u64;
                if let Some(live) = &mut self.live {
                    live.events(&self.session, header.stream, view);
                }
            }
            Content::End(_) => self.ended = true,
            _ => {}
        }
        Ok(())
    }

    /// Whether a frame fits the session.
    fn check(&self, frame: &Frame<'_>, content: &Content<'_>) -> Result<(), FrameError> {
        let header = &frame.header;
        let of_session = matches!(header.kind, Kind::Session | Kind::Index | Kind::End);
        if of_session || matches!(header.kind, Kind::Unknown(_)) && header.stream == 0 {
            return Ok(());
        }
        let expected = self.session.stream(header.stream)?.channels.len();
        match content {
            Content::Samples(view) if view.channels() != expected => {
                let (what, found) = ("channels of a samples frame", view.channels());
                Err(FrameError::Shape { what, found, expected })
            }
            _ => Ok(()),
        }
    }

    fn print(&mut self, arrived: Instant) -> Result<(), Failure> {
        let Some(live) = &mut self.live else { return Ok(()) };
        while let Some(line) = live.next_line(arrived) {
            say(line)?;
        }
        Ok(())
    }
}

/// A decoder from a file.
fn load(path: &Path) -> Result<Model, Failure> {
    Model::load(path).map_err(|error| match error {
        ModelError::Read { .. } => Failure::from(error),
        _ => Failure::from(error).in_file(path),
    })
}

fn describe(session: &Session) -> String {
    let stream = |info: &evoked::frame::StreamInfo| {
        format!("{} ({} channels at {} Hz)", info.name, info.channels.len(), info.rate_hz)
    };
    match session.streams.as_slice() {
        [] => "no streams".to_owned(),
        streams => streams.iter().map(stream).collect::<Vec<_>>().join(", "),
    }
}

fn say(line: impl std::fmt::Display) -> Result<(), Failure> {
    Ok(writeln!(std::io::stdout().lock(), "{line}")?)
}
