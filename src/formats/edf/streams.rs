//! Which channels become which stream, and where its gaps are.

use std::collections::BTreeSet;
use std::ops::Range;

use super::channels::{ChannelHeader, Kind};
use super::clock::Clock;
use super::data::{Content, Group};
use super::events::Skip;
use super::layout::Width;
use super::scaling::Scaling;
use super::{malformed, warn};
use crate::formats::exact;
use crate::formats::planar::Planar;
use crate::formats::{FormatError, Options, Warning};
use crate::signal::{Channel, Samples, Segment, Stream};

/// Channels that are named in a warning about several.
const NAMED: usize = 3;

/// The channels that are wanted.
pub(super) struct Picked {
    /// By rate, the one with most channels first, the status channel last.
    pub groups: Vec<Group>,
    /// One a channel of the file.
    pub scalings: Vec<Scaling>,
}

/// Sorts the wanted channels into groups. There may be none where the file holds annotations only.
pub(super) fn pick(
    channels: &[ChannelHeader],
    width: Width,
    options: &Options<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Picked, FormatError> {
    let signals: Vec<usize> = (0..channels.len())
        .filter(|&i| channels.get(i).is_some_and(|channel| channel.kind != Kind::Annotations))
        .collect();
    let label = |&i: &usize| channels.get(i).map_or("", |channel| channel.label.as_str());
    let described: Vec<Channel> = signals.iter().map(|i| Channel::microvolts(label(i))).collect();
    let wanted = options.wanted(&described)?;
    let mut is_wanted = vec![false; channels.len()];
    for (&signal, _) in signals.iter().zip(&wanted).filter(|&(_, &wanted)| wanted) {
        is_wanted[signal] = true;
    }
    let (mut groups, mut scalings) = (Vec::<Group>::new(), Vec::with_capacity(channels.len()));
    for (i, (channel, &is_wanted)) in channels.iter().zip(&is_wanted).enumerate() {
        let place = format!("channel {} ({})", i + 1, channel.label);
        let mut told = Vec::new();
        scalings.push(Scaling::of(channel, &place, width, &mut told));
        if !is_wanted {
            continue;
        }
        let samples_per_record = channel.samples_per_record;
        if samples_per_record == 0 {
            warn(warnings, place, "it has no samples in the records; left out");
            continue;
        }
        warnings.append(&mut told);
        let is_status = channel.kind == Kind::Status && width == Width::I24;
        let key = (samples_per_record, is_status);
        match groups.iter_mut().find(|group| (group.samples_per_record, group.is_status) == key) {
            Some(group) => group.channels.push(i),
            None => groups.push(Group {
                samples_per_record,
                is_status,
                channels: vec![i],
                samples: Planar::default(),
            }),
        }
    }
    let holds_lists = |channel: &ChannelHeader| {
        channel.kind == Kind::Annotations && channel.samples_per_record > 0
    };
    if groups.is_empty() && (options.channels.is_some() || !channels.iter().any(holds_lists)) {
        return Err(malformed(252, "no channel that holds samples", "at least one"));
    }
    groups.sort_by_key(|group| (group.is_status, std::cmp::Reverse(group.channels.len())));
    Ok(Picked { groups, scalings })
}

/// The streams of what was read, with the gaps that the clock tells, and what `f32` is too coarse
/// for.
pub(super) fn build(
    content: &mut Content,
    channels: &[ChannelHeader],
    scalings: &[Scaling],
    clock: &Clock,
    records: &Range<u64>,
) -> Result<(Vec<Stream>, Coarse), FormatError> {
    let mut coarse = Coarse::default();
    let mut streams = Vec::with_capacity(content.groups.len());
    for group in std::mem::take(&mut content.groups) {
        let rate_hz = clock.rate_hz(group.samples_per_record);
        let mut described = Vec::with_capacity(group.channels.len());
        for &i in &group.channels {
            let (Some(header), Some(scaling)) = (channels.get(i), scalings.get(i)) else {
                continue;
            };
            let peak = content.peaks.get(i).copied().unwrap_or(f32::INFINITY);
            coarse.look(&header.label, scaling, peak);
            described.push(Channel {
                label: header.label.clone(),
                unit: scaling.unit.clone(),
                quantization: scaling
                    .grid
                    .filter(|grid| exact::is_reversible(grid, f64::from(peak))),
            });
        }
        let name = if group.is_status { "Status".to_owned() } else { format!("{rate_hz} Hz") };
        let segments = clock.segments_of(group.samples_per_record, records);
        let samples = group.samples.into_samples(described.len(), &segments)?;
        streams.push(Stream::new(name, rate_hz, described, samples)?);
    }
    Ok((streams, coarse))
}

/// Channels so far from zero that the steps of `f32` there are much wider than a count.
#[derive(Default)]
pub(super) struct Coarse {
    labels: Vec<String>,
    count: usize,
}

impl Coarse {
    fn look(&mut self, label: &str, scaling: &Scaling, peak: f32) {
        let step = f64::from(peak.next_up()) - f64::from(peak);
        if peak.is_finite() && step > 2.0 * scaling.scale.abs() {
            self.count += 1;
            if self.labels.len() < NAMED {
                self.labels.push(label.to_owned());
            }
        }
    }

    pub(super) fn tell(&self, warnings: &mut Vec<Warning>) {
        if self.count == 0 {
            return;
        }
        let more = if self.count > self.labels.len() { " …" } else { "" };
        let message = format!(
            "{} lie so far from zero that samples of 32 bits there are coarser than their counts: \
             {}{more}",
            self.count,
            self.labels.join(", ")
        );
        warn(warnings, "channels", message);
    }
}

/// Makes gaps of what was not recorded.
pub(super) fn leave_out(
    streams: &mut [Stream],
    skips: &[Skip],
    is_own: bool,
    warnings: &mut Vec<Warning>,
) -> Result<(), FormatError> {
    if skips.is_empty() {
        return Ok(());
    }
    let mut lost = 0;
    for stream in streams.iter_mut() {
        let labels: BTreeSet<&str> =
            stream.channels().iter().map(|channel| channel.label.as_str()).collect();
        let concerns =
            |skip: &&Skip| skip.channel.as_ref().is_none_or(|own| labels.contains(own.as_str()));
        let mut holes: Vec<(u64, u64)> = skips
            .iter()
            .filter(concerns)
            .map(|skip| (position(stream, skip.start_s), position(stream, skip.end_s)))
            .filter(|(start, end)| start < end)
            .collect();
        holes.sort_unstable();
        let before = stream.samples().len();
        let pieces = outside(stream.samples().segments(), &holes);
        let kept: usize = pieces.iter().map(|(_, segment)| segment.len).sum();
        if kept < before {
            lost += before - kept;
            let (name, rate_hz) = (stream.name().to_owned(), stream.rate_hz());
            let samples = only(stream.samples(), &pieces, kept)?;
            *stream = Stream::new(name, rate_hz, stream.channels().to_vec(), samples)?;
        }
    }
    if lost > 0 && !is_own {
        let message = format!(
            "{} say that samples were not recorded; {lost} samples are left out as gaps",
            skips.len()
        );
        warn(warnings, "annotations", message);
    }
    Ok(())
}

/// The sample nearest to a time.
fn position(stream: &Stream, seconds: f64) -> u64 {
    (seconds * stream.rate_hz()).round().max(0.0) as u64
}

/// The parts of the segments that lie in no hole, each with its place among the stored samples.
/// Holes are in the order of their starts.
fn outside(segments: &[Segment], holes: &[(u64, u64)]) -> Vec<(usize, Segment)> {
    let mut pieces = Vec::new();
    let mut holes = holes.iter().peekable();
    let mut before = 0;
    for segment in segments {
        let mut keep = |first: u64, end: u64| {
            if first < end {
                let len = (end - first) as usize;
                pieces.push((before + (first - segment.first) as usize, Segment { first, len }));
            }
        };
        let mut first = segment.first;
        while let Some(&&(start, end)) = holes.peek().filter(|(start, _)| *start < segment.end()) {
            keep(first, start);
            first = first.max(end);
            if end > segment.end() {
                // It reaches into the next segment.
                break;
            }
            holes.next();
        }
        keep(first, segment.end());
        before += segment.len;
    }
    pieces
}

/// The samples of these pieces, `len` a channel in all.
fn only(
    samples: &Samples,
    pieces: &[(usize, Segment)],
    len: usize,
) -> Result<Samples, FormatError> {
    let mut planar = Vec::with_capacity(len * samples.channels());
    for channel in 0..samples.channels() {
        let row = samples.channel(channel);
        for &(start, Segment { len, .. }) in pieces {
            planar.extend_from_slice(row.get(start..start + len).unwrap_or_default());
        }
    }
    let segments: Vec<Segment> = pieces.iter().map(|&(_, segment)| segment).collect();
    Ok(Samples::from_segments(samples.channels(), planar, &segments)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_cut_segments() {
        let segments = [Segment { first: 0, len: 10 }, Segment { first: 20, len: 10 }];
        let left = |holes: &[(u64, u64)]| {
            let pieces = outside(&segments, holes);
            pieces.iter().map(|(at, piece)| (*at, piece.first, piece.len)).collect::<Vec<_>>()
        };
        assert_eq!(left(&[]), [(0, 0, 10), (10, 20, 10)]);
        assert_eq!(left(&[(3, 5), (4, 6)]), [(0, 0, 3), (6, 6, 4), (10, 20, 10)]);
        assert_eq!(left(&[(8, 22), (9, 10)]), [(0, 0, 8), (12, 22, 8)]);
        assert_eq!(left(&[(0, 10), (12, 15), (29, 99)]), [(10, 20, 9)]);
        assert_eq!(left(&[(0, 99)]), []);
    }
}
