//! Events and what was not recorded → the annotation channel's bytes, record by record.

use super::super::events::{OF_CHANNEL, SKIP};
use super::grid::Grid;
use super::text;
use crate::formats::label::{self, Dialect};

/// Bytes of all records together up to which every annotation stands in the record of its time,
/// whatever that costs.
const CHEAP_BYTES: u64 = 1 << 16;
/// Beyond that, the annotation channel may be so many times as long as its texts.
const CHEAP_FACTOR: u64 = 4;

/// A text with its time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Note {
    /// Seconds from the first sample.
    pub onset_s: f64,
    pub duration_s: f64,
    pub text: String,
}

impl Note {
    /// An event. Says whether its label had characters that annotations cannot have.
    pub(super) fn event(
        onset_s: f64,
        duration_s: f64,
        code: u32,
        name: &str,
        dialect: Dialect,
    ) -> (Self, bool) {
        let special = |c: char| ['\0', '\x14', '\x15'].contains(&c);
        let is_special = name.contains(special);
        let plain = if is_special { name.replace(special, " ") } else { name.to_owned() };
        let text = match dialect.write(code, &plain) {
            // So that it is not taken for what it says.
            text if text.starts_with(SKIP) && text == plain => label::bracket(code, &text),
            text => text,
        };
        (Self { onset_s, duration_s, text }, is_special)
    }

    /// Samples that were not recorded, of all channels or of those of one stream.
    pub(super) fn skip(start_s: f64, end_s: f64, channel: Option<&str>) -> Self {
        let text = match channel {
            Some(channel) => format!("{SKIP}{OF_CHANNEL}{channel}"),
            None => SKIP.to_owned(),
        };
        Self { onset_s: start_s, duration_s: end_s - start_s, text }
    }

    /// The list, `offset_s` later.
    fn list(&self, offset_s: f64) -> Vec<u8> {
        let mut list = onset(self.onset_s + offset_s);
        if self.duration_s > 0.0 {
            list.push(0x15);
            list.extend(text::seconds(self.duration_s).into_bytes());
        }
        list.push(0x14);
        list.extend(self.text.as_bytes());
        list.extend(b"\x14\0");
        list
    }
}

/// With its sign.
fn onset(seconds: f64) -> Vec<u8> {
    let text = text::seconds(seconds);
    if text.starts_with('-') { text.into_bytes() } else { format!("+{text}").into_bytes() }
}

/// The annotation channel.
#[derive(Debug)]
pub(super) struct Lists {
    /// Bytes of a record.
    pub bytes: usize,
    /// Bytes besides the time stamp: the place of the record, and the lists.
    notes: Vec<(u64, Vec<u8>)>,
    record_s: f64,
    offset_s: f64,
}

impl Lists {
    /// Gives every note a record of the grid: that of its time, or, where that would make all
    /// records long for the sake of a few, the next that has room.
    pub(super) fn of(
        notes: &[Note],
        grid: &Grid,
        record_s: f64,
        offset_s: f64,
        width: u64,
    ) -> Self {
        let records = grid.len().max(1);
        let last = grid.iter().last().unwrap_or(0);
        let stamps = grid.iter().map(|record| stamp(record, record_s, offset_s).len());
        let stamp = stamps.max().unwrap_or(0);
        let lists = notes.iter().map(|note| {
            let record = (note.onset_s / record_s).floor().clamp(0.0, last as f64) as u64;
            (grid.place(record), note.list(offset_s))
        });
        let mut lists: Vec<(u64, Vec<u8>)> = lists.collect();
        lists.sort_by_key(|(place, _)| *place);
        let total: u64 = lists.iter().map(|(_, list)| list.len() as u64).sum();
        let cheap = (CHEAP_FACTOR * total).max(CHEAP_BYTES);
        let mut longest = fullest(&lists);
        if longest.saturating_mul(records) > cheap {
            longest = spread(&mut lists, records, total);
        }
        let bytes = (stamp as u64 + longest).next_multiple_of(width) as usize;
        Self { bytes, notes: lists, record_s, offset_s }
    }

    /// The bytes of each record of the grid.
    pub(super) fn records<'a>(&'a self, grid: &'a Grid) -> impl Iterator<Item = Vec<u8>> + 'a {
        let mut notes = self.notes.iter().peekable();
        grid.iter().zip(0_u64..).map(move |(record, place)| {
            let mut bytes = stamp(record, self.record_s, self.offset_s);
            while let Some((_, list)) = notes.next_if(|(own, _)| *own == place) {
                bytes.extend(list);
            }
            bytes.resize(self.bytes, 0);
            bytes
        })
    }
}

