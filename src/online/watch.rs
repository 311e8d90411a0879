use std::ops::Range;
use std::time::Instant;

use super::cued::{Gaps, feed};
use super::front::Front;
use super::gate::{Gate, GateState};
use super::outcome::{Outcomes, decided};
use super::running::Running;
use super::stopping::Stop;
use crate::decode::DecodeError;

/// How a user is followed who looks at targets when they like.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    /// Samples of the window that slides: that of the decoder.
    pub window: u64,
    /// Samples from one look at the scores to the next: those of the decoder's block, or of several.
    pub step: u64,
    /// What tells looking at a target from looking at none.
    pub gate: Gate,
    /// What is done where samples are lost.
    pub gaps: Gaps,
}

/// A window that slides.
#[derive(Debug, Clone)]
pub(super) struct Sliding {
    watch: Watch,
    state: GateState,
    /// Samples since the window opened, lost ones as well.
    passed: u64,
    scores: Vec<f64>,
}

impl Sliding {
    pub(super) fn new(watch: Watch, targets: usize) -> Self {
        let state = watch.gate.start();
        Self { watch, state, passed: 0, scores: vec![0.0; targets] }
    }

    /// Samples at these positions are lost.
    pub(super) fn lose(&mut self, missing: Range<u64>, decoder: &mut impl Running) {
        let (samples, step) = (missing.end - missing.start, self.watch.step);
        let passed = self.passed.saturating_add(samples);
        let looks = passed / step - self.passed / step;
        if self.watch.gaps == Gaps::Mask {
            decoder.skip(samples);
            self.passed = passed;
            if looks > 0 {
                self.state.skip(looks);
            }
        } else {
            decoder.restart();
            self.passed = 0;
            self.state.skip(looks);
        }
    }

    /// Takes the samples at these positions, from look to look.
    pub(super) fn take(
        &mut self,
        positions: Range<u64>,
        front: &Front,
        decoder: &mut impl Running,
        outcomes: &mut Outcomes,
        arrived: Instant,
    ) -> Result<(), DecodeError> {
        let mut at = positions.start;
        while at < positions.end {
            let step = self.watch.step - self.passed % self.watch.step;
            let upto = at.saturating_add(step).min(positions.end);
            feed(front, at..upto, decoder)?;
            self.passed = self.passed.saturating_add(upto - at);
            at = upto;
            if self.passed.is_multiple_of(self.watch.step)
                && let Some(target) = self.look(decoder)?
            {
                let stop = Stop { target, confidence: None, forced: false };
                let first = at.saturating_sub(self.watch.window.min(self.passed));
                let missing = (at - first).saturating_sub(decoder.len());
                outcomes.decided(None, decided(stop, first..at, missing, arrived), &self.scores);
            }
        }
        Ok(())
    }

    fn look(&mut self, decoder: &mut impl Running) -> Result<Option<usize>, DecodeError> {
        // With samples missing at least half of the window.
        let least = match self.watch.gaps {
            Gaps::Mask => self.watch.window.div_ceil(2),
            _ => self.watch.window,
        };
        let is_whole = self.passed >= self.watch.window && decoder.len() >= least;
        match is_whole.then(|| decoder.score_into(&mut self.scores)).transpose() {
            Ok(Some(())) => return Ok(self.watch.gate.look(&self.scores, &mut self.state)),
            // A moment later there may be a signal again.
            Ok(None)
            | Err(DecodeError::TooShort { .. } | DecodeError::Flat | DecodeError::Overflow) => {}
            Err(error) => return Err(error),
        }
        self.state.skip(1);
        Ok(None)
    }
}
