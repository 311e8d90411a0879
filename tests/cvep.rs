//! The decoders of codes against the papers' formulas written plainly in NumPy
//! (`tests/data/make_cvep_scores.py`), and on what they should refuse.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

#[allow(dead_code, reason = "not all is used by all")]
#[path = "common/epochs.rs"]
mod epochs;

use evoked::decode::cvep::{
    BitwiseParams, EccaParams, EventModel, RccaParams, ReconvolutionParams,
};
use evoked::decode::{Calibration, DecodeError, Decoder, Method, Settings, Shape};
use evoked::signal::{Decision, Epoch};
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

const CHANNELS: usize = 4;
const SAMPLES: usize = 480;
const RATE_HZ: f64 = 240.0;
const CODE: &str = "1001011001111100011011101010000";
/// Shifts of the code by target; the second is looked at.
const SHIFTS: [usize; 3] = [0, 9, 20];
const GAZE: usize = 1;

fn shape(channels: usize) -> Shape {
    Shape { channels, samples: SAMPLES, rate_hz: RATE_HZ }
}

fn shifted_code(shift: usize) -> String {
    [&CODE[shift..], &CODE[..shift]].concat()
}

fn codebook(bit_rate_hz: f64) -> Codebook {
    let target = |shift: usize| Target {
        label: shift.to_string(),
        event: None,
        modulation: Modulation::Code {
            bits: Bits::try_from(shifted_code(shift)).unwrap(),
            bit_rate_hz,
        },
    };
    Codebook::new(SHIFTS.map(target).to_vec()).unwrap()
}

/// The light of a target, smoothed and delayed, in all channels beside noise of their own.
fn rows(target: usize, seed: u64) -> Vec<Vec<f64>> {
    let code = shifted_code(SHIFTS[target]).into_bytes();
    let light = |n: usize| f64::from(u8::from(code[n / 4 % code.len()] == b'1'));
    let response = |n: usize| (5..n.min(12)).map(|lag| light(n - lag) - 0.5).sum::<f64>();
    let row = |channel: usize| {
        let mut noise = epochs::noise(seed * 10 + channel as u64);
        let gain = [1.0, -0.5, 0.3, 0.1][channel];
        (0..SAMPLES).map(|n| gain * response(n) + 3.0 * noise()).collect()
    };
    (0..CHANNELS).map(row).collect()
}

/// A decoder fitted to two trials a target, after their rows are changed.
fn fitted(
    method: Method,
    change: impl Fn(Vec<Vec<f64>>) -> Vec<Vec<f64>>,
) -> Result<Box<dyn Decoder>, DecodeError> {
    let codebook = codebook(60.0);
    let channels = change(rows(0, 0)).len();
    let mut calibration = Calibration::new(shape(channels), &codebook)?;
    for trial in 0..6 {
        let planar = change(rows(trial % 3, trial as u64 + 1)).concat();
        calibration.add(trial % 3, Epoch::from_planar(&planar, channels)?)?;
    }
    method.fit(&codebook, &calibration, &Settings::default())
}

fn scores(
    decoder: &dyn Decoder,
    change: impl Fn(Vec<Vec<f64>>) -> Vec<Vec<f64>>,
) -> Result<Vec<f64>, DecodeError> {
    let rows = change(rows(GAZE, 99));
    let planar = rows.concat();
    decoder.score(Epoch::from_planar(&planar, rows.len())?)
}

fn decided(scores: Vec<f64>) -> usize {
    Decision::from_scores(scores, 0, 1).unwrap().target
}

/// Decides with a calibration and an epoch that are changed in the same way.
fn decision(method: Method, change: impl Fn(Vec<Vec<f64>>) -> Vec<Vec<f64>> + Copy) -> usize {
    let decoder = fitted(method, change).unwrap();
    decided(scores(decoder.as_ref(), change).unwrap())
}

