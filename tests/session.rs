//! A live session decides as a decoder of whole epochs does on a recording that is filtered forward.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

use std::ops::Range;

use evoked::decode::{
    DecodeError, Direction, FilterBank, Method, Preprocess, Settings, Shape, decode_trials,
};
use evoked::dsp::{BandPass, Family};
use evoked::online::stopping::{Criterion, Margin, StoppingRule};
use evoked::online::{
    Gaps, Gate, LeftOut, Outcome, Running, Session, Sinusoids, SinusoidsParams, Span, Trials, Watch,
};
use evoked::signal::{Channel, Decision, Epoch, Samples, Stream, Trial};
use evoked::stimulus::Codebook;
use proptest::prelude::*;

const RATE_HZ: f64 = 200.0;
const START: u64 = 20;
const LEN: usize = 150;

fn codebook() -> Codebook {
    Codebook::sinusoids(&[8.0, 9.5, 12.0]).unwrap()
}

fn bank() -> FilterBank {
    let family = Family::Butterworth;
    FilterBank::single(BandPass { family, order: 4, low_hz: 4.0, high_hz: 60.0 })
}

fn cca(span: Span) -> Sinusoids {
    let params = SinusoidsParams { span, ..SinusoidsParams::default() };
    params.build(&codebook(), 2, RATE_HZ).unwrap()
}

fn cued(rule: StoppingRule, gaps: Gaps) -> Session<Sinusoids> {
    let filters = bank().design(RATE_HZ).unwrap();
    let trials = Trials { start: START, rule, gaps };
    Session::cued(Some(&filters), 2, RATE_HZ, trials, cca(Span::Growing)).unwrap()
}

fn fixed(gaps: Gaps) -> Session<Sinusoids> {
    cued(StoppingRule::fixed(LEN as u64).unwrap(), gaps)
}

/// Two channels that rest far from zero, with something of every target and noise.
fn signal(len: usize) -> [Vec<f64>; 2] {
    let mut state = 7_u64;
    let mut noise = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 40) as f64 / f64::from(1 << 24) - 0.5
    };
    let wave = |n: usize, hz: f64| (std::f64::consts::TAU * hz * n as f64 / RATE_HZ).sin();
    let mut row = |level: f64| -> Vec<f64> {
        let value = |n| f64::from((level + wave(n, 9.5) + wave(n, 8.0) + 3.0 * noise()) as f32);
        (0..len).map(value).collect()
    };
    [row(4000.0), row(-900.0)]
}

fn chunk(signal: &[Vec<f64>; 2], range: Range<usize>) -> Vec<f64> {
    signal.iter().flat_map(|row| row[range.clone()].iter().copied()).collect()
}

fn filtered(samples: Samples<f32>) -> Samples<f64> {
    let channels = ["Oz", "O1"].map(Channel::microvolts).to_vec();
    let stream = Stream::new("EEG", RATE_HZ, channels, samples).unwrap();
    let (bank, direction) = (Some(bank()), Direction::Causal);
    Preprocess { bank, direction, ..Preprocess::default() }.apply(&stream).unwrap()
}

/// What the decoder of whole epochs makes of the samples that came.
fn batch(samples: Samples<f32>, onsets: &[u64]) -> Vec<Option<Decision>> {
    let shape = Shape { channels: 2, samples: LEN, rate_hz: RATE_HZ };
    let decoder = Method::Cca.build(&codebook(), shape, &Settings::default()).unwrap();
    let trials: Vec<_> = onsets.iter().map(|&onset| Trial { onset, label: None }).collect();
    decode_trials(decoder.as_ref(), &filtered(samples), &trials, START)
        .into_iter()
        .map(Result::ok)
        .collect()
}

/// What became of a trial, in memory of its own.
#[derive(Debug, Clone, PartialEq)]
struct Told {
    cue: Option<u64>,
    verdict: Result<(Decision, u64), LeftOut>,
}

impl From<Outcome<'_>> for Told {
    fn from(outcome: Outcome<'_>) -> Self {
        let verdict = outcome.verdict.map(|verdict| (verdict.to_decision(), verdict.missing));
        Self { cue: outcome.cue, verdict }
    }
}

fn all(session: &mut Session<impl Running>) -> Vec<Told> {
    std::iter::from_fn(|| session.poll().map(Told::from)).collect()
}

