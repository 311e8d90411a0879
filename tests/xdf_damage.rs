//! Damaged XDF files: what can be saved is saved, what is lost is told, and times stay right.
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]
#![allow(dead_code, reason = "several test programs share the writer")]

#[path = "common/xdf_writer.rs"]
mod xdf_writer;

use std::collections::BTreeSet;
use std::io::Cursor;

use evoked::formats::{Opened, Options, read};
use evoked::signal::Stream;
use xdf_writer::{Xdf, header, sample, text};

/// Chunks of EEG, samples in each, samples a second.
const CHUNKS: u32 = 60;
const PER_CHUNK: u32 = 8;
const RATE_HZ: f64 = 250.0;
/// The clock of the amplifier is behind that of the recorder by this much.
const OFFSET_S: f64 = 100.0;
/// The true rate by the clock of the recorder.
const TRUE_HZ: f64 = 250.5;
/// More than the jitter of the stamps.
const JITTER_S: f64 = 1e-3;

/// A recording and what is where in it.
struct Truth {
    file: Xdf,
    /// Byte ranges of the chunks of samples, and the first sample of each.
    samples: Vec<(std::ops::Range<usize>, u32)>,
    /// Bytes after the headers and before the footers.
    body: std::ops::Range<usize>,
}

fn true_s(sample: u32) -> f64 {
    f64::from(sample) / TRUE_HZ
}

fn jitter_s(sample: u32) -> f64 {
    f64::from(sample.wrapping_mul(2_654_435_761) >> 16) / 65_536.0 * JITTER_S
}

/// Three channels, of which the first counts the samples; markers; no boundaries.
fn truth(stamped: impl Fn(u32) -> bool, per_chunk: u32) -> Truth {
    let mut file = Xdf::new();
    file.header(3, &header("amp", "EEG", "float32", 3, RATE_HZ, ""));
    file.header(4, &header("marks", "Markers", "string", 1, 0.0, ""));
    let start = file.bytes.len();
    let mut samples = Vec::new();
    for chunk in 0..CHUNKS * PER_CHUNK / per_chunk {
        let first = chunk * per_chunk;
        let content: Vec<_> = (first..first + per_chunk)
            .map(|i| {
                let stamp = true_s(i) + jitter_s(i) + 50.0 - OFFSET_S;
                let values = [i as f32, 1e3 * (i as f32).sin(), -0.125];
                sample(stamped(i).then_some(stamp), &values.map(f32::to_le_bytes).concat())
            })
            .collect();
        let at = file.bytes.len();
        file.samples(3, &content);
        samples.push((at..file.bytes.len(), first));
        if chunk % 10 == 0 {
            file.offset(3, 50.0 - OFFSET_S + true_s(first), OFFSET_S);
            file.offset(4, 50.0 + true_s(first), 0.0);
            file.samples(4, &[sample(Some(50.0 + true_s(first)), &text(&format!("m{chunk}")))]);
        }
    }
    let body = start..file.bytes.len();
    let marks = samples.len().div_ceil(10);
    file.footer(3, (CHUNKS * PER_CHUNK) as usize).footer(4, marks);
    Truth { file, samples, body }
}

fn opened(bytes: &[u8]) -> Opened {
    read(Cursor::new(bytes), Options::default()).unwrap()
}

fn told(opened: &Opened) -> String {
    opened.warnings.iter().map(|warning| warning.to_string() + "\n").collect()
}

fn eeg(opened: &Opened) -> &Stream {
    opened.recording.streams().iter().find(|stream| stream.name() == "amp").unwrap()
}

/// The samples that are there by their number, and when each was taken by the recorder's clock.
fn found(opened: &Opened) -> Vec<(f32, f64)> {
    let stream = eeg(opened);
    let zero_s: f64 = opened.recording.metadata()["lsl_time_of_second_0"].parse().unwrap();
    let positions = stream.samples().segments().iter().flat_map(|s| s.first..s.end());
    let numbers = stream.samples().channel(0).iter().copied();
    numbers.zip(positions).map(|(n, at)| (n, zero_s + stream.time_s(at as f64) - 50.0)).collect()
}

