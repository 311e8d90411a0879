//! Start times in ISO 8601, as the recorder's clock showed them.

use crate::formats::calendar::civil;

/// From the sixteen digits of 1.x: year, month, day, hour, minute, second, hundredths, of which
/// the last may be missing.
pub(super) fn from_digits(text: &str) -> Option<String> {
    let number = |start: usize, end: usize| text.get(start..end)?.parse::<u32>().ok();
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    let hundredths = number(14, 16).unwrap_or(0);
    let valid = year > 0
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    valid.then(|| {
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{hundredths:02}0")
    })
}

/// From the number of 2.x: days since the first of January of the year 0, times 2³².
pub(super) fn from_days(value: u64) -> Option<String> {
    if value == 0 {
        return None;
    }
    let fraction = value & 0xffff_ffff;
    // Rounded to milliseconds; the last half millisecond of a day belongs to the next.
    let ms_of_day = (fraction * 86_400_000 + (1 << 31)) >> 32;
    // Counted so, the first of January 1970 is day 719529.
    let days = (value >> 32) as i64 - 719_529 + (ms_of_day / 86_400_000) as i64;
    let ms = ms_of_day % 86_400_000;
    let (year, month, day) = civil(days);
    if !(1..=9999).contains(&year) {
        return None;
    }
    let (hour, minute) = (ms / 3_600_000, ms / 60_000 % 60);
    let (second, ms) = (ms / 1000 % 60, ms % 1000);
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_become_a_time() {
        let time = from_digits("2012070619021650");
        assert_eq!(time.as_deref(), Some("2012-07-06T19:02:16.500"));
        let time = from_digits("20120706190216");
        assert_eq!(time.as_deref(), Some("2012-07-06T19:02:16.000"));
        for wrong in ["", "2012", "20121306190216", "20120706250216", "2012070619021é"] {
            assert_eq!(from_digits(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn days_become_a_time() {
        let at = |days: u64, share: f64| (days << 32) + (share * 4_294_967_296.0) as u64;
        let time = from_days(at(719_529, 0.0));
        assert_eq!(time.as_deref(), Some("1970-01-01T00:00:00.000"));
        // Python: (date(2024, 2, 29) - date(1970, 1, 1)).days == 19782
        let time = from_days(at(719_529 + 19_782, 0.75));
        assert_eq!(time.as_deref(), Some("2024-02-29T18:00:00.000"));
        let time = from_days(at(719_529 + 19_782, 1.0) - 1);
        assert_eq!(time.as_deref(), Some("2024-03-01T00:00:00.000"));
        assert_eq!(from_days(0), None);
        assert_eq!(from_days(u64::MAX), None);
    }
}
