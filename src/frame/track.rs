use super::{Header, Kind};

/// Where the frames of each stream should go on, and what is missing when they do not.
#[derive(Debug, Clone)]
pub(super) struct Tracks {
    tracks: Vec<Track>,
    most: usize,
    tag: Option<u16>,
    /// Whether the first frame of a stream must be its number 0.
    from_start: bool,
}

#[derive(Debug, Clone, Copy)]
struct Track {
    stream: u16,
    next_sequence: u32,
    /// Unknown until the first samples of the stream, or of the session, have been seen.
    next_sample: Option<u64>,
    /// Bit k: the frame k + 1 before `next_sequence` has arrived.
    recent: u64,
}

/// How a frame stands to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is the next one, or nothing can be said.
    Next,
    /// Frames before it are missing; it will be the next one when asked again.
    FramesLost { first: u32, frames: u32 },
    /// Samples before it are missing; it will be the next one when asked again.
    SamplesLost { first: u64, end: u64 },
    /// It has arrived before.
    Duplicate,
    /// It was counted as lost.
    Late,
    /// Its samples lie before those that have arrived.
    Overlap { expected: u64 },
    /// It belongs to another session than the last session frame.
    OtherSession,
    /// There are more streams than the limits allow.
    TooManyStreams,
}

impl Tracks {
    pub(super) fn new(most: usize, from_start: bool) -> Self {
        Self { tracks: Vec::new(), most, tag: None, from_start }
    }

    /// Takes note of an intact frame. Losses are told one at a time: ask again until `Next`.
    pub(super) fn observe(&mut self, header: &Header) -> Standing {
        if self.tag != Some(header.tag) {
            if self.tag.is_some() && header.kind != Kind::Session {
                return Standing::OtherSession;
            }
            self.tracks.clear();
            self.tag = Some(header.tag);
        }
        let Some(track) = self.track(header) else { return Standing::TooManyStreams };
        let ahead = header.sequence.wrapping_sub(track.next_sequence);
        if ahead >= 1 << 31 {
            return track.look_back(header.sequence);
        }
        if ahead > 0 {
            let first = track.next_sequence;
            track.next_sequence = header.sequence;
            track.recent = track.recent.checked_shl(ahead).unwrap_or(0);
            return Standing::FramesLost { first, frames: ahead };
        }
        if header.kind == Kind::Samples {
            match track.next_sample {
                Some(expected) if header.sample < expected => {
                    track.step();
                    return Standing::Overlap { expected };
                }
                Some(expected) if header.sample > expected => {
                    track.next_sample = Some(header.sample);
                    return Standing::SamplesLost { first: expected, end: header.sample };
                }
                _ => track.next_sample = Some(header.end()),
            }
        }
        track.step();
        Standing::Next
    }

    fn track(&mut self, header: &Header) -> Option<&mut Track> {
        if let Some(place) = self.tracks.iter().position(|track| track.stream == header.stream) {
            return self.tracks.get_mut(place);
        }
        // The session itself is one stream more than those the limits speak of.
        if self.tracks.len() > self.most {
            return None;
        }
        self.tracks.push(Track {
            stream: header.stream,
            next_sequence: if self.from_start { 0 } else { header.sequence },
            next_sample: None,
            recent: 0,
        });
        self.tracks.last_mut()
    }
}

impl Track {
    /// What a frame before the next one is. Too far back to know, it counts as seen.
    fn look_back(&mut self, sequence: u32) -> Standing {
        let back = self.next_sequence.wrapping_sub(sequence);
        let Some(bit) = 1_u64.checked_shl(back - 1) else { return Standing::Duplicate };
        if self.recent & bit != 0 {
            return Standing::Duplicate;
        }
        self.recent |= bit;
        Standing::Late
    }

    fn step(&mut self) {
        self.next_sequence = self.next_sequence.wrapping_add(1);
        self.recent = self.recent << 1 | 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(sequence: u32, sample: u64) -> Header {
        let kind = Kind::Samples;
        Header { kind, stream: 1, sequence, payload_bytes: 0, sample, count: 10, tag: 7 }
    }

    #[test]
    fn a_stream_goes_on_across_the_wrap() {
        let mut tracks = Tracks::new(4, false);
        assert_eq!(tracks.observe(&samples(u32::MAX, 50)), Standing::Next);
        assert_eq!(tracks.observe(&samples(0, 60)), Standing::Next);
        assert_eq!(tracks.observe(&samples(u32::MAX, 50)), Standing::Duplicate);
    }

    #[test]
    fn losses_are_told_frames_first() {
        let mut tracks = Tracks::new(4, true);
        assert_eq!(tracks.observe(&samples(0, 0)), Standing::Next);
        let after = samples(3, 30);
        assert_eq!(tracks.observe(&after), Standing::FramesLost { first: 1, frames: 2 });
        assert_eq!(tracks.observe(&after), Standing::SamplesLost { first: 10, end: 30 });
        assert_eq!(tracks.observe(&after), Standing::Next);
        assert_eq!(tracks.observe(&samples(2, 20)), Standing::Late);
        assert_eq!(tracks.observe(&samples(2, 20)), Standing::Duplicate);
        assert_eq!(tracks.observe(&after), Standing::Duplicate);
    }

    #[test]
    fn a_reader_from_the_start_misses_what_was_before_the_first_frame() {
        let mut tracks = Tracks::new(4, true);
        let first = samples(2, 20);
        assert_eq!(tracks.observe(&first), Standing::FramesLost { first: 0, frames: 2 });
        assert_eq!(tracks.observe(&first), Standing::Next);
    }

    #[test]
    fn another_session_starts_with_its_session_frame() {
        let mut tracks = Tracks::new(4, false);
        assert_eq!(tracks.observe(&samples(5, 0)), Standing::Next);
        let other = Header { tag: 8, ..samples(0, 0) };
        assert_eq!(tracks.observe(&other), Standing::OtherSession);
        let session = Header { kind: Kind::Session, stream: 0, ..other };
        assert_eq!(tracks.observe(&session), Standing::Next);
        assert_eq!(tracks.observe(&other), Standing::Next);
    }

    #[test]
    fn samples_that_go_back_are_noticed() {
        let mut tracks = Tracks::new(4, false);
        assert_eq!(tracks.observe(&samples(0, 100)), Standing::Next);
        assert_eq!(tracks.observe(&samples(1, 90)), Standing::Overlap { expected: 110 });
        assert_eq!(tracks.observe(&samples(2, 110)), Standing::Next);
    }
}
