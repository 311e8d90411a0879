//! What the doctor finds in sessions that were spoiled on purpose, and that it finds nothing in those
//! that were not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use evoked::doctor::{Case, Finding, Severity, Topic};
use evoked::signal::{Event, Recording, Samples, Stream, Trial};
use evoked::simulate::{SessionParams, Simulated, Strength};
use evoked::stimulus::{Codebook, Modulation, Target};

fn params() -> SessionParams {
    SessionParams {
        blocks: 5,
        trial_s: 4.0,
        strength: Strength::Snr(0.3),
        mains_hz: 50.0,
        mains_uv: 3.0,
        seed: 11,
        ..SessionParams::default()
    }
}

fn codebook() -> Codebook {
    Codebook::sinusoids(&[9.0, 10.0, 11.0, 12.0]).unwrap()
}

fn session(params: &SessionParams) -> Simulated {
    params.simulate(&codebook()).unwrap()
}

/// The findings that matter.
fn serious(findings: &[Finding]) -> Vec<&Finding> {
    findings.iter().filter(|finding| finding.severity > Severity::Note).collect()
}

fn about(findings: &[Finding], topic: Topic) -> Vec<&Finding> {
    findings.iter().filter(|finding| finding.topic == topic).collect()
}

fn examine(simulated: &Simulated) -> Vec<Finding> {
    let codebook = codebook();
    Case::new(&simulated.recording).codebook(&codebook).trials(&simulated.truth).findings()
}

/// The same recording with other samples.
fn with_rows(recording: &Recording, change: impl Fn(usize, &mut Vec<f32>)) -> Recording {
    let stream = &recording.streams()[0];
    let rows = (0..stream.channels().len()).map(|row| {
        let mut samples = stream.samples().channel(row).to_vec();
        change(row, &mut samples);
        samples
    });
    let planar = rows.collect::<Vec<_>>().concat();
    rebuilt(
        recording,
        Samples::from_planar(stream.channels().len(), planar).unwrap(),
        stream.rate_hz(),
    )
}

fn rebuilt(recording: &Recording, samples: Samples, rate_hz: f64) -> Recording {
    let stream = &recording.streams()[0];
    let stream = Stream::new(stream.name(), rate_hz, stream.channels().to_vec(), samples).unwrap();
    Recording::new(vec![stream], recording.events().to_vec())
}

#[test]
fn a_good_session_has_nothing_but_notes() {
    for seed in 0..8 {
        let findings = examine(&session(&SessionParams { seed, ..params() }));
        assert!(serious(&findings).is_empty(), "{findings:#?}");
    }
}

#[test]
fn the_target_on_the_mains_is_named() {
    let codebook = Codebook::sinusoids(&[20.5, 30.0]).unwrap();
    for (mains_hz, severity) in [(60.0, Some(Severity::Problem)), (50.0, None)] {
        let simulated = SessionParams { mains_hz, ..params() }.simulate(&codebook).unwrap();
        let case = Case::new(&simulated.recording).codebook(&codebook).trials(&simulated.truth);
        let findings = case.findings();
        let found = about(&findings, Topic::TargetOnMains);
        assert_eq!(found.first().map(|finding| finding.severity), severity, "{findings:#?}");
        if let Some(finding) = found.first() {
            assert!(finding.what.contains("30 Hz") && finding.what.contains("60 Hz"), "{finding}");
        }
    }
}

#[test]
fn swapped_labels_are_named() {
    let mut simulated = session(&params());
    for trial in &mut simulated.truth {
        trial.label = trial.label.map(|label| [0, 2, 3, 1][label]);
    }
    let findings = examine(&simulated);
    let found = about(&findings, Topic::Labels);
    assert_eq!(found.len(), 1, "{findings:#?}");
    for words in
        ["labelled 11 Hz fits 10 Hz", "labelled 12 Hz fits 11 Hz", "labelled 10 Hz fits 12 Hz"]
    {
        assert!(found[0].what.contains(words), "{}", found[0]);
    }
    assert!(!found[0].what.contains("labelled 9 Hz"), "{}", found[0]);
}

#[test]
fn labels_are_not_doubted_where_nothing_can_be_decoded() {
    for seed in 0..20 {
        let simulated =
            session(&SessionParams { strength: Strength::Microvolts(0.0), seed, ..params() });
        assert!(about(&examine(&simulated), Topic::Labels).is_empty());
    }
}

