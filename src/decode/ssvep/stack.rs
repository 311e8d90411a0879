//! Rows of all targets one below the other, so that one product serves them all.

use std::ops::Range;

/// Rows of equal length, some for each target.
#[derive(Debug, Clone)]
pub(super) struct Stack {
    values: Vec<f64>,
    /// The row behind the last of each target.
    ends: Vec<usize>,
}

impl Stack {
    /// The rows of each target.
    pub(super) fn new<'a>(cols: usize, parts: impl IntoIterator<Item = &'a [f64]>) -> Self {
        let mut stack = Self { values: Vec::new(), ends: Vec::new() };
        for part in parts {
            stack.values.extend_from_slice(part);
            stack.ends.push(stack.values.len() / cols.max(1));
        }
        stack
    }

    pub(super) fn targets(&self) -> usize {
        self.ends.len()
    }

    /// Number of rows of all targets.
    pub(super) fn rows(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    pub(super) fn values(&self) -> &[f64] {
        &self.values
    }

    /// Numbers of the rows of one target.
    pub(super) fn range(&self, target: usize) -> Range<usize> {
        let start = target.checked_sub(1).map_or(0, |before| self.ends[before]);
        start..self.ends[target]
    }
}
