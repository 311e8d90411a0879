use super::{Channel, SignalError};

/// Channels whose samples come at times of their own: no rate, a time stamp each.
///
/// ```
/// use evoked::signal::{Channel, Series};
/// let pupils = vec![Channel::microvolts("left"), Channel::microvolts("right")];
/// let series = Series::new("Eyes", pupils, vec![0.5, 0.9], vec![3.0, 3.1, 2.8, 2.9])?;
/// assert_eq!(series.channel(1), [2.8, 2.9]);
/// assert_eq!(series.times_s(), [0.5, 0.9]);
/// # Ok::<(), evoked::signal::SignalError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    name: String,
    channels: Vec<Channel>,
    times_s: Vec<f64>,
    /// Channels × samples, planar.
    values: Vec<f32>,
}

impl Series {
    /// A series from its parts: `values` are planar, one channel after the other, each with a value
    /// for each of the times.
    ///
    /// # Errors
    /// [`SignalError::Series`] where there are not as many values as channels times times.
    pub fn new(
        name: impl Into<String>,
        channels: Vec<Channel>,
        times_s: Vec<f64>,
        values: Vec<f32>,
    ) -> Result<Self, SignalError> {
        if channels.len().checked_mul(times_s.len()) != Some(values.len()) {
            let (channels, times, values) = (channels.len(), times_s.len(), values.len());
            return Err(SignalError::Series { values, channels, times });
        }
        Ok(Self { name: name.into(), channels, times_s, values })
    }

    /// Name of the series, such as `Gaze`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What each channel is.
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// When each sample was taken, in seconds of the session, in the order of the source.
    pub fn times_s(&self) -> &[f64] {
        &self.times_s
    }

    /// Number of samples a channel.
    pub fn len(&self) -> usize {
        self.times_s.len()
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.times_s.is_empty()
    }

    /// The samples of one channel; empty where there is no such channel.
    pub fn channel(&self, channel: usize) -> &[f32] {
        let mut rows = self.values.chunks_exact(self.len().max(1));
        if channel < self.channels.len() { rows.nth(channel).unwrap_or(&[]) } else { &[] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_channel_has_a_value_for_every_time() {
        let channels = || vec![Channel::microvolts("a"), Channel::microvolts("b")];
        let error = Series::new("x", channels(), vec![1.0; 3], vec![0.0; 5]).unwrap_err();
        assert_eq!(error, SignalError::Series { values: 5, channels: 2, times: 3 });
        let empty = Series::new("x", channels(), Vec::new(), Vec::new()).unwrap();
        assert!(empty.is_empty() && empty.channel(0).is_empty());
        let full = Series::new("x", channels(), vec![1.0], vec![7.0, 8.0]).unwrap();
        assert_eq!((full.channel(0), full.channel(1)), (&[7.0][..], &[8.0][..]));
        assert!(full.channel(2).is_empty());
    }
}
