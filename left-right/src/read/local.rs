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
//!
//! A list has a destructor, so whoever uses it has to ask first whether it is still there, and whether
//! somebody else is at it. A read looks into a [`Row`] instead, which says the same in two words.
//!
//! # Invariants
//! - **Y1** The thread's `ROW` is that of its list's `row`, from each change to the next, and empty once the
//!   list has ended. No reference to an entry is kept.
//! - **Y2** An entry of the row names a reader that the list has at the same number, or nobody, whatever
//!   panics meanwhile.

#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::ptr::{self, NonNull};

use crate::fault::planted;
use crate::protocol::{Reader, Registry, Slot};
use crate::sync::Arc;

thread_local! {
    static READERS: RefCell<Readers> = const { RefCell::new(Readers::new()) };
    static ROW: Cell<Row> = const { Cell::new(Row::EMPTY) };
}

/// Where the entries of a list's row are, and how many.
#[derive(Clone, Copy)]
struct Row {
    first: *const Entry,
    len: usize,
}

impl Row {
    const EMPTY: Row = Row {
        first: ptr::null(),
        len: 0,
    };
}

/// A reader in the list: what tells it from others, and its slot.
#[derive(Clone, Copy)]
struct Entry {
    /// Null, which no structure's is, for nobody.
    registry: *const Registry,
    slot: NonNull<Slot>,
}

impl Entry {
    fn of(reader: &Option<Reader>) -> Self {
        match reader {
            Some(reader) => Entry {
                registry: reader.registry(),
                slot: NonNull::from(reader.slot()),
            },
            None => Entry {
                registry: ptr::null(),
                slot: NonNull::dangling(),
            },
        }
    }
}

/// One thread's readers, each at the number of its structure.
struct Readers {
    list: Vec<Option<Reader>>,
    row: Vec<Entry>,
    count: usize,
    /// The count at which those of structures that are gone are next swept out: so much more than
    /// were left by the last time that a first read costs a fixed share of the list's length.
    sweep_at: usize,
}

impl Readers {
    const fn new() -> Self {
        Readers {
            list: Vec::new(),
            row: Vec::new(),
            count: 0,
            sweep_at: 8,
        }
    }

    /// The slot of this structure's reader, if there is one.
    fn slot(&self, registry: &Arc<Registry>, index: usize) -> Option<NonNull<Slot>> {
        let reader = self.list.get(index)?.as_ref()?;
        reader.is_of(registry).then(|| NonNull::from(reader.slot()))
    }

    /// As [`slot`](Self::slot), which a panic may have kept out of the row: makes that whole again.
    fn show(&mut self, registry: &Arc<Registry>, index: usize) -> Option<NonNull<Slot>> {
        let slot = self.slot(registry, index)?;
        ROW.set(Row::EMPTY);
        self.row = self.list.iter().map(Entry::of).collect();
        self.publish();
        Some(slot)
    }

    /// Puts a reader at its structure's number; what it replaces, and what was swept out, is handed
    /// out.
    fn put(&mut self, index: usize, reader: Reader) -> Vec<Reader> {
        ROW.set(Row::EMPTY);
        let mut out = Vec::new();
        if self.count >= self.sweep_at {
            self.row.clear();
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
            self.row = self.list.iter().map(Entry::of).collect();
            self.sweep_at = (self.count * 2)
                .max(self.list.len().max(index + 1) / 2)
                .max(8);
        }
        if self.list.len() <= index {
            self.list.resize_with(index + 1, || None);
        }
        if self.row.len() < self.list.len() {
            self.row.resize(self.list.len(), Entry::of(&None));
        }
        self.row[index] = Entry::of(&None);
        match self.list[index].replace(reader) {
            Some(replaced) => out.push(replaced),
            None => self.count += 1,
        }
        self.row[index] = Entry::of(&self.list[index]);
        self.publish();
        out
    }

    /// Shows the row to the thread's reads.
    fn publish(&self) {
        ROW.set(Row {
            first: self.row.as_ptr(),
            len: self.row.len(),
        });
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        if !planted("row-kept") {
            ROW.set(Row::EMPTY);
        }
        for reader in self.list.drain(..).flatten() {
            // A guard lives that an older thread-local value keeps, or one was forgotten (read/mod.rs G3).
            if reader.slot().is_inside() {
                reader.leave_to_guards();
            }
        }
    }
}

/// The calling thread's slot for this structure, for a guard that is made at once (read/mod.rs G3).
#[inline(always)]
pub(super) fn slot(registry: &Arc<Registry>, index: usize) -> NonNull<Slot> {
    match known(registry, index) {
        Some(slot) => slot,
        None => first_read(registry, index),
    }
}

/// Calls `f` with the calling thread's slot for this structure, if it has read it already.
pub(super) fn with_known<R>(
    registry: &Arc<Registry>,
    index: usize,
    f: impl FnOnce(&Slot) -> R,
) -> Option<R> {
    let slot = known(registry, index)?;
    // SAFETY: it is in the list, which gives up no slot of a structure that is there (read/mod.rs G3).
    Some(f(unsafe { slot.as_ref() }))
}

/// Sees to it that the calling thread has a slot for this structure, unless it has no list to keep it in.
pub(super) fn make_known(registry: &Arc<Registry>, index: usize) {
    if known(registry, index).is_none() {
        drop(enlist(registry, index));
    }
}

/// None if this thread has not read the structure yet, or if it is ending and its list is gone.
#[inline(always)]
fn known(registry: &Arc<Registry>, index: usize) -> Option<NonNull<Slot>> {
    let row = ROW.get();
    if index >= row.len {
        return None;
    }
    // SAFETY: within the row (Y1).
    let entry = unsafe { row.first.add(index) };
    // SAFETY: the row is alive and does not change meanwhile (Y1): nothing is called here.
    let entry = unsafe { *entry };
    ptr::eq(entry.registry, Arc::as_ptr(registry)).then_some(entry.slot)
}

#[cold]
#[inline(never)]
fn first_read(registry: &Arc<Registry>, index: usize) -> NonNull<Slot> {
    match enlist(registry, index) {
        Ok(slot) => slot,
        Err(reader) => {
            let slot = NonNull::from(reader.slot());
            reader.leave_to_guards();
            slot
        }
    }
}

/// A reader in the thread's list, or one without if there is no list to be had: the thread is ending and
/// its list is gone, or the list's memory is just being allocated.
fn enlist(registry: &Arc<Registry>, index: usize) -> Result<NonNull<Slot>, Reader> {
    let listed = READERS.try_with(|readers| readers.try_borrow_mut().ok()?.show(registry, index));
    if let Ok(Some(slot)) = listed {
        return Ok(slot);
    }
    let mut reader = Some(Reader::join(registry));
    let put = READERS.try_with(|readers| {
        let mut readers = readers.try_borrow_mut().ok()?;
        // An allocator may have read the same structure while we joined, and may have kept its guard.
        if let Some(slot) = readers.slot(registry, index) {
            if !planted("listed-reader-replaced") {
                return Some((slot, Vec::new()));
            }
        }
        let reader = reader.take()?;
        let slot = NonNull::from(reader.slot());
        Some((slot, readers.put(index, reader)))
    });
    match (put, reader) {
        // What the list gave up or did not need ends here, after the borrow.
        (Ok(Some((slot, out))), reader) => {
            drop((out, reader));
            Ok(slot)
        }
        (_, Some(reader)) => Err(reader),
        (_, None) => unreachable!("who takes the reader puts it into the list"),
    }
}
