//! Frames in datagrams, which get lost, come twice and overtake each other.

use std::io::{ErrorKind, Write};
use std::net::{IpAddr, UdpSocket};
use std::time::{Duration, Instant};

use evoked::frame::{Datagrams, Limits};
use socket2::SockRef;

use super::follower::Follower;
use super::senders::Senders;
use crate::failure::Failure;

/// What waits for frames that are missing comes out when nothing has come for so long.
const QUIET: Duration = Duration::from_millis(250);
/// A session that has ended is over when no other has begun within this time.
const OVER: Duration = Duration::from_secs(1);
/// The longest datagram there is.
const MOST_BYTES: usize = 65_536;
/// What the system keeps for a moment in which this program does not run.
const SOCKET_BYTES: usize = 4 << 20;

/// Receives until a session is complete, or nothing has come for as long as `patience`; from `only`
/// where it is given, else from one sender at a time.
pub(crate) fn follow(
    address: &str,
    window: usize,
    only: Option<IpAddr>,
    patience: Duration,
    follower: &mut Follower<'_>,
) -> Result<(), Failure> {
    let named = |error: std::io::Error| Failure::new(format!("{address}: {error}"));
    let socket = UdpSocket::bind(address).map_err(named)?;
    socket.set_read_timeout(Some(QUIET)).map_err(named)?;
    SockRef::from(&socket).set_recv_buffer_size(SOCKET_BYTES).map_err(named)?;
    eprintln!("receiving on {}", socket.local_addr().map_err(named)?);
    let mut decoder = Datagrams::new(Limits::default(), window);
    let (mut bytes, mut senders) = (vec![0; MOST_BYTES], Senders::new(only, Instant::now()));
    loop {
        match socket.recv_from(&mut bytes) {
            Ok((read, from)) => {
                let datagram = bytes.get(..read).unwrap_or(&[]);
                if senders.admit(from, datagram, Instant::now()) {
                    decoder.push(datagram);
                    drain(&mut decoder, follower)?;
                }
            }
            Err(error) if is_pause(&error) => {}
            Err(error) => return Err(named(error)),
        }
        // What others send is no reason to wait longer.
        let silence = senders.silence(Instant::now());
        if silence >= QUIET {
            decoder.flush();
            drain(&mut decoder, follower)?;
        }
        if silence > patience || follower.is_complete() && silence > OVER {
            break;
        }
    }
    let ignored = senders.report();
    if follower.frames == 0 {
        let silent = format!("{address}: nothing came for {} s", patience.as_secs_f64());
        let ignored = ignored.map_or(String::new(), |ignored| format!("; {ignored}"));
        return Err(Failure::new(silent + &ignored));
    }
    ignored.map_or(Ok(()), |ignored| Ok(writeln!(std::io::stdout().lock(), "{ignored}")?))
}

fn is_pause(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

fn drain(decoder: &mut Datagrams, follower: &mut Follower<'_>) -> Result<(), Failure> {
    let arrived = Instant::now();
    while let Some(item) = decoder.next() {
        follower.take(&item, arrived)?;
    }
    follower.settle()
}
