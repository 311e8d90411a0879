//! The loops of `packing`, eight values a step, where the processor has vectors for that. Rows that
//! do not divide into eights end with a step over their last eight values.

use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, f32x8, f64x4, i32x8, mask64x4, u8x16, u8x32};

use super::packing::{self, Encoding};
use crate::signal::{Epoch, Quantization};

/// Values a step.
const LANES: usize = 8;

/// Runs an expression with the token of the vectors at hand; `None` where there are none.
macro_rules! with_vectors {
    ($simd:ident => $work:expr) => {{
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        let token = Level::new().as_avx2();
        #[cfg(target_arch = "aarch64")]
        let token = Level::new().as_neon();
        #[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
        let token: Option<fearless_simd::Fallback> = None;
        token.map(|$simd| {
            $simd.vectorize(
                #[inline(always)]
                || $work,
            )
        })
    }};
}

/// Writes the samples of all rows, `len` each, as `packing::unpack` does; `None` where it can't.
#[inline]
pub(super) fn unpack_rows(
    encoding: Encoding,
    len: usize,
    scale: impl Fn(usize) -> Quantization,
    bytes: &[u8],
    out: &mut [f32],
) -> Option<()> {
    if len < LANES {
        return None;
    }
    match encoding {
        Encoding::I16 => with_vectors!(simd => {
            unpack(len, scale, bytes, out, |q, group| scaled(simd, q, counts_i16(simd, group)));
        }),
        Encoding::I24 => with_vectors!(simd => {
            unpack(len, scale, bytes, out, |q, group| scaled(simd, q, counts_i24(simd, group)));
        }),
        Encoding::I32 => with_vectors!(simd => {
            unpack(len, scale, bytes, out, |q, group| scaled(simd, q, counts_i32(simd, group)));
        }),
        Encoding::F32 => None,
    }
}

/// Steps through all rows; `BYTES` is what eight values take.
#[inline(always)]
fn unpack<S: Simd, const BYTES: usize>(
    len: usize,
    scale: impl Fn(usize) -> Quantization,
    bytes: &[u8],
    out: &mut [f32],
    samples: impl Fn(&Quantization, &[u8; BYTES]) -> f32x8<S>,
) {
    let rows = bytes.chunks_exact(len * BYTES / LANES).zip(out.chunks_exact_mut(len));
    for (channel, (bytes, out)) in rows.enumerate() {
        let q = scale(channel);
        let groups = bytes.as_chunks().0.iter().zip(out.as_chunks_mut::<LANES>().0);
        for (group, out) in groups {
            samples(&q, group).store_slice(out);
        }
        if let (Some(group), Some(out)) = (bytes.last_chunk(), out.last_chunk_mut::<LANES>()) {
            samples(&q, group).store_slice(out);
        }
    }
}

#[inline(always)]
fn scaled<S: Simd>(simd: S, q: &Quantization, counts: i32x8<S>) -> f32x8<S> {
    let value: f32x8<S> = counts.to_float();
    value * f32x8::splat(simd, q.scale) + f32x8::splat(simd, q.offset)
}

#[inline(always)]
fn counts_i16<S: Simd>(simd: S, group: &[u8; 2 * LANES]) -> i32x8<S> {
    // Each to the upper half of its lane, from where the shift brings it down with its sign.
    #[rustfmt::skip]
    let places = u8x32::from_slice(simd, &[
        0, 0, 0, 1, 0, 0, 2, 3, 0, 0, 4, 5, 0, 0, 6, 7,
        0, 0, 8, 9, 0, 0, 10, 11, 0, 0, 12, 13, 0, 0, 14, 15,
    ]);
    let bytes = u8x16::from_slice(simd, group);
    let raised: i32x8<S> = bytes.combine(bytes).swizzle_dyn_within_blocks(places).bitcast();
    raised >> 16
}

#[inline(always)]
fn counts_i24<S: Simd>(simd: S, group: &[u8; 3 * LANES]) -> i32x8<S> {
    // Each to the upper three bytes of its lane; the second half starts four bytes into its load.
    #[rustfmt::skip]
    let places = u8x32::from_slice(simd, &[
        0, 0, 1, 2, 0, 3, 4, 5, 0, 6, 7, 8, 0, 9, 10, 11,
        0, 4, 5, 6, 0, 7, 8, 9, 0, 10, 11, 12, 0, 13, 14, 15,
    ]);
    let low = u8x16::from_slice(simd, &group[..16]);
    let high = u8x16::from_slice(simd, &group[8..]);
    let raised: i32x8<S> = low.combine(high).swizzle_dyn_within_blocks(places).bitcast();
    raised >> 8
}

