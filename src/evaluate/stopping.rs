use std::fmt;
use std::str::FromStr;

use crate::decode::DecodeError;
use crate::online::stopping::{Bayes, Beta, Criterion, Growth, Margin, Outlier};

/// How accurate learned rules are to be where nobody says.
const USUAL: f64 = 0.95;

/// A stopping rule that is still to be learned, by its name: `fixed`, `margin`, `beta`, `outlier`,
/// `bayes` or `unlabelled`, all but the first with an accuracy or probability behind a colon, such as `bayes:0.9`.
///
/// ```
/// use evoked::evaluate::Stopping;
/// assert_eq!("bayes:0.9".parse(), Ok(Stopping::Bayes { accuracy: 0.9 }));
/// assert_eq!("margin".parse::<Stopping>().unwrap().to_string(), "margin:0.95");
/// assert!("bayes:2".parse::<Stopping>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stopping {
    /// The whole window.
    Fixed,
    /// [`Margin`]: of all trials so large a part is right, were each step's errors independent of those
    /// before: each step has to be right with the root of that part, of as many steps (Thielen et al.
    /// 2021).
    Margin {
        /// That part.
        accuracy: f64,
    },
    /// [`Beta`]: nothing is learned.
    Beta {
        /// How likely the largest of as many draws has to be below the best score.
        probability: f64,
    },
    /// [`Outlier`]: nothing is learned.
    Outlier {
        /// How likely the best score has to be no work of chance.
        probability: f64,
    },
    /// [`Bayes`]: of all trials so large a part is right.
    Bayes {
        /// That part.
        accuracy: f64,
    },
    /// [`Bayes`] without labels ([`Growth::unlabelled`]): so large a part of the trials is decided as
    /// the longest window would.
    Unlabelled {
        /// That part.
        accuracy: f64,
    },
}

impl Stopping {
    /// Whether it is learned from trials.
    pub fn is_learned(self) -> bool {
        !matches!(self, Stopping::Fixed | Stopping::Beta { .. } | Stopping::Outlier { .. })
    }

    /// The criterion, learned from how the scores of trials grew that the decoder was not fitted to.
    ///
    /// # Errors
    /// What learning refuses ([`Margin::learn`], [`Bayes::learn_for`]).
    pub fn criterion(self, trials: &[Growth]) -> Result<Criterion, DecodeError> {
        Ok(match self {
            Stopping::Fixed => Criterion::Fixed,
            Stopping::Margin { accuracy } => {
                let looks = |trial: &Growth| trial.steps.iter().filter(|s| !s.is_empty()).count();
                let looks = trials.iter().map(looks).max().unwrap_or(0).max(1);
                let a_step = accuracy.powf(1.0 / looks as f64);
                Criterion::Margin(Margin::learn(trials, a_step)?)
            }
            Stopping::Beta { probability } => Criterion::Beta(Beta { probability }),
            Stopping::Outlier { probability } => Criterion::Outlier(Outlier { probability }),
            Stopping::Bayes { accuracy } => Criterion::Bayes(Bayes::learn_for(trials, accuracy)?),
            Stopping::Unlabelled { accuracy } => {
                let unlabelled = |trial: &Growth| Growth::unlabelled(trial.steps.clone());
                let trials: Vec<Growth> = trials.iter().filter_map(unlabelled).collect();
                Criterion::Bayes(Bayes::learn_for(&trials, accuracy)?)
            }
        })
    }
}

impl fmt::Display for Stopping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stopping::Fixed => f.write_str("fixed"),
            Stopping::Margin { accuracy } => write!(f, "margin:{accuracy}"),
            Stopping::Beta { probability } => write!(f, "beta:{probability}"),
            Stopping::Outlier { probability } => write!(f, "outlier:{probability}"),
            Stopping::Bayes { accuracy } => write!(f, "bayes:{accuracy}"),
            Stopping::Unlabelled { accuracy } => write!(f, "unlabelled:{accuracy}"),
        }
    }
}

impl FromStr for Stopping {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, number) = match text.split_once(':') {
            None => (text, None),
            Some((name, number)) => (name, Some(number)),
        };
        let wrong = || format!("{text:?}: give a number between 0 and 1 behind the colon");
        let number = match number {
            None => Ok(USUAL),
            Some(number) => number.parse().ok().filter(|p| *p > 0.0 && *p < 1.0).ok_or_else(wrong),
        };
        match name {
            "fixed" if text == name => Ok(Stopping::Fixed),
            "margin" => number.map(|accuracy| Stopping::Margin { accuracy }),
            "beta" => number.map(|probability| Stopping::Beta { probability }),
            "outlier" => number.map(|probability| Stopping::Outlier { probability }),
            "bayes" => number.map(|accuracy| Stopping::Bayes { accuracy }),
            "unlabelled" => number.map(|accuracy| Stopping::Unlabelled { accuracy }),
            _ => Err(format!(
                "no stopping rule {text:?}; there are fixed, margin, beta, outlier, bayes and unlabelled, such as bayes:0.9"
            )),
        }
    }
}
