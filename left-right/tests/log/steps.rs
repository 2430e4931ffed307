//! Replays in steps.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use left_right::{Operation, SwapError};

use super::{Append, Lines, log_over};

#[test]
fn what_is_owed_is_replayed_in_steps_and_a_swap_does_the_rest() {
    for steps in [0, 1, 3, 4] {
        let mut writer = log_over::<Lines, _>(Vec::new());
        writer.extend(["a", "b", "c", "d", "e"].map(Append));
        writer.swap_buffers();
        writer.push(Append("pending"));
        for step in 1..=steps {
            // The fourth step finds one operation that is left.
            let is_done = writer.try_replay(if step < 4 { 1 } else { 2 }).unwrap();
            assert_eq!(is_done, step == 4);
        }
        if steps == 4 {
            assert_eq!(writer.get().write_buffer().len(), 5);
        } else {
            assert_eq!(writer.get().write_buffer().len(), steps);
        }
        assert_eq!(writer.pending().len(), 1);
        assert!(!writer.is_caught_up() && !writer.is_settled());
        writer.swap_buffers();
        writer.verify_copies().unwrap();
        let reader = writer.read_handle();
        assert_eq!(*reader.read(), ["a", "b", "c", "d", "e", "pending"]);
    }
}

/// Counts its drops, and panics in its second application if the flag is set.
struct Frail(bool, Arc<AtomicUsize>);

impl Operation<u32> for Frail {
    fn apply(&mut self, target: &mut u32) {
        *target += 1;
    }

    fn apply_once(self, target: &mut u32) {
        assert!(!self.0, "planted");
        *target += 1;
    }
}

impl Drop for Frail {
    fn drop(&mut self) {
        self.1.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_step_that_panics_poisons_and_drops_what_is_owed_once() {
    for fails_at in 0..5 {
        let dropped = Arc::new(AtomicUsize::new(0));
        let mut writer = log_over(0);
        writer.extend((0..5).map(|n| Frail(n == fails_at, Arc::clone(&dropped))));
        writer.swap_buffers();
        let panicked =
            (0..5).find(|_| catch_unwind(AssertUnwindSafe(|| writer.try_replay(1))).is_err());
        assert_eq!(panicked, Some(fails_at));
        assert_eq!(dropped.load(Ordering::SeqCst), 5);
        assert!(writer.is_poisoned());
        assert!(matches!(writer.try_replay(1), Err(SwapError::Poisoned(_))));
        assert!(!writer.catch_up_if_ready());
        writer.rebuild().unwrap();
        assert_eq!(*writer.catch_up(), 5);
    }
}

#[test]
fn a_writer_that_ends_between_two_steps_drops_what_is_owed_once() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let mut writer = log_over(0);
    writer.extend((0..5).map(|_| Frail(false, Arc::clone(&dropped))));
    writer.swap_buffers();
    writer.try_replay(2).unwrap();
    assert_eq!(dropped.load(Ordering::SeqCst), 2);
    drop(writer);
    assert_eq!(dropped.load(Ordering::SeqCst), 5);
}
