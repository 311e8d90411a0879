use std::fmt;
use std::io;

/// Why the program stops: one line that says what to do.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    kind: Kind,
}

/// What somebody may do about a failure but tell of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    BrokenPipe,
    NoRecording,
    Other,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), kind: Kind::Other }
    }

    /// The same, said of this file.
    pub(crate) fn in_file(self, path: &std::path::Path) -> Self {
        Self { message: format!("{}: {}", path.display(), self.message), ..self }
    }

    pub(crate) fn is_broken_pipe(&self) -> bool {
        self.kind == Kind::BrokenPipe
    }

    /// The same, since the file is none of the formats that are known.
    pub(crate) fn no_recording(self) -> Self {
        Self { kind: Kind::NoRecording, ..self }
    }

    pub(crate) fn is_no_recording(&self) -> bool {
        self.kind == Kind::NoRecording
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let broken = error.kind() == io::ErrorKind::BrokenPipe;
        let kind = if broken { Kind::BrokenPipe } else { Kind::Other };
        Self { message: error.to_string(), kind }
    }
}

macro_rules! from_library {
    ($($error:ty),*) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::new(error.to_string())
            }
        })*
    };
}

from_library!(
    evoked::decode::DecodeError,
    evoked::evaluate::EvaluateError,
    evoked::formats::FormatError,
    evoked::frame::FileError,
    evoked::frame::FrameError,
    evoked::online::model::ModelError,
    evoked::signal::SignalError,
    evoked::simulate::SimulateError,
    evoked::stimulus::StimulusError,
    serde_json::Error
);
