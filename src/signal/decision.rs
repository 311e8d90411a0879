/// What a decoder made of one stretch of signal.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Index of the chosen target in the codebook.
    pub target: usize,
    /// One score a target, higher is likelier.
    pub scores: Vec<f64>,
    /// Sample position of the start of the stretch.
    pub first: u64,
    /// Sample position after its end: when the decision could be taken.
    pub end: u64,
}

impl Decision {
    /// The decision that a set of scores leads to: the highest wins, the lower index on a tie.
    ///
    /// `None` where there is no score or one of them is not a number, since nothing can be decided
    /// then.
    ///
    /// ```
    /// use evoked::signal::Decision;
    /// let decision = Decision::from_scores(vec![0.2, 0.7, 0.5], 256, 1280).unwrap();
    /// assert_eq!(decision.target, 1);
    /// assert!((decision.margin() - 0.2).abs() < 1e-12);
    /// assert!(Decision::from_scores(vec![0.2, f64::NAN], 0, 1).is_none());
    /// ```
    pub fn from_scores(scores: Vec<f64>, first: u64, end: u64) -> Option<Self> {
        Self::best(&scores).map(|target| Self { target, scores, first, end })
    }

    /// The target that a set of scores leads to, as [`from_scores`](Self::from_scores) says.
    pub fn best(scores: &[f64]) -> Option<usize> {
        let mut best: Option<(usize, f64)> = None;
        for (target, &score) in scores.iter().enumerate() {
            if score.is_nan() {
                return None;
            }
            if best.is_none_or(|(_, top)| score > top) {
                best = Some((target, score));
            }
        }
        best.map(|(target, _)| target)
    }

    /// Best score minus the second best; zero with a single target.
    pub fn margin(&self) -> f64 {
        margin(&self.scores, self.target)
    }
}

/// The score of a target minus the best of the others; zero with a single target.
pub(crate) fn margin(scores: &[f64], target: usize) -> f64 {
    let best = scores.get(target).copied().unwrap_or(0.0);
    let others = scores.iter().enumerate().filter(|&(k, _)| k != target);
    let second = others.map(|(_, &score)| score).fold(f64::NEG_INFINITY, f64::max);
    if second.is_finite() { best - second } else { 0.0 }
}
