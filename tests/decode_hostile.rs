//! Every method with channels, samples and settings that it should survive or refuse.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

#[path = "common/epochs.rs"]
mod epochs;

use std::f64::consts::TAU;
use std::rc::Rc;

use evoked::decode::decode_trials;
use evoked::decode::ssvep::{PowerRatioParams, WhitenedParams};
use evoked::decode::{
    Calibration, DecodeError, Decoder, FilterBank, Filtering, Method, Preprocess, Scratch,
    Settings, Shape,
};
use evoked::signal::{Channel, Decision, Epoch, Samples, Stream, Trial};
use evoked::stimulus::{Bits, Codebook, Modulation, Target};
use proptest::prelude::*;

const CHANNELS: usize = 4;
const SAMPLES: usize = 256;
const RATE_HZ: f64 = 256.0;
/// The second one falls between two bins, and is the one that is looked at.
const TARGETS_HZ: [f64; 3] = [11.0, 13.5, 17.0];
const GAZE: usize = 1;

fn shape(channels: usize, samples: usize) -> Shape {
    Shape { channels, samples, rate_hz: RATE_HZ }
}

/// A decoder for two harmonics, fitted to three trials a target if it has to be.
fn build(method: Method, channels: usize, samples: usize) -> Box<dyn Decoder> {
    build_changed(method, channels, samples, |_| ())
}

/// The same, with the channels of all trials changed.
fn build_changed(
    method: Method,
    channels: usize,
    samples: usize,
    change: impl Fn(&mut Rows),
) -> Box<dyn Decoder> {
    let codebook = Codebook::sinusoids(&TARGETS_HZ).unwrap();
    let shape = shape(channels, samples);
    make(method, &codebook, shape, &Settings::default(), change).unwrap()
}

/// Channels of an epoch.
type Rows = Vec<Vec<f64>>;

/// The shape is the one before the change. Decoders of covariances stand behind their own bank.
fn make(
    method: Method,
    codebook: &Codebook,
    shape: Shape,
    settings: &Settings,
    change: impl Fn(&mut Rows),
) -> Result<Box<dyn Decoder>, DecodeError> {
    let changed = |planar: Vec<f64>| {
        let mut rows: Rows = planar.chunks(shape.samples).map(<[f64]>::to_vec).collect();
        change(&mut rows);
        rows
    };
    if !method.needs_calibration() {
        // One value a channel is enough to see how many there will be.
        let channels = match shape.channels.checked_mul(shape.samples) {
            Some(values @ 1..10_000) => changed(vec![0.0; values]).len(),
            _ => shape.channels,
        };
        return method.build(codebook, Shape { channels, ..shape }, settings);
    }
    // Refuses shapes that no epoch can have.
    Calibration::new(shape, codebook)?;
    let mut calibration: Option<Calibration> = None;
    for trial in 0..3 * codebook.len() {
        let (target, seed) = (trial / 3, 100 + trial as u64);
        let hz = codebook.targets()[target].modulation.frequency_hz().unwrap_or(40.0);
        let Shape { channels, samples, rate_hz } = shape;
        let rows = changed(epochs::seeded(seed, channels, samples, rate_hz, hz));
        let shape = Shape { channels: rows.len(), ..shape };
        let planar = rows.concat();
        let calibration = match &mut calibration {
            Some(calibration) => calibration,
            none => none.insert(Calibration::new(shape, codebook)?),
        };
        calibration.add(target, Epoch::from_planar(&planar, rows.len()).unwrap())?;
    }
    fit(method, codebook, &calibration.unwrap(), settings)
}

fn fit(
    method: Method,
    codebook: &Codebook,
    calibration: &Calibration,
    settings: &Settings,
) -> Result<Box<dyn Decoder>, DecodeError> {
    match method.own_bank(codebook) {
        Some(bank) => behind(&bank, method, codebook, calibration, settings),
        None => method.fit(codebook, calibration, settings),
    }
}

/// A method behind the filters of a bank, to which it is fitted.
fn behind(
    bank: &FilterBank,
    method: Method,
    codebook: &Codebook,
    calibration: &Calibration,
    settings: &Settings,
) -> Result<Box<dyn Decoder>, DecodeError> {
    let bands = bank.design(calibration.shape().rate_hz)?;
    let filtered = bands.filter_calibration(calibration)?;
    let settings = Settings { weights: bank.weights().to_vec(), ..settings.clone() };
    let decoder = method.fit(codebook, &filtered, &settings)?;
    Ok(Box::new(Filtering::new(bands, decoder)?))
}

