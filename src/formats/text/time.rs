use crate::formats::calendar;

/// A moment in a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::formats) struct Moment {
    /// Seconds since 1970-01-01T00:00:00, or since midnight.
    pub seconds: f64,
    /// The moment in microseconds since 1970, where the date is there, too.
    pub micros: Option<i64>,
}

/// `2024-02-29 12:34:56.789`, with `T` or `/` where others like them, or `12:34:56.789` alone.
pub(in crate::formats) fn parse(cell: &[u8]) -> Option<Moment> {
    // Most cells are numbers: this is seen at once.
    if !cell.contains(&b':') {
        return None;
    }
    let text = std::str::from_utf8(cell).ok()?.trim();
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (Some(date_of(date)?), time),
        None => (None, text),
    };
    let time = time.strip_suffix('Z').unwrap_or(time);
    // A shift to another time zone is the same for a whole recording.
    let time = time.get(..time.find(['+', '-']).unwrap_or(time.len()))?.trim();
    let (time, fraction) = time.split_once(['.', ',']).unwrap_or((time, ""));
    let mut parts = time.split(':').map(|part| part.parse::<u32>().ok());
    let time = [parts.next()??, parts.next()??, parts.next()??];
    // `12:34:56:789`, as some have it.
    let fraction = match parts.next() {
        None => format!("{fraction:0<6}"),
        Some(ms) => format!("{:03}000", ms?),
    };
    let micros = fraction.get(..6)?.parse().ok()?;
    let since = calendar::micros(date.unwrap_or([1970, 1, 1]), time, micros)?;
    Some(Moment { seconds: since as f64 / 1e6, micros: date.map(|_| since) })
}

fn date_of(text: &str) -> Option<[u32; 3]> {
    let mut parts = text.split(['-', '/', '.']).map(|part| part.parse::<u32>().ok());
    let date = [parts.next()??, parts.next()??, parts.next()??];
    // Day and month are told apart only where the year comes first.
    (date[0] > 31 && parts.next().is_none()).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_in_several_forms() {
        // Python: datetime(2024, 2, 29, 12, 34, 56, 789000, tzinfo=UTC).timestamp()
        let moment =
            Some(Moment { seconds: 1_709_210_096.789, micros: Some(1_709_210_096_789_000) });
        for text in [
            "2024-02-29 12:34:56.789",
            "2024-02-29T12:34:56.789Z",
            "2024/02/29 12:34:56,789000999",
            "2024-02-29T12:34:56.789+08:00",
        ] {
            assert_eq!(parse(text.as_bytes()), moment, "{text}");
        }
        let of_day = Some(Moment { seconds: 45_296.5, micros: None });
        assert_eq!(parse(b" 12:34:56.5"), of_day);
        assert_eq!(parse(b"12:34:56:500"), of_day);
        for text in ["", "12:34", "1.5", "29.02.2024 12:34:56", "2024-02-29 25:00:00", "a:b:c"] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
