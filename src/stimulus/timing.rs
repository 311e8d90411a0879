//! What a display of a refresh rate makes of a codebook.

use super::ratio::{common_divisor, common_multiple, fraction};
use super::{Codebook, LightSpectrum, Modulation, StimulusError, Target};

/// Frames whose spectrum stands for a target that does not repeat, or late.
const SPECTRUM_FRAMES: u64 = 1 << 16;
/// How near to half the refresh rate counts as there, and to a whole number of frames as whole.
const NEAR: f64 = 1e-6;

/// Whether a display can show a modulation as it is meant.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Fit {
    /// As it is meant.
    Exact,
    /// On and off, or bits, or steps last now a frame more, now a frame less.
    Uneven,
    /// At half the refresh rate: the phase decides how much of it is left.
    HalfRefresh {
        /// Amplitude that is left, of ½.
        amplitude: f64,
    },
    /// Above half the refresh rate: another frequency is shown.
    Aliased {
        /// The frequency that is shown.
        shown_hz: f64,
    },
    /// More bits than frames: some are never shown.
    TooFast,
}

impl std::fmt::Display for Fit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fit::Exact => f.pad("exact"),
            Fit::Uneven => f.pad("uneven"),
            Fit::HalfRefresh { .. } => f.pad("half refresh"),
            Fit::Aliased { .. } => f.pad("aliased"),
            Fit::TooFast => f.pad("too fast"),
        }
    }
}

/// What a display makes of one target.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetTiming {
    /// Whether it is shown as it is meant.
    pub fit: Fit,
    /// Display frames after which it repeats; `None` where that is later than 100,000.
    pub period_frames: Option<u64>,
    /// What it really shows, over one period or, where that is longer, over 65,536 frames.
    pub spectrum: LightSpectrum,
}

/// What a display makes of a codebook.
#[derive(Debug, Clone, PartialEq)]
pub struct Timing {
    /// Frames a second of the display.
    pub refresh_hz: f64,
    /// One a target, in their order.
    pub targets: Vec<TargetTiming>,
    /// Display frames after which all targets repeat together; `None` where one of them does not, or
    /// it is beyond counting.
    pub period_frames: Option<u64>,
}

impl Timing {
    /// Looks at every target at the codebook's refresh rate.
    ///
    /// ```
    /// use evoked::stimulus::{Codebook, Fit, Timing};
    /// let codebook = Codebook::jfpm(8.0, 0.2, 0.0, 40)?.with_refresh_hz(60.0)?;
    /// let timing = Timing::of(&codebook)?;
    /// assert!(timing.targets.iter().all(|target| target.fit == Fit::Exact));
    /// assert_eq!(timing.period_frames, Some(300));
    /// # Ok::<(), evoked::stimulus::StimulusError>(())
    /// ```
    ///
    /// # Errors
    /// [`StimulusError::NoRefreshRate`].
    pub fn of(codebook: &Codebook) -> Result<Self, StimulusError> {
        let refresh_hz = codebook.refresh_hz().ok_or(StimulusError::NoRefreshRate)?;
        let timing = |target: &Target| {
            let modulation = &target.modulation;
            let period_frames = period(modulation, refresh_hz);
            let count = period_frames.unwrap_or(SPECTRUM_FRAMES).min(SPECTRUM_FRAMES);
            let row: Vec<f64> =
                (0..count).map(|frame| modulation.luminance(frame, refresh_hz)).collect();
            let spectrum = LightSpectrum::of(&row, refresh_hz)?;
            Ok(TargetTiming { fit: fit(modulation, refresh_hz), period_frames, spectrum })
        };
        let targets: Vec<TargetTiming> =
            codebook.targets().iter().map(timing).collect::<Result<_, StimulusError>>()?;
        let together = |period: Option<u64>, target: &TargetTiming| {
            common_multiple(period?, target.period_frames?)
        };
        let period_frames = targets.iter().fold(Some(1), together);
        Ok(Self { refresh_hz, targets, period_frames })
    }
}

impl Modulation {
    /// Display frames after which the modulation repeats; `None` where that is later than 100,000.
    ///
    /// ```
    /// use evoked::stimulus::Modulation;
    /// let modulation = Modulation::Sinusoid { frequency_hz: 8.2, phase_rad: 0.0 };
    /// assert_eq!(modulation.period_frames(60.0), Some(300));
    /// ```
    pub fn period_frames(&self, refresh_hz: f64) -> Option<u64> {
        period(self, refresh_hz)
    }
}

