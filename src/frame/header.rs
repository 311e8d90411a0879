use std::fmt;

/// The four bytes every frame starts with.
pub const SYNC: [u8; 4] = [0x89, b'V', b'E', b'P'];
/// Major version of the format this crate reads and writes.
pub const VERSION: u8 = 1;
/// Bytes of a frame before its payload.
pub const HEADER_BYTES: usize = 32;
/// Bytes of a frame after its payload.
pub const TRAILER_BYTES: usize = 4;

/// Bytes of the header that its checksum covers.
const CHECKED_BYTES: usize = 28;

/// What a frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Channels, rates, scaling, codebook, metadata.
    Session,
    /// Channels × samples.
    Samples,
    /// Events on a stream's sample clock.
    Event,
    /// A target, its scores, when it was taken.
    Decision,
    /// Device time against host time.
    Clock,
    /// Samples that the writer knows to be missing.
    Gap,
    /// Where things are in a file.
    Index,
    /// The regular end of a session.
    End,
    /// A kind of a later version: to be skipped.
    Unknown(u8),
}

impl Kind {
    /// The number in the header.
    pub fn code(self) -> u8 {
        match self {
            Kind::Session => 1,
            Kind::Samples => 2,
            Kind::Event => 3,
            Kind::Decision => 4,
            Kind::Clock => 5,
            Kind::Gap => 6,
            Kind::Index => 7,
            Kind::End => 8,
            Kind::Unknown(code) => code,
        }
    }
}

impl From<u8> for Kind {
    fn from(code: u8) -> Self {
        match code {
            1 => Kind::Session,
            2 => Kind::Samples,
            3 => Kind::Event,
            4 => Kind::Decision,
            5 => Kind::Clock,
            6 => Kind::Gap,
            7 => Kind::Index,
            8 => Kind::End,
            other => Kind::Unknown(other),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Session => f.write_str("session"),
            Kind::Samples => f.write_str("samples"),
            Kind::Event => f.write_str("event"),
            Kind::Decision => f.write_str("decision"),
            Kind::Clock => f.write_str("clock"),
            Kind::Gap => f.write_str("gap"),
            Kind::Index => f.write_str("index"),
            Kind::End => f.write_str("end"),
            Kind::Unknown(code) => write!(f, "unknown ({code})"),
        }
    }
}

/// The fixed part in front of every payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What the payload is.
    pub kind: Kind,
    /// The stream it belongs to; 0 is the session itself.
    pub stream: u16,
    /// Counts the frames of the stream, starting at 0 and wrapping around.
    pub sequence: u32,
    /// Bytes of the payload.
    pub payload_bytes: u32,
    /// Position of the first sample or event.
    pub sample: u64,
    /// Number of samples a channel, or of events.
    pub count: u16,
    /// The same for all frames of one session; another one tells a new session.
    pub tag: u16,
}

/// What the first bytes of a header say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parsed {
    Header(Header),
    /// The checksum holds, but the layout behind it belongs to another major version.
    OtherVersion(u8),
    Damaged,
}

impl Header {
    /// Bytes of the whole frame.
    pub fn frame_bytes(&self) -> usize {
        HEADER_BYTES + self.payload_bytes as usize + TRAILER_BYTES
    }

    /// Position after the last sample; for other kinds than samples, the position itself.
    pub fn end(&self) -> u64 {
        match self.kind {
            Kind::Samples => self.sample.saturating_add(u64::from(self.count)),
            _ => self.sample,
        }
    }

    pub(super) fn to_bytes(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[0..4].copy_from_slice(&SYNC);
        bytes[4] = VERSION;
        bytes[5] = self.kind.code();
        bytes[6..8].copy_from_slice(&self.stream.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.payload_bytes.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.sample.to_le_bytes());
        bytes[24..26].copy_from_slice(&self.count.to_le_bytes());
        bytes[26..28].copy_from_slice(&self.tag.to_le_bytes());
        let checksum = crc32c::crc32c(&bytes[..CHECKED_BYTES]);
        bytes[28..32].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    pub(super) fn parse(bytes: &[u8; HEADER_BYTES]) -> Parsed {
        let u16_at = |i: usize| u16::from_le_bytes([bytes[i], bytes[i + 1]]);
        let u32_at =
            |i: usize| u32::from_le_bytes([bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]]);
        let checksum = crc32c::crc32c(&bytes[..CHECKED_BYTES]);
        if bytes[0..4] != SYNC || u32_at(28) != checksum {
            return Parsed::Damaged;
        }
        if bytes[4] != VERSION {
            return Parsed::OtherVersion(bytes[4]);
        }
        Parsed::Header(Header {
            kind: Kind::from(bytes[5]),
            stream: u16_at(6),
            sequence: u32_at(8),
            payload_bytes: u32_at(12),
            sample: u64::from(u32_at(16)) | u64::from(u32_at(20)) << 32,
            count: u16_at(24),
            tag: u16_at(26),
        })
    }
}

/// Checksum behind a payload: CRC-32C over the checked part of the header and the payload, so that
/// a header and a payload of different frames never pass for one.
pub(super) fn payload_checksum(header: &[u8; HEADER_BYTES], payload: &[u8]) -> u32 {
    crc32c::crc32c_append(header_checksum(header), payload)
}

/// The checksum that a header carries.
pub(super) fn header_checksum(header: &[u8; HEADER_BYTES]) -> u32 {
    u32::from_le_bytes([header[28], header[29], header[30], header[31]])
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: Header = Header {
        kind: Kind::Samples,
        stream: 1,
        sequence: 0xFFFF_FFFF,
        payload_bytes: 124,
        sample: 0x0102_0304_0506_0708,
        count: 5,
        tag: 0xBEEF,
    };

    #[test]
    fn the_layout_is_the_one_specified() {
        let bytes = EXAMPLE.to_bytes();
        let expected = "89564550 01 02 0100 ffffffff 7c000000 0807060504030201 0500 efbe";
        let expected: String = expected.split(' ').collect();
        let hex: String = bytes[..28].iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, expected);
        assert_eq!(Header::parse(&bytes), Parsed::Header(EXAMPLE));
    }

    #[test]
    fn every_flipped_bit_of_a_header_is_noticed() {
        for bit in 0..HEADER_BYTES * 8 {
            let mut bytes = EXAMPLE.to_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::parse(&bytes), Parsed::Damaged, "bit {bit}");
        }
    }

    #[test]
    fn the_checksum_is_castagnoli() {
        // The check value that catalogues of checksums give for CRC-32C.
        assert_eq!(crc32c::crc32c(b"123456789"), 0xE306_9283);
    }
}
