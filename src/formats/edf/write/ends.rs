//! Which counts stand for which samples: the ends of a channel's ranges.

use super::super::layout::Width;
use super::super::scaling::Scaling;
use super::text;
use crate::formats::unit::Scale;
use crate::signal::{Quantization, Unit};

/// Ends of counts that recorders use, tried first.
const USUAL: [(i32, i32); 8] = [
    (-32_768, 32_767),
    (-32_767, 32_767),
    (-2048, 2047),
    (0, 4095),
    (0, 65_535),
    (-8_388_608, 8_388_607),
    (-8_388_607, 8_388_607),
    (-2047, 2047),
];
/// Ends that are tried besides.
const TRIED: i32 = 6000;
/// Of those, the ones whose physical end is nearest to a number of eight characters.
const PAIRED: usize = 24;

/// The ends of a channel's ranges as they are written, and how its samples become counts.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ends {
    pub digital: (i32, i32),
    pub physical: (String, String),
    pub map: Map,
}

/// How samples become counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Map {
    /// They are counts already. Where `is_exact`, the same samples are read back, bit for bit;
    /// otherwise the ends of the ranges can't be written to the last digit.
    Counts { grid: Quantization, is_exact: bool },
    /// They are rounded to the nearest of those that are `scale` apart.
    Rounded { scale: f64, offset: f64 },
}

impl Ends {
    /// The ends for these samples.
    pub(super) fn of(grid: Option<Quantization>, samples: &[f32], width: Width) -> Option<Self> {
        let found = grid.and_then(|grid| {
            let range = counts(&grid, samples)?;
            let (low, high) = most(width);
            (low <= range.0 && range.1 <= high).then(|| Self::of_counts(grid, range, width))?
        });
        found.or_else(|| Self::of_values(samples, width))
    }

    /// Ends around these counts through which a reader finds the grid again.
    fn of_counts(grid: Quantization, range: (i32, i32), width: Width) -> Option<Self> {
        let (lowest, highest) = most(width);
        let fits = |&(low, high): &(i32, i32)| lowest <= low && high <= highest;
        let encloses = |ends: &(i32, i32)| fits(ends) && ends.0 <= range.0 && range.1 <= ends.1;
        let exact = |digital| Self::exactly(grid, digital, width);
        let usual = USUAL.into_iter().filter(encloses).find_map(exact);
        let even = || {
            // With ends of equal size, the offset is zero whatever the digits.
            let needed = range.0.unsigned_abs().max(range.1.unsigned_abs()).max(1) as i32;
            let tried = (needed..=highest).rev().take(TRIED as usize).map(|end| (-end, end));
            if grid.offset == 0.0 { tried.into_iter().find_map(exact) } else { None }
        };
        let any = || Self::pairs(grid, range, width).into_iter().find_map(exact);
        // Better that counts lie outside of the ends than that they are scaled wrongly.
        let outside = || USUAL.into_iter().filter(fits).find_map(exact);
        let exact = usual.or_else(even).or_else(any).or_else(outside);
        exact.or_else(|| Self::nearly(grid, range, width))
    }

    /// These ends, if a reader finds the very grid through them.
    fn exactly(grid: Quantization, digital: (i32, i32), width: Width) -> Option<Self> {
        let ends = Self::through(grid, digital)?;
        let found = ends.read(width)?.grid?;
        let same = |a: f32, b: f32| a.to_bits() == b.to_bits() || (a == 0.0 && b == 0.0);
        (same(found.scale, grid.scale) && same(found.offset, grid.offset)).then_some(ends)
    }

    /// The widest ends, whose digits do not suffice.
    fn nearly(grid: Quantization, range: (i32, i32), width: Width) -> Option<Self> {
        [most(width), range].into_iter().find_map(|digital| {
            let mut ends = Self::through(grid, digital)?;
            ends.read(width)?;
            ends.map = Map::Counts { grid, is_exact: false };
            Some(ends)
        })
    }

    fn through(grid: Quantization, digital: (i32, i32)) -> Option<Self> {
        let end = |count| text::nearest(physical(grid, count));
        let physical = (end(digital.0)?, end(digital.1)?);
        let map = Map::Counts { grid, is_exact: true };
        (digital.0 < digital.1).then_some(Self { digital, physical, map })
    }

