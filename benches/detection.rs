//! How long one epoch takes each method, beside the floor: a copy of the epoch, and one FFT of each
//! channel.

#![allow(missing_docs, reason = "criterion's macros write functions without")]
#![allow(clippy::unwrap_used, reason = "a bench that can't run should say so at once")]

use std::f64::consts::TAU;
use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use evoked::decode::{FilterBank, Method, Preprocess, Scratch, Settings, Shape};
use evoked::dsp::{BandPass, Complex64, Family, SpectrumPlan, SpectrumScratch, Window};
use evoked::signal::{Channel, Epoch, Samples, Stream};
use evoked::simulate::Random;
use evoked::stimulus::Codebook;

fn epoch(shape: Shape, gaze_hz: f64) -> Vec<f64> {
    let mut random = Random::new(1);
    let wave = |n: usize| (TAU * gaze_hz * n as f64 / shape.rate_hz).sin();
    (0..shape.channels * shape.samples)
        .map(|at| wave(at % shape.samples) + 3.0 * random.normal())
        .collect()
}

fn score(criterion: &mut Criterion, codebook: &Codebook, shape: Shape, harmonics: usize) {
    let Shape { channels, samples, .. } = shape;
    let targets = codebook.len();
    let name = format!("score {targets} targets, {channels}x{samples}, {harmonics} harmonics");
    let mut group = criterion.benchmark_group(name);
    let planar = epoch(shape, codebook.frequencies_hz().unwrap()[1]);

    let mut copy = vec![0.0; planar.len()];
    group.bench_function("floor: copy", |bench| {
        bench.iter(|| copy.copy_from_slice(black_box(&planar)));
    });
    let plan = SpectrumPlan::new(samples, samples, Window::Rectangular).unwrap();
    let mut bins = vec![Complex64::default(); plan.bins()];
    let mut scratch = SpectrumScratch::default();
    group.bench_function("floor: one FFT a channel", |bench| {
        bench.iter(|| {
            for row in black_box(&planar).chunks_exact(samples) {
                plan.complex_with_scratch(row, &mut bins, &mut scratch).unwrap();
            }
        });
    });
    for method in Method::FREQUENCIES.into_iter().filter(|method| !method.needs_calibration()) {
        let decoder =
            method.build(codebook, shape, &Settings { harmonics, ..Settings::default() }).unwrap();
        let mut scratch = Scratch::default();
        let mut scores = vec![0.0; targets];
        group.bench_function(method.name(), |bench| {
            bench.iter(|| {
                let epoch = Epoch::from_planar(black_box(&planar), channels).unwrap();
                decoder.score_into(epoch, &mut scores, &mut scratch).unwrap();
            });
        });
    }
}

fn three_targets(criterion: &mut Criterion) {
    let codebook = Codebook::sinusoids(&[13.0, 17.0, 21.0]).unwrap();
    score(criterion, &codebook, Shape { channels: 8, samples: 1024, rate_hz: 256.0 }, 2);
}

fn forty_targets(criterion: &mut Criterion) {
    let codebook = Codebook::jfpm(8.0, 0.2, TAU / 4.0, 40).unwrap();
    score(criterion, &codebook, Shape { channels: 9, samples: 250, rate_hz: 250.0 }, 5);
}

fn preprocess(criterion: &mut Criterion) {
    let shape = Shape::of_window(8, 60.0, 256.0);
    let planar: Vec<f32> = epoch(shape, 13.0).iter().map(|&sample| sample as f32).collect();
    let channels = (0..8).map(|k| Channel::microvolts(format!("E{k}"))).collect();
    let samples = Samples::from_planar(8, planar.clone()).unwrap();
    let stream = Stream::new("EEG", 256.0, channels, samples).unwrap();
    let band = BandPass { family: Family::Butterworth, order: 4, low_hz: 4.0, high_hz: 60.0 };
    let zero_phase = Preprocess { bank: Some(FilterBank::single(band)), ..Preprocess::default() };

    let mut group = criterion.benchmark_group("preprocess one minute of 8 channels at 256 Hz");
    group.throughput(Throughput::Elements(planar.len() as u64));
    let mut copy = vec![0.0_f64; planar.len()];
    group.bench_function("floor: f32 to f64", |bench| {
        bench.iter(|| {
            for (out, &sample) in copy.iter_mut().zip(black_box(&planar)) {
                *out = f64::from(sample);
            }
        });
    });
    group.bench_function("band-pass of order 4, zero phase", |bench| {
        bench.iter(|| zero_phase.apply(black_box(&stream)).unwrap());
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = three_targets, forty_targets, preprocess
}
criterion_main!(benches);
