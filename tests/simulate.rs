//! Simulated sessions hold what was asked for, measured plainly.

use std::f64::consts::TAU;

use evoked::signal::{EventPattern, Recording, Trial, TrialRule};
use evoked::simulate::{GRID_16_BIT, SessionParams, SimulateError, Strength};
use evoked::stimulus::{Bits, Codebook, Modulation, Target};
use proptest::prelude::*;

fn row(recording: &Recording, channel: usize) -> Vec<f64> {
    let samples = recording.streams()[0].samples();
    samples.channel(channel).iter().map(|&value| f64::from(value)).collect()
}

fn rms(values: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = values.fold((0.0, 0.0), |(n, sum), x| (n + 1.0, sum + x * x));
    (sum / count).sqrt()
}

/// Amplitude at a frequency, by the definition of the DFT.
fn amplitude(samples: &[f64], rate_hz: f64, frequency_hz: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, x) in samples.iter().enumerate() {
        let angle = TAU * frequency_hz * n as f64 / rate_hz;
        re += x * angle.cos();
        im += x * angle.sin();
    }
    2.0 * re.hypot(im) / samples.len() as f64
}

fn code(label: &str, bits: &str) -> Target {
    let bits = Bits::new(bits.chars().map(|bit| bit == '1').collect());
    let modulation = Modulation::Code { bits, bit_rate_hz: 60.0 };
    Target { label: label.into(), event: None, modulation }
}

#[test]
fn the_snr_is_the_one_asked_for() {
    let codebook = Codebook::jfpm(8.0, 0.4, 1.1, 8).unwrap();
    for (snr, seed, mains_uv, sensor_uv) in [(0.3, 3, 2.0, 0.3), (2.0, 4, 15.0, 8.0)] {
        let params = SessionParams {
            blocks: 30,
            mains_uv,
            sensor_uv,
            strength: Strength::Snr(snr),
            quantization: None,
            seed,
            ..Default::default()
        };
        let silent = SessionParams { strength: Strength::Microvolts(0.0), ..params.clone() };
        let both = params.simulate(&codebook).unwrap();
        let noise = silent.simulate(&codebook).unwrap();

        let (mut evoked, mut rest) = (Vec::new(), Vec::new());
        for channel in 0..9 {
            let (both_row, noise_row) =
                (row(&both.recording, channel), row(&noise.recording, channel));
            for trial in &both.truth {
                let onset = trial.onset as usize;
                let seen = onset + 35..onset + 35 + 1000;
                evoked.extend(seen.clone().map(|n| both_row[n] - noise_row[n]));
                rest.extend(seen.map(|n| noise_row[n]));
            }
        }
        let found = rms(evoked.into_iter()) / rms(rest.into_iter());
        assert!((found / snr - 1.0).abs() < 0.04, "{found} instead of {snr}");
    }
}

#[test]
fn the_response_has_the_microvolts_asked_for() {
    let codebook = Codebook::new(vec![code("a", "1101000"), code("b", "1001011")]).unwrap();
    let params = SessionParams {
        blocks: 1,
        strength: Strength::Microvolts(3.0),
        ..SessionParams::noiseless()
    };
    let simulated = params.simulate(&codebook).unwrap();
    let rows: Vec<Vec<f64>> = (0..9).map(|channel| row(&simulated.recording, channel)).collect();
    let in_trials = simulated.truth.iter().flat_map(|trial| {
        let first = trial.onset as usize + 35;
        rows.iter().flat_map(move |row| row[first..first + 1000].iter().copied())
    });
    assert!((rms(in_trials) - 3.0).abs() < 1e-5);
}

#[test]
fn the_target_of_the_truth_stands_out() {
    let frequencies_hz = [8.25, 9.75, 11.25, 13.0, 15.5];
    let codebook = Codebook::sinusoids(&frequencies_hz).unwrap();
    let params = SessionParams { strength: Strength::Snr(1.0), ..Default::default() };
    let simulated = params.simulate(&codebook).unwrap();
    let oz = row(&simulated.recording, 7);
    assert_eq!(simulated.truth.len(), 30);
    for trial in &simulated.truth {
        let first = trial.onset as usize + 35;
        let strength = frequencies_hz.map(|hz| amplitude(&oz[first..first + 1000], 250.0, hz));
        let target = trial.label.unwrap();
        for other in (0..5).filter(|&k| k != target) {
            assert!(strength[target] > 2.0 * strength[other], "{trial:?} {strength:?}");
        }
    }
}

