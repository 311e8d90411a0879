use std::path::PathBuf;

use clap::{Args as Group, Parser, Subcommand};
use evoked::decode::Method;
use evoked::signal::EventPattern;

use crate::evaluate::EvaluateArgs;
use crate::fit::FitArgs;
use crate::listen::ListenArgs;
use crate::serve::ServeArgs;
use crate::simulate::SimulateArgs;
use crate::stimulus::StimulusCommand;

/// Decode, inspect and convert recordings of visual evoked potentials.
#[derive(Parser)]
#[command(name = "evoked", version)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Decode the trials of a recording: which target did the user look at?
    Decode(DecodeArgs),
    /// Tell how well methods decode recordings of one or more subjects.
    Evaluate(Box<EvaluateArgs>),
    /// Fit a decoder to a user's recordings, learn when it is to decide, and save both for listen.
    Fit(Box<FitArgs>),
    /// Tell what is in a recording.
    Info(InfoArgs),
    /// Convert a recording to VEP frames (.vep), EDF+ (.edf), BDF+ (.bdf), BrainVision (.vhdr) or
    /// CSV (.csv), or its trials to NPZ (.npz), and say what could not be carried over.
    Convert(ConvertArgs),
    /// Tell what is wrong with a recording, why it matters and what to do. Exit code 3 if something
    /// matters
    Doctor(DoctorArgs),
    /// Save all that can be saved of a damaged file of VEP frames. Exit code 3 if something is lost
    Recover(RecoverArgs),
    /// Simulate a session with known truth and write it as VEP frames (.vep).
    Simulate(Box<SimulateArgs>),
    /// Replay a recording or a simulated session as VEP frames, as if it were being recorded: over TCP
    /// to any number of clients, or as datagrams.
    Serve(Box<ServeArgs>),
    /// Follow a live session of VEP frames: decode its trials as they end, record it, and say what
    /// was lost. Exit code 3 if something was
    Listen(Box<ListenArgs>),
    /// Make a codebook, check it, look at it, present it.
    Stimulus {
        #[command(subcommand)]
        command: StimulusCommand,
    },
}

/// What of a file is read, and how.
#[derive(Group, Clone, Default)]
pub(crate) struct ReadArgs {
    /// Samples a second, for files that do not tell, such as tables without times
    #[arg(long, value_name = "HZ", value_parser = rate)]
    pub(crate) rate: Option<f64>,
    /// Leave out what lies before this second of the recording
    #[arg(long, value_name = "S", value_parser = second)]
    pub(crate) from: Option<f64>,
    /// Leave out what lies from this second of the recording on
    #[arg(long, value_name = "S", value_parser = second)]
    pub(crate) to: Option<f64>,
}

/// What the user was shown, and which events say so.
#[derive(Group, Clone, Default)]
pub(crate) struct TargetArgs {
    /// Frequencies of the targets, such as 13,17,21
    #[arg(long, value_name = "HZ,…", value_delimiter = ',', conflicts_with = "codebook")]
    pub(crate) targets: Vec<f64>,
    /// Codebook with all targets (JSON); default: the one in the recording
    #[arg(long, value_name = "FILE")]
    pub(crate) codebook: Option<PathBuf>,
    /// Which event means which target, such as 33025=13 or left=13: event code or text, then the
    /// target's label or frequency
    #[arg(long = "label", value_name = "EVENT=TARGET", value_delimiter = ',')]
    pub(crate) labels: Vec<String>,
}

/// What is done to the signal in front of a method, and what its sinusoids are.
#[derive(Group, Clone)]
pub(crate) struct FrontArgs {
    /// Band of the methods without a filter bank of their own, or none (Butterworth, order 4). Default: 4-60, or
    /// less where the sampling rate asks for it
    #[arg(long, value_name = "LOW-HIGH")]
    pub(crate) band: Option<String>,
    /// Filter bank of the methods with one: bands i = 1 … COUNT from i·SPACING to HIGH (Chebyshev I,
    /// order 4). Default: 5,8,90, with less spacing for targets below 8 Hz, and as far as the
    /// sampling rate carries it
    #[arg(long, value_name = "COUNT,SPACING,HIGH", value_parser = bank)]
    pub(crate) bank: Option<Bank>,
    /// Cut out the mains of this frequency and its harmonics
    #[arg(long, value_name = "HZ")]
    pub(crate) notch: Option<f64>,
    /// Leave out harmonics of targets that fall on the mains of this frequency
    #[arg(long, value_name = "HZ")]
    pub(crate) mains: Option<f64>,
    /// Harmonics of each target
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) harmonics: usize,
}

/// A filter bank.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bank {
    pub(crate) count: usize,
    pub(crate) spacing_hz: f64,
    pub(crate) high_hz: f64,
}

