//! The atomics, locks and cells of this crate: std's, or the model checker's under `cfg(loom)`.
//!
//! The only file that names `cfg(loom)`.
//! What differs beyond the imports is gathered here too: how often a `try_` form looks, and how a
//! waiting thread steps aside.

#[cfg(not(loom))]
pub(crate) use self::native::*;

#[cfg(loom)]
pub(crate) use self::modelled::*;

#[cfg(not(loom))]
mod native {
    pub(crate) use std::sync::atomic::{
        AtomicBool, AtomicPtr, AtomicUsize, Ordering, compiler_fence, fence,
    };
    pub(crate) use std::sync::{Arc, Mutex, MutexGuard};
    pub(crate) use std::thread::sleep;

    use std::cell::UnsafeCell;
    use std::marker::PhantomData;

    /// Whether a model checker runs this build.
    pub(crate) const MODELLED: bool = false;

    /// How often a `try_` form looks before it says Busy: right after a swap, one look would catch
    /// a reader in the middle of a lookup one time in five.
    pub(crate) const TRY_LOOKS: usize = 64;

    pub(crate) fn spin_loop() {
        std::hint::spin_loop();
    }

    pub(crate) fn yield_now() {
        std::thread::yield_now();
    }

    /// A cell for the data itself, which tells the model checker of every access.
    pub(crate) struct Tracked<T>(UnsafeCell<T>);

    /// Proof of a shared access, to be kept for as long as the access lasts.
    pub(crate) struct Reading(PhantomData<*const ()>);

    impl<T> Tracked<T> {
        pub(crate) fn new(value: T) -> Self {
            Tracked(UnsafeCell::new(value))
        }

        /// A pointer for reading and the mark that says so.
        #[inline(always)]
        pub(crate) fn read(&self) -> (*const T, Reading) {
            (self.0.get(), Reading(PhantomData))
        }

        /// A pointer for writing.
        #[inline(always)]
        pub(crate) fn write(&self) -> *mut T {
            self.0.get()
        }
    }
}

#[cfg(loom)]
mod modelled {
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering, fence};
    pub(crate) use loom::sync::{Arc, Mutex, MutexGuard};
    pub(crate) use loom::thread::yield_now;

    use loom::cell::{ConstPtr, UnsafeCell};
    use std::time::Duration;

    pub(crate) const MODELLED: bool = true;

    // More looks would only be more interleavings that differ in nothing.
    pub(crate) const TRY_LOOKS: usize = 2;

    /// loom has no compiler fence; the light fence is as strong as its partner there.
    pub(crate) fn compiler_fence(order: Ordering) {
        fence(order);
    }

    pub(crate) fn spin_loop() {
        yield_now();
    }

    pub(crate) fn sleep(_: Duration) {
        yield_now();
    }

    pub(crate) struct Tracked<T> {
        value: std::cell::UnsafeCell<T>,
        accesses: UnsafeCell<()>,
    }

    pub(crate) struct Reading {
        _reading: ConstPtr<()>,
    }

    impl<T> Tracked<T> {
        pub(crate) fn new(value: T) -> Self {
            Tracked {
                value: std::cell::UnsafeCell::new(value),
                accesses: UnsafeCell::new(()),
            }
        }

        pub(crate) fn read(&self) -> (*const T, Reading) {
            let reading = self.accesses.get();
            (self.value.get(), Reading { _reading: reading })
        }

        pub(crate) fn write(&self) -> *mut T {
            // Loom reports every reader that is inside now, and every later one that this write
            // does not happen before.
            drop(self.accesses.get_mut());
            self.value.get()
        }
    }
}
