use super::header::Header;
use super::{Model, ModelError, numbers};

/// As in PNG: a byte that is no text, and line ends, so that no file of another kind begins alike and
/// a transfer as text is found out.
const MAGIC: [u8; 8] = *b"\x89EVM\r\n\x1a\n";
const VERSION: u32 = 1;
/// Bytes before the description.
pub(super) const PRELUDE: usize = 24;
const CHECKSUM: usize = 4;
/// Most bytes of a model: 2 GiB.
const MOST_BYTES: u64 = 1 << 31;

/// What the first bytes say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prelude {
    /// Bytes of the description.
    pub(super) header: usize,
    /// Bytes in all.
    pub(super) length: u64,
}

impl Prelude {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, ModelError> {
        let Some(rest) = bytes.strip_prefix(&MAGIC) else { return Err(ModelError::NotAModel) };
        let short =
            ModelError::Length { found: bytes.len() as u64, expected: (PRELUDE + CHECKSUM) as u64 };
        let Some((version, rest)) = rest.split_first_chunk() else { return Err(short) };
        let (found, expected) = (u32::from_le_bytes(*version), VERSION);
        if found != expected {
            return Err(ModelError::Version { found, expected });
        }
        let Some((header, rest)) = rest.split_first_chunk() else { return Err(short) };
        let Some(length) = rest.first_chunk() else { return Err(short) };
        let (header, length) = (u32::from_le_bytes(*header), u64::from_le_bytes(*length));
        if length > MOST_BYTES {
            return Err(too_long(length));
        }
        Ok(Self { header: header as usize, length })
    }
}

impl Model {
    /// The model as bytes, as `docs/MODEL.md` lays them out.
    ///
    /// # Errors
    /// [`ModelError::Malformed`] for a model that would take more than 2 GiB.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelError> {
        let header = Header::text(self)?;
        let numbers = numbers::bytes(self.learned());
        let length = PRELUDE + header.len() + numbers + CHECKSUM;
        let too_long = || too_long(length as u64);
        let header_len = u32::try_from(header.len()).map_err(|_| too_long())?;
        if length as u64 > MOST_BYTES {
            return Err(too_long());
        }
        let mut bytes = Vec::with_capacity(length);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&header_len.to_le_bytes());
        bytes.extend_from_slice(&(length as u64).to_le_bytes());
        bytes.extend_from_slice(&header);
        numbers::write(self.learned(), &mut bytes);
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
        Ok(bytes)
    }

    /// The model that these bytes are, all of them checked. It takes memory in proportion to them.
    ///
    /// # Errors
    /// [`ModelError::NotAModel`], [`ModelError::Version`], [`ModelError::Length`],
    /// [`ModelError::Damaged`]; [`ModelError::Malformed`] and [`ModelError::Unusable`] for bytes that
    /// were written by something else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        let Prelude { header, length } = Prelude::parse(bytes)?;
        if length != bytes.len() as u64 {
            return Err(ModelError::Length { found: bytes.len() as u64, expected: length });
        }
        let short =
            ModelError::Length { found: bytes.len() as u64, expected: (PRELUDE + CHECKSUM) as u64 };
        let Some((content, checksum)) = bytes.split_last_chunk() else { return Err(short) };
        let (found, expected) = (crc32c::crc32c(content), u32::from_le_bytes(*checksum));
        if found != expected {
            return Err(ModelError::Damaged { found, expected });
        }
        let Some(rest) = content.get(PRELUDE..) else { return Err(short) };
        let Some((text, numbers)) = rest.split_at_checked(header) else {
            let (found, expected) = (header.to_string(), format!("at most {}", rest.len()));
            return Err(ModelError::Malformed {
                what: "length of its description",
                found,
                expected,
            });
        };
        let (params, shape) = Header::parse(text)?;
        params.check()?;
        let learned = numbers::read(&shape, &params, numbers)?;
        Ok(Self::of(params, learned)?)
    }
}

fn too_long(length: u64) -> ModelError {
    let (found, expected) = (length.to_string(), format!("at most {MOST_BYTES} bytes"));
    ModelError::Malformed { what: "length", found, expected }
}
