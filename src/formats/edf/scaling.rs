use super::channels::{ChannelHeader, Kind};
use super::layout::Width;
use super::warn;
use crate::formats::Warning;
use crate::formats::unit::Scale;
use crate::frame::{Encoding, unpack_row};
use crate::signal::{Quantization, Unit};

/// The map from a count to a sample: `sample = count · scale + offset`.
#[derive(Debug, Clone)]
pub(super) struct Scaling {
    pub scale: f64,
    pub offset: f64,
    pub unit: Unit,
    /// The same map in `f32`, where that is good enough.
    pub grid: Option<Quantization>,
}

impl Scaling {
    /// The map that a channel's header asks for; says what is odd about it.
    pub(super) fn of(
        channel: &ChannelHeader,
        place: &str,
        width: Width,
        warnings: &mut Vec<Warning>,
    ) -> Self {
        let counts = |unit| {
            let grid = Quantization { bits: width.bits(), scale: 1.0, offset: 0.0 };
            Self { scale: 1.0, offset: 0.0, unit, grid: Some(grid) }
        };
        if channel.kind == Kind::Status && width == Width::I24 {
            return counts(Unit::Other(String::new()));
        }
        let (digital, physical) = (ends(channel.digital), ends(channel.physical));
        if let (Some(digital), Some(physical)) = (digital, physical) {
            if digital.0 > digital.1 {
                let message = format!(
                    "its lowest count, {}, is above its highest, {}; the samples are scaled by \
                     these ends as they are",
                    digital.0, digital.1
                );
                warn(warnings, place, message);
            }
            if let Some(scaling) = Self::through(digital, physical, &channel.unit, width) {
                return scaling;
            }
        }
        let words = |ends: (Option<f64>, Option<f64>)| {
            let word = |end: Option<f64>| end.map_or("nothing".to_owned(), |end| end.to_string());
            format!("{} to {}", word(ends.0), word(ends.1))
        };
        let message = format!(
            "its scaling is undefined (counts from {} for values from {}); its samples are counts",
            words(channel.digital),
            words(channel.physical)
        );
        warn(warnings, place, message);
        counts(Unit::Other("count".to_owned()))
    }

    /// The line through both ends; `None` where there is none.
    pub(super) fn through(
        digital: (f64, f64),
        physical: (f64, f64),
        unit: &Scale,
        width: Width,
    ) -> Option<Self> {
        let slope = (physical.1 - physical.0) / (digital.1 - digital.0);
        let start = physical.0 - digital.0 * slope;
        let (scale, offset) = (slope * unit.factor, start * unit.factor);
        // A millionth of a count is what is left of the rounding in the lines above.
        let offset = if offset.abs() < 1e-6 * scale.abs() { 0.0 } else { offset };
        let (narrow, narrow_offset) = (scale as f32, offset as f32);
        if !(narrow.is_normal() && narrow_offset.is_finite()) {
            return None;
        }
        let grid = Quantization { bits: width.bits(), scale: narrow, offset: narrow_offset };
        let highest = digital.0.abs().max(digital.1.abs());
        let error = (offset.abs() + 2.0 * scale.abs() * highest) * f64::from(f32::EPSILON) / 2.0;
        let size = physical.0.abs().max(physical.1.abs()).max((physical.1 - physical.0).abs());
        let good = error <= 5e-7 * size * unit.factor;
        Some(Self { scale, offset, unit: unit.unit.clone(), grid: good.then_some(grid) })
    }

    /// Converts as many counts as `bytes` and `out` both hold, in `f32` where that is good enough.
    pub(super) fn decode(&self, width: Width, bytes: &[u8], out: &mut [f32]) {
        let encoding = match width {
            Width::I16 => Encoding::I16,
            Width::I24 => Encoding::I24,
        };
        let Some(grid) = self.grid else { return self.decode_exactly(encoding, bytes, out) };
        unpack_row(encoding, grid, bytes, out);
    }

    fn decode_exactly(&self, encoding: Encoding, bytes: &[u8], out: &mut [f32]) {
        let counts = Quantization { bits: 24, scale: 1.0, offset: 0.0 };
        unpack_row(encoding, counts, bytes, out);
        for sample in out {
            // Counts of up to 24 bits are the same in `f32`.
            *sample = (f64::from(*sample) * self.scale + self.offset) as f32;
        }
    }
}

fn ends(pair: (Option<f64>, Option<f64>)) -> Option<(f64, f64)> {
    let (low, high) = (pair.0?, pair.1?);
    (low != high).then_some((low, high))
}
