//! A session of every family of stimuli, written to a file and decoded from the file alone, is decoded
//! as well as the simulation's SNR predicts.
//!
//! The background is white, so what can be reached is known: of an epoch x that holds the response
//! s of its target in noise of variance 1, the matched filter takes the target with the largest
//! `⟨x, s⟩/‖s‖`, and nothing does better where all responses are as strong. A decoder has to learn s
//! from n trials and gets `s + e`; how large e is depends on what it knows beforehand ([`Knows`]).
//! Both are drawn here, in plain loops that share nothing with the decoders. The responses s are those
//! of a session without noise, of the strength that the SNR asks for.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

use std::f64::consts::{FRAC_PI_2, TAU};

use evoked::decode::{
    Calibration, DecodeError, Method, Preprocess, Settings, Shape, decode_trials,
};
use evoked::frame::{Assembled, Assembler, Limits, Reader, write_recording};
use evoked::signal::{Decision, EventPattern, Recording, Trial, TrialRule};
use evoked::simulate::{Random, SessionParams, Strength, TRIAL_END, TRIAL_START};
use evoked::stimulus::code::{Burst, Gold, NonBinary, Polynomial};
use evoked::stimulus::{Codebook, Family, Modulation, Recipe, Screen, Step, Target, Tone};

const RATE_HZ: f64 = 120.0;
const TRIAL_S: f64 = 1.05;
const NOISE_UV: f64 = 10.0;
const SEEDS: [u64; 3] = [11, 12, 13];
/// Trials of a session; the first half of them calibrates.
const TRIALS: usize = 800;
/// Epochs that are drawn for the prediction of a session.
const DRAWS: usize = 2000;
/// Numbers a channel of the responses to rise, fall and onset, of 0.3 s each.
const EVENT_NUMBERS: usize = 3 * 36;
/// By how many standard deviations of both shares, found and predicted, they may differ.
const DEVIATIONS: f64 = 4.0;

/// What a decoder knows of the responses before it has learned anything.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Knows {
    /// That they are sums of responses to events. [`EVENT_NUMBERS`] a channel are learned from all n
    /// trials. By least squares each is off by its share of the noise, so that `‖e‖²` is on average
    /// their number over n; a prior makes it less, down to nothing.
    Events,
    /// Nothing. It takes the mean of a target's own trials, in which noise of variance 1/n is left.
    Nothing,
    /// That they are sinusoids of so many harmonics. It learns nothing, and takes the target on
    /// whose sinusoids the epoch's projection is the largest.
    Harmonics(usize),
}

/// A decoder, and what it is to be held to.
#[derive(Debug, Clone, Copy)]
struct By {
    method: Method,
    knows: Knows,
    /// Whether it looks at the channels through a single spatial filter.
    one_filter: bool,
}

/// A family of stimuli, and the decoders of its sessions.
struct Case {
    name: &'static str,
    codebook: Codebook,
    channels: &'static [&'static str],
    snr: f64,
    by: &'static [By],
}

const BY_EVENTS: &[By] = &[
    By { method: Method::Reconvolution, knows: Knows::Events, one_filter: false },
    By { method: Method::ZeroTraining, knows: Knows::Events, one_filter: false },
    By { method: Method::RccaRiseFall, knows: Knows::Events, one_filter: true },
    By { method: Method::CvepEcca, knows: Knows::Nothing, one_filter: true },
];
const BY_TEMPLATES: &[By] = &[By { method: Method::Trca, knows: Knows::Nothing, one_filter: true }];
const BY_HARMONICS: &[By] = &[
    By { method: Method::Cca, knows: Knows::Harmonics(2), one_filter: true },
    By { method: Method::Trca, knows: Knows::Nothing, one_filter: true },
];
const THREE: &[&str] = &["O1", "Oz", "O2"];

fn polynomial(order: u32) -> Polynomial {
    Polynomial::of_order(order).unwrap()
}

/// The codebook of a recipe, for a display of 60 frames a second and two grey levels.
fn made(recipe: Recipe) -> Codebook {
    let screen = Screen { dark: 0.1, bright: 0.9, ..Screen::default() };
    let recipe = Recipe { refresh_hz: Some(60.0), screen: Some(screen), ..recipe };
    recipe.make().unwrap().codebook
}

