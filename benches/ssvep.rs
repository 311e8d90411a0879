//! How long one trial takes each SSVEP method on a speller's 40 targets: 9 channels, 250 samples, 5
//! harmonics, alone and through 5 bands with filtering; and how long the filters take by themselves.

#![allow(missing_docs, reason = "criterion's macros write functions without")]
#![allow(clippy::unwrap_used, reason = "a bench that can't run should say so at once")]

use std::f64::consts::TAU;
use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use evoked::decode::ssvep::OaCcaParams;
use evoked::decode::{
    Calibration, Decoder, FilterBank, Filtering, Method, Scratch, Settings, Shape,
};
use evoked::signal::Epoch;
use evoked::simulate::Random;
use evoked::stimulus::Codebook;

const SHAPE: Shape = Shape { channels: 9, samples: 250, rate_hz: 250.0 };
const TRIALS: usize = 5;

/// A response with three harmonics at the target's phase, in noise that the channels share in part.
fn epoch(codebook: &Codebook, target: usize, random: &mut Random) -> Vec<f64> {
    let modulation = &codebook.targets()[target].modulation;
    let (hz, phase) = (modulation.frequency_hz().unwrap(), modulation.phase_rad().unwrap());
    let Shape { channels, samples, rate_hz } = SHAPE;
    let angle = |n: usize| TAU * hz * n as f64 / rate_hz + phase;
    let wave = |n: usize, channel: usize| -> f64 {
        let gain = 1.0 + channel as f64 / 9.0;
        (1..=3).map(|h| gain * (f64::from(h) * angle(n)).sin() / f64::from(h)).sum()
    };
    let shared: Vec<f64> = (0..samples).map(|_| 3.0 * random.normal()).collect();
    let value = |at: usize| {
        let (channel, n) = (at / samples, at % samples);
        wave(n, channel) + shared[n] + 3.0 * random.normal()
    };
    (0..channels * samples).map(value).collect()
}

fn calibration(codebook: &Codebook, random: &mut Random) -> Calibration {
    let mut calibration = Calibration::new(SHAPE, codebook).unwrap();
    for trial in 0..TRIALS * codebook.len() {
        let target = trial / TRIALS;
        let planar = epoch(codebook, target, random);
        calibration.add(target, Epoch::from_planar(&planar, SHAPE.channels).unwrap()).unwrap();
    }
    calibration
}

fn speller(criterion: &mut Criterion) {
    let mut random = Random::new(1);
    let codebook = Codebook::jfpm(8.0, 0.2, TAU / 4.0, 40).unwrap();
    let calibration = calibration(&codebook, &mut random);
    let planar = epoch(&codebook, 17, &mut random);
    let epoch = || Epoch::from_planar(black_box(&planar), SHAPE.channels).unwrap();
    let mut scratch = Scratch::default();
    let mut scores = vec![0.0; codebook.len()];

    let bank = FilterBank::chen(5, 8.0, 90.0);
    let bands = bank.design(SHAPE.rate_hz).unwrap();
    let filtered = bands.filter_calibration(&calibration).unwrap();
    let one = Settings { harmonics: 5, ..Settings::default() };
    let five = Settings { weights: bank.weights().to_vec(), ..one.clone() };

    let mut group = criterion.benchmark_group("one trial, 40 targets, 9x250, 5 harmonics");
    for method in Method::FREQUENCIES {
        let decoder = method.fit(&codebook, &calibration, &one).unwrap();
        group.bench_function(method.name(), |bench| {
            bench.iter(|| decoder.score_into(epoch(), &mut scores, &mut scratch).unwrap());
        });
        let decoder = method.fit(&codebook, &filtered, &five).unwrap();
        let decoder = Filtering::new(bands.clone(), decoder).unwrap();
        group.bench_function(format!("{method}, 5 bands"), |bench| {
            bench.iter(|| decoder.score_into(epoch(), &mut scores, &mut scratch).unwrap());
        });
    }
    let params = OaCcaParams { harmonics: 5, ..OaCcaParams::default() };
    let mut adapting = params.build(&codebook, SHAPE).unwrap();
    group.bench_function("oacca, adapting", |bench| {
        bench.iter(|| adapting.score_and_adapt(epoch(), &mut scores, &mut scratch).unwrap());
    });
    let mut out = vec![0.0; bands.len() * planar.len()];
    group.bench_function("floor: 5 bands of filters", |bench| {
        bench.iter(|| bands.filter_into(epoch(), &mut out, &mut scratch).unwrap());
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = speller
}
criterion_main!(benches);
