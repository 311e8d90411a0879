//! The order of methods that the literature reports, on simulated spellers: TDCA above ensemble TRCA
//! above TRCA (Nakanishi et al. 2018; Liu et al. 2021), and the combination method above CCA
//! (Nakanishi et al. 2015).
//!
//! `cargo test --test ssvep_order -- --nocapture` prints the table of docs/DECODERS.md.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

use std::f64::consts::FRAC_PI_2;

use evoked::decode::{FilterBank, Method, Preprocess, Settings};
use evoked::evaluate::{Margins, MeanInterval, Plan, Scope, Split, Subject};
use evoked::simulate::{Random, SessionParams, Strength};
use evoked::stimulus::Codebook;

const METHODS: [Method; 5] = [Method::Cca, Method::ECca, Method::Trca, Method::ETrca, Method::Tdca];
const USERS: u64 = 10;
const TARGETS: usize = 20;
const WINDOW_S: f64 = 0.5;

/// A user, all different: how strong and how late the response, how steep and how much shared the
/// noise, how high the alpha waves and where.
fn session(user: u64) -> SessionParams {
    let mut random = Random::new(1000 + user);
    let mut between = |low: f64, high: f64| low + (high - low) * random.uniform();
    SessionParams {
        blocks: 4,
        trial_s: WINDOW_S + 0.25,
        gap_s: 0.5,
        strength: Strength::Snr(between(0.12, 0.24)),
        latency_s: between(0.125, 0.155),
        noise_exponent: between(0.8, 1.4),
        noise_shared: between(0.3, 0.7),
        alpha_uv: between(2.0, 6.0),
        alpha_hz: between(9.0, 11.0),
        seed: user,
        ..SessionParams::default()
    }
}

/// Share of right decisions of each method, each block decided by what the others teach.
fn accuracies(codebook: &Codebook, params: &SessionParams) -> Vec<f64> {
    let simulated = params.simulate(codebook).unwrap();
    let stream = &simulated.recording.streams()[0];
    let len = (params.trial_s * params.rate_hz).round() as u64;
    let ends: Vec<u64> = simulated.truth.iter().map(|trial| trial.onset + len).collect();
    let rows: Vec<usize> = (0..params.channels.len()).collect();
    let mut subject = Subject::new(Margins::default());
    subject.add(stream, &rows, &simulated.truth, &ends, &vec![0; ends.len()]).unwrap();
    let bank = FilterBank::chen(3, 8.0, 90.0);
    let accuracy = |method| {
        let plan = Plan {
            codebook,
            method,
            settings: Settings {
                harmonics: 5,
                weights: bank.weights().to_vec(),
                ..Settings::default()
            },
            preprocess: Preprocess { bank: Some(bank.clone()), ..Preprocess::default() },
            scope: Scope::Window,
            start_s: 0.14,
            windows_s: vec![WINDOW_S],
            split: Split::LeaveOneBlockOut,
            limits: Vec::new(),
        };
        let outcome = plan.run(&subject).unwrap().remove(0);
        outcome.result.unwrap().confusion.accuracy().rate().unwrap()
    };
    METHODS.map(accuracy).to_vec()
}

fn shown(values: &[f64]) -> String {
    let found = MeanInterval::of(values).unwrap();
    let (low, high) = found.interval_95.unwrap();
    format!("{:5.1} % [{:5.1}, {:5.1}]", 100.0 * found.mean, 100.0 * low, 100.0 * high)
}

#[test]
fn methods_are_in_the_order_of_the_literature() {
    let codebook = Codebook::jfpm(8.0, 0.4, FRAC_PI_2, TARGETS).unwrap();
    let users: Vec<Vec<f64>> =
        (1..=USERS).map(|user| accuracies(&codebook, &session(user))).collect();
    let of = |method: Method| -> Vec<f64> {
        let place = METHODS.iter().position(|other| *other == method).unwrap();
        users.iter().map(|user| user[place]).collect()
    };
    for method in METHODS {
        let values = of(method);
        let least = values.iter().copied().fold(1.0, f64::min);
        let most = values.iter().copied().fold(0.0, f64::max);
        println!("{method:6} {}  {:.0} to {:.0} %", shown(&values), 100.0 * least, 100.0 * most);
    }
    let mean = |method| MeanInterval::of(&of(method)).unwrap().mean;
    let (lowest, highest) = (mean(Method::Trca), mean(Method::Tdca));
    assert!(lowest > 0.4 && highest < 0.95, "no room to differ: {users:?}");
    for (better, worse) in
        [(Method::Tdca, Method::ETrca), (Method::ETrca, Method::Trca), (Method::ECca, Method::Cca)]
    {
        let gains: Vec<f64> = of(better).iter().zip(of(worse)).map(|(b, w)| b - w).collect();
        println!("{better} over {worse}: {}", shown(&gains));
        let (low, _) = MeanInterval::of(&gains).unwrap().interval_95.unwrap();
        assert!(low > 0.0, "{better} against {worse}: {gains:?}");
    }
}
