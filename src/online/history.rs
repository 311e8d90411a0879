use std::ops::Range;

use crate::signal::Epoch;

/// The last samples of some rows, by their positions.
#[derive(Debug, Clone)]
pub(super) struct History {
    rows: usize,
    /// Samples that are kept at least, once so many have come.
    kept: usize,
    /// Rows of twice as many, so that they are seldom moved.
    data: Vec<f64>,
    len: usize,
    /// Position after the last sample.
    end: u64,
}

impl History {
    pub(super) fn new(rows: usize, kept: usize) -> Self {
        let kept = kept.max(1);
        Self { rows, kept, data: vec![0.0; rows * 2 * kept], len: 0, end: 0 }
    }

    /// Positions of what is there.
    pub(super) fn positions(&self) -> Range<u64> {
        self.end.saturating_sub(self.len as u64)..self.end
    }

    /// Forgets everything; the next sample has this position.
    pub(super) fn restart(&mut self, first: u64) {
        (self.len, self.end) = (0, first);
    }

    /// Adds samples, no more at a time than are kept.
    pub(super) fn push(&mut self, chunk: Epoch<'_>) {
        let stride = 2 * self.kept;
        let len = chunk.len().min(self.kept);
        if self.len + len > stride {
            let moved = self.len - self.kept..self.len;
            self.data.chunks_exact_mut(stride).for_each(|row| row.copy_within(moved.clone(), 0));
            self.len = self.kept;
        }
        for (row, new) in self.data.chunks_exact_mut(stride).zip(chunk.rows()) {
            row[self.len..self.len + len].copy_from_slice(&new[..len]);
        }
        self.len += len;
        self.end += len as u64;
    }

    /// The samples at these positions; `None` where they are not all there.
    pub(super) fn epoch(&self, positions: Range<u64>) -> Option<Epoch<'_>> {
        let start = self.positions().start;
        let first = usize::try_from(positions.start.checked_sub(start)?).ok()?;
        let end = usize::try_from(positions.end.checked_sub(start)?).ok()?;
        let whole = Epoch::from_planar(&self.data, self.rows).ok()?;
        whole.part(0..self.rows, 0..self.len)?.part(0..self.rows, first..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_samples_are_found_by_their_positions() {
        let mut history = History::new(2, 5);
        history.restart(100);
        for n in 0..40_u64 {
            let chunk = [n as f64, -(n as f64)];
            history.push(Epoch::from_planar(&chunk, 2).unwrap());
            let there = history.positions();
            assert_eq!(there.end, 101 + n);
            assert!(there.end - there.start >= 5.min(n + 1) && there.end - there.start <= 10);
            let epoch = history.epoch(there.clone()).unwrap();
            let expected: Vec<f64> = there.clone().map(|at| (at - 100) as f64).collect();
            assert_eq!(epoch.channel(0), expected);
            assert!(epoch.channel(1).iter().zip(expected).all(|(a, b)| *a == -b));
            assert!(history.epoch(there.start..there.end + 1).is_none());
        }
        history.restart(7);
        assert_eq!(history.positions(), 7..7);
        assert!(history.epoch(6..7).is_none());
    }
}
