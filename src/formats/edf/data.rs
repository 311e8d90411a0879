use std::io::SeekFrom;

use super::channels::{ChannelHeader, Kind};
use super::layout::{Layout, Width};
use super::scaling::Scaling;
use super::status::Status;
use super::tal::Tals;
use crate::formats::reader::Source;
use crate::formats::{FormatError, Options};

/// Bytes read at a time.
const BLOCK_BYTES: u64 = 1 << 20;

/// The samples of channels of one rate.
#[derive(Debug)]
pub(super) struct Group {
    pub samples_per_record: u32,
    pub is_status: bool,
    /// Places of the channels in the file.
    pub channels: Vec<usize>,
    /// Channels × samples, planar, gaps closed.
    pub samples: Vec<f32>,
}

/// What the records hold.
#[derive(Debug)]
pub(super) struct Content {
    pub groups: Vec<Group>,
    /// The largest size of a sample of each channel of the file, where samples are wanted.
    pub peaks: Vec<f32>,
    pub tals: Tals,
    pub status: Status,
}

/// What becomes of a channel's bytes.
enum Target<'a> {
    /// Samples `start` and following of a group.
    Samples {
        channel: usize,
        scaling: &'a Scaling,
        group: usize,
        start: usize,
    },
    Annotations {
        is_first: bool,
    },
    Status,
}

/// A channel that is read.
struct Row<'a> {
    target: Target<'a>,
    samples_per_record: usize,
    /// Its bytes in a record.
    first_byte: usize,
    bytes: usize,
}

/// Reads the records once, from front to back. `groups` says whose samples are wanted.
pub(super) fn read(
    source: &mut Source<'_>,
    layout: &Layout,
    channels: &[ChannelHeader],
    scalings: &[Scaling],
    groups: Vec<Group>,
    options: &mut Options<'_>,
) -> Result<Content, FormatError> {
    let mut content = Content {
        groups,
        peaks: vec![0.0; channels.len()],
        tals: Tals::default(),
        status: Status::default(),
    };
    for group in &mut content.groups {
        group.samples = allocate(group, layout.records)?;
    }
    let rows = rows(layout, channels, scalings, &content.groups);
    let total = layout.records * layout.record_bytes;
    options.report(0, total);
    if layout.record_bytes > BLOCK_BYTES {
        read_long_records(source, layout, &rows, &mut content, options)?;
    } else {
        read_records(source, layout, &rows, &mut content, options)?;
    }
    content.status.finish();
    Ok(content)
}

/// Zeros for a group's samples. The records are in the file, so it is never more than two bytes
/// for each of the file's.
fn allocate(group: &Group, records: u64) -> Result<Vec<f32>, FormatError> {
    let len = records.saturating_mul(u64::from(group.samples_per_record));
    let values = len.saturating_mul(group.channels.len() as u64);
    let memory = || FormatError::Memory { values };
    let total = usize::try_from(values).ok().filter(|&n| n <= isize::MAX as usize / 4);
    let total = total.ok_or_else(memory)?;
    // Asked for first, since `vec!`, which gets zeros without writing them, would abort.
    Vec::<f32>::new().try_reserve_exact(total).map_err(|_| memory())?;
    Ok(vec![0.0; total])
}

/// The channels that are read, in the order of the file.
fn rows<'a>(
    layout: &Layout,
    channels: &[ChannelHeader],
    scalings: &'a [Scaling],
    groups: &[Group],
) -> Vec<Row<'a>> {
    let width = layout.width.bytes();
    let mut rows = Vec::new();
    let mut add = |channel: &ChannelHeader, target| {
        rows.push(Row {
            target,
            samples_per_record: channel.samples_per_record as usize,
            first_byte: (channel.first_sample * width) as usize,
            bytes: (u64::from(channel.samples_per_record) * width) as usize,
        });
    };
    for (place, group) in groups.iter().enumerate() {
        let len = group.samples.len() / group.channels.len().max(1);
        for (row, &channel) in group.channels.iter().enumerate() {
            let (Some(header), Some(scaling)) = (channels.get(channel), scalings.get(channel))
            else {
                continue;
            };
            let target = Target::Samples { channel, scaling, group: place, start: row * len };
            add(header, target);
        }
    }
    let has_samples = |channel: &&ChannelHeader| channel.samples_per_record > 0;
    let mut is_first = true;
    for channel in channels.iter().filter(has_samples) {
        match channel.kind {
            Kind::Annotations => {
                add(channel, Target::Annotations { is_first });
                is_first = false;
            }
            Kind::Status if layout.width == Width::I24 => add(channel, Target::Status),
            Kind::Status | Kind::Samples => {}
        }
    }
    // Reading moves forward only.
    rows.sort_by_key(|row| row.first_byte);
    rows
}

