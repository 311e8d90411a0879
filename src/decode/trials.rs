use super::{Adaptive, DecodeError, Decoder, Scratch};
use crate::signal::{Decision, Epoch, Samples, SignalError, Trial};

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
    let len = decoder.shape().samples;
    let mut scratch = Scratch::default();
    let mut decide = |trial: &Trial| {
        decision(samples, trial, start, len, |epoch| {
            let mut scores = vec![0.0; decoder.targets()];
            decoder.score_into(epoch, &mut scores, &mut scratch).map(|()| scores)
        })
    };
    trials.iter().map(&mut decide).collect()
}

/// Decodes the same windows with a decoder that learns from each trial before it sees the next.
pub fn decode_adapting(
    decoder: &mut dyn Adaptive,
    samples: &Samples<f64>,
    trials: &[Trial],
    start: u64,
) -> Vec<Result<Decision, DecodeError>> {
    let (len, targets) = (decoder.shape().samples, decoder.targets());
    let mut scratch = Scratch::default();
    let mut decide = |trial: &Trial| {
        decision(samples, trial, start, len, |epoch| {
            let mut scores = vec![0.0; targets];
            decoder.score_and_adapt(epoch, &mut scores, &mut scratch).map(|()| scores)
        })
    };
    trials.iter().map(&mut decide).collect()
}

fn decision(
    samples: &Samples<f64>,
    trial: &Trial,
    start: u64,
    len: usize,
    score: impl FnOnce(Epoch<'_>) -> Result<Vec<f64>, DecodeError>,
) -> Result<Decision, DecodeError> {
    let first = trial.onset.checked_add(start);
    let first = first.ok_or(SignalError::Position { first: trial.onset, len })?;
    let scores = score(samples.epoch(first, len)?)?;
    Decision::from_scores(scores, first, first + len as u64).ok_or(DecodeError::Flat)
}
