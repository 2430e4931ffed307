//! [`CurrentQueue`]: the queue of this process.

use super::queue::Queue;
use super::word::Word;
use crate::fork;
use crate::sync::{AtomicPtr, Ordering};

/// The queue of this process, behind a pointer that a child of a fork replaces.
///
/// In a child, the entries of the parent's queue belong to threads that do not exist, and its mutex may stay
/// locked. So the child leaks it with its entries, and makes a new one.
pub(super) struct CurrentQueue(AtomicPtr<Queue>);

impl CurrentQueue {
    pub(super) fn new() -> Self {
        CurrentQueue(AtomicPtr::new(Box::into_raw(Box::new(Queue::new(false)))))
    }

    /// Makes what a fork leaves of a queue that had a waiter and whose mutex was locked.
    #[cfg(all(test, not(loom)))]
    pub(super) fn left_by_a_parent() -> Self {
        let queue = Queue::left_by_a_parent();
        CurrentQueue(AtomicPtr::new(std::ptr::from_ref(queue).cast_mut()))
    }

    /// Returns the queue, which is a new one after a fork.
    #[inline]
    pub(super) fn get(&self, word: &Word) -> &Queue {
        let queue = self.peek();
        if queue.generation() == fork::generation() {
            queue
        } else {
            self.renew(word, queue)
        }
    }

    /// Returns whether some writer is awake and takes the lock as soon as it may.
    #[inline]
    pub(super) fn has_awake(&self) -> bool {
        let queue = self.peek();
        queue.has_awake() && !is_of_a_parent(queue)
    }

    /// Makes a new queue after a fork. Returns whether there has been one.
    pub(super) fn renew_after_fork(&self, word: &Word) -> bool {
        let queue = self.peek();
        let is_old = is_of_a_parent(queue);
        if is_old {
            self.renew(word, queue);
        }
        is_old
    }

    #[inline]
    fn peek(&self) -> &Queue {
        // ORDER: Q4.
        let queue = self.0.load(Ordering::Acquire);
        // SAFETY: L7: no queue is freed before the lock is dropped, which needs exclusive access.
        unsafe { &*queue }
    }

    #[cold]
    #[inline(never)]
    fn renew(&self, word: &Word, old: &Queue) -> &Queue {
        let new = Box::into_raw(Box::new(Queue::new(true)));
        let old = std::ptr::from_ref(old).cast_mut();
        // ORDER: Q4, for both outcomes.
        let replaced = self
            .0
            .compare_exchange(old, new, Ordering::AcqRel, Ordering::Acquire);
        if replaced.is_err() {
            // SAFETY: it came from a box just now, and no other thread has seen it.
            drop(unsafe { Box::from_raw(new) });
        }
        let queue = self.peek();
        queue.clear_parents_bits(word);
        queue
    }
}

impl Drop for CurrentQueue {
    fn drop(&mut self) {
        let queue = self.peek();
        // A parent's queue may be half changed, so it is leaked.
        if !is_of_a_parent(queue) {
            let queue = std::ptr::from_ref(queue).cast_mut();
            // SAFETY: L7: it came from a box, and no other thread can reach it any more.
            drop(unsafe { Box::from_raw(queue) });
        }
    }
}

#[inline]
fn is_of_a_parent(queue: &Queue) -> bool {
    queue.generation() != fork::generation()
}
