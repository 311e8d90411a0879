use super::place::{Placed, Places};
use super::scan::{self, Found, Scanner};
use super::{Frame, Header, Item, Limits, Notice};

/// The state of a reader between two frames. It holds no bytes: see [`Reader`] and [`Decoder`].
#[derive(Debug, Clone)]
struct Machine {
    limits: Limits,
    scanner: Scanner,
    places: Places,
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
        let places = Places::new(limits, from_start);
        Self { limits, scanner: Scanner::new(limits), places }
    }

    /// Looks at `bytes[*used..]`, and moves `used` past what is done with.
    fn step(&mut self, bytes: &[u8], used: &mut usize, ended: bool) -> Step {
        let header = match self.scanner.next(bytes, used, ended) {
            Found::Frame(header) => header,
            Found::Notice(notice) => return Step::Notice(notice),
            Found::Starved => return Step::Starved,
        };
        let payload = scan::payload(&header, bytes.get(*used..).unwrap_or(&[]));
        match self.places.place(&header, payload) {
            Placed::Next => Step::Frame(header),
            // The frame stays where it is and will be met again.
            Placed::Told(notice) => Step::Notice(notice),
            Placed::LeftOut(notice) => {
                self.scanner.consume(header.frame_bytes(), used);
                Step::Notice(notice)
            }
        }
    }

    fn frame<'a>(&mut self, header: Header, bytes: &'a [u8], used: &mut usize) -> Item<'a> {
        let payload = scan::payload(&header, bytes.get(*used..).unwrap_or(&[]));
        let frame = Frame::new(header, self.scanner.offset(), payload, self.limits);
        self.scanner.consume(header.frame_bytes(), used);
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

    /// Says that no byte will follow, so that the remains can be judged. A reader that connects anew
    /// may go on with [`Decoder::push`] once [`Decoder::next`] has returned `None`: what is missing
    /// between the two connections is told.
    pub fn finish(&mut self) {
        self.ended = true;
    }

    /// The next frame or notice; `None` until more bytes are pushed.
    #[allow(clippy::should_implement_trait)] // The item borrows from the decoder.
    pub fn next(&mut self) -> Option<Item<'_>> {
        match self.machine.step(&self.buffer, &mut self.used, self.ended) {
            Step::Frame(header) => Some(self.machine.frame(header, &self.buffer, &mut self.used)),
            Step::Notice(notice) => Some(Item::Notice(notice)),
            Step::Starved => {
                self.ended = false;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Encoder, Session, StreamInfo};
    use crate::signal::{Channel, Event};

    #[test]
    fn counting_goes_on_in_another_connection() {
        let stream = StreamInfo::new(1, "EEG", 250.0, vec![Channel::microvolts("Oz")]);
        let session = Session { streams: vec![stream], ..Session::default() };
        let mut encoder = Encoder::new(session, Limits::default()).unwrap();
        let mut frames = vec![Vec::new(); 5];
        encoder.session(&mut frames[0]).unwrap();
        for (sample, frame) in (0..).zip(&mut frames[1..]) {
            encoder.events(1, &[Event::at(sample, 1, "")], frame).unwrap();
        }
        let mut decoder = Decoder::new(Limits::default());
        let items = |decoder: &mut Decoder| {
            let mut items = Vec::new();
            while let Some(item) = decoder.next() {
                items.push(match item {
                    Item::Frame(frame) => Ok(frame.header.sequence),
                    Item::Notice(notice) => Err(notice),
                });
            }
            items
        };
        [&frames[0][..], &frames[1], &frames[2][..9]].iter().for_each(|bytes| decoder.push(bytes));
        assert_eq!(items(&mut decoder), [Ok(0), Ok(0)]);
        decoder.finish();
        let there = (frames[0].len() + frames[1].len()) as u64;
        assert_eq!(items(&mut decoder), [Err(Notice::Damaged { bytes: there..there + 9 })]);
        [&frames[4][..20], &frames[4][20..]].iter().for_each(|bytes| decoder.push(bytes));
        let lost = Notice::FramesLost { stream: 1, first: 1, frames: 2 };
        assert_eq!(items(&mut decoder), [Err(lost), Ok(3)]);
    }
}
