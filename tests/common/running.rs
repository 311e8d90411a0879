//! Signals and trials for decoders that follow them, and what the decoders of whole epochs give.
#![allow(dead_code, reason = "no test needs all of it")]

use evoked::decode::Shape;
use evoked::decode::ssvep::{CcaParams, MecParams, MsiParams};
use evoked::decode::{Banked, Calibration, Decoder};
use evoked::online::{Running, Sinusoids, SinusoidsParams, Span, Statistic};
use evoked::signal::Epoch;
use evoked::simulate::Random;
use evoked::stimulus::Codebook;

pub(crate) const RATE_HZ: f64 = 250.0;
pub(crate) const STATISTICS: [Statistic; 3] =
    [Statistic::Cca, Statistic::Msi, Statistic::Mec { kept: 0.1 }];

pub(crate) fn codebook() -> Codebook {
    Codebook::sinusoids(&[8.0, 9.7, 11.0, 62.0, 14.3]).unwrap()
}

/// Rows of noise with a response at the second target, and a level that EEG amplifiers leave.
pub(crate) fn signal(rows: usize, samples: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut random = Random::new(seed);
    let mut shared = 0.0;
    let mut out = vec![Vec::with_capacity(samples); rows];
    for n in 0..samples {
        shared = 0.9 * shared + random.normal();
        let wave = (std::f64::consts::TAU * 9.7 * n as f64 / RATE_HZ).sin();
        for (row, out) in out.iter_mut().enumerate() {
            out.push(4200.0 * row as f64 + wave + shared + 2.0 * random.normal());
        }
    }
    out
}

pub(crate) fn part(rows: &[Vec<f64>], first: usize, len: usize) -> Vec<f64> {
    rows.iter().flat_map(|row| &row[first..first + len]).copied().collect()
}

/// The scores of the decoder of whole epochs.
pub(crate) fn batch(
    statistic: Statistic,
    weights: &[f64],
    rows: &[Vec<f64>],
    first: usize,
    len: usize,
) -> Vec<f64> {
    let (codebook, harmonics) = (codebook(), 3);
    let bands = weights.len().max(1);
    let shape = Shape { channels: rows.len() / bands, samples: len, rate_hz: RATE_HZ };
    let one = || -> Box<dyn Decoder> {
        match statistic {
            Statistic::Cca => {
                Box::new(CcaParams { harmonics, mains_hz: None }.build(&codebook, shape).unwrap())
            }
            Statistic::Msi => {
                Box::new(MsiParams { harmonics, mains_hz: None }.build(&codebook, shape).unwrap())
            }
            Statistic::Mec { kept } => Box::new(
                MecParams { harmonics, mains_hz: None, kept }.build(&codebook, shape).unwrap(),
            ),
            _ => panic!("another statistic"),
        }
    };
    let planar = part(rows, first, len);
    let epoch = Epoch::from_planar(&planar, rows.len()).unwrap();
    match weights {
        [] => one().score(epoch).unwrap(),
        weights => Banked::new(weights, weights.iter().map(|_| one()).collect())
            .unwrap()
            .score(epoch)
            .unwrap(),
    }
}

pub(crate) fn running(statistic: Statistic, weights: &[f64], rows: usize, span: Span) -> Sinusoids {
    let params = SinusoidsParams {
        statistic,
        harmonics: 3,
        mains_hz: None,
        weights: weights.to_vec(),
        span,
    };
    params.build(&codebook(), rows, RATE_HZ).unwrap()
}

/// Pushes samples in chunks whose lengths are drawn from a seed.
pub(crate) fn push(
    decoder: &mut impl Running,
    rows: &[Vec<f64>],
    first: usize,
    len: usize,
    seed: u64,
) {
    let mut random = Random::new(seed);
    let (mut at, end) = (first, first + len);
    while at < end {
        let piece = ((random.normal().abs() * 12.0) as usize + 1).min(end - at);
        let planar = part(rows, at, piece);
        decoder.push(Epoch::from_planar(&planar, rows.len()).unwrap()).unwrap();
        at += piece;
    }
}

pub(crate) fn scores(decoder: &mut impl Running) -> Vec<f64> {
    let mut scores = vec![f64::NAN; decoder.targets()];
    decoder.score_into(&mut scores).unwrap();
    scores
}

pub(crate) fn assert_near(found: &[f64], expected: &[f64], what: &str) {
    for (f, e) in found.iter().zip(expected) {
        assert!(
            (f - e).abs() <= 1e-7 * e.abs().max(1e-3),
            "{what}: {found:?}, expected {expected:?}"
        );
    }
}

/// Calibration of three targets, and an epoch, in so many bands.
pub(crate) fn trials(
    rows: usize,
    samples: usize,
    seed: u64,
) -> (Codebook, Calibration, Vec<Vec<f64>>) {
    let codebook = Codebook::sinusoids(&[9.0, 11.0, 13.0]).unwrap();
    let shape = Shape { channels: rows, samples, rate_hz: RATE_HZ };
    let mut calibration = Calibration::new(shape, &codebook).unwrap();
    let mut random = Random::new(seed);
    let mut trial = |target: usize| -> Vec<Vec<f64>> {
        let hz = [9.0, 11.0, 13.0][target];
        let wave = |n: usize| (std::f64::consts::TAU * hz * n as f64 / RATE_HZ).sin();
        let row = |row: usize| {
            let noise = |n| wave(n) * (1.0 + row as f64) + 2.0 * random.normal() - 300.0;
            (0..samples).map(noise).collect()
        };
        (0..rows).map(row).collect()
    };
    for place in 0..12 {
        let planar = trial(place % 3).concat();
        calibration.add(place % 3, Epoch::from_planar(&planar, rows).unwrap()).unwrap();
    }
    let epoch = trial(1);
    (codebook, calibration, epoch)
}
