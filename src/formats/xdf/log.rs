//! What was odd, in words, and not more of it than somebody reads.

use crate::formats::Warning;

/// Warnings that are told; more are counted.
const MOST: usize = 100;

/// The warnings so far.
#[derive(Debug, Default)]
pub(super) struct Log {
    warnings: Vec<Warning>,
    untold: usize,
}

impl Log {
    pub(super) fn tell(&mut self, place: impl Into<String>, message: impl Into<String>) {
        if !self.is_full() {
            self.warnings.push(Warning::new(place, message));
        } else {
            self.untold += 1;
        }
    }

    /// Whether what is told from here on is only counted.
    pub(super) fn is_full(&self) -> bool {
        self.warnings.len() >= MOST
    }

    pub(super) fn finish(mut self) -> Vec<Warning> {
        if self.untold > 0 {
            let message = format!("{} more warnings are not told", self.untold);
            self.warnings.push(Warning::new("file", message));
        }
        self.warnings
    }
}
