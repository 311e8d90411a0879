//! Clock synchronisation: from a stream's own clock to that of the recorder.
//!
//! The recorder measures the offset between the clocks every few seconds. A stretch of measurements
//! between two resets of the clock is fitted with a line under Huber's loss (Huber 1964, Ann Math
//! Stat 35:73), and the line is added to the stretch's time stamps. Thresholds, loss and number of
//! iterations are those of pyxdf, since a recording should have the same times everywhere.

use super::log::Log;
use super::raw::{Offset, Raw};

/// Where the loss turns from squares to sizes, in seconds.
const KNEE_S: f64 = 1e-4;
/// Iterations of the fit. Far outliers need more, but pyxdf does no more.
const MOST_ROUNDS: usize = 1000;
/// Measurements times rounds, so that no number of measurements takes forever.
const MOST_STEPS: usize = 200_000_000;
/// Where a round moves nothing by more than this part of the knee, the fit has settled.
const SETTLED: f64 = 1e-10;
/// A clock was reset where measurements are apart by so many seconds more than usual …
const RESET_TIME_S: f64 = 5.0;
/// … and so many median absolute deviations, …
const RESET_TIME_MADS: f64 = 5.0;
/// … and the offset jumps by so many seconds more than usual …
const RESET_OFFSET_S: f64 = 1.0;
/// … and so many median absolute deviations.
const RESET_OFFSET_MADS: f64 = 10.0;
/// The last measurement makes no sense so many times the usual interval after the one before, …
const LATE_INTERVALS: f64 = 10.0;
/// … or so many standard deviations from the others.
const FAR_SDS: f64 = 10.0;
/// A lone offset is damaged where it is so many seconds from its neighbours, …
const DAMAGED_S: f64 = 5.0;
/// … which differ by less than this. Delays on a network make lone offsets of up to a second.
const AGREED_S: f64 = 1.0;
/// Standard deviations in a median absolute deviation, for normal errors.
const MAD_TO_SD: f64 = 1.4826;

/// What is added to the time stamps of a stretch.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Correction {
    level_s: f64,
    slope: f64,
    /// Where the level holds.
    centre_s: f64,
}

impl Correction {
    fn apply(&self, stamps: &mut [f64]) {
        for stamp in stamps {
            *stamp += self.level_s + self.slope * (*stamp - self.centre_s);
        }
    }
}

/// Drops what a stream that was torn down during the recording may leave behind: samples beyond
/// the number that the footer states, together with a last clock offset that makes no sense. Each
/// alone is no sign of it.
pub(super) fn drop_surplus(raw: &mut Raw, log: &mut Log) {
    let Some(stated) = raw.stated else { return };
    let found = raw.stamps.len();
    if stated == found as u64 {
        return;
    }
    let place = raw.place();
    if stated < found as u64 && last_is_odd(&raw.offsets) {
        raw.offsets.pop();
        raw.stamps.truncate(stated as usize);
        let surplus = found as u64 - stated;
        let message = format!(
            "its last clock offset makes no sense, and {surplus} samples lie beyond the {stated} \
             that its footer states; all left out"
        );
        log.tell(place, message);
    } else {
        log.tell(place, format!("its footer states {stated} samples; {found} are there"));
    }
}

fn last_is_odd(offsets: &[Offset]) -> bool {
    let (Some((last, others)), true) = (offsets.split_last(), offsets.len() >= 3) else {
        return false;
    };
    let usual_s = median(steps(others, |offset| offset.time_s));
    let Some(before) = others.last() else { return false };
    let step_s = (last.time_s - before.time_s).abs();
    let late = if usual_s > 0.0 { step_s / usual_s > LATE_INTERVALS } else { step_s > 0.0 };
    let middle = median(others.iter().map(|offset| offset.value_s).collect());
    let deviation = median(others.iter().map(|o| (o.value_s - middle).abs()).collect());
    let far =
        deviation > f64::EPSILON && (last.value_s - middle).abs() > FAR_SDS * MAD_TO_SD * deviation;
    late || far
}

/// Drops clock offsets that make no sense among their neighbours: a lone one far from those before
/// and after, or measured at a time that is out of order.
pub(super) fn drop_damaged(raw: &mut Raw, log: &mut Log) {
    let offsets = &raw.offsets;
    let at = |place: usize| offsets.get(place).copied();
    let odd: Vec<bool> = (0..offsets.len())
        .map(|place| {
            let before = place.checked_sub(1).and_then(at);
            let further = place.checked_sub(2).and_then(at);
            match (further, before, at(place), at(place + 1), at(place + 2)) {
                (_, Some(a), Some(b), Some(c), _) => {
                    is_far(b, a, c) || (a.time_s < c.time_s && is_disordered(a, b, c))
                }
                (_, None, Some(b), Some(c), Some(d)) => is_far(b, c, d) && is_in_step(b, c, d),
                (Some(y), Some(a), Some(b), None, _) => is_far(b, a, y) && is_in_step(y, a, b),
                _ => false,
            }
        })
        .collect();
    if !odd.contains(&true) {
        return;
    }
    for (offset, _) in offsets.iter().zip(&odd).filter(|(_, odd)| **odd) {
        let Offset { time_s, value_s } = offset;
        let message = format!(
            "clock offset {value_s} s, measured at {time_s} s, makes no sense between the others; \
             left out"
        );
        log.tell(raw.place(), message);
    }
    let mut odd = odd.into_iter();
    raw.offsets.retain(|_| odd.next() != Some(true));
}

