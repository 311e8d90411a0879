//! Metadata → the text fields of the header.

use std::collections::BTreeMap;

use super::super::date::{self, Date, MONTHS};
use super::super::warn;
use super::text;
use crate::formats::Warning;
use crate::formats::save::tell_metadata;

/// Characters of the patient's and the recording's field.
const FIELD: usize = 80;

/// The header's text fields.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Identity {
    pub patient: String,
    pub recording: String,
    pub date: String,
    pub time: String,
    pub prefilter: String,
    /// How much later than date and time the first sample falls, below a second.
    pub offset_s: f64,
}

impl Identity {
    /// The fields of a recording whose first sample falls `after_s` after its start time. `known`
    /// names metadata that are kept elsewhere in the file.
    pub(super) fn of(
        metadata: &BTreeMap<String, String>,
        after_s: f64,
        known: &[&str],
        warnings: &mut Vec<Warning>,
    ) -> Self {
        let mut lost: Vec<&String> =
            metadata.keys().filter(|name| !known.contains(&name.as_str())).collect();
        let mut take = |name: &str, width: usize, fit: fn(&str, usize) -> String| {
            lost.retain(|lost| *lost != name);
            let value = metadata.get(name)?;
            let written = fit(value, width);
            if written != *value {
                let message = format!("{value:?} becomes {written:?}");
                warn(warnings, format!("metadata {name}"), message);
            }
            (!written.is_empty()).then_some(written)
        };
        let or_x = |word: Option<String>| word.unwrap_or_else(|| "X".to_owned());
        let sex = metadata.get("sex").filter(|sex| ["M", "F"].contains(&sex.as_str()));
        let sex = sex.and_then(|_| take("sex", 1, text::word));
        let patient = format!("{} {} X X", or_x(take("subject", 74, text::word)), or_x(sex));
        let mut room = FIELD - "Startdate dd-MMM-yyyy X X X".len();
        let words = ["recording_id", "technician", "device"].map(|name| {
            let word = or_x(take(name, room + 1, text::word));
            room -= word.len() - 1;
            word
        });
        // One text for several filters says which channels each is of; the header says it itself.
        let one_filter = metadata.get("prefilter").filter(|filter| !filter.ends_with(')'));
        let prefilter = one_filter.and_then(|_| take("prefilter", FIELD, text::ascii));
        let start = metadata.get("start_time").and_then(|text| start(text, after_s));
        lost.retain(|name| *name != "start_time" || start.is_none());
        tell_metadata(lost, warnings);
        let (day, date, time, offset_s) = match start {
            Some((day, ticks)) => fields(day, ticks),
            None => ("X".to_owned(), "01.01.85".to_owned(), "00.00.00".to_owned(), 0.0),
        };
        Self {
            patient,
            recording: format!("Startdate {day} {}", words.join(" ")),
            date,
            time,
            prefilter: prefilter.unwrap_or_default(),
            offset_s,
        }
    }
}

/// The day in both forms, the time of day, and what is beyond a second.
fn fields(date: Date, ticks: u64) -> (String, String, String, f64) {
    let Date { year, month, day } = date;
    let name = MONTHS.get(month as usize - 1).copied().unwrap_or("X");
    let short = match year {
        1985..=2084 => format!("{:02}", year % 100),
        _ => "yy".to_owned(),
    };
    let seconds = ticks / date::TICKS;
    (
        format!("{day:02}-{name}-{year:04}"),
        format!("{day:02}.{month:02}.{short}"),
        format!("{:02}.{:02}.{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60),
        (ticks % date::TICKS) as f64 / date::TICKS as f64,
    )
}

/// Day and tenths of microseconds of the day of a time in ISO 8601, `after_s` later. A time zone
/// has no place in the file, and makes it none.
fn start(text: &str, after_s: f64) -> Option<(Date, u64)> {
    let (day, time) = text.split_once(['T', ' '])?;
    let mut parts = day.split('-').map(|part| part.parse::<u32>().ok());
    let date = Date::new(parts.next()??, parts.next()??, parts.next()??)?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let second = date::seconds_of_day(time)?;
    let is_number = fraction.bytes().all(|byte| byte.is_ascii_digit());
    let plain = time.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    let fraction: f64 = format!("0.{fraction}").parse().ok()?;
    if !(is_number && plain) {
        return None;
    }
    date::later(date, second, fraction + after_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(pairs: &[(&str, &str)], after_s: f64) -> (Identity, String) {
        let metadata =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut warnings = Vec::new();
        let identity = Identity::of(&metadata, after_s, &["speed_mode"], &mut warnings);
        (identity, warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn fields_are_those_of_the_specification() {
        let (found, told) = identity(
            &[
                ("subject", "P_07"),
                ("sex", "F"),
                ("recording_id", "PSG-1"),
                ("technician", "NN"),
                ("device", "Amp"),
                ("start_time", "2024-02-29T23:59:59.3945312"),
                ("prefilter", "HP:0.1Hz"),
                ("speed_mode", "4"),
            ],
            0.0,
        );
        assert_eq!(told, "");
        assert_eq!(found.patient, "P_07 F X X");
        assert_eq!(found.recording, "Startdate 29-FEB-2024 PSG-1 NN Amp");
        assert_eq!((found.date.as_str(), found.time.as_str()), ("29.02.24", "23.59.59"));
        assert_eq!((found.offset_s, found.prefilter.as_str()), (0.394_531_2, "HP:0.1Hz"));
    }

    #[test]
    fn what_has_no_place_is_told() {
        let (found, told) = identity(
            &[
                ("subject", "Ä 7"),
                ("sex", "unknown"),
                ("simulator", "yes"),
                ("start_time", "2024-02-29T23:59:59+01:00"),
                ("prefilter", "HP:1 (Oz); HP:2 (O1)"),
            ],
            0.0,
        );
        assert_eq!(found.patient, "?_7 X X X");
        assert_eq!(found.recording, "Startdate X X X X");
        assert_eq!((found.date.as_str(), found.time.as_str()), ("01.01.85", "00.00.00"));
        assert_eq!(
            told,
            "metadata subject: \"Ä 7\" becomes \"?_7\"\n\
             metadata: there is no place for prefilter, sex, simulator, start_time"
        );
    }

    #[test]
    fn the_first_sample_may_fall_after_the_start() {
        let (found, _) = identity(&[("start_time", "2084-12-31T23:59:59.500")], 1.75);
        assert_eq!((found.date.as_str(), found.time.as_str()), ("01.01.yy", "00.00.01"));
        assert_eq!(found.offset_s, 0.25);
        assert!(found.recording.starts_with("Startdate 01-JAN-2085 "));
    }
}
