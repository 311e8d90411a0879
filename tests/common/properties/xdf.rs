//! What holds for any bytes that are read as XDF.

use std::collections::BTreeMap;
use std::io::Cursor;

use evoked::formats::{Options, read};

use super::{converted, file};

/// What holds for every file holds; times are numbers; where a plain reading finds nothing odd, all
/// values that it finds are those of the recording; and the recording can be saved, in the format
/// that the last byte names.
pub(crate) fn check(bytes: &[u8]) {
    let bytes = [b"XDF:", bytes.strip_prefix(b"XDF:").unwrap_or(bytes)].concat();
    file::check(&bytes);
    let plain = plain(&bytes);
    let opened = match read(Cursor::new(&bytes), Options::default()) {
        Ok(opened) => opened,
        Err(error) => return assert!(plain.is_none(), "a sound file refused: {error}"),
    };
    let recording = &opened.recording;
    for stream in recording.streams() {
        for segment in stream.samples().segments() {
            let (first_s, end_s) =
                (stream.time_s(segment.first as f64), stream.time_s(segment.end() as f64));
            assert!(first_s.is_finite() && end_s.is_finite(), "{first_s} {end_s}");
        }
    }
    for series in recording.series() {
        assert!(series.times_s().iter().all(|time_s| time_s.is_finite()));
    }
    for event in recording.events() {
        assert!(recording.onset_s(event).is_finite() && (0.0..1.0).contains(&event.fraction));
    }
    converted::check(&opened, bytes.last().copied().unwrap_or_default());
    let Some(plain) = plain else { return };
    let mut found: Vec<(&str, Vec<&[f32]>)> = Vec::new();
    for stream in recording.streams() {
        let rows = (0..stream.channels().len()).map(|row| stream.samples().channel(row));
        found.push((stream.name(), rows.collect()));
    }
    for series in recording.series() {
        let rows = (0..series.channels().len()).map(|row| series.channel(row));
        found.push((series.name(), rows.collect()));
    }
    assert_eq!(found.len(), plain.len());
    for (name, rows) in found {
        let stream = plain.iter().find(|stream| stream.name == name).expect("a stream of the file");
        for (c, row) in rows.iter().enumerate() {
            let expected = stream.values.iter().skip(c).step_by(stream.channels);
            let expected = expected.map(|value| value.to_bits());
            assert!(row.iter().map(|value| value.to_bits()).eq(expected), "{name}, channel {c}");
        }
        assert_eq!(rows.len(), stream.channels, "{name}");
    }
}

/// A stream of `int16` or `float32`.
struct Plain {
    name: String,
    channels: usize,
    is_float: bool,
    /// Sample after sample.
    values: Vec<f32>,
}

/// The streams of a file in which all is as `fuzz/examples/seeds.rs` writes it.
fn plain(bytes: &[u8]) -> Option<Vec<Plain>> {
    let mut rest = bytes.get(4..)?;
    let (mut streams, mut stated) = (BTreeMap::new(), BTreeMap::new());
    while !rest.is_empty() {
        let len = number(&mut rest)?;
        let mut content = take(&mut rest, len)?;
        let tag = u16::from_le_bytes(take(&mut content, 2)?.try_into().ok()?);
        if tag == 1 {
            between(content, "<?xml version=\"1.0\"?><info><version>1.0", "</version></info>")?;
            continue;
        }
        let id = take(&mut content, 4)?;
        match tag {
            2 if !streams.contains_key(id) => {
                let stream = header(content)?;
                if streams.values().any(|other: &Plain| other.name == stream.name) {
                    return None;
                }
                streams.insert(id, stream);
            }
            3 => samples(content, streams.get_mut(id)?)?,
            4 if content.len() == 16 && streams.contains_key(id) => {}
            6 if !stated.contains_key(id) && streams.contains_key(id) => {
                let (start, end) = ("<info><sample_count>", "</sample_count></info>");
                let count = between(content, &format!("<?xml version=\"1.0\"?>{start}"), end)?;
                stated.insert(id, count.parse::<usize>().ok()?);
            }
            _ => return None,
        }
    }
    let whole = streams.iter().all(|(id, stream)| {
        stated.get(id).is_none_or(|&count| count == stream.values.len() / stream.channels)
    });
    (whole && !streams.is_empty()).then(|| streams.into_values().collect())
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(len)?;
    *rest = left;
    Some(taken)
}

fn number(rest: &mut &[u8]) -> Option<usize> {
    match take(rest, 1)? {
        [1] => Some(usize::from(take(rest, 1)?[0])),
        [4] => usize::try_from(u32::from_le_bytes(take(rest, 4)?.try_into().ok()?)).ok(),
        [8] => usize::try_from(u64::from_le_bytes(take(rest, 8)?.try_into().ok()?)).ok(),
        _ => None,
    }
}

/// A text between two others, of letters and digits only.
fn between<'a>(content: &'a [u8], start: &str, end: &str) -> Option<&'a str> {
    let text = str::from_utf8(content).ok()?.strip_prefix(start)?.strip_suffix(end)?;
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.').then_some(text)
}

fn header(content: &[u8]) -> Option<Plain> {
    let mut rest = str::from_utf8(content).ok()?.strip_prefix("<?xml version=\"1.0\"?><info>")?;
    let mut next = |name: &str| {
        let (text, after) =
            rest.strip_prefix(&format!("<{name}>"))?.split_once(&format!("</{name}>"))?;
        rest = after;
        between(text.as_bytes(), "", "")
    };
    let (name, _) = (next("name")?.to_owned(), next("type")?);
    let channels = next("channel_count")?.parse().ok()?;
    let rate_hz: f64 = next("nominal_srate")?.parse().ok()?;
    let is_float = match next("channel_format")? {
        "int16" => false,
        "float32" => true,
        _ => return None,
    };
    let sound = rest == "<desc></desc></info>" && (1..=64).contains(&channels);
    let sound = sound && rate_hz.is_finite() && !name.is_empty();
    sound.then(|| Plain { name, channels, is_float, values: Vec::new() })
}

fn samples(mut content: &[u8], stream: &mut Plain) -> Option<()> {
    for _ in 0..number(&mut content)? {
        match take(&mut content, 1)? {
            [0] => {}
            [8] => drop(take(&mut content, 8)?),
            _ => return None,
        }
        for _ in 0..stream.channels {
            stream.values.push(if stream.is_float {
                f32::from_le_bytes(take(&mut content, 4)?.try_into().ok()?)
            } else {
                i16::from_le_bytes(take(&mut content, 2)?.try_into().ok()?).into()
            });
        }
    }
    content.is_empty().then_some(())
}
