//! Zero training alone, trial by trial, and learning from its own decisions.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

use evoked::decode::{
    DecodeError, FilterBank, Method, Preprocess, Settings, Shape, decode_adapting, decode_trials,
};
use evoked::dsp::{BandPass, Family as Filter};
use evoked::signal::{Decision, Trial};
use evoked::simulate::{SessionParams, Strength};
use evoked::stimulus::code::Gold;
use evoked::stimulus::{Codebook, Family, Recipe};

const RATE_HZ: f64 = 120.0;
const BAND: BandPass =
    BandPass { family: Filter::Butterworth, order: 4, low_hz: 4.0, high_hz: 50.0 };

fn codebook() -> Codebook {
    let polynomials = Gold::of_order(6).unwrap().polynomials();
    let gold = Family::Gold { polynomials };
    let recipe = Recipe { targets: Some(8), bit_clock: true, ..Recipe::new(gold) };
    recipe.make().unwrap().codebook
}

/// Right of the 48 trials of a session: each decoded alone, and one after the other.
fn right(trial_s: f64, snr: f64, seed: u64) -> [usize; 2] {
    let (codebook, settings) = (codebook(), Settings::default());
    let params = SessionParams {
        channels: ["POz", "O1", "Oz", "O2"].map(String::from).to_vec(),
        rate_hz: RATE_HZ,
        trial_s,
        strength: Strength::Snr(snr),
        seed,
        ..SessionParams::default()
    };
    let simulated = params.simulate(&codebook).unwrap();
    let preprocess = Preprocess { bank: Some(FilterBank::single(BAND)), ..Preprocess::default() };
    let samples = preprocess.apply(&simulated.recording.streams()[0]).unwrap();
    let shape = Shape::of_window(4, trial_s, RATE_HZ);
    let alone = Method::ZeroTraining.build(&codebook, shape, &settings).unwrap();
    let mut learning = Method::ZeroTraining.adaptive(&codebook, shape, &settings).unwrap().unwrap();
    let truth = &simulated.truth;
    [
        count(truth, &decode_trials(alone.as_ref(), &samples, truth, 0)),
        count(truth, &decode_adapting(learning.as_mut(), &samples, truth, 0)),
    ]
}

fn count(truth: &[Trial], decisions: &[Result<Decision, DecodeError>]) -> usize {
    let decided = decisions.iter().map(|decision| decision.as_ref().ok().map(|d| d.target));
    truth.iter().zip(decided).filter(|(trial, decided)| trial.label == *decided).count()
}

#[test]
fn learning_from_decisions_helps_where_most_of_them_are_right() {
    for (trial_s, snr, least) in [(2.1, 0.2, None), (2.1, 0.3, Some(40)), (4.2, 0.2, Some(20))] {
        let sessions: Vec<[usize; 2]> = (1..=3).map(|seed| right(trial_s, snr, seed)).collect();
        let [alone, learning] =
            [0, 1].map(|k| sessions.iter().map(|right| right[k]).sum::<usize>());
        println!("{trial_s} s, SNR {snr}: {alone} alone, {learning} learning, of 144");
        if let Some(least) = least {
            assert!(learning >= alone + least, "{trial_s} s, SNR {snr}: {alone}, {learning}");
        }
    }
}
