//! What `list.rs` is built of, for loom: which has no `Weak` and no `OnceLock`.
//!
//! The counts and flags are loom's atomics, with the orderings that std's types have. What they guard is a cell that
//! loom watches: an access that races with another one, or a read after the last strong reference is gone, fails the
//! model.

use std::ops::Deref;
use std::sync;

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicUsize, fence};

pub(super) use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Whether the fault of this name is planted.
pub(super) fn planted(name: &str) -> bool {
    static CHOSEN: sync::LazyLock<Option<String>> =
        sync::LazyLock::new(|| std::env::var("LEFT_RIGHT_MUTANT").ok());
    CHOSEN.as_deref() == Some(name)
}

/// As `std::sync::Arc`. The value itself lives until the last weak reference is gone: the watched cell says when it
/// would be dropped.
pub(super) struct Arc<T>(sync::Arc<Allocation<T>>);

/// As `std::sync::Weak`.
pub(super) struct Weak<T>(sync::Arc<Allocation<T>>);

struct Allocation<T> {
    strong: AtomicUsize,
    access: UnsafeCell<()>,
    value: T,
}

impl<T> Arc<T> {
    pub(super) fn new(value: T) -> Self {
        let access = UnsafeCell::new(());
        access.with_mut(|_| ());
        Arc(sync::Arc::new(Allocation {
            strong: AtomicUsize::new(1),
            access,
            value,
        }))
    }

    pub(super) fn downgrade(this: &Self) -> Weak<T> {
        Weak(sync::Arc::clone(&this.0))
    }

    pub(super) fn strong_count(this: &Self) -> usize {
        this.0.strong.load(Ordering::Relaxed)
    }
}

impl<T> Clone for Arc<T> {
    fn clone(&self) -> Self {
        self.0.strong.fetch_add(1, Ordering::Relaxed);
        Arc(sync::Arc::clone(&self.0))
    }
}

impl<T> Deref for Arc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.access.with(|_| ());
        &self.0.value
    }
}

impl<T> Drop for Arc<T> {
    fn drop(&mut self) {
        if self.0.strong.fetch_sub(1, Ordering::Release) == 1 {
            fence(Ordering::Acquire);
            self.0.access.with_mut(|_| ());
        }
    }
}

impl<T> Weak<T> {
    pub(super) fn upgrade(&self) -> Option<Arc<T>> {
        let strong = &self.0.strong;
        let more = |count| (count > 0).then_some(count + 1);
        strong
            .fetch_update(Ordering::Acquire, Ordering::Relaxed, more)
            .ok()
            .map(|_| Arc(sync::Arc::clone(&self.0)))
    }
}

/// As `std::sync::OnceLock`, for one thread that sets it.
pub(super) struct OnceLock<T> {
    is_set: AtomicBool,
    access: UnsafeCell<()>,
    value: sync::OnceLock<T>,
}

impl<T> OnceLock<T> {
    pub(super) fn new() -> Self {
        OnceLock {
            is_set: AtomicBool::new(false),
            access: UnsafeCell::new(()),
            value: sync::OnceLock::new(),
        }
    }

    pub(super) fn get(&self) -> Option<&T> {
        if !self.is_set.load(Ordering::Acquire) {
            return None;
        }
        self.access.with(|_| ());
        self.value.get()
    }

    pub(super) fn set(&self, value: T) -> Result<(), T> {
        self.value.set(value)?;
        self.access.with_mut(|_| ());
        self.is_set.store(true, Ordering::Release);
        Ok(())
    }
}
