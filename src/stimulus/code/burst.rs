use serde::{Deserialize, Serialize};

use crate::stimulus::random::Random;
use crate::stimulus::{Bits, StimulusError};

/// Most codes of a set, and most bits of all of them.
const MAX_CODES: usize = 1024;
const MAX_BITS: usize = 1 << 20;
/// How many codes are drawn for each that is taken.
const DRAWS: usize = 64;

/// Burst codes: a few short flashes a cycle, at irregular distances (Cabrera Castillos, Ladouce,
/// Darmet & Dehais 2023, NeuroImage 284:120446).
///
/// The distance from one flash's start to the next one's, around the cycle, is `min_gap` to `max_gap`
/// bits. Of 64 codes drawn at random, the one is taken whose worst correlation with those before it is
/// the least.
///
/// ```
/// use evoked::stimulus::code::Burst;
/// let burst = Burst { len: 60, bursts: 4, width: 3, min_gap: 10, max_gap: 24, seed: 1 };
/// let codes = burst.codes(5)?;
/// assert!(codes.iter().all(|code| code.len() == 60 && code.ones() == 4 * 3));
/// # Ok::<(), evoked::stimulus::StimulusError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Burst {
    /// Bits of a cycle.
    pub len: usize,
    /// Flashes of a cycle.
    pub bursts: usize,
    /// Bits that a flash lasts; at least one less than `min_gap`.
    pub width: usize,
    /// Least distance from start to start.
    pub min_gap: usize,
    /// Greatest distance from start to start.
    pub max_gap: usize,
    /// Where all that is random comes from.
    #[serde(default)]
    pub seed: u64,
}

impl Burst {
    /// `count` codes that differ.
    ///
    /// # Errors
    /// [`StimulusError::Family`] where no code fits the distances, or too few different ones were
    /// found.
    pub fn codes(&self, count: usize) -> Result<Vec<Bits>, StimulusError> {
        self.check(count)?;
        let mut random = Random::new(self.seed);
        let mut codes: Vec<Bits> = Vec::with_capacity(count);
        while codes.len() < count {
            let draws = (0..DRAWS).map(|_| self.draw(&mut random));
            let worst =
                |code: &Bits| codes.iter().map(|other| overlap(code, other)).max().unwrap_or(0);
            let best = draws.map(|code| (worst(&code), code)).min_by_key(|(worst, _)| *worst);
            match best {
                Some((worst, code)) if worst < self.bursts * self.width => codes.push(code),
                _ => {
                    let expected = format!("{} or fewer, or looser distances", codes.len());
                    return Err(StimulusError::family("burst codes", "targets", count, expected));
                }
            }
        }
        Ok(codes)
    }

    /// One code: its gaps one after the other, each as free as those after it leave it, and a start
    /// anywhere in the cycle.
    fn draw(&self, random: &mut Random) -> Bits {
        let mut bits = vec![false; self.len];
        let (mut at, mut left) = (random.below(self.len), self.len);
        for rest in (0..self.bursts).rev() {
            for i in 0..self.width {
                bits[(at + i) % self.len] = true;
            }
            let least = self.min_gap.max(left.saturating_sub(rest.saturating_mul(self.max_gap)));
            let most = self.max_gap.min(left - rest * self.min_gap);
            let gap = least + random.below(most - least + 1);
            (at, left) = (at + gap, left - gap);
        }
        Bits::new(bits)
    }

