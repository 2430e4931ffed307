//! Each thread's readers, for [`SharedReader`](super::SharedReader).
//!
//! A thread keeps one [`Reader`] for each structure that it reads, in a list indexed by a small
//! number of the structure's own.
//! A number is used again when its structure is gone; an entry that is left over from the earlier
//! one is told by its registry, whose address cannot be used again while the entry lives.
//! The list holds readers only, never a structure's data, so a thread that reads no more keeps no
//! data alive.
//!
//! A list may end, with its thread, before a guard that an older thread-local value keeps: then it leaves
//! the reader to its guards, the last of which ends it.
//! Nothing is ever handed from one thread to another here.

use std::cell::RefCell;
use std::ptr::NonNull;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::AccessError;

use slab::Slab;

use crate::registry::{Reader, Registry, Slot};
use crate::sync::Arc;

thread_local! {
    static READERS: RefCell<Readers> = const { RefCell::new(Readers::new()) };
}

/// One thread's readers, each at the number of its structure.
struct Readers {
    list: Vec<Option<Reader>>,
    count: usize,
    /// The count at which those of structures that are gone are next swept out: so much more than
    /// were left by the last time that a first read costs a fixed share of the list's length.
    sweep_at: usize,
}

impl Readers {
    const fn new() -> Self {
        Readers {
            list: Vec::new(),
            count: 0,
            sweep_at: 8,
        }
    }

    #[inline(always)]
    fn get(&self, index: usize) -> Option<&Reader> {
        self.list.get(index)?.as_ref()
    }

    /// Puts a reader at its structure's number; what it replaces, and what was swept out, is handed
    /// out.
    fn put(&mut self, index: usize, reader: Reader) -> Vec<Reader> {
        let mut out = Vec::new();
        if self.count >= self.sweep_at {
            for entry in &mut self.list {
                if entry.as_ref().is_some_and(|reader| reader.is_of_closed()) {
                    out.extend(entry.take());
                }
            }
            self.count -= out.len();
            while self.list.last().is_some_and(Option::is_none) {
                self.list.pop();
            }
            self.list.shrink_to(self.list.len() * 2);
            self.sweep_at = (self.count * 2)
                .max(self.list.len().max(index + 1) / 2)
                .max(8);
        }
        if self.list.len() <= index {
            self.list.resize_with(index + 1, || None);
        }
        match self.list[index].replace(reader) {
            Some(replaced) => out.push(replaced),
            None => self.count += 1,
        }
        out
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        for reader in self.list.drain(..).flatten() {
            // Of a structure that is there: a guard lives that an older thread-local value keeps, or one was
            // forgotten (G3).
            if !reader.slot().inside().is_null() && !reader.is_of_closed() {
                reader.leave_to_guards();
            }
        }
    }
}

static INDICES: Mutex<Slab<()>> = Mutex::new(Slab::new());

/// The place of one structure in every thread's list, taken with the first shared read.
pub(crate) struct LocalIndex(OnceLock<usize>);

impl LocalIndex {
    pub(crate) const fn new() -> Self {
        LocalIndex(OnceLock::new())
    }

    /// The number, which the first to ask draws. Locks a list of the process for that.
    pub(super) fn get(&self) -> usize {
        *self.0.get_or_init(|| {
            INDICES
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(())
        })
    }
}

impl Drop for LocalIndex {
    fn drop(&mut self) {
        if let Some(&index) = self.0.get() {
            INDICES
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(index);
        }
    }
}

/// The calling thread's slot for this structure, for a guard that is made at once (G3).
#[inline(always)]
pub(super) fn slot(registry: &Arc<Registry>, index: usize) -> NonNull<Slot> {
    match known(registry, index) {
        Ok(Some(slot)) => slot,
        Ok(None) => first_read(registry, index),
        Err(_) => one_off(registry),
    }
}

