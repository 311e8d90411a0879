//! Numbers and text at fixed places of a header. A place past the end reads as zeros.

/// `N` bytes from `offset` on.
fn array<const N: usize>(bytes: &[u8], offset: usize) -> [u8; N] {
    bytes.get(offset..).and_then(|rest| rest.first_chunk::<N>()).copied().unwrap_or([0; N])
}

pub(super) fn u8_at(bytes: &[u8], offset: usize) -> u8 {
    array::<1>(bytes, offset)[0]
}

pub(super) fn u16_at(bytes: &[u8], offset: usize) -> u16 {
    u16::from_le_bytes(array(bytes, offset))
}

pub(super) fn u24_at(bytes: &[u8], offset: usize) -> u32 {
    let [a, b, c] = array(bytes, offset);
    u32::from_le_bytes([a, b, c, 0])
}

pub(super) fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(array(bytes, offset))
}

pub(super) fn i64_at(bytes: &[u8], offset: usize) -> i64 {
    i64::from_le_bytes(array(bytes, offset))
}

pub(super) fn f32_at(bytes: &[u8], offset: usize) -> f32 {
    f32::from_le_bytes(array(bytes, offset))
}

pub(super) fn f64_at(bytes: &[u8], offset: usize) -> f64 {
    f64::from_le_bytes(array(bytes, offset))
}

/// Text of at most `len` bytes up to the first NUL, without the blanks around it.
pub(super) fn text_at(bytes: &[u8], offset: usize, len: usize) -> String {
    let rest = bytes.get(offset..).unwrap_or(&[]);
    text(rest.get(..len).unwrap_or(rest))
}

/// Text up to the first NUL, without the blanks around it: UTF-8, or else Latin-1.
pub(super) fn text(bytes: &[u8]) -> String {
    let used = bytes.split(|&byte| byte == 0).next().unwrap_or(&[]);
    match std::str::from_utf8(used) {
        Ok(text) => text.trim().to_owned(),
        Err(_) => used.iter().map(|&byte| char::from(byte)).collect::<String>().trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_utf8_or_latin1() {
        assert_eq!(text(b"uV\0     "), "uV");
        assert_eq!(text(b" \xb5V  "), "µV");
        assert_eq!(text("µV".as_bytes()), "µV");
        assert_eq!(text_at(b"abcdef", 4, 10), "ef");
        assert_eq!(text_at(b"abc", 9, 1), "");
    }

    #[test]
    fn numbers_past_the_end_are_zero() {
        assert_eq!(u24_at(&[1, 2, 3], 0), 0x030201);
        assert_eq!(u32_at(&[1, 2, 3], 0), 0);
        assert_eq!(i64_at(&[], usize::MAX), 0);
    }
}
