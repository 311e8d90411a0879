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

    fn place(&self, truth: usize, decided: usize) -> Option<usize> {
        (truth < self.targets && decided < self.targets).then(|| truth * self.targets + decided)
    }
}
