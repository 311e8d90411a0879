//! Models: what is loaded decides as what was saved did, and other streams than it was made for are
//! refused.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

#[path = "common/properties/memory.rs"]
#[allow(dead_code, reason = "each program uses some of it")]
mod memory;
#[path = "common/models.rs"]
mod models;

use evoked::decode::{Calibration, DecodeError, FilterBank, Method, Settings, Shape};
use evoked::online::model::{Model, ModelError, ModelParams, RunningDecoder};
use evoked::online::stopping::{Bayes, Beta, Criterion, Learned, Margin, StoppingRule};
use evoked::online::{CausalFront, Components, Running, SinusoidsParams, Statistic, Templates};
use evoked::signal::{Channel, Epoch, Quantization, Unit};
use evoked::stimulus::{Codebook, Modulation, Target};
use models::{METHODS, RATE_HZ, SAMPLES};
use proptest::prelude::*;

fn read_again(model: &Model) -> Model {
    Model::from_bytes(&model.to_bytes().unwrap()).unwrap()
}

/// Bits of the scores after every few samples of a window.
fn scores(decoder: &mut dyn Running, seed: u64) -> Vec<Result<Vec<u64>, DecodeError>> {
    let rows = decoder.channels();
    let planar = models::signal(rows, 1, seed);
    let signal = Epoch::from_planar(&planar, rows).unwrap();
    let mut all = Vec::new();
    for first in (0..SAMPLES).step_by(9) {
        let piece = first..(first + 9).min(SAMPLES);
        decoder.push(signal.part(0..rows, piece).unwrap()).unwrap();
        let mut scores = vec![f64::NAN; decoder.targets()];
        let scored = decoder.score_into(&mut scores);
        all.push(scored.map(|()| scores.iter().map(|score| score.to_bits()).collect()));
    }
    assert!(all.last().unwrap().is_ok(), "{all:?}");
    all
}

/// The decoder of a method as it is made without a model.
fn by_hand(params: &ModelParams, calibration: &Calibration) -> Box<dyn Running> {
    let ModelParams { codebook, method, settings, .. } = params;
    let statistic = match method {
        Method::Cca => Statistic::Cca,
        Method::Msi => Statistic::Msi,
        Method::Mec => Statistic::Mec { kept: 0.1 },
        Method::Tdca => {
            return Box::new(Components::by_settings(codebook, calibration, settings).unwrap());
        }
        _ => {
            return Box::new(Templates::fit(*method, codebook, calibration, settings).unwrap());
        }
    };
    let Settings { harmonics, mains_hz, weights, .. } = settings.clone();
    let sinusoids =
        SinusoidsParams { statistic, harmonics, mains_hz, weights, ..SinusoidsParams::default() };
    let rows = calibration.shape().channels;
    Box::new(sinusoids.build(codebook, rows, RATE_HZ).unwrap())
}

#[test]
fn loaded_decoders_score_as_those_that_were_fitted() {
    for method in METHODS {
        for bands in 0..3 {
            let params = models::params(method, bands);
            let calibration = models::calibration(&params, 5);
            let fitted = scores(by_hand(&params, &calibration).as_mut(), 9);
            let model = Model::fit(params, &calibration).unwrap();
            let loaded = read_again(&model);
            assert_eq!(loaded, model);
            assert_eq!(scores(&mut model.decoder().unwrap(), 9), fitted, "{method}, {bands} bands");
            assert_eq!(
                scores(&mut loaded.decoder().unwrap(), 9),
                fitted,
                "{method}, {bands} bands"
            );
        }
    }
}

#[test]
fn loaded_filters_are_those_that_were_saved() {
    for bands in 0..3 {
        let model = models::model(Method::Cca, bands);
        let through = |model: &Model| {
            let filters = model.filters().unwrap();
            assert_eq!(filters.is_some(), bands > 0);
            match filters {
                Some(filters) => {
                    let decoder = model.decoder().unwrap();
                    scores(&mut CausalFront::new(&filters, 2, decoder).unwrap(), 3)
                }
                None => scores(&mut model.decoder().unwrap(), 3),
            }
        };
        assert_eq!(through(&read_again(&model)), through(&model));
    }
    // The notch is there: nothing is left of its frequency.
    let filters = models::model(Method::Cca, 1).filters().unwrap().unwrap();
    let sos = filters.sections().next().unwrap();
    assert!(sos.frequency_response(48.0, RATE_HZ).norm() < 1e-9);
    assert!(sos.frequency_response(20.0, RATE_HZ).norm() > 0.9);
}

