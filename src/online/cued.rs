use std::collections::VecDeque;
use std::ops::Range;
use std::time::Instant;

use super::front::Front;
use super::outcome::{LeftOut, Outcomes, decided};
use super::running::Running;
use super::stopping::{Stop, StoppingRule};
use crate::decode::DecodeError;
use crate::signal::SignalError;

/// Cues that may wait for their samples at a time.
pub(super) const MOST_WAITING: usize = 1024;

/// How trials that start with a cue are decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Trials {
    /// Samples from the cue to the start of the window.
    pub start: u64,
    /// When the window has grown long enough.
    pub rule: StoppingRule,
    /// What is done where samples of the window are lost.
    pub gaps: Gaps,
}

/// What is done with a window of which samples are lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gaps {
    /// The trial is left out, and is told to be. Without cues the window opens again behind the gap.
    #[default]
    LeaveOut,
    /// The window opens again behind the gap, if that is before its planned end, and may last as long
    /// as a whole one; for decoders to which the phase of the light means nothing.
    Restart,
    /// The window goes on, and its scores are of the samples that came, also where its end is among
    /// those that did not. Of windows that overlap, the later one has only what comes behind the gap.
    Mask,
}

/// Trials that wait for their samples.
#[derive(Debug, Clone)]
pub(super) struct Cues {
    trials: Trials,
    /// Onsets in the order of time.
    waiting: VecDeque<u64>,
    /// The window of the first of them, once it has begun.
    open: Option<Open>,
    /// Position after the last gap, or of the first sample.
    gap_end: Option<u64>,
    scores: Vec<f64>,
}

/// A window that grows.
#[derive(Debug, Clone, Copy)]
struct Open {
    first: u64,
    /// Position after the last sample that the decoder has taken.
    upto: u64,
    missing: u64,
}

impl Cues {
    pub(super) fn new(trials: Trials, targets: usize) -> Self {
        let (waiting, scores) = (VecDeque::with_capacity(8), vec![0.0; targets]);
        Self { trials, waiting, open: None, gap_end: None, scores }
    }

    /// A trial starts at this position.
    pub(super) fn cue(&mut self, onset: u64, outcomes: &mut Outcomes) {
        if self.waiting.len() >= MOST_WAITING {
            return outcomes.left_out(onset, LeftOut::Crowded(MOST_WAITING));
        }
        let place = self.waiting.partition_point(|&other| other <= onset);
        if place == 0 {
            // Its window comes first, and the one that is open has to open again.
            self.open = None;
        }
        self.waiting.insert(place, onset);
    }

    /// The first sample of all has this position.
    pub(super) fn start(&mut self, first: u64) {
        self.gap_end = Some(first);
    }

    /// Samples at these positions are lost; those before have been taken.
    pub(super) fn lose(
        &mut self,
        missing: Range<u64>,
        front: &Front,
        decoder: &mut impl Running,
        outcomes: &mut Outcomes,
        arrived: Instant,
    ) {
        if self.trials.gaps == Gaps::LeaveOut {
            self.leave_out(&missing, front, decoder, outcomes, arrived);
        }
        self.gap_end = Some(missing.end);
        let (Some(mut open), Some(&onset)) = (self.open.take(), self.waiting.front()) else {
            return;
        };
        let latest = self.trials.rule.latest();
        // What is there of a window that had to wait for another one counts as lost with the gap.
        let (lost, left) = (missing.end - open.upto, latest - (open.upto - open.first));
        if self.trials.gaps == Gaps::Mask {
            let samples = lost.min(left);
            decoder.skip(samples);
            open.upto += samples;
            open.missing += samples;
            if lost < left {
                self.open = Some(open);
                return;
            }
            let found = self.look(latest, decoder);
            let found = found.and_then(|stop| Ok((stop.ok_or(DecodeError::Flat)?, open)));
            self.conclude(onset, found.map_err(LeftOut::from), outcomes, arrived);
        } else if lost >= left {
            let reason = self.gap(open.first, open.upto..missing.end);
            self.conclude(onset, Err(reason), outcomes, arrived);
        }
    }

    fn leave_out(
        &mut self,
        missing: &Range<u64>,
        front: &Front,
        decoder: &mut impl Running,
        outcomes: &mut Outcomes,
        arrived: Instant,
    ) {
        let start = self.trials.start;
        let hit = |&onset: &u64| onset.saturating_add(start) < missing.end;
        while let Some(onset) = self.waiting.front().copied().filter(hit) {
            let reason = self.gap(onset.saturating_add(start), missing.clone());
            self.conclude(onset, Err(reason), outcomes, arrived);
            // One that waited behind it may have been decided before the gap.
            self.advance(front, decoder, outcomes, arrived);
        }
        self.open = None;
    }

    /// The part of a window that starts at `first` which is missing where these samples are; all of a
    /// window before them, whose samples went with an earlier gap.
    fn gap(&self, first: u64, missing: Range<u64>) -> LeftOut {
        let end = first.saturating_add(self.trials.rule.latest());
        let start = if missing.start < end { missing.start.max(first) } else { first };
        LeftOut::Gap(start..missing.end.min(end))
    }

