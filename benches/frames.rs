//! Frames to samples and back, beside the floor: a plain copy of the same payloads.
//!
//! The stream takes 256 MB, more than any cache; `EVOKED_BENCH_MB=16 cargo bench --bench frames`
//! is a quick look.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use evoked::frame::{
    Content, Encoder, Encoding, HEADER_BYTES, Item, Limits, Reader, Session, StreamInfo,
    TRAILER_BYTES,
};
use evoked::signal::{Channel, Epoch, Quantization};

const ENCODINGS: [Encoding; 4] = [Encoding::I16, Encoding::I24, Encoding::I32, Encoding::F32];

/// Frames of one size and encoding.
struct Case {
    encoding: Encoding,
    channels: usize,
    len: usize,
    frames: usize,
}

impl Case {
    /// Frames of 64 channels × 50 samples, as many as fill `bytes`.
    fn long(encoding: Encoding, bytes: usize) -> Self {
        let (channels, len) = (64, 50);
        Self { encoding, channels, len, frames: bytes / (channels * len * encoding.bytes()) }
    }

    fn values(&self) -> usize {
        self.channels * self.len
    }

    fn payload_bytes(&self) -> u64 {
        (self.frames * self.values() * self.encoding.bytes()) as u64
    }

    fn session(&self) -> Session {
        // A power of two, so that even 24-bit counts come back from their samples.
        let quantization = Some(Quantization { bits: 16, scale: 0.03125, offset: 0.0 });
        let channel = |c| Channel { quantization, ..Channel::microvolts(format!("E{c}")) };
        let channels = (0..self.channels).map(channel).collect();
        let eeg = StreamInfo::new(1, "EEG", 250.0, channels);
        Session { tag: 7, streams: vec![eeg], ..Session::default() }
    }

    /// Samples on the grid of the counts, within ±1000 µV.
    fn samples(&self) -> Vec<f32> {
        let noise = |i: u32| (i.wrapping_mul(2_654_435_761) >> 16) as i16;
        (0..self.values() as u32).map(|i| f32::from(noise(i)) * 0.03125).collect()
    }

    fn encode(&self, samples: &[f32], out: &mut Vec<u8>) {
        let mut encoder = Encoder::new(self.session(), Limits::default()).unwrap();
        let chunk = Epoch::from_planar(samples, self.channels).unwrap();
        for frame in 0..self.frames {
            let first = (frame * self.len) as u64;
            encoder.samples(1, first, chunk, self.encoding, out).unwrap();
        }
    }

    fn stream(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.encode(&self.samples(), &mut bytes);
        bytes
    }
}

/// Every checksum verified, every sample scaled.
fn decode(bytes: &[u8], stream: &StreamInfo, out: &mut [f32]) -> usize {
    let mut frames = 0;
    for item in Reader::new(bytes, Limits::default()) {
        if let Item::Frame(frame) = item
            && let Ok(Content::Samples(view)) = frame.content()
        {
            view.decode_into(stream, out).unwrap();
            black_box(&mut *out);
            frames += 1;
        }
    }
    frames
}

fn copy(bytes: &[u8], case: &Case, out: &mut [u8]) {
    let frame = HEADER_BYTES + 4 + out.len() + TRAILER_BYTES;
    for at in (0..case.frames).map(|number| number * frame + HEADER_BYTES + 4) {
        out.copy_from_slice(&bytes[at..at + out.len()]);
        black_box(&mut *out);
    }
}

fn stream_bytes() -> usize {
    let megabytes = std::env::var("EVOKED_BENCH_MB").ok().and_then(|text| text.parse().ok());
    megabytes.unwrap_or(256_usize).max(1) * 1_000_000
}

fn long_frames(criterion: &mut Criterion) {
    let cases = ENCODINGS.map(|encoding| Case::long(encoding, stream_bytes()));

    let mut group = criterion.benchmark_group("decode");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    for case in &cases {
        let (bytes, session) = (case.stream(), case.session());
        let mut samples = vec![0.0; case.values()];
        assert_eq!(decode(&bytes, &session.streams[0], &mut samples), case.frames);
        assert_eq!(samples, case.samples());
        let mut payload = vec![0; case.values() * case.encoding.bytes()];

        group.throughput(Throughput::Bytes(case.payload_bytes()));
        let name = case.encoding.name();
        group.bench_function(BenchmarkId::new("copy", name), |bencher| {
            bencher.iter(|| copy(&bytes, case, &mut payload));
        });
        group.bench_function(BenchmarkId::new("frames", name), |bencher| {
            bencher.iter(|| decode(&bytes, &session.streams[0], &mut samples));
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("encode");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    for case in &cases {
        let (samples, mut bytes) = (case.samples(), case.stream());
        group.throughput(Throughput::Bytes(case.payload_bytes()));
        group.bench_function(BenchmarkId::new("frames", case.encoding.name()), |bencher| {
            bencher.iter(|| {
                bytes.clear();
                case.encode(&samples, &mut bytes);
            });
        });
    }
    group.finish();
}

/// A thousand frames of 8 channels × 5 samples: what a frame costs beside its bytes.
fn small_frames(criterion: &mut Criterion) {
    let case = Case { encoding: Encoding::I24, channels: 8, len: 5, frames: 1000 };
    let (mut bytes, session, planar) = (case.stream(), case.session(), case.samples());
    let mut samples = vec![0.0; case.values()];
    assert_eq!(decode(&bytes, &session.streams[0], &mut samples), case.frames);
    assert_eq!(samples, planar);

    let mut group = criterion.benchmark_group("small frames");
    group.throughput(Throughput::Elements(case.frames as u64));
    group.bench_function("decode", |bencher| {
        bencher.iter(|| decode(&bytes, &session.streams[0], &mut samples));
    });
    group.bench_function("encode", |bencher| {
        bencher.iter(|| {
            bytes.clear();
            case.encode(&planar, &mut bytes);
        });
    });
    group.finish();
}

criterion_group!(benches, long_frames, small_frames);
criterion_main!(benches);
