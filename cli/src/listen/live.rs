//! Trials of a live session, decided as they end.

use std::collections::VecDeque;
use std::time::Instant;

use evoked::decode::{FilterBank, Method};
use evoked::frame::{EventsView, SamplesView, Session, StreamInfo};
use evoked::online::stopping::StoppingRule;
use evoked::online::{
    Gaps, Outcome, Session as Decoding, Sinusoids, SinusoidsParams, Statistic, Trials,
};
use evoked::signal::{Epoch, Event, EventPattern};
use evoked::stimulus::Codebook;

use super::ListenArgs;
use crate::band::band;
use crate::evaluate::usual_bank;
use crate::failure::Failure;
use crate::targets::{self, label_events};

/// Part of the noise's power that MEC keeps, as the decoder of recordings does.
const MEC_KEPT: f64 = 0.1;
/// Trials whose truth is remembered until they are decided.
const MOST_TRUTHS: usize = 2048;

/// The decoder of one session.
pub(crate) struct Live {
    /// The stream that is decoded; the first of the session.
    stream: StreamInfo,
    /// Rows of the channels that are used.
    rows: Vec<usize>,
    codebook: Codebook,
    onsets: Vec<EventPattern>,
    labels: Vec<(EventPattern, usize)>,
    decoding: Decoding<Sinusoids>,
    /// The last target that an event named, until a trial starts.
    named: Option<usize>,
    /// Onsets of trials and their true targets.
    truths: VecDeque<(u64, Option<usize>)>,
    samples: Vec<f32>,
    chosen: Vec<f64>,
}

impl Live {
    /// A decoder for a session, as the options ask.
    pub(crate) fn new(args: &ListenArgs, session: &Session) -> Result<Self, Failure> {
        let Some(codebook) = targets::codebook(&args.targets, session.codebook.clone())? else {
            let message = "the session has no codebook: say what the targets are with --targets 13,17,21 or --codebook FILE";
            return Err(Failure::new(message));
        };
        let Some(stream) = session.streams.first() else {
            return Err(Failure::new("the session has no stream"));
        };
        let (rate_hz, rows) = (stream.rate_hz, rows(args, stream)?);
        let bank = bank(args, &codebook, rate_hz)?;
        let filters = bank.as_ref().map(|bank| bank.design(rate_hz)).transpose()?;
        let params = SinusoidsParams {
            statistic: statistic(args.method.method)?,
            harmonics: args.harmonics,
            mains_hz: args.mains,
            weights: match &bank {
                Some(bank) if args.method.banked => bank.weights().to_vec(),
                _ => Vec::new(),
            },
            ..SinusoidsParams::default()
        };
        let bands = filters.as_ref().map_or(1, evoked::decode::SubBands::len);
        let decoder = params.build(&codebook, bands * rows.len(), rate_hz)?;
        if !(args.start.is_finite() && args.start >= 0.0) {
            return Err(Failure::new(format!("--start {}: give 0 or more seconds", args.start)));
        }
        let start = (args.start * rate_hz).round() as u64;
        let rule = StoppingRule::fixed((args.length * rate_hz).round() as u64)?;
        let trials = Trials { start, rule, gaps: Gaps::LeaveOut };
        let labels = match label_events(&codebook) {
            labels if labels.is_empty() => named_like_targets(&codebook),
            labels => labels,
        };
        Ok(Self {
            decoding: Decoding::cued(filters.as_ref(), rows.len(), rate_hz, trials, decoder)?,
            stream: stream.clone(),
            rows,
            onsets: args.onset.clone(),
            labels,
            codebook,
            named: None,
            truths: VecDeque::new(),
            samples: Vec::new(),
            chosen: Vec::new(),
        })
    }

    /// What is decoded, for people.
    pub(crate) fn describe(&self, args: &ListenArgs) -> String {
        let (channels, rate_hz, targets) =
            (self.rows.len(), self.stream.rate_hz, self.codebook.len());
        let (start_s, end_s) = (args.start, args.start + args.length);
        format!(
            "{}: {targets} targets, {channels} channels at {rate_hz} Hz, {start_s:.2}–{end_s:.2} s after the onset",
            args.method
        )
    }

    /// Takes the next samples of a stream.
    pub(crate) fn samples(
        &mut self,
        stream: u16,
        first: u64,
        view: &SamplesView<'_>,
    ) -> Result<(), Failure> {
        if stream != self.stream.id || view.is_empty() {
            return Ok(());
        }
        self.samples.resize(view.channels() * view.len(), 0.0);
        view.decode_into(&self.stream, &mut self.samples)?;
        let all = Epoch::from_planar(&self.samples, view.channels())?;
        self.chosen.clear();
        for &row in &self.rows {
            self.chosen.extend(all.channel(row).iter().copied().map(f64::from));
        }
        self.decoding.push(first, Epoch::from_planar(&self.chosen, self.rows.len())?)?;
        Ok(())
    }

