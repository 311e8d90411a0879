//! Codes and labels of events as texts.
//!
//! Other programs know texts only. Where ours has written a file, a code that the label does not
//! tell stands behind it in brackets, `left [33025]`, and a code without a label stands alone.

/// What tells our files from others: EDF+ has it in the header's reserved field.
pub(super) const OWN: &str = "evoked";

/// Code and label of a text.
pub(super) fn parse(text: String, is_own: bool) -> (u32, String) {
    if is_own {
        if let Some((label, code)) = bracketed(&text) {
            return (code, label.to_owned());
        }
        if let Some(code) = plain_number(&text) {
            return (code, String::new());
        }
        return (0, text);
    }
    (plain_number(text.trim()).unwrap_or(0), text)
}

/// The text that [`parse`] takes for this code and label.
pub(super) fn write(code: u32, label: &str) -> String {
    let ambiguous = bracketed(label).is_some() || plain_number(label).is_some();
    match (code, label.is_empty()) {
        (0, true) => "[0]".to_owned(),
        (code, true) => code.to_string(),
        (0, false) if !ambiguous => label.to_owned(),
        (code, false) => format!("{label} [{code}]"),
    }
}

/// What stands before a code in brackets at the end, and that code.
fn bracketed(text: &str) -> Option<(&str, u32)> {
    let (label, code) = text.strip_suffix(']')?.rsplit_once('[')?;
    let label = if label.is_empty() { label } else { label.strip_suffix(' ')? };
    Some((label, plain_number(code)?))
}

/// A number as it is printed: digits, with no zero before them.
fn plain_number(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let printed = text == "0" || !text.starts_with('0');
    text.parse().ok().filter(|_| digits && printed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_texts_are_labels_and_numbers_are_codes_too() {
        for (text, code) in [("33025", 33025), ("left", 0), ("left [3]", 0), (" 7", 7), ("-1", 0)] {
            assert_eq!(parse(text.to_owned(), false), (code, text.to_owned()));
        }
    }

    #[test]
    fn own_texts_give_back_both() {
        for (code, label, text) in [
            (0, "left", "left"),
            (33025, "left", "left [33025]"),
            (33025, "", "33025"),
            (0, "", "[0]"),
            (5, "5", "5 [5]"),
            (0, "5", "5 [0]"),
            (5, "[6]", "[6] [5]"),
            (0, "a [6]", "a [6] [0]"),
            (9, " ", "  [9]"),
            (0, "007", "007"),
            (0, "4294967296", "4294967296"),
            (u32::MAX, "]", "] [4294967295]"),
        ] {
            assert_eq!(write(code, label), text);
            assert_eq!(parse(text.to_owned(), true), (code, label.to_owned()), "{text}");
        }
    }
}
