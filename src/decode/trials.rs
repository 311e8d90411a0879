use super::{DecodeError, Decoder, Scratch};
use crate::signal::{Decision, Samples, SignalError, Trial};

/// Decodes the windows that start `start` samples after each trial's onset.
///
/// The windows have the length that the decoder was built for. A trial whose window is not whole,
/// or holds no signal, gets the reason in place of a decision.
pub fn decode_trials(
    decoder: &dyn Decoder,
    samples: &Samples<f64>,
    trials: &[Trial],
    start: u64,
) -> Vec<Result<Decision, DecodeError>> {
    let mut scratch = Scratch::default();
    let len = decoder.shape().samples;
    let decode = |trial: &Trial| {
        let first = trial.onset.checked_add(start);
        let first = first.ok_or(SignalError::Position { first: trial.onset, len })?;
        let epoch = samples.epoch(first, len)?;
        let mut scores = vec![0.0; decoder.targets()];
        decoder.score_into(epoch, &mut scores, &mut scratch)?;
        Decision::from_scores(scores, first, first + len as u64).ok_or(DecodeError::Flat)
    };
    trials.iter().map(decode).collect()
}
