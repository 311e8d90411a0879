use std::ops::Range;

use super::history::History;
use crate::decode::{CausalBands, DecodeError, SubBands};
use crate::signal::{Epoch, SignalError};

/// Samples that are filtered in one go.
pub(super) const PIECE: usize = 64;
/// Most filtered values that are kept: 1 GiB.
const MAX_KEPT: usize = 1 << 27;

/// Samples by their positions, filtered forward only as they come, the last of them kept.
///
/// Filters start anew after each gap, in balance with the first sample behind it.
#[derive(Debug, Clone)]
pub(super) struct Front {
    channels: usize,
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
}

impl Front {
    /// Keeps at least so many samples of what the filters make.
    pub(super) fn new(
        filters: Option<&SubBands>,
        channels: usize,
        kept: usize,
    ) -> Result<Self, DecodeError> {
        let filters = filters.map(|bands| bands.causal(channels));
        let rows = filters.as_ref().map_or(channels, CausalBands::rows);
        let kept = kept.saturating_add(PIECE);
        let found = kept.saturating_mul(2).saturating_mul(rows);
        if found > MAX_KEPT {
            let what = "filtered samples of a window";
            return Err(DecodeError::TooLarge { what, found, limit: MAX_KEPT });
        }
        Ok(Self {
            channels,
            filters,
            level: vec![0.0; channels],
            raw: vec![0.0; channels * PIECE],
            filtered: vec![0.0; rows * PIECE],
            history: History::new(rows, kept),
            seen: false,
            started: false,
        })
    }

    /// Channels that it takes.
    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    /// What is kept.
    pub(super) fn history(&self) -> &History {
        &self.history
    }

    /// Whether a sample has come since the last gap.
    pub(super) fn is_started(&self) -> bool {
        self.started
    }

    /// Refuses a chunk of other channels or at a wrong place; gives the positions that are missing
    /// before it, none before the first chunk of all.
    pub(super) fn missing_before(
        &self,
        first: u64,
        chunk: Epoch<'_>,
    ) -> Result<Option<Range<u64>>, DecodeError> {
        let (found, expected) = (chunk.channels(), self.channels);
        if found != expected {
            return Err(DecodeError::Shape { what: "channels of the chunk", found, expected });
        }
        if first.checked_add(chunk.len() as u64).is_none() {
            return Err(SignalError::Position { first, len: chunk.len() }.into());
        }
        let next = self.history.positions().end;
        if self.seen && first < next {
            return Err(SignalError::Overlap { first, end: next }.into());
        }
        Ok((self.seen && first > next).then_some(next..first))
    }

    /// The next sample has this position; filters start anew.
    pub(super) fn restart(&mut self, next: u64) {
        self.seen = true;
        self.started = false;
        self.history.restart(next);
        self.filters.iter_mut().for_each(CausalBands::reset);
    }

    /// Whether nothing has come yet.
    pub(super) fn is_unseen(&self) -> bool {
        !self.seen
    }

    /// Filters at most [`PIECE`] samples and keeps them; keeps none of them where that goes beyond all
    /// numbers, which filters would never forget.
    pub(super) fn take(&mut self, piece: Epoch<'_>) -> Result<(), DecodeError> {
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
        let kept = match &mut self.filters {
            None => raw,
            Some(filters) => {
                let rows = filters.rows();
                let filtered = &mut self.filtered[..rows * len];
                filters.push(raw, filtered)?;
                Epoch::from_planar(filtered, rows)?
            }
        };
        if kept.rows().flatten().any(|value| !value.is_finite()) {
            return Err(DecodeError::Overflow);
        }
        self.history.push(kept);
        Ok(())
    }
}
