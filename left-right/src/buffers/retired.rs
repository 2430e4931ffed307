//! [`Retired`]: copies that were set aside because readers would not leave them.
//!
//! # Invariants
//! - **T1** A retired copy is not published and will not be again; all readers that may be in it
//!   are among its pins.

use std::ptr::NonNull;

use super::{Buffer, reclaim};
use crate::mutant::planted;
use crate::panics::drop_each;
use crate::registry::Pins;
use crate::stall::BusyReader;

/// Copies that were set aside, each with the readers that it waits for.
pub(crate) struct Retired<T> {
    copies: Vec<(NonNull<Buffer<T>>, Pins)>,
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

    /// Sets aside a copy that is not published, and whose readers are all among `pins` (T1).
    pub(crate) fn push(&mut self, copy: NonNull<Buffer<T>>, pins: Pins) {
        self.copies.push((copy, pins));
    }

    /// Frees the copies whose readers have left, by one look at each reader.
    ///
    /// Panics if the `Drop` of one does; all of them are dropped then.
    #[inline]
    pub(crate) fn sweep(&mut self) {
        // Mostly they are all held, by the one that was looked at last.
        let is_held =
            |(copy, pins): &(NonNull<Buffer<T>>, Pins)| pins.are_held(copy.as_ptr().cast());
        if !self.copies.iter().all(is_held) || planted("retired-freed-early") {
            self.free();
        }
    }

    #[cold]
    #[inline(never)]
    fn free(&mut self) {
        drop_each(self.take_free());
    }

    /// Takes out the copies whose readers have left: the list is whole before any is dropped.
    pub(crate) fn take_free(&mut self) -> Vec<Box<Buffer<T>>> {
        let mut free = Vec::new();
        let mut index = 0;
        while let Some((copy, pins)) = self.copies.get_mut(index) {
            if pins.let_go(copy.as_ptr().cast()) || planted("retired-freed-early") {
                let (copy, _) = self.copies.swap_remove(index);
                // SAFETY: from `Buffer::allocate`; not published, its readers have left, and nobody
                // can enter it (T1). It has just been taken out of the only place that names it.
                free.push(unsafe { reclaim(copy) });
            } else {
                index += 1;
            }
        }
        free
    }

    /// Takes out all copies, whoever is in them.
    pub(crate) fn take_all(&mut self) -> impl Iterator<Item = NonNull<Buffer<T>>> {
        self.copies.drain(..).map(|(copy, _)| copy)
    }

    /// Who is in which copy, as far as errors tell.
    pub(crate) fn readers(&self) -> impl Iterator<Item = BusyReader> {
        self.copies
            .iter()
            .flat_map(|(_, pins)| pins.describe().readers)
    }
}
