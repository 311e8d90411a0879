//! The chapter "Reading" of the specification, written down plainly and slowly: what a reader has
//! to say about some bytes.

use std::collections::{BTreeMap, BTreeSet};

use evoked::frame::{Content, Header, Item, Kind, Limits, Notice, Reader};

/// What a reader must say.
#[derive(Debug, PartialEq)]
pub(crate) enum Expected {
    Frame {
        header: Header,
        offset: u64,
    },
    Notice(Notice),
    /// A frame from so long ago that it may be called a duplicate or late.
    Old(Header),
}

impl Expected {
    pub(crate) fn is(&self, item: &Item<'_>) -> bool {
        match (self, item) {
            (Self::Frame { header, offset }, Item::Frame(frame)) => {
                (*header, *offset) == (frame.header, frame.offset)
            }
            (Self::Notice(expected), Item::Notice(notice)) => expected == notice,
            (Self::Old(header), Item::Notice(Notice::Duplicate(found) | Notice::Late(found))) => {
                header == found
            }
            _ => false,
        }
    }
}

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ (0x82F6_3B78 * (crc & 1));
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

/// CRC-32C of several pieces, one after the other.
pub(crate) fn crc32c(pieces: &[&[u8]]) -> u32 {
    let step = |crc: u32, &byte: &u8| (crc >> 8) ^ TABLE[usize::from(crc as u8 ^ byte)];
    !pieces.iter().copied().flatten().fold(u32::MAX, step)
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// What stands at the front of some bytes.
enum Front {
    Frame(Header),
    OtherVersion(u8),
    Nothing,
}

fn front(bytes: &[u8], limits: &Limits) -> Front {
    let good = bytes.len() >= 32
        && bytes.starts_with(b"\x89VEP")
        && number(&bytes[28..32]) == u64::from(crc32c(&[&bytes[..28]]));
    if !good {
        return Front::Nothing;
    }
    if bytes[4] != 1 {
        return Front::OtherVersion(bytes[4]);
    }
    let header = Header {
        kind: Kind::from(bytes[5]),
        stream: number(&bytes[6..8]) as u16,
        sequence: number(&bytes[8..12]) as u32,
        payload_bytes: number(&bytes[12..16]) as u32,
        sample: number(&bytes[16..24]),
        count: number(&bytes[24..26]) as u16,
        tag: number(&bytes[26..28]) as u16,
    };
    let end = 32 + header.payload_bytes as usize;
    let whole = header.payload_bytes <= limits.payload_bytes && bytes.len() >= end + 4;
    if whole && number(&bytes[end..end + 4]) == u64::from(crc32c(&[&bytes[..28], &bytes[32..end]]))
    {
        return Front::Frame(header);
    }
    Front::Nothing
}

/// Everything a reader says about these bytes.
pub(crate) fn read(bytes: &[u8], limits: &Limits, from_start: bool) -> Vec<Expected> {
    let mut model = Model { limits: *limits, from_start, ..Model::default() };
    let (mut at, mut damage) = (0, None);
    while at < bytes.len() {
        let front = front(&bytes[at..], limits);
        if let (Some(start), false) = (damage, matches!(front, Front::Nothing)) {
            model.say(Notice::Damaged { bytes: start..at as u64 });
            damage = None;
        }
        match front {
            Front::Frame(header) => {
                let frame = &bytes[at..at + header.frame_bytes()];
                model.frame(header, at as u64, frame);
                at += frame.len();
                continue;
            }
            Front::OtherVersion(version) => {
                model.say(Notice::OtherVersion { offset: at as u64, version });
            }
            Front::Nothing => {}
        }
        damage.get_or_insert(at as u64);
        at += 1;
    }
    if let Some(start) = damage {
        model.say(Notice::Damaged { bytes: start..at as u64 });
    }
    model.said
}

#[derive(Default)]
struct Model {
    limits: Limits,
    from_start: bool,
    said: Vec<Expected>,
    tag: Option<u16>,
    /// First position of each stream, once a session frame has told.
    first_samples: Option<BTreeMap<u16, u64>>,
    streams: BTreeMap<u16, Progress>,
}

struct Progress {
    next_sequence: u32,
    next_position: Option<u64>,
    /// Those of the last frames that came.
    came: BTreeSet<u32>,
}

impl Progress {
    fn advance(&mut self, next: u32) {
        self.next_sequence = next;
        self.came.retain(|&sequence| next.wrapping_sub(sequence) <= 64);
    }
}

impl Model {
    fn say(&mut self, notice: Notice) {
        self.said.push(Expected::Notice(notice));
    }

    fn frame(&mut self, header: Header, offset: u64, frame: &[u8]) {
        let payload = &frame[32..frame.len() - 4];
        if self.tag.is_some_and(|tag| tag != header.tag) {
            if header.kind != Kind::Session {
                return self.say(Notice::OtherSession(header));
            }
            self.streams.clear();
            self.first_samples = None;
        }
        self.tag = Some(header.tag);
        if !self.knows(header.stream, header.sequence) {
            return self.say(Notice::TooManyStreams(header));
        }
        if self.sequence(&header) && self.position(&header, payload) {
            match header.kind {
                Kind::Session => self.session(frame),
                Kind::End if header.stream == 0 => self.end(payload),
                _ => {}
            }
            self.said.push(Expected::Frame { header, offset });
        }
    }

    /// Whether a stream is known, or new and one more is allowed.
    fn knows(&mut self, stream: u16, sequence: u32) -> bool {
        // The session itself, stream 0, is none of those the limit speaks of.
        let room = self.streams.len() <= self.limits.streams;
        if !room && !self.streams.contains_key(&stream) {
            return false;
        }
        let first = self.first_samples.iter().flatten().find(|(id, _)| **id == stream);
        let first = first.filter(|_| self.from_start);
        self.streams.entry(stream).or_insert(Progress {
            next_sequence: if self.from_start { 0 } else { sequence },
            next_position: first.map(|(_, first)| *first),
            came: BTreeSet::new(),
        });
        true
    }

    /// Whether it is not from before.
    fn sequence(&mut self, header: &Header) -> bool {
        let Header { stream, sequence, .. } = *header;
        let Some(progress) = self.streams.get_mut(&stream) else { return false };
        let first = progress.next_sequence;
        let frames = sequence.wrapping_sub(first);
        if frames >= 1 << 31 {
            let came_twice = !progress.came.insert(sequence);
            self.said.push(match first.wrapping_sub(sequence) {
                65.. => Expected::Old(*header),
                _ if came_twice => Expected::Notice(Notice::Duplicate(*header)),
                _ => Expected::Notice(Notice::Late(*header)),
            });
            return false;
        }
        progress.came.insert(sequence);
        progress.advance(sequence.wrapping_add(1));
        if frames > 0 {
            self.say(Notice::FramesLost { stream, first, frames });
        }
        true
    }

    /// Whether its samples do not lie before those that came.
    fn position(&mut self, header: &Header, payload: &[u8]) -> bool {
        let missing = || number(payload.get(..8).unwrap_or(&[]));
        let end = match header.kind {
            Kind::Samples if self.makes_sense(header, payload) => {
                Some(header.sample + u64::from(header.count))
            }
            Kind::Gap if payload.len() == 12 => header.sample.checked_add(missing()),
            _ => None,
        };
        let Some(progress) = self.streams.get_mut(&header.stream) else { return false };
        let (Some(end), expected) = (end, progress.next_position) else { return true };
        let expected = expected.unwrap_or(header.sample);
        if header.sample < expected {
            self.say(Notice::Overlap { header: *header, expected });
            return false;
        }
        progress.next_position = Some(end);
        if header.sample > expected {
            let samples = expected..header.sample;
            self.say(Notice::SamplesLost { stream: header.stream, samples });
        }
        true
    }

    /// Whether samples are in a known encoding and layout, and exactly as long as they say.
    fn makes_sense(&self, header: &Header, payload: &[u8]) -> bool {
        let width = match payload.first() {
            Some(1) => 2,
            Some(2) => 3,
            Some(3 | 4) => 4,
            _ => return false,
        };
        let channels = number(payload.get(2..4).unwrap_or(&[])) as usize;
        payload.get(1) == Some(&0)
            && (1..=self.limits.channels).contains(&channels)
            && header.count <= self.limits.samples
            && header.sample.checked_add(u64::from(header.count)).is_some()
            && payload.len() == 4 + channels * usize::from(header.count) * width
    }

    fn session(&mut self, frame: &[u8]) {
        for item in Reader::joining(frame, self.limits) {
            if let Item::Frame(frame) = item
                && let Ok(Content::Session(session)) = frame.content()
            {
                let first = session.streams.iter().map(|info| (info.id, info.first_sample));
                self.first_samples.get_or_insert_with(|| first.collect());
            }
        }
    }

    fn end(&mut self, payload: &[u8]) {
        let totals: Vec<_> = payload.get(8..).unwrap_or(&[]).chunks(14).collect();
        let ids: BTreeSet<_> = totals.iter().map(|total| total.get(..2)).collect();
        let whole = payload.len() >= 8 && (payload.len() - 8).is_multiple_of(14);
        let of_the_session = ids.contains(&Some(&[0, 0]));
        if !whole
            || of_the_session
            || ids.len() < totals.len()
            || totals.len() > self.limits.streams
        {
            return;
        }
        for total in totals {
            let (stream, next) = (number(&total[..2]) as u16, number(&total[2..6]) as u32);
            self.settle(stream, next, number(&total[6..]));
        }
    }

    fn settle(&mut self, stream: u16, next_sequence: u32, end: u64) {
        if !self.knows(stream, next_sequence) {
            return;
        }
        let Some(progress) = self.streams.get_mut(&stream) else { return };
        let (first, position) = (progress.next_sequence, progress.next_position);
        let frames = next_sequence.wrapping_sub(first);
        let frames = if frames < 1 << 31 { frames } else { 0 };
        progress.advance(first.wrapping_add(frames));
        progress.next_position = position.map(|position| position.max(end));
        if frames > 0 {
            self.say(Notice::FramesLost { stream, first, frames });
        }
        if let Some(position) = position.filter(|&position| position < end) {
            self.say(Notice::SamplesLost { stream, samples: position..end });
        }
    }
}
