use super::{Channel, Samples, SignalError};

/// Channels that share one sampling rate and one sample clock.
#[derive(Debug, Clone, PartialEq)]
pub struct Stream {
    name: String,
    rate_hz: f64,
    origin_s: f64,
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
        if !(rate_hz.is_finite() && rate_hz > 0.0) {
            return Err(SignalError::Rate(rate_hz));
        }
        if channels.len() != samples.channels() {
            return Err(SignalError::ChannelCount {
                labels: channels.len(),
                channels: samples.channels(),
            });
        }
        Ok(Self { name: name.into(), rate_hz, origin_s: 0.0, channels, samples })
    }

    /// The same stream with its sample zero at `origin_s` seconds of the session.
    pub fn with_origin(mut self, origin_s: f64) -> Self {
        self.origin_s = origin_s;
        self
    }

    /// Name of the stream, such as `EEG`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Samples a second and channel.
    pub fn rate_hz(&self) -> f64 {
        self.rate_hz
    }

    /// When sample position zero falls, in seconds of the session.
    pub fn origin_s(&self) -> f64 {
        self.origin_s
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
        self.samples.end() as f64 / self.rate_hz
    }

    /// Seconds of the session at a position, which may lie between samples.
    pub fn time_s(&self, position: f64) -> f64 {
        self.origin_s + position / self.rate_hz
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
