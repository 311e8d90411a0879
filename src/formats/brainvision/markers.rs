use std::path::Path;

use super::lines::{Lines, field};
use super::{OWN_LINE, companion, warn};
use crate::formats::label::Dialect;
use crate::formats::{FormatError, Warning, calendar};
use crate::signal::Event;

/// The longest marker file that is read.
const LONGEST_BYTES: u64 = 256 << 20;
/// The type that tells that a stretch of samples starts.
pub(super) const NEW_SEGMENT: &str = "New Segment";
/// The description of a new segment that stands for a gap, in files of ours.
pub(super) const GAP: &str = "gap";
/// The type of events that have no other, in files of ours.
pub(super) const GENERIC: &str = "Event";

/// One line of a marker file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Marker {
    pub kind: String,
    pub description: String,
    /// Sample in the file, counted from 0.
    pub sample: u64,
    /// Length in samples.
    pub size: u64,
    /// When it was, in microseconds since 1970, by the recorder's clock.
    pub date_us: Option<i64>,
}

impl Marker {
    pub(super) fn is_new_segment(&self) -> bool {
        self.kind == NEW_SEGMENT
    }

    /// As MNE names an annotation.
    fn label(&self) -> String {
        format!("{}/{}", self.kind, self.description)
    }

    /// The number of `S  1` or of a bare `1`; 0 where there is none. Those of responses and optical
    /// markers are told from those of stimuli by 1000 and 2000, as MNE does.
    fn code(&self) -> u32 {
        let text = self.description.trim();
        let (prefix, digits) = match text.chars().next() {
            Some(letter) if letter.is_alphabetic() => text.split_at(letter.len_utf8()),
            _ => ("", text),
        };
        let digits = digits.trim_start();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return 0;
        }
        let Ok(number) = digits.parse::<u32>() else { return 0 };
        match (self.kind.as_str(), prefix) {
            ("Response", "R") => number.saturating_add(1000),
            ("Optic", "O") => number.saturating_add(2000),
            _ => number,
        }
    }

    /// An event at a position on the sample clock. Files of ours keep codes and labels apart.
    pub(super) fn event(&self, position: u64, is_own: bool) -> Event {
        let duration = self.size as f64;
        if !(is_own && self.kind == GENERIC) {
            return Event { duration, ..Event::at(position, self.code(), self.label()) };
        }
        let text = self.description.as_str();
        let is_bare = text.trim().bytes().all(|byte| byte.is_ascii_digit());
        let text = if is_bare { text.trim() } else { text };
        let (code, label) = Dialect::Codes.parse(text.to_owned());
        Event { duration, ..Event::at(position, code, label) }
    }
}

/// The markers of a file, in its order.
#[derive(Default)]
pub(super) struct Markers {
    pub list: Vec<Marker>,
    /// Whether the file is one of ours.
    pub is_own: bool,
}

pub(super) fn read(path: &Path, warnings: &mut Vec<Warning>) -> Result<Markers, FormatError> {
    let name = companion::file_name(path);
    let len = std::fs::metadata(path)?.len();
    if len > LONGEST_BYTES {
        let message = format!("it has {len} bytes, more than 256 MiB; there are no events");
        warn(warnings, name, message);
        return Ok(Markers::default());
    }
    Ok(parse(&std::fs::read(path)?, &name, warnings))
}

fn parse(bytes: &[u8], name: &str, warnings: &mut Vec<Warning>) -> Markers {
    let lines = Lines::new(bytes);
    let is_own = lines.all().nth(1).is_some_and(|line| line.text == OWN_LINE);
    let (mut markers, mut odd) = (Vec::new(), Odd::default());
    let mut is_there = false;
    for entry in lines.section("Marker Infos") {
        let digits = entry.key.get(2..).filter(|_| entry.key.to_lowercase().starts_with("mk"));
        if !digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())) {
            continue;
        }
        is_there = true;
        match marker(&entry.value) {
            Some((marker, is_before)) => {
                odd.before += usize::from(is_before);
                markers.push(marker);
            }
            None => odd.bad(entry.number),
        }
    }
    odd.tell(name, warnings);
    if !is_there && lines.all().all(|line| !line.text.eq_ignore_ascii_case("[Marker Infos]")) {
        warn(warnings, name, "it has no section [Marker Infos]; there are no events");
    }
    Markers { list: markers, is_own }
}

