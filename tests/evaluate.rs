//! What an evaluation promises: trials share nothing, figures follow from the decisions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use evoked::decode::{Direction, FilterBank, Method, Preprocess, Settings};
use evoked::dsp::{BandPass, Family};
use evoked::evaluate::{EvaluateError, Filtered, Limit, Margins, Plan, Scope, Split, Subject};
use evoked::signal::{Channel, Recording, Samples, Stream, Trial};
use evoked::simulate::{SessionParams, Strength};
use evoked::stimulus::Codebook;
use proptest::prelude::*;

const RATE_HZ: f64 = 200.0;
const TRIAL: u64 = 300;

/// Six trials with short rests, and where they end.
fn shown() -> (Vec<Trial>, Vec<u64>) {
    let trials: Vec<Trial> =
        (0..6).map(|k| Trial { onset: 150 + k * 380, label: Some(k as usize % 2) }).collect();
    let ends = trials.iter().map(|trial| trial.onset + TRIAL).collect();
    (trials, ends)
}

fn stream(planar: Vec<f32>) -> Stream {
    let samples = Samples::from_planar(2, planar).unwrap();
    Stream::new("EEG", RATE_HZ, ["O1", "O2"].map(Channel::microvolts).to_vec(), samples).unwrap()
}

/// The epochs of all trials.
fn epochs(planar: Vec<f32>, scope: Scope, direction: Direction) -> Vec<Vec<f64>> {
    let stream = stream(planar);
    let (trials, ends) = shown();
    let mut subject = Subject::new(Margins::default());
    subject.add(&stream, &[0, 1], &trials, &ends, &[0; 6]).unwrap();
    let band = BandPass { family: Family::Butterworth, order: 4, low_hz: 4.0, high_hz: 60.0 };
    let bank = Some(FilterBank::single(band));
    let preprocess = Preprocess { bank, direction, ..Preprocess::default() };
    let filtered = Filtered::new(&subject, &preprocess, scope, 20..220).unwrap();
    let epoch = |trial| filtered.epoch(trial, 20, 200).unwrap().rows().flatten().copied().collect();
    (0..6).map(epoch).collect()
}

fn noise(seed: u64) -> Vec<f32> {
    let mut random = evoked::simulate::Random::new(seed);
    (0..5000).map(|_| 10.0 * random.normal() as f32).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever happens during one trial, the epochs of the others stay the same, bit for bit.
    #[test]
    fn no_sample_of_a_trial_gets_into_another(
        seed in any::<u64>(), trial in 0..6_usize, offset in 0..TRIAL as usize, causal in any::<bool>(),
    ) {
        let direction = if causal { Direction::Causal } else { Direction::ZeroPhase };
        let calm = noise(seed);
        let mut struck = calm.clone();
        struck[shown().0[trial].onset as usize + offset] += 5000.0;
        for scope in [Scope::Trial, Scope::Window] {
            let before = epochs(calm.clone(), scope, direction);
            let after = epochs(struck.clone(), scope, direction);
            for other in (0..6).filter(|other| *other != trial) {
                prop_assert_eq!(&before[other], &after[other]);
            }
            if scope == Scope::Window {
                let seen = (20..220).contains(&offset);
                prop_assert_eq!(before[trial] != after[trial], seen);
            }
        }
    }
}

/// The documented leak of filtering whole recordings, which the other scopes do not have.
#[test]
fn a_filter_over_the_recording_carries_a_trial_into_its_neighbours() {
    let calm = noise(3);
    let mut struck = calm.clone();
    struck[shown().0[2].onset as usize + 290] += 5000.0;
    let before = epochs(calm, Scope::Recording, Direction::ZeroPhase);
    let after = epochs(struck, Scope::Recording, Direction::ZeroPhase);
    assert_ne!(before[3], after[3]);
}

fn simulated(seed: u64, snr: f64) -> (Recording, Vec<Trial>, Codebook) {
    let codebook = Codebook::sinusoids(&[9.0, 11.0, 13.0]).unwrap();
    let strength = Strength::Snr(snr);
    let params = SessionParams { blocks: 4, trial_s: 2.0, strength, seed, ..Default::default() };
    let simulated = params.simulate(&codebook).unwrap();
    (simulated.recording, simulated.truth, codebook)
}