#[test]
fn each_part_of_the_background_has_its_stated_size() {
    let codebook = Codebook::sinusoids(&[8.0]).unwrap();
    let channels = ["Fp1", "Cz", "Oz"].map(String::from).to_vec();
    let silent = SessionParams {
        channels,
        rate_hz: 100.0,
        mains_hz: 20.0,
        blocks: 1,
        trial_s: 3000.0,
        strength: Strength::Microvolts(0.0),
        ..SessionParams::noiseless()
    };
    let rms_of = |params: SessionParams| {
        let recording = params.simulate(&codebook).unwrap().recording;
        [0, 1, 2].map(|channel| rms(row(&recording, channel).into_iter()))
    };
    let near = |found: f64, expected: f64| (found / expected - 1.0).abs() < 0.1;
    assert_eq!(rms_of(silent.clone()), [0.0; 3]);
    for noise_shared in [0.0, 0.5, 1.0] {
        let noise = rms_of(SessionParams { noise_uv: 7.0, noise_shared, ..silent.clone() });
        assert!(noise.iter().all(|&found| near(found, 7.0)), "{noise:?}");
    }
    let sensor = rms_of(SessionParams { sensor_uv: 2.0, ..silent.clone() });
    assert!(sensor.iter().all(|&found| near(found, 2.0)), "{sensor:?}");
    let alpha = rms_of(SessionParams { alpha_uv: 5.0, ..silent.clone() });
    assert!(near(alpha[2], 5.0) && alpha[1] < 0.5 * alpha[2] && alpha[0] < alpha[1], "{alpha:?}");
    let mains = rms_of(SessionParams { mains_uv: 4.0, ..silent.clone() });
    let whole = 4.0 / 2.0_f64.sqrt();
    assert!(mains.iter().all(|found| (0.5 * whole..1.5 * whole).contains(found)), "{mains:?}");
    let blinks = rms_of(SessionParams { blinks_per_min: 20.0, ..silent.clone() });
    assert!(blinks[0] > 3.0 * blinks[1] && blinks[1] > 3.0 * blinks[2], "{blinks:?}");
    let offset = rms_of(SessionParams { offset_uv: 100.0, ..silent.clone() });
    assert!(offset.iter().all(|found| (1.0..=100.0).contains(found)), "{offset:?}");
    assert_ne!(offset[0], offset[1]);
    // An hour holds few minutes-long swings, so its size is only roughly the expected one.
    let drift = rms_of(SessionParams { drift_uv: 20.0, ..silent });
    assert!(drift.iter().all(|found| (12.0..30.0).contains(found)), "{drift:?}");
}

#[test]
fn the_response_is_strongest_over_the_occiput() {
    let codebook = Codebook::sinusoids(&[8.0, 9.0]).unwrap();
    let channels = ["Fp1", "Cz", "Pz", "Oz"].map(String::from).to_vec();
    let mut sums = [0.0; 4];
    for seed in 0..20 {
        let channels = channels.clone();
        let params = SessionParams { channels, blocks: 1, seed, ..SessionParams::noiseless() };
        let recording = params.simulate(&codebook).unwrap().recording;
        for (channel, sum) in sums.iter_mut().enumerate() {
            *sum += rms(row(&recording, channel).into_iter());
        }
    }
    assert!(sums.windows(2).all(|pair| pair[0] < 0.7 * pair[1]), "{sums:?}");
}

#[test]
fn a_circular_shift_of_a_code_shifts_its_response() {
    let bits = "111010110001001";
    let shifted = format!("{}{}", &bits[9..], &bits[..9]);
    let codebook = Codebook::new(vec![code("0", bits), code("9", &shifted)]).unwrap();
    let params =
        SessionParams { rate_hz: 240.0, trial_s: 3.0, blocks: 1, ..SessionParams::noiseless() };
    let simulated = params.simulate(&codebook).unwrap();
    let onset = |target| {
        let trial = simulated.truth.iter().find(|trial| trial.label == Some(target)).unwrap();
        trial.onset as usize
    };
    for channel in 0..9 {
        let row = row(&simulated.recording, channel);
        // Bits last 4 samples, a cycle 60; after two cycles the response repeats.
        let cycle = |target, n| row[onset(target) + 120 + n];
        for n in 0..60 {
            assert!((cycle(0, n) - cycle(0, n + 60)).abs() < 1e-5);
            assert!((cycle(0, n + 36) - cycle(1, n)).abs() < 1e-5);
        }
    }
}

