//! [`Panics`]: what user code has thrown, kept until what we have begun is finished.
//!
//! A copy, an operation or a waker is somebody else's: it may panic when it is dropped or called, and the
//! payload of that panic may panic when it is dropped in turn.
//! Two panics that meet abort the program, so wherever several such things are dropped, or something of ours
//! has to go on afterwards, they go through here.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

type Payload = Box<dyn Any + Send>;

/// So many payloads of one panic are dropped, each thrown by the drop of the one before. The last is leaked.
const DROPS_OF_A_PAYLOAD: u32 = 8;

/// The panics caught so far: the first is kept, the others are disposed of.
#[derive(Default)]
pub(crate) struct Panics {
    first: Option<Payload>,
}

impl Panics {
    /// Runs user code. Returns `None` if it panicked.
    pub(crate) fn catch<R>(&mut self, user_code: impl FnOnce() -> R) -> Option<R> {
        // What user code leaves half done is its own, or is not used again by whoever calls this.
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

    /// Drops each of these by itself, so that a panic takes none of the others along.
    ///
    /// The iterator itself must not panic.
    pub(crate) fn drop_each<T>(&mut self, things: impl IntoIterator<Item = T>) {
        let mut things = things.into_iter();
        // Each turn that ends early has dropped one thing at least: the one that panicked.
        while self.catch(|| things.by_ref().for_each(drop)).is_none() {}
    }

    /// Lets the first panic go on, unless the thread is panicking already: two would abort the program.
    ///
    /// To be called when everything else is done.
    pub(crate) fn resume(mut self) {
        match self.first.take() {
            Some(payload) if !thread::panicking() => resume_unwind(payload),
            Some(payload) => dispose(payload),
            None => {}
        }
    }
}

impl Drop for Panics {
    /// What nobody resumes ends here.
    fn drop(&mut self) {
        if let Some(payload) = self.first.take() {
            dispose(payload);
        }
    }
}

/// Drops each of these by itself, and lets the first panic go on then, unless the thread is panicking
/// already.
pub(crate) fn drop_each<T>(things: impl IntoIterator<Item = T>) {
    let mut panics = Panics::default();
    panics.drop_each(things);
    panics.resume();
}

/// Drops a panic's payload, whatever that throws.
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

    /// A payload that panics when it is dropped, with its like. Without a size, so that to leak it is no leak.
    struct Stubborn<const NUMBER: u32>;

    impl<const NUMBER: u32> Drop for Stubborn<NUMBER> {
        fn drop(&mut self) {
            DROPPED.set(DROPPED.get() + 1);
            panic_any(Stubborn::<NUMBER>);
        }
    }

    #[test]
    fn the_first_panic_goes_on_once_all_are_dropped_whatever_their_payloads_do() {
        DROPPED.set(0);
        let things = ["first", "second", "third"].map(Thing);
        let panic = catch_unwind(AssertUnwindSafe(|| drop_each(things))).unwrap_err();
        assert!(panic.is::<Stubborn<1>>());
        mem::forget(panic);
        // Each of the three, and the payloads of the two that did not go on.
        assert_eq!(DROPPED.get(), 3 + 2 * DROPS_OF_A_PAYLOAD);
    }

    #[test]
    fn beside_another_panic_all_are_dropped_and_none_goes_on() {
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
    fn what_nobody_resumes_ends_with_its_panics() {
        DROPPED.set(0);
        let mut panics = Panics::default();
        assert_eq!(panics.catch(|| 1), Some(1));
        assert_eq!(panics.catch(|| panic_any(Stubborn::<1>)), None::<()>);
        drop(panics);
        assert_eq!(DROPPED.get(), DROPS_OF_A_PAYLOAD);
    }
}