/// Of codes no shorter than a trial, whose cycles there are none to average of.
fn of_codes(name: &'static str, recipe: Recipe, snr: f64) -> Case {
    Case { name, codebook: made(recipe), channels: THREE, snr, by: BY_EVENTS }
}

fn one_code_shifted() -> Vec<Case> {
    let shifted = |shift: usize, family| Recipe { shift: Some(shift), ..Recipe::new(family) };
    let m_sequence = Family::MSequence { polynomial: polynomial(6), state: 5 };
    let de_bruijn = Family::DeBruijn { polynomial: polynomial(6) };
    let barker = of_codes("Barker", shifted(3, Family::Barker { length: 13 }), 0.1);
    vec![
        of_codes("m-sequence", shifted(8, m_sequence), 0.12),
        of_codes("de Bruijn", shifted(8, de_bruijn), 0.12),
        of_codes("APA", shifted(8, Family::Apa { length: 64 }), 0.12),
        Case { by: &BY_EVENTS[..3], ..barker },
    ]
}

fn sets_of_codes() -> Vec<Case> {
    let targets = |count, family| Recipe { targets: Some(count), ..Recipe::new(family) };
    let gold = || Family::Gold { polynomials: Gold::of_order(6).unwrap().polynomials() };
    let burst = Burst { len: 63, bursts: 4, width: 3, min_gap: 10, max_gap: 30, seed: 1 };
    let kasami = Family::Kasami { polynomial: polynomial(6) };
    let clocked = Recipe { bit_clock: true, ..targets(8, gold()) };
    vec![
        of_codes("Gold", targets(8, gold()), 0.12),
        of_codes("Gold with bit clock", clocked, 0.12),
        of_codes("Kasami", targets(8, kasami), 0.12),
        of_codes("Golay", targets(2, Family::Golay { length: 64 }), 0.08),
        of_codes("burst", targets(8, Family::Burst(burst)), 0.12),
    ]
}

fn several_levels_or_frequencies() -> Vec<Case> {
    let taps = NonBinary::of_order(5, 3).unwrap().taps().to_vec();
    let non_binary = Family::NonBinary { prime: 5, taps };
    let levels = Recipe { shift: Some(16), ..Recipe::new(non_binary) };
    let tone = |frequency_hz| Tone { frequency_hz, phase_rad: 0.0, weight: 1.0 };
    let step = |frequency_hz| Step { frequency_hz, phase_rad: 0.0, duration_s: 0.5 };
    let hz = |k: u32| 8.0 + f64::from(k);
    let sum = |k| Modulation::FrequencySum { tones: vec![tone(hz(k)), tone(hz(k + 11))] };
    let sequence =
        |k| Modulation::FrequencySequence { steps: vec![step(hz(k)), step(hz((3 * k + 4) % 8))] };
    let case =
        |name, codebook| Case { name, codebook, channels: THREE, snr: 0.13, by: BY_TEMPLATES };
    vec![
        case("non-binary", made(levels)),
        case("sum", numbered((0..8).map(sum))),
        case("sequence", numbered((0..8).map(sequence))),
    ]
}

fn numbered(modulations: impl Iterator<Item = Modulation>) -> Codebook {
    let target = |(place, modulation): (usize, Modulation)| {
        let label = format!("T{}", place + 1);
        Target { label, event: None, modulation }
    };
    Codebook::new(modulations.enumerate().map(target).collect()).unwrap()
}

fn one_frequency() -> Vec<Case> {
    let of = |frequencies_hz: &[f64], duty| {
        let frequencies_hz = frequencies_hz.to_vec();
        made(Recipe::new(Family::Frequencies { frequencies_hz, duty }))
    };
    let jfpm = Family::Jfpm { first_hz: 9.0, step_hz: 1.0, step_rad: 1.1 };
    let jfpm = made(Recipe { targets: Some(8), ..Recipe::new(jfpm) });
    // With one channel the canonical correlation is the projection.
    let case =
        |name, codebook, snr| Case { name, codebook, channels: &["Oz"], snr, by: BY_HARMONICS };
    vec![
        case("sinusoid", of(&[8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0], None), 0.24),
        case("square", of(&[7.5, 60.0 / 7.0, 10.0, 12.0, 15.0], Some(0.4)), 0.24),
        case("JFPM", jfpm, 0.24),
    ]
}

