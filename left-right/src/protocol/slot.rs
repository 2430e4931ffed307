//! [`Slot`]: one reader's word, which says where the reader is.

use std::mem;
use std::ptr;
use std::sync::{Arc, PoisonError};
// Not the model checker's: only the owner uses them, so there is nothing to model.
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::thread::{self, Thread};
use std::time::Duration;

use super::counts::Counts;
use super::enter::{OwnWord, leave};
use super::{Entry, Reader, Word, fence};
use crate::Counter;
use crate::fault::{planted, weaken};
use crate::fork::BetweenForks;
use crate::stall::BusyReader;
use crate::sync::{AtomicPtr, AtomicUsize, Mutex, MutexGuard, Ordering};

/// One reader's word, on cache lines of its own.
///
/// Two lines' worth, since processors fetch lines in pairs. What a read stores to is on the first of them.
/// What else is here is touched by a handle's making, labelling and end, by error messages, by entries with a fence, and
/// by reads that count.
#[repr(C, align(128))]
pub(crate) struct Slot {
    word: AtomicPtr<()>,
    counts: Counts,
    /// The owner's guards beyond the first that is inside, and [`DETACHED`]; only the owner uses it (registry.rs R1).
    /// The count sticks at the top, where the pin then stays until the reader is dropped: forgetting
    /// guards in a loop must not wrap it.
    nested: AtomicU32,
    /// The last [`Entry`]; only the owner uses it (registry.rs R1).
    entry: AtomicU32,
    /// The version that was noted last; only the owner uses it (registry.rs R1).
    version: AtomicU64,
    /// The slot's place in the registry, read and written under the registry's lock only.
    index: AtomicUsize,
    owner: Mutex<Owner>,
}

struct Owner {
    /// Shared, so that it can be copied without an allocation (registry.rs R3).
    label: Option<Arc<str>>,
    thread: Thread,
    is_snapshot: bool,
    /// The reader itself, once it is left to its guards.
    detached: Option<Reader>,
}

/// The reader was left to its guards: the last one to leave ends it.
const DETACHED: u32 = 1 << 31;
const MOST_NESTED: u32 = DETACHED - 1;

/// No version was noted yet.
const NO_VERSION: u64 = u64::MAX;

impl Slot {
    pub(super) fn new() -> Self {
        Slot {
            word: AtomicPtr::new(Word::OUT.into_raw()),
            counts: Counts::new(),
            nested: AtomicU32::new(0),
            entry: AtomicU32::new(Entry::FIRST.to_bits()),
            version: AtomicU64::new(NO_VERSION),
            index: AtomicUsize::new(usize::MAX),
            owner: Mutex::new(Owner {
                label: None,
                thread: thread::current(),
                is_snapshot: false,
                detached: None,
            }),
        }
    }

    /// Where the reader is, for the writer.
    #[inline]
    pub(super) fn look(&self) -> Word {
        #[cfg(test)]
        LOOKS.set(LOOKS.get() + 1);
        // ORDER: O2 (registry.rs), with each store of `enter` and `leave` but the bare announcement. The reads of
        // critical sections that ended before this word happen before us.
        Word::from_raw(self.word.load(weaken("scan-relaxed", Ordering::Acquire)))
    }

    /// Adds 1 to one of the reader's counters, for the reader itself.
    #[inline(always)]
    pub(crate) fn count(&self, counter: Counter) {
        self.counts.increment(counter);
    }

    /// Adds the reader's counters to `sums`, under the registry's lock (registry.rs R5).
    pub(super) fn add_counts_to(&self, sums: &mut [u64; 2]) {
        self.counts.add_to(sums);
    }

    /// Whether the reader is in a copy, asked by the reader itself.
    pub(crate) fn is_inside(&self) -> bool {
        !self.load().is_out()
    }

    /// Whether the guard that asks is the only one of a reader that is not detached, so that it only has to leave.
    #[inline(always)]
    pub(crate) fn has_one_guard(&self) -> bool {
        // ORDER: none needed: only the owner uses the count (registry.rs R1).
        self.nested.load(Ordering::Relaxed) == 0 || planted("nested-guard-leaves")
    }

    /// One more guard of a reader that is inside.
    #[cold]
    #[inline(never)]
    fn nest(&self) {
        // ORDER: none needed, here and below: only the owner uses the count (registry.rs R1). The word stays as it is.
        let nested = self.nested.load(Ordering::Relaxed);
        if nested & MOST_NESTED != MOST_NESTED {
            self.nested.store(nested + 1, Ordering::Relaxed);
        }
    }

