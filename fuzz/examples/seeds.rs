//! Writes the seeds into `corpus/`, next to this crate's manifest.

#[path = "../../tests/common/frames.rs"]
mod frames;

use std::error::Error;
use std::path::Path;

use evoked::frame::{ClockReading, Encoder, Encoding, Gap, GapReason, Limits, Session, StreamInfo};
use evoked::signal::{Channel, Decision, Epoch, Event};
use evoked::stimulus::Codebook;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let streams = [frames::eeg_with_events(), frames::two_streams(), frames::tiny_frames()];
    let mut streams: Vec<_> = streams.into_iter().map(|stream| stream.bytes).collect();
    let (session, every_kind) = every_kind()?;
    streams.push(every_kind);
    // Mode and pieces, as `tests/common/properties/stream.rs` has them.
    for (place, head) in [[0, 7], [1, 0], [7, 40], [11, 9]].iter().enumerate() {
        for (number, stream) in streams.iter().enumerate() {
            write("stream", &format!("{number}-{place}"), &[head, &stream[..]].concat())?;
        }
    }
    for (number, stream) in streams.iter().enumerate() {
        write("file", &format!("{number}.vep"), stream)?;
        let payload_bytes = u32::from_le_bytes(stream[12..16].try_into()?) as usize;
        write("session", &format!("{number}.json"), &stream[32..32 + payload_bytes])?;
    }
    let named = br#"{"streams":[{"id":1,"name":"E","rate_hz":1e3,"origin_s":-0.5,"first_sample":9,
"channels":[{"label":"a","unit":"V","quantization":{"bits":16,"scale":-1e-3,"offset":2}}]}],
"codebook":{"refresh_hz":60,"targets":[
{"label":"x","event":3,"modulation":{"kind":"square","frequency_hz":7,"duty":0.2}},
{"label":"y","event":"t","modulation":{"kind":"code","bits":"0110","bit_rate_hz":60}}]},"later":[]}"#;
    write("session", "named.json", named)?;
    assert!(!session.streams.is_empty());
    // Any bytes are a session to this one.
    for seed in 1..8_u32 {
        let bytes = (0..400).map(|i: u32| (i * seed).wrapping_mul(0x9E37_79B9).to_le_bytes()[3]);
        write("round_trip", &seed.to_string(), &bytes.collect::<Vec<_>>())?;
    }
    Ok(())
}

fn every_kind() -> Result<(Session, Vec<u8>)> {
    let channels = vec![Channel::microvolts("Oz")];
    let info = StreamInfo::new(1, "E", 250.0, channels);
    let codebook = Some(Codebook::sinusoids(&[13.0, 17.0])?);
    let metadata = [("subject".to_owned(), "1".to_owned())].into();
    let session = Session { tag: 9, streams: vec![info], codebook, metadata };
    let mut encoder = Encoder::new(session.clone(), Limits::default())?;
    let mut out = Vec::new();
    encoder.session(&mut out)?;
    encoder.samples(1, 0, Epoch::from_planar(&[0.5, -0.5], 1)?, Encoding::F32, &mut out)?;
    encoder.events(1, &[Event::at(1, 33025, "13 Hz")], &mut out)?;
    encoder.gap(1, &Gap { first: 2, samples: 3, reason: GapReason::Device }, &mut out)?;
    encoder.samples(1, 5, Epoch::from_planar(&[1.0], 1)?, Encoding::F32, &mut out)?;
    let reading = ClockReading { sample: 5, host_ns: 1_000_000_000, uncertainty_ns: 1000 };
    encoder.clock(1, &[reading], &mut out)?;
    let decision = Decision { target: 1, scores: vec![0.1, 0.9], first: 0, end: 6 };
    encoder.decision(1, &decision, 0.8, &mut out)?;
    encoder.end(&mut out)?;
    Ok((session, out))
}

fn write(target: &str, name: &str, bytes: &[u8]) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    std::fs::create_dir_all(&folder)?;
    Ok(std::fs::write(folder.join(name), bytes)?)
}