    /// Pairs of ends whose physical values can be written most closely.
    fn pairs(grid: Quantization, range: (i32, i32), width: Width) -> Vec<(i32, i32)> {
        let most = most(width);
        let off = |count: i32| {
            let value = physical(grid, count);
            let written = text::nearest(value).and_then(|text| text.parse::<f64>().ok());
            written.map_or(f64::INFINITY, |written| (written - value).abs())
        };
        let closest = |counts: &mut dyn Iterator<Item = i32>| {
            let mut tried: Vec<_> = counts.map(|count| (off(count), count)).collect();
            tried.sort_by(|a, b| a.0.total_cmp(&b.0));
            tried.truncate(PAIRED);
            tried
        };
        let lows = closest(&mut (most.0..=range.0).take(TRIED as usize));
        let highs = closest(&mut (range.1..=most.1).rev().take(TRIED as usize));
        let mut pairs: Vec<_> = lows
            .iter()
            .flat_map(|low| highs.iter().map(move |high| (low.0 + high.0, (low.1, high.1))))
            .collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        pairs.into_iter().map(|(_, pair)| pair).collect()
    }

    /// Ends around all values.
    fn of_values(samples: &[f32], width: Width) -> Option<Self> {
        let finite = samples.iter().copied().filter(|sample| sample.is_finite()).map(f64::from);
        let (low, high) = finite
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        let (low, high) = if low <= high { (low, high) } else { (0.0, 0.0) };
        let digital = most(width);
        let (mut below, mut above) = (low, high);
        // A range must not be empty.
        let mut widening = (high.abs() * 1e-6).max(1e-3);
        for _ in 0..40 {
            let physical = (text::at_most(below)?, text::at_least(above)?);
            let map = Map::Rounded { scale: 0.0, offset: 0.0 };
            let mut ends = Self { digital, physical, map };
            if let Some(Scaling { scale, offset, .. }) = ends.read(width) {
                ends.map = Map::Rounded { scale, offset };
                return Some(ends);
            }
            (below, above) = (low - widening, high + widening);
            widening *= 10.0;
        }
        None
    }

    /// The map that a reader finds.
    fn read(&self, width: Width) -> Option<Scaling> {
        let number = |text: &str| text.parse::<f64>().ok();
        let physical = (number(&self.physical.0)?, number(&self.physical.1)?);
        let digital = (f64::from(self.digital.0), f64::from(self.digital.1));
        let unit = Scale { unit: Unit::Microvolt, factor: 1.0 };
        Scaling::through(digital, physical, &unit, width)
    }
}

impl Map {
    /// The count of a sample between `low` and `high`; `None` for what is no number.
    pub(super) fn count(&self, sample: f32, (low, high): (i32, i32)) -> Option<i32> {
        match self {
            Self::Counts { grid, .. } => grid.count(sample),
            Self::Rounded { scale, offset } => {
                let count = ((f64::from(sample) - offset) / scale).round();
                sample.is_finite().then(|| (count as i32).clamp(low, high))
            }
        }
    }
}

/// The lowest and the highest count of a width.
pub(super) fn most(width: Width) -> (i32, i32) {
    let half = 1_i32 << (width.bits() - 1);
    (-half, half - 1)
}

fn physical(grid: Quantization, count: i32) -> f64 {
    f64::from(count) * f64::from(grid.scale) + f64::from(grid.offset)
}

