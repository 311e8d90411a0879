//! Who, what and when: the text fields of the header → metadata.

use std::collections::BTreeMap;

use super::channels::{ChannelHeader, Kind};
use super::date::{self, Date};
use super::header::Header;
use super::status::Status;
use super::warn;
use crate::formats::Warning;

/// The metadata of a file whose first sample falls `start_s` after the header's start time.
pub(super) fn metadata(
    header: &Header,
    channels: &[ChannelHeader],
    status: &Status,
    start_s: f64,
    warnings: &mut Vec<Warning>,
) -> BTreeMap<String, String> {
    let mut patient = header.patient.split_whitespace();
    // The words after these are a date of birth and a name, which nobody here needs.
    let (subject, sex) = (patient.next(), patient.next());
    let mut recording = header.recording.split_whitespace();
    let has_fields = recording.next() == Some("Startdate");
    let mut field = || recording.next().filter(|_| has_fields).and_then(told);
    let start_field = field();
    let (recording_id, technician, device) = (field(), field(), field());
    let whole = told(&header.recording).filter(|_| !has_fields);
    let known = [
        ("subject", subject.and_then(told)),
        ("sex", sex.filter(|sex| ["M", "F"].contains(sex)).map(str::to_owned)),
        ("recording_id", recording_id.or(whole)),
        ("technician", technician),
        ("device", device),
        ("start_time", start_time(header, start_field.as_deref(), has_fields, start_s, warnings)),
        ("prefilter", prefilter(channels)),
        ("speed_mode", speed_mode(status)),
    ];
    known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// A text that says something: `X` stands for what is not told.
fn told(text: &str) -> Option<String> {
    let says = text.split_whitespace().any(|word| !word.eq_ignore_ascii_case("x"));
    says.then(|| text.to_owned())
}

/// The start of the first sample: the day as the recording's field has it, with all four digits of
/// the year, or else the header.
fn start_time(
    header: &Header,
    field: Option<&str>,
    has_fields: bool,
    start_s: f64,
    warnings: &mut Vec<Warning>,
) -> Option<String> {
    let stated = Date::from_header(&header.date);
    let named = field.and_then(Date::from_field);
    if let (Some(stated), Some(named)) = (stated, named) {
        // The header has the last two digits of a year only.
        let same =
            Date { year: stated.year % 100, ..stated } == Date { year: named.year % 100, ..named };
        if !same {
            let message = format!(
                "the date is {:?}, but the recording's field says {:?}; the field is believed",
                header.date,
                field.unwrap_or_default()
            );
            warn(warnings, "byte 168", message);
        }
    }
    let told = header.date.bytes().any(|byte| byte.is_ascii_alphanumeric() && byte != b'0');
    if stated.is_none() && named.is_none() {
        if told {
            let message = format!("{:?} is no date; the start time is left out", header.date);
            warn(warnings, "byte 168", message);
        }
        return None;
    }
    // With the day left out of the field, the header has the first one of its calendar.
    let hidden = has_fields && field.is_none() && stated == Date::new(1985, 1, 1);
    if hidden {
        return None;
    }
    let second = date::seconds_of_day(&header.time).unwrap_or_else(|| {
        let message = format!("{:?} is no time of day; midnight is taken", header.time);
        warn(warnings, "byte 176", message);
        0
    });
    let day = named.or(stated)?;
    date::iso(day, second, start_s).or_else(|| date::iso(day, second, 0.0))
}

/// What the signals were filtered with: one text, or each text with its channels.
fn prefilter(channels: &[ChannelHeader]) -> Option<String> {
    let mut filters: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for channel in channels.iter().filter(|channel| channel.kind == Kind::Samples) {
        filters.entry(&channel.prefilter).or_default().push(&channel.label);
    }
    if filters.len() == 1 {
        return filters.into_keys().find(|filter| !filter.is_empty()).map(str::to_owned);
    }
    let each = filters.iter().filter(|(filter, _)| !filter.is_empty());
    let each = each.map(|(filter, labels)| format!("{filter} ({})", labels.join(", ")));
    let text = each.collect::<Vec<_>>().join("; ");
    (!text.is_empty()).then_some(text)
}

fn speed_mode(status: &Status) -> Option<String> {
    let kind = if status.is_mk2 { "Mk2" } else { "Mk1" };
    status.has_state.then(|| format!("{} ({kind})", status.speed_mode))
}
