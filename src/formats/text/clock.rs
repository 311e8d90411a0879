//! A column of times → the sampling rate, and what is lost.
//!
//! Times of samples are rounded (3 ms, 4 ms, 4 ms …), arrive in packets (0 ms, 0 ms, 47 ms …), come
//! late, or run too fast and are set right every now and then. So the length of a step is the median
//! over windows of many steps, and only a step after which all samples are later than all before it,
//! by the clock that this makes, is a gap.

/// Steps of the windows over which the median is taken; the first that gives a rate that devices
/// have counts. Longer ones are less disturbed by rounding, shorter ones less by gaps.
const WINDOWS: [usize; 2] = [512, 64];
/// Windows that there should be at least.
const FEWEST_WINDOWS: usize = 9;
/// Samples before and after a gap that are compared.
const HORIZON: usize = 512;
/// Samples before and after a gap from which its length is taken.
const NEAR: usize = 64;
/// Rates that devices have, in hertz.
const RATES_HZ: &[f64] = &[
    50.0, 60.0, 64.0, 100.0, 120.0, 125.0, 128.0, 160.0, 200.0, 220.0, 240.0, 250.0, 256.0, 300.0,
    400.0, 480.0, 500.0, 512.0, 600.0, 800.0, 960.0, 1000.0, 1024.0, 1200.0, 1250.0, 1600.0,
    2000.0, 2048.0, 2400.0, 2500.0, 4000.0, 4096.0, 4800.0, 5000.0, 8000.0, 8192.0, 9600.0,
    10_000.0, 16_000.0, 16_384.0, 19_200.0, 20_000.0, 24_000.0, 25_000.0, 32_000.0,
];
/// How far a measured rate may be from one of those to be taken for it, as a share: at least this,
/// and as much as times are uncertain, but never so much that two of them could be meant.
const TOLERANCE: std::ops::RangeInclusive<f64> = 1e-3..=1e-2;

/// What a column of times tells.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::formats) struct Clock {
    /// Samples a second as measured.
    pub measured_hz: f64,
    /// The device's rate that this is, or the measured one where it is none.
    pub rate_hz: f64,
    /// How uncertain that is, as a share.
    pub doubt: f64,
    /// Samples that are lost, and the sample before which they are, in order.
    pub lost: Vec<(u64, u64)>,
    /// How often the clock was set back.
    pub backward: usize,
}

impl Clock {
    /// From the times of all samples in seconds; unknown ones are not numbers. `None` where they do
    /// not rise.
    pub(in crate::formats) fn measure(times_s: &[f64]) -> Option<Self> {
        let jitter_s = jitter(times_s)?;
        let mut step_s = typical_step(times_s, jitter_s)?;
        let mut breaks = Vec::new();
        // With the first gaps known, the step is known better.
        for _ in 0..2 {
            breaks = find_breaks(times_s, step_s);
            step_s = mean_step(times_s, &breaks)?;
        }
        let measured_hz = 1.0 / step_s;
        let backward = breaks.iter().filter(|(_, samples)| *samples < 0.0).count();
        let lost = breaks.into_iter().filter(|(_, samples)| *samples > 0.0);
        let lost = lost.map(|(i, samples)| (i as u64, samples.min(1e15) as u64)).collect();
        let doubt = 2.0 * jitter_s / (step_s * times_s.len() as f64);
        let rate_hz = device_rate(measured_hz, doubt).unwrap_or(measured_hz);
        Some(Self { measured_hz, rate_hz, doubt, lost, backward })
    }
}

/// Steps between neighbours whose times are known, and the sample after each.
fn steps(times_s: &[f64]) -> impl Iterator<Item = (usize, f64)> {
    let pairs = times_s.windows(2).enumerate();
    pairs.map(|(i, pair)| (i + 1, pair[1] - pair[0])).filter(|(_, step)| step.is_finite())
}

/// How much most steps differ from the usual one.
fn jitter(times_s: &[f64]) -> Option<f64> {
    let usual = quantile(steps(times_s).map(|(_, step)| step).collect(), 0.5)?;
    quantile(steps(times_s).map(|(_, step)| (step - usual).abs()).collect(), 0.95)
}

/// The length of a step that fits a device, or else the one that is least disturbed by rounding.
fn typical_step(times_s: &[f64], jitter_s: f64) -> Option<f64> {
    let whole = times_s.len().checked_sub(1)?;
    let windows = WINDOWS.into_iter().filter(|window| whole / window >= FEWEST_WINDOWS);
    let candidates: Vec<(f64, f64)> = windows
        .chain([whole, 1])
        .filter_map(|window| {
            let ends = times_s.iter().step_by(window.max(1));
            let spans = ends.clone().zip(ends.skip(1)).map(|(from, to)| to - from);
            let spans = spans.filter(|span| span.is_finite()).collect();
            let step_s = quantile(spans, 0.5)? / window as f64;
            let doubt = 2.0 * jitter_s / (step_s * window as f64);
            (step_s.is_normal() && step_s > 0.0).then_some((step_s, doubt))
        })
        .collect();
    let fits = candidates.iter().find_map(|(step_s, doubt)| device_rate(1.0 / step_s, *doubt));
    fits.map(|rate_hz| 1.0 / rate_hz).or(candidates.first().map(|(step_s, _)| *step_s))
}

