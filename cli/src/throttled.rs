//! Lines about what goes wrong, as many as somebody can read.

use std::fmt::Display;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Lines that are printed within a time; of more, only the number is told.
type Limit = (u32, Duration);

const USUAL: Limit = (10, Duration::from_secs(1));
const RARE: Limit = (1, Duration::from_secs(10));

/// Prints to stderr, and never so much that whoever causes it can fill a disk or stop the program.
pub(crate) struct Throttled {
    /// What the lines are called where only their number is told.
    what: &'static str,
    limit: Limit,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    began: Option<Instant>,
    printed: u32,
    kept_back: u64,
}

impl Default for Throttled {
    fn default() -> Self {
        Self::of("such lines")
    }
}

impl Throttled {
    pub(crate) fn of(what: &'static str) -> Self {
        Self { what, limit: USUAL, state: Mutex::default() }
    }

    /// For what has to be known, but is no reason to disturb.
    pub(crate) fn rarely(what: &'static str) -> Self {
        Self { limit: RARE, ..Self::of(what) }
    }

    pub(crate) fn say(&self, line: impl Display) {
        let mut state = self.lock();
        if let Some(before) = state.admit(Instant::now(), self.limit) {
            self.tell(before);
            print(line);
        }
    }

    /// Tells of what was kept back, once its time is over. To be called now and then, since nothing
    /// may follow a flood.
    pub(crate) fn settle(&self) {
        let mut state = self.lock();
        if state.is_over(Instant::now(), self.limit) {
            self.tell(std::mem::take(&mut state.kept_back));
        }
    }

    /// Tells of what was kept back so far.
    pub(crate) fn flush(&self) {
        self.tell(std::mem::take(&mut self.lock().kept_back));
    }

    fn tell(&self, kept_back: u64) {
        if kept_back > 0 {
            print(format_args!("… and {kept_back} more {}", self.what));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Goes on where nobody takes what is printed.
fn print(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

impl State {
    /// Whether a line may be printed now, and how many were kept back before it.
    fn admit(&mut self, now: Instant, limit: Limit) -> Option<u64> {
        if self.is_over(now, limit) {
            (self.began, self.printed) = (Some(now), 0);
        }
        self.printed += 1;
        if self.printed > limit.0 {
            self.kept_back += 1;
            return None;
        }
        Some(std::mem::take(&mut self.kept_back))
    }

    fn is_over(&self, now: Instant, limit: Limit) -> bool {
        self.began.is_none_or(|began| now.duration_since(began) >= limit.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_becomes_a_number() {
        let (mut state, start) = (State::default(), Instant::now());
        let limit = (10, Duration::from_secs(1));
        let admitted = (0..1000).filter(|_| state.admit(start, limit).is_some()).count();
        assert_eq!(admitted, 10);
        assert_eq!(state.admit(start + limit.1, limit), Some(990));
        assert_eq!(state.admit(start + limit.1, limit), Some(0));
    }
}
