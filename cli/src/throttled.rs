//! Lines about what goes wrong, as many as somebody can read.

use std::fmt::Display;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Lines that are printed within a [`SPAN`]; of more, only the number is told.
const MOST: u32 = 10;
const SPAN: Duration = Duration::from_secs(1);

/// Prints to stderr, and never so much that whoever causes it can fill a disk or stop the program.
#[derive(Default)]
pub(crate) struct Throttled {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    began: Option<Instant>,
    printed: u32,
    kept_back: u64,
}

impl Throttled {
    pub(crate) fn say(&self, line: impl Display) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = state.admit(Instant::now()) {
            tell(before);
            eprintln!("{line}");
        }
    }

    /// Tells of what was kept back so far.
    pub(crate) fn flush(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        tell(std::mem::take(&mut state.kept_back));
    }
}

impl State {
    /// Whether a line may be printed now, and how many were kept back before it.
    fn admit(&mut self, now: Instant) -> Option<u64> {
        if self.began.is_none_or(|began| now.duration_since(began) >= SPAN) {
            (self.began, self.printed) = (Some(now), 0);
        }
        self.printed += 1;
        if self.printed > MOST {
            self.kept_back += 1;
            return None;
        }
        Some(std::mem::take(&mut self.kept_back))
    }
}

fn tell(kept_back: u64) {
    if kept_back > 0 {
        eprintln!("… and {kept_back} more such lines");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_becomes_a_number() {
        let (mut state, start) = (State::default(), Instant::now());
        let admitted = (0..1000).filter(|_| state.admit(start).is_some()).count();
        assert_eq!(admitted, 10);
        assert_eq!(state.admit(start + SPAN), Some(990));
        assert_eq!(state.admit(start + SPAN), Some(0));
    }
}
