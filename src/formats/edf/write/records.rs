//! Samples → records.

use std::io::{self, Write};

use super::super::layout::Width;
use super::grid::Grid;
use super::header::Signal;
use super::lists::Lists;
use super::tracks::Timeline;
use crate::signal::Segment;

/// A stretch of a record that has samples: where it starts in the record, where its samples are
/// stored, how many there are.
type Piece = (usize, usize, usize);

/// Follows a stream's stored samples from record to record.
struct Cursor {
    segments: Vec<Segment>,
    /// The segment that comes next, and the samples stored before it.
    next: usize,
    before: usize,
    samples: u32,
    /// The pieces of the record at hand.
    pieces: Vec<Piece>,
}

impl Cursor {
    fn step(&mut self, record: u64) {
        let start = record * u64::from(self.samples);
        let end = start + u64::from(self.samples);
        self.pieces.clear();
        while let Some(segment) = self.segments.get(self.next) {
            let (first, last) = (segment.first.max(start), segment.end().min(end));
            if first < last {
                let stored = self.before + (first - segment.first) as usize;
                self.pieces.push(((first - start) as usize, stored, (last - first) as usize));
            }
            if segment.end() > end {
                break;
            }
            self.before += segment.len;
            self.next += 1;
        }
    }
}

/// Writes all records.
pub(super) fn write(
    out: &mut impl Write,
    timeline: &Timeline<'_>,
    grid: &Grid,
    signals: &[Signal],
    lists: &Lists,
    width: Width,
) -> io::Result<()> {
    let mut cursors: Vec<Cursor> = timeline
        .placed
        .iter()
        .map(|placed| Cursor {
            segments: placed.track().segments,
            next: 0,
            before: 0,
            samples: placed.samples,
            pieces: Vec::new(),
        })
        .collect();
    let rows: Vec<&[f32]> = signals
        .iter()
        .map(|signal| {
            let placed = timeline.placed.get(signal.placed);
            placed.map_or(&[][..], |placed| placed.stream.samples().channel(signal.row))
        })
        .collect();
    // What a hole before the first sample is filled with.
    let mut last: Vec<i32> = signals
        .iter()
        .zip(&rows)
        .map(|(signal, row)| {
            let (low, high) = signal.ends.digital;
            let first = row.iter().find_map(|&sample| signal.ends.map.count(sample, (low, high)));
            first.unwrap_or_else(|| 0.clamp(low, high))
        })
        .collect();
    let mut bytes = Vec::new();
    for (record, annotations) in grid.iter().zip(lists.records(grid)) {
        cursors.iter_mut().for_each(|cursor| cursor.step(record));
        bytes.clear();
        for ((signal, row), last) in signals.iter().zip(&rows).zip(&mut last) {
            let Some(cursor) = cursors.get(signal.placed) else { continue };
            put(&mut bytes, signal, row, cursor, last, width);
        }
        bytes.extend(annotations);
        out.write_all(&bytes)?;
    }
    Ok(())
}

/// Adds a channel's part of a record.
fn put(
    bytes: &mut Vec<u8>,
    signal: &Signal,
    row: &[f32],
    cursor: &Cursor,
    last: &mut i32,
    width: Width,
) {
    let range = signal.ends.digital;
    let size = width.bytes() as usize;
    let mut push = |count: i32, times: usize| {
        let count = count.to_le_bytes();
        for _ in 0..times {
            bytes.extend_from_slice(count.get(..size).unwrap_or_default());
        }
    };
    let mut at = 0;
    for &(start, stored, len) in &cursor.pieces {
        push(*last, start - at);
        for &sample in row.get(stored..stored + len).unwrap_or_default() {
            *last = signal.ends.map.count(sample, range).unwrap_or(*last);
            push(*last, 1);
        }
        at = start + len;
    }
    push(*last, (cursor.samples as usize).saturating_sub(at));
}
