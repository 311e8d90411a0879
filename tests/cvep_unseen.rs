//! Decoders that take codes apart decode codes that no calibration trial showed, of any length, in
//! windows of any length.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

#[allow(dead_code, reason = "not all is used by all")]
#[path = "common/epochs.rs"]
mod epochs;

use evoked::decode::{Calibration, Decoder, Method, Settings, Shape};
use evoked::signal::{Decision, Epoch};
use evoked::stimulus::code::{Gold, Polynomial, de_bruijn, m_sequence};
use evoked::stimulus::{Bits, Codebook, Modulation, Target};

const CHANNELS: usize = 4;
const RATE_HZ: f64 = 240.0;
/// Samples a bit.
const BIT: usize = 4;
/// Those that say so in `docs/CVEP.md`.
const METHODS: [Method; 5] = [
    Method::Rcca,
    Method::RccaRiseFall,
    Method::Reconvolution,
    Method::Bitwise,
    Method::ZeroTraining,
];

/// How many of the codes are calibrated on.
const SEEN: usize = 4;

/// Codes of 127, 63, 63 and 63 bits, then of 32 and 62. Those tell apart the responses to flashes of
/// all lengths, and these have no other flashes.
fn codes() -> Vec<Bits> {
    let of_order = |order| Polynomial::of_order(order).unwrap();
    let (short, long) = (Gold::of_order(5).unwrap(), Gold::of_order(6).unwrap());
    vec![
        m_sequence(of_order(7), 1).unwrap(),
        long.code(3).unwrap(),
        long.code(9).unwrap(),
        long.code(20).unwrap(),
        de_bruijn(of_order(5)).unwrap().rotated(11),
        short.code(7).unwrap().bit_clocked(),
    ]
}

fn codebook() -> Codebook {
    let target = |(place, bits): (usize, Bits)| Target {
        label: place.to_string(),
        event: None,
        modulation: Modulation::Code { bits, bit_rate_hz: RATE_HZ / BIT as f64 },
    };
    Codebook::new(codes().into_iter().enumerate().map(target).collect()).unwrap()
}

/// The light of a target, smoothed and delayed, in all channels beside noise of their own.
fn epoch(target: usize, samples: usize, seed: u64) -> Vec<f64> {
    let code = &codes()[target];
    let light = |n: usize| f64::from(u8::from(code.as_slice()[n / BIT % code.len()]));
    let response = |n: usize| (12..n.min(24)).map(|lag| light(n - lag) - 0.5).sum::<f64>();
    let row = |channel: usize| {
        let mut noise = epochs::noise(seed * 10 + channel as u64);
        let gain = [1.0, -0.5, 0.3, 0.1][channel];
        (0..samples).map(|n| gain * response(n) + 8.0 * noise()).collect::<Vec<_>>()
    };
    (0..CHANNELS).flat_map(row).collect()
}

/// A decoder of windows of so many samples, fitted to trials of the first codes alone.
fn fitted(method: Method, trained: usize, window: usize) -> Box<dyn Decoder> {
    let (codebook, shape) =
        (codebook(), Shape { channels: CHANNELS, samples: trained, rate_hz: RATE_HZ });
    let mut calibration = Calibration::new(shape, &codebook).unwrap();
    for trial in 0..6 * SEEN {
        let planar = epoch(trial % SEEN, trained, trial as u64 + 1);
        calibration.add(trial % SEEN, Epoch::from_planar(&planar, CHANNELS).unwrap()).unwrap();
    }
    let settings = Settings { window: Some(window), ..Settings::default() };
    method.fit(&codebook, &calibration, &settings).unwrap()
}

/// How many of twenty epochs of a target are decided for it.
fn right(decoder: &dyn Decoder, target: usize) -> usize {
    let samples = decoder.shape().samples;
    let is_right = |seed: &u64| {
        let planar = epoch(target, samples, 1000 * (target as u64 + 1) + seed);
        let scores = decoder.score(Epoch::from_planar(&planar, CHANNELS).unwrap()).unwrap();
        Decision::from_scores(scores, 0, 1).unwrap().target == target
    };
    (0..20).filter(is_right).count()
}

#[test]
fn unseen_codes_of_other_lengths_are_decoded_as_well_as_those_of_the_calibration() {
    for method in METHODS {
        let decoder = fitted(method, 504, 504);
        let right: Vec<usize> = (0..6).map(|target| right(decoder.as_ref(), target)).collect();
        println!("{method}: {right:?} of 20");
        assert!(right.iter().all(|&right| right >= 18), "{method}: {right:?}");
    }
}

#[test]
fn windows_may_be_shorter_or_longer_than_the_calibration() {
    for method in METHODS {
        // It starts from trials of the window that it decodes.
        if method == Method::ZeroTraining {
            continue;
        }
        for (trained, window) in [(504, 360), (360, 700)] {
            let decoder = fitted(method, trained, window);
            let right: Vec<usize> = (0..6).map(|target| right(decoder.as_ref(), target)).collect();
            println!("{method} {trained} {window}: {right:?} of 20");
            assert!(right.iter().all(|&right| right >= 16), "{method} {window}: {right:?}");
        }
    }
}
