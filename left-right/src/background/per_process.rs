//! [`PerProcess`]: a value that each forked child begins anew.

use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::fork;

/// A value of which a forked child has one of its own, made when it first asks.
///
/// For what another thread may be in the middle of at a fork, such as a lock or a list behind one: the child never
/// touches the parent's, and leaks it.
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
///
/// # Invariants
/// - **J5** `current` names a box that is freed when this is dropped, or never.
///
/// # Orderings
/// - **J6** `renew` (Release) pairs with `get` (Acquire): a new value that is found is complete.
pub struct PerProcess<T> {
    current: AtomicPtr<Value<T>>,
    make: fn() -> T,
    /// It owns values, which any thread may make and any thread drop: see `new`.
    _owned: PhantomData<T>,
}

struct Value<T> {
    generation: u64,
    value: T,
}

impl<T: Send + Sync> PerProcess<T> {
    /// With a first value; each process makes its own in the same way. Costs an allocation.
    pub fn new(make: fn() -> T) -> Self {
        fork::watch();
        PerProcess {
            current: AtomicPtr::new(Value::allocate(make)),
            make,
            _owned: PhantomData,
        }
    }

    /// This process's value. Waits for nobody.
    pub fn get(&self) -> &T {
        // ORDER: J6.
        let found = self.current.load(Ordering::Acquire);
        // SAFETY: J5, and dropping this needs it exclusively.
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
                // SAFETY: from `allocate` above, and nobody else has seen it.
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
            // SAFETY: from `allocate`; this is borrowed exclusively, so nobody else names it (J5).
            drop(unsafe { Box::from_raw(current) });
        }
        // A parent's is left as it is.
    }
}

impl<T> fmt::Debug for PerProcess<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerProcess").finish_non_exhaustive()
    }
}
