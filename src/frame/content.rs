use super::{
    ClockView, DecisionView, End, EventsView, FrameError, Gap, Header, Index, Kind, Limits,
    SamplesView, Session,
};

/// One intact frame: a view into the received bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame<'a> {
    /// The fixed part.
    pub header: Header,
    /// Bytes from the start of the stream to the frame.
    pub offset: u64,
    payload: &'a [u8],
    limits: Limits,
}

/// What a frame says.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Content<'a> {
    /// Channels, rates, scaling, codebook, metadata.
    Session(Box<Session>),
    /// Channels × samples.
    Samples(SamplesView<'a>),
    /// Events on the clock of the frame's stream.
    Events(EventsView<'a>),
    /// A target, its scores, when it was taken.
    Decision(DecisionView<'a>),
    /// Device time against host time.
    Clock(ClockView<'a>),
    /// Samples that the writer knows to be missing.
    Gap(Gap),
    /// Where things are in a file.
    Index(Index),
    /// The regular end of the session, and what it held.
    End(End),
    /// A kind of a later version: to be skipped.
    Unknown,
}

impl<'a> Frame<'a> {
    pub(super) fn new(header: Header, offset: u64, payload: &'a [u8], limits: Limits) -> Self {
        Self { header, offset, payload, limits }
    }

    /// The payload as it was received.
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// What the frame says.
    ///
    /// # Errors
    /// A payload that does not follow the specification, though it arrived as it was written.
    pub fn content(&self) -> Result<Content<'a>, FrameError> {
        let (header, payload, limits) = (&self.header, self.payload, &self.limits);
        Ok(match header.kind {
            Kind::Session => {
                Content::Session(Box::new(Session::parse(header.tag, payload, limits)?))
            }
            Kind::Samples => Content::Samples(SamplesView::parse(header, payload, limits)?),
            Kind::Event => Content::Events(EventsView::parse(header, payload, limits)?),
            Kind::Decision => Content::Decision(DecisionView::parse(header, payload)?),
            Kind::Clock => Content::Clock(ClockView::parse(header, payload)?),
            Kind::Gap => Content::Gap(Gap::parse(header, payload)?),
            Kind::Index => Content::Index(Index::parse(payload)?),
            Kind::End => Content::End(End::parse(payload, limits)?),
            Kind::Unknown(_) => Content::Unknown,
        })
    }
}
