use std::path::PathBuf;

use clap::{Args as Group, ValueEnum};
use evoked::decode::Direction;
use evoked::evaluate::{Limit, Scope, Split, Stopping};
use evoked::signal::EventPattern;

use super::load::Sought;
use super::method::Named;
use crate::args::{FrontArgs, ReadArgs, TargetArgs, positive};

/// Folds where nobody says how many.
const FOLDS: usize = 5;

#[derive(Group)]
pub(crate) struct EvaluateArgs {
    /// Recordings, or folders of them. Each path is one subject, and each file of a folder a session
    /// of that subject
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// What is one subject: each path given, or each file in them
    #[arg(long, value_name = "WHAT", default_value = "path")]
    pub(crate) subjects_by: SubjectsBy,
    #[command(flatten)]
    pub(crate) reading: ReadArgs,
    #[command(flatten)]
    pub(crate) targets: TargetArgs,
    /// Event of the trials at rest (code or text, such as 33024 or rest): they become a class of
    /// their own, which methods learn from training trials
    #[arg(long, value_name = "EVENT")]
    pub(crate) rest: Option<String>,
    /// Methods, with fb in front in a filter bank, such as fbcca. Default: whitened,cca,fbcca for
    /// frequencies, zero-training,rcca,reconvolution for codes, trca,etrca,it-cca for other light
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) methods: Vec<Named>,
    /// Lengths of the windows in seconds, such as 0.5,1,2. Default: to the end of the shortest trial
    #[arg(long, value_name = "S,…", value_delimiter = ',')]
    pub(crate) windows: Vec<f64>,
    /// Start of the windows, seconds after the onset. Default: 0 for codes, else 0.14
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    pub(crate) start: Option<f64>,
    /// Training and test of methods that need calibration: block (leave one block out), session
    /// (leave one session out), chronological:K, stratified:K, or none
    #[arg(long, value_name = "HOW", default_value = "block", value_parser = split)]
    pub(crate) split: Split,
    /// Draws the folds of stratified:K
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Learning curve: with the first so many training blocks (trials a target) only, such as 1,2,4
    #[arg(long, value_name = "N,…", value_delimiter = ',')]
    pub(crate) learning: Vec<usize>,
    /// What --learning counts
    #[arg(long, value_name = "WHAT", default_value = "blocks")]
    pub(crate) learning_by: LearningBy,
    /// Event that starts a trial, as for decode
    #[arg(long, value_name = "EVENT", value_delimiter = ',')]
    pub(crate) onset: Vec<EventPattern>,
    /// Channels to use, such as Oz,O1,O2. Default: all
    #[arg(long, value_name = "LABEL,…", value_delimiter = ',')]
    pub(crate) channels: Vec<String>,
    #[command(flatten)]
    pub(crate) front: FrontArgs,
    /// Filter forward only, as an online decoder must
    #[arg(long)]
    pub(crate) causal: bool,
    /// What is filtered in one go: each trial with its margins, the window alone (the habit of
    /// papers on filter banks), or the whole recording (trials leak into each other a little)
    #[arg(long, value_name = "WHAT", default_value = "trial")]
    pub(crate) scope: ScopeArg,
    /// Time between selections that is added to the start and the length of the window for the ITR,
    /// in seconds
    #[arg(long, value_name = "S", default_value_t = 0.5)]
    pub(crate) pause: f64,
    /// Replay the recordings sample by sample through the live path: when trials are decided, how
    /// well, and, with --rest, false activations without cues
    #[arg(long)]
    pub(crate) online: bool,
    /// With --online, when to decide: fixed, margin, bayes, unlabelled, outlier or beta, all but the first
    /// with the accuracy to learn for or the probability to reach, such as bayes:0.9. The longest window is that of --windows. Default: fixed,bayes:0.95
    #[arg(long, value_name = "RULE,…", value_delimiter = ',', requires = "online")]
    pub(crate) stopping: Vec<Stopping>,
    /// With --online, seconds between two looks at the scores
    #[arg(long, value_name = "S", default_value_t = 0.1, value_parser = positive)]
    pub(crate) step: f64,
    /// With --online, the shortest window in seconds. Default: 0.25
    #[arg(long, value_name = "S", requires = "online")]
    pub(crate) earliest: Option<f64>,
    /// With --online and --rest, the window that slides where there are no cues, in seconds. Default:
    /// half of the longest window
    #[arg(long, value_name = "S", requires = "online", value_parser = positive)]
    pub(crate) watch: Option<f64>,
    /// Without cues, seconds for which a target has to stay the best one
    #[arg(long, value_name = "S", default_value_t = 0.2)]
    pub(crate) dwell: f64,
    /// Without cues, seconds after a decision in which nothing is decided
    #[arg(long, value_name = "S", default_value_t = 1.0)]
    pub(crate) refractory: f64,
    /// Without cues, false activations a minute to learn for
    #[arg(long, value_name = "N", default_value_t = 1.0)]
    pub(crate) activations: f64,
    /// Threads. Default: one a core
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<usize>,
    /// Write everything, decisions included, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write a table with a line for each subject, method and window as CSV
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: Option<PathBuf>,
    /// Write a page with charts and tables (HTML)
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Replace outputs that exist
    #[arg(long)]
    pub(crate) force: bool,
}

