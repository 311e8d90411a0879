use std::collections::HashMap;
use std::ops::Range;

use super::subject::Source;
use super::{
    EvaluateError, Filtered, Fold, Replayed, RuleOutcome, Scope, Split, Stopped, Stopping, Subject,
};
use crate::decode::{
    Calibration, DecodeError, Direction, FilterBank, Method, Preprocess, Settings, Shape,
    without_rest,
};
use crate::online::model::{Model, ModelParams};
use crate::online::stopping::{Growth, StoppingRule};
use crate::online::{Gaps, LeftOut, Running, Session, Trials};
use crate::signal::{Channel, Epoch};
use crate::stimulus::Codebook;

/// Samples that a replay pushes at a time.
const CHUNK: usize = 32;
/// Parts into which training trials are cut for rules, each scored by a decoder fitted to the others.
const PARTS: usize = 4;
/// Most looks of a window.
const MOST_LOOKS: f64 = 1e5;

/// An evaluation by replay: recordings go sample by sample through a live session, as they would have
/// arrived, and a stopping rule decides when each trial is decided.
///
/// Decoders and rules are learned from the training trials of a split; rules from scores by decoders
/// that were fitted to other trials than those. Filters run forward only, over whole recordings. Trials
/// of a target that shows nothing are left out: [`Watching`](super::Watching) is for them.
#[derive(Debug, Clone)]
pub struct Replay<'a> {
    /// The targets.
    pub codebook: &'a Codebook,
    /// The method, one that follows a signal ([`ModelParams::method`]).
    pub method: Method,
    /// Its settings, with the weights of the bank's bands.
    pub settings: Settings,
    /// Bands of the filters.
    pub bank: Option<FilterBank>,
    /// Mains frequency to remove.
    pub notch_hz: Option<f64>,
    /// Start of the window, seconds after the onset.
    pub start_s: f64,
    /// Seconds between two looks at the scores.
    pub step_s: f64,
    /// Seconds of the shortest window.
    pub earliest_s: f64,
    /// Seconds of the longest window.
    pub latest_s: f64,
    /// The rules.
    pub stopping: Vec<Stopping>,
    /// Training and test.
    pub split: Split,
}

impl Replay<'_> {
    /// Replays a subject's recordings.
    ///
    /// # Errors
    /// [`EvaluateError::Setting`] for times that are none or in a wrong order;
    /// [`EvaluateError::Split`], [`EvaluateError::NeedsSplit`] for a method or a rule that learns where
    /// the split trains nothing; [`EvaluateError::Decode`] for methods that don't follow a signal, and
    /// for decoders or rules that can't be learned.
    pub fn run(&self, subject: &Subject<'_>) -> Result<Replayed, EvaluateError> {
        let Some(rate_hz) = subject.rate_hz() else {
            let (looks_s, growths, rules) = (Vec::new(), Vec::new(), Vec::new());
            return Ok(Replayed { looks_s, growths, rules });
        };
        let times = self.times(rate_hz)?;
        let learns =
            self.method.needs_calibration() || self.stopping.iter().any(|rule| rule.is_learned());
        if learns && self.split == Split::Untrained {
            return Err(EvaluateError::NeedsSplit { method: self.method.name() });
        }
        let split = if learns { self.split } else { Split::Untrained };
        let folds = split.folds(subject.trials())?;
        let filtered = self.filtered(subject)?;
        let channel = |row: usize| Channel::microvolts(format!("row {row}"));
        let channels = (0..subject.channels()).map(channel).collect();
        let run = Run::new(self, subject, &filtered, channels, rate_hz)?;
        let left_out = || Err(LeftOut::Decode(DecodeError::Flat));
        let mut replayed = Replayed {
            looks_s: times.looks().map(|look| look as f64 / rate_hz).collect(),
            growths: vec![Err(DecodeError::Flat); subject.trials().len()],
            rules: self
                .stopping
                .iter()
                .map(|&stopping| RuleOutcome {
                    stopping,
                    stops: (0..subject.trials().len()).map(|_| left_out()).collect(),
                })
                .collect(),
        };
        for fold in &folds {
            run.fold(fold, &mut replayed)?;
        }
        Ok(replayed)
    }

    /// The recordings, filtered forward only.
    pub(super) fn filtered(&self, subject: &Subject<'_>) -> Result<Filtered, EvaluateError> {
        let (bank, notch_hz) = (self.bank.clone(), self.notch_hz);
        let preprocess =
            Preprocess { channels: None, bank, notch_hz, direction: Direction::Causal };
        Filtered::new(subject, &preprocess, Scope::Recording, 0..0)
    }

    fn times(&self, rate_hz: f64) -> Result<Times, EvaluateError> {
        let refused = |name, found: f64| {
            let expected =
                "seconds from 0 on, the earliest no later than the latest, and steps above 0";
            Err(EvaluateError::Setting { name, found: found.to_string(), expected })
        };
        let Self { start_s, step_s, earliest_s, latest_s, .. } = *self;
        for (name, value) in [("start", start_s), ("step", step_s), ("earliest", earliest_s)] {
            if !(0.0..=3600.0).contains(&value) {
                return refused(name, value);
            }
        }
        let samples = |seconds: f64| (seconds * rate_hz).round() as u64;
        let step = samples(step_s);
        if step == 0 || latest_s / step_s > MOST_LOOKS || step_s > latest_s {
            let expected =
                "seconds above 0, no more than the longest window, at most 100,000 in it";
            let found = step_s.to_string();
            return Err(EvaluateError::Setting { name: "step between looks", found, expected });
        }
        let (earliest, latest) = (samples(earliest_s), samples(latest_s));
        if !(latest_s.is_finite() && latest_s <= 3600.0) || latest < step || earliest > latest {
            return refused("latest", latest_s);
        }
        Ok(Times { start: samples(start_s), step, earliest, latest })
    }
}

