use std::borrow::Cow;

/// What stands between the cells of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) enum Separator {
    Byte(u8),
    /// Any number of blanks and tabs.
    Blanks,
}

impl Separator {
    /// The cells of a row, without the blanks and quotes around them.
    pub(in crate::formats) fn cells(self, line: &[u8]) -> Cells<'_> {
        let rest = match self {
            Separator::Byte(_) => Some(line),
            Separator::Blanks => Some(line.trim_ascii()).filter(|line| !line.is_empty()),
        };
        Cells { rest, separator: self }
    }
}

pub(in crate::formats) struct Cells<'a> {
    rest: Option<&'a [u8]>,
    separator: Separator,
}

impl<'a> Iterator for Cells<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let line = self.rest?;
        if line.first().is_some_and(|byte| matches!(byte, b' ' | b'"')) {
            let start = line.trim_ascii_start();
            if let Some(quoted) = start.strip_prefix(b"\"") {
                return Some(self.quoted(quoted));
            }
        }
        let end = match self.separator {
            Separator::Byte(separator) => line.iter().position(|&byte| byte == separator),
            Separator::Blanks => line.iter().position(u8::is_ascii_whitespace),
        };
        let (cell, rest) = match end {
            Some(end) => (line.get(..end)?, line.get(end + 1..)),
            None => (line, None),
        };
        self.rest = self.skip_blanks(rest);
        Some(cell.trim_ascii())
    }
}

impl<'a> Cells<'a> {
    /// The cell after an opening quote; two quotes in it stand for one.
    fn quoted(&mut self, line: &'a [u8]) -> &'a [u8] {
        let mut end = 0;
        while let Some(&byte) = line.get(end) {
            if byte == b'"' {
                if line.get(end + 1) != Some(&b'"') {
                    break;
                }
                end += 1;
            }
            end += 1;
        }
        let (cell, rest) = line.split_at(end.min(line.len()));
        let is_separator = |byte: &u8| match self.separator {
            Separator::Byte(separator) => *byte == separator,
            Separator::Blanks => byte.is_ascii_whitespace(),
        };
        let rest = rest.iter().position(is_separator).and_then(|at| rest.get(at + 1..));
        self.rest = self.skip_blanks(rest);
        cell
    }

    fn skip_blanks(&self, rest: Option<&'a [u8]>) -> Option<&'a [u8]> {
        match self.separator {
            Separator::Byte(_) => rest,
            Separator::Blanks => rest.map(<[u8]>::trim_ascii_start),
        }
    }
}

/// The text of a cell, without the blanks around it: UTF-8, or else Latin-1.
pub(in crate::formats) fn text(cell: &[u8]) -> String {
    text_as_is(cell).trim().to_owned()
}

/// The text of a cell with the blanks that stood in quotes.
pub(in crate::formats) fn text_as_is(cell: &[u8]) -> String {
    let text: Cow<'_, str> = match std::str::from_utf8(cell) {
        Ok(text) => text.into(),
        Err(_) => cell.iter().map(|&byte| char::from(byte)).collect::<String>().into(),
    };
    text.replace("\"\"", "\"")
}

/// Whether a cell says that it has no value.
pub(in crate::formats) fn is_missing(cell: &[u8]) -> bool {
    const WORDS: [&[u8]; 7] = [b"nan", b"na", b"n/a", b"null", b"none", b"-", b"?"];
    cell.is_empty() || (cell.len() <= 4 && WORDS.iter().any(|word| cell.eq_ignore_ascii_case(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(separator: Separator, line: &str) -> Vec<String> {
        separator.cells(line.as_bytes()).map(text).collect()
    }

    #[test]
    fn rows_are_cut_into_cells() {
        let comma = Separator::Byte(b',');
        assert_eq!(cells(comma, "1, 2 ,,x"), ["1", "2", "", "x"]);
        assert_eq!(cells(comma, "1,"), ["1", ""]);
        assert_eq!(cells(comma, ""), [""]);
        assert_eq!(cells(comma, r#""a,b" , "c ""d""",e"#), ["a,b", r#"c "d""#, "e"]);
        assert_eq!(cells(comma, r#""",x"#), ["", "x"]);
        assert_eq!(cells(comma, r#"a,"open, end"#), ["a", "open, end"]);
        assert_eq!(cells(Separator::Blanks, "  1 2\t\t3 \"a b\" "), ["1", "2", "3", "a b"]);
        assert_eq!(cells(Separator::Blanks, " "), [""; 0]);
        assert_eq!(cells(Separator::Byte(b'\t'), "1 2\t 3"), ["1 2", "3"]);
        assert_eq!(text(b"\xb5V"), "µV");
    }

    #[test]
    fn words_for_nothing() {
        for word in ["", "NaN", "NA", "n/a", "null", "None", "-", "?"] {
            assert!(is_missing(word.as_bytes()), "{word}");
        }
        for word in ["0", "-1", "nano", "none of it"] {
            assert!(!is_missing(word.as_bytes()), "{word}");
        }
    }
}
