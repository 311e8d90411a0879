use std::io::{self, SeekFrom};
use std::ops::Range;

use super::header::{Header, Orientation, SampleType};
use super::warn;
use crate::formats::pieces::{Piece, room};
use crate::formats::reader::Source;
use crate::formats::{FormatError, Options, Warning};
use crate::signal::{Quantization, Samples};

/// Bytes read at a time.
const BLOCK_BYTES: usize = 1 << 20;
/// Bytes whose samples are sorted into channels at a time: few enough to stay near.
const SORTED_BYTES: usize = 1 << 15;

/// How many channels and samples the data file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// Channels in the file, whether wanted or described or not.
    pub channels: usize,
    /// Samples a channel.
    pub len: u64,
    /// Channels that are there in full; fewer than all where a vectorized file is cut short.
    pub whole: usize,
    /// Samples from the start of one channel to that of the next, where vectorized.
    stride: u64,
}

/// Finds out how many samples there are. `extra` channels follow those the header describes.
pub(super) fn shape(
    source: &Source<'_>,
    header: &Header,
    kind: SampleType,
    extra: usize,
    warnings: &mut Vec<Warning>,
) -> Shape {
    let (size, described) = (kind.size() as u64, header.channels.len());
    let fits = |channels: usize| source.len.is_multiple_of(size * (channels + extra).max(1) as u64);
    let stated = header.stated_channels.unwrap_or(described);
    let mut channels = stated;
    if described != stated && described > 0 {
        let take = if !fits(stated) && fits(described) { described } else { stated };
        let message = format!(
            "{stated} channels are stated and {described} described; {take} are read, which {} the \
             length of the data file",
            if fits(take) { "suits" } else { "does not suit" }
        );
        warn(warnings, "NumberOfChannels", message);
        channels = take;
    }
    let channels = channels + extra;
    let frame = size * channels as u64;
    let len = source.len / frame;
    let shape = Shape { channels, len, whole: channels, stride: len };
    match header.orientation {
        Orientation::Multiplexed => multiplexed(shape, source.len % frame, header.points, warnings),
        Orientation::Vectorized => vectorized(shape, source.len, size, header.points, warnings),
    }
}

fn multiplexed(shape: Shape, rest: u64, points: Option<u64>, warnings: &mut Vec<Warning>) -> Shape {
    let len = shape.len;
    if rest > 0 {
        let message =
            format!("it ends inside a sample: {rest} bytes after the last whole one are dropped");
        warn(warnings, "data file", message);
    }
    match points {
        Some(points) if points > len => {
            warn(warnings, "data file", format!("{points} samples are stated; {len} are there"));
        }
        Some(points) if points < len => {
            let message = format!("{points} samples are stated; {len} are there, and all are read");
            warn(warnings, "data file", message);
        }
        _ => {}
    }
    shape
}

/// One channel after the other: where the file is cut, the last channels are missing.
fn vectorized(
    shape: Shape,
    bytes: u64,
    size: u64,
    points: Option<u64>,
    warnings: &mut Vec<Warning>,
) -> Shape {
    let values = bytes / size;
    let channels = shape.channels as u64;
    let stated = points.filter(|&points| points > 0 && points != shape.len);
    let Some(stated) = stated else {
        if shape.len * channels * size != bytes {
            let message = "its length is no multiple of the number of channels; where each channel \
                           starts is a guess";
            warn(warnings, "data file", message);
        }
        return shape;
    };
    let is_even = shape.len * channels * size == bytes;
    if stated < shape.len {
        let len = if is_even { shape.len } else { stated };
        let message =
            format!("{stated} samples are stated; {} are there, and {len} are read", shape.len);
        warn(warnings, "data file", message);
        return Shape { len, stride: len, ..shape };
    }
    let whole = (values / stated) as usize;
    if whole == 0 {
        let message = format!("it is cut short: {values} of {stated} samples of the first channel");
        warn(warnings, "data file", message);
        return Shape { len: values, whole: 1, stride: values, ..shape };
    }
    let message = format!(
        "it is cut short: {stated} samples of {channels} channels are stated, {whole} channels are \
         there in full, and the others are left out"
    );
    warn(warnings, "data file", message);
    Shape { len: stated, whole, stride: stated, ..shape }
}

/// One channel that is decoded.
pub(super) struct Row {
    /// Its place among the channels of the file.
    pub index: usize,
    pub scale: f64,
}

/// What is read, and how it is stored.
pub(super) struct Plan<'a> {
    pub shape: Shape,
    pub kind: SampleType,
    pub big_endian: bool,
    pub orientation: Orientation,
    pub rows: &'a [Row],
    pub pieces: &'a [Piece],
    /// Positions that are wanted.
    pub positions: Range<u64>,
}

/// Reads the samples of the wanted channels.
pub(super) fn read(
    source: &mut Source<'_>,
    plan: &Plan<'_>,
    options: &mut Options<'_>,
) -> Result<Samples<f32>, FormatError> {
    let mut samples = Samples::new(plan.rows.len());
    let mut stretches = Vec::with_capacity(plan.pieces.len());
    for (i, piece) in plan.pieces.iter().enumerate() {
        let end = plan.pieces.get(i + 1).map_or(plan.shape.len, |next| next.sample);
        let stretch = Stretch { sample: piece.sample, position: piece.position, end };
        stretches.push(stretch.within(&plan.positions));
    }
    let len = stretches.iter().map(|stretch| stretch.end - stretch.sample).sum();
    samples.reserve(room(len, plan.rows.len())?);
    for stretch in stretches {
        match plan.orientation {
            Orientation::Multiplexed => {
                multiplexed_piece(source, plan, stretch, &mut samples, options)?
            }
            Orientation::Vectorized => {
                vectorized_piece(source, plan, stretch, &mut samples, options)?
            }
        }
    }
    Ok(samples)
}

