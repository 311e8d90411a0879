//! Dates and times of day, in the Gregorian calendar.

/// Microseconds of a day.
const DAY_US: i64 = 86_400_000_000;

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar.
pub(super) fn civil(days: i64) -> (i64, i64, i64) {
    // Years are counted from March, so that a leap day is the last day of its year.
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// Day of a date, counted from 1970-01-01.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Microseconds from 1970-01-01T00:00:00 to a moment on the same clock; `None` where it is none.
/// The second may be 60, and is then the first of the next minute.
pub(super) fn micros(date: [u32; 3], time: [u32; 3], micros: u32) -> Option<i64> {
    let ([year, month, day], [hour, minute, second]) = (date.map(i64::from), time.map(i64::from));
    let valid = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60
        && micros < 1_000_000;
    let second_of_day = hour * 3600 + minute * 60 + second;
    valid.then(|| days(year, month, day) * DAY_US + second_of_day * 1_000_000 + i64::from(micros))
}

/// A moment in ISO 8601, to the microsecond; `None` outside of the years 1 to 9999.
pub(super) fn iso(micros: i64) -> Option<String> {
    let (year, month, day) = civil(micros.div_euclid(DAY_US));
    let of_day = micros.rem_euclid(DAY_US);
    let (seconds, fraction) = (of_day / 1_000_000, of_day % 1_000_000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    (1..=9999).contains(&year).then(|| {
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:06}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_steps_through_four_centuries() {
        let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for count in 0..150_000 {
            assert_eq!(civil(count), (year, month, day));
            assert_eq!(days(year, month, day), count);
            let length = match month {
                2 if leap(year) => 29,
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            day += 1;
            if day > length {
                (day, month) = (1, month + 1);
            }
            if month > 12 {
                (month, year) = (1, year + 1);
            }
        }
    }

    #[test]
    fn moments_are_written_as_they_are_read() {
        // Python: datetime(2013, 11, 13, 16, 14, 3, 794232, tzinfo=UTC).timestamp() * 1e6
        let moment = micros([2013, 11, 13], [16, 14, 3], 794_232);
        assert_eq!(moment, Some(1_384_359_243_794_232));
        assert_eq!(moment.and_then(iso).as_deref(), Some("2013-11-13T16:14:03.794232"));
        assert_eq!(iso(-1).as_deref(), Some("1969-12-31T23:59:59.999999"));
        assert_eq!((iso(i64::MIN), iso(i64::MAX)), (None, None));
        for (date, time) in
            [([2013, 13, 1], [0, 0, 0]), ([0, 1, 1], [0, 0, 0]), ([1, 1, 1], [24, 0, 0])]
        {
            assert_eq!(micros(date, time, 0), None);
        }
    }
}
