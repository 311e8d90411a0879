use std::collections::VecDeque;

use super::place::{Placed, Places};
use super::scan::{self, Found, Scanner};
use super::{Frame, Header, Item, Kind, Limits, Notice};

/// Frames out of datagrams, which may be lost, come twice, or overtake each other. Each datagram
/// carries whole frames.
///
/// A frame that comes too early is held back until those before it have come, or until `window`
/// more frames of whatever stream have: what is missing then is told as lost, and left out should it
/// come after all. Frames that come in order are handed on at once and are not copied.
///
/// ```
/// use evoked::frame::{Datagrams, Encoder, Item, Limits, Session, StreamInfo};
/// use evoked::signal::{Channel, Event};
/// let eeg = StreamInfo::new(1, "EEG", 250.0, vec![Channel::microvolts("Oz")]);
/// let session = Session { streams: vec![eeg], ..Session::default() };
/// let mut encoder = Encoder::new(session, Limits::default())?;
/// let mut datagrams = vec![Vec::new(); 3];
/// encoder.session(&mut datagrams[0])?;
/// encoder.events(1, &[Event::at(10, 1, "")], &mut datagrams[1])?;
/// encoder.events(1, &[Event::at(20, 2, "")], &mut datagrams[2])?;
///
/// let mut decoder = Datagrams::from_start(Limits::default(), 16);
/// let mut events = Vec::new();
/// for arriving in [0, 2, 1] {
///     decoder.push(&datagrams[arriving]);
///     while let Some(item) = decoder.next() {
///         let Item::Frame(frame) = item else { panic!("{item:?}") };
///         events.push(frame.header.sample);
///     }
/// }
/// assert_eq!(events, [0, 10, 20]);
/// # Ok::<(), evoked::frame::FrameError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Datagrams {
    limits: Limits,
    window: usize,
    scanner: Scanner,
    places: Places,
    /// Bytes of the datagrams at hand, and where each ends.
    bytes: Vec<u8>,
    ends: VecDeque<usize>,
    used: usize,
    held: Vec<Held>,
    /// Frames that have arrived.
    arrived: u64,
    ended: bool,
    /// The payload handed out last, where it had been held back.
    current: Vec<u8>,
}

/// A frame that came too early.
#[derive(Debug, Clone)]
struct Held {
    header: Header,
    offset: u64,
    payload: Vec<u8>,
    /// Frames that had arrived before it.
    arrival: u64,
}

impl Datagrams {
    /// A decoder that may join in the middle: what came before the first frame of a stream is not
    /// missed. At most `window` frames are held back.
    pub fn new(limits: Limits, window: usize) -> Self {
        Self::with_places(limits, window, Places::new(limits, false))
    }

    /// A decoder of a whole session from its start, so that frames missing there are told as lost.
    pub fn from_start(limits: Limits, window: usize) -> Self {
        Self::with_places(limits, window, Places::new(limits, true))
    }

    fn with_places(limits: Limits, window: usize, places: Places) -> Self {
        Self {
            limits,
            window,
            scanner: Scanner::new(limits),
            places,
            bytes: Vec::new(),
            ends: VecDeque::new(),
            used: 0,
            held: Vec::new(),
            arrived: 0,
            ended: false,
            current: Vec::new(),
        }
    }

    /// Takes the next datagram. Call [`Datagrams::next`] until it returns `None` before pushing
    /// more, else the bytes pile up.
    pub fn push(&mut self, datagram: &[u8]) {
        if self.ends.is_empty() {
            self.bytes.clear();
            self.used = 0;
        }
        self.bytes.extend_from_slice(datagram);
        self.ends.push_back(self.bytes.len());
    }

    /// Says that no datagram will follow for now, so that what is held back comes out. A live
    /// reader does so when nothing has come for a while; it may go on with [`Datagrams::push`].
    pub fn flush(&mut self) {
        self.ended = true;
    }

