//! What the chunks of a file hold, before anything is made of it.

use super::header::{Header, Shape};
use super::walk::Sink;

/// Everything but the values of numeric samples.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// The file's header: names and texts.
    pub facts: Vec<(String, String)>,
    pub streams: Vec<Raw>,
    /// Where the values of all streams' samples are, in the order of the file.
    pub runs: Vec<Run>,
}

/// How far a stream was read at some point, so that what follows can be undone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    samples: usize,
    runs: usize,
    last_s: f64,
}

impl Contents {
    /// How far the stream of this place is read.
    pub(super) fn mark(&self, place: usize) -> Mark {
        let raw = self.streams.get(place);
        let (samples, last_s) = raw.map_or((0, 0.0), |raw| (raw.stamps.len(), raw.last_s));
        Mark { samples, runs: self.runs.len(), last_s }
    }

    /// Notes that samples of any stream may be missing here.
    pub(super) fn holes(&mut self) {
        self.streams.iter_mut().for_each(|raw| raw.hole(None));
    }

    /// Notes that samples of any stream may be missing after so many of each.
    pub(super) fn holes_at(&mut self, places: &[usize]) {
        for (raw, &at) in self.streams.iter_mut().zip(places) {
            if let Err(place) = raw.holes.binary_search_by_key(&at, |hole| hole.at) {
                raw.holes.insert(place, Hole { at, lost: None });
            }
        }
    }

    /// Forgets what came to a stream since the mark.
    pub(super) fn undo(&mut self, place: usize, mark: Mark) {
        self.runs.truncate(mark.runs);
        let Some(raw) = self.streams.get_mut(place) else { return };
        raw.stamps.truncate(mark.samples);
        raw.last_s = mark.last_s;
        raw.trim_texts();
    }
}

/// Samples that lie at equal distances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// Where the values of the first start.
    pub values: u64,
    /// How many samples.
    pub count: u32,
    /// Place of their stream.
    pub stream: u32,
    /// Whether each has a time stamp before it.
    pub stamped: bool,
}

impl Run {
    /// Bytes from a sample's values to those of the next.
    pub(super) fn stride(&self, row_bytes: u64) -> u64 {
        row_bytes + if self.stamped { 9 } else { 1 }
    }
}

/// A place in a stream where samples may have been lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hole {
    /// Samples before it.
    pub at: usize,
    /// How many were lost, where that is known.
    pub lost: Option<u64>,
}

/// A measurement of a stream's clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Offset {
    /// When it was measured, by the stream's clock.
    pub time_s: f64,
    /// What takes the stream's clock to that of the recorder.
    pub value_s: f64,
}

/// One stream.
#[derive(Debug)]
pub(super) struct Raw {
    /// Its number in the file.
    pub id: u32,
    pub header: Header,
    /// When each sample was taken by the stream's clock; where the file leaves that out, one
    /// interval after the sample before.
    pub stamps: Vec<f64>,
    /// The texts of a stream of them: channels for each sample.
    pub texts: Texts,
    pub offsets: Vec<Offset>,
    pub holes: Vec<Hole>,
    /// Whether a footer was found.
    pub footer: bool,
    /// The number of samples that it states.
    pub stated: Option<u64>,
    interval_s: f64,
    last_s: f64,
}

impl Raw {
    pub(super) fn new(id: u32, header: Header) -> Self {
        let interval_s = if header.is_regular() { 1.0 / header.nominal_rate_hz } else { 0.0 };
        Self {
            id,
            header,
            stamps: Vec::new(),
            texts: Texts::default(),
            offsets: Vec::new(),
            holes: Vec::new(),
            footer: false,
            stated: None,
            interval_s,
            last_s: 0.0,
        }
    }

    /// The stream in words.
    pub(super) fn place(&self) -> String {
        format!("stream {} ({})", self.id, self.header.name)
    }

    /// Seconds from a sample to the next; 0 where there is no rate.
    pub(super) fn interval_s(&self) -> f64 {
        self.interval_s
    }

    fn trim_texts(&mut self) {
        let texts = (self.stamps.len() as u64).saturating_mul(self.header.channel_count);
        self.texts.truncate(usize::try_from(texts).unwrap_or(usize::MAX));
    }

    /// Notes that samples may be missing here.
    pub(super) fn hole(&mut self, lost: Option<u64>) {
        self.last_s += lost.map_or(0.0, |lost| lost as f64 * self.interval_s);
        let at = self.stamps.len();
        match self.holes.last_mut() {
            Some(hole) if hole.at == at => {
                // A count says more than a guess; two are one after the other.
                hole.lost = match (hole.lost, lost) {
                    (Some(a), Some(b)) => Some(a.saturating_add(b)),
                    (a, b) => a.or(b),
                };
            }
            _ => self.holes.push(Hole { at, lost }),
        }
    }
}

/// Takes the samples of a chunk.
pub(super) struct Collector<'a> {
    raw: &'a mut Raw,
    runs: &'a mut Vec<Run>,
    stream: u32,
    shape: Shape,
}

impl<'a> Collector<'a> {
    /// A collector for the stream of this place; `None` where there is none.
    pub(super) fn new(contents: &'a mut Contents, place: usize) -> Option<Self> {
        let raw = contents.streams.get_mut(place)?;
        let shape = raw.header.shape();
        Some(Self { raw, runs: &mut contents.runs, stream: u32::try_from(place).ok()?, shape })
    }

    /// Forgets the texts of a sample that was not whole.
    pub(super) fn finish(&mut self) {
        self.raw.trim_texts();
    }
}

impl Sink for Collector<'_> {
    fn text(&mut self, bytes: &[u8]) {
        self.raw.texts.push(bytes);
    }

    #[inline]
    fn sample(&mut self, stamp: Option<f64>, values: u64) {
        let time_s = stamp.unwrap_or(self.raw.last_s + self.raw.interval_s);
        self.raw.last_s = time_s;
        self.raw.stamps.push(time_s);
        let Shape::Numbers { row_bytes } = self.shape else { return };
        let stamped = stamp.is_some();
        if let Some(run) = self.runs.last_mut()
            && (run.stream, run.stamped) == (self.stream, stamped)
            && run.values + u64::from(run.count) * run.stride(row_bytes) == values
            && run.count < u32::MAX
        {
            run.count += 1;
        } else {
            self.runs.push(Run { values, count: 1, stream: self.stream, stamped });
        }
    }
}

/// Many texts.
#[derive(Debug, Default)]
pub(super) struct Texts {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Texts {
    fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len());
    }

    fn truncate(&mut self, len: usize) {
        self.ends.truncate(len);
        self.bytes.truncate(self.ends.last().copied().unwrap_or(0));
    }

    /// A text by its place; empty where there is none.
    pub(super) fn get(&self, place: usize) -> &[u8] {
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let end = self.ends.get(place).copied().unwrap_or(0);
        self.bytes.get(start.unwrap_or(0)..end).unwrap_or(&[])
    }
}
