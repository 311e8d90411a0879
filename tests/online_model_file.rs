//! Files of models: by the specification, damaged, of other versions, and changed with a checksum that
//! is right.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests are tests, too")]
#![allow(dead_code, reason = "some of what is shared is used")]

#[path = "common/properties/memory.rs"]
mod memory;
#[path = "common/properties/model.rs"]
mod model;
#[path = "common/models.rs"]
mod models;
#[path = "common/mutants.rs"]
mod mutants;
#[path = "common/properties/saved_model.rs"]
mod saved_model;

use evoked::decode::Method;
use evoked::online::Running;
use evoked::online::model::{Model, ModelError};
use evoked::signal::Epoch;
use models::METHODS;
use saved_model::seal;
use serde_json::{Value, json};

/// What remains of a model once a byte after another is gone, and what follows it by mistake.
#[test]
fn every_truncation_is_refused() {
    let bytes = models::model(Method::ETrca, 2).to_bytes().unwrap();
    for len in 0..bytes.len() {
        let error = Model::from_bytes(&bytes[..len]).unwrap_err();
        let expected = match len {
            ..8 => ModelError::NotAModel,
            8..24 => ModelError::Length { found: len as u64, expected: 28 },
            _ => ModelError::Length { found: len as u64, expected: bytes.len() as u64 },
        };
        assert_eq!(error, expected);
    }
    let longer = [&bytes[..], b"\n"].concat();
    assert!(matches!(Model::from_bytes(&longer), Err(ModelError::Length { .. })));
}

#[test]
fn every_flipped_bit_is_refused() {
    let bytes = models::model(Method::Rcca, 0).to_bytes().unwrap();
    assert!(bytes.len() > 1000);
    for bit in 0..8 * bytes.len() {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let error = Model::from_bytes(&damaged).unwrap_err();
        let right = match bit / 8 {
            ..8 => matches!(error, ModelError::NotAModel),
            8..12 => matches!(error, ModelError::Version { expected: 1, .. }),
            12..16 => matches!(error, ModelError::Damaged { .. }),
            // A length that is none, or more than any model has.
            16..24 => matches!(error, ModelError::Length { .. } | ModelError::Malformed { .. }),
            _ => matches!(error, ModelError::Damaged { .. }),
        };
        assert!(right, "byte {}: {error:?}", bit / 8);
    }
}

#[test]
fn other_versions_are_refused_by_their_number() {
    let mut bytes = models::model(Method::Cca, 0).to_bytes().unwrap();
    for found in [0, 2, 258, u32::MAX] {
        bytes[8..12].copy_from_slice(&found.to_le_bytes());
        // Whatever such a version puts behind its number.
        for bytes in [&bytes[..], &bytes[..12]] {
            let error = Model::from_bytes(bytes).unwrap_err();
            assert_eq!(error, ModelError::Version { found, expected: 1 });
            assert!(error.to_string().contains(&format!("version {found} of")), "{error}");
        }
    }
}

/// A file by `docs/MODEL.md` alone.
fn written(header: &Value, numbers: &[f64]) -> Vec<u8> {
    let text = header.to_string();
    let mut bytes = vec![0; 12];
    bytes.extend((text.len() as u32).to_le_bytes());
    bytes.extend([0; 8]);
    bytes.extend(text.as_bytes());
    bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    bytes.extend([0; 4]);
    seal(&mut bytes);
    bytes
}

fn target(label: &str, frequency_hz: f64) -> Value {
    json!({"label": label, "modulation": {"kind": "sinusoid", "frequency_hz": frequency_hz}})
}

/// Two channels, two targets with filters of their own, four samples.
fn small() -> (Value, Vec<f64>) {
    let header = json!({
        "method": "trca", "rate_hz": 50, "start": 0,
        "channels": [{"label": "Oz", "unit": "uV"}, {"label": "O1", "unit": "uV"}],
        "codebook": {"targets": [target("left", 10.0), target("right", 12.0)]},
        "settings": {"harmonics": 2, "mains_hz": null, "weights": [], "window": null},
        "stopping": {"criterion": "fixed", "step": 1, "earliest": 0, "latest": 4},
        "decoder": {"kind": "templates", "samples": 4, "own_rows": true, "rows": [2]},
    });
    let filters = [1.0, 0.5, 0.25, -1.0];
    let templates = [[1.0, -2.0, 0.5, 3.0], [0.0, 1.0, -1.0, 0.5]].concat();
    (header, [&filters[..], &templates].concat())
}