fn period(modulation: &Modulation, refresh_hz: f64) -> Option<u64> {
    let wave =
        |frequency_hz: f64| fraction(frequency_hz / refresh_hz).filter(|f| f.0 > 0).map(|f| f.1);
    // Frames after which a whole number of cycles of `len` items has passed.
    let cycle = |len: usize, rate_hz: f64| {
        let (items, frames) = fraction(rate_hz / refresh_hz).filter(|f| f.0 > 0)?;
        frames.checked_mul(len as u64 / common_divisor(items, len as u64))
    };
    match modulation {
        Modulation::Blank => Some(1),
        Modulation::Sinusoid { frequency_hz, .. } | Modulation::Square { frequency_hz, .. } => {
            wave(*frequency_hz)
        }
        Modulation::Code { bits, bit_rate_hz } => cycle(bits.cycle_len(), *bit_rate_hz),
        Modulation::Levels { levels, level_rate_hz } => cycle(levels.len(), *level_rate_hz),
        Modulation::FrequencySum { tones } => tones
            .iter()
            .try_fold(1, |period, tone| common_multiple(period, wave(tone.frequency_hz)?)),
        Modulation::FrequencySequence { steps } => {
            let cycle_s: f64 = steps.iter().map(|step| step.duration_s).sum();
            fraction(cycle_s * refresh_hz).filter(|f| f.0 > 0).map(|f| f.0)
        }
    }
}

fn fit(modulation: &Modulation, refresh_hz: f64) -> Fit {
    let even = |is_even: bool| if is_even { Fit::Exact } else { Fit::Uneven };
    let bits = |rate_hz: f64| match rate_hz > refresh_hz * (1.0 + NEAR) {
        true => Fit::TooFast,
        false => even(is_whole(refresh_hz / rate_hz)),
    };
    match modulation {
        Modulation::Blank => Fit::Exact,
        Modulation::Sinusoid { frequency_hz, phase_rad } => {
            sampled(*frequency_hz, *phase_rad, refresh_hz)
        }
        Modulation::Square { frequency_hz, duty, .. } => {
            let frames = refresh_hz / frequency_hz;
            match frames < 2.0 - NEAR {
                true => Fit::Aliased { shown_hz: alias(*frequency_hz, refresh_hz) },
                false => even(is_whole(frames) && is_whole(frames * duty)),
            }
        }
        Modulation::Code { bit_rate_hz, .. } => bits(*bit_rate_hz),
        Modulation::Levels { level_rate_hz, .. } => bits(*level_rate_hz),
        Modulation::FrequencySum { tones } => {
            let fits =
                tones.iter().map(|tone| sampled(tone.frequency_hz, tone.phase_rad, refresh_hz));
            first_problem(fits)
        }
        Modulation::FrequencySequence { steps } => {
            let fits =
                steps.iter().map(|step| sampled(step.frequency_hz, step.phase_rad, refresh_hz));
            let is_even = steps.iter().all(|step| is_whole(step.duration_s * refresh_hz));
            first_problem(fits.chain([even(is_even)]))
        }
    }
}

fn first_problem(mut fits: impl Iterator<Item = Fit>) -> Fit {
    fits.find(|fit| *fit != Fit::Exact).unwrap_or(Fit::Exact)
}

/// A sampled sinusoid is what it is meant to be below half the refresh rate.
fn sampled(frequency_hz: f64, phase_rad: f64, refresh_hz: f64) -> Fit {
    let ratio = frequency_hz / refresh_hz;
    if ratio < 0.5 - NEAR {
        Fit::Exact
    } else if ratio <= 0.5 + NEAR {
        Fit::HalfRefresh { amplitude: 0.5 * phase_rad.sin().abs() }
    } else {
        Fit::Aliased { shown_hz: alias(frequency_hz, refresh_hz) }
    }
}

fn alias(frequency_hz: f64, refresh_hz: f64) -> f64 {
    (frequency_hz - (frequency_hz / refresh_hz).round() * refresh_hz).abs()
}

