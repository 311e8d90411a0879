use super::{Anchor, Channel, Samples, SignalError, Timeline};

/// Channels that share one sampling rate and one sample clock.
#[derive(Debug, Clone, PartialEq)]
pub struct Stream {
    name: String,
    rate_hz: f64,
    nominal_rate_hz: f64,
    origin_s: f64,
    timeline: Option<Timeline>,
    channels: Vec<Channel>,
    samples: Samples<f32>,
}

impl Stream {
    /// A stream from its parts: `channels` describes the rows of `samples`.
    ///
    /// ```
    /// use evoked::signal::{Channel, Samples, Stream};
    /// let samples = Samples::from_planar(1, vec![0.5; 256])?;
    /// let stream = Stream::new("EEG", 256.0, vec![Channel::microvolts("Oz")], samples)?;
    /// assert_eq!(stream.duration_s(), 1.0);
    /// # Ok::<(), evoked::signal::SignalError>(())
    /// ```
    ///
    /// # Errors
    /// [`SignalError::Rate`] and [`SignalError::ChannelCount`].
    pub fn new(
        name: impl Into<String>,
        rate_hz: f64,
        channels: Vec<Channel>,
        samples: Samples<f32>,
    ) -> Result<Self, SignalError> {
        check_rate(rate_hz)?;
        if channels.len() != samples.channels() {
            return Err(SignalError::ChannelCount {
                labels: channels.len(),
                channels: samples.channels(),
            });
        }
        let (name, nominal_rate_hz, origin_s, timeline) = (name.into(), rate_hz, 0.0, None);
        Ok(Self { name, rate_hz, nominal_rate_hz, origin_s, timeline, channels, samples })
    }

    /// The same stream with its sample zero at `origin_s` seconds of the session, and the others
    /// where the rate puts them; a timeline that was there is dropped.
    pub fn with_origin(mut self, origin_s: f64) -> Self {
        self.origin_s = origin_s;
        self.timeline = None;
        self
    }

    /// The same stream with the rate that its source claims.
    ///
    /// # Errors
    /// [`SignalError::Rate`].
    pub fn with_nominal_rate(mut self, nominal_rate_hz: f64) -> Result<Self, SignalError> {
        check_rate(nominal_rate_hz)?;
        self.nominal_rate_hz = nominal_rate_hz;
        Ok(self)
    }

    /// The same stream with times that follow these anchors instead of a single line.
    ///
    /// ```
    /// use evoked::signal::{Anchor, Channel, Samples, Segment, Stream};
    /// // Ten samples, a pause of 2 s, ten samples.
    /// let segments = [Segment { first: 0, len: 10 }, Segment { first: 30, len: 10 }];
    /// let samples = Samples::from_segments(1, vec![0.0; 20], &segments)?;
    /// let anchors = [(0, 0.0), (9, 0.9), (30, 2.97), (39, 3.87)];
    /// let anchors = anchors.map(|(position, time_s)| Anchor { position, time_s });
    /// let stream = Stream::new("EEG", 10.0, vec![Channel::microvolts("Oz")], samples)?
    ///     .with_timeline(anchors.to_vec())?;
    /// assert_eq!((stream.time_s(30.0), stream.position_at(2.97)), (2.97, 30.0));
    /// # Ok::<(), evoked::signal::SignalError>(())
    /// ```
    ///
    /// # Errors
    /// [`SignalError::Timeline`].
    pub fn with_timeline(mut self, anchors: Vec<Anchor>) -> Result<Self, SignalError> {
        let timeline = Timeline::new(anchors)?;
        self.origin_s = timeline.time_s(0.0, self.rate_hz);
        self.timeline = Some(timeline);
        Ok(self)
    }

    /// The same stream with other samples on its clock.
    ///
    /// # Errors
    /// [`SignalError::ChannelCount`].
    pub fn with_samples(mut self, samples: Samples<f32>) -> Result<Self, SignalError> {
        let (labels, channels) = (self.channels.len(), samples.channels());
        if labels != channels {
            return Err(SignalError::ChannelCount { labels, channels });
        }
        self.samples = samples;
        Ok(self)
    }

    /// Name of the stream, such as `EEG`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Samples a second and channel, as the times of the samples have it: the effective rate.
    pub fn rate_hz(&self) -> f64 {
        self.rate_hz
    }

