use std::ops::Range;

use super::stretch::own_stretches;
use super::{EvaluateError, Margins};
use crate::signal::{Event, Recording, Stream, Trial};

/// Rates of recordings that differ by less than this part are taken for the same: clocks of
/// amplifiers drift.
const RATE_TOLERANCE: f64 = 1e-3;
/// Starts the text of an event that starts a session.
const SESSION: &str = "session ";

/// A labelled trial of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The true target.
    pub target: usize,
    /// Session, counted over all recordings.
    pub session: usize,
    /// k for the k-th trial of its target in its session, counted on over the sessions, so that a
    /// block lies within a session and has each target once.
    pub block: usize,
    /// Sample position of the onset in its recording.
    pub onset: u64,
    /// The stretch that no other trial shares.
    pub own: Range<u64>,
    /// Place of its recording.
    pub(super) source: usize,
}

/// A recording and the channels taken of it.
#[derive(Debug, Clone)]
pub(super) struct Source<'a> {
    pub(super) stream: &'a Stream,
    pub(super) rows: Vec<usize>,
}

/// Recordings of one person, with the labelled trials in them.
///
/// ```
/// use evoked::evaluate::{Margins, Subject};
/// use evoked::simulate::SessionParams;
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[9.0, 11.0])?;
/// let simulated = SessionParams { blocks: 3, ..Default::default() }.simulate(&codebook)?;
/// let stream = &simulated.recording.streams()[0];
/// let ends: Vec<u64> = simulated.truth.iter().map(|trial| trial.onset + 1000).collect();
/// let mut subject = Subject::new(Margins::default());
/// subject.add(stream, &[6, 7, 8], &simulated.truth, &ends, &[0; 6])?;
/// assert_eq!((subject.trials().len(), subject.trials()[5].block), (6, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    margins: Margins,
    sources: Vec<Source<'a>>,
    trials: Vec<Cut>,
    sessions: usize,
    blocks: usize,
    unlabelled: usize,
}

impl<'a> Subject<'a> {
    /// Nobody's recordings yet.
    pub fn new(margins: Margins) -> Self {
        let (sources, trials) = (Vec::new(), Vec::new());
        Self { margins, sources, trials, sessions: 0, blocks: 0, unlabelled: 0 }
    }

    /// Adds a recording: the rows of its channels, its trials in the order of time, where each ends,
    /// and the number of the session each belongs to, from 0 in every recording.
    ///
    /// Trials without a label are counted, and bound the stretches of the others.
    ///
    /// # Errors
    /// [`EvaluateError::Length`] for ends or sessions that are not one a trial,
    /// [`EvaluateError::Mixed`] for another rate or number of channels than in the recordings
    /// before.
    pub fn add(
        &mut self,
        stream: &'a Stream,
        rows: &[usize],
        trials: &[Trial],
        ends: &[u64],
        sessions: &[usize],
    ) -> Result<(), EvaluateError> {
        for (what, found) in [("ends", ends.len()), ("sessions", sessions.len())] {
            if found != trials.len() {
                return Err(EvaluateError::Length { what, found, trials: trials.len() });
            }
        }
        self.check(stream, rows)?;
        let segments = stream.samples().segments();
        let own = own_stretches(trials, ends, segments, self.margins, stream.rate_hz());
        let source = self.sources.len();
        self.sources.push(Source { stream, rows: rows.to_vec() });
        let mut distinct = sessions.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        // Session by session, since the blocks of each start after those of the one before.
        for session in distinct {
            let of_session = (0..trials.len()).filter(|&place| sessions[place] == session);
            let mut seen: Vec<usize> = Vec::new();
            for place in of_session {
                let Some(target) = trials[place].label else {
                    self.unlabelled += 1;
                    continue;
                };
                let earlier = seen.iter().filter(|&&other| other == target).count();
                seen.push(target);
                self.trials.push(Cut {
                    target,
                    session: self.sessions,
                    block: self.blocks + earlier,
                    onset: trials[place].onset,
                    own: own[place].clone(),
                    source,
                });
            }
            if !seen.is_empty() {
                self.sessions += 1;
                self.blocks = self.trials.iter().map(|cut| cut.block + 1).max().unwrap_or(0);
            }
        }
        Ok(())
    }

    /// The labelled trials: recording by recording, session by session, in the order of time.
    pub fn trials(&self) -> &[Cut] {
        &self.trials
    }

    /// Sessions with labelled trials.
    pub fn sessions(&self) -> usize {
        self.sessions
    }

    /// Blocks, over all sessions.
    pub fn blocks(&self) -> usize {
        self.blocks
    }

    /// Trials of which nobody says which target they show.
    pub fn unlabelled(&self) -> usize {
        self.unlabelled
    }

