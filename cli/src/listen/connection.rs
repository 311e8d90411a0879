//! Frames over TCP, from a server that may go and come again.

use std::io::{self, ErrorKind, Read};
use std::net::{TcpStream, ToSocketAddrs};
use std::thread;
use std::time::{Duration, Instant};

use evoked::frame::{Decoder, Limits};

use super::follower::Follower;
use crate::failure::Failure;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A server sends its session frame every two seconds at least: one that is silent for so long is
/// not there any more.
const SILENCE: Duration = Duration::from_secs(10);
const READ_BYTES: usize = 64 << 10;

/// Connects, again and again with growing pauses, until a session is complete or nothing has come
/// for as long as `patience`.
pub(crate) fn follow(
    address: &str,
    patience: Duration,
    follower: &mut Follower<'_>,
) -> Result<(), Failure> {
    let mut decoder = Decoder::new(Limits::default());
    let (mut pause, mut heard) = (FIRST_PAUSE, Instant::now());
    loop {
        let before = follower.frames;
        let ended = match connect(address) {
            Ok(mut stream) => read(&mut stream, &mut decoder, follower)?,
            Err(error) => error.to_string(),
        };
        if follower.is_complete() {
            return Ok(());
        }
        if follower.frames > before {
            (pause, heard) = (FIRST_PAUSE, Instant::now());
        }
        follower.log.say(format_args!("{address}: {ended}; trying again"));
        if heard.elapsed() > patience {
            let silent = format!("{address}: nothing came for {} s", patience.as_secs_f64());
            return if follower.frames > 0 { Ok(()) } else { Err(Failure::new(silent)) };
        }
        thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn connect(address: &str) -> io::Result<TcpStream> {
    let mut last = io::Error::from(ErrorKind::AddrNotAvailable);
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, LONGEST_PAUSE) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(SILENCE))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Reads until the connection ends, and says how it did.
fn read(
    stream: &mut TcpStream,
    decoder: &mut Decoder,
    follower: &mut Follower<'_>,
) -> Result<String, Failure> {
    let mut bytes = vec![0; READ_BYTES];
    let ended = loop {
        match stream.read(&mut bytes) {
            Ok(0) => break "the connection was closed".to_owned(),
            Ok(read) => {
                decoder.push(bytes.get(..read).unwrap_or(&[]));
                drain(decoder, follower)?;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                break format!("nothing came for {} s", SILENCE.as_secs());
            }
            Err(error) => break error.to_string(),
        }
    };
    // What is left of a frame that was cut off does not go on in the next connection.
    decoder.finish();
    drain(decoder, follower)?;
    Ok(ended)
}

fn drain(decoder: &mut Decoder, follower: &mut Follower<'_>) -> Result<(), Failure> {
    let arrived = Instant::now();
    while let Some(item) = decoder.next() {
        follower.take(&item, arrived)?;
    }
    follower.settle()
}
