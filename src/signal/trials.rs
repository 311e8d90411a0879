use super::{Event, EventPattern, Recording};

/// One stretch of a recording after an onset, with the target the user was asked to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// Sample position of the onset on the decoded stream's clock.
    pub onset: u64,
    /// Index of the true target; `None` where no label says so.
    pub label: Option<usize>,
}

/// How trials are found among a recording's events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrialRule {
    /// Events that start a trial. When empty, the label events do.
    pub onsets: Vec<EventPattern>,
    /// Events that tell the target: pattern and index of the target.
    pub labels: Vec<(EventPattern, usize)>,
}

impl TrialRule {
    /// The trials of a recording on the clock of its stream `stream`, in the order of time.
    ///
    /// A trial's label is the last label event at or before its onset and after the onset before
    /// it, so a label stays with one trial only.
    ///
    /// ```
    /// use evoked::signal::{Channel, Event, Recording, Samples, Stream, TrialRule};
    /// let eeg = Samples::from_planar(1, vec![0.0; 3000])?;
    /// let eeg = Stream::new("EEG", 250.0, vec![Channel::microvolts("Oz")], eeg)?;
    /// let events = vec![
    ///     Event::at(100, 33025, ""),
    ///     Event::at(850, 32779, ""),
    ///     Event::at(2600, 32779, ""),
    /// ];
    /// let recording = Recording::new(vec![eeg], events);
    /// let rule = TrialRule { onsets: vec![32779.into()], labels: vec![(33025.into(), 0)] };
    /// let trials = rule.find(&recording, 0);
    /// assert_eq!((trials[0].onset, trials[0].label), (850, Some(0)));
    /// assert_eq!((trials[1].onset, trials[1].label), (2600, None));
    /// # Ok::<(), evoked::signal::SignalError>(())
    /// ```
    pub fn find(&self, recording: &Recording, stream: usize) -> Vec<Trial> {
        let mut trials = Vec::new();
        let mut pending = None;
        let mut events = recording.events().iter().peekable();
        while let Some(event) = events.next() {
            if let Some(label) = self.label(event) {
                pending = Some(label);
            }
            // A label on the very sample of the onset may be listed after it.
            while let Some(next) = events.next_if(|next| {
                next.sample == event.sample && next.stream == event.stream && !self.starts(next)
            }) {
                pending = self.label(next).or(pending);
            }
            if self.starts(event) {
                trials.push(Trial {
                    onset: position_on(recording, event, stream),
                    label: pending.take(),
                });
            }
        }
        trials
    }

    fn starts(&self, event: &Event) -> bool {
        if self.onsets.is_empty() {
            self.label(event).is_some()
        } else {
            self.onsets.iter().any(|pattern| pattern.matches(event))
        }
    }

    fn label(&self, event: &Event) -> Option<usize> {
        let hit = self.labels.iter().find(|(pattern, _)| pattern.matches(event));
        hit.map(|&(_, target)| target)
    }
}

/// The sample of `stream` nearest to an event that may stand on another stream's clock.
fn position_on(recording: &Recording, event: &Event, stream: usize) -> u64 {
    match recording.streams().get(stream) {
        Some(own) if event.stream != stream => {
            own.position_at(recording.onset_s(event)).round().max(0.0) as u64
        }
        _ => event.position().round() as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::{Channel, Samples, Stream};

    fn recording(events: Vec<Event>) -> Recording {
        let stream = |rate_hz| {
            let samples = Samples::from_planar(1, vec![0.0; 10_000]).unwrap();
            Stream::new("EEG", rate_hz, vec![Channel::microvolts("Oz")], samples).unwrap()
        };
        Recording::new(vec![stream(1000.0), stream(250.0).with_origin(1.0)], events)
    }

    #[test]
    fn a_label_after_the_onset_on_the_same_sample_counts() {
        let recording = recording(vec![Event::at(500, 1, ""), Event::at(500, 7, "")]);
        let rule = TrialRule { onsets: vec![1.into()], labels: vec![(7.into(), 3)] };
        assert_eq!(rule.find(&recording, 0), [Trial { onset: 500, label: Some(3) }]);
    }

    #[test]
    fn without_onset_events_the_labels_start_trials() {
        let recording = recording(vec![
            Event::at(5, 0, "left"),
            Event::at(50, 9, ""),
            Event::at(90, 0, "right"),
        ]);
        let labels = vec![("left".parse().unwrap(), 0), ("right".parse().unwrap(), 1)];
        let rule = TrialRule { onsets: vec![], labels };
        let found: Vec<_> = rule.find(&recording, 0).iter().map(|t| (t.onset, t.label)).collect();
        assert_eq!(found, [(5, Some(0)), (90, Some(1))]);
    }

    #[test]
    fn onsets_move_to_the_clock_of_the_decoded_stream() {
        let recording = recording(vec![Event::at(2000, 1, "")]);
        let rule = TrialRule { onsets: vec![1.into()], labels: vec![] };
        assert_eq!(rule.find(&recording, 1)[0].onset, 250);
    }
}
