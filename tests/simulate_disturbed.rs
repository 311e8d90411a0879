//! Losses, artefacts, rest and fatigue in simulated sessions, held against the truth that is told.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

use std::collections::BTreeSet;
use std::f64::consts::TAU;
use std::ops::Range;

use evoked::signal::{Event, EventPattern, TrialRule};
use evoked::simulate::{ArtifactKind, REST, SessionParams, Simulated, Strength, TRIAL_END};
use evoked::stimulus::Codebook;
use proptest::prelude::*;

fn codebook() -> Codebook {
    Codebook::sinusoids(&[8.0, 9.3, 11.0]).unwrap()
}

fn simulate(params: &SessionParams) -> Simulated {
    params.simulate(&codebook()).unwrap()
}

fn row(simulated: &Simulated, channel: usize) -> &[f32] {
    simulated.recording.streams()[0].samples().channel(channel)
}

/// Nothing at all in the samples.
fn silent() -> SessionParams {
    SessionParams { strength: Strength::Microvolts(0.0), ..SessionParams::noiseless() }
}

/// Five minutes with everything that can be switched on.
fn disturbed() -> SessionParams {
    SessionParams {
        blocks: 20,
        blinks_per_min: 15.0,
        bursts_per_min: 10.0,
        pops_per_min: 6.0,
        losses_per_min: 8.0,
        loss_s: 0.4,
        rest_s: 3.0,
        rest_alpha: 2.0,
        fade: 0.3,
        slowing_s: 0.05,
        drift_uv: 10.0,
        ..SessionParams::default()
    }
}

fn len(samples: &Range<u64>) -> f64 {
    (samples.end - samples.start) as f64
}

fn mean_square(values: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = values.fold((0.0, 0.0), |(n, sum), x| (n + 1.0, sum + x * x));
    sum / count
}

#[test]
fn what_is_lost_is_a_gap_and_the_rest_is_as_without_losses() {
    let whole = simulate(&SessionParams { losses_per_min: 0.0, ..disturbed() });
    let lossy = simulate(&disturbed());
    let samples = lossy.recording.streams()[0].samples();
    let all = whole.recording.streams()[0].samples();
    assert!(lossy.lost.len() > 20 && whole.lost.is_empty());
    assert_eq!(samples.gaps().collect::<Vec<_>>(), lossy.lost);
    assert_eq!((samples.start(), samples.end()), (all.start(), all.end()));
    for (index, segment) in samples.segments().iter().enumerate() {
        let kept = samples.segment_epoch(index).unwrap();
        let same = all.epoch(segment.first, segment.len).unwrap();
        (0..9).for_each(|channel| assert_eq!(kept.channel(channel), same.channel(channel)));
    }
    assert_eq!(lossy.recording.events(), whole.recording.events());
    assert_eq!(lossy.truth, whole.truth);
    assert_eq!((lossy.no_control, lossy.artifacts), (whole.no_control, whole.artifacts));
}

/// Each kind alone on top of a full background: outside the stretches and channels told, no bit
/// changes; inside, something does.
#[test]
fn artefacts_lie_where_the_truth_says() {
    let calm = SessionParams { quantization: None, blocks: 20, ..SessionParams::default() };
    let without = simulate(&calm);
    assert!(without.artifacts.is_empty());
    let cases = [
        (ArtifactKind::Blink, SessionParams { blinks_per_min: 12.0, ..calm.clone() }),
        (ArtifactKind::Burst, SessionParams { bursts_per_min: 12.0, ..calm.clone() }),
        (ArtifactKind::Pop, SessionParams { pops_per_min: 12.0, ..calm.clone() }),
    ];
    for (kind, params) in cases {
        let with = simulate(&params);
        let minutes = with.recording.duration_s() / 60.0;
        let expected = 12.0 * minutes;
        let count = with.artifacts.len() as f64;
        assert!((count - expected).abs() < 4.0 * expected.sqrt(), "{kind:?}: {count} {expected}");
        assert!(with.artifacts.is_sorted_by_key(|artifact| artifact.samples.start));
        for channel in 0..9 {
            let here = with.artifacts.iter().filter(|a| a.channels.contains(&channel));
            let told: BTreeSet<u64> = here.flat_map(|a| a.samples.clone()).collect();
            let pairs = row(&with, channel).iter().zip(row(&without, channel));
            let changed = (0..).zip(pairs).filter(|(_, (a, b))| a.to_bits() != b.to_bits());
            let changed: BTreeSet<u64> = changed.map(|(position, _)| position).collect();
            assert!(changed.is_subset(&told), "{kind:?} on channel {channel}");
            assert!(changed.len() as f64 > 0.8 * told.len() as f64, "{kind:?} {channel}");
        }
        assert!(with.artifacts.iter().all(|artifact| artifact.kind == kind));
        let one = |a: &evoked::simulate::Artifact| a.channels.len() == 1;
        assert!(kind != ArtifactKind::Pop || with.artifacts.iter().all(one));
    }
}

