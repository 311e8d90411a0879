//! Rows of samples to bytes and back: the loops everything waits for.
//!
//! Each row is one channel. Counts become samples as `count · scale + offset` in `f32`, as
//! [`Quantization::sample`] says.

use crate::signal::{Epoch, Quantization};

/// Rows shorter than this are taken for one where all have the same scale.
const SHORT_ROW: usize = 16;

/// How a samples frame stores its values. All are little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// 16-bit counts.
    I16,
    /// 24-bit counts, packed in three bytes.
    I24,
    /// 32-bit counts. Counts beyond 24 bits are rounded when they become `f32`.
    I32,
    /// The samples themselves, bit for bit.
    F32,
}

impl Encoding {
    /// The number in the payload.
    pub fn code(self) -> u8 {
        match self {
            Encoding::I16 => 1,
            Encoding::I24 => 2,
            Encoding::I32 => 3,
            Encoding::F32 => 4,
        }
    }

    /// The encoding of a number, if this version knows it.
    pub fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Encoding::I16),
            2 => Some(Encoding::I24),
            3 => Some(Encoding::I32),
            4 => Some(Encoding::F32),
            _ => None,
        }
    }

    /// Bytes a value.
    pub fn bytes(self) -> usize {
        match self {
            Encoding::I16 => 2,
            Encoding::I24 => 3,
            Encoding::I32 | Encoding::F32 => 4,
        }
    }

    /// Name for people.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::I16 => "i16",
            Encoding::I24 => "i24",
            Encoding::I32 => "i32",
            Encoding::F32 => "f32",
        }
    }
}

/// Writes the samples of all rows, `len` each, one after the other; `bytes` is exactly as long as
/// `out` needs.
pub(super) fn unpack_rows(
    encoding: Encoding,
    len: usize,
    scale: impl Fn(usize) -> Quantization,
    bytes: &[u8],
    out: &mut [f32],
) {
    if len == 0 {
        return;
    }
    let channels = out.len() / len;
    if len < SHORT_ROW && channels > 1 && (1..channels).all(|c| scale(c) == scale(0)) {
        let (len, q) = (out.len(), scale(0));
        return unpack_each(encoding, len, |_| q, bytes, out);
    }
    unpack_each(encoding, len, scale, bytes, out);
}

#[inline]
fn unpack_each(
    encoding: Encoding,
    len: usize,
    scale: impl Fn(usize) -> Quantization,
    bytes: &[u8],
    out: &mut [f32],
) {
    #[cfg(feature = "simd")]
    if super::wide::unpack_rows(encoding, len, &scale, bytes, out).is_some() {
        return;
    }
    let rows = bytes.chunks_exact(len * encoding.bytes()).zip(out.chunks_exact_mut(len));
    for (channel, (bytes, out)) in rows.enumerate() {
        unpack(encoding, &scale(channel), bytes, out);
    }
}

/// As [`unpack_rows`], of one row. What is longer than the other, `bytes` or `out`, is left.
#[cfg(feature = "formats")]
pub(crate) fn unpack_row(encoding: Encoding, q: Quantization, bytes: &[u8], out: &mut [f32]) {
    let len = out.len().min(bytes.len() / encoding.bytes());
    if let (Some(bytes), Some(out)) = (bytes.get(..len * encoding.bytes()), out.get_mut(..len)) {
        unpack_rows(encoding, len, |_| q, bytes, out);
    }
}

/// Writes the samples of one row; `bytes` is exactly as long as `out` needs.
pub(super) fn unpack(encoding: Encoding, q: &Quantization, bytes: &[u8], out: &mut [f32]) {
    match encoding {
        Encoding::I16 => {
            for (sample, &bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
                *sample = f32::from(i16::from_le_bytes(bytes)) * q.scale + q.offset;
            }
        }
        Encoding::I24 => unpack_i24(q, bytes, out),
        Encoding::I32 => {
            for (sample, &bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
                *sample = i32::from_le_bytes(bytes) as f32 * q.scale + q.offset;
            }
        }
        Encoding::F32 => {
            for (sample, &bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
                *sample = f32::from_le_bytes(bytes);
            }
        }
    }
}

