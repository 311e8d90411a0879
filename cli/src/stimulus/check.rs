use std::io::{self, Write};

use evoked::stimulus::{
    Codebook, Fit, Modulation, NOTICE, SafetyFinding, Similarity, Timing, safety_findings,
};
use serde::Serialize;

use super::args::CheckArgs;
use super::frames::usual_count;
use super::log::{self, TrialReport};
use super::{grid, read_codebook, short};
use crate::Finish;
use crate::failure::Failure;

/// Most targets whose correlations are looked at.
const MOST_COMPARED: usize = 512;

#[derive(Serialize)]
struct Report {
    refresh_hz: f64,
    period_frames: Option<u64>,
    targets: Vec<TargetReport>,
    correlation: Option<Correlation>,
    safety: Vec<Safety>,
    notice: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    presented: Option<Vec<TrialReport>>,
}

#[derive(Serialize)]
struct TargetReport {
    label: String,
    shows: String,
    fit: String,
    period_frames: Option<u64>,
    /// Frequency and amplitude, the strongest first.
    spectrum: Vec<[f64; 2]>,
}

/// How alike targets are from their onset on.
#[derive(Serialize)]
struct Correlation {
    worst: f64,
    worst_pair: [String; 2],
    neighbours_worst: f64,
    neighbours_mean: f64,
}

#[derive(Serialize)]
struct Safety {
    weight: String,
    what: String,
    rule: &'static str,
    advice: &'static str,
}

pub(crate) fn run(args: &CheckArgs) -> Result<Finish, Failure> {
    let codebook = read_codebook(&args.codebook, args.refresh)?;
    let timing = Timing::of(&codebook)?;
    let safety = |finding: SafetyFinding| Safety {
        weight: finding.weight.to_string(),
        what: finding.what,
        rule: finding.rule.source(),
        advice: finding.advice,
    };
    let findings = safety_findings(&codebook, &args.viewing.viewing())?;
    let report = Report {
        refresh_hz: timing.refresh_hz,
        period_frames: timing.period_frames,
        targets: targets(&codebook, &timing),
        correlation: correlation(&codebook)?,
        safety: findings.into_iter().map(safety).collect(),
        notice: NOTICE,
        presented: args.log.as_deref().map(log::read).transpose()?,
    };
    let mut out = io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &report).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        print(args, &report, &mut out)?;
    }
    let is_exact = timing.targets.iter().all(|target| target.fit == Fit::Exact);
    let dropped = report.presented.iter().flatten().any(|trial| !trial.drops.is_empty());
    Ok(if is_exact && !dropped { Finish::Clean } else { Finish::WithLoss })
}

fn targets(codebook: &Codebook, timing: &Timing) -> Vec<TargetReport> {
    let both = codebook.targets().iter().zip(&timing.targets);
    both.map(|(target, timing)| TargetReport {
        label: target.label.clone(),
        shows: shows(&target.modulation),
        fit: match timing.fit {
            Fit::HalfRefresh { amplitude } => format!("half refresh, amplitude {amplitude:.2}"),
            Fit::Aliased { shown_hz } => format!("aliased to {} Hz", short(shown_hz)),
            fit => fit.to_string(),
        },
        period_frames: timing.period_frames,
        spectrum: timing
            .spectrum
            .strongest(3)
            .iter()
            .map(|line| [line.frequency_hz, line.amplitude])
            .collect(),
    })
    .collect()
}

/// A modulation in few words.
pub(super) fn shows(modulation: &Modulation) -> String {
    let rates = |rates: Vec<f64>, between: &str| {
        let texts: Vec<String> = rates.into_iter().map(short).collect();
        texts.join(between) + " Hz"
    };
    match modulation {
        Modulation::Sinusoid { frequency_hz, .. } => {
            format!("sinusoid {} Hz", short(*frequency_hz))
        }
        Modulation::Square { frequency_hz, .. } => format!("square {} Hz", short(*frequency_hz)),
        Modulation::Code { bits, bit_rate_hz } => {
            format!("{} bits at {} Hz", bits.len(), short(*bit_rate_hz))
        }
        Modulation::Levels { levels, level_rate_hz } => {
            format!("{} levels at {} Hz", levels.len(), short(*level_rate_hz))
        }
        Modulation::FrequencySum { tones } => {
            rates(tones.iter().map(|tone| tone.frequency_hz).collect(), " + ")
        }
        Modulation::FrequencySequence { steps } => {
            rates(steps.iter().map(|step| step.frequency_hz).collect(), ", then ")
        }
        Modulation::Blank => "blank".to_owned(),
        _ => "something new".to_owned(),
    }
}

