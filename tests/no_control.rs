//! Rest by a threshold, how often a target is decided at rest, and rest as a class.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

use evoked::decode::{
    Calibration, DecodeError, Decoder, Method, NoControl, Preprocess, RestClass, Scratch, Settings,
    Shape,
};
use evoked::evaluate::{Margins, Plan, Scope, Split, Subject};
use evoked::signal::{Decision, Epoch, Trial};
use evoked::simulate::{Random, SessionParams, Strength};
use evoked::stimulus::{Codebook, Modulation, Target};

/// Scores each channel's first sample.
#[derive(Clone, Copy)]
struct First;

const SHAPE: Shape = Shape { channels: 3, samples: 4, rate_hz: 250.0 };

impl Decoder for First {
    fn shape(&self) -> Shape {
        SHAPE
    }

    fn targets(&self) -> usize {
        3
    }

    fn score_into(
        &self,
        epoch: Epoch<'_>,
        scores: &mut [f64],
        _: &mut Scratch,
    ) -> Result<(), DecodeError> {
        epoch.rows().zip(scores).for_each(|(row, score)| *score = row[0]);
        Ok(())
    }
}

fn planar(firsts: [f64; 3]) -> Vec<f64> {
    firsts.into_iter().flat_map(|first| [first, 0.0, 0.0, 0.0]).collect()
}

fn codebook() -> Codebook {
    let mut targets = Codebook::sinusoids(&[10.0, 12.0, 14.0]).unwrap().targets().to_vec();
    let rest = Target { label: "rest".into(), event: None, modulation: Modulation::Blank };
    targets.insert(1, rest);
    Codebook::new(targets).unwrap()
}

fn calibration(trials: &[(usize, [f64; 3])]) -> Calibration {
    let mut calibration = Calibration::new(SHAPE, &codebook()).unwrap();
    for &(target, firsts) in trials {
        calibration.add(target, Epoch::from_planar(&planar(firsts), 3).unwrap()).unwrap();
    }
    calibration
}

/// The rate holds over many users, each with few epochs of rest, to four standard errors.
#[test]
fn the_false_activation_rate_holds() {
    let mut random = Random::new(5);
    for (epochs, rate) in [(19, 0.05), (30, 0.1), (12, 0.25)] {
        let (users, tries) = (400, 50);
        let mut rates = Vec::new();
        for _ in 0..users {
            let scores = |random: &mut Random| [(); 3].map(|()| random.normal().powi(2));
            let rest: Vec<_> = (0..epochs).map(|_| (1, scores(&mut random))).collect();
            let decoder = NoControl::learn(First, 1, &calibration(&rest), rate).unwrap();
            let activates = |_: &usize| {
                let planar = planar(scores(&mut random));
                let found = decoder.score(Epoch::from_planar(&planar, 3).unwrap()).unwrap();
                Decision::from_scores(found, 0, 4).unwrap().target != 1
            };
            rates.push((0..tries).filter(activates).count() as f64 / tries as f64);
        }
        let mean = rates.iter().sum::<f64>() / rates.len() as f64;
        let spread = rates.iter().map(|r| (r - mean).powi(2)).sum::<f64>();
        let error = (spread / rates.len() as f64).sqrt() / (rates.len() as f64).sqrt();
        // The order statistic allows for exactly this share of the places above it.
        let places = f64::from(epochs + 1);
        let exact = (places - (places * (1.0 - rate) - 1e-9).ceil()) / places;
        assert!(exact <= rate + 1e-9);
        assert!((mean - exact).abs() < 4.0 * error, "{epochs} {rate}: {mean} {exact} {error}");
    }
}

#[test]
fn without_rest_wrong_targets_teach() {
    let trials = [(0, [9.0, 0.5, 0.1]), (2, [0.3, 9.0, 0.2]), (3, [0.1, 0.4, 9.0])];
    let decoder = NoControl::learn(First, 1, &calibration(&trials), 0.25).unwrap();
    assert_eq!(decoder.threshold(), 0.5_f64.next_up());
    let scores = decoder.score(Epoch::from_planar(&planar([0.1, 0.5, 0.2]), 3).unwrap());
    assert_eq!(scores.unwrap(), [0.1, decoder.threshold(), 0.5, 0.2]);
}

