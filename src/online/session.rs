use std::time::Instant;

use super::cued::{Cues, Gaps, Trials};
use super::front::{Front, PIECE};
use super::outcome::{Outcome, Outcomes, Told};
use super::running::{Running, Span};
use super::watch::{Sliding, Watch};
use crate::decode::{DecodeError, SubBands};
use crate::signal::Epoch;

/// How late a cue may come: an event is often sent after the samples that it falls on.
const LOOKBACK_S: f64 = 2.0;

/// Samples and cues in, decisions out.
///
/// Samples come in chunks of any size, by their positions; a position beyond the expected one tells of
/// lost samples. They are filtered forward only, anew after each gap, in balance with the first sample
/// behind it: decisions are those of a decoder of whole epochs on a recording that is filtered in the
/// same way.
///
/// - [`cued`](Self::cued): a window opens with each cue and grows until a [`StoppingRule`] stops it.
///   Cues and samples come in any order, a cue at most two seconds late.
/// - [`free`](Self::free): nobody tells when the user looks. A window slides, and a [`Gate`] decides
///   when a target is looked at.
///
/// Once it has warmed up, nothing is allocated, as long as outcomes are polled.
///
/// [`StoppingRule`]: super::stopping::StoppingRule
/// [`Gate`]: super::Gate
///
/// ```
/// use evoked::decode::FilterBank;
/// use evoked::dsp::{BandPass, Family};
/// use evoked::online::stopping::StoppingRule;
/// use evoked::online::{Gaps, Session, SinusoidsParams, Trials};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[9.0, 11.0, 13.0])?;
/// let cca = SinusoidsParams::default().build(&codebook, 1, 250.0)?;
/// let band = BandPass { family: Family::Butterworth, order: 4, low_hz: 4.0, high_hz: 60.0 };
/// let filters = FilterBank::single(band).design(250.0)?;
/// let trials = Trials { start: 35, rule: StoppingRule::fixed(250)?, gaps: Gaps::LeaveOut };
/// let mut session = Session::cued(Some(&filters), 1, 250.0, trials, cca)?;
///
/// session.event(100);
/// let gaze: Vec<f64> = (0..400).map(|n| (std::f64::consts::TAU * 11.0 * n as f64 / 250.0).sin()).collect();
/// session.push(0, Epoch::from_planar(&gaze, 1)?)?;
/// let outcome = session.poll().unwrap();
/// let verdict = outcome.verdict?;
/// assert_eq!((outcome.cue, verdict.target, verdict.end), (Some(100), 1, 385));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Session<R> {
    front: Front,
    decoder: R,
    mode: Mode,
    outcomes: Outcomes,
}

#[derive(Debug, Clone)]
enum Mode {
    Cued(Cues),
    Free(Sliding),
}

impl<R: Running> Session<R> {
    /// Trials that start with a cue. Samples of so many channels are filtered where `filters` are
    /// given, and decoded by a decoder that takes what the filters make.
    ///
    /// # Errors
    /// [`DecodeError::Shape`] where the decoder takes other rows; [`DecodeError::Setting`] for a rate
    /// that is none, for a rule that goes on after the decoder's longest window, for a decoder whose
    /// window slides, and for windows that open again behind gaps
    /// where the decoder's have to start with the cue; [`DecodeError::TooLarge`] for a window that
    /// would not fit the memory.
    pub fn cued(
        filters: Option<&SubBands>,
        channels: usize,
        rate_hz: f64,
        trials: Trials,
        decoder: R,
    ) -> Result<Self, DecodeError> {
        if trials.gaps == Gaps::Restart && !decoder.starts_anywhere() {
            let found = "windows that open again behind them".to_owned();
            let expected = "leave out or mask: this decoder's windows start with the cue";
            return Err(DecodeError::Setting { name: "gaps", found, expected });
        }
        if !(rate_hz.is_finite() && rate_hz > 0.0) {
            let (found, expected) = (format!("{rate_hz} Hz"), "a positive number");
            return Err(DecodeError::Setting { name: "sampling rate", found, expected });
        }
        if decoder.span() != Span::Growing {
            let (found, expected) = ("one whose window slides".to_owned(), "one that grows");
            return Err(DecodeError::Setting { name: "decoder", found, expected });
        }
        let latest = trials.rule.latest();
        if let Some(longest) = decoder.longest().filter(|longest| *longest < latest) {
            let (name, found) = ("latest time", format!("{latest} samples"));
            let expected = "no more than the decoder's longest window";
            return Err(DecodeError::Setting {
                name,
                found: format!("{found} of {longest}"),
                expected,
            });
        }
        let lookback = (LOOKBACK_S * rate_hz).ceil() as usize;
        let latest = usize::try_from(latest).unwrap_or(usize::MAX);
        let mode = Mode::Cued(Cues::new(trials, decoder.targets()));
        Self::new(filters, channels, latest.saturating_add(lookback), decoder, mode)
    }

