use super::layout::Layout;
use super::roles::{Role, Roles};
use super::{NAME, warn};
use crate::formats::reader::Source;
use crate::formats::text::cells::{self, is_missing};
use crate::formats::text::lines::{LONGEST_BYTES, Lines, Next};
use crate::formats::text::time;
use crate::formats::{FormatError, Options, Warning, decimal};

/// The rows of a table, column by column.
#[derive(Default)]
pub(super) struct Table {
    /// Samples of the wanted channels.
    pub channels: Vec<Vec<f32>>,
    /// One time a sample, in the column's unit; empty without such a column.
    pub times: Vec<f64>,
    /// When the first sample was taken, in microseconds since 1970, where a cell says so.
    pub start_us: Option<i64>,
    /// One count a sample; empty without such a column.
    pub counters: Vec<f64>,
    pub marks: Vec<Mark>,
    /// Samples of each channel that are no numbers, and the line of the first.
    pub missing: Vec<(usize, usize)>,
    /// Rows without a sample or a marker, and the sample before which they are.
    pub blank: Vec<(u64, u64)>,
}

/// A marker that appears, or changes to another.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mark {
    /// Samples before it.
    pub sample: u64,
    /// Samples for which it stays.
    pub len: u64,
    /// Place among the columns of markers.
    pub column: usize,
    /// When it was, where there is no sample with it.
    pub time: Option<f64>,
    pub text: String,
}

/// Rows that are odd: how many, and the line of the first.
#[derive(Default)]
struct Odd {
    short_rows: (usize, usize),
    long_rows: (usize, usize),
}

struct Builder<'a> {
    layout: &'a Layout,
    is_own: bool,
    roles: &'a [Role],
    scales: &'a [f64],
    /// Place among the wanted channels, for each channel.
    kept: &'a [Option<usize>],
    table: Table,
    /// The samples of this row.
    row: Vec<f32>,
    time: f64,
    counter: f64,
    /// What each column of markers holds, and the place of its mark.
    held: Vec<(Vec<u8>, Option<usize>)>,
    odd: Odd,
}

