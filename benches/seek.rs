//! Seeking to random samples of a large file by its index.
//!
//! `EVOKED_BENCH_SEEK_MB=4096 cargo bench --bench seek` is the size that is spoken of; the default
//! is 256 MB. The floor is one seek and a read of as many bytes as one frame has.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark")]

use std::fs::File;
use std::hint::black_box;
use std::io::{BufWriter, Read, Seek, SeekFrom};
use std::path::PathBuf;

use criterion::{Criterion, criterion_group, criterion_main};
use evoked::frame::{Encoding, FileReader, FileWriter, Limits, Session, StreamInfo};
use evoked::signal::{Channel, Epoch, Quantization};

const CHANNELS: usize = 64;
const SAMPLES: usize = 50;
const FRAME_BYTES: usize = CHANNELS * SAMPLES * 3 + 40;

fn large_file() -> (PathBuf, u64) {
    let megabytes = std::env::var("EVOKED_BENCH_SEEK_MB").ok().and_then(|mb| mb.parse().ok());
    let frames = megabytes.unwrap_or(256_u64) * 1_000_000 / FRAME_BYTES as u64;
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("seek.vep");
    let quantization = Some(Quantization { bits: 24, scale: 0.0625, offset: 0.0 });
    let channel = |n| Channel { quantization, ..Channel::microvolts(format!("E{n}")) };
    let eeg = StreamInfo::new(1, "EEG", 1000.0, (0..CHANNELS).map(channel).collect());
    let session = Session { streams: vec![eeg], ..Session::default() };
    let mut writer =
        FileWriter::new(BufWriter::new(File::create(&path).unwrap()), session).unwrap();
    let counts: Vec<i32> = (0..(CHANNELS * SAMPLES) as i32).collect();
    for frame in 0..frames {
        let chunk = Epoch::from_planar(&counts, CHANNELS).unwrap();
        writer.counts(1, frame * SAMPLES as u64, chunk, Encoding::I24).unwrap();
    }
    writer.finish().unwrap();
    (path, frames * SAMPLES as u64)
}

fn seek(criterion: &mut Criterion) {
    let (path, samples) = large_file();
    let mut group = criterion.benchmark_group("seek");
    group.sample_size(50);
    let mut state = 1_u64;
    let mut position = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 16) % (samples - SAMPLES as u64)
    };
    let mut file = File::open(&path).unwrap();
    let mut frame = vec![0; FRAME_BYTES];
    group.bench_function("floor: seek and read a frame's bytes", |bencher| {
        bencher.iter(|| {
            let offset = position() / SAMPLES as u64 * FRAME_BYTES as u64;
            file.seek(SeekFrom::Start(offset)).unwrap();
            file.read_exact(&mut frame).unwrap();
            black_box(&frame);
        });
    });
    group.bench_function("open", |bencher| {
        bencher.iter(|| FileReader::open(File::open(&path).unwrap(), Limits::default()).unwrap());
    });
    let mut reader = FileReader::open(File::open(&path).unwrap(), Limits::default()).unwrap();
    assert!(reader.is_indexed());
    group.bench_function("samples from a random position", |bencher| {
        bencher.iter(|| reader.samples(1, position(), SAMPLES).unwrap());
    });
    group.finish();
    std::fs::remove_file(path).unwrap();
}

criterion_group!(benches, seek);
criterion_main!(benches);
