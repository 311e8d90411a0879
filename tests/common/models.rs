//! Small models of every kind.

use evoked::decode::{Calibration, FilterBank, Method, Settings, Shape};
use evoked::dsp::{BandPass, Family};
use evoked::online::model::{Model, ModelParams};
use evoked::online::stopping::{Bayes, Beta, Criterion, Learned, Margin, StoppingRule};
use evoked::signal::{Channel, Epoch, Unit};
use evoked::simulate::Random;
use evoked::stimulus::Codebook;

pub(crate) const RATE_HZ: f64 = 100.0;
/// Samples of a calibration trial.
pub(crate) const SAMPLES: usize = 80;

/// All methods that follow a signal.
pub(crate) const METHODS: [Method; 11] = [
    Method::Cca,
    Method::Msi,
    Method::Mec,
    Method::Trca,
    Method::ETrca,
    Method::MsETrca,
    Method::Sscor,
    Method::ESscor,
    Method::Tdca,
    Method::Rcca,
    Method::RccaRiseFall,
];

pub(crate) fn sinusoids() -> Codebook {
    Codebook::sinusoids(&[9.0, 11.0, 13.7]).unwrap()
}

pub(crate) fn codes() -> Codebook {
    let code = |label: &str, event: u32, bits: &str| {
        let code = format!(r#"{{"kind":"code","bits":"{bits}","bit_rate_hz":25}}"#);
        format!(r#"{{"label":"{label}","event":{event},"modulation":{code}}}"#)
    };
    let targets =
        [code("a", 1, "1101000110"), code("b", 2, "0010110100"), code("c", 3, "10010110")];
    Codebook::from_json(&format!(r#"{{"refresh_hz":60,"targets":[{}]}}"#, targets.join(",")))
        .unwrap()
}

/// A bank of so many bands; none for 0.
pub(crate) fn bank(bands: usize) -> Option<FilterBank> {
    let family = Family::Chebyshev1 { ripple_db: 0.5 };
    match bands {
        0 => None,
        1 => {
            let family = Family::Butterworth;
            let band = BandPass { family, order: 2, low_hz: 4.0, high_hz: 40.0 };
            Some(FilterBank::single(band))
        }
        _ => {
            let band = |place: usize| {
                let low_hz = 6.0 * (place + 1) as f64;
                BandPass { family, order: 4, low_hz, high_hz: 40.0 }
            };
            let weights = (0..bands).map(|place| 1.0 / (place + 1) as f64).collect();
            Some(FilterBank::new((0..bands).map(band).collect(), weights).unwrap())
        }
    }
}

/// One of every criterion.
pub(crate) fn criteria() -> [Criterion; 4] {
    let learned = Learned { target: (0.5, 0.1), others: (0.1, 1.0 / 3.0) };
    [
        Criterion::Fixed,
        Criterion::Margin(Margin { margins: vec![None, Some(0.1), Some(1e-3), None] }),
        Criterion::Beta(Beta { probability: 0.95 }),
        Criterion::Bayes(Bayes { probability: 0.9, steps: vec![None, Some(learned)] }),
    ]
}

pub(crate) fn params(method: Method, bands: usize) -> ModelParams {
    let bank = bank(bands);
    let weights = match &bank {
        Some(bank) if bands > 1 => bank.weights().to_vec(),
        _ => Vec::new(),
    };
    let codebook = match method {
        Method::Rcca | Method::RccaRiseFall => codes(),
        _ => sinusoids(),
    };
    let second = Channel { unit: Unit::Other("mV".into()), ..Channel::microvolts("O1 \u{e9}") };
    ModelParams {
        channels: vec![Channel::microvolts("Oz"), second],
        rate_hz: RATE_HZ,
        codebook,
        method,
        settings: Settings { weights, mains_hz: Some(50.0), ..Settings::default() },
        bank,
        notch_hz: (bands == 1).then_some(48.0),
        start: 7,
        stopping: StoppingRule::new(criteria()[bands % 4].clone(), 20, 20, SAMPLES as u64).unwrap(),
    }
}

/// Rows of noise with a response to a target.
pub(crate) fn signal(rows: usize, target: usize, seed: u64) -> Vec<f64> {
    let mut random = Random::new(seed);
    let hz = [9.0, 11.0, 13.7][target];
    let wave = |n: usize| (std::f64::consts::TAU * hz * n as f64 / RATE_HZ).sin();
    let value = |at: usize| wave(at % SAMPLES) + 2.0 * random.normal() - 300.0;
    (0..rows * SAMPLES).map(value).collect()
}

pub(crate) fn calibration(params: &ModelParams, seed: u64) -> Calibration {
    let rows = params.channels.len() * params.bank.as_ref().map_or(1, |bank| bank.bands().len());
    let shape = Shape { channels: rows, samples: SAMPLES, rate_hz: RATE_HZ };
    let mut calibration = Calibration::new(shape, &params.codebook).unwrap();
    for trial in 0..9 {
        let planar = signal(rows, trial % 3, seed.wrapping_add(trial as u64));
        calibration.add(trial % 3, Epoch::from_planar(&planar, rows).unwrap()).unwrap();
    }
    calibration
}

/// A model of a method behind so many bands.
pub(crate) fn model(method: Method, bands: usize) -> Model {
    let params = params(method, bands);
    let calibration = calibration(&params, 5);
    Model::fit(params, &calibration).unwrap()
}
