use std::thread;
use std::time::{Duration, Instant};

use rtrb::{Consumer, Producer, RingBuffer};
use thiserror::Error;

use super::cued::MOST_WAITING;
use super::outcome::{Outcome, Told};
use super::{Running, Session};
use crate::decode::DecodeError;
use crate::signal::Epoch;

/// Chunks, and cues, that may wait at a time.
const MOST_NOTES: usize = 4096;
/// Outcomes that may wait at a time, so that those of all cues that wait at the end find room; more
/// stay with the session.
const MOST_OUTCOMES: usize = MOST_WAITING + 64;
/// Values that may be on their way at a time: 1 GiB.
const MOST_VALUES: usize = 1 << 27;

/// Cuts a session into an end for the thread that acquires samples, one for the thread that decides,
/// and one for the thread that shows decisions, without locks: no end ever waits for another.
///
/// So many samples a channel may be on their way at a time, no more than 2²⁷ values in all. All memory
/// is taken here, as long as outcomes are polled; where the end that shows them is dropped, they are,
/// too.
///
/// ```
/// use std::time::Duration;
/// use evoked::online::stopping::StoppingRule;
/// use evoked::online::{Gaps, Session, SinusoidsParams, Trials, hand_over};
/// use evoked::signal::Epoch;
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[9.0, 11.0, 13.0])?;
/// let cca = SinusoidsParams::default().build(&codebook, 1, 250.0)?;
/// let trials = Trials { start: 0, rule: StoppingRule::fixed(250)?, gaps: Gaps::LeaveOut };
/// let session = Session::cued(None, 1, 250.0, trials, cca)?;
///
/// let (mut input, worker, mut output) = hand_over(session, 1000);
/// let deciding = std::thread::spawn(move || worker.run(Duration::from_millis(1)));
///
/// let gaze: Vec<f64> = (0..250).map(|n| (std::f64::consts::TAU * 11.0 * n as f64 / 250.0).sin()).collect();
/// input.event(0)?;
/// for (n, sample) in gaze.iter().enumerate() {
///     input.push(n as u64, Epoch::from_planar(&[*sample], 1)?)?;
/// }
/// drop(input);
/// deciding.join().unwrap()?;
/// let outcome = output.poll().unwrap();
/// assert_eq!(outcome.verdict?.target, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn hand_over<R: Running>(session: Session<R>, samples: usize) -> (Input, Worker<R>, Output) {
    let (channels, targets) = (session.channels(), session.targets());
    let values = samples.min(MOST_VALUES / channels.max(1)) * channels;
    let (notes_in, notes_out) = RingBuffer::new(MOST_NOTES);
    let (values_in, values_out) = RingBuffer::new(values);
    let (told_in, told_out) = RingBuffer::new(MOST_OUTCOMES);
    let (scores_in, scores_out) = RingBuffer::new(MOST_OUTCOMES.saturating_mul(targets));
    let input = Input { channels, notes: notes_in, values: values_in };
    let worker = Worker {
        session,
        notes: notes_out,
        values: values_out,
        chunk: vec![0.0; values],
        told: told_in,
        scores: scores_in,
    };
    let output = Output { told: told_out, waiting: scores_out, scores: vec![0.0; targets] };
    (input, worker, output)
}

/// What goes from the acquiring end to the deciding one.
#[derive(Debug, Clone, Copy)]
enum Note {
    /// So many samples a channel follow among the values.
    Samples {
        first: u64,
        len: usize,
        arrived: Instant,
    },
    Cue {
        position: u64,
        arrived: Instant,
    },
}

/// There was no room for what was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the deciding thread is behind: there was room for {room} samples, {len} came")]
pub struct Behind {
    /// Samples a channel, or cues, that there was room for.
    pub room: usize,
    /// How many came.
    pub len: usize,
}

/// The end of the thread that acquires samples.
#[derive(Debug)]
pub struct Input {
    channels: usize,
    notes: Producer<Note>,
    values: Producer<f64>,
}

impl Input {
    /// Hands over the next samples, as [`Session::push`] takes them. Never waits, never allocates.
    ///
    /// # Errors
    /// [`Behind`] where there is no room; the chunk is dropped then, which the session takes for a
    /// gap. For a chunk of other channels there is never room.
    pub fn push(&mut self, first: u64, chunk: Epoch<'_>) -> Result<(), Behind> {
        let (channels, len) = (chunk.channels(), chunk.len());
        let room = match self.notes.is_full() || channels != self.channels {
            true => 0,
            false => self.values.slots() / self.channels.max(1),
        };
        if room < len {
            return Err(Behind { room, len });
        }
        for row in chunk.rows() {
            // There is room, as was seen above.
            if self.values.push_entire_slice(row).is_err() {
                return Err(Behind { room: 0, len });
            }
        }
        let note = Note::Samples { first, len, arrived: Instant::now() };
        self.notes.push(note).map_err(|_| Behind { room: 0, len })
    }