    /// The next frame or notice; `None` until another datagram is pushed.
    ///
    /// Offsets count the bytes of all datagrams, in the order of their arrival.
    #[allow(clippy::should_implement_trait)] // The item borrows from the decoder.
    pub fn next(&mut self) -> Option<Item<'_>> {
        loop {
            if let Some(place) = self.due() {
                return Some(self.release(place));
            }
            let Some(&end) = self.ends.front() else {
                if let Some(place) = self.ended.then(|| self.first_held()).flatten() {
                    return Some(self.release(place));
                }
                self.ended = false;
                return None;
            };
            let datagram = self.bytes.get(..end).unwrap_or(&[]);
            let header = match self.scanner.next(datagram, &mut self.used, true) {
                Found::Frame(header) => header,
                Found::Notice(notice) => return Some(Item::Notice(notice)),
                Found::Starved => {
                    self.ends.pop_front();
                    continue;
                }
            };
            // Nothing of the old session goes behind the start of a new one.
            if self.places.is_new_session(&header)
                && let Some(place) = self.first_held()
                && !self.places.is_foreign(&self.held[place].header)
            {
                return Some(self.release(place));
            }
            if !self.is_early(&header) {
                return Some(self.hand_on(header));
            }
            if let Some(repeated) = self.hold(header) {
                return Some(Item::Notice(repeated));
            }
        }
    }

    /// Whether the frame at the front came before others that belong before it.
    fn is_early(&self, header: &Header) -> bool {
        let payload = scan::payload(header, self.bytes.get(self.used..).unwrap_or(&[]));
        self.window > 0 && self.places.is_early(header, payload)
    }

    /// Places the frame at the front.
    fn hand_on(&mut self, header: Header) -> Item<'_> {
        let payload = scan::payload(&header, self.bytes.get(self.used..).unwrap_or(&[]));
        let offset = self.scanner.offset();
        let placed = self.places.place(&header, payload);
        if let Placed::Told(notice) = placed {
            return Item::Notice(notice);
        }
        self.arrived += 1;
        self.scanner.consume(header.frame_bytes(), &mut self.used);
        match placed {
            Placed::LeftOut(notice) => Item::Notice(notice),
            _ => Item::Frame(Frame::new(header, offset, payload, self.limits)),
        }
    }

    /// Holds back the frame at the front, unless it is held already.
    fn hold(&mut self, header: Header) -> Option<Notice> {
        let payload = scan::payload(&header, self.bytes.get(self.used..).unwrap_or(&[]));
        let same = |held: &Held| {
            (held.header.stream, held.header.sequence) == (header.stream, header.sequence)
        };
        let repeated = self.held.iter().any(same).then_some(Notice::Duplicate(header));
        if repeated.is_none() {
            let (offset, arrival) = (self.scanner.offset(), self.arrived);
            self.held.push(Held { header, offset, payload: payload.to_vec(), arrival });
        }
        self.arrived += 1;
        self.scanner.consume(header.frame_bytes(), &mut self.used);
        repeated
    }

    /// The place of a held frame whose time has come.
    fn due(&self) -> Option<usize> {
        let is_next = |held: &Held| !self.places.is_early(&held.header, &held.payload);
        let next = self.held.iter().position(is_next);
        next.or_else(|| {
            let waited = |held: &Held| self.arrived - held.arrival > self.window as u64;
            self.held.iter().any(waited).then(|| self.first_held()).flatten()
        })
    }

    /// The place of the held frame to go first when one must: of the stream that has waited
    /// longest, the one with the fewest missing before it; an end frame after all others, and frames
    /// of other sessions last.
    fn first_held(&self) -> Option<usize> {
        let class =
            |held: &Held| (self.places.is_foreign(&held.header), held.header.kind == Kind::End);
        let oldest = self.held.iter().min_by_key(|held| (class(held), held.arrival))?;
        let alike = |held: &Held| {
            class(held) == class(oldest) && held.header.stream == oldest.header.stream
        };
        let alike = self.held.iter().enumerate().filter(|(_, held)| alike(held));
        let first = alike.min_by_key(|(_, held)| self.places.missing_before(&held.header));
        first.map(|(place, _)| place)
    }

    /// Places a frame that was held back.
    fn release(&mut self, place: usize) -> Item<'_> {
        let Held { header, offset, ref payload, .. } = self.held[place];
        match self.places.place(&header, payload) {
            Placed::Told(notice) => Item::Notice(notice),
            Placed::LeftOut(notice) => {
                self.held.swap_remove(place);
                Item::Notice(notice)
            }
            Placed::Next => {
                self.current = self.held.swap_remove(place).payload;
                Item::Frame(Frame::new(header, offset, &self.current, self.limits))
            }
        }
    }
}