    fn check(&self, count: usize) -> Result<(), StimulusError> {
        let wrong = |field, found: usize, expected: String| {
            Err(StimulusError::family("burst codes", field, found, expected))
        };
        if !(1..=MAX_CODES).contains(&count) || self.len > MAX_BITS / count {
            return wrong(
                "bits of all targets",
                self.len.saturating_mul(count),
                format!("1 to {MAX_BITS}, {MAX_CODES} targets at most"),
            );
        }
        if self.len == 0 || !(1..=self.len).contains(&self.bursts) {
            return wrong("bursts", self.bursts, format!("1 to {} in {} bits", self.len, self.len));
        }
        if self.width == 0 || self.width >= self.min_gap {
            return wrong(
                "width",
                self.width,
                format!("1 to {}, less than the least gap", self.min_gap.saturating_sub(1)),
            );
        }
        let (least, most) = (self.len / self.bursts, self.len.div_ceil(self.bursts));
        if self.min_gap > least {
            return wrong(
                "min_gap",
                self.min_gap,
                format!("{least} or less, so that {} fit into {} bits", self.bursts, self.len),
            );
        }
        if self.max_gap < most {
            return wrong(
                "max_gap",
                self.max_gap,
                format!("{most} or more, so that {} fill {} bits", self.bursts, self.len),
            );
        }
        Ok(())
    }
}

/// Bits that are bright in both: as all codes have as many, the correlation follows from it.
fn overlap(a: &Bits, b: &Bits) -> usize {
    a.as_slice().iter().zip(b.as_slice()).filter(|(a, b)| **a && **b).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Starts of the flashes, as a cycle.
    fn starts(code: &Bits) -> Vec<usize> {
        let bits = code.as_slice();
        let is_start = |&t: &usize| bits[t] && !bits[(t + bits.len() - 1) % bits.len()];
        (0..bits.len()).filter(is_start).collect()
    }

    proptest! {
        #[test]
        fn distances_keep_their_limits(
            (bursts, width, min_gap, more) in (2_usize..8, 1_usize..4, 5_usize..20, 1_usize..12),
            part in 0.0..1.0_f64,
            seed: u64,
        ) {
            let max_gap = min_gap + more;
            let len = bursts * min_gap + (part * (bursts * more) as f64) as usize;
            let burst = Burst { len, bursts, width, min_gap, max_gap, seed };
            // Few flashes at narrow distances may be too few to differ.
            let Ok(codes) = burst.codes(3) else { return Ok(()) };
            for code in &codes {
                let starts = starts(code);
                prop_assert_eq!((starts.len(), code.ones()), (bursts, bursts * width));
                for (k, start) in starts.iter().enumerate() {
                    let next = starts.get(k + 1).copied().unwrap_or(starts[0] + len);
                    prop_assert!((min_gap..=max_gap).contains(&(next - start)));
                }
            }
            prop_assert!(codes[0] != codes[1] && codes[0] != codes[2] && codes[1] != codes[2]);
            prop_assert_eq!(burst.codes(3).unwrap(), codes);
        }
    }

    #[test]
    fn a_limit_that_limits_nothing_is_as_good_as_the_cycle() {
        let burst = Burst { len: 60, bursts: 4, width: 3, min_gap: 10, max_gap: 60, seed: 1 };
        let endless = Burst { max_gap: usize::MAX, ..burst };
        assert_eq!(endless.codes(3).unwrap(), burst.codes(3).unwrap());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let burst = Burst { len: 60, bursts: 4, width: 3, min_gap: 10, max_gap: 24, seed: 1 };
        let refused = |burst: Burst| burst.codes(3).unwrap_err().to_string();
        assert!(
            refused(Burst { min_gap: 16, ..burst }).contains("min_gap is 16, expected 15 or less")
        );
        assert!(
            refused(Burst { max_gap: 14, ..burst }).contains("max_gap is 14, expected 15 or more")
        );
        assert!(refused(Burst { width: 10, ..burst }).contains("width is 10"));
        assert!(refused(Burst { bursts: 0, ..burst }).contains("bursts is 0"));
        assert!(refused(Burst { len: usize::MAX, ..burst }).contains("bits of all targets"));
        // One flash in a cycle of two bits: two codes, and no third.
        let tiny = Burst { len: 2, bursts: 1, width: 1, min_gap: 2, max_gap: 2, seed: 1 };
        assert_eq!(tiny.codes(2).unwrap().len(), 2);
        assert!(
            tiny.codes(3).unwrap_err().to_string().contains("targets is 3, expected 2 or fewer")
        );
    }
}