#[test]
fn flat_equal_and_averaged_channels_do_no_harm() {
    for method in Method::CODES {
        assert_eq!(decision(method, |rows| rows), GAZE, "{method}");
        for level in [0.0, -4200.3] {
            let flat = |mut rows: Vec<Vec<f64>>| {
                rows.insert(1, vec![level; SAMPLES]);
                rows
            };
            assert_eq!(decision(method, flat), GAZE, "{method} {level}");
        }
        let equal = |mut rows: Vec<Vec<f64>>| {
            rows.push(rows[0].clone());
            rows
        };
        assert_eq!(decision(method, equal), GAZE, "{method}: equal channels");
        let averaged = |mut rows: Vec<Vec<f64>>| {
            for n in 0..SAMPLES {
                let mean = rows.iter().map(|row| row[n]).sum::<f64>() / CHANNELS as f64;
                rows.iter_mut().for_each(|row| row[n] -= mean);
            }
            rows
        };
        assert_eq!(decision(method, averaged), GAZE, "{method}: average reference");
    }
}

#[test]
fn units_and_levels_do_not_matter() {
    for method in Method::CODES {
        let changed = |factor: f64, level: f64| {
            move |mut rows: Vec<Vec<f64>>| {
                rows.iter_mut().flatten().for_each(|value| *value = *value * factor + level);
                rows
            }
        };
        for (factor, level) in [(1e-6, 0.0), (1e9, 0.0), (1.0, 4200.0), (-1.0, 0.0)] {
            assert_eq!(decision(method, changed(factor, level)), GAZE, "{method} {factor} {level}");
        }
        // Only the epoch is far too large: there are scores, or a refusal.
        let decoder = fitted(method, |rows| rows).unwrap();
        match scores(decoder.as_ref(), changed(1e300, 0.0)) {
            Ok(scores) => assert!(scores.iter().all(|score| score.is_finite()), "{method}"),
            Err(error) => assert_eq!(error, DecodeError::Overflow, "{method}"),
        }
    }
}

#[test]
fn epochs_without_a_signal_are_refused() {
    for method in Method::CODES {
        let decoder = fitted(method, |rows| rows).unwrap();
        let flat =
            scores(decoder.as_ref(), |rows| rows.iter().map(|row| vec![row[0]; SAMPLES]).collect());
        assert_eq!(flat, Err(DecodeError::Flat), "{method}");
        for bad in [f64::NAN, f64::INFINITY] {
            let found = scores(decoder.as_ref(), |mut rows| {
                rows[2][7] = bad;
                rows
            });
            let refused =
                matches!(found, Err(DecodeError::NotFinite { channel: 2, sample: 7, .. }));
            assert!(refused, "{method}: {found:?}");
        }
        let short = scores(decoder.as_ref(), |rows| rows.iter().map(|r| r[1..].to_vec()).collect());
        assert!(matches!(short, Err(DecodeError::Shape { .. })), "{method}");
        // A calibration in which nothing varies, too.
        let flat = fitted(method, |rows| rows.iter().map(|_| vec![1.5; SAMPLES]).collect());
        assert_eq!(flat.err(), Some(DecodeError::Flat), "{method}");
    }
}

#[test]
fn codebooks_that_make_no_sense_are_refused() {
    let sinusoids = Codebook::sinusoids(&[10.0, 12.0, 15.0]).unwrap();
    for method in Method::CODES {
        let refusal = |codebook: &Codebook, trials: usize| {
            let mut calibration = Calibration::new(shape(CHANNELS), codebook).unwrap();
            for trial in 0..trials {
                let planar = rows(trial % 3, trial as u64).concat();
                let epoch = Epoch::from_planar(&planar, CHANNELS).unwrap();
                calibration.add(trial % 3, epoch).unwrap();
            }
            method.fit(codebook, &calibration, &Settings::default()).err()
        };
        let no_code = refusal(&sinusoids, 6);
        assert!(matches!(no_code, Some(DecodeError::NoCode { .. })), "{method}: {no_code:?}");
        let too_fast = refusal(&codebook(241.0), 6);
        assert!(matches!(too_fast, Some(DecodeError::Setting { .. })), "{method}: {too_fast:?}");
        match (method, refusal(&codebook(60.0), 0)) {
            (Method::CvepEcca, found) => {
                assert!(matches!(found, Some(DecodeError::Untrained { .. })), "{found:?}");
            }
            (Method::ZeroTraining, found) => assert_eq!(found, None),
            (_, found) => {
                assert!(matches!(found, Some(DecodeError::Calibration { .. })), "{method}")
            }
        }
    }
}

