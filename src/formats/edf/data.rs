use std::io::SeekFrom;
use std::ops::Range;

use super::channels::{ChannelHeader, Kind};
use super::layout::{Layout, Width};
use super::scaling::Scaling;
use super::status::Status;
use super::tal::Tals;
use crate::formats::planar::Planar;
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
    pub samples: Planar,
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

/// Where a channel lies in each record.
struct Place {
    samples: usize,
    first_byte: usize,
    bytes: usize,
}

impl Place {
    fn of(channel: &ChannelHeader, width: Width) -> Self {
        Self {
            samples: channel.samples_per_record as usize,
            first_byte: (channel.first_sample * width.bytes()) as usize,
            bytes: (u64::from(channel.samples_per_record) * width.bytes()) as usize,
        }
    }

    fn find<'a>(&self, record: &'a [u8]) -> &'a [u8] {
        record.get(self.first_byte..self.first_byte + self.bytes).unwrap_or_default()
    }
}

/// A channel whose samples are wanted.
struct Row<'a> {
    place: Place,
    width: Width,
    scaling: &'a Scaling,
    channel: usize,
    samples: &'a mut [f32],
    peak: f32,
}

impl Row<'_> {
    /// Takes some of its bytes of a record, from its sample `first` there on.
    fn take(&mut self, record: u64, first: usize, bytes: &[u8]) {
        let start = record as usize * self.place.samples + first;
        let len = bytes.len() / self.width.bytes() as usize;
        let out = self.samples.get_mut(start..start + len).unwrap_or_default();
        self.scaling.decode(self.width, bytes, out);
        self.peak = self.peak.max(peak(out));
    }
}

/// A channel whose bytes are something else.
struct Aside {
    place: Place,
    /// Whether it holds annotations, and is the first that does; else it is the status channel.
    is_first_list: Option<bool>,
}

impl Aside {
    fn take(&self, record: u64, bytes: &[u8], tals: &mut Tals, status: &mut Status) {
        match self.is_first_list {
            Some(is_first) => tals.take(record, is_first, bytes),
            None => status.take(bytes),
        }
    }
}

/// Reads the records once, from front to back. `groups` says whose samples are wanted.
pub(super) fn read(
    source: &mut Source<'_>,
    layout: &Layout,
    channels: &[ChannelHeader],
    scalings: &[Scaling],
    mut groups: Vec<Group>,
    records: &Range<u64>,
    options: &mut Options<'_>,
) -> Result<Content, FormatError> {
    for group in &mut groups {
        group.samples = allocate(group, records.end - records.start)?;
    }
    let mut rows = rows(layout.width, channels, scalings, &mut groups);
    let status = channels.iter().find(|channel| channel.kind == Kind::Status);
    let status_start = status.map_or(0, |c| records.start * u64::from(c.samples_per_record));
    let mut reading = Reading {
        layout,
        records: records.clone(),
        asides: asides(layout.width, channels),
        tals: Tals::default(),
        status: Status::from(status_start),
    };
    options.report(0, reading.total());
    if layout.record_bytes > BLOCK_BYTES {
        reading.long_records(source, &mut rows, options)?;
    } else {
        reading.records(source, &mut rows, options)?;
    }
    let Reading { tals, mut status, .. } = reading;
    status.finish();
    let mut peaks = vec![0.0; channels.len()];
    for row in &rows {
        if let Some(peak) = peaks.get_mut(row.channel) {
            *peak = row.peak;
        }
    }
    Ok(Content { groups, peaks, tals, status })
}

/// Reads the annotations of all records, and nothing else.
pub(super) fn read_lists(
    source: &mut Source<'_>,
    layout: &Layout,
    channels: &[ChannelHeader],
) -> Result<Tals, FormatError> {
    let mut asides = asides(layout.width, channels);
    asides.retain(|aside| aside.is_first_list.is_some());
    let (tals, status) = (Tals::default(), Status::default());
    let mut reading = Reading { layout, records: 0..layout.records, asides, tals, status };
    if !reading.asides.is_empty() {
        reading.long_records(source, &mut [], &mut Options::default())?;
    }
    Ok(reading.tals)
}

/// Zeros for a group's samples. The records are in the file, so it is never more than two bytes
/// for each of the file's.
fn allocate(group: &Group, records: u64) -> Result<Planar, FormatError> {
    let len = records.saturating_mul(u64::from(group.samples_per_record));
    let values = len.saturating_mul(group.channels.len() as u64);
    Planar::zeros(values)
}

