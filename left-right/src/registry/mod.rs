//! The readers of one structure: who they are, and which copy each is in.
//!
//! # Invariants
//! - **R1** Only the owning reader stores to its slot's word, and only it uses the slot's counts. It is one
//!   thread's at a time: where it is handed on, in a handle that is sent, or to the structure's end that takes
//!   it from its slot, what hands it on orders the two threads.
//! - **R2** A slot is in the registry from before its reader first enters until after it last left.
//! - **R3** The lock is held for a push, a removal or one look at each word: never while waiting, and no
//!   user code runs and no user data is dropped under it. No memory is allocated or freed under it either, nor
//!   under the lock on a slot's owner: a global allocator may read, which takes the one if it is its thread's
//!   first read, and the other where a reader is left to its guards. The latter binds `describe` and `adopt`,
//!   since a guard of that reader may end meanwhile. `set_label` only does the same by habit: no read takes
//!   the lock of a slot whose reader can still be labelled.
//! - **R4** No two lists of slots have the same generation but the last, of which no writer keeps a
//!   list.
//!
//! # Orderings
//! - **O1** A reader's announcement, `ENTERING` or the number of an entry, and the writer's scan are
//!   ordered by the fences F1 or F2: see [`fence`](crate::fence). An announcement that the scan did not
//!   meet is followed by a load that sees the swap.
//! - **O2** Every store that says where a reader is now, a buffer or `OUT`, or that it has come to an
//!   entry of another number (Release), pairs with the scan and the wait (Acquire): who sees it knows
//!   that the reads of earlier stays are over. A bare `ENTERING` is Relaxed, and says nothing of them.
//! - **O3** A join's new generation and the scan's load of it are ordered by the fences F1 or F2, as the
//!   announcement of O1 is, since a reader joins before it first enters: a slot that is not in the list
//!   of a scan belongs to a reader that will load the pointer after the swap. A list that is not of the
//!   latest generation is made anew under the lock, which pairs with the join's.
//! - **O5** `close` stores `is_closed` (Release) before it locks a slot's owner to take the reader left there,
//!   and `adopt` loads it (Acquire) after it has locked the owner, to leave one there: so one of the two ends
//!   the reader. A list that sweeps loads it without that lock; what it then ends is its own, and what it
//!   misses stays for the next sweep.
//! - **O6** A list, its generation and its words are read under one lock. A scan that lacks capacity for what it
//!   meets looks again from the start: who was in the old copy at the first look and is not at the second has
//!   been seen elsewhere (O2), and who has joined since then sees the swap (O3).

mod listing;
mod pins;
mod reader;
mod slot;
mod slots;

pub(crate) use listing::Listing;
pub(crate) use pins::Pins;
pub(crate) use reader::Reader;
pub(crate) use slot::{Place, Slot};

use self::slots::Slots;
use crate::mutant::planted;
use crate::sync::{Arc, AtomicBool, Ordering};

/// The slots of all live readers of one structure.
pub(crate) struct Registry {
    slots: Slots,
    /// Set when the structure is gone, for thread-local lists that still name it.
    is_closed: AtomicBool,
}

impl Registry {
    pub(crate) fn new() -> Self {
        Registry {
            slots: Slots::new(),
            is_closed: AtomicBool::new(false),
        }
    }

    /// A slot of its own for a new reader. Locks the registry.
    pub(crate) fn join(&self) -> Arc<Slot> {
        let slot = Arc::new(Slot::new());
        self.slots.push(Arc::clone(&slot));
        slot
    }

    /// Removes the slot of a reader that has left for good. Locks the registry.
    pub(crate) fn quit(&self, slot: &Slot) {
        self.slots.remove(slot);
    }

    /// The readers that are, or may be, in the copy at `old`. Locks the registry if somebody has joined or
    /// quit since `listing` was made by the last scan, or if there are many readers.
    ///
    /// To be called after the swap that took `old` out and after its heavy fence (O1, O3).
    #[inline]
    pub(crate) fn scan(&self, listing: &mut Listing, old: *mut ()) -> Pins {
        match listing.of(self.slots.generation()) {
            Some(slots) => Pins::collect(old, slots),
            None => self.list_and_scan(listing, old),
        }
    }

    #[cold]
    fn list_and_scan(&self, listing: &mut Listing, old: *mut ()) -> Pins {
        // What is allocated and freed is so here, and not under the lock (R3).
        let mut capacity = listing.pinned();
        loop {
            listing.prepare();
            let mut pins = Pins::with_capacity(capacity);
            let looked = self.slots.look(|generation, slots| {
                pins.try_collect(old, slots)?;
                listing.found(generation, slots);
                Ok::<(), usize>(())
            });
            match looked {
                Ok(()) => {
                    listing.set_pinned(pins.len());
                    pins.begin_wait();
                    return pins;
                }
                // With some capacity for those who enter meanwhile (O6).
                Err(needed) => capacity = needed * 2,
            }
        }
    }

