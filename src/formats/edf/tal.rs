//! Time-stamped annotation lists: `onset [0x15 duration] 0x14 text 0x14 text 0x14 0x00`.

use super::warn;
use crate::formats::{Warning, fields};

/// A text with its time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mark {
    /// Seconds since the header's start time.
    pub onset_s: f64,
    pub duration_s: f64,
    pub text: String,
}

/// What the annotation channels of all records hold.
#[derive(Debug, Default)]
pub(super) struct Tals {
    pub marks: Vec<Mark>,
    /// When each record starts, in seconds since the header's start time; one a record, where
    /// there is an annotation channel at all.
    pub onsets: Vec<Option<f64>>,
    pub odd: Odd,
}

/// How much could not be read as it should be, and in which record first.
#[derive(Debug, Default)]
pub(super) struct Odd {
    /// Stretches that are no list.
    pub garbage: Count,
    /// Lists without an end.
    pub cut: Count,
}

/// A number of cases and the record of the first.
#[derive(Debug, Default)]
pub(super) struct Count {
    pub cases: u64,
    pub first: u64,
}

impl Count {
    pub(super) fn add(&mut self, record: u64) {
        if self.cases == 0 {
            self.first = record;
        }
        self.cases += 1;
    }
}

impl Odd {
    pub(super) fn tell(&self, warnings: &mut Vec<Warning>) {
        for (count, what) in [
            (&self.garbage, "stretches that are no annotation as they stand"),
            (&self.cut, "annotations without an end; what is there is kept"),
        ] {
            if count.cases > 0 {
                let message = format!("{} {what}, here the first", count.cases);
                warn(warnings, format!("annotations, record {}", count.first + 1), message);
            }
        }
    }
}

impl Tals {
    /// Takes the bytes of one annotation channel in one record. The first such channel of a record
    /// is where its time stands.
    pub(super) fn take(&mut self, record: u64, is_first_channel: bool, bytes: &[u8]) {
        if is_first_channel {
            self.onsets.push(None);
        }
        let mut lists = 0;
        for list in bytes.split(|&byte| byte == 0) {
            let blank = list.iter().all(|&byte| byte == b' ');
            if blank {
                continue;
            }
            lists += 1;
            let Some((time, texts, is_clean)) = parse(list) else {
                self.odd.garbage.add(record);
                continue;
            };
            if !is_clean {
                self.odd.garbage.add(record);
            }
            let stamp = is_first_channel && lists == 1 && texts.starts_with(b"\x14");
            if let (true, Some(onset)) = (stamp, self.onsets.last_mut()) {
                *onset = Some(time.0);
            }
            self.take_texts(record, time, texts);
        }
    }

    /// `texts` are those of one list, each with its end.
    fn take_texts(&mut self, record: u64, (onset_s, duration_s): (f64, f64), texts: &[u8]) {
        let whole = match texts.strip_suffix(b"\x14") {
            Some(whole) => whole,
            None => {
                self.odd.cut.add(record);
                texts
            }
        };
        for text in whole.split(|&byte| byte == 0x14).filter(|text| !text.is_empty()) {
            let text = match std::str::from_utf8(text) {
                Ok(text) => text.to_owned(),
                Err(_) => text.iter().map(|&byte| char::from(byte)).collect(),
            };
            self.marks.push(Mark { onset_s, duration_s, text });
        }
    }
}

/// Onset and duration, the texts with their ends, and whether nothing was odd. `None` where there
/// is no onset that ends as it should.
fn parse(list: &[u8]) -> Option<((f64, f64), &[u8], bool)> {
    // A list may stand behind something else.
    let start = (0..list.len()).find(|&at| {
        let sign = list.get(at).is_some_and(|byte| b"+-".contains(byte));
        sign && list.get(at + 1).is_some_and(u8::is_ascii_digit)
    })?;
    let list = list.get(start..)?;
    let end = list.iter().position(|&byte| byte == 0x14)?;
    let (time, texts) = (list.get(..end)?, list.get(end + 1..)?);
    let mut parts = time.split(|&byte| byte == 0x15);
    let onset = number(parts.next()?)?;
    let duration = match parts.next() {
        None | Some(b"") => Some(0.0),
        Some(duration) => number(duration).filter(|&duration| duration >= 0.0),
    };
    let is_clean = start == 0 && duration.is_some();
    Some(((onset, duration.unwrap_or(0.0)), texts, is_clean))
}

/// A decimal number; a comma may be its point.
fn number(bytes: &[u8]) -> Option<f64> {
    let plain = bytes.iter().all(|&byte| byte.is_ascii_digit() || b"+-.,".contains(&byte));
    let text = fields::text(bytes).replacen(',', ".", 1);
    text.parse().ok().filter(|value: &f64| plain && value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(bytes: &[u8]) -> Tals {
        let mut tals = Tals::default();
        tals.take(0, true, bytes);
        tals
    }

    fn marks(tals: &Tals) -> Vec<(f64, f64, &str)> {
        tals.marks.iter().map(|mark| (mark.onset_s, mark.duration_s, mark.text.as_str())).collect()
    }

    #[test]
    fn lists_are_read_after_the_specification() {
        // The example of the specification of EDF+, 2.2.2.
        let tals = taken(
            b"+0\x14\x14\0+180\x14Lights off\x14Close door\x14\0+1800.2\x1525.5\x14Apnea\x14\0\0\0",
        );
        assert_eq!(tals.onsets, [Some(0.0)]);
        let expected = [(180.0, 0.0, "Lights off"), (180.0, 0.0, "Close door")];
        assert_eq!(marks(&tals), [&expected[..], &[(1800.2, 25.5, "Apnea")]].concat());
        assert_eq!((tals.odd.garbage.cases, tals.odd.cut.cases), (0, 0));
    }

    #[test]
    fn a_time_stamp_may_carry_texts_and_another_list_may_come_first() {
        let tals = taken("+567.25\x14\x14Recording µ\x14\0".as_bytes());
        assert_eq!(tals.onsets, [Some(567.25)]);
        assert_eq!(marks(&tals), [(567.25, 0.0, "Recording µ")]);

        let tals = taken(b"-0.5\x14early\x14\0+0\x14\x14\0");
        assert_eq!(tals.onsets, [None]);
        assert_eq!(marks(&tals), [(-0.5, 0.0, "early")]);
    }

    #[test]
    fn what_is_no_list_is_counted_and_the_rest_is_read() {
        let tals = taken(b"+0\x14\x14\0nonsense\0x+1\x14behind\x14\0+2\x15abc\x14late\x14\0+3");
        assert_eq!(marks(&tals), [(1.0, 0.0, "behind"), (2.0, 0.0, "late")]);
        assert_eq!((tals.odd.garbage.cases, tals.odd.cut.cases), (4, 0));

        let tals = taken(b"+0\x14\x14\0+1,5\x14caf\xe9\x14\0+2\x14cut off he");
        assert_eq!(marks(&tals), [(1.5, 0.0, "café"), (2.0, 0.0, "cut off he")]);
        assert_eq!((tals.odd.garbage.cases, tals.odd.cut.cases), (0, 1));

        let tals = taken(b"+inf\x14a\x14\0+1e5\x14b\x14\0    ");
        assert_eq!((marks(&tals).len(), tals.odd.garbage.cases), (0, 2));
    }
}
