//! What a target shows in each frame of a display.

use std::f64::consts::TAU;

use super::{Codebook, Modulation, Step, StimulusError};

/// Most values that [`Codebook::frames`] gives.
const MAX_VALUES: u64 = 1 << 24;
/// How far before an edge a frame counts as behind it, in periods or bits: rounding must not move an
/// edge by a frame.
const EDGE: f64 = 1e-6;

impl Modulation {
    /// The luminance in the display frame of this number, counted from the onset: 0 dark and 1 bright.
    ///
    /// Frame i stands for the time `i / refresh_hz`. An edge or a bit that starts within a millionth of
    /// a period or bit after that time has started.
    ///
    /// ```
    /// use evoked::stimulus::Modulation;
    /// let square = Modulation::Square { frequency_hz: 20.0, phase_rad: 0.0, duty: 0.5 };
    /// let shown: Vec<f64> = (0..6).map(|frame| square.luminance(frame, 60.0)).collect();
    /// assert_eq!(shown, [1.0, 1.0, 0.0, 1.0, 1.0, 0.0]); // 1.5 frames bright are 2
    /// ```
    pub fn luminance(&self, frame: u64, refresh_hz: f64) -> f64 {
        let time_s = frame as f64 / refresh_hz;
        // `frame · rate / refresh` is exact where `frame / refresh · rate` is not.
        let cycles = |rate_hz: f64| finite(frame as f64 * rate_hz / refresh_hz);
        match self {
            Modulation::Blank => 0.0,
            Modulation::Sinusoid { frequency_hz, phase_rad } => {
                0.5 * (1.0 + sine(cycles(*frequency_hz), *phase_rad))
            }
            Modulation::Square { frequency_hz, phase_rad, duty } => {
                let turns = cycles(*frequency_hz) + phase_rad / TAU + EDGE;
                if finite(turns).rem_euclid(1.0) < *duty { 1.0 } else { 0.0 }
            }
            Modulation::Code { bits, bit_rate_hz } => {
                let bit = at(bits.as_slice(), cycles(*bit_rate_hz));
                if bit.is_some_and(|&bit| bit) { 1.0 } else { 0.0 }
            }
            Modulation::Levels { levels, level_rate_hz } => {
                at(levels, cycles(*level_rate_hz)).copied().unwrap_or(0.0)
            }
            Modulation::FrequencySum { tones } => {
                let weights: f64 = tones.iter().map(|tone| tone.weight).sum();
                let wave = tones.iter().map(|tone| {
                    tone.weight / weights * sine(cycles(tone.frequency_hz), tone.phase_rad)
                });
                0.5 * (1.0 + wave.sum::<f64>()).clamp(0.0, 2.0)
            }
            Modulation::FrequencySequence { steps } => in_sequence(steps, time_s),
        }
    }
}

/// A number that can be counted with; 0 for what has left the range of numbers.
fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { 0.0 }
}

fn sine(turns: f64, phase_rad: f64) -> f64 {
    (TAU * turns.rem_euclid(1.0) + phase_rad).sin()
}

/// The item of a repeated list at a position.
fn at<T>(items: &[T], position: f64) -> Option<&T> {
    let position = (position + EDGE).floor() as u64;
    items.get((position % items.len().max(1) as u64) as usize)
}

fn in_sequence(steps: &[Step], time_s: f64) -> f64 {
    let cycle_s: f64 = steps.iter().map(|step| step.duration_s).sum();
    let mut rest_s = finite((time_s + EDGE * cycle_s.min(1e-3)) % cycle_s);
    for step in steps {
        if rest_s < step.duration_s {
            return 0.5 * (1.0 + sine(finite(rest_s * step.frequency_hz), step.phase_rad));
        }
        rest_s -= step.duration_s;
    }
    0.5
}

/// Luminances of all targets, frame by frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Frames {
    values: Vec<f64>,
    len: usize,
}

impl Frames {
    /// Rows of the same length, one a target.
    pub(super) fn new(values: Vec<f64>, len: usize) -> Self {
        Self { values, len }
    }

    /// One row a target; none where there are no frames.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.values.chunks_exact(self.len.max(1))
    }

    /// Display frames of each target.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no frames, or no targets.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

impl Codebook {
    /// The luminance of a target in a display frame, counted from the onset: 0 dark and 1 bright. The
    /// one place that says what is shown.
    ///
    /// ```
    /// use evoked::stimulus::Codebook;
    /// let codebook = Codebook::sinusoids(&[15.0])?.with_refresh_hz(60.0)?;
    /// assert_eq!(codebook.luminance(0, 0)?, 0.5);
    /// assert_eq!(codebook.luminance(0, 1)?, 1.0);
    /// # Ok::<(), evoked::stimulus::StimulusError>(())
    /// ```
    ///
    /// # Errors
    /// [`StimulusError::NoRefreshRate`]; [`StimulusError::Setting`] where there is no such target.
    pub fn luminance(&self, target: usize, frame: u64) -> Result<f64, StimulusError> {
        let refresh_hz = self.refresh_hz().ok_or(StimulusError::NoRefreshRate)?;
        let found = self.targets().get(target);
        let expected = "less than the number of targets";
        let found = found.ok_or_else(|| StimulusError::setting("the target", target, expected))?;
        Ok(found.modulation.luminance(frame, refresh_hz))
    }

