use std::ops::Range;

use super::ledger::Ledger;
use super::scan::{self, Front};
use super::track::{Standing, Tracks};
use super::{
    ClockView, DecisionView, End, EventsView, FrameError, Gap, Header, Index, Kind, Limits,
    SamplesView, Session, StreamInfo,
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

/// What comes out of a stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Item<'a> {
    /// An intact frame, each once and in order.
    Frame(Frame<'a>),
    /// Something that is not as it should be.
    Notice(Notice),
}

/// Something in a stream that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// Bytes between two intact frames that are no intact frame.
    Damaged {
        /// Bytes from the start of the stream.
        bytes: Range<u64>,
    },
    /// A frame of another major version.
    OtherVersion {
        /// Bytes from the start of the stream.
        offset: u64,
        /// The version it claims.
        version: u8,
    },
    /// Frames of a stream that did not arrive.
    FramesLost {
        /// The stream.
        stream: u16,
        /// Sequence number of the first.
        first: u32,
        /// How many.
        frames: u32,
    },
    /// Samples of a stream that did not arrive.
    SamplesLost {
        /// The stream.
        stream: u16,
        /// Their positions.
        samples: Range<u64>,
    },
    /// A frame that arrived before, and is left out.
    Duplicate(Header),
    /// A frame that arrived after later ones and was told as lost; it is left out.
    Late(Header),
    /// Samples that lie before those that have arrived; the frame is left out.
    Overlap {
        /// The frame.
        header: Header,
        /// Lowest position possible.
        expected: u64,
    },
    /// A frame of another session than the last session frame; it is left out.
    OtherSession(Header),
    /// A frame of one stream more than the limits allow; it is left out.
    TooManyStreams(Header),
}

/// The state of a reader between two frames. It holds no bytes: see [`Reader`] and [`Decoder`].
#[derive(Debug, Clone)]
struct Machine {
    limits: Limits,
    tracks: Tracks,
    ledger: Ledger,
    /// Bytes of the stream that are done with.
    offset: u64,
    /// Where the bytes that are no frame began.
    damage: Option<u64>,
}

/// What the machine made of the bytes at hand.
enum Step {
    /// A frame, intact and in order; its bytes are still to be consumed.
    Frame(Header),
    Notice(Notice),
    /// Nothing can be said without more bytes.
    Starved,
}

impl Machine {
    fn new(limits: Limits, from_start: bool) -> Self {
        let tracks = Tracks::new(limits.streams, from_start);
        Self { limits, tracks, ledger: Ledger::default(), offset: 0, damage: None }
    }

    /// Looks at `bytes[*used..]`, and moves `used` past what is done with.
    ///
    /// `ended` says that no byte will follow, so that a frame cut short is damage.
    fn step(&mut self, bytes: &[u8], used: &mut usize, ended: bool) -> Step {
        loop {
            let here = bytes.get(*used..).unwrap_or(&[]);
            let front = match scan::front(here, self.offset, &self.limits, &mut self.ledger) {
                Front::More(_) if ended && !here.is_empty() => scan::skip(here),
                front => front,
            };
            match front {
                Front::More(_) => match self.damage.take() {
                    Some(start) if ended => return self.damaged(start),
                    open => {
                        self.damage = open;
                        return Step::Starved;
                    }
                },
                Front::Skip(garbage) => {
                    self.damage.get_or_insert(self.offset);
                    self.consume(garbage, used);
                }
                Front::OtherVersion(version) => {
                    if let Some(start) = self.damage.take() {
                        return self.damaged(start);
                    }
                    let offset = self.offset;
                    self.damage = Some(offset);
                    self.consume(1, used);
                    return Step::Notice(Notice::OtherVersion { offset, version });
                }
                Front::Frame(header) => {
                    if let Some(start) = self.damage.take() {
                        return self.damaged(start);
                    }
                    return self.place(header, here, used);
                }
            }
        }
    }

    fn damaged(&self, start: u64) -> Step {
        Step::Notice(Notice::Damaged { bytes: start..self.offset })
    }

    fn consume(&mut self, bytes: usize, used: &mut usize) {
        *used += bytes;
        self.offset += bytes as u64;
    }

    fn place(&mut self, header: Header, frame: &[u8], used: &mut usize) -> Step {
        let notice = match self.standing(&header, scan::payload(&header, frame)) {
            Standing::Next => return Step::Frame(header),
            // The frame itself stays where it is and will be met again.
            Standing::FramesLost { stream, first, frames } => {
                return Step::Notice(Notice::FramesLost { stream, first, frames });
            }
            Standing::SamplesLost { stream, first, end } => {
                return Step::Notice(Notice::SamplesLost { stream, samples: first..end });
            }
            Standing::Duplicate => Notice::Duplicate(header),
            Standing::Late => Notice::Late(header),
            Standing::Overlap { expected } => Notice::Overlap { header, expected },
            Standing::OtherSession => Notice::OtherSession(header),
            Standing::TooManyStreams => Notice::TooManyStreams(header),
        };
        self.consume(header.frame_bytes(), used);
        Step::Notice(notice)
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
            && let Ok(end) = End::parse(payload, &self.limits)
            && let Some(lost) = end.totals.iter().find_map(|t| self.tracks.settle(header.tag, t))
        {
            return lost;
        }
        if header.kind == Kind::Session {
            let session = Session::parse(header.tag, payload, &self.limits).ok();
            let start = |info: &StreamInfo| (info.id, info.first_sample);
            let starts = session.map(|session| session.streams.iter().map(start).collect());
            self.tracks.session(header.tag, starts);
        }
        self.tracks.observe(header, end)
    }