fn params(case: &Case, seed: u64) -> SessionParams {
    SessionParams {
        channels: case.channels.iter().map(|&label| label.to_owned()).collect(),
        rate_hz: RATE_HZ,
        blocks: (TRIALS / case.codebook.len()) as u32,
        trial_s: TRIAL_S,
        gap_s: 0.35,
        strength: Strength::Snr(case.snr),
        noise_uv: NOISE_UV,
        noise_exponent: 0.0,
        noise_shared: 0.0,
        alpha_uv: 0.0,
        mains_uv: 0.0,
        sensor_uv: 0.0,
        seed,
        ..SessionParams::default()
    }
}

/// The session as the bytes of a file.
fn written(case: &Case, seed: u64) -> Vec<u8> {
    let simulated = params(case, seed).simulate(&case.codebook).unwrap();
    write_recording(&simulated.recording, Some(case.codebook.clone()), 1, Vec::new()).unwrap()
}

fn read(bytes: &[u8]) -> Assembled {
    let mut assembler = Assembler::new();
    Reader::new(bytes, Limits::default()).for_each(|item| assembler.take(item));
    let assembled = assembler.finish().unwrap();
    assert!(assembled.complete && assembled.notices.is_empty(), "{:?}", assembled.notices);
    assembled
}

/// The trials of a recording, by its events and the labels of its codebook.
fn trials(recording: &Recording, codebook: &Codebook) -> Vec<Trial> {
    let label = |(place, target): (usize, &Target)| (target.label.parse().unwrap(), place);
    let labels = codebook.targets().iter().enumerate().map(label).collect();
    TrialRule { onsets: vec![TRIAL_START.into()], labels }.find(recording, 0)
}

fn window(recording: &Recording, trials: &[Trial]) -> usize {
    let end = EventPattern::from(TRIAL_END);
    let ends = recording.events().iter().filter(|event| end.matches(event));
    let lengths = ends.zip(trials).map(|(end, trial)| end.sample - trial.onset);
    lengths.min().unwrap() as usize
}

/// How many of the later half of the trials are decoded right by a decoder fitted to the earlier half:
/// right, all, and trials fitted to.
fn decoded(file: &Assembled, method: Method) -> Result<[usize; 3], DecodeError> {
    let (recording, codebook) = (&file.recording, file.codebook.as_ref().unwrap());
    let stream = &recording.streams()[0];
    let samples = Preprocess::default().apply(stream)?;
    let trials = trials(recording, codebook);
    let shape = Shape {
        channels: samples.channels(),
        samples: window(recording, &trials),
        rate_hz: stream.rate_hz(),
    };
    let (before, after) = trials.split_at(trials.len() / 2);
    let calibration = Calibration::from_trials(&samples, before, 0, shape, codebook)?;
    let decoder = method.fit(codebook, &calibration, &Settings::default())?;
    let decisions = decode_trials(decoder.as_ref(), &samples, after, 0);
    let right = |(trial, decision): &(&Trial, Result<Decision, DecodeError>)| {
        trial.label == decision.as_ref().ok().map(|decision| decision.target)
    };
    Ok([after.iter().zip(decisions).filter(right).count(), after.len(), calibration.len()])
}

/// The response to each target in a trial, channels × samples, in deviations of the noise and without
/// the mean of each channel.
fn responses(case: &Case, seed: u64) -> Vec<Vec<f64>> {
    let silent = SessionParams {
        blocks: 1,
        strength: Strength::Microvolts(case.snr),
        noise_uv: 0.0,
        quantization: None,
        ..params(case, seed)
    };
    let simulated = silent.simulate(&case.codebook).unwrap();
    let samples = simulated.recording.streams()[0].samples();
    let len = (TRIAL_S * RATE_HZ).round() as usize;
    let response = |target: usize| {
        let trial = simulated.truth.iter().find(|trial| trial.label == Some(target)).unwrap();
        let rows = samples.epoch(trial.onset, len).unwrap();
        rows.rows().flat_map(centred).collect()
    };
    (0..case.codebook.len()).map(response).collect()
}

