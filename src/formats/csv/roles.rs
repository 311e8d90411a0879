//! What each column of a table is: a time, a channel, markers, or nothing of use.

use super::layout::Layout;
use super::{MARKER, MARKER_END};
use crate::formats::decimal;
use crate::formats::text::cells::is_missing;
use crate::formats::text::time;
use crate::formats::unit::{self, Scale};
use crate::signal::{Channel, Unit};

/// Rows that are looked at.
const ROWS: usize = 500;
/// A moment in seconds since 1970 lies between these: 2001 and 2100.
pub(super) const UNIX_S: std::ops::Range<f64> = 978_307_200.0..4_102_444_800.0;

const TIME_WORDS: &[&str] =
    &["time", "times", "timestamp", "timestamps", "datetime", "unixtime", "lsltime"];
const LONE_TIME_WORDS: &[&str] =
    &["t", "s", "sec", "secs", "second", "seconds", "ms", "msec", "millisecond", "milliseconds"];
const MARKER_WORDS: &[&str] = &[
    "marker",
    "markers",
    "trigger",
    "triggers",
    "trig",
    "event",
    "events",
    "stim",
    "stimulus",
    "sti",
    "status",
    "annotation",
    "annotations",
    "label",
    "labels",
    "class",
    "target",
    "condition",
];
/// Words that make a column of events one of something about them.
const ABOUT_WORDS: &[&str] = &["date", "duration", "latency", "onset", "time", "timestamp"];
const COUNTER_WORDS: &[&str] =
    &["index", "sample", "samples", "counter", "row", "packet", "frame", "epoch", "unnamed"];

/// What is done with a column's cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Skip,
    Time,
    Counter,
    /// Place among the channels.
    Channel(usize),
    /// Place among the columns of markers.
    Marker(usize),
}

/// What all columns are.
#[derive(Debug, PartialEq)]
pub(super) struct Roles {
    /// Whether the table is one of ours.
    pub is_own: bool,
    pub roles: Vec<Role>,
    /// Seconds in one of the time column's numbers, where its name says so.
    pub time_unit_s: Option<f64>,
    pub channels: Vec<Channel>,
    /// What takes each channel's numbers to its unit.
    pub scales: Vec<f64>,
    /// Names of the columns of markers.
    pub markers: Vec<String>,
    /// Names of columns that are left out though they say something.
    pub left_out: Vec<String>,
}

/// What the first rows of a column hold.
#[derive(Default, Clone)]
struct Content {
    filled: usize,
    numbers: usize,
    moments: usize,
    /// Whether every number is larger than the one before, or as large.
    falls: bool,
    varies: bool,
    /// Whether every number is one more than the one before.
    is_count: bool,
    in_unix_range: usize,
    last: Option<f64>,
}

impl Content {
    fn take(&mut self, cell: &[u8], comma: bool) {
        if is_missing(cell) {
            return;
        }
        self.filled += 1;
        if time::parse(cell).is_some() {
            self.moments += 1;
            return;
        }
        let Some(value) = decimal::parse::<f64>(cell, comma) else { return };
        self.numbers += 1;
        self.in_unix_range += usize::from(UNIX_S.contains(&value));
        match self.last {
            None => self.is_count = true,
            Some(last) => {
                self.falls |= value < last;
                self.varies |= value != last;
                self.is_count &= value == last + 1.0;
            }
        }
        self.last = Some(value);
    }

    fn rises(&self) -> bool {
        self.varies && !self.falls
    }

    /// Whether most cells are numbers.
    fn is_numeric(&self) -> bool {
        self.numbers * 2 > self.filled
    }
}

impl Roles {
    /// From the names of the columns and the rows in `head`, which start at its start.
    pub(super) fn of(layout: &Layout, head: &[u8]) -> Self {
        let contents = contents(layout, head);
        let mut roles = Roles {
            is_own: layout.is_own(),
            roles: vec![Role::Skip; layout.columns],
            time_unit_s: None,
            channels: Vec::new(),
            scales: Vec::new(),
            markers: Vec::new(),
            left_out: Vec::new(),
        };
        let time = time_column(layout, &contents);
        for (column, content) in contents.iter().enumerate() {
            let role = if time == Some(column) {
                roles.time_unit_s = stated_unit_s(layout.name(column));
                Role::Time
            } else {
                roles.other(layout, column, content)
            };
            if let Some(slot) = roles.roles.get_mut(column) {
                *slot = role;
            }
        }
        roles
    }

