//! SSVEP decoders of the CCA and template families against plain NumPy formulas.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

#[path = "common/scores.rs"]
mod scores;

use evoked::decode::ssvep::CcaParams;
use evoked::decode::{Method, Settings};
use scores::{sets, sets_and_degenerate_ones};

#[test]
fn cca() {
    for set in sets_and_degenerate_ones() {
        let params = CcaParams { harmonics: set.harmonics, mains_hz: None };
        let decoder = params.build(&set.codebook, set.shape).unwrap();
        set.assert_scores("cca", &decoder, &set.scores["cca"]);
    }
}

/// Methods by name, a decoder a band, their scores squared or not before they add up.
#[test]
fn filter_banks() {
    for (method, stored, sum) in [(Method::Cca, "cca", "squared")] {
        for set in sets().iter().map(scores::Set::filtered) {
            let settings = Settings {
                harmonics: set.harmonics,
                weights: set.weights(),
                ..Settings::default()
            };
            let decoder = method.fit(&set.codebook, &set.calibration(), &settings).unwrap();
            set.assert_scores(stored, &decoder, &set.scores[stored][sum]);
        }
    }
}