/// What is one subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SubjectsBy {
    /// Each path given.
    Path,
    /// Each file.
    File,
}

/// What a learning curve counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LearningBy {
    /// Blocks.
    Blocks,
    /// Trials.
    Trials,
}

/// What is filtered in one go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScopeArg {
    /// Each trial.
    Trial,
    /// Each window.
    Window,
    /// The recording.
    Recording,
}

impl EvaluateArgs {
    /// What is taken of the recordings.
    pub(crate) fn sought(&self) -> Sought<'_> {
        let Self { reading, targets, rest, onset, channels, .. } = self;
        Sought { reading, targets, rest: rest.as_deref(), onset, channels }
    }

    pub(crate) fn direction(&self) -> Direction {
        if self.causal { Direction::Causal } else { Direction::ZeroPhase }
    }

    /// The split with its seed.
    pub(crate) fn split(&self) -> Split {
        match self.split {
            Split::Stratified { folds, .. } => Split::Stratified { folds, seed: self.seed },
            other => other,
        }
    }

    pub(crate) fn scope(&self) -> Scope {
        match self.scope {
            ScopeArg::Trial => Scope::Trial,
            ScopeArg::Window => Scope::Window,
            ScopeArg::Recording => Scope::Recording,
        }
    }

    /// All training trials first, then the limits of the learning curve.
    pub(crate) fn limits(&self) -> Vec<Option<Limit>> {
        let limit = |&count: &usize| match self.learning_by {
            LearningBy::Blocks => Limit::Blocks(count),
            LearningBy::Trials => Limit::Trials(count),
        };
        let limits = self.learning.iter().map(limit).map(Some);
        std::iter::once(None).chain(limits).collect()
    }
}

fn split(text: &str) -> Result<Split, String> {
    let (name, folds) = match text.split_once(':') {
        None => (text, None),
        Some((name, folds)) => match folds.parse().ok().filter(|folds| *folds >= 2) {
            None => return Err(format!("{folds:?} folds; give 2 or more, such as {name}:5")),
            folds => (name, folds),
        },
    };
    let count = folds.unwrap_or(FOLDS);
    match (name, folds) {
        ("block", None) => Ok(Split::LeaveOneBlockOut),
        ("session", None) => Ok(Split::LeaveOneSessionOut),
        ("none", None) => Ok(Split::Untrained),
        ("chronological", _) => Ok(Split::Chronological { folds: count }),
        ("stratified", _) => Ok(Split::Stratified { folds: count, seed: 0 }),
        _ => Err("there are block, session, chronological:K, stratified:K and none".to_owned()),
    }
}
