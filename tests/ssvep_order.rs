//! The order of methods that the literature reports, on simulated spellers: TDCA ≥ ensemble TRCA ≥
//! TRCA, and the combination method above CCA.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

use std::f64::consts::{FRAC_PI_2, TAU};

use evoked::decode::{Calibration, FilterBank, Method, Scratch, Settings, Shape};
use evoked::evaluate::MeanInterval;
use evoked::signal::{Decision, Epoch};
use evoked::simulate::{PinkNoise, Random};
use evoked::stimulus::Codebook;

const SHAPE: Shape = Shape { channels: 9, samples: 250, rate_hz: 250.0 };
const TARGETS: usize = 40;
const BLOCKS: usize = 6;
const SOURCES: usize = 3;
const LATENCY_S: f64 = 0.14;
/// Amplitude of the harmonics.
const HARMONICS: [f64; 5] = [1.0, 0.55, 0.35, 0.2, 0.1];
/// Deviation of the response over that of the background; methods spread between 40 % and 95 %.
const STRENGTH: f64 = 0.05;

/// Trials of one user: `[block][target]`, planar.
type Trials = Vec<Vec<Vec<f64>>>;

/// What stays the same over a user's trials.
struct User {
    random: Random,
    /// Source × channel.
    spread: Vec<f64>,
    /// Source × harmonic: strength and angle.
    waves: Vec<(f64, f64)>,
    /// Channel × channel.
    mixing: Vec<f64>,
}

impl User {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let Shape { channels, .. } = SHAPE;
        let spread = (0..SOURCES * channels)
            .map(|at| random.normal() * [1.0, 0.5, 0.3][at / channels])
            .collect();
        let waves = (0..SOURCES * HARMONICS.len())
            .map(|at| {
                let strength = HARMONICS[at % HARMONICS.len()] * (0.6 + 0.6 * random.uniform());
                (strength, TAU * random.uniform())
            })
            .collect();
        let own = |at: usize| f64::from(u8::from(at % (channels + 1) == 0));
        let mixing = (0..channels * channels).map(|at| own(at) + 0.5 * random.normal()).collect();
        Self { random, spread, waves, mixing }
    }

    /// What the channels answer to a target.
    fn response(&self, frequency_hz: f64, phase_rad: f64) -> Vec<f64> {
        let Shape { channels, samples, rate_hz } = SHAPE;
        let source = |source: usize, n: usize| -> f64 {
            let turns = TAU * frequency_hz * (n as f64 / rate_hz - LATENCY_S) + phase_rad;
            let waves = self.waves.chunks(HARMONICS.len()).nth(source).unwrap();
            let order = (1..=HARMONICS.len()).map(|h| h as f64);
            order
                .zip(waves)
                .map(|(h, (strength, angle))| strength * (h * turns + angle).sin())
                .sum()
        };
        let value = |at: usize| -> f64 {
            let (channel, n) = (at / samples, at % samples);
            (0..SOURCES).map(|s| self.spread[s * channels + channel] * source(s, n)).sum()
        };
        (0..channels * samples).map(value).collect()
    }

    /// Pink noise that the channels share in part, alpha waves and the noise of each sensor.
    fn background(&mut self) -> Vec<f64> {
        let Shape { channels, samples, rate_hz } = SHAPE;
        let sources: Vec<Vec<f64>> = (0..channels)
            .map(|_| {
                let mut noise = PinkNoise::new(self.random.split(), rate_hz, 1.1, 1.0);
                (0..samples).map(|_| noise.sample()).collect()
            })
            .collect();
        let alpha_hz = 10.0 + 0.3 * self.random.normal();
        let alpha_rad = TAU * self.random.uniform();
        let mut background = Vec::new();
        for row in self.mixing.chunks(channels) {
            for n in 0..samples {
                let pink: f64 = row.iter().zip(&sources).map(|(mix, source)| mix * source[n]).sum();
                let alpha = 0.3 * (TAU * alpha_hz * n as f64 / rate_hz + alpha_rad).sin();
                background.push(pink + alpha + 0.2 * self.random.normal());
            }
        }
        background
    }

    fn trials(&mut self, codebook: &Codebook) -> Trials {
        let modulations = codebook.targets().iter().map(|target| &target.modulation);
        let responses: Vec<Vec<f64>> = modulations
            .map(|m| self.response(m.frequency_hz().unwrap(), m.phase_rad().unwrap()))
            .collect();
        let values = responses.iter().flatten();
        let deviation = (values.clone().map(|v| v * v).sum::<f64>() / values.count() as f64).sqrt();
        let mut trial = |response: &Vec<f64>| -> Vec<f64> {
            let gain = STRENGTH / deviation * (1.0 + 0.15 * self.random.normal());
            let background = self.background();
            response.iter().zip(background).map(|(r, b)| gain * r + b).collect()
        };
        (0..BLOCKS).map(|_| responses.iter().map(&mut trial).collect()).collect()
    }
}