    fn frame<'a>(&mut self, header: Header, bytes: &'a [u8], used: &mut usize) -> Item<'a> {
        let payload = scan::payload(&header, bytes.get(*used..).unwrap_or(&[]));
        let frame = Frame { header, offset: self.offset, payload, limits: self.limits };
        self.consume(header.frame_bytes(), used);
        Item::Frame(frame)
    }
}

/// Frames out of bytes that are all at hand: a file in memory or mapped. Copies nothing.
///
/// ```
/// use evoked::frame::{Encoder, Item, Limits, Reader, Session};
/// let mut encoder = Encoder::new(Session::default(), Limits::default())?;
/// let mut bytes = b"noise".to_vec();
/// encoder.session(&mut bytes)?;
/// let mut reader = Reader::new(&bytes, Limits::default());
/// assert!(matches!(reader.next(), Some(Item::Notice(_))));
/// assert!(matches!(reader.next(), Some(Item::Frame(frame)) if frame.offset == 5));
/// assert!(reader.next().is_none());
/// # Ok::<(), evoked::frame::FrameError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    machine: Machine,
    bytes: &'a [u8],
    used: usize,
}

impl<'a> Reader<'a> {
    /// A reader of a whole stream from its start, so that frames missing there are told as lost.
    pub fn new(bytes: &'a [u8], limits: Limits) -> Self {
        Self { machine: Machine::new(limits, true), bytes, used: 0 }
    }

    /// A reader that joins in the middle: what came before its first frame is not missed.
    pub fn joining(bytes: &'a [u8], limits: Limits) -> Self {
        Self { machine: Machine::new(limits, false), bytes, used: 0 }
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        match self.machine.step(self.bytes, &mut self.used, true) {
            Step::Frame(header) => Some(self.machine.frame(header, self.bytes, &mut self.used)),
            Step::Notice(notice) => Some(Item::Notice(notice)),
            Step::Starved => None,
        }
    }
}

/// Frames out of bytes that come in pieces of any size. It does no I/O, and however the pieces are
/// cut, the same items come out.
///
/// It holds at most two frames and the last piece.
///
/// ```
/// use evoked::frame::{Decoder, Encoder, Item, Limits, Session};
/// let mut encoder = Encoder::new(Session::default(), Limits::default())?;
/// let mut bytes = Vec::new();
/// encoder.session(&mut bytes)?;
///
/// let mut decoder = Decoder::new(Limits::default());
/// let mut frames = 0;
/// for piece in bytes.chunks(3) {
///     decoder.push(piece);
///     while let Some(item) = decoder.next() {
///         frames += usize::from(matches!(item, Item::Frame(_)));
///     }
/// }
/// assert_eq!(frames, 1);
/// # Ok::<(), evoked::frame::FrameError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Decoder {
    machine: Machine,
    buffer: Vec<u8>,
    used: usize,
    ended: bool,
}

impl Decoder {
    /// A decoder that may join in the middle: what came before its first frame is not missed.
    pub fn new(limits: Limits) -> Self {
        Self::with_machine(Machine::new(limits, false))
    }

    /// A decoder of a whole stream from its start, so that frames missing there are told as lost.
    pub fn from_start(limits: Limits) -> Self {
        Self::with_machine(Machine::new(limits, true))
    }

    fn with_machine(machine: Machine) -> Self {
        Self { machine, buffer: Vec::new(), used: 0, ended: false }
    }

    /// Takes the next bytes of the stream. Call [`Decoder::next`] until it returns `None` before
    /// pushing more, else the bytes pile up.
    pub fn push(&mut self, bytes: &[u8]) {
        // Moving the rest to the front costs as much as the rest is long.
        if self.used >= self.buffer.len() / 2 {
            self.buffer.drain(..self.used);
            self.used = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Says that no byte will follow, so that the remains can be judged.
    pub fn finish(&mut self) {
        self.ended = true;
    }

    /// The next frame or notice; `None` until more bytes are pushed.
    #[allow(clippy::should_implement_trait)] // The item borrows from the decoder.
    pub fn next(&mut self) -> Option<Item<'_>> {
        match self.machine.step(&self.buffer, &mut self.used, self.ended) {
            Step::Frame(header) => Some(self.machine.frame(header, &self.buffer, &mut self.used)),
            Step::Notice(notice) => Some(Item::Notice(notice)),
            Step::Starved => None,
        }
    }
}
