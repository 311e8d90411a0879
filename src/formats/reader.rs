use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::window::Window;
use super::{FormatError, memory};
use crate::signal::{Channel, Recording, SignalError};
use crate::stimulus::Codebook;

/// What is told while samples are read: bytes done and bytes in all.
type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// How to read a file.
///
/// ```
/// use evoked::formats::Options;
/// let mut report = |done: u64, total: u64| eprintln!("{done} of {total} bytes");
/// let options = Options::default().channels(["Oz", "O1"]).progress(&mut report);
/// # drop(options);
/// ```
#[derive(Default)]
#[non_exhaustive]
pub struct Options<'a> {
    /// Only these channels are decoded and stored, in the order of the file; case matters not
    /// where no label matches exactly. `None` for all.
    pub channels: Option<Vec<String>>,
    /// Samples a second, where the file does not say; where it does, this is what counts.
    pub rate_hz: Option<f64>,
    /// Only samples and events from this time on, in seconds of the recording: `None` for the start.
    pub from_s: Option<f64>,
    /// Only samples and events before this time, in seconds of the recording: `None` for the end.
    pub to_s: Option<f64>,
    /// Told now and then: bytes of samples read, and bytes of samples in all.
    pub progress: Option<Progress<'a>>,
}

impl<'a> Options<'a> {
    /// Reads these channels only.
    pub fn channels<S: Into<String>>(mut self, labels: impl IntoIterator<Item = S>) -> Self {
        self.channels = Some(labels.into_iter().map(Into::into).collect());
        self
    }

    /// Takes the samples for so many a second, whatever the file says. Formats that always state
    /// their rate do not ask.
    pub fn rate_hz(mut self, rate_hz: f64) -> Self {
        self.rate_hz = Some(rate_hz);
        self
    }

    /// Reads what lies in this part of the recording's time only, from its first second to before
    /// its last one.
    ///
    /// Times stay what they are in the whole recording: samples keep their positions, so that the
    /// first one read need not lie at position zero, and events their onsets. An event that starts
    /// before the part is not in it. EDF, BDF, GDF and BrainVision files are read there only, so
    /// that one that is larger than the memory can be read part by part; others are read whole and
    /// cut.
    ///
    /// ```no_run
    /// use evoked::formats::{Options, open_with};
    /// let minute = Options::default().channels(["Oz"]).between(60.0, 120.0);
    /// let opened = open_with("night.edf", minute)?;
    /// assert_eq!(opened.recording.streams()[0].samples().start(), 60 * 256);
    /// # Ok::<(), evoked::formats::FormatError>(())
    /// ```
    pub fn between(mut self, from_s: f64, to_s: f64) -> Self {
        (self.from_s, self.to_s) = (Some(from_s), Some(to_s));
        self
    }

    /// The part of the time that is wanted, where that is not all.
    pub(super) fn window(&self) -> Option<Window> {
        let window = Window {
            from_s: self.from_s.unwrap_or(f64::NEG_INFINITY),
            to_s: self.to_s.unwrap_or(f64::INFINITY),
        };
        (self.from_s.is_some() || self.to_s.is_some()).then_some(window)
    }

    /// Tells `report(done, total)` how far the reading is, in bytes.
    pub fn progress(mut self, report: Progress<'a>) -> Self {
        self.progress = Some(report);
        self
    }

    /// Passes on how far the reading is.
    pub(super) fn report(&mut self, done: u64, total: u64) {
        if let Some(progress) = &mut self.progress {
            progress(done, total);
        }
    }

    /// Which of a file's channels are wanted, one answer a channel.
    ///
    /// # Errors
    /// [`SignalError::UnknownChannel`] where one that is asked for is not there.
    pub(super) fn wanted(&self, channels: &[Channel]) -> Result<Vec<bool>, SignalError> {
        let Some(labels) = &self.channels else { return Ok(vec![true; channels.len()]) };
        let mut wanted = vec![false; channels.len()];
        for label in labels {
            let exact = channels.iter().any(|channel| channel.label == *label);
            let mut found = false;
            for (channel, want) in channels.iter().zip(&mut wanted) {
                let loose = !exact && channel.label.eq_ignore_ascii_case(label);
                if channel.label == *label || loose {
                    *want = true;
                    found = true;
                }
            }
            if !found {
                let have = channels.iter().map(|channel| channel.label.clone()).collect();
                return Err(SignalError::UnknownChannel { wanted: label.clone(), have });
            }
        }
        Ok(wanted)
    }
}

