//! Start dates and times: as the header has them, as the recording's field has them, as text.

/// Days of each month of a year that is no leap year.
const DAYS: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
pub(super) const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Date {
    pub year: u32,
    pub month: u32,
    pub day: u32,
}

impl Date {
    /// `None` for a day that the calendar does not have.
    pub(super) fn new(year: u32, month: u32, day: u32) -> Option<Self> {
        let date = Self { year, month, day };
        let valid = (1..=9999).contains(&year) && day >= 1 && day <= date.month_days()?;
        valid.then_some(date)
    }

    /// From `dd.mm.yy`: years from 85 on are those of the twentieth century.
    pub(super) fn from_header(text: &str) -> Option<Self> {
        let [day, month, year] = three_numbers(text)?;
        let year = match year {
            0..=84 => 2000 + year,
            85..=99 => 1900 + year,
            _ => return None,
        };
        Self::new(year, month, day)
    }

    /// From `dd-MMM-yyyy`, the form of EDF+.
    pub(super) fn from_field(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
        let month = MONTHS.iter().zip(1..).find(|(name, _)| month.eq_ignore_ascii_case(name))?.1;
        Self::new(year.parse().ok()?, month, day.parse().ok()?)
    }

    fn month_days(self) -> Option<u32> {
        let leap = self.year.is_multiple_of(4)
            && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400));
        let days = DAYS.get(self.month.checked_sub(1)? as usize)?;
        Some(days + u32::from(leap && self.month == 2))
    }

    fn next(self) -> Option<Self> {
        let Self { year, month, day } = self;
        Self::new(year, month, day + 1)
            .or_else(|| Self::new(year, month + 1, 1))
            .or_else(|| Self::new(year + 1, 1, 1))
    }
}

/// Seconds of the day from `hh.mm.ss`.
pub(super) fn seconds_of_day(text: &str) -> Option<u32> {
    let [hour, minute, second] = three_numbers(text)?;
    (hour < 24 && minute < 60 && second <= 60).then(|| hour * 3600 + minute * 60 + second)
}

/// Three numbers with anything but digits between them.
fn three_numbers(text: &str) -> Option<[u32; 3]> {
    let mut parts = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let mut next = || parts.next()?.parse::<u32>().ok();
    let numbers = [next()?, next()?, next()?];
    parts.next().is_none().then_some(numbers)
}

/// Parts of a second that EDF+ tells apart.
pub(super) const TICKS: u64 = 10_000_000;

/// Day and tenths of microseconds of the day, `after_s` seconds after a second of a day. `None`
/// past a year or so, which is no offset of a recording, and before that day.
pub(super) fn later(date: Date, second_of_day: u32, after_s: f64) -> Option<(Date, u64)> {
    if after_s.is_nan() || after_s.abs() > 3.2e7 {
        return None;
    }
    let after = (after_s * TICKS as f64).round() as i64;
    let ticks = (u64::from(second_of_day) * TICKS).checked_add_signed(after)?;
    let mut date = date;
    for _ in 0..ticks / (86_400 * TICKS) {
        date = date.next()?;
    }
    Some((date, ticks % (86_400 * TICKS)))
}

/// A date and time in ISO 8601, as the recorder's clock showed it, `after_s` seconds later.
/// `None` where [`later`] gives none.
pub(super) fn iso(date: Date, second_of_day: u32, after_s: f64) -> Option<String> {
    let (Date { year, month, day }, ticks) = later(date, second_of_day, after_s)?;
    let (second, fraction) = (ticks / TICKS, format!("{:07}", ticks % TICKS));
    let digits = fraction.trim_end_matches('0').len().max(3);
    Some(format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{}",
        second / 3600,
        second / 60 % 60,
        second % 60,
        fraction.get(..digits)?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(year: u32, month: u32, day: u32) -> Date {
        Date::new(year, month, day).unwrap()
    }

    #[test]
    fn dates_are_read_in_both_forms() {
        assert_eq!(Date::from_header("02.08.51"), Some(date(2051, 8, 2)));
        assert_eq!(Date::from_header("31.12.85"), Some(date(1985, 12, 31)));
        assert_eq!(Date::from_header("29/02/84"), Some(date(2084, 2, 29)));
        assert_eq!(Date::from_header(" 1. 3.00"), Some(date(2000, 3, 1)));
        assert_eq!(Date::from_field("02-MAR-2002"), Some(date(2002, 3, 2)));
        assert_eq!(Date::from_field("30-Dec-1899"), Some(date(1899, 12, 30)));
        for wrong in ["42.00.00", "29.02.01", "02.08.yy", "", "1.1", "1.1.1.1", "99999999999.1.1"] {
            assert_eq!(Date::from_header(wrong), None, "{wrong}");
        }
        for wrong in ["X", "", "02-XXX-2002", "31-APR-2018", "1-1-1", "02-MAR-"] {
            assert_eq!(Date::from_field(wrong), None, "{wrong}");
        }
        assert_eq!(seconds_of_day("23.59.59"), Some(86_399));
        assert_eq!(seconds_of_day("24.00.00"), None);
    }

    #[test]
    fn times_carry_over_midnight() {
        let iso = |second, after_s| iso(date(2020, 2, 28), second, after_s).unwrap();
        assert_eq!(iso(3661, 0.0), "2020-02-28T01:01:01.000");
        assert_eq!(iso(3661, 0.394_531_2), "2020-02-28T01:01:01.3945312");
        assert_eq!(iso(86_399, 1.5), "2020-02-29T00:00:00.500");
        assert_eq!(iso(86_399, 86_400.5 + 1.0), "2020-03-01T00:00:00.500");
        assert_eq!(super::iso(date(2020, 2, 28), 0, f64::NAN), None);
        assert_eq!(super::iso(date(2020, 2, 28), 0, -1.0), None);
        assert_eq!(super::iso(date(9999, 12, 31), 0, 86_400.0), None);
    }
}
