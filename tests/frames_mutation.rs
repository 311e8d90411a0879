//! Streams changed at random, the same ones in every run, for those without a fuzzer: a reader says
//! what the specification says, pieces change nothing, and datagrams lose no byte untold.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(feature = "formats")]
#![allow(dead_code, reason = "some of the properties are used")]

#[path = "common/frames.rs"]
mod frames;
#[path = "common/mutants.rs"]
mod mutants;
#[path = "common/properties/mod.rs"]
mod properties;

use frames::{eeg_with_events, tiny_frames, two_streams};
use mutants::{Random, mutate};

/// Mutants of each stream.
const MUTANTS: usize = 70_000;
/// Bytes of a mutant at most.
const MOST_BYTES: usize = 2500;
/// Changes a byte in the header of a frame, where the checksum would hide most changes.
fn header_field(bytes: &mut [u8], random: &mut Random) {
    let starts: Vec<_> = bytes.windows(4).enumerate().filter(|(_, w)| *w == b"\x89VEP").collect();
    let starts: Vec<usize> = starts.into_iter().map(|(start, _)| start).collect();
    if let Some(start) = starts.get(random.below(starts.len()))
        && let Some(byte) = bytes.get_mut(start + 4 + random.below(24))
    {
        *byte = random.byte();
    }
}

#[test]
fn mutants_are_read_as_specified() {
    let streams = [eeg_with_events(), two_streams(), tiny_frames()].map(|stream| stream.bytes);
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    for (number, stream) in streams.iter().enumerate() {
        let other = &streams[(number + 1) % streams.len()];
        let mut mutant = stream.clone();
        for round in 0..MUTANTS {
            // Changes pile up, and start anew before nothing is left.
            if round % 8 == 0 {
                mutant.clone_from(stream);
            }
            match random.below(8) {
                0 => header_field(&mut mutant, &mut random),
                _ => mutate(&mut mutant, other, &mut random),
            }
            mutant.truncate(MOST_BYTES);
            let case = [random.below(16) as u8, random.byte()];
            properties::stream::check(&[&case[..], &mutant].concat());
            let case = random.next().to_le_bytes();
            properties::datagrams::check(&[&case[..2], &mutant].concat());
        }
    }
}
