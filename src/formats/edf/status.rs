//! The status channel of BDF files: trigger lines and the state of a BioSemi amplifier.
//!
//! Bits 0 to 15 are the trigger lines. Above them, after BioSemi's description of its 24-bit
//! files: 16 a new epoch begins, 17 to 19 and 21 the speed mode, 20 CMS is within range, 22 the
//! battery is low, 23 the amplifier is an ActiveTwo Mk2.

use super::warn;
use crate::formats::Warning;

/// Places that are listed of each kind of trouble.
const LISTED: usize = 5;

const EPOCH: u32 = 1 << 16;
const CMS_IN_RANGE: u32 = 1 << 20;
const BATTERY_LOW: u32 = 1 << 22;
const MK2: u32 = 1 << 23;

/// What was seen on the status channel so far. Places count its samples in the file.
#[derive(Debug, Default)]
pub(super) struct Status {
    seen: u64,
    /// The first sample that is looked at.
    start: u64,
    last: u32,
    /// Trigger lines on the first sample.
    pub first: u16,
    /// Where the trigger lines change to something but zero, and to what.
    pub changes: Vec<(u64, u16)>,
    /// Whether any bit above the trigger lines was ever set; where none was, no amplifier wrote
    /// this.
    pub has_state: bool,
    /// Where recording was started again.
    pub epochs: Places,
    pub battery_low: Places,
    pub cms_out: Places,
    /// The speed mode of the first sample, and where it was another one.
    pub speed_mode: u8,
    pub speed_changes: Places,
    pub is_mk2: bool,
}

/// Stretches of samples, of which the first few are known.
#[derive(Debug, Default)]
pub(super) struct Places {
    pub count: u64,
    /// First sample and the one after the last.
    pub listed: Vec<(u64, u64)>,
}

impl Places {
    /// Opens a stretch at `at`, or closes the one that is open.
    fn step(&mut self, at: u64, was: bool, is: bool) {
        if is && !was {
            self.count += 1;
            if self.listed.len() < LISTED {
                self.listed.push((at, u64::MAX));
            }
        } else if was && !is {
            self.close(at);
        }
    }

    /// The first places by `each`, and how many more there are.
    fn words(&self, each: impl Fn(&(u64, u64)) -> String) -> String {
        let listed = self.listed.iter().map(each).collect::<Vec<_>>().join(", ");
        match self.count.saturating_sub(self.listed.len() as u64) {
            0 => listed,
            more => format!("{listed} and {more} more"),
        }
    }

    fn close(&mut self, at: u64) {
        for place in self.listed.iter_mut().filter(|place| place.1 == u64::MAX) {
            place.1 = at;
        }
    }
}

impl Status {
    /// Nothing seen, of samples from `start` on.
    pub(super) fn from(start: u64) -> Self {
        Self { seen: start, start, ..Self::default() }
    }

