//! A live session decides as a decoder of whole epochs does on a recording that is filtered forward.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

#[path = "common/sessions.rs"]
mod sessions;

use std::ops::Range;

use evoked::decode::{DecodeError, Method, Settings, Shape};
use evoked::online::stopping::{Criterion, Margin, StoppingRule};
use evoked::online::{Gaps, Gate, LeftOut, Outcome, Session, Span, Watch};
use evoked::signal::{Decision, Epoch, Samples};
use proptest::prelude::*;
use sessions::*;

/// CCA of two rows with sines and cosines at some samples only, by the definition: the first
/// singular value of the product of orthonormal bases.
fn cca_of_some(rows: [&[f64]; 2], at: &[u64], frequency_hz: f64) -> f64 {
    let mut left = vec![rows[0].to_vec(), rows[1].to_vec()];
    let angle = |n: &u64| std::f64::consts::TAU * frequency_hz * *n as f64 / RATE_HZ;
    let mut right: Vec<Vec<f64>> = [1.0, 2.0]
        .iter()
        .flat_map(|h| {
            let h = *h;
            [
                at.iter().map(|n| (h * angle(n)).sin()).collect(),
                at.iter().map(|n| (h * angle(n)).cos()).collect(),
            ]
        })
        .collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    for basis in [&mut left, &mut right] {
        for k in 0..basis.len() {
            let (done, rest) = basis.split_at_mut(k);
            let row = &mut rest[0];
            let mean = row.iter().sum::<f64>() / row.len() as f64;
            row.iter_mut().for_each(|value| *value -= mean);
            for _ in 0..2 {
                for other in done.iter() {
                    let along = dot(row, other);
                    row.iter_mut().zip(other).for_each(|(value, o)| *value -= along * o);
                }
            }
            let norm = dot(row, row).sqrt();
            row.iter_mut().for_each(|value| *value /= norm);
        }
    }
    // The larger eigenvalue of the 2 × 2 matrix of products.
    let m = |i: usize, j: usize| -> f64 {
        right.iter().map(|r| dot(&left[i], r) * dot(&left[j], r)).sum()
    };
    let (a, b, c) = (m(0, 0), m(0, 1), m(1, 1));
    (0.5 * (a + c) + (0.25 * (a - c) * (a - c) + b * b).sqrt()).sqrt()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the chunks, the gaps, and when the cues come, overlapping windows included.
    #[test]
    fn trials_are_decided_as_in_a_recording(
        lens in prop::collection::vec(1_usize..90, 20..40),
        lost in prop::collection::vec(prop::bool::weighted(0.07), 40),
        mut onsets in prop::collection::vec(0_u64..1500, 1..8),
        late in prop::collection::vec(0_u64..200, 8),
    ) {
        onsets.sort_unstable();
        onsets.dedup();
        let mut session = fixed(Gaps::LeaveOut);
        let (told, samples) = run(&mut session, &lens, &lost, &onsets, &late);
        let found: Vec<_> = told.iter().filter_map(|told| told.cue).collect();
        prop_assert_eq!(&found, &onsets);
        for ((told, expected), late) in told.iter().zip(batch(samples, &onsets)).zip(&late) {
            match (&told.verdict, expected) {
                (Ok((found, missing)), Some(expected)) => {
                    prop_assert_eq!((found.first, found.end), (expected.first, expected.end));
                    prop_assert_eq!(*missing, 0);
                    assert_near(&found.scores, &expected.scores);
                }
                // A late cue may find its samples gone behind a gap.
                (Err(LeftOut::Gap(_)), Some(_)) => prop_assert!(*late > 0, "{:?}", told),
                (Err(_), None) => {}
                (found, expected) => prop_assert!(false, "{:?} {:?}", found, expected),
            }
        }
    }

    /// Windows that overlap are decided as if each were alone, also where a gap comes.
    #[test]
    fn overlapping_trials_do_not_touch_each_other(
        lens in prop::collection::vec(1_usize..90, 20..40),
        lost in prop::collection::vec(prop::bool::weighted(0.1), 40),
        mut onsets in prop::collection::vec(0_u64..1200, 2..8),
    ) {
        onsets.sort_unstable();
        onsets.dedup();
        let margin = Criterion::Margin(Margin { margins: vec![Some(0.15); 15] });
        let rule = StoppingRule::new(margin, 10, 20, 150).unwrap();
        let told = |onsets: &[u64]| {
            let mut session = cued(rule.clone(), Gaps::LeaveOut);
            run(&mut session, &lens, &lost, onsets, &[0; 8]).0
        };
        let alone: Vec<Told> = onsets.iter().flat_map(|onset| told(&[*onset])).collect();
        prop_assert_eq!(told(&onsets), alone);
    }

    /// Windows that do not overlap, with lost samples masked: CCA over those that came.
    #[test]
    fn masked_windows_score_what_came(
        lens in prop::collection::vec(1_usize..60, 20..40),
        lost in prop::collection::vec(prop::bool::weighted(0.2), 40),
        start in 0_u64..200,
    ) {
        let onsets: Vec<u64> = (0..6).map(|k| start + 190 * k).collect();
        let mut session = fixed(Gaps::Mask);
        let (told, samples) = run(&mut session, &lens, &lost, &onsets, &[0; 6]);
        prop_assert_eq!(told.len(), onsets.len());
        let filtered = filtered(samples);
        for told in &told {
            let first = told.cue.unwrap() + START;
            let came: Vec<u64> = (first..first + LEN as u64)
                .filter(|at| filtered.epoch(*at, 1).is_ok())
                .collect();
            match &told.verdict {
                Ok((found, missing)) => {
                    prop_assert_eq!((found.first, found.end), (first, first + LEN as u64));
                    prop_assert_eq!(*missing, LEN as u64 - came.len() as u64);
                    let row = |k: usize| -> Vec<f64> {
                        came.iter().map(|at| filtered.epoch(*at, 1).unwrap().channel(k)[0]).collect()
                    };
                    let expected: Vec<f64> = [8.0, 9.5, 12.0]
                        .iter()
                        .map(|hz| cca_of_some([&row(0), &row(1)], &came, *hz))
                        .collect();
                    assert_near(&found.scores, &expected);
                }
                Err(LeftOut::Gap(gone)) => {
                    prop_assert!(came.is_empty());
                    prop_assert_eq!(gone.clone(), first..first + LEN as u64);
                }
                Err(LeftOut::Ended(end)) => prop_assert!(*end < first + LEN as u64),
                Err(LeftOut::Decode(DecodeError::TooShort { .. })) => prop_assert!(came.len() < 8),
                Err(other) => prop_assert!(false, "{}", other),
            }
        }
    }

    /// Windows that open again behind a gap: whole windows from there.
    #[test]
    fn restarted_windows_score_from_behind_the_gap(
        lens in prop::collection::vec(1_usize..60, 20..40),
        lost in prop::collection::vec(prop::bool::weighted(0.1), 40),
        start in 0_u64..200,
    ) {
        let onsets: Vec<u64> = (0..4).map(|k| start + 400 * k).collect();
        let mut session = fixed(Gaps::Restart);
        let (told, samples) = run(&mut session, &lens, &lost, &onsets, &[0; 4]);
        prop_assert_eq!(told.len(), onsets.len());
        for told in &told {
            let planned = told.cue.unwrap() + START;
            let is_whole = samples.epoch(planned, LEN).is_ok();
            let Ok((found, missing)) = &told.verdict else {
                prop_assert!(!is_whole, "{:?}", told);
                continue;
            };
            prop_assert_eq!(found.first == planned, is_whole);
            prop_assert!((planned..planned + LEN as u64).contains(&found.first));
            prop_assert_eq!(*missing, 0);
            let expected = batch(samples.clone(), &[found.first - START]).remove(0).unwrap();
            assert_near(&found.scores, &expected.scores);
            if found.first > planned {
                prop_assert!(samples.epoch(found.first - 1, 1).is_err());
            }
        }
    }

    /// A window that slides looks as epochs do, whatever the chunks, and opens again behind a gap.
    #[test]
    fn free_windows_score_as_epochs(
        lens in prop::collection::vec(1_usize..90, 10..40),
        lost in prop::collection::vec(prop::bool::weighted(0.05), 40),
    ) {
        let filters = bank().design(RATE_HZ).unwrap();
        let watch = Watch { window: LEN as u64, step: 15, gate: Gate::default(), gaps: Gaps::Restart };
        let decoder = cca(Span::Sliding { block: 15, blocks: 10 });
        let mut session = Session::free(Some(&filters), 2, watch, decoder).unwrap();
        let (told, samples) = run(&mut session, &lens, &lost, &[], &[]);
        // Each whole window that ends a multiple of the step behind the start of its stretch.
        let whole: usize = samples
            .segments()
            .iter()
            .map(|segment| (segment.len / 15).saturating_sub(9))
            .sum();
        prop_assert_eq!(told.len(), whole);
        for told in &told {
            let (found, _) = told.verdict.as_ref().unwrap();
            let expected = filtered(samples.clone());
            let shape = Shape { channels: 2, samples: LEN, rate_hz: RATE_HZ };
            let decoder = Method::Cca.build(&codebook(), shape, &Settings::default()).unwrap();
            use evoked::decode::Decoder;
            let scores = decoder.score(expected.epoch(found.first, LEN).unwrap()).unwrap();
            assert_near(&found.scores, &scores);
        }
    }
}