/// Whether an offset is far from two that agree.
fn is_far(odd: Offset, a: Offset, b: Offset) -> bool {
    let far = |from: Offset| (odd.value_s - from.value_s).abs() > DAMAGED_S;
    far(a) && far(b) && (a.value_s - b.value_s).abs() < AGREED_S
}

fn is_disordered(a: Offset, b: Offset, c: Offset) -> bool {
    b.time_s < a.time_s || b.time_s > c.time_s
}

/// Whether three measurements follow in equal steps, more or less; else the clock may have been
/// reset between them.
fn is_in_step(a: Offset, b: Offset, c: Offset) -> bool {
    let (first, second) = (b.time_s - a.time_s, c.time_s - b.time_s);
    first > 0.0 && second > 0.0 && first < 2.0 * second && second < 2.0 * first
}

/// Takes a stream's time stamps to the clock of the recorder.
pub(super) fn synchronise(raw: &mut Raw, log: &mut Log) {
    let Raw { offsets, stamps, .. } = raw;
    if offsets.is_empty() || stamps.is_empty() {
        return;
    }
    let mut empty = 0;
    let stretches = stretches(offsets);
    let ends = ends(stamps, offsets, &stretches);
    let mut start = 0;
    for (stretch, end) in stretches.iter().zip(ends) {
        let measured = offsets.get(stretch.clone()).unwrap_or(&[]);
        let correction = fit(measured);
        let stamps = stamps.get_mut(start..end).unwrap_or_default();
        empty += usize::from(stamps.is_empty());
        correction.apply(stamps);
        start = end;
    }
    if stretches.len() > 1 {
        let resets = stretches.len() - 1;
        let unused =
            if empty > 0 { format!(", {empty} of them without samples") } else { String::new() };
        let message = format!(
            "its clock was reset {resets} times: {} stretches{unused}, each set right by its own \
             clock offsets",
            stretches.len()
        );
        log.tell(raw.place(), message);
    }
}

type Stretch = std::ops::Range<usize>;

