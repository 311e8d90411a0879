use super::{FrameError, Header, Kind};

/// Bytes of one reading.
const READING_BYTES: usize = 20;

/// The device's sample clock read beside the host's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockReading {
    /// Position on the stream's sample clock.
    pub sample: u64,
    /// Nanoseconds since 1970-01-01 00:00 UTC, by the host.
    pub host_ns: i64,
    /// How far off that may be, in nanoseconds; 0 where it is not known.
    pub uncertainty_ns: u32,
}

/// The payload of a clock frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockView<'a> {
    readings: &'a [[u8; READING_BYTES]],
}

impl<'a> ClockView<'a> {
    pub(super) fn parse(header: &Header, payload: &'a [u8]) -> Result<Self, FrameError> {
        let (readings, rest) = payload.as_chunks();
        if !rest.is_empty() || readings.len() != usize::from(header.count) {
            let (found, count) = (payload.len(), header.count);
            let what = format!("{found} bytes for {count} readings of {READING_BYTES} bytes");
            return Err(FrameError::malformed(Kind::Clock, what));
        }
        Ok(Self { readings })
    }

    /// The readings in the order they were taken.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = ClockReading> + use<'a> {
        self.readings.iter().map(read)
    }
}

fn read(bytes: &[u8; READING_BYTES]) -> ClockReading {
    let (words, _) = bytes.as_chunks::<4>();
    let word = |place: usize| words.get(place).map_or(0, |word| u32::from_le_bytes(*word));
    let double = |place: usize| u64::from(word(place)) | u64::from(word(place + 1)) << 32;
    ClockReading { sample: double(0), host_ns: double(2).cast_signed(), uncertainty_ns: word(4) }
}

/// Appends a reading to a payload.
pub(super) fn write(reading: &ClockReading, out: &mut Vec<u8>) {
    out.extend_from_slice(&reading.sample.to_le_bytes());
    out.extend_from_slice(&reading.host_ns.to_le_bytes());
    out.extend_from_slice(&reading.uncertainty_ns.to_le_bytes());
}
