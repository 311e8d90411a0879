use std::io::SeekFrom;
use std::ops::Range;

use super::header::{ChannelHeader, Header, malformed};
use super::layout::Layout;
use super::warn;
use crate::formats::exact;
use crate::formats::planar::Planar;
use crate::formats::reader::Source;
use crate::formats::unit::Scale;
use crate::formats::{FormatError, Options, Warning};
use crate::signal::{Channel, Quantization, Segment, Stream, Unit};

/// Bytes read at a time.
const BLOCK_BYTES: u64 = 1 << 20;

/// A channel that is decoded, and where its samples go.
struct Row<'a> {
    header: &'a ChannelHeader,
    scale: f64,
    offset: f64,
    group: usize,
    /// Place of the row's first sample among its group's.
    start: usize,
}

impl Row<'_> {
    /// Where `len` of its samples go, from sample `first` on.
    fn slot<'b>(&self, groups: &'b mut [Group], first: usize, len: usize) -> &'b mut [f32] {
        let start = self.start + first;
        let group = groups.get_mut(self.group);
        group.and_then(|group| group.samples.get_mut(start..start + len)).unwrap_or_default()
    }
}

/// Channels of one rate.
struct Group {
    samples_per_record: u32,
    channels: Vec<Channel>,
    /// Channels × samples, planar.
    samples: Planar,
}

/// Reads the records: one stream a rate, the one with most channels first. Also tells where the
/// first ends in the file, whatever part of it is read.
pub(super) fn read(
    source: &mut Source<'_>,
    header: &Header,
    layout: &Layout,
    options: &mut Options<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<(Vec<Stream>, u64), FormatError> {
    let scalings: Vec<_> = header.channels.iter().map(Scaling::of).collect();
    let described: Vec<_> = header.channels.iter().zip(&scalings).map(channel).collect();
    let wanted = options.wanted(&described)?;
    let mut groups = groups(header, &described, &wanted, warnings);
    if groups.is_empty() {
        return Err(malformed(252, "no channel that holds samples", "at least one"));
    }
    let end = groups.first().map_or(0, |group| u64::from(group.samples_per_record));
    let end = end.saturating_mul(layout.records);
    let records = records(header, layout, &groups, options);
    let mut rows = Vec::new();
    for (i, group) in groups.iter_mut().enumerate() {
        let len = allocate(group, records.end - records.start)?;
        let members = header.channels.iter().zip(&scalings).zip(&wanted);
        let members = members
            .filter(|&((c, _), &want)| want && c.samples_per_record == group.samples_per_record);
        rows.extend(members.enumerate().map(|(row, ((header, scaling), _))| Row {
            header,
            scale: scaling.scale,
            offset: scaling.offset,
            group: i,
            start: row * len,
        }));
    }
    for (i, (scaling, _)) in scalings.iter().zip(&wanted).enumerate().filter(|(_, (_, w))| **w) {
        scaling.tell(i, warnings);
    }
    // Rows in the order of the file, so that reading moves forward only.
    rows.sort_by_key(|row| row.header.offset);
    decode(source, header, &records, &rows, &mut groups, options)?;
    let streams = groups.into_iter().map(|group| stream(group, header, records.start));
    Ok((streams.collect::<Result<_, _>>()?, end))
}

/// The records that hold what is wanted.
fn records(
    header: &Header,
    layout: &Layout,
    groups: &[Group],
    options: &Options<'_>,
) -> Range<u64> {
    let Some(window) = options.window() else { return 0..layout.records };
    let parts = groups.iter().map(|group| {
        let rate_hz = header.record_s.rate_hz(group.samples_per_record);
        window.records(rate_hz, group.samples_per_record, layout.records)
    });
    let parts: Vec<Range<u64>> = parts.collect();
    let start = parts.iter().map(|part| part.start).min().unwrap_or(0);
    start..parts.iter().map(|part| part.end).max().unwrap_or(start)
}

/// The map from a stored number to a sample: `sample = number · scale + offset`.
struct Scaling {
    scale: f64,
    offset: f64,
    unit: Unit,
    /// What is wrong with the header's ranges, if anything is.
    oddity: Option<&'static str>,
}

impl Scaling {
    fn of(channel: &ChannelHeader) -> Self {
        let Scale { unit, factor } = channel.unit.clone();
        let (physical, digital) = (channel.physical, channel.digital);
        if physical == digital && physical.0 != physical.1 {
            return Self { scale: factor, offset: 0.0, unit, oddity: None };
        }
        let scale = (physical.1 - physical.0) / (digital.1 - digital.0);
        let offset = physical.0 - digital.0 * scale;
        let (scale, offset) = (scale * factor, offset * factor);
        if scale.is_normal() && offset.is_finite() {
            return Self { scale, offset, unit, oddity: None };
        }
        if channel.kind.is_float() {
            let oddity = Some("its scaling is undefined; its numbers are taken as they are");
            return Self { scale: factor, offset: 0.0, unit, oddity };
        }
        let oddity = Some("its scaling is undefined; its samples are counts");
        Self { scale: 1.0, offset: 0.0, unit: Unit::Other("count".to_owned()), oddity }
    }

    fn tell(&self, index: usize, warnings: &mut Vec<Warning>) {
        if let Some(oddity) = self.oddity {
            warn(warnings, format!("channel {}", index + 1), oddity);
        }
    }
}

/// A channel with the quantization that its type and scaling suggest; whether it holds is known
/// only when the samples are.
fn channel((header, scaling): (&ChannelHeader, &Scaling)) -> Channel {
    let bits = header.kind.count_bits();
    let (scale, offset) = (scaling.scale as f32, scaling.offset as f32);
    let quantization = bits.map(|bits| Quantization { bits, scale, offset });
    Channel { label: header.label.clone(), unit: scaling.unit.clone(), quantization }
}

/// The wanted channels by rate, most channels first.
fn groups(
    header: &Header,
    described: &[Channel],
    wanted: &[bool],
    warnings: &mut Vec<Warning>,
) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (i, (channel, described)) in header.channels.iter().zip(described).enumerate() {
        if !wanted.get(i).copied().unwrap_or(false) {
            continue;
        }
        let samples_per_record = channel.samples_per_record;
        if samples_per_record == 0 {
            let place = format!("channel {} ({})", i + 1, channel.label);
            warn(warnings, place, "it has no samples in the records (sparse sampling); left out");
            continue;
        }
        match groups.iter_mut().find(|group| group.samples_per_record == samples_per_record) {
            Some(group) => group.channels.push(described.clone()),
            None => groups.push(Group {
                samples_per_record,
                channels: vec![described.clone()],
                samples: Planar::default(),
            }),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.channels.len()));
    groups
}