/// Whether every sample outside of the damaged bytes is there, once and in order, at its time;
/// gives the number of samples lost.
fn check(truth: &Truth, damage: &std::ops::Range<usize>, opened: &Opened, what: &str) -> usize {
    let total = CHUNKS * PER_CHUNK;
    let per_chunk = total / truth.samples.len() as u32;
    let touched: BTreeSet<u32> = truth
        .samples
        .iter()
        .filter(|(bytes, _)| bytes.start < damage.end && damage.start < bytes.end)
        .flat_map(|&(_, first)| first..first + per_chunk)
        .collect();
    let found = found(opened);
    let sound: Vec<u32> = found
        .iter()
        .filter(|(n, _)| n.fract() == 0.0 && *n >= 0.0 && *n < total as f32)
        .map(|&(n, _)| n as u32)
        .filter(|n| !touched.contains(n))
        .collect();
    let expected: Vec<u32> = (0..total).filter(|n| !touched.contains(n)).collect();
    assert_eq!(sound, expected, "{what}: {}", told(opened));
    for &(n, time_s) in &found {
        if n.fract() == 0.0 && n >= 0.0 && n < total as f32 && !touched.contains(&(n as u32)) {
            let late_s = time_s - true_s(n as u32);
            // Where a stretch is short, its line is as jittered as its stamps.
            assert!(
                late_s.abs() < 3.0 * JITTER_S,
                "{what}: sample {n} by {late_s} s: {}",
                told(opened)
            );
        }
    }
    total as usize - found.len()
}

fn garbage(len: usize, seed: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(747_796_405).wrapping_add(1);
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..len).map(next).collect()
}

#[test]
fn the_sound_file_is_sound() {
    let all: fn(u32) -> bool = |_| true;
    for (stamped, per_chunk) in [(all, 8), (|i| i % 8 == 0, 8), (all, 480)] {
        let truth = truth(stamped, per_chunk);
        let opened = opened(&truth.file.bytes);
        assert_eq!(told(&opened), "");
        assert_eq!(check(&truth, &(0..0), &opened, "sound"), 0);
        assert_eq!(opened.recording.events().len(), if per_chunk == 8 { 6 } else { 1 });
    }
}

#[test]
fn garbage_written_over_the_middle_costs_only_what_it_touches() {
    for (name, truth) in [("stamps", truth(|_| true, 8)), ("few stamps", truth(|i| i % 8 == 0, 8))]
    {
        let mut worst = 0;
        for (at, seed) in (truth.body.start..truth.body.end - 64).step_by(7).zip(0..) {
            let damage = at..at + 64;
            let mut bytes = truth.file.bytes.clone();
            bytes[damage.clone()].copy_from_slice(&garbage(64, seed));
            let opened = opened(&bytes);
            let lost = check(&truth, &damage, &opened, &format!("{name}, {at}"));
            assert!(lost == 0 || !opened.warnings.is_empty(), "{name}, {at}");
            worst = worst.max(lost);
        }
        assert!((8..=16).contains(&worst), "{name}: {worst}");
    }
}

#[test]
fn bytes_that_come_in_or_go_missing_cost_only_what_they_touch() {
    let truth = truth(|_| true, 8);
    for (at, seed) in (truth.body.start..truth.body.end - 64).step_by(11).zip(0..) {
        let whole = &truth.file.bytes;
        let more = [&whole[..at], &garbage(64, seed), &whole[at..]].concat();
        let opened_more = opened(&more);
        check(&truth, &(at..at + 1), &opened_more, &format!("64 more at {at}"));
        assert!(!opened_more.warnings.is_empty(), "{at}");
        let less = [&whole[..at], &whole[at + 64..]].concat();
        let opened_less = opened(&less);
        check(&truth, &(at..at + 64), &opened_less, &format!("64 fewer at {at}"));
        assert!(!opened_less.warnings.is_empty(), "{at}");
    }
}

