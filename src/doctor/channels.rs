use super::finding::list;
use super::{Finding, Severity, Topic};
use crate::decode::{Direction, FilterBank, Preprocess};
use crate::dsp::{BandPass, Family};
use crate::signal::{Samples, Stream};

/// A channel this much weaker than the median of all is dead, this much stronger noisy.
const WEAK: f64 = 0.05;
const STRONG: f64 = 10.0;
/// Equal samples in a row for so long are no signal.
const STILL_S: f64 = 0.25;
/// Samples at the end of the range, in rows of at least three: so many seconds are told.
const CLIPPED_S: f64 = 0.02;
const MOST_NAMES: usize = 8;

/// What is counted of a channel.
#[derive(Default)]
struct Counts {
    not_finite: usize,
    /// Samples in rows of equal ones that are long.
    still: usize,
    /// Samples in rows of three or more at the lowest or the highest value.
    clipped: usize,
    constant: bool,
}

pub(super) fn examine(stream: &Stream, findings: &mut Vec<Finding>) {
    let rate_hz = stream.rate_hz();
    let still_run = ((STILL_S * rate_hz) as usize).max(3);
    let count = |row| Counts::of(stream.samples().channel(row), still_run);
    let counts: Vec<Counts> = (0..stream.channels().len()).map(count).collect();
    let label = |row: usize| stream.channels()[row].label.clone();
    let names = |wanted: &dyn Fn(&Counts) -> bool| -> Vec<String> {
        (0..counts.len()).filter(|&row| wanted(&counts[row])).map(label).collect()
    };

    let broken = names(&|counts| counts.not_finite > 0);
    if !broken.is_empty() {
        let samples: usize = counts.iter().map(|counts| counts.not_finite).sum();
        let what = format!("{samples} samples are no number, in {}", list(&broken, MOST_NAMES));
        findings.push(
            Finding::new(Topic::NotFinite, Severity::Problem, what)
                .because("a filter carries one of them through the whole recording")
                .advise("leave the channels out with --channels, or the stretch"),
        );
    }
    let clipped =
        names(&|counts| !counts.constant && counts.clipped as f64 > (CLIPPED_S * rate_hz).max(6.0));
    if !clipped.is_empty() {
        let longest =
            counts.iter().map(|counts| counts.clipped).max().unwrap_or(0) as f64 / rate_hz;
        let what = format!(
            "{} at the end of the range, for up to {longest:.2} s",
            list(&clipped, MOST_NAMES)
        );
        findings.push(
            Finding::new(Topic::ClippedChannel, Severity::Warning, what)
                .because("clipping makes harmonics of whatever is there, the mains among them")
                .advise("leave out the channels or the trials; lower the gain, or check the electrode's contact"),
        );
    }
    let dead = names(&|counts| counts.constant);
    let weak = weak_and_strong(stream, &counts);
    flat(
        stream,
        &counts,
        dead,
        &weak.weak.iter().map(|&row| label(row)).collect::<Vec<_>>(),
        findings,
    );
    if !weak.strong.is_empty() {
        let named: Vec<_> = weak.strong.iter().map(|&row| label(row)).collect();
        let what = format!(
            "{} more than {STRONG} times as strong as the others",
            list(&named, MOST_NAMES)
        );
        findings.push(
            Finding::new(Topic::NoisyChannel, Severity::Warning, what)
                .because("noise of one channel spreads into every spatial filter that is fitted on few trials")
                .advise("check the electrode, or leave the channel out with --channels"),
        );
    }
}