    /// Samples a second, of the first recording; `None` before there is one.
    pub fn rate_hz(&self) -> Option<f64> {
        self.sources.first().map(|source| source.stream.rate_hz())
    }

    /// Channels that are used.
    pub fn channels(&self) -> usize {
        self.sources.first().map_or(0, |source| source.rows.len())
    }

    pub(super) fn sources(&self) -> &[Source<'a>] {
        &self.sources
    }

    fn check(&self, stream: &Stream, rows: &[usize]) -> Result<(), EvaluateError> {
        let (Some(rate_hz), channels) = (self.rate_hz(), self.channels()) else { return Ok(()) };
        if (stream.rate_hz() / rate_hz - 1.0).abs() > RATE_TOLERANCE {
            let (found, expected) = (stream.rate_hz().to_string(), rate_hz.to_string());
            return Err(EvaluateError::Mixed { what: "samples a second", found, expected });
        }
        if rows.len() != channels {
            let (found, expected) = (rows.len().to_string(), channels.to_string());
            return Err(EvaluateError::Mixed { what: "channels", found, expected });
        }
        Ok(())
    }
}

/// The number of the session that each trial belongs to, from 0: a new one starts with every event
/// whose text starts with `session `, and one that comes back is the same again. Recordings without
/// such events are one session.
pub fn session_numbers(recording: &Recording, trials: &[Trial]) -> Vec<usize> {
    let starts = |event: &&Event| event.stream == 0 && event.label.starts_with(SESSION);
    let starts: Vec<(u64, &str)> = recording
        .events()
        .iter()
        .filter(starts)
        .map(|event| (event.sample, event.label.as_str()))
        .collect();
    let mut names: Vec<&str> = Vec::new();
    let number = |trial: &Trial| {
        let after = starts.partition_point(|(sample, _)| *sample <= trial.onset);
        let name = after.checked_sub(1).map_or("", |place| starts[place].1);
        names.iter().position(|own| *own == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        })
    };
    trials.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::{Channel, Samples};

    fn stream(rate_hz: f64) -> Stream {
        let samples = Samples::from_planar(2, vec![0.0; 20_000]).unwrap();
        let channels = ["O1", "O2"].map(Channel::microvolts).to_vec();
        Stream::new("EEG", rate_hz, channels, samples).unwrap()
    }

    fn trials(labels: &[Option<usize>]) -> Vec<Trial> {
        let trial = |(k, &label): (usize, &Option<usize>)| Trial { onset: 1000 * k as u64, label };
        labels.iter().enumerate().map(trial).collect()
    }

    #[test]
    fn blocks_and_sessions_count_on_over_recordings() {
        let stream = stream(250.0);
        let shown = trials(&[Some(0), Some(1), None, Some(1), Some(0), Some(0)]);
        let ends: Vec<u64> = shown.iter().map(|trial| trial.onset + 500).collect();
        let mut subject = Subject::new(Margins::default());
        subject.add(&stream, &[0, 1], &shown, &ends, &[0, 0, 0, 0, 1, 1]).unwrap();
        subject.add(&stream, &[1, 0], &shown[..2], &ends[..2], &[0, 0]).unwrap();
        let places: Vec<_> =
            subject.trials().iter().map(|cut| (cut.target, cut.session, cut.block)).collect();
        let expected =
            [(0, 0, 0), (1, 0, 0), (1, 0, 1), (0, 1, 2), (0, 1, 3), (0, 2, 4), (1, 2, 4)];
        assert_eq!(places, expected);
        assert_eq!((subject.sessions(), subject.blocks(), subject.unlabelled()), (3, 5, 1));
    }

    #[test]
    fn recordings_that_do_not_go_together_are_refused() {
        let (slow, fast) = (stream(250.0), stream(256.0));
        let mut subject = Subject::new(Margins::default());
        subject.add(&slow, &[0, 1], &[], &[], &[]).unwrap();
        let refused = |found: Result<(), EvaluateError>| found.unwrap_err().to_string();
        assert!(refused(subject.add(&fast, &[0, 1], &[], &[], &[])).contains("256 and 250"));
        assert!(refused(subject.add(&slow, &[0], &[], &[], &[])).contains("1 and 2 channels"));
        let one = trials(&[Some(0)]);
        assert!(refused(subject.add(&slow, &[0, 1], &one, &[], &[0])).contains("ends"));
    }

    #[test]
    fn sessions_are_told_by_their_events() {
        let event = |sample, label: &str| Event::at(sample, 0, label);
        let events =
            vec![event(0, "session a"), event(1500, "session b"), event(3500, "session a")];
        let recording = Recording::new(vec![stream(250.0)], events);
        assert_eq!(session_numbers(&recording, &trials(&[None; 5])), [0, 0, 1, 1, 0]);
        assert_eq!(session_numbers(&Recording::default(), &trials(&[None; 2])), [0, 0]);
    }
}
