use crate::decode::DecodeError;

/// The scores of a calibration trial, time step by time step.
#[derive(Debug, Clone, PartialEq)]
pub struct Growth {
    /// The target that was looked at.
    pub target: usize,
    /// For each step its scores, one a target; steps at which there are none yet are empty.
    pub steps: Vec<Vec<f64>>,
}

impl Growth {
    /// The scores of a trial of which nobody knows what was looked at: what is best at the last step is
    /// taken for it. A rule that is learned for an accuracy from such trials decides in so many as the
    /// whole window would, whatever that is worth; nothing but a recording without labels is needed.
    ///
    /// `None` where there is no best score at the last step.
    ///
    /// ```
    /// use evoked::online::stopping::Growth;
    /// let growth = Growth::unlabelled(vec![vec![0.3, 0.2], vec![0.2, 0.4]]).unwrap();
    /// assert_eq!(growth.target, 1);
    /// ```
    pub fn unlabelled(steps: Vec<Vec<f64>>) -> Option<Self> {
        let (target, _) = lead(steps.last()?)?;
        Some(Self { target, steps })
    }
}

/// The best score's place, and its lead over the second; `None` for fewer than two scores, or one that
/// is no number.
pub(super) fn lead(scores: &[f64]) -> Option<(usize, f64)> {
    if scores.len() < 2 || scores.iter().any(|score| score.is_nan()) {
        return None;
    }
    let (mut best, mut second) = (0, f64::NEG_INFINITY);
    for (place, &score) in scores.iter().enumerate().skip(1) {
        if score > scores[best] {
            second = scores[best];
            best = place;
        } else {
            second = second.max(score);
        }
    }
    Some((best, scores[best] - second))
}

/// Refuses trials that differ in their steps or targets, and gives the number of steps.
pub(super) fn check(trials: &[Growth]) -> Result<usize, DecodeError> {
    let refused = |found: String, expected| {
        Err(DecodeError::Setting { name: "trials to learn a stopping rule from", found, expected })
    };
    let Some(first) = trials.first() else { return refused("none".into(), "at least one") };
    if let Some(other) = trials.iter().find(|trial| trial.steps.len() != first.steps.len()) {
        let found = format!("{} and {} steps", first.steps.len(), other.steps.len());
        return refused(found, "the same steps in all");
    }
    let targets = trials.iter().flat_map(|trial| &trial.steps).map(Vec::len).max().unwrap_or(0);
    let fits = |trial: &Growth| {
        let whole = |scores: &Vec<f64>| scores.is_empty() || scores.len() == targets;
        trial.target < targets && trial.steps.iter().all(whole)
    };
    match trials.iter().all(fits) && targets >= 2 {
        true => Ok(first.steps.len()),
        false => refused("scores of different numbers".into(), "as many in all, at least two"),
    }
}

/// Refuses what is no probability.
pub(super) fn check_probability(name: &'static str, value: f64) -> Result<(), DecodeError> {
    if value > 0.0 && value < 1.0 {
        return Ok(());
    }
    let (found, expected) = (value.to_string(), "between 0 and 1");
    Err(DecodeError::Setting { name, found, expected })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lead_is_that_of_the_best_over_the_second() {
        let found = lead(&[0.25, 0.75, 0.5]);
        assert_eq!(found, Some((1, 0.25)));
        assert_eq!(lead(&[1.0, 1.0]), Some((0, 0.0)));
        assert_eq!(
            (lead(&[1.0]), lead(&[1.0, f64::NAN]), lead(&[f64::NAN, 1.0])),
            (None, None, None)
        );
    }
}