#[test]
fn fewer_samples_than_channels_are_refused_or_decided() {
    let codebook = codebook(60.0);
    for (channels, samples) in [(12, 4), (12, 13), (3, 5), (1, 4), (2, 80)] {
        let shape = Shape { channels, samples, rate_hz: RATE_HZ };
        let mut noise = epochs::noise(3);
        let mut epoch = || (0..channels * samples).map(|_| noise()).collect::<Vec<_>>();
        let mut calibration = Calibration::new(shape, &codebook).unwrap();
        for target in 0..3 {
            calibration.add(target, Epoch::from_planar(&epoch(), channels).unwrap()).unwrap();
        }
        let planar = epoch();
        for method in Method::CODES {
            let Ok(decoder) = method.fit(&codebook, &calibration, &Settings::default()) else {
                continue;
            };
            let found = decoder.score(Epoch::from_planar(&planar, channels).unwrap());
            let finite = found.iter().flatten().all(|score| score.is_finite());
            assert!(finite, "{method} {channels} {samples}: {found:?}");
        }
    }
}

#[test]
fn templates_are_not_guessed() {
    // Another code, so that nothing is a shift.
    let text = codebook(60.0).to_json().replace(&shifted_code(9), &CODE.replace("1001", "1101"));
    let codebook = Codebook::from_json(&text).unwrap();
    let mut calibration = Calibration::new(shape(CHANNELS), &codebook).unwrap();
    let planar = rows(0, 1).concat();
    calibration.add(0, Epoch::from_planar(&planar, CHANNELS).unwrap()).unwrap();
    let shifted = Method::CvepEccaShifted.fit(&codebook, &calibration, &Settings::default());
    assert!(matches!(shifted.err(), Some(DecodeError::Setting { name: "shifted", .. })));
    let unseen = Method::CvepEcca.fit(&codebook, &calibration, &Settings::default());
    assert!(matches!(unseen.err(), Some(DecodeError::Untrained { .. })));
    // Without cycles a template is no longer than the calibration.
    let mut calibration = Calibration::new(shape(CHANNELS), &codebook).unwrap();
    for target in 0..3 {
        calibration.add(target, Epoch::from_planar(&planar, CHANNELS).unwrap()).unwrap();
    }
    let longer = EccaParams { cycles: false, window: Some(SAMPLES + 1), ..EccaParams::default() };
    assert!(matches!(longer.fit(&codebook, &calibration), Err(DecodeError::TooShort { .. })));
}

#[test]
fn settings_out_of_range_are_refused() {
    let codebook = codebook(60.0);
    let mut calibration = Calibration::new(shape(CHANNELS), &codebook).unwrap();
    let planar = rows(0, 1).concat();
    calibration.add(0, Epoch::from_planar(&planar, CHANNELS).unwrap()).unwrap();
    let name = |error: Option<DecodeError>| match error {
        Some(DecodeError::Setting { name, .. }) => name,
        other => panic!("{other:?}"),
    };
    let rcca = |params: RccaParams| name(params.fit(&codebook, &calibration).err());
    let base = RccaParams::default();
    for response_s in [0.0, -1.0, f64::NAN, 1e9] {
        assert_eq!(rcca(RccaParams { response_s, ..base.clone() }), "response_s");
    }
    for shrinkage in [-0.1, 1.1, f64::NAN] {
        assert_eq!(rcca(RccaParams { eeg_shrinkage: shrinkage, ..base.clone() }), "eeg_shrinkage");
    }
    assert_eq!(rcca(RccaParams { delays: 0, ..base }), "delays");
    for memory_s in [-1.0, f64::NAN, 1e9] {
        let params = ReconvolutionParams { memory_s, ..ReconvolutionParams::default() };
        assert_eq!(name(params.fit(&codebook, &calibration).err()), "memory_s");
    }
    let params = BitwiseParams { ridge: 0.0, ..BitwiseParams::default() };
    assert_eq!(name(params.fit(&codebook, &calibration).err()), "ridge");
}
