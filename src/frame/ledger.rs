//! Payload checksums of frames that overlap.
//!
//! Bytes that are no frame may hold many headers, each promising to reach far. Summing each
//! promise anew would cost the square of the bytes; here each byte is summed twice at most.

use super::header::TRAILER_BYTES;

/// Payloads up to this length are summed directly: that takes no longer than the other way.
const DIRECT_BYTES: usize = 16 << 10;
/// Bytes between two marks.
const BLOCK_BYTES: usize = 4096;

/// Remembers the checksums of bytes where a frame had been promised in vain.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    /// Bytes of the stream up to here were part of a frame that was none.
    tried: u64,
    /// Where the first mark stands.
    start: u64,
    /// Each is the checksum of the bytes from a common point to `start` + its place · block.
    marks: Vec<u32>,
}

impl Ledger {
    /// The checksum behind the payload at `offset` of the stream, going on from the header's.
    pub(super) fn sum(&mut self, header: u32, offset: u64, payload: &[u8]) -> u32 {
        if payload.len() <= DIRECT_BYTES || offset >= self.tried {
            return crc32c::crc32c_append(header, payload);
        }
        self.cover(offset, payload);
        let to_mark = |mark: usize| (self.start + (mark * BLOCK_BYTES) as u64 - offset) as usize;
        let first = (offset - self.start).div_ceil(BLOCK_BYTES as u64) as usize;
        let from = to_mark(first);
        let last = first + (payload.len() - from) / BLOCK_BYTES;
        let (Some(at_first), Some(at_last)) = (self.marks.get(first), self.marks.get(last)) else {
            return crc32c::crc32c_append(header, payload);
        };
        let before = crc32c::crc32c_append(header, &payload[..from]);
        let whole = crc32c::crc32c_append(*at_last, &payload[to_mark(last)..]);
        // Checksums are linear: the difference of two beginnings, moved to the end, is the
        // difference of the ends.
        whole ^ moved(before ^ at_first, payload.len() - from)
    }

    /// Takes note of a payload whose checksum was wrong.
    pub(super) fn refuse(&mut self, offset: u64, payload: &[u8]) {
        let end = offset.saturating_add((payload.len() + TRAILER_BYTES) as u64);
        self.tried = self.tried.max(end);
    }

    /// Makes marks up to the end of a payload.
    fn cover(&mut self, offset: u64, payload: &[u8]) {
        let end = self.start + (self.marks.len() * BLOCK_BYTES) as u64;
        if offset < self.start || offset + BLOCK_BYTES as u64 > end {
            self.start = offset;
            self.marks.clear();
            self.marks.push(0);
        }
        let passed = ((offset - self.start) / BLOCK_BYTES as u64) as usize;
        if passed > self.marks.len() / 2 {
            self.marks.drain(..passed);
            self.start += (passed * BLOCK_BYTES) as u64;
        }
        let mut mark = self.marks.last().copied().unwrap_or(0);
        let covered = self.start + ((self.marks.len() - 1) * BLOCK_BYTES) as u64;
        let rest = payload.get((covered - offset) as usize..).unwrap_or(&[]);
        for block in rest.as_chunks::<BLOCK_BYTES>().0 {
            mark = crc32c::crc32c_append(mark, block);
            self.marks.push(mark);
        }
    }
}

/// The Castagnoli polynomial, its highest power in the lowest bit.
const POLYNOMIAL: u32 = 0x82F6_3B78;

/// x to the power of 8 · 2ᵏ, modulo the polynomial.
const POWERS: [u32; 32] = {
    let mut powers = [1 << 23; 32];
    let mut k = 1;
    while k < powers.len() {
        powers[k] = product(powers[k - 1], powers[k - 1]);
        k += 1;
    }
    powers
};

/// Product of two polynomials modulo the polynomial.
const fn product(a: u32, mut b: u32) -> u32 {
    let (mut sum, mut bit) = (0, 1 << 31);
    while bit != 0 {
        if a & bit != 0 {
            sum ^= b;
        }
        b = b >> 1 ^ if b & 1 != 0 { POLYNOMIAL } else { 0 };
        bit >>= 1;
    }
    sum
}

/// What a difference of checksums becomes after `bytes` more bytes.
fn moved(difference: u32, bytes: usize) -> u32 {
    let powers = POWERS.iter().enumerate().filter(|(k, _)| bytes >> k & 1 != 0);
    powers.fold(difference, |moved, (_, &power)| product(power, moved))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_move_as_the_checksum_crate_moves_them() {
        for bytes in [0, 1, 2, 3, 4096, 65_537, 16 << 20, u32::MAX as usize] {
            for crc in [0, 1, 0x8000_0000, 0xDEAD_BEEF] {
                assert_eq!(moved(crc, bytes), crc32c::crc32c_combine(crc, 0, bytes), "{bytes}");
            }
        }
    }

    #[test]
    fn overlapping_payloads_have_the_checksums_they_have_alone() {
        let bytes: Vec<u8> =
            (0..900_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let mut ledger = Ledger::default();
        let origin = 1 << 40;
        let mut step = 1;
        let mut offset = 0;
        while offset + 200_000 < bytes.len() {
            for end in [bytes.len(), offset + 100_000, offset + 65_537, offset + 1000] {
                let payload = &bytes[offset..end];
                let expected = crc32c::crc32c_append(offset as u32, payload);
                let at = origin + offset as u64;
                assert_eq!(ledger.sum(offset as u32, at, payload), expected, "{offset} {end}");
                ledger.refuse(at, payload);
            }
            step = step * 5 % 9973;
            offset += step;
        }
        assert!(ledger.marks.len() <= 2 + bytes.len() / BLOCK_BYTES);
    }
}
