//! Making, moving, dropping and forgetting writers and handles.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use left_right::{DelayWriteHandle, FenceMode, OpWriteHandle, Operation, WriteHandle};

/// Far longer than any wait takes, so that a test that would hang fails instead.
const FAR: Duration = Duration::from_secs(60);

/// Counts the values that are alive.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(alive: &Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, Ordering::SeqCst);
        Counted(Arc::clone(alive))
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        Counted::new(&self.0)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn alive(counter: &Arc<AtomicUsize>) -> usize {
    counter.load(Ordering::SeqCst)
}

#[test]
fn both_copies_are_dropped_once_with_the_last_handle() {
    let counter = Arc::default();
    let writer = WriteHandle::cloned(Counted::new(&counter));
    let (reader, factory) = (writer.read_handle(), writer.factory());
    assert_eq!(alive(&counter), 2);
    drop(writer);
    assert_eq!(alive(&counter), 1, "readers keep the published copy");
    drop(reader);
    assert_eq!(alive(&counter), 1, "a factory may still make one");
    let late = factory.handle();
    drop(factory);
    assert_eq!(alive(&late.read().0), 1);
    drop(late);
    assert_eq!(alive(&counter), 0);
}

#[test]
fn a_writer_dropped_between_swap_and_wait_leaves_both_copies_to_the_readers() {
    let counter = Arc::default();
    let mut writer = DelayWriteHandle::new(WriteHandle::cloned(Counted::new(&counter)));
    let (inside, other) = (writer.read_handle(), writer.read_handle());
    let guard = inside.read();
    writer.start_swap();
    drop(writer);
    assert_eq!(
        alive(&counter),
        2,
        "a reader is still in the copy swapped out"
    );
    assert_eq!(alive(&guard.0), 2);
    assert!(!other.is_writer_alive());
    drop(guard);
    drop(inside);
    drop(other);
    assert_eq!(alive(&counter), 0);
}

/// The mode follows the writer. However slow the machine is, an endless burst leads to fences, and a pause leads to
/// none, even while a guard is held.
#[test]
fn auto_follows_the_interval_between_swaps() {
    struct Add;
    impl Operation<u64> for Add {
        fn apply(&mut self, target: &mut u64) {
            *target += 1;
        }
    }
    let mut writer: OpWriteHandle<u64, Add> =
        OpWriteHandle::new(DelayWriteHandle::new(WriteHandle::cloned(0)));
    if writer.stats().fence_mode == FenceMode::SeqCst {
        return; // This system has no barrier, so the mode never changes.
    }
    let reader = writer.read_handle();
    for _ in 0..3 {
        let begin = Instant::now();
        while writer.stats().fence_mode == FenceMode::Membarrier {
            assert!(begin.elapsed() < FAR, "never switched");
            writer.push(Add);
            writer.swap_buffers();
        }
        let guard = reader.read();
        writer.push(Add);
        writer.swap_buffers();
        // How long the pause must be depends on how long swaps took.
        let begin = Instant::now();
        while writer.stats().fence_mode == FenceMode::SeqCst {
            assert!(begin.elapsed() < FAR, "never switched back");
            thread::sleep(Duration::from_millis(2));
            writer.swap_buffers();
        }
        assert_eq!(*guard + 1, *writer.read_handle().read());
    }
}

#[test]
fn a_forgotten_writer_does_not_stop_its_readers() {
    let mut writer = WriteHandle::cloned(1);
    let reader = writer.read_handle();
    *writer.write_buffer_mut() = 2;
    writer.swap_buffers();
    std::mem::forget(writer);
    assert_eq!(*reader.read(), 2);
    assert_eq!(*reader.clone().read(), 2);
}

#[test]
fn a_writer_may_move_between_threads() {
    let mut writer = WriteHandle::cloned(0);
    let reader = writer.read_handle();
    for value in 1..20 {
        writer = thread::spawn(move || {
            *writer.write_buffer_mut() = value;
            writer.swap_buffers();
            writer
        })
        .join()
        .unwrap();
        assert_eq!(*reader.read(), value);
    }
}

/// A writer lent by `finish_swap` may be exchanged for another: each keeps its own wait.
#[test]
fn exchanged_writers_keep_their_own_waits() {
    let mut one = DelayWriteHandle::new(WriteHandle::cloned(1));
    let mut two = DelayWriteHandle::new(WriteHandle::cloned(2));
    let reader = one.read_handle();
    std::mem::swap(one.finish_swap(), two.finish_swap());
    let guard = reader.read();
    two.start_swap();
    assert!(two.try_finish_swap().is_err());
    assert!(one.try_finish_swap().is_ok());
    assert_eq!(*guard, 1);
}

#[test]
fn the_last_reader_may_quit_while_the_writer_waits() {
    struct Add;
    impl Operation<u64> for Add {
        fn apply(&mut self, target: &mut u64) {
            *target += 1;
        }
    }
    let mut writer: OpWriteHandle<u64, Add> =
        OpWriteHandle::new(DelayWriteHandle::new(WriteHandle::cloned(0)));
    for _ in 0..100 {
        let reader = writer.read_handle();
        let thread = thread::spawn(move || {
            let guard = reader.read();
            thread::yield_now();
            drop(guard);
        });
        for _ in 0..3 {
            writer.push(Add);
            writer.swap_buffers();
        }
        thread.join().unwrap();
    }
    assert_eq!(writer.stats().readers, 0);
    assert_eq!(*writer.get().read_buffer(), 300);
}

#[test]
fn a_thousand_threads_come_and_go_again_and_again() {
    let rounds = if std::env::var_os("LEFT_RIGHT_LONG").is_some() {
        100
    } else {
        3
    };
    let mut writer = WriteHandle::cloned(0u64);
    let shared = writer.shared_reader();
    for round in 1..=rounds {
        thread::scope(|scope| {
            let threads: Vec<_> = (0..1000)
                .map(|i| {
                    let (shared, factory) = (&shared, writer.factory());
                    scope.spawn(move || {
                        if i % 2 == 0 {
                            *shared.read()
                        } else {
                            *factory.handle().read()
                        }
                    })
                })
                .collect();
            for thread in threads {
                assert_eq!(thread.join().unwrap(), round - 1);
            }
        });
        *writer.write_buffer_mut() = round;
        writer.swap_buffers();
    }
    assert_eq!(writer.stats().readers, 0);
}

#[test]
fn two_copies_whose_drop_panics_end_in_one_panic() {
    struct Loud;
    impl Drop for Loud {
        fn drop(&mut self) {
            panic!("planted in drop");
        }
    }
    let writer = WriteHandle::new(Loud, Loud);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(writer))).is_err());
    // During another panic, only that one resumes.
    let writer = WriteHandle::new(Loud, Loud);
    let reader = writer.read_handle();
    let panic = catch_unwind(AssertUnwindSafe(move || {
        let _dropped_by_unwinding = (writer, reader);
        panic!("the first");
    }))
    .unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"the first"));
}
