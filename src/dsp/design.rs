//! Design of recursive filters: Butterworth and Chebyshev type I, low-pass, high-pass, band-pass
//! and band-stop.
//!
//! The analogue prototype is moved to its (prewarped) band and carried over by the bilinear
//! transform, so the edges are met exactly at any rate. Sections come in the order and pairing that
//! SciPy's `butter` and `cheby1` give with `output='sos'`, which the tests compare to 1e-9.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::{
    Complex64,
    error::{DspError, check_frequency, check_rate},
    pairing::sections_from_roots,
    sos::Sos,
};

/// The highest order [`design`] accepts. A band-pass or band-stop has twice as many poles.
pub const MAX_ORDER: usize = 12;

/// The shape of the pass band.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Family {
    /// Maximally flat; −3 dB at the edges.
    Butterworth,
    /// Steeper, with `ripple_db` of ripple in the pass band; −`ripple_db` at the edges.
    Chebyshev1 {
        /// Peak-to-peak ripple in the pass band, in decibels, above 0.
        ripple_db: f64,
    },
}

/// Which frequencies pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Band {
    /// Everything below the edge.
    LowPass {
        /// The edge.
        edge_hz: f64,
    },
    /// Everything above the edge.
    HighPass {
        /// The edge.
        edge_hz: f64,
    },
    /// What lies between the edges.
    BandPass {
        /// The lower edge.
        low_hz: f64,
        /// The upper edge.
        high_hz: f64,
    },
    /// What lies outside the edges.
    BandStop {
        /// The lower edge.
        low_hz: f64,
        /// The upper edge.
        high_hz: f64,
    },
}

/// A band-pass described without a sampling rate, to be designed once the rate is known.
///
/// ```
/// use evoked::dsp::{BandPass, Family};
///
/// // The first sub-band of the filter bank of Chen et al. 2015 (J Neural Eng 12:046008).
/// let family = Family::Chebyshev1 { ripple_db: 0.5 };
/// let band = BandPass { family, order: 4, low_hz: 8.0, high_hz: 90.0 };
/// let sos = band.design(250.0)?;
/// assert_eq!(sos.sections().len(), 4);
/// assert!(sos.frequency_response(30.0, 250.0).norm() > 0.94);
/// assert!(sos.frequency_response(2.0, 250.0).norm() < 0.01);
/// # Ok::<(), evoked::dsp::DspError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BandPass {
    /// The shape of the pass band.
    pub family: Family,
    /// Order of the prototype, 1 to [`MAX_ORDER`]; the filter has as many sections.
    pub order: usize,
    /// The lower edge.
    pub low_hz: f64,
    /// The upper edge.
    pub high_hz: f64,
}

impl BandPass {
    /// The filter for data sampled at `rate_hz`.
    ///
    /// # Errors
    ///
    /// As [`design`].
    pub fn design(&self, rate_hz: f64) -> Result<Sos, DspError> {
        let band = Band::BandPass { low_hz: self.low_hz, high_hz: self.high_hz };
        design(self.family, self.order, band, rate_hz)
    }
}

/// Designs a filter of the given prototype order for data sampled at `rate_hz`.
///
/// # Errors
///
/// - [`DspError::Rate`], [`DspError::Order`], [`DspError::NotPositive`] for the ripple;
/// - [`DspError::Frequency`] for an edge that is not above 0 and below half the rate;
/// - [`DspError::Edges`] for a lower edge that is not below the upper one;
/// - [`DspError::Unstable`] if double precision cannot hold the filter.
pub fn design(family: Family, order: usize, band: Band, rate_hz: f64) -> Result<Sos, DspError> {
    check_rate(rate_hz)?;
    if order == 0 || order > MAX_ORDER {
        return Err(DspError::Order { found: order, limit: MAX_ORDER });
    }
    let prototype = Roots::prototype(family, order)?;
    let analogue = match band {
        Band::LowPass { edge_hz } => prototype.low_pass(warped("edge", edge_hz, rate_hz)?),
        Band::HighPass { edge_hz } => prototype.high_pass(warped("edge", edge_hz, rate_hz)?),
        Band::BandPass { low_hz, high_hz } => {
            let (center, width) = warped_band(low_hz, high_hz, rate_hz)?;
            prototype.low_pass(width).spread(center)
        }
        Band::BandStop { low_hz, high_hz } => {
            let (center, width) = warped_band(low_hz, high_hz, rate_hz)?;
            prototype.high_pass(width).spread(center)
        }
    };
    let digital = analogue.bilinear();
    sections_from_roots(&digital.zeros, &digital.poles, digital.gain)
}

