//! [`LocalIndex`]: the index of one structure in every thread's list.
//!
//! No memory is allocated or freed under the lock on the numbers: a global allocator may read, or make a reader of the
//! same structure.

use std::mem;
// Not the model checker's: the first number that is stored counts.
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use slab::Slab;

use crate::fork::BetweenForks;

/// The numbers in use by all structures of the process.
static NUMBERS: Mutex<Slab<()>> = Mutex::new(Slab::new());

/// The least capacity that is allocated.
const FIRST: usize = 4;

/// The index of no structure.
const NONE: usize = usize::MAX;

/// The index of one structure in every thread's list, assigned when its first `SharedReader` is made.
///
/// Not a `OnceLock`: a child of a fork would wait for a thread that was setting it at the fork.
pub(crate) struct LocalIndex(AtomicUsize);

impl LocalIndex {
    pub(crate) const fn new() -> Self {
        LocalIndex(AtomicUsize::new(NONE))
    }

    /// Returns the number. The first call assigns it, and locks a list of the process for that.
    pub(super) fn get(&self) -> usize {
        // ORDER: none needed, here and below: the number is all there is.
        let number = self.0.load(Ordering::Relaxed);
        if number != NONE {
            return number;
        }
        let reserved = reserve();
        // Another thread may have been faster, or an allocator that `reserve` has called.
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        match self.0.compare_exchange(NONE, reserved, set, fetch) {
            Ok(_) => reserved,
            Err(number) => {
                release(reserved);
                number
            }
        }
    }
}

impl Drop for LocalIndex {
    fn drop(&mut self) {
        let number = *self.0.get_mut();
        if number != NONE {
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

fn lock() -> BetweenForks<MutexGuard<'static, Slab<()>>> {
    BetweenForks::lock(|| NUMBERS.lock().unwrap_or_else(PoisonError::into_inner))
}