#[test]
fn two_damaged_places_leave_what_is_between() {
    let truth = truth(|_| true, 8);
    let middle = |chunk: usize| (truth.samples[chunk].0.start + truth.samples[chunk].0.end) / 2;
    let mut bytes = truth.file.bytes.clone();
    for (chunk, seed) in [(11, 1), (13, 2)] {
        let at = middle(chunk);
        bytes[at..at + 40].copy_from_slice(&garbage(40, seed));
        // The head of the next chunk but one is gone as well.
        let head = truth.samples[chunk].0.start;
        bytes[head..head + 6].copy_from_slice(&[0xff; 6]);
    }
    let opened = opened(&bytes);
    let damage = truth.samples[11].0.start..truth.samples[11].0.end;
    let touched: Vec<u32> = (104..112).collect();
    let kept: Vec<u32> = found(&opened).iter().map(|&(n, _)| n as u32).collect();
    let expected: Vec<u32> =
        (0..480).filter(|n| !(88..96).contains(n) && !touched.contains(n)).collect();
    assert_eq!(kept, expected, "{}", told(&opened));
    let gaps: Vec<_> = eeg(&opened).samples().gaps().map(|gap| gap.end - gap.start).collect();
    assert_eq!(gaps, [8, 8]);
    let place = format!("bytes {} to {}", damage.start, damage.end);
    assert!(told(&opened).contains(&place), "{place}: {}", told(&opened));
}

#[test]
fn a_file_cut_anywhere_keeps_its_whole_samples() {
    let truth = truth(|_| true, 8);
    for len in truth.body.start..truth.body.end {
        let opened = opened(&truth.file.bytes[..len]);
        let mut whole = 0;
        for (bytes, _) in &truth.samples {
            // 21 bytes a sample, at the end of the chunk.
            let inside = len.min(bytes.end).saturating_sub(bytes.end - 8 * 21);
            whole += (inside / 21).min(8);
        }
        assert_eq!(eeg(&opened).samples().len(), whole, "{len}: {}", told(&opened));
        assert!(told(&opened).contains("no stream has a footer"), "{len}");
    }
}

#[test]
fn lengths_and_counts_that_lie() {
    let truth = truth(|_| true, 8);
    let (chunk, _) = &truth.samples[20];
    // Length, tag, stream and count: 10 bytes of a chunk this short.
    for at in chunk.start..chunk.start + 10 {
        for bit in 0..8 {
            let mut bytes = truth.file.bytes.clone();
            bytes[at] ^= 1 << bit;
            let opened = opened(&bytes);
            let lost = check(&truth, chunk, &opened, &format!("{at}.{bit}"));
            assert!(lost <= 8 && !opened.warnings.is_empty(), "{at}.{bit}: {lost}");
            let in_length = at == chunk.start + 1;
            let in_count = at == chunk.start + 9;
            // The other of the two still says where the samples end.
            if in_length || in_count {
                assert_eq!(lost, 0, "{at}.{bit}: {}", told(&opened));
            }
        }
    }
}

#[test]
fn a_damaged_place_in_one_long_chunk_is_stepped_over() {
    // Where stamps are left out, the nominal rate is all that tells the time.
    for (stamps, rate_hz) in [(480, TRUE_HZ), (1, RATE_HZ)] {
        let truth = truth(|i| i < stamps, 480);
        let (chunk, _) = &truth.samples[0];
        let mut bytes = truth.file.bytes.clone();
        let at = chunk.start + 5000;
        bytes[at..at + 64].copy_from_slice(&garbage(64, 9));
        let opened = opened(&bytes);
        let kept: Vec<u32> = found(&opened).iter().map(|&(n, _)| n as u32).collect();
        assert!(kept.len() >= 480 - 8, "{}: {}", kept.len(), told(&opened));
        assert!(kept.is_sorted() && kept.contains(&0) && kept.contains(&479));
        for (n, time_s) in found(&opened) {
            let late_s = time_s - f64::from(n) / rate_hz;
            assert!(late_s.abs() < 3.0 * JITTER_S, "{rate_hz}: sample {n} by {late_s} s");
        }
        let lost = 480 - kept.len();
        assert!(told(&opened).contains(&format!("{lost} of its 480 samples are lost")));
    }
}

