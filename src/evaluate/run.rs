use super::{Confusion, EvaluateError, Filtered, Limit, Scope, Split, Subject};
use crate::decode::{
    Calibration, DecodeError, Decoder, Method, Preprocess, Scratch, Settings, Shape,
};
use crate::signal::{Decision, Epoch};
use crate::stimulus::Codebook;

/// The latest start of a window.
const LATEST_START_S: f64 = 3600.0;

/// What is evaluated: a method with its filters, windows and split.
///
/// ```
/// use evoked::decode::{Method, Preprocess, Settings};
/// use evoked::evaluate::{Margins, Plan, Scope, Split, Subject};
/// use evoked::simulate::{SessionParams, Strength};
/// use evoked::stimulus::Codebook;
///
/// let codebook = Codebook::sinusoids(&[9.0, 11.0])?;
/// let params = SessionParams { blocks: 3, strength: Strength::Snr(0.5), ..Default::default() };
/// let simulated = params.simulate(&codebook)?;
/// let ends: Vec<u64> = simulated.truth.iter().map(|trial| trial.onset + 1000).collect();
/// let mut subject = Subject::new(Margins::default());
/// let stream = &simulated.recording.streams()[0];
/// subject.add(stream, &[6, 7, 8], &simulated.truth, &ends, &[0; 6])?;
///
/// let plan = Plan {
///     codebook: &codebook,
///     method: Method::Cca,
///     settings: Settings::default(),
///     preprocess: Preprocess::default(),
///     scope: Scope::default(),
///     start_s: 0.14,
///     windows_s: vec![1.0, 4.0],
///     split: Split::LeaveOneBlockOut,
///     limits: Vec::new(),
/// };
/// let outcomes = plan.run(&subject)?;
/// let four_seconds = outcomes[1].result.as_ref().unwrap();
/// assert_eq!(four_seconds.confusion.accuracy().rate(), Some(1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    /// The targets.
    pub codebook: &'a Codebook,
    /// The method.
    pub method: Method,
    /// Its settings, with the weights of the bank in `preprocess` where it is to fuse its bands.
    pub settings: Settings,
    /// The filters; the channels are the subject's.
    pub preprocess: Preprocess,
    /// What is filtered in one go.
    pub scope: Scope,
    /// Start of the windows after the onset.
    pub start_s: f64,
    /// Lengths of the windows.
    pub windows_s: Vec<f64>,
    /// Training and test; a method that needs no calibration is not trained, whatever stands here. One
    /// that learns from its own decisions does so from trial to trial, in the order of time.
    pub split: Split,
    /// Limits to the training trials, for a learning curve; `None` among them stands for all
    /// trials, and so does an empty list.
    pub limits: Vec<Option<Limit>>,
}

/// What came out for one window and one limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Length of the window.
    pub window_s: f64,
    /// The limit to the training trials.
    pub limit: Option<Limit>,
    /// The decisions, or why the method could not be used.
    pub result: Result<Decided, DecodeError>,
}

/// Decisions for the labelled trials of a subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// For each trial what was decided; `None` for those left out.
    pub decisions: Vec<Option<usize>>,
    /// The trials without a decision, and why. They count neither as right nor as wrong.
    pub left_out: Vec<(usize, DecodeError)>,
    /// Decisions against the truth.
    pub confusion: Confusion,
    /// The least and the most trials that a decoder was fitted to; `None` for a method that needs
    /// none.
    pub trained_on: Option<(usize, usize)>,
}

impl Plan<'_> {
    /// Decides every labelled trial of a subject, for each window and limit.
    ///
    /// # Errors
    /// What keeps the plan from being carried out for every window: [`EvaluateError::Split`],
    /// [`EvaluateError::NeedsSplit`], [`EvaluateError::Start`], filters that can't be made. What
    /// concerns one window stands in its [`Outcome`].
    pub fn run(&self, subject: &Subject<'_>) -> Result<Vec<Outcome>, EvaluateError> {
        if !(0.0..=LATEST_START_S).contains(&self.start_s) {
            return Err(EvaluateError::Start { found: self.start_s });
        }
        let Some(rate_hz) = subject.rate_hz() else { return Ok(Vec::new()) };
        let fitted = self.method.needs_calibration_for(self.codebook);
        if fitted && self.split == Split::Untrained {
            return Err(EvaluateError::NeedsSplit { method: self.method.name() });
        }
        let split = if fitted { self.split } else { Split::Untrained };
        let folds = split.folds(subject.trials())?;
        let limits: Vec<Option<Limit>> = match self.limits.as_slice() {
            limits if fitted && !limits.is_empty() => limits.to_vec(),
            _ => vec![None],
        };
        let start = (self.start_s * rate_hz).round() as u64;
        let rows =
            subject.channels() * self.preprocess.bank.as_ref().map_or(1, |b| b.bands().len());
        let mut whole = None;
        let mut outcomes = Vec::with_capacity(self.windows_s.len() * limits.len());
        for &window_s in &self.windows_s {
            let shape = Shape::of_window(rows, window_s, rate_hz);
            let end = start.saturating_add(shape.samples as u64);
            let filter = || Filtered::new(subject, &self.preprocess, self.scope, start..end);
            let of_window;
            let filtered = match (self.scope, &mut whole) {
                (Scope::Window, _) => {
                    of_window = filter()?;
                    &of_window
                }
                (_, Some(whole)) => &*whole,
                (_, none) => &*none.insert(filter()?),
            };
            let window = Window { plan: self, subject, filtered, start, shape };
            for &limit in &limits {
                let result = if fitted { window.fitted(&folds, limit) } else { window.built() };
                outcomes.push(Outcome { window_s, limit, result });
            }
        }
        Ok(outcomes)
    }
}