/// Reads all rows. `kept` says for each channel whether it is wanted, and as which.
pub(super) fn read(
    source: &mut Source<'_>,
    layout: &Layout,
    roles: &Roles,
    kept: &[Option<usize>],
    options: &mut Options<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Table, FormatError> {
    let channels = kept.iter().flatten().count();
    let mut builder = Builder {
        layout,
        is_own: roles.is_own,
        roles: &roles.roles,
        scales: &roles.scales,
        kept,
        table: Table {
            channels: vec![Vec::new(); channels],
            missing: vec![(0, 0); channels],
            ..Table::default()
        },
        row: vec![f32::NAN; channels],
        time: f64::NAN,
        counter: f64::NAN,
        held: vec![(Vec::new(), None); roles.markers.len()],
        odd: Odd::default(),
    };
    let mut lines = Lines::from(source, layout.offset, layout.line)?;
    loop {
        let number = lines.number() + 1;
        match lines.next(options)? {
            Next::Line(line) => builder.line(line, number),
            Next::TooLong if builder.table.len() == 0 => {
                let found = format!("a line of more than {LONGEST_BYTES} bytes");
                let expected = "the rows of a table".to_owned();
                let offset = lines.end();
                return Err(FormatError::Malformed { format: NAME, offset, found, expected });
            }
            Next::TooLong => {
                let message = "it is no row of a table, and nothing after it is read";
                warn(warnings, format!("line {number}"), message);
                break;
            }
            Next::End => break,
        }
    }
    builder.odd.tell(warnings);
    Ok(builder.table)
}

impl Table {
    /// Samples so far.
    pub(super) fn len(&self) -> u64 {
        self.channels.first().map_or(0, Vec::len) as u64
    }
}

impl Builder<'_> {
    fn line(&mut self, line: &[u8], number: usize) {
        let is_nothing = matches!(line.trim_ascii_start().first(), None | Some(b'#' | b'%'));
        if is_nothing {
            return;
        }
        self.row.fill(f32::NAN);
        (self.time, self.counter) = (f64::NAN, f64::NAN);
        let marks_before = self.table.marks.len();
        let (mut cells, mut has_sample, mut has_mark) = (0, false, false);
        for cell in self.layout.separator.cells(line) {
            match self.roles.get(cells) {
                Some(Role::Channel(channel)) => has_sample |= self.sample(*channel, cell),
                Some(Role::Marker(column)) => has_mark |= self.mark(*column, cell),
                Some(Role::Time) => self.time = self.time_of(cell),
                Some(Role::Counter) => {
                    self.counter =
                        decimal::parse(cell, self.layout.decimal_comma).unwrap_or(f64::NAN);
                }
                Some(Role::Skip) | None => {}
            }
            cells += 1;
        }
        if cells * 2 < self.layout.columns {
            return count(&mut self.odd.short_rows, number);
        }
        if cells > self.layout.columns {
            count(&mut self.odd.long_rows, number);
        }
        if has_sample {
            self.push(number);
        } else if has_mark {
            let here = self.table.marks.len() - marks_before;
            let time = Some(self.time).filter(|time| time.is_finite());
            self.table.marks.iter_mut().rev().take(here).for_each(|mark| mark.time = time);
        } else {
            self.blank();
        }
    }

    /// Takes a cell of a channel; says whether there is something in it.
    fn sample(&mut self, channel: usize, cell: &[u8]) -> bool {
        // We write what is no number as one.
        let is_there = if self.is_own { !cell.is_empty() } else { !is_missing(cell) };
        let Some(kept) = self.kept.get(channel).copied().flatten() else { return is_there };
        let Some(value) = decimal::parse::<f32>(cell, self.layout.decimal_comma) else {
            return is_there;
        };
        let scale = self.scales.get(channel).copied().unwrap_or(1.0);
        if let Some(sample) = self.row.get_mut(kept) {
            *sample = if scale == 1.0 { value } else { (f64::from(value) * scale) as f32 };
        }
        is_there
    }

    fn time_of(&mut self, cell: &[u8]) -> f64 {
        if let Some(number) = decimal::parse(cell, self.layout.decimal_comma) {
            return number;
        }
        let Some(moment) = time::parse(cell) else { return f64::NAN };
        if self.table.len() == 0 {
            self.table.start_us = moment.micros;
        }
        moment.seconds
    }

    /// Takes a cell of markers; says whether there is one in it.
    fn mark(&mut self, column: usize, cell: &[u8]) -> bool {
        let sample = self.table.len();
        if self.is_own {
            let mark = Mark { sample, len: 1, column, time: None, text: cells::text_as_is(cell) };
            self.table.marks.extend((!cell.is_empty()).then_some(mark));
            return !cell.is_empty();
        }
        let Some((held, place)) = self.held.get_mut(column) else { return false };
        let is_none = cell == b"0"
            || is_missing(cell)
            || decimal::parse::<f64>(cell, self.layout.decimal_comma) == Some(0.0);
        if is_none {
            held.clear();
            *place = None;
            return false;
        }
        if place.is_none() || held.as_slice() != cell {
            held.clear();
            held.extend_from_slice(cell);
            *place = Some(self.table.marks.len());
            let text = cells::text(cell);
            self.table.marks.push(Mark { sample, len: 1, column, time: None, text });
        } else if let Some(mark) = place.and_then(|place| self.table.marks.get_mut(place)) {
            mark.len = sample + 1 - mark.sample;
        }
        true
    }

    fn push(&mut self, number: usize) {
        let columns = self.table.channels.iter_mut().zip(&mut self.table.missing);
        for ((column, missing), sample) in columns.zip(&self.row) {
            column.push(*sample);
            if sample.is_nan() {
                count(missing, number);
            }
        }
        if self.roles.contains(&Role::Time) {
            self.table.times.push(self.time);
        }
        if self.roles.contains(&Role::Counter) {
            self.table.counters.push(self.counter);
        }
    }

    fn blank(&mut self) {
        let sample = self.table.len();
        match self.table.blank.last_mut() {
            Some((last, rows)) if *last == sample => *rows += 1,
            _ => self.table.blank.push((sample, 1)),
        }
    }
}

/// Counts something odd, and keeps the line of the first.
fn count((count, first): &mut (usize, usize), line: usize) {
    if *count == 0 {
        *first = line;
    }
    *count += 1;
}

impl Odd {
    fn tell(&self, warnings: &mut Vec<Warning>) {
        for ((count, first), what) in [
            (self.short_rows, "rows have less than half of the cells; left out"),
            (self.long_rows, "rows have more cells than there are columns; the last are left out"),
        ] {
            if count > 0 {
                warn(warnings, format!("line {first}"), format!("{count} {what}"));
            }
        }
    }
}
