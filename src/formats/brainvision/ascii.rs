//! Samples as text: a line a point in time (multiplexed) or a line a channel (vectorized).

use std::io::{Read, SeekFrom};

use super::data::Row;
use super::header::{Header, Orientation, malformed};
use super::warn;
use crate::formats::reader::Source;
use crate::formats::{FormatError, Options, Warning, decimal};

/// Bytes read at a time.
const BLOCK_BYTES: u64 = 1 << 20;

/// The wanted channels, each with all its samples.
pub(super) struct Columns {
    pub rows: Vec<Row>,
    pub values: Vec<Vec<f32>>,
}

/// Reads the wanted channels.
pub(super) fn read(
    source: &mut Source<'_>,
    header: &Header,
    rows: Vec<Row>,
    options: &mut Options<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Columns, FormatError> {
    let mut table = Table {
        header,
        by_channel: header.orientation == Orientation::Vectorized,
        row_of: vec![None; header.channels.len()],
        columns: Columns { values: rows.iter().map(|_| Vec::new()).collect(), rows },
        line: 0,
        data_lines: 0,
        words: 0,
        label_words: 0,
        values: 0,
        odd: Odd::default(),
    };
    for (place, row) in table.columns.rows.iter().enumerate() {
        if let Some(slot) = table.row_of.get_mut(row.index) {
            *slot = Some(place);
        }
    }
    words(source, header.ascii.decimal_comma, options, |word| table.take(word))?;
    table.take(Word::LineEnd);
    Ok(table.finish(header.points, warnings))
}

/// A piece of a text.
enum Word<'a> {
    Text(&'a [u8]),
    LineEnd,
}

/// Cuts the file into words, a block at a time.
fn words(
    source: &mut Source<'_>,
    decimal_comma: bool,
    options: &mut Options<'_>,
    mut each: impl FnMut(Word<'_>),
) -> Result<(), FormatError> {
    let is_blank = |byte: u8| {
        matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b';') || (byte == b',' && !decimal_comma)
    };
    source.input.seek(SeekFrom::Start(0))?;
    let (mut block, mut done) = (Vec::new(), 0);
    loop {
        // What is left of the block before is the start of a word.
        let kept = block.len();
        if kept as u64 > BLOCK_BYTES {
            let found = format!("a word of more than {BLOCK_BYTES} bytes in the data file");
            return Err(malformed(done, found, "numbers"));
        }
        let read = (&mut *source.input).take(BLOCK_BYTES).read_to_end(&mut block)?;
        let end = match block.iter().rposition(|&byte| is_blank(byte)) {
            _ if read == 0 => block.len(),
            Some(last) => last + 1,
            None => 0,
        };
        let (whole, _) = block.split_at(end);
        for line in whole.split_inclusive(|&byte| byte == b'\n') {
            let texts = line.split(|&byte| is_blank(byte)).filter(|text| !text.is_empty());
            texts.for_each(|text| each(Word::Text(text)));
            if line.ends_with(b"\n") {
                each(Word::LineEnd);
            }
        }
        block.drain(..end);
        done += read as u64;
        options.report(done, source.len);
        if read == 0 {
            return Ok(());
        }
    }
}

/// What has been read so far.
struct Table<'a> {
    header: &'a Header,
    /// Whether a line is a channel and not a point in time.
    by_channel: bool,
    /// Place among the wanted channels, for each channel of the file.
    row_of: Vec<Option<usize>>,
    columns: Columns,
    /// Lines before this one.
    line: usize,
    /// Lines before this one that hold samples.
    data_lines: usize,
    /// Words, words of the label and samples of this line.
    words: usize,
    label_words: usize,
    values: usize,
    odd: Odd,
}

/// Lines and words that are odd.
#[derive(Default)]
struct Odd {
    /// Words that are no numbers.
    words: usize,
    first_word: usize,
    /// Lines without a number for each channel.
    lines: usize,
    first_line: usize,
    /// Samples in too many.
    surplus: usize,
}

