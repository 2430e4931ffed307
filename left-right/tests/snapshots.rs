//! Snapshots: what each of them pins, on whichever thread it is, and what it keeps alive.

mod setter;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use left_right::{
    BusyReader, DelayWriteHandle, OpWriteHandle, Snapshot, SwapError, Version, WriteHandle,
};
use setter::{FAR, Set, set, try_set, writer};

/// The copies hold one number in many places, so a torn read shows.
const PLACES: usize = 64;

/// Returns the readers that a refresh names. It may be made again.
fn busy(writer: &mut OpWriteHandle<u64, Set>) -> Vec<BusyReader> {
    match writer.try_swap_buffers() {
        Err(SwapError::Busy(busy)) => busy.readers,
        other => panic!("not busy: {other:?}"),
    }
}

/// Takes a snapshot in a thread of this name.
fn take_in(thread: &str, take: impl FnOnce() -> Snapshot<u64> + Send + 'static) -> Snapshot<u64> {
    let thread = thread::Builder::new().name(thread.to_owned());
    thread.spawn(take).unwrap().join().unwrap()
}

#[test]
fn a_snapshot_lets_one_refresh_through_and_holds_up_the_second() {
    let mut writer = writer();
    let (handle, shared) = (writer.read_handle(), writer.shared_reader());
    let takes: [&dyn Fn() -> Snapshot<u64>; 2] =
        [&|| handle.clone().into_snapshot(), &|| shared.snapshot()];
    for take in takes {
        let before = *handle.read();
        let snapshot = take();
        assert!(try_set(&mut writer, before + 1).is_ok());
        assert!(try_set(&mut writer, before + 2).is_err());
        assert!(matches!(writer.try_catch_up(), Err(SwapError::Busy(_))));

        // Other readers go on, and the snapshot shows the same state as before.
        assert_eq!((*handle.read(), *shared.read()), (before + 1, before + 1));
        assert_eq!(*snapshot, before);
        assert_eq!(snapshot.version(), Version::from_u64(before));

        drop(snapshot);
        assert!(writer.try_swap_buffers().is_ok());
        assert_eq!(*handle.read(), before + 2);
    }
    // The two readers' own, and nobody else.
    assert_eq!(writer.stats().readers, 2);
}

#[test]
fn a_snapshot_never_holds_up_the_first_refresh_that_begins_after_it() {
    let mut writer = writer();
    let reader = writer.shared_reader();
    for value in 1..100 {
        let snapshot = reader.snapshot();
        assert!(try_set(&mut writer, value).is_ok());
        assert_eq!(*snapshot, value - 1);
    }
}

#[test]
fn an_error_names_a_snapshot_by_its_label_and_by_the_thread_that_took_it() {
    let mut writer = writer();
    let (handle, shared) = (writer.read_handle(), writer.shared_reader());
    let guard = handle.clone();
    let guard = guard.read();
    let labelled = handle.clone();
    labelled.set_label("report");
    let labelled = take_in("taker", move || labelled.into_snapshot());
    let shared = take_in("sharer", move || shared.snapshot());
    let renamed = take_in("first", || handle.into_snapshot());
    renamed.set_label("renamed");
    set(&mut writer, 1);
    writer.push(Set(2));

    let me = thread::current().name().unwrap().to_owned();
    let expected = [
        (None, me.as_str(), false),
        (Some("report"), "taker", true),
        (None, "sharer", true),
        (Some("renamed"), me.as_str(), true),
    ];
    let named = busy(&mut writer);
    assert_eq!(named.len(), expected.len());
    for (label, thread, is_snapshot) in expected {
        let found = named.iter().find(|reader| {
            let label_is = reader.label.as_deref() == label;
            label_is && reader.thread == thread && reader.is_snapshot == is_snapshot
        });
        let found = found.unwrap_or_else(|| panic!("{label:?} of {thread} is not in {named:?}"));
        let shown = found.to_string();
        assert_eq!(shown.contains("snapshot "), is_snapshot, "{shown}");
        assert_eq!(shown.contains('"'), label.is_some(), "{shown}");
    }
    drop(guard);
    assert!(busy(&mut writer).iter().all(|reader| reader.is_snapshot));
    drop((labelled, shared, renamed));
    assert!(writer.try_swap_buffers().is_ok());
}

