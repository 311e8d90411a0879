use serde::{Deserialize, Serialize};

use super::growth::{Growth, check, check_probability, lead};
use crate::decode::DecodeError;

/// Margin stopping (Thielen et al. 2015, PLoS ONE 10:e0133797): the best score leads the second by a
/// margin learned for each time step.
///
/// ```
/// use evoked::online::stopping::{Growth, Margin};
///
/// // One step; leads of 0.1 (wrong), 0.2 and 0.3.
/// let trial = |target, first, second| Growth { target, steps: vec![vec![first, second]] };
/// let trials = [trial(1, 0.3, 0.2), trial(0, 0.4, 0.2), trial(1, 0.2, 0.5)];
/// let margin = Margin::learn(&trials, 0.9)?;
/// assert_eq!(margin.reached(0, &[0.1, 0.35]), Some(1));
/// assert_eq!(margin.reached(0, &[0.1, 0.15]), None);
/// # Ok::<(), evoked::decode::DecodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Margin {
    /// The least lead at each step; `None` where none is enough.
    pub margins: Vec<Option<f64>>,
}

impl Margin {
    /// The least margins with which, at each step, so large a part of the trials that reach them is
    /// right.
    ///
    /// # Errors
    /// [`DecodeError::Setting`] for no trials, trials of different steps or targets, or an accuracy
    /// that is none.
    pub fn learn(trials: &[Growth], accuracy: f64) -> Result<Self, DecodeError> {
        check_probability("accuracy of a stopping rule", accuracy)?;
        let steps = check(trials)?;
        let margins = (0..steps).map(|step| {
            let scored = |trial: &Growth| {
                lead(&trial.steps[step]).map(|(best, lead)| (lead, best == trial.target))
            };
            let mut leads: Vec<(f64, bool)> = trials.iter().filter_map(scored).collect();
            leads.sort_by(|a, b| b.0.total_cmp(&a.0));
            least(&leads, accuracy)
        });
        Ok(Self { margins: margins.collect() })
    }

    pub(super) fn check(&self) -> Result<(), DecodeError> {
        match self.margins.iter().flatten().find(|margin| !margin.is_finite()) {
            None => Ok(()),
            Some(margin) => {
                let (found, expected) = (margin.to_string(), "a number");
                Err(DecodeError::Setting { name: "margin of a stopping rule", found, expected })
            }
        }
    }

    /// The best target where its lead is enough.
    pub fn reached(&self, step: usize, scores: &[f64]) -> Option<usize> {
        let margin = (*self.margins.get(step)?)?;
        lead(scores).filter(|(_, lead)| *lead >= margin).map(|(best, _)| best)
    }
}

/// The least lead of falling ones down to which enough are right.
fn least(leads: &[(f64, bool)], accuracy: f64) -> Option<f64> {
    let (mut right, mut enough) = (0, None);
    for (place, (lead, is_right)) in leads.iter().enumerate() {
        right += usize::from(*is_right);
        // Equal leads are reached together.
        let last = leads.get(place + 1).is_none_or(|next| next.0 < *lead);
        if last && right as f64 >= accuracy * (place + 1) as f64 {
            enough = Some(*lead);
        }
    }
    enough
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_margin_that_is_right_often_enough() {
        let leads = [(0.5, true), (0.4, true), (0.3, false), (0.2, true), (0.1, false)];
        assert_eq!(least(&leads, 0.9), Some(0.4));
        assert_eq!(least(&leads, 0.75), Some(0.2));
        assert_eq!(least(&leads, 0.6), Some(0.1));
        assert_eq!(least(&[(0.3, true), (0.3, false)], 0.9), None);
    }
}
