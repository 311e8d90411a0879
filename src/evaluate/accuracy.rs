/// Normal quantile of a two-sided 95 % interval.
const Z_95: f64 = 1.959_963_984_540_054;

/// Right decisions out of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Accuracy {
    /// Right decisions.
    pub right: usize,
    /// All decisions whose truth is known.
    pub total: usize,
}

impl Accuracy {
    /// Part of the decisions that is right, 0 to 1; `None` without decisions.
    pub fn rate(&self) -> Option<f64> {
        (self.total > 0).then(|| self.right as f64 / self.total as f64)
    }

    /// Wilson's 95 % score interval (Wilson 1927, J Am Stat Assoc 22:209); `None` without
    /// decisions.
    ///
    /// Unlike the normal approximation it stays between 0 and 1 and does not shrink to nothing
    /// when every decision is right.
    ///
    /// ```
    /// use evoked::evaluate::Accuracy;
    /// let (low, high) = Accuracy { right: 24, total: 24 }.wilson_95().unwrap();
    /// assert!((low - 0.862).abs() < 1e-3 && high > 1.0 - 1e-12);
    /// ```
    pub fn wilson_95(&self) -> Option<(f64, f64)> {
        let p = self.rate()?;
        let n = self.total as f64;
        let z2 = Z_95 * Z_95;
        let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let half = Z_95 / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        Some(((centre - half).max(0.0), (centre + half).min(1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The interval's ends are where a test of the rate just rejects: |p − x| = z·√(x(1−x)/n).
    #[test]
    fn the_ends_solve_the_score_equation() {
        for (right, total) in [(1, 3), (11, 12), (115, 144), (0, 7), (9, 9)] {
            let accuracy = Accuracy { right, total };
            let p = accuracy.rate().unwrap();
            let (low, high) = accuracy.wilson_95().unwrap();
            for x in [low, high] {
                let bound = Z_95 * (x * (1.0 - x) / total as f64).sqrt();
                assert!(((p - x).abs() - bound).abs() < 1e-7, "{right}/{total}: {x}");
            }
            assert!(low <= p + 1e-12 && p <= high + 1e-12);
        }
    }

    /// By hand: (0.3 + 0.03842)/1.07683 ± 1.95996/1.07683·√(0.21/50 + 3.84146/10000).
    #[test]
    fn a_known_interval() {
        let (low, high) = Accuracy { right: 15, total: 50 }.wilson_95().unwrap();
        assert!((low - 0.1910).abs() < 5e-5 && (high - 0.4375).abs() < 5e-5, "{low} {high}");
    }

    #[test]
    fn nothing_is_known_without_decisions() {
        assert_eq!(Accuracy::default().wilson_95(), None);
    }
}
