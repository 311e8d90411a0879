use rustfft::{FftPlanner, num_complex::Complex64};

use super::StimulusError;

/// Longest sequence whose spectrum is computed.
const MAX_FRAMES: usize = 1 << 20;

/// The frequencies that a sequence of luminances holds, as it is repeated over and over.
///
/// ```
/// use evoked::stimulus::{Codebook, LightSpectrum};
/// let codebook = Codebook::sinusoids(&[12.0])?.with_refresh_hz(60.0)?;
/// let frames = codebook.frames(5)?;
/// let row = frames.rows().next().unwrap_or_default();
/// let spectrum = LightSpectrum::of(row, 60.0)?;
/// let strongest = spectrum.strongest(1);
/// assert!((strongest[0].frequency_hz - 12.0).abs() < 1e-9);
/// assert!((strongest[0].amplitude - 0.5).abs() < 1e-9);
/// assert!((spectrum.share(12.0) - 1.0).abs() < 1e-9);
/// # Ok::<(), evoked::stimulus::StimulusError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LightSpectrum {
    lines: Vec<Line>,
    resolution_hz: f64,
}

/// One frequency of a spectrum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Frequency.
    pub frequency_hz: f64,
    /// Amplitude of its sinusoid, in luminance: 0.5 for one from dark to bright.
    pub amplitude: f64,
}

impl LightSpectrum {
    /// The spectrum of one period, or of a stretch that stands for the whole.
    ///
    /// # Errors
    /// [`StimulusError::TooMuch`] above 1,048,576 frames; [`StimulusError::Setting`] without frames, or
    /// where the refresh rate is not positive.
    pub fn of(luminances: &[f64], refresh_hz: f64) -> Result<Self, StimulusError> {
        let len = luminances.len();
        if !(refresh_hz.is_finite() && refresh_hz > 0.0) {
            let expected = "a positive number";
            return Err(StimulusError::setting("the refresh rate", refresh_hz, expected));
        }
        if len == 0 {
            return Err(StimulusError::setting("the number of frames", 0, "1 or more"));
        }
        if len > MAX_FRAMES {
            let (found, limit) = (len as u64, MAX_FRAMES as u64);
            return Err(StimulusError::TooMuch { what: "a spectrum", found, limit });
        }
        let mut points: Vec<Complex64> =
            luminances.iter().map(|&value| Complex64::new(value, 0.0)).collect();
        FftPlanner::new().plan_fft_forward(len).process(&mut points);
        let resolution_hz = refresh_hz / len as f64;
        let line = |(k, point): (usize, &Complex64)| {
            // Between 0 and half the refresh rate, each frequency has a twin.
            let twins = if k == 0 || 2 * k == len { 1.0 } else { 2.0 };
            let amplitude = twins * point.norm() / len as f64;
            Line { frequency_hz: k as f64 * resolution_hz, amplitude }
        };
        let lines = points.iter().take(len / 2 + 1).enumerate().map(line).collect();
        Ok(Self { lines, resolution_hz })
    }

    /// All lines, from 0 Hz (the mean luminance) to half the refresh rate.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The strongest lines but that of 0 Hz; those of less than a thousandth of the range are left out.
    pub fn strongest(&self, count: usize) -> Vec<Line> {
        let mut lines: Vec<Line> =
            self.lines.iter().skip(1).filter(|line| line.amplitude > 5e-4).copied().collect();
        lines.sort_by(|a, b| b.amplitude.total_cmp(&a.amplitude));
        lines.truncate(count);
        lines
    }

    /// The share of all that changes that lies at a frequency: 1 for a pure sinusoid, 0 where there is
    /// nothing, or nothing changes.
    pub fn share(&self, frequency_hz: f64) -> f64 {
        let power = |line: &Line| line.amplitude.powi(2);
        let whole: f64 = self.lines.iter().skip(1).map(power).sum();
        let place = (frequency_hz / self.resolution_hz).round() as usize;
        let line = self.lines.get(place).filter(|_| place > 0);
        // What rounding leaves of nothing is nothing.
        line.filter(|_| whole > 1e-18).map_or(0.0, |line| power(line) / whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_has_the_odd_harmonics() {
        let row: Vec<f64> = (0..12).map(|i| if i < 6 { 1.0 } else { 0.0 }).collect();
        let spectrum = LightSpectrum::of(&row, 120.0).unwrap();
        for (k, line) in spectrum.lines().iter().enumerate() {
            // The sum over six equal terms of a geometric row.
            let expected = match k {
                0 => 0.5,
                k if k % 2 == 0 => 0.0,
                k => 2.0 / 12.0 / (std::f64::consts::PI * k as f64 / 12.0).sin(),
            };
            assert!((line.frequency_hz - 10.0 * k as f64).abs() < 1e-9);
            assert!((line.amplitude - expected).abs() < 1e-12, "{k}: {line:?}");
        }
        assert_eq!(spectrum.strongest(9).len(), 3);
        assert_eq!(LightSpectrum::of(&[0.3; 5], 60.0).unwrap().share(12.0), 0.0);
        assert!(LightSpectrum::of(&[], 60.0).is_err());
        assert!([0.0, -60.0, f64::NAN].iter().all(|&hz| LightSpectrum::of(&row, hz).is_err()));
    }
}