/// Whether a method looks for sinusoids; the others take any response, and ignore settings of
/// sinusoids.
fn knows_frequencies(method: Method) -> bool {
    let repeats = [Method::Trca, Method::ETrca, Method::MsETrca, Method::Sscor, Method::ESscor];
    let templates = [Method::ItCca, Method::MsetCca];
    !repeats.contains(&method) && !templates.contains(&method) && !of_covariances(method)
}

/// Whether covariances are compared. Their shrinkage pulls towards channels of equal power, so that a
/// channel more, another mixture or another gain than during calibration changes every distance,
/// though hardly what is nearest.
fn of_covariances(method: Method) -> bool {
    matches!(method, Method::Mdm | Method::TangentSpace)
}

/// Whether scores stay the same whatever invertible mixture of the channels is recorded.
fn ignores_mixtures(method: Method) -> bool {
    let compares_channels = matches!(method, Method::Whitened | Method::PowerRatio | Method::Mec);
    !compares_channels && !of_covariances(method)
}

fn refusal(
    method: Method,
    frequencies_hz: &[f64],
    shape: Shape,
    settings: Settings,
) -> DecodeError {
    let codebook = Codebook::sinusoids(frequencies_hz).unwrap();
    make(method, &codebook, shape, &settings, |_| ()).err().unwrap()
}

fn good_epoch() -> Vec<f64> {
    epochs::epoch(CHANNELS, SAMPLES, RATE_HZ, TARGETS_HZ[GAZE])
}

fn try_score(method: Method, rows: &[Vec<f64>]) -> Result<Vec<f64>, DecodeError> {
    let planar = rows.concat();
    let decoder = build(method, rows.len(), rows[0].len());
    decoder.score(Epoch::from_planar(&planar, rows.len()).unwrap())
}

fn score(method: Method, rows: &[Vec<f64>]) -> Vec<f64> {
    try_score(method, rows).unwrap()
}

/// The good epoch's scores, with the channels of all trials changed.
fn score_changed(method: Method, change: impl Fn(&mut Rows)) -> Vec<f64> {
    let mut rows = good_rows();
    change(&mut rows);
    let planar = rows.concat();
    let decoder = build_changed(method, CHANNELS, SAMPLES, change);
    decoder.score(Epoch::from_planar(&planar, rows.len()).unwrap()).unwrap()
}

fn good_rows() -> Vec<Vec<f64>> {
    good_epoch().chunks(SAMPLES).map(<[f64]>::to_vec).collect()
}

fn decided(scores: &[f64]) -> usize {
    Decision::from_scores(scores.to_vec(), 0, 1).unwrap().target
}

fn assert_near(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= 1e-9 * e.abs(), "{what}: {found:?}, expected {expected:?}");
    }
}

#[test]
fn the_good_epoch_is_decided_right() {
    for method in Method::FREQUENCIES {
        assert_eq!(decided(&score(method, &good_rows())), GAZE, "{method}");
    }
}

#[test]
fn a_flat_channel_beside_good_ones_changes_nothing() {
    for method in Method::FREQUENCIES {
        let expected = score(method, &good_rows());
        for level in [0.0, 0.1, -4200.3, 1e300] {
            for place in 0..=CHANNELS {
                let flat = |rows: &mut Rows| rows.insert(place, vec![level; SAMPLES]);
                let found = score_changed(method, flat);
                if of_covariances(method) {
                    assert_eq!(decided(&found), GAZE, "{method} {level} {place}: {found:?}");
                    continue;
                }
                assert_near(&found, &expected, &format!("{method} {level} {place}"));
            }
        }
    }
}

