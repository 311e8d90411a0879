//! What a format with a single sampling rate can hold of a recording: the first stream, and those
//! that were sampled with it.

use super::{FormatError, Warning};
use crate::signal::{Channel, Event, Recording, Segment, Stream};

/// Channels that share their samples' positions.
pub(super) struct Sheet<'a> {
    stream: &'a Stream,
    /// Places of the streams whose channels are here.
    members: Vec<usize>,
    /// What each channel is, and its samples, gaps closed.
    pub rows: Vec<(&'a Channel, &'a [f32])>,
}

/// Where an event falls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spot {
    /// Samples from the first one, lost ones counted.
    pub position: u64,
    /// Place among the samples that are there: of the next one, where it falls in a gap; past the
    /// last where it falls later.
    pub sample: u64,
    /// Whether it falls on a sample that is there, or past them all.
    pub is_there: bool,
    /// Whether it fell between two samples, or before the first.
    pub is_moved: bool,
}

impl<'a> Sheet<'a> {
    pub(super) fn of(
        recording: &'a Recording,
        format: &'static str,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, FormatError> {
        let Some(stream) = recording.streams().first() else {
            let what = "it has no samples".to_owned();
            return Err(FormatError::Unwritable { format, what });
        };
        let mut sheet = Self { stream, members: Vec::new(), rows: Vec::new() };
        for (place, other) in recording.streams().iter().enumerate() {
            if !sheet.takes(other) {
                let message = format!(
                    "it has {} Hz, or samples where the first has none; there is no place for it",
                    other.rate_hz()
                );
                warnings.push(Warning::new(format!("stream {:?}", other.name()), message));
                continue;
            }
            sheet.members.push(place);
            let rows = other.channels().iter().enumerate();
            sheet.rows.extend(rows.map(|(row, channel)| (channel, other.samples().channel(row))));
        }
        if sheet.rows.is_empty() {
            let what = "it has no channels".to_owned();
            return Err(FormatError::Unwritable { format, what });
        }
        let start_s = sheet.start_s();
        if start_s != 0.0 {
            let message = format!(
                "its first sample falls at {start_s} s of the session; the file counts from there"
            );
            warnings.push(Warning::new(format!("stream {:?}", stream.name()), message));
        }
        Ok(sheet)
    }

    /// Whether a stream was sampled with the first.
    fn takes(&self, other: &Stream) -> bool {
        other.rate_hz() == self.stream.rate_hz()
            && other.origin_s() == self.stream.origin_s()
            && other.samples().segments() == self.stream.samples().segments()
    }

    pub(super) fn rate_hz(&self) -> f64 {
        self.stream.rate_hz()
    }

    /// Samples a channel.
    pub(super) fn len(&self) -> usize {
        self.stream.samples().len()
    }

    /// When the first sample was taken, in seconds of the session.
    pub(super) fn start_s(&self) -> f64 {
        self.stream.time_s(self.stream.samples().start() as f64)
    }

    /// The stretches without a gap, counted from the first sample.
    pub(super) fn segments(&self) -> impl Iterator<Item = Segment> + '_ {
        let start = self.stream.samples().start();
        let shift = move |segment: &Segment| Segment { first: segment.first - start, ..*segment };
        self.stream.samples().segments().iter().map(shift)
    }

    /// Says how many channels have a label or a unit that the format can't write.
    pub(super) fn tell_names(
        &self,
        comes_back: impl Fn(&Channel) -> bool,
        warnings: &mut Vec<Warning>,
    ) {
        let count = self.rows.iter().filter(|(channel, _)| !comes_back(channel)).count();
        if count > 0 {
            let message = format!("{count} labels or units can't be written as they are");
            warnings.push(Warning::new("channels", message));
        }
    }

    pub(super) fn spot(&self, recording: &Recording, event: &Event) -> Spot {
        let start = self.stream.samples().start() as f64;
        let exact = if self.members.contains(&event.stream) {
            event.position() - start
        } else {
            (recording.onset_s(event) - self.start_s()) * self.rate_hz()
        };
        let position = exact.round().max(0.0);
        let is_moved = (exact - position).abs() > 1e-4;
        let position = position as u64;
        let (mut before, mut end) = (0, 0);
        for segment in self.segments() {
            if position < segment.end() {
                let is_there = position >= segment.first;
                let sample = before + position.saturating_sub(segment.first);
                return Spot { position, sample, is_there, is_moved };
            }
            (before, end) = (before + segment.len as u64, segment.end());
        }
        Spot { position, sample: before + (position - end), is_there: true, is_moved }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::Samples;

    fn stream(name: &str, rate_hz: f64, segments: &[(u64, usize)]) -> Stream {
        let mut samples = Samples::new(1);
        for &(first, len) in segments {
            samples.append(first, &vec![first as f32; len]).unwrap();
        }
        Stream::new(name, rate_hz, vec![Channel::microvolts(name)], samples).unwrap()
    }

    #[test]
    fn streams_that_were_sampled_together_are_taken() {
        let parts = [(4, 2), (10, 3)];
        let streams = vec![
            stream("a", 10.0, &parts),
            stream("b", 20.0, &parts),
            stream("c", 10.0, &parts),
            stream("d", 10.0, &[(4, 5)]),
            stream("e", 10.0, &parts).with_origin(1.0),
        ];
        let recording = Recording::new(streams, Vec::new());
        let mut warnings = Vec::new();
        let sheet = Sheet::of(&recording, "X", &mut warnings).unwrap();
        let labels: Vec<_> = sheet.rows.iter().map(|(channel, _)| channel.label.as_str()).collect();
        assert_eq!((labels, sheet.len(), sheet.start_s()), (vec!["a", "c"], 5, 0.4));
        // Three have no place, and the first starts late.
        assert_eq!(warnings.len(), 4);
        let segment = |first, len| Segment { first, len };
        assert_eq!(sheet.segments().collect::<Vec<_>>(), [segment(0, 2), segment(6, 3)]);
        let spot = |stream, sample, fraction| {
            let event = Event { stream, fraction, ..Event::at(sample, 0, "") };
            let Spot { position, sample, is_there, is_moved } = sheet.spot(&recording, &event);
            (position, sample, is_there, is_moved)
        };
        assert_eq!(spot(0, 5, 0.0), (1, 1, true, false));
        assert_eq!(spot(2, 7, 0.25), (3, 2, false, true));
        assert_eq!(spot(0, 10, 0.0), (6, 2, true, false));
        assert_eq!(spot(0, 20, 0.0), (16, 12, true, false));
        assert_eq!(spot(0, 1, 0.0), (0, 0, true, true));
        assert_eq!(spot(1, 20, 0.0), (6, 2, true, false));
        assert!(Sheet::of(&Recording::default(), "X", &mut warnings).is_err());
    }
}
