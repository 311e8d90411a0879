//! Decoders that follow a signal give what decoders of whole epochs give for the same samples.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

use evoked::decode::Shape;
use evoked::decode::ssvep::{CcaParams, MecParams, MsiParams, TdcaParams};
use evoked::decode::{Banked, Calibration, DecodeError, Decoder, FilterBank, Method, Settings};
use evoked::online::{
    CausalFront, Components, Running, Sinusoids, SinusoidsParams, Span, Statistic, Templates,
};
use evoked::signal::Epoch;
use evoked::simulate::Random;
use evoked::stimulus::Codebook;
use proptest::prelude::*;

const RATE_HZ: f64 = 250.0;
const STATISTICS: [Statistic; 3] = [Statistic::Cca, Statistic::Msi, Statistic::Mec { kept: 0.1 }];

fn codebook() -> Codebook {
    Codebook::sinusoids(&[8.0, 9.7, 11.0, 62.0, 14.3]).unwrap()
}

/// Rows of noise with a response at the second target, and a level that EEG amplifiers leave.
fn signal(rows: usize, samples: usize, seed: u64) -> Vec<Vec<f64>> {
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

fn part(rows: &[Vec<f64>], first: usize, len: usize) -> Vec<f64> {
    rows.iter().flat_map(|row| &row[first..first + len]).copied().collect()
}

/// The scores of the decoder of whole epochs.
fn batch(
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

fn running(statistic: Statistic, weights: &[f64], rows: usize, span: Span) -> Sinusoids {
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
fn push(decoder: &mut impl Running, rows: &[Vec<f64>], first: usize, len: usize, seed: u64) {
    let mut random = Random::new(seed);
    let (mut at, end) = (first, first + len);
    while at < end {
        let piece = ((random.normal().abs() * 12.0) as usize + 1).min(end - at);
        let planar = part(rows, at, piece);
        decoder.push(Epoch::from_planar(&planar, rows.len()).unwrap()).unwrap();
        at += piece;
    }
}

fn scores(decoder: &mut impl Running) -> Vec<f64> {
    let mut scores = vec![f64::NAN; decoder.targets()];
    decoder.score_into(&mut scores).unwrap();
    scores
}

fn assert_near(found: &[f64], expected: &[f64], what: &str) {
    for (f, e) in found.iter().zip(expected) {
        assert!(
            (f - e).abs() <= 1e-7 * e.abs().max(1e-3),
            "{what}: {found:?}, expected {expected:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Windows that grow, after gaps, in any chunks.
    #[test]
    fn growing_windows_score_as_epochs(
        seed in any::<u64>(), channels in 1..10usize, bands in 1..4usize, len in 24..400usize, start in 0..100usize,
    ) {
        let weights = if bands == 1 { vec![] } else { (0..bands).map(|band| 1.0 / (band + 1) as f64).collect() };
        let rows = signal(channels * bands, start + len + 60, seed);
        for statistic in STATISTICS {
            let mut decoder = running(statistic, &weights, rows.len(), Span::Growing);
            push(&mut decoder, &rows, 0, start, seed);
            decoder.restart();
            prop_assert!(decoder.is_empty());
            push(&mut decoder, &rows, start, len, seed + 1);
            prop_assert_eq!(decoder.len(), len as u64);
            assert_near(&scores(&mut decoder), &batch(statistic, &weights, &rows, start, len), &format!("{statistic:?}"));
            // It goes on growing.
            push(&mut decoder, &rows, start + len, 60, seed + 2);
            assert_near(&scores(&mut decoder), &batch(statistic, &weights, &rows, start, len + 60), &format!("{statistic:?}"));
        }
    }

    #[test]
    fn sliding_windows_score_as_epochs(
        seed in any::<u64>(), channels in 1..6usize, block in 1..40usize, blocks in 1..12usize, more in 0..300usize,
    ) {
        prop_assume!(block * blocks >= channels + 8);
        let rows = signal(channels, block * blocks + more, seed);
        for statistic in STATISTICS {
            let mut decoder = running(statistic, &[], channels, Span::Sliding { block, blocks });
            push(&mut decoder, &rows, 0, block * blocks + more, seed);
            let first = more / block * block;
            prop_assert_eq!(decoder.len(), (block * blocks) as u64);
            assert_near(&scores(&mut decoder), &batch(statistic, &[], &rows, first, block * blocks), &format!("{statistic:?}"));
        }
    }

    /// The same samples give the same bits, whatever the chunks.
    #[test]
    fn chunks_do_not_count(seed in any::<u64>(), other in any::<u64>()) {
        let bank = FilterBank::chen(2, 8.0, 90.0);
        let bands = bank.design(RATE_HZ).unwrap();
        let rows = signal(3, 300, seed);
        let decoder = || CausalFront::new(&bands, 3, running(Statistic::Cca, bank.weights(), 6, Span::Growing)).unwrap();
        let (mut a, mut b) = (decoder(), decoder());
        push(&mut a, &rows, 0, 300, seed);
        push(&mut b, &rows, 0, 300, other);
        prop_assert_eq!(scores(&mut a), scores(&mut b));
    }
}

/// Filters in front run on where a window opens, and start again where samples were lost.
#[test]
fn causal_filters_in_front_give_what_the_filtered_signal_gives() {
    let bank = FilterBank::chen(3, 8.0, 90.0);
    let bands = bank.design(RATE_HZ).unwrap();
    let rows = signal(4, 900, 3);
    let filtered = |first: usize, len: usize| -> Vec<Vec<f64>> {
        let mut out = vec![0.0; 12 * len];
        let planar = part(&rows, first, len);
        bands.causal(4).push(Epoch::from_planar(&planar, 4).unwrap(), &mut out).unwrap();
        out.chunks(len).map(<[f64]>::to_vec).collect()
    };
    for statistic in STATISTICS {
        let inner = running(statistic, bank.weights(), 12, Span::Growing);
        let mut decoder = CausalFront::new(&bands, 4, inner).unwrap();
        push(&mut decoder, &rows, 0, 200, 1);
        decoder.restart();
        push(&mut decoder, &rows, 200, 300, 2);
        let expected = batch(statistic, bank.weights(), &filtered(0, 500), 200, 300);
        assert_near(&scores(&mut decoder), &expected, "on from the signal before");
        decoder.lost();
        push(&mut decoder, &rows, 600, 300, 2);
        let expected = batch(statistic, bank.weights(), &filtered(600, 300), 0, 300);
        assert_near(&scores(&mut decoder), &expected, "after a loss");
    }
}

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

/// Whole seconds are lost, in which targets of whole hertz come round to the same phase: the scores
/// are those of what is left, put together.
#[test]
fn lost_seconds_are_left_out_of_the_sums() {
    let codebook = Codebook::sinusoids(&[8.0, 11.0, 13.0]).unwrap();
    let shape = Shape { channels: 3, samples: 320, rate_hz: RATE_HZ };
    let rows = signal(3, 320, 4);
    for statistic in STATISTICS {
        let params = SinusoidsParams { statistic, harmonics: 3, ..Default::default() };
        let settings = Settings { harmonics: 3, ..Settings::default() };
        let method = match statistic {
            Statistic::Cca => Method::Cca,
            Statistic::Msi => Method::Msi,
            _ => Method::Mec,
        };
        let planar = rows.concat();
        let epoch = Epoch::from_planar(&planar, 3).unwrap();
        let batch = method.build(&codebook, shape, &settings).unwrap().score(epoch).unwrap();
        let blocks = Span::Sliding { block: 10, blocks: 132 };
        for span in [Span::Growing, blocks] {
            let params = SinusoidsParams { span, ..params.clone() };
            let mut decoder = params.build(&codebook, 3, RATE_HZ).unwrap();
            push(&mut decoder, &rows, 0, 73, 1);
            decoder.skip(250);
            push(&mut decoder, &rows, 73, 200, 2);
            decoder.skip(750);
            push(&mut decoder, &rows, 273, 47, 3);
            assert_eq!(decoder.len(), 320);
            assert_near(&scores(&mut decoder), &batch, method.name());
        }
        // Longer than the window: nothing is left of what came before.
        let span = Span::Sliding { block: 10, blocks: 32 };
        let params = SinusoidsParams { span, ..params.clone() };
        let mut decoder = params.build(&codebook, 3, RATE_HZ).unwrap();
        push(&mut decoder, &signal(3, 999, 5), 0, 999, 1);
        decoder.skip(u64::MAX / 2);
        decoder.skip(10 - (999 + u64::MAX / 2) % 10);
        assert!(decoder.is_empty());
        push(&mut decoder, &rows, 0, 320, 3);
        assert_near(&scores(&mut decoder), &batch, method.name());
    }
}

#[test]
fn channels_that_add_nothing_do_no_harm() {
    let rows = signal(3, 300, 5);
    let mut more = rows.clone();
    more.insert(1, vec![-4200.3; 300]);
    more.push(rows[2].clone());
    for statistic in [Statistic::Cca, Statistic::Msi] {
        let (mut plain, mut odd) =
            (running(statistic, &[], 3, Span::Growing), running(statistic, &[], 5, Span::Growing));
        push(&mut plain, &rows, 0, 300, 1);
        push(&mut odd, &more, 0, 300, 1);
        assert_near(&scores(&mut odd), &scores(&mut plain), "flat and equal channels");
    }
}

#[test]
fn what_can_not_be_used_is_refused() {
    let mut decoder = running(Statistic::Cca, &[], 2, Span::Growing);
    let mut scores = [0.0; 5];
    let refused = decoder.score_into(&mut scores);
    assert_eq!(
        refused,
        Err(DecodeError::TooShort { found: 0, what: "a running window", needed: 10 })
    );
    decoder.push(Epoch::from_planar(&[1.0; 40], 2).unwrap()).unwrap();
    assert_eq!(decoder.score_into(&mut scores), Err(DecodeError::Flat));
    assert!(matches!(decoder.score_into(&mut scores[..4]), Err(DecodeError::Shape { .. })));
    assert!(matches!(
        decoder.push(Epoch::from_planar(&[1.0; 3], 3).unwrap()),
        Err(DecodeError::Shape { .. })
    ));
    let mut bad = [1.0; 8];
    bad[5] = f64::INFINITY;
    let refused = decoder.push(Epoch::from_planar(&bad, 2).unwrap());
    assert!(matches!(refused, Err(DecodeError::NotFinite { channel: 1, sample: 1, .. })));
    assert_eq!(decoder.len(), 20);
    for scale in [1e200, 1e300] {
        decoder.restart();
        let large: Vec<f64> = (0..80).map(|n| if n % 3 == 0 { scale } else { -scale }).collect();
        decoder.push(Epoch::from_planar(&large, 2).unwrap()).unwrap();
        assert_eq!(decoder.score_into(&mut scores), Err(DecodeError::Overflow));
    }
    for span in [Span::Sliding { block: 0, blocks: 2 }, Span::Sliding { block: 2, blocks: 0 }] {
        let params = SinusoidsParams { span, ..Default::default() };
        assert!(matches!(params.build(&codebook(), 2, RATE_HZ), Err(DecodeError::Setting { .. })));
    }
    let params = SinusoidsParams {
        span: Span::Sliding { block: 1, blocks: usize::MAX },
        ..Default::default()
    };
    assert!(matches!(params.build(&codebook(), 2, RATE_HZ), Err(DecodeError::TooLarge { .. })));
    let params = SinusoidsParams { weights: vec![1.0, 0.5], ..Default::default() };
    assert!(matches!(params.build(&codebook(), 3, RATE_HZ), Err(DecodeError::Shape { .. })));
}

/// Calibration of three targets, and an epoch, in so many bands.
fn trials(rows: usize, samples: usize, seed: u64) -> (Codebook, Calibration, Vec<Vec<f64>>) {
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// At the length of the calibration's epochs, after an earlier trial, in any chunks.
    #[test]
    fn templates_score_as_epochs(seed in any::<u64>(), channels in 1..6usize, bands in 1..4usize, samples in 30..200usize) {
        let weights = if bands == 1 { vec![] } else { (0..bands).map(|band| 1.0 / (band + 1) as f64).collect() };
        let (codebook, calibration, rows) = trials(channels * bands, samples, seed);
        let settings = Settings { weights, ..Settings::default() };
        let planar = rows.concat();
        let epoch = Epoch::from_planar(&planar, rows.len()).unwrap();
        for method in [Method::Trca, Method::ETrca, Method::MsETrca, Method::Sscor, Method::ESscor] {
            let expected = method.fit(&codebook, &calibration, &settings).unwrap().score(epoch).unwrap();
            let mut decoder = Templates::fit(method, &codebook, &calibration, &settings).unwrap();
            push(&mut decoder, &rows, 0, samples / 2, seed);
            decoder.restart();
            push(&mut decoder, &rows, 0, samples, seed + 1);
            assert_near(&scores(&mut decoder), &expected, method.name());
            // What comes after the window is left alone.
            push(&mut decoder, &rows, 0, samples, seed + 2);
            prop_assert_eq!(decoder.len(), samples as u64);
            assert_near(&scores(&mut decoder), &expected, method.name());
        }
    }

    #[test]
    fn components_score_as_epochs(seed in any::<u64>(), channels in 1..5usize, bands in 1..3usize, samples in 40..160usize, delays in 0..6usize) {
        let weights = if bands == 1 { vec![] } else { vec![1.0, 0.5] };
        let (codebook, calibration, rows) = trials(channels * bands, samples, seed);
        let params = TdcaParams { harmonics: 3, delays, ..TdcaParams::default() };
        let own = |band: usize| calibration.rows(band * channels..(band + 1) * channels).unwrap();
        let fit = |band: usize| params.fit(&codebook, &own(band)).unwrap();
        let planar = rows.concat();
        let epoch = Epoch::from_planar(&planar, rows.len()).unwrap();
        let expected = match weights.as_slice() {
            [] => fit(0).score(epoch).unwrap(),
            weights => Banked::new(weights, (0..bands).map(fit).collect()).unwrap().score(epoch).unwrap(),
        };
        let mut decoder = Components::fit(&params, &codebook, &calibration, &weights).unwrap();
        push(&mut decoder, &rows, 0, samples / 2, seed);
        decoder.restart();
        push(&mut decoder, &rows, 0, samples, seed + 1);
        assert_near(&scores(&mut decoder), &expected, "tdca");
        push(&mut decoder, &rows, 0, samples, seed + 2);
        assert_near(&scores(&mut decoder), &expected, "tdca");
    }

    /// Chunks do not count, whatever is lost between them: the same bits as sample by sample, of which
    /// the tests beside the decoders say what they are.
    #[test]
    fn chunks_do_not_count_for_templates_and_components(
        seed in any::<u64>(), channels in 1..5usize, samples in 60..160usize,
        pieces in prop::collection::vec((1..30usize, prop::bool::weighted(0.2)), 3..20),
    ) {
        let (codebook, calibration, rows) = trials(channels, samples, seed);
        let settings = Settings::default();
        let mut decoders: Vec<Box<dyn Running>> = Vec::new();
        for method in [Method::Trca, Method::ETrca, Method::MsETrca, Method::Sscor, Method::ESscor] {
            let decoder = Templates::fit(method, &codebook, &calibration, &settings).unwrap();
            decoders.push(Box::new(decoder));
        }
        decoders.push(Box::new(Components::by_settings(&codebook, &calibration, &settings).unwrap()));
        for decoder in &mut decoders {
            let mut run = |one_by_one: bool| {
                decoder.restart();
                let mut at = 0;
                for (len, lost) in &pieces {
                    let len = (*len).min(samples - at);
                    match (lost, one_by_one) {
                        (true, true) => (0..len).for_each(|_| decoder.skip(1)),
                        (true, false) => decoder.skip(len as u64),
                        (false, true) => push(decoder, &rows, at, len, seed),
                        (false, false) => {
                            let planar = part(&rows, at, len);
                            decoder.push(Epoch::from_planar(&planar, channels).unwrap()).unwrap();
                        }
                    }
                    at += len;
                }
                let mut scores = vec![f64::NAN; decoder.targets()];
                decoder.score_into(&mut scores).map(|()| scores)
            };
            prop_assert_eq!(run(true), run(false));
        }
    }

    #[test]
    fn codes_score_as_epochs(seed in any::<u64>(), channels in 1..5usize) {
        let code = |label: &str, bits: &str| format!(
            r#"{{"label":"{label}","modulation":{{"kind":"code","bits":"{bits}","bit_rate_hz":50}}}}"#
        );
        let targets = [code("a", "1101000110010"), code("b", "0010110100111"), code("c", "1001011001101")];
        let codebook = Codebook::from_json(&format!(r#"{{"targets":[{}]}}"#, targets.join(","))).unwrap();
        let samples = 195;
        let shape = Shape { channels, samples, rate_hz: RATE_HZ };
        let mut calibration = Calibration::new(shape, &codebook).unwrap();
        for k in 0..6 {
            let planar = signal(channels, samples, seed.wrapping_add(k)).concat();
            calibration.add(k as usize % 3, Epoch::from_planar(&planar, channels).unwrap()).unwrap();
        }
        let rows = signal(channels, samples, seed.wrapping_add(9));
        let planar = rows.concat();
        let epoch = Epoch::from_planar(&planar, channels).unwrap();
        for method in [Method::Rcca, Method::RccaRiseFall] {
            let settings = Settings::default();
            let expected = method.fit(&codebook, &calibration, &settings).unwrap().score(epoch).unwrap();
            let mut decoder = Templates::fit(method, &codebook, &calibration, &settings).unwrap();
            push(&mut decoder, &rows, 0, samples, seed);
            assert_near(&scores(&mut decoder), &expected, method.name());
        }
    }
}