#[test]
fn equal_channels_do_no_harm() {
    for method in Method::FREQUENCIES {
        let scores = score_changed(method, |rows| rows.push(rows[2].clone()));
        assert_eq!(decided(&scores), GAZE, "{method}");
        if ignores_mixtures(method) {
            assert_near(&scores, &score(method, &good_rows()), method.name());
        }
    }
    // Without shrinkage only the ridge keeps the noise of equal channels apart.
    let params = WhitenedParams { shrinkage: 0.0, ..WhitenedParams::default() };
    let decoder = params
        .build(&Codebook::sinusoids(&TARGETS_HZ).unwrap(), shape(CHANNELS + 1, SAMPLES))
        .unwrap();
    let mut rows = good_rows();
    rows.push(rows[2].clone());
    let planar = rows.concat();
    let scores = decoder.score(Epoch::from_planar(&planar, CHANNELS + 1).unwrap()).unwrap();
    assert_eq!(decided(&scores), GAZE);
}

#[test]
fn an_average_reference_does_no_harm() {
    let average = |rows: &mut Rows| {
        for n in 0..SAMPLES {
            let mean = rows.iter().map(|row| row[n]).sum::<f64>() / CHANNELS as f64;
            rows.iter_mut().for_each(|row| row[n] -= mean);
        }
    };
    for method in Method::FREQUENCIES {
        let scores = score_changed(method, average);
        assert_eq!(decided(&scores), GAZE, "{method}");
        // The last channel is the negative sum of the others.
        if ignores_mixtures(method) {
            let fewer = score_changed(method, |rows| {
                average(rows);
                rows.pop();
            });
            assert_near(&scores, &fewer, method.name());
        }
    }
}

#[test]
fn an_epoch_without_any_signal_is_flat() {
    let codebook = Codebook::sinusoids(&TARGETS_HZ).unwrap();
    let mut calibration = Calibration::new(shape(2, SAMPLES), &codebook).unwrap();
    for trial in 0..9 {
        let planar = epochs::seeded(trial as u64, 2, SAMPLES, RATE_HZ, TARGETS_HZ[trial / 3]);
        calibration.add(trial / 3, Epoch::from_planar(&planar, 2).unwrap()).unwrap();
    }
    for method in Method::FREQUENCIES {
        let alone = build(method, 2, SAMPLES);
        let bank = FilterBank::chen(3, 8.0, 90.0);
        let banked = behind(&bank, method, &codebook, &calibration, &Settings::default()).unwrap();
        for level in [0.0, 0.1, -4200.3, 1e-320, 1e300, f64::MAX] {
            let planar = [vec![level; SAMPLES], vec![-level; SAMPLES]].concat();
            let epoch = Epoch::from_planar(&planar, 2).unwrap();
            for decoder in [&alone, &banked] {
                assert_eq!(decoder.score(epoch), Err(DecodeError::Flat), "{method} {level}");
            }
        }
    }
}

#[test]
fn what_is_no_number_is_found_where_it_stands() {
    for method in Method::FREQUENCIES {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut rows = good_rows();
            rows[2][77] = bad;
            rows[3][5] = bad;
            match try_score(method, &rows) {
                Err(DecodeError::NotFinite { channel: 2, sample: 77, value }) => {
                    assert_eq!(value.to_bits(), bad.to_bits());
                }
                other => panic!("{method}: {other:?}"),
            }
        }
    }
}

#[test]
fn scores_do_not_depend_on_the_unit() {
    let in_unit = |rows: &mut Rows, unit: f64| {
        rows.iter_mut().flatten().for_each(|x| *x *= unit);
    };
    for method in Method::FREQUENCIES {
        let expected = score(method, &good_rows());
        for unit in [1e300, 1e-300, 1e6, 1e-6, -1.0] {
            let found = score_changed(method, |rows| in_unit(rows, unit));
            assert_near(&found, &expected, &format!("{method} {unit:e}"));
            // As if the amplifier had another gain than during calibration.
            let mut rows = good_rows();
            in_unit(&mut rows, unit.abs());
            let found = score(method, &rows);
            if of_covariances(method) {
                assert!(found.iter().all(|score| score.is_finite()), "{method} {unit:e}");
                continue;
            }
            assert_near(&found, &expected, &format!("{method} {unit:e} after calibration"));
        }
        // One channel in volts, one in nanovolts beside microvolts, and one near the largest number.
        if method != Method::Mec && !of_covariances(method) {
            let mixed = score_changed(method, |rows| {
                for (row, unit) in rows.iter_mut().zip([1e-6, 1e3, 1.0, 1e300]) {
                    row.iter_mut().for_each(|x| *x *= unit);
                }
            });
            assert_near(&mixed, &expected, &format!("{method} mixed units"));
        }
        let smallest = score_changed(method, |rows| in_unit(rows, 5e-320));
        assert!(smallest.iter().all(|score| score.is_finite()), "{method}");
    }
}

