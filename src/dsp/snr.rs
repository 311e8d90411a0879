//! Signal-to-noise ratios of a steady-state response, as Liu et al. 2020 define them for the BETA
//! data set (Front Neurosci 14:627, 10.3389/fnins.2020.00627).
//!
//! Both ratios look at the Fourier transform of the signal on a grid of 0.2 Hz. For a signal of up
//! to 5 s that is the spectrum zero-padded to 5 s, as in the paper; a longer one is read on the same
//! grid, so that results stay comparable between lengths. The signal is taken as it is: filter it,
//! or at least remove its mean, before.

use super::{
    error::{DspError, check_finite, check_frequency, check_rate},
    fourier_at::fourier_at,
    spectrum::{MAX_FFT_LEN, SpectrumPlan},
    window::Window,
};

/// Spacing of the frequencies compared.
pub const SNR_GRID_HZ: f64 = 0.2;

/// Neighbours on each side in the narrow-band ratio.
const NEIGHBOURS: usize = 5;

/// Harmonics, counting the fundamental, in the wide-band ratio.
const HARMONICS: usize = 5;

/// Narrow-band signal-to-noise ratio in dB: the amplitude at `freq_hz` against the mean amplitude
/// of the five neighbours on each side, 0.2 Hz apart.
///
/// The amplitudes are taken at exactly `freq_hz ± k · 0.2 Hz`, at any rate. Neighbours below 0 Hz or
/// above half the rate are left out, and the mean is over those that remain. The ratio is infinite
/// if all neighbours are zero.
///
/// # Errors
///
/// [`DspError::Rate`]; [`DspError::Frequency`] unless `freq_hz` is above 0 and below half the rate;
/// [`DspError::TooShort`] for less than one period of it; [`DspError::NotFinite`];
/// [`DspError::NoPower`] if there is nothing to compare.
pub fn narrow_band_snr_db(signal: &[f64], rate_hz: f64, freq_hz: f64) -> Result<f64, DspError> {
    check(signal, rate_hz, freq_hz)?;
    let peak = fourier_at(signal, freq_hz, rate_hz)?.norm();
    let (mut sum, mut count) = (0.0, 0.0);
    for k in 1..=NEIGHBOURS {
        let offset_hz = k as f64 * SNR_GRID_HZ;
        for neighbour_hz in [freq_hz - offset_hz, freq_hz + offset_hz] {
            if let Some(neighbour_hz) = in_band(neighbour_hz, rate_hz) {
                sum += fourier_at(signal, neighbour_hz, rate_hz)?.norm();
                count += 1.0;
            }
        }
    }
    decibels(20.0, peak * count, sum, freq_hz)
}

/// Wide-band signal-to-noise ratio in dB: the power at `freq_hz` and its harmonics, up to the fifth
/// and below half the rate, against all other power from 0 Hz to half the rate.
///
/// Power is the squared modulus of the transform on the 0.2 Hz grid (or the nearest grid that
/// divides the rate evenly); each harmonic is read at its nearest grid point, but never at 0 Hz. The
/// ratio is infinite if there is no other power.
///
/// # Errors
///
/// As [`narrow_band_snr_db`], and [`DspError::TooLong`] for a rate so high that the grid would have
/// more than [`MAX_FFT_LEN`] points.
pub fn wide_band_snr_db(signal: &[f64], rate_hz: f64, freq_hz: f64) -> Result<f64, DspError> {
    check(signal, rate_hz, freq_hz)?;
    let points = (rate_hz / SNR_GRID_HZ).round().max(2.0) as usize;
    if points > MAX_FFT_LEN {
        let what = "0.2 Hz grid in points";
        return Err(DspError::TooLong { what, found: points, limit: MAX_FFT_LEN });
    }
    let plan = SpectrumPlan::new(points, points, Window::Rectangular)?;
    let spectrum = plan.complex(&fold(signal, points))?;
    let bin_hz = plan.frequency_hz(1, rate_hz);
    let harmonic_bins: Vec<usize> = (1..=HARMONICS)
        .map(|h| h as f64 * freq_hz)
        .filter(|&harmonic_hz| harmonic_hz < rate_hz / 2.0)
        .map(|harmonic_hz| ((harmonic_hz / bin_hz).round() as usize).max(1))
        .collect();
    let (mut at_harmonics, mut elsewhere) = (0.0, 0.0);
    for (bin, value) in spectrum.iter().enumerate() {
        let power = if harmonic_bins.contains(&bin) { &mut at_harmonics } else { &mut elsewhere };
        *power += value.norm_sqr();
    }
    decibels(10.0, at_harmonics, elsewhere, freq_hz)
}

/// The BCI quotient of Liu et al. 2020: the wide-band ratio on a scale with mean 100 and standard
/// deviation 15 over the 70 people of the BETA data set.
pub fn bci_quotient(wide_band_snr_db: f64) -> f64 {
    15.0 * (wide_band_snr_db + 13.76) / 2.31 + 100.0
}

