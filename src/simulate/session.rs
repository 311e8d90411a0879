use std::collections::BTreeMap;
use std::ops::Range;

use super::artifacts::Artifacts;
use super::background::Background;
use super::events::{self, Schedule};
use super::no_control::RestAlpha;
use super::response::{SOURCES, VisualSystem};
use super::scalp::{place, response_gains};
use super::strength::{amplitude, mean_square};
use super::{Artifact, Random, SessionParams, SimulateError, losses};
use crate::signal::{Channel, Event, Quantization, Trial, TrialRule};
use crate::stimulus::Codebook;

/// Most samples a channel in one chunk.
const MAX_CHUNK: usize = 1 << 16;

/// A simulated session as it runs: samples come in chunks, the same however they are cut.
///
/// It holds one trial's response of each target and the lists of trials, artefacts and losses, not
/// the samples, so it may last for days.
///
/// ```
/// use evoked::simulate::SessionParams;
/// use evoked::stimulus::Codebook;
/// let codebook = Codebook::sinusoids(&[9.0, 11.0])?;
/// let mut session = SessionParams::default().start(&codebook)?;
/// let mut chunk = Vec::new();
/// let samples = session.next_chunk(25, &mut chunk);
/// assert_eq!((samples, chunk.len()), (25, 25 * session.channels().len()));
/// assert_eq!(session.position(), 25);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A lost stretch shows in the position, which goes on behind it. No chunk reaches over one:
///
/// ```
/// use evoked::signal::Samples;
/// use evoked::simulate::SessionParams;
/// use evoked::stimulus::Codebook;
/// let params = SessionParams { losses_per_min: 10.0, loss_s: 0.3, ..Default::default() };
/// let mut session = params.start(&Codebook::sinusoids(&[9.0, 11.0])?)?;
/// let (mut samples, mut chunk) = (Samples::new(9), Vec::new());
/// loop {
///     let first = session.position();
///     if session.next_chunk(25, &mut chunk) == 0 {
///         break;
///     }
///     samples.append(first, &chunk)?;
/// }
/// assert_eq!(samples.gaps().collect::<Vec<_>>(), session.lost());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Session {
    rate_hz: f64,
    channels: Vec<Channel>,
    quantization: Option<Quantization>,
    schedule: Schedule,
    events: Vec<Event>,
    rule: TrialRule,
    metadata: BTreeMap<String, String>,
    /// What each source answers to each target.
    responses: Vec<[Vec<f64>; SOURCES]>,
    /// Microvolts a channel sees of each source.
    gains: Vec<[f64; SOURCES]>,
    background: Background,
    rest_alpha: RestAlpha,
    artifacts: Artifacts,
    lost: Vec<Range<u64>>,
    /// How many lost stretches are over.
    missed: usize,
    fade: f64,
    /// Samples by which the response comes later at the end of the session.
    slowing: f64,
    position: u64,
    /// How many trials have begun; of these the first `over` have no response left.
    begun: usize,
    over: usize,
    frame: Vec<f64>,
}

impl Session {
    pub(super) fn new(params: &SessionParams, codebook: &Codebook) -> Result<Self, SimulateError> {
        params.check(codebook)?;
        let rule = events::rule(codebook, params.rest_s > 0.0)?;
        // The parts are seeded in this order; a part drawn further down leaves those above alone.
        let mut random = Random::new(params.seed);
        let (order, mut brain) = (random.split(), random.split());
        let system =
            VisualSystem::new(&mut brain, params.rate_hz, params.trial_s, params.latency_s);
        let slowing = params.slowing_s * params.rate_hz;
        let heard = system.len() + slowing.round() as usize;
        let schedule = Schedule::new(params, codebook.len(), heard as u64, order);
        let responses: Vec<_> =
            codebook.targets().iter().map(|target| system.respond(&target.modulation)).collect();
        let gain = |label: &String| response_gains(&mut brain, place(label));
        let mut gains: Vec<_> = params.channels.iter().map(gain).collect();
        let background = Background::new(params, &mut random);
        let artifacts = Artifacts::new(params, background.blinks(), &mut random, schedule.end);
        let lost = losses::plan(params, random.split(), schedule.end);

        let first = (params.latency_s * params.rate_hz).ceil() as usize;
        let plain = mean_square(&responses, &gains, first, schedule.trial_len as usize);
        let factor = amplitude(params.strength, plain, background.mean_square(params))?;
        gains.iter_mut().flatten().for_each(|gain| *gain *= factor);

        let channel = |label: &String| Channel {
            quantization: params.quantization,
            ..Channel::microvolts(label.as_str())
        };
        Ok(Self {
            rate_hz: params.rate_hz,
            channels: params.channels.iter().map(channel).collect(),
            quantization: params.quantization,
            events: schedule.events(codebook),
            rest_alpha: RestAlpha::new(&schedule.no_control, params.rest_alpha, params.rate_hz),
            schedule,
            rule,
            metadata: metadata(params),
            responses,
            frame: vec![0.0; gains.len()],
            gains,
            background,
            artifacts,
            lost,
            missed: 0,
            fade: params.fade,
            slowing,
            position: 0,
            begun: 0,
            over: 0,
        })
    }

