use std::ops::Range;

use super::store::Store;
use super::{Epoch, SignalError};

/// A stretch of samples without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Position of the first sample.
    pub first: u64,
    /// Number of samples a channel.
    pub len: usize,
}

impl Segment {
    /// Position after the last sample.
    pub fn end(&self) -> u64 {
        self.first.saturating_add(self.len as u64)
    }
}

/// Channels × samples on a sample clock. Lost stretches are gaps and take no memory.
///
/// ```
/// use evoked::signal::Samples;
/// let mut samples = Samples::new(2);
/// samples.append(0, &[1.0, 2.0, 10.0, 20.0])?;
/// samples.append(5, &[3.0, 30.0])?;
/// assert_eq!(samples.gaps().collect::<Vec<_>>(), [2..5]);
/// assert_eq!(samples.epoch(0, 2)?.channel(1), [10.0, 20.0]);
/// assert!(samples.epoch(1, 3).is_err());
/// # Ok::<(), evoked::signal::SignalError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Samples<T = f32> {
    channels: usize,
    /// Rows of `capacity` values, of which the first `len` are in use.
    data: Store<T>,
    capacity: usize,
    len: usize,
    segments: Vec<Segment>,
}

impl<T: PartialEq> PartialEq for Samples<T> {
    fn eq(&self, other: &Self) -> bool {
        self.channels == other.channels
            && self.segments == other.segments
            && (0..self.channels).all(|c| self.channel(c) == other.channel(c))
    }
}

impl<T> Samples<T> {
    /// No samples yet.
    pub fn new(channels: usize) -> Self {
        Self {
            channels,
            data: Store::Vector(Vec::new()),
            capacity: 0,
            len: 0,
            segments: Vec::new(),
        }
    }

    /// A planar array (one channel after the other) as a single segment from position zero.
    ///
    /// # Errors
    /// [`SignalError::Shape`] where the values do not divide into the channels.
    pub fn from_planar(channels: usize, data: Vec<T>) -> Result<Self, SignalError> {
        let len = Epoch::from_planar(&data, channels)?.len();
        let segments = if len == 0 { Vec::new() } else { vec![Segment { first: 0, len }] };
        Ok(Self { channels, data: Store::Vector(data), capacity: len, len, segments })
    }

    /// A planar array whose rows are these segments, one after the other.
    ///
    /// ```
    /// use evoked::signal::{Samples, Segment};
    /// let segments = [Segment { first: 0, len: 2 }, Segment { first: 5, len: 1 }];
    /// let samples = Samples::from_segments(1, vec![1.0, 2.0, 3.0], &segments)?;
    /// assert_eq!(samples.gaps().collect::<Vec<_>>(), [2..5]);
    /// # Ok::<(), evoked::signal::SignalError>(())
    /// ```
    ///
    /// # Errors
    /// [`SignalError::Shape`] where the values do not divide into the channels, or a row is not as
    /// long as all segments together, [`SignalError::Overlap`] where a segment starts before the
    /// end of the one before it, [`SignalError::Position`] where one does not fit the sample clock.
    pub fn from_segments(
        channels: usize,
        data: Vec<T>,
        segments: &[Segment],
    ) -> Result<Self, SignalError> {
        Self::stored_in(channels, Store::Vector(data), segments)
    }

    /// As [`Samples::from_segments`], of an array that something else keeps and that never changes.
    /// Clones share it; only adding samples copies it.
    #[cfg(all(feature = "formats", target_os = "linux"))]
    pub(crate) fn from_shared(
        channels: usize,
        data: std::sync::Arc<dyn AsRef<[T]> + Send + Sync>,
        segments: &[Segment],
    ) -> Result<Self, SignalError> {
        Self::stored_in(channels, Store::Shared(data), segments)
    }

    fn stored_in(
        channels: usize,
        data: Store<T>,
        segments: &[Segment],
    ) -> Result<Self, SignalError> {
        let len = Epoch::from_planar(&data, channels)?.len();
        let mut joined: Vec<Segment> = Vec::with_capacity(segments.len());
        let mut held = 0_usize;
        for segment in segments.iter().filter(|segment| segment.len > 0) {
            let &Segment { first, len } = segment;
            if first.checked_add(len as u64).is_none() {
                return Err(SignalError::Position { first, len });
            }
            held = held.saturating_add(len);
            match joined.last_mut() {
                Some(last) if first < last.end() => {
                    return Err(SignalError::Overlap { first, end: last.end() });
                }
                Some(last) if first == last.end() => last.len += len,
                _ => joined.push(*segment),
            }
        }
        if held != len {
            return Err(SignalError::Shape { values: data.len(), channels });
        }
        Ok(Self { channels, data, capacity: len, len, segments: joined })
    }

    /// Number of channels.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Number of samples a channel that are present.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Position of the first sample.
    pub fn start(&self) -> u64 {
        self.segments.first().map_or(0, |segment| segment.first)
    }

    /// Position after the last sample.
    pub fn end(&self) -> u64 {
        self.segments.last().map_or(0, Segment::end)
    }

