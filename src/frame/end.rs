use super::samples::check_limit;
use super::{FrameError, Kind, Limits};

/// Bytes before the totals.
const FIXED_BYTES: usize = 8;
/// Bytes of one stream's total.
const TOTAL_BYTES: usize = 14;

/// The payload of an end frame: the session is complete, and this is what it held, so that a loss
/// at the very end is known too.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct End {
    /// Bytes from the start of the stream to its index frame; 0 where it has none.
    pub index_offset: u64,
    /// What each data stream held.
    pub totals: Vec<Total>,
}

/// What a stream held when the session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// The stream.
    pub stream: u16,
    /// Sequence number its next frame would have had.
    pub next_sequence: u32,
    /// Position after its last sample.
    pub end: u64,
}

impl End {
    pub(super) fn parse(payload: &[u8], limits: &Limits) -> Result<Self, FrameError> {
        let malformed = || {
            let found = payload.len();
            let what = format!("{found} bytes, {FIXED_BYTES} and {TOTAL_BYTES} a stream expected");
            FrameError::malformed(Kind::End, what)
        };
        let (offset, totals) = payload.split_first_chunk().ok_or_else(malformed)?;
        let (totals, rest) = totals.as_chunks::<TOTAL_BYTES>();
        if !rest.is_empty() {
            return Err(malformed());
        }
        check_limit("streams of an end frame", totals.len(), limits.streams)?;
        let totals = totals.iter().map(Total::read).collect();
        Ok(Self { index_offset: u64::from_le_bytes(*offset), totals })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.index_offset.to_le_bytes());
        for total in &self.totals {
            out.extend_from_slice(&total.stream.to_le_bytes());
            out.extend_from_slice(&total.next_sequence.to_le_bytes());
            out.extend_from_slice(&total.end.to_le_bytes());
        }
    }
}

impl Total {
    fn read(bytes: &[u8; TOTAL_BYTES]) -> Self {
        let [s0, s1, n0, n1, n2, n3, end @ ..] = *bytes;
        Self {
            stream: u16::from_le_bytes([s0, s1]),
            next_sequence: u32::from_le_bytes([n0, n1, n2, n3]),
            end: u64::from_le_bytes(end),
        }
    }
}