    /// Takes the next samples, in the order of the file.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        for &[a, b, c] in bytes.as_chunks::<3>().0 {
            let count = u32::from_le_bytes([a, b, c, 0]);
            if count != self.last || self.seen == self.start {
                self.step(count);
            }
            self.seen += 1;
        }
    }

    /// Looks at a sample that differs from the one before it.
    fn step(&mut self, count: u32) {
        let (at, last, starts) = (self.seen, self.last, self.seen == self.start);
        self.last = count;
        let (lines, lines_before) = (count as u16, last as u16);
        if starts {
            self.first = lines;
            self.speed_mode = speed_mode(count);
            self.is_mk2 = count & MK2 != 0;
        } else if lines != lines_before && lines != 0 {
            self.changes.push((at, lines));
        }
        self.has_state |= count >> 16 != 0;
        let mut step = |places: fn(&mut Self) -> &mut Places, test: &dyn Fn(u32) -> bool| {
            let was = !starts && test(last);
            places(self).step(at, was, test(count));
        };
        if !starts {
            step(|status| &mut status.epochs, &|count| count & EPOCH != 0);
        }
        step(|status| &mut status.battery_low, &|count| count & BATTERY_LOW != 0);
        step(|status| &mut status.cms_out, &|count| count & CMS_IN_RANGE == 0);
        let usual = self.speed_mode;
        let mut step = |test: &dyn Fn(u32) -> bool| {
            self.speed_changes.step(at, !starts && test(last), test(count));
        };
        step(&|count| speed_mode(count) != usual);
    }

    /// To be called after the last sample.
    pub(super) fn finish(&mut self) {
        let end = self.seen;
        for places in
            [&mut self.epochs, &mut self.battery_low, &mut self.cms_out, &mut self.speed_changes]
        {
            places.close(end);
        }
    }

    /// Says what was wrong with the amplifier, for a channel of `rate_hz`.
    pub(super) fn tell(&self, rate_hz: f64, warnings: &mut Vec<Warning>) {
        let mut say = |message: String| warn(warnings, "channel Status", message);
        if self.first != 0 && self.start == 0 {
            say(format!("the trigger lines are {} at the very start: no event", self.first));
        }
        if !self.has_state {
            return;
        }
        let seconds = |at: u64| format!("{:.3}", at as f64 / rate_hz);
        for (places, what) in [
            (&self.cms_out, "CMS was out of range"),
            (&self.battery_low, "the battery was low"),
            (&self.speed_changes, "the speed mode was another one"),
        ] {
            let each = |(start, end): &(u64, u64)| format!("{}–{}", seconds(*start), seconds(*end));
            if places.count > 0 {
                say(format!("{what} at {} s", places.words(each)));
            }
        }
        if self.epochs.count > 0 {
            let each = |(start, _): &(u64, u64)| seconds(*start);
            say(format!("recording was started anew at {} s", self.epochs.words(each)));
        }
    }
}

fn speed_mode(count: u32) -> u8 {
    ((count >> 17 & 7) | (count >> 21 & 1) << 3) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(counts: &[u32]) -> Status {
        let bytes: Vec<u8> =
            counts.iter().flat_map(|count| count.to_le_bytes()[..3].to_vec()).collect();
        let mut status = Status::default();
        // In pieces, as records bring them.
        bytes.chunks(6).for_each(|piece| status.take(piece));
        status.finish();
        status
    }

    #[test]
    fn changes_to_something_but_zero_are_triggers() {
        let status = taken(&[7, 7, 0, 5, 5, 9, 3, 3, 0, 0xffff, 0x10_ffff, 0x10_0001]);
        assert_eq!(status.first, 7);
        assert_eq!(status.changes, [(3, 5), (5, 9), (6, 3), (9, 0xffff), (11, 1)]);
        assert!(status.has_state);
        let held = taken(&[3, 3, 3]);
        assert_eq!((held.first, held.changes.len(), held.has_state), (3, 0, false));
    }

    #[test]
    fn the_state_of_the_amplifier_is_told_by_its_bits() {
        let good = CMS_IN_RANGE | MK2 | 4 << 17;
        let faster = CMS_IN_RANGE | MK2 | 3 << 17 | 1 << 21;
        let status = taken(&[
            good | EPOCH,
            good,
            good & !CMS_IN_RANGE,
            good & !CMS_IN_RANGE | 1,
            good | BATTERY_LOW,
            faster | BATTERY_LOW,
            good | EPOCH,
        ]);
        assert_eq!((status.speed_mode, status.is_mk2), (4, true));
        assert_eq!(speed_mode(faster), 11);
        assert_eq!(status.epochs.listed, [(6, 7)]);
        assert_eq!(status.cms_out.listed, [(2, 4)]);
        assert_eq!(status.battery_low.listed, [(4, 6)]);
        assert_eq!(status.speed_changes.listed, [(5, 6)]);
        assert_eq!(status.changes, [(3, 1)]);
        let flicker: Vec<u32> = (0..40).map(|i| CMS_IN_RANGE * (i % 2)).collect();
        let status = taken(&flicker);
        assert_eq!((status.cms_out.count, status.cms_out.listed.len()), (20, LISTED));
    }
}