#[test]
fn scores_do_not_depend_on_the_order_of_channels() {
    for method in Method::FREQUENCIES {
        let expected = score(method, &good_rows());
        let found = score_changed(method, |rows| {
            rows.rotate_left(1);
            rows.swap(0, 1);
        });
        assert_near(&found, &expected, method.name());
    }
}

#[test]
fn a_signal_without_noise_is_decided_right() {
    for method in Method::FREQUENCIES {
        for frequencies_hz in [[64.0, 32.0, 16.0], [32.0, 64.0, 16.0], [16.0, 21.0, 64.0]] {
            let codebook = Codebook::sinusoids(&frequencies_hz).unwrap();
            let settings = Settings { harmonics: 1, mains_hz: None, ..Settings::default() };
            let decoder = make(method, &codebook, shape(1, 64), &settings, |_| ()).unwrap();
            // A quarter of the rate: every other bin of the spectrum is exactly zero.
            let pure = [0.0, 1.0, 0.0, -1.0].repeat(16);
            let scores = decoder.score(Epoch::from_planar(&pure, 1).unwrap()).unwrap();
            assert!(scores.iter().all(|score| score.is_finite()), "{method}: {scores:?}");
            let right = frequencies_hz.iter().position(|&f| f == 64.0).unwrap();
            assert_eq!(decided(&scores), right, "{method}: {scores:?}");
        }
        let decoder = build(method, 1, SAMPLES);
        let angle = |n: usize| TAU * TARGETS_HZ[GAZE] * n as f64 / RATE_HZ;
        let pure: Vec<f64> = (0..SAMPLES).map(|n| angle(n).sin()).collect();
        let scores = decoder.score(Epoch::from_planar(&pure, 1).unwrap()).unwrap();
        assert_eq!(decided(&scores), GAZE, "{method}: {scores:?}");
    }
}

#[test]
fn more_channels_than_samples() {
    let (channels, samples) = (40, 32);
    let frequencies_hz = [24.0, 40.0];
    let epoch = epochs::epoch(channels, samples, RATE_HZ, 40.0);
    for method in Method::FREQUENCIES {
        let settings = Settings { harmonics: 1, mains_hz: None, ..Settings::default() };
        let codebook = Codebook::sinusoids(&frequencies_hz).unwrap();
        match make(method, &codebook, shape(channels, samples), &settings, |_| ()) {
            Ok(decoder) => {
                let scores = decoder.score(Epoch::from_planar(&epoch, channels).unwrap()).unwrap();
                assert_eq!(decided(&scores), 1, "{method}: {scores:?}");
            }
            Err(DecodeError::TooShort { found: 32, needed, .. }) => {
                assert!(needed > 40 && !matches!(method, Method::Whitened | Method::PowerRatio));
            }
            Err(error) => panic!("{method}: {error:?}"),
        }
    }
}

#[test]
fn arrays_of_another_size_are_refused() {
    for method in Method::FREQUENCIES {
        let decoder = build(method, CHANNELS, SAMPLES);
        let refused = |channels: usize, samples: usize, scores: usize| {
            let planar = vec![1.0; channels * samples];
            let epoch = Epoch::from_planar(&planar, channels).unwrap();
            match decoder.score_into(epoch, &mut vec![0.0; scores], &mut Scratch::default()) {
                Err(DecodeError::Shape { what, found, expected }) => (what, found, expected),
                other => panic!("{method}: {other:?}"),
            }
        };
        assert_eq!(refused(3, SAMPLES, 3), ("channels of the epoch", 3, 4));
        assert_eq!(refused(5, SAMPLES, 3), ("channels of the epoch", 5, 4));
        assert_eq!(refused(4, 255, 3), ("samples of the epoch", 255, 256));
        assert_eq!(refused(4, 257, 3), ("samples of the epoch", 257, 256));
        assert_eq!(refused(4, 0, 3), ("samples of the epoch", 0, 256));
        assert_eq!(refused(4, SAMPLES, 2), ("scores", 2, 3));
        assert_eq!(refused(4, SAMPLES, 4), ("scores", 4, 3));
        assert_eq!(refused(4, SAMPLES, 0), ("scores", 0, 3));
    }
}

