//! A simulated session goes over the wire as frames, and each trial is decided as soon as it can be.
//!
//!     cargo run --release --example online

use evoked::decode::FilterBank;
use evoked::dsp::{BandPass, Family};
use evoked::frame::{Content, Decoder, Item, Limits, Replay, ReplayParams};
use evoked::online::stopping::{Beta, Criterion, StoppingRule};
use evoked::online::{Gaps, Session, SinusoidsParams, Trials};
use evoked::signal::Epoch;
use evoked::simulate::{SessionParams, TRIAL_START};
use evoked::stimulus::Codebook;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let codebook = Codebook::sinusoids(&[8.0, 9.0, 11.0, 12.0, 13.0, 14.0])?;
    let simulated = SessionParams { blocks: 2, ..Default::default() }.simulate(&codebook)?;

    // Looks every 25 samples at a window that starts 35 samples after its cue.
    let rule = StoppingRule::new(Criterion::Beta(Beta { probability: 0.95 }), 25, 250, 900)?;
    let trials = Trials { start: 35, rule, gaps: Gaps::LeaveOut };
    let band = BandPass { family: Family::Butterworth, order: 4, low_hz: 4.0, high_hz: 60.0 };
    let filters = FilterBank::single(band).design(250.0)?;
    let cca = SinusoidsParams::default().build(&codebook, 9, 250.0)?;
    let mut session = Session::cued(Some(&filters), 9, 250.0, trials, cca)?;

    // In an application, the bytes come from a socket.
    let mut wire = Replay::new(&simulated.recording, None, 7, &ReplayParams::default())?;
    let (mut decoder, mut bytes, mut described) = (Decoder::new(Limits::default()), vec![], None);
    while wire.next(&mut bytes)?.is_some() {
        decoder.push(&bytes);
        bytes.clear();
        while let Some(item) = decoder.next() {
            let Item::Frame(frame) = item else { continue };
            match (frame.content()?, &described) {
                (Content::Session(new), _) => described = Some(new),
                (Content::Events(events), _) => {
                    let cues = events.iter().filter(|event| event.code == TRIAL_START);
                    cues.for_each(|cue| session.event(cue.sample));
                }
                (Content::Samples(view), Some(described)) => {
                    let mut samples = vec![0.0; view.channels() * view.len()];
                    view.decode_into(described.stream(frame.header.stream)?, &mut samples)?;
                    let samples: Vec<f64> = samples.into_iter().map(f64::from).collect();
                    session.push(frame.header.sample, Epoch::from_planar(&samples, 9)?)?;
                }
                _ => {}
            }
        }
        while let Some(outcome) = session.poll() {
            let trial = simulated.truth.iter().find(|trial| Some(trial.onset) == outcome.cue);
            let (truth, verdict) = (trial.and_then(|trial| trial.label), outcome.verdict?);
            let length_s = (verdict.end - verdict.first) as f64 / 250.0;
            let told = if truth == Some(verdict.target) { "right" } else { "wrong" };
            println!("{} after {length_s:.1} s, {told}", codebook.targets()[verdict.target].label);
        }
    }
    Ok(())
}
