use super::Accuracy;

/// How often each true target was decided as which.
///
/// ```
/// use evoked::evaluate::Confusion;
/// let mut confusion = Confusion::new(3);
/// confusion.add(0, 0);
/// confusion.add(1, 2);
/// assert_eq!(confusion.count(1, 2), 1);
/// assert_eq!(confusion.accuracy().rate(), Some(0.5));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    targets: usize,
    counts: Vec<usize>,
}

impl Confusion {
    /// An empty table for so many targets.
    pub fn new(targets: usize) -> Self {
        Self { targets, counts: vec![0; targets.saturating_mul(targets)] }
    }

    /// Counts a decision; targets beyond the table are not counted.
    pub fn add(&mut self, truth: usize, decided: usize) {
        if let Some(count) = self.place(truth, decided).and_then(|i| self.counts.get_mut(i)) {
            *count += 1;
        }
    }

    /// How often `truth` was decided as `decided`.
    pub fn count(&self, truth: usize, decided: usize) -> usize {
        self.place(truth, decided).and_then(|i| self.counts.get(i)).copied().unwrap_or(0)
    }

    /// Number of targets.
    pub fn targets(&self) -> usize {
        self.targets
    }

    /// The accuracy over all targets.
    pub fn accuracy(&self) -> Accuracy {
        let right = (0..self.targets).map(|target| self.count(target, target)).sum();
        Accuracy { right, total: self.counts.iter().sum() }
    }

    /// Mean over the targets of the part of their trials that is right, over those that have trials;
    /// `None` without decisions. Unlike the accuracy it does not favour frequent targets.
    ///
    /// ```
    /// use evoked::evaluate::Confusion;
    /// let mut confusion = Confusion::new(2);
    /// (0..9).for_each(|_| confusion.add(0, 0));
    /// confusion.add(1, 0);
    /// assert_eq!(confusion.balanced_accuracy(), Some(0.5));
    /// ```
    pub fn balanced_accuracy(&self) -> Option<f64> {
        let rate = |target: usize| {
            let total: usize = (0..self.targets).map(|decided| self.count(target, decided)).sum();
            (total > 0).then(|| self.count(target, target) as f64 / total as f64)
        };
        let rates: Vec<f64> = (0..self.targets).filter_map(rate).collect();
        (!rates.is_empty()).then(|| rates.iter().sum::<f64>() / rates.len() as f64)
    }

    /// Adds the counts of another table, such as another subject's; targets beyond this table are
    /// not counted.
    pub fn merge(&mut self, other: &Confusion) {
        for truth in 0..self.targets.min(other.targets) {
            for decided in 0..self.targets.min(other.targets) {
                self.counts[truth * self.targets + decided] += other.count(truth, decided);
            }
        }
    }

    fn place(&self, truth: usize, decided: usize) -> Option<usize> {
        (truth < self.targets && decided < self.targets).then(|| truth * self.targets + decided)
    }
}
