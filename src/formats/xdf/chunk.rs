//! Chunks: length, tag, stream, content; and how to tell one from other bytes.

use std::collections::BTreeMap;
use std::io;

use super::window::Window;
use crate::formats::fields::{i64_at, u16_at, u32_at};

pub(super) const FILE_HEADER: u16 = 1;
pub(super) const STREAM_HEADER: u16 = 2;
pub(super) const SAMPLES: u16 = 3;
pub(super) const CLOCK_OFFSET: u16 = 4;
pub(super) const BOUNDARY: u16 = 5;
pub(super) const STREAM_FOOTER: u16 = 6;

/// Bytes of a clock offset: when it was measured, and the offset.
pub(super) const OFFSET_BYTES: u64 = 16;
/// What boundary chunks hold.
const BOUNDARY_UUID: [u8; 16] = [
    0x43, 0xA5, 0x46, 0xDC, 0xCB, 0xF5, 0x41, 0x0F, 0xB3, 0x0E, 0xD5, 0x46, 0x73, 0x83, 0xCB, 0xE4,
];
/// The longest start of a chunk, and what of the content tells its kind.
const HEAD_BYTES: u64 = 1 + 8 + 2 + 4 + 16;
/// Bytes that are kept at hand behind a place where a chunk may start; a longer chunk is not looked
/// through.
const LOOKAHEAD_BYTES: u64 = 1 << 18;
/// Chunks in a row that are believed though nothing in them is known.
const UNKNOWN_IN_A_ROW: usize = 4;

/// The streams whose headers were read, by their numbers in the file.
pub(super) type Known = BTreeMap<u32, usize>;

/// The start of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// Where the chunk starts.
    pub at: u64,
    pub tag: u16,
    /// Number of the stream, for chunks that belong to one.
    pub stream: u32,
    /// Where the content starts.
    pub content: u64,
    /// Where the next chunk starts, if the length is right; it may lie past the end of the file.
    pub end: u64,
}

/// How much speaks for a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Trust {
    /// It can't be one.
    No,
    /// Its length is possible, but its kind or its stream is not known.
    Weak,
    /// All of its start makes sense.
    Strong,
}

/// A number of 1, 4 or 8 bytes, told by the byte before it; and how many bytes it takes in all.
pub(super) fn varlen(bytes: &[u8]) -> Option<(u64, usize)> {
    match bytes {
        [1, value, ..] => Some((u64::from(*value), 2)),
        [4, rest @ ..] if rest.len() >= 4 => Some((u64::from(u32_at(rest, 0)), 5)),
        [8, rest @ ..] if rest.len() >= 8 => Some((i64_at(rest, 0).cast_unsigned(), 9)),
        _ => None,
    }
}

impl Head {
    /// The start of the chunk whose bytes these are; `None` where they are none.
    pub(super) fn parse(bytes: &[u8], at: u64) -> Option<Self> {
        let (len, used) = varlen(bytes)?;
        let start = at.checked_add(used as u64)?;
        let end = start.checked_add(len)?;
        let rest = bytes.get(used..).filter(|rest| rest.len() >= 2)?;
        let tag = u16_at(rest, 0);
        let of_stream = matches!(tag, STREAM_HEADER | SAMPLES | CLOCK_OFFSET | STREAM_FOOTER);
        let fixed = if of_stream { 6 } else { 2 };
        if len < fixed || rest.len() < fixed as usize {
            return None;
        }
        let stream = if of_stream { u32_at(rest, 2) } else { 0 };
        Some(Self { at, tag, stream, content: start + fixed, end })
    }

    /// Bytes of the content, if the length is right.
    pub(super) fn content_bytes(&self) -> u64 {
        self.end - self.content
    }

    fn trust(&self, bytes: &[u8], file_len: u64, known: &Known) -> Trust {
        if self.end > file_len {
            return Trust::No;
        }
        let used = usize::try_from(self.content - self.at).unwrap_or(usize::MAX);
        let content = bytes.get(used..).unwrap_or(&[]);
        let len = self.content_bytes();
        let sound = match self.tag {
            FILE_HEADER | STREAM_HEADER | STREAM_FOOTER => is_xml(content),
            CLOCK_OFFSET => len == OFFSET_BYTES,
            BOUNDARY => len == 16 && content.starts_with(&BOUNDARY_UUID),
            SAMPLES => matches!(content.first(), Some(1 | 4 | 8)),
            _ => return Trust::Weak,
        };
        let belongs = matches!(self.tag, FILE_HEADER | STREAM_HEADER | BOUNDARY)
            || known.contains_key(&self.stream);
        match (sound, belongs) {
            (false, _) => Trust::No,
            (true, false) => Trust::Weak,
            (true, true) => Trust::Strong,
        }
    }
}