/// The times of a replay in samples.
#[derive(Debug, Clone, Copy)]
struct Times {
    start: u64,
    step: u64,
    earliest: u64,
    latest: u64,
}

impl Times {
    /// Samples of the window at each look.
    fn looks(self) -> impl Iterator<Item = u64> {
        (1..=self.latest / self.step).map(move |look| look * self.step)
    }
}

pub(super) struct Run<'a> {
    replay: &'a Replay<'a>,
    subject: &'a Subject<'a>,
    /// The targets that show something.
    codebook: Codebook,
    /// The place of the one that does not.
    pub(super) rest: Option<usize>,
    filtered: &'a Filtered,
    /// Channels of the models.
    channels: Vec<Channel>,
    times: Times,
    rate_hz: f64,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        replay: &'a Replay<'a>,
        subject: &'a Subject<'a>,
        filtered: &'a Filtered,
        channels: Vec<Channel>,
        rate_hz: f64,
    ) -> Result<Self, EvaluateError> {
        let (rest, codebook) = match without_rest(replay.codebook) {
            Ok((rest, own)) => (Some(rest), own),
            Err(_) => (None, replay.codebook.clone()),
        };
        let times = replay.times(rate_hz)?;
        Ok(Self { replay, subject, codebook, rest, filtered, channels, times, rate_hz })
    }

    fn fold(&self, fold: &Fold, replayed: &mut Replayed) -> Result<(), EvaluateError> {
        let usable = |place: &usize| self.epoch(*place).is_ok();
        let train: Vec<usize> = fold.train.iter().copied().filter(usable).collect();
        let test: Vec<usize> = fold.test.iter().copied().filter(usable).collect();
        for &place in &fold.test {
            if let Err(error) = self.epoch(place) {
                let rules = replayed.rules.iter_mut();
                rules.for_each(|rule| rule.stops[place] = Err(error.clone().into()));
                replayed.growths[place] = Err(error);
            }
        }
        let model = self.model(&train)?;
        let growths = self.growths(&model, &test)?;
        for (&place, growth) in test.iter().zip(growths) {
            replayed.growths[place] = growth;
        }
        let learned = match self.replay.stopping.iter().any(|rule| rule.is_learned()) {
            true => self.held_out(&train)?,
            false => Vec::new(),
        };
        for rule in &mut replayed.rules {
            let stopping = self.rule(rule.stopping, &learned)?;
            self.replay(&model, stopping, &test, &mut rule.stops)?;
        }
        Ok(())
    }

    /// A rule, learned from how the scores of trials grew.
    pub(super) fn rule(
        &self,
        stopping: Stopping,
        growths: &[Growth],
    ) -> Result<StoppingRule, EvaluateError> {
        let Times { step, earliest, latest, .. } = self.times;
        Ok(StoppingRule::new(stopping.criterion(growths)?, step, earliest, latest)?)
    }

    /// The place of a trial's target among those that show something.
    fn target(&self, place: usize) -> usize {
        let target = self.subject.trials()[place].target;
        target - usize::from(self.rest.is_some_and(|rest| rest < target))
    }

    /// The longest window of a trial, which looks at a target.
    pub(super) fn epoch(&self, place: usize) -> Result<Epoch<'_>, DecodeError> {
        if Some(self.subject.trials()[place].target) == self.rest {
            let (name, found) = ("target of the trial", "one that shows nothing".to_owned());
            let expected = "one that shows something";
            return Err(DecodeError::Setting { name, found, expected });
        }
        let (what, expected) = ("target of the trial", self.codebook.len());
        if self.target(place) >= expected {
            return Err(DecodeError::Shape { what, found: self.target(place), expected });
        }
        self.filtered.epoch(place, self.times.start, self.times.latest as usize)
    }

    /// Fitted to these trials, where the method is.
    pub(super) fn model(&self, train: &[usize]) -> Result<Model, EvaluateError> {
        let Replay { method, settings, bank, notch_hz, .. } = self.replay;
        let codebook = &self.codebook;
        let params = ModelParams {
            channels: self.channels.clone(),
            rate_hz: self.rate_hz,
            codebook: codebook.clone(),
            method: *method,
            settings: settings.clone(),
            bank: bank.clone(),
            notch_hz: *notch_hz,
            start: self.times.start,
            stopping: StoppingRule::fixed(self.times.latest)?,
        };
        if !method.needs_calibration() {
            return Ok(Model::build(params)?);
        }
        let bands = bank.as_ref().map_or(1, |bank| bank.bands().len());
        let channels = bands * self.subject.channels();
        let shape = Shape { channels, samples: self.times.latest as usize, rate_hz: self.rate_hz };
        let mut calibration = Calibration::new(shape, codebook)?;
        for &place in train {
            calibration.add(self.target(place), self.epoch(place)?)?;
        }
        Ok(Model::fit(params, &calibration)?)
    }

    /// How the scores of trials grow.
    fn growths(
        &self,
        model: &Model,
        places: &[usize],
    ) -> Result<Vec<Result<Growth, DecodeError>>, EvaluateError> {
        let mut decoder = model.decoder()?;
        Ok(places.iter().map(|&place| self.growth(&mut decoder, place)).collect())
    }

    fn growth(&self, decoder: &mut impl Running, place: usize) -> Result<Growth, DecodeError> {
        self.epoch(place)?;
        decoder.restart();
        let mut steps = Vec::new();
        let (start, step) = (self.times.start, self.times.step as usize);
        for look in self.times.looks() {
            let first = start + look - self.times.step;
            decoder.push(self.filtered.epoch(place, first, step)?)?;
            let mut scores = vec![0.0; decoder.targets()];
            match decoder.score_into(&mut scores) {
                Ok(()) => {}
                Err(DecodeError::TooShort { .. } | DecodeError::Flat) => scores.clear(),
                Err(error) => return Err(error),
            }
            steps.push(scores);
        }
        Ok(Growth { target: self.target(place), steps })
    }

    /// The growths of training trials, each by a decoder that was not fitted to it.
    pub(super) fn held_out(&self, train: &[usize]) -> Result<Vec<Growth>, EvaluateError> {
        let mut growths = self.held_out_at_all_looks(train)?;
        // A rule does not look before its earliest time.
        let early = (self.times.earliest.max(1) - 1) / self.times.step;
        for steps in growths.iter_mut().map(|growth| &mut growth.steps) {
            steps.iter_mut().take(early as usize).for_each(Vec::clear);
        }
        Ok(growths)
    }

    fn held_out_at_all_looks(&self, train: &[usize]) -> Result<Vec<Growth>, EvaluateError> {
        if !self.replay.method.needs_calibration() {
            let model = self.model(&[])?;
            return Ok(self.growths(&model, train)?.into_iter().flatten().collect());
        }
        // The first trial of each target is of the first part, the second of the second, and so on.
        let mut seen = vec![0; self.codebook.len()];
        let mut part_of = Vec::with_capacity(train.len());
        for &place in train {
            let seen = &mut seen[self.target(place)];
            part_of.push(*seen % PARTS);
            *seen += 1;
        }
        let mut growths = Vec::with_capacity(train.len());
        for part in 0..PARTS {
            let places = || train.iter().copied().zip(&part_of);
            let is_own = |(_, own): &(usize, &usize)| **own == part;
            let own: Vec<usize> = places().filter(is_own).map(|(place, _)| place).collect();
            if own.is_empty() {
                continue;
            }
            let others: Vec<usize> =
                places().filter(|pair| !is_own(pair)).map(|(place, _)| place).collect();
            let model = self.model(&others)?;
            growths.extend(self.growths(&model, &own)?.into_iter().flatten());
        }
        Ok(growths)
    }

    /// Sends the recordings of test trials through a session.
    fn replay(
        &self,
        model: &Model,
        rule: StoppingRule,
        test: &[usize],
        stops: &mut [Result<Stopped, LeftOut>],
    ) -> Result<(), EvaluateError> {
        let filters = model.filters()?;
        for (number, source) in self.subject.sources().iter().enumerate() {
            let trials = self.subject.trials();
            let is_own = |place: &usize| trials[*place].source == number;
            let mut own: Vec<usize> = test.iter().copied().filter(is_own).collect();
            if own.is_empty() {
                continue;
            }
            own.sort_by_key(|&place| trials[place].onset);
            let cues: Vec<u64> = own.iter().map(|&place| trials[place].onset).collect();
            let places: HashMap<u64, usize> =
                own.iter().map(|&place| (trials[place].onset, place)).collect();
            let (start, gaps) = (self.times.start, Gaps::LeaveOut);
            let trials_of = Trials { start, rule: rule.clone(), gaps };
            let mut session = Session::cued(
                filters.as_ref(),
                self.subject.channels(),
                self.rate_hz,
                trials_of,
                model.decoder()?,
            )?;
            replay_source(source, &mut session, &cues, |session| {
                while let Some(outcome) = session.poll() {
                    let place = outcome.cue.and_then(|cue| places.get(&cue));
                    let Some(&place) = place else { continue };
                    stops[place] = outcome.verdict.map(|verdict| Stopped {
                        truth: self.target(place),
                        target: verdict.target,
                        window_s: (verdict.end - verdict.first) as f64 / self.rate_hz,
                        forced: verdict.forced,
                    });
                }
            })?;
        }
        Ok(())
    }
}

