use super::{Header, Total};

/// Where the frames of each stream should go on, and what is missing when they do not.
#[derive(Debug, Clone)]
pub(super) struct Tracks {
    tracks: Vec<Track>,
    most: usize,
    tag: Option<u16>,
    /// Whether the first frame of a stream must be its number 0.
    from_start: bool,
    /// First sample position of the streams, once a session frame has told.
    starts: Option<Vec<(u16, u64)>>,
}

#[derive(Debug, Clone, Copy)]
struct Track {
    stream: u16,
    next_sequence: u32,
    /// Unknown before the first samples to a reader that joined or has seen no session frame.
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
    FramesLost { stream: u16, first: u32, frames: u32 },
    /// Samples before it are missing; it will be the next one when asked again.
    SamplesLost { stream: u16, first: u64, end: u64 },
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
        Self { tracks: Vec::new(), most, tag: None, from_start, starts: None }
    }

    /// Takes note of a session frame, before it is observed itself: a new tag starts all counting
    /// anew. `starts` is where its streams start, unless it makes no sense.
    pub(super) fn session(&mut self, tag: u16, starts: Option<Vec<(u16, u64)>>) {
        if self.tag != Some(tag) {
            self.tracks.clear();
            self.starts = None;
            self.tag = Some(tag);
        }
        self.starts = starts.or_else(|| self.starts.take());
    }

    /// Takes note of an intact frame. Losses are told one at a time: ask again until `Next`.
    ///
    /// `end` is the position after its samples, or after its gap; other kinds have none.
    pub(super) fn observe(&mut self, header: &Header, end: Option<u64>) -> Standing {
        if *self.tag.get_or_insert(header.tag) != header.tag {
            return Standing::OtherSession;
        }
        let stream = header.stream;
        let Some(track) = self.track(stream, header.sequence) else {
            return Standing::TooManyStreams;
        };
        if header.sequence.wrapping_sub(track.next_sequence) >= 1 << 31 {
            return track.look_back(header.sequence);
        }
        if let Some((first, frames)) = track.skip_to(header.sequence) {
            return Standing::FramesLost { stream, first, frames };
        }
        let Some(end) = end else {
            track.step();
            return Standing::Next;
        };
        match track.next_sample {
            Some(expected) if header.sample < expected => {
                track.step();
                Standing::Overlap { expected }
            }
            Some(expected) if header.sample > expected => {
                track.next_sample = Some(header.sample);
                Standing::SamplesLost { stream, first: expected, end: header.sample }
            }
            _ => {
                track.next_sample = Some(end);
                track.step();
                Standing::Next
            }
        }
    }

    /// Holds a stream against what the end frame says of it. Ask again until `None`.
    pub(super) fn settle(&mut self, tag: u16, total: &Total) -> Option<Standing> {
        if self.tag.is_some_and(|own| own != tag) {
            return None;
        }
        self.tag = Some(tag);
        let stream = total.stream;
        let track = self.track(stream, total.next_sequence)?;
        if total.next_sequence.wrapping_sub(track.next_sequence) < 1 << 31
            && let Some((first, frames)) = track.skip_to(total.next_sequence)
        {
            return Some(Standing::FramesLost { stream, first, frames });
        }
        let first = track.next_sample.filter(|&next| next < total.end)?;
        track.next_sample = Some(total.end);
        Some(Standing::SamplesLost { stream, first, end: total.end })
    }

    /// The tag of the session, once a frame has come.
    pub(super) fn tag(&self) -> Option<u16> {
        self.tag
    }

    /// Whether the first frame of a stream must be its number 0.
    pub(super) fn is_from_start(&self) -> bool {
        self.from_start
    }

    /// How many frames are missing before a stream's frame of this number; `None` where that cannot
    /// be said, and for a frame from before.
    pub(super) fn missing_before(&self, tag: u16, stream: u16, sequence: u32) -> Option<u32> {
        if self.tag.is_some_and(|own| own != tag) {
            return None;
        }
        let track = self.tracks.iter().find(|track| track.stream == stream);
        let next = track.map(|track| track.next_sequence);
        let next = next.or_else(|| self.from_start.then_some(0))?;
        Some(sequence.wrapping_sub(next)).filter(|&missing| missing < 1 << 31)
    }

    fn track(&mut self, stream: u16, sequence: u32) -> Option<&mut Track> {
        if let Some(place) = self.tracks.iter().position(|track| track.stream == stream) {
            return self.tracks.get_mut(place);
        }
        // The session itself is one stream more than those the limits speak of.
        if self.tracks.len() > self.most {
            return None;
        }
        let start = self.starts.iter().flatten().find(|(id, _)| *id == stream);
        self.tracks.push(Track {
            stream,
            next_sequence: if self.from_start { 0 } else { sequence },
            next_sample: start.filter(|_| self.from_start).map(|&(_, position)| position),
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

    /// Moves on to a frame that is not behind; the frames in between are lost.
    fn skip_to(&mut self, sequence: u32) -> Option<(u32, u32)> {
        let first = self.next_sequence;
        let frames = sequence.wrapping_sub(first);
        self.next_sequence = sequence;
        self.recent = self.recent.checked_shl(frames).unwrap_or(0);
        (frames > 0).then_some((first, frames))
    }

    fn step(&mut self) {
        self.next_sequence = self.next_sequence.wrapping_add(1);
        self.recent = self.recent << 1 | 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    fn samples(sequence: u32, sample: u64) -> Header {
        let kind = Kind::Samples;
        Header { kind, stream: 1, sequence, payload_bytes: 0, sample, count: 10, tag: 7 }
    }

    fn see(tracks: &mut Tracks, header: &Header) -> Standing {
        tracks.observe(header, (header.kind == Kind::Samples).then(|| header.end()))
    }

    #[test]
    fn the_end_tells_what_was_lost_before_it() {
        let mut tracks = Tracks::new(4, true);
        assert_eq!(see(&mut tracks, &samples(0, 0)), Standing::Next);
        let total = Total { stream: 1, next_sequence: 3, end: 25 };
        let frames = Standing::FramesLost { stream: 1, first: 1, frames: 2 };
        assert_eq!(tracks.settle(7, &total), Some(frames));
        let lost = Standing::SamplesLost { stream: 1, first: 10, end: 25 };
        assert_eq!(tracks.settle(7, &total), Some(lost));
        assert_eq!(tracks.settle(7, &total), None);
    }

    #[test]
    fn streams_may_start_later_than_at_zero() {
        let mut tracks = Tracks::new(4, true);
        tracks.session(7, Some(vec![(1, 100)]));
        assert_eq!(see(&mut tracks, &samples(0, 100)), Standing::Next);
    }

    #[test]
    fn a_stream_goes_on_across_the_wrap() {
        let mut tracks = Tracks::new(4, false);
        assert_eq!(see(&mut tracks, &samples(u32::MAX, 50)), Standing::Next);
        assert_eq!(see(&mut tracks, &samples(0, 60)), Standing::Next);
        assert_eq!(see(&mut tracks, &samples(u32::MAX, 50)), Standing::Duplicate);
    }

    #[test]
    fn losses_are_told_frames_first() {
        let mut tracks = Tracks::new(4, true);
        assert_eq!(see(&mut tracks, &samples(0, 0)), Standing::Next);
        let after = samples(3, 30);
        assert_eq!(
            see(&mut tracks, &after),
            Standing::FramesLost { stream: 1, first: 1, frames: 2 }
        );
        assert_eq!(
            see(&mut tracks, &after),
            Standing::SamplesLost { stream: 1, first: 10, end: 30 }
        );
        assert_eq!(see(&mut tracks, &after), Standing::Next);
        assert_eq!(see(&mut tracks, &samples(2, 20)), Standing::Late);
        assert_eq!(see(&mut tracks, &samples(2, 20)), Standing::Duplicate);
        assert_eq!(see(&mut tracks, &after), Standing::Duplicate);
    }

    #[test]
    fn a_reader_from_the_start_misses_what_was_before_the_first_frame() {
        let first = samples(2, 20);
        let frames = Standing::FramesLost { stream: 1, first: 0, frames: 2 };
        let mut tracks = Tracks::new(4, true);
        assert_eq!(see(&mut tracks, &first), frames);
        assert_eq!(see(&mut tracks, &first), Standing::Next);

        let mut tracks = Tracks::new(4, true);
        tracks.session(7, Some(vec![(1, 5)]));
        assert_eq!(see(&mut tracks, &first), frames);
        let lost = Standing::SamplesLost { stream: 1, first: 5, end: 20 };
        assert_eq!(see(&mut tracks, &first), lost);
        assert_eq!(see(&mut tracks, &first), Standing::Next);
    }

    #[test]
    fn another_session_starts_with_its_session_frame() {
        let mut tracks = Tracks::new(4, false);
        assert_eq!(see(&mut tracks, &samples(5, 0)), Standing::Next);
        let other = Header { tag: 8, ..samples(0, 0) };
        assert_eq!(see(&mut tracks, &other), Standing::OtherSession);
        tracks.session(8, None);
        let session = Header { kind: Kind::Session, stream: 0, ..other };
        assert_eq!(see(&mut tracks, &session), Standing::Next);
        assert_eq!(see(&mut tracks, &other), Standing::Next);
    }

    #[test]
    fn a_session_that_makes_no_sense_starts_where_none_is_known() {
        let mut tracks = Tracks::new(4, true);
        tracks.session(6, Some(vec![(1, 5)]));
        tracks.session(7, None);
        assert_eq!(see(&mut tracks, &samples(0, 20)), Standing::Next);
    }

    #[test]
    fn samples_that_go_back_are_noticed() {
        let mut tracks = Tracks::new(4, false);
        assert_eq!(see(&mut tracks, &samples(0, 100)), Standing::Next);
        assert_eq!(see(&mut tracks, &samples(1, 90)), Standing::Overlap { expected: 110 });
        assert_eq!(see(&mut tracks, &samples(2, 110)), Standing::Next);
    }
}