/// One window of a plan.
struct Window<'a> {
    plan: &'a Plan<'a>,
    subject: &'a Subject<'a>,
    filtered: &'a Filtered,
    start: u64,
    shape: Shape,
}

impl Window<'_> {
    fn built(&self) -> Result<Decided, DecodeError> {
        let Plan { method, codebook, settings, .. } = self.plan;
        let mut decided = self.undecided();
        let all = 0..self.subject.trials().len();
        if let Some(mut decoder) = method.adaptive(codebook, self.shape, settings)? {
            let mut scratch = Scratch::default();
            self.decide_by(all, codebook.len(), &mut decided, |epoch, scores| {
                decoder.score_and_adapt(epoch, scores, &mut scratch)
            });
        } else {
            let decoder = method.build(codebook, self.shape, settings)?;
            self.decide(decoder.as_ref(), all, &mut decided);
        }
        Ok(decided)
    }

    fn fitted(&self, folds: &[super::Fold], limit: Option<Limit>) -> Result<Decided, DecodeError> {
        let Plan { method, codebook, settings, .. } = self.plan;
        let mut decided = self.undecided();
        let (mut least, mut most) = (usize::MAX, 0);
        for fold in folds {
            let usable = fold.train.iter().copied().filter(|&place| self.epoch(place).is_ok());
            let mut train: Vec<usize> = usable.collect();
            if let Some(limit) = limit {
                train = limit.of(&train, self.subject.trials());
            }
            let mut calibration = Calibration::new(self.shape, codebook)?;
            for &place in &train {
                calibration.add(self.subject.trials()[place].target, self.epoch(place)?)?;
            }
            let decoder = method.fit(codebook, &calibration, settings)?;
            (least, most) = (least.min(train.len()), most.max(train.len()));
            self.decide(decoder.as_ref(), fold.test.iter().copied(), &mut decided);
        }
        decided.left_out.sort_by_key(|(place, _)| *place);
        decided.trained_on = Some((least.min(most), most));
        Ok(decided)
    }

    fn undecided(&self) -> Decided {
        Decided {
            decisions: vec![None; self.subject.trials().len()],
            left_out: Vec::new(),
            confusion: Confusion::new(self.plan.codebook.len()),
            trained_on: None,
        }
    }

    fn epoch(&self, place: usize) -> Result<crate::signal::Epoch<'_>, DecodeError> {
        self.filtered.epoch(place, self.start, self.shape.samples)
    }

    fn decide(
        &self,
        decoder: &dyn Decoder,
        places: impl Iterator<Item = usize>,
        decided: &mut Decided,
    ) {
        let mut scratch = Scratch::default();
        self.decide_by(places, decoder.targets(), decided, |epoch, scores| {
            decoder.score_into(epoch, scores, &mut scratch)
        });
    }

    fn decide_by(
        &self,
        places: impl Iterator<Item = usize>,
        targets: usize,
        decided: &mut Decided,
        mut score: impl FnMut(Epoch<'_>, &mut [f64]) -> Result<(), DecodeError>,
    ) {
        for place in places {
            match self.decision(place, targets, &mut score) {
                Ok(target) => {
                    decided.decisions[place] = Some(target);
                    decided.confusion.add(self.subject.trials()[place].target, target);
                }
                Err(error) => decided.left_out.push((place, error)),
            }
        }
    }

    fn decision(
        &self,
        place: usize,
        targets: usize,
        score: &mut impl FnMut(Epoch<'_>, &mut [f64]) -> Result<(), DecodeError>,
    ) -> Result<usize, DecodeError> {
        let cut = &self.subject.trials()[place];
        if cut.target >= targets {
            let what = "target of the trial";
            return Err(DecodeError::Shape { what, found: cut.target, expected: targets });
        }
        let mut scores = vec![0.0; targets];
        score(self.epoch(place)?, &mut scores)?;
        let decision = Decision::from_scores(scores, cut.onset, cut.onset);
        decision.map(|decision| decision.target).ok_or(DecodeError::Flat)
    }
}
