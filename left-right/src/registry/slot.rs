//! [`Slot`]: one reader's word, which says where the reader is.

use std::mem;
use std::ptr;
use std::sync::{Arc, PoisonError};
// Not the model checker's: only the owner uses it, so there is nothing to model.
use std::sync::atomic::AtomicU32;
use std::thread::{self, Thread};
use std::time::Duration;

use super::Reader;
use crate::mutant::planted;
use crate::stall::BusyReader;
use crate::sync::{AtomicPtr, AtomicUsize, Mutex, MutexGuard, Ordering};

/// Where a reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In no copy.
    Out,
    /// About to enter whichever copy is published.
    Entering,
    /// The same, of a reader that fences for itself, with the number of its entry. Numbers come again,
    /// in 2^30 entries at the earliest.
    Fencing(usize),
    /// In the copy at this address.
    In(*mut ()),
}

/// One reader's word, on cache lines of its own.
///
/// Two lines' worth, since processors fetch lines in pairs.
/// What else is here is touched by a handle's making, labelling and end, and by error messages.
#[repr(align(128))]
pub(crate) struct Slot {
    word: AtomicPtr<()>,
    /// The owner's guards beyond the first that is inside, and [`ORPHAN`]; only the owner uses it (R1).
    /// The count sticks at the top, where the pin then stays until the reader is dropped: forgetting
    /// guards in a loop must not wrap it.
    nested: AtomicU32,
    /// How often the reader has fenced for itself, as far as that can be told by a word; only the owner
    /// uses it (R1).
    fenced: AtomicU32,
    /// The slot's place in the registry, read and written under the registry's lock only.
    index: AtomicUsize,
    owner: Mutex<Owner>,
}

struct Owner {
    /// Shared, so that it can be copied without an allocation (R3).
    label: Option<Arc<str>>,
    thread: Thread,
    /// The reader itself, once it is left to its guards.
    orphan: Option<Reader>,
}

/// Says that the reader was left to its guards: the last one to leave ends it.
const ORPHAN: u32 = 1 << 31;
const MOST_NESTED: u32 = ORPHAN - 1;

const OUT: *mut () = ptr::null_mut();
/// No buffer has this address, or the lowest bits below: see [`Buffer::allocate`].
///
/// [`Buffer::allocate`]: crate::buffers::Buffer::allocate
const ENTERING: *mut () = ptr::without_provenance_mut(1);
/// The lowest bits of a word that says so and has a number above them.
const FENCING: usize = 0b11;
const NUMBER_AT: u32 = 2;

impl Slot {
    pub(crate) fn new() -> Self {
        Slot {
            word: AtomicPtr::new(OUT),
            nested: AtomicU32::new(0),
            fenced: AtomicU32::new(0),
            index: AtomicUsize::new(usize::MAX),
            owner: Mutex::new(Owner {
                label: None,
                thread: thread::current(),
                orphan: None,
            }),
        }
    }

    /// The copy that the reader is in, asked by the reader itself.
    #[inline(always)]
    pub(crate) fn inside(&self) -> *mut () {
        // ORDER: none needed: only the owner, which asks, stores to the word (R1).
        self.word.load(Ordering::Relaxed)
    }

    /// The reader is about to enter whatever is published.
    #[inline(always)]
    pub(crate) fn announce(&self) {
        // ORDER: O1, by the fence that follows, with the scan's.
        self.word.store(ENTERING, Ordering::Relaxed);
    }

    /// The reader, which has announced itself, is about to fence, and to enter then.
    ///
    /// A writer that waits tells one entry of a busy reader from the next by their numbers. It would else
    /// have to look until it finds the reader between a fence and the next announcement.
    pub(crate) fn announce_fence(&self) {
        // ORDER: none needed, here and below: only the owner uses the count (R1).
        let number = self.fenced.load(Ordering::Relaxed).wrapping_add(1);
        self.fenced.store(number, Ordering::Relaxed);
        let word = (number as usize) << NUMBER_AT | FENCING;
        let order = if planted("fencing-relaxed") {
            Ordering::Relaxed
        } else {
            // ORDER: O2, with `place`. A writer that sees the number knows that our earlier stays are over.
            Ordering::Release
        };
        self.word.store(ptr::without_provenance_mut(word), order);
    }

    /// The reader is in the copy at `buffer`.
    #[inline(always)]
    pub(crate) fn settle(&self, buffer: *mut ()) {
        let order = if planted("settle-relaxed") {
            Ordering::Relaxed
        } else {
            // ORDER: O2, with `place`. A writer that sees it knows that our earlier stays are over.
            Ordering::Release
        };
        self.word.store(buffer, order);
    }

    /// The reader is in the copy at which it is already, once more.
    #[cold]
    #[inline(never)]
    pub(crate) fn settle_again(&self) {
        // ORDER: none needed, here and below: only the owner uses the count (R1). The stay has begun already.
        let nested = self.nested.load(Ordering::Relaxed);
        if nested & MOST_NESTED != MOST_NESTED {
            self.nested.store(nested + 1, Ordering::Relaxed);
        }
    }

