//! Decodes the trials of a recording with the codebook that it carries.
//!
//!     cargo run --release --example decode_recording -- fixtures/session.vep

use evoked::decode::{FilterBank, Method, Preprocess, Settings, Shape, decode_trials};
use evoked::dsp::{BandPass, Family};
use evoked::evaluate::Accuracy;
use evoked::formats;
use evoked::signal::TrialRule;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).unwrap_or("fixtures/session.vep".into());
    let opened = formats::open(&path)?;
    let stream = opened.recording.streams().first().ok_or("the recording holds no samples")?;
    let codebook = opened.codebook.ok_or("the recording has no codebook")?;

    // A target's event says where its trials start, and that it is the true one.
    let labels = codebook
        .targets()
        .iter()
        .enumerate()
        .filter_map(|(index, target)| Some((target.event.as_ref()?.parse().ok()?, index)));
    let rule = TrialRule { onsets: Vec::new(), labels: labels.collect() };
    let trials = rule.find(&opened.recording, 0);

    // Two seconds, from the moment the response reaches the cortex.
    let (latency_s, length_s) = (0.14, 2.0);
    let shape = Shape::of_window(stream.channels().len(), length_s, stream.rate_hz());
    let decoder = Method::Whitened.build(&codebook, shape, &Settings::default())?;
    let band = BandPass { family: Family::Butterworth, order: 4, low_hz: 4.0, high_hz: 60.0 };
    let samples = Preprocess { bank: Some(FilterBank::single(band)), ..Preprocess::default() }
        .apply(stream)?;
    let start = (latency_s * stream.rate_hz()).round() as u64;

    let mut accuracy = Accuracy::default();
    for (trial, decision) in trials.iter().zip(decode_trials(&*decoder, &samples, &trials, start)) {
        let decision = decision?;
        let label = &codebook.targets()[decision.target].label;
        println!("{:8.3} s  {label}", stream.time_s(trial.onset as f64));
        accuracy.total += 1;
        accuracy.right += usize::from(trial.label == Some(decision.target));
    }
    println!("{} of {} right", accuracy.right, accuracy.total);
    Ok(())
}
