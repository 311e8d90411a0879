//! Real c-VEP recordings (Thielen et al. 2021): reconvolution and templates decide as they do in
//! pyntbci; whitened reconvolution decides better, and starts with few trials or none.
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

mod common;

use std::path::Path;

use evoked::decode::cvep::{
    EccaParams, EventModel, RccaParams, ReconvolutionParams, ZeroTraining, ZeroTrainingParams,
};
use evoked::decode::{Calibration, Decoder, Scratch, Shape};
use evoked::formats::open;
use evoked::signal::{Decision, Samples, Trial, TrialRule};
use evoked::stimulus::Codebook;
use serde_json::Value;

const RATE_HZ: f64 = 240.0;
const WINDOWS_S: [&str; 5] = ["0.525", "1.05", "2.1", "4.2", "10.5"];
/// Trials of a fold, in the order of time.
const FOLD: usize = 20;
const TRIAL_LEN: usize = 2520;

struct Subject {
    samples: Samples<f64>,
    trials: Vec<Trial>,
    codebook: Codebook,
}

impl Subject {
    fn open(path: &Path) -> Self {
        let opened = open(path).unwrap();
        let stream = &opened.recording.streams()[0];
        assert_eq!(stream.rate_hz(), RATE_HZ);
        let codebook = opened.codebook.unwrap();
        let labels = (0..codebook.len()).map(|k| ((k as u32 + 1).into(), k)).collect();
        let trials = TrialRule { onsets: Vec::new(), labels }.find(&opened.recording, 0);
        assert_eq!(trials.len(), 5 * FOLD);
        let preprocess = evoked::decode::Preprocess::default();
        Self { samples: preprocess.apply(stream).unwrap(), trials, codebook }
    }

    fn calibration(&self, trials: &[Trial], samples: usize) -> Calibration {
        let shape = Shape { channels: self.samples.channels(), samples, rate_hz: RATE_HZ };
        Calibration::from_trials(&self.samples, trials, 0, shape, &self.codebook).unwrap()
    }

    /// The decision on every trial, by decoders fitted to the trials of the other folds.
    fn decisions<D: Decoder>(
        &self,
        trained: usize,
        fit: impl Fn(&Codebook, &Calibration) -> D,
    ) -> Vec<usize> {
        self.decisions_from(usize::MAX, trained, fit)
    }

    /// The same, of decoders fitted to the first so many trials of the other folds.
    fn decisions_from<D: Decoder>(
        &self,
        most: usize,
        trained: usize,
        fit: impl Fn(&Codebook, &Calibration) -> D,
    ) -> Vec<usize> {
        let mut decisions = Vec::new();
        for fold in self.trials.chunks(FOLD) {
            let others: Vec<Trial> =
                self.trials.iter().filter(|trial| !fold.contains(trial)).cloned().collect();
            let decoder =
                fit(&self.codebook, &self.calibration(&others[..most.min(others.len())], trained));
            let mut scratch = Scratch::default();
            let mut scores = vec![0.0; decoder.targets()];
            for trial in fold {
                let epoch = self.samples.epoch(trial.onset, decoder.shape().samples).unwrap();
                decoder.score_into(epoch, &mut scores, &mut scratch).unwrap();
                decisions.push(Decision::from_scores(scores.clone(), 0, 1).unwrap().target);
            }
        }
        decisions
    }

    fn right(&self, decisions: &[usize]) -> usize {
        self.trials.iter().zip(decisions).filter(|(t, d)| t.label == Some(**d)).count()
    }
}

fn decisions(subject: &Subject, method: &str, trained: usize, window: usize) -> Vec<usize> {
    let window = Some(window);
    let events = match method {
        "rCCA duration" => EventModel::Duration,
        "rCCA refe" => EventModel::RiseFall,
        _ => {
            let params = EccaParams { window, ..EccaParams::default() };
            return subject.decisions(trained, |book, trials| params.fit(book, trials).unwrap());
        }
    };
    let params = RccaParams { events, window, ..RccaParams::default() };
    subject.decisions(trained, |book, trials| params.fit(book, trials).unwrap())
}

