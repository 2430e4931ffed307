//! [`LocalIndex`]: the index of one structure in every thread's list.
//!
//! No memory is allocated or freed under the lock on the numbers, nor while a [`OnceLock`] is being set: a global
//! allocator may read, or make a reader of the same structure.

use std::mem;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use slab::Slab;

/// The numbers in use by all structures of the process.
static NUMBERS: Mutex<Slab<()>> = Mutex::new(Slab::new());

/// The least capacity that is allocated.
const FIRST: usize = 4;

/// The index of one structure in every thread's list, assigned when its first `SharedReader` is made.
pub(crate) struct LocalIndex(OnceLock<usize>);

impl LocalIndex {
    pub(crate) const fn new() -> Self {
        LocalIndex(OnceLock::new())
    }

    /// Returns the number. The first call assigns it, and locks a list of the process for that.
    pub(super) fn get(&self) -> usize {
        if let Some(&number) = self.0.get() {
            return number;
        }
        let reserved = reserve();
        // Another thread may have been faster, or an allocator that `reserve` has called.
        let number = *self.0.get_or_init(|| reserved);
        if number != reserved {
            release(reserved);
        }
        number
    }
}

impl Drop for LocalIndex {
    fn drop(&mut self) {
        if let Some(&number) = self.0.get() {
            release(number);
        }
    }
}

fn reserve() -> usize {
    // Freed after unlocking, and so is the list that it replaces.
    let mut spare = Slab::new();
    loop {
        let mut numbers = lock();
        if numbers.len() == numbers.capacity() {
            if spare.capacity() <= numbers.len() {
                let needed = numbers.len() * 2;
                drop(numbers);
                spare = Slab::with_capacity(needed.max(FIRST));
                continue;
            }
            // The list is full, so all numbers below its length are in use, and these are the same ones.
            for _ in 0..numbers.len() {
                spare.insert(());
            }
            mem::swap(&mut *numbers, &mut spare);
        }
        return numbers.insert(());
    }
}

fn release(number: usize) {
    lock().remove(number);
}

fn lock() -> MutexGuard<'static, Slab<()>> {
    NUMBERS.lock().unwrap_or_else(PoisonError::into_inner)
}
