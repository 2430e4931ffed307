//! Readers: guards that are kept, nest, leak and panic, and what each of them holds up.

mod setter;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use left_right::{
    DelayWriteHandle, OpWriteHandle, ReadGuard, ReadHandle, SwapError, Version, WriteHandle,
};
use setter::{FAR, Set, set, try_set, writer};

/// As [`set`], in another thread, which counts how often it has waited.
fn set_in_a_thread(
    mut writer: OpWriteHandle<u64, Set>,
    value: u64,
) -> (
    thread::JoinHandle<OpWriteHandle<u64, Set>>,
    Arc<AtomicUsize>,
) {
    let waits = Arc::new(AtomicUsize::new(0));
    let waiting = thread::spawn({
        let waits = Arc::clone(&waits);
        move || {
            writer.push(Set(value));
            let begin = Instant::now();
            while writer
                .swap_buffers_timeout(Duration::from_millis(1))
                .is_err()
            {
                waits.fetch_add(1, Ordering::SeqCst);
                assert!(begin.elapsed() < FAR, "a reader is stuck");
            }
            writer
        }
    });
    (waiting, waits)
}

fn until_it_waits(waits: &AtomicUsize) {
    let waits_before = waits.load(Ordering::SeqCst);
    let begin = Instant::now();
    while waits.load(Ordering::SeqCst) < waits_before + 2 {
        assert!(begin.elapsed() < FAR, "the writer does not wait");
        thread::yield_now();
    }
}

#[test]
fn a_guard_held_forever_lets_one_refresh_through_and_holds_up_the_second() {
    let mut writer = writer();
    let reader = writer.read_handle();
    reader.set_label("the stalled one");
    let guard = reader.read();

    assert_eq!(set(&mut writer, 1), Version::from_u64(1));
    let busy = match try_set(&mut writer, 2) {
        Err(SwapError::Busy(busy)) => busy,
        other => panic!("not busy: {other:?}"),
    };
    assert_eq!(busy.readers().len(), 1);
    assert_eq!(busy.readers[0].label.as_deref(), Some("the stalled one"));
    let me = thread::current();
    assert_eq!(busy.readers[0].thread, me.name().unwrap());
    assert!(busy.to_string().contains("the stalled one"), "{busy}");
    assert!(matches!(writer.try_catch_up(), Err(SwapError::Busy(_))));
    let short = Duration::from_millis(1);
    let Err(SwapError::Busy(longer)) = writer.swap_buffers_timeout(short) else {
        panic!("not busy");
    };
    assert!(longer.readers[0].waited >= busy.readers[0].waited + short);
    assert!(writer.catch_up_timeout(short).is_err());
    assert_eq!(writer.pending().len(), 1, "nothing is lost");

    // Other readers go on, and the guard shows the same state as before.
    assert_eq!(*writer.read_handle().read(), 1);
    assert_eq!(*guard, 0);
    assert_eq!(guard.version(), Version::from_u64(0));

    drop(guard);
    assert_eq!(writer.try_swap_buffers().unwrap(), Version::from_u64(2));
    assert_eq!(*reader.read(), 2);
}

#[test]
fn a_guard_never_holds_up_the_first_refresh_that_begins_after_it() {
    let mut writer = writer();
    let reader = writer.read_handle();
    for value in 1..100 {
        let guard = reader.read();
        assert!(try_set(&mut writer, value).is_ok());
        assert_eq!(*guard, value - 1);
    }
}

#[test]
fn a_guard_on_the_new_copy_does_not_hold_up_the_refresh_that_its_reader_has_passed() {
    let mut writer = writer();
    let (old, new) = (writer.read_handle(), writer.read_handle());
    drop(old.read());
    set(&mut writer, 1);
    let _on_new = new.read();
    assert!(
        try_set(&mut writer, 2).is_ok(),
        "the new copy is not the one needed"
    );
    assert!(try_set(&mut writer, 3).is_err(), "now it is");
}