#[test]
fn a_file_by_the_specification_decides_by_the_formula() {
    let (header, numbers) = small();
    let model = Model::from_bytes(&written(&header, &numbers)).unwrap();
    let signal = [[3.0, 1.0, -2.0, 0.5], [0.1, 4.0, 2.0, -3.0]];
    let mut decoder = model.decoder().unwrap();
    decoder.push(Epoch::from_planar(&signal.concat(), 2).unwrap()).unwrap();
    let mut scores = [0.0; 2];
    decoder.score_into(&mut scores).unwrap();
    let centred = |row: &[f64]| {
        let mean = row.iter().sum::<f64>() / row.len() as f64;
        row.iter().map(|value| value - mean).collect::<Vec<_>>()
    };
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    for (target, score) in scores.into_iter().enumerate() {
        let w = &numbers[2 * target..];
        let behind: Vec<f64> = (0..4).map(|n| w[0] * signal[0][n] + w[1] * signal[1][n]).collect();
        let template = &numbers[4 + 4 * target..][..4];
        let (u, v) = (centred(&behind), centred(template));
        let expected = dot(&u, &v) / (dot(&u, &u) * dot(&v, &v)).sqrt();
        assert!((score - expected).abs() < 1e-12, "{score} {expected}");
    }
}

/// The description with something else at a place; the numbers stay.
fn changed(pointer: &str, value: Value) -> Result<Model, ModelError> {
    let (mut header, numbers) = small();
    match header.pointer_mut(pointer) {
        Some(place) => *place = value,
        None => drop(header.as_object_mut().unwrap().insert(pointer[1..].to_owned(), value)),
    }
    Model::from_bytes(&written(&header, &numbers))
}

#[test]
fn descriptions_that_do_not_hold_together_are_refused() {
    for (pointer, value, told) in [
        ("/method", json!("etrcaa"), "no method named"),
        ("/method", json!("ecca"), "running method is ecca"),
        ("/method", json!("cca"), "running method is cca"),
        ("/rate_hz", json!(0), "sampling rate is 0 Hz"),
        ("/rate_hz", json!("50"), "description"),
        ("/channels", json!([]), "channels is 0"),
        ("/channels/1/label", json!("Oz"), "\"Oz\" twice"),
        ("/codebook/targets/1/label", json!("left"), "same label"),
        ("/codebook/targets", json!([target("left", 10.0)]), "bytes of numbers"),
        ("/settings/mains_hz", json!(-50), "mains_hz is -50"),
        ("/settings/weights", json!([1, 2]), "weights is 2 for 1 bands"),
        ("/stopping/step", json!(0), "step of a stopping rule is 0"),
        ("/stopping/latest", json!(5), "latest time is 5 of 4 samples"),
        ("/stopping/criterion", json!("fixd"), "unknown variant"),
        ("/notch_hz", json!(25), "25 Hz"),
        ("/notch_hz", json!(-1), "-1 Hz"),
        ("/decoder/samples", json!(3), "bytes of numbers"),
        ("/decoder/samples", json!(0), "bytes of numbers"),
        ("/decoder/samples", json!(u64::MAX), "bytes of numbers"),
        ("/decoder/samples", json!(-4), "description"),
        ("/decoder/samples", json!(4.5), "description"),
        ("/decoder/rows", json!([1]), "bytes of numbers"),
        ("/decoder/rows", json!([2, 0]), "bytes of numbers"),
        ("/decoder/rows", json!([]), "bytes of numbers"),
        ("/decoder/rows", json!([u64::MAX]), "bytes of numbers"),
        ("/decoder/own_rows", json!(false), "bytes of numbers"),
        ("/decoder/kind", json!("cca"), "description"),
        ("/later", json!(1), "unknown field"),
        ("/bank", json!({"bands": [], "weights": []}), "bands is 0"),
    ] {
        let error = changed(pointer, value.clone()).unwrap_err().to_string();
        assert!(error.contains(told), "{pointer} {value}: {error}");
    }
    assert!(changed("/notch_hz", json!(20)).is_ok());
    let (header, mut numbers) = small();
    for (place, value) in [(0, f64::NAN), (3, f64::INFINITY), (11, f64::NEG_INFINITY)] {
        let before = std::mem::replace(&mut numbers[place], value);
        let error = Model::from_bytes(&written(&header, &numbers)).unwrap_err().to_string();
        assert!(error.contains("finite numbers"), "{error}");
        numbers[place] = before;
    }
    numbers.push(0.0);
    assert!(Model::from_bytes(&written(&header, &numbers)).is_err());
}