/// The analogue frequency that the bilinear transform `s = (z − 1)/(z + 1)` takes to `edge_hz`.
fn warped(what: &'static str, edge_hz: f64, rate_hz: f64) -> Result<f64, DspError> {
    check_frequency(what, edge_hz, rate_hz)?;
    Ok((PI * edge_hz / rate_hz).tan())
}

/// Center and width of the analogue band.
fn warped_band(low_hz: f64, high_hz: f64, rate_hz: f64) -> Result<(f64, f64), DspError> {
    let low = warped("lower edge", low_hz, rate_hz)?;
    let high = warped("upper edge", high_hz, rate_hz)?;
    if low_hz >= high_hz {
        return Err(DspError::Edges { low_hz, high_hz });
    }
    Ok(((low * high).sqrt(), high - low))
}

/// A transfer function `gain · Π(s − zero) / Π(s − pole)`; never more zeros than poles.
struct Roots {
    zeros: Vec<Complex64>,
    poles: Vec<Complex64>,
    gain: f64,
}

impl Roots {
    /// The low-pass with its edge at 1 rad/s.
    fn prototype(family: Family, order: usize) -> Result<Self, DspError> {
        let angles =
            (0..order).map(|k| PI * (2.0 * k as f64 + 1.0 - order as f64) / (2 * order) as f64);
        let on_axis = |angle: f64| Complex64::new(0.0, angle);
        let (poles, edge_gain): (Vec<_>, f64) = match family {
            Family::Butterworth => (angles.map(|angle| -on_axis(angle).exp()).collect(), 1.0),
            Family::Chebyshev1 { ripple_db } => {
                if !(ripple_db.is_finite() && ripple_db > 0.0) {
                    return Err(DspError::NotPositive { what: "ripple in dB", found: ripple_db });
                }
                let ripple = (10f64.powf(0.1 * ripple_db) - 1.0).sqrt();
                let mu = (1.0 / ripple).asinh() / order as f64;
                let poles = angles.map(|angle| -(on_axis(angle) + mu).sinh()).collect();
                let even = order.is_multiple_of(2);
                (poles, if even { 1.0 / (1.0 + ripple * ripple).sqrt() } else { 1.0 })
            }
        };
        let gain = edge_gain * product(poles.iter().map(|p| -p)).re;
        Ok(Self { zeros: Vec::new(), poles, gain })
    }

    /// Zeros at infinity.
    fn missing_zeros(&self) -> usize {
        self.poles.len().saturating_sub(self.zeros.len())
    }

    /// Moves the edge from 1 to `edge`, by `s → s / edge`.
    fn low_pass(self, edge: f64) -> Self {
        let gain = self.gain * edge.powi(self.missing_zeros() as i32);
        let scale = |roots: Vec<Complex64>| roots.into_iter().map(|r| r * edge).collect();
        Self { zeros: scale(self.zeros), poles: scale(self.poles), gain }
    }

    /// Turns the low-pass into the high-pass above `edge`, by `s → edge / s`.
    fn high_pass(self, edge: f64) -> Self {
        let negated = |roots: &[Complex64]| product(roots.iter().map(|r| -r));
        let gain = self.gain * (negated(&self.zeros) / negated(&self.poles)).re;
        let missing = self.missing_zeros();
        let invert = |roots: Vec<Complex64>| roots.into_iter().map(|r| edge / r);
        let mut zeros: Vec<_> = invert(self.zeros).collect();
        zeros.extend(std::iter::repeat_n(Complex64::default(), missing));
        Self { zeros, poles: invert(self.poles).collect(), gain }
    }

    /// Moves the response from around 0 to around ±`center`, by `s → (s² + center²) / s`: a
    /// low-pass of edge `width` becomes a band-pass, a high-pass a band-stop.
    fn spread(self, center: f64) -> Self {
        let missing = self.missing_zeros();
        let split = |roots: Vec<Complex64>| {
            roots.into_iter().flat_map(move |root| {
                let half = root / 2.0;
                let offset = (half * half - center * center).sqrt();
                [half + offset, half - offset]
            })
        };
        let mut zeros: Vec<_> = split(self.zeros).collect();
        zeros.extend(std::iter::repeat_n(Complex64::default(), missing));
        Self { zeros, poles: split(self.poles).collect(), gain: self.gain }
    }

    /// To the z plane, by `s = (z − 1)/(z + 1)`; zeros at infinity land at half the rate.
    fn bilinear(self) -> Self {
        let ratio = product(self.zeros.iter().map(|z| 1.0 - z))
            / product(self.poles.iter().map(|p| 1.0 - p));
        let missing = self.missing_zeros();
        let map = |roots: Vec<Complex64>| roots.into_iter().map(|s| (1.0 + s) / (1.0 - s));
        let mut zeros: Vec<_> = map(self.zeros).collect();
        zeros.extend(std::iter::repeat_n(Complex64::new(-1.0, 0.0), missing));
        Self { zeros, poles: map(self.poles).collect(), gain: self.gain * ratio.re }
    }
}