impl fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("channels", &self.channels)
            .field("rate_hz", &self.rate_hz)
            .field("from_s", &self.from_s)
            .field("to_s", &self.to_s)
            .field("progress", &self.progress.is_some())
            .finish()
    }
}

/// A file's content.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// Streams, events and metadata.
    pub recording: Recording,
    /// The targets, where the format has a place for them.
    pub codebook: Option<Codebook>,
    /// What the file is.
    pub format: Format,
    /// Everything that was odd, in the order of the file.
    pub warnings: Vec<Warning>,
}

/// A file format that was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Brain Products' data exchange format.
    BrainVision {
        /// First number of the version.
        major: u8,
        /// Second number of the version.
        minor: u8,
    },
    /// A table of numbers as text.
    Csv {
        /// What stands between cells; a blank for any number of blanks.
        separator: char,
    },
    /// European data format, EDF or EDF+, or its 24-bit sister, BDF or BDF+.
    Edf {
        /// Bits of a sample: 16 or 24.
        bits: u8,
        /// Whether it follows the rules of EDF+ or BDF+.
        is_plus: bool,
        /// Whether time may be missing between records.
        is_discontinuous: bool,
    },
    /// General data format for biosignals.
    Gdf {
        /// First number of the version.
        major: u8,
        /// Second number of the version, in hundredths.
        minor: u8,
    },
    /// MATLAB, version 5 to 7.
    Matlab,
    /// Arrays of NumPy.
    Numpy {
        /// Whether there are several in an archive.
        archive: bool,
    },
    /// Text files of the OpenBCI GUI.
    OpenBci,
    /// Our own frames.
    Vep {
        /// Major version.
        version: u8,
    },
    /// Extensible data format, as the Lab Streaming Layer records it.
    Xdf,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Format::BrainVision { major, minor } => write!(f, "BrainVision {major}.{minor}"),
            Format::Csv { separator: ',' } => f.write_str("CSV"),
            Format::Csv { separator: '\t' } => f.write_str("TSV"),
            Format::Csv { separator: ' ' } => f.write_str("text table"),
            Format::Csv { separator } => write!(f, "CSV with {separator:?}"),
            Format::Edf { bits, is_plus, is_discontinuous } => {
                let name = if *bits == 24 { "BDF" } else { "EDF" };
                let kind = match (is_plus, is_discontinuous) {
                    (false, _) => "",
                    (true, false) => "+C",
                    (true, true) => "+D",
                };
                write!(f, "{name}{kind}")
            }
            Format::Gdf { major, minor } => write!(f, "GDF {major}.{minor:02}"),
            Format::Matlab => f.write_str("MATLAB v5"),
            Format::Numpy { archive: false } => f.write_str("NPY"),
            Format::Numpy { archive: true } => f.write_str("NPZ"),
            Format::OpenBci => f.write_str("OpenBCI text"),
            Format::Vep { version } => write!(f, "VEP frames, version {version}"),
            Format::Xdf => write!(f, "XDF 1.0"),
        }
    }
}

/// Something odd in a file that did not keep it from being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Where: a byte offset, a channel, a record, a table.
    pub place: String,
    /// What is odd, and what was done about it.
    pub message: String,
}

impl Warning {
    pub(super) fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Bytes that can be read from any place.
pub(super) trait Input: Read + Seek {}

impl<T: Read + Seek> Input for T {}

/// A file that is being read.
pub(super) struct Source<'a> {
    /// The bytes.
    pub input: &'a mut dyn Input,
    /// How many there are.
    pub len: u64,
    /// Where the file lies, for formats of several files.
    pub path: Option<&'a Path>,
}

impl Source<'_> {
    /// At most `most` bytes from `offset` on: fewer where the file ends before.
    pub(super) fn bytes(&mut self, offset: u64, most: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        memory::room_for_bytes(most.min(self.len.saturating_sub(offset)))?;
        self.input.seek(SeekFrom::Start(offset))?;
        (&mut *self.input).take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// One format: how to recognise it and how to read it.
pub(super) struct Reader {
    /// Name for messages.
    pub name: &'static str,
    /// Whether a file that starts with these bytes is one.
    pub recognises: fn(&[u8]) -> bool,
    /// Reads the file.
    pub read: fn(&mut Source<'_>, Options<'_>) -> Result<Opened, FormatError>,
}