#[test]
fn responses_of_trials_without_a_gap_add_up() {
    let codebook = Codebook::new(vec![code("a", "1101000")]).unwrap();
    let single = SessionParams { trial_s: 0.2, blocks: 1, ..SessionParams::noiseless() };
    let row_of = |params: &SessionParams| row(&params.simulate(&codebook).unwrap().recording, 7);
    let one = row_of(&single);
    let five = row_of(&SessionParams { gap_s: 0.0, blocks: 5, ..single });
    assert_eq!(five.len(), 4 * 50 + 125);
    for (n, value) in five.iter().enumerate() {
        // Alone, the trial starts at sample 250.
        let starts = (0..5).map(|k| 50 * k).filter(|&start| start <= n);
        let sum: f64 = starts.filter_map(|start| one.get(250 + n - start)).sum();
        assert!((value - sum).abs() < 1e-5, "{n}");
    }
}

#[test]
fn events_lead_back_to_the_truth_by_starts_and_by_labels() {
    let mut targets = Codebook::sinusoids(&[8.0, 9.0, 10.0]).unwrap().targets().to_vec();
    targets[1].event = Some("33025".into());
    targets[2].event = Some("look up".into());
    let codebook = Codebook::new(targets).unwrap();
    for gap_s in [0.0, 0.317] {
        let params = SessionParams { gap_s, trial_s: 1.003, ..Default::default() };
        let simulated = params.simulate(&codebook).unwrap();
        let recording = &simulated.recording;
        assert_eq!(simulated.rule.find(recording, 0), simulated.truth);

        let names = [EventPattern::from(1), EventPattern::from(33025), "look up".parse().unwrap()];
        let labels: Vec<_> = names.into_iter().zip(0..).collect();
        let by_labels = TrialRule { onsets: vec![], labels: labels.clone() };
        assert_eq!(by_labels.find(recording, 0), simulated.truth);
        let by_starts = TrialRule { onsets: vec![32779.into()], labels };
        assert_eq!(by_starts.find(recording, 0), simulated.truth);

        for block in simulated.truth.chunks(3) {
            let mut shown: Vec<_> = block.iter().map(|trial| trial.label).collect();
            shown.sort();
            assert_eq!(shown, [Some(0), Some(1), Some(2)]);
        }
        let onset = |k: usize| ((gap_s + k as f64 * (1.003 + gap_s)) * 250.0).round() as u64;
        let onsets: Vec<u64> = simulated.truth.iter().map(|trial| trial.onset).collect();
        assert_eq!(onsets, (0..18).map(onset).collect::<Vec<_>>());
        let response_len = ((1.003 + 0.14 + 0.16) * 250.0_f64).ceil() as u64;
        let end = onset(18).max(onset(17) + response_len);
        assert_eq!(recording.streams()[0].samples().end(), end);
        let ends: Vec<u64> =
            recording.events().iter().filter(|e| e.code == 32780).map(|e| e.sample).collect();
        assert_eq!(ends, onsets.iter().map(|onset| onset + 251).collect::<Vec<_>>());
    }
}

#[test]
fn blocks_come_in_different_orders() {
    let codebook = Codebook::jfpm(8.0, 0.2, 1.0, 12).unwrap();
    let simulated =
        SessionParams { trial_s: 0.5, ..Default::default() }.simulate(&codebook).unwrap();
    let orders: std::collections::BTreeSet<Vec<Option<usize>>> = simulated
        .truth
        .chunks(12)
        .map(|block| block.iter().map(|trial: &Trial| trial.label).collect())
        .collect();
    assert_eq!(orders.len(), 6);
}

#[test]
fn the_seed_decides_and_the_parameters_are_told() {
    let codebook = Codebook::sinusoids(&[8.0, 9.0]).unwrap();
    let params = SessionParams { blocks: 1, ..Default::default() };
    let first = params.simulate(&codebook).unwrap();
    assert_eq!(first, params.simulate(&codebook).unwrap());
    let other = SessionParams { seed: 2, ..params.clone() }.simulate(&codebook).unwrap();
    assert_ne!(first.recording.streams(), other.recording.streams());
    let told = &first.recording.metadata()["simulator_params"];
    assert_eq!(serde_json::from_str::<SessionParams>(told).unwrap(), params);
}

/// Guards the promise that fixtures can be made again; what the samples should be like is measured
/// by the other tests. A change of this number breaks the fixtures of everybody.
#[test]
fn the_samples_of_a_seed_never_change() {
    let mut targets = Codebook::sinusoids(&[8.0, 9.3]).unwrap().targets().to_vec();
    targets.push(code("c", "1101000"));
    let codebook = Codebook::new(targets).unwrap();
    let params = SessionParams {
        blocks: 2,
        blinks_per_min: 15.0,
        drift_uv: 20.0,
        offset_uv: 1000.0,
        quantization: None,
        noise_exponent: 1.2,
        ..Default::default()
    };
    let simulated = params.simulate(&codebook).unwrap();
    let samples = simulated.recording.streams()[0].samples();
    let bytes: Vec<u8> =
        (0..9).flat_map(|c| samples.channel(c).iter().flat_map(|x| x.to_le_bytes())).collect();
    assert_eq!(crc32c::crc32c(&bytes), 318_478_798);
}

