use std::collections::BTreeMap;

use super::header::{BLOCK, Header};
use super::warn;
use crate::formats::fields::{text, u8_at, u24_at};
use crate::formats::reader::Source;
use crate::formats::{FormatError, Warning};

/// What the optional third header of 2.x says.
#[derive(Debug, Default)]
pub(super) struct Tags {
    /// Names of the file's own event codes.
    pub names: BTreeMap<u16, String>,
    pub device: Option<String>,
}

/// Reads the fields (tag, 24-bit length, value) between the channels' headers and the records.
pub(super) fn read(
    source: &mut Source<'_>,
    header: &Header,
    described: &[u8],
    warnings: &mut Vec<Warning>,
) -> Result<Tags, FormatError> {
    let mut tags = Tags::default();
    let start = described.len() as u64;
    if !header.is_v2() || header.len <= start {
        return Ok(tags);
    }
    // A 2.x header is at most 65535 blocks long.
    let size = (header.len - start).min(BLOCK * u64::from(u16::MAX));
    let bytes = source.bytes(start, size)?;

    let mut at = 0;
    while at + 4 <= bytes.len() {
        let (tag, len) = (u8_at(&bytes, at), u24_at(&bytes, at + 1) as usize);
        if tag == 0 {
            break;
        }
        let Some(value) = bytes.get(at + 4..at + 4 + len) else {
            let place = format!("byte {}", start + at as u64);
            let message = format!("field {tag} of the third header runs past its end; ignored");
            warn(warnings, place, message);
            break;
        };
        match tag {
            1 => tags.names = names(value),
            3 => tags.device = device(value),
            _ => {}
        }
        at += 4 + len;
    }
    Ok(tags)
}

/// Texts that end in NUL, the first for code 0 and empty; another empty one ends the list.
fn names(value: &[u8]) -> BTreeMap<u16, String> {
    let texts = value.split(|&byte| byte == 0).skip(1).take_while(|name| !name.is_empty());
    (1..=255).zip(texts.map(text)).collect()
}

/// Maker, model, version and serial number, each ended by NUL.
fn device(value: &[u8]) -> Option<String> {
    let parts: Vec<String> =
        value.split(|&byte| byte == 0).take(4).map(text).filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}
