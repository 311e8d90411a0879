use std::collections::VecDeque;
use std::ops::Range;

use thiserror::Error;

use super::history::History;
use super::running::Running;
use crate::decode::{CausalBands, DecodeError, SubBands};
use crate::signal::{Decision, Epoch, SignalError};

/// Samples that are filtered in one go.
const PIECE: usize = 64;
/// How late a cue may come: an event is often sent after the samples that it falls on.
const LOOKBACK_S: f64 = 2.0;
/// Cues that may wait for their samples at a time.
const MOST_WAITING: usize = 1024;
/// Most filtered values that are kept: 1 GiB.
const MAX_KEPT: usize = 1 << 27;

/// The part of a trial that is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CueWindow {
    /// Samples from the cue to the start of the window.
    pub start: u64,
    /// Samples of the window.
    pub len: usize,
}

/// Decides trials that start with a cue, each as soon as the last sample of its window is there.
///
/// Cues and samples come in any order, a cue at most two seconds late. Samples are filtered forward
/// only, from the first one on and anew after each gap, in balance with the first sample: decisions
/// are those of a decoder of whole epochs on a recording that is filtered in the same way. A trial
/// that a gap reaches into is left out, and the others are not touched by it.
///
/// ```
/// use evoked::decode::FilterBank;
/// use evoked::dsp::{BandPass, Family};
/// use evoked::online::{Cued, CueWindow, SinusoidsParams};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[9.0, 11.0, 13.0])?;
/// let cca = SinusoidsParams::default().build(&codebook, 1, 250.0)?;
/// let band = BandPass { family: Family::Butterworth, order: 4, low_hz: 4.0, high_hz: 60.0 };
/// let filters = FilterBank::single(band).design(250.0)?;
/// let window = CueWindow { start: 35, len: 250 };
/// let mut trials = Cued::new(Some(&filters), 1, 250.0, window, cca)?;
///
/// trials.cue(100);
/// let gaze: Vec<f64> = (0..400).map(|n| (std::f64::consts::TAU * 11.0 * n as f64 / 250.0).sin()).collect();
/// trials.push(0, Epoch::from_planar(&gaze, 1)?)?;
/// let outcome = trials.poll().unwrap();
/// assert_eq!((outcome.onset, outcome.decision?.target), (100, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Cued<R> {
    channels: usize,
    window: CueWindow,
    filters: Option<CausalBands>,
    /// The first sample after the last gap, which is taken off all.
    level: Vec<f64>,
    raw: Vec<f64>,
    filtered: Vec<f64>,
    history: History,
    /// Whether a sample has come.
    seen: bool,
    /// Whether one has come since the last gap.
    started: bool,
    /// Onsets in the order of time.
    waiting: VecDeque<u64>,
    /// Positions of the samples that the decoder has taken of the first of them.
    taken: Option<Range<u64>>,
    decoder: R,
    outcomes: VecDeque<Outcome>,
}

/// What became of a trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Position of its cue.
    pub onset: u64,
    /// The decision, or why there is none.
    pub decision: Result<Decision, LeftOut>,
}

/// Why a trial is left out.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum LeftOut {
    /// Samples of its window are missing.
    #[error("samples {} to {} of its window are missing", .0.start, .0.end)]
    Gap(Range<u64>),
    /// Its samples had gone when its cue came.
    #[error("its cue came too late: samples are kept from {kept} on, its window starts at {start}")]
    Late {
        /// Position of the start of its window.
        start: u64,
        /// Position of the first sample that is kept.
        kept: u64,
    },
    /// The session ended first.
    #[error("the session ended at sample {0}, before its window did")]
    Ended(u64),
    /// Too many cues were waiting.
    #[error("{MOST_WAITING} trials were waiting for their samples already")]
    Crowded,
    /// The window can't be decoded.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

