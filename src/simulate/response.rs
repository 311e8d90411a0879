//! What the visual system answers to a modulation.

use std::f64::consts::TAU;

use super::Random;
use super::math::{bump, sin_turns};
use crate::stimulus::{Modulation, Step, Tone};

/// Patches of visual cortex with a time course of their own.
pub(super) const SOURCES: usize = 3;
/// Amplitude of each source.
const STRENGTHS: [f64; SOURCES] = [1.0, 0.6, 0.35];
/// Amplitude of each harmonic of a periodic stimulus.
const HARMONICS: [f64; 5] = [1.0, 0.55, 0.35, 0.2, 0.1];
/// How far a source may lead or lag behind the first in its answer to a flash.
const JITTER_S: f64 = 0.01;

/// A deflection after a flash: time of its peak relative to the latency, half of its length, height.
struct Deflection {
    peak_s: f64,
    half_s: f64,
    height: f64,
}

/// The answer to one flash: negative, positive at the latency, negative.
const FLASH: [Deflection; 3] = [
    Deflection { peak_s: -0.045, half_s: 0.04, height: -0.4 },
    Deflection { peak_s: 0.0, half_s: 0.045, height: 1.0 },
    Deflection { peak_s: 0.07, half_s: 0.08, height: -0.5 },
];
/// How long after the latency the answer to a flash may last: the last deflection and the jitter.
const FLASH_TAIL_S: f64 = 0.16;

/// The simulated visual system of one user.
#[derive(Debug, Clone)]
pub(super) struct VisualSystem {
    rate_hz: f64,
    trial_s: f64,
    latency_s: f64,
    offset_turns: [[f64; HARMONICS.len()]; SOURCES],
    delay_s: [f64; SOURCES],
}

impl VisualSystem {
    pub(super) fn new(random: &mut Random, rate_hz: f64, trial_s: f64, latency_s: f64) -> Self {
        let offset_turns = std::array::from_fn(|_| std::array::from_fn(|_| random.uniform()));
        let mut delay_s = [0.0; SOURCES];
        for delay_s in &mut delay_s[1..] {
            *delay_s = JITTER_S * (2.0 * random.uniform() - 1.0);
        }
        Self { rate_hz, trial_s, latency_s, offset_turns, delay_s }
    }

    /// Samples from the onset of a trial until its response has ended.
    pub(super) fn len(&self) -> usize {
        ((self.trial_s + self.latency_s + FLASH_TAIL_S) * self.rate_hz).ceil() as usize
    }

    /// What each source answers, from the onset on.
    pub(super) fn respond(&self, modulation: &Modulation) -> [Vec<f64>; SOURCES] {
        match modulation {
            Modulation::Sinusoid { frequency_hz, phase_rad }
            | Modulation::Square { frequency_hz, phase_rad, .. } => {
                let phase_turns = phase_rad / TAU;
                let wave = |seen_s| (*frequency_hz, frequency_hz * seen_s + phase_turns);
                std::array::from_fn(|source| self.periodic(source, wave))
            }
            Modulation::Code { bits, bit_rate_hz } => {
                let levels: Vec<f64> =
                    bits.as_slice().iter().map(|&bit| if bit { 1.0 } else { 0.0 }).collect();
                self.to_levels(&levels, *bit_rate_hz)
            }
            Modulation::Blank => std::array::from_fn(|_| vec![0.0; self.len()]),
            Modulation::Levels { levels, level_rate_hz } => self.to_levels(levels, *level_rate_hz),
            Modulation::FrequencySum { tones } => self.to_tones(tones),
            Modulation::FrequencySequence { steps } => self.to_steps(steps),
        }
    }

