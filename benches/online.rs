//! What a sample costs a decoder that follows the signal: filters, sums and scores at every sample, for
//! windows of 0.2 to 10 s, on a speller's 40 targets: 9 channels, 250 Hz, 5 harmonics, 5 bands.

#![allow(missing_docs, reason = "criterion's macros write functions without")]
#![allow(clippy::unwrap_used, reason = "a bench that can't run should say so at once")]

use std::f64::consts::TAU;
use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use evoked::decode::FilterBank;
use evoked::online::{CausalFront, Running, SinusoidsParams, Span, Statistic};
use evoked::signal::Epoch;
use evoked::simulate::Random;
use evoked::stimulus::Codebook;

const RATE_HZ: f64 = 250.0;
const CHANNELS: usize = 9;

fn speller(criterion: &mut Criterion) {
    let codebook = Codebook::jfpm(8.0, 0.2, TAU / 4.0, 40).unwrap();
    let bank = FilterBank::chen(5, 8.0, 90.0);
    let bands = bank.design(RATE_HZ).unwrap();
    let mut random = Random::new(1);
    let sample: Vec<f64> = (0..CHANNELS).map(|_| random.normal()).collect();
    let sample = || Epoch::from_planar(black_box(&sample), CHANNELS).unwrap();
    let decoder = |statistic, span| {
        let weights = bank.weights().to_vec();
        let params =
            SinusoidsParams { statistic, harmonics: 5, weights, span, ..Default::default() };
        let rows = CHANNELS * bank.weights().len();
        let inner = params.build(&codebook, rows, RATE_HZ).unwrap();
        CausalFront::new(&bands, CHANNELS, inner).unwrap()
    };
    let mut scores = vec![0.0; codebook.len()];
    let mut group = criterion.benchmark_group("one sample, 40 targets, 9 channels, 5 bands");
    for (name, statistic) in [
        ("fbcca", Statistic::Cca),
        ("fbmsi", Statistic::Msi),
        ("fbmec", Statistic::Mec { kept: 0.1 }),
    ] {
        for window_s in [0.2, 1.0, 10.0] {
            let mut decoder = decoder(statistic, Span::Growing);
            let mut noise = Random::new(2);
            for _ in 0..(window_s * RATE_HZ) as usize {
                let x: Vec<f64> = (0..CHANNELS).map(|_| noise.normal()).collect();
                decoder.push(Epoch::from_planar(&x, CHANNELS).unwrap()).unwrap();
            }
            group.bench_function(
                format!("{name}, {window_s} s, filters, sums and scores"),
                |bench| {
                    bench.iter(|| {
                        decoder.push(sample()).unwrap();
                        decoder.score_into(&mut scores).unwrap();
                    });
                },
            );
        }
    }
    let mut growing = decoder(Statistic::Cca, Span::Growing);
    group.bench_function("fbcca, filters and sums", |bench| {
        bench.iter(|| growing.push(sample()).unwrap());
    });
    let mut sliding = decoder(Statistic::Cca, Span::Sliding { block: 25, blocks: 20 });
    group.bench_function("fbcca, filters and sums, 2 s sliding by 0.1 s", |bench| {
        bench.iter(|| sliding.push(sample()).unwrap());
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = speller
}
criterion_main!(benches);