#[test]
fn loaded_rules_stop_where_those_that_were_saved_do() {
    for criterion in models::criteria() {
        let rule = StoppingRule::new(criterion, 10, 20, 80).unwrap();
        let model = models::model(Method::ETrca, 2).with_stopping(rule.clone()).unwrap();
        let loaded = read_again(&model);
        assert_eq!(loaded.stopping(), &rule);
        let (mut stopped, mut waited) = (0, 0);
        for samples in 0..90 {
            for lead in [0.0, 0.001, 0.05, 0.4] {
                let scores = [0.1, 0.1 + lead, 0.0, 0.05, -0.02];
                let stop = loaded.stopping().stop(samples, &scores);
                assert_eq!(stop, rule.stop(samples, &scores));
                if stop.is_some() { stopped += 1 } else { waited += 1 }
            }
        }
        assert!(stopped > 0 && waited > 0);
    }
}

#[test]
fn streams_of_another_montage_are_refused() {
    let model = models::model(Method::Trca, 0);
    let rows = |channels: &[Channel]| model.rows_for(channels, RATE_HZ, None);
    let other = Channel::microvolts("Fz");
    let [oz, o1] = [0, 1].map(|row| model.channels()[row].clone());
    assert_eq!(rows(&[oz.clone(), o1.clone()]), Ok(vec![0, 1]));
    assert_eq!(rows(&[o1.clone(), other.clone(), oz.clone()]), Ok(vec![2, 0]));
    let missing = rows(&[oz.clone(), other.clone()]).unwrap_err().to_string();
    assert_eq!(missing, "the model needs channel \"O1 \u{e9}\", the stream has Oz, Fz");
    assert!(matches!(rows(&[]), Err(ModelError::Channel { have, .. }) if have.is_empty()));
    let twice = rows(&[oz.clone(), o1.clone(), other, oz.clone()]);
    assert_eq!(twice, Err(ModelError::Twice { label: "Oz".into(), first: 0, second: 3 }));
    let volts = Channel { unit: Unit::Other("V".into()), ..oz };
    let (label, found, expected) = ("Oz".into(), "V".into(), "uV".into());
    assert_eq!(rows(&[volts, o1]), Err(ModelError::Unit { label, found, expected }));
}

#[test]
fn streams_of_another_rate_are_refused() {
    let model = models::model(Method::Cca, 0);
    let at = |rate_hz: f64| model.rows_for(model.channels(), rate_hz, None);
    for rate_hz in [100.0, 99.91, 100.09] {
        assert_eq!(at(rate_hz), Ok(vec![0, 1]));
    }
    for found in [99.8, 100.2, 250.0, 0.0, -100.0, f64::INFINITY] {
        assert_eq!(at(found), Err(ModelError::Rate { found, expected: 100.0 }));
    }
    assert!(matches!(at(f64::NAN), Err(ModelError::Rate { .. })));
}

#[test]
fn other_codebooks_are_refused_by_the_target_that_differs() {
    let model = models::model(Method::Cca, 0);
    let with =
        |codebook: &Codebook| model.rows_for(model.channels(), RATE_HZ, Some(codebook)).map(drop);
    let codebook = |targets: Vec<Target>| Codebook::new(targets).unwrap();
    let own = model.codebook().targets().to_vec();
    assert_eq!(with(model.codebook()), Ok(()));
    // How events call a target, and on which screen, makes no other decoder.
    let mut renamed = own.clone();
    renamed[1].event = Some("7".into());
    assert_eq!(with(&codebook(renamed).with_refresh_hz(60.0).unwrap()), Ok(()));

    let Err(ModelError::Targets { found: 2, expected: 3 }) = with(&codebook(own[..2].to_vec()))
    else {
        panic!("fewer targets");
    };
    let index = |targets: Vec<Target>| match with(&codebook(targets)) {
        Err(ModelError::Target { index, found, expected }) => {
            assert_ne!(found, expected);
            index
        }
        other => panic!("{other:?}"),
    };
    let mut swapped = own.clone();
    swapped.swap(1, 2);
    assert_eq!(index(swapped), 1);
    let mut called = own.clone();
    called[2].label = "right".into();
    assert_eq!(index(called), 2);
    let mut shown = own;
    shown[0].modulation = Modulation::Sinusoid { frequency_hz: 9.0, phase_rad: 1e-9 };
    assert_eq!(index(shown), 0);
    let error = with(&models::codes()).unwrap_err().to_string();
    let found = r#""a" {"kind":"code","bits":"1101000110","bit_rate_hz":25.0}"#;
    let made = r#""9 Hz" {"kind":"sinusoid","frequency_hz":9.0,"phase_rad":0.0}"#;
    let expected = format!("target 0 of the codebook is {found}, the model was made for {made}");
    assert_eq!(error, expected);
}