impl<R: Running> Cued<R> {
    /// Trials of so many channels, filtered where `filters` are given, decoded by a decoder that
    /// takes what the filters make.
    ///
    /// # Errors
    /// [`DecodeError::Shape`] where the decoder takes other rows; [`DecodeError::Setting`] for an
    /// empty window or a rate that is none; [`DecodeError::TooLarge`] for one that would not fit the
    /// memory.
    pub fn new(
        filters: Option<&SubBands>,
        channels: usize,
        rate_hz: f64,
        window: CueWindow,
        decoder: R,
    ) -> Result<Self, DecodeError> {
        let filters = filters.map(|bands| bands.causal(channels));
        let rows = filters.as_ref().map_or(channels, CausalBands::rows);
        if rows != decoder.channels() || rows == 0 {
            let (what, expected) = ("rows that the filters make", decoder.channels());
            return Err(DecodeError::Shape { what, found: rows, expected });
        }
        if window.len == 0 || !(rate_hz.is_finite() && rate_hz > 0.0) {
            let found = format!("{} samples at {rate_hz} Hz", window.len);
            let expected = "at least one sample at a positive rate";
            return Err(DecodeError::Setting { name: "window", found, expected });
        }
        let lookback = (LOOKBACK_S * rate_hz).ceil() as usize;
        let kept = window.len.saturating_add(lookback).saturating_add(PIECE);
        let found = kept.saturating_mul(2).saturating_mul(rows);
        if found > MAX_KEPT {
            let what = "filtered samples of a window";
            return Err(DecodeError::TooLarge { what, found, limit: MAX_KEPT });
        }
        Ok(Self {
            channels,
            window,
            filters,
            level: vec![0.0; channels],
            raw: vec![0.0; channels * PIECE],
            filtered: vec![0.0; rows * PIECE],
            history: History::new(rows, kept),
            seen: false,
            started: false,
            waiting: VecDeque::new(),
            taken: None,
            decoder,
            outcomes: VecDeque::new(),
        })
    }

    /// A trial starts at this position.
    pub fn cue(&mut self, onset: u64) {
        if self.waiting.len() >= MOST_WAITING {
            return self.tell(onset, Err(LeftOut::Crowded));
        }
        let place = self.waiting.partition_point(|&other| other <= onset);
        self.waiting.insert(place, onset);
        self.advance();
    }

    /// The next samples of all channels, the first of them at this position. Where it is not the
    /// position after those before, samples are missing.
    ///
    /// # Errors
    /// [`DecodeError::Shape`] for other channels, [`DecodeError::Signal`] for samples before the end
    /// of those that came; nothing is taken then. [`DecodeError::NotFinite`] for a value that is no
    /// number, with its place in the chunk; the chunk counts as missing.
    pub fn push(&mut self, first: u64, chunk: Epoch<'_>) -> Result<(), DecodeError> {
        let (found, expected) = (chunk.channels(), self.channels);
        if found != expected {
            return Err(DecodeError::Shape { what: "channels of the chunk", found, expected });
        }
        let (next, end) = (self.history.positions().end, first.checked_add(chunk.len() as u64));
        let Some(end) = end else {
            return Err(SignalError::Position { first, len: chunk.len() }.into());
        };
        if self.seen && first < next {
            return Err(SignalError::Overlap { first, end: next }.into());
        }
        if !self.started || first > next {
            self.lose(first);
        }
        for (channel, row) in chunk.rows().enumerate() {
            if let Some(at) = row.iter().position(|value| !value.is_finite()) {
                let (sample, value) = (at as u64, row[at]);
                self.lose(end);
                return Err(DecodeError::NotFinite { channel, sample, value });
            }
        }
        for start in (0..chunk.len()).step_by(PIECE) {
            let piece = start..(start + PIECE).min(chunk.len());
            let Some(piece) = chunk.part(0..self.channels, piece) else { break };
            self.take(piece)?;
            self.advance();
        }
        Ok(())
    }

    /// No sample follows: what still waits is left out.
    pub fn end(&mut self) {
        let end = self.history.positions().end;
        while let Some(onset) = self.waiting.pop_front() {
            self.tell(onset, Err(LeftOut::Ended(end)));
        }
        self.taken = None;
    }

    /// What became of the next trial; `None` until one has ended.
    pub fn poll(&mut self) -> Option<Outcome> {
        self.outcomes.pop_front()
    }

