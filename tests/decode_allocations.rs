//! Scoring allocates nothing once its scratch has grown.

#![allow(unsafe_code, reason = "an allocator that counts can't be had without")]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

#[path = "common/epochs.rs"]
mod epochs;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use evoked::decode::ssvep::OaCcaParams;
use evoked::decode::{
    Calibration, Decoder, FilterBank, Filtering, Method, Scratch, Settings, Shape,
};
use evoked::signal::Epoch;
use evoked::stimulus::{Bits, Codebook, Modulation, Target};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, which counts what each thread asks of it.
struct Counting;

fn count() {
    ALLOCATIONS.with(|allocations| allocations.set(allocations.get() + 1));
}

// SAFETY: every call goes on to the system's allocator unchanged; counting allocates nothing, as
// the counter is a constant without a destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are the system's conditions.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations_of(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

/// Only the first call may allocate, and whatever channels hold does not change that.
fn assert_only_the_first_call_allocates(decoder: &dyn Decoder, planar: &[f64], what: &str) {
    let Shape { channels, samples, .. } = decoder.shape();
    let mut flat = planar.to_vec();
    flat[..samples].fill(1.0);
    let mut scores = vec![0.0; decoder.targets()];
    let mut scratch = Scratch::default();
    let mut score = |planar: &[f64]| {
        let epoch = Epoch::from_planar(planar, channels).unwrap();
        decoder.score_into(epoch, &mut scores, &mut scratch).unwrap();
    };
    assert!(allocations_of(|| score(planar)) > 0, "{what}: nothing counted");
    for epoch in [planar, &flat, planar] {
        assert_eq!(allocations_of(|| score(epoch)), 0, "{what}");
    }
}

/// A method alone, and behind filters in three bands.
fn assert_both_forms(
    method: Method,
    codebook: &Codebook,
    calibration: &Calibration,
    settings: &Settings,
    planar: &[f64],
) {
    let decoder = method.fit(codebook, calibration, settings).unwrap();
    let what = format!("{method} {}", calibration.shape().samples);
    assert_only_the_first_call_allocates(&decoder, planar, &what);

    let bank = FilterBank::chen(3, 8.0, 90.0);
    let bands = bank.design(calibration.shape().rate_hz).unwrap();
    let filtered = bands.filter_calibration(calibration).unwrap();
    let settings = Settings { weights: bank.weights().to_vec(), ..settings.clone() };
    let decoder = method.fit(codebook, &filtered, &settings).unwrap();
    let decoder = Filtering::new(bands, decoder).unwrap();
    assert_only_the_first_call_allocates(&decoder, planar, &format!("fb {what}"));
}

#[test]
fn only_the_first_call_allocates() {
    // 249 points have a large prime factor, for which the FFT needs memory of its own.
    for (channels, samples, frequencies_hz) in
        [(8, 256, vec![11.0, 13.0, 17.0]), (9, 249, vec![8.2, 9.13, 60.0 / 7.0, 15.8])]
    {
        let shape = Shape { channels, samples, rate_hz: 250.0 };
        let codebook = Codebook::sinusoids(&frequencies_hz).unwrap();
        let planar = epochs::epoch(channels, samples, 250.0, frequencies_hz[1]);
        let mut calibration = Calibration::new(shape, &codebook).unwrap();
        for trial in 0..2 * codebook.len() {
            let target = trial / 2;
            let hz = frequencies_hz[target];
            let planar = epochs::seeded(trial as u64, channels, samples, 250.0, hz);
            calibration.add(target, Epoch::from_planar(&planar, channels).unwrap()).unwrap();
        }
        let settings = Settings { harmonics: 5, mains_hz: None, ..Settings::default() };
        for method in Method::FREQUENCIES {
            assert_both_forms(method, &codebook, &calibration, &settings, &planar);
        }
        let params = OaCcaParams { harmonics: 5, ..OaCcaParams::default() };
        let mut decoder = params.build(&codebook, shape).unwrap();
        let mut flat = planar.clone();
        flat[..samples].fill(1.0);
        let mut scores = vec![0.0; codebook.len()];
        let mut scratch = Scratch::default();
        let mut adapt = |planar: &[f64]| {
            let epoch = Epoch::from_planar(planar, channels).unwrap();
            decoder.score_and_adapt(epoch, &mut scores, &mut scratch).unwrap();
        };
        adapt(&planar);
        for epoch in [&planar, &flat, &planar] {
            assert_eq!(allocations_of(|| adapt(epoch)), 0, "adapting {samples}");
        }
    }
}

#[test]
fn only_the_first_call_of_a_decoder_of_codes_allocates() {
    let shape = Shape { channels: 8, samples: 256, rate_hz: 250.0 };
    let code = "1001011001111100011011101010000";
    let target = |shift: usize| Target {
        label: shift.to_string(),
        event: None,
        modulation: Modulation::Code {
            bits: Bits::try_from([&code[shift..], &code[..shift]].concat()).unwrap(),
            bit_rate_hz: 60.0,
        },
    };
    let codebook = Codebook::new([0, 9, 20].map(target).to_vec()).unwrap();
    let mut calibration = Calibration::new(shape, &codebook).unwrap();
    for trial in 0..6 {
        let planar = epochs::seeded(trial, 8, 256, 250.0, 11.0);
        calibration.add(trial as usize % 3, Epoch::from_planar(&planar, 8).unwrap()).unwrap();
    }
    let planar = epochs::epoch(8, 256, 250.0, 11.0);
    for method in Method::CODES {
        assert_both_forms(method, &codebook, &calibration, &Settings::default(), &planar);
    }
}