/// Power between two frequencies, by the definition of the DFT at every whole bin of 1 Hz.
fn band_power(samples: &[f32], rate_hz: f64, band_hz: Range<u32>) -> f64 {
    let bin = |hz: u32| {
        let (mut re, mut im) = (0.0, 0.0);
        for (n, x) in samples.iter().enumerate() {
            let angle = TAU * f64::from(hz) * n as f64 / rate_hz;
            re += f64::from(*x) * angle.cos();
            im += f64::from(*x) * angle.sin();
        }
        re * re + im * im
    };
    band_hz.map(bin).sum()
}

#[test]
fn bursts_are_broadband_noise_of_the_stated_size() {
    for (rate_hz, highest_hz) in [(500.0, 100), (128.0, 64)] {
        let params =
            SessionParams { rate_hz, blocks: 30, bursts_per_min: 30.0, burst_uv: 40.0, ..silent() };
        let simulated = simulate(&params);
        let nyquist_hz = (rate_hz / 2.0) as u32;
        let (mut inside, mut total, mut parts) = (0.0, 0.0, [0.0; 4]);
        let (mut sum, mut count) = (0.0, 0.0);
        for burst in &simulated.artifacts {
            for channel in burst.channels.clone() {
                let samples = burst.samples.start as usize..burst.samples.end as usize;
                let wave = &row(&simulated, channel)[samples];
                sum += wave.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
                count += wave.len() as f64;
                total += band_power(wave, rate_hz, 0..nyquist_hz);
                inside += band_power(wave, rate_hz, 17..(highest_hz + 3).min(nyquist_hz));
                let step = (highest_hz - 20) / 4;
                for (part, power) in (0..).zip(&mut parts) {
                    let first = 20 + step * part;
                    *power += band_power(wave, rate_hz, first..first + step);
                }
            }
        }
        assert!(inside / total > 0.95, "{}", inside / total);
        // As loud in each quarter of the band; the lowest and the highest lose a little over the edge.
        let mean = parts.iter().sum::<f64>() / 4.0;
        assert!(parts.iter().all(|part| (part / mean - 1.0).abs() < 0.25), "{parts:?}");
        // Gains are uniform on 0.5 to 1.5: mean square 13/12. The envelope (1 − x²)³ has the mean
        // square 2·4·6·8·10·12 / (3·5·7·9·11·13).
        let expected = 40.0 * f64::sqrt(13.0 / 12.0 * 46_080.0 / 135_135.0);
        let found = f64::sqrt(sum / count);
        assert!((found / expected - 1.0).abs() < 0.06, "{found} {expected}");
    }
}

#[test]
fn bursts_differ_from_channel_to_channel() {
    let simulated = simulate(&SessionParams { bursts_per_min: 30.0, ..silent() });
    for burst in simulated.artifacts.iter().filter(|burst| burst.channels.len() > 1) {
        let samples = burst.samples.start as usize..burst.samples.end as usize;
        let wave = |channel: usize| row(&simulated, channel)[samples.clone()].iter().copied();
        let [first, second] = [burst.channels.start, burst.channels.start + 1];
        let product: f32 = wave(first).zip(wave(second)).map(|(a, b)| a * b).sum();
        let square = |channel| wave(channel).map(|x| x * x).sum::<f32>();
        assert!(product.abs() < 0.8 * (square(first) * square(second)).sqrt());
    }
}

#[test]
fn nothing_answers_while_the_user_looks_away() {
    for rest_every in [None, Some(2), Some(5)] {
        let params =
            SessionParams { rest_s: 2.5, rest_every, blocks: 4, ..SessionParams::noiseless() };
        let simulated = simulate(&params);
        let every = rest_every.map_or(3, |every| every as usize);
        assert_eq!(simulated.no_control.len(), 12 / every);
        for (index, period) in simulated.no_control.iter().enumerate() {
            assert_eq!(len(period), 625.0);
            let before = simulated.truth[(index + 1) * every - 1].onset;
            assert_eq!(period.start, before + 1000 + 250);
            if let Some(next) = simulated.truth.get((index + 1) * every) {
                assert_eq!(next.onset, period.end + 250);
            }
            let at = period.start as usize..period.end as usize;
            assert!(
                (0..9)
                    .all(|channel| row(&simulated, channel)[at.clone()].iter().all(|x| *x == 0.0))
            );
        }
        for trial in &simulated.truth {
            let first = trial.onset as usize + 35;
            let seen = row(&simulated, 7)[first..first + 1000].iter().map(|&x| f64::from(x));
            assert!(mean_square(seen) > 0.1);
        }
    }
}

