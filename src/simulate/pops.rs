//! Electrode pops: one contact jumps, and the amplifier's high-pass brings it back.

use std::ops::Range;

use super::chance::Waiting;
use super::math::exp;
use super::{Random, SessionParams};

/// Seconds from one pop to the next, at least.
const SHORTEST_S: f64 = 0.1;
/// Time constant of the return in seconds: the shortest, and by how much one may be longer.
const RETURN_S: (f64, f64) = (0.1, 0.4);
/// A pop is over after so many time constants, when a three-thousandth of it is left.
const LASTS: f64 = 8.0;

#[derive(Debug, Clone, PartialEq)]
struct Pop {
    samples: Range<u64>,
    channel: usize,
    height_uv: f64,
    /// Time constant in samples.
    falls: f64,
}

/// Pops at random times, each on one channel: a step of 0.5 to 1.5 times the typical height, up or
/// down, that returns exponentially.
#[derive(Debug, Clone)]
pub(super) struct Pops {
    planned: Vec<Pop>,
    /// How many have begun; of these the ones that still last.
    begun: usize,
    lasting: Vec<usize>,
}

impl Pops {
    /// The pops of a session that ends before sample `end`.
    pub(super) fn new(params: &SessionParams, mut random: Random, end: u64) -> Self {
        let mut planned = Vec::new();
        let waiting = Waiting::new(params.pops_per_min, SHORTEST_S);
        let mut onset_s = 0.0;
        while let Some(waiting) = waiting {
            onset_s += waiting.draw_s(&mut random);
            let channel = random.below(params.channels.len() as u64) as usize;
            let sign = if random.uniform() < 0.5 { -1.0 } else { 1.0 };
            let height_uv = sign * params.pop_uv * (0.5 + random.uniform());
            let falls = (RETURN_S.0 + RETURN_S.1 * random.uniform()) * params.rate_hz;
            let first = (onset_s * params.rate_hz).round() as u64;
            if first >= end {
                break;
            }
            let samples = first..(first + (LASTS * falls).ceil() as u64).min(end);
            planned.push(Pop { samples, channel, height_uv, falls });
        }
        Self { planned, begun: 0, lasting: Vec::new() }
    }

    /// The samples and the channel of each pop.
    pub(super) fn plan(&self) -> impl Iterator<Item = (Range<u64>, usize)> + '_ {
        self.planned.iter().map(|pop| (pop.samples.clone(), pop.channel))
    }

    /// Adds what lies at a position, which must be the one after the last.
    pub(super) fn add(&mut self, position: u64, frame: &mut [f64]) {
        while self.planned.get(self.begun).is_some_and(|pop| pop.samples.start <= position) {
            self.lasting.push(self.begun);
            self.begun += 1;
        }
        let planned = &self.planned;
        self.lasting.retain(|&pop| planned[pop].samples.end > position);
        for pop in self.lasting.iter().map(|&pop| &planned[pop]) {
            let since = (position - pop.samples.start) as f64;
            frame[pop.channel] += pop.height_uv * exp(-since / pop.falls);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pop_is_a_step_that_returns_exponentially() {
        let params = SessionParams { pops_per_min: 2.0, ..SessionParams::default() };
        let mut pops = Pops::new(&params, Random::new(5), 250 * 600);
        let plan: Vec<_> = pops.plan().collect();
        assert!((10..=30).contains(&plan.len()), "{}", plan.len());
        let mut frames = vec![vec![0.0; 9]; 250 * 600];
        (0..).zip(&mut frames).for_each(|(position, frame)| pops.add(position, frame));
        let alone = |at: usize| {
            let others = plan.iter().enumerate().filter(|(other, _)| *other != at);
            others.into_iter().all(|(_, (samples, _))| {
                samples.end <= plan[at].0.start || samples.start >= plan[at].0.end
            })
        };
        for (samples, channel) in (0..plan.len()).filter(|&at| alone(at)).map(|at| &plan[at]) {
            let (first, end) = (samples.start as usize, samples.end as usize);
            let (step, ratio) = (frames[first][*channel], frames[first + 1][*channel]);
            let ratio = ratio / step;
            assert!((100.0..300.0).contains(&step.abs()), "{step}");
            // Time constants of 25 to 125 samples.
            assert!((25.0..=125.0).contains(&(-1.0 / ratio.ln())), "{ratio}");
            for (n, frame) in frames[first..end].iter().enumerate() {
                assert!((frame[*channel] / (step * ratio.powi(n as i32)) - 1.0).abs() < 1e-9);
                assert_eq!(frame.iter().filter(|value| **value != 0.0).count(), 1);
            }
            assert!(first == 0 || frames[first - 1].iter().all(|value| *value == 0.0));
        }
    }

    #[test]
    fn pops_that_overlap_add_up() {
        let params = SessionParams { pops_per_min: 60.0, ..SessionParams::default() };
        let mut pops = Pops::new(&params, Random::new(6), 250 * 60);
        let planned = pops.planned.clone();
        for position in 0..250 * 60 {
            let mut frame = [0.0; 9];
            pops.add(position, &mut frame);
            for (channel, value) in frame.iter().enumerate() {
                let here = planned.iter().filter(|pop| pop.channel == channel);
                let here = here.filter(|pop| pop.samples.contains(&position));
                let expected = here.map(|pop| {
                    pop.height_uv * (-((position - pop.samples.start) as f64) / pop.falls).exp()
                });
                assert!((value - expected.sum::<f64>()).abs() < 1e-9);
            }
        }
    }
}
