//! Tests that look into a thread's list.

use std::sync::mpsc;
use std::thread;

use super::*;
use crate::WriteHandle;

fn entries() -> usize {
    READERS.with(|readers| readers.borrow().list.iter().flatten().count())
}

#[test]
fn a_thread_sweeps_out_the_readers_of_structures_that_have_ended() {
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
    // The numbers of structures that have ended are used again. Only a sweep removes their other entries.
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

#[test]
fn a_reader_is_distinguished_from_those_that_had_its_number_before() {
    let make = |number: usize| {
        let writer = WriteHandle::cloned(number);
        let reader = writer.shared_reader();
        (number, writer, reader)
    };
    let mut structures: Vec<_> = (0..24).map(make).collect();
    for round in 1..50 {
        for (number, _, reader) in &structures {
            assert_eq!((*reader.read(), *reader.read()), (*number, *number));
        }
        // Replaces every third structure by another one, which gets the number of the one that ends.
        for at in (round % 3..structures.len()).step_by(3) {
            let (number, writer, reader) = structures.swap_remove(at);
            let guard = reader.read();
            drop(writer);
            assert_eq!(*guard, number);
            drop(guard);
            drop(reader);
            structures.push(make(number + 1000));
        }
    }
}

#[test]
fn a_slot_cache_that_lacks_a_reader_is_recovered_by_its_next_read() {
    let writer = WriteHandle::cloned(7);
    let (reader, guard) = (writer.shared_reader(), writer.shared_reader());
    let guard = guard.read();
    let before = entries();
    READERS.with(|readers| readers.borrow_mut().entries.clear());
    SLOT_CACHE.set(SlotCache::EMPTY);
    assert_eq!((*reader.read(), *guard), (7, 7));
    assert_eq!((entries(), writer.stats().readers), (before, 1));
    assert_ne!(SLOT_CACHE.get().len, 0);
}

/// Reads look into the slot cache without checking the list, whose memory is freed when it ends.
#[test]
fn a_list_that_has_ended_leaves_no_slot_cache() {
    /// Sends, as its thread ends, whether the list has ended by then, and how long the slot cache is.
    struct Older(Cell<Option<mpsc::Sender<(bool, usize)>>>);
    impl Drop for Older {
        fn drop(&mut self) {
            let has_ended = READERS.try_with(|_| ()).is_err();
            if let Some(sender) = self.0.take() {
                let _ = sender.send((has_ended, SLOT_CACHE.get().len));
            }
        }
    }
    thread_local! {
        static OLDER: Older = const { Older(Cell::new(None)) };
    }
    let writer = WriteHandle::cloned(7);
    let reader = writer.shared_reader();
    let (sender, receiver) = mpsc::channel();
    let thread = thread::spawn(move || {
        // Made first, so that it ends after the list.
        OLDER.with(|older| older.0.set(Some(sender)));
        assert_eq!(*reader.read(), 7);
        assert_ne!(SLOT_CACHE.get().len, 0);
    });
    thread.join().expect("no panic");
    assert_eq!(receiver.recv(), Ok((true, 0)));
}