    /// No cues: a window that slides.
    ///
    /// # Errors
    /// [`DecodeError::Shape`] where the decoder takes other rows, or the gate knows other targets;
    /// [`DecodeError::Setting`] for a decoder whose windows start with a cue, for a window that is not
    /// the decoder's, and for steps that are no whole number of its blocks.
    pub fn free(
        filters: Option<&SubBands>,
        channels: usize,
        watch: Watch,
        decoder: R,
    ) -> Result<Self, DecodeError> {
        let refused =
            |name, found: String, expected| Err(DecodeError::Setting { name, found, expected });
        if !decoder.starts_anywhere() {
            let found = "one whose windows start with a cue".into();
            return refused("decoder", found, "one whose windows may start anywhere");
        }
        let Span::Sliding { block, blocks } = decoder.span() else {
            let found = "one whose window grows".into();
            return refused("decoder", found, "one whose window slides");
        };
        let (block, blocks) = (block as u64, blocks as u64);
        if watch.step == 0
            || !watch.step.is_multiple_of(block)
            || block.checked_mul(blocks) != Some(watch.window)
        {
            let (step, window) = (watch.step, watch.window);
            let found =
                format!("{step} and {window} samples; the decoder's are {block} × {blocks}");
            let expected = "whole blocks of the decoder, and its window";
            return refused("step and window", found, expected);
        }
        let (found, expected) = (watch.gate.usual.len(), decoder.targets());
        if found != 0 && found != expected {
            let what = "targets of the gate";
            return Err(DecodeError::Shape { what, found, expected });
        }
        let mode = Mode::Free(Sliding::new(watch, decoder.targets()));
        Self::new(filters, channels, PIECE, decoder, mode)
    }

    fn new(
        filters: Option<&SubBands>,
        channels: usize,
        kept: usize,
        decoder: R,
        mode: Mode,
    ) -> Result<Self, DecodeError> {
        // Before any memory is taken for them.
        let found = filters.map_or(1, SubBands::len).saturating_mul(channels);
        let expected = decoder.channels();
        if found != expected || found == 0 {
            let what = "rows that the filters make";
            return Err(DecodeError::Shape { what, found, expected });
        }
        let front = Front::new(filters, channels, kept)?;
        let outcomes = Outcomes::new(decoder.targets());
        Ok(Self { front, decoder, mode, outcomes })
    }

    /// Number of channels that it takes.
    pub fn channels(&self) -> usize {
        self.front.channels()
    }

    /// Number of targets, and of a decision's scores.
    pub fn targets(&self) -> usize {
        self.decoder.targets()
    }

    /// A trial starts at this position. Without cues nothing does, and it is left alone.
    ///
    /// For a cue that comes after a gap, the samples before the gap are lost, too.
    pub fn event(&mut self, position: u64) {
        self.event_at(position, Instant::now());
    }

    pub(super) fn event_at(&mut self, position: u64, arrived: Instant) {
        let Mode::Cued(cues) = &mut self.mode else { return };
        cues.cue(position, &mut self.outcomes);
        cues.advance(&self.front, &mut self.decoder, &mut self.outcomes, arrived);
    }

    /// The next samples of all channels, the first of them at this position. Where it is not the
    /// position after those before, samples are missing.
    ///
    /// # Errors
    /// [`DecodeError::Shape`] for other channels, [`DecodeError::Signal`] for samples before the end
    /// of those that came; nothing is taken then. [`DecodeError::NotFinite`] for a value that is no
    /// number, with its place in the chunk; the chunk counts as missing. [`DecodeError::Overflow`]
    /// where filters go beyond all numbers; the chunk counts as missing from about there on.
    pub fn push(&mut self, first: u64, chunk: Epoch<'_>) -> Result<(), DecodeError> {
        self.push_at(first, chunk, Instant::now())
    }

    pub(super) fn push_at(
        &mut self,
        first: u64,
        chunk: Epoch<'_>,
        arrived: Instant,
    ) -> Result<(), DecodeError> {
        let missing = self.front.missing_before(first, chunk)?;
        if self.front.is_unseen() {
            self.front.restart(first);
            if let Mode::Cued(cues) = &mut self.mode {
                cues.start(first);
            }
        }
        let end = first + chunk.len() as u64;
        for (channel, row) in chunk.rows().enumerate() {
            if let Some(at) = row.iter().position(|value| !value.is_finite()) {
                let (sample, value) = (at as u64, row[at]);
                self.lose(missing.map_or(first, |missing| missing.start), end, arrived);
                return Err(DecodeError::NotFinite { channel, sample, value });
            }
        }
        if let Some(missing) = missing {
            self.lose(missing.start, missing.end, arrived);
        }
        for start in (0..chunk.len()).step_by(PIECE) {
            let piece = start..(start + PIECE).min(chunk.len());
            let positions = first + piece.start as u64..first + piece.end as u64;
            let Some(piece) = chunk.part(0..self.front.channels(), piece) else { break };
            if let Err(error) = self.front.take(piece) {
                self.lose(positions.start, end, arrived);
                return Err(error);
            }
            let (front, decoder, outcomes) = (&self.front, &mut self.decoder, &mut self.outcomes);
            match &mut self.mode {
                Mode::Cued(cues) => cues.advance(front, decoder, outcomes, arrived),
                Mode::Free(sliding) => {
                    sliding.take(positions, front, decoder, outcomes, arrived)?
                }
            }
        }
        Ok(())
    }

    /// No sample follows: trials that still wait are left out.
    pub fn end(&mut self) {
        let arrived = Instant::now();
        if let Mode::Cued(cues) = &mut self.mode {
            cues.end(&self.front, &mut self.decoder, &mut self.outcomes, arrived);
        }
    }

    /// The next outcome; `None` until there is one.
    pub fn poll(&mut self) -> Option<Outcome<'_>> {
        let (told, scores) = self.outcomes.poll()?;
        Some(told.with(scores))
    }

    pub(super) fn poll_parts(&mut self) -> Option<(Told, &[f64])> {
        self.outcomes.poll()
    }

    fn lose(&mut self, start: u64, end: u64, arrived: Instant) {
        match &mut self.mode {
            Mode::Cued(cues) => {
                let (decoder, outcomes) = (&mut self.decoder, &mut self.outcomes);
                cues.lose(start..end, &self.front, decoder, outcomes, arrived);
            }
            Mode::Free(sliding) => sliding.lose(start..end, &mut self.decoder),
        }
        self.front.restart(end);
    }
}