    /// Takes events of a stream, described by the session.
    pub(crate) fn events(&mut self, session: &Session, stream: u16, view: &EventsView<'_>) {
        let Some(onto) = session.streams.iter().find(|info| info.id == stream) else { return };
        let onto = onto.clone();
        view.iter().for_each(|event| self.event(&onto, &event.to_event(0)));
    }

    fn event(&mut self, clock: &StreamInfo, event: &Event) {
        let label = self.labels.iter().find(|(pattern, _)| pattern.matches(event));
        let label = label.map(|&(_, target)| target);
        let position = self.position(clock, event);
        let starts = match self.onsets.as_slice() {
            [] => label.is_some(),
            onsets => onsets.iter().any(|pattern| pattern.matches(event)),
        };
        self.named = label.or(self.named);
        if starts {
            if self.truths.len() == MOST_TRUTHS {
                self.truths.pop_front();
            }
            self.truths.push_back((position, self.named.take()));
            self.decoding.event(position);
        } else if let Some(last) = self.truths.back_mut().filter(|last| last.0 == position)
            && label.is_some()
        {
            // A label on the very sample of the onset may come after it.
            last.1 = label;
            self.named = None;
        }
    }

    /// The sample of the decoded stream nearest to an event on a stream's clock.
    fn position(&self, clock: &StreamInfo, event: &Event) -> u64 {
        if clock.id == self.stream.id {
            return event.position().round() as u64;
        }
        let onset_s = clock.origin_s + event.position() / clock.rate_hz;
        ((onset_s - self.stream.origin_s) * self.stream.rate_hz).round().max(0.0) as u64
    }

    /// The line for the next trial that has ended; `arrived` is when the last bytes did.
    pub(crate) fn next_line(&mut self, arrived: Instant) -> Option<String> {
        let Outcome { cue, verdict } = self.decoding.poll()?;
        let latency_ms = arrived.elapsed().as_secs_f64() * 1e3;
        let onset = cue.unwrap_or_default();
        let place = self.truths.iter().position(|(other, _)| *other == onset);
        let truth = place.and_then(|place| self.truths.remove(place)).and_then(|(_, truth)| truth);
        let onset_s = self.stream.origin_s + onset as f64 / self.stream.rate_hz;
        let name = |target: usize| {
            self.codebook.targets().get(target).map_or("–", |target| target.label.as_str())
        };
        Some(match verdict {
            Ok(verdict) => {
                let target = verdict.target;
                let told = match truth {
                    Some(truth) if truth == target => "  ✓".to_owned(),
                    Some(truth) => format!("  ✗ {}", name(truth)),
                    None => String::new(),
                };
                let (target, margin) = (name(target), verdict.margin());
                format!(
                    "{onset_s:>9.3} s  {target:<8}  margin {margin:.4}  latency {latency_ms:.2} ms{told}"
                )
            }
            Err(reason) => format!("{onset_s:>9.3} s  left out: {reason}"),
        })
    }

    /// No samples follow.
    pub(crate) fn end(&mut self) {
        self.decoding.end();
    }
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

fn bank(
    args: &ListenArgs,
    codebook: &Codebook,
    rate_hz: f64,
) -> Result<Option<FilterBank>, Failure> {
    if args.method.banked {
        let bank = usual_bank(codebook, rate_hz);
        return Ok(Some(FilterBank::chen(bank.count, bank.spacing_hz, bank.high_hz)));
    }
    Ok(band(args.band.as_deref(), rate_hz)?.map(FilterBank::single))
}

fn statistic(method: Method) -> Result<Statistic, Failure> {
    match method {
        Method::Cca => Ok(Statistic::Cca),
        Method::Msi => Ok(Statistic::Msi),
        Method::Mec => Ok(Statistic::Mec { kept: MEC_KEPT }),
        other => {
            let message = format!("--method {other}: only cca, msi and mec decide live");
            Err(Failure::new(message))
        }
    }
}

/// Where a codebook tells of no events: those that are called like its targets.
fn named_like_targets(codebook: &Codebook) -> Vec<(EventPattern, usize)> {
    let targets = codebook.targets().iter().enumerate();
    targets.filter_map(|(place, target)| Some((target.label.parse().ok()?, place))).collect()
}
