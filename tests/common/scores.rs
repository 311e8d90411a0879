//! The epochs and scores of `tests/data/ssvep_scores.json`, which plain NumPy formulas made
//! (`tests/data/make_ssvep_scores.py`).
#![allow(dead_code, reason = "not every test program needs all of it")]

use evoked::decode::{Calibration, Decoder, FilterBank, Scratch, Shape};
use evoked::signal::Epoch;
use evoked::stimulus::{Codebook, Modulation, Target};
use serde_json::Value;

/// Planar windows: `[target][trial]`.
pub(crate) type Trials = Vec<Vec<Vec<f64>>>;

/// One set of epochs with all that is known of it.
#[derive(Clone)]
pub(crate) struct Set {
    /// For messages, such as `a flat`.
    pub(crate) name: String,
    pub(crate) shape: Shape,
    pub(crate) codebook: Codebook,
    pub(crate) harmonics: usize,
    /// Delays of TDCA.
    pub(crate) delays: usize,
    pub(crate) train: Trials,
    pub(crate) test: Trials,
    /// Expected scores by method: `[gazed target][trial][target]`.
    pub(crate) scores: Value,
    /// All that the file holds of the set.
    pub(crate) stored: Value,
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    list(value).iter().map(|number| number.as_f64().unwrap()).collect()
}

fn count(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

/// Both sets of the file.
pub(crate) fn sets() -> Vec<Set> {
    let file: Value = serde_json::from_str(include_str!("../data/ssvep_scores.json")).unwrap();
    ["a", "b"].map(|name| Set::read(name, &file[name])).to_vec()
}

/// Both sets as they are and with channels that add nothing: flat, equal, averaged out.
pub(crate) fn sets_and_degenerate_ones() -> Vec<Set> {
    let kinds = ["flat", "equal", "average"];
    let with_others = |set: Set| {
        let others = kinds.map(|kind| set.degenerate(kind));
        std::iter::once(set).chain(others)
    };
    sets().into_iter().flat_map(with_others).collect()
}

impl Set {
    fn read(name: &str, stored: &Value) -> Self {
        let channels = count(&stored["channels"]);
        let samples = count(&stored["samples"]);
        let frequencies = numbers(&stored["frequencies_hz"]);
        let target = |(&frequency_hz, phase_rad): (&f64, f64)| Target {
            label: format!("{frequency_hz} Hz"),
            event: None,
            modulation: Modulation::Sinusoid { frequency_hz, phase_rad },
        };
        let targets = frequencies.iter().zip(numbers(&stored["phases_rad"])).map(target);
        let window = |trial: &Value| -> Vec<f64> {
            list(trial).iter().flat_map(|row| numbers(row)[..samples].to_vec()).collect()
        };
        let windows = |key: &str| -> Trials {
            list(&stored[key]).iter().map(|t| list(t).iter().map(window).collect()).collect()
        };
        Self {
            name: name.into(),
            shape: Shape { channels, samples, rate_hz: stored["rate_hz"].as_f64().unwrap() },
            codebook: Codebook::new(targets.collect()).unwrap(),
            harmonics: count(&stored["harmonics"]),
            delays: count(&stored["tdca_delays"]),
            train: windows("train"),
            test: windows("test"),
            scores: stored["scores"].clone(),
            stored: stored.clone(),
        }
    }

    /// The same set with every epoch changed.
    fn changed(&self, name: &str, rows: usize, change: impl Fn(&[f64]) -> Vec<f64>) -> Self {
        let all = |trials: &Trials| {
            trials.iter().map(|own| own.iter().map(|epoch| change(epoch)).collect()).collect()
        };
        Self {
            name: format!("{} {name}", self.name),
            shape: Shape { channels: rows, ..self.shape },
            train: all(&self.train),
            test: all(&self.test),
            ..self.clone()
        }
    }

    fn degenerate(&self, kind: &str) -> Self {
        let Shape { channels, samples, .. } = self.shape;
        let change = |epoch: &[f64]| {
            let mut epoch = epoch.to_vec();
            match kind {
                "flat" => epoch[samples..2 * samples].fill(7.25),
                "equal" => epoch.copy_within(..samples, (channels - 1) * samples),
                _ => (0..samples).for_each(|n| {
                    let all = || (0..channels).map(|c| c * samples + n);
                    let mean = all().map(|at| epoch[at]).sum::<f64>() / channels as f64;
                    all().for_each(|at| epoch[at] -= mean);
                }),
            }
            epoch
        };
        let scores = self.stored["degenerate"][kind].clone();
        Self { scores, ..self.changed(kind, channels, change) }
    }

    /// The set through the three bands of the file's filter bank: rows of the first band first.
    /// The expected scores of a method stand under `{method}.squared` and `{method}.linear`.
    pub(crate) fn filtered(&self) -> Self {
        let rows = 3 * self.shape.channels;
        let bands = FilterBank::chen(3, 8.0, 90.0).design(self.shape.rate_hz).unwrap();
        let change = |epoch: &[f64]| {
            let mut out = vec![0.0; 3 * epoch.len()];
            let epoch = Epoch::from_planar(epoch, self.shape.channels).unwrap();
            bands.filter_into(epoch, &mut out, &mut Scratch::default()).unwrap();
            out
        };
        let scores = self.stored["filter_bank"].clone();
        Self { scores, ..self.changed("filtered", rows, change) }
    }

    /// Weights of the bands.
    pub(crate) fn weights(&self) -> Vec<f64> {
        numbers(&self.stored["filter_bank"]["weights"])
    }

    pub(crate) fn calibration(&self) -> Calibration {
        let mut calibration = Calibration::new(self.shape, &self.codebook).unwrap();
        for (target, trials) in self.train.iter().enumerate() {
            for planar in trials {
                calibration.add(target, self.epoch(planar)).unwrap();
            }
        }
        calibration
    }

    pub(crate) fn epoch<'a>(&self, planar: &'a [f64]) -> Epoch<'a> {
        Epoch::from_planar(planar, self.shape.channels).unwrap()
    }

    /// Holds a decoder's scores of all test trials against `[gazed target][trial][target]`.
    pub(crate) fn assert_scores(&self, method: &str, decoder: &dyn Decoder, expected: &Value) {
        assert_eq!(list(expected).len(), self.test.len());
        let mut scratch = Scratch::default();
        for (gazed, (trials, expected)) in self.test.iter().zip(list(expected)).enumerate() {
            assert_eq!(list(expected).len(), trials.len());
            for (planar, expected) in trials.iter().zip(list(expected)) {
                let mut found = vec![f64::NAN; decoder.targets()];
                decoder.score_into(self.epoch(planar), &mut found, &mut scratch).unwrap();
                assert_near(&found, &numbers(expected), || {
                    format!("{method} of set {} at target {gazed}", self.name)
                });
            }
        }
    }
}

/// To 1e-8 of the value, or 1e-12.
pub(crate) fn assert_near(found: &[f64], expected: &[f64], what: impl Fn() -> String) {
    assert_eq!(found.len(), expected.len(), "{}", what());
    for (f, e) in found.iter().zip(expected) {
        let near = (f - e).abs() <= 1e-8 * e.abs() + 1e-12;
        assert!(near, "{}: {found:?}, expected {expected:?}", what());
    }
}
