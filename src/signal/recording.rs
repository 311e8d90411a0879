use std::collections::BTreeMap;

use super::{Event, Stream};

/// Everything one session holds: streams of any rates, events on their clocks, metadata.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recording {
    streams: Vec<Stream>,
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
        let mut recording = Self { streams, events: Vec::new(), metadata: BTreeMap::new() };
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

    /// The streams; the one to decode comes first.
    pub fn streams(&self) -> &[Stream] {
        &self.streams
    }

    /// The events in the order of time.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Free metadata by name.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// When an event falls, in seconds of the session.
    pub fn onset_s(&self, event: &Event) -> f64 {
        self.streams
            .get(event.stream)
            .map_or(event.position(), |stream| stream.time_s(event.position()))
    }

    /// Length of the session in seconds: the end of the stream that ends last.
    pub fn duration_s(&self) -> f64 {
        let ends = self.streams.iter().map(|stream| stream.origin_s() + stream.duration_s());
        ends.fold(0.0, f64::max)
    }
}