/// A run of a session with losses: what it says, and the samples that came.
fn run(
    session: &mut Session<Sinusoids>,
    lens: &[usize],
    lost: &[bool],
    onsets: &[u64],
    late: &[u64],
) -> (Vec<Told>, Samples<f32>) {
    let signal = signal(4000);
    let mut samples = Samples::<f32>::new(2);
    let mut cues: Vec<_> = onsets.iter().zip(late).map(|(o, late)| (o + late, *o)).collect();
    cues.sort_unstable();
    let (mut at, mut cues) = (0, cues.into_iter().peekable());
    for (len, lost) in lens.iter().zip(lost) {
        while let Some((_, onset)) = cues.next_if(|(when, _)| *when <= at as u64) {
            session.event(onset);
        }
        if !lost {
            let values = chunk(&signal, at..at + len);
            session.push(at as u64, Epoch::from_planar(&values, 2).unwrap()).unwrap();
            let single: Vec<f32> = values.iter().map(|&value| value as f32).collect();
            samples.append(at as u64, &single).unwrap();
        }
        at += len;
    }
    cues.for_each(|(_, onset)| session.event(onset));
    session.end();
    let mut told = all(session);
    told.sort_by_key(|told| told.cue);
    (told, samples)
}

fn assert_near(found: &[f64], expected: &[f64]) {
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() < 1e-6, "{found:?} {expected:?}");
    }
}

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

/// Something that may happen to a session.
#[derive(Debug, Clone)]
enum Happening {
    Push { ahead: i64, len: usize, bad: bool, channels: usize },
    Event { ahead: i64 },
    Poll,
    End,
}

fn happening() -> impl Strategy<Value = Happening> {
    let ahead = prop_oneof![
        6 => Just(0_i64),
        2 => -300_i64..300,
        1 => prop_oneof![Just(1_i64 << 40), Just(i64::MAX), Just(-(1 << 40))],
    ];
    let push = (
        ahead.clone(),
        0_usize..200,
        prop::bool::weighted(0.05),
        prop::sample::select(vec![2, 2, 2, 2, 1, 3]),
    );
    prop_oneof![
        6 => push.prop_map(|(ahead, len, bad, channels)| Happening::Push { ahead, len, bad, channels }),
        3 => ahead.prop_map(|ahead| Happening::Event { ahead }),
        1 => Just(Happening::Poll),
        1 => Just(Happening::End),
    ]
}

/// What is said to be missing of a window of 150 samples is some of them; one that opened again behind
/// a gap ends later.
fn assert_gap_within_window(outcome: Option<Outcome<'_>>) {
    let Some(Outcome { cue: Some(cue), verdict: Err(LeftOut::Gap(gone)) }) = outcome else {
        return;
    };
    let first = cue.saturating_add(START);
    assert!(gone.start < gone.end, "{gone:?}");
    assert!(gone.start >= first && gone.end <= first.saturating_add(300), "{cue} {gone:?}");
}

