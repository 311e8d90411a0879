use serde::{Deserialize, Serialize};

use super::{Bayes, Beta, Margin, Outlier};
use crate::decode::DecodeError;
use crate::signal::Decision;

/// When scores are enough to decide.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Criterion {
    /// Never before the latest time: a fixed window.
    Fixed,
    /// The lead of the best score.
    Margin(Margin),
    /// A best score that does not fit the others.
    Beta(Beta),
    /// A best score that is an outlier.
    Outlier(Outlier),
    /// A best target that is likely enough.
    Bayes(Bayes),
}

/// A criterion that is asked at every step of a growing window, between an earliest and a latest time.
///
/// ```
/// use evoked::online::stopping::{Beta, Criterion, StoppingRule};
///
/// // Every 25 samples, from 50 on, and at 250 whatever the scores are.
/// let criterion = Criterion::Beta(Beta { probability: 0.95 });
/// let rule = StoppingRule::new(criterion, 25, 50, 250)?;
/// assert_eq!(rule.stop(40, &[0.9, 0.0, 0.1, 0.02, 0.05, -0.1]), None);
/// let stop = rule.stop(50, &[0.9, 0.0, 0.1, 0.02, 0.05, -0.1]).unwrap();
/// assert_eq!((stop.target, stop.forced), (0, false));
/// assert!(rule.stop(250, &[0.1, 0.0, 0.09, 0.02, 0.05, -0.1]).unwrap().forced);
/// # Ok::<(), evoked::decode::DecodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Document")]
pub struct StoppingRule {
    criterion: Criterion,
    step: u64,
    earliest: u64,
    latest: u64,
}

/// The rule as it is read, to be checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    criterion: Criterion,
    step: u64,
    earliest: u64,
    latest: u64,
}

impl TryFrom<Document> for StoppingRule {
    type Error = DecodeError;

    fn try_from(document: Document) -> Result<Self, DecodeError> {
        let Document { criterion, step, earliest, latest } = document;
        Self::new(criterion, step, earliest, latest)
    }
}

/// A decision to stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stop {
    /// The target.
    pub target: usize,
    /// How likely it is, by criteria that know.
    pub confidence: Option<f64>,
    /// Whether time was up, and the scores not enough.
    pub forced: bool,
}

impl Criterion {
    fn check(&self) -> Result<(), DecodeError> {
        match self {
            Criterion::Fixed => Ok(()),
            Criterion::Margin(margin) => margin.check(),
            Criterion::Beta(beta) => beta.check(),
            Criterion::Outlier(outlier) => outlier.check(),
            Criterion::Bayes(bayes) => bayes.check(),
        }
    }
}

impl StoppingRule {
    /// A rule for steps of so many samples, the first step being the first of them; it stops no
    /// earlier and no later than at these samples of a window.
    ///
    /// # Errors
    /// [`DecodeError::Setting`] for steps of no samples, times in the wrong order, or a criterion of
    /// numbers that are none.
    pub fn new(
        criterion: Criterion,
        step: u64,
        earliest: u64,
        latest: u64,
    ) -> Result<Self, DecodeError> {
        let refused = |name, found: u64, expected| {
            Err(DecodeError::Setting { name, found: found.to_string(), expected })
        };
        if step == 0 {
            return refused("step of a stopping rule", 0, "at least one sample");
        }
        if latest == 0 || earliest > latest {
            return refused("latest time", latest, "no less than the earliest, and not 0");
        }
        criterion.check()?;
        Ok(Self { criterion, step, earliest, latest })
    }

    /// A window of so many samples, whatever its scores are.
    ///
    /// # Errors
    /// [`DecodeError::Setting`] for no samples.
    pub fn fixed(samples: u64) -> Result<Self, DecodeError> {
        Self::new(Criterion::Fixed, samples.max(1), samples, samples)
    }

    /// Samples between two looks.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Samples of the longest window.
    pub fn latest(&self) -> u64 {
        self.latest
    }

    /// Samples at the first look after so many at which it may stop.
    pub fn next_look(&self, samples: u64) -> u64 {
        if self.criterion == Criterion::Fixed {
            return self.latest;
        }
        let least = samples.saturating_add(1).max(self.earliest);
        least.div_ceil(self.step).saturating_mul(self.step).min(self.latest)
    }

    /// The criterion.
    pub fn criterion(&self) -> &Criterion {
        &self.criterion
    }