/// The lowest and the highest count, where every sample is one of the grid's, bit for bit.
fn counts(grid: &Quantization, samples: &[f32]) -> Option<(i32, i32)> {
    let mut range = (i32::MAX, i32::MIN);
    for &sample in samples {
        let count = grid.count(sample)?;
        if grid.sample(count).to_bits() != sample.to_bits() {
            return None;
        }
        range = (range.0.min(count), range.1.max(count));
    }
    Some(if range.0 <= range.1 { range } else { (0, 0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bits: u8, scale: f32, offset: f32, counts: &[i32], width: Width) -> Ends {
        let grid = Quantization { bits, scale, offset };
        let samples: Vec<f32> = counts.iter().map(|&count| grid.sample(count)).collect();
        Ends::of(Some(grid), &samples, width).unwrap()
    }

    #[test]
    fn grids_are_found_again_through_eight_characters() {
        let scale = |physical: (f64, f64), digital: (f64, f64)| {
            let scale = (physical.1 - physical.0) / (digital.1 - digital.0);
            (scale as f32, (physical.0 - digital.0 * scale) as f32)
        };
        let biosemi = scale((-262_144.0, 262_143.0), (-8_388_608.0, 8_388_607.0));
        let psg = scale((-197.0, 196.0), (-2048.0, 2047.0));
        let mut missed = 0;
        for (bits, scale, offset, counts, width) in [
            (16, 0.1, 0.0, [-32_768, 5, 32_767], Width::I16),
            (16, 0.1, 0.0, [-20_000, 5, 19_999], Width::I24),
            (24, 0.022_351_745, 0.0, [-8_000_000, 0, 8_000_000], Width::I24),
            (24, 0.022_351_745, 0.0, [-30_000, 0, 30_000], Width::I16),
            (16, 0.195, 0.0, [-32_767, 0, 32_767], Width::I16),
            (24, biosemi.0, biosemi.1, [-100_000, 0, 100_000], Width::I24),
            (16, psg.0, psg.1, [-2048, 0, 2047], Width::I16),
            (16, -0.265_862, 0.132_931, [-3000, 0, 3000], Width::I16),
            (8, 3.7e-5, 1.25, [-128, 0, 127], Width::I16),
            (24, 1.0, 0.0, [-8_388_608, 0, 8_388_607], Width::I24),
        ] {
            let ends = of(bits, scale, offset, &counts, width);
            let Map::Counts { is_exact, .. } = ends.map else { panic!("{ends:?}") };
            missed += usize::from(!is_exact);
            let read = ends.read(width).unwrap();
            assert!((read.scale / f64::from(scale) - 1.0).abs() < 1e-5, "{ends:?}");
            assert!(ends.physical.0.len() <= 8 && ends.physical.1.len() <= 8);
        }
        assert_eq!(missed, 0);
    }

    #[test]
    fn nearly_every_grid_of_a_file_is_found_again() {
        let mut state = 20_260_401_u64;
        let mut next = |most: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            ((state >> 33) % most + 1) as f64
        };
        let (mut exact, mut tried) = (0, 0);
        for (width, digits) in [(Width::I16, 4), (Width::I16, 6), (Width::I24, 4), (Width::I24, 6)]
        {
            for _ in 0..25 {
                let half = most(width).1 as u64;
                let digital = (-next(half), next(half));
                let point = 10_f64.powi(next(digits.into()) as i32);
                let largest = 10_u64.pow(digits);
                let physical = (-next(largest) / point, next(largest) / point);
                let unit = Scale { unit: Unit::Microvolt, factor: 1.0 };
                let grid = Scaling::through(digital, physical, &unit, width).unwrap().grid.unwrap();
                let ends = Ends::of_counts(grid, (-100, 100), width).unwrap();
                exact += usize::from(ends.map == Map::Counts { grid, is_exact: true });
                tried += 1;
            }
        }
        assert!(exact * 100 >= tried * 95, "{exact} of {tried}");
    }

    #[test]
    fn samples_off_the_grid_are_rounded_within_their_range() {
        let samples = [-1.25_f32, 0.1, 3.3, f32::NAN, f32::INFINITY];
        let ends = Ends::of(None, &samples, Width::I16).unwrap();
        assert_eq!(ends.physical, ("-1.25".to_owned(), "3.3".to_owned()));
        let Map::Rounded { scale, offset } = ends.map else { panic!("{ends:?}") };
        assert!((scale - 4.55 / 65_535.0).abs() < 1e-12);
        for sample in [-1.25_f32, 0.1, 3.3] {
            let count = ends.map.count(sample, most(Width::I16)).unwrap();
            assert!(
                (f64::from(count) * scale + offset - f64::from(sample)).abs() <= scale / 2.0 + 1e-7
            );
        }
        assert_eq!(ends.map.count(f32::NAN, most(Width::I16)), None);
        // One sample off the grid is enough.
        let grid = Quantization { bits: 16, scale: 0.5, offset: 0.0 };
        let ends = Ends::of(Some(grid), &[0.5, 0.75], Width::I16).unwrap();
        assert!(matches!(ends.map, Map::Rounded { .. }));
        let ends =
            Ends::of(Some(Quantization { bits: 24, ..grid }), &[0.0, 2e4], Width::I16).unwrap();
        assert!(matches!(ends.map, Map::Rounded { .. }));
    }

    #[test]
    fn any_finite_values_have_ends() {
        let cases: [&[f32]; 8] = [
            &[],
            &[0.0, 0.0],
            &[5e8, 5e8],
            &[1e30, -1e30],
            &[1e-30, 2e-30],
            &[f32::MAX, f32::MIN],
            &[f32::NAN],
            &[123_456.78, 123_456.79],
        ];
        for samples in cases {
            for width in [Width::I16, Width::I24] {
                let ends = Ends::of(None, samples, width);
                let ends = ends.unwrap_or_else(|| panic!("{samples:?}"));
                assert!(matches!(ends.map, Map::Rounded { scale, .. } if scale > 0.0));
            }
        }
    }
}