    /// The role of a column of a table of ours.
    fn own(&mut self, name: &str, column: usize) -> Role {
        if name.starts_with(MARKER) && name.ends_with(MARKER_END) {
            self.markers.push(name.to_owned());
            return Role::Marker(self.markers.len() - 1);
        }
        let (channel, scale) = channel(name, column);
        self.channels.push(channel);
        self.scales.push(scale);
        Role::Channel(self.channels.len() - 1)
    }

    /// The role of a column that is not the time.
    fn other(&mut self, layout: &Layout, column: usize, content: &Content) -> Role {
        let name = layout.name(column);
        if self.is_own {
            return self.own(name, column);
        }
        let words = words(name);
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        let is_nameless = name.is_empty() && !layout.names.is_empty();
        if has(COUNTER_WORDS) || (name.is_empty() && content.is_count && content.numbers > 1) {
            let first =
                !self.roles.contains(&Role::Counter) && !words.contains(&"epoch".to_owned());
            return if first && content.is_numeric() { Role::Counter } else { Role::Skip };
        }
        if has(MARKER_WORDS) && !has(ABOUT_WORDS) {
            self.markers.push(name.to_owned());
            return Role::Marker(self.markers.len() - 1);
        }
        let says_nothing = is_nameless && content.filled == 0;
        if says_nothing {
            return Role::Skip;
        }
        let is_about = has(TIME_WORDS) || has(ABOUT_WORDS);
        if is_about || (content.filled > 0 && !content.is_numeric()) {
            self.left_out.push(name.to_owned());
            return Role::Skip;
        }
        let (channel, scale) = channel(name, column);
        self.channels.push(channel);
        self.scales.push(scale);
        Role::Channel(self.channels.len() - 1)
    }
}

fn contents(layout: &Layout, head: &[u8]) -> Vec<Content> {
    let mut contents = vec![Content::default(); layout.columns];
    let comma = layout.decimal_comma;
    for line in head.split(|&byte| byte == b'\n').take(ROWS) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        for (content, cell) in contents.iter_mut().zip(layout.separator.cells(line)) {
            content.take(cell, comma);
        }
    }
    contents
}

/// The column that tells when samples were taken, best by its name.
fn time_column(layout: &Layout, contents: &[Content]) -> Option<usize> {
    let is_called_time = |column: &usize| {
        let words = words(layout.name(*column));
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        has(TIME_WORDS) && !has(MARKER_WORDS)
            || words.len() == 1 && has(LONE_TIME_WORDS)
            || stated_unit_s(layout.name(*column)).is_some()
                && words.first().is_some_and(|w| w == "t")
    };
    let content = |column: &usize| contents.get(*column);
    let is_numeric = |column: &usize| content(column).is_some_and(Content::is_numeric);
    let is_text = |column: &usize| content(column).is_some_and(|c| c.moments * 2 > c.filled);
    let is_unix = |column: &usize| {
        content(column).is_some_and(|c| c.numbers > 1 && c.in_unix_range == c.numbers && c.rises())
    };
    // A first column that rises, and by less than one, where nothing has a name.
    let is_first = |column: &usize| {
        let content = content(column);
        *column == 0
            && layout.columns > 1
            && layout.names.is_empty()
            && content.is_some_and(|c| c.rises() && !c.is_count && c.numbers > 3)
    };
    let all = 0..layout.columns;
    let named = || all.clone().filter(is_called_time);
    let first_numeric = named().find(is_numeric).or_else(|| named().find(is_text));
    let by_content = || all.clone().find(is_unix).or_else(|| all.clone().find(is_text));
    first_numeric.or_else(by_content).or_else(|| all.clone().find(is_first))
}

/// The words of a name, in lower case, without the digits at their ends.
fn words(name: &str) -> Vec<String> {
    let name = name.to_lowercase();
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words
        .map(|word| match word.trim_end_matches(|c: char| c.is_ascii_digit()) {
            // `t7` is an electrode.
            short if short.len() < 3 => word.to_owned(),
            long => long.to_owned(),
        })
        .collect()
}

/// Seconds in a unit of time that a name ends with, such as `time (ms)`, `t_s` or `seconds`.
fn stated_unit_s(name: &str) -> Option<f64> {
    // `Time:256Hz` counts seconds.
    if name.starts_with("Time:") && name.ends_with("Hz") {
        return Some(1.0);
    }
    let words = words(name);
    match words.last()?.as_str() {
        "s" | "sec" | "secs" | "second" | "seconds" => Some(1.0),
        "ms" | "msec" | "millis" | "millisecond" | "milliseconds" => Some(1e-3),
        "us" | "µs" | "usec" | "micros" | "microsecond" | "microseconds" => Some(1e-6),
        "ns" | "nsec" | "nanos" | "nanosecond" | "nanoseconds" => Some(1e-9),
        _ => None,
    }
}