#[test]
fn a_snapshot_pins_on_whichever_thread_it_is_and_is_released_there() {
    let mut writer = writer();
    let shared = writer.shared_reader();
    let snapshot = take_in("taker", move || shared.snapshot());
    set(&mut writer, 1);
    writer.push(Set(2));
    let (sender, receiver) = mpsc::channel::<Snapshot<u64>>();
    let (answer, answered) = mpsc::channel();
    let other = thread::spawn(move || {
        let snapshot = receiver.recv().unwrap();
        answer.send(*snapshot).unwrap();
        // Dropped here, once the writer has been refused.
        receiver.recv().unwrap_err();
        drop(snapshot);
    });
    assert_eq!(
        busy(&mut writer).len(),
        1,
        "the thread that took it has ended"
    );
    sender.send(snapshot).unwrap();
    assert_eq!(answered.recv(), Ok(0));
    assert_eq!(busy(&mut writer).len(), 1, "it is on another thread");
    drop(sender);
    writer.swap_buffers_timeout(FAR).expect("nobody has left");
    other.join().unwrap();
    assert_eq!(writer.stats().readers, 0);
}

#[test]
fn each_of_many_snapshots_of_one_version_pins_it() {
    let mut writer = writer();
    let reader = writer.shared_reader();
    let mut snapshots: Vec<_> = (0..100).map(|_| reader.snapshot()).collect();
    assert_eq!(writer.stats().readers, 100, "this thread has not read");
    set(&mut writer, 1);
    writer.push(Set(2));
    // From the middle, so that the registry moves its entries.
    while !snapshots.is_empty() {
        assert_eq!(busy(&mut writer).len(), snapshots.len());
        let snapshot = snapshots.swap_remove(snapshots.len() / 2);
        assert_eq!(*snapshot, 0);
    }
    assert!(writer.try_swap_buffers().is_ok());
    assert_eq!(writer.stats().readers, 0);
}

#[test]
fn each_of_many_snapshots_keeps_a_version_of_its_own_past_rebuilds() {
    const VERSIONS: u64 = 20;
    let write = left_right::Builder::new()
        .max_retired(VERSIONS as usize)
        .build(0, 0);
    let mut writer = OpWriteHandle::new(DelayWriteHandle::new(write));
    let reader = writer.shared_reader();
    let mut snapshots = Vec::new();
    for value in 1..=VERSIONS {
        snapshots.push(reader.snapshot());
        set(&mut writer, value);
        // The copy that the snapshot is in is the writer's now, and is set aside.
        writer.rebuild().unwrap();
    }
    assert_eq!(writer.stats().retired as u64, VERSIONS);
    let shown = snapshots.iter().map(|snapshot| **snapshot);
    assert!(shown.eq(0..VERSIONS));
    thread::scope(|scope| {
        for (value, snapshot) in snapshots.into_iter().enumerate() {
            scope.spawn(move || {
                assert_eq!(*snapshot, value as u64);
                assert_eq!(snapshot.version().as_u64(), value as u64);
            });
        }
    });
    set(&mut writer, 0);
    assert_eq!((writer.stats().retired, writer.stats().readers), (0, 0));
}

#[test]
fn a_snapshot_outlives_the_writer_and_all_handles() {
    let value = Arc::new(());
    let mut writer = DelayWriteHandle::cloned(Arc::clone(&value));
    let (reader, shared) = (writer.read_handle(), writer.shared_reader());
    let old = shared.snapshot();
    writer.start_swap();
    let new = shared.snapshot();
    // Between swap and wait: the copy that the older snapshot is in is left to it.
    drop((writer, reader, shared));
    assert_eq!(Arc::strong_count(&value), 3, "two copies and ours");
    assert!(Arc::ptr_eq(&old, &value) && Arc::ptr_eq(&new, &value));
    assert_eq!((old.version().as_u64(), new.version().as_u64()), (0, 1));
    drop(old);
    assert!(Arc::ptr_eq(&new, &value));
    thread::spawn(move || drop(new)).join().unwrap();
    assert_eq!(Arc::strong_count(&value), 1, "both are freed");
}

