//! Sample types and their conversion.

use crate::signal::Quantization;

/// How one sample is stored, little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SampleType {
    I8,
    U8,
    I16,
    U16,
    I24,
    U24,
    I32,
    U32,
    I64,
    U64,
    F32,
    F64,
}

impl SampleType {
    /// The type of a code of the channel header: 255 or 511 plus the bits for the odd widths.
    pub(super) fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            1 => Self::I8,
            2 => Self::U8,
            3 => Self::I16,
            4 => Self::U16,
            5 => Self::I32,
            6 => Self::U32,
            7 => Self::I64,
            8 => Self::U64,
            16 => Self::F32,
            17 => Self::F64,
            279 => Self::I24,
            535 => Self::U24,
            _ => return None,
        })
    }

    /// Bytes of one sample.
    pub(super) fn size(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::I24 | Self::U24 => 3,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
        }
    }

    pub(super) fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }

    /// Bits of the smallest two's complement count that holds every value: 8, 16, 24 or 32;
    /// `None` past 32 bits and for floating point.
    pub(super) fn count_bits(self) -> Option<u8> {
        match self {
            Self::I8 => Some(8),
            Self::U8 | Self::I16 => Some(16),
            Self::U16 | Self::I24 => Some(24),
            Self::U24 | Self::I32 => Some(32),
            Self::U32 | Self::I64 | Self::U64 | Self::F32 | Self::F64 => None,
        }
    }

    /// Converts as many samples as `bytes` and `out` both hold. Counts of up to 32 bits become what
    /// [`Quantization::sample`] makes of them.
    pub(super) fn decode(self, bytes: &[u8], scale: f64, offset: f64, out: &mut [f32]) {
        let to = |value: f64| (value * scale + offset) as f32;
        let (bits, scale, offset) = (32, scale as f32, offset as f32);
        let grid = |count: i32| Quantization { bits, scale, offset }.sample(count);
        match self {
            Self::I8 => fill(bytes, out, |[a]| grid(i32::from(a as i8))),
            Self::U8 => fill(bytes, out, |[a]| grid(i32::from(a))),
            Self::I16 => fill(bytes, out, |b| grid(i32::from(i16::from_le_bytes(b)))),
            Self::U16 => fill(bytes, out, |b| grid(i32::from(u16::from_le_bytes(b)))),
            Self::I24 => {
                fill(bytes, out, |[a, b, c]| grid(i32::from_le_bytes([0, a, b, c]) >> 8));
            }
            Self::U24 => {
                fill(bytes, out, |[a, b, c]| grid(i32::from_le_bytes([a, b, c, 0])));
            }
            Self::I32 => fill(bytes, out, |b| grid(i32::from_le_bytes(b))),
            Self::U32 => fill(bytes, out, |b| to(f64::from(u32::from_le_bytes(b)))),
            Self::I64 => fill(bytes, out, |b| to(i64::from_le_bytes(b) as f64)),
            Self::U64 => fill(bytes, out, |b| to(u64::from_le_bytes(b) as f64)),
            Self::F32 => fill(bytes, out, |b| to(f64::from(f32::from_le_bytes(b)))),
            Self::F64 => fill(bytes, out, |b| to(f64::from_le_bytes(b))),
        }
    }
}

fn fill<const N: usize>(bytes: &[u8], out: &mut [f32], convert: impl Fn([u8; N]) -> f32) {
    for (sample, out) in bytes.as_chunks::<N>().0.iter().zip(out) {
        *out = convert(*sample);
    }
}
