//! A guard that another thread reads.
//!
//! The mark that a guard keeps for loom covers what its own thread does. So the payload here is a cell that loom
//! watches for itself: a read by any thread must happen before the writer's next change of that copy.

use std::mem::transmute;

use left_right::{Builder, ReadGuard};
use loom::cell::UnsafeCell;
use loom::thread;

use super::model;

pub(super) struct Watched(UnsafeCell<u64>);

// SAFETY: loom reports two accesses that are not ordered, if one of them is a write.
unsafe impl Sync for Watched {}

impl Watched {
    pub(super) fn new() -> Self {
        Watched(UnsafeCell::new(0))
    }

    pub(super) fn get(&self) -> u64 {
        // SAFETY: loom reports a write meanwhile.
        self.0.with(|value| unsafe { *value })
    }

    pub(super) fn set(&mut self, new: u64) {
        // SAFETY: loom reports any other access meanwhile.
        self.0.with_mut(|value| unsafe { *value = new });
    }
}

/// Loom has no scoped threads: makes a borrow that such a thread may take along.
///
/// # Safety
/// The thread is joined before the guard is moved or dropped.
unsafe fn lend(guard: &ReadGuard<'_, Watched>) -> &'static ReadGuard<'static, Watched> {
    // SAFETY: only the lifetimes change, and the caller sees to these.
    unsafe { transmute(guard) }
}

#[test]
fn a_guard_that_another_thread_reads_holds_the_copy_for_both() {
    model(|mode| {
        let mut writer = Builder::new()
            .fence(mode)
            .build(Watched::new(), Watched::new());
        let reader = writer.read_handle();
        let thread = thread::spawn(move || {
            let guard = reader.read();
            // SAFETY: joined before the guard is dropped.
            let lent = unsafe { lend(&guard) };
            let other = thread::spawn(move || assert_eq!(lent.get(), lent.version().as_u64()));
            other.join().unwrap();
        });
        writer.write_buffer_mut().set(1);
        writer.swap_buffers();
        // The copy that both threads may have been reading.
        writer.write_buffer_mut().set(2);
        thread.join().unwrap();
    });
}
