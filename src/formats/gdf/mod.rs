//! GDF 1.x and 2.x: the general data format for biosignals.
//!
//! After A. Schlögl, *GDF: a general data format for biosignals* (arXiv cs/0608052) for 2.x and the
//! technical report on version 1.25 for 1.x; where BioSig and MNE agree on more, as they do.
//!
//! | file | idea |
//! |---|---|
//! | `header` | the fixed header and the channels' headers |
//! | `tags` | the optional third header: names of events, the device |
//! | `layout` | how many records there are and where the event table starts |
//! | `sample` | sample types and their conversion |
//! | `data` | the records → samples, block by block |
//! | `events` | the event table |
//! | `codes` | names of event codes |
//! | `date` | start times |
//!
//! What is decided here, where the format leaves it open:
//! - Floating-point samples are scaled by the header's ranges like integers, as BioSig and MNE do.
//!   OpenViBE writes rounded digital ranges with them, so a channel's gain can be off by percents.
//! - Where a scaling is undefined (an empty or infinite range), integers stay counts, with the unit
//!   `count`, and floating-point samples stay as they are.
//! - Event positions count from 1 on the event table's own rate, and are moved to the clock of the
//!   first stream. Events past the end are kept. Which channel an event belongs to is not kept.
//! - Sparse channels (no samples a record, values in the event table) are left out.

mod codes;
mod data;
mod date;
mod events;
mod header;
mod layout;
mod sample;
mod tags;

use std::collections::BTreeMap;

use super::reader::{Reader, Source};
use super::{Format, FormatError, Opened, Options, Warning};
use crate::signal::Recording;
use header::Header;

/// Name in messages.
const NAME: &str = "GDF";

pub(super) const READER: Reader = Reader { name: "GDF", recognises, read };

fn recognises(head: &[u8]) -> bool {
    head.starts_with(b"GDF ")
}

fn read(source: &mut Source<'_>, mut options: Options<'_>) -> Result<Opened, FormatError> {
    let mut warnings = Vec::new();
    let (header, bytes) = header::read(source, &mut warnings)?;
    let tags = tags::read(source, &header, &bytes, &mut warnings)?;
    let layout = layout::find(source, &header, &mut warnings)?;
    let (streams, end) = data::read(source, &header, &layout, &mut options, &mut warnings)?;
    let events =
        events::read(source, &header, layout.events, &tags, (&streams, end), &mut warnings)?;
    let recording = Recording::new(streams, events).with_metadata(metadata(&header, tags.device));
    let (major, minor) = (header.version / 100, header.version % 100);
    let format = Format::Gdf { major: major as u8, minor: minor as u8 };
    Ok(Opened { recording, codebook: None, format, warnings })
}

fn metadata(header: &Header, device: Option<String>) -> BTreeMap<String, String> {
    let known = [
        ("subject", header.subject.clone()),
        ("recording_id", header.recording_id.clone()),
        ("start_time", header.start_time.clone()),
        ("device", device),
    ];
    known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn warn(warnings: &mut Vec<Warning>, place: impl Into<String>, message: impl Into<String>) {
    warnings.push(Warning::new(place, message));
}
