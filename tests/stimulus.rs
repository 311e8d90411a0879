//! Codebooks as files: old ones, hostile ones, and recipes of all kinds.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

use evoked::stimulus::{
    Codebook, Family, Grid, Modulation, Recipe, Screen, Search, Timing, Viewing, code::Burst,
    code::Polynomial, safety_findings,
};
use proptest::prelude::*;

#[test]
fn codebooks_of_before_are_read_and_written_as_they_were() {
    let text = r#"{"refresh_hz":60.0,"targets":[
        {"label":"a","event":33025,"modulation":{"kind":"sinusoid","frequency_hz":13.0,"phase_rad":0.5}},
        {"label":"b","modulation":{"kind":"square","frequency_hz":15.0,"phase_rad":0.0,"duty":0.5}},
        {"label":"c","event":"left","modulation":{"kind":"code","bits":"0110","bit_rate_hz":60.0}}]}"#;
    let codebook = Codebook::from_json(text).unwrap();
    let written: serde_json::Value = serde_json::from_str(&codebook.to_json()).unwrap();
    assert_eq!(written, serde_json::from_str::<serde_json::Value>(text).unwrap());
    assert!(codebook.origin().is_none() && codebook.screen().is_none());
}

#[test]
fn the_new_kinds_are_read_checked_and_written() {
    let of = |modulation: &str| {
        let text = format!(r#"{{"targets":[{{"label":"a","modulation":{modulation}}}]}}"#);
        Codebook::from_json(&text)
    };
    let sum = of(
        r#"{"kind":"frequency_sum","tones":[{"frequency_hz":8},{"frequency_hz":9,"weight":2}]}"#,
    );
    let sequence =
        of(r#"{"kind":"frequency_sequence","steps":[{"frequency_hz":8,"duration_s":0.5}]}"#);
    let levels = of(r#"{"kind":"levels","levels":[0,0.5,1],"level_rate_hz":30}"#);
    for codebook in [sum, sequence, levels] {
        let codebook = codebook.unwrap();
        assert_eq!(Codebook::from_json(&codebook.to_json()).unwrap(), codebook);
        assert_eq!(codebook.frequencies_hz(), None);
    }
    let refused = |modulation| of(modulation).unwrap_err().to_string();
    let bright = refused(r#"{"kind":"levels","levels":[0,1.5],"level_rate_hz":30}"#);
    assert!(bright.contains("levels is 1.5, expected luminances of 0 to 1"), "{bright}");
    let none = refused(r#"{"kind":"frequency_sum","tones":[]}"#);
    assert!(none.contains("tones is 0 long"), "{none}");
    let weight = refused(r#"{"kind":"frequency_sum","tones":[{"frequency_hz":8,"weight":-1}]}"#);
    assert!(weight.contains("weight is -1"), "{weight}");
    let step =
        refused(r#"{"kind":"frequency_sequence","steps":[{"frequency_hz":8,"duration_s":0}]}"#);
    assert!(step.contains("duration_s is 0"), "{step}");
}

#[test]
fn an_origin_that_makes_no_sense_is_refused() {
    let of = |origin: &str| {
        let text = format!(
            r#"{{"origin":{origin},"targets":[{{"label":"a","modulation":{{"kind":"sinusoid","frequency_hz":13}}}}]}}"#
        );
        Codebook::from_json(&text).map_err(|error| error.to_string())
    };
    let error = of(r#"{"family":{"kind":"m_sequence","polynomial":[6,3,0]}}"#).unwrap_err();
    assert!(error.contains("expected a primitive polynomial"), "{error}");
    assert!(of(r#"{"family":{"kind":"none"}}"#).is_err());
    assert!(of(r#"{"family":{"kind":"m_sequence","polynomial":[6,1,0]}}"#).is_ok());
}

fn number() -> impl Strategy<Value = usize> {
    prop_oneof![0_usize..200, Just(usize::MAX), Just(1 << 17)]
}

fn polynomial() -> impl Strategy<Value = Polynomial> {
    (2_u32..=10, any::<prop::sample::Index>()).prop_map(|(order, index)| {
        let all: Vec<Polynomial> = Polynomial::all(order).unwrap().collect();
        *index.get(&all)
    })
}

fn family() -> impl Strategy<Value = Family> {
    let hz = || prop_oneof![0.1..60.0_f64, any::<f64>()];
    prop_oneof![
        (polynomial(), any::<u32>())
            .prop_map(|(polynomial, state)| Family::MSequence { polynomial, state }),
        (polynomial(), polynomial()).prop_map(|(a, b)| Family::Gold { polynomials: [a, b] }),
        polynomial().prop_map(|polynomial| Family::Kasami { polynomial }),
        polynomial().prop_map(|polynomial| Family::DeBruijn { polynomial }),
        number().prop_map(|length| Family::Golay { length }),
        number().prop_map(|length| Family::Apa { length }),
        number().prop_map(|length| Family::Barker { length }),
        (number(), number(), number(), number(), number(), any::<u64>()).prop_map(
            |(len, bursts, width, min_gap, max_gap, seed)| {
                Family::Burst(Burst { len, bursts, width, min_gap, max_gap, seed })
            }
        ),
        (0_u32..40, prop::collection::vec(0_u32..7, 0..6))
            .prop_map(|(prime, taps)| Family::NonBinary { prime, taps }),
        (hz(), hz(), hz()).prop_map(|(first_hz, step_hz, step_rad)| Family::Jfpm {
            first_hz,
            step_hz,
            step_rad
        }),
        (prop::collection::vec(hz(), 0..9), prop::option::of(0.0..1.0_f64))
            .prop_map(|(frequencies_hz, duty)| Family::Frequencies { frequencies_hz, duty }),
    ]
}

fn recipe() -> impl Strategy<Value = Recipe> {
    let option = |numbers| prop::option::of(numbers);
    let grid = prop::option::weighted(0.3, (number(), number()))
        .prop_map(|grid| grid.map(|(rows, columns)| Grid { rows, columns }));
    let search = prop::option::weighted(0.2, any::<u64>())
        .prop_map(|seed| seed.map(|seed| Search { seed, steps: 100, lags: 2 }));
    let rates = (prop::option::of(1.0..200.0_f64), prop::option::of(1.0..200.0_f64));
    let bits = (any::<bool>(), option(number()), option(number()));
    (family(), bits, grid, search, rates).prop_map(
        |(family, (bit_clock, targets, shift), grid, search, (bit_rate_hz, refresh_hz))| Recipe {
            targets,
            bit_rate_hz,
            bit_clock,
            shift,
            grid,
            search,
            refresh_hz,
            screen: Some(Screen::default()),
            ..Recipe::new(family)
        },
    )
}

proptest! {
    /// Whatever a recipe asks for, it makes a codebook that says all, or says why not.
    #[test]
    fn every_recipe_makes_a_whole_codebook_or_none(recipe in recipe()) {
        let Ok(made) = recipe.make() else { return Ok(()) };
        let codebook = made.codebook;
        let read = Codebook::from_json(&codebook.to_json()).unwrap();
        prop_assert_eq!(&read, &codebook);
        prop_assert_eq!(read.origin().unwrap().make().unwrap().codebook, codebook.clone());
        if recipe.refresh_hz.is_some() && codebook.len() <= 32 {
            let timing = Timing::of(&codebook).unwrap();
            prop_assert_eq!(timing.targets.len(), codebook.len());
            safety_findings(&codebook, &Viewing::default()).unwrap();
            for row in codebook.frames(100).unwrap().rows() {
                prop_assert!(row.iter().all(|value| (0.0..=1.0).contains(value)));
            }
        }
    }
}

#[test]
fn a_code_of_the_display_rate_is_its_own_luminance() {
    let family = Family::MSequence { polynomial: Polynomial::of_order(6).unwrap(), state: 1 };
    let recipe = Recipe { refresh_hz: Some(120.0), ..Recipe::new(family) };
    let codebook = recipe.make().unwrap().codebook;
    let Modulation::Code { bits, .. } = &codebook.targets()[0].modulation else { panic!() };
    let expected: Vec<f64> =
        bits.repeated(2).as_slice().iter().map(|&bit| f64::from(u8::from(bit))).collect();
    assert_eq!(codebook.frames(126).unwrap().rows().next().unwrap(), expected);
}
