//! Which integer channels can be given back bit for bit.

use crate::signal::Quantization;

/// Whether every count whose sample is at most `peak` in size comes back from its `f32` sample.
///
/// A count comes back where the rounding of the sample to `f32` moves it by less than half a
/// count. The largest rounding error is half the spacing of `f32` at the largest sample.
pub(super) fn is_reversible(quantization: &Quantization, peak: f64) -> bool {
    let (scale, offset) = (quantization.scale.abs(), quantization.offset);
    if !(scale.is_normal() && offset.is_finite() && peak.is_finite()) {
        return false;
    }
    // Below this, f32 is no longer spaced in proportion to its values.
    let peak = peak.max(f64::from(f32::MIN_POSITIVE));
    if peak > f64::from(f32::MAX) {
        return false;
    }
    let half_spacing = peak.log2().floor().exp2() * (-24_f64).exp2();
    // The margin covers the rounding of the arithmetic in f64.
    half_spacing < 0.5 * scale * (1.0 - 1.0 / 4096.0)
        || (offset == 0.0 && is_power_of_two(scale) && peak <= scale * (24_f64).exp2())
}

fn is_power_of_two(value: f64) -> bool {
    value.to_bits() & ((1 << 52) - 1) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bits: u8, scale: f64, offset: f64, step: usize) -> (bool, bool) {
        let quantization = Quantization { bits, scale, offset };
        let half = 1_i64 << (bits - 1);
        let size = |count: i64| (count as f64 * scale + offset).abs();
        let claimed = is_reversible(&quantization, size(-half).max(size(half - 1)));
        let counts = (-half..half).step_by(step).chain([half - 1]);
        let held = counts
            .map(|count| count as i32)
            .all(|count| quantization.count(quantization.sample(count)) == Some(count));
        (claimed, held)
    }

    #[test]
    fn what_is_claimed_holds_for_every_count() {
        for (scale, offset) in [(0.1, 0.0), (0.1, 3.3), (-0.25, 1e3), (1e-30, 0.0), (7e5, -2e7)] {
            assert_eq!(check(8, scale, offset, 1), (true, true), "{scale} {offset}");
            assert_eq!(check(16, scale, offset, 1), (true, true), "{scale} {offset}");
        }
        for scale in [0.022351744455307, 1.0, 0.03125, 1.9999, 1.01] {
            assert_eq!(check(24, scale, 0.0, 7), (true, true), "{scale}");
        }
    }

    #[test]
    fn what_does_not_hold_is_not_claimed() {
        for (bits, scale, offset) in
            [(24, 0.1, 1e7), (32, 0.1, 0.0), (16, 1e-3, 1e6), (16, 1e38, 0.0), (16, 1e-45, 0.0)]
        {
            let (claimed, held) = check(bits, scale, offset, if bits == 32 { 65_521 } else { 1 });
            assert!(!claimed && !held, "{bits} {scale} {offset}: {claimed} {held}");
        }
        for scale in [0.0, f64::NAN, f64::INFINITY] {
            assert!(!is_reversible(&Quantization { bits: 16, scale, offset: 0.0 }, 1.0));
        }
    }
}
