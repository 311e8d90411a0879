//! Sources of noise: endless, one sample after the other, so any chunking gives the same samples.

use super::Random;
use super::math::{cos_turns, exp, sin_turns};
use std::f64::consts::{LN_2, PI, TAU};

/// Noise whose power falls with frequency as `1/f^a`, like the background of an EEG.
///
/// White noise runs through a chain of pole–zero sections spaced an octave apart, which makes a
/// slope of the wanted steepness on average (Corsini & Saletti 1988, IEEE Trans. Instrum. Meas.
/// 37:615). There is no block and no period. For a = 1 the density is within 0.5 dB of `1/f` from
/// 0.3 Hz to a quarter of the rate and within 1.5 dB up to 0.4 of it; below 0.1 Hz it is flat.
///
/// ```
/// use evoked::simulate::{PinkNoise, Random};
/// let noise = PinkNoise::new(Random::new(1), 250.0, 1.0, 10.0);
/// let one_minute: Vec<f64> = noise.take(15_000).collect();
/// assert!(one_minute.iter().all(|value| value.abs() < 100.0));
/// ```
#[derive(Debug, Clone)]
pub struct PinkNoise {
    random: Random,
    sections: Vec<Section>,
    gain: f64,
}

/// `(1 − zero·z⁻¹) / (1 − pole·z⁻¹)`
#[derive(Debug, Clone)]
struct Section {
    pole: f64,
    zero: f64,
    input: f64,
    output: f64,
}

impl Section {
    fn step(&mut self, input: f64) -> f64 {
        self.output = input - self.zero * self.input + self.pole * self.output;
        self.input = input;
        self.output
    }
}

/// Where the slope begins.
const LOWEST_HZ: f64 = 0.1;
/// Five time constants of the slowest section.
const SETTLING_S: f64 = 8.0;

impl PinkNoise {
    /// Noise of this sampling rate, exponent a and expected RMS, already settled.
    ///
    /// The rate is taken as at least 1 Hz and at most 1 MHz, the exponent as 0 (white) to 2.
    pub fn new(random: Random, rate_hz: f64, exponent: f64, rms: f64) -> Self {
        let rate_hz = within(rate_hz, 1.0, 1e6);
        let sections = sections(rate_hz, within(exponent, 0.0, 2.0));
        let settling = (SETTLING_S * rate_hz) as usize;
        let mut impulse = sections.clone();
        let energy: f64 = (0..2 * settling)
            .map(|i| through(&mut impulse, if i == 0 { 1.0 } else { 0.0 }))
            .map(|response| response * response)
            .sum();
        let mut noise = Self { random, sections, gain: rms / energy.sqrt() };
        for _ in 0..settling {
            noise.sample();
        }
        noise
    }

    /// The next sample.
    pub fn sample(&mut self) -> f64 {
        let white = self.random.normal();
        self.gain * through(&mut self.sections, white)
    }
}

impl Iterator for PinkNoise {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        Some(self.sample())
    }
}

/// The nearest value from `low` to `high`; `low` for what is not a number.
fn within(value: f64, low: f64, high: f64) -> f64 {
    if value >= low { value.min(high) } else { low }
}

fn sections(rate_hz: f64, exponent: f64) -> Vec<Section> {
    // Each octave the amplitude falls by 2^(a/2), the distance between a pole and its zero.
    let distance = exp(LN_2 * exponent / 2.0);
    let place = |corner_hz: f64| exp(-TAU * corner_hz / rate_hz);
    let corners = std::iter::successors(Some(LOWEST_HZ), |hz| Some(2.0 * hz));
    corners
        .take_while(|&hz| hz < rate_hz / 2.0)
        .map(|hz| Section { pole: place(hz), zero: place(hz * distance), input: 0.0, output: 0.0 })
        .collect()
}

fn through(sections: &mut [Section], input: f64) -> f64 {
    sections.iter_mut().fold(input, |value, section| section.step(value))
}

/// An oscillation whose amplitude and phase wander: a random walk round a damped circle.
///
/// Its spectrum is a Lorentz curve round `frequency_hz` with `width_hz` between the half-power
/// points; its expected RMS is 1.
#[derive(Debug, Clone)]
pub(super) struct Rhythm {
    random: Random,
    state: (f64, f64),
    turn: (f64, f64),
    kick: f64,
}

impl Rhythm {
    pub(super) fn new(mut random: Random, rate_hz: f64, frequency_hz: f64, width_hz: f64) -> Self {
        let damping = exp(-PI * width_hz / rate_hz);
        let angle = frequency_hz / rate_hz;
        let state = (random.normal(), random.normal());
        let turn = (damping * cos_turns(angle), damping * sin_turns(angle));
        Self { random, state, turn, kick: (1.0 - damping * damping).sqrt() }
    }

    pub(super) fn sample(&mut self) -> f64 {
        let (x, y) = self.state;
        let (cosine, sine) = self.turn;
        let next_x = cosine * x - sine * y + self.kick * self.random.normal();
        let next_y = sine * x + cosine * y + self.kick * self.random.normal();
        self.state = (next_x, next_y);
        x
    }
}

/// Slow wander of an electrode's potential: first-order, expected RMS 1, time constant 60 s.
#[derive(Debug, Clone)]
pub(super) struct Drift {
    random: Random,
    state: f64,
    keep: f64,
    kick: f64,
}

