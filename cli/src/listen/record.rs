//! What arrives, as files.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use evoked::frame::{FileWriter, Frame, Gap, GapReason, Kind, Session};

use crate::failure::Failure;
use crate::output::free;

/// How often the session frame is written again.
const SESSION_EVERY: Duration = Duration::from_secs(60);

/// Files of one run, so that a server gone mad can't fill a folder without end.
const MOST_FILES: u32 = 10_000;

/// Names the files of the sessions that follow each other.
pub(crate) struct Files {
    path: PathBuf,
    force: bool,
    sessions: u32,
}

impl Files {
    pub(crate) fn new(path: &Path, force: bool) -> Result<Self, Failure> {
        if path.extension().is_none_or(|extension| !extension.eq_ignore_ascii_case("vep")) {
            let message = format!("{}: VEP frames are written; name it .vep", path.display());
            return Err(Failure::new(message));
        }
        free(path, force)?;
        Ok(Self { path: path.to_owned(), force, sessions: 0 })
    }

    /// The file of the next session.
    pub(crate) fn next(&mut self, session: &Session) -> Result<Recorder, Failure> {
        if self.sessions == MOST_FILES {
            let message = format!("{MOST_FILES} sessions are recorded: another goes to no file");
            return Err(Failure::new(message));
        }
        self.sessions += 1;
        let path = match self.sessions {
            1 => self.path.clone(),
            number => {
                let stem = self.path.file_stem().unwrap_or_default().to_string_lossy();
                self.path.with_file_name(format!("{stem}-{number}.vep"))
            }
        };
        free(&path, self.force)?;
        let named =
            |error: &dyn std::fmt::Display| Failure::new(format!("{}: {error}", path.display()));
        let file = File::create(&path).map_err(|error| named(&error))?;
        let writer = FileWriter::new(BufWriter::new(file), session.clone());
        let writer = writer.map_err(|error| named(&error))?;
        Ok(Recorder { writer, session_at: Instant::now(), had: Vec::new() })
    }
}

/// The file of one session. It is a valid stream whenever the program is stopped.
pub(crate) struct Recorder {
    writer: FileWriter<BufWriter<File>>,
    session_at: Instant,
    /// Streams of which samples were written.
    had: Vec<u16>,
}

impl Recorder {
    /// Writes a frame under a number of its own. What is missing before it becomes a gap.
    pub(crate) fn take(&mut self, frame: &Frame<'_>) -> Result<(), Failure> {
        let (kind, stream) = (frame.header.kind, frame.header.stream);
        match kind {
            // They are this file's own affair.
            Kind::Index | Kind::End => return Ok(()),
            Kind::Session if self.session_at.elapsed() < SESSION_EVERY => return Ok(()),
            Kind::Session => {
                self.session_at = Instant::now();
                return Ok(self.writer.session()?);
            }
            Kind::Samples | Kind::Gap => self.fill(stream, frame.header.sample)?,
            _ => {}
        }
        Ok(self.writer.copy(frame)?)
    }

    /// Samples before `first` that did not arrive: lost on the way, but for those from before this
    /// program listened.
    fn fill(&mut self, stream: u16, first: u64) -> Result<(), Failure> {
        let had = self.had.contains(&stream);
        if !had {
            self.had.push(stream);
        }
        let next = self.writer.next_sample(stream).unwrap_or(first);
        if next < first {
            let reason = if had { GapReason::Transport } else { GapReason::Unknown };
            self.writer.gap(stream, &Gap { first: next, samples: first - next, reason })?;
        }
        Ok(())
    }

    /// Makes sure that what came so far is in the file.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        Ok(self.writer.flush()?)
    }

    /// The session is complete.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        self.writer.finish()?;
        Ok(())
    }
}