fn centred(row: &[f32]) -> Vec<f64> {
    let mean = row.iter().map(|&value| f64::from(value)).sum::<f64>() / row.len() as f64;
    row.iter().map(|&value| f64::from(value) - mean).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The responses behind the spatial filter that keeps the most of all of them.
fn behind_one_filter(responses: &[Vec<f64>], channels: usize) -> Vec<Vec<f64>> {
    let rows = |response: &[f64]| -> Vec<Vec<f64>> {
        response.chunks_exact(response.len() / channels).map(<[f64]>::to_vec).collect()
    };
    let filtered = |response: &[f64], filter: &[f64]| -> Vec<f64> {
        let rows = rows(response);
        (0..rows[0].len()).map(|n| (0..channels).map(|c| filter[c] * rows[c][n]).sum()).collect()
    };
    // The power iteration of Σ S·Sᵀ.
    let mut filter = vec![1.0; channels];
    for _ in 0..200 {
        let mut next = vec![0.0; channels];
        for response in responses {
            let sum = filtered(response, &filter);
            next.iter_mut().zip(rows(response)).for_each(|(next, row)| *next += dot(&row, &sum));
        }
        let length = dot(&next, &next).sqrt();
        filter = next.iter().map(|value| value / length).collect();
    }
    responses.iter().map(|response| filtered(response, &filter)).collect()
}

/// The share of epochs decided right where the response of each target is known up to noise of so
/// much variance a number.
fn by_response(responses: &[Vec<f64>], error: f64) -> f64 {
    let mut random = Random::new(5);
    let noisy = |response: &[f64], variance: f64, random: &mut Random| -> Vec<f64> {
        response.iter().map(|value| value + variance.sqrt() * random.normal()).collect()
    };
    let (mut right, mut known) = (0, responses.to_vec());
    for draw in 0..DRAWS {
        if error > 0.0 && draw % 20 == 0 {
            known = responses.iter().map(|s| noisy(s, error, &mut random)).collect();
        }
        let target = draw % responses.len();
        let epoch = noisy(&responses[target], 1.0, &mut random);
        let score = |known: &Vec<f64>| dot(&epoch, known) / dot(known, known).sqrt();
        right += usize::from(largest(known.iter().map(score)) == target);
    }
    right as f64 / DRAWS as f64
}

/// The share of epochs decided right by the projections on sinusoids.
fn by_harmonics(responses: &[Vec<f64>], codebook: &Codebook, harmonics: usize) -> f64 {
    let mut random = Random::new(5);
    let bases: Vec<Vec<Vec<f64>>> = codebook
        .frequencies_hz()
        .unwrap()
        .iter()
        .map(|hz| sinusoids(*hz, harmonics, responses[0].len()))
        .collect();
    let mut right = 0;
    for draw in 0..DRAWS {
        let target = draw % responses.len();
        let epoch: Vec<f64> = responses[target].iter().map(|s| s + random.normal()).collect();
        let score = |basis: &Vec<Vec<f64>>| basis.iter().map(|row| dot(&epoch, row).powi(2)).sum();
        right += usize::from(largest(bases.iter().map(score)) == target);
    }
    right as f64 / DRAWS as f64
}

/// Sines and cosines without their means, made orthonormal one after the other.
fn sinusoids(frequency_hz: f64, harmonics: usize, samples: usize) -> Vec<Vec<f64>> {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for row in 0..2 * harmonics {
        let turns = (row / 2 + 1) as f64 * frequency_hz / RATE_HZ;
        let quarter = FRAC_PI_2 * (row % 2) as f64;
        let wave = |n: usize| (TAU * turns * n as f64 + quarter).sin();
        let mut new: Vec<f64> = (0..samples).map(wave).collect();
        let mean = new.iter().sum::<f64>() / samples as f64;
        new.iter_mut().for_each(|value| *value -= mean);
        for before in &basis {
            let along = dot(&new, before);
            new.iter_mut().zip(before).for_each(|(value, other)| *value -= along * other);
        }
        let length = dot(&new, &new).sqrt();
        basis.push(new.iter().map(|value| value / length).collect());
    }
    basis
}

fn largest(scores: impl Iterator<Item = f64>) -> usize {
    scores.enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b)).unwrap().0
}