/// Calls `f` with the calling thread's slot for this structure, if it has read it already.
pub(super) fn with_known<R>(
    registry: &Arc<Registry>,
    index: usize,
    f: impl FnOnce(&Slot) -> R,
) -> Option<R> {
    let slot = known(registry, index).ok().flatten()?;
    // SAFETY: it is in the list, which gives up no slot of a structure that is there (G3).
    Some(f(unsafe { slot.as_ref() }))
}

/// Sees to it that the calling thread has a slot for this structure, unless its list is gone.
pub(super) fn make_known(registry: &Arc<Registry>, index: usize) {
    if let Ok(None) = known(registry, index) {
        first_read(registry, index);
    }
}

/// An error if the thread is ending and its list is gone.
#[inline(always)]
fn known(registry: &Arc<Registry>, index: usize) -> Result<Option<NonNull<Slot>>, AccessError> {
    READERS.try_with(|readers| {
        // SAFETY: the reference ends with this closure, which calls nothing that borrows the list.
        let readers = unsafe { readers.try_borrow_unguarded() }.ok()?;
        let reader = readers.get(index)?;
        reader.is_of(registry).then(|| NonNull::from(reader.slot()))
    })
}

#[cold]
#[inline(never)]
fn first_read(registry: &Arc<Registry>, index: usize) -> NonNull<Slot> {
    let reader = Reader::join(registry);
    let slot = NonNull::from(reader.slot());
    let mut reader = Some(reader);
    let put = READERS.try_with(|readers| {
        let mut readers = readers.try_borrow_mut().ok()?;
        Some(readers.put(index, reader.take()?))
    });
    // What the list gave up ends here, after the borrow.
    drop(put);
    // There is no list to be had (its memory is just being allocated): as in `one_off`.
    reader.into_iter().for_each(Reader::leave_to_guards);
    slot
}

/// The thread is ending and its list is gone: a reader for one guard.
#[cold]
#[inline(never)]
fn one_off(registry: &Arc<Registry>) -> NonNull<Slot> {
    let reader = Reader::join(registry);
    let slot = NonNull::from(reader.slot());
    reader.leave_to_guards();
    slot
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WriteHandle;

    fn entries() -> usize {
        READERS.with(|readers| readers.borrow().list.iter().flatten().count())
    }

    #[test]
    fn a_thread_sweeps_out_the_readers_of_structures_that_are_gone() {
        let read = |count: i32| -> Vec<_> {
            let writers: Vec<_> = (0..count).map(WriteHandle::cloned).collect();
            for writer in &writers {
                writer.shared_reader().read();
            }
            writers
        };
        let kept = read(1);
        drop(read(1000));
        assert!(entries() > 1000, "nothing was swept while all were alive");
        // The numbers of those that are gone are used again: only a sweep empties the others.
        let few = read(4);
        READERS.with(|readers| readers.borrow_mut().sweep_at = 0);
        let one_more = read(1);
        assert_eq!(entries(), 6);
        drop((kept, few, one_more));
    }

    #[test]
    fn sweeps_come_as_often_as_the_list_doubles() {
        let mut writers = Vec::new();
        let mut sweeps = 0;
        let mut last = 0;
        for n in 0..10_000 {
            let writer = WriteHandle::cloned(n);
            writer.shared_reader().read();
            writers.push(writer);
            let sweep_at = READERS.with(|readers| readers.borrow().sweep_at);
            sweeps += usize::from(sweep_at != last);
            last = sweep_at;
        }
        assert!((5..20).contains(&sweeps), "{sweeps} sweeps");
    }

    #[test]
    fn a_number_used_again_never_shows_the_earlier_structure() {
        for round in 0..100 {
            let writer = WriteHandle::cloned(round);
            let other = WriteHandle::cloned(-round);
            let (shared, negative) = (writer.shared_reader(), other.shared_reader());
            assert_eq!(*shared.read(), round);
            drop(writer);
            assert_eq!(*negative.read(), -round);
            assert_eq!(*shared.read(), round);
        }
    }
}