    /// Everything before `next` that has not come is missing.
    fn lose(&mut self, next: u64) {
        let missing = self.history.positions().end..next;
        if self.seen {
            let CueWindow { start, len } = self.window;
            let hit = |&onset: &u64| onset.saturating_add(start) < missing.end;
            while let Some(onset) = self.waiting.front().copied().filter(hit) {
                self.waiting.pop_front();
                let first = onset.saturating_add(start);
                let end = first.saturating_add(len as u64);
                let gone = missing.start.max(first)..missing.end.min(end);
                self.tell(onset, Err(LeftOut::Gap(gone)));
            }
        }
        self.taken = None;
        self.seen = true;
        self.started = false;
        self.history.restart(next);
        self.filters.iter_mut().for_each(CausalBands::reset);
    }

    /// Filters a piece and keeps it.
    fn take(&mut self, piece: Epoch<'_>) -> Result<(), DecodeError> {
        let len = piece.len();
        if !self.started {
            for (level, row) in self.level.iter_mut().zip(piece.rows()) {
                *level = row.first().copied().unwrap_or(0.0);
            }
        }
        self.started = true;
        let raw = &mut self.raw[..self.channels * len];
        for ((raw, row), level) in raw.chunks_exact_mut(len).zip(piece.rows()).zip(&self.level) {
            raw.iter_mut().zip(row).for_each(|(raw, value)| *raw = value - level);
        }
        let raw = Epoch::from_planar(raw, self.channels)?;
        let Some(filters) = &mut self.filters else {
            self.history.push(raw);
            return Ok(());
        };
        let rows = filters.rows();
        let filtered = &mut self.filtered[..rows * len];
        filters.push(raw, filtered)?;
        self.history.push(Epoch::from_planar(filtered, rows)?);
        Ok(())
    }

    /// Gives the decoder what is there of the trials that wait, one after the other.
    fn advance(&mut self) {
        while let Some(&onset) = self.waiting.front() {
            let there = self.history.positions();
            let first = onset.saturating_add(self.window.start);
            let end = first.saturating_add(self.window.len as u64);
            if !self.started || first >= there.end {
                return;
            }
            let taken = self.taken.clone().filter(|taken| taken.start == first);
            let decision = match taken {
                None if first < there.start => {
                    Err(LeftOut::Late { start: first, kept: there.start })
                }
                taken => {
                    let open = taken.unwrap_or_else(|| {
                        self.decoder.restart();
                        first..first
                    });
                    let upto = end.min(there.end);
                    match self.feed(open.end..upto) {
                        Ok(()) if upto < end => {
                            self.taken = Some(first..upto);
                            return;
                        }
                        Ok(()) => self.decide(first, end).map_err(LeftOut::from),
                        Err(error) => Err(error.into()),
                    }
                }
            };
            self.waiting.pop_front();
            self.taken = None;
            self.tell(onset, decision);
        }
    }

    fn feed(&mut self, positions: Range<u64>) -> Result<(), DecodeError> {
        let (first, len) =
            (positions.start, positions.end.saturating_sub(positions.start) as usize);
        let epoch = self.history.epoch(positions);
        self.decoder.push(epoch.ok_or(SignalError::Position { first, len })?)
    }

    fn decide(&mut self, first: u64, end: u64) -> Result<Decision, DecodeError> {
        let mut scores = vec![0.0; self.decoder.targets()];
        self.decoder.score_into(&mut scores)?;
        Decision::from_scores(scores, first, end).ok_or(DecodeError::Flat)
    }