    /// Samples a second and channel.
    pub fn rate_hz(&self) -> f64 {
        self.rate_hz
    }

    /// The channels, all in microvolts.
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// All events of the session in the order of time, those to come as well.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// All trials of the session in the order of time, those to come as well.
    pub fn truth(&self) -> &[Trial] {
        &self.schedule.trials
    }

    /// All periods of the session in which the user looks at none of the targets, in the order of
    /// time, those to come as well.
    pub fn no_control(&self) -> &[Range<u64>] {
        &self.schedule.no_control
    }

    /// All stretches of the session that never arrive, in the order of time, those to come as well.
    /// The first and the last sample are in none.
    pub fn lost(&self) -> &[Range<u64>] {
        &self.lost
    }

    /// All artefacts of the session in the order of their starts, those to come and those that are
    /// lost as well.
    pub fn artifacts(&self) -> &[Artifact] {
        self.artifacts.list()
    }

    /// A rule that finds the trials and their labels by the events.
    pub fn rule(&self) -> &TrialRule {
        &self.rule
    }

    /// The parameters, as text by name.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// Position of the sample that comes next: behind a lost stretch as soon as all before it has
    /// come.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Position after the last sample of the session.
    pub fn end(&self) -> u64 {
        self.schedule.end
    }

    /// Replaces `planar` by the next samples, channels × n in microvolts, and gives n.
    ///
    /// n is `len`, but at most 65 536 and what is left before the next lost stretch or the end of the
    /// session; 0 at its end.
    pub fn next_chunk(&mut self, len: usize, planar: &mut Vec<f32>) -> usize {
        let until = self.lost.get(self.missed).map_or(self.end(), |lost| lost.start);
        let left = usize::try_from(until - self.position).unwrap_or(usize::MAX);
        let len = len.min(MAX_CHUNK).min(left);
        planar.clear();
        planar.resize(len * self.channels.len(), 0.0);
        for n in 0..len {
            self.next_frame();
            for (row, &value) in planar.chunks_exact_mut(len).zip(&self.frame) {
                row[n] = self.quantization.map_or(value as f32, |grid| on_grid(grid, value));
            }
        }
        self.miss();
        len
    }

    /// Goes on behind the lost stretch that begins here, if one does.
    fn miss(&mut self) {
        let Some(lost) = self.lost.get(self.missed).cloned() else { return };
        if lost.start == self.position {
            (lost.start..lost.end).for_each(|_| self.next_frame());
            self.missed += 1;
        }
    }

    /// One sample of every channel into `frame`.
    fn next_frame(&mut self) {
        let position = self.position;
        self.background.sample(&mut self.frame, self.rest_alpha.at(position));
        self.artifacts.add(position, &mut self.frame);
        self.add_response();
        self.position += 1;
    }

    fn add_response(&mut self) {
        // How much of the session is over; it has at least one sample.
        let end = self.schedule.end as f64;
        let left = 1.0 - self.fade * (self.position as f64 / end);
        let trials = &self.schedule.trials;
        while trials.get(self.begun).is_some_and(|trial| trial.onset <= self.position) {
            self.begun += 1;
        }
        for trial in &trials[self.over..self.begun] {
            let later = (self.slowing * (trial.onset as f64 / end)).round() as u64;
            let Some(since) = (self.position - trial.onset).checked_sub(later) else { continue };
            let since = since as usize;
            let Some(response) = trial.label.map(|target| &self.responses[target]) else {
                continue;
            };
            if since >= response[0].len() {
                self.over += 1;
                continue;
            }
            for (value, gains) in self.frame.iter_mut().zip(&self.gains) {
                let seen = gains.iter().zip(response).map(|(gain, source)| gain * source[since]);
                *value += left * seen.sum::<f64>();
            }
        }
    }
}

/// The point of the grid nearest to a value, or its end.
fn on_grid(grid: Quantization, value: f64) -> f32 {
    let half = f64::from(1_i32 << (grid.bits - 1));
    grid.sample((value / f64::from(grid.scale)).round().clamp(-half, half - 1.0) as i32)
}

fn metadata(params: &SessionParams) -> BTreeMap<String, String> {
    // The parameters are checked: finite numbers and strings, which always can be written.
    let text = serde_json::to_string(params).unwrap_or_default();
    let entries = [
        ("device", "simulated".to_owned()),
        ("simulator", "evoked::simulate".to_owned()),
        ("simulator_params", text),
        ("simulator_seed", params.seed.to_string()),
    ];
    entries.into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
}