/// Share of right decisions, each block decided by what the others teach.
fn accuracy(method: Method, codebook: &Codebook, trials: &Trials) -> f64 {
    let bank = FilterBank::chen(2, 8.0, 90.0);
    let bands = bank.design(SHAPE.rate_hz).unwrap();
    let weights = bank.weights().to_vec();
    let settings = Settings { harmonics: 5, weights, ..Settings::default() };
    let epoch = |planar| Epoch::from_planar(planar, SHAPE.channels).unwrap();
    let mut scratch = Scratch::default();
    let mut filtered = vec![0.0; bands.len() * SHAPE.channels * SHAPE.samples];
    let mut right = 0;
    for (block, tested) in trials.iter().enumerate() {
        let mut calibration = Calibration::new(SHAPE, codebook).unwrap();
        for (_, taught) in trials.iter().enumerate().filter(|(other, _)| *other != block) {
            for (target, planar) in taught.iter().enumerate() {
                calibration.add(target, epoch(planar)).unwrap();
            }
        }
        let calibration = bands.filter_calibration(&calibration).unwrap();
        let decoder = method.fit(codebook, &calibration, &settings).unwrap();
        for (target, planar) in tested.iter().enumerate() {
            bands.filter_into(epoch(planar), &mut filtered, &mut scratch).unwrap();
            let rows = bands.len() * SHAPE.channels;
            let scores = decoder.score(Epoch::from_planar(&filtered, rows).unwrap()).unwrap();
            let decision = Decision::from_scores(scores, 0, SHAPE.samples as u64).unwrap();
            right += usize::from(decision.target == target);
        }
    }
    right as f64 / (BLOCKS * TARGETS) as f64
}

#[test]
fn methods_are_in_the_order_of_the_literature() {
    let codebook = Codebook::jfpm(8.0, 0.2, FRAC_PI_2, TARGETS).unwrap();
    let methods = [Method::Cca, Method::ECca, Method::Trca, Method::ETrca, Method::Tdca];
    let of_user = |seed: u64| -> Vec<f64> {
        let trials = User::new(seed).trials(&codebook);
        eprintln!("made"); methods.iter().map(|method| {let t=std::time::Instant::now(); let a=accuracy(*method, &codebook, &trials); eprintln!("{method} {a} {:?}",t.elapsed()); a}).collect()
    };
    let users: Vec<Vec<f64>> = (1..=1).map(of_user).collect();
    let of = |method: Method| methods.iter().position(|other| *other == method).unwrap();
    let mean = |method| {
        let values: Vec<f64> = users.iter().map(|user| user[of(method)]).collect();
        MeanInterval::of(&values).unwrap().mean
    };
    let (lowest, highest) = (mean(Method::Trca), mean(Method::Tdca));
    assert!(lowest > 0.4 && highest < 0.95, "no room to differ: {users:?}");
    let pairs =
        [(Method::Tdca, Method::ETrca), (Method::ETrca, Method::Trca), (Method::ECca, Method::Cca)];
    for (better, worse) in pairs {
        let gains: Vec<f64> = users.iter().map(|user| user[of(better)] - user[of(worse)]).collect();
        let gain = MeanInterval::of(&gains).unwrap();
        let (low, _) = gain.interval_95.unwrap();
        assert!(low > 0.0, "{better} against {worse}: {gain:?} of {users:?}");
    }
}
