//! [`Retired`]: copies that were set aside because readers would not leave them.

use crate::panics::drop_each;
use crate::protocol::{Buffer, Draining};
use crate::stall::BusyReader;

/// Copies that were set aside, each with the readers that it waits for.
pub(crate) struct Retired<T> {
    copies: Vec<Draining<T>>,
    limit: usize,
}

impl<T> Retired<T> {
    pub(crate) fn new(limit: usize) -> Self {
        Retired {
            copies: Vec::new(),
            limit,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.copies.len()
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    pub(crate) fn is_full(&self) -> bool {
        self.copies.len() >= self.limit
    }

    /// Sets aside a copy.
    pub(crate) fn push(&mut self, copy: Draining<T>) {
        self.copies.push(copy);
    }

    /// Frees the copies whose readers have left, by one look at each reader.
    ///
    /// Panics if the `Drop` of one does; all of them are dropped then.
    #[inline]
    pub(crate) fn sweep(&mut self) {
        // Mostly each is held, by the reader that was looked at last.
        if !self.copies.iter().all(Draining::is_held) {
            self.free();
        }
    }

    #[cold]
    #[inline(never)]
    fn free(&mut self) {
        drop_each(self.take_free());
    }

    /// Removes the copies whose readers have left, and returns them: the list is complete before any is dropped.
    pub(crate) fn take_free(&mut self) -> Vec<Box<Buffer<T>>> {
        let mut free = Vec::new();
        let mut held = Vec::with_capacity(self.copies.len());
        for copy in self.copies.drain(..) {
            match copy.try_reclaim() {
                Ok(copy) => free.push(copy),
                Err(copy) => held.push(copy),
            }
        }
        self.copies = held;
        free
    }

    /// Removes all copies, whatever readers are in them, and returns them.
    pub(crate) fn take_all(&mut self) -> impl Iterator<Item = Draining<T>> {
        self.copies.drain(..)
    }

    /// The readers of each copy, as far as errors tell.
    pub(crate) fn readers(&self) -> impl Iterator<Item = BusyReader> {
        self.copies
            .iter()
            .flat_map(|copy| copy.pins().describe().readers)
    }
}