#[test]
fn handles_come_and_go_while_a_refresh_waits_and_it_goes_on_when_the_guard_is_dropped() {
    let mut writer = writer();
    let reader = writer.read_handle();
    let shared = writer.shared_reader();
    let guard = reader.read();
    set(&mut writer, 1);
    let (waiting, waits) = set_in_a_thread(writer, 2);
    for _ in 0..3 {
        until_it_waits(&waits);
        let made = reader.factory().handle();
        assert_eq!(*made.read(), 1);
        drop(made);
        let third = reader.clone();
        let in_a_thread = thread::spawn({
            let shared = shared.clone();
            move || (*third.clone().read(), *shared.read())
        });
        assert_eq!(in_a_thread.join().unwrap(), (1, 1));
        assert_eq!(*guard, 0);
    }
    until_it_waits(&waits);
    drop(guard);
    let writer = waiting.join().unwrap();
    assert_eq!(writer.version(), Version::from_u64(2));
    assert_eq!(*reader.read(), 2);
}

#[test]
fn a_handle_cloned_inside_a_guard_reads_the_newest_state() {
    let mut writer = writer();
    let reader = writer.read_handle();
    let guard = reader.read();
    set(&mut writer, 1);
    let clone = reader.clone();
    assert_eq!((*guard, *clone.read()), (0, 1));
}

#[test]
fn dropping_a_handle_frees_the_pin_of_a_forgotten_guard() {
    let mut writer = writer();
    let reader = writer.read_handle();
    std::mem::forget(reader.read());
    set(&mut writer, 1);
    assert!(try_set(&mut writer, 2).is_err());
    assert_eq!(*reader.read(), 0, "the handle stays on that version");
    drop(reader);
    assert!(writer.try_swap_buffers().is_ok());
}

#[test]
fn a_handle_dropped_while_the_writer_waits_releases_it() {
    let mut writer = writer();
    let reader = writer.read_handle();
    std::mem::forget(reader.read());
    set(&mut writer, 1);
    let (waiting, waits) = set_in_a_thread(writer, 2);
    until_it_waits(&waits);
    drop(reader);
    assert_eq!(waiting.join().unwrap().version(), Version::from_u64(2));
}

#[test]
fn a_reader_that_panics_inside_a_guard_leaves() {
    let mut writer = writer();
    let reader = writer.read_handle();
    catch_unwind(AssertUnwindSafe(|| {
        let _guard = reader.read();
        panic!("planted");
    }))
    .unwrap_err();
    catch_unwind(AssertUnwindSafe(|| reader.with(|_| panic!("planted")))).unwrap_err();
    catch_unwind(AssertUnwindSafe(|| {
        ReadGuard::map(reader.read(), |_| -> &u64 { panic!("planted") });
    }))
    .unwrap_err();
    catch_unwind(AssertUnwindSafe(|| {
        let _ = ReadGuard::try_map(reader.read(), |_| -> Option<&u64> { panic!("planted") });
    }))
    .unwrap_err();
    set(&mut writer, 1);
    assert!(try_set(&mut writer, 2).is_ok());
}

#[test]
fn nested_guards_show_the_outer_one_and_may_be_dropped_in_any_order() {
    let mut writer = writer();
    let reader = writer.read_handle();
    let outer = reader.read();
    set(&mut writer, 1);
    let inner = reader.read();
    assert_eq!((*outer, *inner), (0, 0));
    assert_eq!(inner.version(), outer.version());
    let third = reader.with(|value| (*value, reader.version()));
    assert_eq!(third, (0, Version::from_u64(0)));

    drop(outer);
    assert!(
        try_set(&mut writer, 2).is_err(),
        "the inner guard is still held"
    );
    assert_eq!(*inner, 0);
    assert_eq!(*reader.read(), 0);
    drop(inner);
    assert!(writer.try_swap_buffers().is_ok());
    assert_eq!(*reader.read(), 2);
}

#[test]
fn a_guard_that_leaves_the_scope_of_with_stays_valid() {
    let mut writer = writer();
    let reader = writer.read_handle();
    let mut escaped = None;
    reader.with(|_| escaped = Some(reader.read()));
    set(&mut writer, 1);
    assert!(try_set(&mut writer, 2).is_err());
    assert_eq!(**escaped.as_ref().unwrap(), 0);
    escaped = None;
    assert!(escaped.is_none());
    assert!(writer.try_swap_buffers().is_ok());
}