#[test]
fn frequencies_that_sampling_cannot_carry_are_refused() {
    for method in Method::FREQUENCIES.into_iter().filter(|method| knows_frequencies(*method)) {
        for frequency_hz in [128.0, 128.5, 1e300] {
            let error = refusal(method, &[13.0, frequency_hz], shape(2, 256), Settings::default());
            let named = matches!(&error, DecodeError::Nyquist { label, rate_hz, .. }
                if *label == format!("{frequency_hz} Hz") && *rate_hz == RATE_HZ);
            assert!(named, "{method}: {error:?}");
        }
        let codebook = Codebook::sinusoids(&[5e-324, 1e-9, 0.3, 126.9]).unwrap();
        let decoder =
            make(method, &codebook, shape(CHANNELS, SAMPLES), &Settings::default(), |_| ());
        let epoch = good_epoch();
        let scores = decoder.unwrap().score(Epoch::from_planar(&epoch, CHANNELS).unwrap()).unwrap();
        assert!(scores.iter().all(|score| score.is_finite()), "{method}: {scores:?}");
    }
}

#[test]
fn codes_are_refused() {
    let target = |label: &str, modulation| Target { label: label.into(), event: None, modulation };
    let codebook = Codebook::new(vec![
        target("wave", Modulation::Sinusoid { frequency_hz: 13.0, phase_rad: 0.0 }),
        target("code", Modulation::Code { bits: Bits::new(vec![true, false]), bit_rate_hz: 60.0 }),
    ]);
    let codebook = codebook.unwrap();
    // Neighbours in frequency are asked for, too.
    let refuses = |method: &Method| knows_frequencies(*method) || *method == Method::MsETrca;
    for method in Method::FREQUENCIES.into_iter().filter(refuses) {
        let refused = make(method, &codebook, shape(2, 256), &Settings::default(), |_| ()).err();
        assert_eq!(refused, Some(DecodeError::NoFrequency { label: "code".into() }), "{method}");
    }
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let name_of = |error| match error {
        DecodeError::Setting { name, .. } => name,
        other => panic!("{other:?}"),
    };
    for method in Method::FREQUENCIES {
        let refuse = |shape, settings| refusal(method, &TARGETS_HZ, shape, settings);
        for harmonics in [0, 65, usize::MAX].into_iter().filter(|_| knows_frequencies(method)) {
            let settings = Settings { harmonics, mains_hz: None, ..Settings::default() };
            assert_eq!(name_of(refuse(shape(2, 256), settings)), "harmonics", "{method}");
        }
        for mains_hz in
            [0.0, -50.0, f64::NAN, f64::INFINITY].into_iter().filter(|_| knows_frequencies(method))
        {
            let settings =
                Settings { harmonics: 2, mains_hz: Some(mains_hz), ..Settings::default() };
            assert_eq!(name_of(refuse(shape(2, 256), settings)), "mains_hz", "{method}");
        }
        if knows_frequencies(method) {
            let settings = Settings { harmonics: 1, mains_hz: Some(13.4), ..Settings::default() };
            let only = refuse(shape(2, 256), settings);
            assert!(matches!(only, DecodeError::OnlyMains { .. }), "{method}: {only:?}");
        }
        for rate_hz in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let shape = Shape { rate_hz, ..shape(2, 256) };
            assert_eq!(name_of(refuse(shape, Settings::default())), "sampling rate", "{method}");
        }
        assert_eq!(name_of(refuse(shape(0, 256), Settings::default())), "channels", "{method}");
        for samples in [0, 1, 3] {
            let short = refuse(shape(2, samples), Settings::default());
            assert!(matches!(short, DecodeError::TooShort { .. }), "{method}: {short:?}");
        }
        for shape in [shape(usize::MAX, 256), shape(2, usize::MAX), shape(4097, 8192)] {
            let large = refuse(shape, Settings::default());
            assert!(matches!(large, DecodeError::TooLarge { .. }), "{method}: {large:?}");
        }
    }
}

