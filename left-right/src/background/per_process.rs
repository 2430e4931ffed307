//! [`PerProcess`]: a value that each forked child makes anew.
//!
//! # Invariants
//! - **J5** `current` points to a box that is freed when the `PerProcess` is dropped, or never.
//!
//! # Orderings
//! - **J6** `renew` (Release) pairs with `get` (Acquire): a new value is complete when another thread loads it.

use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::fork;

/// A value of which each process has its own. A forked child makes its own when it first asks for it.
///
/// For a value that another thread may be changing during a fork, such as a lock or a list behind one. The child
/// never touches the parent's value, and leaks it.
///
/// # Examples
/// ```
/// use std::sync::Mutex;
/// use left_right::background::PerProcess;
///
/// let names = PerProcess::new(Mutex::<Vec<String>>::default);
/// names.get().lock().unwrap().push("own".to_owned());
/// assert_eq!(names.get().lock().unwrap().len(), 1);
/// ```
pub struct PerProcess<T> {
    current: AtomicPtr<Value<T>>,
    make: fn() -> T,
    /// It owns values, which any thread may make or drop: see the bounds of `new`.
    _owned: PhantomData<T>,
}

struct Value<T> {
    generation: u64,
    value: T,
}

impl<T> PerProcess<T> {
    /// Makes the first value by `make`, which also makes that of each later process. Costs an allocation.
    pub fn new(make: fn() -> T) -> Self
    where
        T: Send + Sync,
    {
        fork::watch();
        PerProcess {
            current: AtomicPtr::new(Value::allocate(make)),
            make,
            _owned: PhantomData,
        }
    }

    /// Returns this process's value. Never waits.
    pub fn get(&self) -> &T {
        // ORDER: J6.
        let found = self.current.load(Ordering::Acquire);
        // SAFETY: J5, and the drop of this needs exclusive access.
        let value = unsafe { &*found };
        if value.generation == fork::generation() {
            &value.value
        } else {
            self.renew(found)
        }
    }

    #[cold]
    #[inline(never)]
    fn renew(&self, found: *mut Value<T>) -> &T {
        let fresh = Value::allocate(self.make);
        // ORDER: J6, for both.
        let placed =
            self.current
                .compare_exchange(found, fresh, Ordering::AcqRel, Ordering::Acquire);
        let current = match placed {
            Ok(_) => fresh,
            Err(other) => {
                // SAFETY: it comes from `allocate` above, and no other thread has seen it.
                drop(unsafe { Box::from_raw(fresh) });
                other
            }
        };
        // SAFETY: as in `get`.
        &unsafe { &*current }.value
    }
}

impl<T> Value<T> {
    fn allocate(make: fn() -> T) -> *mut Self {
        Box::into_raw(Box::new(Value {
            generation: fork::generation(),
            value: make(),
        }))
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        let current = *self.current.get_mut();
        // SAFETY: J5.
        if unsafe { (*current).generation } == fork::generation() {
            // SAFETY: it comes from `allocate`, and this is borrowed exclusively, so no other thread uses it (J5).
            drop(unsafe { Box::from_raw(current) });
        }
        // A parent's value is leaked.
    }
}

impl<T> fmt::Debug for PerProcess<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerProcess").finish_non_exhaustive()
    }
}
