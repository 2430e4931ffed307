//! `SharedReader`: one value through which any thread reads.

mod setter;

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use left_right::{ReadGuard, SharedReader};
use setter::{FAR, set, try_set, writer};

#[test]
fn one_thread_that_holds_a_guard_and_refreshes_twice_gets_an_error_that_names_it() {
    let mut writer = writer();
    let reader = writer.shared_reader();
    reader.set_label("myself");
    let _guard = reader.read();
    set(&mut writer, 1);
    let error = try_set(&mut writer, 2).unwrap_err();
    assert!(error.to_string().contains("myself"), "{error}");
    let error = writer
        .swap_buffers_timeout(Duration::from_millis(1))
        .unwrap_err();
    assert!(error.to_string().contains("myself"), "{error}");
}

#[test]
fn shared_readers_give_each_thread_one_slot() {
    let mut writer = writer();
    let reader = writer.shared_reader();
    assert_eq!(writer.stats().readers, 0);
    for _ in 0..3 {
        assert_eq!(*reader.clone().read(), 0);
    }
    assert_eq!(writer.stats().readers, 1, "clones share the thread's slot");
    thread::scope(|scope| {
        scope.spawn(|| {
            assert_eq!(*reader.read(), 0);
            assert_eq!(writer.stats().readers, 2);
        });
    });
    // A scope's end does not wait for the thread-local values of its threads.
    let begin = Instant::now();
    while writer.stats().readers > 1 {
        assert!(begin.elapsed() < FAR, "the thread's slot is still there");
        thread::yield_now();
    }
    let guard = reader.read();
    set(&mut writer, 1);
    assert_eq!(
        *reader.read(),
        0,
        "one snapshot for a thread that holds a guard"
    );
    drop(guard);
    assert_eq!(*reader.read(), 1);
}

#[test]
fn a_guard_leaked_by_a_thread_that_ends_stays_valid_and_pins() {
    let mut writer = writer();
    let reader: &'static SharedReader<u64> = Box::leak(Box::new(writer.shared_reader()));
    let value: &'static u64 = thread::spawn(move || {
        let guard = Box::leak(Box::new(reader.read()));
        &**guard
    })
    .join()
    .unwrap();
    set(&mut writer, 1);
    assert!(
        try_set(&mut writer, 2).is_err(),
        "a copy lent forever is pinned forever"
    );
    assert_eq!(*value, 0);
    // Other threads still read.
    assert_eq!(thread::spawn(move || *reader.read()).join().unwrap(), 1);
}

/// A guard kept in an older thread-local value than the reader's list outlives the list. New
/// threads that start meanwhile must not get the same slot. With a list that reuses its entries, that was a use
/// after free.
#[test]
fn a_guard_in_an_older_thread_local_value_outlives_the_list() {
    struct Kept {
        guards: Vec<ReadGuard<'static, u64>>,
        reader: &'static SharedReader<u64>,
        checks: Arc<AtomicUsize>,
    }
    impl Drop for Kept {
        fn drop(&mut self) {
            // The list may have ended. Other threads start, read and end.
            for _ in 0..4 {
                let reader = self.reader;
                thread::spawn(move || assert_eq!(*reader.read(), 1))
                    .join()
                    .unwrap();
            }
            // The first guard to leave must not end the reader that the other one uses.
            for guard in self.guards.drain(..) {
                assert_eq!(*guard, 0);
            }
            // A read without a list has a slot for this one guard, on the newest state.
            let late = *self.reader.read();
            assert!(late <= 1);
            self.checks.fetch_add(1, Ordering::SeqCst);
        }
    }
    thread_local! {
        static OLDER: RefCell<Option<Kept>> = const { RefCell::new(None) };
    }

    let mut writer = writer();
    let reader: &'static SharedReader<u64> = Box::leak(Box::new(writer.shared_reader()));
    let checks = Arc::new(AtomicUsize::new(0));
    let thread = thread::spawn({
        let checks = Arc::clone(&checks);
        move || {
            // Touched first, so that it is destroyed after the list, or before it. Both must work.
            OLDER.with(|older| assert!(older.borrow().is_none()));
            let guards = vec![reader.read(), reader.read()];
            set(&mut writer, 1);
            OLDER.with(|older| {
                *older.borrow_mut() = Some(Kept {
                    guards,
                    reader,
                    checks,
                });
            });
            writer
        }
    });
    let mut writer = thread.join().unwrap();
    assert_eq!(checks.load(Ordering::SeqCst), 1);
    // The guard has ended, and so has the thread's slot.
    assert!(try_set(&mut writer, 2).is_ok());
    assert_eq!(writer.stats().readers, 0);
}

/// A thread-local value that is older than the thread's list ends after it. Its reads must then not use the
/// list, whose memory is freed, and whose readers have quit.
#[test]
fn a_read_after_the_thread_s_list_has_ended_has_a_reader_of_its_own() {
    struct Older(RefCell<Option<(SharedReader<u64>, mpsc::Sender<[usize; 3]>, u64)>>);
    impl Drop for Older {
        fn drop(&mut self) {
            let Some((reader, sender, expected)) = self.0.take() else {
                return;
            };
            let before = reader.readers();
            let guard = reader.read();
            // A panic here would abort.
            let during = if *guard == expected {
                reader.readers()
            } else {
                usize::MAX
            };
            drop(guard);
            let _ = sender.send([before, during, reader.readers()]);
        }
    }
    thread_local! {
        static OLDER: Older = const { Older(RefCell::new(None)) };
    }
    let mut writer = writer();
    let reader = writer.shared_reader();
    set(&mut writer, 5);
    let (sender, receiver) = mpsc::channel();
    let thread = thread::spawn(move || {
        OLDER.with(|older| {
            *older.0.borrow_mut() = Some((reader.clone(), sender, 5));
        });
        assert_eq!((*reader.read(), reader.readers()), (5, 1));
    });
    thread.join().unwrap();
    assert_eq!(receiver.recv(), Ok([0, 1, 0]));
    // The writer waits for no reader.
    set(&mut writer, 6);
    assert!(try_set(&mut writer, 7).is_ok());
}