/// A forgotten guard decides what its handle shows, and so what the snapshot does; and the snapshot ends for all
/// guards that were forgotten.
#[test]
fn a_snapshot_of_a_handle_with_forgotten_guards_shows_their_state_and_releases_it() {
    let mut writer = writer();
    let reader = writer.read_handle();
    for _ in 0..3 {
        std::mem::forget(reader.read());
    }
    let other = writer.read_handle();
    set(&mut writer, 1);
    let snapshot = reader.into_snapshot();
    assert_eq!((*snapshot, *other.read()), (0, 1));
    assert_eq!(snapshot.version().as_u64(), 0);
    writer.push(Set(2));
    assert_eq!(busy(&mut writer).len(), 1);
    drop(snapshot);
    assert!(writer.try_swap_buffers().is_ok());
    assert_eq!(writer.stats().readers, 1);
}

/// Guards that were dropped in any order have left the handle outside, and the snapshot is of the newest state.
#[test]
fn a_snapshot_of_a_handle_after_nested_guards_is_new() {
    let mut writer = writer();
    let reader = writer.read_handle();
    let (outer, inner) = (reader.read(), reader.read());
    set(&mut writer, 1);
    drop(outer);
    assert_eq!(*inner, 0);
    drop(inner);
    let snapshot = reader.into_snapshot();
    assert_eq!(*snapshot, 1);
    assert!(try_set(&mut writer, 2).is_ok());
    assert!(try_set(&mut writer, 3).is_err());
    drop(snapshot);
    assert!(writer.try_swap_buffers().is_ok());
}

/// A snapshot that is forgotten pins its copy for good: no handle is left whose drop would end it.
#[test]
fn a_forgotten_snapshot_pins_and_a_rebuild_goes_past_it() {
    let mut writer = writer();
    std::mem::forget(writer.shared_reader().snapshot());
    set(&mut writer, 1);
    writer.push(Set(2));
    assert!(busy(&mut writer)[0].is_snapshot);
    writer.rebuild().unwrap();
    assert!(writer.try_swap_buffers().is_ok());
    assert!(try_set(&mut writer, 3).is_ok(), "it is in no other copy");
}

#[test]
fn a_snapshot_and_the_guards_of_its_thread_are_independent() {
    let mut writer = writer();
    let reader = writer.shared_reader();
    let guard = reader.read();
    set(&mut writer, 1);
    let snapshot = reader.snapshot();
    assert_eq!((*guard, *reader.read(), *snapshot), (0, 0, 1));
    writer.push(Set(2));
    let named = busy(&mut writer);
    assert!(matches!(&named[..], [own] if reader.is_own(own) && !own.is_snapshot));
    drop(guard);
    writer.try_swap_buffers().expect("the guard has left");
    writer.push(Set(3));
    let named = busy(&mut writer);
    assert!(matches!(&named[..], [other] if !reader.is_own(other) && other.is_snapshot));
    assert_eq!((*reader.read(), *snapshot), (2, 1));
}

#[test]
fn snapshots_sent_between_threads_do_not_change_while_the_writer_swaps() {
    let mut writer = DelayWriteHandle::new(WriteHandle::cloned(vec![0_u64; PLACES]));
    let reader = writer.shared_reader();
    let (begin, is_over) = (Instant::now(), AtomicBool::new(false));
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel::<Arc<Snapshot<Vec<u64>>>>(4);
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) && begin.elapsed() < FAR {
                let next = writer.version().as_u64() + 1;
                if let Ok(own) = writer.finish_swap_timeout(Duration::from_millis(1)) {
                    own.write_buffer_mut().fill(next);
                    writer.start_swap();
                }
            }
        });
        // Each snapshot is read here and there, and whichever thread is the last one drops it.
        scope.spawn(move || {
            for snapshot in receiver {
                assert_eq!(**snapshot, [snapshot.version().as_u64(); PLACES]);
            }
        });
        let (mut versions, mut last) = (0, Version::default());
        while versions < 500 {
            assert!(begin.elapsed() < FAR, "the writer does not swap");
            let snapshot = Arc::new(reader.snapshot());
            sender.send(Arc::clone(&snapshot)).unwrap();
            assert_eq!(**snapshot, [snapshot.version().as_u64(); PLACES]);
            versions += u32::from(snapshot.version() > last);
            last = snapshot.version();
        }
        is_over.store(true, Ordering::SeqCst);
    });
    assert_eq!(writer.stats().readers, 0);
}
