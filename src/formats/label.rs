//! Codes and labels of events as texts.
//!
//! Other programs know texts only. Where ours has written a file, a code that the label does not
//! tell stands behind it in brackets: `left [33025]`. A number alone is a code without a label, or,
//! in a file with labels that are numbers, such a label and its code.

/// What a number alone is, and whether codes stand in brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// The file was not written here: a text is a label, and a code, too, if it is a number.
    Other,
    /// A number is a code without a label.
    Codes,
    /// A number is a label and its code.
    Labels,
}

impl Dialect {
    /// What tells the files of each dialect of ours, in the header's reserved field behind the
    /// kind of file.
    const MARKS: [(Self, &str); 2] = [(Self::Codes, "evoked"), (Self::Labels, "evoked-labels")];

    /// The dialect of a file with this reserved field.
    pub(super) fn of_file(reserved: &str) -> Self {
        let says = |mark: &str| reserved.split_whitespace().skip(1).any(|word| word == mark);
        Self::MARKS.iter().find(|(_, mark)| says(mark)).map_or(Self::Other, |found| found.0)
    }

    /// The dialect in which these codes and labels can be written most plainly.
    pub(super) fn of_events<'a>(events: impl IntoIterator<Item = (u32, &'a str)>) -> Self {
        let mut events = events.into_iter();
        let is_label = |(code, label): (u32, &str)| plain_number(label) == Some(code);
        if events.any(is_label) { Self::Labels } else { Self::Codes }
    }

    /// What stands in the reserved field.
    pub(super) fn mark(self) -> &'static str {
        Self::MARKS.iter().find(|(own, _)| *own == self).map_or("", |found| found.1)
    }

    /// Whether the file was written here.
    pub(super) fn is_own(self) -> bool {
        self != Self::Other
    }

    /// Code and label of an annotation.
    pub(super) fn parse(self, text: String) -> (u32, String) {
        if self.is_own()
            && let Some((label, code)) = bracketed(&text)
        {
            return (code, label.to_owned());
        }
        match (self, plain_number(&text)) {
            (Self::Codes, Some(code)) => (code, String::new()),
            (Self::Labels, Some(code)) => (code, text),
            (Self::Codes | Self::Labels, None) => (0, text),
            // Others write numbers with zeros before and blanks around them, too.
            (Self::Other, _) => (number(text.trim()).unwrap_or(0), text),
        }
    }

    /// The text that [`Dialect::parse`] takes for this code and label.
    pub(super) fn write(self, code: u32, label: &str) -> String {
        let plain = match (label.is_empty(), plain_number(label)) {
            (true, _) => (self == Self::Codes && code != 0).then(|| code.to_string()),
            (false, Some(number)) => {
                (self == Self::Labels && number == code).then(|| label.to_owned())
            }
            (false, None) => (code == 0 && bracketed(label).is_none()).then(|| label.to_owned()),
        };
        plain.unwrap_or_else(|| bracket(code, label))
    }
}

/// The text with its code in brackets.
pub(super) fn bracket(code: u32, label: &str) -> String {
    if label.is_empty() { format!("[{code}]") } else { format!("{label} [{code}]") }
}

/// What stands before a code in brackets at the end, and that code.
fn bracketed(text: &str) -> Option<(&str, u32)> {
    let (label, code) = text.strip_suffix(']')?.rsplit_once('[')?;
    let label = if label.is_empty() { label } else { label.strip_suffix(' ')? };
    Some((label, plain_number(code)?))
}

/// A number as it is printed: digits, with no zero before them.
fn plain_number(text: &str) -> Option<u32> {
    let printed = text == "0" || !text.starts_with('0');
    number(text).filter(|_| printed)
}

/// A number of digits only.
fn number(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_texts_are_labels_and_numbers_are_codes_too() {
        for (text, code) in
            [("33025", 33025), ("left", 0), ("left [3]", 0), (" 007", 7), ("-1", 0), ("+1", 0)]
        {
            assert_eq!(Dialect::Other.parse(text.to_owned()), (code, text.to_owned()));
        }
    }

    #[test]
    fn own_texts_give_back_both() {
        for (code, label, codes, labels) in [
            (0, "left", "left", "left"),
            (33025, "left", "left [33025]", "left [33025]"),
            (33025, "", "33025", "[33025]"),
            (0, "", "[0]", "[0]"),
            (5, "5", "5 [5]", "5"),
            (0, "5", "5 [0]", "5 [0]"),
            (5, "[6]", "[6] [5]", "[6] [5]"),
            (0, "a [6]", "a [6] [0]", "a [6] [0]"),
            (9, " ", "  [9]", "  [9]"),
            (0, "007", "007", "007"),
            (0, "0", "0 [0]", "0"),
            (0, "4294967296", "4294967296", "4294967296"),
            (u32::MAX, "]", "] [4294967295]", "] [4294967295]"),
        ] {
            for (dialect, text) in [(Dialect::Codes, codes), (Dialect::Labels, labels)] {
                assert_eq!(dialect.write(code, label), text, "{dialect:?}");
                assert_eq!(dialect.parse(text.to_owned()), (code, label.to_owned()), "{text}");
            }
        }
    }

    #[test]
    fn files_tell_their_dialect() {
        for (events, dialect) in [
            (&[(1, "1"), (2, "")][..], Dialect::Labels),
            (&[(1, ""), (2, "x"), (0, "5")], Dialect::Codes),
            (&[], Dialect::Codes),
        ] {
            assert_eq!(Dialect::of_events(events.iter().copied()), dialect);
            let reserved = format!("EDF+C     {}", dialect.mark());
            assert_eq!(Dialect::of_file(&reserved), dialect);
        }
        assert_eq!(Dialect::of_file("EDF+C"), Dialect::Other);
        assert_eq!(Dialect::of_file("evoked"), Dialect::Other);
    }
}