#[test]
fn a_rate_that_is_off_shows_by_the_mains() {
    for (rate_hz, off) in [(250.0, false), (250.5, true), (249.5, true)] {
        let simulated = session(&SessionParams { rate_hz, blocks: 10, ..params() });
        let samples = simulated.recording.streams()[0].samples().clone();
        let recording = rebuilt(&simulated.recording, samples, 250.0);
        let findings = Case::new(&recording).findings();
        let found = about(&findings, Topic::Rate);
        assert_eq!(found.len(), usize::from(off), "{findings:#?}");
        if off {
            assert!(found[0].what.contains(&format!("is {rate_hz:.1}")), "{}", found[0]);
        }
    }
}

#[test]
fn a_rate_that_is_off_shows_by_another_clock() {
    let simulated = session(&SessionParams { mains_uv: 0.0, ..params() });
    let readings = |rate_hz: f64| -> Vec<(f64, f64)> {
        (0..60).map(|n| (f64::from(n) * 250.0, f64::from(n) * 250.0 / rate_hz)).collect()
    };
    for (rate_hz, expected) in [(250.0, 0), (250.48, 1)] {
        let readings = readings(rate_hz);
        let findings = Case::new(&simulated.recording).readings(&readings).findings();
        let found = about(&findings, Topic::Rate);
        assert_eq!(found.len(), expected, "{findings:#?}");
        assert!(found.iter().all(|finding| finding.what.contains("250.480")), "{found:#?}");
    }
}

#[test]
fn dead_and_stuck_and_noisy_channels_are_named() {
    let simulated = session(&params());
    let recording = with_rows(&simulated.recording, |row, samples| match row {
        0 => samples.fill(0.0),
        2 => samples.iter_mut().for_each(|sample| *sample *= 0.01),
        4 => samples[2000..2500].fill(3.25),
        5 => samples.iter_mut().for_each(|sample| *sample *= 30.0),
        _ => {}
    });
    let labels: Vec<_> =
        recording.streams()[0].channels().iter().map(|channel| channel.label.clone()).collect();
    let findings = Case::new(&recording).findings();
    let flat = about(&findings, Topic::FlatChannel);
    let says = |words: &str| flat.iter().any(|finding| finding.what.contains(words));
    assert!(says(&format!("{} does not move", labels[0])), "{findings:#?}");
    assert!(says(&format!("{} has hardly any signal", labels[2])), "{findings:#?}");
    assert!(says(&format!("{} for 2.00 s", labels[4])), "{findings:#?}");
    let noisy = about(&findings, Topic::NoisyChannel);
    assert!(noisy.len() == 1 && noisy[0].what.contains(&labels[5]), "{findings:#?}");
}

#[test]
fn clipping_and_missing_numbers_are_named() {
    let simulated = session(&params());
    let recording = with_rows(&simulated.recording, |row, samples| match row {
        1 => samples.iter_mut().for_each(|sample| *sample = sample.clamp(-10.0, 10.0)),
        3 => samples[7] = f32::NAN,
        _ => {}
    });
    let labels = recording.streams()[0].channels();
    let findings = Case::new(&recording).findings();
    for (topic, row) in [(Topic::ClippedChannel, 1), (Topic::NotFinite, 3)] {
        let found = about(&findings, topic);
        assert_eq!(found.len(), 1, "{findings:#?}");
        assert!(found[0].what.contains(&labels[row].label), "{}", found[0]);
    }
}

#[test]
fn a_dropped_second_is_found_where_it_is_told() {
    let simulated = session(&params());
    let stream = &simulated.recording.streams()[0];
    let onset = simulated.truth[6].onset;
    let mut samples = Samples::new(stream.channels().len());
    let len = stream.samples().end() as usize;
    for (first, end) in [(0, onset as usize + 250), (onset as usize + 500, len)] {
        let rows =
            (0..stream.channels().len()).map(|row| &stream.samples().channel(row)[first..end]);
        samples.append(first as u64, &rows.collect::<Vec<_>>().concat()).unwrap();
    }
    let recording = rebuilt(&simulated.recording, samples, 250.0);
    let findings = Case::new(&recording).trials(&simulated.truth).findings();
    let gaps = about(&findings, Topic::Gap);
    assert!(gaps.len() == 1 && gaps[0].what.contains("1.000 s at"), "{findings:#?}");
    let trials = about(&findings, Topic::ShortTrial);
    assert!(trials.len() == 1 && trials[0].what.contains("1 trial: trial 7"), "{findings:#?}");
}

/// A second cut out, and everything after it moved up.
fn cut(simulated: &Simulated, from: u64) -> (Recording, Vec<Trial>) {
    let moved = |sample: u64| if sample >= from + 250 { sample - 250 } else { sample };
    let shorter = with_rows(&simulated.recording, |_, samples| {
        samples.drain(from as usize..from as usize + 250);
    });
    let events = simulated.recording.events().iter();
    let events =
        events.map(|event| Event { sample: moved(event.sample), ..event.clone() }).collect();
    let trials = simulated.truth.iter();
    let trials = trials.map(|t| Trial { onset: moved(t.onset), ..t.clone() }).collect();
    (Recording::new(shorter.streams().to_vec(), events), trials)
}