    /// Whether the guard that asks is the only one, and to leave is all that is to be done.
    #[inline(always)]
    pub(crate) fn has_one_guard(&self) -> bool {
        // ORDER: none needed: only the owner uses the count (R1).
        self.nested.load(Ordering::Relaxed) == 0 || planted("nested-guard-leaves")
    }

    /// Undoes one [`settle`](Self::settle) or [`settle_again`](Self::settle_again), whichever.
    ///
    /// If it was the last one of a reader that was left to its guards: that reader, to be dropped.
    pub(crate) fn leave_one(&self) -> Option<Reader> {
        // ORDER: none needed, here and below: only the owner uses the count (R1).
        let nested = self.nested.load(Ordering::Relaxed);
        match nested & MOST_NESTED {
            0 => {
                self.leave_for_good();
                self.take_orphan()
            }
            MOST_NESTED => None,
            _ => {
                self.nested.store(nested - 1, Ordering::Relaxed);
                None
            }
        }
    }

    /// Keeps the reader whose slot this is until its last guard leaves; hands it back if its structure is
    /// gone, and with it all guards but forgotten ones.
    pub(super) fn adopt(&self, reader: Reader) -> Option<Reader> {
        // ORDER: none needed, here and below: only the owner uses the count (R1).
        let nested = self.nested.load(Ordering::Relaxed);
        self.nested.store(nested | ORPHAN, Ordering::Relaxed);
        let mut owner = self.lock_owner();
        if reader.is_of_closed() && !planted("adopt-never-asks") {
            return Some(reader);
        }
        owner.orphan = Some(reader);
        None
    }

    /// The reader whose slot this is, if it was left to its guards.
    pub(super) fn take_orphan(&self) -> Option<Reader> {
        self.lock_owner().orphan.take()
    }

    /// The reader is in no copy any more, however many of its guards were forgotten.
    #[inline(always)]
    pub(crate) fn leave_for_good(&self) {
        let order = if planted("leave-relaxed") {
            Ordering::Relaxed
        } else {
            // ORDER: O2, with `place`. Our reads finish before the writer reuses this copy.
            Ordering::Release
        };
        self.word.store(OUT, order);
    }

    /// Where the reader is, asked by the writer.
    #[inline]
    pub(crate) fn place(&self) -> Place {
        #[cfg(test)]
        LOOKS.set(LOOKS.get() + 1);
        let order = if planted("scan-relaxed") {
            Ordering::Relaxed
        } else {
            // ORDER: O2, with `announce_fence`, `settle` and `leave_for_good`. The reads of stays that ended
            // before this word happen before us.
            Ordering::Acquire
        };
        match self.word.load(order) {
            OUT => Place::Out,
            ENTERING => Place::Entering,
            word if word.addr() & FENCING == FENCING => Place::Fencing(word.addr() >> NUMBER_AT),
            buffer => Place::In(buffer),
        }
    }

    /// Under the registry's lock.
    pub(super) fn index(&self) -> usize {
        // ORDER: none needed: the lock orders all accesses.
        self.index.load(Ordering::Relaxed)
    }

    /// Under the registry's lock.
    pub(super) fn set_index(&self, index: usize) {
        // ORDER: none needed: the lock orders all accesses.
        self.index.store(index, Ordering::Relaxed);
    }

    /// Names the reader, and the calling thread as its thread.
    pub(crate) fn set_label(&self, label: String) {
        let mut label = Some(Arc::from(label));
        let mut thread = thread::current();
        let mut owner = self.lock_owner();
        mem::swap(&mut owner.label, &mut label);
        mem::swap(&mut owner.thread, &mut thread);
        // Before what was there until now (R3).
        drop(owner);
    }

    /// Nothing may be allocated or freed while this is held (R3).
    fn lock_owner(&self) -> MutexGuard<'_, Owner> {
        self.owner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which slot this is, for as long as it lives.
    pub(crate) fn address(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    /// This reader, as a writer's error names it.
    pub(super) fn describe(&self, waited: Duration) -> BusyReader {
        let owner = self.lock_owner();
        let (label, thread) = (owner.label.clone(), owner.thread.clone());
        drop(owner);
        BusyReader {
            label: label.as_deref().map(str::to_owned),
            thread: match thread.name() {
                Some(name) => name.to_owned(),
                None => format!("{:?}", thread.id()),
            },
            waited,
            slot: self.address(),
        }
    }
}

#[cfg(test)]
thread_local! {
    /// How often this thread has looked where a reader is.
    pub(super) static LOOKS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2^32 forgotten guards must not make the next one leave for all of them.
    #[test]
    fn the_nesting_count_sticks_at_the_top() {
        let buffer = ptr::without_provenance_mut(8);
        let slot = Slot::new();
        slot.settle(buffer);
        // ORDER: none needed: one thread.
        slot.nested.store(MOST_NESTED - 1, Ordering::Relaxed);
        slot.settle_again();
        slot.settle_again();
        for _ in 0..3 {
            assert!(!slot.has_one_guard());
            assert!(slot.leave_one().is_none());
        }
        assert_eq!(slot.place(), Place::In(buffer));
        slot.leave_for_good();
        assert_eq!(slot.place(), Place::Out);
    }
}
