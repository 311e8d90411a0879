//! What was really shown: displays drop frames, and a decoder has to be told.

use super::{Bits, Codebook, Modulation, StimulusError, Target};

/// Most frames of a log.
const MAX_FRAMES: usize = 1 << 22;
/// Most display frames between the first and the last.
const MAX_SLOTS: u64 = 1 << 24;
/// How much of the last error of a time stamp goes into the next prediction.
const GAIN: f64 = 0.05;

/// One frame of a stimulus as it came to the display.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shown {
    /// Number of the stimulus frame, from 0 at the onset.
    pub frame: u64,
    /// When it came, in seconds of any clock.
    pub time_s: f64,
}

/// A stretch in which the display showed an old frame, as no new one came in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drop {
    /// The display frame that should have been new, from 0 at the onset.
    pub slot: u64,
    /// For how many display frames.
    pub count: u64,
    /// The stimulus frame that stayed.
    pub held: u64,
    /// The stimulus frame that came after it.
    pub next: u64,
}

/// Which stimulus frame was on display when: the map from display frames to stimulus frames.
///
/// A decoder takes frame i for shown at `i / refresh_hz`. After a drop that no longer holds: a
/// presenter that counts its frames is late from there on ([`delay`](Self::delay)), one that goes by
/// the clock has skipped frames, and both have held one too long. [`as_shown`](Self::as_shown) gives
/// the codebook of what was really there, which any decoder can be built on.
///
/// ```
/// use evoked::stimulus::{Presentation, Shown};
/// // Frame 3 comes one display frame late, and the presenter counts on.
/// let times_s = [0.0, 1.0, 2.0, 4.0, 5.0].map(|slot| slot / 60.0);
/// let shown: Vec<Shown> =
///     (0..).zip(times_s).map(|(frame, time_s)| Shown { frame, time_s }).collect();
/// let presentation = Presentation::new(&shown, 60.0)?;
/// assert_eq!(presentation.dropped(), 1);
/// assert_eq!(presentation.drops()[0].slot, 3);
/// assert_eq!([2, 3, 4].map(|slot| presentation.frame_at(slot)), [Some(2), Some(2), Some(3)]);
/// assert_eq!((presentation.delay(2), presentation.delay(3)), (Some(0), Some(1)));
/// # Ok::<(), evoked::stimulus::StimulusError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Presentation {
    /// Stimulus frame and display frame of each that came.
    frames: Vec<(u64, u64)>,
    drops: Vec<Drop>,
    refresh_hz: f64,
    measured_hz: f64,
}

impl Presentation {
    /// The map of a log. The refresh rate need only be about right: the time stamps correct it.
    ///
    /// # Errors
    /// [`StimulusError::Setting`] where there are no frames, times or frame numbers do not rise, or the
    /// refresh rate is not positive; [`StimulusError::TooMuch`] for very long logs.
    pub fn new(shown: &[Shown], refresh_hz: f64) -> Result<Self, StimulusError> {
        check(shown, refresh_hz)?;
        let slots = slots(shown, refresh_hz);
        let frames: Vec<(u64, u64)> = shown.iter().map(|s| s.frame).zip(slots).collect();
        let drop = |pair: &[(u64, u64)]| {
            let ((held, before), (next, after)) = (pair[0], pair[1]);
            let count = after - before - 1;
            (count > 0).then_some(Drop { slot: before + 1, count, held, next })
        };
        let drops = frames.windows(2).filter_map(drop).collect();
        let (first, last) = (shown[0].time_s, shown[shown.len() - 1].time_s);
        let passed = frames.last().map_or(0, |&(_, slot)| slot) as f64;
        let measured_hz = if passed > 0.0 { passed / (last - first) } else { refresh_hz };
        Ok(Self { frames, drops, refresh_hz, measured_hz })
    }

    /// Where frames were missing, in order.
    pub fn drops(&self) -> &[Drop] {
        &self.drops
    }

    /// Display frames that showed an old frame, in all.
    pub fn dropped(&self) -> u64 {
        self.drops.iter().map(|drop| drop.count).sum()
    }

    /// The refresh rate by the time stamps.
    pub fn measured_hz(&self) -> f64 {
        self.measured_hz
    }

    /// Display frames from the first to the last.
    pub fn len(&self) -> u64 {
        self.frames.last().map_or(0, |&(_, slot)| slot + 1)
    }

    /// Never: a presentation has at least one frame.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The stimulus frame that a display frame showed; `None` past the last.
    pub fn frame_at(&self, slot: u64) -> Option<u64> {
        let past = self.frames.partition_point(|&(_, at)| at <= slot);
        let frame = past.checked_sub(1).and_then(|place| self.frames.get(place));
        frame.filter(|_| slot < self.len()).map(|&(frame, _)| frame)
    }