    /// Ends one of several guards, or the last one of a detached reader.
    ///
    /// Returns that reader, to be dropped, if it was its last one.
    pub(crate) fn leave_one(&self) -> Option<Reader> {
        // ORDER: none needed, here and below: only the owner uses the count (registry.rs R1).
        let nested = self.nested.load(Ordering::Relaxed);
        match nested & MOST_NESTED {
            0 => {
                leave(self);
                self.take_detached()
            }
            MOST_NESTED => None,
            _ => {
                self.nested.store(nested - 1, Ordering::Relaxed);
                None
            }
        }
    }

    /// Keeps the reader whose slot this is until its last guard leaves. Returns it if its structure is
    /// gone, and with it all guards except forgotten ones.
    pub(super) fn adopt(&self, reader: Reader) -> Option<Reader> {
        // ORDER: none needed, here and below: only the owner uses the count (registry.rs R1).
        let nested = self.nested.load(Ordering::Relaxed);
        self.nested.store(nested | DETACHED, Ordering::Relaxed);
        let mut owner = self.lock_owner();
        if reader.is_of_closed() && !planted("adopt-never-asks") {
            return Some(reader);
        }
        owner.detached = Some(reader);
        None
    }

    /// The reader whose slot this is, if it was left to its guards.
    pub(super) fn take_detached(&self) -> Option<Reader> {
        self.lock_owner().detached.take()
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
        // Before what was there until now (registry.rs R3).
        drop(owner);
    }

    /// Says that the reader is a snapshot, and names the calling thread as its thread.
    pub(crate) fn become_snapshot(&self) {
        let mut thread = thread::current();
        let mut owner = self.lock_owner();
        owner.is_snapshot = true;
        mem::swap(&mut owner.thread, &mut thread);
        // Before what was there until now (registry.rs R3).
        drop(owner);
    }

    /// Nothing may be allocated or freed while this is held (registry.rs R3).
    fn lock_owner(&self) -> BetweenForks<MutexGuard<'_, Owner>> {
        BetweenForks::lock(|| self.owner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Which slot this is, for as long as it lives.
    pub(crate) fn address(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    /// This reader, as a writer's error names it.
    pub(super) fn describe(&self, waited: Duration) -> BusyReader {
        let owner = self.lock_owner();
        let (label, thread) = (owner.label.clone(), owner.thread.clone());
        let is_snapshot = owner.is_snapshot;
        drop(owner);
        BusyReader {
            label: label.as_deref().map(str::to_owned),
            thread: match thread.name() {
                Some(name) => name.to_owned(),
                None => format!("{:?}", thread.id()),
            },
            is_snapshot,
            waited,
            slot: self.address(),
        }
    }
}

impl OwnWord for Slot {
    #[inline(always)]
    fn load(&self) -> Word {
        // ORDER: none needed: only the owner, which asks, stores to the word (registry.rs R1).
        Word::from_raw(self.word.load(Ordering::Relaxed))
    }

    #[inline(always)]
    fn store(&self, word: Word, order: Ordering) {
        // ORDER: as the caller says.
        self.word.store(word.into_raw(), order);
    }

    #[inline(always)]
    fn fence(&self) {
        fence::full();
    }

    #[inline(always)]
    fn enter_again(&self) {
        self.nest();
    }

    #[inline(always)]
    fn next_entry(&self) -> Entry {
        // ORDER: none needed, here and below: only the owner uses it (registry.rs R1).
        let entry = Entry::from_bits(self.entry.load(Ordering::Relaxed)).next();
        self.entry.store(entry.to_bits(), Ordering::Relaxed);
        entry
    }

    fn note_version(&self, version: u64) -> Option<u64> {
        // ORDER: none needed, here and below: only the owner uses it (registry.rs R1).
        let before = self.version.load(Ordering::Relaxed);
        self.version.store(version, Ordering::Relaxed);
        (before != NO_VERSION).then_some(before)
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

    #[test]
    #[cfg(not(loom))]
    fn what_a_read_stores_to_is_on_one_line() {
        let ends = [
            mem::offset_of!(Slot, counts) + size_of::<Counts>(),
            mem::offset_of!(Slot, version) + size_of::<AtomicU64>(),
        ];
        assert_eq!(mem::offset_of!(Slot, word), 0);
        assert!(ends.iter().all(|end| *end <= 64), "{ends:?}");
    }

    /// 2^32 forgotten guards must not make the next one leave for all of them.
    #[test]
    fn the_nesting_count_sticks_at_the_top() {
        let copy = Word::made_up(8);
        let slot = Slot::new();
        slot.store(copy, Ordering::Relaxed);
        // ORDER: none needed: one thread.
        slot.nested.store(MOST_NESTED - 1, Ordering::Relaxed);
        slot.enter_again();
        slot.enter_again();
        for _ in 0..3 {
            assert!(!slot.has_one_guard());
            assert!(slot.leave_one().is_none());
        }
        assert_eq!(slot.look(), copy);
        leave(&slot);
        assert_eq!(slot.look(), Word::OUT);
    }
}
