//! Files that are packed whole.

use std::io::{BufReader, Read, SeekFrom};

use flate2::bufread::MultiGzDecoder;

use super::reader::Source;
use super::{FormatError, Warning};

/// What a packed file may grow to: a hundred times its size, and this. Recordings pack to a tenth
/// at best; what packs better was made to fill somebody's memory.
const MOST_GROWTH: u64 = 100;
const ALLOWANCE_BYTES: u64 = 1 << 20;
/// Bytes read at a time.
const BLOCK_BYTES: usize = 1 << 16;

pub(super) fn is_packed(head: &[u8]) -> bool {
    head.starts_with(b"\x1f\x8b\x08")
}

/// The bytes that are packed in a file. Where it is damaged, those before the damage.
pub(super) fn unpack(source: &mut Source<'_>) -> Result<(Vec<u8>, Option<Warning>), FormatError> {
    source.input.seek(SeekFrom::Start(0))?;
    let most = source.len.saturating_mul(MOST_GROWTH).saturating_add(ALLOWANCE_BYTES);
    let packed = BufReader::with_capacity(BLOCK_BYTES, &mut *source.input);
    let mut bytes = Vec::new();
    let read = MultiGzDecoder::new(packed).take(most + 1).read_to_end(&mut bytes);
    if bytes.len() as u64 > most {
        return Err(FormatError::Malformed {
            format: "gzip",
            offset: 0,
            found: format!("more than {most} bytes in a file of {}", source.len),
            expected: format!("at most {MOST_GROWTH} times as many, as recordings have"),
        });
    }
    let damage = read.err().map(|error| {
        let message = format!(
            "it is damaged or cut short ({error}); the first {} bytes could be unpacked",
            bytes.len()
        );
        Warning::new("gzip", message)
    });
    Ok((bytes, damage))
}