#[test]
fn models_that_can_not_decide_are_not_made() {
    let told = |model: Result<Model, DecodeError>| model.unwrap_err().to_string();
    for method in Method::all().filter(|method| !METHODS.contains(method)) {
        let params = ModelParams { method, ..models::params(Method::Cca, 0) };
        let calibration = models::calibration(&params, 1);
        for error in [told(Model::build(params.clone())), told(Model::fit(params, &calibration))] {
            assert!(
                error.starts_with(&format!("running method is {method}, expected cca, msi, mec"))
            );
        }
    }
    for method in METHODS {
        let made = Model::build(models::params(method, 0));
        assert_eq!(made.is_err(), method.needs_calibration(), "{method}");
    }
    let params = || models::params(Method::ETrca, 2);
    let calibration = models::calibration(&params(), 1);
    let fit = |params: ModelParams| told(Model::fit(params, &calibration));
    let fixed = |latest| StoppingRule::new(Criterion::Fixed, 1, 0, latest).unwrap();
    assert!(fit(ModelParams { stopping: fixed(81), ..params() }).contains("81 of 80 samples"));
    let model = Model::fit(params(), &calibration).unwrap();
    assert!(told(model.clone().with_stopping(fixed(81))).contains("81 of 80 samples"));
    assert_eq!(model.with_stopping(fixed(79)).unwrap().stopping().latest(), 79);
    assert!(fit(ModelParams { rate_hz: 100.01, ..params() }).contains("rate of the model"));
    let one = vec![Channel::microvolts("Oz")];
    assert!(fit(ModelParams { channels: one, ..params() }).contains("rows of the calibration"));
    let settings = Settings { weights: vec![1.0], ..Settings::default() };
    assert!(fit(ModelParams { settings, ..params() }).contains("1 for 2 bands"));
    let settings = Settings { weights: vec![1.0, f64::NAN], ..Settings::default() };
    assert!(fit(ModelParams { settings, ..params() }).contains("NaN"));
    let settings = Settings { mains_hz: Some(f64::NAN), ..params().settings };
    assert!(fit(ModelParams { settings, ..params() }).contains("mains_hz is NaN"));
    assert!(fit(ModelParams { notch_hz: Some(50.0), ..params() }).contains("50 Hz"));
}

#[test]
fn how_samples_were_stored_plays_no_part() {
    let mut params = models::params(Method::Cca, 0);
    params.channels[0].quantization = Some(Quantization { bits: 16, scale: 0.1, offset: 0.0 });
    let stream = params.channels.clone();
    let model = Model::build(params).unwrap();
    assert_eq!(read_again(&model), model);
    assert_eq!(model.rows_for(&stream, RATE_HZ, None), Ok(vec![0, 1]));
}