    /// Whether to stop after so many samples of a window, by their scores. Between steps it waits.
    pub fn stop(&self, samples: u64, scores: &[f64]) -> Option<Stop> {
        if samples >= self.latest {
            let target = Decision::best(scores)?;
            let reached = self.reached(samples, scores).filter(|(best, _)| *best == target);
            let confidence = reached.and_then(|(_, confidence)| confidence);
            return Some(Stop { target, confidence, forced: reached.is_none() });
        }
        if samples < self.earliest || !samples.is_multiple_of(self.step) {
            return None;
        }
        let (target, confidence) = self.reached(samples, scores)?;
        Some(Stop { target, confidence, forced: false })
    }

    fn reached(&self, samples: u64, scores: &[f64]) -> Option<(usize, Option<f64>)> {
        let step = usize::try_from((samples / self.step).checked_sub(1)?).ok()?;
        match &self.criterion {
            Criterion::Fixed => None,
            Criterion::Margin(margin) => margin.reached(step, scores).map(|best| (best, None)),
            Criterion::Beta(beta) => beta.reached(scores).map(|(best, p)| (best, Some(p))),
            Criterion::Outlier(outlier) => outlier.reached(scores).map(|(best, p)| (best, Some(p))),
            Criterion::Bayes(bayes) => bayes.reached(step, scores).map(|(best, p)| (best, Some(p))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_waits_between_its_times() {
        let margin = Margin { margins: vec![Some(0.1), None, Some(0.0)] };
        let rule = StoppingRule::new(Criterion::Margin(margin), 10, 10, 40).unwrap();
        let target =
            |samples| rule.stop(samples, &[0.1, 0.25]).map(|stop| (stop.target, stop.forced));
        assert_eq!(target(9), None);
        assert_eq!(target(10), Some((1, false)));
        assert_eq!((target(11), target(20)), (None, None));
        assert_eq!(
            (target(30), target(40), target(41)),
            (Some((1, false)), Some((1, true)), Some((1, true)))
        );
        assert_eq!(rule.stop(40, &[f64::NAN, 0.0]), None);
        let looks = [0, 9, 10, 25, 30, 39].map(|samples| rule.next_look(samples));
        assert_eq!(looks, [10, 10, 20, 30, 40, 40]);
        assert_eq!(StoppingRule::fixed(40).unwrap().next_look(3), 40);
        assert!(StoppingRule::fixed(0).is_err());
        let fixed = StoppingRule::new(Criterion::Fixed, 10, 0, 40).unwrap();
        assert_eq!(fixed.stop(30, &[0.0, 1.0]), None);
        assert!(fixed.stop(40, &[0.0, 1.0]).is_some_and(|stop| stop.target == 1));
        for (step, earliest, latest) in [(0, 0, 1), (1, 0, 0), (1, 3, 2)] {
            assert!(StoppingRule::new(Criterion::Fixed, step, earliest, latest).is_err());
        }
    }

    #[test]
    fn rules_are_saved_and_read_again() {
        let bayes = Bayes { probability: 0.9, steps: vec![None] };
        for criterion in [
            Criterion::Fixed,
            Criterion::Margin(Margin { margins: vec![None, Some(0.25)] }),
            Criterion::Beta(Beta { probability: 0.95 }),
            Criterion::Outlier(Outlier { probability: 0.95 }),
            Criterion::Bayes(bayes),
        ] {
            let rule = StoppingRule::new(criterion, 24, 24, 1008).unwrap();
            let text = serde_json::to_string(&rule).unwrap();
            assert_eq!(serde_json::from_str::<StoppingRule>(&text).unwrap(), rule);
        }
    }

    #[test]
    fn rules_that_could_not_be_made_are_not_read() {
        let learned = r#"{"target":[0.5,0.1],"others":[0.1,0.1]}"#;
        let refused = |criterion: &str, step: u64, latest: u64| {
            let text = format!(
                r#"{{"criterion":{criterion},"step":{step},"earliest":4,"latest":{latest}}}"#
            );
            serde_json::from_str::<StoppingRule>(&text).is_err()
        };
        let bayes = |learned: &str, probability: &str| {
            format!(r#"{{"bayes":{{"probability":{probability},"steps":[null,{learned}]}}}}"#)
        };
        assert!(!refused(r#""fixed""#, 2, 8) && !refused(&bayes(learned, "0.9"), 2, 8));
        assert!(refused(r#""fixed""#, 0, 8) && refused(r#""fixed""#, 2, 3));
        assert!(refused(r#"{"beta":{"probability":1}}"#, 2, 8));
        assert!(refused(&bayes(learned, "0"), 2, 8));
        assert!(refused(&bayes(&learned.replace("[0.1,0.1]", "[0.1,0]"), "0.9"), 2, 8));
        let endless = Margin { margins: vec![Some(f64::INFINITY)] };
        assert!(StoppingRule::new(Criterion::Margin(endless), 2, 4, 8).is_err());
    }
}
