use crate::decode::DecodeError;
use crate::signal::Epoch;

/// A decoder that takes samples as they come.
///
/// A window opens with the first sample, and with the first after [`restart`](Self::restart).
/// Whatever the chunks, the same samples give the same scores, bit for bit.
pub trait Running: Send {
    /// Rows of the chunks it takes.
    fn channels(&self) -> usize;

    /// Number of targets, and of scores.
    fn targets(&self) -> usize;

    /// Takes the next samples of all channels.
    ///
    /// # Errors
    /// [`DecodeError::Shape`] for a chunk of other channels; [`DecodeError::NotFinite`] for a value
    /// that is no number, with its place in the chunk. Nothing of the chunk is taken then.
    fn push(&mut self, chunk: Epoch<'_>) -> Result<(), DecodeError>;

    /// Time goes on by so many samples that were lost: the window lasts as long as it would have, and
    /// its scores are of what came.
    fn skip(&mut self, samples: u64);

    /// Whether a window may open at any time, and not at the onset of a trial only: so for decoders
    /// to which the phase of the light means nothing.
    fn starts_anywhere(&self) -> bool {
        false
    }

    /// Which samples the scores are for.
    fn span(&self) -> Span {
        Span::Growing
    }

    /// Samples of the longest window that it scores; `None` where there is no longest one.
    fn longest(&self) -> Option<u64> {
        None
    }

    /// Samples in the window that scores are for, lost ones not counted.
    fn len(&self) -> u64;

    /// Whether the window has no sample.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Closes the window and opens the next one, as at an onset, or where samples were lost. What was
    /// learned of earlier windows plays no part.
    fn restart(&mut self);

    /// Writes the score of each target for the samples in the window.
    ///
    /// # Errors
    /// [`DecodeError::Shape`] for scores of another number; [`DecodeError::TooShort`] for a window
    /// that any target could explain; [`DecodeError::Flat`] where no channel varies;
    /// [`DecodeError::Overflow`] where sums went beyond all numbers.
    fn score_into(&mut self, scores: &mut [f64]) -> Result<(), DecodeError>;
}

/// Which samples the scores are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Span {
    /// All since the window was opened.
    #[default]
    Growing,
    /// The last `blocks` blocks of `block` samples each, counted from the start of the window: scores
    /// move on by a block at a time. Before so many are there, all that are.
    Sliding {
        /// Samples of a block.
        block: usize,
        /// Blocks of a window.
        blocks: usize,
    },
}

/// Refuses a chunk of other rows, or with a value that is no number.
pub(super) fn check_chunk(chunk: Epoch<'_>, expected: usize) -> Result<(), DecodeError> {
    let found = chunk.channels();
    if found != expected {
        return Err(DecodeError::Shape { what: "rows of the chunk", found, expected });
    }
    for (channel, row) in chunk.rows().enumerate() {
        if let Some(at) = row.iter().position(|value| !value.is_finite()) {
            let (sample, value) = (at as u64, row[at]);
            return Err(DecodeError::NotFinite { channel, sample, value });
        }
    }
    Ok(())
}

impl<R: Running + ?Sized> Running for Box<R> {
    fn channels(&self) -> usize {
        (**self).channels()
    }

    fn targets(&self) -> usize {
        (**self).targets()
    }

    fn push(&mut self, chunk: Epoch<'_>) -> Result<(), DecodeError> {
        (**self).push(chunk)
    }

    fn skip(&mut self, samples: u64) {
        (**self).skip(samples);
    }

    fn starts_anywhere(&self) -> bool {
        (**self).starts_anywhere()
    }

    fn span(&self) -> Span {
        (**self).span()
    }

    fn longest(&self) -> Option<u64> {
        (**self).longest()
    }

    fn len(&self) -> u64 {
        (**self).len()
    }

    fn restart(&mut self) {
        (**self).restart();
    }

    fn score_into(&mut self, scores: &mut [f64]) -> Result<(), DecodeError> {
        (**self).score_into(scores)
    }
}