#[test]
fn files_are_whole_or_not_there() {
    let folder = std::env::temp_dir().join(format!("evoked-models-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("a.evm");
    let names = || {
        let entries = std::fs::read_dir(&folder).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert!(matches!(Model::load(&path), Err(ModelError::Read { .. })));
    let [first, second] = [Method::Tdca, Method::ETrca].map(|method| models::model(method, 2));
    for model in [&first, &second] {
        model.save(&path).unwrap();
        assert_eq!(&Model::load(&path).unwrap(), model);
        assert_eq!(names(), ["a.evm"]);
    }
    // Where it can't be written, what was there stays, and nothing else.
    std::fs::create_dir(folder.join("a.evm.part")).unwrap();
    assert!(matches!(first.save(&path), Err(ModelError::Write { .. })));
    std::fs::remove_dir(folder.join("a.evm.part")).unwrap();
    assert_eq!(Model::load(&path).unwrap(), second);
    assert!(matches!(first.save(folder.join("no/b.evm")), Err(ModelError::Write { .. })));
    assert!(matches!(first.save("/"), Err(ModelError::Write { .. })));
    assert_eq!(names(), ["a.evm"]);

    let mut bytes = second.to_bytes().unwrap();
    for (len, found) in [(5, None), (20, Some(20)), (100, Some(100))] {
        std::fs::write(&path, &bytes[..len]).unwrap();
        match (Model::load(&path).unwrap_err(), found) {
            (ModelError::NotAModel, None) => {}
            (ModelError::Length { found, .. }, Some(expected)) => assert_eq!(found, expected),
            (other, _) => panic!("{other:?}"),
        }
    }
    bytes.extend(vec![7; 100_000]);
    std::fs::write(&path, &bytes).unwrap();
    let meter = memory::Meter::start();
    assert!(matches!(Model::load(&path), Err(ModelError::Length { .. })));
    assert!(meter.peak() < 60_000, "{} bytes", meter.peak());
    std::fs::remove_dir_all(&folder).unwrap();
}

fn any_modulation() -> impl Strategy<Value = Modulation> {
    prop_oneof![
        (0.5..40.0, -7.0..7.0)
            .prop_map(|(frequency_hz, phase_rad)| Modulation::Sinusoid { frequency_hz, phase_rad }),
        (0.5..40.0, 0.01..0.99).prop_map(|(frequency_hz, duty)| Modulation::Square {
            frequency_hz,
            phase_rad: 0.1,
            duty
        }),
    ]
}

fn any_criterion() -> impl Strategy<Value = Criterion> {
    let learned = (any::<i16>(), 1e-9..1e9, any::<f32>(), 1e-9..1.0).prop_map(|(a, b, c, d)| {
        let c = if c.is_finite() { f64::from(c) } else { 0.0 };
        Learned { target: (f64::from(a) / 3.0, b), others: (c, d) }
    });
    let margin = prop::collection::vec(prop::option::of(0.0..1e3), 0..9);
    prop_oneof![
        Just(Criterion::Fixed),
        margin.prop_map(|margins| Criterion::Margin(Margin { margins })),
        (1e-6..0.999_999).prop_map(|probability| Criterion::Beta(Beta { probability })),
        (0.1..0.9, prop::collection::vec(prop::option::of(learned), 0..5))
            .prop_map(|(probability, steps)| Criterion::Bayes(Bayes { probability, steps })),
    ]
}

prop_compose! {
    fn any_params()(
        labels in prop::collection::hash_set(".{0,12}", 1..5),
        units in prop::collection::vec("uV|V|mV|[a-z ]{0,4}", 5),
        rate_hz in 90.0..3000.0,
        modulations in prop::collection::vec(any_modulation(), 1..9),
        method in 0..METHODS.len(),
        (bands, harmonics) in (0..4_usize, 1..6_usize),
        mains_hz in prop::option::of(3000.0..4000.0),
        window in prop::option::of(any::<usize>()),
        notch_hz in prop::option::of(3.0..44.0),
        start in any::<u64>(),
        criterion in any_criterion(),
        (step, earliest) in (1..50_u64, 0..40_u64),
    ) -> ModelParams {
        let unit = |unit: &String| Unit::from(unit.clone());
        let channel = |(label, unit)| Channel { label, unit, quantization: None };
        let target = |(place, modulation): (usize, Modulation)| Target {
            label: format!("\u{1f441} {place}"),
            event: (place % 2 == 0).then(|| (place * 7).to_string()),
            modulation,
        };
        let targets = modulations.into_iter().enumerate().map(target).collect();
        let bank = models::bank(bands);
        let weights = bank.as_ref().map(FilterBank::weights).filter(|_| bands > 1);
        ModelParams {
            channels: labels.into_iter().zip(units.iter().map(unit)).map(channel).collect(),
            rate_hz,
            codebook: Codebook::new(targets).unwrap(),
            method: METHODS[method],
            settings: Settings {
                harmonics,
                mains_hz,
                weights: weights.unwrap_or_default().to_vec(),
                window,
            },
            bank,
            notch_hz,
            start,
            stopping: StoppingRule::new(criterion, step, earliest, 40).unwrap(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the model, it comes back as it was.
    #[test]
    fn models_come_back_as_they_were(params in any_params(), seed in any::<u64>()) {
        let method = params.method;
        let model = match method {
            Method::Cca | Method::Msi | Method::Mec => Model::build(params.clone()),
            // Codes need bits; what they learn is of the same form.
            Method::Rcca | Method::RccaRiseFall => Model::fit(
                ModelParams { method: Method::Trca, ..params.clone() },
                &trials(&params, seed),
            ),
            _ => Model::fit(params.clone(), &trials(&params, seed)),
        };
        let model = model.unwrap();
        let bytes = model.to_bytes().unwrap();
        let loaded = Model::from_bytes(&bytes).unwrap();
        prop_assert_eq!(&loaded, &model);
        prop_assert_eq!(loaded.to_bytes().unwrap(), bytes);
        prop_assert_eq!(loaded.params().codebook.clone(), params.codebook);
        let same = |model: &Model| match model.decoder().unwrap() {
            RunningDecoder::Sinusoids(_) => "sinusoids",
            RunningDecoder::Templates(_) => "templates",
            RunningDecoder::Components(_) => "components",
            _ => "another",
        };
        prop_assert_eq!(same(&loaded), same(&model));
    }
}

/// Two trials of noise a target.
fn trials(params: &ModelParams, seed: u64) -> Calibration {
    let rows = params.channels.len() * params.bank.as_ref().map_or(1, |bank| bank.bands().len());
    let shape = Shape { channels: rows, samples: 40, rate_hz: params.rate_hz };
    let mut calibration = Calibration::new(shape, &params.codebook).unwrap();
    let mut random = evoked::simulate::Random::new(seed);
    for trial in 0..2 * params.codebook.len() {
        let noise: Vec<f64> = (0..rows * 40).map(|_| random.normal()).collect();
        let epoch = Epoch::from_planar(&noise, rows).unwrap();
        calibration.add(trial / 2, epoch).unwrap();
    }
    calibration
}
