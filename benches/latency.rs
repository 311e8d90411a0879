//! From the last byte of a frame to the decision: 100,000 frames, a decision after each, alone and with
//! a second process that keeps all cores busy; and how often memory was asked for.
//!
//! A speller's 40 targets, 9 channels at 250 Hz, 24-bit frames of 40 ms over a sliding window of 2 s.

#![allow(clippy::unwrap_used, reason = "a bench that can't run should say so at once")]

#[path = "../tests/common/counting.rs"]
mod counting;

use std::f64::consts::TAU;
use std::hint::black_box;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use evoked::decode::FilterBank;
use evoked::frame::{
    Content, Decoder, Encoder, Encoding, Item, Limits, Session as Header, StreamInfo,
};
use evoked::online::{Gaps, Gate, Session, Sinusoids, SinusoidsParams, Span, Watch};
use evoked::signal::{Channel, Epoch, Quantization};
use evoked::simulate::Random;
use evoked::stimulus::Codebook;

const FRAMES: usize = 100_000;
const RATE_HZ: f64 = 250.0;
const CHANNELS: usize = 9;
const LEN: usize = 10;
const WINDOW: usize = 500;
/// Frames until the first decision, and some more.
const WARM_UP: usize = 200;
/// An argument that makes this program the second process.
const LOAD: &str = "--keep-all-cores-busy";

fn main() {
    if std::env::args().any(|argument| argument == LOAD) {
        return burn();
    }
    println!("{FRAMES} frames, microseconds from the last byte to the decision:");
    for bands in [1, 5] {
        let name = if bands == 1 { "cca" } else { "fbcca, 5 bands" };
        report(&format!("{name}, alone"), bands);
        let program = std::env::current_exe().unwrap();
        let mut load = Command::new(program).arg(LOAD).stdin(Stdio::piped()).spawn().unwrap();
        thread::sleep(Duration::from_millis(200));
        report(&format!("{name}, beside a busy process"), bands);
        load.kill().unwrap();
        load.wait().unwrap();
    }
}

/// Keeps all cores busy until the first process ends this one, or is gone.
fn burn() {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    for core in 0..cores as u64 {
        thread::spawn(move || {
            let mut random = Random::new(core);
            loop {
                black_box(random.normal());
            }
        });
    }
    let _ = std::io::stdin().read_line(&mut String::new());
}

fn report(name: &str, bands: usize) {
    let (mut session, info, frames) = (session(bands), info(), frames());
    let mut decoder = Decoder::new(Limits::default());
    let (mut single, mut chunk) = (vec![0.0_f32; CHANNELS * LEN], vec![0.0; CHANNELS * LEN]);
    let mut times = Vec::with_capacity(FRAMES);
    let mut next = |bytes: &[u8], times: &mut Vec<Duration>| {
        // All but the last byte is there already.
        let (last, before) = bytes.split_last().unwrap();
        decoder.push(before);
        while decoder.next().is_some() {}
        let arrived = Instant::now();
        decoder.push(&[*last]);
        while let Some(item) = decoder.next() {
            let Item::Frame(frame) = item else { continue };
            let Ok(Content::Samples(view)) = frame.content() else { continue };
            view.decode_into(&info, &mut single).unwrap();
            chunk.iter_mut().zip(&single).for_each(|(wide, value)| *wide = f64::from(*value));
            let chunk = Epoch::from_planar(&chunk, CHANNELS).unwrap();
            session.push(frame.header.sample, chunk).unwrap();
            while let Some(outcome) = session.poll() {
                black_box(outcome.verdict.unwrap().target);
                times.push(arrived.elapsed());
            }
        }
    };
    frames[..WARM_UP].iter().for_each(|bytes| next(bytes, &mut times));
    times.clear();
    let run = || frames[WARM_UP..].iter().for_each(|bytes| next(bytes, &mut times));
    let allocations = counting::allocations(run);
    assert_eq!(times.len(), FRAMES);
    times.sort_unstable();
    let at = |share: f64| times[(share * FRAMES as f64) as usize].as_secs_f64() * 1e6;
    println!(
        "{name:<36} p50 {:>7.1}  p99 {:>7.1}  p99.9 {:>7.1}  allocations {allocations}",
        at(0.5),
        at(0.99),
        at(0.999)
    );
}

fn session(bands: usize) -> Session<Sinusoids> {
    let codebook = Codebook::jfpm(8.0, 0.2, TAU / 4.0, 40).unwrap();
    let bank = FilterBank::chen(bands, 8.0, 90.0);
    let filters = bank.design(RATE_HZ).unwrap();
    let span = Span::Sliding { block: LEN, blocks: WINDOW / LEN };
    let weights = bank.weights().to_vec();
    let params = SinusoidsParams { harmonics: 5, weights, span, ..Default::default() };
    let decoder = params.build(&codebook, bands * CHANNELS, RATE_HZ).unwrap();
    let (window, step) = (WINDOW as u64, LEN as u64);
    let watch = Watch { window, step, gate: Gate::default(), gaps: Gaps::Restart };
    Session::free(Some(&filters), CHANNELS, watch, decoder).unwrap()
}

fn info() -> StreamInfo {
    let quantization = Some(Quantization { bits: 24, scale: 0.022, offset: 0.0 });
    let channel = |c| Channel { quantization, ..Channel::microvolts(format!("E{c}")) };
    StreamInfo::new(1, "EEG", RATE_HZ, (0..CHANNELS).map(channel).collect())
}

fn frames() -> Vec<Vec<u8>> {
    let header = Header { tag: 1, streams: vec![info()], ..Header::default() };
    let mut encoder = Encoder::new(header, Limits::default()).unwrap();
    let mut random = Random::new(1);
    let frame = |frame: usize| {
        let planar: Vec<f32> = (0..CHANNELS * LEN).map(|_| 20.0 * random.normal() as f32).collect();
        let chunk = Epoch::from_planar(&planar, CHANNELS).unwrap();
        let mut bytes = Vec::new();
        encoder.samples(1, (frame * LEN) as u64, chunk, Encoding::I24, &mut bytes).unwrap();
        bytes
    };
    // The first frame stands behind that of the session.
    (0..FRAMES + WARM_UP).map(frame).collect()
}
