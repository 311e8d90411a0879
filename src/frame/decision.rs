use super::samples::{check_limit, shape};
use super::{FrameError, Header, Kind};
use crate::signal::Decision;

/// Bytes before the scores.
const FIXED_BYTES: usize = 16;

/// The payload of a decision frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecisionView<'a> {
    /// Index of the chosen target in the codebook.
    pub target: u32,
    /// How likely the choice is right, 0 to 1; NaN where that is not known.
    pub confidence: f32,
    /// Sample position of the start of the stretch that was decoded.
    pub first: u64,
    /// Sample position after its end: when the decision could be taken.
    pub end: u64,
    scores: &'a [u8],
}

impl<'a> DecisionView<'a> {
    pub(super) fn parse(header: &Header, payload: &'a [u8]) -> Result<Self, FrameError> {
        let whole = FIXED_BYTES + 8 * usize::from(header.count);
        let malformed = || {
            let (found, scores) = (payload.len(), header.count);
            let what = format!("{found} bytes, {whole} expected for {scores} scores");
            FrameError::malformed(Kind::Decision, what)
        };
        let (fixed, scores) = payload.split_first_chunk::<FIXED_BYTES>().ok_or_else(malformed)?;
        if payload.len() != whole {
            return Err(malformed());
        }
        let [target, confidence, first_low, first_high] = words(fixed);
        Ok(Self {
            target,
            confidence: f32::from_bits(confidence),
            first: u64::from(first_low) | u64::from(first_high) << 32,
            end: header.sample,
            scores,
        })
    }

    /// One score a target.
    pub fn scores(&self) -> impl ExactSizeIterator<Item = f64> + use<'a> {
        self.scores.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes))
    }

    /// The decision in memory of its own.
    pub fn to_decision(&self) -> Decision {
        Decision {
            target: self.target as usize,
            scores: self.scores().collect(),
            first: self.first,
            end: self.end,
        }
    }
}

fn words(bytes: &[u8; FIXED_BYTES]) -> [u32; 4] {
    let (words, _) = bytes.as_chunks::<4>();
    [words[0], words[1], words[2], words[3]].map(u32::from_le_bytes)
}

/// Appends a decision to a payload; the number of scores goes into the header.
pub(super) fn write(
    decision: &Decision,
    confidence: f32,
    out: &mut Vec<u8>,
) -> Result<(), FrameError> {
    check_limit("scores of a decision", decision.scores.len(), usize::from(u16::MAX))?;
    let target = u32::try_from(decision.target).unwrap_or(u32::MAX);
    shape("the decision's target", target as usize, decision.target)?;
    out.extend_from_slice(&target.to_le_bytes());
    out.extend_from_slice(&confidence.to_le_bytes());
    out.extend_from_slice(&decision.first.to_le_bytes());
    out.extend(decision.scores.iter().flat_map(|score| score.to_le_bytes()));
    Ok(())
}
