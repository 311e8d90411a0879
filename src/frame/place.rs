use super::track::{Standing, Tracks};
use super::{End, Gap, Header, Kind, Limits, Notice, SamplesView, Session, StreamInfo};

/// Holds each intact frame against those before it.
#[derive(Debug, Clone)]
pub(super) struct Places {
    limits: Limits,
    tracks: Tracks,
}

/// What is to be done with an intact frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Placed {
    /// It is the next one: hand it on.
    Next,
    /// It reveals a loss. Ask again for the same frame.
    Told(Notice),
    /// It has no place.
    LeftOut(Notice),
}

impl Places {
    pub(super) fn new(limits: Limits, from_start: bool) -> Self {
        Self { limits, tracks: Tracks::new(limits.streams, from_start) }
    }

    /// The place of a frame. Losses are told one at a time.
    pub(super) fn place(&mut self, header: &Header, payload: &[u8]) -> Placed {
        let header = *header;
        match self.standing(&header, payload) {
            Standing::Next => Placed::Next,
            Standing::FramesLost { stream, first, frames } => {
                Placed::Told(Notice::FramesLost { stream, first, frames })
            }
            Standing::SamplesLost { stream, first, end } => {
                Placed::Told(Notice::SamplesLost { stream, samples: first..end })
            }
            Standing::Duplicate => Placed::LeftOut(Notice::Duplicate(header)),
            Standing::Late => Placed::LeftOut(Notice::Late(header)),
            Standing::Overlap { expected } => Placed::LeftOut(Notice::Overlap { header, expected }),
            Standing::OtherSession => Placed::LeftOut(Notice::OtherSession(header)),
            Standing::TooManyStreams => Placed::LeftOut(Notice::TooManyStreams(header)),
        }
    }

    /// How many frames of its stream are still missing before a frame; `None` where that cannot be
    /// said, and for a frame from before.
    pub(super) fn missing_before(&self, header: &Header) -> Option<u32> {
        self.tracks.missing_before(header.tag, header.stream, header.sequence)
    }

    /// Whether others may still come that belong before a frame.
    pub(super) fn is_early(&self, header: &Header, payload: &[u8]) -> bool {
        if header.kind == Kind::Session && self.tracks.tag() != Some(header.tag) {
            return false;
        }
        match self.tracks.tag() {
            None if self.tracks.is_from_start() => true,
            Some(tag) if tag != header.tag => true,
            _ => {
                self.missing_before(header) > Some(0)
                    || header.kind == Kind::End && self.is_ahead(header, payload)
            }
        }
    }

    /// Whether frames that an end frame counts have not come.
    fn is_ahead(&self, header: &Header, payload: &[u8]) -> bool {
        End::parse(payload, &self.limits).is_ok_and(|end| {
            let missing = |stream, next| self.tracks.missing_before(header.tag, stream, next);
            end.totals.iter().any(|total| missing(total.stream, total.next_sequence) > Some(0))
        })
    }

    /// Whether a frame starts another session than the one there is.
    pub(super) fn is_new_session(&self, header: &Header) -> bool {
        header.kind == Kind::Session && self.is_foreign(header)
    }

    /// Whether a frame belongs to another session than the one there is.
    pub(super) fn is_foreign(&self, header: &Header) -> bool {
        self.tracks.tag().is_some_and(|tag| tag != header.tag)
    }

    fn standing(&mut self, header: &Header, payload: &[u8]) -> Standing {
        let end = match header.kind {
            // Samples that make no sense are lost, and the next ones tell.
            Kind::Samples => {
                SamplesView::parse(header, payload, &self.limits).ok().map(|_| header.end())
            }
            Kind::Gap => Gap::parse(header, payload).ok().map(|gap| gap.end()),
            _ => None,
        };
        if header.kind == Kind::End
            && header.stream == 0
            && self.tracks.is_next(header)
            && let Ok(end) = End::parse(payload, &self.limits)
            && let Some(lost) = end.totals.iter().find_map(|t| self.tracks.settle(header.tag, t))
        {
            return lost;
        }
        if header.kind == Kind::Session {
            self.tracks.session(header.tag);
        }
        let standing = self.tracks.observe(header, end);
        if header.kind == Kind::Session
            && standing == Standing::Next
            && let Ok(session) = Session::parse(header.tag, payload, &self.limits)
        {
            let start = |info: &StreamInfo| (info.id, info.first_sample);
            self.tracks.describe(session.streams.iter().map(start).collect());
        }
        standing
    }
}