/// All that a session says after a second of silence behind everything, from a position far away.
fn afterwards<R: Running>(session: &mut Session<R>, far: u64) -> Vec<Told> {
    let signal = signal(600);
    let values = chunk(&signal, 0..600);
    session.push(far, Epoch::from_planar(&values[..0], 2).unwrap()).unwrap();
    session.event(far + 100);
    for at in (0..600).step_by(50) {
        let values = chunk(&signal, at..at + 50);
        session.push(far + at as u64, Epoch::from_planar(&values, 2).unwrap()).unwrap();
    }
    let told = all(session).into_iter();
    told.filter(|told| told.cue.is_none_or(|cue| cue == far + 100)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens, nothing panics, and behind the next gap a session decides as a new one.
    #[test]
    fn a_session_survives_everything(happenings in prop::collection::vec(happening(), 0..60)) {
        let free = |gaps| {
            let gate = Gate { dwell: 2, refractory: 1, ..Gate::default() };
            let watch = Watch { window: 150, step: 15, gate, gaps };
            Session::free(None, 2, watch, cca(Span::Sliding { block: 15, blocks: 10 })).unwrap()
        };
        let margin = Criterion::Margin(Margin { margins: vec![Some(0.3); 15] });
        let rule = StoppingRule::new(margin, 10, 20, 150).unwrap();
        let made: [&dyn Fn() -> Session<Sinusoids>; 4] = [
            &|| cued(rule.clone(), Gaps::LeaveOut),
            &|| cued(rule.clone(), Gaps::Restart),
            &|| cued(rule.clone(), Gaps::Mask),
            &|| free(Gaps::Restart),
        ];
        for new in made {
            let mut session = new();
            let mut next = 1000_u64;
            for happening in &happenings {
                match *happening {
                    Happening::Push { ahead, len, bad, channels } => {
                        let first = next.saturating_add_signed(ahead);
                        let mut values: Vec<f64> =
                            (0..len * channels).map(|at| ((at * 37 + len) % 23) as f64).collect();
                        if bad {
                            values.iter_mut().for_each(|value| *value = f64::NAN);
                        }
                        let epoch = Epoch::from_planar(&values, channels).unwrap();
                        match session.push(first, epoch) {
                            // What is no number counts as lost.
                            Ok(()) | Err(DecodeError::NotFinite { .. }) => next = first + len as u64,
                            Err(_) => {}
                        }
                    }
                    Happening::Event { ahead } => session.event(next.saturating_add_signed(ahead)),
                    Happening::Poll => assert_gap_within_window(session.poll()),
                    Happening::End => session.end(),
                }
            }
            session.end();
            while let Some(outcome) = session.poll() {
                assert_gap_within_window(Some(outcome));
            }
            // Behind the end of all positions nothing can come.
            let Some(far) = next.checked_add(5000).filter(|far| *far < u64::MAX - 5000) else { continue };
            let expected = afterwards(&mut new(), far);
            prop_assert_eq!(afterwards(&mut session, far), expected);
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

#[test]
fn hostile_cues_and_samples_are_refused() {
    let mut session = fixed(Gaps::LeaveOut);
    (0..2000).for_each(|_| session.event(u64::MAX));
    let crowded = all(&mut session);
    assert!(crowded.iter().all(|told| told.verdict == Err(LeftOut::Crowded(1024))));
    assert_eq!(crowded.len(), 2000 - 1024);
    let good = [1.0, 2.0, 3.0, 4.0];
    let good = Epoch::from_planar(&good, 2).unwrap();
    session.push(u64::MAX - 4, good).unwrap();
    assert!(matches!(session.push(5, good), Err(DecodeError::Signal(_))));
    assert!(matches!(session.push(u64::MAX, good), Err(DecodeError::Signal(_))));
    let bad = [1.0, f64::NAN];
    let bad = Epoch::from_planar(&bad, 2).unwrap();
    assert!(matches!(session.push(u64::MAX - 2, bad), Err(DecodeError::NotFinite { .. })));
    let one = Epoch::from_planar(&[1.0], 1).map(|one| session.push(0, one));
    assert!(matches!(one, Ok(Err(DecodeError::Shape { .. }))));
    let trials =
        |len| Trials { start: 0, rule: StoppingRule::fixed(len).unwrap(), gaps: Gaps::Mask };
    let built = |channels, rate_hz, trials| {
        Session::cued(None, channels, rate_hz, trials, cca(Span::Growing)).map(|_| ())
    };
    assert!(built(2, RATE_HZ, trials(100)).is_ok());
    assert!(matches!(built(2, RATE_HZ, trials(u64::MAX)), Err(DecodeError::TooLarge { .. })));
    assert!(built(2, 1e300, trials(100)).is_err() && built(2, f64::NAN, trials(100)).is_err());
    assert!(matches!(built(3, RATE_HZ, trials(100)), Err(DecodeError::Shape { .. })));
    let filters = bank().design(RATE_HZ).unwrap();
    let decoder = cca(Span::Growing);
    let built = Session::cued(Some(&filters), usize::MAX, RATE_HZ, trials(100), decoder);
    assert!(matches!(built.map(|_| ()), Err(DecodeError::Shape { .. })));
    // A window that no length measures.
    let mut decoder = cca(Span::Growing);
    decoder.skip(u64::MAX);
    decoder.push(good).unwrap();
    // Gaps beyond all measure, in windows that are masked and in ones that slide.
    let mut masked = fixed(Gaps::Mask);
    masked.event(0);
    let watch = Watch { window: 150, step: 15, gate: Gate::default(), gaps: Gaps::Mask };
    let decoder = cca(Span::Sliding { block: 15, blocks: 10 });
    let mut free = Session::free(None, 2, watch, decoder).unwrap();
    for first in [0, 1 << 40, u64::MAX - 9] {
        masked.push(first, good).unwrap();
        free.push(first, good).unwrap();
    }
    assert_eq!(all(&mut masked).len(), 1);
}

#[test]
fn positions_may_end_within_a_window() {
    let margin = Criterion::Margin(Margin { margins: vec![None; 15] });
    let signal = signal(60);
    let values = chunk(&signal, 0..60);
    for rule in [StoppingRule::new(margin, 10, 10, 150), StoppingRule::fixed(150)] {
        let (mut session, first) = (cued(rule.unwrap(), Gaps::LeaveOut), u64::MAX - 60);
        session.event(first);
        session.push(first, Epoch::from_planar(&values, 2).unwrap()).unwrap();
        assert_eq!(session.poll(), None);
        session.end();
        let left_out = Outcome { cue: Some(first), verdict: Err(LeftOut::Ended(u64::MAX)) };
        assert_eq!(session.poll(), Some(left_out));
    }
}

#[test]
fn what_is_missing_lies_within_the_window() {
    let (signal, mut session) = (signal(300), fixed(Gaps::LeaveOut));
    let push = |session: &mut Session<_>, first: u64, len: usize| {
        let values = chunk(&signal, 0..len);
        session.push(first, Epoch::from_planar(&values, 2).unwrap()).unwrap();
    };
    // The samples of a late cue went with a gap, and the next one follows at once.
    push(&mut session, 0, 200);
    push(&mut session, 300, 0);
    session.event(10);
    push(&mut session, 310, 0);
    assert_eq!(session.poll().unwrap().verdict, Err(LeftOut::Gap(30..180)));
    // A cue long before the first sample behind a gap.
    push(&mut session, 5000, 100);
    session.event(400);
    assert_eq!(session.poll().unwrap().verdict, Err(LeftOut::Gap(420..570)));
}

/// Beyond all numbers, filters would stay there for ever.
#[test]
fn samples_that_filters_cannot_take_are_lost_alone() {
    let (signal, mut session) = (signal(300), fixed(Gaps::LeaveOut));
    let bad = [f64::MAX, -f64::MAX, 1.0, 1.0];
    let bad = session.push(0, Epoch::from_planar(&bad, 2).unwrap());
    assert_eq!(bad, Err(DecodeError::Overflow));
    session.event(10);
    let values = chunk(&signal, 0..300);
    session.push(2, Epoch::from_planar(&values, 2).unwrap()).unwrap();
    assert!(session.poll().unwrap().verdict.is_ok());
}

/// Looks among lost samples find nothing: the best target is not held over them, and the pause after a
/// decision goes by.
#[test]
fn a_masked_gap_is_no_dwell_time() {
    let signal = signal(400);
    let first = |dwell, refractory, after: usize| {
        let gate = Gate { dwell, refractory, ..Gate::default() };
        let watch = Watch { window: 150, step: 15, gate, gaps: Gaps::Mask };
        let decoder = cca(Span::Sliding { block: 15, blocks: 10 });
        let mut session = Session::free(None, 2, watch, decoder).unwrap();
        for (at, part) in [(0, 0..165), (1665, 165..165 + after)] {
            all(&mut session);
            let values = chunk(&signal, part);
            session.push(at, Epoch::from_planar(&values, 2).unwrap()).unwrap();
        }
        session.poll().map(|outcome| outcome.verdict.unwrap().end)
    };
    // Half a window has come after 75 samples.
    assert_eq!(first(1, 0, 150), Some(1665 + 75));
    assert_eq!(first(3, 0, 150), Some(1665 + 75 + 30));
    assert_eq!(first(1, 20, 150), Some(1665 + 75));
}

#[test]
fn watches_that_do_not_fit_the_decoder_are_refused() {
    let built = |window, step, usual: usize, span| {
        let gate = Gate { usual: vec![(0.0, 1.0); usual], ..Gate::default() };
        let watch = Watch { window, step, gate, gaps: Gaps::Restart };
        Session::free(None, 2, watch, cca(span)).map(|_| ())
    };
    let sliding = Span::Sliding { block: 15, blocks: 10 };
    assert!(built(150, 15, 0, sliding).is_ok() && built(150, 30, 3, sliding).is_ok());
    assert!(matches!(built(165, 15, 0, sliding), Err(DecodeError::Setting { .. })));
    assert!(matches!(built(150, 10, 0, sliding), Err(DecodeError::Setting { .. })));
    assert!(matches!(built(150, 15, 0, Span::Growing), Err(DecodeError::Setting { .. })));
    assert!(matches!(built(150, 15, 2, sliding), Err(DecodeError::Shape { .. })));
    let trials = Trials { start: 0, rule: StoppingRule::fixed(150).unwrap(), gaps: Gaps::Mask };
    let cued = Session::cued(None, 2, RATE_HZ, trials, cca(sliding));
    assert!(matches!(cued.map(|_| ()), Err(DecodeError::Setting { .. })));
}
