//! Whatever happens to a live session, it says what it could not use, and goes on behind it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

#[path = "common/sessions.rs"]
mod sessions;

use evoked::decode::DecodeError;
use evoked::online::stopping::{Criterion, Margin, StoppingRule};
use evoked::online::{
    Gaps, Gate, LeftOut, Outcome, Running, Session, Sinusoids, Span, Trials, Watch,
};
use evoked::signal::Epoch;
use proptest::prelude::*;
use sessions::*;

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
