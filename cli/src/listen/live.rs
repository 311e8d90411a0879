//! Trials of a live session, decided as they end.

use std::collections::VecDeque;
use std::time::Instant;

use evoked::frame::{EventsView, SamplesView, Session, StreamInfo};
use evoked::online::model::{Model, RunningDecoder};
use evoked::online::{Outcome, Session as Decoding, Verdict};
use evoked::signal::{Epoch, Event, EventPattern};
use evoked::stimulus::Codebook;

use super::ListenArgs;
use super::decoding::{Chosen, choose};
use super::free::Rest;
use crate::failure::Failure;
use crate::targets::{self, label_events};

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
    decoding: Decoding<RunningDecoder>,
    /// What is learned before anything is decided.
    rest: Option<Rest>,
    /// Whether windows differ in length.
    grows: bool,
    /// What is decoded, for people.
    text: String,
    /// What is to be said next.
    said: Option<String>,
    /// The last target that an event named, until a trial starts.
    named: Option<usize>,
    /// Onsets of trials and their true targets.
    truths: VecDeque<(u64, Option<usize>)>,
    samples: Vec<f32>,
    chosen: Vec<f64>,
}

impl Live {
    /// A decoder for a session, as the options ask.
    pub(crate) fn new(
        args: &ListenArgs,
        model: Option<&Model>,
        session: &Session,
    ) -> Result<Self, Failure> {
        let of_model = || model.map(|model| model.codebook().clone());
        let own = session.codebook.clone().or_else(of_model);
        let Some(codebook) = targets::codebook(&args.targets, own)? else {
            let message = "the session has no codebook: say what the targets are with --targets 13,17,21 or --codebook FILE";
            return Err(Failure::new(message));
        };
        let Some(stream) = session.streams.first() else {
            return Err(Failure::new("the session has no stream"));
        };
        let Chosen { rows, decoding, rest, grows, text } = choose(args, model, stream, &codebook)?;
        let labels = match label_events(&codebook) {
            labels if labels.is_empty() => named_like_targets(&codebook),
            labels => labels,
        };
        Ok(Self {
            decoding,
            rest,
            grows,
            text,
            stream: stream.clone(),
            rows,
            onsets: args.onset.clone(),
            labels,
            codebook,
            said: None,
            named: None,
            truths: VecDeque::new(),
            samples: Vec::new(),
            chosen: Vec::new(),
        })
    }

    /// What is decoded, for people.
    pub(crate) fn describe(&self) -> &str {
        &self.text
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
        let pushed = self.decoding.push(first, Epoch::from_planar(&self.chosen, self.rows.len())?);
        if let Some(rest) = &mut self.rest {
            let end = first.saturating_add(view.len() as u64);
            if let Some(learned) = rest.take(first, end, &mut self.decoding)? {
                self.said = Some(learned.line);
                if let Some(decoding) = learned.decoding {
                    (self.decoding, self.rest) = (decoding, None);
                }
            }
        }
        Ok(pushed?)
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
        if let Some(line) = self.said.take() {
            return Some(line);
        }
        let Outcome { cue, verdict } = self.decoding.poll()?;
        let latency_ms = arrived.elapsed().as_secs_f64() * 1e3;
        let place = self.truths.iter().position(|(other, _)| Some(*other) == cue);
        let truth = place.and_then(|place| self.truths.remove(place)).and_then(|(_, truth)| truth);
        let seconds = |samples: u64| samples as f64 / self.stream.rate_hz;
        let name = |target: usize| {
            self.codebook.targets().get(target).map_or("–", |target| target.label.as_str())
        };
        // Without a cue the decision has a time only.
        let end = verdict.as_ref().map_or(0, |verdict| verdict.end);
        let time_s = self.stream.origin_s + seconds(cue.unwrap_or(end));
        Some(match verdict {
            Ok(verdict) => {
                let target = verdict.target;
                let told = match truth {
                    Some(truth) if truth == target => "  ✓".to_owned(),
                    Some(truth) => format!("  ✗ {}", name(truth)),
                    None => String::new(),
                };
                let (window, margin) =
                    (window(&verdict, self.grows, self.stream.rate_hz), verdict.margin());
                let target = name(target);
                format!(
                    "{time_s:>9.3} s  {target:<8}  margin {margin:.4}{window}  latency {latency_ms:.2} ms{told}"
                )
            }
            Err(reason) => format!("{time_s:>9.3} s  left out: {reason}"),
        })
    }

    /// No samples follow.
    pub(crate) fn end(&mut self) {
        self.decoding.end();
    }
}

/// What there is to say of a decision's window.
fn window(verdict: &Verdict<'_>, grows: bool, rate_hz: f64) -> String {
    let mut text = String::new();
    if grows {
        let length_s = (verdict.end - verdict.first) as f64 / rate_hz;
        text += &format!("  window {length_s:.3} s");
        match verdict.confidence {
            Some(confidence) => text += &format!("  confidence {confidence:.3}"),
            None if verdict.forced => text += "  time was up",
            None => {}
        }
    }
    if verdict.missing > 0 {
        text += &format!("  {} samples missing", verdict.missing);
    }
    text
}

/// Where a codebook tells of no events: those that are called like its targets.
fn named_like_targets(codebook: &Codebook) -> Vec<(EventPattern, usize)> {
    let targets = codebook.targets().iter().enumerate();
    targets.filter_map(|(place, target)| Some((target.label.parse().ok()?, place))).collect()
}