#[test]
fn samples_lie_on_the_grid_and_are_clipped_at_its_ends() {
    let codebook = Codebook::sinusoids(&[8.0, 9.0]).unwrap();
    let fine = SessionParams { offset_uv: 180_000.0, drift_uv: 10_000.0, ..Default::default() };
    let coarse = SessionParams { quantization: Some(GRID_16_BIT), ..fine.clone() };
    for (params, clipped_expected) in [(fine, false), (coarse, true)] {
        let grid = params.quantization.unwrap();
        let simulated = params.simulate(&codebook).unwrap();
        let stream = &simulated.recording.streams()[0];
        let half = 1_i32 << (grid.bits - 1);
        let mut clipped = 0;
        for channel in 0..9 {
            assert_eq!(stream.channels()[channel].quantization, Some(grid));
            for &sample in stream.samples().channel(channel) {
                let count = grid.count(sample).unwrap();
                assert_eq!(grid.sample(count).to_bits(), sample.to_bits());
                clipped += usize::from(count == half - 1 || count == -half);
            }
        }
        assert_eq!(clipped > 0, clipped_expected);
    }
}

#[test]
fn an_snr_that_cannot_be_reached_is_refused() {
    let missing = |params: SessionParams, codebook: &Codebook| match params.simulate(codebook) {
        Err(SimulateError::Unreachable { missing, .. }) => missing,
        other => panic!("{other:?}"),
    };
    let sinusoids = Codebook::sinusoids(&[8.0]).unwrap();
    let snr = Strength::Snr(1.0);
    assert_eq!(
        missing(SessionParams { strength: snr, ..SessionParams::noiseless() }, &sinusoids),
        "noise"
    );
    let dark = Codebook::new(vec![code("dark", "0000")]).unwrap();
    assert_eq!(missing(SessionParams::default(), &dark), "response");
}

#[test]
fn a_session_too_long_to_hold_can_still_run() {
    let codebook = Codebook::jfpm(8.0, 0.2, 1.0, 40).unwrap();
    let params = SessionParams { blocks: 1000, ..Default::default() };
    let refused = params.simulate(&codebook);
    assert!(matches!(refused, Err(SimulateError::TooLarge { limit: 134_217_728, .. })));
    let mut session = params.start(&codebook).unwrap();
    assert_eq!(session.end(), 250 * (40_000 * 5 + 1));
    let mut chunk = Vec::new();
    assert_eq!(session.next_chunk(usize::MAX, &mut chunk), 65_536);
    assert_eq!(session.next_chunk(0, &mut chunk), 0);
    assert_eq!(session.position(), 65_536);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn chunks_of_any_size_give_the_same_samples(
        lens in prop::collection::vec(0_usize..300, 1..20),
        seed: u64,
        gap_s in 0.0..0.5,
    ) {
        let mut targets = Codebook::sinusoids(&[8.0, 9.3]).unwrap().targets().to_vec();
        targets.push(code("c", "1101000"));
        let codebook = Codebook::new(targets).unwrap();
        let params = SessionParams {
            channels: vec!["Fp1".into(), "Oz".into()],
            blocks: 2,
            trial_s: 0.2,
            gap_s,
            blinks_per_min: 60.0,
            drift_uv: 5.0,
            seed,
            ..Default::default()
        };
        let whole = params.simulate(&codebook).unwrap();
        let mut session = params.start(&codebook).unwrap();
        let mut rows = vec![Vec::new(); 2];
        let mut chunk = Vec::new();
        for &len in lens.iter().chain(std::iter::repeat_n(&100_000, 1)) {
            let n = session.next_chunk(len, &mut chunk);
            prop_assert_eq!(chunk.len(), 2 * n);
            rows[0].extend_from_slice(&chunk[..n]);
            rows[1].extend_from_slice(&chunk[n..]);
        }
        prop_assert_eq!(session.position(), session.end());
        let samples = whole.recording.streams()[0].samples();
        prop_assert_eq!(&rows[0], samples.channel(0));
        prop_assert_eq!(&rows[1], samples.channel(1));
        prop_assert_eq!(session.events(), whole.recording.events());
    }
}
