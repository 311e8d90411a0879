//! The decoders against the papers' formulas written plainly in NumPy
//! (`tests/data/make_decode.py`).

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

use evoked::decode::ssvep::{CcaParams, PowerRatioParams, WhitenedParams};
use evoked::decode::{Decoder, Shape};
use evoked::dsp::Window;
use evoked::signal::Epoch;
use evoked::stimulus::Codebook;
use serde_json::Value;

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    list(value).iter().map(|number| number.as_f64().unwrap()).collect()
}

fn count(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

/// What is stored of one epoch and one choice of settings.
struct Case<'a> {
    stored: &'a Value,
    epoch: Vec<f64>,
    shape: Shape,
    codebook: Codebook,
    harmonics: usize,
    mains_hz: Option<f64>,
}

fn for_each_case(mut check: impl FnMut(Case<'_>)) {
    let reference: Value = serde_json::from_str(include_str!("data/decode.json")).unwrap();
    let epochs = list(&reference["epochs"]);
    assert_eq!(epochs.len(), 5);
    for entry in epochs {
        let channels: Vec<Vec<f64>> = list(&entry["channels"]).iter().map(numbers).collect();
        let rate_hz = entry["rate_hz"].as_f64().unwrap();
        let shape = Shape { channels: channels.len(), samples: channels[0].len(), rate_hz };
        assert_eq!(list(&entry["cases"]).len(), 16);
        for stored in list(&entry["cases"]) {
            check(Case {
                stored,
                epoch: channels.concat(),
                shape,
                codebook: Codebook::sinusoids(&numbers(&stored["targets_hz"])).unwrap(),
                harmonics: count(&stored["harmonics"]),
                mains_hz: stored["mains_hz"].as_f64(),
            });
        }
    }
}

/// Compares with the scores stored under `key`; `scale` gives the unit of the tolerance.
fn assert_scores(case: &Case<'_>, key: &str, decoder: &dyn Decoder, scale: fn(f64) -> f64) {
    let epoch = Epoch::from_planar(&case.epoch, case.shape.channels).unwrap();
    let found = decoder.score(epoch).unwrap();
    let expected = numbers(&case.stored[key]);
    assert_eq!(found.len(), expected.len());
    for (target, (found, expected)) in found.iter().zip(expected).enumerate() {
        let settings = (case.shape, case.harmonics, case.mains_hz, target);
        assert!(
            (found - expected).abs() <= 1e-9 * scale(expected),
            "{key} {settings:?}: {found}, expected {expected}"
        );
    }
}

#[test]
fn cca_matches_qr_and_svd() {
    for_each_case(|case| {
        let params = CcaParams { harmonics: case.harmonics, mains_hz: case.mains_hz };
        let decoder = params.build(&case.codebook, case.shape).unwrap();
        assert_scores(&case, "cca", &decoder, |_| 1.0);
    });
}

#[test]
fn whitened_spectra_match_transforms_at_the_exact_frequencies() {
    for_each_case(|case| {
        let stored = &case.stored["whitened_params"];
        let number = |key: &str| stored[key].as_f64().unwrap();
        let params = WhitenedParams {
            harmonics: case.harmonics,
            mains_hz: case.mains_hz,
            half_width_hz: number("half_width_hz"),
            min_neighbours: count(&stored["min_neighbours"]),
            shrinkage: number("shrinkage"),
            lowest_hz: number("lowest_hz"),
        };
        let decoder = params.build(&case.codebook, case.shape).unwrap();
        assert_scores(&case, "whitened", &decoder, f64::abs);
    });
}

#[test]
fn power_ratios_match_sums_over_the_grid() {
    for_each_case(|case| {
        let stored = &case.stored["power_ratio_params"];
        let params = PowerRatioParams {
            harmonics: case.harmonics,
            mains_hz: case.mains_hz,
            window: match stored["window"].as_str() {
                Some("rectangular") => Window::Rectangular,
                Some("hann") => Window::Hann,
                other => panic!("{other:?}"),
            },
            padding: count(&stored["padding"]),
            neighbours: count(&stored["neighbours"]),
            guard: count(&stored["guard"]),
        };
        let decoder = params.build(&case.codebook, case.shape).unwrap();
        assert_scores(&case, "power_ratio", &decoder, f64::abs);
    });
}
