//! Six real recordings: CCA decides as it does in SciPy (`tests/data/make_exo_cca.py`), and the
//! whitened spectra decide no worse.
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

mod common;

use std::path::Path;

use evoked::decode::{FilterBank, Method, Preprocess, Settings, Shape, decode_trials};
use evoked::dsp::{BandPass, Family};
use evoked::evaluate::Accuracy;
use evoked::formats::open;
use evoked::signal::TrialRule;
use evoked::stimulus::Codebook;
use serde_json::Value;

/// Those of the table in the README.
const METHODS: [Method; 3] = [Method::Whitened, Method::Cca, Method::PowerRatio];
const TARGETS_HZ: [f64; 3] = [13.0, 17.0, 21.0];

/// The true target and the decided one of every labelled trial, for each method.
fn decided(path: &Path) -> [Vec<(usize, usize)>; METHODS.len()] {
    let recording = open(path).unwrap().recording;
    let rule = TrialRule {
        onsets: vec![32779.into()],
        labels: vec![(33025.into(), 0), (33027.into(), 1), (33026.into(), 2)],
    };
    let mut trials = rule.find(&recording, 0);
    trials.retain(|trial| trial.label.is_some());

    let stream = &recording.streams()[0];
    let band = BandPass { family: Family::Butterworth, order: 4, low_hz: 4.0, high_hz: 60.0 };
    let preprocess = Preprocess { bank: Some(FilterBank::single(band)), ..Preprocess::default() };
    let filtered = preprocess.apply(stream).unwrap();
    let codebook = Codebook::sinusoids(&TARGETS_HZ).unwrap();
    let shape = Shape::of_window(filtered.channels(), 4.0, stream.rate_hz());
    METHODS.map(|method| {
        let settings = Settings { harmonics: 2, mains_hz: None, ..Settings::default() };
        let decoder = method.build(&codebook, shape, &settings).unwrap();
        let decisions = decode_trials(decoder.as_ref(), &filtered, &trials, 256);
        let pair = |(trial, decision): (&evoked::signal::Trial, Result<_, _>)| {
            let decision: evoked::signal::Decision = decision.unwrap();
            (trial.label.unwrap(), decision.target)
        };
        trials.iter().zip(decisions).map(pair).collect()
    })
}

fn accuracy(decided: &[(usize, usize)]) -> Accuracy {
    let right = decided.iter().filter(|(label, target)| label == target).count();
    Accuracy { right, total: decided.len() }
}

#[test]
fn recordings_are_decided_as_in_scipy() {
    let Some(folder) = common::data_dir() else { return };
    let reference: Value = serde_json::from_str(include_str!("data/exo_cca.json")).unwrap();
    let files = reference["files"].as_array().unwrap();
    assert_eq!(files.len(), 6);
    let mut sums = [Accuracy::default(); METHODS.len()];
    for stored in files {
        let file = stored["file"].as_str().unwrap();
        let decided = decided(&folder.join("ssvep-exo/gdf").join(file));
        for (method, (decided, sum)) in METHODS.iter().zip(decided.iter().zip(&mut sums)) {
            let Accuracy { right, total } = accuracy(decided);
            (sum.right, sum.total) = (sum.right + right, sum.total + total);
            println!("{file} {method}: {right} of {total}");
            if *method == Method::Cca {
                let indices = |key: &str| -> Vec<usize> {
                    serde_json::from_value(stored[key].clone()).unwrap()
                };
                let (labels, targets): (Vec<_>, Vec<_>) = decided.iter().copied().unzip();
                assert_eq!(labels, indices("labels"), "{file}");
                let scipy = indices("decisions");
                let other = targets.iter().zip(&scipy).filter(|(ours, theirs)| ours != theirs);
                // The file's samples are f64 and ours f32, which may turn a trial near a tie.
                assert!(other.count() <= 1, "{file}: {targets:?}, SciPy {scipy:?}");
            }
        }
    }
    for (method, sum) in METHODS.iter().zip(&sums) {
        println!("all {method}: {} of {}", sum.right, sum.total);
        assert_eq!(sum.total, 144);
    }
    let of = |wanted| METHODS.iter().zip(&sums).find(|(m, _)| **m == wanted).unwrap().1.right;
    assert!(of(Method::Whitened) >= of(Method::Cca));
}