#[test]
fn tables_beyond_all_measure_are_refused() {
    let frequencies_hz: Vec<f64> = (0..4096).map(|k| 5.0 + f64::from(k) * 0.001_234_5).collect();
    let settings = Settings { harmonics: 4, mains_hz: None, ..Settings::default() };
    for method in [Method::Cca, Method::Whitened] {
        let error = refusal(method, &frequencies_hz, shape(1, 1 << 16), settings.clone());
        assert!(matches!(error, DecodeError::TooLarge { .. }), "{method}: {error:?}");
    }
}

#[test]
fn settings_that_leave_no_neighbours_are_refused() {
    let codebook = Codebook::sinusoids(&[40.0]).unwrap();
    let ratio = PowerRatioParams { guard: 40, ..PowerRatioParams::default() };
    let refused = ratio.build(&codebook, shape(1, 64)).err();
    assert!(matches!(refused, Some(DecodeError::Setting { name: "guard", .. })), "{refused:?}");
    let whitened = WhitenedParams { lowest_hz: 1000.0, ..WhitenedParams::default() };
    let refused = whitened.build(&codebook, shape(1, 64)).err();
    assert!(matches!(refused, Some(DecodeError::Setting { name: "lowest_hz", .. })), "{refused:?}");
    for bad in [f64::NAN, f64::INFINITY, -1.0] {
        for params in [
            WhitenedParams { lowest_hz: bad, ..WhitenedParams::default() },
            WhitenedParams { half_width_hz: bad, ..WhitenedParams::default() },
            WhitenedParams { shrinkage: bad, ..WhitenedParams::default() },
        ] {
            let refused = params.build(&codebook, shape(1, 64)).err();
            assert!(matches!(refused, Some(DecodeError::Setting { .. })), "{params:?}");
        }
    }
    for (padding, neighbours, guard) in [(0, 8, 1), (8, 0, 1), (8, 8, 0), (usize::MAX, 8, 1)] {
        let params = PowerRatioParams { padding, neighbours, guard, ..PowerRatioParams::default() };
        let refused = params.build(&codebook, shape(1, 64)).err();
        assert!(matches!(refused, Some(DecodeError::Setting { .. })), "{params:?}");
    }
}

#[test]
fn the_same_epoch_gives_the_same_bits_whatever_the_scratch_was_used_for() {
    let bits = |scores: &[f64]| scores.iter().map(|score| score.to_bits()).collect::<Vec<u64>>();
    let epoch = good_epoch();
    let epoch = Epoch::from_planar(&epoch, CHANNELS).unwrap();
    let (larger, smaller) =
        (epochs::epoch(7, 600, RATE_HZ, 17.0), epochs::epoch(2, 75, RATE_HZ, 11.0));
    for method in Method::FREQUENCIES {
        let decoder = build(method, CHANNELS, SAMPLES);
        let expected = bits(&decoder.score(epoch).unwrap());
        assert_eq!(bits(&build(method, CHANNELS, SAMPLES).score(epoch).unwrap()), expected);
        let mut scratch = Scratch::default();
        let mut scores = [f64::NAN; 3];
        for other in Method::FREQUENCIES {
            for (planar, channels) in [(&larger, 7), (&smaller, 2)] {
                let between = build(other, channels, planar.len() / channels);
                let view = Epoch::from_planar(planar, channels).unwrap();
                between.score_into(view, &mut scores, &mut scratch).unwrap();
                decoder.score_into(epoch, &mut scores, &mut scratch).unwrap();
                assert_eq!(bits(&scores), expected, "{method} after {other}");
            }
        }
    }
}

/// Any finite number: of ordinary size, of any bit pattern, or one of few that repeat.
fn any_finite() -> impl Strategy<Value = f64> {
    prop_oneof![
        -100.0..100.0f64,
        prop::num::f64::POSITIVE | prop::num::f64::NEGATIVE | prop::num::f64::SUBNORMAL,
        prop::sample::select(vec![0.0, -0.0, 1.0, f64::MAX, f64::MIN, 5e-324]),
    ]
}

