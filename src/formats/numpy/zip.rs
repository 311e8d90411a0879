//! The archive around several arrays: ZIP, stored or deflated.

use std::io::Read;

use flate2::Crc;
use flate2::read::DeflateDecoder;

use super::NAME;
use crate::formats::FormatError;
use crate::formats::reader::Source;

/// The end of the archive is within so many bytes of the end of the file.
const TAIL_BYTES: u64 = (1 << 16) + 64;
/// What a packed file may grow to: a hundred times its size, and this.
const MOST_GROWTH: u64 = 100;
const ALLOWANCE_BYTES: u64 = 64 << 20;

/// A file in the archive.
#[derive(Debug)]
pub(super) struct Entry {
    pub name: String,
    method: u16,
    crc: u32,
    packed: u64,
    offset: u64,
}

/// The files of the archive, from the list at its end.
pub(super) fn entries(source: &mut Source<'_>) -> Result<Vec<Entry>, FormatError> {
    let from = source.len.saturating_sub(TAIL_BYTES);
    let tail = source.bytes(from, TAIL_BYTES)?;
    let end = tail.windows(4).rposition(|bytes| bytes == b"PK\x05\x06");
    let len = source.len;
    let missing = || FormatError::Malformed {
        format: NAME,
        offset: len,
        found: "no list of the files in the archive".to_owned(),
        expected: "one at its end; the file may be cut off".to_owned(),
    };
    let end = end.and_then(|end| tail.get(end..)).ok_or_else(missing)?;
    let (size, offset) = (number::<4>(end, 12), number::<4>(end, 16));
    let (Some(mut size), Some(mut offset)) = (size, offset) else { return Err(missing()) };
    if size == 0xFFFF_FFFF || offset == 0xFFFF_FFFF {
        let wide = wide_end(source, &tail)?;
        (size, offset) = wide.ok_or_else(missing)?;
    }
    if size.saturating_add(offset) > source.len {
        return Err(missing());
    }
    let list = source.bytes(offset, size)?;
    let mut entries = Vec::new();
    let mut at = 0;
    while let Some(entry) = list.get(at..).filter(|entry| entry.starts_with(b"PK\x01\x02")) {
        let field = |place: usize| number::<2>(entry, place).unwrap_or(0);
        let (name_len, extra_len, comment_len) = (field(28), field(30), field(32));
        let name = entry.get(46..46 + name_len as usize).unwrap_or(&[]);
        let extra = entry.get(46 + name_len as usize..).unwrap_or(&[]);
        let extra = extra.get(..extra_len as usize).unwrap_or(&[]);
        let word = |place: usize| number::<4>(entry, place).unwrap_or(0);
        let [_, packed, offset] = large([word(24), word(20), word(42)], extra);
        let name = String::from_utf8_lossy(name).chars().flat_map(char::escape_debug).collect();
        let (method, crc) = (field(10) as u16, word(16) as u32);
        entries.push(Entry { name, method, crc, packed, offset });
        at += 46 + (name_len + extra_len + comment_len) as usize;
    }
    Ok(entries)
}

/// Size and place of the list, where they do not fit 32 bits.
fn wide_end(source: &mut Source<'_>, tail: &[u8]) -> Result<Option<(u64, u64)>, FormatError> {
    let locator = tail.windows(4).rposition(|bytes| bytes == b"PK\x06\x07");
    let Some(at) = locator.and_then(|at| number::<8>(tail, at + 8)) else { return Ok(None) };
    let end = source.bytes(at, 56)?;
    Ok(number::<8>(&end, 40).zip(number::<8>(&end, 48)).filter(|_| end.starts_with(b"PK\x06\x06")))
}

impl Entry {
    /// Whether the archive's check sum is that of these bytes.
    pub(super) fn is_whole(&self, bytes: &[u8]) -> bool {
        let mut crc = Crc::new();
        crc.update(bytes);
        crc.sum() == self.crc
    }
}

/// The content of a file.
pub(super) fn read(source: &mut Source<'_>, entry: &Entry) -> Result<Vec<u8>, FormatError> {
    let malformed = |found: String| FormatError::Malformed {
        format: NAME,
        offset: entry.offset,
        found: format!("{}: {found}", entry.name),
        expected: "a whole file".to_owned(),
    };
    let local = source.bytes(entry.offset, 30)?;
    let skip = number::<2>(&local, 26).zip(number::<2>(&local, 28));
    let (name, extra) = skip.ok_or_else(|| malformed("it is cut off".to_owned()))?;
    let start = entry.offset.saturating_add(30 + name + extra);
    if start.saturating_add(entry.packed) > source.len {
        return Err(malformed("it is cut off".to_owned()));
    }
    let packed = source.bytes(start, entry.packed)?;
    if entry.method == 0 {
        return Ok(packed);
    }
    if entry.method != 8 {
        let found =
            format!("packed by method {}, which is not known; use numpy.savez", entry.method);
        return Err(malformed(found));
    }
    let most = entry.packed.saturating_mul(MOST_GROWTH).saturating_add(ALLOWANCE_BYTES);
    let mut bytes = Vec::new();
    let mut unpacking = DeflateDecoder::new(packed.as_slice()).take(most + 1);
    unpacking.read_to_end(&mut bytes).map_err(|error| malformed(error.to_string()))?;
    if bytes.len() as u64 > most {
        return Err(malformed(format!("more than {most} bytes packed in {}", entry.packed)));
    }
    Ok(bytes)
}

/// Numbers that did not fit 32 bits stand in an extra field, in this order.
fn large<const N: usize>(mut numbers: [u64; N], extra: &[u8]) -> [u64; N] {
    let mut at = 0;
    while let (Some(id), Some(len)) = (number::<2>(extra, at), number::<2>(extra, at + 2)) {
        if id == 1 {
            let mut place = at + 4;
            for number_of in numbers.iter_mut().filter(|number| **number == 0xFFFF_FFFF) {
                *number_of = number::<8>(extra, place).unwrap_or(*number_of);
                place += 8;
            }
            break;
        }
        at += 4 + len as usize;
    }
    numbers
}

/// A number of some bytes, the lowest first.
fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..)?.first_chunk::<N>()?;
    Some(bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}