/// Pushes a recording through a session, cues in time with the samples.
pub(super) fn replay_source<R: Running>(
    source: &Source<'_>,
    session: &mut Session<R>,
    cues: &[u64],
    mut poll: impl FnMut(&mut Session<R>),
) -> Result<(), EvaluateError> {
    let samples = source.stream.samples();
    let mut cues = cues.iter().copied().peekable();
    let mut chunk = Vec::with_capacity(CHUNK * source.rows.len());
    for (place, segment) in samples.segments().iter().enumerate() {
        let Some(whole) = samples.segment_epoch(place) else { continue };
        for start in (0..segment.len).step_by(CHUNK) {
            let part: Range<usize> = start..(start + CHUNK).min(segment.len);
            let (first, end) = (segment.first + part.start as u64, segment.first + part.end as u64);
            while let Some(cue) = cues.next_if(|cue| *cue < end) {
                session.event(cue);
            }
            chunk.clear();
            for &row in &source.rows {
                chunk.extend(whole.channel(row)[part.clone()].iter().copied().map(f64::from));
            }
            match session.push(first, Epoch::from_planar(&chunk, source.rows.len())?) {
                // The session takes it for a gap, and says so of the trials that it concerns.
                Ok(()) | Err(DecodeError::NotFinite { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            poll(session);
        }
    }
    cues.for_each(|cue| session.event(cue));
    session.end();
    poll(session);
    Ok(())
}