/// When a record starts, as a list.
fn stamp(record: u64, record_s: f64, offset_s: f64) -> Vec<u8> {
    let mut stamp = onset(record as f64 * record_s + offset_s);
    stamp.extend(b"\x14\x14\0");
    stamp
}

/// Bytes of the record with most of them.
fn fullest(lists: &[(u64, Vec<u8>)]) -> u64 {
    let records = lists.chunk_by(|a, b| a.0 == b.0);
    let sums = records.map(|lists| lists.iter().map(|(_, list)| list.len() as u64).sum());
    sums.max().unwrap_or(0)
}

/// Gives the lists to the records one after the other, each up to its share; gives the bytes that
/// the fullest then has.
fn spread(lists: &mut [(u64, Vec<u8>)], records: u64, total: u64) -> u64 {
    let share = total.div_ceil(records);
    let mut before = 0;
    for (place, list) in lists.iter_mut() {
        *place = (before / share.max(1)).min(records - 1);
        before += list.len() as u64;
    }
    fullest(lists)
}

#[cfg(test)]
mod tests {
    use super::super::grid::Track;
    use super::*;
    use crate::signal::Segment;

    fn grid(segments: &[(u64, usize)]) -> Grid {
        let segments = segments.iter().map(|&(first, len)| Segment { first, len }).collect();
        Grid::of(&[Track { segments, samples: 10 }])
    }

    fn note(onset_s: f64, code: u32, label: &str) -> Note {
        Note::event(onset_s, 0.0, code, label, Dialect::Codes).0
    }

    #[test]
    fn notes_stand_in_the_record_of_their_time() {
        let grid = grid(&[(0, 20), (50, 10)]);
        let notes = [
            note(-0.5, 7, "early"),
            Note { duration_s: 0.25, ..note(1.5, 0, "µ") },
            note(3.0, 0, "in the gap"),
            note(99.0, 5, ""),
        ];
        let lists = Lists::of(&notes, &grid, 1.0, 0.125, 2);
        let records: Vec<Vec<u8>> = lists.records(&grid).collect();
        let trimmed = |bytes: &[u8]| {
            let end = bytes.iter().rposition(|&byte| byte != 0).unwrap_or(0) + 1;
            String::from_utf8(bytes[..end].to_vec()).unwrap()
        };
        assert_eq!(trimmed(&records[0]), "+0.125\x14\x14\0-0.375\x14early [7]\x14");
        let second = "+1.125\x14\x14\0+1.625\x150.25\x14µ\x14\0+3.125\x14in the gap\x14";
        assert_eq!(trimmed(&records[1]), second);
        assert_eq!(trimmed(&records[2]), "+5.125\x14\x14\0+99.125\x145\x14");
        assert!(records.iter().all(|record| record.len() == lists.bytes && record.ends_with(&[0])));
        assert_eq!(lists.bytes % 2, 0);
        // The last stamp is not the longest.
        let lists = Lists::of(&[note(0.5, 0, "x")], &self::grid(&[(0, 30)]), 0.5, 0.0, 2);
        let records: Vec<Vec<u8>> = lists.records(&self::grid(&[(0, 30)])).collect();
        assert!(records[1].starts_with(b"+0.5\x14\x14\0+0.5\x14x\x14\0"), "{records:?}");
    }

    #[test]
    fn one_crowded_record_does_not_make_all_long() {
        let grid = grid(&[(0, 100_000)]);
        let notes: Vec<Note> = (0..5000).map(|i| note(7.0, i, "crowd")).collect();
        let lists = Lists::of(&notes, &grid, 1.0, 0.0, 3);
        assert!(lists.bytes < 60, "{}", lists.bytes);
        let found: usize = lists
            .records(&grid)
            .map(|record| record.split(|&byte| byte == 0).filter(|l| l.len() > 8).count())
            .sum();
        assert_eq!(found, 5000);
    }

    #[test]
    fn labels_that_would_be_taken_for_something_else_are_marked() {
        assert_eq!(note(0.0, 0, SKIP).text, "BAD_ACQ_SKIP [0]");
        assert_eq!(note(0.0, 3, SKIP).text, "BAD_ACQ_SKIP [3]");
        assert_eq!(note(0.0, 0, "BAD_ACQ_SKIP [7]").text, "BAD_ACQ_SKIP [7] [0]");
        assert_eq!(note(0.0, 0, "BAD_ACQ_SKIP@@Oz").text, "BAD_ACQ_SKIP@@Oz [0]");
        let (note, is_special) = Note::event(0.0, 0.0, 0, "a\x14b\0c", Dialect::Codes);
        assert_eq!((note.text.as_str(), is_special), ("a b c", true));
        assert_eq!(Note::skip(1.0, 1.5, Some("Oz")).text, "BAD_ACQ_SKIP@@Oz");
    }
}