    /// The luminance of every target in the first `count` display frames.
    ///
    /// # Errors
    /// [`StimulusError::NoRefreshRate`]; [`StimulusError::TooMuch`] above 16,777,216 values.
    pub fn frames(&self, count: usize) -> Result<Frames, StimulusError> {
        let refresh_hz = self.refresh_hz().ok_or(StimulusError::NoRefreshRate)?;
        let found = (count as u64).saturating_mul(self.len() as u64);
        if found > MAX_VALUES {
            let what = "luminances of all targets and frames";
            return Err(StimulusError::TooMuch { what, found, limit: MAX_VALUES });
        }
        let row = |target: &super::Target| {
            let modulation = target.modulation.clone();
            (0..count as u64).map(move |frame| modulation.luminance(frame, refresh_hz))
        };
        Ok(Frames::new(self.targets().iter().flat_map(row).collect(), count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stimulus::{Bits, Tone};

    fn shown(modulation: &Modulation, count: u64, refresh_hz: f64) -> Vec<f64> {
        (0..count).map(|frame| modulation.luminance(frame, refresh_hz)).collect()
    }

    #[test]
    fn sinusoids_follow_the_formula() {
        let modulation = Modulation::Sinusoid { frequency_hz: 8.2, phase_rad: 1.1 };
        for (i, shown) in shown(&modulation, 500, 60.0).into_iter().enumerate() {
            let expected = 0.5 * (1.0 + (TAU * 8.2 * i as f64 / 60.0 + 1.1).sin());
            assert!((shown - expected).abs() < 1e-12, "frame {i}");
        }
    }

    #[test]
    fn squares_have_the_same_frames_in_every_period() {
        for period in 2..=12_u32 {
            let frequency_hz = 60.0 / f64::from(period);
            for duty in [0.25, 0.5, 0.75] {
                let square = Modulation::Square { frequency_hz, phase_rad: 0.0, duty };
                let shown = shown(&square, 1200, 60.0);
                let bright = (f64::from(period) * duty).ceil() as usize;
                for (i, &value) in shown.iter().enumerate() {
                    let is_bright = i % (period as usize) < bright;
                    assert_eq!(value == 1.0, is_bright, "{frequency_hz} Hz, {duty}, frame {i}");
                }
            }
        }
    }

    #[test]
    fn bits_are_repeated_to_the_rate_of_the_display() {
        let bits: Bits = "1101".parse().unwrap();
        for (rate_hz, times) in [(60.0, 1), (30.0, 2), (59.94 / 4.0, 4)] {
            let code = Modulation::Code { bits: bits.clone(), bit_rate_hz: rate_hz };
            let refresh_hz = rate_hz * times as f64;
            let shown = shown(&code, 4000, refresh_hz);
            let expected = bits.repeated(times);
            for (i, &value) in shown.iter().enumerate() {
                assert_eq!(value == 1.0, expected.as_slice()[i % expected.len()], "frame {i}");
            }
        }
        let levels = Modulation::Levels { levels: vec![0.0, 0.5, 1.0], level_rate_hz: 30.0 };
        assert_eq!(shown(&levels, 7, 60.0), [0.0, 0.0, 0.5, 0.5, 1.0, 1.0, 0.0]);
    }

    #[test]
    fn several_frequencies_add_up_or_take_turns() {
        let tone = |frequency_hz, weight| Tone { frequency_hz, phase_rad: 0.0, weight };
        let sum = Modulation::FrequencySum { tones: vec![tone(10.0, 3.0), tone(15.0, 1.0)] };
        for (i, shown) in shown(&sum, 120, 60.0).into_iter().enumerate() {
            let wave = |hz: f64| (TAU * hz * i as f64 / 60.0).sin();
            let expected = 0.5 * (1.0 + 0.75 * wave(10.0) + 0.25 * wave(15.0));
            assert!((shown - expected).abs() < 1e-12, "frame {i}");
        }
        let step = |frequency_hz, duration_s| Step { frequency_hz, phase_rad: 0.5, duration_s };
        let steps = vec![step(10.0, 0.5), step(15.0, 1.0)];
        let sequence = Modulation::FrequencySequence { steps };
        for (i, shown) in shown(&sequence, 360, 60.0).into_iter().enumerate() {
            let (hz, frame) = match i % 90 {
                frame @ 0..30 => (10.0, frame),
                frame => (15.0, frame - 30),
            };
            let expected = 0.5 * (1.0 + (TAU * hz * frame as f64 / 60.0 + 0.5).sin());
            assert!((shown - expected).abs() < 1e-6, "frame {i}");
        }
    }

    #[test]
    fn frames_are_the_luminances_and_bounded() {
        let codebook = Codebook::jfpm(8.0, 0.2, 0.5, 4).unwrap();
        assert_eq!(codebook.luminance(0, 0), Err(StimulusError::NoRefreshRate));
        let codebook = codebook.with_refresh_hz(60.0).unwrap();
        let frames = codebook.frames(7).unwrap();
        assert_eq!((frames.rows().len(), frames.len()), (4, 7));
        let none = codebook.frames(0).unwrap();
        assert_eq!((none.rows().len(), none.len(), none.is_empty()), (0, 0, true));
        for (target, row) in frames.rows().enumerate() {
            for (frame, &value) in row.iter().enumerate() {
                assert_eq!(codebook.luminance(target, frame as u64).unwrap(), value);
            }
        }
        assert!(matches!(codebook.frames(1 << 23), Err(StimulusError::TooMuch { .. })));
        assert!(codebook.luminance(4, 0).is_err());
    }

    #[test]
    fn extreme_numbers_stay_luminances() {
        let extreme = |hz: f64| Modulation::Sinusoid { frequency_hz: hz, phase_rad: 1e300 };
        for frame in [0, 1, u64::MAX] {
            for hz in [1e-300, 1e300] {
                for refresh_hz in [1e-300, 60.0, 1e300] {
                    let value = extreme(hz).luminance(frame, refresh_hz);
                    assert!((0.0..=1.0).contains(&value), "{value}");
                }
            }
        }
    }
}