fn read_records(
    source: &mut Source<'_>,
    layout: &Layout,
    rows: &[Row<'_>],
    content: &mut Content,
    options: &mut Options<'_>,
) -> Result<(), FormatError> {
    source.input.seek(SeekFrom::Start(layout.start))?;
    let record_bytes = layout.record_bytes as usize;
    let at_once = BLOCK_BYTES / layout.record_bytes.max(1);
    let mut block = Vec::new();
    let mut done = 0;
    while done < layout.records {
        let count = at_once.min(layout.records - done);
        block.resize(count as usize * record_bytes, 0);
        source.input.read_exact(&mut block)?;
        for row in rows {
            let records = block.chunks_exact(record_bytes);
            for (record, number) in records.zip(done..) {
                let bytes = record.get(row.first_byte..row.first_byte + row.bytes).unwrap_or(&[]);
                row.take(layout.width, number, 0, bytes, content);
            }
        }
        done += count;
        options.report(done * layout.record_bytes, layout.records * layout.record_bytes);
    }
    Ok(())
}

/// As `read_records`, where a record is too long to be held: each channel's part in blocks.
fn read_long_records(
    source: &mut Source<'_>,
    layout: &Layout,
    rows: &[Row<'_>],
    content: &mut Content,
    options: &mut Options<'_>,
) -> Result<(), FormatError> {
    let total = layout.records * layout.record_bytes;
    let width = layout.width.bytes() as usize;
    let mut block = Vec::new();
    for record in 0..layout.records {
        let start = record * layout.record_bytes;
        for row in rows {
            let first = start + row.first_byte as u64;
            source.input.seek(SeekFrom::Start(layout.start + first))?;
            // Lists may lie across any border, so that annotations are taken whole.
            let at_once = match row.target {
                Target::Annotations { .. } => row.bytes,
                _ => BLOCK_BYTES as usize / width * width,
            };
            let mut done = 0;
            while done < row.bytes {
                block.resize(at_once.min(row.bytes - done), 0);
                source.input.read_exact(&mut block)?;
                row.take(layout.width, record, done / width, &block, content);
                done += block.len();
                options.report(first + done as u64, total);
            }
        }
        options.report(start + layout.record_bytes, total);
    }
    Ok(())
}

impl Row<'_> {
    /// Takes some of its bytes of a record, from its sample `first` there on.
    fn take(&self, width: Width, record: u64, first: usize, bytes: &[u8], content: &mut Content) {
        match &self.target {
            Target::Annotations { is_first } => content.tals.take(record, *is_first, bytes),
            Target::Status => content.status.take(bytes),
            Target::Samples { channel, scaling, group, start } => {
                let start = start + record as usize * self.samples_per_record + first;
                let len = bytes.len() / width.bytes() as usize;
                let samples = content.groups.get_mut(*group).map(|group| &mut group.samples[..]);
                let out = samples.and_then(|samples| samples.get_mut(start..start + len));
                let out = out.unwrap_or_default();
                scaling.decode(width, bytes, out);
                if let Some(highest) = content.peaks.get_mut(*channel) {
                    *highest = highest.max(peak(out));
                }
            }
        }
    }
}

/// The largest size of a sample. Samples are looked at side by side, as one comparison would have
/// to wait for the one before.
fn peak(samples: &[f32]) -> f32 {
    const LANES: usize = 16;
    let (lanes, rest) = samples.as_chunks::<LANES>();
    let mut peaks = [0.0_f32; LANES];
    for lane in lanes {
        for (peak, sample) in peaks.iter_mut().zip(lane) {
            let size = sample.abs();
            *peak = if size > *peak { size } else { *peak };
        }
    }
    rest.iter().chain(&peaks).fold(0.0, |peak, sample| peak.max(sample.abs()))
}

#[cfg(test)]
mod tests {
    use super::peak;

    #[test]
    fn the_peak_is_found_wherever_it_is() {
        for at in 0..40 {
            let mut samples = vec![0.5_f32; 40];
            samples[at] = -3.0;
            assert_eq!(peak(&samples), 3.0);
        }
        assert_eq!(peak(&[]), 0.0);
    }
}
