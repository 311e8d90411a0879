use std::io::{self, BufRead, BufReader, Read, SeekFrom};

use crate::formats::Options;
use crate::formats::reader::{Input, Source};

/// Bytes read at a time.
const BLOCK_BYTES: usize = 1 << 20;
/// The longest line that is read.
pub(in crate::formats) const LONGEST_BYTES: usize = 1 << 20;

/// A file line by line.
pub(in crate::formats) struct Lines<'a> {
    input: BufReader<&'a mut dyn Input>,
    len: u64,
    line: Vec<u8>,
    /// Bytes up to the end of the current line.
    end: u64,
    /// Number of the current line, from 1.
    number: usize,
    told: u64,
}

/// What comes next.
#[derive(Debug, PartialEq)]
pub(in crate::formats) enum Next<'a> {
    /// A line without its end.
    Line(&'a [u8]),
    /// A line longer than any row of a table.
    TooLong,
    End,
}

impl<'a> Lines<'a> {
    /// From byte `offset` on, where line `number` starts.
    pub(in crate::formats) fn from(
        source: &'a mut Source<'_>,
        offset: u64,
        number: usize,
    ) -> io::Result<Self> {
        source.input.seek(SeekFrom::Start(offset))?;
        let len = source.len;
        let input = BufReader::with_capacity(BLOCK_BYTES, &mut *source.input as &mut dyn Input);
        let number = number.saturating_sub(1);
        Ok(Self { input, len, line: Vec::new(), end: offset, number, told: 0 })
    }

    /// The number of the line that came last, from 1.
    pub(in crate::formats) fn number(&self) -> usize {
        self.number
    }

    /// Bytes up to the end of the line that came last.
    pub(in crate::formats) fn end(&self) -> u64 {
        self.end
    }

    pub(in crate::formats) fn next(&mut self, options: &mut Options<'_>) -> io::Result<Next<'_>> {
        self.line.clear();
        let most = LONGEST_BYTES as u64 + 1;
        let read = (&mut self.input).take(most).read_until(b'\n', &mut self.line)?;
        self.end += read as u64;
        if self.end - self.told >= BLOCK_BYTES as u64 || read == 0 {
            self.told = self.end;
            options.report(self.end.min(self.len), self.len);
        }
        if read == 0 {
            return Ok(Next::End);
        }
        self.number += 1;
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        if line.len() > LONGEST_BYTES {
            return Ok(Next::TooLong);
        }
        Ok(Next::Line(line.strip_suffix(b"\r").unwrap_or(line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn lines_end_as_they_like() {
        let mut options = Options::default();
        let long = "x".repeat(LONGEST_BYTES + 1);
        let text = format!("skipped\na\r\n\nb c\n{}\n{long}", &long[1..]);
        let mut input = Cursor::new(text.as_bytes());
        let mut source = Source { len: text.len() as u64, input: &mut input, path: None };
        let mut lines = Lines::from(&mut source, 8, 2).unwrap();
        for expected in [&b"a"[..], b"", b"b c", &long.as_bytes()[1..]] {
            assert_eq!(lines.next(&mut options).unwrap(), Next::Line(expected));
        }
        assert_eq!(lines.number(), 5);
        assert_eq!(lines.next(&mut options).unwrap(), Next::TooLong);
        assert_eq!(lines.next(&mut options).unwrap(), Next::End);
        assert_eq!(lines.end(), text.len() as u64);
    }
}