    /// The stretches without a gap, in order.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The positions that are lost between two segments, in order.
    pub fn gaps(&self) -> impl Iterator<Item = Range<u64>> + '_ {
        self.segments.windows(2).map(|pair| pair[0].end()..pair[1].first)
    }

    /// All samples of one channel that are present, gaps closed; empty for an unknown channel.
    pub fn channel(&self, channel: usize) -> &[T] {
        self.stored(0, self.len).channel(channel)
    }

    /// A view of `len` samples from position `first`.
    ///
    /// # Errors
    /// [`SignalError::OutOfRange`] or [`SignalError::Gap`] where one of them is missing.
    pub fn epoch(&self, first: u64, len: usize) -> Result<Epoch<'_, T>, SignalError> {
        let out_of_range =
            SignalError::OutOfRange { first, len, start: self.start(), end: self.end() };
        let Some(end) = first.checked_add(len as u64) else { return Err(out_of_range) };
        if first < self.start() || end > self.end() {
            return Err(out_of_range);
        }
        let mut before = 0;
        for (i, segment) in self.segments.iter().enumerate() {
            if first >= segment.end() && end > segment.end() {
                before += segment.len;
                continue;
            }
            if first >= segment.first && end <= segment.end() {
                let start = before + (first - segment.first) as usize;
                return Ok(self.stored(start, len));
            }
            let gap = if first < segment.first {
                i.checked_sub(1).map_or(0, |previous| self.segments[previous].end())..segment.first
            } else {
                segment.end()..self.segments.get(i + 1).map_or(end, |next| next.first)
            };
            return Err(SignalError::Gap { first, len, gap_first: gap.start, gap_end: gap.end });
        }
        Err(out_of_range)
    }

    /// A view of one segment, by its place in [`Samples::segments`].
    pub fn segment_epoch(&self, index: usize) -> Option<Epoch<'_, T>> {
        let len = self.segments.get(index)?.len;
        let start = self.segments.iter().take(index).map(|segment| segment.len).sum();
        Some(self.stored(start, len))
    }

    fn stored(&self, start: usize, len: usize) -> Epoch<'_, T> {
        Epoch::strided(&self.data, start, self.capacity, self.channels, len)
    }
}

impl<T: Copy + Default> Samples<T> {
    /// A copy of what lies at these positions.
    ///
    /// ```
    /// use evoked::signal::Samples;
    /// let mut samples = Samples::from_planar(2, vec![1, 2, 3, 10, 20, 30])?;
    /// samples.append(9, &[4, 40])?;
    /// let part = samples.within(2..10);
    /// assert_eq!((part.start(), part.end(), part.channel(1)), (2, 10, &[30, 40][..]));
    /// # Ok::<(), evoked::signal::SignalError>(())
    /// ```
    pub fn within(&self, positions: Range<u64>) -> Self {
        let mut parts = Vec::new();
        let mut before = 0;
        for segment in &self.segments {
            let first = positions.start.clamp(segment.first, segment.end());
            let len = (positions.end.clamp(first, segment.end()) - first) as usize;
            if len > 0 {
                parts.push((before + (first - segment.first) as usize, Segment { first, len }));
            }
            before += segment.len;
        }
        let len = parts.iter().map(|(_, part)| part.len).sum();
        let mut data = Vec::with_capacity(len * self.channels);
        for row in (0..self.channels).map(|channel| self.channel(channel)) {
            for (at, part) in &parts {
                data.extend(row.iter().skip(*at).take(part.len));
            }
        }
        let segments = parts.into_iter().map(|(_, part)| part).collect();
        Self { channels: self.channels, data: Store::Vector(data), capacity: len, len, segments }
    }

    /// Makes room for `len` more samples a channel.
    pub fn reserve(&mut self, len: usize) {
        let wanted = self.len.saturating_add(len);
        if wanted <= self.capacity {
            return;
        }
        let mut grown = Vec::with_capacity(wanted.saturating_mul(self.channels));
        for channel in 0..self.channels {
            grown.extend_from_slice(self.channel(channel));
            grown.resize((channel + 1) * wanted, T::default());
        }
        self.data = Store::Vector(grown);
        self.capacity = wanted;
    }

    /// Adds a planar chunk (channels × n, one channel after the other) at position `first`.
    ///
    /// A position past the end leaves a gap. The cost is amortised over the samples.
    ///
    /// # Errors
    /// [`SignalError::Shape`] where the values do not divide into the channels,
    /// [`SignalError::Overlap`] where `first` lies before the end of what is there,
    /// [`SignalError::Position`] where the end does not fit the sample clock.
    pub fn append(&mut self, first: u64, planar: &[T]) -> Result<(), SignalError> {
        let chunk = Epoch::from_planar(planar, self.channels)?;
        self.append_rows(first, chunk.len(), |channel, row| {
            row.copy_from_slice(chunk.channel(channel));
        })
    }

