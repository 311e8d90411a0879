//! Numbers as header fields hold them: eight characters of text, or what a writer made of that.

/// A number, and whether its field is one as the format wants it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Number {
    pub value: f64,
    pub is_clean: bool,
}

/// The number of a field, blanks and NULs around it left out.
///
/// Where it is none as it stands, a comma serves as decimal point, blanks after the sign are left
/// out, and what follows the number is ignored. `None` where there is no finite number even so.
pub(super) fn parse(field: &[u8]) -> Option<Number> {
    let text: String =
        field.iter().map(|&byte| if byte == 0 { ' ' } else { char::from(byte) }).collect();
    let text = text.trim();
    if let Some(value) = finite(text) {
        return Some(Number { value, is_clean: true });
    }
    let (sign, size) = match text.strip_prefix(['-', '+']) {
        Some(size) => (&text[..1], size.trim_start()),
        None => ("", text),
    };
    let repaired = format!("{sign}{}", size.replacen(',', ".", 1));
    let starts = (1..=repaired.len()).rev().filter_map(|end| repaired.get(..end));
    let value = starts.into_iter().find_map(finite)?;
    Some(Number { value, is_clean: false })
}

/// As [`parse`], where a whole number from zero to 2³² is wanted.
pub(super) fn parse_count(field: &[u8]) -> Option<u32> {
    let value = parse(field)?.value;
    let fits = value >= 0.0 && value <= f64::from(u32::MAX) && value.fract() == 0.0;
    fits.then_some(value as u32)
}

/// The text as a finite number in digits: words such as `inf` are none.
fn finite(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    text.parse().ok().filter(|value: &f64| plain && value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_writers_fill_them() {
        let clean = |value| Some(Number { value, is_clean: true });
        let dirty = |value| Some(Number { value, is_clean: false });
        for (field, expected) in [
            (&b"256     "[..], clean(256.0)),
            (b"  -32768", clean(-32768.0)),
            (b"1.5\0\0\0\0\0", clean(1.5)),
            (b"\0\x0012    ", clean(12.0)),
            (b"+3E-2   ", clean(0.03)),
            (b"-0,05   ", dirty(-0.05)),
            (b"- 200   ", dirty(-200.0)),
            (b"200uV   ", dirty(200.0)),
            (b"12 34   ", dirty(12.0)),
            (b"1.000,5 ", dirty(1.0)),
            (b"        ", None),
            (b"nan     ", None),
            (b"-inf    ", None),
            (b"1e999   ", dirty(1e99)),
            (b"--3     ", None),
            (b"\xff\xfe\xfd\xfc    ", None),
            (b"", None),
        ] {
            assert_eq!(parse(field), expected, "{:?}", String::from_utf8_lossy(field));
        }
    }

    #[test]
    fn counts_are_whole_and_not_negative() {
        let counts = [&b"1000    "[..], b"250.0   ", b"-1      ", b"2.5     ", b"5e9     ", b"x"];
        assert_eq!(counts.map(parse_count), [Some(1000), Some(250), None, None, None, None]);
    }
}
