//! The variables of a file: which there are, and one by one what they hold.

use std::io::Read;

use flate2::read::ZlibDecoder;

use super::NAME;
use super::element::{COMPRESSED, Elements, Heading, MATRIX};
use super::value::Value;
use crate::formats::reader::Source;
use crate::formats::{FormatError, Warning};

const HEADER_BYTES: u64 = 128;
/// Enough of a variable for its name and its shape.
const HEADING_BYTES: u64 = 1024;
/// What a packed variable may grow to: a hundred times its size, and this.
const MOST_GROWTH: u64 = 100;
const ALLOWANCE_BYTES: u64 = 64 << 20;
/// Elements of a file that are looked at: an empty one takes 8 bytes in a file, many more in memory.
const MOST_ELEMENTS: usize = 1 << 16;
/// Types of elements that there are: 1 up to this.
const MOST_KIND: u32 = 18;

/// A variable and where it is.
#[derive(Debug, Clone)]
pub(super) struct Variable {
    pub heading: Heading,
    start: u64,
    len: u64,
    packed: bool,
}

/// A file whose variables are known, not yet what they hold.
#[derive(Debug)]
pub(super) struct Variables {
    pub list: Vec<Variable>,
    pub warnings: Vec<Warning>,
    big_endian: bool,
}

impl Variables {
    pub(super) fn find(source: &mut Source<'_>) -> Result<Self, FormatError> {
        let header = source.bytes(0, HEADER_BYTES)?;
        let Some(&[.., a, b]) = header.first_chunk::<128>() else {
            return Err(FormatError::Truncated {
                format: NAME,
                place: "the header",
                len: source.len,
                needed: HEADER_BYTES,
            });
        };
        let big_endian = match (a, b) {
            (b'I', b'M') => false,
            (b'M', b'I') => true,
            _ => {
                return Err(FormatError::Malformed {
                    format: NAME,
                    offset: 126,
                    found: format!("the bytes {a:02x} {b:02x}"),
                    expected: "IM or MI".to_owned(),
                });
            }
        };
        let mut variables = Self { list: Vec::new(), warnings: Vec::new(), big_endian };
        let mut at = HEADER_BYTES;
        for _ in 0..MOST_ELEMENTS {
            if at + 8 > source.len {
                return Ok(variables);
            }
            at = variables.note(source, at)?;
        }
        if at + 8 <= source.len {
            let message = format!("there are more than {MOST_ELEMENTS} elements; left out");
            variables.warnings.push(Warning::new(format!("byte {at}"), message));
        }
        Ok(variables)
    }

    /// Takes note of the element at a byte, and gives the place of the next.
    fn note(&mut self, source: &mut Source<'_>, at: u64) -> Result<u64, FormatError> {
        let tag = source.bytes(at, 8)?;
        let word = |bytes: [u8; 4]| match self.big_endian {
            true => u32::from_be_bytes(bytes),
            false => u32::from_le_bytes(bytes),
        };
        let Some((kind, len)) = tag.split_first_chunk::<4>() else { return Ok(source.len) };
        let kind = word(*kind);
        let len = u64::from(len.first_chunk().map_or(0, |len| word(*len)));
        let (start, next) = (at + 8, (at + 8).saturating_add(len));
        let place = format!("byte {at}");
        if !(1..=MOST_KIND).contains(&kind) {
            let rest = source.len - at;
            let message =
                format!("no variable starts here; the {rest} bytes to the end are left out");
            self.warnings.push(Warning::new(place, message));
            return Ok(source.len);
        }
        if next > source.len {
            let there = source.len - start;
            let message = format!("a variable of {len} bytes is cut off after {there}; left out");
            self.warnings.push(Warning::new(place, message));
            return Ok(source.len);
        }
        let packed = kind == COMPRESSED;
        if kind != MATRIX && !packed {
            let message = format!("an element of type {kind}, not a variable; left out");
            self.warnings.push(Warning::new(place, message));
            return Ok(next.next_multiple_of(8));
        }
        let mut heading = Vec::new();
        if packed {
            let bytes = source.bytes(start, len.min(HEADING_BYTES))?;
            // What is cut off here need not be whole.
            let _ =
                ZlibDecoder::new(bytes.as_slice()).take(HEADING_BYTES).read_to_end(&mut heading);
        } else {
            heading = source.bytes(at, HEADING_BYTES.min(len + 8))?;
        }
        match Elements::new(heading, self.big_endian).heading() {
            Ok(heading) => self.list.push(Variable { heading, start, len, packed }),
            Err(problem) => {
                self.warnings
                    .push(Warning::new(place, format!("{problem}; the variable is left out")));
            }
        }
        // Packed variables follow each other without padding.
        Ok(if packed { next } else { next.next_multiple_of(8) })
    }

    /// The first variable of this name.
    pub(super) fn named(&self, name: &str) -> Option<&Variable> {
        self.list.iter().find(|variable| variable.heading.name == name)
    }

    /// What a variable holds.
    pub(super) fn load(
        &self,
        source: &mut Source<'_>,
        variable: &Variable,
    ) -> Result<Value, FormatError> {
        let Variable { heading, start, len, packed } = variable;
        let malformed = |found: String| FormatError::Malformed {
            format: NAME,
            offset: *start,
            found: format!("variable {:?}: {found}", heading.name),
            expected: "a whole variable".to_owned(),
        };
        let bytes = if *packed {
            self.unpack(source, *start, *len).map_err(malformed)?
        } else {
            source.bytes(start - 8, len + 8)?
        };
        let (_, value) = Elements::new(bytes, self.big_endian).matrix().map_err(malformed)?;
        Ok(value)
    }

    fn unpack(&self, source: &mut Source<'_>, start: u64, len: u64) -> Result<Vec<u8>, String> {
        let packed = source.bytes(start, len).map_err(|error| error.to_string())?;
        let most = len.saturating_mul(MOST_GROWTH).saturating_add(ALLOWANCE_BYTES);
        let mut bytes = Vec::new();
        let mut unpacking = ZlibDecoder::new(packed.as_slice()).take(most + 1);
        unpacking
            .read_to_end(&mut bytes)
            .map_err(|error| format!("it can't be unpacked: {error}"))?;
        if bytes.len() as u64 > most {
            return Err(format!("more than {most} bytes packed in {len}"));
        }
        Ok(bytes)
    }
}
