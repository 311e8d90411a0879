use std::thread;
use std::time::{Duration, Instant};

/// When it is time for what is due at some second of a recording.
pub(crate) struct Pace {
    /// How many times as fast as it was recorded; `None` waits for nothing.
    speed: Option<f64>,
    /// The first that was due, and when it was let go.
    start: Option<(f64, Instant)>,
}

impl Pace {
    pub(crate) fn new(speed: Option<f64>) -> Self {
        Self { speed, start: None }
    }

    /// Waits for the time of what is due at a second; calls `idle(false)` before it waits, and
    /// `idle(true)` each time it has waited for `every`.
    pub(crate) fn wait(&mut self, due_s: f64, every: Duration, mut idle: impl FnMut(bool)) {
        let mut again = false;
        loop {
            let left = self.left(due_s, Instant::now());
            if left.is_zero() {
                return;
            }
            idle(again);
            again = true;
            thread::sleep(left.min(every));
        }
    }

    fn left(&mut self, due_s: f64, now: Instant) -> Duration {
        let Some(speed) = self.speed else { return Duration::ZERO };
        let &mut (first_s, start) = self.start.get_or_insert((due_s, now));
        let after = Duration::try_from_secs_f64((due_s - first_s) / speed);
        after.map_or(Duration::MAX, |after| after.saturating_sub(now.duration_since(start)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_runs_from_the_first_that_was_due() {
        let (mut pace, now) = (Pace::new(Some(2.0)), Instant::now());
        assert_eq!(pace.left(100.0, now), Duration::ZERO);
        assert_eq!(pace.left(103.0, now), Duration::from_millis(1500));
        let later = now + Duration::from_secs(1);
        assert_eq!(pace.left(103.0, later), Duration::from_millis(500));
        assert_eq!(pace.left(101.0, later), Duration::ZERO);
        assert_eq!(Pace::new(None).left(1e9, now), Duration::ZERO);
    }
}
