//! The values of numeric samples → planar `f32`, block by block.

use super::header::{Kind, Shape};
use super::raw::{Raw, Run};
use super::window::Window;
use crate::formats::unit::Scale;
use crate::formats::{FormatError, Options, memory};

/// Bytes of samples that are decoded channel by channel: few enough to stay in the cache.
const BLOCK_BYTES: u64 = 1 << 15;
/// Bytes between two reports of progress.
const REPORT_BYTES: u64 = 1 << 20;

/// A channel that is decoded.
#[derive(Debug)]
pub(super) struct Row {
    /// Its place among the channels of the file.
    pub channel: usize,
    pub scale: Scale,
    /// The largest difference that rounding to `f32` made.
    pub rounding: f64,
}

/// A stream that is decoded.
#[derive(Debug)]
pub(super) struct Table {
    pub rows: Vec<Row>,
    /// Samples a channel.
    pub len: usize,
    /// Rows × samples, planar.
    pub values: Vec<f32>,
    kind: Kind,
    row_bytes: u64,
    done: usize,
}

impl Table {
    /// An empty table for a numeric stream; every sample is in the file, so it takes at most four
    /// times the file's size.
    pub(super) fn new(raw: &Raw, rows: Vec<Row>) -> Result<Self, FormatError> {
        let row_bytes = match raw.header.shape() {
            Shape::Numbers { row_bytes } => row_bytes,
            Shape::Texts { .. } => 0,
        };
        let len = raw.stamps.len();
        // Memory that comes zeroed is got without a way to refuse.
        let total = memory::room_for_values((len as u64).saturating_mul(rows.len() as u64))?;
        let values = vec![0.0; total];
        Ok(Self { rows, len, values, kind: raw.header.kind, row_bytes, done: 0 })
    }

    /// The samples of a row.
    pub(super) fn row(&self, row: usize) -> &[f32] {
        self.values.get(row * self.len..(row + 1) * self.len).unwrap_or(&[])
    }

    /// Decodes `count` samples, the first at the start of `bytes`, the next `stride` bytes on.
    fn take(&mut self, bytes: &[u8], stride: usize, count: usize) {
        let size = self.kind.size() as usize;
        for (place, row) in self.rows.iter_mut().enumerate() {
            let start = place * self.len + self.done;
            let out = self.values.get_mut(start..start + count).unwrap_or_default();
            let values = bytes.get(row.channel * size..).unwrap_or(&[]).chunks(stride);
            let rounding = decode(self.kind, values, row.scale.factor, out);
            row.rounding = row.rounding.max(rounding);
        }
        self.done += count;
    }
}

/// Decodes all runs of the streams that have a table. Tells the second half of the progress.
pub(super) fn decode_all(
    window: &mut Window<'_, '_>,
    runs: &[Run],
    tables: &mut [Option<Table>],
    options: &mut Options<'_>,
) -> Result<(), FormatError> {
    let (len, mut told) = (window.len(), 0);
    for run in runs {
        let Some(Some(table)) = tables.get_mut(run.stream as usize) else { continue };
        let mut count = (table.len - table.done).min(run.count as usize);
        if table.rows.is_empty() || count == 0 {
            continue;
        }
        let (row_bytes, stride) = (table.row_bytes, run.stride(table.row_bytes));
        let at_once = usize::try_from(BLOCK_BYTES / stride).unwrap_or(1).max(1);
        let mut at = run.values;
        while count > 0 {
            let now = count.min(at_once);
            let bytes = window.get(at, (now as u64 - 1) * stride + row_bytes)?;
            table.take(bytes, usize::try_from(stride).unwrap_or(usize::MAX), now);
            at += now as u64 * stride;
            count -= now;
        }
        if at >= told {
            options.report(len / 2 + at / 2, len);
            told = at + REPORT_BYTES;
        }
    }
    options.report(len, len);
    Ok(())
}

/// Decodes the value at the start of each piece; gives the largest difference by rounding.
fn decode<'a>(
    kind: Kind,
    values: impl Iterator<Item = &'a [u8]>,
    factor: f64,
    out: &mut [f32],
) -> f64 {
    match kind {
        Kind::Float32 if factor == 1.0 => {
            each(values, out, f32::from_le_bytes);
            0.0
        }
        Kind::Float32 => {
            each(values, out, |bytes| (f64::from(f32::from_le_bytes(bytes)) * factor) as f32);
            0.0
        }
        Kind::Int8 => {
            let factor = factor as f32;
            each(values, out, |bytes| f32::from(i8::from_le_bytes(bytes)) * factor);
            0.0
        }
        Kind::Int16 => {
            let factor = factor as f32;
            each(values, out, |bytes| f32::from(i16::from_le_bytes(bytes)) * factor);
            0.0
        }
        Kind::Int32 => rounded(values, out, |bytes| f64::from(i32::from_le_bytes(bytes)), factor),
        Kind::Int64 => rounded(values, out, |bytes| i64::from_le_bytes(bytes) as f64, factor),
        Kind::Double64 => rounded(values, out, f64::from_le_bytes, factor),
        Kind::Text => 0.0,
    }
}

fn each<'a, const N: usize>(
    values: impl Iterator<Item = &'a [u8]>,
    out: &mut [f32],
    decode: impl Fn([u8; N]) -> f32,
) {
    for (out, value) in out.iter_mut().zip(values) {
        if let Some(bytes) = value.first_chunk() {
            *out = decode(*bytes);
        }
    }
}

fn rounded<'a, const N: usize>(
    values: impl Iterator<Item = &'a [u8]>,
    out: &mut [f32],
    decode: impl Fn([u8; N]) -> f64,
    factor: f64,
) -> f64 {
    let mut rounding = 0.0_f64;
    for (out, value) in out.iter_mut().zip(values) {
        if let Some(bytes) = value.first_chunk() {
            let exact = decode(*bytes) * factor;
            *out = exact as f32;
            rounding = rounding.max((f64::from(*out) - exact).abs());
        }
    }
    rounding
}