impl Table<'_> {
    fn take(&mut self, word: Word<'_>) {
        match word {
            Word::Text(_) if self.line < self.header.ascii.skip_lines => {}
            Word::Text(text) => {
                let is_label = self.is_label(text);
                if !is_label && self.words >= self.header.ascii.skip_columns {
                    self.number(text);
                }
                self.words += 1;
            }
            Word::LineEnd => self.line_end(),
        }
    }

    /// Whether a word is part of the channel's label at the start of its line.
    fn is_label(&mut self, text: &[u8]) -> bool {
        if !self.by_channel || self.label_words < self.words {
            return false;
        }
        let channel = self.header.channels.get(self.data_lines);
        let word = channel.and_then(|channel| channel.label.split_whitespace().nth(self.words));
        // A number that comes first is a sample, unless a label is promised.
        let may_be = self.words > 0 || self.header.ascii.skip_columns > 0;
        let is_label = word.is_some_and(|word| {
            word.as_bytes() == text && (may_be || decimal::parse::<f64>(text, true).is_none())
        });
        self.label_words += usize::from(is_label);
        is_label
    }

    fn number(&mut self, text: &[u8]) {
        let value = decimal::parse::<f64>(text, self.header.ascii.decimal_comma);
        // A label that is another than the header's.
        if self.by_channel && self.values == 0 && value.is_none() {
            return;
        }
        if value.is_none() {
            self.odd.words += 1;
            if self.odd.words == 1 {
                self.odd.first_word = self.line + 1;
            }
        }
        let channel = if self.by_channel { self.data_lines } else { self.values };
        self.values += 1;
        let Some(row) = self.row_of.get(channel).copied() else {
            self.odd.surplus += 1;
            return;
        };
        let Some(row) = row else { return };
        let (Some(row), Some(column)) =
            (self.columns.rows.get(row), self.columns.values.get_mut(row))
        else {
            return;
        };
        column.push(value.map_or(f32::NAN, |value| (value * row.scale) as f32));
    }

    fn line_end(&mut self) {
        if self.values > 0 && !self.by_channel && self.values < self.header.channels.len() {
            self.complete();
        }
        self.data_lines += usize::from(self.values > 0);
        self.line += 1;
        (self.words, self.label_words, self.values) = (0, 0, 0);
    }

    /// A line without a number for each channel: the others are not numbers, or, where most are
    /// missing, it is none at all.
    fn complete(&mut self) {
        self.odd.lines += 1;
        if self.odd.lines == 1 {
            self.odd.first_line = self.line + 1;
        }
        let keep = self.values * 2 >= self.header.channels.len();
        for (row, column) in self.columns.rows.iter().zip(&mut self.columns.values) {
            match (row.index < self.values, keep) {
                (false, true) => column.push(f32::NAN),
                (true, false) => drop(column.pop()),
                _ => {}
            }
        }
    }

    fn finish(mut self, points: Option<u64>, warnings: &mut Vec<Warning>) -> Columns {
        let Odd { words, first_word, lines, first_line, surplus } = self.odd;
        if words > 0 {
            let message = format!("{words} words are no numbers; NaN stands for them");
            warn(warnings, format!("data file, line {first_word}"), message);
        }
        if lines > 0 {
            let message = format!(
                "{lines} lines have fewer numbers than there are channels; NaN stands for missing \
                 ones, and lines with less than half are left out"
            );
            warn(warnings, format!("data file, line {first_line}"), message);
        }
        if surplus > 0 {
            let message = format!("{surplus} numbers belong to no channel; left out");
            warn(warnings, "data file", message);
        }
        let len = self.columns.values.iter().map(Vec::len).max().unwrap_or(0);
        if let Some(points) = points.filter(|&points| points != len as u64) {
            warn(warnings, "data file", format!("{points} samples are stated; {len} are there"));
        }
        let before = self.columns.rows.len();
        let mut whole = self.columns.values.iter().map(|values| values.len() == len);
        self.columns.rows.retain(|_| whole.next().unwrap_or(false));
        self.columns.values.retain(|values| values.len() == len);
        let left_out = before - self.columns.rows.len();
        if left_out > 0 {
            let message = format!("{left_out} channels have fewer samples than others; left out");
            warn(warnings, "data file", message);
        }
        self.columns
    }
}

impl Columns {
    pub(super) fn len(&self) -> u64 {
        self.values.first().map_or(0, Vec::len) as u64
    }
}
