use super::header::{HEADER_BYTES, Header, Parsed, SYNC, TRAILER_BYTES, header_checksum};
use super::ledger::Ledger;
use super::{Kind, Limits, Notice};

/// What stands at the front of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Front {
    /// A whole, intact frame.
    Frame(Header),
    /// The beginning of what may be a frame: at least this many bytes are needed to tell.
    More(usize),
    /// No intact frame starts here; the next may do so after this many bytes.
    Skip(usize),
    /// A frame of another major version starts here, and can't be read.
    OtherVersion(u8),
}

/// Finds intact frames. It holds no bytes, only where it is.
#[derive(Debug, Clone)]
pub(super) struct Scanner {
    limits: Limits,
    ledger: Ledger,
    /// Bytes of the stream that are done with.
    offset: u64,
    /// Where the bytes that are no frame began.
    damage: Option<u64>,
}

/// What a scanner comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// An intact frame; its bytes are still to be consumed.
    Frame(Header),
    Notice(Notice),
    /// Nothing can be said without more bytes.
    Starved,
}

impl Scanner {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, ledger: Ledger::default(), offset: 0, damage: None }
    }

    /// Bytes of the stream that are done with.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Looks at `bytes[*used..]`, and moves `used` past what is done with.
    ///
    /// `ended` says that no byte will follow, so that a frame cut short is damage.
    pub(super) fn next(&mut self, bytes: &[u8], used: &mut usize, ended: bool) -> Found {
        loop {
            let here = bytes.get(*used..).unwrap_or(&[]);
            let front = match front(here, self.offset, &self.limits, &mut self.ledger) {
                Front::More(_) if ended && !here.is_empty() => skip(here),
                front => front,
            };
            match front {
                Front::More(_) => match self.damage.take() {
                    Some(start) if ended => return self.damaged(start),
                    open => {
                        self.damage = open;
                        return Found::Starved;
                    }
                },
                Front::Skip(garbage) => {
                    self.damage.get_or_insert(self.offset);
                    self.consume(garbage, used);
                }
                Front::OtherVersion(version) => {
                    if let Some(start) = self.damage.take() {
                        return self.damaged(start);
                    }
                    let offset = self.offset;
                    self.damage = Some(offset);
                    self.consume(1, used);
                    return Found::Notice(Notice::OtherVersion { offset, version });
                }
                Front::Frame(header) => {
                    if let Some(start) = self.damage.take() {
                        return self.damaged(start);
                    }
                    return Found::Frame(header);
                }
            }
        }
    }

    /// Moves past bytes that are done with.
    pub(super) fn consume(&mut self, bytes: usize, used: &mut usize) {
        *used += bytes;
        self.offset += bytes as u64;
    }

    fn damaged(&self, start: u64) -> Found {
        Found::Notice(Notice::Damaged { bytes: start..self.offset })
    }
}

/// Looks at the front of `bytes`, which stand at `offset` of the stream. Every checksum is verified
/// before a frame is called one.
pub(super) fn front(bytes: &[u8], offset: u64, limits: &Limits, ledger: &mut Ledger) -> Front {
    let Some(head) = bytes.first_chunk::<HEADER_BYTES>() else {
        return match next_sync(bytes) {
            0 => Front::More(HEADER_BYTES),
            garbage => Front::Skip(garbage),
        };
    };
    let header = match Header::parse(head) {
        Parsed::Header(header) => header,
        Parsed::OtherVersion(version) => return Front::OtherVersion(version),
        Parsed::Damaged => return skip(bytes),
    };
    if header.payload_bytes > limits.payload_bytes {
        return skip(bytes);
    }
    let Some(frame) = bytes.get(..header.frame_bytes()) else {
        return Front::More(header.frame_bytes());
    };
    let (payload, trailer) = frame[HEADER_BYTES..].split_at(header.payload_bytes as usize);
    let start = offset + HEADER_BYTES as u64;
    if ledger.sum(header_checksum(head), start, payload).to_le_bytes() == trailer[..TRAILER_BYTES] {
        return Front::Frame(header);
    }
    ledger.refuse(start, payload);
    skip(bytes)
}

/// Past the first byte, to where a frame may start again.
fn skip(bytes: &[u8]) -> Front {
    Front::Skip(1 + next_sync(bytes.get(1..).unwrap_or(&[])))
}

/// Bytes before the next sync word, or before the beginning of one at the end.
fn next_sync(bytes: &[u8]) -> usize {
    let mut from = 0;
    while let Some(found) = bytes[from..].iter().position(|&byte| byte == SYNC[0]) {
        from += found;
        let here = &bytes[from..];
        if here.iter().zip(SYNC).all(|(&byte, sync)| byte == sync) {
            return from;
        }
        from += 1;
    }
    bytes.len()
}

/// The payload of a frame at the front of `bytes`.
pub(super) fn payload<'a>(header: &Header, bytes: &'a [u8]) -> &'a [u8] {
    bytes.get(HEADER_BYTES..HEADER_BYTES + header.payload_bytes as usize).unwrap_or(&[])
}

/// Whether a file with these first bytes is a stream of VEP frames.
///
/// ```
/// assert!(evoked::frame::is_vep(b"\x89VEP\x01\x01\x00\x00"));
/// assert!(!evoked::frame::is_vep(b"GDF 2.20"));
/// ```
pub fn is_vep(first_bytes: &[u8]) -> bool {
    first_bytes.starts_with(&SYNC) && first_bytes.get(5) == Some(&Kind::Session.code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_stops_at_a_sync_word_or_the_beginning_of_one() {
        assert_eq!(next_sync(b"\x89VEP"), 0);
        assert_eq!(next_sync(b"ab\x89VEPx"), 2);
        assert_eq!(next_sync(b"ab\x89VE"), 2);
        assert_eq!(next_sync(b"\x89\x89VEP"), 1);
        assert_eq!(next_sync(b"\x89VExx"), 5);
        assert_eq!(next_sync(b""), 0);
    }
}