#[test]
fn a_stream_without_its_header_is_told_and_left_out() {
    let truth = truth(|_| true, 8);
    let start = truth.file.chunks[2];
    let end = truth.file.chunks[3];
    let bytes = [&truth.file.bytes[..start], &truth.file.bytes[end..]].concat();
    let opened = opened(&bytes);
    assert_eq!(opened.recording.events().len(), 0);
    assert_eq!(eeg(&opened).samples().len(), 480);
    let told = told(&opened);
    for kind in
        ["6 samples chunks of stream 4", "6 clock offsets of stream 4", "1 footers of stream 4"]
    {
        assert!(told.contains(kind), "{told}");
    }
}

#[test]
fn a_header_is_read_as_far_as_it_goes() {
    let truth = truth(|_| true, 8);
    let (start, end) = (truth.file.chunks[1], truth.file.chunks[2]);
    let desc = truth.file.bytes[start..end].windows(6).position(|part| part == b"<desc>").unwrap();
    // Garbage over the end of the header, as far as the next chunk.
    let mut bytes = truth.file.bytes.clone();
    let damage = start + desc + 3..end;
    let len = damage.len();
    bytes[damage].copy_from_slice(&vec![b'<'; len]);
    let opened = opened(&bytes);
    assert_eq!(eeg(&opened).samples().len(), 480);
    assert!(told(&opened).contains("its header is damaged"), "{}", told(&opened));
}

#[test]
fn missing_footers_are_told() {
    let mut truth = truth(|_| true, 8);
    let last = truth.file.chunks[truth.file.chunks.len() - 1];
    truth.file.bytes.truncate(last);
    let opened = opened(&truth.file.bytes);
    assert_eq!(told(&opened), "stream 4 (marks): it has no footer\n");
}

#[test]
fn a_flipped_bit_in_a_time_stamp_is_set_right_where_it_shows() {
    let truth = truth(|_| true, 8);
    let sound = opened(&truth.file.bytes);
    let (chunk, first) = &truth.samples[30];
    let head = chunk.len() - 8 * 21;
    let at = chunk.start + head + 3 * 21 + 1;
    let stamp = f64::from_le_bytes(truth.file.bytes[at..at + 8].try_into().unwrap());
    let (mut shown, mut hidden) = (0, 0);
    for bit in 0..64 {
        let flipped = f64::from_bits(stamp.to_bits() ^ 1 << bit);
        let mut bytes = truth.file.bytes.clone();
        bytes[at..at + 8].copy_from_slice(&flipped.to_le_bytes());
        let opened = opened(&bytes);
        check(&truth, &(0..0), &opened, &format!("bit {bit}"));
        if (flipped - stamp).abs() > 0.15 || !flipped.is_finite() {
            shown += 1;
            let told = told(&opened);
            assert!(
                told.starts_with(&format!("byte {at}: time stamp {flipped} s of sample")),
                "{told}"
            );
            assert!(told.contains(&format!("sample {} of stream 3", first + 3)), "{told}");
            // As if the stamp had been between its neighbours.
            assert!((eeg(&opened).rate_hz() - eeg(&sound).rate_hz()).abs() < 0.01);
        } else if told(&opened).is_empty() {
            hidden += 1;
        }
    }
    assert!(shown >= 16 && hidden >= 40, "{shown} {hidden}");
}

