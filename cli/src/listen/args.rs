use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args as Group, ValueEnum};
use evoked::evaluate::Stopping;
use evoked::online::Gaps;
use evoked::signal::EventPattern;

use crate::args::{FrontArgs, TargetArgs, positive, second};
use crate::evaluate::Named;

/// Options that say what a decoder from a file has been made with.
const DECIDED_BY_MODEL: [&str; 12] = [
    "method",
    "channels",
    "start",
    "length",
    "band",
    "bank",
    "notch",
    "mains",
    "harmonics",
    "stopping",
    "step",
    "earliest",
];
/// Options about trials that start with an event.
const DECIDED_BY_CUES: [&str; 5] = ["decoder", "onset", "start", "stopping", "earliest"];

#[derive(Group)]
pub(crate) struct ListenArgs {
    /// Where it is served, such as 127.0.0.1:7654; with --udp, the address to receive on
    pub(crate) address: String,
    /// Receive datagrams in place of connecting over TCP
    #[arg(long)]
    pub(crate) udp: bool,
    /// Frames of datagrams that are waited for before one that is missing is given up
    #[arg(long, value_name = "FRAMES", default_value_t = 32)]
    pub(crate) window: usize,
    /// Take datagrams of this address only. Default: of whoever is first, until nothing has come from
    /// there for five seconds
    #[arg(long, value_name = "ADDR", requires = "udp")]
    pub(crate) sender: Option<IpAddr>,
    /// Write what arrives to this file (.vep). Another session goes to a file of its own: FILE-2.vep
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) targets: TargetArgs,
    /// Decoder that evoked fit made (.evm), with its channels, filters, windows and rule
    #[arg(long, value_name = "FILE", conflicts_with_all = DECIDED_BY_MODEL)]
    pub(crate) decoder: Option<PathBuf>,
    /// Method: cca, msi or mec; with fb in front in a filter bank, such as fbcca
    #[arg(long, default_value = "cca")]
    pub(crate) method: Named,
    /// Event that starts a trial: code or text; may be given again. Default: the events of the
    /// targets
    #[arg(long, value_name = "EVENT", value_delimiter = ',')]
    pub(crate) onset: Vec<EventPattern>,
    /// Channels to use, such as Oz,O1,O2. Default: all
    #[arg(long, value_name = "LABEL,…", value_delimiter = ',')]
    pub(crate) channels: Vec<String>,
    /// Start of the window, seconds after the onset
    #[arg(long, value_name = "S", default_value_t = 0.14)]
    pub(crate) start: f64,
    /// Length of the window in seconds, or of the longest one: when it has arrived, the trial is
    /// decided
    #[arg(long, value_name = "S", default_value_t = 2.0, value_parser = positive)]
    pub(crate) length: f64,
    #[command(flatten)]
    pub(crate) front: FrontArgs,
    /// When to decide: fixed (when the window is over), or beta, such as beta:0.9: as soon as the best
    /// score does not fit the others, of which there have to be four. Rules that are learned come with
    /// --decoder
    #[arg(long, value_name = "RULE", default_value = "fixed")]
    pub(crate) stopping: Stopping,
    /// Time between two looks at the scores of a window that grows or slides, in seconds
    #[arg(long, value_name = "S", default_value_t = 0.1, value_parser = positive)]
    pub(crate) step: f64,
    /// Length of the shortest window in seconds, with a rule other than fixed
    #[arg(long, value_name = "S", default_value_t = 0.25, value_parser = second)]
    pub(crate) earliest: f64,
    /// What is done with a window of which samples are lost
    #[arg(long, value_name = "HOW", default_value = "leave-out")]
    pub(crate) gaps: GapsArg,
    /// Take no event for the start of a trial: a window of --length slides, and a target is decided
    /// whenever it is looked at
    #[arg(long, requires = "gate", conflicts_with_all = DECIDED_BY_CUES)]
    pub(crate) free: bool,
    /// With --free: what the best score has to be at least, as it is
    #[arg(long, value_name = "SCORE", group = "gate", requires = "free")]
    pub(crate) threshold: Option<f64>,
    /// With --free: take the first so many seconds of the session for rest, and learn from them how
    /// far above its usual score a target has to be
    #[arg(long, value_name = "S", group = "gate", requires = "free", value_parser = positive)]
    pub(crate) rest: Option<f64>,
    /// With --rest: decisions a minute that there may be at rest
    #[arg(long, value_name = "N", default_value_t = 1.0, requires = "rest", value_parser = second)]
    pub(crate) activations: f64,
    /// With --free: seconds for which a target has to stay the best one
    #[arg(long, value_name = "S", default_value_t = 0.2, requires = "free", value_parser = second)]
    pub(crate) dwell: f64,
    /// With --free: seconds after a decision in which nothing is decided
    #[arg(long, value_name = "S", default_value_t = 1.0, requires = "free", value_parser = second)]
    pub(crate) refractory: f64,
    /// Stop when nothing has come for so long
    #[arg(long, value_name = "S", default_value_t = 60.0, value_parser = positive)]
    pub(crate) patience: f64,
}

/// What is done with a window of which samples are lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GapsArg {
    /// The trial is left out.
    LeaveOut,
    /// The window opens again behind the gap (cca, msi and mec).
    Restart,
    /// The window goes on with the samples that came.
    Mask,
}

impl From<GapsArg> for Gaps {
    fn from(gaps: GapsArg) -> Self {
        match gaps {
            GapsArg::LeaveOut => Self::LeaveOut,
            GapsArg::Restart => Self::Restart,
            GapsArg::Mask => Self::Mask,
        }
    }
}
