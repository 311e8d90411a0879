//! Notches against the mains.

use std::f64::consts::TAU;

use super::{
    error::{DspError, check_frequency, check_rate},
    sos::{Section, Sos},
};

/// A notch: a second-order section that removes `freq_hz` and lets the rest pass with a gain of 1.
/// It is 3 dB down over a width of `freq_hz / quality`, and equals SciPy's
/// `iirnotch(freq_hz, quality, rate_hz)`. For the mains, a quality of 25 to 35 is common.
///
/// # Errors
///
/// [`DspError::Rate`]; [`DspError::Frequency`] unless `freq_hz` is above 0 and below half the rate;
/// [`DspError::NotPositive`] for the quality; [`DspError::Unstable`] for a notch as wide as the
/// whole band.
pub fn notch(freq_hz: f64, quality: f64, rate_hz: f64) -> Result<Sos, DspError> {
    check_rate(rate_hz)?;
    check_frequency("notch", freq_hz, rate_hz)?;
    if !(quality.is_finite() && quality > 0.0) {
        return Err(DspError::NotPositive { what: "quality", found: quality });
    }
    let angle = TAU * freq_hz / rate_hz;
    let width = angle / quality;
    if width >= TAU / 2.0 {
        return Err(DspError::Unstable { what: "the notch is wider than the whole band" });
    }
    let gain = 1.0 / (1.0 + (width / 2.0).tan());
    let middle = -2.0 * angle.cos();
    let a = [1.0, gain * middle, 2.0 * gain - 1.0];
    if a[2] >= 1.0 {
        return Err(DspError::Unstable { what: "the notch has no width" });
    }
    Sos::new(vec![Section { b: [gain, gain * middle, gain], a }])
}

/// Notches at `freq_hz` and its harmonics, up to `harmonics` in all counting the fundamental, as
/// one cascade. Harmonics at or above half the rate are left out. All notches have the same width
/// in Hz, that of the first: harmonic h has the quality `h · quality`.
///
/// # Errors
///
/// As [`notch`].
pub fn notch_harmonics(
    freq_hz: f64,
    quality: f64,
    harmonics: usize,
    rate_hz: f64,
) -> Result<Sos, DspError> {
    let mut cascade = Sos::new(Vec::new())?;
    for harmonic in (1..=harmonics).map(|h| h as f64) {
        if harmonic > 1.0 && harmonic * freq_hz >= rate_hz / 2.0 {
            break;
        }
        cascade = cascade.then(&notch(harmonic * freq_hz, harmonic * quality, rate_hz)?);
        if cascade.sections().len() > MAX_NOTCHES {
            let found = harmonics;
            return Err(DspError::TooLong { what: "number of notches", found, limit: MAX_NOTCHES });
        }
    }
    Ok(cascade)
}

/// The most notches in one cascade.
pub const MAX_NOTCHES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_the_mains_and_its_harmonics_below_half_the_rate() {
        let sos = notch_harmonics(50.0, 30.0, 9, 256.0).unwrap();
        assert_eq!(sos.sections().len(), 2);
        let gain = |f: f64| sos.frequency_response(f, 256.0).norm();
        assert!(gain(50.0) < 1e-12 && gain(100.0) < 1e-12);
        assert!((gain(0.0) - 1.0).abs() < 1e-12 && gain(45.0) > 0.98 && gain(75.0) > 0.99);
        assert!(notch_harmonics(50.0, 30.0, 0, 256.0).unwrap().sections().is_empty());
    }

    #[test]
    fn is_3_db_down_over_its_width() {
        let (freq_hz, quality, rate_hz) = (0.25, 10.0, 1.0);
        let sos = notch(freq_hz, quality, rate_hz).unwrap();
        let half = freq_hz / quality / 2.0;
        for edge in [freq_hz - half, freq_hz + half] {
            let power = sos.frequency_response(edge, rate_hz).norm_sqr();
            assert!((power - 0.5).abs() < 1e-12, "{power}");
        }
    }

    #[test]
    fn refuses_bad_parameters() {
        for freq_hz in [0.0, -50.0, 128.0, f64::NAN] {
            assert!(matches!(notch(freq_hz, 30.0, 256.0), Err(DspError::Frequency { .. })));
            assert!(notch_harmonics(freq_hz, 30.0, 3, 256.0).is_err());
        }
        assert!(matches!(notch(50.0, 0.0, 256.0), Err(DspError::NotPositive { .. })));
        assert!(matches!(notch(50.0, 30.0, f64::NAN), Err(DspError::Rate { .. })));
        assert!(matches!(notch(50.0, 0.1, 256.0), Err(DspError::Unstable { .. })));
        assert!(matches!(notch(50.0, 1e300, 256.0), Err(DspError::Unstable { .. })));
        let endless = notch_harmonics(1e-3, 30.0, usize::MAX, 256.0);
        assert!(matches!(endless, Err(DspError::TooLong { .. })));
    }
}
