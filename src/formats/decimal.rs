//! Numbers as text.

use std::str::FromStr;

/// The longest number that is read: an `f64` in full has up to 1077 digits, but nobody writes them.
const LONGEST: usize = 64;

/// The number that a word is, with a decimal point or, where `comma` is set, a decimal comma.
pub(super) fn parse<T: FromStr>(word: &[u8], comma: bool) -> Option<T> {
    let word = word.trim_ascii();
    if !(comma && word.contains(&b',')) {
        return std::str::from_utf8(word).ok()?.parse().ok();
    }
    let mut buffer = [0; LONGEST];
    let copy = buffer.get_mut(..word.len())?;
    for (to, from) in copy.iter_mut().zip(word) {
        *to = if *from == b',' { b'.' } else { *from };
    }
    std::str::from_utf8(copy).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn points_and_commas() {
        assert_eq!(parse::<f32>(b" 1.5 ", false), Some(1.5));
        assert_eq!(parse::<f32>(b"-1,5e-1", true), Some(-0.15));
        assert_eq!(parse::<f64>(b"2.5", true), Some(2.5));
        for (word, comma) in [(&b"1,5"[..], false), (b"1,5,2", true), (b"", true), (b"x", false)] {
            assert_eq!(parse::<f32>(word, comma), None);
        }
        assert_eq!(parse::<f64>(&[b','; 80], true), None);
        assert!(parse::<f32>(b"NaN", false).is_some_and(f32::is_nan));
    }
}