#[test]
fn rest_is_found_by_its_event() {
    let simulated = simulate(&SessionParams { rest_s: 4.0, ..SessionParams::default() });
    let recording = &simulated.recording;
    assert_eq!(simulated.rule.find(recording, 0), simulated.truth);
    let rest = EventPattern::from(REST);
    let marks = || recording.events().iter().filter(|event| rest.matches(event));
    let named: EventPattern = "rest".parse().unwrap();
    assert!(marks().all(|mark| named.matches(mark) && mark.duration == 1000.0));
    let told: Vec<_> = marks().map(|mark| mark.sample..mark.sample + 1000).collect();
    assert_eq!(told, simulated.no_control);
    let ends = |end: u64| {
        let is_end = |event: &Event| event.code == TRIAL_END && event.sample == end;
        recording.events().iter().any(is_end)
    };
    assert!(simulated.no_control.iter().all(|period| ends(period.end)));

    // Trials and rest, as whoever takes rest for one more target finds them.
    let labels = simulated.rule.labels.iter().cloned().chain([(rest, 3)]).collect();
    let all = TrialRule { onsets: vec![32779.into()], labels }.find(recording, 0);
    let at_rest = all.iter().filter(|trial| trial.label == Some(3)).map(|trial| trial.onset);
    assert!(at_rest.eq(simulated.no_control.iter().map(|period| period.start)));
    let rest_of: Vec<_> = all.into_iter().filter(|trial| trial.label != Some(3)).collect();
    assert_eq!(rest_of, simulated.truth);
}

#[test]
fn alpha_is_stronger_at_rest_where_it_should_be() {
    let params =
        SessionParams { blocks: 40, rest_s: 5.0, rest_alpha: 1.8, alpha_uv: 6.0, ..silent() };
    let (raised, plain) =
        (simulate(&params), simulate(&SessionParams { rest_alpha: 1.0, ..params }));
    // Alpha takes half a second, 125 samples, to rise and to fall.
    let rises = |period: &Range<u64>, n: u64| period.contains(&n);
    let risen = |period: &Range<u64>, n: u64| n >= period.start + 125 && n + 125 <= period.end;
    let within = |holds: &dyn Fn(&Range<u64>, u64) -> bool, n: u64| {
        raised.no_control.iter().any(|period| holds(period, n))
    };
    for (n, (a, b)) in (0..).zip(row(&raised, 7).iter().zip(row(&plain, 7))) {
        let factor = f64::from(*a) / f64::from(*b);
        if within(&risen, n) {
            assert!((factor - 1.8).abs() < 1e-5, "{n}: {factor}");
        } else if within(&rises, n) {
            assert!((0.99999..1.80001).contains(&factor), "{n}: {factor}");
        } else {
            assert_eq!(a, b, "{n}");
        }
    }
}

#[test]
fn the_response_fades_evenly() {
    let steady = SessionParams { blocks: 5, ..SessionParams::noiseless() };
    let (fading, steady) =
        (simulate(&SessionParams { fade: 0.6, ..steady.clone() }), simulate(&steady));
    let end = row(&steady, 0).len() as f64;
    for channel in 0..9 {
        for (n, (a, b)) in row(&fading, channel).iter().zip(row(&steady, channel)).enumerate() {
            let expected = f64::from(*b) * (1.0 - 0.6 * n as f64 / end);
            assert!((f64::from(*a) - expected).abs() < 1e-6);
        }
    }
}