fn plan(codebook: &Codebook, method: Method) -> Plan<'_> {
    Plan {
        codebook,
        method,
        settings: Settings::default(),
        preprocess: Preprocess::default(),
        scope: Scope::default(),
        start_s: 0.14,
        windows_s: vec![0.5, 2.0, 60.0],
        split: Split::LeaveOneBlockOut,
        limits: Vec::new(),
    }
}

#[test]
fn figures_follow_from_the_decisions_and_what_is_left_out_is_said() {
    let (recording, truth, codebook) = simulated(5, 0.05);
    let ends: Vec<u64> = truth.iter().map(|trial| trial.onset + 500).collect();
    let mut unlabelled = truth.clone();
    unlabelled[3].label = None;
    let mut subject = Subject::new(Margins::default());
    let stream = &recording.streams()[0];
    subject.add(stream, &[5, 6, 7, 8], &unlabelled, &ends, &[0; 12]).unwrap();
    assert_eq!((subject.trials().len(), subject.unlabelled()), (11, 1));
    for method in Method::FREQUENCIES.into_iter().filter(|method| !method.needs_calibration()) {
        let outcomes = plan(&codebook, method).run(&subject).unwrap();
        for outcome in &outcomes[..2] {
            let Ok(decided) = &outcome.result else { continue };
            let pairs = subject.trials().iter().zip(&decided.decisions);
            let right = pairs.filter(|(cut, decision)| **decision == Some(cut.target)).count();
            let accuracy = decided.confusion.accuracy();
            let counted = decided.decisions.iter().flatten().count();
            assert_eq!((accuracy.right, accuracy.total), (right, counted), "{method}");
            assert_eq!(counted + decided.left_out.len(), 11, "{method}");
            let rates = (0..3).map(|target| {
                let own = |k: usize| decided.confusion.count(target, k);
                own(target) as f64 / (own(0) + own(1) + own(2)) as f64
            });
            let balanced = rates.sum::<f64>() / 3.0;
            assert!((decided.confusion.balanced_accuracy().unwrap() - balanced).abs() < 1e-12);
        }
        // A window longer than the trials decides nothing, and says so for each.
        if let Ok(decided) = &outcomes[2].result {
            assert_eq!((decided.left_out.len(), decided.confusion.accuracy().total), (11, 0));
        }
        assert_eq!(outcomes, plan(&codebook, method).run(&subject).unwrap(), "{method}");
    }
}

#[test]
fn every_calibrated_method_is_trained_on_what_the_split_and_the_limit_leave() {
    let (recording, truth, codebook) = simulated(6, 1.0);
    let ends: Vec<u64> = truth.iter().map(|trial| trial.onset + 500).collect();
    let mut subject = Subject::new(Margins::default());
    let stream = &recording.streams()[0];
    subject.add(stream, &[5, 6, 7, 8], &truth, &ends, &[0; 12]).unwrap();
    for method in Method::FREQUENCIES.into_iter().filter(|method| method.needs_calibration()) {
        let untrained = Plan { split: Split::Untrained, ..plan(&codebook, method) }.run(&subject);
        assert!(matches!(untrained, Err(EvaluateError::NeedsSplit { .. })), "{method}");
        let sessions = Plan { split: Split::LeaveOneSessionOut, ..plan(&codebook, method) };
        assert!(matches!(sessions.run(&subject), Err(EvaluateError::Split { .. })), "{method}");
        let limits = vec![None, Some(Limit::Blocks(2))];
        let limited = Plan { limits, windows_s: vec![1.0], ..plan(&codebook, method) };
        let outcomes = limited.run(&subject).unwrap();
        let trained = |place: usize| outcomes[place].result.as_ref().ok().map(|d| d.trained_on);
        assert_eq!(trained(0), Some(Some((9, 9))), "{method}: {:?}", outcomes[0].result);
        assert_eq!(trained(1), Some(Some((6, 6))), "{method}: {:?}", outcomes[1].result);
    }
}