/// The measurements between resets of the clock.
fn stretches(offsets: &[Offset]) -> Vec<Stretch> {
    let times = steps(offsets, |offset| offset.time_s);
    let values = steps(offsets, |offset| offset.value_s);
    let late = Unusual::of(&times, RESET_TIME_S, RESET_TIME_MADS);
    let far = Unusual::of(&values, RESET_OFFSET_S, RESET_OFFSET_MADS);
    let resets = times.iter().zip(&values).zip(1..);
    let resets =
        resets.filter(|((time, value), _)| **time < 0.0 || (late.is(**time) && far.is(**value)));
    let starts: Vec<usize> = std::iter::once(0).chain(resets.map(|(_, place)| place)).collect();
    let ends = starts.iter().skip(1).copied().chain([offsets.len()]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

/// Where each stretch's time stamps end: at the first that is no nearer to the stretch's last
/// measurement than to the next stretch's first.
fn ends(stamps: &[f64], offsets: &[Offset], stretches: &[Stretch]) -> Vec<usize> {
    let mut start = 0;
    let end = |stretch: &Stretch| {
        let last = stretch.end.checked_sub(1).and_then(|last| offsets.get(last));
        let (Some(last), Some(next)) = (last, offsets.get(stretch.end)) else {
            return stamps.len();
        };
        let rest = stamps.get(start..).unwrap_or(&[]);
        let nearer = |stamp: &f64| (stamp - last.time_s).abs() < (stamp - next.time_s).abs();
        start += rest.iter().position(|stamp| !nearer(stamp)).unwrap_or(rest.len());
        start
    };
    stretches.iter().map(end).collect()
}

/// What is unusual among steps.
struct Unusual {
    middle: f64,
    deviation: f64,
    least: f64,
    deviations: f64,
}

impl Unusual {
    fn of(steps: &[f64], least: f64, deviations: f64) -> Self {
        let middle = median(steps.to_vec());
        let deviation = median(steps.iter().map(|step| (step - middle).abs()).collect());
        Self { middle, deviation: deviation + f64::EPSILON, least, deviations }
    }

    fn is(&self, step: f64) -> bool {
        let away = (step - self.middle).abs();
        away > self.least && away / self.deviation > self.deviations
    }
}

fn steps(offsets: &[Offset], of: impl Fn(&Offset) -> f64) -> Vec<f64> {
    offsets.windows(2).map(|pair| of(&pair[1]) - of(&pair[0])).collect()
}

/// The line through the measurements of a stretch: the minimum of Huber's loss, by the alternating
/// direction method of multipliers (Boyd et al. 2011, Found Trends Mach Learn 3:1, section 6.1).
fn fit(offsets: &[Offset]) -> Correction {
    let n = offsets.len();
    let level_s = median(offsets.iter().map(|offset| offset.value_s).collect());
    let centre_s = offsets.iter().map(|offset| offset.time_s / n as f64).sum();
    let x: Vec<f64> = offsets.iter().map(|offset| offset.time_s - centre_s).collect();
    let y: Vec<f64> = offsets.iter().map(|offset| (offset.value_s - level_s) / KNEE_S).collect();
    let spread: f64 = x.iter().map(|x| x * x).sum();
    let widest = x.iter().fold(0.0, |widest: f64, x| widest.max(x.abs()));
    if n < 2 || spread == 0.0 {
        return Correction { level_s, slope: 0.0, centre_s };
    }
    // Scaled multipliers, and what is left of the residuals when they are taken off.
    let (mut multipliers, mut rest) = (vec![0.0; n], vec![0.0; n]);
    let (mut level, mut slope) = (0.0, 0.0);
    for _ in 0..MOST_ROUNDS.min(MOST_STEPS / n).max(1) {
        let (mut sum, mut product) = (0.0, 0.0);
        for (((x, y), multiplier), rest) in x.iter().zip(&y).zip(&multipliers).zip(&rest) {
            let target = y + rest - multiplier;
            sum += target;
            product += x * target;
        }
        let (new_level, new_slope) = (sum / n as f64, product / spread);
        let mut moved = (new_level - level).abs() + (new_slope - slope).abs() * widest;
        (level, slope) = (new_level, new_slope);
        for (((x, y), multiplier), rest) in x.iter().zip(&y).zip(&mut multipliers).zip(&mut rest) {
            let residual = level + slope * x - y + *multiplier;
            let new = 0.5 * residual.clamp(-2.0, 2.0);
            moved = moved.max((new - *multiplier).abs());
            *multiplier = new;
            *rest = residual - new;
        }
        if moved < SETTLED {
            break;
        }
    }
    Correction { level_s: level_s + level * KNEE_S, slope: slope * KNEE_S, centre_s }
}

/// The middle value, or the mean of the two in the middle; 0 of none.
fn median(mut values: Vec<f64>) -> f64 {
    let half = values.len() / 2;
    if values.is_empty() {
        return 0.0;
    }
    let even = values.len().is_multiple_of(2);
    let (below, &mut upper, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    if even {
        0.5 * (below.iter().copied().fold(f64::NEG_INFINITY, f64::max) + upper)
    } else {
        upper
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets(values: impl IntoIterator<Item = (f64, f64)>) -> Vec<Offset> {
        values.into_iter().map(|(time_s, value_s)| Offset { time_s, value_s }).collect()
    }

    #[test]
    fn a_clock_that_drifts() {
        let line = |i: u32| (5.0 * f64::from(i), -3.0 + 1e-5 * 5.0 * f64::from(i));
        let correction = fit(&offsets((0..40).map(line)));
        let mut stamps = [0.0, 100.0];
        correction.apply(&mut stamps);
        assert!((stamps[0] + 3.0).abs() < 1e-12 && (stamps[1] - 97.001).abs() < 1e-12);
    }

    #[test]
    fn a_late_measurement_hardly_counts() {
        let line = |i: u32| (f64::from(i), if i == 30 { 0.02 } else { 0.0 });
        let correction = fit(&offsets((0..100).map(line)));
        // Its pull is that of one at the knee: about 1e-4 / 100.
        assert!(correction.level_s.abs() < 2e-6, "{correction:?}");
    }

    #[test]
    fn measurements_at_one_time_give_their_median() {
        let correction = fit(&offsets([(7.0, 1.0), (7.0, 2.0), (7.0, 9.0)]));
        assert_eq!((correction.level_s, correction.slope), (2.0, 0.0));
        assert_eq!(fit(&offsets([(7.0, 1.0)])).level_s, 1.0);
    }

    #[test]
    fn a_reset_needs_late_and_far_or_a_time_that_runs_back() {
        let plain = |i: u32| (5.0 * f64::from(i), 0.1);
        let with = |time_s: f64, value_s: f64| {
            let after = move |i: u32| (5.0 * f64::from(i) + time_s, value_s);
            stretches(&offsets((0..10).map(plain).chain((10..20).map(after)))).len()
        };
        assert_eq!(with(0.0, 0.1), 1);
        assert_eq!(with(30.0, 0.1), 1);
        assert_eq!(with(0.0, 30.0), 1);
        assert_eq!(with(30.0, 30.0), 2);
        assert_eq!(with(-80.0, 0.1), 2);
    }

    #[test]
    fn stretches_end_halfway_between_their_measurements() {
        let measured = offsets([(0.0, 0.0), (10.0, 0.0), (100.0, 5.0), (110.0, 5.0)]);
        let stamps = [1.0, 50.0, 54.9, 55.0, 60.0, 20.0, 200.0];
        assert_eq!(ends(&stamps, &measured, &[0..2, 2..4]), [3, 7]);
        assert_eq!(ends(&stamps, &measured, &[0..1, 1..2, 2..4]), [1, 3, 7]);
    }
}