    /// Adds `len` samples at position `first`, each channel's written by `fill(channel, row)`.
    ///
    /// # Errors
    /// As [`Samples::append`].
    pub fn append_rows(
        &mut self,
        first: u64,
        len: usize,
        mut fill: impl FnMut(usize, &mut [T]),
    ) -> Result<(), SignalError> {
        if first.checked_add(len as u64).is_none() {
            return Err(SignalError::Position { first, len });
        }
        if !self.segments.is_empty() && first < self.end() {
            return Err(SignalError::Overlap { first, end: self.end() });
        }
        if len == 0 {
            return Ok(());
        }
        if self.len.saturating_add(len) > self.capacity {
            self.reserve(len.max(self.capacity));
        }
        let data = self.data.to_mut();
        for channel in 0..self.channels {
            let start = channel * self.capacity + self.len;
            fill(channel, &mut data[start..start + len]);
        }
        match self.segments.last_mut() {
            Some(last) if last.end() == first => last.len += len,
            _ => self.segments.push(Segment { first, len }),
        }
        self.len += len;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_keeps_every_row() {
        let mut samples = Samples::new(3);
        for i in 0..100_u64 {
            let value = i as f32;
            samples.append(i, &[value, value + 1000.0, value + 2000.0]).unwrap();
        }
        assert_eq!(samples.segments(), [Segment { first: 0, len: 100 }]);
        for channel in 0..3 {
            let expected: Vec<f32> = (0..100).map(|i| (i + 1000 * channel) as f32).collect();
            assert_eq!(samples.channel(channel), expected);
        }
    }

    #[test]
    fn a_planar_array_can_lie_on_segments() {
        let segment = |first, len| Segment { first, len };
        let on = |segments: &[Segment]| Samples::from_segments(2, vec![1, 2, 3, 4, 5, 6], segments);
        let samples = on(&[segment(4, 1), segment(5, 1), segment(6, 0), segment(9, 1)]).unwrap();
        assert_eq!(samples.segments(), [segment(4, 2), segment(9, 1)]);
        assert_eq!(samples.epoch(9, 1).unwrap().channel(1), [6]);
        let overlap = SignalError::Overlap { first: 5, end: 6 };
        assert_eq!(on(&[segment(4, 2), segment(5, 1)]), Err(overlap));
        assert!(matches!(on(&[segment(4, 2)]), Err(SignalError::Shape { .. })));
        assert!(matches!(on(&[segment(u64::MAX, 3)]), Err(SignalError::Position { .. })));
    }

    #[test]
    fn epochs_do_not_cross_gaps() {
        let mut samples = Samples::new(1);
        samples.append(10, &[0.0, 1.0, 2.0]).unwrap();
        samples.append(20, &[3.0, 4.0]).unwrap();
        assert_eq!(samples.epoch(11, 2).unwrap().channel(0), [1.0, 2.0]);
        assert_eq!(samples.epoch(20, 2).unwrap().channel(0), [3.0, 4.0]);
        let gap = |first, len| match samples.epoch(first, len) {
            Err(SignalError::Gap { gap_first, gap_end, .. }) => (gap_first, gap_end),
            other => panic!("{other:?}"),
        };
        assert_eq!(gap(12, 9), (13, 20));
        assert_eq!(gap(14, 2), (13, 20));
        assert_eq!(gap(15, 6), (13, 20));
        assert!(matches!(samples.epoch(9, 1), Err(SignalError::OutOfRange { .. })));
        assert!(matches!(samples.epoch(21, 2), Err(SignalError::OutOfRange { .. })));
        assert!(matches!(samples.epoch(u64::MAX, 2), Err(SignalError::OutOfRange { .. })));
    }

    #[test]
    fn segments_are_joined_and_checked() {
        let segment = |first, len| Segment { first, len };
        let made = |segments: &[Segment]| Samples::from_segments(2, vec![1.0_f32; 8], segments);
        let joined = made(&[segment(3, 2), segment(5, 0), segment(5, 1), segment(9, 1)]).unwrap();
        assert_eq!(joined.segments(), [segment(3, 3), segment(9, 1)]);
        assert_eq!(made(&[segment(3, 3)]), Err(SignalError::Shape { values: 8, channels: 2 }));
        let overlap = SignalError::Overlap { first: 4, end: 5 };
        assert_eq!(made(&[segment(3, 2), segment(4, 2)]), Err(overlap));
        let position = SignalError::Position { first: u64::MAX, len: 4 };
        assert_eq!(made(&[segment(u64::MAX, 4)]), Err(position));
    }

    #[test]
    fn overlap_and_overflow_are_refused() {
        let mut samples = Samples::new(1);
        samples.append(10, &[0.0, 1.0]).unwrap();
        assert_eq!(samples.append(11, &[0.0]), Err(SignalError::Overlap { first: 11, end: 12 }));
        assert!(matches!(samples.append(u64::MAX, &[0.0]), Err(SignalError::Position { .. })));
        assert!(matches!(Samples::<f32>::new(0).append(0, &[1.0]), Err(SignalError::Shape { .. })));
    }
}