    /// The display frame in which a stimulus frame came; `None` where it never did.
    pub fn slot_of(&self, frame: u64) -> Option<u64> {
        let place = self.frames.binary_search_by_key(&frame, |&(frame, _)| frame).ok()?;
        Some(self.frames[place].1)
    }

    /// How many display frames late a display frame's content is; negative where it is ahead.
    pub fn delay(&self, slot: u64) -> Option<i64> {
        let shift = |frame: u64, slot: u64| slot as i64 - frame as i64;
        let (first, _) = self.frames[0];
        self.frame_at(slot).map(|frame| shift(frame - first, slot))
    }

    /// The codebook of what was on display, frame by frame from the first on, with the codebook's
    /// refresh rate and screen: bits where there was but dark and bright, else levels. It holds for this one
    /// presentation.
    ///
    /// # Errors
    /// [`StimulusError::NoRefreshRate`]; where it is too long, as [`Codebook::new`] or
    /// [`Codebook::frames`].
    pub fn as_shown(&self, codebook: &Codebook) -> Result<Codebook, StimulusError> {
        let refresh_hz = codebook.refresh_hz().ok_or(StimulusError::NoRefreshRate)?;
        let (found, limit) = (self.len().saturating_mul(codebook.len() as u64), MAX_SLOTS);
        if found > limit {
            let what = "what all targets showed";
            return Err(StimulusError::TooMuch { what, found, limit });
        }
        let target = |target: &Target| {
            let at = |slot| self.frame_at(slot).unwrap_or(0);
            let levels: Vec<f64> = (0..self.len())
                .map(|slot| target.modulation.luminance(at(slot), refresh_hz))
                .collect();
            let modulation = match levels.iter().all(|&level| level == 0.0 || level == 1.0) {
                true => Modulation::Code {
                    bits: levels.iter().map(|&level| level == 1.0).collect::<Bits>(),
                    bit_rate_hz: refresh_hz,
                },
                false => Modulation::Levels { levels, level_rate_hz: refresh_hz },
            };
            Target { modulation, ..target.clone() }
        };
        let shown = Codebook::new(codebook.targets().iter().map(target).collect())?
            .with_refresh_hz(refresh_hz)?;
        match codebook.screen() {
            Some(screen) => shown.with_screen(screen),
            None => Ok(shown),
        }
    }

    /// The refresh rate that was given.
    pub fn refresh_hz(&self) -> f64 {
        self.refresh_hz
    }
}

fn check(shown: &[Shown], refresh_hz: f64) -> Result<(), StimulusError> {
    let wrong = |found: String, expected| {
        Err(StimulusError::setting("the log of shown frames", found, expected))
    };
    if !(refresh_hz.is_finite() && refresh_hz > 0.0) {
        let expected = "a positive number";
        return Err(StimulusError::setting("the refresh rate", refresh_hz, expected));
    }
    if shown.len() > MAX_FRAMES {
        let (found, limit) = (shown.len() as u64, MAX_FRAMES as u64);
        return Err(StimulusError::TooMuch { what: "the log of shown frames", found, limit });
    }
    let (Some(first), Some(last)) = (shown.first(), shown.last()) else {
        return wrong("empty".into(), "one frame or more");
    };
    if shown.iter().any(|shown| !shown.time_s.is_finite()) {
        return wrong("with a time that is no number".into(), "numbers");
    }
    let falls = |pair: &[Shown]| pair[0].time_s >= pair[1].time_s || pair[0].frame >= pair[1].frame;
    if let Some(place) = shown.windows(2).position(falls) {
        return wrong(format!("not rising after entry {place}"), "rising times and frame numbers");
    }
    let found = (last.time_s - first.time_s) * refresh_hz;
    if found > MAX_SLOTS as f64 || last.frame > i64::MAX as u64 {
        let what = "the log of shown frames";
        return Err(StimulusError::TooMuch { what, found: found as u64, limit: MAX_SLOTS });
    }
    Ok(())
}