thread_local! {
    /// All methods for three channels of 40 samples.
    static SMALL: Rc<Vec<(Method, Box<dyn Decoder>)>> =
        Rc::new(Method::FREQUENCIES.map(|method| (method, build(method, 3, 40))).into());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_finite_epoch_has_finite_scores_or_is_flat(
        planar in prop::collection::vec(any_finite(), 3 * 40),
        same in 0..4usize,
    ) {
        let mut planar = planar;
        for row in 1..same.min(3) {
            planar.copy_within(0..40, row * 40);
        }
        for (method, decoder) in SMALL.with(Clone::clone).iter() {
            let found = decoder.score(Epoch::from_planar(&planar, 3).unwrap());
            match found {
                Ok(scores) => prop_assert!(scores.iter().all(|s| s.is_finite()), "{}: {:?}", method, scores),
                Err(error) => {
                    prop_assert_eq!(error, DecodeError::Flat, "{}", method);
                    let constant = |row: &[f64]| row.iter().all(|value| *value == row[0]);
                    prop_assert!(planar.chunks(40).all(constant), "{}", method);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn any_finite_calibration_is_survived(
        planar in prop::collection::vec(any_finite(), 7 * 3 * 24),
        same in 0..4usize,
    ) {
        let mut epochs: Vec<Vec<f64>> = planar.chunks(3 * 24).map(<[f64]>::to_vec).collect();
        for epoch in &mut epochs {
            for row in 1..same.min(3) {
                epoch.copy_within(0..24, row * 24);
            }
        }
        let codebook = Codebook::sinusoids(&TARGETS_HZ).unwrap();
        let mut calibration = Calibration::new(shape(3, 24), &codebook).unwrap();
        for (trial, planar) in epochs[1..].iter().enumerate() {
            calibration.add(trial / 2, Epoch::from_planar(planar, 3).unwrap()).unwrap();
        }
        for method in Method::FREQUENCIES {
            let decoder = method.fit(&codebook, &calibration, &Settings::default());
            let epoch = Epoch::from_planar(&epochs[0], 3).unwrap();
            if let Ok(scores) = decoder.and_then(|decoder| decoder.score(epoch)) {
                prop_assert!(scores.iter().all(|s| s.is_finite()), "{}: {:?}", method, scores);
            }
        }
    }
}

#[test]
fn calibration_trials_without_signal_teach_nothing() {
    let codebook = Codebook::sinusoids(&TARGETS_HZ).unwrap();
    for method in Method::FREQUENCIES.into_iter().filter(|method| method.needs_calibration()) {
        let fit = |is_flat: &dyn Fn(usize) -> bool| {
            let mut calibration = Calibration::new(shape(CHANNELS, SAMPLES), &codebook).unwrap();
            for trial in 0..12 {
                let (seed, hz) = (100 + trial as u64, TARGETS_HZ[trial / 4]);
                let mut planar = epochs::seeded(seed, CHANNELS, SAMPLES, RATE_HZ, hz);
                if is_flat(trial) {
                    planar.fill(-4200.3);
                }
                let epoch = Epoch::from_planar(&planar, CHANNELS).unwrap();
                calibration.add(trial / 4, epoch).unwrap();
            }
            fit(method, &codebook, &calibration, &Settings::default())
        };
        let all = fit(&|_| true).err();
        assert_eq!(all, Some(DecodeError::Flat), "{method}");
        // One trial of a target.
        match fit(&|trial| trial == 5) {
            Ok(decoder) => {
                let epoch = good_epoch();
                let scores = decoder.score(Epoch::from_planar(&epoch, CHANNELS).unwrap()).unwrap();
                assert_eq!(decided(&scores), GAZE, "{method}: {scores:?}");
            }
            Err(error) => assert!(error == DecodeError::Flat && of_covariances(method), "{method}"),
        }
        // All trials of a target.
        match fit(&|trial| trial / 4 == 2) {
            Ok(decoder) => {
                let epoch = good_epoch();
                let scores = decoder.score(Epoch::from_planar(&epoch, CHANNELS).unwrap()).unwrap();
                assert!(scores.iter().all(|score| score.is_finite()), "{method}: {scores:?}");
            }
            Err(error) => assert_eq!(error, DecodeError::Flat, "{method}"),
        }
    }
}

#[test]
fn targets_without_trials_are_refused_or_lean_on_their_neighbours() {
    let codebook = Codebook::sinusoids(&TARGETS_HZ).unwrap();
    let mut calibration = Calibration::new(shape(CHANNELS, SAMPLES), &codebook).unwrap();
    let fit = |method: Method, calibration: &Calibration| {
        method.fit(&codebook, calibration, &Settings::default())
    };
    for method in Method::FREQUENCIES.into_iter().filter(|method| method.needs_calibration()) {
        let refused = fit(method, &calibration).err();
        let untrained = matches!(refused, Some(DecodeError::Untrained { found: 0, .. }));
        assert!(untrained, "{method}: {refused:?}");
        let built = method.build(&codebook, shape(CHANNELS, SAMPLES), &Settings::default()).err();
        assert!(matches!(built, Some(DecodeError::Calibration { .. })), "{method}: {built:?}");
    }
    for (target, seed) in [(0, 1), (0, 2), (2, 3), (2, 4)] {
        let planar = epochs::seeded(seed, CHANNELS, SAMPLES, RATE_HZ, TARGETS_HZ[target]);
        calibration.add(target, Epoch::from_planar(&planar, CHANNELS).unwrap()).unwrap();
    }
    for method in Method::FREQUENCIES.into_iter().filter(|method| method.needs_calibration()) {
        match (method, fit(method, &calibration)) {
            (Method::MsCca | Method::MsECca, Ok(decoder)) => {
                let epoch = good_epoch();
                let scores = decoder.score(Epoch::from_planar(&epoch, CHANNELS).unwrap()).unwrap();
                assert_eq!(decided(&scores), GAZE, "{method}: {scores:?}");
            }
            (_, Err(DecodeError::Untrained { label, found: 0, .. })) => {
                assert_eq!(label, "13.5 Hz")
            }
            (_, other) => panic!("{method}: {:?}", other.err()),
        }
    }
}

#[test]
fn trials_without_a_whole_window_get_the_reason() {
    let samples = Samples::from_planar(CHANNELS, good_epoch()).unwrap();
    let trial = |onset| Trial { onset, label: None };
    let trials = [trial(0), trial(1), trial(u64::MAX)];
    for method in Method::FREQUENCIES {
        let decoder = build(method, CHANNELS, SAMPLES);
        let decisions = decode_trials(decoder.as_ref(), &samples, &trials, 0);
        assert_eq!(decisions[0].as_ref().unwrap().target, GAZE, "{method}");
        assert_eq!(decisions[0].as_ref().unwrap().end, 256);
        assert!(matches!(decisions[1], Err(DecodeError::Signal(_))), "{method}");
        assert!(matches!(decisions[2], Err(DecodeError::Signal(_))), "{method}");
        let decisions = decode_trials(decoder.as_ref(), &samples, &trials, u64::MAX);
        assert!(decisions.iter().all(Result::is_err), "{method}");
    }
}

#[test]
fn preprocessing_refuses_what_it_cannot_do() {
    let labels = ["O1", "O2"].map(Channel::microvolts).to_vec();
    let mut planar = vec![1.0_f32; 200];
    planar[150] = f32::NAN;
    let stream = |data: Vec<f32>| {
        let samples = Samples::from_planar(2, data).unwrap();
        Stream::new("EEG", RATE_HZ, labels.clone(), samples).unwrap()
    };
    let found = Preprocess::default().apply(&stream(planar.clone()));
    assert!(matches!(found, Err(DecodeError::NotFinite { channel: 1, sample: 50, .. })));
    let only_first = Preprocess { channels: Some(vec![0]), ..Preprocess::default() };
    assert_eq!(only_first.apply(&stream(planar)).unwrap().channels(), 1);

    let good = stream(vec![1.0; 200]);
    let rows = |rows| Preprocess { channels: Some(rows), ..Preprocess::default() }.apply(&good);
    assert!(matches!(rows(vec![]), Err(DecodeError::Setting { name: "channels", .. })));
    assert!(matches!(rows(vec![0, 2]), Err(DecodeError::Shape { found: 2, expected: 2, .. })));
    for notch_hz in [0.0, -50.0, f64::NAN, f64::INFINITY, 128.0, 1e300] {
        let found = Preprocess { notch_hz: Some(notch_hz), ..Preprocess::default() }.apply(&good);
        assert!(matches!(found, Err(DecodeError::Dsp(_))), "{notch_hz}: {found:?}");
    }
}
