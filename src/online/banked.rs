use super::running::{Running, Span, check_chunk};
use crate::decode::{CausalBands, DecodeError, SubBands};
use crate::signal::Epoch;

/// Filters with a state in front of a running decoder: it takes the signal as it was recorded.
///
/// The filters run forward only and keep their state over [`restart`](Running::restart), so that a
/// window opens without the start of a filter in it; [`lost`](Self::lost) sets them back as well.
///
/// ```
/// use evoked::decode::FilterBank;
/// use evoked::online::{CausalFront, Running, SinusoidsParams};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[9.0, 11.0, 13.0])?;
/// let bank = FilterBank::chen(3, 8.0, 90.0);
/// let params = SinusoidsParams { weights: bank.weights().to_vec(), ..Default::default() };
/// let fbcca = params.build(&codebook, 3, 250.0)?;
/// let mut decoder = CausalFront::new(&bank.design(250.0)?, 1, fbcca)?;
/// let gaze: Vec<f64> = (0..500).map(|n| (std::f64::consts::TAU * 11.0 * n as f64 / 250.0).sin()).collect();
/// decoder.push(Epoch::from_planar(&gaze[..250], 1)?)?;
/// decoder.restart();
/// decoder.push(Epoch::from_planar(&gaze[250..], 1)?)?;
/// let mut scores = [0.0; 3];
/// decoder.score_into(&mut scores)?;
/// assert!(scores[1] > scores[0] && scores[1] > scores[2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct CausalFront<R> {
    channels: usize,
    bands: CausalBands,
    filtered: Vec<f64>,
    inner: R,
}

/// Samples that are filtered in one go.
const PIECE: usize = 64;

impl<R: Running> CausalFront<R> {
    /// Filters for so many channels.
    ///
    /// # Errors
    /// [`DecodeError::Shape`] where the decoder does not take the rows that the filters make.
    pub fn new(bands: &SubBands, channels: usize, inner: R) -> Result<Self, DecodeError> {
        let bands = bands.causal(channels);
        let (found, expected) = (bands.rows(), inner.channels());
        if found != expected {
            let what = "rows that the filters make";
            return Err(DecodeError::Shape { what, found, expected });
        }
        Ok(Self { channels, filtered: vec![0.0; found * PIECE], bands, inner })
    }

    /// Samples were lost: filters and window start again.
    pub fn lost(&mut self) {
        self.bands.reset();
        self.inner.restart();
    }

    /// The decoder behind the filters.
    pub fn inner(&self) -> &R {
        &self.inner
    }
}

impl<R: Running> Running for CausalFront<R> {
    fn channels(&self) -> usize {
        self.channels
    }

    fn targets(&self) -> usize {
        self.inner.targets()
    }

    fn push(&mut self, chunk: Epoch<'_>) -> Result<(), DecodeError> {
        // Before the filters see any of it, since they would never forget what is no number.
        check_chunk(chunk, self.channels)?;
        for first in (0..chunk.len()).step_by(PIECE) {
            let len = PIECE.min(chunk.len() - first);
            let Some(part) = chunk.part(0..self.channels, first..first + len) else { break };
            let filtered = &mut self.filtered[..self.bands.rows() * len];
            self.bands.push(part, filtered)?;
            self.inner.push(Epoch::from_planar(filtered, self.bands.rows())?)?;
        }
        Ok(())
    }

    /// The filters start again behind the gap.
    fn skip(&mut self, samples: u64) {
        self.bands.reset();
        self.inner.skip(samples);
    }

    fn starts_anywhere(&self) -> bool {
        self.inner.starts_anywhere()
    }

    fn span(&self) -> Span {
        self.inner.span()
    }

    fn longest(&self) -> Option<u64> {
        self.inner.longest()
    }

    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn restart(&mut self) {
        self.inner.restart();
    }

    fn score_into(&mut self, scores: &mut [f64]) -> Result<(), DecodeError> {
        self.inner.score_into(scores)
    }
}