fn check(signal: &[f64], rate_hz: f64, freq_hz: f64) -> Result<(), DspError> {
    check_rate(rate_hz)?;
    check_frequency("stimulus frequency", freq_hz, rate_hz)?;
    // The cast saturates for a period too long to count.
    let needed = (rate_hz / freq_hz).ceil() as usize;
    if signal.len() < needed {
        return Err(DspError::TooShort { what: "signal", found: signal.len(), needed });
    }
    check_finite("signal", signal)
}

/// The frequency itself if it lies within 0 Hz and half the rate, give or take rounding.
fn in_band(freq_hz: f64, rate_hz: f64) -> Option<f64> {
    let (nyquist_hz, slack_hz) = (rate_hz / 2.0, 1e-9 * rate_hz);
    let within = freq_hz >= -slack_hz && freq_hz <= nyquist_hz + slack_hz;
    within.then(|| freq_hz.clamp(0.0, nyquist_hz))
}

/// Stacks stretches of `points` samples on top of each other: the transform of the sum is the
/// transform of the whole signal, at the frequencies that have whole periods in `points` samples.
fn fold(signal: &[f64], points: usize) -> Vec<f64> {
    let mut folded = vec![0.0; points];
    for stretch in signal.chunks(points) {
        for (sum, x) in folded.iter_mut().zip(stretch) {
            *sum += x;
        }
    }
    folded
}

fn decibels(factor: f64, above: f64, below: f64, freq_hz: f64) -> Result<f64, DspError> {
    let ratio = above / below;
    if ratio.is_nan() {
        return Err(DspError::NoPower { freq_hz });
    }
    Ok(factor * ratio.log10())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn wave(freq_hz: f64, rate_hz: f64, samples: usize) -> Vec<f64> {
        (0..samples).map(|n| (TAU * freq_hz * n as f64 / rate_hz).sin()).collect()
    }

    /// Ten whole seconds of sinusoids on the grid: every amplitude is known.
    #[test]
    fn known_sinusoids_give_the_ratio_of_their_amplitudes() {
        let mut signal = vec![0.0; 2500];
        for (freq_hz, amplitude) in [(10.0, 4.0), (10.2, 1.0), (9.0, 2.0), (20.0, 3.0), (33.4, 0.5)]
        {
            let part = wave(freq_hz, 250.0, 2500);
            signal.iter_mut().zip(part).for_each(|(sum, x)| *sum += amplitude * x);
        }
        let narrow = narrow_band_snr_db(&signal, 250.0, 10.0).unwrap();
        assert!((narrow - 20.0 * (10.0 * 4.0 / 3.0f64).log10()).abs() < 1e-9);
        let wide = wide_band_snr_db(&signal, 250.0, 10.0).unwrap();
        assert!((wide - 10.0 * (25.0 / 5.25f64).log10()).abs() < 1e-9);
    }

    #[test]
    fn the_quotient_is_100_at_the_mean_of_the_data_set() {
        assert_eq!(bci_quotient(-13.76), 100.0);
        assert!((bci_quotient(-13.76 + 2.31) - 115.0).abs() < 1e-12);
    }

    #[test]
    fn survives_odd_rates_and_frequencies() {
        for (rate_hz, freq_hz) in [(0.7, 0.1), (250.48, 15.75), (3.0, 1.4999), (1000.0, 0.05)] {
            let signal: Vec<f64> = (0..20_000).map(|n| ((n * n) as f64 * 0.01).sin()).collect();
            assert!(narrow_band_snr_db(&signal, rate_hz, freq_hz).unwrap().is_finite());
            assert!(wide_band_snr_db(&signal, rate_hz, freq_hz).unwrap().is_finite());
        }
    }

    #[test]
    fn refuses_what_has_no_ratio() {
        let both = |signal: &[f64], rate_hz, freq_hz| {
            let narrow = narrow_band_snr_db(signal, rate_hz, freq_hz).unwrap_err();
            let wide = wide_band_snr_db(signal, rate_hz, freq_hz).unwrap_err();
            assert_eq!(format!("{narrow:?}"), format!("{wide:?}"));
            narrow
        };
        let signal = wave(10.0, 250.0, 250);
        for freq_hz in [0.0, -1.0, 125.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(both(&signal, 250.0, freq_hz), DspError::Frequency { .. }));
        }
        assert!(matches!(both(&signal, f64::NAN, 10.0), DspError::Rate { .. }));
        assert!(matches!(both(&[], 250.0, 10.0), DspError::TooShort { .. }));
        assert!(matches!(both(&signal[..24], 250.0, 10.0), DspError::TooShort { .. }));
        assert!(matches!(both(&signal, 250.0, 1e-300), DspError::TooShort { .. }));
        let mut broken = signal.clone();
        broken[7] = f64::NAN;
        let expected = DspError::NotFinite { what: "signal", index: 7 };
        assert_eq!(both(&broken, 250.0, 10.0), expected);
        assert!(matches!(both(&[0.0; 250], 250.0, 10.0), DspError::NoPower { .. }));
        let without_neighbours = narrow_band_snr_db(&signal, 0.3, 0.1);
        assert!(matches!(without_neighbours, Err(DspError::NoPower { .. })));
        let fast = wide_band_snr_db(&signal, 1e300, 4e299);
        assert!(matches!(fast, Err(DspError::TooLong { .. })));
    }
}
