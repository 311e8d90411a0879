//! Lines about what goes wrong, as many as somebody can read.

use std::fmt::Display;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Lines that are printed within a [`SPAN`]; of more, only the number is told.
const MOST: u32 = 10;
const SPAN: Duration = Duration::from_secs(1);

/// Prints to stderr, and never so much that whoever causes it can fill a disk or stop the program.
pub(crate) struct Throttled {
    /// What the lines are called where only their number is told.
    what: &'static str,
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
        Self { what, state: Mutex::default() }
    }

    pub(crate) fn say(&self, line: impl Display) {
        let mut state = self.lock();
        if let Some(before) = state.admit(Instant::now()) {
            self.tell(before);
            print(line);
        }
    }

    /// Tells of what was kept back, once its time is over. To be called now and then, since nothing
    /// may follow a flood.
    pub(crate) fn settle(&self) {
        let mut state = self.lock();
        if state.is_over(Instant::now()) {
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
    fn admit(&mut self, now: Instant) -> Option<u64> {
        if self.is_over(now) {
            (self.began, self.printed) = (Some(now), 0);
        }
        self.printed += 1;
        if self.printed > MOST {
            self.kept_back += 1;
            return None;
        }
        Some(std::mem::take(&mut self.kept_back))
    }

    fn is_over(&self, now: Instant) -> bool {
        self.began.is_none_or(|began| now.duration_since(began) >= SPAN)
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
