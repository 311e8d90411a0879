//! From poles and zeros to second-order sections.

use super::{
    Complex64,
    error::DspError,
    sos::{Section, Sos},
};

/// Imaginary parts below this, relative to the modulus, are rounding: the root is real.
const REAL_TOLERANCE: f64 = 100.0 * f64::EPSILON;

/// Groups the roots of a real filter into sections.
///
/// The pole closest to the unit circle rings longest and may amplify most; it is paired with the
/// zeros nearest to it, and comes last in the cascade. The gain goes to the first section. Both
/// slices hold all roots (conjugates too) and are equally long.
pub(crate) fn sections_from_roots(
    zeros: &[Complex64],
    poles: &[Complex64],
    gain: f64,
) -> Result<Sos, DspError> {
    check_roots(zeros, poles, gain)?;
    let mut zeros = one_of_each_pair(zeros)?;
    let mut poles = one_of_each_pair(poles)?;
    let mut sections = Vec::with_capacity(poles.len());
    while let Some(pole) = take_least(&mut poles, |p| Some(distance_to_circle(p))) {
        let partner = if is_real(pole) {
            take_least(&mut poles, |p| is_real(p).then(|| distance_to_circle(p)))
        } else {
            Some(pole.conj())
        };
        let zero = take_least(&mut zeros, |z| Some((z - pole).norm()));
        let zero_partner = match zero {
            Some(z) if !is_real(z) => Some(z.conj()),
            _ => take_least(&mut zeros, |z| is_real(z).then(|| (z - pole).norm())),
        };
        sections
            .push(Section { b: quadratic(zero, zero_partner), a: quadratic(Some(pole), partner) });
    }
    sections.reverse();
    if let Some(first) = sections.first_mut() {
        first.b = first.b.map(|c| c * gain);
    }
    Sos::new(sections)
}

fn check_roots(zeros: &[Complex64], poles: &[Complex64], gain: f64) -> Result<(), DspError> {
    if zeros.iter().chain(poles).any(|root| !root.is_finite()) {
        return Err(DspError::Unstable { what: "a pole or zero is not finite" });
    }
    if poles.iter().any(|pole| pole.norm() >= 1.0) {
        return Err(DspError::Unstable { what: "a pole is on or outside the unit circle" });
    }
    if !gain.is_normal() {
        return Err(DspError::Unstable { what: "the gain vanished or overflowed" });
    }
    Ok(())
}

/// The root above the real axis of each conjugate pair, then the real roots, each part in order;
/// a root at zero completes an odd number. Real roots get an imaginary part of exactly zero.
fn one_of_each_pair(roots: &[Complex64]) -> Result<Vec<Complex64>, DspError> {
    let close_to_axis = |root: &Complex64| root.im.abs() <= REAL_TOLERANCE * root.norm();
    let mut reals: Vec<f64> = roots.iter().filter(|r| close_to_axis(r)).map(|r| r.re).collect();
    let mut kept: Vec<Complex64> =
        roots.iter().filter(|r| r.im > 0.0 && !close_to_axis(r)).copied().collect();
    if 2 * kept.len() + reals.len() != roots.len() {
        return Err(DspError::Unstable { what: "roots are not in conjugate pairs" });
    }
    if reals.len() % 2 == 1 {
        reals.push(0.0);
    }
    kept.sort_by(|l, r| l.re.total_cmp(&r.re).then(l.im.total_cmp(&r.im)));
    reals.sort_by(f64::total_cmp);
    kept.extend(reals.into_iter().map(|re| Complex64::new(re, 0.0)));
    Ok(kept)
}

fn is_real(root: Complex64) -> bool {
    root.im == 0.0
}

fn distance_to_circle(root: Complex64) -> f64 {
    (1.0 - root.norm()).abs()
}

/// Removes the root for which `cost` is least (the first of equals), among those that have a cost.
fn take_least(
    roots: &mut Vec<Complex64>,
    cost: impl Fn(Complex64) -> Option<f64>,
) -> Option<Complex64> {
    let costs = roots.iter().enumerate().filter_map(|(i, &root)| Some((i, cost(root)?)));
    let (index, _) = costs.min_by(|l, r| l.1.total_cmp(&r.1))?;
    Some(roots.remove(index))
}

/// `(1 - r z⁻¹)(1 - s z⁻¹)` for a conjugate pair or two real roots; a missing root is one at zero.
fn quadratic(r: Option<Complex64>, s: Option<Complex64>) -> [f64; 3] {
    let (r, s) = (r.unwrap_or_default(), s.unwrap_or_default());
    [1.0, -(r + s).re, (r * s).re]
}
