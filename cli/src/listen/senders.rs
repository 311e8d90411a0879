//! Whose datagrams are taken: anybody can send some, so those of one sender at a time.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use evoked::frame::{Item, Kind, Limits, Reader};

use crate::throttled::Throttled;

/// A sender that has been silent for so long can be replaced. A server sends its session frame
/// every two seconds at least.
const SILENCE: Duration = Duration::from_secs(5);

/// Follows the first sender of a whole frame until it has fallen silent and another opens a session.
pub(crate) struct Senders {
    /// Nobody else is followed.
    only: Option<IpAddr>,
    followed: Option<SocketAddr>,
    heard: Instant,
    ignored: u64,
    log: Throttled,
}

impl Senders {
    pub(crate) fn new(only: Option<IpAddr>, now: Instant) -> Self {
        let log = Throttled::rarely("ignored datagrams");
        Self { only, followed: None, heard: now, ignored: 0, log }
    }

    /// Whether a datagram is to be taken.
    pub(crate) fn admit(&mut self, from: SocketAddr, datagram: &[u8], now: Instant) -> bool {
        let known = self.followed == Some(from);
        if !known && !self.may_follow(from, datagram, now) {
            self.ignored += 1;
            self.log.say(format_args!("ignored: {} bytes of {from}", datagram.len()));
            return false;
        }
        if !known {
            eprintln!("following {from}");
        }
        (self.followed, self.heard) = (Some(from), now);
        true
    }

    fn may_follow(&self, from: SocketAddr, datagram: &[u8], now: Instant) -> bool {
        let is_free = self.followed.is_none() || self.silence(now) >= SILENCE;
        // A second one is not understood before its session frame.
        let is_of_use = |item| match item {
            Item::Frame(frame) => self.followed.is_none() || frame.header.kind == Kind::Session,
            _ => false,
        };
        is_free
            && self.only.is_none_or(|only| only == from.ip().to_canonical())
            && Reader::joining(datagram, Limits::default()).any(is_of_use)
    }

    /// How long nothing has come that was taken.
    pub(crate) fn silence(&self, now: Instant) -> Duration {
        now.duration_since(self.heard)
    }

    /// What was ignored, if anything was.
    pub(crate) fn report(&self) -> Option<String> {
        self.log.flush();
        (self.ignored > 0).then(|| format!("ignored: {} datagrams of other senders", self.ignored))
    }
}

#[cfg(test)]
mod tests {
    use evoked::frame::{Encoder, Session};

    use super::*;

    const FIRST: ([u8; 4], u16) = ([127, 0, 0, 1], 1000);
    const OTHER: ([u8; 4], u16) = ([127, 0, 0, 1], 2000);
    const ELSEWHERE: ([u8; 4], u16) = ([10, 0, 0, 1], 1000);

    fn whole() -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(Session::default(), Limits::default()).unwrap();
        encoder.session(&mut bytes).unwrap();
        bytes
    }

    fn later_frame() -> Vec<u8> {
        let (mut session, mut bytes) = (Vec::new(), Vec::new());
        let mut encoder = Encoder::new(Session::default(), Limits::default()).unwrap();
        encoder.session(&mut session).unwrap();
        encoder.end(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn the_first_with_a_whole_frame_is_followed_whatever_it_sends_then() {
        let now = Instant::now();
        let mut senders = Senders::new(None, now);
        assert!(!senders.admit(OTHER.into(), b"\x89VEP and no more", now));
        assert!(senders.admit(FIRST.into(), &later_frame(), now));
        assert!(senders.admit(FIRST.into(), b"damaged", now));
        assert!(!senders.admit(OTHER.into(), &whole(), now));
        assert!(!senders.admit(ELSEWHERE.into(), &whole(), now));
        assert_eq!(senders.report().unwrap(), "ignored: 3 datagrams of other senders");
    }

    #[test]
    fn only_one_that_has_fallen_silent_is_replaced() {
        let start = Instant::now();
        let [almost, later] = [SILENCE - Duration::from_millis(1), SILENCE].map(|s| start + s);
        let mut senders = Senders::new(None, start);
        assert!(senders.admit(FIRST.into(), &whole(), start));
        assert!(!senders.admit(OTHER.into(), &whole(), almost));
        assert!(!senders.admit(OTHER.into(), b"noise", later));
        assert!(!senders.admit(OTHER.into(), &later_frame(), later));
        assert!(senders.admit(OTHER.into(), &whole(), later));
        assert!(!senders.admit(FIRST.into(), &whole(), later));
    }

    #[test]
    fn where_one_address_is_asked_for_no_other_is_followed() {
        let start = Instant::now();
        let mut senders = Senders::new(Some(FIRST.0.into()), start);
        assert!(!senders.admit(ELSEWHERE.into(), &whole(), start));
        assert!(senders.admit(OTHER.into(), &whole(), start));
        assert!(!senders.admit(ELSEWHERE.into(), &whole(), start + SILENCE));
        assert!(senders.admit(FIRST.into(), &whole(), start + SILENCE));
    }
}