/// Eight values are 24 bytes. Each is the upper three bytes of a word, which a shift brings down; the
/// first has no byte before it and is brought up to there.
fn unpack_i24(q: &Quantization, bytes: &[u8], out: &mut [f32]) {
    let (groups, rest) = bytes.as_chunks::<24>();
    let (samples, last_samples) = out.as_chunks_mut::<8>();
    for (group, samples) in groups.iter().zip(samples) {
        let word =
            |i: usize| i32::from_le_bytes([group[i], group[i + 1], group[i + 2], group[i + 3]]);
        let raised =
            [word(0) << 8, word(2), word(5), word(8), word(11), word(14), word(17), word(20)];
        for (sample, value) in samples.iter_mut().zip(raised) {
            *sample = (value >> 8) as f32 * q.scale + q.offset;
        }
    }
    for (sample, &bytes) in last_samples.iter_mut().zip(rest.as_chunks().0) {
        *sample = count_i24(bytes) as f32 * q.scale + q.offset;
    }
}

fn count_i24([low, middle, high]: [u8; 3]) -> i32 {
    i32::from_le_bytes([0, low, middle, high]) >> 8
}

/// Writes the counts of one row as they are stored; `false` where the row holds no counts.
pub(super) fn unpack_counts(encoding: Encoding, bytes: &[u8], out: &mut [i32]) -> bool {
    match encoding {
        Encoding::I16 => {
            for (count, &bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
                *count = i32::from(i16::from_le_bytes(bytes));
            }
        }
        Encoding::I24 => {
            for (count, &bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
                *count = count_i24(bytes);
            }
        }
        Encoding::I32 => {
            for (count, &bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
                *count = i32::from_le_bytes(bytes);
            }
        }
        Encoding::F32 => return false,
    }
    true
}

/// Appends all rows of samples. Counts are the nearest ones, halves to even.
///
/// `Err` is the channel and the place of the first sample that does not fit; what was appended is
/// then of no use.
pub(super) fn pack_rows(
    encoding: Encoding,
    scale: impl Fn(usize) -> Quantization,
    chunk: Epoch<'_, f32>,
    out: &mut Vec<u8>,
) -> Result<(), (usize, usize)> {
    if encoding == Encoding::F32 {
        chunk.rows().for_each(|row| append_low_bytes::<_, 4>(row, out, f32::to_bits));
        return Ok(());
    }
    #[cfg(feature = "simd")]
    if super::wide::pack_rows(encoding, &scale, chunk, out) == Some(true) {
        return Ok(());
    }
    for (channel, row) in chunk.rows().enumerate() {
        pack(encoding, &scale(channel), row, out).map_err(|sample| (channel, sample))?;
    }
    Ok(())
}

pub(super) fn pack(
    encoding: Encoding,
    q: &Quantization,
    samples: &[f32],
    out: &mut Vec<u8>,
) -> Result<(), usize> {
    let (above, below) = bounds(encoding);
    let (per_unit, offset) = (1.0 / f64::from(q.scale), f64::from(q.offset));
    let scaled = |sample: f32| (f64::from(sample) - offset) * per_unit;
    let fits = |value: f64| value > above && value < below;
    let mut all_fit = true;
    append_counts(encoding, samples, out, |sample| {
        let value = scaled(sample);
        all_fit &= fits(value);
        nearest(value)
    });
    if all_fit {
        return Ok(());
    }
    Err(samples.iter().position(|&sample| !fits(scaled(sample))).unwrap_or(0))
}

/// Appends one row of counts; `Err` is the place of the first that does not fit.
pub(super) fn pack_counts(
    encoding: Encoding,
    counts: &[i32],
    out: &mut Vec<u8>,
) -> Result<(), usize> {
    let (lowest, highest) = count_range(encoding);
    if let Some(place) = counts.iter().position(|&count| count < lowest || count > highest) {
        return Err(place);
    }
    append_counts(encoding, counts, out, |count| count);
    Ok(())
}