    /// Gives the decoder what is there of the trials that wait, one after the other.
    pub(super) fn advance(
        &mut self,
        front: &Front,
        decoder: &mut impl Running,
        outcomes: &mut Outcomes,
        arrived: Instant,
    ) {
        while let Some(&onset) = self.waiting.front() {
            if !front.is_started() {
                return;
            }
            let there = front.history().positions();
            let open = match self.open {
                Some(open) => Ok(Some(open)),
                None => self.begin(onset, &there, decoder),
            };
            let grown = match open {
                Ok(None) => return,
                Ok(Some(open)) => self.grow(open, front, decoder),
                Err(reason) => Err(reason),
            };
            let Some(found) = grown.transpose() else { return };
            self.conclude(onset, found, outcomes, arrived);
        }
    }

    /// Tells what became of the first trial that waits.
    fn conclude(
        &mut self,
        onset: u64,
        found: Result<(Stop, Open), LeftOut>,
        outcomes: &mut Outcomes,
        arrived: Instant,
    ) {
        match found {
            Ok((stop, Open { first, upto, missing })) => {
                let decided = decided(stop, first..upto, missing, arrived);
                outcomes.decided(Some(onset), decided, &self.scores);
            }
            Err(reason) => outcomes.left_out(onset, reason),
        }
        self.waiting.pop_front();
        self.open = None;
    }

    /// Opens the window of a trial; `None` where its first sample has not come.
    fn begin(
        &self,
        onset: u64,
        there: &Range<u64>,
        decoder: &mut impl Running,
    ) -> Result<Option<Open>, LeftOut> {
        let first = onset.saturating_add(self.trials.start);
        if first >= there.end {
            return Ok(None);
        }
        let Some(missing) = there.start.checked_sub(first).filter(|missing| *missing > 0) else {
            decoder.restart();
            return Ok(Some(Open { first, upto: first, missing: 0 }));
        };
        let after_gap = self.gap_end == Some(there.start);
        if !after_gap {
            return Err(LeftOut::Late { start: first, kept: there.start });
        }
        let gaps = self.trials.gaps;
        if gaps == Gaps::LeaveOut || missing >= self.trials.rule.latest() {
            return Err(self.gap(first, first..there.start));
        }
        decoder.restart();
        Ok(Some(match gaps {
            Gaps::Mask => {
                decoder.skip(missing);
                Open { first, upto: there.start, missing }
            }
            _ => Open { first: there.start, upto: there.start, missing: 0 },
        }))
    }

    /// Feeds a window from look to look, until the rule stops or the samples end.
    fn grow(
        &mut self,
        mut open: Open,
        front: &Front,
        decoder: &mut impl Running,
    ) -> Result<Option<(Stop, Open)>, LeftOut> {
        let there = front.history().positions().end.saturating_sub(open.first);
        loop {
            // Lengths, since positions may end before the look does.
            let look = self.trials.rule.next_look(open.upto - open.first);
            let upto = open.first + look.min(there);
            feed(front, open.upto..upto, decoder)?;
            open.upto = upto;
            if there < look {
                self.open = Some(open);
                return Ok(None);
            }
            if let Some(stop) = self.look(look, decoder)? {
                return Ok(Some((stop, open)));
            }
        }
    }

    fn look(
        &mut self,
        samples: u64,
        decoder: &mut impl Running,
    ) -> Result<Option<Stop>, DecodeError> {
        let last = samples >= self.trials.rule.latest();
        match decoder.score_into(&mut self.scores) {
            // More samples may mend it.
            Err(DecodeError::TooShort { .. } | DecodeError::Flat) if !last => return Ok(None),
            scored => scored?,
        }
        match self.trials.rule.stop(samples, &self.scores) {
            None if last => Err(DecodeError::Flat),
            stop => Ok(stop),
        }
    }

    /// No sample follows: what still waits is left out.
    pub(super) fn end(
        &mut self,
        front: &Front,
        decoder: &mut impl Running,
        outcomes: &mut Outcomes,
        arrived: Instant,
    ) {
        let end = front.history().positions().end;
        while let Some(&onset) = self.waiting.front() {
            self.conclude(onset, Err(LeftOut::Ended(end)), outcomes, arrived);
            // One that waited behind it may be decided by what is there.
            self.advance(front, decoder, outcomes, arrived);
        }
    }
}

/// Gives a decoder the samples at these positions.
pub(super) fn feed(
    front: &Front,
    positions: Range<u64>,
    decoder: &mut impl Running,
) -> Result<(), DecodeError> {
    if positions.is_empty() {
        return Ok(());
    }
    let (first, len) = (positions.start, positions.end.saturating_sub(positions.start) as usize);
    let epoch = front.history().epoch(positions);
    decoder.push(epoch.ok_or(SignalError::Position { first, len })?)
}