    /// Hands over a cue, as [`Session::event`] takes it.
    ///
    /// # Errors
    /// [`Behind`] where there is no room; the cue is dropped then.
    pub fn event(&mut self, position: u64) -> Result<(), Behind> {
        let note = Note::Cue { position, arrived: Instant::now() };
        self.notes.push(note).map_err(|_| Behind { room: 0, len: 1 })
    }
}

/// The end of the thread that decides.
#[derive(Debug)]
pub struct Worker<R> {
    session: Session<R>,
    notes: Consumer<Note>,
    values: Consumer<f64>,
    chunk: Vec<f64>,
    told: Producer<Told>,
    scores: Producer<f64>,
}

impl<R: Running> Worker<R> {
    /// Takes everything that has been handed over, and hands on what came of it; gives whether there
    /// was anything. Decisions for which there is no room wait for the next call.
    ///
    /// # Errors
    /// As [`Session::push`], for the first chunk that is refused; the next call goes on behind it.
    pub fn work(&mut self) -> Result<bool, DecodeError> {
        let mut worked = false;
        while let Ok(note) = self.notes.pop() {
            worked = true;
            let taken = self.take(note);
            self.tell();
            taken?;
        }
        self.tell();
        Ok(worked)
    }

    /// Works until the acquiring end is dropped, with pauses of `idle` while there is nothing to do;
    /// then ends the session. Room there is for the outcomes of all trials that wait then, if those
    /// before have been polled.
    ///
    /// # Errors
    /// As [`work`](Self::work), at the end: it goes on behind a chunk that is refused, and gives the
    /// first reason.
    pub fn run(mut self, idle: Duration) -> Result<(), DecodeError> {
        let mut refused = Ok(());
        loop {
            // What was handed over before the other end was dropped is seen by the work after this.
            let over = self.notes.is_abandoned();
            match self.work() {
                Ok(true) => continue,
                Ok(false) if over => break,
                Ok(false) => thread::sleep(idle),
                Err(error) => refused = refused.and(Err(error)),
            }
        }
        self.session.end();
        self.tell();
        refused
    }

    /// The session, such as to end it.
    pub fn session(&mut self) -> &mut Session<R> {
        &mut self.session
    }

    fn take(&mut self, note: Note) -> Result<(), DecodeError> {
        match note {
            Note::Cue { position, arrived } => self.session.event_at(position, arrived),
            Note::Samples { first, len, arrived } => {
                let channels = self.session.channels();
                let chunk = &mut self.chunk[..channels * len];
                // The values of a note are there before it is.
                if self.values.pop_entire_slice(chunk).is_ok() {
                    let chunk = Epoch::from_planar(chunk, channels)?;
                    self.session.push_at(first, chunk, arrived)?;
                }
            }
        }
        Ok(())
    }

    fn tell(&mut self) {
        if self.told.is_abandoned() {
            while self.session.poll_parts().is_some() {}
            return;
        }
        let targets = self.session.targets();
        while self.told.slots() > 0
            && self.scores.slots() >= targets
            && let Some((told, scores)) = self.session.poll_parts()
        {
            if told.result.is_ok() && self.scores.push_entire_slice(scores).is_err() {
                return;
            }
            if self.told.push(told).is_err() {
                return;
            }
        }
    }
}

/// The end of the thread that shows decisions.
#[derive(Debug)]
pub struct Output {
    told: Consumer<Told>,
    waiting: Consumer<f64>,
    scores: Vec<f64>,
}

impl Output {
    /// The next outcome, as [`Session::poll`] gives it; `None` until there is one.
    pub fn poll(&mut self) -> Option<Outcome<'_>> {
        let told = self.told.pop().ok()?;
        if told.result.is_ok() && self.waiting.pop_entire_slice(&mut self.scores).is_err() {
            return None;
        }
        Some(told.with(&self.scores))
    }

    /// Whether the deciding end is gone: nothing more comes once [`poll`](Self::poll) gives `None`.
    pub fn is_over(&self) -> bool {
        self.told.is_abandoned()
    }
}
