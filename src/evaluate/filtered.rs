use std::ops::Range;

use super::subject::Source;
use super::{EvaluateError, Subject};
use crate::decode::{DecodeError, Preprocess};
use crate::signal::{Epoch, Samples, SignalError, Stream};

/// What is filtered in one go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// Each trial's own stretch by itself, margins included. Nothing of one trial gets into another,
    /// neither by a shared sample nor by the ringing of a filter, and the filter's edges lie in the
    /// margins. A zero-phase filter still sees the trial's samples after the window, so that a
    /// short window is a little better than it would be online; a causal one does not.
    #[default]
    Trial,
    /// The window alone, as most papers on filter banks do: nothing is shared and nothing after the
    /// window is seen, so that the figures hold for a decision at the window's end. The filter's
    /// edges lie within the window, which costs accuracy in short windows. A causal filter starts
    /// anew with every window, which no online decoder does.
    Window,
    /// The whole recording, stretch without a gap by stretch, before trials are cut out. Filters
    /// ring over the borders of trials: a little of a test trial gets into its neighbours, on which
    /// a decoder may be trained. Causally it is what an online decoder with a running filter sees.
    Recording,
}

/// The filtered signal around each trial of a subject.
#[derive(Debug, Clone)]
pub struct Filtered {
    pieces: Vec<Result<Samples<f64>, DecodeError>>,
    /// For each trial its piece.
    piece_of: Vec<usize>,
    own: Vec<Range<u64>>,
    onsets: Vec<u64>,
}

impl Filtered {
    /// Filters what lies around each trial; the channels are the subject's, whatever `preprocess`
    /// says. `window` is the samples of the window, counted from the onset, which
    /// [`Scope::Window`] filters; the others do not look at it.
    ///
    /// # Errors
    /// [`EvaluateError::Decode`] for filters that the rate can't carry. Samples that are no numbers
    /// concern their trials only, unless whole recordings are filtered.
    pub fn new(
        subject: &Subject<'_>,
        preprocess: &Preprocess,
        scope: Scope,
        window: Range<u64>,
    ) -> Result<Self, EvaluateError> {
        let trials = subject.trials();
        let preprocess: Vec<Preprocess> = subject
            .sources()
            .iter()
            .map(|source| Preprocess { channels: Some(source.rows.clone()), ..preprocess.clone() })
            .collect();
        let part = |source: usize, positions: Range<u64>| {
            let Source { stream, .. } = &subject.sources()[source];
            let samples = stream.samples().within(positions);
            let part = Stream::new("", stream.rate_hz(), stream.channels().to_vec(), samples)?;
            preprocess[source].apply(&part)
        };
        let pieces: Vec<_> = match scope {
            Scope::Trial => trials.iter().map(|cut| part(cut.source, cut.own.clone())).collect(),
            Scope::Window => {
                let place = |onset: u64, own: &Range<u64>| {
                    let start = onset.saturating_add(window.start).clamp(own.start, own.end);
                    start..onset.saturating_add(window.end).clamp(start, own.end)
                };
                trials.iter().map(|cut| part(cut.source, place(cut.onset, &cut.own))).collect()
            }
            Scope::Recording => {
                let sources = subject.sources().iter().zip(&preprocess);
                sources.map(|(source, preprocess)| preprocess.apply(source.stream)).collect()
            }
        };
        // What is wrong with a filter is wrong for all; what is wrong with samples is not.
        let hopeless = |piece: &Result<_, DecodeError>| match piece {
            Err(error @ (DecodeError::Dsp(_) | DecodeError::Setting { .. })) => Some(error.clone()),
            _ => None,
        };
        if let Some(error) = pieces.iter().find_map(hopeless) {
            return Err(error.into());
        }
        let piece_of = match scope {
            Scope::Recording => trials.iter().map(|cut| cut.source).collect(),
            Scope::Trial | Scope::Window => (0..trials.len()).collect(),
        };
        let own = trials.iter().map(|cut| cut.own.clone()).collect();
        let onsets = trials.iter().map(|cut| cut.onset).collect();
        Ok(Self { pieces, piece_of, own, onsets })
    }

    /// The samples of a trial from `start` to `start + len` after its onset.
    ///
    /// # Errors
    /// [`DecodeError::Signal`] where the window leaves the trial's own stretch,
    /// [`DecodeError::NotFinite`] where its samples could not be filtered.
    pub fn epoch(&self, trial: usize, start: u64, len: usize) -> Result<Epoch<'_>, DecodeError> {
        let (Some(own), Some(&onset)) = (self.own.get(trial), self.onsets.get(trial)) else {
            let (what, expected) = ("number of the trial", self.own.len());
            return Err(DecodeError::Shape { what, found: trial, expected });
        };
        let first = onset.saturating_add(start);
        if first < own.start || first.saturating_add(len as u64) > own.end {
            return Err(
                SignalError::OutOfRange { first, len, start: own.start, end: own.end }.into()
            );
        }
        match &self.pieces[self.piece_of[trial]] {
            Ok(samples) => Ok(samples.epoch(first, len)?),
            Err(error) => Err(error.clone()),
        }
    }
}
