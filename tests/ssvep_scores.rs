//! SSVEP decoders of the CCA and template families against plain NumPy formulas.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

#[path = "common/scores.rs"]
mod scores;

use evoked::decode::ssvep::{
    CcaParams, ECcaParams, ItCcaParams, MecParams, MsCcaParams, MsetCcaParams, MsiParams,
    OaCcaParams,
};
use evoked::decode::{Decoder, Method, Scratch, Settings};
use scores::{assert_near, list, numbers, sets, sets_and_degenerate_ones};

#[test]
fn cca() {
    for set in sets_and_degenerate_ones() {
        let params = CcaParams { harmonics: set.harmonics, mains_hz: None };
        let decoder = params.build(&set.codebook, set.shape).unwrap();
        set.assert_scores("cca", &decoder, &set.scores["cca"]);
    }
}

#[test]
fn msi() {
    for set in sets_and_degenerate_ones() {
        let params = MsiParams { harmonics: set.harmonics, mains_hz: None };
        let decoder = params.build(&set.codebook, set.shape).unwrap();
        set.assert_scores("msi", &decoder, &set.scores["msi"]);
    }
}

#[test]
fn mec() {
    for set in sets_and_degenerate_ones() {
        let params = MecParams { harmonics: set.harmonics, ..MecParams::default() };
        let decoder = params.build(&set.codebook, set.shape).unwrap();
        set.assert_scores("mec", &decoder, &set.scores["mec"]);
    }
}

#[test]
fn it_cca() {
    for set in sets_and_degenerate_ones() {
        let decoder = ItCcaParams::default().fit(&set.codebook, &set.calibration()).unwrap();
        set.assert_scores("it_cca", &decoder, &set.scores["it_cca"]);
    }
}

#[test]
fn e_cca() {
    for set in sets_and_degenerate_ones() {
        for (terms, stored) in [(5, "e_cca_5"), (4, "e_cca_4")] {
            let params = ECcaParams { harmonics: set.harmonics, mains_hz: None, terms };
            let decoder = params.fit(&set.codebook, &set.calibration()).unwrap();
            set.assert_scores(stored, &decoder, &set.scores[stored]);
        }
    }
}

#[test]
fn e_cca_term_by_term() {
    for set in sets_and_degenerate_ones() {
        let params = ECcaParams { harmonics: set.harmonics, ..ECcaParams::default() };
        let decoder = params.fit(&set.codebook, &set.calibration()).unwrap();
        let trials = set.test.iter().flatten();
        let stored = list(&set.scores["e_cca_terms"]).iter().flat_map(list);
        let mut compared = 0;
        for (planar, stored) in trials.zip(stored) {
            let found = decoder.correlations(set.epoch(planar)).unwrap();
            for (found, stored) in found.iter().zip(list(stored)) {
                assert_near(found, &numbers(stored), || set.name.clone());
                compared += 1;
            }
        }
        let targets = set.codebook.len();
        assert_eq!(compared, targets * targets * set.test[0].len());
    }
}

#[test]
fn ms_cca_and_ms_e_cca() {
    for set in sets_and_degenerate_ones() {
        for (name, template) in [("ms_cca", false), ("ms_e_cca", true)] {
            for neighbours in [2, 3] {
                let params = MsCcaParams {
                    harmonics: set.harmonics,
                    neighbours,
                    template,
                    ..MsCcaParams::default()
                };
                let decoder = params.fit(&set.codebook, &set.calibration()).unwrap();
                let stored = format!("{name}_{neighbours}");
                set.assert_scores(&stored, &decoder, &set.scores[&stored]);
            }
        }
    }
}

#[test]
fn mset_cca() {
    for set in sets_and_degenerate_ones() {
        let decoder = MsetCcaParams::default().fit(&set.codebook, &set.calibration()).unwrap();
        set.assert_scores("mset_cca", &decoder, &set.scores["mset_cca"]);
    }
}

/// All trials as one session, of which each score knows those before.
#[test]
fn oa_cca() {
    for plain in sets() {
        let filtered = plain.filtered();
        for (set, weights, stored) in
            [(&plain, Vec::new(), "scores"), (&filtered, plain.weights(), "filter_bank_scores")]
        {
            let session = &set.stored["oacca"];
            let params = OaCcaParams { harmonics: set.harmonics, mains_hz: None, weights };
            let mut decoder = params.build(&set.codebook, set.shape).unwrap();
            let mut scratch = Scratch::default();
            let order = list(&session["order"]);
            assert_eq!(order.len(), list(&session[stored]).len());
            for (place, expected) in order.iter().zip(list(&session[stored])) {
                let place = numbers(place);
                let (target, trial) = (place[0] as usize, place[1] as usize);
                let trained = set.train[target].len();
                let planar = set.train[target].get(trial);
                let planar = planar.unwrap_or_else(|| &set.test[target][trial - trained]);
                let mut found = vec![f64::NAN; set.codebook.len()];
                let frozen = decoder.score(set.epoch(planar)).unwrap();
                decoder.score_and_adapt(set.epoch(planar), &mut found, &mut scratch).unwrap();
                assert_eq!(found, frozen);
                assert_near(&found, &numbers(expected), || format!("oacca of {}", set.name));
            }
        }
    }
}

/// Methods by name, one decoder a band; the sum of squares or the plain sum, as each method has it.
#[test]
fn filter_banks() {
    for (method, stored, sum) in [
        (Method::Cca, "cca", "squared"),
        (Method::Msi, "msi", "linear"),
        (Method::Mec, "mec", "linear"),
        (Method::ECca, "e_cca_5", "linear"),
    ] {
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
