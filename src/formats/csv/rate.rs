use super::layout::Layout;
use super::roles::{Roles, UNIX_S};
use super::table::Table;
use super::{malformed, warn};
use crate::formats::text::clock::Clock;
use crate::formats::{FormatError, Options, Warning};

/// The sampling rate, and where samples are lost.
pub(super) struct Rate {
    pub rate_hz: f64,
    /// The first sample after each loss, and how many are lost.
    pub lost: Vec<(u64, u64)>,
    /// When the first sample was taken, in microseconds since 1970.
    pub start_us: Option<i64>,
}

/// The rate as asked for, as the times keep it, or as stated.
pub(super) fn find(
    layout: &Layout,
    roles: &Roles,
    table: &mut Table,
    options: &Options<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Rate, FormatError> {
    let start_us = scale_times(roles, table);
    if let Some(rate_hz) = layout.rate_hz.filter(|_| roles.is_own && options.rate_hz.is_none()) {
        return Ok(Rate { rate_hz, lost: lost_by_times(&table.times, rate_hz), start_us });
    }
    let clock = Clock::measure(&table.times);
    if clock.is_none() && table.times.len() > 1 {
        warn(warnings, "time", "the times do not rise; they tell no sampling rate");
    }
    let rate_hz = rate_hz(layout, clock.as_ref(), options, warnings)?;
    let lost = match clock {
        Some(clock) => {
            tell(&clock, rate_hz, warnings);
            clock.lost
        }
        None => lost_by_counter(table).unwrap_or_else(|| std::mem::take(&mut table.blank)),
    };
    if !lost.is_empty() {
        let total: u64 =
            lost.iter().map(|(_, count)| count).fold(0, |sum, n| sum.saturating_add(*n));
        let message = format!("{} gaps, with {total} samples lost", lost.len());
        warn(warnings, "samples", message);
    }
    Ok(Rate { rate_hz, lost, start_us })
}

fn rate_hz(
    layout: &Layout,
    clock: Option<&Clock>,
    options: &Options<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<f64, FormatError> {
    let measured = clock.map(|clock| clock.measured_hz);
    let differs = |rate: f64| measured.is_some_and(|measured| (measured / rate - 1.0).abs() > 0.01);
    let told = |rate: f64, source: &str, warnings: &mut Vec<Warning>| {
        if let Some(measured) = measured.filter(|_| differs(rate)) {
            let message = format!("they keep {measured:.3} Hz; {rate} Hz is used, as {source}");
            warn(warnings, "times", message);
        }
    };
    if let Some(rate) = options.rate_hz {
        told(rate, "asked for", warnings);
        return Ok(rate);
    }
    if let Some(rate) = layout.rate_hz.filter(|rate| clock.is_none() || !differs(*rate)) {
        return Ok(rate);
    }
    if let Some(clock) = clock {
        if let Some(stated) = layout.rate_hz {
            let message = format!(
                "{stated} Hz are stated; the times keep {} Hz, which is used",
                clock.rate_hz
            );
            warn(warnings, "sampling rate", message);
        }
        return Ok(clock.rate_hz);
    }
    let found = "a table that does not tell its sampling rate".to_owned();
    let expected = "a column \"time\" in seconds, or the rate from you: --rate 256";
    Err(malformed(layout.offset, found, expected))
}

fn tell(clock: &Clock, rate_hz: f64, warnings: &mut Vec<Warning>) {
    let off = (clock.measured_hz / rate_hz - 1.0).abs();
    if (clock.doubt.max(1e-4)..0.01).contains(&off) {
        let message = format!("they keep {:.3} Hz; taken for {rate_hz} Hz", clock.measured_hz);
        warn(warnings, "times", message);
    }
    if clock.backward > 0 {
        let message = format!(
            "they step back {} times, as if recording had started anew; the samples around touch",
            clock.backward
        );
        warn(warnings, "times", message);
    }
}

/// Makes seconds of the times; tells when the first was, where they count from 1970.
fn scale_times(roles: &Roles, table: &mut Table) -> Option<i64> {
    let first = table.times.iter().copied().find(|time| time.is_finite())?;
    if table.start_us.is_some() {
        return table.start_us;
    }
    let unit_s = roles.time_unit_s.or_else(|| unit_by_step(&table.times)).unwrap_or(1.0);
    // Near zero, nothing of a step is lost to rounding.
    let scale = |time: &mut f64| *time = (*time - first) * unit_s;
    table.times.iter_mut().for_each(scale);
    table.marks.iter_mut().filter_map(|mark| mark.time.as_mut()).for_each(scale);
    let start_s = first * unit_s;
    UNIX_S.contains(&start_s).then_some((start_s * 1e6).round() as i64)
}

/// Seconds in a unit of times, by what steps between samples can be: 5 Hz to 5 kHz.
fn unit_by_step(times: &[f64]) -> Option<f64> {
    let step = 1.0 / Clock::measure(times)?.measured_hz;
    Some(match step {
        step if step < 0.2 => 1.0,
        step if step < 200.0 => 1e-3,
        step if step < 200_000.0 => 1e-6,
        _ => 1e-9,
    })
}

/// What times that are exact leave out.
fn lost_by_times(times_s: &[f64], rate_hz: f64) -> Vec<(u64, u64)> {
    let positions: Vec<f64> = times_s.iter().map(|time| (time * rate_hz).round()).collect();
    let steps = positions.windows(2).enumerate().map(|(i, pair)| (i as u64 + 1, pair[1] - pair[0]));
    let lost = steps.filter(|(_, step)| (2.0..1e15).contains(step));
    lost.map(|(sample, step)| (sample, step as u64 - 1)).collect()
}

/// What a counter leaves out, if it only ever counts up.
fn lost_by_counter(table: &Table) -> Option<Vec<(u64, u64)>> {
    let pairs = table.counters.windows(2);
    if table.counters.len() < 2 || !pairs.clone().all(|pair| pair[1] - pair[0] >= 1.0) {
        return None;
    }
    let steps = pairs.enumerate().map(|(i, pair)| (i as u64 + 1, pair[1] - pair[0] - 1.0));
    let lost: Vec<(u64, u64)> = steps
        .filter(|(_, lost)| *lost >= 1.0 && *lost < 1e15)
        .map(|(i, n)| (i, n as u64))
        .collect();
    // A counter of something else than samples jumps all the time.
    (lost.len() * 10 < table.counters.len()).then_some(lost)
}
