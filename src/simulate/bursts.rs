//! Muscle bursts: what jaw and neck add to some channels at a time.

use std::ops::Range;

use super::chance::Waiting;
use super::math::{bump, cos_turns, sin_turns};
use super::{Random, SessionParams};

/// The band of a burst, up to half of the sampling rate.
pub(super) const LOWEST_HZ: f64 = 20.0;
const HIGHEST_HZ: f64 = 100.0;
/// Sinusoids that make up a burst, one in each of as many equal parts of the band.
const TONES: usize = 32;
/// Seconds from one burst to the next, at least: longer than a burst.
const SHORTEST_S: f64 = 1.0;
/// Length of a burst in seconds: the shortest, and by how much one may be longer.
const LENGTH_S: (f64, f64) = (0.2, 0.6);

/// One burst, before its waves are drawn.
#[derive(Debug, Clone)]
struct Burst {
    samples: Range<u64>,
    channels: Range<usize>,
    waves: Random,
}

/// Bursts at random times over neighbouring channels, 0.2 to 0.8 s long: noise of its own on each
/// channel, as loud between 20 and 100 Hz, that swells and fades.
#[derive(Debug, Clone)]
pub(super) struct Bursts {
    rate_hz: f64,
    burst_uv: f64,
    planned: Vec<Burst>,
    /// Bursts that are over.
    over: usize,
    /// Frequencies of the tones in turns a sample.
    turns: [f64; TONES],
    /// Weights of sine and cosine of every tone, for each channel of the burst.
    weights: Vec<[(f64, f64); TONES]>,
}

impl Bursts {
    /// The bursts of a session that ends before sample `end`.
    pub(super) fn new(params: &SessionParams, mut random: Random, end: u64) -> Self {
        let rate_hz = params.rate_hz;
        let mut planned = Vec::new();
        let waiting = Waiting::new(params.bursts_per_min, SHORTEST_S);
        let mut onset_s = 0.0;
        while let Some(waiting) = waiting {
            onset_s += waiting.draw_s(&mut random);
            let len_s = LENGTH_S.0 + LENGTH_S.1 * random.uniform();
            let channels = neighbours(&mut random, params.channels.len());
            let waves = random.split();
            let first = (onset_s * rate_hz).round() as u64;
            if first >= end {
                break;
            }
            let len = (len_s * rate_hz).round() as u64;
            planned.push(Burst { samples: first..(first + len).min(end), channels, waves });
        }
        let (turns, weights) = ([0.0; TONES], Vec::new());
        Self { rate_hz, burst_uv: params.burst_uv, planned, over: 0, turns, weights }
    }

    /// The samples and channels of each burst.
    pub(super) fn plan(&self) -> impl Iterator<Item = (Range<u64>, Range<usize>)> + '_ {
        self.planned.iter().map(|burst| (burst.samples.clone(), burst.channels.clone()))
    }

    /// Adds what lies at a position, which must be the one after the last.
    pub(super) fn add(&mut self, position: u64, frame: &mut [f64]) {
        let Some(burst) = self.planned.get(self.over) else { return };
        if !burst.samples.contains(&position) {
            return;
        }
        let (samples, channels) = (burst.samples.clone(), burst.channels.clone());
        if position == samples.start {
            self.draw_waves(channels.len());
        }
        let since = (position - samples.start) as f64;
        let len = (samples.end - samples.start) as f64;
        let height = self.burst_uv * bump(2.0 * (since + 1.0) / (len + 1.0) - 1.0);
        let tones = self.turns.map(|turns| (sin_turns(turns * since), cos_turns(turns * since)));
        for (value, weights) in frame[channels].iter_mut().zip(&self.weights) {
            let waves = tones.iter().zip(weights);
            *value += height * waves.map(|(t, w)| w.0 * t.0 + w.1 * t.1).sum::<f64>();
        }
        if position + 1 == samples.end {
            self.over += 1;
        }
    }

    /// Draws the waves of the burst that begins. Normal weights of sine and cosine make Gaussian
    /// noise of expected mean square 1.
    fn draw_waves(&mut self, channels: usize) {
        let Some(burst) = self.planned.get_mut(self.over) else { return };
        let random = &mut burst.waves;
        let part_hz = (HIGHEST_HZ.min(self.rate_hz / 2.0) - LOWEST_HZ) / TONES as f64;
        for (part, turns) in self.turns.iter_mut().enumerate() {
            *turns = (LOWEST_HZ + part_hz * (part as f64 + random.uniform())) / self.rate_hz;
        }
        let scale = 1.0 / (TONES as f64).sqrt();
        self.weights.clear();
        for _ in 0..channels {
            let gain = scale * (0.5 + random.uniform());
            self.weights
                .push([(); TONES].map(|()| (gain * random.normal(), gain * random.normal())));
        }
    }
}

/// From one channel to half of them, next to each other in the list.
fn neighbours(random: &mut Random, channels: usize) -> Range<usize> {
    let count = 1 + random.below(channels.div_ceil(2) as u64) as usize;
    let first = random.below((channels.saturating_sub(count) + 1) as u64) as usize;
    first..first + count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bursts_come_as_often_as_asked_and_never_overlap() {
        let params = SessionParams { bursts_per_min: 20.0, ..SessionParams::default() };
        let bursts = Bursts::new(&params, Random::new(1), 250 * 3600);
        let plan: Vec<_> = bursts.plan().collect();
        assert!(plan.len().abs_diff(1200) < 120, "{}", plan.len());
        assert!(plan.windows(2).all(|pair| pair[0].0.end < pair[1].0.start));
        assert!(
            plan.iter().all(|(samples, _)| (50..=200).contains(&(samples.end - samples.start)))
        );
        for channel in 0..9 {
            assert!(plan.iter().any(|(_, channels)| channels.contains(&channel)));
        }
        assert!(plan.iter().all(|(_, channels)| channels.len() <= 5 && channels.end <= 9));
    }

    #[test]
    fn a_single_channel_has_all_bursts() {
        let mut random = Random::new(2);
        assert!((0..20).all(|_| neighbours(&mut random, 1) == (0..1)));
    }
}
