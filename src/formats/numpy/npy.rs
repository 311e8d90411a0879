//! One array: a header in Python's notation, then the numbers.

use std::sync::Arc;

use crate::formats::array::{Array, Number, Storage};

pub(super) const MAGIC: &[u8] = b"\x93NUMPY";
/// The longest header of an array alone; NumPy takes 10,000 bytes at most.
pub(super) const MOST_HEADER_BYTES: u64 = 1 << 16;

/// What an array file holds.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Numbers(Array),
    Texts(Vec<String>),
}

/// What a header says.
struct Described {
    item: Item,
    shape: Vec<usize>,
    fortran: bool,
    big_endian: bool,
    /// Where the items start.
    start: usize,
}

/// What an array is of.
#[derive(Clone, Copy)]
enum Item {
    Number(Number),
    /// Texts of so many letters, of four bytes each or of one.
    Text {
        letters: usize,
        is_wide: bool,
    },
}

impl Described {
    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let (header, start) = header(bytes)?;
        let descr = quoted(value(header, "descr")?)?.to_owned();
        let fortran = value(header, "fortran_order")?.trim_start().starts_with("True");
        let shape = tuple(value(header, "shape")?)?;
        let (order, kind, size) = descr_parts(&descr)?;
        let item = match (kind, size) {
            (b'U' | b'S', letters) => Item::Text { letters, is_wide: kind == b'U' },
            (b'i', 1) => Item::Number(Number::I8),
            (b'u' | b'b', 1) => Item::Number(Number::U8),
            (b'i', 2) => Item::Number(Number::I16),
            (b'u', 2) => Item::Number(Number::U16),
            (b'i', 4) => Item::Number(Number::I32),
            (b'u', 4) => Item::Number(Number::U32),
            (b'i', 8) => Item::Number(Number::I64),
            (b'u', 8) => Item::Number(Number::U64),
            (b'f', 4) => Item::Number(Number::F32),
            (b'f', 8) => Item::Number(Number::F64),
            (b'O', _) => return Err("Python objects; save it as numbers".to_owned()),
            _ => return Err(format!("numbers of type {descr}; save it as float32")),
        };
        Ok(Self { item, shape, fortran, big_endian: order == b'>', start })
    }
}

impl Item {
    fn bytes(self) -> usize {
        match self {
            Item::Number(number) => number.bytes(),
            Item::Text { letters, is_wide: true } => letters.saturating_mul(4),
            Item::Text { letters, is_wide: false } => letters,
        }
    }
}

/// Bytes of the file whose first bytes these are, as its header has it.
pub(super) fn len(head: &[u8]) -> Result<u64, String> {
    let Described { item, shape, start, .. } = Described::parse(head)?;
    let sizes = shape.iter().map(|&size| size as u64);
    let bytes = sizes.fold(item.bytes() as u64, u64::saturating_mul);
    Ok(bytes.saturating_add(start as u64))
}

/// Parses a whole file.
pub(super) fn parse(bytes: Vec<u8>) -> Result<Content, String> {
    let Described { item, shape, fortran, big_endian, start } = Described::parse(&bytes)?;
    let number = match item {
        Item::Number(number) => number,
        Item::Text { is_wide, .. } => {
            let (texts, size) = (&bytes[start..], item.bytes());
            return self::texts(texts, &shape, size, is_wide, big_endian).map(Content::Texts);
        }
    };
    let bytes = Arc::new(bytes);
    let storage = Storage { number, big_endian, fortran };
    let array = Array::new(shape.clone(), storage, Arc::clone(&bytes), start);
    let there = bytes.len() - start;
    let short = || format!("{there} bytes are too few for an array of shape {shape:?}");
    array.map(Content::Numbers).ok_or_else(short)
}

/// The header and where the numbers start.
fn header(bytes: &[u8]) -> Result<(&str, usize), String> {
    let cut = || "its header is cut off".to_owned();
    let rest = bytes.strip_prefix(MAGIC).ok_or("it is no NumPy array")?;
    let (&[major, _], rest) = rest.split_first_chunk().ok_or_else(cut)?;
    let (len, before) = match major {
        1 => (usize::from(u16::from_le_bytes(*rest.first_chunk().ok_or_else(cut)?)), 10),
        2 | 3 => (u32::from_le_bytes(*rest.first_chunk().ok_or_else(cut)?) as usize, 12),
        _ => return Err(format!("it is of version {major} of the format, which is not known")),
    };
    let end = before + len;
    let header = bytes.get(before..end).ok_or_else(cut)?;
    let header = std::str::from_utf8(header).map_err(|_| "its header is no text".to_owned())?;
    Ok((header, end))
}

/// What follows a key.
fn value<'a>(header: &'a str, key: &str) -> Result<&'a str, String> {
    let named = format!("'{key}':");
    let place = header.find(&named).ok_or_else(|| format!("its header says no {key}"))?;
    Ok(&header[place + named.len()..])
}

fn quoted(text: &str) -> Result<&str, String> {
    let text = text.trim_start();
    if text.starts_with('[') {
        return Err("it holds records; save each field as an array of its own".to_owned());
    }
    let inner = text.strip_prefix('\'').and_then(|text| text.split('\'').next());
    inner.ok_or_else(|| "its header says no type".to_owned())
}

fn tuple(text: &str) -> Result<Vec<usize>, String> {
    let inner = text.trim_start().strip_prefix('(').and_then(|text| text.split(')').next());
    let inner = inner.ok_or_else(|| "its header says no shape".to_owned())?;
    let sizes = inner.split(',').map(str::trim).filter(|size| !size.is_empty());
    let size = |size: &str| size.parse().map_err(|_| format!("{size} is no length"));
    let sizes: Vec<usize> = sizes.map(size).collect::<Result<_, _>>()?;
    if sizes.len() > 32 {
        return Err(format!("{} dimensions", sizes.len()));
    }
    Ok(sizes)
}

/// Byte order, kind and size of a type such as `<f8`.
fn descr_parts(descr: &str) -> Result<(u8, u8, usize), String> {
    let unknown = || format!("numbers of type {descr}, which is not known");
    let (&[order, kind], size) = descr.as_bytes().split_first_chunk().ok_or_else(unknown)?;
    let size = std::str::from_utf8(size).ok().and_then(|size| size.parse().ok());
    // The size of objects is not said.
    let size = size.or((kind == b'O').then_some(0)).ok_or_else(unknown)?;
    Ok((order, kind, size))
}

/// Texts of a fixed number of bytes, filled up with NUL.
fn texts(
    bytes: &[u8],
    shape: &[usize],
    size: usize,
    is_wide: bool,
    big_endian: bool,
) -> Result<Vec<String>, String> {
    let count = shape.iter().try_fold(1_usize, |count, &size| count.checked_mul(size));
    let needed = count.and_then(|count| count.checked_mul(size));
    let used = needed.and_then(|needed| bytes.get(..needed)).ok_or("its texts are cut off")?;
    if size == 0 {
        return Ok(Vec::new());
    }
    let letter = |raw: &[u8; 4]| {
        let code = if big_endian { u32::from_be_bytes(*raw) } else { u32::from_le_bytes(*raw) };
        char::from_u32(code).unwrap_or('\u{FFFD}')
    };
    let text = |raw: &[u8]| -> String {
        let text: String = match is_wide {
            true => raw.as_chunks().0.iter().map(letter).collect(),
            false => raw.iter().copied().map(char::from).collect(),
        };
        text.trim_end_matches('\0').to_owned()
    };
    Ok(used.chunks(size).map(text).collect())
}
