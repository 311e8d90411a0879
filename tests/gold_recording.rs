//! The codes of a published recording are those of a family that is made here.
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

mod common;

use std::collections::HashMap;

use evoked::formats::open;
use evoked::stimulus::{Bits, Modulation, code::Gold};

/// Thielen et al. 2021: Gold codes of order 6 by the preferred pair x⁶ + x⁵ + 1 and
/// x⁶ + x⁵ + x⁴ + x + 1, combined with the bit clock; 126 bits at 60 Hz.
#[test]
fn the_codes_of_thielen_2021_are_a_modulated_gold_family() {
    let Some(folder) = common::data_dir() else { return };
    let path = folder.join("cvep-thielen2021/sub-01.npz");
    let opened = open(&path).unwrap();
    let codebook = opened.codebook.unwrap();
    assert_eq!(codebook.len(), 20);

    let polynomial = |text: &str| text.parse().unwrap();
    let gold = Gold::new(polynomial("6,5,0"), polynomial("6,5,4,1,0")).unwrap();
    assert_eq!((gold.len(), gold.code_len()), (65, 63));
    // Every member, wherever its cycle starts.
    let mut members: HashMap<Bits, (usize, usize)> = HashMap::new();
    for (member, code) in gold.codes().enumerate() {
        for shift in 0..code.len() {
            members.insert(code.rotated(shift).bit_clocked(), (member, shift));
        }
    }
    let mut found = Vec::new();
    for target in codebook.targets() {
        let Modulation::Code { bits, bit_rate_hz } = &target.modulation else {
            panic!("{target:?}")
        };
        assert_eq!((bits.len(), *bit_rate_hz), (126, 60.0));
        let place = members.get(bits);
        found.push(*place.unwrap_or_else(|| panic!("{} is no member", target.label)));
    }
    println!("member and start of each code: {found:?}");
    let mut distinct: Vec<usize> = found.iter().map(|(member, _)| *member).collect();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), 20, "two codes are the same member");
    // Another pair of the same order holds none of them.
    let other = Gold::of_order(6).unwrap();
    let of_other = |bits: &Bits| {
        other.codes().any(|code| {
            (0..63).any(|shift| {
                let code = code.rotated(shift);
                code.bit_clocked() == *bits || code.inverted().bit_clocked() == *bits
            })
        })
    };
    let shared = codebook.targets().iter().filter(|target| match &target.modulation {
        Modulation::Code { bits, .. } => of_other(bits),
        _ => false,
    });
    assert_eq!(shared.count(), 0);
}
