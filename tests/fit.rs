//! Decoders and rules that are learned to be kept: `evaluate::Replay::fit`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

use evoked::decode::{Calibration, Direction, FilterBank, Method, Preprocess, Settings, Shape};
use evoked::dsp::{BandPass, Family};
use evoked::evaluate::{EvaluateError, Margins, Replay, Split, Stopping, Subject};
use evoked::online::Running;
use evoked::online::model::{Model, ModelParams};
use evoked::online::stopping::{Bayes, Criterion, Growth, Margin, StoppingRule};
use evoked::signal::{Channel, Samples, Stream, Trial, Unit};
use evoked::simulate::{SessionParams, Simulated, Strength};
use evoked::stimulus::Codebook;

const RATE_HZ: f64 = 250.0;
const ROWS: [usize; 3] = [6, 7, 8];
/// Samples of the start, the step, the shortest and the longest window.
const TIMES: [u64; 4] = [35, 50, 100, 400];

fn codebook() -> Codebook {
    Codebook::sinusoids(&[9.0, 11.0, 13.0]).unwrap()
}

fn simulated() -> Simulated {
    let strength = Strength::Snr(0.25);
    let params = SessionParams { blocks: 4, trial_s: 2.0, strength, ..SessionParams::default() };
    params.simulate(&codebook()).unwrap()
}

fn subject(simulated: &Simulated) -> Subject<'_> {
    let ends: Vec<u64> = simulated.truth.iter().map(|trial| trial.onset + 500).collect();
    let stream = &simulated.recording.streams()[0];
    let mut subject = Subject::new(Margins::default());
    subject.add(stream, &ROWS, &simulated.truth, &ends, &vec![0; ends.len()]).unwrap();
    subject
}

fn bank() -> FilterBank {
    let band = BandPass { family: Family::Butterworth, order: 4, low_hz: 6.0, high_hz: 50.0 };
    FilterBank::single(band)
}

fn replay(codebook: &Codebook, method: Method) -> Replay<'_> {
    let [start_s, step_s, earliest_s, latest_s] = TIMES.map(|samples| samples as f64 / RATE_HZ);
    Replay {
        codebook,
        method,
        settings: Settings::default(),
        bank: Some(bank()),
        notch_hz: None,
        start_s,
        step_s,
        earliest_s,
        latest_s,
        stopping: vec![Stopping::Fixed],
        split: Split::Untrained,
    }
}

/// The recording, filtered in one go.
fn filtered(stream: &Stream) -> Samples<f64> {
    let (channels, direction) = (Some(ROWS.to_vec()), Direction::Causal);
    let front = Preprocess { channels, bank: Some(bank()), direction, ..Preprocess::default() };
    front.apply(stream).unwrap()
}

/// A model of these trials, step by step.
fn by_hand(
    stream: &Stream,
    samples: &Samples<f64>,
    trials: &[Trial],
    method: Method,
    stopping: StoppingRule,
) -> Model {
    let [start, .., latest] = TIMES;
    let shape = Shape { channels: ROWS.len(), samples: latest as usize, rate_hz: RATE_HZ };
    let params = ModelParams {
        channels: ROWS.map(|row| stream.channels()[row].clone()).to_vec(),
        rate_hz: RATE_HZ,
        codebook: codebook(),
        method,
        settings: Settings::default(),
        bank: Some(bank()),
        notch_hz: None,
        start,
        stopping,
    };
    let calibration = Calibration::from_trials(samples, trials, start, shape, &codebook());
    Model::fit(params, &calibration.unwrap()).unwrap()
}

fn growth(model: &Model, samples: &Samples<f64>, trial: &Trial) -> Growth {
    let [start, step, _, latest] = TIMES;
    let mut decoder = model.decoder().unwrap();
    let look = |look: u64| {
        let first = trial.onset + start + look * step;
        decoder.push(samples.epoch(first, step as usize).unwrap()).unwrap();
        let mut scores = vec![0.0; 3];
        decoder.score_into(&mut scores).unwrap();
        scores
    };
    Growth { target: trial.label.unwrap(), steps: (0..latest / step).map(look).collect() }
}

/// Without what a rule does not look at.
fn looked_at(mut growth: Growth) -> Growth {
    let [_, step, earliest, _] = TIMES;
    let looks = (step..).step_by(step as usize).zip(&mut growth.steps);
    looks.filter(|(at, _)| *at < earliest).for_each(|(_, scores)| scores.clear());
    growth
}

