use super::{Content, Frame, FrameError, Kind};

/// Bytes of an entry.
const ENTRY_BYTES: usize = 24;
/// One samples frame of a stream is listed for so many bytes of the file.
const SAMPLES_EVERY_BYTES: u64 = 256 << 10;

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

/// Makes an index frame by frame.
#[derive(Debug)]
pub(super) struct IndexBuilder {
    entries: Vec<IndexEntry>,
    /// Where each stream's samples were listed last.
    listed: Vec<(u16, u64)>,
    samples_every_bytes: u64,
    most: usize,
}

impl IndexBuilder {
    /// An index that fits a payload of so many bytes.
    pub(super) fn new(payload_bytes: u32) -> Self {
        Self {
            entries: Vec::new(),
            listed: Vec::new(),
            samples_every_bytes: SAMPLES_EVERY_BYTES,
            most: payload_bytes as usize / ENTRY_BYTES,
        }
    }

    /// Lists a frame, if frames like it are listed.
    pub(super) fn note(&mut self, entry: IndexEntry) {
        let listed = match entry.kind {
            Kind::Samples => self.is_due(entry.stream, entry.offset),
            Kind::Event | Kind::Decision | Kind::Clock | Kind::Gap => true,
            _ => false,
        };
        if listed {
            self.entries.push(entry);
        }
        if self.entries.len() > self.most {
            self.thin();
        }
    }

    /// The index; `None` where even without most of the samples frames it is too large.
    pub(super) fn finish(self) -> Option<Index> {
        (self.entries.len() <= self.most).then_some(Index { entries: self.entries })
    }

    fn is_due(&mut self, stream: u16, offset: u64) -> bool {
        match self.listed.iter_mut().find(|(listed, _)| *listed == stream) {
            Some((_, last)) if offset.saturating_sub(*last) < self.samples_every_bytes => false,
            Some((_, last)) => {
                *last = offset;
                true
            }
            None => {
                self.listed.push((stream, offset));
                true
            }
        }
    }

    /// Lists half as many samples frames from now on, and of those so far.
    fn thin(&mut self) {
        let samples = self.entries.iter().filter(|entry| entry.kind == Kind::Samples).count();
        if samples <= self.listed.len() {
            return;
        }
        self.samples_every_bytes = self.samples_every_bytes.saturating_mul(2);
        let mut keep = false;
        self.entries.retain(|entry| {
            keep ^= entry.kind == Kind::Samples;
            entry.kind != Kind::Samples || keep
        });
    }
}

impl IndexEntry {
    /// The entry of a frame.
    pub(super) fn of(frame: &Frame<'_>) -> Self {
        let header = &frame.header;
        let code = match frame.content() {
            Ok(Content::Events(events)) => events.iter().next().map_or(0, |event| event.code),
            _ => 0,
        };
        let (offset, sample, stream, kind) =
            (frame.offset, header.sample, header.stream, header.kind);
        Self { offset, sample, stream, kind, code }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: Kind, offset: u64) -> IndexEntry {
        IndexEntry { offset, sample: offset, stream: 1, kind, code: 0 }
    }

    #[test]
    fn a_full_index_gives_up_samples_but_no_events() {
        let mut index = IndexBuilder::new(100 * ENTRY_BYTES as u32);
        for number in 0..1000 {
            index.note(entry(Kind::Samples, number * SAMPLES_EVERY_BYTES));
            if number % 20 == 0 {
                index.note(entry(Kind::Event, number * SAMPLES_EVERY_BYTES + 1));
            }
        }
        let entries = index.finish().unwrap().entries;
        let count = |kind| entries.iter().filter(|entry| entry.kind == kind).count();
        assert_eq!(count(Kind::Event), 50);
        assert!((10..=50).contains(&count(Kind::Samples)), "{}", count(Kind::Samples));
        assert!(entries.is_sorted_by_key(|entry| entry.offset));
    }

    #[test]
    fn an_index_that_cannot_fit_is_none() {
        let mut index = IndexBuilder::new(10 * ENTRY_BYTES as u32);
        (0..11).for_each(|number| index.note(entry(Kind::Event, number)));
        assert_eq!(index.finish(), None);
    }
}