/// Makes room for a group's samples; gives the samples a channel. The records are in the file, so
/// it is never more than four bytes for each of the file's.
fn allocate(group: &mut Group, records: u64) -> Result<usize, FormatError> {
    let len = records.saturating_mul(u64::from(group.samples_per_record));
    let values = len.saturating_mul(group.channels.len() as u64);
    group.samples = Planar::zeros(values)?;
    Ok(group.samples.len() / group.channels.len().max(1))
}

fn decode(
    source: &mut Source<'_>,
    header: &Header,
    records: &Range<u64>,
    rows: &[Row<'_>],
    groups: &mut [Group],
    options: &mut Options<'_>,
) -> Result<(), FormatError> {
    let count = records.end - records.start;
    let total = count * header.record_bytes;
    options.report(0, total);
    if header.record_bytes > BLOCK_BYTES {
        return decode_long_records(source, header, records, rows, groups, options);
    }
    let start = header.len + records.start * header.record_bytes;
    source.input.seek(SeekFrom::Start(start))?;
    let record_bytes = header.record_bytes as usize;
    let at_once = BLOCK_BYTES / header.record_bytes.max(1);
    let mut block = Vec::new();
    let mut done = 0;
    while done < count {
        let count = at_once.min(count - done) as usize;
        block.resize(count * record_bytes, 0);
        source.input.read_exact(&mut block)?;
        for row in rows {
            let len = row.header.samples_per_record as usize;
            let (from, size) = (row.header.offset as usize, row.header.bytes() as usize);
            let out = row.slot(groups, done as usize * len, count * len);
            for (record, out) in block.chunks_exact(record_bytes).zip(out.chunks_exact_mut(len)) {
                let bytes = record.get(from..from + size).unwrap_or(&[]);
                row.header.kind.decode(bytes, row.scale, row.offset, out);
            }
        }
        done += count as u64;
        options.report(done * header.record_bytes, total);
    }
    Ok(())
}

/// As `decode`, where a record is too long to be held: each channel's part in blocks.
fn decode_long_records(
    source: &mut Source<'_>,
    header: &Header,
    records: &Range<u64>,
    rows: &[Row<'_>],
    groups: &mut [Group],
    options: &mut Options<'_>,
) -> Result<(), FormatError> {
    let records_start = header.len + records.start * header.record_bytes;
    let total = (records.end - records.start) * header.record_bytes;
    let mut block = Vec::new();
    for record in 0..records.end - records.start {
        let start = record * header.record_bytes;
        for row in rows {
            source.input.seek(SeekFrom::Start(records_start + start + row.header.offset))?;
            let len = row.header.samples_per_record as usize;
            let (kind, size) = (row.header.kind, row.header.kind.size());
            let out = row.slot(groups, record as usize * len, len);
            let mut done = start + row.header.offset;
            for out in out.chunks_mut(BLOCK_BYTES as usize / size) {
                block.resize(out.len() * size, 0);
                source.input.read_exact(&mut block)?;
                kind.decode(&block, row.scale, row.offset, out);
                done += block.len() as u64;
                options.report(done, total);
            }
        }
        options.report(start + header.record_bytes, total);
    }
    Ok(())
}

fn stream(mut group: Group, header: &Header, record: u64) -> Result<Stream, FormatError> {
    let rate_hz = header.record_s.rate_hz(group.samples_per_record);
    let len = group.samples.len() / group.channels.len().max(1);
    for (channel, samples) in group.channels.iter_mut().zip(group.samples.chunks(len.max(1))) {
        let holds = |quantization: &Quantization| {
            let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
            exact::is_reversible(quantization, f64::from(peak))
        };
        channel.quantization = channel.quantization.filter(holds);
    }
    let first = record.saturating_mul(u64::from(group.samples_per_record));
    let segments = [Segment { first, len }];
    let samples = group.samples.into_samples(group.channels.len(), &segments)?;
    Ok(Stream::new(format!("{rate_hz} Hz"), rate_hz, group.channels, samples)?)
}
