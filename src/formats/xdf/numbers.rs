//! Streams of numbers: their channels and their values.

use super::header::Kind;
use super::log::Log;
use super::raw::{Contents, Raw};
use super::values::{Row, Table, decode_all};
use super::window::Window;
use crate::formats::{FormatError, Options, exact, unit};
use crate::signal::{Channel, Quantization};

/// A stream of numbers, as its header describes it and as it is decoded.
#[derive(Debug)]
pub(super) struct Numbers {
    described: Vec<Channel>,
    pub table: Table,
}

/// Decodes the wanted channels of all streams; `None` for a stream that has none.
pub(super) fn read(
    mut window: Window<'_, '_>,
    contents: &Contents,
    options: &mut Options<'_>,
    log: &mut Log,
) -> Result<Vec<Option<Numbers>>, FormatError> {
    let described: Vec<Vec<Channel>> = contents
        .streams
        .iter()
        .map(|raw| if has_channels(raw, log) { channels(raw, log) } else { Vec::new() })
        .collect();
    let mut wanted = options.wanted(&described.concat())?.into_iter();
    let mut tables = Vec::with_capacity(described.len());
    for (raw, channels) in contents.streams.iter().zip(&described) {
        let wanted: Vec<bool> = wanted.by_ref().take(channels.len()).collect();
        let rows = rows(raw, &wanted);
        tables.push(if rows.is_empty() { None } else { Some(Table::new(raw, rows)?) });
    }
    decode_all(&mut window, &contents.runs, &mut tables, options)?;
    let numbers = described.into_iter().zip(tables);
    Ok(numbers.map(|(described, table)| Some(Numbers { described, table: table? })).collect())
}

/// Whether a stream has channels of numbers.
fn has_channels(raw: &Raw, log: &mut Log) -> bool {
    let count = raw.header.channel_count;
    if raw.stamps.is_empty() {
        log.tell(raw.place(), "it has no samples");
    }
    if raw.header.is_text() {
        return false;
    }
    // Without samples, nothing else bounds a number that may be damaged.
    let absurd = raw.stamps.is_empty() && count > raw.header.bytes as u64;
    if count == 0 || absurd {
        log.tell(raw.place(), format!("it has {count} channels; left out"));
    }
    count > 0 && !absurd
}

/// The channels of a stream as its header describes them; without a label they are numbered.
fn channels(raw: &Raw, log: &mut Log) -> Vec<Channel> {
    let described = &raw.header.channels;
    let count = usize::try_from(raw.header.channel_count).unwrap_or(usize::MAX);
    if !described.is_empty() && described.len() != count {
        let message = format!("{} channels are described, but {count} are there", described.len());
        log.tell(raw.place(), message);
    }
    let channel = |place: usize| {
        let info = described.get(place).cloned().unwrap_or_default();
        let label = if info.label.is_empty() { format!("ch{}", place + 1) } else { info.label };
        let scale = unit::from_text(&info.unit);
        let quantization = raw.header.kind.count_bits().map(|bits| Quantization {
            bits,
            scale: scale.factor as f32,
            offset: 0.0,
        });
        Channel { label, unit: scale.unit, quantization }
    };
    (0..count).map(channel).collect()
}

/// The rows to decode of a stream.
fn rows(raw: &Raw, wanted: &[bool]) -> Vec<Row> {
    let wanted = wanted.iter().enumerate().filter(|(_, wanted)| **wanted);
    let row = |(channel, _): (usize, _)| {
        let info = raw.header.channels.get(channel);
        let scale = unit::from_text(info.map_or("", |info| &info.unit));
        Row { channel, scale, rounding: 0.0 }
    };
    wanted.map(row).collect()
}

impl Numbers {
    /// The channels of a table, with the quantization that its samples allow; tells what rounding lost.
    pub(super) fn channels(&self, raw: &Raw, log: &mut Log) -> Vec<Channel> {
        let Self { described, table } = self;
        let mut channels = Vec::with_capacity(table.rows.len());
        let (mut rounded, mut rounding) = (0, 0.0_f64);
        for (place, row) in table.rows.iter().enumerate() {
            let Some(channel) = described.get(row.channel) else { continue };
            let peak = table.row(place).iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
            let exact =
                |q: &Quantization| row.rounding == 0.0 && exact::is_reversible(q, peak.into());
            let quantization = channel.quantization.filter(exact);
            channels.push(Channel { quantization, ..channel.clone() });
            rounded += usize::from(row.rounding > 0.0);
            rounding = rounding.max(row.rounding);
        }
        if rounded > 0 {
            let kind = match raw.header.kind {
                Kind::Int32 => "32-bit integers",
                Kind::Int64 => "64-bit integers",
                _ => "double-precision samples",
            };
            let message = format!(
                "{kind} of {rounded} channels are rounded to 32-bit floats, by {rounding:.1e} at most"
            );
            log.tell(raw.place(), message);
        }
        channels
    }
}
