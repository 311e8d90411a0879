//! From chunk to chunk through the file.

use std::collections::BTreeMap;
use std::io;

use super::chunk::{
    self, BOUNDARY, CLOCK_OFFSET, FILE_HEADER, Head, OFFSET_BYTES, SAMPLES, STREAM_FOOTER,
    STREAM_HEADER,
};
use super::header::Header;
use super::log::Log;
use super::raw::{Contents, Offset, Raw};
use super::samples;
use super::state::State;
use super::window::Window;
use super::xml::Document;
use crate::formats::Options;
use crate::formats::fields::f64_at;

/// What a file starts with; the chunks follow.
pub(super) const MAGIC: &[u8] = b"XDF:";
/// Seconds of a clock that counts from anything sensible are fewer.
pub(super) const MOST_SECONDS: f64 = 1e12;

/// The longest header or footer that is read.
const MOST_XML_BYTES: u64 = 1 << 26;
/// What a header or footer ends with.
const XML_END: &[u8] = b"</info>";
/// Bytes between two reports of progress.
const REPORT_BYTES: u64 = 1 << 20;

/// Kinds of chunks passed over for which it is noted where samples may be missing.
const FEW_GROUPS: usize = 16;

/// Reads all chunks: everything but the values of numeric samples. Tells half of the progress.
pub(super) fn scan(
    window: Window<'_, '_>,
    options: &mut Options<'_>,
    log: &mut Log,
) -> io::Result<Contents> {
    let mut state = State::new(window, log);
    let mut passed = Passed::default();
    let (mut at, mut told) = (MAGIC.len() as u64, 0);
    while at < state.len() {
        if at >= told {
            options.report(at / 2, state.len());
            told = at + REPORT_BYTES;
        }
        at = step(&mut state, &mut passed, at)?;
    }
    passed.finish(&mut state);
    footers(&state.contents, state.log);
    Ok(state.contents)
}

/// Reads the chunk at a place; gives the place after it.
fn step(state: &mut State<'_, '_, '_>, passed: &mut Passed, at: u64) -> io::Result<u64> {
    let Some(head) = chunk::at(&mut state.window, at)? else { return state.damaged(at, None) };
    let place = state.known.get(&head.stream).copied();
    match (head.tag, place) {
        (FILE_HEADER | STREAM_HEADER, _) | (STREAM_FOOTER, Some(_)) => xml(state, &head),
        (SAMPLES, Some(place)) => samples::read(state, &head, place),
        (CLOCK_OFFSET, Some(place)) => clock_offset(state, &head, place),
        (BOUNDARY, _) if chunk::is_sound(&mut state.window, &head, &state.known)? => Ok(head.end),
        (BOUNDARY, _) => state.damaged(at, Some(&head)),
        _ if !state.has_its_length(&head)? => state.damaged(at, Some(&head)),
        _ if state.hides_another(&head)? => state.damaged(at, None),
        (tag, _) => {
            let of_stream = matches!(tag, SAMPLES | CLOCK_OFFSET | STREAM_FOOTER);
            passed.add(tag, of_stream.then_some(head.stream), &head, &state.contents);
            Ok(head.end)
        }
    }
}

fn clock_offset(state: &mut State<'_, '_, '_>, head: &Head, place: usize) -> io::Result<u64> {
    let bytes = state.window.get(head.content, OFFSET_BYTES)?;
    if head.content_bytes() != OFFSET_BYTES || bytes.len() as u64 != OFFSET_BYTES {
        return state.damaged(head.at, Some(head));
    }
    let offset = Offset { time_s: f64_at(bytes, 0), value_s: f64_at(bytes, 8) };
    let Some(raw) = state.contents.streams.get_mut(place) else { return Ok(head.end) };
    if offset.time_s.abs() < MOST_SECONDS && offset.value_s.abs() < MOST_SECONDS {
        raw.offsets.push(offset);
    } else {
        let Offset { time_s, value_s } = offset;
        let message = format!("{}: clock offset {value_s} s at {time_s} s ignored", raw.place());
        state.log.tell(format!("byte {}", head.content), message);
    }
    Ok(head.end)
}

/// Reads a header or a footer.
fn xml(state: &mut State<'_, '_, '_>, head: &Head) -> io::Result<u64> {
    let (text_end, next) = if state.has_its_length(head)? {
        (head.end, head.end)
    } else {
        let next = state.next_chunk(head.content)?;
        if !state.spend(next - head.content) {
            return state.damaged(head.at, Some(head));
        }
        let bytes = state.window.get(head.content, (next - head.content).min(MOST_XML_BYTES))?;
        let end = bytes.windows(XML_END.len()).position(|part| part == XML_END);
        let Some(end) = end.map(|end| end + XML_END.len()) else {
            return cut_xml(state, head, next);
        };
        let blank = bytes.get(end..).is_some_and(|rest| rest.iter().all(u8::is_ascii_whitespace));
        let text_end = head.content + end as u64;
        (text_end, if blank { next } else { text_end })
    };
    if next != head.end {
        let message = format!("the length of the {} is wrong; it is whole", state.name(head));
        state.log.tell(format!("byte {}", head.at), message);
    }
    let bytes = state.window.get(head.content, (text_end - head.content).min(MOST_XML_BYTES))?;
    if !chunk::is_xml(bytes) {
        return state.damaged(head.at, Some(head));
    }
    let bytes = bytes.to_vec();
    take_xml(state, head, &bytes);
    Ok(next)
}