/// A channel, whose unit may stand in brackets after its name, and what takes its numbers there.
pub(super) fn channel(name: &str, column: usize) -> (Channel, f64) {
    let open = name.trim_end().strip_suffix([')', ']']);
    let split = open.and_then(|open| open.rsplit_once(['(', '[']));
    // The input of `Digital 0 (D11)` is no unit.
    let is_unit = |text: &str| {
        let pin = text.strip_prefix(|c: char| c.is_ascii_uppercase()).unwrap_or("");
        pin.is_empty() || !pin.bytes().all(|byte| byte.is_ascii_digit())
    };
    let (label, scale) = match split.filter(|(_, unit)| is_unit(unit)) {
        Some((label, unit)) => (label.trim_end(), unit::from_text(unit.trim())),
        None => (name, Scale { unit: Unit::Other("unknown".to_owned()), factor: 1.0 }),
    };
    let label = if label.is_empty() { format!("column {}", column + 1) } else { label.to_owned() };
    (Channel { label, unit: scale.unit, quantization: None }, scale.factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (Roles, String) {
        let layout = Layout::find(text.as_bytes()).unwrap();
        let roles = Roles::of(&layout, text.get(layout.offset as usize..).unwrap().as_bytes());
        let letter = |role: &Role| match role {
            Role::Skip => '-',
            Role::Time => 't',
            Role::Counter => '#',
            Role::Channel(_) => 'c',
            Role::Marker(_) => 'm',
        };
        let letters = roles.roles.iter().map(letter).collect();
        (roles, letters)
    }

    #[test]
    fn columns_are_known_by_their_names() {
        for (text, letters) in [
            ("timestamps,TP9,Right AUX,Marker0\n0.1,1,2,0\n", "tccm"),
            ("T7,T8,t\n1,2,3\n2,3,4\n", "cct"),
            (",Oz,trigger\n0,1,2\n1,2,2\n2,3,4\n", "#cm"),
            ("Oz,O1\n0,1\n1,2\n2,3\n", "cc"),
            ("Time:512Hz,Epoch,Oz,Event Id,Event Date,Event Duration\n0,0,1,,,\n", "t-cm--"),
            ("Sample Index,time_ms,Oz,STI 014\n0,4,1,0\n1,8,2,0\n", "#tcm"),
            ("time,Timestamp (Formatted),Oz\n1,12:00:01.5,2\n2,12:00:02,3\n", "t-c"),
            ("datetime,Oz,who\n2024-01-01 00:00:00,1,me\n2024-01-01 00:00:01,1,me\n", "tc-"),
            ("Oz,stimulus time,label\n1,0,\n2,0,a\n", "c-m"),
            ("t_s,s1\n0,1\n1,1\n", "tc"),
        ] {
            assert_eq!(of(text).1, letters, "{text}");
        }
    }

    #[test]
    fn nameless_columns_are_known_by_their_numbers() {
        for (text, letters) in [
            ("0.000 5\n0.004 6\n0.008 5\n0.012 6\n", "tc"),
            ("0 5\n1 6\n2 5\n3 6\n", "#c"),
            ("5 5\n6 4\n2 5\n3 6\n", "cc"),
            ("7\t1700000000.1\t5\n9\t1700000000.2\t5\n8\t1700000000.3\t6\n", "ctc"),
        ] {
            assert_eq!(of(text).1, letters, "{text}");
        }
        assert_eq!(of("5 5\n6 4\n2 5\n").0.channels[1].label, "column 2");
    }

    #[test]
    fn units_stand_in_brackets() {
        let (roles, _) = of("t [ms],Oz (µV),O1 [mV],Temp (C),D 0 (D11),x\n0,1,2,3,4,5\n");
        let found: Vec<_> =
            roles.channels.iter().map(|c| (c.label.as_str(), c.unit.as_str())).collect();
        let expected =
            [("Oz", "uV"), ("O1", "uV"), ("Temp", "C"), ("D 0 (D11)", "unknown"), ("x", "unknown")];
        assert_eq!(found, expected);
        assert_eq!(roles.scales, [1.0, 1e3, 1.0, 1.0, 1.0]);
        assert_eq!(roles.time_unit_s, Some(1e-3));
        for (name, unit) in [
            ("time (s)", Some(1.0)),
            ("t_us", Some(1e-6)),
            ("milliseconds", Some(1e-3)),
            ("time", None),
        ] {
            assert_eq!(stated_unit_s(name), unit, "{name}");
        }
    }
}