/// As many numbers as the description asks for, of a decoder that could not be.
#[test]
fn decoders_that_do_not_fit_their_model_are_refused() {
    let templates = |rows: Value, own_rows: bool| {
        let kind = "templates";
        json!({"kind": kind, "samples": 4, "own_rows": own_rows, "rows": rows})
    };
    let components = |samples: usize, delays: usize, components: Value| {
        let kind = "components";
        json!({"kind": kind, "samples": samples, "delays": delays, "components": components})
    };
    for (method, decoder, count, told) in [
        ("trca", templates(json!([]), true), 0, "too short"),
        ("trca", templates(json!([2, 2]), true), 24, "bands of the decoder: 2 given"),
        ("trca", templates(json!([3]), true), 14, "filters is 3"),
        ("etrca", templates(json!([0]), false), 0, "filters is 0"),
        ("tdca", templates(json!([2]), true), 12, "running method is tdca"),
        ("tdca", components(4, 4, json!([1])), 26, "1 with 4 delays"),
        ("tdca", components(4, 1, json!([0])), 0, "0 with 1 delays"),
        ("tdca", components(3, 1, json!([1])), 16, "3 samples is too short"),
        ("etrca", components(4, 1, json!([1])), 20, "running method is etrca"),
        ("msi", json!({"kind": "cca"}), 0, "running method is msi"),
        ("mec", json!({"kind": "mec", "kept": 1}), 0, "kept is 1"),
    ] {
        let (mut header, _) = small();
        header["method"] = json!(method);
        header["decoder"] = decoder.clone();
        let error = Model::from_bytes(&written(&header, &vec![0.5; count])).unwrap_err();
        assert!(matches!(error, ModelError::Unusable(_)), "{decoder}: {error}");
        assert!(error.to_string().contains(told), "{decoder}: {error}");
    }
    let (mut header, _) = small();
    for (method, decoder, count) in [
        ("etrca", templates(json!([3]), false), 30),
        ("tdca", components(4, 3, json!([5])), 120),
        ("mec", json!({"kind": "mec", "kept": 0.2}), 0),
    ] {
        header["method"] = json!(method);
        header["decoder"] = decoder;
        assert!(Model::from_bytes(&written(&header, &vec![0.5; count])).is_ok());
    }
}

/// A length of the description beyond the file.
#[test]
fn a_description_longer_than_the_model_is_refused() {
    let (header, numbers) = small();
    for length in [u32::MAX, 4000, 0] {
        let mut bytes = written(&header, &numbers);
        bytes[12..16].copy_from_slice(&length.to_le_bytes());
        seal(&mut bytes);
        assert!(matches!(Model::from_bytes(&bytes), Err(ModelError::Malformed { .. })));
    }
}

/// All places of a document that hold a number, a text or a list.
fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(k, v)| pointers(v, &format!("{at}/{k}"), all));
        }
        Value::Object(items) => {
            items.iter().for_each(|(k, v)| pointers(v, &format!("{at}/{k}"), all));
        }
        _ => {}
    }
}

/// Every part of every description replaced by what a program might get wrong, the checksum right.
#[test]
fn changed_descriptions_neither_panic_nor_take_memory() {
    let values = [
        json!(null),
        json!(0),
        json!(1),
        json!(-1),
        json!(2),
        json!(3),
        json!(4096),
        json!(1e-300),
        json!(1e300),
        json!(u32::MAX),
        json!(u64::MAX),
        json!(""),
        json!("cca"),
        json!("fixed"),
        json!(true),
        json!([]),
        json!([0]),
        json!([1, 1, 1]),
        json!({}),
    ];
    for (method, bands) in [
        (Method::Cca, 2),
        (Method::Mec, 0),
        (Method::Trca, 1),
        (Method::ETrca, 2),
        (Method::Tdca, 0),
        (Method::Rcca, 0),
    ] {
        let bytes = models::model(method, bands).to_bytes().unwrap();
        let length = u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
        let header: Value = serde_json::from_slice(&bytes[24..24 + length]).unwrap();
        let numbers = &bytes[24 + length..bytes.len() - 4];
        let numbers: Vec<f64> =
            numbers.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
        let mut places = Vec::new();
        pointers(&header, "", &mut places);
        assert!(places.len() > 30);
        for place in &places {
            let old = header.pointer(place).unwrap();
            let twice = json!([old, old]);
            for value in values.iter().chain([&twice]) {
                let mut changed = header.clone();
                *changed.pointer_mut(place).unwrap() = value.clone();
                let mutant = [&[0], &written(&changed, &numbers)[..]].concat();
                saved_model::check(&mutant);
            }
        }
    }
}

#[test]
fn mutants_neither_panic_nor_take_memory() {
    let seeds: Vec<Vec<u8>> = METHODS
        .iter()
        .enumerate()
        .map(|(place, &method)| models::model(method, place % 3).to_bytes().unwrap())
        .collect();
    let mut random = mutants::Random(0x2545_F491_4F6C_DD1D);
    for (number, seed) in seeds.iter().enumerate() {
        saved_model::check(&[&[0], &seed[..]].concat());
        saved_model::check(&[&[3], &seed[..]].concat());
        let other = &seeds[(number + 1) % seeds.len()];
        let mut mutant = seed.clone();
        for round in 0..400 {
            if round % 4 == 0 {
                mutant.clone_from(seed);
            }
            mutants::mutate(&mut mutant, other, &mut random);
            saved_model::check(&[&[round as u8], &mutant[..]].concat());
        }
    }
}
