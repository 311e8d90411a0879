//! Which integer channels can be given back bit for bit.

use crate::signal::Quantization;

/// Whether every count whose sample is at most `peak` in size comes back from its `f32` sample.
///
/// A count comes back where rounding moves its sample by less than half a count. The product with
/// the scale and the sum with the offset are each rounded by at most half the spacing of `f32`.
pub(super) fn is_reversible(quantization: &Quantization, peak: f64) -> bool {
    let (scale, offset) = (quantization.scale.abs(), f64::from(quantization.offset));
    let product = peak + offset.abs();
    if !(scale.is_normal() && product <= f64::from(f32::MAX)) {
        return false;
    }
    let rounding = if offset == 0.0 {
        half_spacing(product)
    } else {
        half_spacing(product) + half_spacing(peak)
    };
    // The margin covers the rounding of the arithmetic in f64.
    let scale = f64::from(scale);
    rounding < 0.5 * scale * (1.0 - 1.0 / 4096.0)
        || (offset == 0.0 && is_power_of_two(scale) && peak <= scale * 24_f64.exp2())
}

/// Half the distance between two numbers of type `f32` of this size.
fn half_spacing(size: f64) -> f64 {
    // Below this, f32 is no longer spaced in proportion to its values.
    let size = size.max(f64::from(f32::MIN_POSITIVE));
    size.log2().floor().exp2() * (-24_f64).exp2()
}

fn is_power_of_two(value: f64) -> bool {
    value.to_bits() & ((1 << 52) - 1) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bits: u8, scale: f32, offset: f32, step: usize) -> (bool, bool) {
        let quantization = Quantization { bits, scale, offset };
        let half = 1_i64 << (bits - 1);
        let size = |count: i64| (count as f64 * f64::from(scale) + f64::from(offset)).abs();
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
        for scale in [0.022_351_744, 1.0, 0.03125, 1.9999, 1.01] {
            assert_eq!(check(24, scale, 0.0, 7), (true, true), "{scale}");
        }
    }

    #[test]
    fn what_does_not_hold_is_not_claimed() {
        for (bits, scale, offset) in
            [(24, 0.1, 1e7), (32, 0.1, 0.0), (16, 1e-3, 1e6), (16, 1e38, 0.0)]
        {
            let (claimed, held) = check(bits, scale, offset, if bits == 32 { 65_521 } else { 1 });
            assert!(!claimed && !held, "{bits} {scale} {offset}: {claimed} {held}");
        }
        for scale in [0.0, f32::NAN, f32::INFINITY] {
            assert!(!is_reversible(&Quantization { bits: 16, scale, offset: 0.0 }, 1.0));
        }
    }
}
