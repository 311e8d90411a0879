use std::collections::BTreeMap;

use super::{Event, Series, Stream};

/// Everything one session holds: streams of any rates, series without a rate, events on the
/// streams' clocks, metadata.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recording {
    streams: Vec<Stream>,
    series: Vec<Series>,
    events: Vec<Event>,
    metadata: BTreeMap<String, String>,
}

impl Recording {
    /// A recording of these streams and events. The events are put in the order of time.
    ///
    /// ```
    /// use evoked::signal::{Channel, Event, Recording, Samples, Stream};
    /// let samples = Samples::from_planar(1, vec![0.0; 500])?;
    /// let eeg = Stream::new("EEG", 250.0, vec![Channel::microvolts("Oz")], samples)?;
    /// let recording = Recording::new(vec![eeg], vec![Event::at(250, 1, "start")]);
    /// assert_eq!(recording.onset_s(&recording.events()[0]), 1.0);
    /// # Ok::<(), evoked::signal::SignalError>(())
    /// ```
    pub fn new(streams: Vec<Stream>, events: Vec<Event>) -> Self {
        let mut recording = Self { streams, ..Self::default() };
        let mut timed: Vec<_> =
            events.into_iter().map(|event| (recording.onset_s(&event), event)).collect();
        timed.sort_by(|a, b| a.0.total_cmp(&b.0));
        recording.events = timed.into_iter().map(|(_, event)| event).collect();
        recording
    }

    /// The same recording with metadata, such as `subject`, `device` or `start_time`.
    pub fn with_metadata(mut self, metadata: BTreeMap<String, String>) -> Self {
        self.metadata = metadata;
        self
    }

    /// The same recording with series of samples at times of their own.
    pub fn with_series(mut self, series: Vec<Series>) -> Self {
        self.series = series;
        self
    }

    /// The streams; the one to decode comes first.
    pub fn streams(&self) -> &[Stream] {
        &self.streams
    }

    /// Samples at times of their own, such as gaze points.
    pub fn series(&self) -> &[Series] {
        &self.series
    }

    /// The events in the order of time.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Free metadata by name.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// When an event falls, in seconds of the session. The position of an event whose stream is not
    /// there counts seconds.
    pub fn onset_s(&self, event: &Event) -> f64 {
        self.streams
            .get(event.stream)
            .map_or(event.position(), |stream| stream.time_s(event.position()))
    }

    /// Length of the session in seconds: the end of the stream or series that ends last.
    pub fn duration_s(&self) -> f64 {
        let ends = self.streams.iter().map(|stream| stream.origin_s() + stream.duration_s());
        let last = self.series.iter().flat_map(Series::times_s).copied();
        ends.chain(last).fold(0.0, f64::max)
    }
}