fn append_counts<T: Copy>(
    encoding: Encoding,
    row: &[T],
    out: &mut Vec<u8>,
    mut count: impl FnMut(T) -> i32,
) {
    let count = |value| count(value) as u32;
    match encoding {
        Encoding::I16 => append_low_bytes::<T, 2>(row, out, count),
        Encoding::I24 => append_low_bytes::<T, 3>(row, out, count),
        Encoding::I32 | Encoding::F32 => append_low_bytes::<T, 4>(row, out, count),
    }
}

fn append_low_bytes<T: Copy, const BYTES: usize>(
    row: &[T],
    out: &mut Vec<u8>,
    mut count: impl FnMut(T) -> u32,
) {
    let start = out.len();
    out.resize(start + row.len() * BYTES, 0);
    for (bytes, &value) in out[start..].as_chunks_mut::<BYTES>().0.iter_mut().zip(row) {
        bytes.copy_from_slice(&count(value).to_le_bytes()[..BYTES]);
    }
}

fn count_range(encoding: Encoding) -> (i32, i32) {
    let unused = 32 - 8 * encoding.bytes() as u32;
    (i32::MIN >> unused, i32::MAX >> unused)
}

/// The values between which counts fit, before they are rounded: half a count of slack, so that the
/// comparison can stay ahead of the rounding.
pub(super) fn bounds(encoding: Encoding) -> (f64, f64) {
    let (lowest, highest) = count_range(encoding);
    (f64::from(lowest) - 0.5, f64::from(highest) + 0.5)
}

/// Added to a value of up to 2³¹ it pushes the fraction out of the mantissa, and leaves the nearest
/// integer in the low bits: 1.5·2⁵².
pub(super) const PUSH: f64 = 6_755_399_441_055_744.0;

/// Nearest integer, halves to even, for magnitudes up to 2³¹. Unlike `round` it needs no call.
fn nearest(value: f64) -> i32 {
    (value + PUSH).to_bits() as u32 as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTEGERS: [Encoding; 3] = [Encoding::I16, Encoding::I24, Encoding::I32];

    fn unit() -> Quantization {
        Quantization { bits: 32, scale: 1.0, offset: 0.0 }
    }

    #[test]
    fn counts_lie_in_the_bytes_as_specified() {
        let mut out = Vec::new();
        pack_counts(Encoding::I24, &[1, -1, -8_388_608, 8_388_607, 0x123456], &mut out).unwrap();
        let expected = [1, 0, 0, 255, 255, 255, 0, 0, 128, 255, 255, 127, 0x56, 0x34, 0x12];
        assert_eq!(out, expected);
    }

    #[test]
    fn every_count_at_the_edges_comes_back() {
        for encoding in INTEGERS {
            let (lowest, highest) = count_range(encoding);
            let counts = [lowest, lowest + 1, -2, -1, 0, 1, 2, highest - 1, highest];
            let mut bytes = Vec::new();
            pack_counts(encoding, &counts, &mut bytes).unwrap();
            let mut back = [0; 9];
            assert!(unpack_counts(encoding, &bytes, &mut back));
            assert_eq!(back, counts);
            let mut samples = [0.0; 9];
            for scale in [1.0, -0.1, f32::MIN_POSITIVE, 1e-44] {
                let q = Quantization { bits: 32, scale, offset: 0.0 };
                unpack(encoding, &q, &bytes, &mut samples);
                assert_eq!(samples, counts.map(|count| q.sample(count)));
            }
        }
    }

    #[test]
    fn samples_out_of_range_are_named() {
        let mut out = Vec::new();
        for bad in [32768.0, -32769.0, f32::NAN, f32::INFINITY] {
            assert_eq!(pack(Encoding::I16, &unit(), &[0.0, 5.0, bad], &mut out), Err(2));
        }
        assert_eq!(pack_counts(Encoding::I24, &[0, 1 << 23], &mut out), Err(1));
        out.clear();
        pack(Encoding::I16, &unit(), &[32767.4, -32768.4], &mut out).unwrap();
        assert_eq!(out, [255, 127, 0, 128]);
    }

    #[test]
    fn nearest_is_round_half_even() {
        for value in [-2.5, -1.5, -0.5, 0.49, 0.5, 1.5, 2.4, 2.6, -8_388_608.0, 2_147_483_647.0] {
            assert_eq!(f64::from(nearest(value)), f64::round_ties_even(value));
        }
    }
}
