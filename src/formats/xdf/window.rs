//! The file's bytes, a block at a time.

use std::io::{self, SeekFrom};

use crate::formats::reader::Source;

/// Bytes read at a time.
const BLOCK_BYTES: u64 = 1 << 20;

/// A stretch of the file that is at hand.
pub(super) struct Window<'a, 's> {
    source: &'a mut Source<'s>,
    start: u64,
    bytes: Vec<u8>,
}

impl<'a, 's> Window<'a, 's> {
    pub(super) fn new(source: &'a mut Source<'s>) -> Self {
        Self { source, start: 0, bytes: Vec::new() }
    }

    /// Length of the file.
    pub(super) fn len(&self) -> u64 {
        self.source.len
    }

    /// What is at hand from `offset` on: at least `least` bytes, fewer only where the file ends.
    pub(super) fn from(&mut self, offset: u64, least: u64) -> io::Result<&[u8]> {
        let wanted = offset.saturating_add(least).min(self.source.len);
        let end = self.start + self.bytes.len() as u64;
        if offset < self.start || wanted > end {
            let len = least.max(BLOCK_BYTES).min(self.source.len.saturating_sub(offset));
            self.start = offset;
            self.bytes.resize(usize::try_from(len).unwrap_or(usize::MAX), 0);
            self.source.input.seek(SeekFrom::Start(offset))?;
            self.source.input.read_exact(&mut self.bytes)?;
        }
        Ok(usize::try_from(offset - self.start)
            .ok()
            .and_then(|i| self.bytes.get(i..))
            .unwrap_or(&[]))
    }

    /// Exactly `len` bytes from `offset` on, fewer only where the file ends.
    pub(super) fn get(&mut self, offset: u64, len: u64) -> io::Result<&[u8]> {
        let bytes = self.from(offset, len)?;
        Ok(usize::try_from(len).ok().and_then(|len| bytes.get(..len)).unwrap_or(bytes))
    }

    /// As `get` for a few bytes far away: what is at hand stays.
    pub(super) fn peek(&mut self, offset: u64, len: u64) -> io::Result<Vec<u8>> {
        let end = offset.saturating_add(len).min(self.source.len);
        if offset >= self.start && end <= self.start + self.bytes.len() as u64 {
            return self.get(offset, len).map(<[u8]>::to_vec);
        }
        self.source.bytes(offset, len)
    }
}
