//! A header or marker file, line by line: sections, entries, and the encoding of its text.

use std::borrow::Cow;

/// A text file of sections and entries. Nothing of it is copied before it is asked for.
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    /// Bytes of a mark before the text.
    mark: u64,
    is_utf8: bool,
}

/// One line that says something: neither blank nor a comment.
pub(super) struct Line<'a> {
    /// Byte where it starts.
    pub offset: u64,
    /// Counted from 1.
    pub number: usize,
    pub text: Cow<'a, str>,
}

/// `key=value` in some section.
pub(super) struct Entry<'a> {
    pub offset: u64,
    pub number: usize,
    pub key: String,
    pub value: Cow<'a, str>,
}

impl<'a> Lines<'a> {
    /// The text is UTF-8 where it can be, and else Latin-1, whatever it says itself: files are
    /// edited and saved by programs that do not keep the two in step.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mark = (bytes.len() - text.len()) as u64;
        let bytes = text;
        Self { bytes, mark, is_utf8: std::str::from_utf8(bytes).is_ok() }
    }

    /// Every line, comments and blank ones included.
    pub(super) fn all(&self) -> impl Iterator<Item = Line<'a>> + use<'a> {
        let is_utf8 = self.is_utf8;
        let mut offset = self.mark;
        self.bytes.split(|&byte| byte == b'\n').enumerate().map(move |(i, bytes)| {
            let at = offset;
            offset += bytes.len() as u64 + 1;
            Line { offset: at, number: i + 1, text: text(bytes, is_utf8) }
        })
    }

    /// The entries of one section, whose name may be in any case.
    pub(super) fn section(&self, name: &'static str) -> impl Iterator<Item = Entry<'a>> + use<'a> {
        let (mut inside, mut is_comment) = (false, false);
        self.all().filter_map(move |line| {
            if let Some(section) = section_name(&line.text) {
                // What follows the comment's head is free text, brackets and all.
                inside = !is_comment && section.eq_ignore_ascii_case(name);
                is_comment = is_comment || section.eq_ignore_ascii_case("Comment");
                return None;
            }
            if !inside || line.text.starts_with(';') {
                return None;
            }
            let (key, value) = split(line.text)?;
            Some(Entry { offset: line.offset, number: line.number, key, value })
        })
    }

    /// The first entry of this name in a section.
    pub(super) fn entry(&self, section: &'static str, key: &str) -> Option<Entry<'a>> {
        self.section(section).find(|entry| entry.key.eq_ignore_ascii_case(key))
    }

    /// The first value of this name in a section, if it is not empty.
    pub(super) fn value(&self, section: &'static str, key: &str) -> Option<String> {
        let value = self.entry(section, key)?.value.into_owned();
        (!value.is_empty()).then_some(value)
    }

    /// The lines of the free text at the end.
    pub(super) fn comment(&self) -> impl Iterator<Item = Line<'a>> + use<'a> {
        let is_head = |line: &Line<'_>| {
            section_name(&line.text).is_some_and(|name| name.eq_ignore_ascii_case("Comment"))
        };
        self.all().skip_while(move |line| !is_head(line)).skip(1)
    }
}

fn text(bytes: &[u8], is_utf8: bool) -> Cow<'_, str> {
    let bytes = bytes.trim_ascii();
    match std::str::from_utf8(bytes) {
        Ok(text) if is_utf8 || text.is_ascii() => Cow::Borrowed(text),
        _ => Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect()),
    }
}

fn section_name(line: &str) -> Option<&str> {
    Some(line.strip_prefix('[')?.strip_suffix(']')?.trim())
}

/// The two sides of the first `=`.
fn split(line: Cow<'_, str>) -> Option<(String, Cow<'_, str>)> {
    let at = line.find('=')?;
    let key = line.get(..at)?.trim().to_owned();
    let value = match line {
        Cow::Borrowed(line) => Cow::Borrowed(line.get(at + 1..)?.trim()),
        Cow::Owned(line) => Cow::Owned(line.get(at + 1..)?.trim().to_owned()),
    };
    Some((key, value))
}

/// A field of an entry, in which a comma is written as `\1`.
pub(super) fn field(text: &str) -> String {
    text.replace("\\1", ",").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_and_keys_are_found_in_any_case() {
        let lines = Lines::new(b"X\r\n[common INFOS]\r\n;a=1\r\nKey = v=w \r\n[Other]\nkey=2\n");
        let entry = lines.entry("Common Infos", "kEY").unwrap();
        assert_eq!((entry.value.as_ref(), entry.number, entry.offset), ("v=w", 4, 25));
        assert_eq!(lines.value("Other", "key").as_deref(), Some("2"));
        assert!(lines.entry("Common Infos", "a").is_none());
    }

    #[test]
    fn free_text_holds_no_sections() {
        let lines = Lines::new(b"[A]\nk=1\n[Comment]\nk=2\n[A]\nj=3\n");
        assert_eq!(lines.section("A").count(), 1);
        let comment: Vec<_> = lines.comment().map(|line| line.text.into_owned()).collect();
        assert_eq!(comment, ["k=2", "[A]", "j=3", ""]);
    }

    #[test]
    fn text_is_utf8_or_latin1_as_a_whole() {
        assert_eq!(Lines::new(b"[A]\nk=\xc2\xb5V").value("A", "k").as_deref(), Some("µV"));
        assert_eq!(Lines::new(b"[A]\nk=\xb5V").value("A", "k").as_deref(), Some("µV"));
        assert_eq!(field(r"A\1B "), "A,B");
    }
}
