use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args as Group;

use crate::args::{ReadArgs, TargetArgs, positive};
use crate::simulate::SessionArgs;

#[derive(Group)]
pub(crate) struct ServeArgs {
    /// The recording
    #[arg(required_unless_present = "simulate")]
    pub(crate) file: Option<PathBuf>,
    /// Serve a simulated session in place of a file; the options of its own are those of simulate,
    /// and --rate tells how many samples a second it has
    #[arg(long, conflicts_with_all = ["file", "from", "to"])]
    pub(crate) simulate: bool,
    #[command(flatten)]
    pub(crate) reading: ReadArgs,
    #[command(flatten)]
    pub(crate) targets: TargetArgs,
    /// TCP port; 0 takes a free one. The address is printed
    #[arg(long, default_value_t = 7654)]
    pub(crate) port: u16,
    /// Address to serve on. Anything but the default lets others on the network listen: there is no
    /// password
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    pub(crate) bind: IpAddr,
    /// Send datagrams to this address, such as 127.0.0.1:7654, in place of serving over TCP
    #[arg(long, value_name = "ADDR", conflicts_with_all = ["port", "bind", "wait", "clients"])]
    pub(crate) udp: Option<String>,
    /// So many times as fast as it was recorded
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = positive)]
    pub(crate) speed: f64,
    /// As fast as the slowest client takes it
    #[arg(long, conflicts_with_all = ["speed", "udp"])]
    pub(crate) as_fast_as_possible: bool,
    /// Start again at the end, as another session
    #[arg(long = "loop")]
    pub(crate) repeat: bool,
    /// Start when so many clients listen. Default: 0, or 1 with --as-fast-as-possible
    #[arg(long, value_name = "N")]
    pub(crate) wait: Option<usize>,
    /// Clients that are served at a time; others are refused
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub(crate) clients: usize,
    /// How far a client may be behind before it loses frames
    #[arg(long, value_name = "KIB", default_value_t = 4096)]
    pub(crate) buffer: usize,
    /// Drop a client that takes no whole frame for so long
    #[arg(long, value_name = "S", default_value_t = 10.0, value_parser = positive)]
    pub(crate) stall: f64,
    /// Length of a samples frame in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 40.0, value_parser = positive)]
    pub(crate) frame: f64,
    #[command(flatten, next_help_heading = "With --simulate")]
    pub(crate) session: SessionArgs,
}
