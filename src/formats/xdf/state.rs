//! How far a file is read, and what is done where a chunk makes no sense.

use std::io;

use super::chunk::{self, Head, Known, SAMPLES, varlen};
use super::header::Shape;
use super::log::Log;
use super::raw::{Collector, Contents, Raw};
use super::walk::{Nothing, Stop, Walked, walk};
use super::window::Window;

/// A file that is being read.
pub(super) struct State<'a, 's, 'l> {
    pub window: Window<'a, 's>,
    pub log: &'l mut Log,
    pub contents: Contents,
    pub known: Known,
    /// Bytes that may still be looked at more than once, so that no file takes forever.
    pub spare: u64,
}

impl<'a, 's, 'l> State<'a, 's, 'l> {
    pub(super) fn new(window: Window<'a, 's>, log: &'l mut Log) -> Self {
        let spare = window.len().saturating_mul(4).saturating_add(1 << 20);
        let (contents, known) = (Contents::default(), Known::new());
        Self { window, log, contents, known, spare }
    }

    /// Length of the file.
    pub(super) fn len(&self) -> u64 {
        self.window.len()
    }

    /// The stream of a number in the file.
    pub(super) fn stream(&mut self, id: u32) -> Option<&mut Raw> {
        self.contents.streams.get_mut(*self.known.get(&id)?)
    }

    /// Whether chunks that make sense follow from a place on.
    pub(super) fn goes_on(&mut self, at: u64) -> io::Result<bool> {
        chunk::goes_on(&mut self.window, at, &self.known)
    }

    /// Whether the length of a chunk is right, as far as what follows tells.
    pub(super) fn has_its_length(&mut self, head: &Head) -> io::Result<bool> {
        Ok(head.end <= self.len() && self.goes_on(head.end)?)
    }

    /// Whether so many bytes may be looked at once more.
    pub(super) fn spend(&mut self, bytes: u64) -> bool {
        let enough = self.spare >= bytes;
        self.spare = self.spare.saturating_sub(bytes);
        enough
    }

    /// The first place from `from` on where a chunk starts; the end of the file where none does.
    pub(super) fn next_chunk(&mut self, from: u64) -> io::Result<u64> {
        let len = self.len();
        Ok(self.chunk_before(from, len)?.unwrap_or(len))
    }

    /// Whether a chunk of a kind that is known starts inside of this one.
    pub(super) fn hides_another(&mut self, head: &Head) -> io::Result<bool> {
        Ok(self.chunk_before(head.at + 1, head.end)?.is_some())
    }

    /// The first place from `from` on, but before `limit`, where a chunk starts.
    fn chunk_before(&mut self, from: u64, limit: u64) -> io::Result<Option<u64>> {
        let (known, streams, spare) = (&self.known, &self.contents.streams, &mut self.spare);
        let is_whole = |window: &mut Window<'_, '_>, head: &Head| {
            let raw = known.get(&head.stream).and_then(|&place| streams.get(place));
            let (SAMPLES, Some(raw), true) = (head.tag, raw, *spare >= head.content_bytes()) else {
                return Ok(false);
            };
            *spare -= head.content_bytes();
            let Some((most, used)) = varlen(window.get(head.content, 9)?) else { return Ok(false) };
            let (from, shape) = (head.content + used as u64, raw.header.shape());
            let walked = walk(window, shape, from, head.end, most, &mut Nothing)?;
            Ok(walked.stop == Stop::Full && walked.end == head.end)
        };
        chunk::find(&mut self.window, from, limit, known, is_whole)
    }

    /// Takes samples of a stream.
    pub(super) fn collect(
        &mut self,
        place: usize,
        shape: Shape,
        from: u64,
        limit: u64,
        most: u64,
    ) -> io::Result<Walked> {
        let Some(mut collector) = Collector::new(&mut self.contents, place) else {
            return Ok(Walked { count: 0, end: from, stop: Stop::Bad });
        };
        let walked = walk(&mut self.window, shape, from, limit, most, &mut collector)?;
        collector.finish();
        Ok(walked)
    }

    /// Passes over bytes from `at` on that are no sound chunk; gives the place where the next is.
    pub(super) fn damaged(&mut self, at: u64, head: Option<&Head>) -> io::Result<u64> {
        let whole = match head {
            Some(head) if self.has_its_length(head)? => Some(head),
            _ => None,
        };
        let next = match whole {
            Some(head) => head.end,
            None => self.next_chunk(at + 1)?,
        };
        let what = match head {
            Some(head) if next == self.len() && head.end > next => {
                format!("the file ends inside the {}", self.name(head))
            }
            Some(head) if head.end == next => format!("the {} is damaged", self.name(head)),
            _ => "no chunk that makes sense".to_owned(),
        };
        let bytes = next - at;
        self.log.tell(format!("bytes {at} to {next}"), format!("{what}; {bytes} bytes left out"));
        match whole.and_then(|head| self.stream(head.stream)) {
            Some(raw) => raw.hole(None),
            None => self.contents.holes(),
        }
        Ok(next)
    }

    /// A chunk in words.
    pub(super) fn name(&mut self, head: &Head) -> String {
        let kind = match head.tag {
            chunk::FILE_HEADER => return "file header".to_owned(),
            chunk::BOUNDARY => return "boundary chunk".to_owned(),
            chunk::STREAM_HEADER => "header",
            SAMPLES => "samples chunk",
            chunk::CLOCK_OFFSET => "clock offset",
            chunk::STREAM_FOOTER => "footer",
            tag => return format!("chunk of unknown kind {tag}"),
        };
        match self.stream(head.stream) {
            Some(raw) => format!("{kind} of {}", raw.place()),
            None => format!("{kind} of stream {}", head.stream),
        }
    }
}
