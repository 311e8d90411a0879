//! What holds for any bytes that are read as datagrams.

use std::collections::BTreeSet;

use evoked::frame::{Datagrams, HEADER_BYTES, Header, Item, Kind, Limits, Notice, TRAILER_BYTES};

use super::memory::Meter;
use super::stream::{TIGHT, find_sync, fix};

/// The first byte says how to read: 1 makes all checksums right before, 2 (with 1) lets every frame
/// reach to the next sync word, 4 joins in the middle, 8 sets tight limits; its upper half is the
/// window. The second byte says after how many datagrams to flush. The rest is cut into datagrams at
/// its sync words.
pub(crate) fn check(data: &[u8]) {
    let Some((&[mode, flush], bytes)) = data.split_first_chunk() else { return };
    let limits = if mode & 8 == 0 { Limits::default() } else { TIGHT };
    let window = usize::from(mode >> 4);
    let mut bytes = bytes.to_vec();
    if mode & 1 != 0 {
        fix(&mut bytes, mode & 2 != 0);
    }
    let meter = Meter::start();
    let mut decoder = match mode & 4 != 0 {
        true => Datagrams::new(limits, window),
        false => Datagrams::from_start(limits, window),
    };
    let mut told = Told::default();
    for (number, datagram) in cut(&bytes).enumerate() {
        decoder.push(datagram);
        if number % (1 + usize::from(flush)) == usize::from(flush) {
            decoder.flush();
        }
        told.drain(&mut decoder);
        let (held, most) = (meter.held(), 4 * bytes.len() + (window + 64 * limits.streams) * 256);
        assert!(held <= most, "{held} bytes held, at most {most} needed");
    }
    decoder.flush();
    told.drain(&mut decoder);
    assert_eq!(told.bytes, bytes.len(), "each byte is told of once");
}

/// The bytes from one sync word to the next.
fn cut(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let end = match rest.get(4..).and_then(find_sync) {
            Some(next) => next + 4,
            None => rest.len(),
        };
        let (datagram, after) = rest.split_at(end);
        rest = after;
        (!datagram.is_empty()).then_some(datagram)
    })
}

#[derive(Default)]
struct Told {
    /// Bytes of all that was told of.
    bytes: usize,
    /// Where frames that were handed out began.
    offsets: BTreeSet<u64>,
    /// Streams whose order can be followed: the last sequence number handed out.
    last: std::collections::BTreeMap<u16, u32>,
    tag: Option<u16>,
}

impl Told {
    fn drain(&mut self, decoder: &mut Datagrams) {
        while let Some(item) = decoder.next() {
            self.take(&item);
        }
    }

    fn take(&mut self, item: &Item<'_>) {
        match item {
            Item::Frame(frame) => {
                let whole = HEADER_BYTES + frame.payload().len() + TRAILER_BYTES;
                assert_eq!(frame.header.frame_bytes(), whole);
                assert!(self.offsets.insert(frame.offset), "a frame came twice");
                self.bytes += whole;
                self.in_order(&frame.header);
                let _ = frame.content();
            }
            Item::Notice(notice) => {
                self.bytes += bytes_of(notice);
                self.moved(notice);
            }
        }
    }

    /// Notices that move what is expected next.
    fn moved(&mut self, notice: &Notice) {
        match *notice {
            // Though left out, it has started another session.
            Notice::Late(header) | Notice::Duplicate(header) if header.kind == Kind::Session => {
                self.session(header.tag);
            }
            Notice::FramesLost { stream, first, frames } => {
                self.last.insert(stream, first.wrapping_add(frames).wrapping_sub(1));
            }
            Notice::Overlap { header, .. } => {
                self.last.insert(header.stream, header.sequence);
            }
            _ => {}
        }
    }

    fn session(&mut self, tag: u16) {
        if self.tag.replace(tag) != Some(tag) {
            self.last.clear();
        }
    }

    /// Within a session, the frames of a stream go forwards.
    fn in_order(&mut self, header: &Header) {
        self.session(header.tag);
        let last = self.last.insert(header.stream, header.sequence);
        let ahead = |last: u32| header.sequence.wrapping_sub(last).wrapping_sub(1);
        let forwards = last.is_none_or(|last| ahead(last) < 1 << 31);
        assert!(forwards, "{header:?} after {last:?}");
    }
}

/// Bytes that a notice accounts for.
fn bytes_of(notice: &Notice) -> usize {
    match notice {
        Notice::Damaged { bytes } => (bytes.end - bytes.start) as usize,
        Notice::Duplicate(header)
        | Notice::Late(header)
        | Notice::Overlap { header, .. }
        | Notice::OtherSession(header)
        | Notice::TooManyStreams(header) => header.frame_bytes(),
        _ => 0,
    }
}
