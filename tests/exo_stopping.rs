//! Dynamic stopping on real SSVEP recordings: rules learned from a user's other sessions beat the best
//! fixed window, chosen with hindsight.
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

mod common;

use evoked::decode::{FilterBank, Method, Settings};
use evoked::dsp::{BandPass, Family};
use evoked::evaluate::{
    Margins, Replay, Replayed, Split, Stopping, Subject, itr_bits_per_min, session_numbers,
};
use evoked::formats::open;
use evoked::signal::TrialRule;

/// Of LEDs that go on when the trial starts the gaze needs a second to arrive.
const START_S: f64 = 1.0;
/// Between the end of a window and the next cue.
const PAUSE_S: f64 = 0.5;
const SUBJECTS: usize = 8;

fn replay(subject: usize, banked: bool) -> Option<Replayed> {
    let folder = common::data_dir()?.join("ssvep-exo/npz");
    let opened = open(folder.join(format!("subject{subject:02}.npz"))).unwrap();
    let (recording, codebook) = (opened.recording, opened.codebook.unwrap());
    let labels = (0..codebook.len()).map(|k| ((k as u32 + 1).into(), k)).collect();
    let mut trials = TrialRule { onsets: Vec::new(), labels }.find(&recording, 0);
    trials.retain(|trial| trial.label.is_some());
    let sessions = session_numbers(&recording, &trials);
    let stream = &recording.streams()[0];
    let ends: Vec<u64> = trials.iter().map(|trial| trial.onset + 5 * 256).collect();
    let rows: Vec<usize> = (0..stream.channels().len()).collect();
    let mut all = Subject::new(Margins::default());
    all.add(stream, &rows, &trials, &ends, &sessions).unwrap();
    let bank = match banked {
        true => FilterBank::chen(5, 8.0, 90.0),
        false => {
            let family = Family::Butterworth;
            FilterBank::single(BandPass { family, order: 4, low_hz: 4.0, high_hz: 60.0 })
        }
    };
    let weights = if banked { bank.weights().to_vec() } else { Vec::new() };
    let replay = Replay {
        codebook: &codebook,
        method: Method::Cca,
        settings: Settings { weights, ..Settings::default() },
        bank: Some(bank),
        notch_hz: None,
        start_s: START_S,
        step_s: 0.125,
        earliest_s: 0.25,
        latest_s: 4.0,
        stopping: vec![
            Stopping::Fixed,
            Stopping::Bayes { accuracy: 0.95 },
            Stopping::Unlabelled { accuracy: 0.95 },
        ],
        split: Split::LeaveOneSessionOut,
    };
    Some(replay.run(&all).unwrap())
}

fn bits_per_min(accuracy: f64, window_s: f64) -> f64 {
    itr_bits_per_min(3, accuracy, START_S + window_s + PAUSE_S).unwrap()
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    values.sum::<f64>() / SUBJECTS as f64
}

#[test]
fn windows_that_grow_beat_the_best_fixed_one() {
    for banked in [false, true] {
        let subjects: Vec<Replayed> =
            (1..=SUBJECTS).map_while(|subject| replay(subject, banked)).collect();
        if subjects.is_empty() {
            return;
        }
        let looks = subjects[0].looks_s.clone();
        let fixed = |look: usize| {
            let accuracy = |subject: &Replayed| subject.fixed(look).rate().unwrap();
            let rate = |subject| bits_per_min(accuracy(subject), looks[look]);
            (mean(subjects.iter().map(rate)), mean(subjects.iter().map(accuracy)), looks[look])
        };
        let best = (0..looks.len()).map(fixed).max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        let of_rule = |rule: usize| {
            let accuracy = |s: &Replayed| s.rules[rule].accuracy().rate().unwrap();
            let window_s = |s: &Replayed| s.rules[rule].mean_window_s().unwrap();
            let rate = |s| bits_per_min(accuracy(s), window_s(s));
            let means = [mean(subjects.iter().map(rate)), mean(subjects.iter().map(accuracy))];
            (means[0], means[1], mean(subjects.iter().map(window_s)))
        };
        let (whole, grown, unlabelled) = (of_rule(0), of_rule(1), of_rule(2));
        let name = if banked { "fbcca" } else { "cca" };
        for (rule, (rate, accuracy, window_s)) in
            [("longest", whole), ("best fixed", best), ("bayes", grown), ("unlabelled", unlabelled)]
        {
            println!("{name} {rule:<10} {accuracy:.3} {window_s:.2} s {rate:.2} bits/min");
        }
        assert!(grown.0 > best.0, "{name}: {grown:?}, best fixed {best:?}");
        // Nobody knew what was looked at, and it still is quicker than the longest window.
        assert!(unlabelled.0 > whole.0 && unlabelled.1 > whole.1 - 0.1, "{name}: {unlabelled:?}");
        // The session decides the longest window as the growths say.
        let last = fixed(looks.len() - 1);
        assert!((whole.0 - last.0).abs() < 1e-9 && (whole.1 - last.1).abs() < 1e-9);
        let trials: usize = subjects.iter().map(|s| s.rules[1].accuracy().total).sum();
        assert_eq!(trials, 384);
    }
}
