//! Changes at random, the same ones in every run.

/// Numbers that lie at the ends of something.
const EDGES: [u8; 9] = [0, 1, 2, 4, 0x7F, 0x80, 0x89, 0xFE, 0xFF];

pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Below `end`; 0 where that is 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() >> 16) as usize % end.max(1)
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let edge = EDGES[self.below(EDGES.len())];
        if self.below(2) == 0 { edge } else { self.next() as u8 }
    }
}

/// Changes bytes in one of the ways of a bad line, disk or program.
pub(crate) fn mutate(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let at = random.below(bytes.len());
    let len = 1 + random.below(64);
    let end = (at + len).min(bytes.len());
    match random.below(7) {
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
        _ => {
            let from = random.below(other.len());
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
    }
}
