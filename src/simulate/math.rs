//! Elementary functions that give the same bits on every machine.
//!
//! The platform's `sin`, `exp` and `ln` may differ in the last bit between operating systems. These
//! use only what IEEE 754 rounds exactly (addition, multiplication, division, rounding to an
//! integer), in a fixed order, so a seed gives the same samples everywhere that `f64` is IEEE
//! double precision without excess bits. They are good to a few units in the last place, which a
//! simulator does not need and the tests check.

use std::f64::consts::{LN_2, SQRT_2, TAU};

/// Sine of an angle in turns: `sin(2π·turns)`.
///
/// The reduction to one turn is exact, so the error does not grow with the number of turns.
pub(super) fn sin_turns(turns: f64) -> f64 {
    let turn = turns - turns.round();
    let folded = if turn.abs() <= 0.25 { turn } else { 0.5_f64.copysign(turn) - turn };
    let x = TAU * folded;
    let square = x * x;
    // Taylor series; |x| ≤ π/2, so the term left out is below 1e-18.
    let mut term = x;
    let mut sum = x;
    for k in 1..12 {
        let k = f64::from(k);
        term *= -square / (2.0 * k * (2.0 * k + 1.0));
        sum += term;
    }
    sum
}

/// Cosine of an angle in turns.
pub(super) fn cos_turns(turns: f64) -> f64 {
    let turn = turns - turns.round();
    sin_turns(turn + 0.25)
}

/// Exponential function; meant for |x| up to some hundreds.
pub(super) fn exp(x: f64) -> f64 {
    let doublings = (x / LN_2).round().clamp(-1000.0, 1000.0);
    let rest = x - doublings * LN_2;
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..18 {
        term *= rest / f64::from(k);
        sum += term;
    }
    let step = if doublings < 0.0 { 0.5 } else { 2.0 };
    for _ in 0..doublings.abs() as u32 {
        sum *= step;
    }
    sum
}

/// Natural logarithm of a positive, normal number.
pub(super) fn ln(x: f64) -> f64 {
    const FRACTION: u64 = (1 << 52) - 1;
    let bits = x.to_bits();
    let mut exponent = ((bits >> 52) & 0x7ff) as f64 - 1023.0;
    let mut mantissa = f64::from_bits((bits & FRACTION) | (1023 << 52));
    if mantissa > SQRT_2 {
        mantissa *= 0.5;
        exponent += 1.0;
    }
    // ln m = 2·artanh((m − 1)/(m + 1)), with an argument of at most 0.172.
    let y = (mantissa - 1.0) / (mantissa + 1.0);
    let square = y * y;
    let mut power = y;
    let mut sum = y;
    for k in 1..12 {
        power *= square;
        sum += power / f64::from(2 * k + 1);
    }
    exponent * LN_2 + 2.0 * sum
}

/// A smooth bump: `(1 − x²)³` between −1 and 1, zero outside.
///
/// Looks like a Gaussian, but ends, so that a response has a stated length.
pub(super) fn bump(x: f64) -> f64 {
    let inside = (1.0 - x * x).max(0.0);
    inside * inside * inside
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sine_and_cosine_agree_with_the_standard_library() {
        for i in -4000..4000 {
            let turns = f64::from(i) * 0.000_713;
            assert!((sin_turns(turns) - (TAU * turns).sin()).abs() < 5e-15, "{turns}");
            assert!((cos_turns(turns) - (TAU * turns).cos()).abs() < 5e-15, "{turns}");
        }
        assert!((sin_turns(1e9 + 0.25) - 1.0).abs() < 1e-15);
        assert_eq!(sin_turns(-0.5), 0.0);
    }

    #[test]
    fn exponential_and_logarithm_agree_with_the_standard_library() {
        for i in -3000..3000 {
            let x = f64::from(i) * 0.0137;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-14, "{x}");
        }
        for i in 1..5000 {
            for x in [f64::from(i) / 5000.0, f64::from(i) * 1e-300, f64::from(i) * 1e200] {
                assert!((ln(x) - x.ln()).abs() < 1e-15 * (1.0 + x.ln().abs()), "{x}");
            }
        }
    }
}