#[test]
fn recordings_are_decided_as_in_pyntbci() {
    let Some(folder) = common::data_dir() else { return };
    let stored = folder.join("../peers/cvep_pyntbci.json");
    let Ok(text) = std::fs::read_to_string(&stored) else {
        println!("skipped: no {}", stored.display());
        return;
    };
    let reference: Value = serde_json::from_str(&text).unwrap();
    let (mut equal, mut total) = (0, 0);
    for (name, methods) in reference.as_object().unwrap() {
        let path = folder.join("cvep-thielen2021").join(name).with_extension("npz");
        let subject = Subject::open(&path);
        for (method, modes) in methods.as_object().unwrap() {
            for (mode, window_s) in ["same", "full"].iter().flat_map(|m| WINDOWS_S.map(|w| (m, w)))
            {
                let window = (window_s.parse::<f64>().unwrap() * RATE_HZ).round() as usize;
                let trained = if *mode == "same" { window } else { TRIAL_LEN };
                let found = decisions(&subject, method, trained, window);
                let theirs: Vec<usize> =
                    serde_json::from_value(modes[mode][window_s]["predictions"].clone()).unwrap();
                let same = found.iter().zip(&theirs).filter(|(a, b)| a == b).count();
                let (ours, expected) = (subject.right(&found), subject.right(&theirs));
                println!(
                    "{name} {method} {mode} {window_s}: {ours} right, {expected} in pyntbci, {same} equal"
                );
                assert!(ours.abs_diff(expected) <= 1, "{name} {method} {mode} {window_s}");
                (equal, total) = (equal + same, total + found.len());
            }
        }
    }
    println!("{equal} of {total} equal");
    assert!(equal * 100 >= total * 98);
}

/// Right decisions of three subjects with 100 trials each.
fn right_of_all(folder: &Path, decide: impl Fn(&Subject) -> Vec<usize>) -> Vec<usize> {
    ["sub-01", "sub-02", "sub-03"]
        .map(|name| {
            let path = folder.join("cvep-thielen2021").join(name).with_extension("npz");
            let subject = Subject::open(&path);
            subject.right(&decide(&subject))
        })
        .to_vec()
}

#[test]
fn whitened_reconvolution_decides_better() {
    let Some(folder) = common::data_dir() else { return };
    // What rCCA of pyntbci decides right at the better of its two event models.
    for (window, trained, pyntbci, least) in
        [(252, 252, 227, 237), (504, 504, 285, 288), (252, TRIAL_LEN, 225, 250)]
    {
        let params = ReconvolutionParams { window: Some(window), ..ReconvolutionParams::default() };
        let right = right_of_all(&folder, |subject| {
            subject.decisions(trained, |book, trials| params.fit(book, trials).unwrap())
        });
        println!(
            "window {window}, trained on {trained}: {right:?} right, pyntbci {pyntbci} of 300"
        );
        assert!(right.iter().sum::<usize>() >= least, "{right:?}");
    }
}

fn zero_training(subject: &Subject) -> ZeroTraining {
    let shape = Shape { channels: subject.samples.channels(), samples: 1008, rate_hz: RATE_HZ };
    ZeroTrainingParams::default().build(&subject.codebook, shape).unwrap()
}

#[test]
fn one_and_two_trials_are_enough_to_start_with() {
    let Some(folder) = common::data_dir() else { return };
    // rCCA of pyntbci with shrinkage: .53 .19 .41 and .97 .20 .70.
    for (trials, pyntbci) in [(1, [53, 19, 41]), (2, [97, 20, 70])] {
        let right = right_of_all(&folder, |subject| {
            subject.decisions_from(trials, 1008, |_, calibration| {
                let mut decoder = zero_training(subject);
                decoder.learn_all(calibration, &mut Scratch::default()).unwrap();
                decoder
            })
        });
        println!("{trials} trials: {right:?} right, {pyntbci:?} in pyntbci");
        assert!(right.iter().zip(pyntbci).all(|(ours, theirs)| *ours >= theirs), "{right:?}");
        assert!(right.iter().sum::<usize>() >= 240, "{right:?}");
    }
}

#[test]
fn no_trial_at_all_is_enough_at_four_seconds() {
    let Some(folder) = common::data_dir() else { return };
    let right = right_of_all(&folder, |subject| {
        let mut decoder = zero_training(subject);
        let (mut scores, mut scratch) = (vec![0.0; decoder.targets()], Scratch::default());
        let decide = |trial: &Trial| {
            let epoch = subject.samples.epoch(trial.onset, 1008).unwrap();
            decoder.score_and_adapt(epoch, &mut scores, &mut scratch).unwrap();
            Decision::from_scores(scores.clone(), 0, 1).unwrap().target
        };
        subject.trials.iter().map(decide).collect()
    });
    println!("{right:?} of 100 each");
    assert!(right.iter().all(|&right| right >= 90), "{right:?}");
}
