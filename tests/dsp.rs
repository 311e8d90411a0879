//! The filters and spectra against SciPy's and NumPy's; the numbers come from
//! `tests/data/make_dsp.py`.

#![allow(clippy::unwrap_used)]

use evoked::dsp::{
    Band, DspError, Family, Sos, SosState, SpectrumPlan, Window, ZeroPhase, ZeroPhaseScratch,
    design, narrow_band_snr_db, notch, wide_band_snr_db,
};
use serde_json::Value;

fn reference() -> Value {
    serde_json::from_str(include_str!("data/dsp.json")).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    list(value).iter().map(number).collect()
}

fn assert_close(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (index, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= tolerance, "{what}[{index}]: {f} against {e}");
    }
}

fn designed(entry: &Value) -> Result<Sos, DspError> {
    let edges = numbers(&entry["edges_hz"]);
    let family = match entry["family"].as_str() {
        Some("butterworth") => Family::Butterworth,
        _ => Family::Chebyshev1 { ripple_db: number(&entry["ripple_db"]) },
    };
    let band = match entry["shape"].as_str() {
        Some("lowpass") => Band::LowPass { edge_hz: edges[0] },
        Some("highpass") => Band::HighPass { edge_hz: edges[0] },
        Some("bandpass") => Band::BandPass { low_hz: edges[0], high_hz: edges[1] },
        _ => Band::BandStop { low_hz: edges[0], high_hz: edges[1] },
    };
    design(family, entry["order"].as_u64().unwrap() as usize, band, number(&entry["rate_hz"]))
}

#[test]
fn designs_match_scipy_section_by_section() {
    let reference = reference();
    assert_eq!(list(&reference["designs"]).len(), 18);
    for entry in list(&reference["designs"]) {
        let name = format!("{} {} {}", entry["family"], entry["order"], entry["edges_hz"]);
        let sos = designed(entry).unwrap();
        assert_eq!(sos.sections().len(), list(&entry["sos"]).len(), "{name}");
        for (found, expected) in sos.sections().iter().zip(list(&entry["sos"])) {
            let expected = numbers(expected);
            let largest = expected.iter().fold(0.0, |m: f64, c| m.max(c.abs()));
            // The first section carries the gain, which can be tiny: compare it by itself.
            let gain = expected[..3].iter().fold(0.0, |m: f64, c| m.max(c.abs()));
            assert_close(&name, &found.b, &expected[..3], 1e-11 * gain);
            assert_close(&name, &found.a, &expected[3..], 1e-11 * largest);
        }
    }
}

#[test]
fn filtered_signals_match_scipy() {
    let reference = reference();
    let signal = numbers(&reference["signal"]);
    let entries: Vec<_> =
        list(&reference["designs"]).iter().filter(|e| e["causal"].is_array()).collect();
    assert_eq!(entries.len(), 6);
    for entry in entries {
        let name = format!("{} {} {}", entry["family"], entry["order"], entry["edges_hz"]);
        let tolerance = 1e-11 * 4200.0;
        let sos = designed(entry).unwrap();

        let mut causal = signal.clone();
        SosState::new(&sos).filter_in_place(&mut causal);
        assert_close(&name, &causal, &numbers(&entry["causal"]), tolerance);

        let steady = sos.steady_state().unwrap();
        assert_eq!(steady.len(), list(&entry["steady_state"]).len());
        for (found, expected) in steady.iter().zip(list(&entry["steady_state"])) {
            assert_close(&name, found, &numbers(expected), 1e-9);
        }

        let filter = ZeroPhase::new(&sos).unwrap();
        let found = filter.filter(&signal);
        assert_close(&name, &found, &numbers(&entry["zero_phase"]), tolerance);
        let mut short = signal[..12].to_vec();
        filter.filter_in_place(&mut short, &mut ZeroPhaseScratch::default());
        assert_close(&name, &short, &numbers(&entry["zero_phase_short"]), tolerance);
    }
}

#[test]
fn notches_match_scipy() {
    for entry in list(&reference()["notches"]) {
        let [freq_hz, quality, rate_hz] =
            ["freq_hz", "quality", "rate_hz"].map(|key| number(&entry[key]));
        let sos = notch(freq_hz, quality, rate_hz).unwrap();
        let section = sos.sections()[0];
        let found: Vec<f64> = section.b.iter().chain(&section.a).copied().collect();
        assert_close("notch", &found, &numbers(&entry["sos"]), 1e-12);
    }
}

#[test]
fn spectra_match_numpy() {
    let reference = reference();
    let signal = numbers(&reference["spectrum_signal"]);
    assert_eq!(list(&reference["spectra"]).len(), 4);
    for entry in list(&reference["spectra"]) {
        let window = match entry["window"].as_str() {
            Some("rectangular") => Window::Rectangular,
            Some("hann") => Window::Hann,
            Some("hamming") => Window::Hamming,
            _ => Window::Blackman,
        };
        let fft_len = entry["fft_len"].as_u64().unwrap() as usize;
        let found = SpectrumPlan::new(signal.len(), fft_len, window).unwrap();
        let found = found.complex(&signal).unwrap();
        let (re, im): (Vec<f64>, Vec<f64>) = found.iter().map(|c| (c.re, c.im)).unzip();
        assert_close("re", &re, &numbers(&entry["re"]), 1e-9);
        assert_close("im", &im, &numbers(&entry["im"]), 1e-9);
        let shape = [window.coherent_gain(20), window.noise_bandwidth_bins(20)];
        let expected = ["coherent_gain", "noise_bandwidth_bins"].map(|key| number(&entry[key]));
        assert_close("window", &shape, &expected, 1e-12);
    }
}

#[test]
fn signal_to_noise_ratios_match_the_formulas_in_numpy() {
    let reference = reference();
    assert_eq!(list(&reference["snr"]).len(), 4);
    for entry in list(&reference["snr"]) {
        let signal = numbers(&entry["signal"]);
        let [freq_hz, rate_hz] = ["freq_hz", "rate_hz"].map(|key| number(&entry[key]));
        let found = [
            narrow_band_snr_db(&signal, rate_hz, freq_hz).unwrap(),
            wide_band_snr_db(&signal, rate_hz, freq_hz).unwrap(),
        ];
        let expected = ["narrow_db", "wide_db"].map(|key| number(&entry[key]));
        assert_close("ratio", &found, &expected, 1e-9);
    }
}
