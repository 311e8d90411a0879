use super::events::TableHead;
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
/// is unknown or larger than the file, every end of a record near the end of the file is tried: a
/// table is believed where its mode is a known one and its count makes it end with the file.
pub(super) fn find(
    source: &mut Source<'_>,
    header: &Header,
    warnings: &mut Vec<Warning>,
) -> Result<Layout, FormatError> {
    let room = source.len.saturating_sub(header.len);
    if header.record_bytes == 0 {
        return Ok(Layout { records: 0, events: (room > 0).then_some(header.len) });
    }
    let stated = u64::try_from(header.records).ok();
    if let Some(records) = stated.filter(|&records| records > 0)
        && let Some(size) = records.checked_mul(header.record_bytes)
        && size <= room
    {
        let events = header.len + size;
        if events == source.len {
            warn(warnings, "event table", "there is none");
        }
        return Ok(Layout { records, events: (events < source.len).then_some(events) });
    }
    let layout = from_size(source, header, room)?;
    if stated != Some(layout.records) {
        warn(warnings, "byte 236", explain(source, header, stated, &layout));
    }
    Ok(layout)
}

fn explain(source: &Source<'_>, header: &Header, stated: Option<u64>, layout: &Layout) -> String {
    let stated = match stated {
        None | Some(0) => "the number of records is not stated".to_owned(),
        Some(records) => format!("{records} records are stated, more than the file holds"),
    };
    let found = layout.records;
    let data_end = header.len + found * header.record_bytes;
    match layout.events {
        Some(offset) => {
            format!("{stated}; {found} are there, and an event table at byte {offset}")
        }
        None => {
            let rest = match source.len - data_end {
                0 => String::new(),
                rest => format!(", the last one cut ({rest} of {} bytes)", header.record_bytes),
            };
            format!("{stated}; {found} whole ones are there{rest}, and no event table")
        }
    }
}

/// The number of records and the event table, from the size of the file.
fn from_size(source: &mut Source<'_>, header: &Header, room: u64) -> Result<Layout, FormatError> {
    let tail_start = header.len.max(source.len.saturating_sub(TAIL_BYTES));
    let tail = source.bytes(tail_start, TAIL_BYTES)?;

    let most = room / header.record_bytes;
    let mut records = most;
    loop {
        let start = header.len + records * header.record_bytes;
        let Some(at) = start.checked_sub(tail_start) else { break };
        let table = tail.get(at as usize..).unwrap_or(&[]);
        let head = TableHead::parse(header, table);
        // An empty table is nothing but eight bytes, which samples can be, too.
        let believed = head.filter(|head| head.count > 0 || records == most);
        if believed.map(|head| head.size()) == Some(table.len() as u64) {
            return Ok(Layout { records, events: Some(start) });
        }
        if records == 0 {
            break;
        }
        records -= 1;
    }
    Ok(Layout { records: most, events: None })
}
