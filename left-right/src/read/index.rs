//! [`LocalIndex`]: the place of one structure in every thread's list.
//!
//! No memory is allocated or freed under the lock on the numbers, nor while one is being drawn for a structure
//! that others may ask: a global allocator may read, or make a reader of the same structure.

use std::mem;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use slab::Slab;

/// The numbers in use, for all structures of the process.
static NUMBERS: Mutex<Slab<()>> = Mutex::new(Slab::new());

/// The least that is worth an allocation.
const FIRST: usize = 4;

/// The place of one structure in every thread's list, taken with the first shared read.
pub(crate) struct LocalIndex(OnceLock<usize>);

impl LocalIndex {
    pub(crate) const fn new() -> Self {
        LocalIndex(OnceLock::new())
    }

    /// The number, which the first to ask draws. Locks a list of the process for that.
    pub(super) fn get(&self) -> usize {
        if let Some(&number) = self.0.get() {
            return number;
        }
        let drawn = draw();
        // Another thread may have been faster, or an allocator that the draw has called.
        let number = *self.0.get_or_init(|| drawn);
        if number != drawn {
            give_back(drawn);
        }
        number
    }
}

impl Drop for LocalIndex {
    fn drop(&mut self) {
        if let Some(&number) = self.0.get() {
            give_back(number);
        }
    }
}

fn draw() -> usize {
    // Freed after the lock, as what it is exchanged for.
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
            // Where there is no place left, all numbers up to the last are in use: the same ones as here.
            for _ in 0..numbers.len() {
                spare.insert(());
            }
            mem::swap(&mut *numbers, &mut spare);
        }
        return numbers.insert(());
    }
}

fn give_back(number: usize) {
    lock().remove(number);
}

fn lock() -> MutexGuard<'static, Slab<()>> {
    NUMBERS.lock().unwrap_or_else(PoisonError::into_inner)
}