/// The display frame of each time stamp, from 0 on. A prediction follows the stamps slowly, so that a
/// rate that is a little off does not add up; a stamp that came late falls before the next.
fn slots(shown: &[Shown], refresh_hz: f64) -> Vec<u64> {
    let mut anchor_s = shown[0].time_s;
    let mut nearest: Vec<i64> = Vec::with_capacity(shown.len());
    for shown in shown {
        let position = (shown.time_s - anchor_s) * refresh_hz;
        let slot = position.round();
        anchor_s += GAIN * (position - slot) / refresh_hz;
        nearest.push(slot as i64);
    }
    for place in (1..nearest.len()).rev() {
        nearest[place - 1] = nearest[place - 1].min(nearest[place] - 1);
    }
    let first = nearest[0];
    nearest.into_iter().map(|slot| slot.abs_diff(first)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stimulus::Screen;

    fn log(slots: &[u64], frames: &[u64], hz: f64, jitter: impl Fn(usize) -> f64) -> Vec<Shown> {
        let one =
            |(k, (&slot, &frame))| Shown { frame, time_s: 100.0 + (slot as f64 + jitter(k)) / hz };
        slots.iter().zip(frames).enumerate().map(one).collect()
    }

    proptest! {
        /// Whatever was dropped, with stamps that jitter and a display that is slower than it says,
        /// every frame is found in its place.
        #[test]
        fn slots_are_found_again(
            gaps in prop::collection::vec(prop_oneof![20 => Just(1_u64), 1 => 2_u64..9], 1..400),
            seed: u64,
            rate in 0.998..1.002_f64,
        ) {
            let mut random = crate::stimulus::random::Random::new(seed);
            let jitter: Vec<f64> = gaps.iter().map(|_| 0.5 * random.uniform() - 0.25).collect();
            let first = [0].into_iter();
            let slots: Vec<u64> = first
                .chain(gaps.iter().scan(0, |at, gap| { *at += gap; Some(*at) }))
                .collect();
            let frames: Vec<u64> = (0..slots.len() as u64).collect();
            let jitter = |k: usize| if k == 0 { 0.0 } else { jitter[k - 1] };
            let log = log(&slots, &frames, 60.0 * rate, jitter);
            let presentation = Presentation::new(&log, 60.0).unwrap();
            let found: Vec<u64> =
                frames.iter().map(|&frame| presentation.slot_of(frame).unwrap()).collect();
            prop_assert_eq!(&found, &slots);
            let lost: u64 = gaps.iter().map(|gap| gap - 1).sum();
            prop_assert_eq!(presentation.dropped(), lost);
            prop_assert_eq!(presentation.delay(presentation.len() - 1), Some(lost as i64));
        }
    }

    #[test]
    fn a_late_time_stamp_is_no_dropped_frame() {
        let late = |k: usize| if k == 10 { 0.6 } else { 0.0 };
        let frames: Vec<u64> = (0..30).collect();
        let presentation = Presentation::new(&log(&frames, &frames, 60.0, late), 60.0).unwrap();
        assert_eq!(presentation.dropped(), 0);
        assert!((presentation.measured_hz() - 60.0).abs() < 1e-9);
    }

    #[test]
    fn the_codebook_as_shown_holds_what_was_held() {
        let bits: Bits = "110100".parse().unwrap();
        let modulation = Modulation::Code { bits, bit_rate_hz: 60.0 };
        let sinusoid = Modulation::Sinusoid { frequency_hz: 7.0, phase_rad: 0.2 };
        let target =
            |label: &str, modulation| Target { label: label.into(), event: None, modulation };
        let targets = vec![target("a", modulation), target("b", sinusoid.clone())];
        let screen = Screen { dark: 0.2, ..Screen::default() };
        let codebook = Codebook::new(targets).unwrap().with_refresh_hz(60.0).unwrap();
        let codebook = codebook.with_screen(screen).unwrap();
        // By the clock: frames 2 and 3 are never shown.
        let presentation =
            Presentation::new(&log(&[0, 1, 4, 5], &[0, 1, 4, 5], 60.0, |_| 0.0), 60.0).unwrap();
        let shown = presentation.as_shown(&codebook).unwrap();
        let Modulation::Code { bits, .. } = &shown.targets()[0].modulation else { panic!() };
        assert_eq!((bits.to_string().as_str(), shown.screen()), ("111100", Some(screen)));
        for (slot, frame) in [0, 1, 1, 1, 4, 5].into_iter().enumerate() {
            assert_eq!(shown.luminance(1, slot as u64).unwrap(), sinusoid.luminance(frame, 60.0));
            assert_eq!(presentation.frame_at(slot as u64), Some(frame));
        }
        assert_eq!(presentation.drops(), [Drop { slot: 2, count: 2, held: 1, next: 4 }]);
        assert_eq!((presentation.delay(3), presentation.delay(5)), (Some(2), Some(0)));
        assert_eq!((presentation.slot_of(2), presentation.frame_at(6)), (None, None));
    }

    #[test]
    fn logs_that_make_no_sense_are_refused() {
        let shown = |frame, time_s| Shown { frame, time_s };
        let refused = |log: &[Shown], hz| Presentation::new(log, hz).is_err();
        assert!(refused(&[], 60.0));
        assert!(refused(&[shown(0, 0.0)], 0.0) && refused(&[shown(0, f64::NAN)], 60.0));
        assert!(refused(&[shown(0, 1.0), shown(1, 0.5)], 60.0));
        assert!(refused(&[shown(3, 0.0), shown(3, 0.5)], 60.0));
        assert!(refused(&[shown(0, -1e300), shown(1, 1e300)], 60.0));
        assert!(!refused(&[shown(7, 0.0)], 60.0));
    }
}
