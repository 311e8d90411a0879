//! Following a signal takes no memory: every allocation of this program is counted.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests are tests, too")]

#[path = "common/counting.rs"]
mod counting;

use counting::allocations;
use evoked::decode::{Calibration, FilterBank, Method, Settings, Shape};
use evoked::frame::{
    Content, Decoder, Encoder, Encoding, Item, Limits, Session as Header, StreamInfo,
};
use evoked::online::stopping::{Bayes, Beta, Criterion, Growth, Margin, StoppingRule};
use evoked::online::{
    Components, Gaps, Gate, Running, Session, SinusoidsParams, Span, Statistic, Templates, Trials,
    Watch, hand_over,
};
use evoked::signal::{Channel, Epoch};
use evoked::simulate::Random;
use evoked::stimulus::Codebook;

const RATE_HZ: f64 = 250.0;
const LEN: usize = 250;
const CHANNELS: usize = 3;

fn codebook() -> Codebook {
    Codebook::sinusoids(&[8.0, 9.0, 10.0, 11.0, 12.0, 13.0]).unwrap()
}

fn noise(values: usize, seed: u64) -> Vec<f64> {
    let mut random = Random::new(seed);
    (0..values).map(|_| random.normal()).collect()
}

fn calibration(rows: usize) -> Calibration {
    let shape = Shape { channels: rows, samples: LEN, rate_hz: RATE_HZ };
    let mut calibration = Calibration::new(shape, &codebook()).unwrap();
    for trial in 0..18 {
        let values = noise(rows * LEN, trial);
        let epoch = Epoch::from_planar(&values, rows).unwrap();
        calibration.add(trial as usize % 6, epoch).unwrap();
    }
    calibration
}

fn decoders(weights: &[f64]) -> Vec<Box<dyn Running>> {
    let rows = CHANNELS * weights.len();
    let settings = Settings { weights: weights.to_vec(), ..Settings::default() };
    let calibration = calibration(rows);
    let mut decoders: Vec<Box<dyn Running>> = Vec::new();
    for statistic in [Statistic::Cca, Statistic::Msi, Statistic::Mec { kept: 0.1 }] {
        let params =
            SinusoidsParams { statistic, weights: weights.to_vec(), ..SinusoidsParams::default() };
        decoders.push(Box::new(params.build(&codebook(), rows, RATE_HZ).unwrap()));
    }
    for method in [Method::Trca, Method::ETrca, Method::MsETrca, Method::Sscor] {
        let decoder = Templates::fit(method, &codebook(), &calibration, &settings);
        decoders.push(Box::new(decoder.unwrap()));
    }
    decoders.push(Box::new(Components::by_settings(&codebook(), &calibration, &settings).unwrap()));
    decoders
}

fn criteria() -> [Criterion; 4] {
    let trials: Vec<Growth> = (0..30)
        .map(|k| Growth {
            target: k % 6,
            steps: (0..10).map(|step| noise(6, (k * 10 + step) as u64)).collect(),
        })
        .collect();
    [
        Criterion::Fixed,
        Criterion::Margin(Margin::learn(&trials, 0.5).unwrap()),
        Criterion::Beta(Beta { probability: 0.95 }),
        Criterion::Bayes(Bayes::learn(&trials, 0.9).unwrap()),
    ]
}

/// Trials, one after the other, with a gap now and then; polled at every sample. Gives the decisions.
fn run<R: Running>(session: &mut Session<R>, values: &[f64], from: u64, samples: u64) -> usize {
    let mut decided = 0;
    for n in from..from + samples {
        if n % 300 == 0 {
            session.event(n + 5);
        }
        if n % 700 < 690 {
            let at = n as usize % (values.len() / CHANNELS) * CHANNELS;
            let sample = Epoch::from_planar(&values[at..at + CHANNELS], CHANNELS).unwrap();
            session.push(n, sample).unwrap();
        }
        while let Some(outcome) = session.poll() {
            decided += usize::from(outcome.verdict.is_ok());
        }
    }
    decided
}