    fn tell(&mut self, onset: u64, decision: Result<Decision, LeftOut>) {
        self.outcomes.push_back(Outcome { onset, decision });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{
        Direction, FilterBank, Method, Preprocess, Settings, Shape, decode_trials,
    };
    use crate::dsp::{BandPass, Family};
    use crate::online::{Sinusoids, SinusoidsParams};
    use crate::signal::{Channel, Samples, Stream, Trial};
    use crate::stimulus::Codebook;
    use proptest::prelude::*;

    const RATE_HZ: f64 = 200.0;
    const WINDOW: CueWindow = CueWindow { start: 20, len: 150 };

    fn codebook() -> Codebook {
        Codebook::sinusoids(&[8.0, 9.5, 12.0]).unwrap()
    }

    fn bank() -> FilterBank {
        let family = Family::Butterworth;
        FilterBank::single(BandPass { family, order: 4, low_hz: 4.0, high_hz: 60.0 })
    }

    fn cued() -> Cued<Sinusoids> {
        let decoder = SinusoidsParams::default().build(&codebook(), 2, RATE_HZ).unwrap();
        let filters = bank().design(RATE_HZ).unwrap();
        Cued::new(Some(&filters), 2, RATE_HZ, WINDOW, decoder).unwrap()
    }

    /// Two channels that rest far from zero, with something of every target and noise.
    fn signal(len: usize) -> [Vec<f64>; 2] {
        let mut state = 7_u64;
        let mut noise = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as f64 / f64::from(1 << 24) - 0.5
        };
        let wave = |n: usize, hz: f64| (std::f64::consts::TAU * hz * n as f64 / RATE_HZ).sin();
        let mut row = |level: f64| -> Vec<f64> {
            let value = |n| f64::from((level + wave(n, 9.5) + wave(n, 8.0) + 3.0 * noise()) as f32);
            (0..len).map(value).collect()
        };
        [row(4000.0), row(-900.0)]
    }

    fn chunk(signal: &[Vec<f64>; 2], range: Range<usize>) -> Vec<f64> {
        signal.iter().flat_map(|row| row[range.clone()].iter().copied()).collect()
    }

    /// What the decoder of whole epochs makes of the samples that came.
    fn batch(samples: Samples<f32>, onsets: &[u64]) -> Vec<Option<Decision>> {
        let channels = ["Oz", "O1"].map(Channel::microvolts).to_vec();
        let stream = Stream::new("EEG", RATE_HZ, channels, samples).unwrap();
        let (bank, direction) = (Some(bank()), Direction::Causal);
        let filtered = Preprocess { bank, direction, ..Preprocess::default() }.apply(&stream);
        let shape = Shape { channels: 2, samples: WINDOW.len, rate_hz: RATE_HZ };
        let decoder = Method::Cca.build(&codebook(), shape, &Settings::default()).unwrap();
        let trial = |&onset: &u64| Trial { onset, label: None };
        let trials: Vec<_> = onsets.iter().map(trial).collect();
        decode_trials(decoder.as_ref(), &filtered.unwrap(), &trials, WINDOW.start)
            .into_iter()
            .map(Result::ok)
            .collect()
    }

    proptest! {
        /// Whatever the chunks, the gaps, and when the cues come, overlapping windows included.
        #[test]
        fn trials_are_decided_as_in_a_recording(
            lens in prop::collection::vec(1_usize..90, 20..40),
            lost in prop::collection::vec(prop::bool::weighted(0.07), 40),
            mut onsets in prop::collection::vec(0_u64..1500, 1..8),
            late in prop::collection::vec(0_u64..200, 8),
        ) {
            let signal = signal(4000);
            let (mut cued, mut samples) = (cued(), Samples::<f32>::new(2));
            onsets.sort_unstable();
            onsets.dedup();
            let mut cues: Vec<_> = onsets.iter().zip(&late).map(|(o, late)| (o + late, *o)).collect();
            cues.sort_unstable();
            let (mut at, mut cues) = (0, cues.into_iter().peekable());
            for (len, lost) in lens.iter().zip(lost) {
                while let Some((_, onset)) = cues.next_if(|(when, _)| *when <= at as u64) {
                    cued.cue(onset);
                }
                if !lost {
                    let values = chunk(&signal, at..at + len);
                    cued.push(at as u64, Epoch::from_planar(&values, 2).unwrap()).unwrap();
                    let single: Vec<f32> = values.iter().map(|&value| value as f32).collect();
                    samples.append(at as u64, &single).unwrap();
                }
                at += len;
            }
            cues.for_each(|(_, onset)| cued.cue(onset));
            cued.end();
            let mut outcomes: Vec<_> = std::iter::from_fn(|| cued.poll()).collect();
            outcomes.sort_by_key(|outcome| outcome.onset);
            let found: Vec<_> = outcomes.iter().map(|outcome| outcome.onset).collect();
            prop_assert_eq!(&found, &onsets);
            for (outcome, expected) in outcomes.iter().zip(batch(samples, &onsets)) {
                match (&outcome.decision, expected) {
                    (Ok(found), Some(expected)) => {
                        prop_assert_eq!((found.first, found.end), (expected.first, expected.end));
                        for (a, b) in found.scores.iter().zip(&expected.scores) {
                            prop_assert!((a - b).abs() < 1e-6, "{} {}", a, b);
                        }
                    }
                    // A late cue may find its samples gone behind a gap.
                    (Err(LeftOut::Late { .. }), _) | (Err(_), None) => {}
                    (found, expected) => prop_assert!(false, "{:?} {:?}", found, expected),
                }
            }
        }
    }