/// Between what the shares of right decisions should lie, for a decoder fitted to n trials.
fn predicted(case: &Case, by: By, responses: &[Vec<f64>], n: usize) -> [f64; 2] {
    let all = case.channels.len();
    let (responses, channels) = match by.one_filter {
        true => (behind_one_filter(responses, all), 1),
        false => (responses.to_vec(), all),
    };
    let numbers = responses[0].len() as f64;
    match by.knows {
        Knows::Events => {
            let error = (EVENT_NUMBERS * channels) as f64 / n as f64;
            [error / numbers, 0.0].map(|error| by_response(&responses, error))
        }
        Knows::Nothing => [by_response(&responses, responses.len() as f64 / n as f64); 2],
        Knows::Harmonics(count) => [by_harmonics(&responses, &case.codebook, count); 2],
    }
}

fn check(cases: Vec<Case>) {
    for case in cases {
        let files = SEEDS.map(|seed| (read(&written(&case, seed)), responses(&case, seed)));
        for by in case.by {
            let (mut right, mut tested, mut bounds) = (0, 0, [0.0; 2]);
            for (file, responses) in &files {
                let [own_right, own_tested, n] = decoded(file, by.method).unwrap();
                (right, tested) = (right + own_right, tested + own_tested);
                let own = predicted(&case, *by, responses, n);
                bounds.iter_mut().zip(own).for_each(|(sum, own)| *sum += own / SEEDS.len() as f64);
            }
            let found = right as f64 / tested as f64;
            let [low, high] = bounds;
            let told = format!("{}, {}: {found:.3} in {low:.3}–{high:.3}", case.name, by.method);
            println!("{told}");
            let drawn = (SEEDS.len() * DRAWS) as f64;
            let deviation = |p: f64| (p * (1.0 - p) * (1.0 / tested as f64 + 1.0 / drawn)).sqrt();
            // A prediction at chance, or without errors, would tell nothing.
            assert!(low > 1.0 / case.codebook.len() as f64 + 0.2 && high < 0.95, "{told}");
            assert!(found > low - DEVIATIONS * deviation(low), "{told}");
            assert!(found < high + DEVIATIONS * deviation(high), "{told}");
        }
    }
}

#[test]
fn sessions_of_one_code_shifted() {
    check(one_code_shifted());
}

#[test]
fn sessions_of_sets_of_codes() {
    check(sets_of_codes());
}

#[test]
fn sessions_of_several_levels_or_frequencies() {
    check(several_levels_or_frequencies());
}

#[test]
fn sessions_of_one_frequency_a_target() {
    check(one_frequency());
}

/// The codes in the file are used: with them backwards, hardly more than chance is left of the same
/// samples.
#[test]
fn a_file_with_other_codes_is_not_decoded() {
    let case = &sets_of_codes()[2];
    let file = read(&written(case, SEEDS[0]));
    let mut targets = case.codebook.targets().to_vec();
    for target in &mut targets {
        let Modulation::Code { bits, .. } = &mut target.modulation else { panic!() };
        let reversed = bits.as_slice().iter().rev().copied().collect();
        *bits = evoked::stimulus::Bits::new(reversed);
    }
    let other = Assembled { codebook: Some(Codebook::new(targets).unwrap()), ..file.clone() };
    let right = |file: &Assembled| decoded(file, Method::Reconvolution).unwrap()[0];
    let (own, other) = (right(&file), right(&other));
    assert!(own > 260 && other < 130, "{own} and {other} of 400 right");
}

/// What is needed to show the same again is in the session frame.
#[test]
fn codebooks_come_back_from_the_file_with_all_that_makes_them() {
    let frequencies = one_frequency();
    let levels = several_levels_or_frequencies();
    for case in one_code_shifted().iter().chain(&sets_of_codes()).chain(&frequencies).chain(&levels)
    {
        let short = SessionParams { blocks: 1, ..params(case, 1) };
        let recording = short.simulate(&case.codebook).unwrap().recording;
        let bytes = write_recording(&recording, Some(case.codebook.clone()), 1, Vec::new());
        let file = read(&bytes.unwrap());
        assert_eq!(file.recording, recording, "{}", case.name);
        let codebook = file.codebook.unwrap();
        assert_eq!(codebook, case.codebook, "{}", case.name);
        // Sums and sequences are written by hand.
        let Some(recipe) = codebook.origin() else { continue };
        assert_eq!(codebook.refresh_hz(), Some(60.0));
        assert_eq!(codebook.screen().map(|screen| [screen.dark, screen.bright]), Some([0.1, 0.9]));
        assert_eq!(recipe.make().unwrap().codebook, codebook, "{}", case.name);
    }
}
