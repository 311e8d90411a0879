//! Replays a recording, or a simulated session, as VEP frames, to clients over TCP or as datagrams.
//!
//! | file | idea |
//! |---|---|
//! | `source` | what is served: a file, or a simulated session |
//! | `fanout` | one stream to many clients, each with a bounded queue |
//! | `clients` | TCP: taking clients in, writing to each |
//! | `packets` | UDP: whole frames in datagrams |
//! | `pace` | when a frame is due |

mod args;
mod clients;
mod fanout;
mod pace;
mod packets;
mod source;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

pub(crate) use args::ServeArgs;
use clients::Clients;
use evoked::frame::{Kind, Replay, ReplayParams};
use evoked::signal::Recording;
use evoked::stimulus::Codebook;
use fanout::{Bytes, Fanout};
use pace::Pace;
use packets::{PACKET_BYTES, Packets};
use source::Source;

use crate::failure::Failure;

/// How often the session frame comes, for those who join or who wonder whether anybody is there.
const SESSION_EVERY: Duration = Duration::from_secs(2);
/// How long clients that are behind may take for the rest when nothing follows.
const REST: Duration = Duration::from_secs(60);

pub(crate) fn run(args: &ServeArgs) -> Result<(), Failure> {
    let source = Source::open(args)?;
    if source.recording.streams().iter().all(|stream| stream.samples().is_empty()) {
        return Err(Failure::new("the recording holds no samples"));
    }
    let mut sink = Sink::open(args)?;
    println!("{}: {}", source.name, sink.describe());
    std::io::stdout().flush()?;
    let mut wait = args.wait.unwrap_or(usize::from(args.as_fast_as_possible)).min(args.clients);
    loop {
        play(args, &source.recording, source.codebook.clone(), wait, &mut sink)?;
        if !args.repeat {
            break;
        }
        wait = 0;
    }
    sink.finish();
    Ok(())
}

/// Replays the recording once, as a session of its own. It starts when so many clients listen.
fn play(
    args: &ServeArgs,
    recording: &Recording,
    codebook: Option<Codebook>,
    wait: usize,
    sink: &mut Sink,
) -> Result<(), Failure> {
    let speed = (!args.as_fast_as_possible).then_some(args.speed);
    let params = ReplayParams {
        frame_s: args.frame * 1e-3,
        frame_bytes: if args.udp.is_some() { PACKET_BYTES } else { usize::MAX },
        session_every_s: SESSION_EVERY.as_secs_f64() * speed.unwrap_or(1.0).max(1.0),
    };
    let mut replay = Replay::new(recording, codebook, random_tag(), &params)?;
    let (mut pace, mut bytes) = (Pace::new(speed), Vec::new());
    if let Some(opening) = replay.next(&mut bytes)? {
        sink.send(&bytes, opening.kind)?;
        bytes.clear();
        sink.wait_for_clients(wait);
        pace.wait(opening.due_s, SESSION_EVERY, |_| {});
    }
    while let Some(played) = replay.next(&mut bytes)? {
        pace.wait(played.due_s, SESSION_EVERY, |again| sink.idle(again));
        sink.send(&bytes, played.kind)?;
        bytes.clear();
    }
    Ok(())
}

/// Sessions that follow each other must differ.
fn random_tag() -> u16 {
    RandomState::new().build_hasher().finish() as u16
}

/// Where frames go.
enum Sink {
    Clients { clients: Arc<Clients>, address: String, paced: bool },
    Packets(Packets),
}

impl Sink {
    fn open(args: &ServeArgs) -> Result<Self, Failure> {
        if let Some(to) = &args.udp {
            return Ok(Self::Packets(Packets::new(to)?));
        }
        let (at, port) = (args.bind, args.port);
        let listener = TcpListener::bind((at, port))
            .map_err(|error| Failure::new(format!("{at}, port {port}: {error}")))?;
        let address = listener.local_addr()?.to_string();
        let stall = Duration::try_from_secs_f64(args.stall).unwrap_or(Duration::MAX);
        let fanout = Fanout::new(args.clients, args.buffer.saturating_mul(1024));
        let clients = Arc::new(Clients::new(fanout, stall));
        let accepting = Arc::clone(&clients);
        thread::Builder::new().spawn(move || accepting.accept(&listener))?;
        Ok(Self::Clients { clients, address, paced: !args.as_fast_as_possible })
    }

    fn describe(&self) -> String {
        match self {
            Sink::Clients { address, .. } => format!("served on {address}"),
            Sink::Packets(packets) => format!("sent to {} as datagrams", packets.to()),
        }
    }

    /// Who waits for others is told that the server is there.
    fn wait_for_clients(&self, number: usize) {
        let Sink::Clients { clients, .. } = self else { return };
        while !clients.fanout.wait_for(number, SESSION_EVERY) {
            clients.fanout.repeat_session();
            clients.settle();
        }
    }

    fn send(&mut self, frame: &[u8], kind: Kind) -> Result<(), Failure> {
        match self {
            Sink::Clients { clients, paced, .. } => {
                let frame = Bytes::from(frame);
                if !*paced {
                    clients.fanout.wait_for_room(&frame);
                }
                match kind {
                    Kind::Session => {
                        clients.fanout.send_session(&frame);
                        clients.settle();
                    }
                    _ => clients.fanout.send(&frame),
                }
                Ok(())
            }
            Sink::Packets(packets) => match kind {
                Kind::Session => packets.send_session(frame),
                Kind::End => packets.end(frame),
                _ => packets.send(frame),
            },
        }
    }

    /// There is nothing to send for a while, or still not.
    fn idle(&mut self, still: bool) {
        match self {
            Sink::Clients { clients, .. } if still => {
                clients.fanout.repeat_session();
                clients.settle();
            }
            Sink::Clients { .. } => {}
            Sink::Packets(packets) => packets.idle(still),
        }
    }

    fn finish(self) {
        let Sink::Clients { clients, .. } = self else { return };
        let behind = clients.fanout.end(REST);
        clients.flush();
        if behind > 0 {
            eprintln!("{behind} clients have not taken everything within {} s", REST.as_secs());
        }
        let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        println!(
            "done: {} clients, {} refused, {} frames left out for clients that were behind",
            count(&clients.served),
            count(&clients.refused),
            count(&clients.left_out)
        );
    }
}