/// Samples in the file up to `end`, the first of them at `position`.
#[derive(Clone, Copy)]
struct Stretch {
    sample: u64,
    position: u64,
    end: u64,
}

impl Stretch {
    /// The part at these positions; it may be empty.
    fn within(self, positions: &Range<u64>) -> Self {
        let before = positions.start.saturating_sub(self.position);
        let sample = self.sample.saturating_add(before).min(self.end);
        let len = positions.end.saturating_sub(self.position).saturating_sub(before);
        let position = self.position.saturating_add(before);
        Self { sample, position, end: sample.saturating_add(len).min(self.end) }
    }
}

fn multiplexed_piece(
    source: &mut Source<'_>,
    plan: &Plan<'_>,
    stretch: Stretch,
    samples: &mut Samples<f32>,
    options: &mut Options<'_>,
) -> Result<(), FormatError> {
    let size = plan.kind.size();
    let frame = plan.shape.channels * size;
    let (at_once, sorted) = ((BLOCK_BYTES / frame).max(1), (SORTED_BYTES / frame).max(1));
    let total = plan.shape.len * frame as u64;
    source.input.seek(SeekFrom::Start(stretch.sample * frame as u64))?;
    let mut block = Vec::new();
    let (mut done, mut position) = (stretch.sample, stretch.position);
    while done < stretch.end {
        let count = (stretch.end - done).min(at_once as u64) as usize;
        block.resize(count * frame, 0);
        source.input.read_exact(&mut block)?;
        for part in block.chunks(sorted * frame) {
            let len = part.len() / frame;
            samples.append_rows(position, len, |row, out| {
                let Some(row) = plan.rows.get(row) else { return };
                let start = row.index * size;
                plan.decode(part.get(start..).unwrap_or(&[]), frame, row.scale, out);
            })?;
            position += len as u64;
        }
        done += count as u64;
        options.report(done * frame as u64, total);
    }
    Ok(())
}

fn vectorized_piece(
    source: &mut Source<'_>,
    plan: &Plan<'_>,
    stretch: Stretch,
    samples: &mut Samples<f32>,
    options: &mut Options<'_>,
) -> Result<(), FormatError> {
    let len = room(stretch.end - stretch.sample, 1)?;
    let mut result = Ok(());
    samples.append_rows(stretch.position, len, |row, out| {
        if let (Some(row), Ok(())) = (plan.rows.get(row), &result) {
            let first = row.index as u64 * plan.shape.stride + stretch.sample;
            result = read_channel(source, plan, first, row.scale, out, options);
        }
    })?;
    Ok(result?)
}

/// Reads one channel's samples from the `first` of the file on.
fn read_channel(
    source: &mut Source<'_>,
    plan: &Plan<'_>,
    first: u64,
    scale: f64,
    out: &mut [f32],
    options: &mut Options<'_>,
) -> io::Result<()> {
    let size = plan.kind.size();
    let mut at = first * size as u64;
    source.input.seek(SeekFrom::Start(at))?;
    let mut block = Vec::new();
    for out in out.chunks_mut(BLOCK_BYTES / size) {
        block.resize(out.len() * size, 0);
        source.input.read_exact(&mut block)?;
        plan.decode(&block, size, scale, out);
        at += block.len() as u64;
        options.report(at, source.len);
    }
    Ok(())
}

impl Plan<'_> {
    /// Converts the sample at the start of every `stride` bytes.
    fn decode(&self, bytes: &[u8], stride: usize, scale: f64, out: &mut [f32]) {
        let (bits, count_scale, offset) = (32, scale as f32, 0.0);
        let grid = |count: i32| Quantization { bits, scale: count_scale, offset }.sample(count);
        let big = self.big_endian;
        match self.kind {
            SampleType::I16 => {
                fill(bytes, stride, big, out, |b| grid(i16::from_le_bytes(b).into()))
            }
            SampleType::U16 => {
                fill(bytes, stride, big, out, |b| grid(u16::from_le_bytes(b).into()))
            }
            SampleType::I32 => fill(bytes, stride, big, out, |b| grid(i32::from_le_bytes(b))),
            SampleType::F32 => {
                fill(bytes, stride, big, out, |b| (f64::from(f32::from_le_bytes(b)) * scale) as f32)
            }
            SampleType::F64 => {
                fill(bytes, stride, big, out, |b| (f64::from_le_bytes(b) * scale) as f32)
            }
        }
    }
}

fn fill<const N: usize>(
    bytes: &[u8],
    stride: usize,
    big_endian: bool,
    out: &mut [f32],
    convert: impl Fn([u8; N]) -> f32,
) {
    for (frame, out) in bytes.chunks(stride).zip(out) {
        let Some(sample) = frame.first_chunk::<N>() else { continue };
        let mut sample = *sample;
        if big_endian {
            sample.reverse();
        }
        *out = convert(sample);
    }
}
