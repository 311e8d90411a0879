//! Jobs on all cores. They are started in order and their results kept in order, so that neither
//! figures nor failures depend on the number of threads.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::failure::Failure;

/// Runs the jobs 0 … `count` − 1 on so many threads. The failure of the first job that fails is
/// given back; later ones may be left undone then.
pub(crate) fn run<T: Send>(
    count: usize,
    threads: usize,
    job: impl Fn(usize) -> Result<T, Failure> + Sync,
    done: impl Fn() + Sync,
) -> Result<Vec<T>, Failure> {
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let results: Mutex<Vec<(usize, Result<T, Failure>)>> = Mutex::new(Vec::with_capacity(count));
    let work = || {
        while !failed.load(Ordering::Relaxed) {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= count {
                break;
            }
            let result = job(place);
            if result.is_err() {
                failed.store(true, Ordering::Relaxed);
            }
            results.lock().unwrap_or_else(PoisonError::into_inner).push((place, result));
            done();
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, count.max(1)) {
            scope.spawn(work);
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(place, _)| *place);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Something that several jobs share: made by the first that asks, dropped after the last.
pub(crate) struct Shared<T> {
    state: Mutex<(usize, Option<Arc<T>>)>,
}

impl<T> Shared<T> {
    /// For so many users.
    pub(crate) fn new(users: usize) -> Self {
        Self { state: Mutex::new((users, None)) }
    }

    pub(crate) fn get(&self, make: impl FnOnce() -> Result<T, Failure>) -> Result<Arc<T>, Failure> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, kept) = &mut *state;
        let shared = match kept.take() {
            Some(shared) => shared,
            None => Arc::new(make()?),
        };
        *left = left.saturating_sub(1);
        if *left > 0 {
            *kept = Some(shared.clone());
        }
        Ok(shared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_and_the_first_failure_wins() {
        for threads in [1, 2, 7] {
            let squares = run(40, threads, |k| Ok(k * k), || ()).unwrap();
            assert_eq!(squares, (0..40).map(|k| k * k).collect::<Vec<_>>());
            let fails = |k: usize| if k >= 5 { Err(Failure::new(k.to_string())) } else { Ok(k) };
            assert_eq!(run(40, threads, fails, || ()).unwrap_err().to_string(), "5");
        }
        assert!(run(0, 3, |_| Ok(()), || ()).unwrap().is_empty());
    }

    #[test]
    fn what_is_shared_is_made_once_and_dropped_after_the_last() {
        let shared = Shared::new(2);
        let first = shared.get(|| Ok(7)).unwrap();
        let second = shared.get(|| Err(Failure::new("made twice"))).unwrap();
        assert_eq!((*first, Arc::strong_count(&second)), (7, 2));
    }
}