    /// The number of live readers. Locks the registry.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Says that the structure is gone, and ends the readers that were left to guards: these have been
    /// forgotten, since no other guard outlives its structure.
    pub(crate) fn close(&self) {
        // ORDER: O5, with `is_closed`. The locks below decide; the store comes before them.
        self.is_closed.store(true, Ordering::Release);
        let slots = self.slots.copy();
        // Each ends outside the lock, which it takes.
        slots.iter().for_each(|slot| drop(slot.take_orphan()));
    }

    pub(crate) fn is_closed(&self) -> bool {
        // ORDER: O5, with `close`.
        self.is_closed.load(Ordering::Acquire)
    }

    /// A planted fault: the list of slots is taken before the swap, so that who joins in between
    /// goes unscanned.
    pub(crate) fn list_too_early(&self) -> Option<Vec<Arc<Slot>>> {
        planted("slots-listed-before-swap").then(|| self.slots.copy())
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::ptr;
    use std::sync::Barrier;
    use std::thread;

    use super::listing::{LAST, MOST};
    use super::slot::LOOKS;
    use crate::buffers::{Buffers, Patience};
    use crate::sync::{Arc, QUIET_SCANS};
    use crate::{FenceMode, ReadHandle, SharedReader};

    /// Processors fetch lines of 64 bytes, in pairs.
    const LINES: usize = 128;

    /// The reader of a guard that was forgotten, in a thread that has ended, names its own slot and the
    /// registry, which names the slot: the structure's end has to undo that.
    #[test]
    fn a_guard_forgotten_by_a_thread_that_ended_keeps_nothing_of_a_structure_that_is_gone() {
        let buffers = Buffers::new(0, 0, FenceMode::Auto, 4);
        let registry = Arc::downgrade(&buffers.shared().registry);
        let reader = SharedReader::new(buffers.shared());
        let thread = thread::spawn(move || std::mem::forget(reader.read()));
        thread.join().expect("no panic");
        assert_eq!(registry.upgrade().map(|registry| registry.len()), Some(1));
        drop(buffers);
        assert!(registry.upgrade().is_none());
    }

    /// The same, where the thread ends after the structure: the list leaves the reader to its guards, and gets
    /// it back.
    #[test]
    fn a_guard_forgotten_by_a_thread_that_ends_later_keeps_nothing_of_a_structure_that_is_gone() {
        let buffers = Buffers::new(0, 0, FenceMode::Auto, 4);
        let registry = Arc::downgrade(&buffers.shared().registry);
        let reader = SharedReader::new(buffers.shared());
        let is_gone = Arc::new(Barrier::new(2));
        let thread = thread::spawn({
            let is_gone = Arc::clone(&is_gone);
            move || {
                std::mem::forget(reader.read());
                drop(reader);
                is_gone.wait();
                is_gone.wait();
            }
        });
        is_gone.wait();
        drop(buffers);
        assert!(
            registry.upgrade().is_some(),
            "the thread's list has a reader"
        );
        is_gone.wait();
        thread.join().expect("no panic");
        assert!(registry.upgrade().is_none());
    }

    /// What a reader writes is its slot, and what it reads besides is only stored to by a swap; so
    /// readers scale as if each were alone.
    #[test]
    fn readers_on_several_threads_share_no_written_line() {
        let buffers = Buffers::new(0, 0, FenceMode::Auto, 4);
        let shared = buffers.shared();
        let are_in = Barrier::new(5);
        thread::scope(|scope| {
            for number in 0..4 {
                let (handle, reader) = (ReadHandle::join(shared), SharedReader::new(shared));
                let are_in = &are_in;
                scope.spawn(move || {
                    // Two kinds of readers, two threads of each.
                    let by_handle = (number % 2 == 0).then(|| handle.read());
                    let by_thread = (number % 2 == 1).then(|| reader.read());
                    are_in.wait();
                    are_in.wait();
                    drop((by_handle, by_thread));
                });
            }
            are_in.wait();
            let slots = shared.registry.slots.copy();
            // Four handles, and the threads' own of two shared readers.
            assert_eq!(slots.len(), 6);
            let mut written: Vec<_> = slots.iter().map(|slot| slot.address()).collect();
            for slot in &slots {
                assert_eq!(size_of_val(&**slot) % LINES, 0);
            }
            written.push(ptr::from_ref(&shared.published).addr());
            assert_eq!(size_of_val(&shared.published), LINES);
            assert!(written.iter().all(|address| address % LINES == 0));
            written.sort_unstable();
            assert!(written.windows(2).all(|two| two[1] - two[0] >= LINES));
            are_in.wait();
        });
    }

    fn swap(buffers: &mut Buffers<u64>) {
        let version = buffers.version().next();
        match buffers.writable(Patience::Try) {
            Ok(copy) => copy.swap(version),
            Err(error) => panic!("{error}"),
        }
    }

    /// So often that the writer has a list of its readers, if it ever makes one.
    fn swap_quietly(buffers: &mut Buffers<u64>) {
        (0..QUIET_SCANS + 2).for_each(|_| swap(buffers));
    }

    fn is_waited_for(buffers: &mut Buffers<u64>, reader: &ReadHandle<u64>) -> bool {
        let _guard = reader.read();
        swap(buffers);
        buffers.finish(Patience::Try).is_err()
    }

    #[test]
    fn every_reader_is_waited_for_however_many_there_are() {
        for readers in [1, MOST - 1, MOST, MOST + 1, 3 * MOST] {
            let mut buffers = Buffers::new(0, 0, FenceMode::Auto, 4);
            let mut handles: Vec<_> = (0..readers)
                .map(|_| ReadHandle::join(buffers.shared()))
                .collect();
            for _ in 0..2 {
                swap_quietly(&mut buffers);
                for reader in [&handles[0], &handles[handles.len() - 1]] {
                    assert!(is_waited_for(&mut buffers, reader), "of {readers}");
                }
                // The next list has one slot at another place.
                handles.push(handles[0].clone());
                handles.swap_remove(0);
            }
        }
    }

    /// The guards end in the order of the list, so that each of them is once the only one that is left to wait
    /// for, the last of the list, too.
    fn each_is_waited_for(buffers: &mut Buffers<u64>, handles: &[ReadHandle<u64>]) {
        let guards: Vec<_> = handles.iter().map(ReadHandle::read).collect();
        swap(buffers);
        for (number, guard) in guards.into_iter().enumerate() {
            assert!(!buffers.is_finished(), "{number} of {}", handles.len());
            drop(guard);
        }
        assert!(buffers.is_finished());
    }

    #[test]
    fn each_of_many_guards_is_waited_for() {
        for readers in [1, 3, MOST, 3 * MOST] {
            let mut buffers = Buffers::new(0, 0, FenceMode::Auto, 4);
            let handles: Vec<_> = (0..readers)
                .map(|_| ReadHandle::join(buffers.shared()))
                .collect();
            // By a scan of the registry, without capacity for any pin, and by one of the writer's own list.
            for _ in 0..2 {
                each_is_waited_for(&mut buffers, &handles);
                swap_quietly(&mut buffers);
            }
        }
    }

    /// A scan has capacity for as many pins as the last one has met.
    #[test]
    fn each_guard_is_waited_for_where_there_is_capacity_for_some() {
        for before in 1..4 {
            let mut buffers = Buffers::new(0, 0, FenceMode::Auto, 4);
            let shared = Arc::clone(buffers.shared());
            let join = |count| (0..count).map(|_| ReadHandle::join(&shared));
            let mut handles: Vec<_> = join(before).collect();
            each_is_waited_for(&mut buffers, &handles);
            // Another generation, so no list of it.
            handles.extend(join(4));
            each_is_waited_for(&mut buffers, &handles);
        }
    }

    /// It cannot be had by joining and quitting on a machine of 64 bits, but on others in minutes.
    #[test]
    fn the_last_generation_is_never_listed() {
        for before in [LAST - 2, LAST - 1, LAST] {
            for is_quiet in [false, true] {
                let mut buffers = Buffers::new(0, 0, FenceMode::Auto, 4);
                let registry = Arc::clone(&buffers.shared().registry);
                registry.slots.set_generation(before);
                let readers = [(); 4].map(|()| {
                    if is_quiet {
                        swap_quietly(&mut buffers);
                    }
                    ReadHandle::join(buffers.shared())
                });
                for reader in &readers {
                    assert!(is_waited_for(&mut buffers, reader), "from {before}");
                }
            }
        }
    }

    /// What is counted is what a swap looks at: no time, which says little beside other work.
    #[test]
    fn a_swap_looks_at_the_live_readers_and_not_at_the_peak() {
        const PEAK: usize = 100_000;
        let looks = |buffers: &mut Buffers<u64>| {
            let before = LOOKS.get();
            swap(buffers);
            LOOKS.get() - before
        };
        let mut buffers = Buffers::new(0, 0, FenceMode::Auto, 4);
        let mut handles: Vec<_> = (0..PEAK)
            .map(|_| ReadHandle::join(buffers.shared()))
            .collect();
        assert_eq!(looks(&mut buffers), PEAK);
        // From the middle, so that the list moves its entries.
        while handles.len() > 3 {
            handles.swap_remove(handles.len() / 2);
        }
        for _ in 0..QUIET_SCANS + 2 {
            assert_eq!(looks(&mut buffers), 3);
        }
        let capacity = buffers.shared().registry.slots.capacity();
        let listed = buffers.listing_capacity();
        assert!(capacity <= 32 && listed <= 32, "{capacity}, {listed}");
    }

    #[test]
    fn the_slot_of_a_reader_that_quit_is_let_go_by_the_next_swap() {
        let mut buffers = Buffers::new(0, 0, FenceMode::Auto, 4);
        let reader = ReadHandle::join(buffers.shared());
        swap_quietly(&mut buffers);
        let slot = Arc::downgrade(&buffers.shared().registry.slots.copy()[0]);
        drop(reader);
        assert!(slot.upgrade().is_some(), "there was no list");
        swap(&mut buffers);
        assert!(slot.upgrade().is_none());
    }
}