#[test]
fn the_latency_grows_from_trial_to_trial() {
    let steady = SessionParams { blocks: 5, ..SessionParams::noiseless() };
    let (slow, steady) =
        (simulate(&SessionParams { slowing_s: 0.1, ..steady.clone() }), simulate(&steady));
    let end = row(&slow, 0).len();
    assert_eq!(slow.truth, steady.truth);
    let mut shifts = BTreeSet::new();
    for trial in &steady.truth {
        let onset = trial.onset as usize;
        let shift = (25.0 * onset as f64 / end as f64).round() as usize;
        shifts.insert(shift);
        for channel in 0..9 {
            let (slow, steady) = (row(&slow, channel), row(&steady, channel));
            assert!(slow[onset..onset + shift].iter().all(|x| *x == 0.0));
            assert_eq!(slow[onset + shift..onset + shift + 1040], steady[onset..onset + 1040]);
        }
    }
    assert!(shifts.len() > 10);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// However it is cut, and whatever is on: the same samples at the same positions.
    #[test]
    fn chunks_of_any_size_give_the_same_session(
        lens in prop::collection::vec(0_usize..200, 1..30),
        seed: u64,
        rates in prop::array::uniform4(prop_oneof![Just(0.0), 0.0..60.0]),
        loss_s in 0.0..0.5,
        rest_s in prop_oneof![Just(0.0), 0.1..1.0],
    ) {
        let [blinks_per_min, bursts_per_min, pops_per_min, losses_per_min] = rates;
        let params = SessionParams {
            channels: vec!["Fp1".into(), "Oz".into(), "O2".into()],
            blocks: 3,
            trial_s: 0.4,
            gap_s: 0.2,
            rate_hz: 100.0,
            blinks_per_min,
            bursts_per_min,
            pops_per_min,
            losses_per_min,
            loss_s,
            rest_s,
            rest_alpha: 3.0,
            fade: 0.5,
            slowing_s: 0.2,
            mains_uv: 0.0,
            seed,
            ..SessionParams::default()
        };
        let whole = simulate(&params);
        let samples = whole.recording.streams()[0].samples();
        let mut session = params.start(&codebook()).unwrap();
        let mut chunk = Vec::new();
        let mut held = 0;
        for &len in lens.iter().chain(std::iter::repeat(&777)) {
            let first = session.position();
            let n = session.next_chunk(len, &mut chunk);
            prop_assert_eq!(chunk.len(), 3 * n);
            if n == 0 && len > 0 {
                break;
            }
            if n > 0 {
                let same = samples.epoch(first, n).unwrap();
                (0..3).for_each(|c| assert_eq!(&chunk[c * n..(c + 1) * n], same.channel(c)));
            }
            held += n;
        }
        prop_assert_eq!(held, samples.len());
        prop_assert_eq!(session.position(), session.end());
        prop_assert_eq!(samples.end(), session.end());
        prop_assert_eq!(session.lost(), &whole.lost[..]);
        prop_assert_eq!(samples.gaps().collect::<Vec<_>>(), &whole.lost[..]);
        prop_assert_eq!(session.no_control(), &whole.no_control[..]);
        prop_assert_eq!(session.artifacts(), &whole.artifacts[..]);
        prop_assert_eq!(session.events(), whole.recording.events());
        let channels_in_range = |a: &evoked::simulate::Artifact| a.channels.end <= 3 && a.samples.end <= session.end();
        prop_assert!(whole.artifacts.iter().all(channels_in_range));
    }

    /// The ends of what is allowed, all at once; and one step further, each alone.
    #[test]
    fn settings_at_their_limits_give_a_session_and_beyond_them_an_error(
        rates in prop::array::uniform4(prop::sample::select(vec![0.0, -0.0, 1e-320, 1e-9, 60.0])),
        sizes_uv in prop::array::uniform2(prop::sample::select(vec![0.0, 1e-320, 1e6])),
        loss_s in prop::sample::select(vec![0.0, 1e-320, 0.5]),
        rest_s in prop::sample::select(vec![0.0, -0.0, 0.1, 2.0]),
        rest_every in prop::sample::select(vec![None, Some(1), Some(u32::MAX)]),
        rest_alpha in prop::sample::select(vec![0.0, 100.0]),
        shares in prop::array::uniform3(prop::sample::select(vec![0.0, 1e-320, 1.0])),
        rate_hz in prop::sample::select(vec![41.0, 250.0, 1000.0]),
        channels in 1_usize..4,
        broken in 0_usize..10,
        wrong in prop::sample::select(vec![-1e-9, 1e9, f64::INFINITY, f64::NAN]),
        seed: u64,
    ) {
        let mut params = SessionParams {
            channels: vec!["Oz".into(); channels],
            rate_hz,
            blocks: 2,
            trial_s: 0.2,
            gap_s: 0.1,
            mains_uv: 0.0,
            blinks_per_min: rates[0],
            bursts_per_min: rates[1],
            pops_per_min: rates[2],
            losses_per_min: rates[3],
            burst_uv: sizes_uv[0],
            pop_uv: sizes_uv[1],
            loss_s,
            rest_s,
            rest_every,
            rest_alpha,
            fade: shares[0],
            slowing_s: shares[1],
            latency_s: shares[2],
            seed,
            ..SessionParams::default()
        };
        let mut session = params.start(&codebook()).unwrap();
        let mut chunk = Vec::new();
        while session.next_chunk(500, &mut chunk) > 0 && session.position() < 5_000 {
            prop_assert!(chunk.iter().all(|value| value.is_finite()));
        }
        prop_assert!(session.position() == session.end() || session.position() >= 5_000);
        let fields = [
            &mut params.blinks_per_min,
            &mut params.bursts_per_min,
            &mut params.pops_per_min,
            &mut params.losses_per_min,
            &mut params.burst_uv,
            &mut params.pop_uv,
            &mut params.loss_s,
            &mut params.rest_s,
            &mut params.fade,
            &mut params.slowing_s,
        ];
        *fields.into_iter().nth(broken).unwrap() = wrong;
        prop_assert!(params.start(&codebook()).is_err());
    }
}
