//! Where a table starts in a text file, and how its rows are cut into cells.

use super::MARKER_END;
use crate::formats::decimal;
use crate::formats::text::cells::{self, Separator, is_missing};
use crate::formats::text::note::stated_rate;
use crate::formats::text::time;

/// What cells may be separated by; the first of two that fit as well is taken.
const SEPARATORS: [Separator; 4] =
    [Separator::Byte(b'\t'), Separator::Byte(b';'), Separator::Byte(b','), Separator::Blanks];
/// Rows that are looked at.
const ROWS: usize = 50;
/// The most columns that are believed.
const MOST_COLUMNS: usize = 1 << 13;
/// A table in a text file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    pub separator: Separator,
    pub decimal_comma: bool,
    /// The column's names; empty where there is no line with them.
    pub names: Vec<String>,
    pub columns: usize,
    /// Byte where the first row starts.
    pub offset: u64,
    /// Line where the first row starts, from 1.
    pub line: usize,
    /// The sampling rate that is stated before the table.
    pub rate_hz: Option<f64>,
}

struct Line<'a> {
    offset: u64,
    number: usize,
    text: &'a [u8],
}

/// What a line is with one of the separators.
#[derive(Clone, Copy)]
struct Row {
    cells: usize,
    filled: usize,
    numbers: usize,
    has_comma: bool,
}

struct Candidate {
    separator: Separator,
    /// Place of the first row among the lines.
    first: usize,
    columns: usize,
    /// Share of cells that are numbers, less where rows differ in length.
    quality: f64,
    decimal_comma: bool,
}

impl Layout {
    /// From the start of a file; `None` where it is no table of numbers.
    pub(super) fn find(head: &[u8]) -> Option<Self> {
        let is_text = |byte: &u8| *byte >= b' ' || matches!(byte, b'\t' | b'\r' | b'\n');
        if !head.iter().all(is_text) {
            return None;
        }
        let lines = lines(head);
        if let Some(own) = own(&lines) {
            return Some(own);
        }
        let candidates = SEPARATORS.iter().filter_map(|separator| candidate(*separator, &lines));
        let better = |best: Candidate, next: Candidate| {
            let is_better = (next.quality, next.columns) > (best.quality, best.columns);
            if is_better { next } else { best }
        };
        let found = candidates.reduce(better).filter(|best| best.quality >= 0.5)?;
        let first = lines.get(found.first)?;
        let before = lines.get(..found.first)?;
        let names = before.last().and_then(|line| names(line.text, &found, first.text));
        if names.is_none() && lines.len() < 2 {
            return None;
        }
        let notes = before.iter().map(|line| cells::text(line.text));
        Some(Self {
            separator: found.separator,
            decimal_comma: found.decimal_comma,
            names: names.unwrap_or_default(),
            columns: found.columns,
            offset: first.offset,
            line: first.number,
            rate_hz: notes.filter_map(|note| stated_rate(&note)).next(),
        })
    }

    /// Whether the table is one of ours: they start with times at a stated rate and end with events.
    pub(super) fn is_own(&self) -> bool {
        let first = self.names.first().is_some_and(|name| name.starts_with("Time:"));
        first && self.names.last().is_some_and(|name| name.ends_with(MARKER_END))
    }

    /// The name of a column, or its number where it has none.
    pub(super) fn name(&self, column: usize) -> &str {
        self.names.get(column).map_or("", String::as_str)
    }
}

/// The layout of a table of ours.
fn own(lines: &[Line<'_>]) -> Option<Layout> {
    let (names, first) = (lines.first()?, lines.get(1)?);
    let separator = Separator::Byte(b',');
    let rate_hz = stated_rate(&cells::text(names.text));
    let names: Vec<String> = separator.cells(names.text).map(cells::text).collect();
    let (columns, decimal_comma) = (names.len(), false);
    let (offset, line) = (first.offset, first.number);
    let layout = Layout { separator, decimal_comma, names, columns, offset, line, rate_hz };
    Some(layout).filter(|layout| layout.is_own() && columns <= MOST_COLUMNS)
}

/// The lines that are not blank.
fn lines(head: &[u8]) -> Vec<Line<'_>> {
    let mark = b"\xef\xbb\xbf";
    let mut offset = if head.starts_with(mark) { mark.len() } else { 0 };
    let text = head.get(offset..).unwrap_or(&[]);
    let mut lines = Vec::new();
    for (i, line) in text.split(|&byte| byte == b'\n').enumerate() {
        let at = offset as u64;
        offset += line.len() + 1;
        // The last one may be cut, unless it is the only one.
        let is_cut = offset > head.len() && !lines.is_empty();
        if !line.trim_ascii().is_empty() && !is_cut {
            let text = line.strip_suffix(b"\r").unwrap_or(line);
            lines.push(Line { offset: at, number: i + 1, text });
        }
    }
    lines
}

fn is_comment(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    line.starts_with(b"#") || line.starts_with(b"%") || line.starts_with(b"//")
}