#[test]
fn a_stamp_that_others_follow_from_takes_them_along() {
    let truth = truth(|i| i % 8 == 0, 8);
    let (chunk, _) = &truth.samples[30];
    let at = chunk.start + chunk.len() - (9 + 12 + 7 * 13) + 1;
    let mut bytes = truth.file.bytes.clone();
    bytes[at..at + 8].copy_from_slice(&1e200_f64.to_le_bytes());
    let opened = opened(&bytes);
    check(&truth, &(0..0), &opened, "1e200");
    assert_eq!(opened.warnings.len(), 8, "{}", told(&opened));
    bytes[at..at + 8].copy_from_slice(&9e3_f64.to_le_bytes());
    let opened = self::opened(&bytes);
    check(&truth, &(0..0), &opened, "9e3");
    assert!(told(&opened).contains("and the 7 that follow from it"), "{}", told(&opened));
}

#[test]
fn a_marker_far_from_the_others_is_told_and_kept() {
    let mut file = truth(|_| true, 8).file;
    file.header(9, &header("more", "Markers", "string", 1, 0.0, ""));
    let marks: Vec<_> =
        [50.1, 50.2, 1e9, 50.3, f64::NAN, 50.4, -1e9].map(|at| sample(Some(at), &text("x"))).into();
    file.samples(9, &marks).footer(9, 7);
    let opened = opened(&file.bytes);
    let told = told(&opened);
    assert!(told.contains("time stamp 1000000000 s of sample 2 lies apart"), "{told}");
    assert!(told.contains("time stamp NaN s of sample 4"), "{told}");
    assert!(told.contains("1 events lie more than a day before it"), "{told}");
    let recording = &opened.recording;
    let onsets: Vec<_> = recording.events().iter().filter(|event| event.label == "x").collect();
    assert_eq!(onsets.len(), 7);
    check(&truth(|_| true, 8), &(0..0), &opened, "markers");
}

#[test]
fn boundaries_help_to_find_the_way_back() {
    let mut file = Xdf::new();
    file.header(1, &header("amp", "EEG", "int8", 1, 10.0, ""));
    file.samples(1, &[sample(Some(1.0), &[1])]);
    file.raw(&garbage(3000, 5)).boundary();
    file.samples(1, &[sample(Some(1.1), &[2])]).footer(1, 2);
    let opened = opened(&file.bytes);
    assert_eq!(eeg(&opened).samples().channel(0), [1.0, 2.0]);
    assert_eq!(opened.warnings.len(), 1, "{}", told(&opened));
}

#[test]
fn a_count_of_none_before_damaged_samples_hides_no_sound_ones() {
    let truth = truth(|_| true, 8);
    let (chunk, _) = &truth.samples[50];
    // The count, and the first three samples.
    let damage = chunk.start + 9..chunk.start + 10 + 3 * 21;
    let mut bytes = truth.file.bytes.clone();
    bytes[damage.clone()].copy_from_slice(&[vec![0], vec![0x5a; 3 * 21]].concat());
    let opened = opened(&bytes);
    assert_eq!(check(&truth, &damage, &opened, "none"), 3, "{}", told(&opened));
    assert!(told(&opened).contains("5 more are in them"), "{}", told(&opened));
    assert_eq!(eeg(&opened).samples().gaps().map(|gap| gap.end - gap.start).sum::<u64>(), 3);
}

#[test]
fn an_unknown_chunk_that_holds_known_ones_is_no_chunk() {
    let truth = truth(|_| true, 8);
    // The head of chunk 20 becomes that of one of unknown kind that ends after chunk 21.
    let (start, end) = (truth.samples[20].0.start, truth.samples[21].0.end);
    let mut bytes = truth.file.bytes.clone();
    let head = [&[4][..], &(end as u32 - start as u32 - 5).to_le_bytes(), &[99, 0]].concat();
    bytes[start..start + head.len()].copy_from_slice(&head);
    let opened = opened(&bytes);
    let lost = check(&truth, &(start..start + head.len()), &opened, "unknown");
    assert_eq!(lost, 8, "{}", told(&opened));
}
