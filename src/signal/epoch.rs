use std::ops::Range;

use super::SignalError;

/// Channels × samples, the array a decoder sees: a view, never a copy.
///
/// Each channel's samples lie next to each other; channels are `stride` values apart.
///
/// ```
/// use evoked::signal::Epoch;
/// let planar = [1.0, 2.0, 3.0, 10.0, 20.0, 30.0];
/// let epoch = Epoch::from_planar(&planar, 2)?;
/// assert_eq!((epoch.channels(), epoch.len()), (2, 3));
/// assert_eq!(epoch.channel(1), [10.0, 20.0, 30.0]);
/// # Ok::<(), evoked::signal::SignalError>(())
/// ```
#[derive(Debug, PartialEq)]
pub struct Epoch<'a, T = f64> {
    data: &'a [T],
    stride: usize,
    channels: usize,
    len: usize,
}

impl<T> Clone for Epoch<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Epoch<'_, T> {}

impl<'a, T> Epoch<'a, T> {
    /// All of a planar array: `channels` rows of equal length, one after the other.
    ///
    /// # Errors
    /// [`SignalError::Shape`] where the values do not divide into the channels.
    pub fn from_planar(data: &'a [T], channels: usize) -> Result<Self, SignalError> {
        if channels == 0 || !data.len().is_multiple_of(channels) {
            return Err(SignalError::Shape { values: data.len(), channels });
        }
        let len = data.len() / channels;
        Ok(Self { data, stride: len, channels, len })
    }

    /// Rows of `len` values, `stride` apart, from `start` on; the caller has checked that they fit.
    pub(super) fn strided(
        data: &'a [T],
        start: usize,
        stride: usize,
        channels: usize,
        len: usize,
    ) -> Self {
        let data = data.get(start..).unwrap_or(&[]);
        Self { data, stride, channels, len }
    }

    /// Number of channels.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Number of samples a channel.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no sample in it.
    pub fn is_empty(&self) -> bool {
        self.len == 0 || self.channels == 0
    }

    /// The samples of one channel; empty where there is no such channel.
    pub fn channel(&self, channel: usize) -> &'a [T] {
        if channel >= self.channels {
            return &[];
        }
        let start = channel * self.stride;
        self.data.get(start..start + self.len).unwrap_or(&[])
    }

    /// Some of the channels and samples, a view as well; `None` where they are not all there.
    ///
    /// ```
    /// use evoked::signal::Epoch;
    /// let planar = [1.0, 2.0, 3.0, 10.0, 20.0, 30.0];
    /// let part = Epoch::from_planar(&planar, 2)?.part(1..2, 1..3).unwrap();
    /// assert_eq!(part.channel(0), [20.0, 30.0]);
    /// # Ok::<(), evoked::signal::SignalError>(())
    /// ```
    pub fn part(&self, channels: Range<usize>, samples: Range<usize>) -> Option<Self> {
        let inside = |range: &Range<usize>, len| range.start <= range.end && range.end <= len;
        if !(inside(&channels, self.channels) && inside(&samples, self.len)) {
            return None;
        }
        let start = channels.start * self.stride + samples.start;
        Some(Self::strided(self.data, start, self.stride, channels.len(), samples.len()))
    }

    /// The channels in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &'a [T]> + '_ {
        (0..self.channels).map(|channel| self.channel(channel))
    }
}