    /// Samples a second and channel, as the source claims; [`Stream::rate_hz`] where it claims
    /// nothing else.
    pub fn nominal_rate_hz(&self) -> f64 {
        self.nominal_rate_hz
    }

    /// When sample position zero falls, in seconds of the session.
    pub fn origin_s(&self) -> f64 {
        self.origin_s
    }

    /// How times follow positions, where that is not a single line from [`Stream::origin_s`] on at
    /// [`Stream::rate_hz`].
    pub fn timeline(&self) -> Option<&Timeline> {
        self.timeline.as_ref()
    }

    /// What the rows of [`Stream::samples`] are.
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// Channels × samples.
    pub fn samples(&self) -> &Samples<f32> {
        &self.samples
    }

    /// Seconds from sample position zero to the end, gaps included.
    pub fn duration_s(&self) -> f64 {
        let end = self.samples.end() as f64;
        match &self.timeline {
            Some(timeline) => timeline.time_s(end, self.rate_hz) - self.origin_s,
            None => end / self.rate_hz,
        }
    }

    /// Seconds of the session at a position, which may lie between samples.
    pub fn time_s(&self, position: f64) -> f64 {
        match &self.timeline {
            Some(timeline) => timeline.time_s(position, self.rate_hz),
            None => self.origin_s + position / self.rate_hz,
        }
    }

    /// The position at a time, in seconds of the session: the inverse of [`Stream::time_s`]. It may
    /// lie between samples, before the first or past the last. Where a timeline runs back, it is
    /// the first position at which the time is reached.
    pub fn position_at(&self, time_s: f64) -> f64 {
        match &self.timeline {
            Some(timeline) => timeline.position_at(time_s, self.rate_hz),
            None => (time_s - self.origin_s) * self.rate_hz,
        }
    }

    /// Rows of the channels with these labels, in the order asked for; case matters not.
    ///
    /// # Errors
    /// [`SignalError::UnknownChannel`] with the labels there are.
    pub fn pick<S: AsRef<str>>(&self, labels: &[S]) -> Result<Vec<usize>, SignalError> {
        labels.iter().map(|label| self.row(label.as_ref())).collect()
    }

    fn row(&self, label: &str) -> Result<usize, SignalError> {
        let exact = self.channels.iter().position(|channel| channel.label == label);
        let loose = || self.channels.iter().position(|c| c.label.eq_ignore_ascii_case(label));
        exact.or_else(loose).ok_or_else(|| SignalError::UnknownChannel {
            wanted: label.to_owned(),
            have: self.channels.iter().map(|channel| channel.label.clone()).collect(),
        })
    }
}

fn check_rate(rate_hz: f64) -> Result<(), SignalError> {
    if rate_hz.is_finite() && rate_hz > 0.0 { Ok(()) } else { Err(SignalError::Rate(rate_hz)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> Stream {
        let samples = Samples::from_planar(1, vec![0.0; 100]).unwrap();
        Stream::new("EEG", 250.5, vec![Channel::microvolts("Oz")], samples).unwrap()
    }

    #[test]
    fn the_nominal_rate_changes_no_time() {
        assert_eq!(stream().nominal_rate_hz(), 250.5);
        let told = stream().with_origin(2.0).with_nominal_rate(250.0).unwrap();
        assert_eq!((told.rate_hz(), told.nominal_rate_hz()), (250.5, 250.0));
        assert_eq!(told.time_s(501.0), 4.0);
        assert_eq!(told.position_at(4.0), 501.0);
        assert_eq!(stream().with_nominal_rate(0.0), Err(SignalError::Rate(0.0)));
    }

    #[test]
    fn a_timeline_moves_origin_and_duration() {
        let anchors = [(10, 1.0), (20, 3.0)].map(|(position, time_s)| Anchor { position, time_s });
        let stream = stream().with_timeline(anchors.to_vec()).unwrap();
        assert_eq!(stream.origin_s(), 1.0 - 10.0 / 250.5);
        assert_eq!(stream.time_s(15.0), 2.0);
        let end_s = 3.0 + 80.0 / 250.5;
        assert!((stream.origin_s() + stream.duration_s() - end_s).abs() < 1e-12);
        assert_eq!(stream.with_origin(0.0).timeline(), None);
    }
}
