//! Recordings that are replayed through live sessions: what is decided, what it rests on, and what
//! happens at rest.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

use std::ops::Range;

use evoked::decode::{Direction, FilterBank, Method, Preprocess, Settings, Shape, decode_trials};
use evoked::dsp::{BandPass, Family};
use evoked::evaluate::{EvaluateError, Margins, Replay, Split, Stopping, Subject, Watching};
use evoked::online::Statistic;
use evoked::signal::{Recording, Trial};
use evoked::simulate::{SessionParams, Simulated, Strength};
use evoked::stimulus::{Codebook, Modulation, Target};

const FREQUENCIES_HZ: [f64; 3] = [9.0, 11.0, 13.0];

fn codebook() -> Codebook {
    Codebook::sinusoids(&FREQUENCIES_HZ).unwrap()
}

fn with_rest() -> Codebook {
    // Rest stands in the middle, so that places shift.
    let mut targets = codebook().targets().to_vec();
    targets.insert(1, Target { label: "rest".into(), event: None, modulation: Modulation::Blank });
    Codebook::new(targets).unwrap()
}

fn bank() -> FilterBank {
    let family = Family::Butterworth;
    FilterBank::single(BandPass { family, order: 4, low_hz: 4.0, high_hz: 60.0 })
}

fn simulated(snr: f64, losses_per_min: f64) -> Simulated {
    let params = SessionParams {
        channels: ["O1", "Oz", "O2"].map(String::from).to_vec(),
        blocks: 12,
        trial_s: 3.0,
        strength: Strength::Snr(snr),
        rest_s: 12.0,
        losses_per_min,
        seed: 3,
        ..SessionParams::default()
    };
    params.simulate(&codebook()).unwrap()
}

/// All trials of one stream, in four sessions.
fn subject<'a>(recording: &'a Recording, trials: &[Trial], ends: &[u64]) -> Subject<'a> {
    let stream = &recording.streams()[0];
    let count = trials.len();
    let sessions: Vec<usize> = (0..count).map(|place| 4 * place / count).collect();
    let mut subject = Subject::new(Margins::default());
    subject.add(stream, &[0, 1, 2], trials, ends, &sessions).unwrap();
    subject
}

fn replay(codebook: &Codebook, stopping: Vec<Stopping>) -> Replay<'_> {
    Replay {
        codebook,
        method: Method::Cca,
        settings: Settings::default(),
        bank: Some(bank()),
        notch_hz: None,
        start_s: 0.14,
        step_s: 0.1,
        earliest_s: 0.2,
        latest_s: 2.5,
        stopping,
        split: Split::LeaveOneSessionOut,
    }
}

fn ends(simulated: &Simulated) -> Vec<u64> {
    let samples = (3.0 * simulated.recording.streams()[0].rate_hz()) as u64;
    simulated.truth.iter().map(|trial| trial.onset + samples).collect()
}

/// The same decisions as those of whole epochs, on a recording with losses.
#[test]
fn fixed_windows_are_decided_as_epochs_of_the_recording() {
    let simulated = simulated(0.15, 6.0);
    let codebook = codebook();
    let subject = subject(&simulated.recording, &simulated.truth, &ends(&simulated));
    let replayed = replay(&codebook, vec![Stopping::Fixed]).run(&subject).unwrap();
    let stream = &simulated.recording.streams()[0];
    let preprocess =
        Preprocess { bank: Some(bank()), direction: Direction::Causal, ..Preprocess::default() };
    let filtered = preprocess.apply(stream).unwrap();
    let rate_hz = stream.rate_hz();
    let shape = Shape::of_window(3, 2.5, rate_hz);
    let decoder = Method::Cca.build(&codebook, shape, &Settings::default()).unwrap();
    let start = (0.14 * rate_hz).round() as u64;
    let expected = decode_trials(decoder.as_ref(), &filtered, &simulated.truth, start);
    let (mut decided, mut left_out) = (0, 0);
    let stops = subject.trials().iter().zip(&replayed.rules[0].stops);
    for ((trial, expected), (cut, stop)) in simulated.truth.iter().zip(expected).zip(stops) {
        match (stop, expected) {
            (Ok(stop), Ok(expected)) => {
                assert_eq!((stop.truth, stop.target), (trial.label.unwrap(), expected.target));
                assert!(stop.forced && (stop.window_s - 2.5).abs() < 1e-9);
                decided += 1;
            }
            // An onset in a gap bounds no stretch, though its window may start behind the gap.
            (Err(_), expected) if expected.is_err() || cut.own.is_empty() => left_out += 1,
            (stop, expected) => unreachable!("{stop:?} {expected:?}"),
        }
    }
    assert!(decided > 10 && left_out > 0, "{decided} {left_out}");
    // What is decided at each look is what the growths say at the last.
    let last = replayed.looks_s.len() - 1;
    assert_eq!(replayed.fixed(last), replayed.rules[0].accuracy());
}