fn candidate(separator: Separator, lines: &[Line<'_>]) -> Option<Candidate> {
    let rows: Vec<Option<Row>> = lines
        .iter()
        .map(|line| (!is_comment(line.text)).then(|| Row::of(line.text, separator)))
        .collect();
    let first = (0..rows.len()).find(|&i| is_first(&rows, i))?;
    let rows: Vec<Row> = rows.into_iter().skip(first).flatten().take(ROWS).collect();
    let columns = rows.first()?.cells;
    let sum = |count: fn(&Row) -> usize| rows.iter().map(count).sum::<usize>() as f64;
    let equal = rows.iter().filter(|row| row.cells == columns).count() as f64 / rows.len() as f64;
    let quality = sum(|row| row.numbers) / sum(|row| row.filled) * equal;
    let decimal_comma = rows.iter().any(|row| row.has_comma);
    // A single column of decimal commas is two columns of whole numbers.
    let believed = (1..=MOST_COLUMNS).contains(&columns) && !(columns == 1 && decimal_comma);
    believed.then_some(Candidate { separator, first, columns, quality, decimal_comma })
}

/// Whether a row of numbers is the first of a table: one like it follows, or names come before it.
fn is_first(rows: &[Option<Row>], i: usize) -> bool {
    let Some(Some(row)) = rows.get(i) else { return false };
    let before = rows.iter().take(i).rev().flatten().next();
    let after = rows.iter().skip(i + 1).flatten().next();
    let has_names = before.is_some_and(|names| names.cells == row.cells && names.is_words());
    let is_alike = |next: &Row| next.cells == row.cells && !next.is_words();
    row.is_data() && (has_names || after.is_none_or(is_alike))
}

impl Row {
    fn of(line: &[u8], separator: Separator) -> Self {
        let mut row = Row { cells: 0, filled: 0, numbers: 0, has_comma: false };
        for cell in separator.cells(line) {
            row.cells += 1;
            row.filled += usize::from(!cell.is_empty());
            if decimal::parse::<f64>(cell, false).is_some() || time::parse(cell).is_some() {
                row.numbers += 1;
            } else if separator != Separator::Byte(b',')
                && decimal::parse::<f64>(cell, true).is_some()
            {
                row.numbers += 1;
                row.has_comma = true;
            }
        }
        row
    }

    /// Whether most cells are words.
    fn is_words(&self) -> bool {
        self.numbers == 0 && self.filled * 2 > self.cells
    }

    fn is_data(&self) -> bool {
        self.numbers > 0 && self.numbers * 2 >= self.filled
    }
}

/// The names in the line before the first row, if it holds names.
fn names(line: &[u8], found: &Candidate, first_row: &[u8]) -> Option<Vec<String>> {
    let mut line = line.trim_ascii_start();
    while is_comment(line) {
        line = line.get(1..)?.trim_ascii_start();
    }
    let mut names: Vec<String> = found.separator.cells(line).map(cells::text).collect();
    while names.len() > found.columns && names.last().is_some_and(String::is_empty) {
        names.pop();
    }
    if names.len() + 1 == found.columns {
        // Rows with a separator after the last cell, or with numbers or names before the first.
        let has_empty_end = found.separator.cells(first_row).last().is_some_and(<[u8]>::is_empty);
        names.insert(if has_empty_end { names.len() } else { 0 }, String::new());
    }
    let is_word = |name: &String| {
        !is_missing(name.as_bytes()) && decimal::parse::<f64>(name.as_bytes(), true).is_none()
    };
    let words = names.iter().filter(|name| is_word(name)).count();
    (names.len() == found.columns && words * 2 >= names.len()).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> (Separator, bool, Vec<String>, usize, usize) {
        let layout = Layout::find(text.as_bytes()).unwrap();
        (layout.separator, layout.decimal_comma, layout.names, layout.columns, layout.line)
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn separators_and_names_are_found() {
        let (comma, tab) = (Separator::Byte(b','), Separator::Byte(b'\t'));
        let semicolon = Separator::Byte(b';');
        for (text, expected) in [
            ("time,Oz\n0,1\n1,2\n", (comma, false, names(&["time", "Oz"]), 2, 2)),
            ("time;Oz\r\n0,1;1,5\r\n0,2;2\r\n", (semicolon, true, names(&["time", "Oz"]), 2, 2)),
            ("time\tOz\n0,1\t1\n", (tab, true, names(&["time", "Oz"]), 2, 2)),
            ("1 2.5\n3 4\n", (Separator::Blanks, false, vec![], 2, 1)),
            ("# t x\n 1  2.5\n 3  4\n", (Separator::Blanks, false, names(&["t", "x"]), 2, 2)),
            ("note\n\nsep=;\nt;\"a;b\"\n1;2\n", (semicolon, false, names(&["t", "a;b"]), 2, 5)),
            ("a,b,c\n0,1,2,3\n1,2,3,4\n", (comma, false, names(&["", "a", "b", "c"]), 4, 2)),
            ("a,b\n1,2,\n3,4,\n", (comma, false, names(&["a", "b", ""]), 3, 2)),
            ("Oz\n1\n2\n", (tab, false, names(&["Oz"]), 1, 2)),
            ("t,Oz,marker\n0,1,go\n1,2,\n", (comma, false, names(&["t", "Oz", "marker"]), 3, 2)),
            ("d,Oz\n2024-01-01 00:00:00.0,1\n", (comma, false, names(&["d", "Oz"]), 2, 2)),
            ("7,subject\nt,Oz\n0,1\n", (comma, false, names(&["t", "Oz"]), 2, 3)),
        ] {
            let (separator, commas, columns, count, line) = found(text);
            if expected.3 > 1 {
                assert_eq!(separator, expected.0, "{text}");
            }
            assert_eq!(
                (commas, columns, count, line),
                (expected.1, expected.2, expected.3, expected.4),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_table_is_not_taken_for_one() {
        for text in [
            "",
            "hello",
            "hello\nworld, 7 times\nand more\n",
            "<a>\n<b x=\"1\">\n",
            "{\"a\": [1, 2]}",
            "a,b\n",
            "3\u{1}4\n",
            "\u{0}1,2\n3,4\n",
            "# 1,2\n# 3,4\n",
            "1",
            "a, b and c, 5\nd\n",
        ] {
            assert_eq!(Layout::find(text.as_bytes()), None, "{text:?}");
        }
    }
}
