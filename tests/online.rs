//! Sinusoids that follow a signal score as the decoders of whole epochs do for the same samples.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

#[path = "common/running.rs"]
mod common;

use common::*;
use evoked::decode::Shape;
use evoked::decode::{DecodeError, FilterBank, Method, Settings};
use evoked::online::{CausalFront, Running, SinusoidsParams, Span, Statistic};
use evoked::signal::Epoch;
use evoked::stimulus::Codebook;
use proptest::prelude::*;

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
