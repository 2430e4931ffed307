//! What needs a registry and the writer that scans it.

use std::ptr;
use std::sync::Barrier;
use std::thread;

use super::super::slot::LOOKS;
use super::super::slots::LAST;
use crate::policy::{MOST, Patience, QUIET_SCANS};
use crate::protocol::Policy;
use crate::sync::Arc;
use crate::write::Buffers;
use crate::{Counter, FenceMode, ReadGuard, ReadHandle, SharedReader};

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
            assert_eq!(size_of_val(&**slot), LINES);
        }
        written.push(ptr::from_ref(&shared.published).addr());
        assert_eq!(size_of_val(&shared.published), LINES);
        assert!(written.iter().all(|address| address % LINES == 0));
        written.sort_unstable();
        assert!(written.windows(2).all(|two| two[1] - two[0] >= LINES));
        are_in.wait();
    });
}

/// Where the first and the last of a list quit, too, so that another slot takes the place of the one removed.
#[test]
fn the_counts_of_a_reader_that_quits_are_kept() {
    let buffers = Buffers::new(0, 0, FenceMode::Auto, 4);
    let shared = buffers.shared();
    let mut handles: Vec<_> = (0..4).map(|_| ReadHandle::join(shared)).collect();
    for (number, reader) in handles.iter().enumerate() {
        let mut guard = reader.read();
        (0..number).for_each(|_| ReadGuard::count(&mut guard, Counter::First));
        ReadGuard::count(&mut guard, Counter::Second);
    }
    assert_eq!(shared.registry.counts(), [6, 4]);
    for at in [0, 1, 0, 0] {
        handles.swap_remove(at);
        assert_eq!(shared.registry.counts(), [6, 4], "{} left", handles.len());
    }
    let reader = ReadHandle::join(shared);
    ReadGuard::count(&mut reader.read(), Counter::First);
    assert_eq!(shared.registry.counts(), [7, 4]);
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
    let listed = buffers.tuning().list().capacity();
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

/// Two registries may have the same generation; a list of one must not be taken for the other's.
#[test]
fn a_list_of_another_registry_is_not_used() {
    let mut swapped = Buffers::new(0, 0, FenceMode::Auto, 4);
    let other = Buffers::new(0, 0, FenceMode::Auto, 4);
    let _joined = [
        ReadHandle::join(swapped.shared()),
        ReadHandle::join(other.shared()),
    ];
    swap_quietly(&mut swapped);
    let slots = |buffers: &Buffers<u64>| {
        let list = swapped.tuning().list();
        list.of(&buffers.shared().registry.slots).map(<[_]>::len)
    };
    assert_eq!(slots(&swapped), Some(1));
    assert_eq!(slots(&other), None);
}