#[test]
fn a_dropped_second_is_found_where_nobody_tells() {
    let simulated = session(&params());
    let from = simulated.truth[6].onset + 250;
    let (recording, trials) = cut(&simulated, from);

    let findings = Case::new(&recording).trials(&trials).findings();
    let short = about(&findings, Topic::ShortTrial);
    assert!(short.len() == 1 && short[0].what.contains("trial 7 lasts"), "{findings:#?}");

    // The host's clock goes on, and its readings come up to 20 ms late.
    let reading = |n: u32| {
        let position = f64::from(n) * 250.0;
        let late_s = f64::from(n * 7 % 5) * 0.005;
        let lost_s = if position > from as f64 { 1.0 } else { 0.0 };
        (position, 1000.0 + position / 250.0 + late_s + lost_s)
    };
    let readings: Vec<_> = (0..80).map(reading).collect();
    let findings = Case::new(&recording).readings(&readings).findings();
    let gaps = about(&findings, Topic::Gap);
    assert_eq!(gaps.len(), 1, "{findings:#?}");
    assert_eq!(gaps[0].severity, Severity::Problem);
    let samples: f64 =
        gaps[0].what.split(", ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!((samples - 250.0).abs() <= 5.0, "{}", gaps[0]);
}

#[test]
fn a_reading_that_is_late_is_no_loss() {
    let simulated = session(&params());
    let late = |n: u32| if n == 30 { 0.8 } else { 0.0 };
    let readings: Vec<_> =
        (0..80).map(|n| (f64::from(n) * 250.0, f64::from(n) + late(n))).collect();
    let findings = Case::new(&simulated.recording).readings(&readings).findings();
    assert!(about(&findings, Topic::Gap).is_empty(), "{findings:#?}");
}

#[test]
fn a_window_longer_than_the_trials_is_told() {
    let simulated = session(&params());
    let ends: Vec<u64> = simulated.truth.iter().map(|trial| trial.onset + 1000).collect();
    let case = Case::new(&simulated.recording).trials(&simulated.truth).trial_ends(&ends);
    for (length_s, expected) in [(3.8, 0), (4.5, 1)] {
        let findings = case.window_s(0.14, length_s).findings();
        assert_eq!(about(&findings, Topic::ShortTrial).len(), expected, "{findings:#?}");
    }
}

#[test]
fn targets_are_held_against_rate_screen_and_each_other() {
    let square = |frequency_hz: f64| Target {
        label: format!("{frequency_hz} Hz"),
        event: None,
        modulation: Modulation::Square { frequency_hz, phase_rad: 0.0, duty: 0.5 },
    };
    let targets = [7.5, 15.0, 13.0, 45.0, 140.0].map(square).to_vec();
    let codebook = Codebook::new(targets).unwrap().with_refresh_hz(60.0).unwrap();
    let simulated = session(&params());
    let findings = Case::new(&simulated.recording).codebook(&codebook).findings();
    let says = |topic, words: &str| about(&findings, topic).iter().any(|f| f.what.contains(words));
    assert!(
        says(Topic::TargetsShareHarmonic, "the 2nd harmonic of 7.5 Hz is 15 Hz"),
        "{findings:#?}"
    );
    assert!(says(Topic::TargetAboveNyquist, "140 Hz above half"), "{findings:#?}");
    assert!(says(Topic::TargetOnScreen, "45 Hz, 140 Hz: a screen of 60 Hz can't"), "{findings:#?}");
    assert!(says(Topic::TargetOnScreen, "13 Hz: no whole number of frames"), "{findings:#?}");
    assert!(!says(Topic::TargetOnScreen, "7.5 Hz"), "{findings:#?}");
}

#[test]
fn little_is_asked_of_a_recording() {
    assert!(Case::new(&Recording::default()).findings().is_empty());
    let samples = Samples::from_planar(1, vec![0.5, 1.0, -0.5]).unwrap();
    let channels = vec![evoked::signal::Channel::microvolts("Oz")];
    let stream = Stream::new("EEG", 250.0, channels, samples).unwrap();
    let recording = Recording::new(vec![stream], Vec::new());
    let trials = [Trial { onset: u64::MAX, label: Some(99) }, Trial { onset: 1, label: Some(0) }];
    let codebook = codebook();
    let case = Case::new(&recording).codebook(&codebook).trials(&trials);
    case.trial_ends(&[0]).window_s(-1.0, 1e300).readings(&[(0.0, f64::NAN)]).findings();
    case.mains_hz(-5.0).refresh_hz(0.0).window_s(0.0, f64::NAN).findings();
}
