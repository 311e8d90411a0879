//! Streams changed at random, the same ones in every run, for those without a fuzzer: a reader says
//! what the specification says, pieces change nothing, and datagrams lose no byte untold.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(feature = "formats")]
#![allow(dead_code, reason = "some of the properties are used")]

#[path = "common/frames.rs"]
mod frames;
#[path = "common/properties/mod.rs"]
mod properties;

use frames::{eeg_with_events, tiny_frames, two_streams};

/// Mutants of each stream.
const MUTANTS: usize = 70_000;
/// Bytes of a mutant at most.
const MOST_BYTES: usize = 2500;
/// Numbers that lie at the ends of something.
const EDGES: [u8; 9] = [0, 1, 2, 4, 0x7F, 0x80, 0x89, 0xFE, 0xFF];

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Below `end`; 0 where that is 0.
    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 16) as usize % end.max(1)
    }

    fn byte(&mut self) -> u8 {
        let edge = EDGES[self.below(EDGES.len())];
        if self.below(2) == 0 { edge } else { self.next() as u8 }
    }
}

/// Changes bytes in one of the ways of a bad line, disk or program.
fn mutate(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let at = random.below(bytes.len());
    let len = 1 + random.below(64);
    let end = (at + len).min(bytes.len());
    match random.below(8) {
        0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
        1 if !bytes.is_empty() => bytes[at] = random.byte(),
        2 => drop(bytes.drain(at..end)),
        3 => drop(bytes.splice(at..at, (0..len).map(|_| random.byte()))),
        4 => {
            let to = random.below(bytes.len() - (end - at));
            bytes.copy_within(at..end, to);
        }
        5 => {
            let from = random.below(other.len());
            let piece = &other[from..(from + 4 * len).min(other.len())];
            drop(bytes.splice(at..at, piece.iter().copied()));
        }
        6 => {
            let from = random.below(other.len());
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
        _ => header_field(bytes, random),
    }
    bytes.truncate(MOST_BYTES);
}

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
            mutate(&mut mutant, other, &mut random);
            let case = [random.below(16) as u8, random.byte()];
            properties::stream::check(&[&case[..], &mutant].concat());
            let case = random.next().to_le_bytes();
            properties::datagrams::check(&[&case[..2], &mutant].concat());
        }
    }
}
