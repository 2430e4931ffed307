//! Panics of user code: they are caught where this crate must finish its own work, and resumed after it.
//!
//! The payload of a panic is user data, too: its own `Drop` may panic.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

/// The payload of a caught panic.
pub(crate) type Payload = Box<dyn Any + Send>;

/// How many payloads in a row may panic in their `Drop` before one is leaked.
const MOST_PAYLOADS: usize = 8;

/// Calls `f`. If it panics, disposes of the payload and returns `None`.
pub(crate) fn contain<R>(f: impl FnOnce() -> R) -> Option<R> {
    catch(f).map_err(dispose).ok()
}

/// Calls `f`, and returns the payload if it panics.
pub(crate) fn catch<R>(f: impl FnOnce() -> R) -> Result<R, Payload> {
    catch_unwind(AssertUnwindSafe(f))
}

/// Drops a payload. If its `Drop` panics, drops the new payload, and so on. After [`MOST_PAYLOADS`] panics, leaks the
/// last payload.
pub(crate) fn dispose(mut payload: Payload) {
    for _ in 0..MOST_PAYLOADS {
        match catch(|| drop(payload)) {
            Ok(()) => return,
            Err(next) => payload = next,
        }
    }
    std::mem::forget(payload);
}

/// Drops things one by one, so that a panic in one `Drop` does not prevent the other drops.
///
/// (A `Vec` with two values whose `Drop` panics would abort the program.)
#[derive(Default)]
pub(crate) struct Drops {
    panics: u64,
    first: Option<Payload>,
}

impl Drops {
    /// Drops `thing`. Does not panic.
    pub(crate) fn drop<T>(&mut self, thing: T) {
        if let Err(payload) = catch(|| drop(thing)) {
            self.panics += 1;
            match self.first {
                None => self.first = Some(payload),
                Some(_) => dispose(payload),
            }
        }
    }

    /// Drops each of these. Does not panic, unless the iterator does.
    pub(crate) fn drop_each<T>(&mut self, things: impl IntoIterator<Item = T>) {
        for thing in things {
            self.drop(thing);
        }
    }

    /// The number of drops that panicked.
    pub(crate) fn count(self) -> u64 {
        self.panics
    }

    /// Resumes the first panic, unless the thread is panicking already: a second panic would abort the program.
    pub(crate) fn resume(mut self) {
        let Some(payload) = self.first.take() else {
            return;
        };
        if thread::panicking() {
            dispose(payload);
        } else {
            resume_unwind(payload);
        }
    }
}

impl Drop for Drops {
    /// Disposes of a panic that was not resumed.
    fn drop(&mut self) {
        if let Some(payload) = self.first.take() {
            dispose(payload);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::panic::panic_any;
    use std::rc::Rc;

    use super::*;

    /// Panics when it is dropped, this many times: its payload is such a bomb, too.
    struct Bomb(u32);

    impl Drop for Bomb {
        fn drop(&mut self) {
            if self.0 > 0 {
                panic_any(Bomb(self.0 - 1));
            }
        }
    }

    #[test]
    fn a_payload_whose_own_drop_panics_is_contained() {
        /// Panics whenever it is dropped. It is zero-sized, so leaking it leaks no memory.
        struct Stubborn;
        impl Drop for Stubborn {
            fn drop(&mut self) {
                panic_any(Stubborn);
            }
        }
        for depth in [0, 1, 3] {
            dispose(catch(|| panic_any(Bomb(depth))).unwrap_err());
        }
        dispose(catch(|| panic_any(Stubborn)).unwrap_err());
    }

    #[test]
    fn each_thing_is_dropped_despite_panics_and_the_first_panic_resumes() {
        struct Counted(Rc<Cell<u32>>, u32);
        impl Drop for Counted {
            fn drop(&mut self) {
                self.0.set(self.0.get() + 1);
                if self.1 > 0 {
                    panic_any(self.1);
                }
            }
        }
        let count = Rc::new(Cell::new(0));
        let things = || [0, 3, 0, 4, 5].map(|number| Counted(Rc::clone(&count), number));
        let mut drops = Drops::default();
        drops.drop_each(things());
        assert_eq!(count.get(), 5);
        let payload = catch(|| drops.resume()).unwrap_err();
        assert_eq!(payload.downcast_ref(), Some(&3_u32));

        let mut drops = Drops::default();
        drops.drop_each(things());
        assert_eq!((drops.count(), count.get()), (3, 10));
    }
}
