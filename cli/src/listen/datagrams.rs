//! Frames in datagrams, which get lost, come twice and overtake each other.

use std::io::ErrorKind;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

use evoked::frame::{Datagrams, Limits};
use socket2::SockRef;

use super::follower::Follower;
use crate::failure::Failure;

/// What waits for frames that are missing comes out when nothing has come for so long.
const QUIET: Duration = Duration::from_millis(250);
/// A session that has ended is over when no other has begun within this time.
const OVER: Duration = Duration::from_secs(1);
/// The longest datagram there is.
const MOST_BYTES: usize = 65_536;
/// What the system keeps for a moment in which this program does not run.
const SOCKET_BYTES: usize = 4 << 20;

/// Receives until a session is complete, or nothing has come for as long as `patience`.
pub(crate) fn follow(
    address: &str,
    window: usize,
    patience: Duration,
    follower: &mut Follower<'_>,
) -> Result<(), Failure> {
    let named = |error: std::io::Error| Failure::new(format!("{address}: {error}"));
    let socket = UdpSocket::bind(address).map_err(named)?;
    socket.set_read_timeout(Some(QUIET)).map_err(named)?;
    SockRef::from(&socket).set_recv_buffer_size(SOCKET_BYTES).map_err(named)?;
    eprintln!("receiving on {}", socket.local_addr().map_err(named)?);
    let mut decoder = Datagrams::new(Limits::default(), window);
    let (mut bytes, mut heard) = (vec![0; MOST_BYTES], Instant::now());
    loop {
        match socket.recv(&mut bytes) {
            Ok(read) => {
                let before = follower.frames;
                decoder.push(bytes.get(..read).unwrap_or(&[]));
                drain(&mut decoder, follower)?;
                if follower.frames > before {
                    heard = Instant::now();
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                decoder.flush();
                drain(&mut decoder, follower)?;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(named(error)),
        }
        if follower.is_complete() && heard.elapsed() > OVER {
            return Ok(());
        }
        if heard.elapsed() > patience {
            let silent = format!("{address}: nothing came for {} s", patience.as_secs_f64());
            return if follower.frames > 0 { Ok(()) } else { Err(Failure::new(silent)) };
        }
    }
}

fn drain(decoder: &mut Datagrams, follower: &mut Follower<'_>) -> Result<(), Failure> {
    let arrived = Instant::now();
    while let Some(item) = decoder.next() {
        follower.take(&item, arrived)?;
    }
    follower.settle()
}