/// The channels whose samples are wanted, in the order of the file.
fn rows<'a>(
    width: Width,
    channels: &[ChannelHeader],
    scalings: &'a [Scaling],
    groups: &'a mut [Group],
) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    for group in groups {
        let len = group.samples.len() / group.channels.len().max(1);
        // Without any record, every row is empty.
        let mut parts = group.samples.chunks_mut(len.max(1));
        for &channel in &group.channels {
            let (Some(header), Some(scaling)) = (channels.get(channel), scalings.get(channel))
            else {
                continue;
            };
            let (place, samples) = (Place::of(header, width), parts.next().unwrap_or_default());
            rows.push(Row { place, width, scaling, channel, samples, peak: 0.0 });
        }
    }
    rows.sort_by_key(|row| row.place.first_byte);
    rows
}

/// The channels of annotations and the status channel.
fn asides(width: Width, channels: &[ChannelHeader]) -> Vec<Aside> {
    let mut asides = Vec::new();
    let mut is_first = true;
    for channel in channels.iter().filter(|channel| channel.samples_per_record > 0) {
        let is_first_list = match channel.kind {
            Kind::Annotations => Some(std::mem::replace(&mut is_first, false)),
            Kind::Status if width == Width::I24 => None,
            Kind::Status | Kind::Samples => continue,
        };
        asides.push(Aside { place: Place::of(channel, width), is_first_list });
    }
    asides
}

/// What is read besides samples.
struct Reading<'a> {
    layout: &'a Layout,
    records: Range<u64>,
    asides: Vec<Aside>,
    tals: Tals,
    status: Status,
}

impl Reading<'_> {
    /// Bytes of the records.
    fn total(&self) -> u64 {
        (self.records.end - self.records.start) * self.layout.record_bytes
    }

    fn records(
        &mut self,
        source: &mut Source<'_>,
        rows: &mut [Row<'_>],
        options: &mut Options<'_>,
    ) -> Result<(), FormatError> {
        let start = self.layout.start + self.records.start * self.layout.record_bytes;
        source.input.seek(SeekFrom::Start(start))?;
        let record_bytes = self.layout.record_bytes as usize;
        let at_once = BLOCK_BYTES / self.layout.record_bytes.max(1);
        let mut block = Vec::new();
        let mut done = 0;
        let records = self.records.end - self.records.start;
        while done < records {
            let count = at_once.min(records - done);
            block.resize(count as usize * record_bytes, 0);
            source.input.read_exact(&mut block)?;
            for aside in &self.asides {
                for (record, number) in block.chunks_exact(record_bytes).zip(done..) {
                    let bytes = aside.place.find(record);
                    aside.take(number, bytes, &mut self.tals, &mut self.status);
                }
            }
            // A row at a time, so that its part of the samples is written in one go.
            for row in rows.iter_mut() {
                for (record, number) in block.chunks_exact(record_bytes).zip(done..) {
                    row.take(number, 0, row.place.find(record));
                }
            }
            done += count;
            options.report(done * self.layout.record_bytes, self.total());
        }
        Ok(())
    }

    /// As `records`, where a record is too long to be held: each channel's part in blocks.
    fn long_records(
        &mut self,
        source: &mut Source<'_>,
        rows: &mut [Row<'_>],
        options: &mut Options<'_>,
    ) -> Result<(), FormatError> {
        let width = self.layout.width.bytes() as usize;
        let at_once = BLOCK_BYTES as usize / width * width;
        let mut block = Vec::new();
        for record in 0..self.records.end - self.records.start {
            // Bytes of the records before.
            let start = record * self.layout.record_bytes;
            let first = self.layout.start + self.records.start * self.layout.record_bytes;
            let at = |place: &Place| first + start + place.first_byte as u64;
            for aside in &self.asides {
                source.input.seek(SeekFrom::Start(at(&aside.place)))?;
                // Lists may lie across any border.
                block.resize(aside.place.bytes, 0);
                source.input.read_exact(&mut block)?;
                aside.take(record, &block, &mut self.tals, &mut self.status);
            }
            for row in rows.iter_mut() {
                source.input.seek(SeekFrom::Start(at(&row.place)))?;
                let mut done = 0;
                while done < row.place.bytes {
                    block.resize(at_once.min(row.place.bytes - done), 0);
                    source.input.read_exact(&mut block)?;
                    row.take(record, done / width, &block);
                    done += block.len();
                    let read = row.place.first_byte + done;
                    options.report(start + read as u64, self.total());
                }
            }
            options.report(start + self.layout.record_bytes, self.total());
        }
        Ok(())
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