/// Other labels of the tested session change nothing that is decided in it, nor when.
#[test]
fn rules_are_learned_from_other_sessions_only() {
    let simulated = simulated(0.2, 0.0);
    let codebook = codebook();
    let rules = || vec![Stopping::Bayes { accuracy: 0.9 }, Stopping::Margin { accuracy: 0.9 }];
    let run = |trials: &[Trial]| {
        let subject = subject(&simulated.recording, trials, &ends(&simulated));
        replay(&codebook, rules()).run(&subject).unwrap()
    };
    let plain = run(&simulated.truth);
    let mut turned = simulated.truth.clone();
    // The first quarter is the first session.
    for trial in &mut turned[..9] {
        trial.label = trial.label.map(|label| (label + 1) % 3);
    }
    let other = run(&turned);
    for (plain, other) in plain.rules.iter().zip(&other.rules) {
        let mut early = 0;
        for (a, b) in plain.stops[..9].iter().zip(&other.stops[..9]) {
            let (a, b) = (a.as_ref().unwrap(), b.as_ref().unwrap());
            assert_eq!((a.target, a.window_s, a.forced), (b.target, b.window_s, b.forced));
            early += usize::from(!a.forced);
        }
        assert!(early > 0);
        // In the others the rules were learned from wrong labels, too.
        assert_ne!(plain.stops[9..], other.stops[9..]);
    }
}

/// A decoder knows the trials that it was fitted to only too well: of noise alone, rules learned from
/// them would be sure at once. Those learned from trials that were held out wait to the end.
#[test]
fn rules_are_learned_from_trials_that_the_decoder_does_not_know() {
    let noise = simulated(0.0, 0.0);
    let codebook = codebook();
    let subject = subject(&noise.recording, &noise.truth, &ends(&noise));
    let stopping = vec![Stopping::Bayes { accuracy: 0.9 }];
    let replay = Replay { method: Method::ETrca, ..replay(&codebook, stopping) };
    let replayed = replay.run(&subject).unwrap();
    let stops: Vec<_> = replayed.rules[0].stops.iter().map(|stop| stop.as_ref().unwrap()).collect();
    let forced = stops.iter().filter(|stop| stop.forced).count();
    assert!(stops.len() == 36 && forced >= 27, "{forced}");
}

/// Trials and no-control periods, as trials of a codebook with rest.
fn with_no_control(simulated: &Simulated) -> (Vec<Trial>, Vec<u64>) {
    let place = |label: usize| if label == 0 { 0 } else { label + 1 };
    let targets = simulated
        .truth
        .iter()
        .zip(ends(simulated))
        .map(|(trial, end)| (Trial { onset: trial.onset, label: trial.label.map(place) }, end));
    let rest = simulated
        .no_control
        .iter()
        .map(|Range { start, end }| (Trial { onset: *start, label: Some(1) }, *end));
    let mut all: Vec<(Trial, u64)> = targets.chain(rest).collect();
    all.sort_by_key(|(trial, _)| trial.onset);
    all.into_iter().unzip()
}

