//! A column of times → the sampling rate, and what is lost.
//!
//! Times of samples are rounded (3 ms, 4 ms, 4 ms …), arrive in packets (0 ms, 0 ms, 47 ms …) or
//! come late. So the length of a step is the median over windows of many steps, and a step is a gap
//! only where it is longer than others are off, and where the steps after it do not make up for it.

/// Steps that are averaged before the median is taken.
const WINDOW: usize = 64;
/// Windows that there should be at least.
const WINDOWS: usize = 9;
/// Steps after a long one that may make up for it.
const CATCH_UP: usize = 32;
/// Rates that devices have, in hertz.
const RATES_HZ: &[f64] = &[
    50.0, 60.0, 64.0, 100.0, 120.0, 125.0, 128.0, 160.0, 200.0, 220.0, 240.0, 250.0, 256.0, 300.0,
    400.0, 480.0, 500.0, 512.0, 600.0, 800.0, 960.0, 1000.0, 1024.0, 1200.0, 1250.0, 1600.0,
    2000.0, 2048.0, 2400.0, 2500.0, 4000.0, 4096.0, 4800.0, 5000.0, 8000.0, 8192.0, 9600.0,
    10_000.0, 16_000.0, 16_384.0, 19_200.0, 20_000.0, 24_000.0, 25_000.0, 32_000.0,
];
/// How far a measured rate may be from one of those to be taken for it, as a share.
const RATE_TOLERANCE: f64 = 1e-3;

/// What a column of times tells.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::formats) struct Clock {
    /// Samples a second as measured.
    pub measured_hz: f64,
    /// The device's rate that this is, or the measured one where it is none.
    pub rate_hz: f64,
    /// Samples that are lost, and the sample before which they are, in order.
    pub lost: Vec<(u64, u64)>,
    /// Steps back in time.
    pub backward: usize,
}

impl Clock {
    /// From the times of all samples in seconds; unknown ones are not numbers. `None` where they do
    /// not rise.
    pub(in crate::formats) fn measure(times_s: &[f64]) -> Option<Self> {
        let mut step_s = typical_step(times_s)?;
        let slack_s = slack(times_s, step_s);
        let mut lost = Vec::new();
        // With the first gaps known, the step is known better.
        for _ in 0..2 {
            lost = gaps(times_s, step_s, slack_s);
            step_s = mean_step(times_s, &lost, step_s, slack_s)?;
        }
        let measured_hz = 1.0 / step_s;
        let backward = steps(times_s).filter(|(_, step)| *step < -slack_s).count();
        let doubt = 2.0 * slack_s / (step_s * times_s.len() as f64);
        let tolerance = doubt.clamp(RATE_TOLERANCE, 20.0 * RATE_TOLERANCE);
        Some(Self { measured_hz, rate_hz: device_rate(measured_hz, tolerance), lost, backward })
    }
}

/// Steps between neighbours whose times are known, and the sample after each.
fn steps(times_s: &[f64]) -> impl Iterator<Item = (usize, f64)> {
    let pairs = times_s.windows(2).enumerate();
    pairs.map(|(i, pair)| (i + 1, pair[1] - pair[0])).filter(|(_, step)| step.is_finite())
}

/// The median over windows of steps.
fn typical_step(times_s: &[f64]) -> Option<f64> {
    let window = (times_s.len().checked_sub(1)? / WINDOWS).clamp(1, WINDOW);
    let ends = times_s.iter().step_by(window);
    let spans = ends.clone().zip(ends.skip(1)).map(|(from, to)| to - from);
    let spans: Vec<f64> = spans.filter(|span| span.is_finite()).collect();
    let step_s = quantile(spans, 0.5)? / window as f64;
    (step_s.is_normal() && step_s > 0.0).then_some(step_s)
}

/// How much longer than others a step must be to be a gap: half a sample, and more where steps vary.
fn slack(times_s: &[f64], step_s: f64) -> f64 {
    let deviations = steps(times_s).map(|(_, step)| (step - step_s).abs()).collect();
    let usual = quantile(deviations, 0.95).unwrap_or(0.0);
    (2.0 * usual).max(0.5 * step_s)
}

fn quantile(mut values: Vec<f64>, share: f64) -> Option<f64> {
    let place = (values.len().checked_sub(1)? as f64 * share) as usize;
    let (_, value, _) = values.select_nth_unstable_by(place, f64::total_cmp);
    Some(*value)
}

fn gaps(times_s: &[f64], step_s: f64, slack_s: f64) -> Vec<(u64, u64)> {
    let long = steps(times_s).filter(|(_, step)| step - step_s > slack_s);
    long.filter_map(|(i, step)| {
        let excess = step - step_s;
        let last = (i + CATCH_UP).min(times_s.len() - 1);
        let made_up = times_s.get(last)? - times_s.get(i)? - (last - i) as f64 * step_s;
        // Not known where the time of the last is not.
        let remains = if made_up < 0.0 { excess + made_up } else { excess };
        let lost = (remains / step_s).round();
        (remains > slack_s && lost >= 1.0).then_some((i as u64, lost.min(1e15) as u64))
    })
    .collect()
}

/// The mean of the steps that neither bridge a gap nor lead back.
fn mean_step(times_s: &[f64], lost: &[(u64, u64)], step_s: f64, slack_s: f64) -> Option<f64> {
    let mut gaps = lost.iter().map(|(i, _)| *i as usize).peekable();
    let (mut sum, mut count) = (0.0, 0.0);
    for (i, step) in steps(times_s) {
        while gaps.next_if(|gap| *gap < i).is_some() {}
        if gaps.peek() != Some(&i) && step > step_s - slack_s.max(4.0 * step_s) {
            sum += step;
            count += 1.0;
        }
    }
    let mean = sum / count;
    (mean.is_normal() && mean > 0.0).then_some(mean)
}

fn device_rate(measured_hz: f64, tolerance: f64) -> f64 {
    let off = |rate: &f64| (measured_hz / rate - 1.0).abs();
    let nearest = RATES_HZ.iter().copied().min_by(|a, b| off(a).total_cmp(&off(b)));
    let whole = measured_hz.round();
    match nearest {
        Some(rate) if off(&rate) <= tolerance => rate,
        _ if off(&whole) <= 1e-5 => whole,
        _ => measured_hz,
    }
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
        // Packets of twelve.
        let packets: Vec<f64> = (0..5000).map(|i| 1000.0 + (i / 12 * 12) as f64 / 256.0).collect();
        let clock = Clock::measure(&packets).unwrap();
        assert_eq!((clock.rate_hz, clock.lost.as_slice()), (256.0, &[][..]));
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
