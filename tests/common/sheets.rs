//! Recordings of one sampling rate, for the writers of formats that hold no other.
#![allow(dead_code, reason = "not all is used by all")]

use evoked::signal::{Channel, Event, Quantization, Recording, Samples, Segment, Stream, Unit};
use proptest::prelude::*;

pub(crate) fn grid(bits: u8, scale: f32, offset: f32) -> Option<Quantization> {
    Some(Quantization { bits, scale, offset })
}

/// A stream of these channels: counts of their grids, or any numbers.
pub(crate) fn stream(
    rate_hz: f64,
    channels: Vec<Channel>,
    segments: &[(u64, usize)],
    seed: u32,
) -> Stream {
    let len: usize = segments.iter().map(|segment| segment.1).sum();
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    };
    let mut planar = Vec::new();
    for channel in &channels {
        match channel.quantization {
            Some(grid) => planar.extend((0..len).map(|_| {
                let bits = u32::from(grid.bits).min(20);
                grid.sample((next() as i32) >> (32 - bits))
            })),
            // Any bits that are a number, or none.
            None => planar.extend((0..len).map(|_| match f32::from_bits(next()) {
                number if number.is_nan() => f32::NAN,
                number => number,
            })),
        }
    }
    let segments: Vec<Segment> =
        segments.iter().map(|&(first, len)| Segment { first, len }).collect();
    let samples = Samples::from_segments(channels.len(), planar, &segments).unwrap();
    Stream::new("EEG", rate_hz, channels, samples).unwrap()
}

pub(crate) fn any_segments() -> impl Strategy<Value = Vec<(u64, usize)>> {
    let far = prop_oneof![2 => 1_u64..40, 1 => 1_u64..60_000];
    prop::collection::vec((far, 1_usize..400), 1..5).prop_map(|parts| {
        let mut at = 0;
        let mut segments = Vec::new();
        for (i, (gap, len)) in parts.into_iter().enumerate() {
            at += if i == 0 { 0 } else { gap };
            segments.push((at, len));
            at += len as u64;
        }
        segments
    })
}

/// Events on samples that are there, of any code and label.
fn any_events() -> impl Strategy<Value = Vec<(prop::sample::Index, u32, String, u16)>> {
    let label = prop_oneof![
        Just(String::new()),
        Just("left".to_owned()),
        Just("33025".to_owned()),
        Just("  7".to_owned()),
        Just("Stimulus/S  1".to_owned()),
        Just("Response/R 12".to_owned()),
        Just("Event/254".to_owned()),
        Just("New Segment/".to_owned()),
        Just("New Segment/gap".to_owned()),
        Just("a, \"b\"; c [7]".to_owned()),
        Just(" /x".to_owned()),
        "[^\\p{C}]{0,12}".prop_map(|label| label.replace("\\1", "")),
    ];
    let code = prop_oneof![2 => Just(0), 1 => Just(1), 1 => Just(1012), 1 => any::<u32>()];
    prop::collection::vec((any::<prop::sample::Index>(), code, label, 0_u16..900), 0..30)
}

fn any_channel() -> impl Strategy<Value = (Option<Quantization>, Unit)> {
    let grids = [
        None,
        grid(16, 0.1, 0.0),
        grid(16, 0.048_828_126, 0.0),
        grid(24, 0.022_351_745, 0.0),
        grid(32, 0.5, 0.0),
        grid(16, -3.5e-7, 0.0),
        grid(16, 0.5, 3.0),
    ];
    let units = ["uV", "µS", "g", "a,b", "m/s2", "unknown", "count"];
    let unit = prop::sample::select(units.to_vec()).prop_map(|unit| Unit::from(unit.to_owned()));
    (prop::sample::select(grids.to_vec()), unit)
}

/// A recording from position 0 on. Events have whole durations and lie on samples.
pub(crate) fn any_recording() -> impl Strategy<Value = Recording> {
    let rate_hz =
        prop::sample::select(vec![256.0, 250.0, 250.48, 1000.0, 300.0, 12.8, 1.0, 2048.0, 171.3]);
    let label = prop_oneof![
        Just("Oz".to_owned()),
        Just("time".to_owned()),
        Just("marker".to_owned()),
        Just("12".to_owned()),
        Just("a,\"b\" (c)".to_owned()),
        "[A-Za-z0-9µ ,;()-]{0,8}x",
    ];
    let channels = prop::collection::vec((label, any_channel()), 1..5);
    (rate_hz, channels, any_segments(), any_events(), any::<u32>()).prop_map(
        |(rate_hz, channels, segments, events, seed)| {
            let channels = channels.into_iter().enumerate().map(|(i, (label, about))| {
                let (quantization, unit) = about;
                let label = format!("{i}{}", label.trim());
                Channel { label, unit, quantization }
            });
            let stream = stream(rate_hz, channels.collect(), &segments, seed);
            let there: Vec<u64> =
                segments.iter().flat_map(|&(first, len)| first..first + len as u64).collect();
            let events = events.into_iter().map(|(at, code, label, duration)| Event {
                duration: duration.into(),
                ..Event::at(*at.get(&there), code, label)
            });
            Recording::new(vec![stream], events.collect())
        },
    )
}

/// Checks that labels, units, rate, positions and samples are the same, bit for bit.
pub(crate) fn same_samples(read: &Recording, written: &Recording) {
    assert_eq!(read.streams().len(), 1);
    let (found, expected) = (&read.streams()[0], &written.streams()[0]);
    assert_eq!(found.rate_hz(), expected.rate_hz());
    assert_eq!(found.samples().segments(), expected.samples().segments());
    let channels = |stream: &Stream| -> Vec<(String, Unit)> {
        stream.channels().iter().map(|c| (c.label.clone(), c.unit.clone())).collect()
    };
    assert_eq!(channels(found), channels(expected));
    for row in 0..expected.channels().len() {
        let bits = |stream: &Stream| -> Vec<u32> {
            stream.samples().channel(row).iter().map(|sample| sample.to_bits()).collect()
        };
        assert!(bits(found) == bits(expected), "{:?}", expected.channels()[row]);
    }
}

/// The events in an order of their own: formats keep the order of those at one time or do not.
pub(crate) fn sorted(recording: &Recording) -> Vec<(u64, u32, String, u64)> {
    let mut events: Vec<_> = recording
        .events()
        .iter()
        .map(|e| (e.sample, e.code, e.label.clone(), e.duration as u64))
        .collect();
    events.sort();
    events
}