fn is_whole(value: f64) -> bool {
    (value - value.round()).abs() < NEAR * value.max(1.0) && value > 0.5
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stimulus::{Bits, Step, Tone};

    fn sinusoid(frequency_hz: f64, phase_rad: f64) -> Modulation {
        Modulation::Sinusoid { frequency_hz, phase_rad }
    }

    fn square(frequency_hz: f64, duty: f64) -> Modulation {
        Modulation::Square { frequency_hz, phase_rad: 0.0, duty }
    }

    fn code(bits: &str, bit_rate_hz: f64) -> Modulation {
        Modulation::Code { bits: bits.parse().unwrap(), bit_rate_hz }
    }

    fn timing(modulations: Vec<Modulation>, refresh_hz: f64) -> Timing {
        let target = |(k, modulation): (usize, Modulation)| Target {
            label: k.to_string(),
            event: None,
            modulation,
        };
        let targets = modulations.into_iter().enumerate().map(target).collect();
        Timing::of(&Codebook::new(targets).unwrap().with_refresh_hz(refresh_hz).unwrap()).unwrap()
    }

    #[test]
    fn what_fits_a_display_of_60_hz() {
        use std::f64::consts::FRAC_PI_2;
        let cases = [
            (sinusoid(29.9, 0.0), Fit::Exact),
            (sinusoid(30.0, 0.0), Fit::HalfRefresh { amplitude: 0.0 }),
            (sinusoid(30.0, FRAC_PI_2), Fit::HalfRefresh { amplitude: 0.5 }),
            (sinusoid(45.0, 0.0), Fit::Aliased { shown_hz: 15.0 }),
            (square(15.0, 0.5), Fit::Exact),
            (square(60.0 / 7.0, 3.0 / 7.0), Fit::Exact),
            (square(20.0, 0.5), Fit::Uneven),
            (square(13.0, 0.5), Fit::Uneven),
            (square(40.0, 0.5), Fit::Aliased { shown_hz: 20.0 }),
            (code("10", 60.0), Fit::Exact),
            (code("10", 30.0), Fit::Exact),
            (code("10", 40.0), Fit::Uneven),
            (code("10", 120.0), Fit::TooFast),
        ];
        let (modulations, expected): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
        let found: Vec<Fit> = timing(modulations, 60.0).targets.iter().map(|t| t.fit).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_set_repeats_when_all_of_it_does() {
        let set = vec![sinusoid(8.2, 0.3), square(15.0, 0.5), code("1101000", 60.0)];
        let timing = timing(set, 60.0);
        let periods: Vec<_> = timing.targets.iter().map(|target| target.period_frames).collect();
        assert_eq!(periods, [Some(300), Some(4), Some(7)]);
        assert_eq!(timing.period_frames, Some(2100));
        let never = vec![sinusoid(std::f64::consts::E, 0.0), square(15.0, 0.5)];
        let timing = super::tests::timing(never, 60.0);
        assert_eq!((timing.targets[0].period_frames, timing.period_frames), (None, None));
    }

    #[test]
    fn an_uneven_square_leaks_and_an_even_one_does_not() {
        let timing = timing(vec![square(13.0, 0.5), square(15.0, 0.5), sinusoid(13.0, 0.0)], 60.0);
        let share = |k: usize, hz| timing.targets[k].spectrum.share(hz);
        // Of 15 Hz, two frames on and two off, nothing is above but the mean of 30 Hz, which is zero.
        assert!((share(1, 15.0) - 1.0).abs() < 1e-9);
        assert!((share(2, 13.0) - 1.0).abs() < 1e-9);
        assert!(share(0, 13.0) < 0.9 && share(0, 13.0) > 0.7, "{}", share(0, 13.0));
    }

    fn modulation() -> impl Strategy<Value = Modulation> {
        let hz = || (1_u32..600).prop_map(|tenths| f64::from(tenths) / 10.0);
        let phase = || -7.0..7.0_f64;
        let bits = prop::collection::vec(any::<bool>(), 1..40);
        let tone = (hz(), phase(), 0.1..3.0_f64)
            .prop_map(|(frequency_hz, phase_rad, weight)| Tone { frequency_hz, phase_rad, weight });
        let step = (hz(), phase(), 1_u32..40).prop_map(|(frequency_hz, phase_rad, frames)| Step {
            frequency_hz,
            phase_rad,
            duration_s: f64::from(frames) / 60.0,
        });
        prop_oneof![
            (hz(), phase()).prop_map(|(hz, phase)| sinusoid(hz, phase)),
            (hz(), 0.05..0.95_f64).prop_map(|(hz, duty)| square(hz, duty)),
            (bits, hz()).prop_map(|(bits, bit_rate_hz)| {
                Modulation::Code { bits: Bits::new(bits), bit_rate_hz }
            }),
            (prop::collection::vec(0.0..1.0_f64, 1..20), hz())
                .prop_map(|(levels, level_rate_hz)| Modulation::Levels { levels, level_rate_hz }),
            prop::collection::vec(tone, 1..3).prop_map(|tones| Modulation::FrequencySum { tones }),
            prop::collection::vec(step, 1..4)
                .prop_map(|steps| Modulation::FrequencySequence { steps }),
        ]
    }

    proptest! {
        #[test]
        fn what_repeats_is_the_same_again(modulation in modulation()) {
            let Some(period) = modulation.period_frames(60.0) else { return Ok(()) };
            for frame in 0..500 {
                let first = modulation.luminance(frame, 60.0);
                let again = modulation.luminance(frame + period, 60.0);
                prop_assert!((first - again).abs() < 1e-3, "frame {}: {} {}", frame, first, again);
            }
        }
    }
}