/// A rule that stops at the first look with a lead: the decision is that of the shortest window that
/// has it.
#[test]
fn a_window_grows_until_the_rule_stops() {
    let margin = Margin { margins: vec![Some(0.2); 30] };
    let rule = StoppingRule::new(Criterion::Margin(margin), 10, 40, 300).unwrap();
    let signal = signal(1200);
    for pieces in [1, 7, 64, 500] {
        let mut session = cued(rule.clone(), Gaps::LeaveOut);
        session.event(100);
        session.event(700);
        for at in (0..1200).step_by(pieces) {
            let values = chunk(&signal, at..(at + pieces).min(1200));
            session.push(at as u64, Epoch::from_planar(&values, 2).unwrap()).unwrap();
        }
        let single: Vec<f32> = chunk(&signal, 0..1200).iter().map(|&value| value as f32).collect();
        let filtered = filtered(Samples::from_planar(2, single).unwrap());
        let told = all(&mut session);
        assert_eq!(told.len(), 2);
        for (told, onset) in told.iter().zip([100_u64, 700]) {
            let stopped = (4..=30).map(|look| 10 * look).find_map(|len| {
                let shape = Shape { channels: 2, samples: len, rate_hz: RATE_HZ };
                let decoder = Method::Cca.build(&codebook(), shape, &Settings::default()).unwrap();
                use evoked::decode::Decoder;
                let scores = decoder.score(filtered.epoch(onset + START, len).unwrap()).unwrap();
                let decision = Decision::from_scores(scores, onset, 0).unwrap();
                (decision.margin() >= 0.2 || len == 300).then_some((len, decision))
            });
            let (len, expected) = stopped.unwrap();
            let (found, _) = told.verdict.as_ref().unwrap();
            assert_eq!((found.first, found.end), (onset + START, onset + START + len as u64));
            assert_near(&found.scores, &expected.scores);
        }
    }
}