#[test]
fn too_few_scores_for_a_rate_are_refused() {
    let refused = |best: &[f64], rate| NoControl::from_scores(First, 0, best, rate).err();
    let few = refused(&[1.0; 18], 0.05);
    assert!(matches!(few, Some(DecodeError::Untrained { found: 18, needed: 19, .. })), "{few:?}");
    assert_eq!(refused(&[1.0; 19], 0.05), None);
    for rate in [0.0, 1.0, -0.1, f64::NAN] {
        assert!(matches!(refused(&[1.0], rate), Some(DecodeError::Setting { .. })));
    }
    let place = NoControl::from_scores(First, 4, &[1.0], 0.5).err();
    assert!(matches!(place, Some(DecodeError::Shape { .. })));
}

#[test]
fn methods_are_fitted_to_what_flickers() {
    let codebook = codebook();
    let shape = Shape { channels: 1, samples: 100, rate_hz: 100.0 };
    let mut calibration = Calibration::new(shape, &codebook).unwrap();
    let mut random = Random::new(1);
    for _ in 0..9 {
        let noise: Vec<f64> = (0..100).map(|_| random.normal()).collect();
        calibration.add(1, Epoch::from_planar(&noise, 1).unwrap()).unwrap();
    }
    let settings = Settings::default();
    let decoder = NoControl::fit(Method::Cca, &codebook, &calibration, &settings, 0.1).unwrap();
    let wave: Vec<f64> =
        (0..100).map(|n| (std::f64::consts::TAU * 0.14 * f64::from(n)).sin()).collect();
    let scores = decoder.score(Epoch::from_planar(&wave, 1).unwrap()).unwrap();
    assert_eq!(Decision::from_scores(scores, 0, 100).unwrap().target, 3);
    let plain = Codebook::sinusoids(&[10.0]).unwrap();
    let refused = NoControl::fit(Method::Cca, &plain, &calibration, &settings, 0.1).err();
    assert!(matches!(refused, Some(DecodeError::Setting { name: "blank target", .. })));
}

/// Every method tells targets and rest apart in a session with strong responses: through the
/// calibration, since no method knows beforehand which scores rest has.
#[test]
fn every_method_learns_rest_as_a_class() {
    let codebook = codebook();
    let params = SessionParams {
        blocks: 5,
        trial_s: 2.5,
        strength: Strength::Snr(1.0),
        ..Default::default()
    };
    let simulated = params.simulate(&codebook).unwrap();
    let stream = &simulated.recording.streams()[0];
    let ends: Vec<u64> = simulated.truth.iter().map(|trial| trial.onset + 625).collect();
    let mut subject = Subject::new(Margins::default());
    subject.add(stream, &[6, 7, 8], &simulated.truth, &ends, &[0; 20]).unwrap();
    for method in Method::FREQUENCIES {
        let preprocess = Preprocess { bank: method.own_bank(&codebook), ..Preprocess::default() };
        let plan = Plan {
            codebook: &codebook,
            method,
            settings: Settings::default(),
            preprocess,
            scope: Scope::Trial,
            start_s: 0.14,
            windows_s: vec![2.0],
            split: Split::LeaveOneBlockOut,
            limits: Vec::new(),
        };
        let outcome = plan.run(&subject).unwrap().remove(0).result.unwrap();
        assert!(outcome.trained_on.is_some(), "{method}");
        let right = |(cut, decided): (&Trial, &Option<usize>)| cut.label == *decided;
        let rows = simulated.truth.iter().zip(&outcome.decisions);
        let rest = rows.clone().filter(|(trial, _)| trial.label == Some(1));
        let (all, at_rest) =
            (rows.filter(|row| right(*row)).count(), rest.filter(|row| right(*row)).count());
        assert!(all >= 15 && at_rest >= 4, "{method}: {all} of 20, {at_rest} of 5 at rest");
    }
}

#[test]
fn a_class_of_rest_needs_epochs_of_all_classes() {
    let settings = Settings::default();
    let all: Vec<_> = (0..4).flat_map(|target| [(target, [1.0, 2.0, 3.0]); 2]).collect();
    for left_out in 0..4 {
        let trials: Vec<_> = all.iter().copied().filter(|(k, _)| *k != left_out).collect();
        let refused = RestClass::fit(Method::Cca, &codebook(), &calibration(&trials), &settings);
        let refused = refused.err();
        assert!(matches!(refused, Some(DecodeError::Untrained { found: 0, needed: 2, .. })));
    }
    let refused = Method::Cca.build(&codebook(), SHAPE, &settings).err();
    assert!(matches!(refused, Some(DecodeError::Calibration { method: "cca", .. })));
}