fn product(factors: impl Iterator<Item = Complex64>) -> Complex64 {
    factors.product()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CHEBYSHEV: Family = Family::Chebyshev1 { ripple_db: 0.5 };

    fn band_pass(low_hz: f64, high_hz: f64, rate_hz: f64) -> Result<Sos, DspError> {
        BandPass { family: CHEBYSHEV, order: 4, low_hz, high_hz }.design(rate_hz)
    }

    #[test]
    fn refuses_what_cannot_be_designed() {
        for rate_hz in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(band_pass(8.0, 90.0, rate_hz), Err(DspError::Rate { .. })));
        }
        for bad in [0.0, -3.0, 125.0, 130.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(band_pass(bad, 90.0, 250.0), Err(DspError::Frequency { .. })));
            assert!(matches!(band_pass(8.0, bad, 250.0), Err(DspError::Frequency { .. })));
            let low = design(CHEBYSHEV, 2, Band::LowPass { edge_hz: bad }, 250.0);
            assert!(matches!(low, Err(DspError::Frequency { .. })));
        }
        assert_eq!(band_pass(9.0, 9.0, 250.0), Err(DspError::Edges { low_hz: 9.0, high_hz: 9.0 }));
        for order in [0, 13, usize::MAX] {
            let found = design(Family::Butterworth, order, Band::LowPass { edge_hz: 9.0 }, 250.0);
            assert_eq!(found, Err(DspError::Order { found: order, limit: 12 }));
        }
        for ripple_db in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let family = Family::Chebyshev1 { ripple_db };
            let found = design(family, 4, Band::LowPass { edge_hz: 9.0 }, 250.0);
            assert!(matches!(found, Err(DspError::NotPositive { .. })));
        }
        assert!(matches!(band_pass(1e-200, 2e-200, 250.0), Err(DspError::Unstable { .. })));
    }

    proptest! {
        /// |H|² of the prototype in closed form, at the frequency that the design maps it to.
        #[test]
        fn the_response_is_the_textbook_formula(
            order in 1..9usize,
            low in 0.02..0.2f64,
            width in 0.05..0.2f64,
            probe in 0.01..0.49f64,
            shape in 0..4usize,
            ripple_db in prop::option::of(0.1..3.0f64),
        ) {
            let high = low + width;
            let [w, w1, w2] = [probe, low, high].map(|f| (PI * f).tan());
            let position = (w * w - w1 * w2) / (w * (w2 - w1));
            let (band, x) = match shape {
                0 => (Band::LowPass { edge_hz: high }, w / w2),
                1 => (Band::HighPass { edge_hz: high }, w2 / w),
                2 => (Band::BandPass { low_hz: low, high_hz: high }, position),
                _ => (Band::BandStop { low_hz: low, high_hz: high }, 1.0 / position),
            };
            let n = order as i32;
            let (family, ratio) = match ripple_db {
                None => (Family::Butterworth, x.powi(2 * n)),
                Some(ripple_db) => {
                    // The Chebyshev polynomial, by its recurrence.
                    let (mut before, mut here) = (1.0, x);
                    for _ in 1..n {
                        (before, here) = (here, 2.0 * x * here - before);
                    }
                    let ripple = 10f64.powf(ripple_db / 10.0) - 1.0;
                    (Family::Chebyshev1 { ripple_db }, ripple * here * here)
                }
            };
            let sos = design(family, order, band, 1.0).unwrap();
            let found = sos.frequency_response(probe, 1.0).norm_sqr();
            let expected = 1.0 / (1.0 + ratio);
            prop_assert!((found - expected).abs() < 1e-7, "{found} {expected}");
        }

        /// Whatever the numbers, the answer is an error or a stable filter.
        #[test]
        fn never_gives_an_unstable_filter(
            order in 0..14usize,
            low_hz in prop::num::f64::ANY,
            high_hz in prop::num::f64::ANY,
            rate_hz in prop::num::f64::ANY,
            fractions in prop::option::of((0.0..0.5f64, 0.0..0.5f64)),
        ) {
            let (low_hz, high_hz) = match fractions {
                Some((low, high)) => (low * rate_hz, high * rate_hz),
                None => (low_hz, high_hz),
            };
            for family in [Family::Butterworth, CHEBYSHEV] {
                let band = Band::BandPass { low_hz, high_hz };
                if let Ok(sos) = design(family, order, band, rate_hz) {
                    for section in sos.sections() {
                        let [_, a1, a2] = section.a;
                        prop_assert!(a2.abs() <= 1.0 && a1.abs() <= 1.0 + a2);
                    }
                }
            }
        }
    }
}
