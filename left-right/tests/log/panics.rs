//! Operations that panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use left_right::{OpWriteHandle, Operation, SwapError};

use super::{Lines, log_over};

/// Panics when it is applied for the `nth` time, over all its applications.
struct PanicOn {
    nth: usize,
    applied: Arc<AtomicUsize>,
}

impl Operation<Lines> for PanicOn {
    fn apply(&mut self, target: &mut Lines) {
        target.push("half".to_owned());
        if self.applied.fetch_add(1, Ordering::Relaxed) + 1 == self.nth {
            panic!("planted");
        }
    }
}

#[test]
fn a_panic_on_the_first_copy_publishes_nothing_and_poisons() {
    for position in 0..3 {
        let mut writer = log_over(Lines::new());
        let reader = writer.read_handle();
        let applied = Arc::new(AtomicUsize::new(0));
        for i in 0..3 {
            writer.push(PanicOn {
                nth: if i == position { i + 1 } else { usize::MAX },
                applied: Arc::clone(&applied),
            });
        }
        let panic = catch_unwind(AssertUnwindSafe(|| writer.swap_buffers())).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"planted"));
        assert!(reader.read().is_empty());
        assert_poisoned(&mut writer);
        assert_eq!(writer.pending().len(), 3, "what was pushed is kept");
    }
}

#[test]
fn a_panic_on_the_second_copy_leaves_the_published_one_consistent() {
    for position in 0..3 {
        let mut writer = log_over(Lines::new());
        let reader = writer.read_handle();
        let applied = Arc::new(AtomicUsize::new(0));
        for i in 0..3 {
            writer.push(PanicOn {
                nth: if i == position { 3 + i + 1 } else { usize::MAX },
                applied: Arc::clone(&applied),
            });
        }
        let version = writer.swap_buffers();
        assert_eq!(reader.read().len(), 3);
        catch_unwind(AssertUnwindSafe(|| {
            writer.catch_up();
        }))
        .unwrap_err();
        assert_eq!(reader.read().len(), 3);
        assert_eq!(reader.version(), version);
        assert_poisoned(&mut writer);
    }
}

fn assert_poisoned(writer: &mut OpWriteHandle<Lines, PanicOn>) {
    assert!(writer.is_poisoned());
    assert!(matches!(
        writer.try_swap_buffers(),
        Err(SwapError::Poisoned(_))
    ));
    assert!(matches!(writer.try_catch_up(), Err(SwapError::Poisoned(_))));
    let timeout = std::time::Duration::MAX;
    assert!(matches!(
        writer.swap_buffers_timeout(timeout),
        Err(SwapError::Poisoned(_))
    ));
    catch_unwind(AssertUnwindSafe(|| writer.swap_buffers())).unwrap_err();
    catch_unwind(AssertUnwindSafe(|| writer.settle_with(|_| ()))).unwrap_err();
    // Readers may still be made, cloned and dropped.
    drop(writer.read_handle().clone());
}
