//! EDF, EDF+, BDF and BDF+: the European data format and its 24-bit sister of BioSemi.
//!
//! After B. Kemp et al., *A simple format for exchange of digitized polygraphic recordings*
//! (Electroencephalogr. Clin. Neurophysiol. 82, 1992, 391–393), B. Kemp and J. Olivan, *European
//! data format 'plus' (EDF+), an EDF alike standard format for the exchange of physiological data*
//! (Clin. Neurophysiol. 114, 2003, 1755–1761), and BioSemi's description of its files.
//!
//! | file | idea |
//! |---|---|
//! | `number` | numbers as header fields hold them |
//! | `header` | the fixed header |
//! | `channels` | the channels' headers |
//! | `layout` | width of samples, where the records start, how many there are |
//! | `scaling` | counts → samples |
//! | `data` | the records → samples, annotations, trigger lines, block by block |
//! | `tal` | time-stamped annotation lists |
//! | `status` | trigger lines and state of a BioSemi amplifier |
//! | `clock` | times of records → gaps |
//! | `events` | annotations and trigger lines → events |
//! | `identity` | who, what and when → metadata |
//! | `date` | start dates and times |
//! | `write` | recordings → EDF+ and BDF+ |
//!
//! What is decided here, where the format leaves it open or writers don't keep to it:
//! - Channels of one rate are a stream. The channel `Status` of a 24-bit file is a stream of its
//!   own, of that name and without unit, and holds its counts as they are.
//! - Times count from the first sample, as in MNE, pyEDFlib and edfio: what the first time stamp
//!   says is taken from all others and added to the start time.
//! - Time stamps make gaps in files of the discontinuous kinds (`EDF+D`, `BDF+D`) only. MNE and
//!   edfio close the gaps, so that their samples come earlier than their annotations say.
//! - An event stands where the trigger lines (bits 0 to 15 of `Status`) change to something but
//!   zero. MNE's `find_events` leaves out changes to a lower value unless `consecutive=True`, and
//!   takes bit 16 for a line, too. The value at the very start is no event.
//! - Samples under an annotation `BAD_ACQ_SKIP`, which MNE writes where it fills up a record, were
//!   never recorded and become a gap.
//! - Where a scaling is undefined (an empty range), samples stay counts, with the unit `count`.
//! - Labels are kept as written, prefixes such as `EEG` included; several that are the same get
//!   running numbers, as in MNE.
//! - The number of records follows from the file's length, as in MNE and edfio.
//! - Of the patient, code and sex are kept; date of birth and name are not.

mod channels;
mod clock;
mod data;
mod date;
mod events;
mod header;
mod identity;
mod layout;
mod number;
mod scaling;
mod status;
mod streams;
mod tal;
mod write;

use std::ops::Range;

use super::reader::{Reader, Source};
use super::window::Window;
use super::{Format, FormatError, Opened, Options, Warning};
use crate::signal::{Recording, Segment};
use channels::Kind;
use clock::Clock;
use data::Group;
use events::Setting;
use header::Header;

pub(super) use write::{BDF_WRITER, EDF_WRITER};

/// Name in messages.
const NAME: &str = "EDF";

pub(super) const READER: Reader = Reader { name: "EDF and BDF", recognises, read };

fn recognises(head: &[u8]) -> bool {
    if head.starts_with(b"\xffBIOSEMI") {
        return true;
    }
    let version = head.get(..8).and_then(|version| version.split_first());
    let is_zero = version.is_some_and(|(first, rest)| {
        *first == b'0' && rest.iter().all(|&byte| byte == b' ' || byte == 0)
    });
    // A text may start like this, too; a header has numbers where they belong.
    let number = |at: usize, width: usize| head.get(at..at + width).and_then(number::parse_count);
    is_zero && (head.len() < 256 || number(252, 4).is_some() || number(184, 8).is_some())
}

