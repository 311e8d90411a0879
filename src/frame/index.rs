use super::{FrameError, Kind};

/// Bytes of an entry.
const ENTRY_BYTES: usize = 24;

/// Where a frame is in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexEntry {
    /// Bytes from the start of the file to the frame.
    pub offset: u64,
    /// Position of its first sample or event.
    pub sample: u64,
    /// Stream it belongs to.
    pub stream: u16,
    /// What it is.
    pub kind: Kind,
    /// Code of the first event, for an event frame; else 0.
    pub code: u32,
}

/// The payload of an index frame: some samples frames of each stream, every other frame but those,
/// in the order of the file.
///
/// A reader goes to the last samples frame listed at or before the position it wants and reads on
/// from there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Index {
    /// The entries in the order of the file.
    pub entries: Vec<IndexEntry>,
}

impl Index {
    pub(super) fn parse(payload: &[u8]) -> Result<Self, FrameError> {
        let (entries, rest) = payload.as_chunks::<ENTRY_BYTES>();
        if !rest.is_empty() {
            let what = format!("{} bytes are no whole number of entries", payload.len());
            return Err(FrameError::malformed(Kind::Index, what));
        }
        Ok(Self { entries: entries.iter().map(IndexEntry::read).collect() })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        for entry in &self.entries {
            out.extend_from_slice(&entry.offset.to_le_bytes());
            out.extend_from_slice(&entry.sample.to_le_bytes());
            out.extend_from_slice(&entry.stream.to_le_bytes());
            out.extend_from_slice(&[entry.kind.code(), 0]);
            out.extend_from_slice(&entry.code.to_le_bytes());
        }
    }
}

impl IndexEntry {
    fn read(bytes: &[u8; ENTRY_BYTES]) -> Self {
        let (words, _) = bytes.as_chunks::<4>();
        let word = |place: usize| words.get(place).map_or(0, |word| u32::from_le_bytes(*word));
        let double = |place: usize| u64::from(word(place)) | u64::from(word(place + 1)) << 32;
        let [low, high, kind, _] = word(4).to_le_bytes();
        Self {
            offset: double(0),
            sample: double(2),
            stream: u16::from_le_bytes([low, high]),
            kind: Kind::from(kind),
            code: word(5),
        }
    }
}
