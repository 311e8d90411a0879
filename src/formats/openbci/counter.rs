//! What the index of samples tells of losses.
//!
//! It is a byte, or less: it starts anew after 256 samples or so, and a loss of a whole turn leaves
//! no trace in it. When rows were written, which is when they arrived, tells how many turns are to
//! be added to a loss.

/// Samples that are lost, as the index and the times tell it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Losses {
    /// Samples lost, and the sample before which they are, in order.
    pub lost: Vec<(u64, u64)>,
    /// How many of them only the times tell of.
    pub by_time: u64,
    /// Samples after which the index starts anew; `None` where it never does.
    pub turn: Option<u64>,
    /// Samples that come twice or out of order.
    pub disordered: usize,
}

/// How an index counts.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pattern {
    /// Counts from one sample to the next.
    step: f64,
    /// Samples of the same count.
    repeat: f64,
    /// Counts after which it starts anew; infinite where it never does.
    modulus: f64,
}

/// `None` where the index does not count samples. `times_s` are not numbers where unknown.
pub(super) fn losses(index: &[f64], times_s: &[f64], rate_hz: f64) -> Option<Losses> {
    let pattern = Pattern::of(index)?;
    let turn = pattern.modulus / pattern.step * pattern.repeat;
    let mut losses = Losses { turn: turn.is_finite().then_some(turn as u64), ..Losses::default() };
    for (i, pair) in index.windows(2).enumerate() {
        let Some(told) = pattern.lost(pair[1] - pair[0]) else { continue };
        let turns = turns(told, elapsed(times_s, i, rate_hz), turn);
        let lost = told + turns;
        losses.disordered += usize::from(lost < 0.0);
        if (1.0..1e15).contains(&lost) {
            losses.lost.push((i as u64 + 1, lost as u64));
            let unseen = (lost - told.max(0.0)).max(0.0);
            losses.by_time = losses.by_time.saturating_add(unseen as u64);
        }
    }
    Some(losses)
}

/// Samples of the whole turns to be added to a loss that the index tells, so that it comes near what
/// the times tell. A loss of most of a turn may as well be a step back.
fn turns(told: f64, elapsed: f64, turn: f64) -> f64 {
    let turns = ((elapsed - told) / turn).round();
    let least = if told * 2.0 > turn { -1.0 } else { 0.0 };
    if turn.is_finite() && turns.is_finite() { turns.max(least) * turn } else { 0.0 }
}

/// Samples that should have come between the one at `i` and the next, by the times. A row that is
/// late, with others that make up for it, tells of none.
fn elapsed(times_s: &[f64], i: usize, rate_hz: f64) -> f64 {
    let ahead = (rate_hz.clamp(1.0, 1e5) as usize).min(times_s.len().saturating_sub(i + 2));
    let between = |to: usize| match (times_s.get(i), times_s.get(to)) {
        (Some(from), Some(at)) => (at - from) * rate_hz - (to - i) as f64,
        _ => f64::NAN,
    };
    between(i + 1).min(between(i + 1 + ahead))
}

impl Pattern {
    fn of(index: &[f64]) -> Option<Self> {
        let steps = || index.windows(2).map(|pair| pair[1] - pair[0]);
        let share = |step: f64| {
            steps().filter(|other| *other == step).count() as f64 / steps().count().max(1) as f64
        };
        let (zeros, ones, twos) = (share(0.0), share(1.0), share(2.0));
        let (step, repeat) = if ones > 0.5 {
            (1.0, 1.0)
        } else if twos > 0.5 {
            (2.0, 1.0)
        } else if zeros > 0.3 && ones > 0.3 {
            (1.0, 2.0)
        } else {
            return None;
        };
        let lowest = index.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = index.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let turns = steps().any(|step| step < 0.0);
        let modulus = if turns { highest - lowest + step } else { f64::INFINITY };
        Some(Self { step, repeat, modulus })
    }