fn quantile(mut values: Vec<f64>, share: f64) -> Option<f64> {
    let place = (values.len().checked_sub(1)? as f64 * share) as usize;
    let (_, value, _) = values.select_nth_unstable_by(place, f64::total_cmp);
    Some(*value)
}

/// Samples at which the clock jumps, and by how many samples.
fn find_breaks(times_s: &[f64], step_s: f64) -> Vec<(usize, f64)> {
    // How late each sample is, in samples, by a clock that never stops.
    let first = times_s.iter().copied().find(|time| time.is_finite()).unwrap_or(0.0);
    let late: Vec<f64> =
        times_s.iter().enumerate().map(|(i, time)| (time - first) / step_s - i as f64).collect();
    let unrest = unrest(&late);
    let jumps = steps(&late).filter(|(_, jump)| jump.abs() > 0.5);
    let breaks = jumps.filter(|&(i, jump)| {
        // A few samples at an end may just be late.
        let is_end = i < NEAR || i + NEAR > late.len();
        let least = if is_end { 0.5 + 2.0 * unrest } else { 0.5 };
        is_break(&late, i, jump.signum(), least)
    });
    let starts: Vec<usize> = breaks.map(|(i, _)| i).collect();
    let mut breaks = Vec::new();
    for (place, &start) in starts.iter().enumerate() {
        let earliest = place.checked_sub(1).and_then(|before| starts.get(before)).copied();
        let latest = starts.get(place + 1).copied().unwrap_or(late.len());
        let before = start.saturating_sub(NEAR).max(earliest.unwrap_or(0))..start;
        let after = start..latest.min(start + NEAR);
        let middle = |range| {
            let near = late.get::<std::ops::Range<usize>>(range).unwrap_or(&[]);
            quantile(near.iter().copied().filter(|late| late.is_finite()).collect(), 0.5)
        };
        if let (Some(before), Some(after)) = (middle(before), middle(after)) {
            breaks.push((start, (after - before).round()));
        }
    }
    breaks.retain(|(_, samples)| *samples != 0.0);
    breaks
}

/// How far apart the latest and the earliest of neighbouring samples usually are.
fn unrest(late: &[f64]) -> f64 {
    let range = |part: &[f64]| {
        let most = part.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        most - part.iter().copied().fold(f64::INFINITY, f64::min)
    };
    let ranges = late.chunks(HORIZON).map(range).filter(|range| range.is_finite());
    quantile(ranges.collect(), 0.5).unwrap_or(0.0)
}

/// Whether all samples from the one at `start` on are later (or earlier, where `sign` is negative)
/// than all before it, by more than `least` samples, as far as the horizon goes.
fn is_break(late: &[f64], start: usize, sign: f64, least: f64) -> bool {
    let at = |i: Option<usize>| i.and_then(|i| late.get(i)).map_or(f64::NAN, |late| late * sign);
    let (mut lowest, mut highest) = (f64::INFINITY, f64::NEG_INFINITY);
    (0..HORIZON).all(|distance| {
        // The minimum of something and no number is the former.
        lowest = lowest.min(at(Some(start + distance)));
        highest = highest.max(at(start.checked_sub(distance + 1)));
        lowest - highest > least
    })
}

/// The mean of the steps that are no breaks.
fn mean_step(times_s: &[f64], breaks: &[(usize, f64)]) -> Option<f64> {
    let mut breaks = breaks.iter().map(|(i, _)| *i).peekable();
    let (mut sum, mut count) = (0.0, 0.0);
    for (i, step) in steps(times_s) {
        while breaks.next_if(|next| *next < i).is_some() {}
        if breaks.peek() != Some(&i) {
            sum += step;
            count += 1.0;
        }
    }
    let mean: f64 = sum / count;
    (mean.is_normal() && mean > 0.0).then_some(mean)
}

