//! SSVEP decoders of the component-analysis and Riemannian families against plain NumPy formulas.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

#[path = "common/scores.rs"]
mod scores;

use evoked::decode::riemann::{MdmParams, Shrinkage, TangentParams};
use evoked::decode::ssvep::{SscorParams, TdcaParams, TrcaParams};
use evoked::decode::{
    Banked, Calibration, DecodeError, Decoder, FilterBank, Filtering, Method, Settings,
};
use evoked::signal::Epoch;
use scores::{Set, sets, sets_and_degenerate_ones};

fn tdca(set: &Set, components: usize) -> TdcaParams {
    TdcaParams { harmonics: set.harmonics, mains_hz: None, delays: set.delays, components }
}

#[test]
fn trca() {
    let settings = [
        ("trca", false, 1),
        ("e_trca", true, 1),
        ("ms_e_trca_2", true, 2),
        ("ms_e_trca_3", true, 3),
    ];
    for set in sets_and_degenerate_ones() {
        for (method, ensemble, neighbours) in settings {
            let params = TrcaParams { ensemble, neighbours };
            let decoder = params.fit(&set.codebook, &set.calibration()).unwrap();
            set.assert_scores(method, &decoder, &set.scores[method]);
        }
    }
}

#[test]
fn sscor() {
    for set in sets_and_degenerate_ones() {
        for (method, ensemble) in [("sscor", false), ("e_sscor", true)] {
            let params = SscorParams { ensemble };
            let decoder = params.fit(&set.codebook, &set.calibration()).unwrap();
            set.assert_scores(method, &decoder, &set.scores[method]);
        }
    }
}

#[test]
fn tdca_without_samples_after_the_window() {
    for set in sets_and_degenerate_ones() {
        for (method, components) in [("tdca_padded_1", 1), ("tdca_padded_4", 4)] {
            let params = tdca(&set, components);
            let decoder = params.fit(&set.codebook, &set.calibration()).unwrap();
            set.assert_scores(method, &decoder, &set.scores[method]);
        }
    }
}

#[test]
fn filter_banks() {
    let methods = [(Method::Trca, "trca"), (Method::ETrca, "e_trca"), (Method::Sscor, "sscor")];
    for set in sets().iter().map(Set::filtered) {
        let (codebook, calibration) = (&set.codebook, set.calibration());
        for (method, stored) in methods {
            let settings = Settings { weights: set.weights(), ..Settings::default() };
            let decoder = method.fit(codebook, &calibration, &settings).unwrap();
            set.assert_scores(stored, &decoder, &set.scores[stored]["squared"]);
        }
        let channels = set.shape.channels / 3;
        let of_band = |band: usize| -> Calibration {
            calibration.rows(band * channels..(band + 1) * channels).unwrap()
        };
        let bands = (0..3).map(|band| tdca(&set, 4).fit(codebook, &of_band(band)).unwrap());
        let decoder = Banked::new(&set.weights(), bands.collect()).unwrap();
        set.assert_scores("tdca", &decoder, &set.scores["tdca_padded_4"]["squared"]);
    }
}

/// A decoder of unfiltered epochs behind the bank that the method asks for.
fn behind_own_bank(
    set: &Set,
    method: Method,
    fit: impl Fn(&Calibration) -> Result<Box<dyn Decoder>, DecodeError>,
) -> impl Decoder {
    let bank = method.own_bank(&set.codebook).unwrap();
    let bands = bank.design(set.shape.rate_hz).unwrap();
    let decoder = fit(&bands.filter_calibration(&set.calibration()).unwrap()).unwrap();
    Filtering::new(bands, decoder).unwrap()
}

#[test]
fn riemannian() {
    for set in sets() {
        let mdm = behind_own_bank(&set, Method::Mdm, |calibration| {
            let shrinkage = Shrinkage::Fixed(0.1);
            Ok(Box::new(MdmParams { shrinkage }.fit(&set.codebook, calibration)?))
        });
        set.assert_scores("mdm", &mdm, &set.stored["riemann"]["mdm"]);
        let tangent = behind_own_bank(&set, Method::TangentSpace, |calibration| {
            let shrinkage = Shrinkage::Fixed(0.1);
            Ok(Box::new(
                TangentParams { shrinkage, ..TangentParams::default() }
                    .fit(&set.codebook, calibration)?,
            ))
        });
        set.assert_scores("tangent_lda", &tangent, &set.stored["riemann"]["tangent_lda"]);
    }
}

/// By name they take all bands at once, whatever weights the settings hold.
#[test]
fn riemannian_by_name() {
    for set in sets() {
        for method in [Method::Mdm, Method::TangentSpace] {
            let weights = FilterBank::around_targets(&set.codebook, 1.0).unwrap();
            let settings = Settings { weights: weights.weights().to_vec(), ..Settings::default() };
            let decoder = behind_own_bank(&set, method, |calibration| {
                method.fit(&set.codebook, calibration, &settings)
            });
            let own = behind_own_bank(&set, method, |calibration| match method {
                Method::Mdm => Ok(Box::new(MdmParams::default().fit(&set.codebook, calibration)?)),
                _ => Ok(Box::new(TangentParams::default().fit(&set.codebook, calibration)?)),
            });
            let planar: Vec<f64> = (0..set.shape.channels * set.shape.samples)
                .map(|at| (at as f64 * 0.7).sin() + (at as f64 * 0.31).cos())
                .collect();
            let epoch = Epoch::from_planar(&planar, set.shape.channels).unwrap();
            assert_eq!(decoder.score(epoch), own.score(epoch), "{method}");
        }
    }
}