#[test]
fn trials_are_followed_and_decided_without_allocating() {
    let bank = FilterBank::chen(2, 8.0, 90.0);
    let filters = bank.design(RATE_HZ).unwrap();
    let values = noise(CHANNELS * 997, 99);
    for criterion in criteria() {
        let rule = StoppingRule::new(criterion, 25, 50, LEN as u64).unwrap();
        for (place, decoder) in decoders(bank.weights()).into_iter().enumerate() {
            let trials = Trials { start: 10, rule: rule.clone(), gaps: Gaps::Mask };
            let mut session =
                Session::cued(Some(&filters), CHANNELS, RATE_HZ, trials, decoder).unwrap();
            run(&mut session, &values, 0, 2100);
            let mut decided = 0;
            let found = allocations(|| decided = run(&mut session, &values, 2100, 2100));
            assert!(decided >= 5, "{place}: {decided}");
            assert_eq!(found, 0, "{place} {rule:?}");
        }
    }
}

#[test]
fn windows_slide_without_allocating() {
    let bank = FilterBank::chen(2, 8.0, 90.0);
    let filters = bank.design(RATE_HZ).unwrap();
    let values = noise(CHANNELS * 997, 99);
    for gaps in [Gaps::Mask, Gaps::Restart] {
        let params = SinusoidsParams {
            weights: bank.weights().to_vec(),
            span: Span::Sliding { block: 5, blocks: 40 },
            ..SinusoidsParams::default()
        };
        let decoder = params.build(&codebook(), 2 * CHANNELS, RATE_HZ).unwrap();
        let gate = Gate { dwell: 2, refractory: 3, ..Gate::default() };
        let watch = Watch { window: 200, step: 5, gate, gaps };
        let mut session = Session::free(Some(&filters), CHANNELS, watch, decoder).unwrap();
        run(&mut session, &values, 0, 2100);
        let mut decided = 0;
        let found = allocations(|| decided = run(&mut session, &values, 2100, 2100));
        assert!(decided > 20, "{decided}");
        assert_eq!(found, 0);
    }
}

/// From the bytes of frames to decisions, and over to another thread's ends.
#[test]
fn bytes_become_decisions_without_allocating() {
    let channels = (0..CHANNELS).map(|c| Channel::microvolts(format!("E{c}"))).collect();
    let info = StreamInfo::new(1, "EEG", RATE_HZ, channels);
    let header = Header { tag: 1, streams: vec![info.clone()], ..Header::default() };
    let mut encoder = Encoder::new(header, Limits::default()).unwrap();
    let mut frames = Vec::new();
    let planar: Vec<f32> = noise(CHANNELS * 10, 3).iter().map(|value| *value as f32).collect();
    for frame in 0..400_u64 {
        let chunk = Epoch::from_planar(&planar, CHANNELS).unwrap();
        let mut bytes = Vec::new();
        encoder.samples(1, 10 * frame, chunk, Encoding::F32, &mut bytes).unwrap();
        frames.push(bytes);
    }
    let params = SinusoidsParams {
        span: Span::Sliding { block: 10, blocks: 20 },
        ..SinusoidsParams::default()
    };
    let cca = params.build(&codebook(), CHANNELS, RATE_HZ).unwrap();
    let watch = Watch { window: 200, step: 10, gate: Gate::default(), gaps: Gaps::Restart };
    let session = Session::free(None, CHANNELS, watch, cca).unwrap();
    let (mut input, mut worker, mut output) = hand_over(session, 100);
    let mut decoder = Decoder::new(Limits::default());
    let mut single = vec![0.0_f32; CHANNELS * 10];
    let mut chunk = vec![0.0; CHANNELS * 10];
    let mut step = |bytes: &[u8]| -> usize {
        decoder.push(bytes);
        let mut decided = 0;
        while let Some(item) = decoder.next() {
            let Item::Frame(frame) = item else { continue };
            let Ok(Content::Samples(view)) = frame.content() else { continue };
            view.decode_into(&info, &mut single).unwrap();
            chunk.iter_mut().zip(&single).for_each(|(wide, value)| *wide = f64::from(*value));
            let chunk = Epoch::from_planar(&chunk, CHANNELS).unwrap();
            input.push(frame.header.sample, chunk).unwrap();
            worker.work().unwrap();
            while let Some(outcome) = output.poll() {
                decided += outcome.verdict.unwrap().scores.len() / 6;
            }
        }
        decided
    };
    let warm_up: usize = frames[..100].iter().map(|bytes| step(bytes)).sum();
    assert_eq!(warm_up, 81);
    let mut decided = 0;
    let found = allocations(|| decided = frames[100..].iter().map(|bytes| step(bytes)).sum());
    assert_eq!((decided, found), (300, 0));
}