/// Lines that are odd.
#[derive(Default)]
struct Odd {
    bad: usize,
    first_bad: usize,
    before: usize,
}

impl Odd {
    fn bad(&mut self, line: usize) {
        if self.bad == 0 {
            self.first_bad = line;
        }
        self.bad += 1;
    }

    fn tell(&self, name: &str, warnings: &mut Vec<Warning>) {
        if self.bad > 0 {
            let place = format!("{name}, line {}", self.first_bad);
            let message = format!("{} markers have no position; left out", self.bad);
            warn(warnings, place, message);
        }
        if self.before > 0 {
            let message =
                format!("{} markers lie before the first sample; put on the first", self.before);
            warn(warnings, name, message);
        }
    }
}

/// `Type,Description,Position,Size,Channel,Date`, and whether the position is before the first
/// sample.
fn marker(line: &str) -> Option<(Marker, bool)> {
    let mut fields = line.split(',');
    let (kind, description) = (fields.next()?, fields.next()?);
    let position: i64 = fields.next()?.trim().parse().ok()?;
    let size = fields.next().and_then(|size| size.trim().parse().ok()).unwrap_or(0);
    let date_us = fields.nth(1).and_then(date_us);
    let marker = Marker {
        kind: field(kind),
        description: field_as_is(description),
        sample: u64::try_from(position.saturating_sub(1)).unwrap_or(0),
        size,
        date_us,
    };
    Some((marker, position < 1))
}

/// A field whose blanks may mean something: `S  1` is told from `S 1`.
fn field_as_is(text: &str) -> String {
    text.replace("\\1", ",")
}

/// `YYYYMMDDhhmmssuuuuuu`; zeros stand for a time that nobody knows.
fn date_us(text: &str) -> Option<i64> {
    let text = text.trim();
    if !text.bytes().all(|byte| byte.is_ascii_digit()) || text.len() < 14 {
        return None;
    }
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u32>().ok();
    let date = [number(0, 4)?, number(4, 6)?, number(6, 8)?];
    let time = [number(8, 10)?, number(10, 12)?, number(12, 14)?];
    let micros = format!("{:0<6}", text.get(14..20.min(text.len()))?);
    calendar::micros(date, time, micros.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Marker {
        marker(text).unwrap().0
    }

    #[test]
    fn a_line_becomes_a_marker() {
        let marker = line(r"New Segment,,1,1,0,20131113161403794232");
        assert!(marker.is_new_segment());
        assert_eq!((marker.sample, marker.size), (0, 1));
        assert_eq!(marker.date_us, Some(1_384_359_243_794_232));
        let marker = line(r"Comment,a\1b  c,17,4,0");
        assert_eq!(marker.label(), "Comment/a,b  c");
        assert_eq!((marker.sample, marker.size, marker.date_us), (16, 4, None));
        for date in ["0", "00000000000000000000", "2013", "20131301000000000000", "x", "2013é0"] {
            assert_eq!(date_us(date), None, "{date}");
        }
        assert_eq!(date_us("20131113161403"), Some(1_384_359_243_000_000));
        for bad in ["", "Stimulus", "Stimulus,S  1", "Stimulus,S  1,x"] {
            assert_eq!(super::marker(bad), None, "{bad}");
        }
        assert_eq!(super::marker("A,B,-9").unwrap(), (line("A,B,1"), true));
    }

    #[test]
    fn numbers_of_descriptions_become_codes() {
        for (text, code) in [
            ("Stimulus,S  1,1", 1),
            ("Stimulus,S253,1", 253),
            ("Stimulus,254,1", 254),
            ("Event,7,1", 7),
            ("Response,R  3,1", 1003),
            ("Optic,O  1,1", 2001),
            ("Stimulus,s9 ,1", 9),
            ("Stimulus,S,1", 0),
            ("Comment,S456 ms,1", 0),
            ("Comment,not parsed 13,1", 0),
            ("Stimulus,-4,1", 0),
            ("Stimulus,S99999999999,1", 0),
            ("$User_Spec,$ 18,1", 0),
        ] {
            assert_eq!(line(text).code(), code, "{text}");
        }
    }
}