/// The device's rate that a measured one is, give or take a share of `doubt`.
fn device_rate(measured_hz: f64, doubt: f64) -> Option<f64> {
    let tolerance = doubt.max(*TOLERANCE.start()).min(*TOLERANCE.end());
    let off = |rate: &f64| (measured_hz / rate - 1.0).abs();
    let nearest = RATES_HZ.iter().copied().min_by(|a, b| off(a).total_cmp(&off(b)));
    let whole = measured_hz.round();
    nearest.filter(|rate| off(rate) <= tolerance).or((off(&whole) <= 1e-5).then_some(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Times of `len` samples at a rate.
    fn regular(len: usize, rate_hz: f64) -> Vec<f64> {
        (0..len).map(|i| 1000.0 + i as f64 / rate_hz).collect()
    }

    fn rounded(times_s: &[f64], to_s: f64) -> Vec<f64> {
        times_s.iter().map(|time| (time / to_s).round() * to_s).collect()
    }

    #[test]
    fn rates_are_measured_from_rounded_times() {
        for rate_hz in [128.0, 250.0, 256.0, 300.0, 512.0, 1000.0] {
            let clock = Clock::measure(&rounded(&regular(5000, rate_hz), 1e-3)).unwrap();
            assert_eq!((clock.rate_hz, clock.lost.as_slice()), (rate_hz, &[][..]), "{rate_hz}");
        }
        // No device has this one, and it is no whole number either.
        let clock = Clock::measure(&regular(5000, 171.3)).unwrap();
        assert!((clock.rate_hz - 171.3).abs() < 1e-6);
        // A true rate that is off: two in a thousand are too many to be taken for 250 Hz.
        let clock = Clock::measure(&regular(50_000, 250.48)).unwrap();
        assert!((clock.rate_hz - 250.48).abs() < 1e-6);
        let clock = Clock::measure(&regular(50_000, 250.02)).unwrap();
        assert_eq!(clock.rate_hz, 250.0);
        assert!((clock.measured_hz - 250.02).abs() < 1e-6);
        let clock = Clock::measure(&rounded(&regular(30, 256.0), 1e-3)).unwrap();
        assert_eq!(clock.rate_hz, 256.0);
        assert_eq!(Clock::measure(&regular(2, 100.0)).unwrap().rate_hz, 100.0);
    }

    #[test]
    fn gaps_are_found_and_counted() {
        for (to_s, rate_hz) in [(1e-6, 256.0), (1e-3, 256.0), (1e-3, 500.0)] {
            let mut times = regular(5000, rate_hz);
            let mut cut = |from: usize, lost: usize| {
                times[from..].iter_mut().for_each(|time| *time += lost as f64 / rate_hz);
            };
            let expected = [(700, 1), (701, 20), (4000, 7), (4999, 300)];
            expected.iter().for_each(|&(from, lost)| cut(from as usize, lost as usize));
            let clock = Clock::measure(&rounded(&times, to_s)).unwrap();
            assert_eq!((clock.rate_hz, clock.lost.as_slice()), (rate_hz, &expected[..]));
        }
    }

    #[test]
    fn late_samples_and_packets_are_no_gaps() {
        let mut times = regular(5000, 250.0);
        // One sample is 30 ms late, and the next ones come at once.
        (2000..2008).for_each(|i| times[i] = times[2008]);
        let clock = Clock::measure(&times).unwrap();
        assert_eq!((clock.rate_hz, clock.lost.as_slice()), (250.0, &[][..]));
        // A clock that is three percent too fast, and set right every 96 samples.
        let runs = |i: usize| (i / 96 * 96) as f64 / 256.0 + (i % 96) as f64 / 264.0;
        let times: Vec<f64> = (0..30_000).map(runs).collect();
        let clock = Clock::measure(&rounded(&times, 1e-3)).unwrap();
        assert_eq!((clock.rate_hz, clock.lost.as_slice()), (256.0, &[][..]));
        assert_eq!(clock.backward, 0);
        // The last packet is late, and none comes after it.
        let late_end = |i: usize| runs(i) + if i >= 29_988 { 0.02 } else { 0.0 };
        let times: Vec<f64> = (0..30_000).map(late_end).collect();
        assert_eq!(Clock::measure(&times).unwrap().lost, []);
        // Packets of twelve.
        let packets: Vec<f64> = (0..5000).map(|i| 1000.0 + (i / 12 * 12) as f64 / 256.0).collect();
        let clock = Clock::measure(&packets).unwrap();
        assert_eq!((clock.rate_hz, clock.lost.as_slice()), (256.0, &[][..]));
    }

    #[test]
    fn losses_are_found_however_often_they_happen() {
        // One packet of twelve in twenty is lost.
        let is_there = |i: &usize| i / 12 % 20 != 7;
        let times: Vec<f64> = (0..20_000).filter(is_there).map(|i| i as f64 / 256.0).collect();
        let clock = Clock::measure(&rounded(&times, 1e-3)).unwrap();
        let expected: Vec<(u64, u64)> = (0..83).map(|k| (k * 228 + 84, 12)).collect();
        assert_eq!((clock.rate_hz, clock.lost), (256.0, expected));
    }

    #[test]
    fn times_may_be_unknown_or_step_back() {
        let mut times = regular(5000, 256.0);
        times[10] = f64::NAN;
        times[4000..].iter_mut().for_each(|time| *time -= 100.0);
        let clock = Clock::measure(&times).unwrap();
        assert_eq!((clock.rate_hz, clock.lost.len(), clock.backward), (256.0, 0, 1));
    }

    #[test]
    fn what_does_not_rise_is_no_clock() {
        for times in
            [&[][..], &[1.0], &[1.0; 100], &[f64::NAN; 100], &[3.0, 2.0, 1.0], &[0.0, 1e-320]]
        {
            assert_eq!(Clock::measure(times), None, "{times:?}");
        }
    }
}
