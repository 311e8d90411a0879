use std::ops::Range;

use super::{Artifact, Session, SimulateError};
use crate::signal::{Recording, Samples, Stream, Trial, TrialRule};

/// Most values (channels × samples) of a session that is simulated at once: 512 MiB.
const MAX_VALUES: u64 = 1 << 27;

/// A simulated session with its truth.
#[derive(Debug, Clone, PartialEq)]
pub struct Simulated {
    /// One stream `EEG` in microvolts, the events, and the parameters as metadata.
    ///
    /// The events of a trial are its label, then code [`TRIAL_START`](super::TRIAL_START) on the
    /// same sample, and [`TRIAL_END`](super::TRIAL_END) on the sample after its last. Those of a
    /// no-control period are the same, with code [`REST`](super::REST) in place of the label. What
    /// is lost is a gap between the samples.
    pub recording: Recording,
    /// The trials in the order of time, all of them labelled.
    pub truth: Vec<Trial>,
    /// A rule that finds the trials and their labels by the recording's events.
    pub rule: TrialRule,
    /// The periods in which the user looks at none of the targets, in the order of time.
    pub no_control: Vec<Range<u64>>,
    /// The samples that never arrived, in the order of time: exactly the gaps of the recording.
    pub lost: Vec<Range<u64>>,
    /// Blinks, muscle bursts and pops in the order of their starts, those that are lost as well.
    pub artifacts: Vec<Artifact>,
}

impl Simulated {
    /// Runs a session that has not begun from its start to its end.
    pub(super) fn record(mut session: Session) -> Result<Self, SimulateError> {
        let channels = session.channels().to_vec();
        let found = session.end().saturating_mul(channels.len() as u64);
        if found > MAX_VALUES {
            let what = "values (channels × samples)";
            return Err(SimulateError::TooLarge { what, found, limit: MAX_VALUES });
        }
        let mut samples = Samples::new(channels.len());
        samples.reserve(session.end() as usize);
        let mut chunk = Vec::new();
        loop {
            let first = session.position();
            if session.next_chunk(1024, &mut chunk) == 0 {
                break;
            }
            samples.append(first, &chunk)?;
        }
        let stream = Stream::new("EEG", session.rate_hz(), channels, samples)?;
        let recording = Recording::new(vec![stream], session.events().to_vec());
        Ok(Self {
            recording: recording.with_metadata(session.metadata().clone()),
            truth: session.truth().to_vec(),
            rule: session.rule().clone(),
            no_control: session.no_control().to_vec(),
            lost: session.lost().to_vec(),
            artifacts: session.artifacts().to_vec(),
        })
    }
}
