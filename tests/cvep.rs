//! The decoders of codes against the papers' formulas written plainly in NumPy
//! (`tests/data/make_cvep_scores.py`), and on what they should refuse.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

use evoked::decode::cvep::{
    BitwiseParams, EccaParams, EventModel, RccaParams, ReconvolutionParams,
};
use evoked::decode::{Calibration, Decoder, Shape};
use evoked::signal::Epoch;
use evoked::stimulus::{Bits, Codebook, Modulation, Target};
use serde_json::Value;

/// What a script stored: a calibration, an epoch to decode, and scores.
struct Stored {
    document: Value,
    shape: Shape,
    window: usize,
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    list(value).iter().map(|number| number.as_f64().unwrap()).collect()
}

fn planar(channels: &Value) -> Vec<f64> {
    list(channels).iter().flat_map(numbers).collect()
}

impl Stored {
    fn new() -> Self {
        let document: Value = serde_json::from_str(include_str!("data/cvep_scores.json")).unwrap();
        let first = &document["trials"][0];
        let shape = Shape {
            channels: list(first).len(),
            samples: list(&first[0]).len(),
            rate_hz: document["rate_hz"].as_f64().unwrap(),
        };
        let window = list(&document["test"][0]).len();
        Self { document, shape, window }
    }

    fn seconds(&self, key: &str) -> f64 {
        self.document[key].as_f64().unwrap()
    }

    fn codebook(&self, set: &Value) -> Codebook {
        let bit_rate_hz = self.seconds("bit_rate_hz");
        let target = |code: &Value| {
            let label = code.as_str().unwrap().to_owned();
            let bits = Bits::try_from(label.clone()).unwrap();
            Target { label, event: None, modulation: Modulation::Code { bits, bit_rate_hz } }
        };
        Codebook::new(list(&set["codes"]).iter().map(target).collect()).unwrap()
    }

    fn calibration(&self, set: &Value) -> Calibration {
        let mut calibration = Calibration::new(self.shape, &self.codebook(set)).unwrap();
        for (trial, label) in list(&set["trials"]).iter().zip(list(&set["labels"])) {
            let planar = planar(trial);
            let epoch = Epoch::from_planar(&planar, self.shape.channels).unwrap();
            calibration.add(label.as_u64().unwrap() as usize, epoch).unwrap();
        }
        calibration
    }

    fn assert_scores(&self, set: &Value, decoder: &dyn Decoder, expected: &Value, what: &str) {
        let planar = planar(&set["test"]);
        let found =
            decoder.score(Epoch::from_planar(&planar, self.shape.channels).unwrap()).unwrap();
        for (found, expected) in found.iter().zip(numbers(expected)) {
            assert!((found - expected).abs() < 1e-8, "{what}: {found}, expected {expected}");
        }
    }
}

#[test]
fn rcca_matches_dense_design_matrices() {
    let stored = Stored::new();
    let (codebook, calibration) =
        (stored.codebook(&stored.document), stored.calibration(&stored.document));
    for (name, events) in [("duration", EventModel::Duration), ("refe", EventModel::RiseFall)] {
        for (delays, eeg_shrinkage, event_shrinkage) in [(1, 0.0, 0.1), (3, 0.2, 0.05)] {
            let params = RccaParams {
                events,
                onset: true,
                response_s: stored.seconds("response_s"),
                delays,
                eeg_shrinkage,
                event_shrinkage,
                window: Some(stored.window),
            };
            let decoder = params.fit(&codebook, &calibration).unwrap();
            let key = format!("rcca {name} {delays} {eeg_shrinkage:?} {event_shrinkage:?}");
            let expected = &stored.document["scores"][&key];
            stored.assert_scores(&stored.document, &decoder, expected, &key);
        }
    }
}

#[test]
fn reconvolution_matches_its_posterior_written_out() {
    let stored = Stored::new();
    let (codebook, calibration) =
        (stored.codebook(&stored.document), stored.calibration(&stored.document));
    for (name, events) in [("duration", EventModel::Duration), ("refe", EventModel::RiseFall)] {
        let params = ReconvolutionParams {
            events,
            onset: true,
            response_s: stored.seconds("response_s"),
            memory_s: stored.seconds("memory_s"),
            window: Some(stored.window),
        };
        let decoder = params.fit(&codebook, &calibration).unwrap();
        let key = format!("reconvolution {name}");
        stored.assert_scores(&stored.document, &decoder, &stored.document["scores"][&key], &key);
    }
}

#[test]
fn templates_match_averaged_cycles() {
    let stored = Stored::new();
    let params = EccaParams { window: Some(stored.window), ..EccaParams::default() };
    let (set, expected) = (&stored.document, &stored.document["scores"]["ecca"]);
    let decoder = params.fit(&stored.codebook(set), &stored.calibration(set)).unwrap();
    stored.assert_scores(set, &decoder, expected, "ecca");

    let params = EccaParams { shifted: true, ..params };
    let set = &stored.document["shifted"];
    let decoder = params.fit(&stored.codebook(set), &stored.calibration(set)).unwrap();
    stored.assert_scores(set, &decoder, &set["scores"], "shifted");
}

#[test]
fn bits_match_a_dense_ridge_regression() {
    let stored = Stored::new();
    let params = BitwiseParams {
        response_s: stored.seconds("bitwise_s"),
        ridge: 0.1,
        window: Some(stored.window),
    };
    let set = &stored.document;
    let decoder = params.fit(&stored.codebook(set), &stored.calibration(set)).unwrap();
    stored.assert_scores(set, &decoder, &set["scores"]["bitwise"], "bitwise");
}
