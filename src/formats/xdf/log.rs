//! What was odd, in words, and not more of it than somebody reads.

use crate::formats::Warning;

/// Warnings that are told; more are counted.
const MOST: usize = 100;

/// Characters of a warning: names and texts of a file may be of any length.
const MOST_CHARACTERS: usize = 500;

/// The warnings so far.
#[derive(Debug, Default)]
pub(super) struct Log {
    warnings: Vec<Warning>,
    untold: usize,
}

impl Log {
    pub(super) fn tell(&mut self, place: impl Into<String>, message: impl Into<String>) {
        if !self.is_full() {
            self.warnings.push(Warning::new(line(&place.into()), line(&message.into())));
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

/// A text that may quote the file, as part of a line.
fn line(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().take(MOST_CHARACTERS).map(plain).collect()
}
