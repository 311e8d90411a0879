use super::events::{HEAD_BYTES, TableHead};
use super::header::Header;
use super::warn;
use crate::formats::reader::Source;
use crate::formats::{FormatError, Warning};

/// How far from the end of the file an event table is looked for.
const TAIL_BYTES: u64 = 1 << 20;

/// Where things are.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Whole records that are there.
    pub records: u64,
    /// Byte where the event table starts; `None` where there is none.
    pub events: Option<u64>,
}

/// How many records there are, and where the event table starts.
///
/// The table follows the last record, so its place depends on the number of records. Where that
/// is unknown, or no table starts where it leads, every end of a record near the end of the file
/// is tried: a table is believed where its mode is a known one and its count makes it end with the
/// file. Where there is none, the stated number stands if the file is long enough.
pub(super) fn find(
    source: &mut Source<'_>,
    header: &Header,
    warnings: &mut Vec<Warning>,
) -> Result<Layout, FormatError> {
    let room = source.len.saturating_sub(header.len);
    if header.record_bytes == 0 {
        return Ok(Layout { records: 0, events: (room > 0).then_some(header.len) });
    }
    let stated = u64::try_from(header.records).ok().filter(|&records| records > 0);
    let fits = stated.filter(|&n| n.checked_mul(header.record_bytes).is_some_and(|n| n <= room));
    if let Some(records) = fits {
        let events = header.len + records * header.record_bytes;
        let head = TableHead::parse(header, &source.bytes(events, HEAD_BYTES as u64)?);
        if head.is_some() {
            return Ok(Layout { records, events: Some(events) });
        }
    }
    let found = from_size(source, header, room, fits.is_none())?;
    if let (Some(records), None) = (fits, found.events) {
        let events = header.len + records * header.record_bytes;
        if events == source.len {
            warn(warnings, "event table", "there is none");
        }
        return Ok(Layout { records, events: (events < source.len).then_some(events) });
    }
    if header.records != 0 || found.records != 0 {
        warn(warnings, "byte 236", explain(source, header, stated, &found));
    }
    Ok(found)
}

fn explain(source: &Source<'_>, header: &Header, stated: Option<u64>, layout: &Layout) -> String {
    let stated = match stated {
        None => "the number of records is not stated".to_owned(),
        Some(records) => format!("{records} records are stated"),
    };
    let found = layout.records;
    let data_end = header.len + found * header.record_bytes;
    match (layout.events, source.len - data_end) {
        (Some(events), _) => {
            format!("{stated}; {found} are there, and an event table at byte {events}")
        }
        (None, 0) => format!("{stated}; {found} are there, and no event table"),
        (None, rest) => format!(
            "{stated}; {found} whole ones are there, then one cut short ({rest} of {} bytes, \
             dropped), and no event table",
            header.record_bytes
        ),
    }
}

/// The number of records and the event table, from the size of the file. An empty table is
/// nothing but eight bytes, which samples can be, too: `may_be_empty` believes in one behind the
/// last whole record.
fn from_size(
    source: &mut Source<'_>,
    header: &Header,
    room: u64,
    may_be_empty: bool,
) -> Result<Layout, FormatError> {
    let tail_start = header.len.max(source.len.saturating_sub(TAIL_BYTES));
    let tail = source.bytes(tail_start, TAIL_BYTES)?;
    let most = room / header.record_bytes;
    for records in (0..=most).rev() {
        let start = header.len + records * header.record_bytes;
        let Some(at) = start.checked_sub(tail_start) else { break };
        let table = tail.get(at as usize..).unwrap_or(&[]);
        let believed = TableHead::parse(header, table).is_some_and(|head| {
            let may_be = head.count > 0 || (may_be_empty && records == most);
            may_be && head.size() == table.len() as u64
        });
        if believed {
            return Ok(Layout { records, events: Some(start) });
        }
    }
    Ok(Layout { records: most, events: None })
}
