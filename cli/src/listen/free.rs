//! No cues: a window that slides, and a gate that is given or learned at rest.

use evoked::decode::{Direction, SubBands};
use evoked::online::model::RunningDecoder;
use evoked::online::{
    Gate, Session as Decoding, Sinusoids, SinusoidsParams, Span, Statistic, Watch,
};
use evoked::stimulus::Codebook;

use super::ListenArgs;
use crate::failure::Failure;

/// Looks of a window, a dwell or a refractory time at most.
const MOST_LOOKS: f64 = 1e5;

/// A decoder without cues, at its start.
#[derive(Clone)]
pub(crate) struct Free {
    filters: Option<SubBands>,
    channels: usize,
    rate_hz: f64,
    decoder: Sinusoids,
    watch: Watch,
}

/// The looks at rest, from which a gate is learned.
pub(crate) struct Rest {
    free: Free,
    /// Samples of rest, and the position where they end.
    samples: u64,
    end: Option<u64>,
    activations_per_min: f64,
    /// Scores of looks, stretch by stretch, and the end of the last window.
    stretches: Vec<Vec<Vec<f64>>>,
    last: Option<u64>,
}

impl Free {
    pub(crate) fn new(
        args: &ListenArgs,
        channels: usize,
        rate_hz: f64,
        codebook: &Codebook,
    ) -> Result<Self, Failure> {
        let Some(statistic) = Statistic::of(args.method.method) else {
            let message = format!(
                "--free --method {}: windows may start anywhere for cca, msi and mec only, also with fb in front",
                args.method
            );
            return Err(Failure::new(message));
        };
        let front = args.method.front(&args.front, Direction::Causal, codebook, rate_hz)?;
        let step = (args.step * rate_hz).round() as usize;
        let blocks = (args.length / args.step).round();
        if step == 0 || !(1.0..=MOST_LOOKS).contains(&blocks) {
            let message = format!(
                "--step {}: give at least a sample, and no more than the --length of {} s, which may have 100,000 steps",
                args.step, args.length
            );
            return Err(Failure::new(message));
        }
        let blocks = blocks as usize;
        let settings = front.settings;
        let params = SinusoidsParams {
            statistic,
            harmonics: settings.harmonics,
            mains_hz: settings.mains_hz,
            weights: settings.weights,
            span: Span::Sliding { block: step, blocks },
        };
        let filters = front.preprocess.design(rate_hz)?;
        let bands = filters.as_ref().map_or(1, SubBands::len);
        let looks = |seconds: f64| (seconds / args.step).round().min(MOST_LOOKS) as u32;
        let gate = Gate {
            threshold: args.threshold.unwrap_or(f64::INFINITY),
            // The first look of a dwell time begins it.
            dwell: 1 + looks(args.dwell),
            refractory: looks(args.refractory),
            ..Gate::default()
        };
        let (window, step) = ((step as u64).saturating_mul(blocks as u64), step as u64);
        Ok(Self {
            decoder: params.build(codebook, bands * channels, rate_hz)?,
            watch: Watch { window, step, gate, gaps: args.gaps.into() },
            filters,
            channels,
            rate_hz,
        })
    }

    /// What decides from the start, or, where the gate is still to be learned, lets every look through.
    pub(crate) fn start(&self, args: &ListenArgs) -> Result<Decoding<RunningDecoder>, Failure> {
        let every = Gate { threshold: f64::NEG_INFINITY, ..Gate::default() };
        self.session(if args.rest.is_some() { every } else { self.watch.gate.clone() })
    }

    /// What has to be learned at rest; `None` where a threshold is given.
    pub(crate) fn rest(&self, args: &ListenArgs) -> Result<Option<Rest>, Failure> {
        let Some(rest_s) = args.rest else { return Ok(None) };
        let samples = (rest_s * self.rate_hz).round() as u64;
        let least = self.watch.window.saturating_add(self.watch.step.saturating_mul(2));
        if samples < least {
            let message = format!(
                "--rest {rest_s}: a window of {} s has to move on in it; give more, a minute or longer",
                self.seconds(self.watch.window)
            );
            return Err(Failure::new(message));
        }
        Ok(Some(Rest {
            free: self.clone(),
            samples,
            end: None,
            activations_per_min: args.activations,
            stretches: Vec::new(),
            last: None,
        }))
    }

    /// What is decoded, for people.
    pub(crate) fn describe(&self, args: &ListenArgs, targets: usize) -> String {
        let (channels, rate_hz) = (self.channels, self.rate_hz);
        let Watch { window, step, .. } = self.watch;
        let (window_s, step_s) = (self.seconds(window), self.seconds(step));
        let gate = match (args.rest, args.threshold) {
            (Some(rest_s), _) => format!("the first {rest_s} s are taken for rest"),
            (None, threshold) => format!("scores from {} on", threshold.unwrap_or_default()),
        };
        format!(
            "{}: {targets} targets, {channels} channels at {rate_hz} Hz, windows of {window_s:.2} s every {step_s:.2} s, {gate}",
            args.method
        )
    }

    fn session(&self, gate: Gate) -> Result<Decoding<RunningDecoder>, Failure> {
        let watch = Watch { gate, ..self.watch.clone() };
        let decoder = RunningDecoder::Sinusoids(self.decoder.clone());
        Ok(Decoding::free(self.filters.as_ref(), self.channels, watch, decoder)?)
    }

    fn seconds(&self, samples: u64) -> f64 {
        samples as f64 / self.rate_hz
    }
}

/// What there is to say when rest is over.
pub(crate) struct Learned {
    pub(crate) line: String,
    /// The session that decides from now on; `None` where the gate could not be learned.
    pub(crate) decoding: Option<Decoding<RunningDecoder>>,
}

impl Rest {
    /// Takes the looks at samples between two positions, and learns from all of them when rest is
    /// over.
    pub(crate) fn take(
        &mut self,
        first: u64,
        end: u64,
        decoding: &mut Decoding<RunningDecoder>,
    ) -> Result<Option<Learned>, Failure> {
        while let Some(outcome) = decoding.poll() {
            let Ok(verdict) = outcome.verdict else { continue };
            let scores = verdict.scores.to_vec();
            let next = self.last.map(|last| last.saturating_add(self.free.watch.step));
            match self.stretches.last_mut().filter(|_| next == Some(verdict.end)) {
                Some(stretch) => stretch.push(scores),
                None => self.stretches.push(vec![scores]),
            }
            self.last = Some(verdict.end);
        }
        let until = *self.end.get_or_insert(first.saturating_add(self.samples));
        if end < until { Ok(None) } else { self.learn(end).map(Some) }
    }

    fn learn(&mut self, end: u64) -> Result<Learned, Failure> {
        let step_s = self.free.seconds(self.free.watch.step);
        let gate = self.free.watch.gate.clone();
        match gate.learn(&self.stretches, step_s, self.activations_per_min) {
            Ok(gate) => {
                let line = format!(
                    "rest is learned: targets are decided from {:.2} standard deviations above it on",
                    gate.threshold
                );
                Ok(Learned { line, decoding: Some(self.free.session(gate)?) })
            }
            Err(error) => {
                (self.end, self.last) = (Some(end.saturating_add(self.samples)), None);
                self.stretches.clear();
                let rest_s = self.free.seconds(self.samples);
                let line =
                    format!("rest is not learned: {error}; the next {rest_s} s are taken for it");
                Ok(Learned { line, decoding: None })
            }
        }
    }
}