fn watching(codebook: &Codebook) -> Watching<'_> {
    Watching {
        codebook,
        statistic: Statistic::Cca,
        settings: Settings::default(),
        bank: Some(bank()),
        notch_hz: None,
        window_s: 1.5,
        step_s: 0.1,
        dwell_s: 0.2,
        refractory_s: 1.0,
        activations_per_min: 2.0,
        split: Split::LeaveOneSessionOut,
    }
}

#[test]
fn without_cues_targets_are_found_and_rest_stays_rest() {
    let codebook = with_rest();
    let strong = simulated(0.8, 0.0);
    let (trials, ends) = with_no_control(&strong);
    let watched = watching(&codebook).run(&subject(&strong.recording, &trials, &ends)).unwrap();
    let trials_of_targets = watched.hits + watched.wrong + watched.missed;
    assert_eq!(trials_of_targets, 36);
    assert!(watched.hits >= 32, "{watched:?}");
    assert!(watched.hit_s.iter().all(|s| *s > 0.0 && *s <= 3.5), "{watched:?}");
    // Twelve periods of 12 s, and margins, less the window at the start of each.
    assert!((120.0..160.0).contains(&watched.rest_s), "{watched:?}");
    // Of a rate of 2 a minute five are expected; more than 13 come once in a thousand times.
    assert!(watched.false_activations <= 13, "{watched:?}");

    // Without a response there is nothing to find.
    let none = simulated(0.0, 0.0);
    let (trials, ends) = with_no_control(&none);
    let watched = watching(&codebook).run(&subject(&none.recording, &trials, &ends)).unwrap();
    assert!(watched.hits <= 12, "{watched:?}");
}

/// In cued trials rest has no part, and places are those of the targets that show something.
#[test]
fn rest_is_left_out_of_cued_trials() {
    let simulated = simulated(0.8, 0.0);
    let (trials, ends) = with_no_control(&simulated);
    let codebook = with_rest();
    let of_all = subject(&simulated.recording, &trials, &ends);
    let replayed = replay(&codebook, vec![Stopping::Fixed]).run(&of_all).unwrap();
    let accuracy = replayed.rules[0].accuracy();
    assert_eq!(accuracy.total, 36);
    assert!(accuracy.right >= 34, "{accuracy:?}");
    let rest = trials.iter().zip(&replayed.rules[0].stops).filter(|(t, _)| t.label == Some(1));
    assert!(rest.clone().count() == 12 && rest.clone().all(|(_, stop)| stop.is_err()));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let simulated = simulated(0.2, 0.0);
    let codebook = codebook();
    let subject = subject(&simulated.recording, &simulated.truth, &ends(&simulated));
    let refused = |change: &dyn Fn(&mut Replay<'_>)| {
        let mut replay = replay(&codebook, vec![Stopping::Fixed]);
        change(&mut replay);
        replay.run(&subject).unwrap_err()
    };
    let setting = |error| matches!(error, EvaluateError::Setting { .. });
    assert!(setting(refused(&|replay| replay.step_s = 0.0)));
    assert!(setting(refused(&|replay| replay.start_s = f64::NAN)));
    assert!(setting(refused(&|replay| replay.latest_s = f64::INFINITY)));
    assert!(setting(refused(&|replay| replay.earliest_s = 3.0)));
    assert!(setting(refused(&|replay| replay.step_s = 1e-300)));
    let error = refused(&|replay| replay.method = Method::Whitened);
    assert!(error.to_string().contains("cca, msi, mec"), "{error}");
    let error = refused(&|replay| {
        replay.stopping = vec![Stopping::Bayes { accuracy: 0.9 }];
        replay.split = Split::Untrained;
    });
    assert!(matches!(error, EvaluateError::NeedsSplit { .. }));
    // A codebook without rest, and no trials at rest.
    assert!(watching(&codebook).run(&subject).is_err());
    let mut targets = codebook.targets().to_vec();
    targets.push(Target { label: "rest".into(), event: None, modulation: Modulation::Blank });
    let never_shown = Codebook::new(targets).unwrap();
    let error = watching(&never_shown).run(&subject).unwrap_err();
    assert!(error.to_string().contains("rest"), "{error}");
}