/// Whether a text starts as XML does.
pub(super) fn is_xml(content: &[u8]) -> bool {
    let text = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}

/// The chunk at a place, where one starts there.
pub(super) fn at(window: &mut Window<'_, '_>, at: u64) -> io::Result<Option<Head>> {
    Ok(Head::parse(window.from(at, HEAD_BYTES)?, at))
}

/// Whether chunks that make sense follow from a place on, or the file ends there.
pub(super) fn goes_on(window: &mut Window<'_, '_>, from: u64, known: &Known) -> io::Result<bool> {
    let mut at = from;
    for _ in 0..UNKNOWN_IN_A_ROW {
        if at == window.len() {
            return Ok(true);
        }
        let bytes = window.peek(at, HEAD_BYTES)?;
        let Some(head) = Head::parse(&bytes, at) else { return Ok(false) };
        match head.trust(&bytes, window.len(), known) {
            Trust::No => return Ok(false),
            Trust::Strong => return Ok(true),
            Trust::Weak => at = head.end,
        }
    }
    Ok(true)
}

/// Whether the start of a chunk makes sense in all it says.
pub(super) fn is_sound(
    window: &mut Window<'_, '_>,
    head: &Head,
    known: &Known,
) -> io::Result<bool> {
    let len = window.len();
    Ok(head.trust(window.from(head.at, HEAD_BYTES)?, len, known) == Trust::Strong)
}

/// The next place from `from` on, but before `limit`, where a chunk starts that makes sense as far as
/// its start tells, and is followed by such chunks, or else `is_whole`.
pub(super) fn find<'a, 's>(
    window: &mut Window<'a, 's>,
    from: u64,
    limit: u64,
    known: &Known,
    mut is_whole: impl FnMut(&mut Window<'a, 's>, &Head) -> io::Result<bool>,
) -> io::Result<Option<u64>> {
    let (mut at, len) = (from, window.len());
    while at < limit {
        let bytes = window.from(at, LOOKAHEAD_BYTES)?;
        // Where the block ends, heads are cut; at the end of the file, nothing more comes.
        let last = bytes.len().saturating_sub(LOOKAHEAD_BYTES as usize) + 1;
        let places = if at + bytes.len() as u64 == len { bytes.len() } else { last };
        let places = places.min(usize::try_from(limit - at).unwrap_or(usize::MAX));
        let head = (0..places).find_map(|i| {
            let bytes = &bytes[i..];
            let head = Head::parse(bytes, at + i as u64)?;
            (head.trust(bytes, len, known) == Trust::Strong).then_some(head)
        });
        let Some(head) = head else {
            at += places as u64;
            continue;
        };
        let certain = matches!(head.tag, BOUNDARY | CLOCK_OFFSET);
        let short = head.end - at <= LOOKAHEAD_BYTES;
        if certain || goes_on(window, head.end, known)? || (short && is_whole(window, &head)?) {
            return Ok(Some(head.at));
        }
        at = head.at + 1;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_three_lengths() {
        assert_eq!(varlen(&[1, 200]), Some((200, 2)));
        assert_eq!(varlen(&[4, 1, 2, 0, 0, 9]), Some((513, 5)));
        assert_eq!(varlen(&[8, 0, 0, 0, 0, 0, 0, 0, 1]), Some((1 << 56, 9)));
        for bytes in [&[][..], &[1], &[4, 0, 0, 0], &[8, 0, 0, 0, 0, 0, 0, 0], &[0, 1], &[2, 1, 1]]
        {
            assert_eq!(varlen(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn a_head_needs_room_for_its_fields() {
        let head = Head::parse(&[1, 8, 3, 0, 7, 0, 0, 0, 1, 1], 100).unwrap();
        assert_eq!(head, Head { at: 100, tag: 3, stream: 7, content: 108, end: 110 });
        let head = Head::parse(&[1, 2, 9, 9], 0).unwrap();
        assert_eq!((head.tag, head.stream, head.content, head.end), (0x909, 0, 4, 4));
        assert_eq!(Head::parse(&[1, 5, 3, 0, 7, 0, 0, 0], 0), None);
        assert_eq!(Head::parse(&[1, 1, 5, 0], 0), None);
        assert_eq!(Head::parse(&[8, 255, 255, 255, 255, 255, 255, 255, 255, 5, 0], 9), None);
    }
}
