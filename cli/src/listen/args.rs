use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args as Group;
use evoked::signal::EventPattern;

use crate::args::{TargetArgs, positive};
use crate::evaluate::Named;

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
    /// Length of the window in seconds: when it has arrived, the trial is decided
    #[arg(long, value_name = "S", default_value_t = 2.0, value_parser = positive)]
    pub(crate) length: f64,
    /// Band to keep, or none, without a filter bank (Butterworth, order 4, forward only). Default:
    /// 4-60, or less where the sampling rate asks for it
    #[arg(long, value_name = "LOW-HIGH")]
    pub(crate) band: Option<String>,
    /// Leave out harmonics of targets that fall on the mains of this frequency
    #[arg(long, value_name = "HZ")]
    pub(crate) mains: Option<f64>,
    /// Harmonics of each target
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) harmonics: usize,
    /// Stop when nothing has come for so long
    #[arg(long, value_name = "S", default_value_t = 60.0, value_parser = positive)]
    pub(crate) patience: f64,
}