fn correlation(codebook: &Codebook) -> Result<Option<Correlation>, Failure> {
    if !(2..=MOST_COMPARED).contains(&codebook.len()) {
        return Ok(None);
    }
    let frames = codebook.frames(usual_count(codebook)?)?;
    let similarity = Similarity::of_frames(&frames)?;
    let Some((first, second, worst)) = similarity.worst() else { return Ok(None) };
    let places = grid(codebook).neighbours();
    let pairs = places.into_iter().filter(|&(a, b)| a.max(b) < codebook.len());
    let values: Vec<f64> = pairs.map(|(a, b)| similarity.get(a, b).abs()).collect();
    let label = |place: usize| codebook.targets()[place].label.clone();
    Ok(Some(Correlation {
        worst,
        worst_pair: [label(first), label(second)],
        neighbours_worst: values.iter().copied().fold(0.0, f64::max),
        neighbours_mean: values.iter().sum::<f64>() / values.len().max(1) as f64,
    }))
}

fn print(args: &CheckArgs, report: &Report, out: &mut impl Write) -> io::Result<()> {
    let frames = |period: Option<u64>| period.map_or("–".to_owned(), |period| period.to_string());
    let (name, count) = (args.codebook.display(), report.targets.len());
    writeln!(out, "{name}: {count} targets on a display of {} Hz", short(report.refresh_hz))?;
    match report.period_frames {
        Some(period) => {
            let seconds = short(period as f64 / report.refresh_hz);
            writeln!(out, "all repeat together after {period} frames, {seconds} s\n")?;
        }
        None => writeln!(out, "they do not repeat together\n")?,
    }
    let width = |of: &dyn Fn(&TargetReport) -> &str, least: usize| {
        report.targets.iter().map(|target| of(target).chars().count()).fold(least, usize::max)
    };
    let label = width(&|target| &target.label, 6);
    let shows = width(&|target| &target.shows, 5);
    let fit = width(&|target| &target.fit, 5);
    writeln!(
        out,
        "{:label$}  {:shows$}  {:fit$}  {:>6}  strongest in the light (amplitude)",
        "target", "shows", "fit", "frames"
    )?;
    for target in &report.targets {
        let line = |[hz, amplitude]: &[f64; 2]| format!("{} Hz ({amplitude:.2})", short(*hz));
        let lines: Vec<String> = target.spectrum.iter().map(line).collect();
        writeln!(
            out,
            "{:label$}  {:shows$}  {:fit$}  {:>6}  {}",
            target.label,
            target.shows,
            target.fit,
            frames(target.period_frames),
            lines.join(", ")
        )?;
    }
    if let Some(correlation) = &report.correlation {
        let [first, second] = &correlation.worst_pair;
        writeln!(
            out,
            "\ncorrelation  {:.3} at most, of {first} and {second}; neighbours {:.3} at most, {:.3} in the mean",
            correlation.worst, correlation.neighbours_worst, correlation.neighbours_mean
        )?;
    }
    print_presented(report, out)?;
    for Safety { weight, what, rule, advice } in &report.safety {
        writeln!(out, "\n{weight:<8} {what}")?;
        writeln!(out, "   rule  {rule}")?;
        writeln!(out, "   do    {advice}")?;
    }
    writeln!(out, "\n{}", report.notice)
}

fn print_presented(report: &Report, out: &mut impl Write) -> io::Result<()> {
    for (place, trial) in report.presented.iter().flatten().enumerate() {
        let dropped: u64 = trial.drops.iter().map(|drop| drop.count).sum();
        writeln!(
            out,
            "\ntrial {}, {}: {} frames at {:.3} Hz, {dropped} dropped",
            place + 1,
            trial.target,
            trial.frames,
            trial.measured_hz
        )?;
        for drop in &trial.drops {
            writeln!(
                out,
                "   display frame {}: frame {} stayed for {} more; the stimulus is {} late from there on",
                drop.slot, drop.held, drop.count, drop.delay_after
            )?;
        }
    }
    Ok(())
}
