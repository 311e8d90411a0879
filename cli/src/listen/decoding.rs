//! Which decoder a session gets, by the options.

use evoked::decode::{DecodeError, Direction};
use evoked::evaluate::Stopping;
use evoked::frame::StreamInfo;
use evoked::online::Session as Decoding;
use evoked::online::model::{Model, ModelParams, RunningDecoder};
use evoked::online::stopping::{Criterion, StoppingRule};
use evoked::signal::Channel;
use evoked::stimulus::Codebook;

use super::ListenArgs;
use super::free::{Free, Rest};
use crate::evaluate::Named;
use crate::failure::Failure;

/// The decoder of a session.
pub(crate) struct Chosen {
    /// Rows of the channels that it takes.
    pub(crate) rows: Vec<usize>,
    pub(crate) decoding: Decoding<RunningDecoder>,
    /// What is learned before anything is decided.
    pub(crate) rest: Option<Rest>,
    /// Whether windows differ in length.
    pub(crate) grows: bool,
    /// What is decoded, for people.
    pub(crate) text: String,
}

/// The decoder of a session that shows these targets.
pub(crate) fn choose(
    args: &ListenArgs,
    model: Option<&Model>,
    stream: &StreamInfo,
    codebook: &Codebook,
) -> Result<Chosen, Failure> {
    if let Some(model) = model {
        let rows = model.rows_for(&stream.channels, stream.rate_hz, Some(codebook))?;
        return of_model(args, model, rows);
    }
    let rows = rows(args, stream)?;
    if args.free {
        let free = Free::new(args, rows.len(), stream.rate_hz, codebook)?;
        let (decoding, rest) = (free.start(args)?, free.rest(args)?);
        let text = free.describe(args, codebook.len());
        return Ok(Chosen { rows, decoding, rest, grows: false, text });
    }
    of_model(args, &built(args, rows.len(), stream.rate_hz, codebook)?, rows)
}

fn of_model(args: &ListenArgs, model: &Model, rows: Vec<usize>) -> Result<Chosen, Failure> {
    let grows = *model.stopping().criterion() != Criterion::Fixed;
    let (decoding, text) = (model.session(args.gaps.into())?, describe(model));
    Ok(Chosen { rows, decoding, rest: None, grows, text })
}

/// A decoder that needs no calibration, as the options ask.
fn built(
    args: &ListenArgs,
    channels: usize,
    rate_hz: f64,
    codebook: &Codebook,
) -> Result<Model, Failure> {
    if !(args.start.is_finite() && args.start >= 0.0) {
        return Err(Failure::new(format!("--start {}: give 0 or more seconds", args.start)));
    }
    let stopping = rule(args, rate_hz)?;
    let front = args.method.front(&args.front, Direction::Causal, codebook, rate_hz)?;
    // It is not kept, so that labels, of which a stream may have one twice, play no part.
    let channel = |row: usize| Channel::microvolts(format!("row {row}"));
    let params = ModelParams {
        channels: (0..channels).map(channel).collect(),
        rate_hz,
        codebook: codebook.clone(),
        method: args.method.method,
        settings: front.settings,
        bank: front.preprocess.bank,
        notch_hz: front.preprocess.notch_hz,
        start: (args.start * rate_hz).round() as u64,
        stopping,
    };
    Model::build(params).map_err(|error| match &error {
        DecodeError::Calibration { .. } => Failure::new(format!(
            "--method {}: {error}: make a decoder of a user's recordings with evoked fit, and give it with --decoder",
            args.method
        )),
        _ => Failure::from(error),
    })
}

fn rule(args: &ListenArgs, rate_hz: f64) -> Result<StoppingRule, Failure> {
    let samples = |seconds: f64| (seconds * rate_hz).round() as u64;
    let latest = samples(args.length);
    Ok(match args.stopping {
        Stopping::Fixed => StoppingRule::fixed(latest)?,
        learned if learned.is_learned() => {
            return Err(Failure::new(format!(
                "--stopping {learned}: it is learned from trials: make a decoder of a user's recordings with evoked fit, and give it with --decoder"
            )));
        }
        other => {
            let (step, earliest) = (samples(args.step), samples(args.earliest));
            StoppingRule::new(other.criterion(&[])?, step, earliest, latest)?
        }
    })
}

fn describe(model: &Model) -> String {
    let params = model.params();
    let seconds = |samples: u64| samples as f64 / model.rate_hz();
    let named = Named { method: params.method, banked: !params.settings.weights.is_empty() };
    let (targets, channels) = (model.codebook().len(), model.channels().len());
    let (start_s, rule) = (seconds(params.start), model.stopping());
    let (first_s, last_s) = (seconds(rule.next_look(0)), seconds(rule.latest()));
    let window = match rule.criterion() {
        Criterion::Fixed => format!("{start_s:.2}–{:.2} s after the onset", start_s + last_s),
        _ => {
            format!("windows of {first_s:.2} to {last_s:.2} s from {start_s:.2} s after the onset")
        }
    };
    let rate_hz = model.rate_hz();
    format!("{named}: {targets} targets, {channels} channels at {rate_hz} Hz, {window}")
}

fn rows(args: &ListenArgs, stream: &StreamInfo) -> Result<Vec<usize>, Failure> {
    let have = || stream.channels.iter().map(|channel| channel.label.as_str());
    if args.channels.is_empty() {
        return Ok((0..stream.channels.len()).collect());
    }
    let row = |label: &String| {
        have().position(|own| own == label).ok_or_else(|| {
            let have = have().collect::<Vec<_>>().join(", ");
            Failure::new(format!("--channels: no channel {label:?}; there are {have}"))
        })
    };
    args.channels.iter().map(row).collect()
}
