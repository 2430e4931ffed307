//! [`Panics`]: collects panics of user code until the caller has finished its own work.
//!
//! A copy, an operation or a waker is user code: it may panic when it is dropped or called, and the payload of
//! that panic may panic when it is dropped.
//! A second panic during the unwinding of a first one aborts the program. So code that drops several such values, or
//! that must continue after one, catches their panics here.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

type Payload = Box<dyn Any + Send>;

/// How many payloads of one panic are dropped, each thrown by the drop of the one before. The next one is leaked.
const DROPS_OF_A_PAYLOAD: u32 = 8;

/// The panics caught so far. Keeps the first, and disposes of the others.
#[derive(Default)]
pub(crate) struct Panics {
    first: Option<Payload>,
}

impl Panics {
    /// Runs user code. Returns `None` if it panicked.
    pub(crate) fn catch<R>(&mut self, user_code: impl FnOnce() -> R) -> Option<R> {
        // The callers do not use what a panic has left half changed.
        match catch_unwind(AssertUnwindSafe(user_code)) {
            Ok(result) => Some(result),
            Err(payload) if self.first.is_none() => {
                self.first = Some(payload);
                None
            }
            Err(payload) => {
                dispose(payload);
                None
            }
        }
    }

    /// Drops each of these by itself, so that a panic keeps none of the others from being dropped.
    ///
    /// The iterator itself must not panic.
    pub(crate) fn drop_each<T>(&mut self, things: impl IntoIterator<Item = T>) {
        let mut things = things.into_iter();
        // A pass that panics has dropped at least the value that panicked.
        while self.catch(|| things.by_ref().for_each(drop)).is_none() {}
    }

    /// Resumes the first panic, unless the thread is already panicking: a second panic would abort the program.
    ///
    /// Call this last.
    pub(crate) fn resume(mut self) {
        match self.first.take() {
            Some(payload) if !thread::panicking() => resume_unwind(payload),
            Some(payload) => dispose(payload),
            None => {}
        }
    }
}

impl Drop for Panics {
    /// Disposes of a panic that was not resumed.
    fn drop(&mut self) {
        if let Some(payload) = self.first.take() {
            dispose(payload);
        }
    }
}

/// Drops each of these by itself, and then resumes the first panic, unless the thread is already panicking.
pub(crate) fn drop_each<T>(things: impl IntoIterator<Item = T>) {
    let mut panics = Panics::default();
    panics.drop_each(things);
    panics.resume();
}

/// Drops a panic's payload, and the payloads that its drop throws.
fn dispose(mut payload: Payload) {
    for _ in 0..DROPS_OF_A_PAYLOAD {
        match catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            Ok(()) => return,
            Err(next) => payload = next,
        }
    }
    mem::forget(payload);
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::panic::panic_any;

    use super::*;

    thread_local! {
        static DROPPED: Cell<u32> = const { Cell::new(0) };
    }

    /// Panics when it is dropped, with a payload that does the same.
    struct Thing(&'static str);

    impl Drop for Thing {
        fn drop(&mut self) {
            DROPPED.set(DROPPED.get() + 1);
            match self.0 {
                "first" => panic_any(Stubborn::<1>),
                _ => panic_any(Stubborn::<2>),
            }
        }
    }

    /// A payload that panics with another of its kind when it is dropped. It has no size, so forgetting it leaks
    /// no memory.
    struct Stubborn<const NUMBER: u32>;

    impl<const NUMBER: u32> Drop for Stubborn<NUMBER> {
        fn drop(&mut self) {
            DROPPED.set(DROPPED.get() + 1);
            panic_any(Stubborn::<NUMBER>);
        }
    }

    #[test]
    fn the_first_panic_resumes_once_all_are_dropped_whatever_their_payloads_do() {
        DROPPED.set(0);
        let things = ["first", "second", "third"].map(Thing);
        let panic = catch_unwind(AssertUnwindSafe(|| drop_each(things))).unwrap_err();
        assert!(panic.is::<Stubborn<1>>());
        mem::forget(panic);
        // Each of the three, and the payloads of the two that were not resumed.
        assert_eq!(DROPPED.get(), 3 + 2 * DROPS_OF_A_PAYLOAD);
    }

    #[test]
    fn during_another_panic_all_are_dropped_and_none_resumes() {
        struct InUnwinding;
        impl Drop for InUnwinding {
            fn drop(&mut self) {
                drop_each([Thing("first"), Thing("second")]);
            }
        }
        DROPPED.set(0);
        let panic = catch_unwind(AssertUnwindSafe(|| {
            let _dropped_by_unwinding = InUnwinding;
            panic_any(7);
        }))
        .unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&7));
        assert_eq!(DROPPED.get(), 2 + 2 * DROPS_OF_A_PAYLOAD);
    }

    #[test]
    fn a_panic_that_is_not_resumed_ends_with_its_panics() {
        DROPPED.set(0);
        let mut panics = Panics::default();
        assert_eq!(panics.catch(|| 1), Some(1));
        assert_eq!(panics.catch(|| panic_any(Stubborn::<1>)), None::<()>);
        drop(panics);
        assert_eq!(DROPPED.get(), DROPS_OF_A_PAYLOAD);
    }
}
