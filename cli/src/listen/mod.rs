//! Follows a live session of VEP frames.
//!
//! | file | idea |
//! |---|---|
//! | `connection` | TCP: bytes, and connecting again |
//! | `datagrams` | UDP |
//! | `follower` | what is made of frames and notices, session by session |
//! | `decoding` | which decoder a session gets |
//! | `free` | no cues: a window that slides, rest that is learned |
//! | `live` | trials, decided as they end |
//! | `losses` | what arrived and what did not |
//! | `record` | what arrives, as files |
//! | `senders` | whose datagrams are taken |

mod args;
mod connection;
mod datagrams;
mod decoding;
mod follower;
mod free;
mod live;
mod losses;
mod record;
mod senders;

use std::time::Duration;

pub(crate) use args::ListenArgs;
use follower::Follower;

use crate::Finish;
use crate::failure::Failure;

pub(crate) fn run(args: &ListenArgs) -> Result<Finish, Failure> {
    let mut follower = Follower::new(args)?;
    let patience = Duration::try_from_secs_f64(args.patience).unwrap_or(Duration::MAX);
    if args.udp {
        datagrams::follow(&args.address, args.window, args.sender, patience, &mut follower)?;
    } else {
        connection::follow(&args.address, patience, &mut follower)?;
    }
    let lossy = follower.finish()?;
    Ok(if lossy { Finish::WithLoss } else { Finish::Clean })
}
