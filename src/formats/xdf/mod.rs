//! XDF: streams of any rate, texts and clock offsets, as the recorder of the Lab Streaming Layer
//! writes them.
//!
//! After the [XDF specification](https://github.com/sccn/xdf/wiki/Specifications), version 1.0. Times are those of pyxdf 1.17 with its default
//! settings: clock offsets are fitted between resets of a stream's clock, and streams with a rate
//! are put on straight lines between pauses.
//!
//! | file | idea |
//! |---|---|
//! | `window` | the file's bytes, a block at a time |
//! | `chunk` | the start of a chunk, and how to tell one from other bytes |
//! | `walk` | the samples of a chunk: time stamps and where the values are |
//! | `xml`, `header` | what the header of a stream says |
//! | `raw` | what the chunks hold, before anything is made of it |
//! | `state`, `samples`, `scan` | from chunk to chunk, and around damage |
//! | `stamps` | time stamps that make no sense |
//! | `clock` | clock synchronisation |
//! | `dejitter` | from jittered time stamps to straight lines |
//! | `numbers`, `values` | channels, and their values → planar samples |
//! | `build`, `events`, `metadata`, `assemble` | streams, series, events and metadata of the recording |
//! | `log` | warnings, and not too many |
//!
//! | chunk | tag | what is made of it |
//! |---|---|---|
//! | file header | 1 | metadata; a version other than 1.0 is told, and read as 1.0 |
//! | stream header | 2 | stream, series or events; a second one of the same number changes nothing |
//! | samples | 3 | samples and their time stamps, or events |
//! | clock offset | 4 | from the stream's clock to that of the recorder |
//! | boundary | 5 | nothing in a sound file; a place to go on from after damage |
//! | stream footer | 6 | the number of samples, held against those found; the rest is not needed |
//! | any other | | passed over and told, unless a known chunk starts inside of it |
//!
//! The file is read twice: for chunks and time stamps, then for the values of the wanted channels,
//! which go to where they stay.
//!
//! What is decided here, where the format leaves it open:
//! - Second 0 is the earliest sample of any stream; when that was on the clock of the recorder is in
//!   the metadata (`lsl_time_of_second_0`). A time stamp more than a day before the first stream
//!   doesn't count.
//! - The first stream is that of type EEG with most channels; without one, the one with most. Its
//!   first sample has a position late enough that an event before it has one, too.
//! - A stream's rate is the effective one; the header's is the nominal one. Where its samples lie on
//!   several lines, it has a timeline, and between the lines as many samples are missing as take
//!   that time.
//! - A stream that may drop samples (`can_drop_samples`) keeps its time stamps as they are.
//! - Numbers at no rate become series. Texts, at a rate or not, become events on the clock of the
//!   first stream; each text of a sample is one, and of the texts of several channels empty ones are
//!   none. A series of integers of type Markers becomes events as well. Where there is no stream
//!   with a rate, the positions of events are seconds.
//! - Integers keep their counts where `f32` holds them. What double precision or long integers lose
//!   by rounding is told.
//! - Channels without a label are numbered (`ch1`). Without a unit, nothing is said about volts.
//! - Where bytes make no sense, the next chunk is looked for: a boundary, or a chunk of a known
//!   stream that is whole or followed by others. Of a damaged chunk of samples, those before and
//!   behind the damage are kept. What was lost becomes a gap where times or counts say that anything
//!   was.
//! - A lone time stamp of a stream with a rate, or a lone clock offset, that lies apart while the
//!   ones around it fit together is damaged: the one is put between its neighbours, the other is
//!   left out. pyxdf would keep both.

mod assemble;
mod build;
mod chunk;
mod clock;
mod dejitter;
mod events;
mod header;
mod log;
mod metadata;
mod numbers;
mod raw;
mod samples;
mod scan;
mod stamps;
mod state;
mod values;
mod walk;
mod window;
mod xml;

use super::reader::{Reader, Source};
use super::{Format, FormatError, Opened, Options};
use log::Log;
use window::Window;

/// Name in messages.
const NAME: &str = "XDF";

pub(super) const READER: Reader = Reader { name: NAME, recognises, read };

fn recognises(head: &[u8]) -> bool {
    head.starts_with(scan::MAGIC)
}

fn read(source: &mut Source<'_>, mut options: Options<'_>) -> Result<Opened, FormatError> {
    let mut log = Log::default();
    let mut contents = scan::scan(Window::new(source), &mut options, &mut log)?;
    if contents.streams.is_empty() {
        let found = match log.finish().first() {
            Some(first) => format!("no header of a stream ({first})"),
            None => "no header of a stream".to_owned(),
        };
        let expected = "at least one".to_owned();
        return Err(FormatError::Malformed { format: NAME, offset: 4, found, expected });
    }
    for (place, raw) in contents.streams.iter_mut().enumerate() {
        clock::drop_surplus(raw, &mut log);
        clock::drop_damaged(raw, &mut log);
        stamps::repair(raw, place, &contents.runs, &mut log);
        clock::synchronise(raw, &mut log);
    }
    let numbers = numbers::read(Window::new(source), &contents, &mut options, &mut log)?;
    let recording = assemble::recording(&contents, numbers, &mut log)?;
    Ok(Opened { recording, codebook: None, format: Format::Xdf, warnings: log.finish() })
}
