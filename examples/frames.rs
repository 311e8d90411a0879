//! A device writes frames, a few bytes are damaged on the way, and a reader says what was lost.
//!
//!     cargo run --release --example frames

use evoked::frame::{Content, Decoder, Encoder, Encoding, Item, Limits, Session, StreamInfo};
use evoked::signal::{Channel, Epoch, Event, Quantization};

const RATE_HZ: f64 = 250.0;
const SAMPLES: usize = 10;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wire = device()?;
    let mut damaged = wire;
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0x10;

    let mut decoder = Decoder::new(Limits::default());
    let mut session = None;
    let mut microvolts = [0.0_f32; 2 * SAMPLES];
    for piece in damaged.chunks(64) {
        decoder.push(piece);
        while let Some(item) = decoder.next() {
            let frame = match item {
                Item::Frame(frame) => frame,
                Item::Notice(notice) => {
                    println!("{notice:?}");
                    continue;
                }
            };
            match (frame.content()?, &session) {
                (Content::Session(new), _) => session = Some(new),
                (Content::Samples(view), Some(session)) => {
                    view.decode_into(session.stream(frame.header.stream)?, &mut microvolts)?;
                    println!("samples from {}: {:.1} µV …", frame.header.sample, microvolts[0]);
                }
                (Content::Events(events), _) => {
                    events.iter().for_each(|event| println!("event {}", event.label));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// What an amplifier of two channels would send: 24-bit counts and an event.
fn device() -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let grid = Quantization { bits: 24, scale: 0.022_351_745, offset: 0.0 };
    let channel = |label: &str| Channel { quantization: Some(grid), ..Channel::microvolts(label) };
    let channels = vec![channel("O1"), channel("O2")];
    let eeg = StreamInfo::new(1, "EEG", RATE_HZ, channels);
    let mut encoder =
        Encoder::new(Session { streams: vec![eeg], ..Session::default() }, Limits::default())?;

    let mut wire = Vec::new();
    encoder.session(&mut wire)?;
    encoder.events(1, &[Event::at(0, 1, "look left")], &mut wire)?;
    for frame in 0..8 {
        let counts: Vec<i32> = (0..2 * SAMPLES as i32).map(|n| 1000 * frame + n).collect();
        let first = frame as u64 * SAMPLES as u64;
        encoder.counts(1, first, Epoch::from_planar(&counts, 2)?, Encoding::I24, &mut wire)?;
    }
    encoder.end(&mut wire)?;
    Ok(wire)
}
