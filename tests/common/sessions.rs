//! Live sessions of a simulated signal, and what the decoder of whole epochs makes of it.
#![allow(dead_code, reason = "no test needs all of it")]

use std::ops::Range;

use evoked::decode::{Direction, FilterBank, Method, Preprocess, Settings, Shape, decode_trials};
use evoked::dsp::{BandPass, Family};
use evoked::online::stopping::StoppingRule;
use evoked::online::{
    Gaps, LeftOut, Outcome, Running, Session, Sinusoids, SinusoidsParams, Span, Trials,
};
use evoked::signal::{Channel, Decision, Epoch, Samples, Stream, Trial};
use evoked::stimulus::Codebook;

pub(crate) const RATE_HZ: f64 = 200.0;
pub(crate) const START: u64 = 20;
pub(crate) const LEN: usize = 150;

pub(crate) fn codebook() -> Codebook {
    Codebook::sinusoids(&[8.0, 9.5, 12.0]).unwrap()
}

pub(crate) fn bank() -> FilterBank {
    let family = Family::Butterworth;
    FilterBank::single(BandPass { family, order: 4, low_hz: 4.0, high_hz: 60.0 })
}

pub(crate) fn cca(span: Span) -> Sinusoids {
    let params = SinusoidsParams { span, ..SinusoidsParams::default() };
    params.build(&codebook(), 2, RATE_HZ).unwrap()
}

pub(crate) fn cued(rule: StoppingRule, gaps: Gaps) -> Session<Sinusoids> {
    let filters = bank().design(RATE_HZ).unwrap();
    let trials = Trials { start: START, rule, gaps };
    Session::cued(Some(&filters), 2, RATE_HZ, trials, cca(Span::Growing)).unwrap()
}

pub(crate) fn fixed(gaps: Gaps) -> Session<Sinusoids> {
    cued(StoppingRule::fixed(LEN as u64).unwrap(), gaps)
}

/// Two channels that rest far from zero, with something of every target and noise.
pub(crate) fn signal(len: usize) -> [Vec<f64>; 2] {
    let mut state = 7_u64;
    let mut noise = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 40) as f64 / f64::from(1 << 24) - 0.5
    };
    let wave = |n: usize, hz: f64| (std::f64::consts::TAU * hz * n as f64 / RATE_HZ).sin();
    let mut row = |level: f64| -> Vec<f64> {
        let value = |n| f64::from((level + wave(n, 9.5) + wave(n, 8.0) + 3.0 * noise()) as f32);
        (0..len).map(value).collect()
    };
    [row(4000.0), row(-900.0)]
}

pub(crate) fn chunk(signal: &[Vec<f64>; 2], range: Range<usize>) -> Vec<f64> {
    signal.iter().flat_map(|row| row[range.clone()].iter().copied()).collect()
}

pub(crate) fn filtered(samples: Samples<f32>) -> Samples<f64> {
    let channels = ["Oz", "O1"].map(Channel::microvolts).to_vec();
    let stream = Stream::new("EEG", RATE_HZ, channels, samples).unwrap();
    let (bank, direction) = (Some(bank()), Direction::Causal);
    Preprocess { bank, direction, ..Preprocess::default() }.apply(&stream).unwrap()
}

/// What the decoder of whole epochs makes of the samples that came.
pub(crate) fn batch(samples: Samples<f32>, onsets: &[u64]) -> Vec<Option<Decision>> {
    let shape = Shape { channels: 2, samples: LEN, rate_hz: RATE_HZ };
    let decoder = Method::Cca.build(&codebook(), shape, &Settings::default()).unwrap();
    let trials: Vec<_> = onsets.iter().map(|&onset| Trial { onset, label: None }).collect();
    decode_trials(decoder.as_ref(), &filtered(samples), &trials, START)
        .into_iter()
        .map(Result::ok)
        .collect()
}

/// What became of a trial, in memory of its own.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    pub(crate) cue: Option<u64>,
    pub(crate) verdict: Result<(Decision, u64), LeftOut>,
}

impl From<Outcome<'_>> for Told {
    fn from(outcome: Outcome<'_>) -> Self {
        let verdict = outcome.verdict.map(|verdict| (verdict.to_decision(), verdict.missing));
        Self { cue: outcome.cue, verdict }
    }
}

pub(crate) fn all(session: &mut Session<impl Running>) -> Vec<Told> {
    std::iter::from_fn(|| session.poll().map(Told::from)).collect()
}

/// A run of a session with losses: what it says, and the samples that came.
pub(crate) fn run(
    session: &mut Session<Sinusoids>,
    lens: &[usize],
    lost: &[bool],
    onsets: &[u64],
    late: &[u64],
) -> (Vec<Told>, Samples<f32>) {
    let signal = signal(4000);
    let mut samples = Samples::<f32>::new(2);
    let mut cues: Vec<_> = onsets.iter().zip(late).map(|(o, late)| (o + late, *o)).collect();
    cues.sort_unstable();
    let (mut at, mut cues) = (0, cues.into_iter().peekable());
    for (len, lost) in lens.iter().zip(lost) {
        while let Some((_, onset)) = cues.next_if(|(when, _)| *when <= at as u64) {
            session.event(onset);
        }
        if !lost {
            let values = chunk(&signal, at..at + len);
            session.push(at as u64, Epoch::from_planar(&values, 2).unwrap()).unwrap();
            let single: Vec<f32> = values.iter().map(|&value| value as f32).collect();
            samples.append(at as u64, &single).unwrap();
        }
        at += len;
    }
    cues.for_each(|(_, onset)| session.event(onset));
    session.end();
    let mut told = all(session);
    told.sort_by_key(|told| told.cue);
    (told, samples)
}

pub(crate) fn assert_near(found: &[f64], expected: &[f64]) {
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() < 1e-6, "{found:?} {expected:?}");
    }
}