#[inline(always)]
fn counts_i32<S: Simd>(simd: S, group: &[u8; 4 * LANES]) -> i32x8<S> {
    u8x32::from_slice(simd, group).bitcast()
}

/// Appends the nearest counts of all rows, as `packing::pack_rows` does, and says whether all of them
/// fit; `None` where it can't.
#[inline]
pub(super) fn pack_rows(
    encoding: Encoding,
    scale: impl Fn(usize) -> Quantization,
    chunk: Epoch<'_, f32>,
    out: &mut Vec<u8>,
) -> Option<bool> {
    if chunk.len() < LANES || chunk.channels() == 0 {
        return None;
    }
    match encoding {
        Encoding::I16 => with_vectors!(simd => pack::<_, 2>(simd, encoding, scale, chunk, out)),
        Encoding::I24 => with_vectors!(simd => pack::<_, 3>(simd, encoding, scale, chunk, out)),
        Encoding::I32 => with_vectors!(simd => pack::<_, 4>(simd, encoding, scale, chunk, out)),
        Encoding::F32 => None,
    }
}

#[inline(always)]
fn pack<S: Simd, const WIDTH: usize>(
    simd: S,
    encoding: Encoding,
    scale: impl Fn(usize) -> Quantization,
    chunk: Epoch<'_, f32>,
    out: &mut Vec<u8>,
) -> bool {
    let (start, row_bytes) = (out.len(), chunk.len() * WIDTH);
    let end = start + chunk.channels() * row_bytes;
    // A step writes 32 bytes, of which the last may be none of its own.
    out.resize(end + (4 - WIDTH) * LANES, 0);
    let mut all_fit = mask64x4::splat(simd, true);
    // A division a row is worth saving where rows are short.
    let mut last = scale(0);
    let mut scaler = Scaler::new(simd, encoding, &last);
    for (channel, row) in chunk.rows().enumerate() {
        let q = scale(channel);
        if q != last {
            (scaler, last) = (Scaler::new(simd, encoding, &q), q);
        }
        let bytes = out.get_mut(start + channel * row_bytes..).unwrap_or_default();
        for (group, samples) in row.as_chunks().0.iter().enumerate() {
            let (counts, fit) = scaler.counts(simd, samples);
            all_fit &= fit;
            store::<S, WIDTH>(simd, counts, bytes, group * LANES);
        }
        if let Some(samples) = row.last_chunk() {
            let (counts, fit) = scaler.counts(simd, samples);
            all_fit &= fit;
            store::<S, WIDTH>(simd, counts, bytes, row.len() - LANES);
        }
    }
    out.truncate(end);
    all_fit.all_true()
}

/// Writes counts from place `at` of a row on.
#[inline(always)]
fn store<S: Simd, const WIDTH: usize>(simd: S, counts: i32x8<S>, row: &mut [u8], at: usize) {
    let places = u8x32::from_slice(simd, &low_bytes::<WIDTH>());
    let bytes: u8x32<S> = counts.bitcast();
    let (low, high) = bytes.swizzle_dyn_within_blocks(places).split();
    if let Some(out) = row.get_mut(at * WIDTH..).and_then(|out| out.first_chunk_mut::<32>()) {
        low.store_slice(&mut out[..16]);
        high.store_slice(&mut out[4 * WIDTH..4 * WIDTH + 16]);
    }
}

/// Within each 16 bytes, the low bytes of four lanes.
const fn low_bytes<const WIDTH: usize>() -> [u8; 32] {
    let mut places = [0; 32];
    let mut i = 0;
    while i < 4 * WIDTH {
        let place = (i / WIDTH * 4 + i % WIDTH) as u8;
        places[i] = place;
        places[16 + i] = place;
        i += 1;
    }
    places
}

/// From samples to the nearest counts.
struct Scaler<S: Simd> {
    per_unit: f64x4<S>,
    offset: f64x4<S>,
    push: f64x4<S>,
    /// The counts that fit lie between these.
    above: f64x4<S>,
    below: f64x4<S>,
}

