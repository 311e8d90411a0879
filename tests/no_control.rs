//! Rest by a threshold: how often a target is decided at rest, and what is refused.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

use evoked::decode::{
    Calibration, DecodeError, Decoder, Method, NoControl, Scratch, Settings, Shape,
};
use evoked::signal::{Decision, Epoch};
use evoked::simulate::Random;
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
