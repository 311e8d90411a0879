//! A day at 250 Hz leaves no error behind.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

#[path = "common/running.rs"]
mod common;

use common::*;
use evoked::decode::{FilterBank, Method, Settings};
use evoked::online::{CausalFront, Components, Running, SinusoidsParams, Span, Templates};
use evoked::signal::Epoch;
use evoked::stimulus::Codebook;

/// A day at 250 Hz.
const DAY: usize = 24 * 3600 * 250;

/// Pushes a day of noise, a long piece again and again, since a day of normal numbers takes longer than
/// the day's decoding; then more.
fn push_a_day(decoder: &mut impl Running, rows: usize, more: &[Vec<f64>]) {
    let piece = signal(rows, 50_000, 1).concat();
    for _ in 0..DAY.div_ceil(50_000) {
        decoder.push(Epoch::from_planar(&piece, rows).unwrap()).unwrap();
    }
    decoder.push(Epoch::from_planar(&more.concat(), rows).unwrap()).unwrap();
}

/// What rounding leaves after a day is no more than after a moment, for windows that slide behind
/// filters with a state.
#[test]
fn a_day_leaves_no_error_in_windows_that_slide() {
    let bank = FilterBank::chen(2, 8.0, 90.0);
    let bands = bank.design(RATE_HZ).unwrap();
    let (minute, window) = (60 * 250, 500);
    let rows = signal(2, minute, 77);
    // By then filters have forgotten what came a minute before.
    let mut filtered = vec![0.0; 4 * minute];
    bands.causal(2).push(Epoch::from_planar(&rows.concat(), 2).unwrap(), &mut filtered).unwrap();
    let filtered: Vec<Vec<f64>> = filtered.chunks(minute).map(<[f64]>::to_vec).collect();
    for statistic in STATISTICS {
        let span = Span::Sliding { block: 125, blocks: 4 };
        let inner = running(statistic, bank.weights(), 4, span);
        let mut decoder = CausalFront::new(&bands, 2, inner).unwrap();
        push_a_day(&mut decoder, 2, &rows);
        let expected = batch(statistic, bank.weights(), &filtered, minute - window, window);
        for (f, e) in scores(&mut decoder).iter().zip(&expected) {
            assert!((f - e).abs() < 1e-6, "{statistic:?}: {f} {e}");
        }
    }
}

/// A window that grows for a whole day, against sums that carry their rounding along.
#[test]
fn a_window_may_grow_for_a_day() {
    let (codebook, frequency_hz) = (Codebook::sinusoids(&[9.7]).unwrap(), 9.7);
    let params = SinusoidsParams { harmonics: 1, ..Default::default() };
    let mut decoder = params.build(&codebook, 1, RATE_HZ).unwrap();
    let piece = signal(1, 50_000, 1).remove(0);
    let more = signal(1, 500, 2);
    push_a_day(&mut decoder, 1, &more);
    // Σ of x, s, c, xx, xs, xc, ss, sc, cc.
    let mut sums = [(0.0_f64, 0.0_f64); 9];
    let samples = (0..DAY).map(|n| piece[n % piece.len()]).chain(more[0].iter().copied());
    for (n, x) in samples.enumerate() {
        let x = x - piece[0];
        let (s, c) =
            (std::f64::consts::TAU * (frequency_hz * n as f64 / RATE_HZ).fract()).sin_cos();
        let terms = [x, s, c, x * x, x * s, x * c, s * s, s * c, c * c];
        for ((sum, rest), term) in sums.iter_mut().zip(terms) {
            let corrected = term - *rest;
            let next = *sum + corrected;
            *rest = (next - *sum) - corrected;
            *sum = next;
        }
    }
    let count = (DAY + 500) as f64;
    let sum = |k: usize| sums[k].0;
    let about = |product: usize, a: usize, b: usize| sum(product) - sum(a) * sum(b) / count;
    let (xx, xs, xc) = (about(3, 0, 0), about(4, 0, 1), about(5, 0, 2));
    let (ss, sc, cc) = (about(6, 1, 1), about(7, 1, 2), about(8, 2, 2));
    let explained = (xs * xs * cc - 2.0 * xs * xc * sc + xc * xc * ss) / (ss * cc - sc * sc);
    let expected = (explained / xx).sqrt();
    let found = scores(&mut decoder)[0];
    assert!((found - expected).abs() < 1e-6, "{found} {expected}");
}

/// Trial after trial for a day: the last one is scored as the first.
#[test]
fn a_day_of_trials_leaves_no_error_in_templates_and_components() {
    let samples = 250;
    let (codebook, calibration, rows) = trials(2, samples, 3);
    let settings = Settings::default();
    let planar = rows.concat();
    let epoch = Epoch::from_planar(&planar, 2).unwrap();
    let noise = signal(2, samples, 8).concat();
    let noise = Epoch::from_planar(&noise, 2).unwrap();
    let after_a_day = |decoder: &mut dyn Running| -> Vec<f64> {
        for _ in 0..DAY / samples {
            decoder.restart();
            decoder.push(noise).unwrap();
        }
        decoder.restart();
        decoder.push(epoch).unwrap();
        let mut scores = vec![f64::NAN; decoder.targets()];
        decoder.score_into(&mut scores).unwrap();
        scores
    };
    let batch = |method: Method| {
        method.fit(&codebook, &calibration, &settings).unwrap().score(epoch).unwrap()
    };
    for method in [Method::Trca, Method::ETrca, Method::ESscor] {
        let mut decoder = Templates::fit(method, &codebook, &calibration, &settings).unwrap();
        assert_near(&after_a_day(&mut decoder), &batch(method), method.name());
    }
    let mut decoder = Components::by_settings(&codebook, &calibration, &settings).unwrap();
    assert_near(&after_a_day(&mut decoder), &batch(Method::Tdca), "tdca");
}
