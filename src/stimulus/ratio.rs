/// Longest period that is looked for, in display frames: half an hour at 60 Hz.
pub(super) const MAX_PERIOD: u64 = 100_000;
/// How near a fraction has to be. Two different fractions of denominators up to [`MAX_PERIOD`] are
/// farther apart.
const NEAR: f64 = 1e-10;

/// The fraction `(p, q)` that a positive ratio stands for, where its denominator is at most
/// [`MAX_PERIOD`]. Decimals such as 8.571428571 mean 60/7.
pub(super) fn fraction(ratio: f64) -> Option<(u64, u64)> {
    if !(0.0..1e9).contains(&ratio) {
        return None;
    }
    // Continued fraction: the last two convergents give the next.
    let (mut p, mut q, mut rest) = ([1, ratio.floor() as u64], [0, 1], ratio.fract());
    while (ratio - p[1] as f64 / q[1] as f64).abs() > NEAR * ratio.max(1.0) {
        if rest < 1e-12 {
            return None;
        }
        let inverse = rest.recip();
        let whole = inverse.floor() as u64;
        rest = inverse.fract();
        p = [p[1], whole.checked_mul(p[1])?.checked_add(p[0])?];
        q = [q[1], whole.checked_mul(q[1])?.checked_add(q[0])?];
        if q[1] > MAX_PERIOD {
            return None;
        }
    }
    Some((p[1], q[1]))
}

pub(super) fn common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

/// The least common multiple; `None` where it is no number of 64 bits.
pub(super) fn common_multiple(a: u64, b: u64) -> Option<u64> {
    (a / common_divisor(a, b).max(1)).checked_mul(b)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn fractions_are_found_again(p in 0_u64..100_000, q in 1_u64..=100_000) {
            let divisor = common_divisor(p, q).max(1);
            prop_assert_eq!(fraction(p as f64 / q as f64), Some((p / divisor, q / divisor)));
        }
    }

    #[test]
    fn rates_as_people_write_them() {
        assert_eq!(fraction(8.2 / 60.0), Some((41, 300)));
        assert_eq!(fraction(8.571_428_571 / 60.0), Some((1, 7)));
        assert_eq!(fraction(59.94 / 59.94), Some((1, 1)));
        assert_eq!(fraction(std::f64::consts::PI / 60.0), None);
        assert_eq!(fraction(f64::NAN), None);
        assert_eq!(fraction(1e300), None);
        assert_eq!(common_multiple(u64::MAX, 2), None);
        assert_eq!(common_multiple(300, 7), Some(2100));
    }
}