impl<S: Simd> Scaler<S> {
    #[inline(always)]
    fn new(simd: S, encoding: Encoding, q: &Quantization) -> Self {
        let (above, below) = packing::bounds(encoding);
        Self {
            per_unit: f64x4::splat(simd, 1.0 / f64::from(q.scale)),
            offset: f64x4::splat(simd, f64::from(q.offset)),
            push: f64x4::splat(simd, packing::PUSH),
            above: f64x4::splat(simd, above),
            below: f64x4::splat(simd, below),
        }
    }

    #[inline(always)]
    fn counts(&self, simd: S, samples: &[f32; LANES]) -> (i32x8<S>, mask64x4<S>) {
        let (low, high) = f32x8::from_slice(simd, samples).widen();
        let low = (low - self.offset) * self.per_unit;
        let high = (high - self.offset) * self.per_unit;
        let fit = low.simd_gt(self.above)
            & low.simd_lt(self.below)
            & high.simd_gt(self.above)
            & high.simd_lt(self.below);
        let low: i32x8<S> = (low + self.push).bitcast();
        let high: i32x8<S> = (high + self.push).bitcast();
        (low.unzip_low(high), fit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTEGERS: [Encoding; 3] = [Encoding::I16, Encoding::I24, Encoding::I32];

    fn noise(len: usize) -> impl Iterator<Item = u8> {
        (0..len as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 23) as u8)
    }

    fn scale(channel: usize) -> Quantization {
        let [scale, offset] = [[0.1, 0.0], [-0.022_351_744, 3.5], [1e-3, -1e6]][channel % 3];
        Quantization { bits: 32, scale, offset }
    }

    #[test]
    fn samples_are_those_of_the_plain_loops() {
        for encoding in INTEGERS {
            for len in LANES..40 {
                let bytes: Vec<u8> = noise(4 * len * encoding.bytes()).collect();
                let mut wide = vec![f32::NAN; 4 * len];
                if unpack_rows(encoding, len, scale, &bytes, &mut wide).is_none() {
                    return;
                }
                let mut plain = vec![0.0; len];
                let rows = bytes.chunks(len * encoding.bytes()).zip(wide.chunks(len));
                for (channel, (bytes, row)) in rows.enumerate() {
                    packing::unpack(encoding, &scale(channel), bytes, &mut plain);
                    assert_eq!(row, plain, "{encoding:?} {len} {channel}");
                }
            }
        }
    }

    #[test]
    fn counts_are_those_of_the_plain_loops() {
        for encoding in INTEGERS {
            for len in LANES..40 {
                let counts = noise(3 * len).map(|byte| f32::from(byte) * 257.3 - 32_768.0);
                let samples: Vec<f32> = counts
                    .enumerate()
                    .map(|(i, count)| count * scale(i / len).scale + scale(i / len).offset)
                    .collect();
                let chunk = Epoch::from_planar(&samples, 3).unwrap();
                let mut wide = vec![1, 2, 3];
                let Some(all_fit) = pack_rows(encoding, scale, chunk, &mut wide) else { return };
                let mut plain = vec![1, 2, 3];
                let packed = (0..3).try_for_each(|channel| {
                    packing::pack(encoding, &scale(channel), chunk.channel(channel), &mut plain)
                });
                assert_eq!(all_fit, packed.is_ok(), "{encoding:?} {len}");
                if all_fit {
                    assert_eq!(wide, plain, "{encoding:?} {len}");
                }
            }
        }
    }

    #[test]
    fn a_sample_that_does_not_fit_is_noticed_wherever_it_is() {
        let unit = |_| Quantization { bits: 32, scale: 1.0, offset: 0.0 };
        for (encoding, over) in [(Encoding::I16, 32_768.0), (Encoding::I24, -8_388_609.0)] {
            for bad in [over, f32::NAN, f32::INFINITY] {
                for place in 0..21 {
                    let mut samples = [1.0; 21];
                    let fits = |samples: &[f32]| {
                        let chunk = Epoch::from_planar(samples, 1).unwrap();
                        pack_rows(encoding, unit, chunk, &mut Vec::new())
                    };
                    assert_ne!(fits(&samples), Some(false));
                    samples[place] = bad;
                    assert_ne!(fits(&samples), Some(true), "{encoding:?} {bad} {place}");
                }
            }
        }
    }
}