    /// Harmonics below half of the sampling rate, from the latency after the onset to the latency
    /// after the end. `wave` gives the frequency that is seen at a time, and its turns so far.
    fn periodic(&self, source: usize, wave: impl Fn(f64) -> (f64, f64)) -> Vec<f64> {
        let mut response = vec![0.0; self.len()];
        let first = (self.latency_s * self.rate_hz).ceil() as usize;
        let count = (self.trial_s * self.rate_hz).round() as usize;
        for (n, value) in response.iter_mut().enumerate().skip(first).take(count) {
            let (frequency_hz, turns) = wave(n as f64 / self.rate_hz - self.latency_s);
            for (h, (amplitude, offset)) in
                HARMONICS.iter().zip(&self.offset_turns[source]).enumerate()
            {
                let order = (h + 1) as f64;
                if order * frequency_hz < self.rate_hz / 2.0 {
                    let turns = order * turns + offset;
                    *value += STRENGTHS[source] * amplitude * sin_turns(turns);
                }
            }
        }
        response
    }

    /// The answers to all sinusoids, in their shares.
    fn to_tones(&self, tones: &[Tone]) -> [Vec<f64>; SOURCES] {
        let weights: f64 = tones.iter().map(|tone| tone.weight).sum();
        let mut responses = std::array::from_fn(|_| vec![0.0; self.len()]);
        for tone in tones {
            let Tone { frequency_hz, phase_rad, weight } = *tone;
            let wave = |seen_s: f64| (frequency_hz, frequency_hz * seen_s + phase_rad / TAU);
            for (source, response) in responses.iter_mut().enumerate() {
                let share = weight / weights;
                let answer = self.periodic(source, wave);
                response.iter_mut().zip(answer).for_each(|(sum, value)| *sum += share * value);
            }
        }
        responses
    }

    /// The answer to whichever sinusoid is shown.
    fn to_steps(&self, steps: &[Step]) -> [Vec<f64>; SOURCES] {
        let cycle_s: f64 = steps.iter().map(|step| step.duration_s).sum();
        let wave = |seen_s: f64| {
            let mut rest_s = seen_s.rem_euclid(cycle_s);
            for step in steps {
                if rest_s < step.duration_s {
                    let turns = step.frequency_hz * rest_s + step.phase_rad / TAU;
                    return (step.frequency_hz, turns);
                }
                rest_s -= step.duration_s;
            }
            // What rounding has left over is the start of the next cycle.
            steps.first().map_or((0.0, 0.0), |step| (step.frequency_hz, step.phase_rad / TAU))
        };
        std::array::from_fn(|source| self.periodic(source, wave))
    }

    fn to_levels(&self, levels: &[f64], rate_hz: f64) -> [Vec<f64>; SOURCES] {
        let flashes = self.flashes(levels, rate_hz);
        std::array::from_fn(|source| self.to_flashes(source, &flashes))
    }

    /// When the light rises within a trial, and by how much; before the onset it is dark.
    fn flashes(&self, levels: &[f64], rate_hz: f64) -> Vec<(f64, f64)> {
        let mut before = 0.0;
        let mut flashes = Vec::new();
        for (i, &level) in levels.iter().cycle().enumerate() {
            let at_s = i as f64 / rate_hz;
            if at_s >= self.trial_s {
                break;
            }
            if level > before {
                flashes.push((at_s, level - before));
            }
            before = level;
        }
        flashes
    }

