use std::path::PathBuf;

use clap::Args as Group;

use crate::args::TargetArgs;

#[derive(Group)]
pub(crate) struct SimulateArgs {
    /// The file to write (.vep)
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) targets: TargetArgs,
    #[command(flatten)]
    pub(crate) session: SessionArgs,
    /// Samples a second
    #[arg(long, value_name = "HZ")]
    pub(crate) rate: Option<f64>,
    /// Write to this file (JSON) where trials, no-control periods, lost samples and artefacts are
    #[arg(long, value_name = "FILE")]
    pub(crate) truth: Option<PathBuf>,
    /// Replace the output if it exists
    #[arg(long)]
    pub(crate) force: bool,
}

/// What a simulated session is like.
#[derive(Group, Clone, Default, PartialEq)]
pub(crate) struct SessionArgs {
    /// Settings of the session (JSON; see the library's SessionParams for the names). The options
    /// below go before them
    #[arg(long, value_name = "FILE")]
    pub(crate) params: Option<PathBuf>,
    /// Where all that is random comes from
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// How often every target is shown
    #[arg(long, value_name = "N")]
    pub(crate) blocks: Option<u32>,
    /// Length of a trial in seconds
    #[arg(long, value_name = "S")]
    pub(crate) trial: Option<f64>,
    /// Pause before, between and after the trials in seconds
    #[arg(long, value_name = "S")]
    pub(crate) gap: Option<f64>,
    /// Channels, such as Oz,O1,O2
    #[arg(long, value_name = "LABEL,…", value_delimiter = ',')]
    pub(crate) channels: Vec<String>,
    /// RMS of the response over RMS of the background
    #[arg(long, value_name = "X")]
    pub(crate) snr: Option<f64>,
    /// Share of the response that is gone at the end of the session, 0 to 1
    #[arg(long, value_name = "SHARE")]
    pub(crate) fade: Option<f64>,
    /// Seconds by which the response comes later at the end of the session
    #[arg(long, value_name = "S")]
    pub(crate) slowing: Option<f64>,
    /// RMS of the background noise in microvolts
    #[arg(long, value_name = "UV")]
    pub(crate) noise: Option<f64>,
    /// RMS of the alpha rhythm over the occiput in microvolts
    #[arg(long, value_name = "UV")]
    pub(crate) alpha: Option<f64>,
    /// RMS of the electrodes' slow drift in microvolts
    #[arg(long, value_name = "UV")]
    pub(crate) drift: Option<f64>,
    /// Blinks a minute
    #[arg(long, value_name = "N")]
    pub(crate) blinks: Option<f64>,
    /// Muscle bursts a minute
    #[arg(long, value_name = "N")]
    pub(crate) bursts: Option<f64>,
    /// Electrode pops a minute
    #[arg(long, value_name = "N")]
    pub(crate) pops: Option<f64>,
    /// Stretches of lost samples a minute
    #[arg(long, value_name = "N")]
    pub(crate) losses: Option<f64>,
    /// Length of a typical lost stretch in seconds
    #[arg(long, value_name = "S")]
    pub(crate) loss_length: Option<f64>,
    /// After each block, a no-control period of so many seconds, in which the user looks at none of
    /// the targets. Its event is rest
    #[arg(long, value_name = "S")]
    pub(crate) rest: Option<f64>,
    /// No-control periods after every so many trials, in place of after each block
    #[arg(long, value_name = "N")]
    pub(crate) rest_every: Option<u32>,
    /// How many times as strong alpha is in no-control periods
    #[arg(long, value_name = "X")]
    pub(crate) rest_alpha: Option<f64>,
}
