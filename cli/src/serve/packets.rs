//! Frames as datagrams: whole frames, as many as fit.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs, UdpSocket};

use crate::failure::Failure;
use crate::throttled::Throttled;

/// Frames share a datagram up to this size, which every network carries in one piece.
pub(crate) const PACKET_BYTES: usize = 1400;
/// No datagram is longer.
const MOST_BYTES: usize = 65_507;
/// How often the last frame is sent, since nothing follows that would tell of its loss.
const LAST_TIMES: usize = 3;

/// Puts frames together.
#[derive(Default)]
struct Packer {
    waiting: Vec<u8>,
    full: Vec<u8>,
}

impl Packer {
    /// Takes a frame; gives the datagram that it does not fit any more.
    fn push(&mut self, frame: &[u8]) -> Option<&[u8]> {
        let fits = self.waiting.len() + frame.len() <= PACKET_BYTES;
        let is_full = !fits && !self.waiting.is_empty();
        if is_full {
            std::mem::swap(&mut self.waiting, &mut self.full);
            self.waiting.clear();
        }
        self.waiting.extend_from_slice(frame);
        is_full.then_some(&self.full)
    }

    /// What waits for more.
    fn rest(&mut self) -> Option<&[u8]> {
        std::mem::swap(&mut self.waiting, &mut self.full);
        self.waiting.clear();
        (!self.full.is_empty()).then_some(&self.full)
    }
}

/// Sends frames to one address.
pub(crate) struct Packets {
    socket: UdpSocket,
    to: SocketAddr,
    packer: Packer,
    session: Vec<u8>,
    log: Throttled,
}

impl Packets {
    pub(crate) fn new(to: &str) -> Result<Self, Failure> {
        let named = |error: &dyn std::fmt::Display| Failure::new(format!("--udp {to}: {error}"));
        let mut addresses = to.to_socket_addrs().map_err(|error| named(&error))?;
        let address = addresses.next().ok_or_else(|| named(&"no such address"))?;
        let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(any).map_err(|error| named(&error))?;
        let (packer, session, log) = Default::default();
        Ok(Self { socket, to: address, packer, session, log })
    }

    pub(crate) fn to(&self) -> SocketAddr {
        self.to
    }

    pub(crate) fn send(&mut self, frame: &[u8]) -> Result<(), Failure> {
        if frame.len() > MOST_BYTES {
            let message = format!(
                "a frame of {} bytes does not fit a datagram of {MOST_BYTES}: serve it over TCP",
                frame.len()
            );
            return Err(Failure::new(message));
        }
        if let Some(packet) = self.packer.push(frame) {
            put(&self.socket, self.to, packet, &self.log);
        }
        Ok(())
    }

    /// As [`send`](Self::send), for a session frame, which is repeated in pauses.
    pub(crate) fn send_session(&mut self, frame: &[u8]) -> Result<(), Failure> {
        frame.clone_into(&mut self.session);
        self.send(frame)
    }

    /// Sends what waits; in a long pause the session frame again, so that nobody takes it for the
    /// end.
    pub(crate) fn idle(&mut self, still: bool) {
        self.flush();
        if still {
            put(&self.socket, self.to, &self.session, &self.log);
        }
    }

    fn flush(&mut self) {
        if let Some(packet) = self.packer.rest() {
            put(&self.socket, self.to, packet, &self.log);
        }
    }

    /// Sends the last frame.
    pub(crate) fn end(&mut self, frame: &[u8]) -> Result<(), Failure> {
        for _ in 0..LAST_TIMES {
            self.send(frame)?;
            self.flush();
        }
        self.log.flush();
        Ok(())
    }
}

/// A network that is down for a moment costs the datagrams of that moment.
fn put(socket: &UdpSocket, to: SocketAddr, packet: &[u8], log: &Throttled) {
    let sent: io::Result<usize> = socket.send_to(packet, to);
    if let Err(error) = sent {
        log.say(format_args!("a datagram to {to} was not sent: {error}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_share_a_datagram_as_far_as_they_fit() {
        let mut packer = Packer::default();
        let mut sent = Vec::new();
        for bytes in [600, 700, 200, 5000, 100, 1300, 1] {
            sent.extend(packer.push(&vec![0; bytes]).map(<[u8]>::len));
        }
        sent.extend(packer.rest().map(<[u8]>::len));
        assert_eq!(sent, [1300, 200, 5000, 1400, 1]);
        assert_eq!(packer.rest(), None);
    }
}