    /// The sum of the answers to all flashes.
    fn to_flashes(&self, source: usize, flashes: &[(f64, f64)]) -> Vec<f64> {
        let mut response = vec![0.0; self.len()];
        for &(flash_s, rise) in flashes {
            for deflection in &FLASH {
                let peak_s = self.latency_s + self.delay_s[source] + deflection.peak_s;
                // No answer comes before its flash, however short the latency.
                let first_s = flash_s + (peak_s - deflection.half_s).max(0.0);
                let last_s = flash_s + peak_s + deflection.half_s;
                let first = (first_s * self.rate_hz).ceil().max(0.0) as usize;
                let last = (last_s * self.rate_hz).floor().max(0.0) as usize;
                for (n, value) in response.iter_mut().enumerate().take(last + 1).skip(first) {
                    let since_peak_s = n as f64 / self.rate_hz - flash_s - peak_s;
                    let shape = bump(since_peak_s / deflection.half_s);
                    *value += rise * STRENGTHS[source] * deflection.height * shape;
                }
            }
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stimulus::Bits;

    fn system(rate_hz: f64, trial_s: f64, latency_s: f64) -> VisualSystem {
        VisualSystem::new(&mut Random::new(3), rate_hz, trial_s, latency_s)
    }

    /// Phase in turns of a sine at `frequency_hz` in whole periods of `samples`.
    fn phase_turns(samples: &[f64], rate_hz: f64, frequency_hz: f64) -> f64 {
        let (mut sine, mut cosine) = (0.0, 0.0);
        for (n, x) in samples.iter().enumerate() {
            let angle = TAU * frequency_hz * n as f64 / rate_hz;
            sine += x * angle.sin();
            cosine += x * angle.cos();
        }
        f64::atan2(cosine, sine) / TAU
    }

    #[test]
    fn latency_is_the_slope_of_phase_over_frequency() {
        let rate_hz = 500.0;
        let system = system(rate_hz, 4.0, 0.14);
        let phase = |frequency_hz: f64, order: f64| {
            let sinusoid = Modulation::Sinusoid { frequency_hz, phase_rad: 0.0 };
            let [response, ..] = system.respond(&sinusoid);
            // Two seconds in the middle: whole periods of every half hertz.
            phase_turns(&response[500..1500], rate_hz, order * frequency_hz)
        };
        for order in [1.0, 2.0, 3.0] {
            for frequency_hz in [8.0, 10.0, 13.0] {
                // One second into the trial, so whole turns of whole frequencies have gone by.
                let step = phase(frequency_hz + 1.0, order) - phase(frequency_hz, order);
                let expected = -order * 0.14;
                let off = step - expected;
                assert!((off - off.round()).abs() < 1e-6, "{order} {frequency_hz} {step}");
            }
        }
    }

    #[test]
    fn phase_of_the_stimulus_shifts_each_harmonic_by_its_order() {
        let rate_hz = 500.0;
        let system = system(rate_hz, 4.0, 0.14);
        let phase = |phase_rad: f64, order: f64| {
            let square = Modulation::Square { frequency_hz: 10.0, phase_rad, duty: 0.5 };
            phase_turns(&system.respond(&square)[1][500..1500], rate_hz, order * 10.0)
        };
        for order in [1.0, 2.0, 5.0] {
            let off = phase(1.0, order) - phase(0.0, order) - order / TAU;
            assert!((off - off.round()).abs() < 1e-6, "{order}");
        }
    }

    #[test]
    fn periodic_response_lasts_as_long_as_the_trial_and_comes_late() {
        let system = system(250.0, 1.0, 0.14);
        let sinusoid = Modulation::Sinusoid { frequency_hz: 10.3, phase_rad: 0.7 };
        for response in system.respond(&sinusoid) {
            let alive: Vec<usize> = (0..response.len()).filter(|&n| response[n] != 0.0).collect();
            assert_eq!((alive[0], alive[alive.len() - 1]), (35, 284));
        }
    }

    #[test]
    fn harmonics_above_half_of_the_rate_are_left_out() {
        let system = system(100.0, 4.0, 0.0);
        let sinusoid = Modulation::Sinusoid { frequency_hz: 20.0, phase_rad: 0.0 };
        let [response, ..] = system.respond(&sinusoid);
        let power = response[..400].iter().map(|x| x * x).sum::<f64>() / 400.0;
        assert!((power - (1.0 + 0.55 * 0.55) / 2.0).abs() < 1e-9);
    }

    #[test]
    fn response_to_a_code_is_the_convolution_of_its_flashes() {
        let (rate_hz, latency_s, bit_rate_hz) = (240.0, 0.14, 60.0);
        let bits = [1, 1, 0, 1, 0, 0, 1, 0, 1, 1, 1, 0, 0, 0, 1];
        let code = Modulation::Code {
            bits: Bits::new(bits.iter().map(|&bit| bit == 1).collect()),
            bit_rate_hz,
        };
        let [response, ..] = system(rate_hz, 1.0, latency_s).respond(&code);

        // Four samples a bit: the light as a row of impulses at the rises, bit by bit.
        let mut impulses = vec![0.0; 240];
        for bit in 0..60 {
            let before = if bit == 0 { 0 } else { bits[(bit - 1) % 15] };
            if bits[bit % 15] == 1 && before == 0 {
                impulses[bit * 4] = 1.0;
            }
        }
        let shape = |t: f64, peak: f64, half: f64| {
            let x = (t - peak) / half;
            if x.abs() < 1.0 { (1.0 - x * x).powi(3) } else { 0.0 }
        };
        let kernel: Vec<f64> = (0..72)
            .map(|n| f64::from(n) / rate_hz)
            .map(|t| {
                -0.4 * shape(t, 0.095, 0.04) + shape(t, 0.14, 0.045) - 0.5 * shape(t, 0.21, 0.08)
            })
            .collect();
        for (n, value) in response.iter().enumerate() {
            let convolved: f64 =
                (0..=n.min(71)).map(|k| kernel[k] * impulses.get(n - k).unwrap_or(&0.0)).sum();
            assert!((value - convolved).abs() < 1e-12, "{n}: {value} {convolved}");
        }
        assert!(response.iter().any(|value| value.abs() > 0.5));
    }

    #[test]
    fn levels_of_dark_and_bright_are_a_code_and_half_a_rise_is_half_an_answer() {
        let system = system(240.0, 1.0, 0.14);
        let bits = Bits::new(vec![true, false, false, true, true, false]);
        let code = system.respond(&Modulation::Code { bits, bit_rate_hz: 20.0 });
        let levels = |bright: f64| Modulation::Levels {
            levels: vec![bright, 0.0, 0.0, bright, bright, 0.0],
            level_rate_hz: 20.0,
        };
        assert_eq!(system.respond(&levels(1.0)), code);
        for (half, whole) in system.respond(&levels(0.5)).iter().zip(&code) {
            assert!(half.iter().zip(whole).all(|(half, whole)| (2.0 * half - whole).abs() < 1e-12));
        }
    }

    #[test]
    fn several_frequencies_are_answered_as_each_of_them() {
        let system = system(250.0, 2.0, 0.1);
        let alone = |hz| system.respond(&Modulation::Sinusoid { frequency_hz: hz, phase_rad: 0.3 });
        let tone = |frequency_hz, weight| Tone { frequency_hz, phase_rad: 0.3, weight };
        let sum = Modulation::FrequencySum { tones: vec![tone(10.0, 1.0), tone(13.0, 3.0)] };
        let step = |frequency_hz| Step { frequency_hz, phase_rad: 0.3, duration_s: 1.0 };
        let sequence = Modulation::FrequencySequence { steps: vec![step(10.0), step(13.0)] };
        let (sum, sequence) = (system.respond(&sum), system.respond(&sequence));
        let (ten, thirteen) = (alone(10.0), alone(13.0));
        for source in 0..SOURCES {
            for n in 0..system.len() {
                let (a, b) = (ten[source][n], thirteen[source][n]);
                assert!((sum[source][n] - 0.25 * a - 0.75 * b).abs() < 1e-9, "sum, {n}");
                // Whole periods fit into a second, so the second step starts at the same phase.
                let shown = if n < 275 { a } else { b };
                assert!((sequence[source][n] - shown).abs() < 1e-9, "sequence, {n}");
            }
        }
    }

    #[test]
    fn no_answer_comes_before_its_flash() {
        let code = Modulation::Code { bits: Bits::new(vec![false, true]), bit_rate_hz: 2.0 };
        for response in system(1000.0, 1.0, 0.0).respond(&code) {
            assert!(response[..500].iter().all(|&value| value == 0.0));
            assert!(response[500..].iter().any(|&value| value != 0.0));
        }
    }
}
