//! Decoding samples takes no memory: every allocation of this program is counted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests are tests, too"
)]

#[path = "common/counting.rs"]
mod counting;

use counting::allocations;
use evoked::frame::{
    Content, Decoder, Encoder, Encoding, Frame, Item, Limits, Reader, Session, StreamInfo,
};
use evoked::signal::{Channel, Epoch, Quantization};

const CHANNELS: usize = 8;
const LEN: usize = 25;
const FRAMES: usize = 200;

fn stream(encoding: Encoding) -> (Vec<u8>, StreamInfo) {
    let quantization = Some(Quantization { bits: 16, scale: 0.5, offset: 0.0 });
    let channel = |c| Channel { quantization, ..Channel::microvolts(format!("E{c}")) };
    let channels = (0..CHANNELS).map(channel).collect();
    let info = StreamInfo::new(1, "EEG", 250.0, channels);
    let session = Session { tag: 1, streams: vec![info.clone()], ..Session::default() };
    let mut encoder = Encoder::new(session, Limits::default()).unwrap();
    let mut bytes = Vec::new();
    let planar: Vec<_> = (0..CHANNELS * LEN).map(|i| i as f32).collect();
    for frame in 0..FRAMES {
        let chunk = Epoch::from_planar(&planar, CHANNELS).unwrap();
        // Every tenth frame follows a gap, so that notices come out, too.
        let first = (frame * LEN + frame / 10) as u64;
        encoder.samples(1, first, chunk, encoding, &mut bytes).unwrap();
    }
    (bytes, info)
}

fn decode(frame: &Frame<'_>, info: &StreamInfo, out: &mut [f32]) -> usize {
    match frame.content() {
        Ok(Content::Samples(view)) => view.decode_into(info, out).map_or(0, |()| 1),
        _ => 0,
    }
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1_u8; 10]))), 1);
}

#[test]
fn decoding_samples_allocates_nothing() {
    for encoding in [Encoding::I16, Encoding::I24, Encoding::I32, Encoding::F32] {
        let (bytes, info) = stream(encoding);
        let mut out = vec![0.0; CHANNELS * LEN];

        // The table of streams is made with the first frame.
        let mut reader = Reader::new(&bytes, Limits::default());
        assert!(matches!(reader.next(), Some(Item::Frame(_))));
        let mut frames = 0;
        let taken = allocations(|| {
            for item in reader {
                if let Item::Frame(frame) = item {
                    frames += decode(&frame, &info, &mut out);
                }
            }
        });
        assert_eq!((frames, taken), (FRAMES - 1, 0), "reader, {}", encoding.name());

        for size in [1, 7, 1000, 4096] {
            let mut decoder = Decoder::new(Limits::default());
            let mut frames = 0;
            let mut feed = |pieces: std::slice::Chunks<'_, u8>| {
                allocations(|| {
                    for piece in pieces {
                        decoder.push(piece);
                        while let Some(item) = decoder.next() {
                            if let Item::Frame(frame) = item {
                                frames += decode(&frame, &info, &mut out);
                            }
                        }
                    }
                })
            };
            let warm_up = bytes.len() / 4;
            assert!(feed(bytes[..warm_up].chunks(size)) > 0);
            assert_eq!(feed(bytes[warm_up..].chunks(size)), 0, "{size}, {}", encoding.name());
            assert_eq!(frames, FRAMES);
        }
    }
}
