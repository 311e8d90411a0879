//! Distributions that rules compare scores with.

/// Steps of the continued fraction; it takes a few dozen.
const MOST_TERMS: usize = 500;
/// Below this a term changes nothing.
const SMALL: f64 = 1e-15;
/// Stands for zero in a denominator.
const TINY: f64 = 1e-300;

/// The regularized incomplete beta function Iₓ(a, b) (Abramowitz & Stegun 1964, 26.5.8, by Lentz's
/// method).
pub(super) fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let front = a * x.ln() + b * (-x).ln_1p() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b);
    let nonzero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (mut c, mut d) = (1.0, 1.0 / nonzero(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for m in 1..MOST_TERMS {
        let m = m as f64;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut last = 1.0;
        for term in [even, odd] {
            d = 1.0 / nonzero(1.0 + term * d);
            c = nonzero(1.0 + term / c);
            last = c * d;
            fraction *= last;
        }
        if (last - 1.0).abs() < SMALL {
            break;
        }
    }
    (front.exp() * fraction / a).clamp(0.0, 1.0)
}

/// ln Γ for positive numbers: Stirling's series above 10, by recurrence below (Abramowitz & Stegun
/// 1964, 6.1.41).
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut product) = (x, 1.0_f64);
    while x < 10.0 {
        product *= x;
        x += 1.0;
    }
    let square = x * x;
    let series = (1.0 / 12.0
        - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / (1680.0 * square)) / square) / square)
        / x;
    (x - 0.5) * x.ln() - x + 0.5 * (std::f64::consts::TAU).ln() + series - product.ln()
}

/// How likely a draw from Student's t distribution with so many degrees of freedom is above a value of 0
/// or more (Abramowitz & Stegun 1964, 26.7.1).
pub(super) fn student_above(t: f64, freedom: f64) -> f64 {
    0.5 * incomplete_beta(0.5 * freedom, 0.5, freedom / (freedom + t * t))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of scipy.special.betainc.
    #[test]
    fn the_beta_function_is_the_published_one() {
        for (a, b, x, expected) in [
            (1.0, 1.0, 0.3, 0.3),
            (2.0, 3.0, 0.5, 0.6875),
            (0.5, 0.5, 0.25, 1.0 / 3.0),
            (30.0, 40.0, 0.5, 0.8857998873233515),
            (200.0, 180.0, 0.6, 0.9981592572037754),
        ] {
            let found = incomplete_beta(a, b, x);
            assert!((found - expected).abs() < 1e-12, "{a} {b} {x}: {found} {expected}");
        }
        assert_eq!((incomplete_beta(2.0, 2.0, 0.0), incomplete_beta(2.0, 2.0, 1.0)), (0.0, 1.0));
    }

    /// Values of scipy.stats.t.sf.
    #[test]
    fn the_t_distribution_is_the_published_one() {
        for (t, freedom, expected) in [
            (0.0, 3.0, 0.5),
            (1.0, 1.0, 0.25),
            (2.5, 3.0, 0.04385332350403278),
            (4.0, 18.0, 0.00041991465870428043),
            (12.0, 2.0, 0.00343646683857923),
        ] {
            let found = student_above(t, freedom);
            assert!((found / expected - 1.0).abs() < 1e-10, "{t} {freedom}: {found} {expected}");
        }
    }
}