#[test]
fn a_trial_ends_with_its_last_sample_and_not_before() {
    let (signal, mut session) = (signal(400), fixed(Gaps::LeaveOut));
    session.event(100);
    let push = |session: &mut Session<_>, range: Range<usize>| {
        let values = chunk(&signal, range.clone());
        session.push(range.start as u64, Epoch::from_planar(&values, 2).unwrap()).unwrap();
    };
    push(&mut session, 0..269);
    assert_eq!(session.poll(), None);
    push(&mut session, 269..270);
    let outcome = session.poll().unwrap();
    let verdict = outcome.verdict.unwrap();
    assert_eq!((verdict.end, verdict.forced, verdict.confidence), (270, true, None));
    // A second late, its window is still there; four seconds later it is gone.
    push(&mut session, 270..400);
    session.event(150);
    assert!(session.poll().unwrap().verdict.is_ok());
    (1..6).for_each(|n| {
        let values: Vec<f64> = (0..800).map(|at| ((at * 31 + n * 7) % 97) as f64).collect();
        let first = n as u64 * 400;
        session.push(first, Epoch::from_planar(&values, 2).unwrap()).unwrap();
    });
    session.event(150);
    let outcome = session.poll().unwrap();
    assert!(matches!(outcome.verdict, Err(LeftOut::Late { start: 170, .. })), "{outcome:?}");
}

#[test]
fn what_is_missing_is_named_and_touches_no_other_trial() {
    let (signal, mut session) = (signal(1000), fixed(Gaps::LeaveOut));
    [0, 180, 400, 990].into_iter().for_each(|onset| session.event(onset));
    let values = chunk(&signal, 0..210);
    session.push(0, Epoch::from_planar(&values, 2).unwrap()).unwrap();
    let values = chunk(&signal, 215..600);
    session.push(215, Epoch::from_planar(&values, 2).unwrap()).unwrap();
    assert!(session.poll().unwrap().verdict.is_ok());
    assert_eq!(session.poll().unwrap().verdict, Err(LeftOut::Gap(210..215)));
    assert!(session.poll().unwrap().verdict.is_ok());
    session.end();
    let last = Outcome { cue: Some(990), verdict: Err(LeftOut::Ended(600)) };
    assert_eq!(session.poll(), Some(last));
}
