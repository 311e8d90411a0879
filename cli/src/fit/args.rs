use std::path::PathBuf;

use clap::Args as Group;
use evoked::evaluate::Stopping;
use evoked::signal::EventPattern;

use crate::args::{FrontArgs, ReadArgs, TargetArgs, positive, second};
use crate::evaluate::{Named, Sought};

#[derive(Group)]
pub(crate) struct FitArgs {
    /// Recordings of one user, or folders of them
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// The file to write (.evm)
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) reading: ReadArgs,
    #[command(flatten)]
    pub(crate) targets: TargetArgs,
    /// Method that follows a signal: cca, msi, mec, trca, etrca, ms-etrca, sscor, esscor, tdca, rcca
    /// or rcca-refe; with fb in front in a filter bank. Default: fbcca for frequencies, rcca for
    /// codes, etrca for other light
    #[arg(long, value_name = "NAME")]
    pub(crate) method: Option<Named>,
    /// Event that starts a trial, as for decode
    #[arg(long, value_name = "EVENT", value_delimiter = ',')]
    pub(crate) onset: Vec<EventPattern>,
    /// Channels to use, such as Oz,O1,O2. Default: all
    #[arg(long, value_name = "LABEL,…", value_delimiter = ',')]
    pub(crate) channels: Vec<String>,
    /// Start of the window, seconds after the onset. Default: 0 for codes, else 0.14
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    pub(crate) start: Option<f64>,
    /// Length of the longest window in seconds. Default: to the end of the shortest trial
    #[arg(long, value_name = "S", value_parser = positive)]
    pub(crate) length: Option<f64>,
    #[command(flatten)]
    pub(crate) front: FrontArgs,
    /// When to decide: fixed (after the longest window), or as soon as the scores are enough: bayes,
    /// margin or unlabelled, learned so that this part of the decisions is right, such as bayes:0.9, or
    /// outlier or beta, which learn nothing
    #[arg(long, value_name = "RULE", default_value = "bayes")]
    pub(crate) stopping: Stopping,
    /// Time between two looks at the scores, in seconds
    #[arg(long, value_name = "S", default_value_t = 0.1, value_parser = positive)]
    pub(crate) step: f64,
    /// Length of the shortest window in seconds
    #[arg(long, value_name = "S", default_value_t = 0.25, value_parser = second)]
    pub(crate) earliest: f64,
    /// Replace the output if it exists
    #[arg(long)]
    pub(crate) force: bool,
}

impl FitArgs {
    /// What is taken of the recordings.
    pub(crate) fn sought(&self) -> Sought<'_> {
        let Self { reading, targets, onset, channels, .. } = self;
        Sought { reading, targets, rest: None, onset, channels }
    }
}