fn rule(criterion: Criterion) -> StoppingRule {
    let [_, step, earliest, latest] = TIMES;
    StoppingRule::new(criterion, step, earliest, latest).unwrap()
}

/// The decoder is that of all trials; the rule is learned from each of the four blocks, scored by a
/// decoder of the other three.
#[test]
fn a_rule_is_learned_from_trials_that_its_decoder_has_not_seen() {
    let (simulated, codebook) = (simulated(), codebook());
    let (stream, trials) = (&simulated.recording.streams()[0], simulated.truth.as_slice());
    let samples = filtered(stream);
    let fixed = || rule(Criterion::Fixed);
    for method in [Method::ETrca, Method::Tdca] {
        let replay = replay(&codebook, method);
        let fitted = replay.fit(&subject(&simulated), Stopping::Margin { accuracy: 0.9 }).unwrap();
        assert_eq!((fitted.trials, fitted.left_out.len()), (12, 0));
        let mut growths = Vec::new();
        for block in trials.chunks(3) {
            let others: Vec<Trial> =
                trials.iter().filter(|trial| !block.contains(trial)).cloned().collect();
            let model = by_hand(stream, &samples, &others, method, fixed());
            let own = block.iter().map(|trial| looked_at(growth(&model, &samples, trial)));
            growths.extend(own);
        }
        // Each look is right so often that all of them are to be right in 0.9.
        let looks = growths[0].steps.iter().filter(|scores| !scores.is_empty()).count();
        assert_eq!(looks, 7);
        let margin = Margin::learn(&growths, 0.9_f64.powf(1.0 / looks as f64)).unwrap();
        let expected = rule(Criterion::Margin(margin));
        assert_eq!(fitted.model, by_hand(stream, &samples, trials, method, expected));
        let model = by_hand(stream, &samples, trials, method, fixed());
        let seen: Vec<Growth> =
            trials.iter().map(|trial| looked_at(growth(&model, &samples, trial))).collect();
        assert_ne!(growths, seen);
    }
}

/// A decoder that is not fitted scores all trials; what learns nothing counts none.
#[test]
fn a_method_without_calibration_gets_a_rule_from_all_trials() {
    let (simulated, codebook) = (simulated(), codebook());
    let (replay, subject) = (replay(&codebook, Method::Cca), subject(&simulated));
    let growths: Vec<Growth> =
        replay.run(&subject).unwrap().growths.into_iter().map(|g| looked_at(g.unwrap())).collect();
    let fitted = replay.fit(&subject, Stopping::Bayes { accuracy: 0.9 }).unwrap();
    let bayes = Bayes::learn_for(&growths, 0.9).unwrap();
    assert_eq!(*fitted.model.stopping(), rule(Criterion::Bayes(bayes)));
    assert_eq!(fitted.trials, 12);
    let fitted = replay.fit(&subject, Stopping::Beta { probability: 0.9 }).unwrap();
    assert_eq!(fitted.trials, 0);
}

#[test]
fn what_can_not_be_learned_is_told() {
    let (simulated, codebook) = (simulated(), codebook());
    let subject = subject(&simulated);
    let bayes = Stopping::Bayes { accuracy: 0.9 };
    let nobody = replay(&codebook, Method::Cca).fit(&Subject::new(Margins::default()), bayes);
    assert!(matches!(nobody, Err(EvaluateError::Setting { name: "trials to fit to", .. })));
    let long = Replay { latest_s: 3.0, ..replay(&codebook, Method::Cca) };
    assert!(matches!(long.fit(&subject, bayes), Err(EvaluateError::Setting { .. })));
    // Nothing has to hold a window that nothing is learned from.
    assert_eq!(long.fit(&subject, Stopping::Fixed).unwrap().left_out.len(), 12);
    assert!(replay(&codebook, Method::Whitened).fit(&subject, Stopping::Fixed).is_err());

    let stream = &simulated.recording.streams()[0];
    let mut channels: Vec<Channel> = stream.channels().to_vec();
    channels[7].unit = Unit::Other("mV".to_owned());
    let other = Stream::new("EEG", RATE_HZ, channels, stream.samples().clone()).unwrap();
    let mut mixed = subject.clone();
    mixed.add(&other, &ROWS, &[], &[], &[]).unwrap();
    let refused = replay(&codebook, Method::Cca).fit(&mixed, bayes).unwrap_err();
    let expected = "recordings of one subject have Oz (mV) and Oz (uV) in the place of a channel";
    assert!(refused.to_string().starts_with(expected), "{refused}");
}