    /// Samples that a step of the index leaves out; `None` for no number.
    fn lost(&self, difference: f64) -> Option<f64> {
        let counts =
            if self.modulus.is_finite() { difference.rem_euclid(self.modulus) } else { difference };
        if counts.is_nan() {
            return None;
        }
        if self.repeat > 1.0 {
            return Some((counts - self.step).max(0.0) * self.repeat);
        }
        // The same count again is a turn too little.
        let lost = ((counts - self.step) / self.step).floor();
        Some(if self.modulus.is_infinite() { lost.max(0.0) } else { lost })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Index and times of samples, without those in `gaps` (first and number).
    fn cut(gaps: &[(usize, usize)], count: impl Fn(usize) -> usize) -> (Vec<f64>, Vec<f64>) {
        let is_there = |i: &usize| !gaps.iter().any(|(from, len)| (*from..from + len).contains(i));
        (0..20_000)
            .filter(is_there)
            // Rows arrive in chunks of ten.
            .map(|i| (count(i) as f64, (i / 10 * 10) as f64 / 250.0))
            .unzip()
    }

    #[test]
    fn turns_are_counted_by_the_times() {
        let gaps = [(1000, 5), (3000, 255), (6000, 256), (9000, 257), (12_000, 2000)];
        let expected = [(1000, 5), (2995, 255), (5740, 256), (8484, 257), (11_227, 2000)];
        let (index, times) = cut(&gaps, |i| i % 256);
        let found = losses(&index, &times, 250.0).unwrap();
        assert_eq!(
            (found.lost.as_slice(), found.turn, found.disordered),
            (&expected[..], Some(256), 0)
        );
        // All of 255, which look like a sample that comes twice, 256 of 257, and 7 · 256 of 2000.
        assert_eq!(found.by_time, 255 + 256 + 256 + 1792);
        // Without times, what the byte tells.
        let unknown = vec![f64::NAN; times.len()];
        let found = losses(&index, &unknown, 250.0).unwrap();
        assert_eq!(found.lost, [(1000, 5), (8484, 1), (11_227, 208)]);
        assert_eq!((found.by_time, found.disordered), (0, 1));
    }

    #[test]
    fn indices_of_several_boards_are_known() {
        let gaps = [(1000, 6), (5000, 40)];
        for (count, turn) in [
            ((|i| i % 200) as fn(usize) -> usize, 200),
            (|i| i % 128 * 2, 128),
            (|i| i / 2 % 100 + 101, 200),
        ] {
            let (index, times) = cut(&gaps, count);
            let found = losses(&index, &times, 250.0).unwrap();
            assert_eq!(
                (found.lost, found.turn),
                (vec![(1000, 6), (4994, 40)], Some(turn)),
                "{turn}"
            );
        }
        let (index, times) = cut(&gaps, |i| i);
        let found = losses(&index, &times, 250.0).unwrap();
        assert_eq!((found.lost, found.turn), (vec![(1000, 6), (4994, 40)], None));
        let (index, times) = cut(&gaps, |i| i * 7919 % 256);
        assert_eq!(losses(&index, &times, 250.0), None);
    }

    #[test]
    fn late_rows_and_rows_twice_are_no_losses() {
        let (mut index, mut times) = cut(&[], |i| i % 256);
        // Nothing arrives for 0.8 s, then everything at once.
        let arrival = times[5200];
        times[5000..5200].fill(arrival);
        let found = losses(&index, &times, 250.0).unwrap();
        assert_eq!((found.lost.len(), found.disordered), (0, 0));
        index.insert(7000, index[6999]);
        times.insert(7000, times[6999]);
        index.swap(9000, 9001);
        let found = losses(&index, &times, 250.0).unwrap();
        assert_eq!((found.lost.as_slice(), found.disordered), (&[(9000, 1), (9002, 1)][..], 2));
    }

    #[test]
    fn numbers_that_are_none_do_no_harm() {
        assert_eq!(losses(&[], &[], 250.0), None);
        let mut index: Vec<f64> = (0..1000).map(|i| f64::from(i % 256)).collect();
        (index[500], index[600], index[700]) = (f64::NAN, f64::INFINITY, 1e300);
        let _ = losses(&index, &vec![f64::INFINITY; 1000], 250.0);
        let _ = losses(&index, &[1e300; 3], f64::MAX);
    }
}
