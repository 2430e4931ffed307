//! The atomics, locks and cells of this crate: std's, or the model checker's under `cfg(loom)`.
//!
//! The only file that names `cfg(loom)`, except for tests and a door to it in the crate's root.

#[cfg(not(loom))]
pub(crate) use self::native::*;

#[cfg(loom)]
pub(crate) use self::modelled::*;

#[cfg(not(loom))]
mod native {
    pub(crate) use std::sync::atomic::{
        AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering, compiler_fence, fence,
    };
    pub(crate) use std::sync::{Arc, Mutex, MutexGuard};
    pub(crate) use std::thread::sleep;

    use std::cell::UnsafeCell;
    use std::marker::PhantomData;
    use std::time::Instant;

    use crossbeam_utils::sync;

    pub(crate) use crate::fork::own_mark;
    pub(crate) use crossbeam_utils::sync::Unparker;

    /// Whether a model checker runs this build.
    pub(crate) const MODELLED: bool = false;

    /// Only the model checker has to be told how strong a light fence is.
    pub(crate) fn model_light_fence(_is_full: bool) {}

    pub(crate) fn spin(hints: u32) {
        for _ in 0..hints {
            std::hint::spin_loop();
        }
    }

    pub(crate) fn yield_now() {
        std::thread::yield_now();
    }

    /// How one thread sleeps until another wakes it. It keeps one wake-up that comes early.
    pub(crate) struct Parker(sync::Parker);

    impl Parker {
        pub(crate) fn new() -> Self {
            Parker(sync::Parker::new())
        }

        pub(crate) fn unparker(&self) -> Unparker {
            self.0.unparker().clone()
        }

        /// Sleeps until a wake-up or the deadline. Returns whether time is left.
        pub(crate) fn park_until(&self, deadline: Option<Instant>) -> bool {
            match deadline {
                None => {
                    self.0.park();
                    true
                }
                Some(deadline) => {
                    self.0.park_deadline(deadline);
                    Instant::now() < deadline
                }
            }
        }
    }

    /// Nanoseconds since it was made.
    pub(crate) struct Clock(Instant);

    impl Clock {
        pub(crate) fn new() -> Self {
            Clock(Instant::now())
        }

        pub(crate) fn nanos(&self) -> u64 {
            // After five centuries, time stands still.
            u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX)
        }
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

        pub(crate) fn into_inner(self) -> T {
            self.0.into_inner()
        }
    }
}

#[cfg(loom)]
mod modelled {
    pub(crate) use loom::sync::atomic::{
        AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering, fence,
    };
    pub(crate) use loom::sync::{Arc, Mutex, MutexGuard};
    pub(crate) use loom::thread::yield_now;

    use std::cell::Cell;
    use std::rc::Rc;
    use std::sync::atomic;
    use std::time::{Duration, Instant};

    use loom::sync::Notify;

    use loom::cell::{ConstPtr, UnsafeCell};

    pub(crate) const MODELLED: bool = true;

    thread_local! {
        /// Loom runs all threads of a model on one thread of the system, so this is the model's.
        static LIGHT_FENCE_IS_FULL: Cell<bool> = const { Cell::new(true) };
    }

    /// How strong the light fence is in the model that runs on this thread.
    ///
    /// Loom has no compiler fence, and cannot run a fence in other threads, as the system's barrier
    /// does.
    /// So the barrier is modelled by full fences on both sides, which is more than a reader really
    /// has: its light fence then also releases what came before it.
    /// Where a model must not lean on that, it is switched off.
    pub(crate) fn model_light_fence(is_full: bool) {
        LIGHT_FENCE_IS_FULL.set(is_full);
    }

    pub(crate) fn compiler_fence(order: Ordering) {
        if LIGHT_FENCE_IS_FULL.get() {
            // ORDER: as the caller says.
            fence(order);
        }
    }

    /// A spin can only wait for a step of another thread.
    pub(crate) fn spin(_hints: u32) {
        yield_now();
    }

    pub(crate) fn sleep(_: Duration) {
        yield_now();
    }

    loom::thread_local! {
        static MARK: u64 = next_mark();
    }

    fn next_mark() -> u64 {
        static NEXT: atomic::AtomicU64 = atomic::AtomicU64::new(1);
        // ORDER: none needed: each number is drawn once.
        NEXT.fetch_add(1, Ordering::Relaxed)
    }

    /// A mark of the model's thread: those of [`crate::fork`] belong to threads of the system.
    pub(crate) fn own_mark() -> u64 {
        MARK.with(|mark| *mark)
    }

    pub(crate) struct Parker(Arc<Notify>);

    #[derive(Clone)]
    pub(crate) struct Unparker(Arc<Notify>);

    impl Parker {
        pub(crate) fn new() -> Self {
            Parker(Arc::new(Notify::new()))
        }

        pub(crate) fn unparker(&self) -> Unparker {
            Unparker(Arc::clone(&self.0))
        }

        /// A model has no clock: a deadline is over once others have run.
        pub(crate) fn park_until(&self, deadline: Option<Instant>) -> bool {
            match deadline {
                None => {
                    self.0.wait();
                    true
                }
                Some(_) => {
                    yield_now();
                    false
                }
            }
        }
    }

    impl Unparker {
        pub(crate) fn unpark(&self) {
            self.0.notify();
        }
    }

    pub(crate) struct Clock;

    impl Clock {
        pub(crate) fn new() -> Self {
            Clock
        }

        pub(crate) fn nanos(&self) -> u64 {
            0
        }
    }

    pub(crate) struct Tracked<T> {
        value: std::cell::UnsafeCell<T>,
        accesses: Rc<UnsafeCell<()>>,
    }

    pub(crate) struct Reading {
        /// Reports a writer that comes meanwhile.
        during: Option<ConstPtr<()>>,
        accesses: Rc<UnsafeCell<()>>,
    }

    impl<T> Tracked<T> {
        pub(crate) fn new(value: T) -> Self {
            Tracked {
                value: std::cell::UnsafeCell::new(value),
                accesses: Rc::new(UnsafeCell::new(())),
            }
        }

        pub(crate) fn read(&self) -> (*const T, Reading) {
            let reading = Reading {
                during: Some(self.accesses.get()),
                accesses: Rc::clone(&self.accesses),
            };
            (self.value.get(), reading)
        }

        pub(crate) fn write(&self) -> *mut T {
            // Loom reports every reader that is inside now, and every access that this write does
            // not happen after.
            drop(self.accesses.get_mut());
            self.value.get()
        }

        pub(crate) fn into_inner(self) -> T {
            self.value.into_inner()
        }
    }

    impl Drop for Reading {
        /// The last read is at the end: loom dates an access by its beginning, and a writer must
        /// come after the end.
        fn drop(&mut self) {
            drop(self.during.take());
            drop(self.accesses.get());
        }
    }
}
