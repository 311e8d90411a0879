//! Decoders of codes: fitting to 80 trials, and one trial a call; `benches/cvep.py` prints the same
//! of pyntbci beside it.

#![allow(missing_docs, reason = "criterion's macros write functions without")]
#![allow(clippy::unwrap_used, reason = "a bench that can't run should say so at once")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use evoked::decode::{Calibration, Method, Scratch, Settings, Shape};
use evoked::signal::Epoch;
use evoked::simulate::Random;
use evoked::stimulus::{Bits, Codebook, Modulation, Target};

const TARGETS: usize = 20;
const TRIALS: usize = 80;

/// Random bits against a bit clock, as modulated Gold codes are: 126 bits, no run above two.
fn codebook(random: &mut Random) -> Codebook {
    let target = |place: usize| {
        let mut bits = Vec::with_capacity(126);
        for _ in 0..63 {
            let bit = random.normal() > 0.0;
            bits.extend([!bit, bit]);
        }
        let modulation = Modulation::Code { bits: Bits::new(bits), bit_rate_hz: 60.0 };
        Target { label: place.to_string(), event: None, modulation }
    };
    Codebook::new((0..TARGETS).map(target).collect()).unwrap()
}

fn noise(shape: Shape, random: &mut Random) -> Vec<f64> {
    (0..shape.channels * shape.samples).map(|_| 10.0 * random.normal()).collect()
}

fn codes(criterion: &mut Criterion) {
    for window_s in [1.05, 2.1, 4.2] {
        let shape = Shape::of_window(8, window_s, 240.0);
        let mut random = Random::new(1);
        let codebook = codebook(&mut random);
        let mut calibration = Calibration::new(shape, &codebook).unwrap();
        for trial in 0..TRIALS {
            let planar = noise(shape, &mut random);
            calibration.add(trial % TARGETS, Epoch::from_planar(&planar, 8).unwrap()).unwrap();
        }
        let planar = noise(shape, &mut random);
        let mut scores = vec![0.0; TARGETS];
        let mut scratch = Scratch::default();
        let settings = Settings::default();
        let methods = Method::CODES.into_iter().filter(|m| *m != Method::CvepEccaShifted);
        let mut group = criterion.benchmark_group(format!("20 codes, 8 channels, {window_s} s"));
        for method in methods {
            group.bench_function(format!("{method} fit"), |bench| {
                bench.iter(|| method.fit(&codebook, black_box(&calibration), &settings).unwrap());
            });
            let decoder = method.fit(&codebook, &calibration, &settings).unwrap();
            group.bench_function(format!("{method} one trial"), |bench| {
                bench.iter(|| {
                    let epoch = Epoch::from_planar(black_box(&planar), 8).unwrap();
                    decoder.score_into(epoch, &mut scores, &mut scratch).unwrap();
                });
            });
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = codes
}
criterion_main!(benches);
