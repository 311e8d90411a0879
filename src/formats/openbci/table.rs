use super::header::{Column, Header, spaced};
use super::warn;
use crate::formats::reader::Source;
use crate::formats::text::cells::Separator;
use crate::formats::text::lines::{Lines, Next};
use crate::formats::text::time::{self, Moment};
use crate::formats::{FormatError, Options, Warning, decimal};

/// Seconds since 1970 are fewer than this; milliseconds are more.
const MOST_UNIX_S: f64 = 1e11;

/// The rows, column by column.
#[derive(Default)]
pub(super) struct Table {
    /// Samples of the wanted channels.
    pub channels: Vec<Vec<f32>>,
    /// Index of each sample, as stored.
    pub index: Vec<f64>,
    /// When each row was written.
    pub times_s: Vec<f64>,
    /// When the first was, in microseconds since 1970.
    pub start_us: Option<i64>,
    /// Samples before each marker, and its number.
    pub marks: Vec<(u64, f64)>,
}

/// What one row holds.
struct Row {
    samples: Vec<f32>,
    index: f64,
    unix: f64,
    clock: Option<Moment>,
    mark: f64,
}

/// Rows and samples that are odd: how many, and the line of the first.
#[derive(Default)]
struct Odd {
    rows: (usize, usize),
    samples: (usize, usize),
}

pub(super) fn read(
    source: &mut Source<'_>,
    header: &Header,
    wanted: &[bool],
    options: &mut Options<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Table, FormatError> {
    let mut kept = 0;
    let places = wanted.iter().map(|want| {
        kept += usize::from(*want);
        want.then(|| kept - 1)
    });
    let places: Vec<Option<usize>> = places.collect();
    let mut table = Table { channels: vec![Vec::new(); kept], ..Table::default() };
    let mut row =
        Row { samples: vec![f32::NAN; kept], index: 0.0, unix: 0.0, clock: None, mark: 0.0 };
    let (mut held, mut odd) = (0.0, Odd::default());
    let mut lines = Lines::from(source, header.offset, header.line)?;
    loop {
        let number = lines.number() + 1;
        match lines.next(options)? {
            Next::Line(line) => {
                if matches!(line.trim_ascii_start().first(), None | Some(b'%')) {
                    continue;
                }
                if row.fill(header, &places, line) {
                    table.push(&row, &mut held);
                    let missing = row.samples.iter().filter(|sample| sample.is_nan()).count();
                    Odd::count(&mut odd.samples, missing, number);
                } else {
                    Odd::count(&mut odd.rows, 1, number);
                }
            }
            Next::TooLong => {
                let message = "it is no row of samples, and nothing after it is read";
                warn(warnings, format!("line {number}"), message);
                break;
            }
            Next::End => break,
        }
    }
    odd.tell(warnings);
    Ok(table)
}

impl Row {
    /// Takes a line; `false` where it ends before its last electrode.
    fn fill(&mut self, header: &Header, places: &[Option<usize>], line: &[u8]) -> bool {
        let comma = header.decimal_comma;
        let line = spaced(line, comma);
        let separator = Separator::Byte(if comma { b';' } else { b',' });
        self.samples.fill(f32::NAN);
        (self.index, self.unix, self.clock, self.mark) = (f64::NAN, f64::NAN, None, 0.0);
        let (mut cells, mut electrodes) = (0, 0);
        for (cell, column) in separator.cells(&line).zip(&header.columns) {
            cells += 1;
            match column {
                Column::Channel(channel) => {
                    electrodes += usize::from(*channel < header.electrodes);
                    let place = places.get(*channel).copied().flatten();
                    if let Some(sample) = place.and_then(|place| self.samples.get_mut(place)) {
                        *sample = decimal::parse(cell, comma).unwrap_or(f32::NAN);
                    }
                }
                Column::Counter => self.index = decimal::parse(cell, comma).unwrap_or(f64::NAN),
                Column::Unix => self.unix = decimal::parse(cell, comma).unwrap_or(f64::NAN),
                Column::Clock => self.clock = time::parse(cell),
                Column::Marker => self.mark = decimal::parse(cell, comma).unwrap_or(0.0),
                Column::Skip => {}
            }
        }
        electrodes == header.electrodes && cells * 2 >= header.columns.len()
    }

    /// When it was written, in seconds since 1970 or since midnight.
    fn time_s(&self) -> f64 {
        if self.unix.is_finite() && self.unix > 0.0 {
            return if self.unix < MOST_UNIX_S { self.unix } else { self.unix / 1e3 };
        }
        self.clock.map_or(f64::NAN, |clock| clock.seconds)
    }
}

impl Table {
    fn push(&mut self, row: &Row, held: &mut f64) {
        let before = self.index.len() as u64;
        if before == 0 {
            let dated = row.clock.and_then(|clock| clock.micros);
            let unix = (row.unix > 0.0).then(|| (row.time_s() * 1e6) as i64);
            self.start_us = dated.or(unix);
        }
        if row.mark != *held && row.mark != 0.0 && row.mark.is_finite() {
            self.marks.push((before, row.mark));
        }
        *held = row.mark;
        for (channel, sample) in self.channels.iter_mut().zip(&row.samples) {
            channel.push(*sample);
        }
        self.index.push(row.index);
        self.times_s.push(row.time_s());
    }
}

impl Odd {
    fn count((count, first): &mut (usize, usize), more: usize, line: usize) {
        if *count == 0 && more > 0 {
            *first = line;
        }
        *count += more;
    }

    fn tell(&self, warnings: &mut Vec<Warning>) {
        for ((count, first), what) in [
            (self.rows, "rows are not whole; left out"),
            (self.samples, "samples are no numbers; NaN stands for them"),
        ] {
            if count > 0 {
                warn(warnings, format!("line {first}"), format!("{count} {what}"));
            }
        }
    }
}
