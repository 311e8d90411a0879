//! A session between threads says what it says on one.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

use std::thread;
use std::time::Duration;

use evoked::decode::DecodeError;
use evoked::online::stopping::{Criterion, Margin, StoppingRule};
use evoked::online::{
    Behind, Gaps, LeftOut, Session, Sinusoids, SinusoidsParams, Trials, hand_over,
};
use evoked::signal::{Decision, Epoch};
use evoked::simulate::Random;
use evoked::stimulus::Codebook;

const RATE_HZ: f64 = 250.0;
const SAMPLES: usize = 20_000;

fn session() -> Session<Sinusoids> {
    let codebook = Codebook::sinusoids(&[9.0, 11.0, 13.0]).unwrap();
    let cca = SinusoidsParams::default().build(&codebook, 2, RATE_HZ).unwrap();
    let margin = Margin { margins: vec![Some(0.3); 20] };
    let rule = StoppingRule::new(Criterion::Margin(margin), 25, 50, 250).unwrap();
    let trials = Trials { start: 10, rule, gaps: Gaps::Mask };
    Session::cued(None, 2, RATE_HZ, trials, cca).unwrap()
}

/// Positions and lengths of chunks, some lost.
fn chunks() -> Vec<(usize, usize)> {
    let mut random = Random::new(5);
    let (mut at, mut chunks) = (0, Vec::new());
    while at < SAMPLES {
        let len = (1 + (random.normal().abs() * 8.0) as usize).min(SAMPLES - at);
        if random.normal() < 1.5 {
            chunks.push((at, len));
        }
        at += len;
    }
    chunks
}

fn rows() -> Vec<f64> {
    let mut random = Random::new(6);
    let wave = |n: usize| (std::f64::consts::TAU * 11.0 * n as f64 / RATE_HZ).sin();
    (0..2 * SAMPLES).map(|at| wave(at % SAMPLES) + 2.0 * random.normal()).collect()
}

fn part(rows: &[f64], at: usize, len: usize) -> Vec<f64> {
    [&rows[at..at + len], &rows[SAMPLES + at..SAMPLES + at + len]].concat()
}

type Told = (Option<u64>, Result<Decision, LeftOut>);

#[test]
fn decisions_are_those_of_one_thread() {
    let (rows, chunks) = (rows(), chunks());
    let cues: Vec<u64> = (0..50).map(|k| 400 * k).collect();
    let mut alone = session();
    cues.iter().for_each(|cue| alone.event(*cue));
    for (at, len) in &chunks {
        let values = part(&rows, *at, *len);
        alone.push(*at as u64, Epoch::from_planar(&values, 2).unwrap()).unwrap();
    }
    alone.end();
    let mut expected: Vec<Told> = Vec::new();
    while let Some(outcome) = alone.poll() {
        expected.push((outcome.cue, outcome.verdict.map(|verdict| verdict.to_decision())));
    }
    assert!(expected.iter().filter(|told| told.1.is_ok()).count() > 40);

    let (mut input, worker, mut output) = hand_over(session(), 64);
    let deciding = thread::spawn(move || worker.run(Duration::from_micros(50)));
    let acquiring = thread::spawn(move || {
        for cue in cues {
            input.event(cue).unwrap();
        }
        for (at, len) in chunks {
            let values = part(&rows, at, len);
            let chunk = Epoch::from_planar(&values, 2).unwrap();
            // A ring so small is often full; this thread has time.
            while input.push(at as u64, chunk).is_err() {
                thread::yield_now();
            }
        }
    });
    let mut found: Vec<Told> = Vec::new();
    loop {
        let over = output.is_over();
        while let Some(outcome) = output.poll() {
            found.push((outcome.cue, outcome.verdict.map(|verdict| verdict.to_decision())));
        }
        if over {
            break;
        }
        thread::yield_now();
    }
    acquiring.join().unwrap();
    deciding.join().unwrap().unwrap();
    assert_eq!(found, expected);
}

#[test]
fn what_finds_no_room_is_a_gap() {
    let (mut input, mut worker, mut output) = hand_over(session(), 100);
    let rows = rows();
    let values = part(&rows, 0, 80);
    let chunk = Epoch::from_planar(&values, 2).unwrap();
    input.event(0).unwrap();
    input.push(0, chunk).unwrap();
    assert_eq!(input.push(80, chunk), Err(Behind { room: 20, len: 80 }));
    assert!(worker.work().unwrap());
    assert!(!worker.work().unwrap());
    for at in (160..400).step_by(80) {
        input.push(at, chunk).unwrap();
        worker.work().unwrap();
    }
    let outcome = output.poll().unwrap();
    let verdict = outcome.verdict.unwrap();
    assert_eq!((verdict.missing, verdict.first), (80, 10));
    // Another number of channels never fits, and what the session refuses is said.
    let other = Epoch::from_planar(&[1.0], 1).unwrap();
    assert_eq!(input.push(400, other), Err(Behind { room: 0, len: 1 }));
    let bad = [f64::NAN, 1.0];
    input.push(400, Epoch::from_planar(&bad, 2).unwrap()).unwrap();
    assert!(matches!(worker.work(), Err(DecodeError::NotFinite { .. })));
    input.push(401, chunk).unwrap();
    assert!(worker.work().unwrap());
    assert!(output.poll().is_none() && !output.is_over());
    drop(worker);
    assert!(output.is_over());
}

/// More outcomes than are polled in time, all of them at once.
#[test]
fn what_still_waits_at_the_end_is_told() {
    let (mut input, worker, mut output) = hand_over(session(), 100);
    (0..1000).for_each(|k| input.event(400 * k).unwrap());
    drop(input);
    worker.run(Duration::ZERO).unwrap();
    let told = std::iter::from_fn(|| output.poll().map(|outcome| outcome.cue.unwrap()));
    assert!(told.eq((0..1000).map(|k| 400 * k)));
}

#[test]
fn nothing_piles_up_where_nobody_asks() {
    let (mut input, mut worker, output) = hand_over(session(), 100);
    drop(output);
    (0..3000).for_each(|_| input.event(0).unwrap());
    assert!(worker.work().unwrap());
    assert!(worker.session().poll().is_none());
}

#[test]
fn rings_have_an_end() {
    let (mut input, mut worker, _output) = hand_over(session(), usize::MAX);
    input.push(0, Epoch::from_planar(&[1.0, 2.0], 2).unwrap()).unwrap();
    assert!(worker.work().unwrap());
}

/// A chunk that is refused is a gap, and said at the end; the trials behind it are decided.
#[test]
fn a_refused_chunk_does_not_end_the_work() {
    let (mut input, worker, mut output) = hand_over(session(), 2000);
    let rows = rows();
    input.event(100).unwrap();
    input.push(0, Epoch::from_planar(&[f64::NAN, 1.0], 2).unwrap()).unwrap();
    let values = part(&rows, 1, 500);
    input.push(1, Epoch::from_planar(&values, 2).unwrap()).unwrap();
    drop(input);
    assert!(matches!(worker.run(Duration::ZERO), Err(DecodeError::NotFinite { .. })));
    assert!(output.poll().unwrap().verdict.is_ok());
}
