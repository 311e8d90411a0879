//! Files changed at random, the same ones in every run, for those without a fuzzer: held against the
//! properties of the fuzz targets, whose seeds they are made of.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(feature = "formats")]
#![allow(dead_code, reason = "some of the properties are used")]

#[path = "common/mutants.rs"]
mod mutants;
#[path = "common/properties/mod.rs"]
mod properties;

use std::path::Path;

use mutants::{Random, mutate};

/// Mutants of each seed.
const MUTANTS: usize = 200;
/// Bytes of a mutant at most.
const MOST_BYTES: usize = 4000;

/// Holds all seeds of a target and their mutants against its property.
fn check(target: &str, property: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut paths: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let seeds: Vec<_> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    assert!(seeds.len() > 3, "few seeds in {}", folder.display());
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    for (number, seed) in seeds.iter().enumerate() {
        let other = &seeds[(number + 1) % seeds.len()];
        let mut mutant = seed.clone();
        for round in 0..MUTANTS {
            // Changes pile up, and start anew before nothing is left.
            if round % 6 == 0 {
                mutant.clone_from(seed);
            }
            property(&mutant);
            mutate(&mut mutant, other, &mut random);
            mutant.truncate(MOST_BYTES);
        }
    }
}

#[test]
fn edf_and_bdf() {
    check("edf", properties::edf::check);
}

#[test]
fn gdf() {
    check("gdf", properties::gdf::check);
}

#[test]
fn brainvision() {
    check("brainvision", properties::brainvision::check);
}

#[test]
fn tables() {
    check("text", properties::text::check);
}

#[test]
fn xdf() {
    check("xdf", properties::xdf::check);
}

#[test]
fn matlab() {
    check("matlab", properties::packed::matlab);
}

#[test]
fn numpy() {
    check("numpy", properties::packed::numpy);
}
