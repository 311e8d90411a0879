use super::header::{HEADER_BYTES, Header, Parsed, SYNC, TRAILER_BYTES, header_checksum};
use super::ledger::Ledger;
use super::{Kind, Limits};

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
pub(super) fn skip(bytes: &[u8]) -> Front {
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
