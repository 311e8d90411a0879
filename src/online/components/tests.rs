use super::*;
use crate::decode::Shape;
use std::f64::consts::TAU;

const CHANNELS: usize = 2;
const SAMPLES: usize = 60;
const TARGETS: usize = 3;
const HARMONICS: usize = 2;
const FREQUENCIES_HZ: [f64; TARGETS] = [9.0, 11.0, 13.0];
const RATE_HZ: f64 = 100.0;

fn value(at: usize) -> f64 {
    ((at * at * 31 + at * 7) % 113) as f64 / 20.0 - 2.5
}

fn fit(delays: usize) -> Components {
    let codebook = Codebook::sinusoids(&FREQUENCIES_HZ).unwrap();
    let shape = Shape { channels: CHANNELS, samples: SAMPLES, rate_hz: RATE_HZ };
    let mut calibration = Calibration::new(shape, &codebook).unwrap();
    for trial in 0..9 {
        let hz = FREQUENCIES_HZ[trial % TARGETS];
        let sample = |at: usize| {
            let n = at % SAMPLES;
            value(at + 1000 * trial) + 2.0 * (TAU * hz * n as f64 / RATE_HZ).sin()
        };
        let planar: Vec<f64> = (0..CHANNELS * SAMPLES).map(sample).collect();
        let epoch = Epoch::from_planar(&planar, CHANNELS).unwrap();
        calibration.add(trial % TARGETS, epoch).unwrap();
    }
    let params = TdcaParams { harmonics: HARMONICS, delays, ..TdcaParams::default() };
    Components::fit(&params, &codebook, &calibration, &[]).unwrap()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn centred(mut row: Vec<f64>) -> Vec<f64> {
    let mean = row.iter().sum::<f64>() / row.len() as f64;
    row.iter_mut().for_each(|value| *value -= mean);
    row
}

/// The energy of a row along the sinusoids of a target at some samples, without their means.
fn projected(row: &[f64], target: usize, at: &[usize]) -> f64 {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for harmonic in 1..=HARMONICS {
        for phase in [0.0, TAU / 4.0] {
            let angle = |n: &usize| {
                TAU * harmonic as f64 * FREQUENCIES_HZ[target] * *n as f64 / RATE_HZ + phase
            };
            let mut next = centred(at.iter().map(|n| angle(n).sin()).collect());
            for other in &basis {
                let along = dot(&next, other);
                next.iter_mut().zip(other).for_each(|(value, o)| *value -= along * o);
            }
            let norm = dot(&next, &next).sqrt();
            basis.push(next.into_iter().map(|value| value / norm).collect());
        }
    }
    basis.iter().map(|basis| dot(row, basis).powi(2)).sum()
}

/// The score by its definition, from the samples that came of a window of so many.
fn expected(
    decoder: &Components,
    delays: usize,
    x: &dyn Fn(usize, usize) -> f64,
    came: &dyn Fn(usize) -> bool,
    len: usize,
    target: usize,
) -> f64 {
    let band = &decoder.bands[0];
    let there: Vec<usize> = (0..len).filter(|n| came(*n)).collect();
    let mean = |c: usize| there.iter().map(|n| x(c, *n)).sum::<f64>() / there.len() as f64;
    let means: Vec<f64> = (0..CHANNELS).map(mean).collect();
    let whole = |n: &usize| (*n..(n + delays + 1).min(len)).all(came);
    let counted: Vec<usize> = there.iter().copied().filter(|n| whole(n)).collect();
    let (mut product, mut first, mut second) = (0.0, 0.0, 0.0);
    for component in 0..band.components {
        let u = |n: &usize| -> f64 {
            let copy = |delay: usize| -> f64 {
                let weights = &band.weights[(delay * band.components + component) * CHANNELS..];
                (0..CHANNELS).map(|c| weights[c] * (x(c, n + delay) - means[c])).sum()
            };
            (0..=delays).filter(|delay| n + delay < len).map(copy).sum()
        };
        let u = centred(counted.iter().map(u).collect());
        let template = |which: usize| {
            let at = |n: &usize| (n * band.components + component) * TARGETS + target;
            centred(counted.iter().map(|n| band.templates[which][at(n)]).collect())
        };
        let (t, p) = (template(0), template(1));
        product += dot(&u, &t) + dot(&u, &p);
        first += dot(&u, &u) + projected(&u, target, &counted);
        second += dot(&t, &t) + dot(&p, &p);
    }
    product / (first.sqrt() * second.sqrt())
}

#[test]
fn scores_are_those_of_the_samples_that_came_at_any_length() {
    let x = |c: usize, n: usize| 4200.0 + value(7 + 100 * c + n);
    let all = |_: usize| true;
    let some = |n: usize| n > 4 && !(25..33).contains(&n) && n != 50;
    let losses: [&dyn Fn(usize) -> bool; 2] = [&all, &some];
    for delays in [0, 3] {
        let mut decoder = fit(delays);
        for came in losses {
            decoder.restart();
            for len in 1..=SAMPLES {
                let sample: Vec<f64> = (0..CHANNELS).map(|c| x(c, len - 1)).collect();
                match came(len - 1) {
                    true => {
                        decoder.push(Epoch::from_planar(&sample, CHANNELS).unwrap()).unwrap();
                    }
                    false => decoder.skip(1),
                }
                let mut scores = [0.0; TARGETS];
                if decoder.score_into(&mut scores).is_err() {
                    assert!(decoder.counted < delays + 2 * HARMONICS + 2, "{len}");
                    continue;
                }
                for (target, score) in scores.iter().enumerate() {
                    let expected = expected(&decoder, delays, &x, came, len, target);
                    assert!((score - expected).abs() < 1e-7, "{len}: {score} {expected}");
                }
            }
        }
    }
}
