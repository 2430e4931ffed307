//! Each thread's readers, for [`SharedReader`](super::SharedReader).
//!
//! A thread keeps one [`Reader`] for each structure that it reads, in a list indexed by a small
//! number that belongs to the structure.
//! The number is used again after its structure has ended. An entry left over from an earlier structure
//! is recognised by its registry, whose address cannot be used again while the entry lives.
//! The list holds readers only, never a structure's data, so a thread that no longer reads keeps no
//! data alive.
//!
//! A list may end, with its thread, before a guard that an older thread-local value keeps. Its reader then becomes
//! a *detached reader*, which ends with its last guard.
//! No reader is ever handed from one thread to another.
//!
//! A list has a destructor, so each use must first check whether it still exists, and whether it is already
//! borrowed. A read looks into the [`SlotCache`] instead, two words without a destructor.
//!
//! # Invariants
//! - **Y1** The thread's `SLOT_CACHE` is empty, or it describes its list's `entries`, which do not change meanwhile.
//!   It is empty once the list has ended. No reference to an entry is kept.
//! - **Y2** An entry of the slot cache names the reader that the list has at the same number, or none, even after a
//!   panic.

#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::ptr::{self, NonNull};

use crate::fault::planted;
use crate::protocol::{Reader, Registry, Slot};
use crate::sync::Arc;

thread_local! {
    static READERS: RefCell<Readers> = const { RefCell::new(Readers::new()) };
    static SLOT_CACHE: Cell<SlotCache> = const { Cell::new(SlotCache::EMPTY) };
}

/// Where the entries of a list are, for reads: the first one's address, and how many there are.
#[derive(Clone, Copy)]
struct SlotCache {
    first: *const Entry,
    len: usize,
}

impl SlotCache {
    const EMPTY: SlotCache = SlotCache {
        first: ptr::null(),
        len: 0,
    };
}

/// A reader in the list, as a read needs it: its registry, which identifies its structure, and its slot.
#[derive(Clone, Copy)]
struct Entry {
    /// Null if there is no reader: no structure has that address.
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
    /// The memory of the thread's slot cache.
    entries: Vec<Entry>,
    count: usize,
    /// The count at which the list is next swept of readers whose structures have ended. It is so much larger than
    /// the count after the last sweep that a first read pays a fixed share of the list's length.
    sweep_at: usize,
}

impl Readers {
    const fn new() -> Self {
        Readers {
            list: Vec::new(),
            entries: Vec::new(),
            count: 0,
            sweep_at: 8,
        }
    }

    /// Returns the slot of this structure's reader, if there is one.
    fn slot(&self, registry: &Arc<Registry>, index: usize) -> Option<NonNull<Slot>> {
        let reader = self.list.get(index)?.as_ref()?;
        reader.is_of(registry).then(|| NonNull::from(reader.slot()))
    }

    /// Returns the slot of this structure's reader, if there is one, and recovers the slot cache, which may lack it
    /// after a panic.
    fn recover(&mut self, registry: &Arc<Registry>, index: usize) -> Option<NonNull<Slot>> {
        let slot = self.slot(registry, index)?;
        SLOT_CACHE.set(SlotCache::EMPTY);
        self.entries = self.list.iter().map(Entry::of).collect();
        self.publish();
        Some(slot)
    }

    /// Inserts a reader at its structure's number. Returns the reader that it replaces and those that are swept
    /// out.
    fn insert(&mut self, index: usize, reader: Reader) -> Vec<Reader> {
        SLOT_CACHE.set(SlotCache::EMPTY);
        let mut removed = Vec::new();
        if self.count >= self.sweep_at {
            self.entries.clear();
            for entry in &mut self.list {
                if entry.as_ref().is_some_and(|reader| reader.is_of_closed()) {
                    removed.extend(entry.take());
                }
            }
            self.count -= removed.len();
            while self.list.last().is_some_and(Option::is_none) {
                self.list.pop();
            }
            self.list.shrink_to(self.list.len() * 2);
            self.entries = self.list.iter().map(Entry::of).collect();
            self.sweep_at = (self.count * 2)
                .max(self.list.len().max(index + 1) / 2)
                .max(8);
        }
        if self.list.len() <= index {
            self.list.resize_with(index + 1, || None);
        }
        if self.entries.len() < self.list.len() {
            self.entries.resize(self.list.len(), Entry::of(&None));
        }
        self.entries[index] = Entry::of(&None);
        match self.list[index].replace(reader) {
            Some(replaced) => removed.push(replaced),
            None => self.count += 1,
        }
        self.entries[index] = Entry::of(&self.list[index]);
        self.publish();
        removed
    }

    /// Makes the entries the thread's slot cache.
    fn publish(&self) {
        SLOT_CACHE.set(SlotCache {
            first: self.entries.as_ptr(),
            len: self.entries.len(),
        });
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        if !planted("slot-cache-kept") {
            SLOT_CACHE.set(SlotCache::EMPTY);
        }
        for reader in self.list.drain(..).flatten() {
            // An older thread-local value keeps a guard, or a guard was forgotten (read/mod.rs G3).
            if reader.slot().is_inside() {
                reader.leave_to_guards();
            }
        }
    }
}

/// Returns the calling thread's slot for this structure, for a guard that is made at once (read/mod.rs G3).
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
    // SAFETY: it is in the list, which gives up no slot of a structure that still exists (read/mod.rs G3).
    Some(f(unsafe { slot.as_ref() }))
}

/// Makes sure that the calling thread has a slot for this structure, unless it has no list to keep it in.
pub(super) fn make_known(registry: &Arc<Registry>, index: usize) {
    if known(registry, index).is_none() {
        drop(enlist(registry, index));
    }
}

/// Returns `None` if this thread has not read the structure yet, or if the thread ends and its list has ended.
#[inline(always)]
fn known(registry: &Arc<Registry>, index: usize) -> Option<NonNull<Slot>> {
    let cache = SLOT_CACHE.get();
    if index >= cache.len {
        return None;
    }
    // SAFETY: the index is within the slot cache (Y1).
    let entry = unsafe { cache.first.add(index) };
    // SAFETY: the entry is alive and does not change meanwhile (Y1): no other code runs here.
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

/// Returns the slot of a reader in the thread's list, or a reader without a list if there is none: the thread ends
/// and its list has ended, or the list's memory is being allocated.
fn enlist(registry: &Arc<Registry>, index: usize) -> Result<NonNull<Slot>, Reader> {
    let listed =
        READERS.try_with(|readers| readers.try_borrow_mut().ok()?.recover(registry, index));
    if let Ok(Some(slot)) = listed {
        return Ok(slot);
    }
    let mut reader = Some(Reader::join(registry));
    let inserted = READERS.try_with(|readers| {
        let mut readers = readers.try_borrow_mut().ok()?;
        // An allocator may have read the same structure while we joined, and may keep the guard.
        if let Some(slot) = readers.slot(registry, index) {
            if !planted("listed-reader-replaced") {
                return Some((slot, Vec::new()));
            }
        }
        let reader = reader.take()?;
        let slot = NonNull::from(reader.slot());
        Some((slot, readers.insert(index, reader)))
    });
    match (inserted, reader) {
        // Readers that the list gave up or did not need end here, after the borrow.
        (Ok(Some((slot, removed))), reader) => {
            drop((removed, reader));
            Ok(slot)
        }
        (_, Some(reader)) => Err(reader),
        (_, None) => unreachable!("the reader is in the list"),
    }
}
