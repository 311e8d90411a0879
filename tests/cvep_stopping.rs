//! Dynamic stopping on real c-VEP recordings (Thielen et al. 2021), beside what pyntbci reaches.
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

mod common;

use evoked::decode::{Calibration, Method, Preprocess, Settings, Shape};
use evoked::evaluate::itr_bits_per_min;
use evoked::formats::open;
use evoked::online::stopping::{Bayes, Beta, Criterion, Growth, Margin, StoppingRule};
use evoked::online::{Running, Templates};
use evoked::signal::{Samples, Trial, TrialRule};
use evoked::stimulus::Codebook;

const RATE_HZ: f64 = 240.0;
const FOLD: usize = 20;
const STEP: usize = 24;
const STEPS: usize = 42;
/// As likely as makes 95 % of the calibration trials right, held out.
const BEST: &str = "bayes, .95 right";
/// Between two selections.
const PAUSE_S: f64 = 1.0;

struct Subject {
    samples: Samples<f64>,
    trials: Vec<Trial>,
    codebook: Codebook,
}

impl Subject {
    fn growths(&self, decoder: &mut Templates, trials: &[Trial]) -> Vec<Growth> {
        let grow = |trial: &Trial| {
            decoder.restart();
            let step = |step: usize| {
                let first = trial.onset + (step * STEP) as u64;
                decoder.push(self.samples.epoch(first, STEP).unwrap()).unwrap();
                let mut scores = vec![0.0; decoder.targets()];
                decoder.score_into(&mut scores).unwrap();
                scores
            };
            Growth { target: trial.label.unwrap(), steps: (0..STEPS).map(step).collect() }
        };
        trials.iter().map(grow).collect()
    }

    fn fit(&self, trials: &[Trial]) -> Templates {
        let shape =
            Shape { channels: self.samples.channels(), samples: STEP * STEPS, rate_hz: RATE_HZ };
        let calibration =
            Calibration::from_trials(&self.samples, trials, 0, shape, &self.codebook).unwrap();
        Templates::fit(Method::RccaRiseFall, &self.codebook, &calibration, &Settings::default())
            .unwrap()
    }

    /// Scores of trials by decoders fitted to the other of so many parts of them.
    fn held_out(&self, trials: &[Trial], parts: usize) -> Vec<Growth> {
        let mut growths = Vec::new();
        for part in trials.chunks(trials.len().div_ceil(parts)) {
            let others: Vec<Trial> = trials.iter().filter(|t| !part.contains(t)).cloned().collect();
            growths.extend(self.growths(&mut self.fit(&others), part));
        }
        growths
    }
}

/// Accuracy, mean seconds, bits a minute.
fn outcome(stops: &[(bool, f64)]) -> (f64, f64, f64) {
    let count = stops.len() as f64;
    let accuracy = stops.iter().filter(|(right, _)| *right).count() as f64 / count;
    let mean_s = stops.iter().map(|(_, s)| s).sum::<f64>() / count;
    (accuracy, mean_s, itr_bits_per_min(20, accuracy, mean_s + PAUSE_S).unwrap())
}

#[test]
fn margins_stop_as_in_pyntbci_and_a_better_rule_beats_them() {
    let Some(folder) = common::data_dir().map(|dir| dir.join("cvep-thielen2021")) else { return };
    let mut all = std::collections::BTreeMap::new();
    for name in ["sub-01", "sub-02", "sub-03"] {
        let opened = open(folder.join(format!("{name}.npz"))).unwrap();
        let codebook = opened.codebook.unwrap();
        let labels = (0..codebook.len()).map(|k| ((k as u32 + 1).into(), k)).collect();
        let trials = TrialRule { onsets: Vec::new(), labels }.find(&opened.recording, 0);
        let samples = Preprocess::default().apply(&opened.recording.streams()[0]).unwrap();
        let subject = Subject { samples, trials, codebook };
        let mut stops: std::collections::BTreeMap<&str, Vec<(bool, f64)>> = Default::default();
        for fold in subject.trials.chunks(FOLD) {
            let others: Vec<Trial> =
                subject.trials.iter().filter(|t| !fold.contains(t)).cloned().collect();
            let mut decoder = subject.fit(&others);
            let seen = subject.growths(&mut decoder, &others);
            let unseen = subject.held_out(&others, 4);
            let tested = subject.growths(&mut decoder, fold);
            let p = 0.90_f64.powf(1.0 / STEPS as f64);
            let rules = [
                ("margin", Criterion::Margin(Margin::learn(&seen, p).unwrap())),
                ("beta", Criterion::Beta(Beta { probability: p })),
                (BEST, Criterion::Bayes(Bayes::learn_for(&unseen, 0.95).unwrap())),
            ];
            for (name, criterion) in rules {
                let rule =
                    StoppingRule::new(criterion, STEP as u64, STEP as u64, (STEP * STEPS) as u64)
                        .unwrap();
                for trial in &tested {
                    let stopped = trial.steps.iter().enumerate().find_map(|(step, scores)| {
                        let samples = (step + 1) * STEP;
                        rule.stop(samples as u64, scores).map(|stop| (stop, samples))
                    });
                    let (stop, samples) = stopped.unwrap();
                    let right = stop.target == trial.target;
                    stops.entry(name).or_default().push((right, samples as f64 / RATE_HZ));
                }
            }
        }
        for (rule, stops) in stops {
            let (accuracy, mean_s, bits) = outcome(&stops);
            println!("{name} {rule:<18} {accuracy:.2} {mean_s:.2} s {bits:.1} bits/min");
            all.entry(rule).or_insert_with(Vec::new).push((accuracy, mean_s, bits));
        }
    }
    // Of pyntbci, sub-01 … 03, the same protocol: accuracy, seconds, bits a minute.
    let reference = [(0.96, 0.77, 134.0), (0.90, 2.59, 58.5), (0.96, 1.18, 109.0)];
    for (found, reference) in all["margin"].iter().zip(reference) {
        assert!((found.0 - reference.0).abs() < 0.025, "{found:?} {reference:?}");
        assert!(found.1 < reference.1 + 0.05, "{found:?} {reference:?}");
    }
    let mean = |of: &[(f64, f64, f64)], value: fn(&(f64, f64, f64)) -> f64| {
        of.iter().map(value).sum::<f64>() / of.len() as f64
    };
    assert!(mean(&all[BEST], |o| o.0) >= mean(&reference, |o| o.0));
    assert!(mean(&all[BEST], |o| o.2) > mean(&reference, |o| o.2));
    for (rule, of_subjects) in &all {
        let mean = |value| mean(of_subjects, value);
        println!(
            "mean   {rule:<18} {:.3} {:.2} s {:.1} bits/min",
            mean(|o| o.0),
            mean(|o| o.1),
            mean(|o| o.2)
        );
    }
}
