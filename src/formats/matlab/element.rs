//! Data elements of a MATLAB v5 file: tags, matrices, and what is in them.

use std::sync::Arc;

use super::value::Value;
use crate::formats::array::{Array, Number, Storage};

/// Structs and cells inside of each other.
const MOST_DEPTH: usize = 16;
/// Cells and fields of a variable: an empty one takes 8 bytes in a file, many more in memory.
const MOST_PARTS: usize = 1 << 20;
/// The flag of a matrix with an imaginary part.
const COMPLEX: u32 = 0x800;
/// Dimensions of an array.
const MOST_DIMENSIONS: usize = 32;

pub(super) const MATRIX: u32 = 14;
pub(super) const COMPRESSED: u32 = 15;

/// The bytes that elements are read from.
#[derive(Debug, Clone)]
pub(super) struct Elements {
    bytes: Arc<Vec<u8>>,
    big_endian: bool,
}

/// One element: its type, and where its data are.
#[derive(Debug, Clone, Copy)]
struct Element {
    kind: u32,
    start: usize,
    len: usize,
    /// Where the next element starts.
    next: usize,
}

/// What a matrix says before its values.
#[derive(Debug, Clone)]
pub(super) struct Heading {
    pub name: String,
    pub class: u8,
    is_complex: bool,
    pub shape: Vec<usize>,
    /// Where what follows the name starts.
    body: usize,
}

type Result<T> = std::result::Result<T, String>;

impl Elements {
    pub(super) fn new(bytes: Vec<u8>, big_endian: bool) -> Self {
        Self { bytes: Arc::new(bytes), big_endian }
    }

    /// The name and the value of the matrix that the bytes start with.
    pub(super) fn matrix(&self) -> Result<(String, Value)> {
        let element = self.element(0, self.bytes.len())?;
        if element.kind != MATRIX {
            return Err(format!("an element of type {} where a matrix belongs", element.kind));
        }
        self.read(element, MOST_DEPTH, &mut { MOST_PARTS })
    }

    /// Name, class and shape of the matrix whose first bytes these are.
    pub(super) fn heading(&self) -> Result<Heading> {
        self.heading_at(8, self.bytes.len())
    }

    fn word(&self, at: usize) -> Option<u32> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn element(&self, at: usize, end: usize) -> Result<Element> {
        let cut = || format!("an element at byte {at} is not whole");
        let first = self.word(at).filter(|_| at + 8 <= end).ok_or_else(cut)?;
        // A small element has its length in the upper half of the type, and its data in the tag.
        let (kind, len, start, next) = match first >> 16 {
            0 => {
                let len = self.word(at + 4).ok_or_else(cut)? as usize;
                let padded = len.checked_next_multiple_of(8).ok_or_else(cut)?;
                (first, len, at + 8, (at + 8).saturating_add(padded))
            }
            len => (first & 0xFFFF, (len as usize).min(4), at + 4, at + 8),
        };
        if start.saturating_add(len) > end {
            return Err(cut());
        }
        // The last padding may be missing.
        Ok(Element { kind, start, len, next: next.min(end) })
    }

    fn heading_at(&self, start: usize, end: usize) -> Result<Heading> {
        let flags = self.element(start, end)?;
        let word = self.word(flags.start).ok_or("no array flags")?;
        let (class, is_complex) = (word as u8, word & COMPLEX != 0);
        if flags.kind != 6 || flags.len != 8 {
            return Err(format!("no array flags at byte {start}"));
        }
        // Opaque objects have no shape.
        if class == 17 {
            let (name, shape) = (String::new(), Vec::new());
            return Ok(Heading { name, class, is_complex, shape, body: flags.next });
        }
        let shape = self.element(flags.next, end)?;
        let sizes = self.numbers(shape, vec![shape.len / 4])?;
        let sizes: Vec<usize> = sizes.numbers().iter().map(|&size| size as usize).collect();
        if sizes.len() > MOST_DIMENSIONS {
            return Err(format!("an array of {} dimensions", sizes.len()));
        }
        let name = self.element(shape.next, end)?;
        let (name, body) = (self.latin(name), name.next);
        Ok(Heading { name, class, is_complex, shape: sizes, body })
    }