const DRIFT_S: f64 = 60.0;

impl Drift {
    pub(super) fn new(mut random: Random, rate_hz: f64) -> Self {
        let keep = exp(-1.0 / (DRIFT_S * rate_hz));
        Self { state: random.normal(), random, keep, kick: (1.0 - keep * keep).sqrt() }
    }

    pub(super) fn sample(&mut self) -> f64 {
        let now = self.state;
        self.state = self.keep * now + self.kick * self.random.normal();
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pink(exponent: f64, seconds: usize) -> Vec<f64> {
        PinkNoise::new(Random::new(11), 250.0, exponent, 10.0).take(250 * seconds).collect()
    }

    /// Mean power at `frequency_hz` over Hann windows of four seconds, by the definition of the DFT.
    fn power(samples: &[f64], frequency_hz: f64) -> f64 {
        let len = 1000;
        let windows = samples.chunks_exact(len);
        let count = windows.len() as f64;
        let one = |window: &[f64]| {
            let (mut re, mut im) = (0.0, 0.0);
            for (n, x) in window.iter().enumerate() {
                let hann = 0.5 - 0.5 * (TAU * n as f64 / len as f64).cos();
                let angle = TAU * frequency_hz * n as f64 / 250.0;
                re += hann * x * angle.cos();
                im += hann * x * angle.sin();
            }
            re * re + im * im
        };
        windows.map(one).sum::<f64>() / count
    }

    /// Power in dB round an octave's centre, averaged over nearby frequencies to calm it.
    fn level_db(samples: &[f64], centre_hz: f64) -> f64 {
        let steps = [0.9, 0.95, 1.0, 1.05, 1.1];
        let weighted = steps.map(|step| {
            let hz = (centre_hz * step * 4.0).round() / 4.0;
            power(samples, hz) * hz / centre_hz
        });
        10.0 * (weighted.iter().sum::<f64>() / 5.0).log10()
    }

    #[test]
    fn pink_noise_falls_by_the_formula() {
        for exponent in [0.0, 1.0, 1.6] {
            let samples = pink(exponent, 2400);
            let reference = level_db(&samples, 10.0);
            for hz in [2.5, 5.0, 20.0, 40.0, 60.0] {
                let expected = -10.0 * exponent * f64::log10(hz / 10.0);
                let found = level_db(&samples, hz) - reference;
                assert!(
                    (found - expected).abs() < 0.4 + 0.5 * exponent,
                    "{exponent} {hz} {found} {expected}"
                );
            }
        }
    }

    #[test]
    fn pink_noise_has_the_stated_size_from_the_first_sample() {
        let mean_square = |from: usize| {
            let first = |seed| {
                PinkNoise::new(Random::new(seed), 250.0, 1.0, 10.0).nth(from).unwrap().powi(2)
            };
            (0..4000).map(first).sum::<f64>() / 4000.0
        };
        assert!((mean_square(0) - 100.0).abs() < 8.0);
        assert!((mean_square(500) - 100.0).abs() < 8.0);
    }

    #[test]
    fn pink_noise_does_not_repeat() {
        let samples = pink(0.0, 600);
        let energy: f64 = samples.iter().map(|x| x * x).sum();
        for lag in [1000, 4096, 16_384, 65_536] {
            let overlap: f64 = samples.iter().zip(&samples[lag..]).map(|(a, b)| a * b).sum();
            assert!(overlap.abs() < 0.02 * energy, "{lag}");
        }
    }

    #[test]
    fn any_parameters_give_finite_noise() {
        for wrong in [f64::NAN, f64::INFINITY, -1.0, 0.0] {
            assert!(
                PinkNoise::new(Random::new(0), wrong.min(100.0), wrong, 1.0).sample().is_finite()
            );
        }
    }

    #[test]
    fn rhythm_peaks_where_it_should_and_has_unit_size() {
        let mut rhythm = Rhythm::new(Random::new(5), 250.0, 10.0, 2.0);
        let samples: Vec<f64> = (0..250 * 1200).map(|_| rhythm.sample()).collect();
        let mean_square = samples.iter().map(|x| x * x).sum::<f64>() / samples.len() as f64;
        assert!((mean_square - 1.0).abs() < 0.06, "{mean_square}");
        let ratio = |hz: f64| power(&samples, hz) / power(&samples, 10.0);
        // A Lorentz curve: 1 / (1 + (Δf / 1 Hz)²), a little blurred by the window.
        for (hz, expected) in [(8.0, 0.2), (9.0, 0.5), (11.0, 0.5), (14.0, 1.0 / 17.0)] {
            assert!((ratio(hz) / expected - 1.0).abs() < 0.2, "{hz}: {}", ratio(hz));
        }
    }

    #[test]
    fn drift_is_slow_and_has_unit_size() {
        let (mut square, mut step) = (0.0, 0.0);
        for seed in 0..2000 {
            let mut drift = Drift::new(Random::new(seed), 10.0);
            let first = drift.sample();
            let later = (0..600).map(|_| drift.sample()).last().unwrap();
            square += later * later / 2000.0;
            step += first * later / 2000.0;
        }
        assert!((square - 1.0).abs() < 0.1, "{square}");
        assert!((step - (-1.0_f64).exp()).abs() < 0.07, "{step}");
    }
}