fn read(source: &mut Source<'_>, mut options: Options<'_>) -> Result<Opened, FormatError> {
    let mut warnings = Vec::new();
    let (header, bytes) = header::read(source, &mut warnings)?;
    let len = source.len;
    let in_record = || layout::samples_in_record(&header, len);
    let mut channels = channels::read(&bytes, &header, in_record, &mut warnings)?;
    channels::make_unique(&mut channels, &mut warnings);
    let layout = layout::find(source, &header, &channels, &mut warnings)?;
    let streams::Picked { groups, scalings } =
        streams::pick(&channels, layout.width, &options, &mut warnings)?;
    let record_s = record_s(&header, &groups, &mut warnings);
    let fastest = groups.iter().map(|group| group.samples_per_record).max();
    let first = groups.first().map(|group| group.samples_per_record);
    let clock_of = |onsets| Clock::new(onsets, header.is_discontinuous(), layout.records, record_s);
    // Where the records of a part lie is known from the annotations only, which may be anywhere.
    let part = match options.window() {
        Some(window) => {
            let mut tals = data::read_lists(source, &layout, &channels)?;
            let clock = clock_of(std::mem::take(&mut tals.onsets));
            Some((records_in(&window, &clock, &groups), tals, clock))
        }
        None => None,
    };
    let records = part.as_ref().map_or(0..layout.records, |(records, ..)| records.clone());
    let mut content =
        data::read(source, &layout, &channels, &scalings, groups, &records, &mut options)?;
    let (tals, clock) = match part {
        Some((_, tals, clock)) => (tals, clock),
        None => {
            let mut tals = std::mem::take(&mut content.tals);
            let clock = clock_of(std::mem::take(&mut tals.onsets));
            (tals, clock)
        }
    };
    tals.odd.tell(&mut warnings);
    clock.tell(fastest.unwrap_or(0), &mut warnings);
    let (mut streams, coarse) =
        streams::build(&mut content, &channels, &scalings, &clock, &records)?;
    let dialect = header.dialect();
    if !dialect.is_own() {
        // Samples of ours were `f32` before they were counts.
        coarse.tell(&mut warnings);
    }
    let labels = channels.iter().map(|channel| channel.label.as_str()).collect();
    let end = first.map(|samples| clock.segments(samples).last().map_or(0, Segment::end));
    let setting = Setting::new(clock.start_s, streams.first(), end, labels, dialect);
    let (mut events, skips) = events::of_marks(tals.marks, &setting, &mut warnings);
    let status = channels.iter().find(|channel| channel.kind == Kind::Status);
    if let Some(channel) = status {
        events.extend(events::of_status(&content.status, channel, &clock, &setting));
        content.status.tell(clock.rate_hz(channel.samples_per_record), &mut warnings);
    }
    streams::leave_out(&mut streams, &skips, dialect.is_own(), &mut warnings)?;

    let metadata =
        identity::metadata(&header, &channels, &content.status, clock.start_s, &mut warnings);
    let recording = Recording::new(streams, events).with_metadata(metadata);
    let format = Format::Edf {
        bits: layout.width.bits(),
        is_plus: header.is_plus(),
        is_discontinuous: header.is_discontinuous(),
    };
    Ok(Opened { recording, codebook: None, format, warnings })
}

/// The records with samples in the window, and the one before them, from which trigger lines may
/// change.
fn records_in(window: &Window, clock: &Clock, groups: &[Group]) -> Range<u64> {
    let parts = groups.iter().map(|group| clock.records(group.samples_per_record, window));
    let parts: Vec<Range<u64>> = parts.filter(|part| !part.is_empty()).collect();
    let start = parts.iter().map(|part| part.start).min().unwrap_or(0);
    let end = parts.iter().map(|part| part.end).max().unwrap_or(0);
    start.saturating_sub(1)..end
}

/// Length of a record in seconds. Zero stands for a file of annotations only.
fn record_s(header: &Header, groups: &[Group], warnings: &mut Vec<Warning>) -> f64 {
    if header.record_s > 0.0 {
        return header.record_s;
    }
    if !groups.is_empty() {
        let message = "records are said to last 0 s; 1 s is taken, so the sampling rate is a guess";
        warn(warnings, "byte 244", message);
    }
    1.0
}

fn malformed(offset: u64, found: impl Into<String>, expected: &str) -> FormatError {
    let (found, expected) = (found.into(), expected.to_owned());
    FormatError::Malformed { format: NAME, offset, found, expected }
}

fn warn(warnings: &mut Vec<Warning>, place: impl Into<String>, message: impl Into<String>) {
    warnings.push(Warning::new(place, message));
}