fn flat(
    stream: &Stream,
    counts: &[Counts],
    dead: Vec<String>,
    weak: &[String],
    findings: &mut Vec<Finding>,
) {
    let why = "a channel without signal makes covariances singular and adds noise to their inverse";
    let advice = "check the electrode and its cable; leave the channel out with --channels";
    if !dead.is_empty() {
        let what = format!("{} does not move at all", list(&dead, MOST_NAMES));
        findings.push(
            Finding::new(Topic::FlatChannel, Severity::Problem, what).because(why).advise(advice),
        );
    }
    if !weak.is_empty() {
        let what = format!("{} has hardly any signal beside the others", list(weak, MOST_NAMES));
        findings.push(
            Finding::new(Topic::FlatChannel, Severity::Problem, what).because(why).advise(advice),
        );
    }
    let stuck = |(row, counts): (usize, &Counts)| {
        let seconds = counts.still as f64 / stream.rate_hz();
        let label = &stream.channels()[row].label;
        (!counts.constant && counts.still > 0).then(|| format!("{label} for {seconds:.2} s"))
    };
    let stuck: Vec<String> = counts.iter().enumerate().filter_map(stuck).collect();
    if !stuck.is_empty() {
        let what = format!("samples stand still: {}", list(&stuck, MOST_NAMES));
        findings.push(
            Finding::new(Topic::FlatChannel, Severity::Warning, what)
                .because("drivers repeat the last sample where some were lost, and amplifiers hold still while they recover")
                .advise("leave these stretches out; look for lost packets or saturation"),
        );
    }
}

impl Counts {
    fn of(samples: &[f32], still_run: usize) -> Self {
        let finite = || samples.iter().copied().filter(|sample| sample.is_finite());
        let low = finite().fold(f32::INFINITY, f32::min);
        let high = finite().fold(f32::NEG_INFINITY, f32::max);
        let mut counts = Self {
            not_finite: samples.iter().filter(|sample| !sample.is_finite()).count(),
            constant: !samples.is_empty() && low >= high,
            ..Self::default()
        };
        for run in samples.chunk_by(|a, b| a == b) {
            if run.len() >= still_run {
                counts.still += run.len();
            }
            if run.len() >= 3 && (run[0] == low || run[0] == high) {
                counts.clipped += run.len();
            }
        }
        counts
    }
}

struct Outliers {
    weak: Vec<usize>,
    strong: Vec<usize>,
}

/// Channels whose amplitude between 4 and 40 Hz is far from that of the others.
fn weak_and_strong(stream: &Stream, counts: &[Counts]) -> Outliers {
    let mut outliers = Outliers { weak: Vec::new(), strong: Vec::new() };
    let rows: Vec<usize> = (0..counts.len())
        .filter(|&row| counts[row].not_finite == 0 && !counts[row].constant)
        .collect();
    // Of two channels nobody can say which is odd.
    let Some(filtered) = (rows.len() >= 3).then(|| band(stream, &rows)).flatten() else {
        return outliers;
    };
    let amplitudes: Vec<f64> =
        (0..rows.len()).map(|row| amplitude(filtered.channel(row))).collect();
    let middle = median(amplitudes.clone());
    for (&row, &own) in rows.iter().zip(&amplitudes) {
        if own < WEAK * middle {
            outliers.weak.push(row);
        } else if own > STRONG * middle {
            outliers.strong.push(row);
        }
    }
    outliers
}

/// Some rows, filtered; `None` where there is too little of them.
fn band(stream: &Stream, rows: &[usize]) -> Option<Samples<f64>> {
    let high_hz = f64::min(40.0, 0.4 * stream.rate_hz());
    let band = BandPass { family: Family::Butterworth, order: 4, low_hz: 4.0, high_hz };
    let preprocess = Preprocess {
        channels: Some(rows.to_vec()),
        bank: Some(FilterBank::single(band)),
        direction: Direction::ZeroPhase,
        ..Preprocess::default()
    };
    preprocess.apply(stream).ok().filter(|filtered| !filtered.is_empty())
}

/// The median of the magnitudes: blinks do not count.
fn amplitude(samples: &[f64]) -> f64 {
    median(samples.iter().map(|sample| sample.abs()).collect())
}

pub(super) fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    if values.is_empty() {
        return 0.0;
    }
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}
