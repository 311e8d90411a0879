use std::io::Write;

use evoked::decode::{
    Adaptive, Calibration, DecodeError, Decoder, Direction, FilterBank, Light, Method, Preprocess,
    Settings, Shape, decode_adapting, decode_trials,
};
use evoked::dsp::BandPass;
use evoked::signal::{Decision, Samples, Stream, Trial};
use evoked::stimulus::Codebook;

use crate::args::DecodeArgs;
use crate::band::band;
use crate::failure::Failure;
use crate::open::{open, warn};
use crate::report::{Report, Summary, TrialLine};
use crate::{suited, targets, trials};

pub(crate) fn run(args: &DecodeArgs) -> Result<(), Failure> {
    let opened = open(&args.file, &args.reading, &[])?;
    warn(&opened);
    let recording = &opened.recording;
    let Some(codebook) = targets::codebook(&args.targets, opened.codebook.clone())? else {
        return Err(Failure::new(
            "the recording has no codebook: say what the targets are with --targets 13,17,21 or --codebook FILE",
        ));
    };
    let method = suited::method(args.method, args.calibrate, &codebook)?;
    let start_s = suited::start_s(args.start, &codebook)?;
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
        (None, Some(trial_s)) => trial_s - start_s,
        (None, None) => return Err(Failure::new("every trial is empty: give --length in seconds")),
    };
    if let Some(trial_s) = trial_s.filter(|trial_s| start_s + length_s > trial_s + 1e-9) {
        let end_s = start_s + length_s;
        eprintln!(
            "warning: the window ends {end_s:.2} s after the onset, the shortest trial lasts {trial_s:.2} s"
        );
    }
    let window = Window { start_s, length_s };
    let (learned, found) = calibration(args.calibrate, &found)?;
    let job = Job { args, method, stream, codebook: &codebook, window };
    let (lines, band, channels) = job.run(learned, found)?;
    let selection_s = window.start_s + window.length_s + args.pause;
    let report = Report {
        file: args.file.display().to_string(),
        format: opened.format.to_string(),
        method: method.to_string(),
        harmonics: (Light::of(&codebook) == Light::Frequencies).then_some(args.harmonics),
        calibrated_on: args.calibrate,
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

/// The trials to fit to, up to the last of so many with a known target, and those to decode.
fn calibration(count: usize, trials: &[Trial]) -> Result<(&[Trial], &[Trial]), Failure> {
    if count == 0 {
        return Ok((&[], trials));
    }
    let mut known = trials.iter().enumerate().filter(|(_, trial)| trial.label.is_some());
    match known.nth(count - 1) {
        Some((last, _)) if last + 1 < trials.len() => Ok(trials.split_at(last + 1)),
        _ => {
            let labelled = trials.iter().filter(|trial| trial.label.is_some()).count();
            Err(Failure::new(format!(
                "--calibrate {count}: the recording has {} trials, {labelled} of them with a known target, and some have to be left to decode",
                trials.len()
            )))
        }
    }
}

/// How the trials are decoded.
enum Ready {
    Adaptive(Box<dyn Adaptive>),
    Built(Box<dyn Decoder>),
    ToFit,
}

struct Job<'a> {
    args: &'a DecodeArgs,
    method: Method,
    stream: &'a Stream,
    codebook: &'a Codebook,
    window: Window,
}

impl Job<'_> {
    /// Decodes trials, after fitting to those before them.
    fn run(&self, learned: &[Trial], trials: &[Trial]) -> Result<Decoded, Failure> {
        let &Self { args, stream, window: Window { start_s, length_s }, .. } = self;
        let rate_hz = stream.rate_hz();
        if !(length_s.is_finite() && length_s > 0.0 && length_s <= 3600.0) {
            let message = format!("a window of {length_s:.3} s: give --length in seconds, above 0");
            return Err(Failure::new(message));
        }
        let rows = match args.channels.as_slice() {
            [] => (0..stream.channels().len()).collect(),
            labels => stream.pick(labels)?,
        };
        let label = |&row: &usize| stream.channels()[row].label.clone();
        let channels: Vec<_> = rows.iter().map(label).collect();
        let band = band(args.band.as_deref(), rate_hz)?;
        let own = self.method.own_bank(self.codebook);
        let bank = own.or(band.map(FilterBank::single));
        let bands = bank.as_ref().map_or(1, |bank| bank.bands().len());
        // What the decoder can't do is said before the recording is filtered.
        let shape = Shape::of_window(rows.len() * bands, length_s, rate_hz);
        let ready = self.ready(shape)?;
        let preprocess = Preprocess {
            channels: Some(rows),
            bank,
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
        let decisions = match ready {
            Ready::Adaptive(mut decoder) => {
                decode_adapting(decoder.as_mut(), &samples, trials, start)
            }
            Ready::Built(decoder) => decode_trials(decoder.as_ref(), &samples, trials, start),
            Ready::ToFit => {
                let decoder = self.fitted(&samples, learned, start, shape)?;
                decode_trials(decoder.as_ref(), &samples, trials, start)
            }
        };
        let all = trials.iter().zip(decisions);
        let lines: Vec<_> = all.map(|(trial, decision)| line(stream, trial, decision)).collect();
        match lines.iter().find_map(|line| line.skipped.as_ref()) {
            Some(reason) if lines.iter().all(|line| line.skipped.is_some()) => {
                let message = format!("no trial holds a whole window of {length_s:.3} s: {reason}");
                Err(Failure::new(format!("{message}; try a shorter --length")))
            }
            _ => Ok((lines, band, channels)),
        }
    }

    fn settings(&self) -> Settings {
        let DecodeArgs { harmonics, mains, .. } = *self.args;
        Settings { harmonics, mains_hz: mains, ..Settings::default() }
    }

    fn ready(&self, shape: Shape) -> Result<Ready, Failure> {
        if self.args.calibrate > 0 {
            return Ok(Ready::ToFit);
        }
        let settings = self.settings();
        Ok(match self.method.adaptive(self.codebook, shape, &settings)? {
            Some(decoder) => Ready::Adaptive(decoder),
            None => Ready::Built(self.method.build(self.codebook, shape, &settings)?),
        })
    }

    fn fitted(
        &self,
        samples: &Samples<f64>,
        learned: &[Trial],
        start: u64,
        shape: Shape,
    ) -> Result<Box<dyn Decoder>, Failure> {
        let calibration = Calibration::from_trials(samples, learned, start, shape, self.codebook)?;
        Ok(self.method.fit(self.codebook, &calibration, &self.settings())?)
    }
}

fn line(stream: &Stream, trial: &Trial, decision: Result<Decision, DecodeError>) -> TrialLine {
    let skipped = TrialLine {
        onset_s: stream.time_s(trial.onset as f64),
        truth: trial.label,
        decision: None,
        margin: None,
        scores: None,
        skipped: None,
    };
    match decision {
        Ok(decision) => TrialLine {
            decision: Some(decision.target),
            margin: Some(decision.margin()),
            scores: Some(decision.scores),
            ..skipped
        },
        Err(error) => TrialLine { skipped: Some(error.to_string()), ..skipped },
    }
}