    #[test]
    fn a_trial_ends_with_its_last_sample_and_not_before() {
        let (signal, mut cued) = (signal(400), cued());
        cued.cue(100);
        let push = |cued: &mut Cued<_>, range: Range<usize>| {
            let values = chunk(&signal, range.clone());
            cued.push(range.start as u64, Epoch::from_planar(&values, 2).unwrap()).unwrap();
        };
        push(&mut cued, 0..269);
        assert_eq!(cued.poll(), None);
        push(&mut cued, 269..270);
        assert_eq!(cued.poll().unwrap().decision.unwrap().end, 270);
        // A second late, its window is still there; four seconds later it is gone.
        push(&mut cued, 270..400);
        cued.cue(150);
        assert!(cued.poll().unwrap().decision.is_ok());
        (2..6).for_each(|n| {
            let values = vec![n as f64; 800];
            cued.push(n * 400 - 400, Epoch::from_planar(&values, 2).unwrap()).unwrap_or_default();
        });
        cued.cue(150);
        let outcome = cued.poll().unwrap();
        assert!(matches!(outcome.decision, Err(LeftOut::Late { start: 170, .. })), "{outcome:?}");
    }

    #[test]
    fn what_is_missing_is_named_and_touches_no_other_trial() {
        let (signal, mut cued) = (signal(1000), cued());
        [0, 180, 400, 990].into_iter().for_each(|onset| cued.cue(onset));
        let values = chunk(&signal, 0..210);
        cued.push(0, Epoch::from_planar(&values, 2).unwrap()).unwrap();
        let values = chunk(&signal, 215..600);
        cued.push(215, Epoch::from_planar(&values, 2).unwrap()).unwrap();
        assert!(cued.poll().unwrap().decision.is_ok());
        assert_eq!(cued.poll().unwrap().decision, Err(LeftOut::Gap(210..215)));
        assert!(cued.poll().unwrap().decision.is_ok());
        cued.end();
        let last = Outcome { onset: 990, decision: Err(LeftOut::Ended(600)) };
        assert_eq!(cued.poll(), Some(last));
    }

    #[test]
    fn hostile_cues_and_samples_are_refused() {
        let mut cued = cued();
        (0..2000).for_each(|_| cued.cue(u64::MAX));
        let crowded = std::iter::from_fn(|| cued.poll());
        assert_eq!(crowded.filter(|o| o.decision == Err(LeftOut::Crowded)).count(), 2000 - 1024);
        let good = [1.0, 2.0, 3.0, 4.0];
        let good = Epoch::from_planar(&good, 2).unwrap();
        cued.push(u64::MAX - 4, good).unwrap();
        assert!(matches!(cued.push(5, good), Err(DecodeError::Signal(_))));
        assert!(matches!(cued.push(u64::MAX, good), Err(DecodeError::Signal(_))));
        let bad = [1.0, f64::NAN];
        let bad = Epoch::from_planar(&bad, 2).unwrap();
        assert!(matches!(cued.push(u64::MAX - 2, bad), Err(DecodeError::NotFinite { .. })));
        let one = Epoch::from_planar(&[1.0], 1).map(|one| cued.push(0, one));
        assert!(matches!(one, Ok(Err(DecodeError::Shape { .. }))));
        let decoder = || SinusoidsParams::default().build(&codebook(), 2, RATE_HZ).unwrap();
        let huge = CueWindow { start: 0, len: usize::MAX };
        assert!(Cued::new(None, 2, RATE_HZ, huge, decoder()).is_err());
        assert!(Cued::new(None, 2, 1e300, WINDOW, decoder()).is_err());
        assert!(Cued::new(None, 3, RATE_HZ, WINDOW, decoder()).is_err());
    }
}