/// A header or footer without an end: what is there of it counts.
fn cut_xml(state: &mut State<'_, '_, '_>, head: &Head, next: u64) -> io::Result<u64> {
    let len = (next.min(head.end) - head.content).min(MOST_XML_BYTES);
    let bytes = state.window.get(head.content, len)?.to_vec();
    if chunk::is_xml(&bytes) {
        take_xml(state, head, &bytes);
    }
    state.damaged(head.at, Some(head))
}

fn take_xml(state: &mut State<'_, '_, '_>, head: &Head, bytes: &[u8]) {
    match head.tag {
        FILE_HEADER => file_header(state, head, bytes),
        STREAM_HEADER => stream_header(state, head, bytes),
        _ => {
            let document = Document::parse(bytes);
            let Some(raw) = state.stream(head.stream) else { return };
            raw.footer = true;
            raw.stated = document.root().text_of("sample_count").and_then(|n| n.parse().ok());
        }
    }
}

fn file_header(state: &mut State<'_, '_, '_>, head: &Head, bytes: &[u8]) {
    let document = Document::parse(bytes);
    let leaves = document.root().children().filter(|leaf| !leaf.text().is_empty());
    let facts: Vec<_> = leaves.map(|l| (l.name().to_owned(), l.text().to_owned())).collect();
    let version = facts.iter().find(|(name, _)| name == "version").map(|(_, version)| version);
    if let Some(version) = version.filter(|version| version.as_str() != "1.0") {
        let message = format!("the version is {version}; read as 1.0");
        state.log.tell(format!("byte {}", head.at), message);
    }
    state.contents.facts = facts;
}

fn stream_header(state: &mut State<'_, '_, '_>, head: &Head, bytes: &[u8]) {
    let at = format!("byte {}", head.at);
    let header = match Header::parse(bytes) {
        Ok(header) => header,
        Err(missing) => {
            let message = format!("the header of stream {} has {missing}", head.stream);
            return state.log.tell(at, message);
        }
    };
    if let Some(raw) = state.stream(head.stream) {
        if raw.header != header {
            let message = format!("another header for {}; ignored", raw.place());
            state.log.tell(at, message);
        }
        return;
    }
    let raw = Raw::new(head.stream, header);
    for oddity in &raw.header.oddities {
        state.log.tell(at.clone(), format!("{}: {oddity}", raw.place()));
    }
    state.known.insert(head.stream, state.contents.streams.len());
    state.contents.streams.push(raw);
}

/// Chunks that were passed over, by tag and stream.
#[derive(Debug, Default)]
struct Passed {
    groups: BTreeMap<(Option<u32>, u16), Group>,
}

#[derive(Debug)]
struct Group {
    chunks: u64,
    bytes: u64,
    first: u64,
    /// Samples of each stream before the first of them.
    before: Vec<usize>,
}

impl Passed {
    fn add(&mut self, tag: u16, stream: Option<u32>, head: &Head, contents: &Contents) {
        let few = self.groups.len() < FEW_GROUPS;
        let group = self.groups.entry((stream, tag)).or_insert_with(|| {
            let lens = contents.streams.iter().map(|raw| raw.stamps.len());
            let before = if few { lens.collect() } else { Vec::new() };
            Group { chunks: 0, bytes: 0, first: head.at, before }
        });
        group.chunks += 1;
        group.bytes += head.end - head.at;
    }

    /// Tells of them. One that is alone of its kind may be a damaged one of another.
    fn finish(&self, state: &mut State<'_, '_, '_>) {
        for ((stream, tag), Group { chunks, bytes, first, before }) in &self.groups {
            if *chunks == 1 {
                state.contents.holes_at(before);
            }
            let kind = match (stream, *tag) {
                (None, tag) => format!("chunks of unknown kind {tag}"),
                (Some(stream), tag) => {
                    let kind = match tag {
                        SAMPLES => "samples chunks",
                        CLOCK_OFFSET => "clock offsets",
                        _ => "footers",
                    };
                    format!("{kind} of stream {stream}, which has no header that could be read")
                }
            };
            let message = format!("{chunks} {kind}; {bytes} bytes left out");
            state.log.tell(format!("byte {first}"), message);
        }
    }
}

/// Tells which streams were not brought to their regular end.
fn footers(contents: &Contents, log: &mut Log) {
    let open: Vec<_> = contents.streams.iter().filter(|raw| !raw.footer).collect();
    match open.as_slice() {
        [] => {}
        all if all.len() == contents.streams.len() => {
            log.tell("file", "no stream has a footer: the recording was not brought to its end");
        }
        some => some.iter().for_each(|raw| log.tell(raw.place(), "it has no footer")),
    }
}