    fn read(&self, element: Element, depth: usize, parts: &mut usize) -> Result<(String, Value)> {
        let end = element.start + element.len;
        let Some(left) = parts.checked_sub(1) else {
            return Err(format!("more than {MOST_PARTS} cells and fields"));
        };
        *parts = left;
        if element.len == 0 {
            return Ok((String::new(), Value::Cells(Vec::new())));
        }
        let Some(depth) = depth.checked_sub(1) else {
            return Err("cells and structs too deep in each other".to_owned());
        };
        let heading = self.heading_at(element.start, end)?;
        let Heading { name, class, is_complex, shape, mut body } = heading;
        let count = shape.iter().try_fold(1_usize, |count, &size| count.checked_mul(size));
        let count = count.ok_or_else(|| format!("variable {name:?} is larger than memory"))?;
        let value = match class {
            1 => {
                let mut cells = Vec::new();
                for _ in 0..count {
                    let cell = self.element(body, end)?;
                    cells.push(self.read(cell, depth, parts)?.1);
                    body = cell.next;
                }
                Value::Cells(cells)
            }
            2 => Value::Struct(self.fields(body, end, count, (depth, parts))?),
            6..=15 if is_complex => Value::Other("matrix of complex numbers"),
            3 => {
                // An object is a struct behind the name of its class.
                let class = self.element(body, end)?;
                Value::Struct(self.fields(class.next, end, count, (depth, parts))?)
            }
            4 => Value::Text(self.rows(self.element(body, end)?, &shape)?),
            6..=15 => {
                let real = self.element(body, end)?;
                Value::Numbers(self.numbers(real, shape)?)
            }
            5 => Value::Other("sparse matrix"),
            16 => Value::Other("function handle"),
            _ => Value::Other("object"),
        };
        Ok((name, value))
    }

    fn fields(
        &self,
        at: usize,
        end: usize,
        count: usize,
        (depth, parts): (usize, &mut usize),
    ) -> Result<Vec<(String, Vec<Value>)>> {
        let width = self.element(at, end)?;
        let wide = self.word(width.start).unwrap_or(0) as usize;
        let names = self.element(width.next, end)?;
        if wide == 0 && names.len > 0 {
            return Err("a struct whose field names have no length".to_owned());
        }
        let raw = self.bytes.get(names.start..names.start + names.len).unwrap_or(&[]);
        let mut fields: Vec<(String, Vec<Value>)> =
            raw.chunks(wide.max(1)).map(|name| (latin(name), Vec::new())).collect();
        let mut at = names.next;
        if fields.is_empty() {
            return Ok(fields);
        }
        for _ in 0..count {
            for (_, values) in &mut fields {
                let element = self.element(at, end)?;
                values.push(self.read(element, depth, parts)?.1);
                at = element.next;
            }
        }
        Ok(fields)
    }

    fn numbers(&self, element: Element, shape: Vec<usize>) -> Result<Array> {
        let number = match element.kind {
            1 => Number::I8,
            2 => Number::U8,
            3 => Number::I16,
            4 => Number::U16,
            5 => Number::I32,
            6 => Number::U32,
            7 => Number::F32,
            9 => Number::F64,
            12 => Number::I64,
            13 => Number::U64,
            other => return Err(format!("numbers of type {other}")),
        };
        let storage = Storage { number, big_endian: self.big_endian, fortran: true };
        let values = element.len / number.bytes();
        let array = Array::new(shape, storage, Arc::clone(&self.bytes), element.start);
        array.filter(|array| array.len() <= values).ok_or_else(|| {
            format!("{values} values at byte {} are fewer than their array has", element.start)
        })
    }

    /// The rows of a char array, which lies column after column.
    fn rows(&self, element: Element, shape: &[usize]) -> Result<Vec<String>> {
        let bytes = self.bytes.get(element.start..element.start + element.len).unwrap_or(&[]);
        let rows = shape.first().copied().unwrap_or(0);
        let letters: Vec<char> = match element.kind {
            4 | 17 => {
                let pairs = bytes.as_chunks::<2>().0.iter();
                let units = pairs.map(|&pair| match self.big_endian {
                    true => u16::from_be_bytes(pair),
                    false => u16::from_le_bytes(pair),
                });
                char::decode_utf16(units).map(|letter| letter.unwrap_or('\u{FFFD}')).collect()
            }
            1 | 2 | 16 => match std::str::from_utf8(bytes) {
                Ok(text) => text.chars().collect(),
                Err(_) => latin(bytes).chars().collect(),
            },
            other => return Err(format!("text of type {other}")),
        };
        if rows == 0 || letters.is_empty() {
            return Ok(Vec::new());
        }
        if rows > letters.len() {
            return Err(format!("{rows} rows of text in {} characters", letters.len()));
        }
        let row = |row: usize| letters.iter().skip(row).step_by(rows).collect();
        Ok((0..rows).map(row).collect())
    }

    fn latin(&self, element: Element) -> String {
        latin(self.bytes.get(element.start..element.start + element.len).unwrap_or(&[]))
    }
}

/// Text of one byte a letter, up to the first NUL.
fn latin(bytes: &[u8]) -> String {
    bytes.iter().take_while(|&&byte| byte != 0).copied().map(char::from).collect()
}