#[test]
fn a_thread_that_exits_with_a_live_handle_releases_the_writer() {
    let mut writer = writer();
    let reader = writer.read_handle();
    thread::spawn(move || {
        let _guard = reader.read();
        // Both end with the thread.
    })
    .join()
    .unwrap();
    set(&mut writer, 1);
    assert!(try_set(&mut writer, 2).is_ok());
    assert_eq!(writer.stats().readers, 0);
}

#[test]
fn mapped_guards_keep_the_whole_copy() {
    let mut writer = WriteHandle::cloned((1, "one".to_owned()));
    let reader = writer.read_handle();
    let name = ReadGuard::map(reader.read(), |pair| pair.1.as_str());
    *writer.write_buffer_mut() = (2, "two".to_owned());
    let mut writer = DelayWriteHandle::new(writer);
    writer.start_swap();
    assert_eq!(&*name, "one");
    assert_eq!(name.version(), Version::from_u64(0));
    assert!(writer.try_finish_swap().is_err());
    let pair = ReadGuard::try_map(name, |name| name.strip_prefix("two")).unwrap_err();
    assert_eq!(&*pair, "one");
    drop(pair);
    assert!(writer.is_swap_finished());
}

#[test]
fn a_filter_that_finds_nothing_leaves() {
    let mut writer = writer();
    let reader = writer.read_handle();
    for value in 1..4 {
        assert!(ReadGuard::filter_map(reader.read(), |_| None::<&u64>).is_none());
        assert!(try_set(&mut writer, value).is_ok());
        let found = ReadGuard::filter_map(reader.read(), |value| Some(value)).unwrap();
        assert_eq!((*found, found.version().as_u64()), (value, value));
    }
}

#[test]
fn a_settling_swap_counts_as_a_swap() {
    let mut writer = writer();
    let reader = writer.read_handle();
    set(&mut writer, 1);
    let guard = reader.read();
    assert!(writer.settle_with(|_| true));
    assert_eq!((*guard, *reader.clone().read()), (1, 1));
    assert!(
        try_set(&mut writer, 2).is_err(),
        "the guard is in the writer's copy now"
    );
    drop(guard);
    assert!(writer.try_swap_buffers().is_ok());
}

/// Each pinned reader has left once it has been seen elsewhere, and not only if all of them are between two reads
/// at one moment.
#[test]
fn a_swap_is_finished_beside_readers_that_never_rest() {
    let write = left_right::Builder::new()
        .fence(left_right::FenceMode::SeqCst)
        .build(0, 0);
    let mut writer = DelayWriteHandle::new(write);
    let is_over = std::sync::atomic::AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            let (reader, is_over) = (writer.read_handle(), &is_over);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    std::hint::black_box(*reader.read());
                }
            });
        }
        let finished = (0..20).all(|_| {
            writer.start_swap();
            let begin = Instant::now();
            let mut finished = writer.is_swap_finished();
            while !finished && begin.elapsed() < FAR {
                thread::yield_now();
                finished = writer.is_swap_finished();
            }
            finished
        });
        is_over.store(true, Ordering::Relaxed);
        assert!(finished);
    });
}

#[test]
fn a_refresh_timeout_of_any_length_is_legal() {
    let mut writer = writer();
    writer.push(Set(1));
    assert!(writer.swap_buffers_timeout(Duration::MAX).is_ok());
    writer.push(Set(2));
    assert!(writer.swap_buffers_timeout(Duration::ZERO).is_ok());
}

#[test]
fn labels_follow_the_last_thread_that_set_one() {
    let mut writer = writer();
    let reader: ReadHandle<u64> = writer.read_handle();
    let reader = thread::Builder::new()
        .name("labeller".to_owned())
        .spawn(move || {
            reader.set_label("first");
            reader.set_label("second");
            reader
        })
        .unwrap()
        .join()
        .unwrap();
    std::mem::forget(reader.read());
    set(&mut writer, 1);
    let Err(SwapError::Busy(busy)) = try_set(&mut writer, 2) else {
        panic!("not busy");
    };
    assert_eq!(busy.readers[0].label.as_deref(), Some("second"));
    assert_eq!(busy.readers[0].thread, "labeller");
    drop(reader.clone());
}
