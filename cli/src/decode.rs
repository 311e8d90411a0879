use std::io::Write;

use evoked::decode::{
    DecodeError, Direction, FilterBank, Preprocess, Settings, Shape, decode_trials,
};
use evoked::dsp::BandPass;
use evoked::signal::{Stream, Trial};
use evoked::stimulus::Codebook;

use crate::args::DecodeArgs;
use crate::band::band;
use crate::failure::Failure;
use crate::open::{open, warn};
use crate::report::{Report, Summary, TrialLine};
use crate::{targets, trials};

pub(crate) fn run(args: &DecodeArgs) -> Result<(), Failure> {
    let opened = open(&args.file, &args.reading, &[])?;
    warn(&opened);
    let recording = &opened.recording;
    let Some(codebook) = targets::codebook(&args.targets, opened.codebook.clone())? else {
        return Err(Failure::new(
            "the recording has no codebook: say what the targets are with --targets 13,17,21 or --codebook FILE",
        ));
    };
    let Some(stream) = recording.streams().first() else {
        return Err(Failure::new("the recording holds no samples"));
    };
    let rule = trials::rule(&args.onset, recording, &codebook)?;
    let found = rule.find(recording, 0);
    if found.is_empty() {
        return Err(Failure::new(trials::none(&rule, recording)));
    }
    let trial_s = trials::shortest_s(recording, stream, &found);
    let length_s = match (args.length, trial_s) {
        (Some(length_s), _) => length_s,
        (None, Some(trial_s)) => trial_s - args.start,
        (None, None) => return Err(Failure::new("every trial is empty: give --length in seconds")),
    };
    if let Some(trial_s) = trial_s.filter(|trial_s| args.start + length_s > trial_s + 1e-9) {
        let end_s = args.start + length_s;
        eprintln!(
            "warning: the window ends {end_s:.2} s after the onset, the shortest trial lasts {trial_s:.2} s"
        );
    }
    let window = Window { start_s: args.start, length_s };
    let (lines, band, channels) = decode(args, stream, &codebook, &found, window)?;
    let selection_s = window.start_s + window.length_s + args.pause;
    let report = Report {
        file: args.file.display().to_string(),
        format: opened.format.to_string(),
        method: args.method.to_string(),
        harmonics: args.harmonics,
        channels,
        rate_hz: stream.rate_hz(),
        band_hz: band.map(|band| (band.low_hz, band.high_hz)),
        filter: if args.causal { "causal" } else { "zero-phase" },
        onset: trials::describe(&rule),
        window_start_s: window.start_s,
        window_length_s: window.length_s,
        targets: codebook.targets().iter().map(|target| target.label.clone()).collect(),
        summary: Summary::of(&lines, codebook.len(), selection_s),
        trials: lines,
    };
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &report).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        report.print(&mut out)?;
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct Window {
    start_s: f64,
    length_s: f64,
}

type Decoded = (Vec<TrialLine>, Option<BandPass>, Vec<String>);

fn decode(
    args: &DecodeArgs,
    stream: &Stream,
    codebook: &Codebook,
    trials: &[Trial],
    window: Window,
) -> Result<Decoded, Failure> {
    let rate_hz = stream.rate_hz();
    let Window { start_s, length_s } = window;
    if !(start_s.is_finite() && start_s >= 0.0) {
        return Err(Failure::new(format!("--start {start_s}: give 0 or more seconds")));
    }
    if !(length_s.is_finite() && length_s > 0.0 && length_s <= 3600.0) {
        let message = format!("a window of {length_s:.3} s: give --length in seconds, above 0");
        return Err(Failure::new(message));
    }
    let rows = match args.channels.as_slice() {
        [] => (0..stream.channels().len()).collect(),
        labels => stream.pick(labels)?,
    };
    let channels: Vec<_> = rows.iter().map(|&row| stream.channels()[row].label.clone()).collect();
    // What the decoder can't do is said before the recording is filtered.
    let shape = Shape::of_window(rows.len(), length_s, rate_hz);
    let settings =
        Settings { harmonics: args.harmonics, mains_hz: args.mains, ..Settings::default() };
    let decoder = args.method.build(codebook, shape, &settings)?;
    let band = band(args.band.as_deref(), rate_hz)?;
    let preprocess = Preprocess {
        channels: Some(rows),
        bank: band.map(FilterBank::single),
        notch_hz: args.notch,
        direction: if args.causal { Direction::Causal } else { Direction::ZeroPhase },
    };
    let samples = preprocess.apply(stream).map_err(|error| match &error {
        DecodeError::NotFinite { channel, sample, value } => Failure::new(format!(
            "channel {} holds {value} at {:.3} s; leave it out with --channels",
            stream.channels()[*channel].label,
            stream.time_s(*sample as f64)
        )),
        _ => Failure::from(error),
    })?;
    let start = (start_s * rate_hz).round() as u64;
    let decisions = decode_trials(decoder.as_ref(), &samples, trials, start);
    let line = |(trial, decision): (&Trial, Result<evoked::signal::Decision, DecodeError>)| {
        let onset_s = stream.time_s(trial.onset as f64);
        match decision {
            Ok(decision) => TrialLine {
                onset_s,
                truth: trial.label,
                decision: Some(decision.target),
                margin: Some(decision.margin()),
                scores: Some(decision.scores),
                skipped: None,
            },
            Err(error) => TrialLine {
                onset_s,
                truth: trial.label,
                decision: None,
                margin: None,
                scores: None,
                skipped: Some(error.to_string()),
            },
        }
    };
    let lines: Vec<_> = trials.iter().zip(decisions).map(line).collect();
    match lines.iter().find_map(|line| line.skipped.as_ref()) {
        Some(reason) if lines.iter().all(|line| line.skipped.is_some()) => {
            let message = format!("no trial holds a whole window of {length_s:.3} s: {reason}");
            Err(Failure::new(format!("{message}; try a shorter --length")))
        }
        _ => Ok((lines, band, channels)),
    }
}
