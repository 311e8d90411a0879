use std::borrow::Cow;

use super::malformed;
use crate::formats::FormatError;
use crate::formats::text::cells::{self, Separator};
use crate::formats::text::note::stated_rate;
use crate::formats::text::time;
use crate::signal::{Channel, Unit};

/// The most columns that are believed.
const MOST_COLUMNS: usize = 1 << 10;
/// Channels of boards, for files that do not say how many there are.
const BOARDS: [usize; 3] = [16, 8, 4];

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Skip,
    Counter,
    /// Place among the channels.
    Channel(usize),
    /// Seconds or milliseconds since 1970.
    Unix,
    /// Time of day, with or without the date.
    Clock,
    Marker,
}

#[derive(Debug)]
pub(super) struct Header {
    pub rate_hz: Option<f64>,
    pub board: Option<String>,
    pub columns: Vec<Column>,
    /// All channels: the first `electrodes` of them are electrodes.
    pub channels: Vec<Channel>,
    pub electrodes: usize,
    /// Whether numbers have commas; cells are then told by the blanks after theirs.
    pub decimal_comma: bool,
    /// Byte and line where the first row starts.
    pub offset: u64,
    pub line: usize,
}

impl Header {
    /// From the start of a file.
    pub(super) fn parse(head: &[u8]) -> Result<Self, FormatError> {
        let mut header = Header {
            rate_hz: None,
            board: None,
            columns: Vec::new(),
            channels: Vec::new(),
            electrodes: 0,
            decimal_comma: false,
            offset: 0,
            line: 1,
        };
        let mut stated = None;
        let mut names: Option<Vec<String>> = None;
        for line in head.split_inclusive(|&byte| byte == b'\n') {
            let text = line.trim_ascii();
            if let Some(note) = text.strip_prefix(b"%") {
                header.note(&cells::text(note), &mut stated);
            } else if text.first().is_some_and(u8::is_ascii_alphabetic) {
                names = Some(Separator::Byte(b',').cells(text).map(cells::text).collect());
            } else if !text.is_empty() {
                header.decimal_comma = has_decimal_comma(text);
                let row = spaced(text, header.decimal_comma);
                header.describe(names.as_deref(), stated, &row)?;
                return Ok(header);
            }
            header.offset += line.len() as u64;
            header.line += 1;
        }
        Err(malformed(header.offset, "no rows", "rows of samples after the header"))
    }

    fn note(&mut self, note: &str, stated: &mut Option<usize>) {
        let Some((key, value)) = note.split_once('=') else { return };
        let (key, value) = (key.trim().to_lowercase(), value.trim());
        match key.as_str() {
            "number of channels" => *stated = value.parse().ok(),
            "board" => {
                let name = value.rsplit('$').next().unwrap_or(value);
                self.board = Some(name.to_owned());
            }
            _ => self.rate_hz = self.rate_hz.or_else(|| stated_rate(note)),
        }
    }

    /// Says what the columns are, by their names or by what the first row looks like.
    fn describe(
        &mut self,
        names: Option<&[String]>,
        stated: Option<usize>,
        row: &[u8],
    ) -> Result<(), FormatError> {
        let separator = Separator::Byte(if self.decimal_comma { b';' } else { b',' });
        let cells: Vec<&[u8]> = separator.cells(row).take(MOST_COLUMNS).collect();
        match names {
            Some(names) => names.iter().take(MOST_COLUMNS).for_each(|name| self.named(name)),
            None => self.unnamed(&cells, stated),
        }
        if self.electrodes == 0 {
            let found = format!("{} columns, none of them of an electrode", self.columns.len());
            return Err(malformed(self.offset, found, "columns \"EXG Channel 0\" and so on"));
        }
        Ok(())
    }

    fn named(&mut self, name: &str) {
        let lower = name.to_lowercase();
        let has = |word: &str| lower.contains(word);
        let column = if lower == "sample index" {
            Column::Counter
        } else if has("exg") || has("eeg") {
            self.electrode(name)
        } else if has("marker") {
            Column::Marker
        } else if has("timestamp") {
            if has("formatted") { Column::Clock } else { Column::Unix }
        } else if has("other") || has("not used") || name.is_empty() {
            Column::Skip
        } else {
            let unit = if has("accel") { "g" } else { "unknown" };
            self.channel(name, Unit::Other(unit.to_owned()))
        };
        self.columns.push(column);
    }

    /// Older files: index, electrodes, other inputs, time of day and, in some, milliseconds since
    /// 1970.
    fn unnamed(&mut self, cells: &[&[u8]], stated: Option<usize>) {
        let is_clock = |cell: &&&[u8]| time::parse(cell).is_some();
        let clock = cells.len() - cells.iter().rev().take_while(|cell| !is_clock(cell)).count();
        let samples = if clock == 0 { cells.len() } else { clock - 1 };
        let inputs = samples.saturating_sub(1);
        let guess = BOARDS.into_iter().find(|board| *board <= inputs).unwrap_or(inputs);
        let electrodes = stated.filter(|stated| *stated <= inputs).unwrap_or(guess);
        self.columns.push(Column::Counter);
        for place in 0..inputs {
            let column = match place.checked_sub(electrodes) {
                None => self.electrode(&format!("EXG Channel {place}")),
                Some(accel @ 0..3) => {
                    self.channel(&format!("Accel Channel {accel}"), Unit::Other("g".to_owned()))
                }
                Some(_) => Column::Skip,
            };
            self.columns.push(column);
        }
        if clock > 0 {
            self.columns.push(Column::Clock);
            self.columns.extend(cells.get(clock).map(|_| Column::Unix));
        }
    }

    fn electrode(&mut self, name: &str) -> Column {
        // Electrodes come first, in files as here.
        self.electrodes += 1;
        self.channels.insert(self.electrodes - 1, Channel::microvolts(name));
        for column in &mut self.columns {
            if let Column::Channel(place) = column {
                *place += usize::from(*place >= self.electrodes - 1);
            }
        }
        Column::Channel(self.electrodes - 1)
    }

    fn channel(&mut self, name: &str, unit: Unit) -> Column {
        self.channels.push(Channel { label: name.to_owned(), unit, quantization: None });
        Column::Channel(self.channels.len() - 1)
    }
}

/// Whether there are commas between cells' blanks: `0, -18,37, 5,1`.
fn has_decimal_comma(row: &[u8]) -> bool {
    let commas = row.iter().enumerate().filter(|(_, byte)| **byte == b',');
    let is_outer = |&(i, _): &(usize, &u8)| row.get(i + 1).is_none_or(|byte| *byte == b' ');
    let (outer, inner): (Vec<_>, Vec<_>) = commas.partition(is_outer);
    !outer.is_empty() && !inner.is_empty()
}

/// A row whose cells are told by semicolons, where its numbers have commas.
pub(super) fn spaced(row: &[u8], decimal_comma: bool) -> Cow<'_, [u8]> {
    if !decimal_comma {
        return row.into();
    }
    let mut copy = row.to_vec();
    for i in 0..copy.len().saturating_sub(1) {
        if copy.get(i..i + 2) == Some(b", ") {
            copy[i] = b';';
        }
    }
    copy.into()
}

pub(super) fn recognises(head: &[u8]) -> bool {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).starts_with(b"%OpenBCI")
}