#[derive(Group)]
pub(crate) struct DecodeArgs {
    /// The recording
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) reading: ReadArgs,
    #[command(flatten)]
    pub(crate) targets: TargetArgs,
    /// Method, such as whitened, cca, zero-training. Default: whitened for frequencies and
    /// zero-training for codes; with --calibrate reconvolution for codes, trca for other light
    #[arg(long)]
    pub(crate) method: Option<Method>,
    /// Fit the method to the first N trials with a known target, and decode the others
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) calibrate: usize,
    /// Event that starts a trial: code or text; may be given again. Default: 32779 (visual
    /// stimulation start) where the recording has it, else the events of the targets
    #[arg(long, value_name = "EVENT", value_delimiter = ',')]
    pub(crate) onset: Vec<EventPattern>,
    /// Channels to use, such as Oz,O1,O2. Default: all
    #[arg(long, value_name = "LABEL,…", value_delimiter = ',')]
    pub(crate) channels: Vec<String>,
    /// Start of the window, seconds after the onset. Default: 0 for codes, else 0.14
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    pub(crate) start: Option<f64>,
    /// Length of the window in seconds. Default: to the end of the shortest trial
    #[arg(long, value_name = "S")]
    pub(crate) length: Option<f64>,
    /// Band to keep, or none (Butterworth, order 4). Default: 4-60, or less where the sampling rate
    /// asks for it
    #[arg(long, value_name = "LOW-HIGH")]
    pub(crate) band: Option<String>,
    /// Filter forward only, as an online decoder must
    #[arg(long)]
    pub(crate) causal: bool,
    /// Cut out the mains of this frequency and its harmonics
    #[arg(long, value_name = "HZ")]
    pub(crate) notch: Option<f64>,
    /// Leave out harmonics of targets that fall on the mains of this frequency
    #[arg(long, value_name = "HZ")]
    pub(crate) mains: Option<f64>,
    /// Harmonics of each target
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) harmonics: usize,
    /// Time between selections that is added to the window for the ITR, in seconds
    #[arg(long, value_name = "S", default_value_t = 0.5)]
    pub(crate) pause: f64,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Group)]
pub(crate) struct InfoArgs {
    /// The recording
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) reading: ReadArgs,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Group)]
pub(crate) struct ConvertArgs {
    /// The recording to read
    pub(crate) input: PathBuf,
    /// The file to write; its ending tells the format: .vep, .edf, .bdf, .vhdr, .csv, .npz
    pub(crate) output: PathBuf,
    /// Channels to carry over, such as Oz,O1,O2. Default: all
    #[arg(long, value_name = "LABEL,…", value_delimiter = ',')]
    pub(crate) channels: Vec<String>,
    #[command(flatten)]
    pub(crate) reading: ReadArgs,
    #[command(flatten)]
    pub(crate) targets: TargetArgs,
    /// Replace the output if it exists
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Group)]
pub(crate) struct DoctorArgs {
    /// The recording
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) reading: ReadArgs,
    #[command(flatten)]
    pub(crate) targets: TargetArgs,
    /// Event that starts a trial, as for decode
    #[arg(long, value_name = "EVENT", value_delimiter = ',')]
    pub(crate) onset: Vec<EventPattern>,
    /// Start of the window, seconds after the onset
    #[arg(long, value_name = "S", default_value_t = 0.14, allow_negative_numbers = true)]
    pub(crate) start: f64,
    /// Length of the window in seconds, to hold the trials against
    #[arg(long, value_name = "S")]
    pub(crate) length: Option<f64>,
    /// Frequency of the mains. Default: 50 or 60 Hz, whichever the recording has
    #[arg(long, value_name = "HZ")]
    pub(crate) mains: Option<f64>,
    /// Frames a second of the screen. Default: what the codebook says
    #[arg(long, value_name = "HZ")]
    pub(crate) refresh: Option<f64>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Group)]
pub(crate) struct RecoverArgs {
    /// The damaged file (VEP)
    pub(crate) input: PathBuf,
    /// The file to write (.vep)
    pub(crate) output: PathBuf,
    /// Replace the output if it exists
    #[arg(long)]
    pub(crate) force: bool,
}

fn bank(text: &str) -> Result<Bank, String> {
    let wrong = || "expected COUNT,SPACING,HIGH, such as 5,8,90".to_owned();
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let [count, spacing, high] = parts[..] else { return Err(wrong()) };
    let count = count.parse().ok().filter(|count| (1..=64).contains(count));
    let hz = |text: &str| text.parse().ok().filter(|hz: &f64| hz.is_finite() && *hz > 0.0);
    match (count, hz(spacing), hz(high)) {
        (Some(count), Some(spacing_hz), Some(high_hz)) => Ok(Bank { count, spacing_hz, high_hz }),
        _ => Err(wrong()),
    }
}

/// A sampling rate.
fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate: &f64| rate.is_finite() && *rate > 0.0);
    rate.ok_or_else(|| "expected a positive number of samples a second, such as 256".to_owned())
}

/// A time.
pub(crate) fn second(text: &str) -> Result<f64, String> {
    let second = text.parse().ok().filter(|second: &f64| second.is_finite() && *second >= 0.0);
    second.ok_or_else(|| "expected a number of seconds from 0 on, such as 12.5".to_owned())
}

/// A number above zero.
pub(crate) fn positive(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0);
    number.ok_or_else(|| "expected a number above 0".to_owned())
}
