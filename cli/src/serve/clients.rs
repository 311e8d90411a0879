//! Clients over TCP: one thread takes them in, one a client writes to it.

use std::io::{self, ErrorKind, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{SockRef, TcpKeepalive};

use super::fanout::{Fanout, Next, Queue};
use crate::throttled::Throttled;

/// Memory that the system may hold for a client in either direction.
const SOCKET_BYTES: usize = 256 << 10;
/// A client's thread does little.
const STACK_BYTES: usize = 128 << 10;
/// Pause after a connection could not be accepted, such as for lack of file descriptors.
const RECOVERY: Duration = Duration::from_millis(50);
/// How often it is asked whether a client that is sent nothing is still there.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// What systems take for the keep-alive, which they count in seconds, and for other times.
const KEEPALIVE: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(32_767)];
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// What all clients have in common.
pub(crate) struct Clients {
    pub(crate) fanout: Fanout,
    log: Throttled,
    refusals: Throttled,
    pub(crate) served: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) left_out: AtomicU64,
    stall: Duration,
}

impl Clients {
    pub(crate) fn new(fanout: Fanout, stall: Duration) -> Self {
        let (served, refused, left_out) = Default::default();
        let (log, refusals) = (Throttled::default(), Throttled::of("refusals"));
        Self { fanout, log, refusals, served, refused, left_out, stall: stall.min(LONGEST) }
    }

    /// Tells of what was kept back in the seconds that are over.
    pub(crate) fn settle(&self) {
        self.log.settle();
        self.refusals.settle();
    }

    pub(crate) fn flush(&self) {
        self.log.flush();
        self.refusals.flush();
    }

    /// Takes clients in for as long as the program runs.
    pub(crate) fn accept(self: Arc<Self>, listener: &TcpListener) {
        loop {
            match listener.accept() {
                Ok((stream, peer)) => self.take_in(stream, peer),
                Err(error) if is_of_one_client(&error) => {}
                Err(error) => {
                    self.refused.fetch_add(1, Ordering::Relaxed);
                    self.refusals.say(format_args!("refused a client: {error}"));
                    thread::sleep(RECOVERY);
                }
            }
        }
    }

    fn take_in(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        let refuse = |why: &dyn std::fmt::Display| {
            self.refused.fetch_add(1, Ordering::Relaxed);
            self.refusals.say(format_args!("refused {peer}: {why}"));
        };
        if let Err(error) = prepare(&stream, self.stall) {
            return refuse(&error);
        }
        let queue = match self.fanout.join() {
            Ok(queue) => queue,
            Err(why) => return refuse(&why),
        };
        let (clients, own) = (Arc::clone(self), Arc::clone(&queue));
        let serve = move || clients.serve(stream, peer, &own);
        match thread::Builder::new().stack_size(STACK_BYTES).spawn(serve) {
            Ok(_) => {
                self.served.fetch_add(1, Ordering::Relaxed);
                self.log.say(format_args!("{peer} listens"));
            }
            Err(error) => {
                self.fanout.leave(&queue);
                refuse(&error);
            }
        }
    }

    /// Writes to a client until it goes or nothing follows.
    fn serve(&self, mut stream: TcpStream, peer: SocketAddr, queue: &Arc<Queue>) {
        let written = self.write(&mut stream, queue);
        // Whoever has gone already is not told.
        let _ = stream.shutdown(Shutdown::Write);
        drop(stream);
        let left_out = queue.close();
        self.left_out.fetch_add(left_out, Ordering::Relaxed);
        let lost = match left_out {
            0 => String::new(),
            frames => format!("; {frames} frames were left out since it was behind"),
        };
        match written {
            Ok(()) => self.log.say(format_args!("{peer} has everything{lost}")),
            Err(error) if error.kind() == ErrorKind::TimedOut => {
                self.log.say(format_args!("dropped {peer}: it took nothing in time{lost}"));
            }
            Err(_) => self.log.say(format_args!("{peer} has gone{lost}")),
        }
        // Last, so that the program does not end before, and has no more threads than places.
        self.fanout.leave(queue);
    }

    fn write(&self, stream: &mut TcpStream, queue: &Queue) -> io::Result<()> {
        loop {
            match queue.next(LOOK_EVERY) {
                Next::Frame(frame) => write_within(stream, &frame, self.stall)?,
                Next::Nothing => stream.take_error()?.map_or(Ok(()), Err)?,
                Next::End => return Ok(()),
            }
        }
    }
}

/// Whether a connection failed before it was accepted, which says nothing about the next one.
fn is_of_one_client(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::Interrupted)
}

/// What clients send is never read: the system stops taking it when its own memory is full.
fn prepare(stream: &TcpStream, stall: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(stall))?;
    let socket = SockRef::from(stream);
    socket.set_send_buffer_size(SOCKET_BYTES)?;
    socket.set_recv_buffer_size(SOCKET_BYTES)?;
    // The other end may vanish without a word, whether something is being sent to it or not.
    let silent = stall.clamp(KEEPALIVE[0], KEEPALIVE[1]);
    let keepalive = TcpKeepalive::new().with_time(silent).with_interval(KEEPALIVE[0]);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(stall))?;
    Ok(())
}

/// Writes all of a frame, or fails when it takes longer than allowed, however much was taken.
fn write_within(stream: &mut TcpStream, mut bytes: &[u8], limit: Duration) -> io::Result<()> {
    let started = Instant::now();
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => bytes = bytes.get(written..).unwrap_or(&[]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                return Err(ErrorKind::TimedOut.into());
            }
            Err(error) => return Err(error),
        }
        if !bytes.is_empty() && started.elapsed() > limit {
            return Err(ErrorKind::TimedOut.into());
        }
    }
    Ok(())
}
