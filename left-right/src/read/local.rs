//! Each thread's readers, for [`SharedReader`](super::SharedReader).
//!
//! A thread keeps one [`Reader`] for each structure that it reads, in a list indexed by a small
//! number of the structure's own.
//! A number is used again when its structure is gone; an entry that is left over from the earlier
//! one is told by its registry, whose address cannot be used again while the entry lives.
//! The list holds readers only, never a structure's data, so a thread that reads no more keeps no
//! data alive.
//!
//! A guard keeps its own hold on the reader, so a list may end, with its thread, before a guard
//! that an older thread-local value keeps.
//! Nothing is ever handed from one thread to another here.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Mutex, OnceLock, PoisonError};

use slab::Slab;

use super::reader::Reader;
use crate::registry::Registry;
use crate::sync::Arc;

thread_local! {
    static READERS: RefCell<Vec<Option<Rc<Reader>>>> = const { RefCell::new(Vec::new()) };
}

static INDICES: Mutex<Slab<()>> = Mutex::new(Slab::new());

/// The place of one structure in every thread's list, taken with the first shared read.
pub(crate) struct LocalIndex(OnceLock<usize>);

impl LocalIndex {
    pub(crate) const fn new() -> Self {
        LocalIndex(OnceLock::new())
    }

    fn get(&self) -> usize {
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

/// The calling thread's reader of the structure.
#[inline]
pub(super) fn reader(registry: &Arc<Registry>, index: &LocalIndex) -> Rc<Reader> {
    let index = index.get();
    let known = READERS.try_with(|list| {
        let list = list.borrow();
        let reader = list.get(index)?.as_ref()?;
        reader.is_of(registry).then(|| Rc::clone(reader))
    });
    match known {
        Ok(Some(reader)) => reader,
        Ok(None) => first_read(registry, index),
        // The thread is ending and its list is gone: a reader for this one guard.
        Err(_) => Rc::new(Reader::join(registry)),
    }
}

/// Makes the thread's reader of this structure, and sweeps out those of structures that are gone.
#[cold]
fn first_read(registry: &Arc<Registry>, index: usize) -> Rc<Reader> {
    let reader = Rc::new(Reader::join(registry));
    // Dropped after the borrow has ended.
    let mut swept = Vec::new();
    // An error only if the list went meanwhile; then this reader serves one guard.
    let _ = READERS.try_with(|list| {
        let mut list = list.borrow_mut();
        for entry in list.iter_mut() {
            if entry.as_ref().is_some_and(|reader| reader.is_of_closed()) {
                swept.extend(entry.take());
            }
        }
        while list.last().is_some_and(Option::is_none) {
            list.pop();
        }
        if list.len() <= index {
            list.resize_with(index + 1, || None);
        }
        swept.extend(list[index].replace(Rc::clone(&reader)));
    });
    reader
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WriteHandle;

    fn entries() -> usize {
        READERS.with(|list| list.borrow().iter().flatten().count())
    }

    #[test]
    fn a_thread_sweeps_out_the_readers_of_structures_that_are_gone() {
        for round in 0..100 {
            let writer = WriteHandle::cloned(round);
            assert_eq!(*writer.shared_reader().read(), round);
        }
        // The last one is swept by the next structure's first read.
        assert!(entries() <= 2, "{} entries", entries());
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
