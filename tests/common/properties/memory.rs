//! Memory taken by this thread, counted at the allocator.
#![allow(unsafe_code, reason = "an allocator can't be written without it")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static LIVE: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

fn add(bytes: usize) {
    let live = LIVE.get().wrapping_add(bytes);
    LIVE.set(live);
    // What another thread gave away makes the count negative, which is no peak.
    if live.cast_signed() > PEAK.get().cast_signed() {
        PEAK.set(live);
    }
}

fn sub(bytes: usize) {
    LIVE.set(LIVE.get().wrapping_sub(bytes));
}

// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        sub(layout.size());
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        add(bytes);
        sub(layout.size());
        unsafe { System.realloc(pointer, layout, bytes) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Counts from where it is made.
pub(crate) struct Meter {
    start: usize,
}

impl Meter {
    pub(crate) fn start() -> Self {
        PEAK.set(LIVE.get());
        Self { start: LIVE.get() }
    }

    /// Bytes held now that were not held at the start.
    pub(crate) fn held(&self) -> usize {
        LIVE.get().wrapping_sub(self.start).cast_signed().max(0).cast_unsigned()
    }

    /// The most that was held at any time since the start.
    pub(crate) fn peak(&self) -> usize {
        PEAK.get().wrapping_sub(self.start).cast_signed().max(0).cast_unsigned()
    }
}
