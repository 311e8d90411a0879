use std::collections::BTreeMap;

use super::background::Background;
use super::events::{self, Schedule};
use super::response::{SOURCES, VisualSystem};
use super::scalp::{place, response_gains};
use super::{Random, SessionParams, SimulateError, Strength};
use crate::signal::{Channel, Event, Quantization, Recording, Samples, Stream, Trial, TrialRule};
use crate::stimulus::Codebook;

/// Most values (channels × samples) of a session that is simulated at once: 512 MiB.
const MAX_VALUES: u64 = 1 << 27;
/// Most samples a channel in one chunk.
const MAX_CHUNK: usize = 1 << 16;

/// A simulated session with its truth.
#[derive(Debug, Clone, PartialEq)]
pub struct Simulated {
    /// One stream `EEG` in microvolts, the events, and the parameters as metadata.
    ///
    /// The events of a trial are its label, then code [`TRIAL_START`](super::TRIAL_START) on the
    /// same sample, and [`TRIAL_END`](super::TRIAL_END) on the sample after its last.
    pub recording: Recording,
    /// The trials in the order of time, all of them labelled.
    pub truth: Vec<Trial>,
    /// A rule that finds the trials and their labels by the recording's events.
    pub rule: TrialRule,
}

/// A simulated session as it runs: samples come in chunks, the same however they are cut.
///
/// It holds one trial's response of each target and the list of trials, not the samples, so it may
/// last for days.
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
    position: u64,
    /// How many trials have begun; of these the first `over` have no response left.
    begun: usize,
    over: usize,
    frame: Vec<f64>,
}

impl Session {
    pub(super) fn new(params: &SessionParams, codebook: &Codebook) -> Result<Self, SimulateError> {
        params.check(codebook)?;
        let rule = events::rule(codebook)?;
        // The parts are seeded in this order; a part drawn further down leaves those above alone.
        let mut random = Random::new(params.seed);
        let (order, mut brain) = (random.split(), random.split());
        let system =
            VisualSystem::new(&mut brain, params.rate_hz, params.trial_s, params.latency_s);
        let schedule = Schedule::new(params, codebook.len(), system.len() as u64, order);
        let responses: Vec<_> =
            codebook.targets().iter().map(|target| system.respond(&target.modulation)).collect();
        let gain = |label: &String| response_gains(&mut brain, place(label));
        let mut gains: Vec<_> = params.channels.iter().map(gain).collect();
        let background = Background::new(params, &mut random);

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
            schedule,
            rule,
            metadata: metadata(params),
            responses,
            frame: vec![0.0; gains.len()],
            gains,
            background,
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

    /// A rule that finds the trials and their labels by the events.
    pub fn rule(&self) -> &TrialRule {
        &self.rule
    }

    /// The parameters, as text by name.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// Position of the sample that comes next.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Position after the last sample of the session.
    pub fn end(&self) -> u64 {
        self.schedule.end
    }

    /// Replaces `planar` by the next samples, channels × n in microvolts, and gives n.
    ///
    /// n is `len`, but at most 65 536 and what is left of the session; 0 at its end.
    pub fn next_chunk(&mut self, len: usize, planar: &mut Vec<f32>) -> usize {
        let left = usize::try_from(self.end() - self.position).unwrap_or(usize::MAX);
        let len = len.min(MAX_CHUNK).min(left);
        planar.clear();
        planar.resize(len * self.channels.len(), 0.0);
        for n in 0..len {
            self.next_frame();
            for (row, &value) in planar.chunks_exact_mut(len).zip(&self.frame) {
                row[n] = self.quantization.map_or(value as f32, |grid| on_grid(grid, value));
            }
        }
        len
    }

    /// One sample of every channel into `frame`.
    fn next_frame(&mut self) {
        self.background.sample(&mut self.frame);
        let trials = &self.schedule.trials;
        while trials.get(self.begun).is_some_and(|trial| trial.onset <= self.position) {
            self.begun += 1;
        }
        for trial in &trials[self.over..self.begun] {
            let since = (self.position - trial.onset) as usize;
            let Some(response) = trial.label.map(|target| &self.responses[target]) else {
                continue;
            };
            if since >= response[0].len() {
                self.over += 1;
                continue;
            }
            for (value, gains) in self.frame.iter_mut().zip(&self.gains) {
                let seen = gains.iter().zip(response).map(|(gain, source)| gain * source[since]);
                *value += seen.sum::<f64>();
            }
        }
        self.position += 1;
    }

    /// Runs a session that has not begun from its start to its end.
    pub(super) fn record(mut self) -> Result<Simulated, SimulateError> {
        let found = self.end().saturating_mul(self.channels.len() as u64);
        if found > MAX_VALUES {
            let what = "values (channels × samples)";
            return Err(SimulateError::TooLarge { what, found, limit: MAX_VALUES });
        }
        let mut samples = Samples::new(self.channels.len());
        samples.reserve(self.end() as usize);
        let mut chunk = Vec::new();
        loop {
            let first = self.position;
            if self.next_chunk(1024, &mut chunk) == 0 {
                break;
            }
            samples.append(first, &chunk)?;
        }
        let stream = Stream::new("EEG", self.rate_hz, self.channels, samples)?;
        let recording = Recording::new(vec![stream], self.events).with_metadata(self.metadata);
        Ok(Simulated { recording, truth: self.schedule.trials, rule: self.rule })
    }
}

/// Mean square over channels, targets and `len` samples from `first` on.
fn mean_square(
    responses: &[[Vec<f64>; SOURCES]],
    gains: &[[f64; SOURCES]],
    first: usize,
    len: usize,
) -> f64 {
    // Mean of gainᵃ·gainᵇ over channels, so that channels need not be gone through a sample.
    let shared = |a: usize, b: usize| {
        gains.iter().map(|gain| gain[a] * gain[b]).sum::<f64>() / gains.len() as f64
    };
    let mut sum = 0.0;
    for a in 0..SOURCES {
        for b in 0..SOURCES {
            let weight = shared(a, b);
            for response in responses {
                let products = response[a].iter().zip(&response[b]).skip(first).take(len);
                sum += weight * products.map(|(x, y)| x * y).sum::<f64>();
            }
        }
    }
    sum / (responses.len() * len) as f64
}

/// What to multiply a response of mean square `response` by.
fn amplitude(strength: Strength, response: f64, noise: f64) -> Result<f64, SimulateError> {
    let wanted = match strength {
        Strength::Microvolts(rms) => rms,
        Strength::Snr(0.0) => 0.0,
        Strength::Snr(snr) if noise <= 0.0 => {
            return Err(SimulateError::Unreachable { snr, missing: "noise" });
        }
        Strength::Snr(snr) if response <= 0.0 => {
            return Err(SimulateError::Unreachable { snr, missing: "response" });
        }
        Strength::Snr(snr) => snr * noise.sqrt(),
    };
    Ok(if response > 0.0 { wanted / response.sqrt() } else { 0.0 })
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
