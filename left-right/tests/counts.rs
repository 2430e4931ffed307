//! Counters of readers: what a sum of them holds, while readers come and go and after their end.

use std::cell::RefCell;
use std::mem;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
use std::thread;
use std::time::{Duration, Instant};

use left_right::{
    Counter, DelayWriteHandle, OpWriteHandle, Operation, ReadGuard, ReadHandle, SharedReader,
    WriteHandle,
};

fn count(reader: &ReadHandle<u64>, counter: Counter) {
    ReadGuard::count(&mut reader.read(), counter);
}

fn count_shared(reader: &SharedReader<u64>, counter: Counter) {
    ReadGuard::count(&mut reader.read(), counter);
}

#[test]
fn counts_begin_at_zero_and_a_read_alone_counts_nothing() {
    let writer = WriteHandle::cloned(0);
    let (handle, shared) = (writer.read_handle(), writer.shared_reader());
    assert_eq!(*handle.read() + *shared.read(), 0);
    assert_eq!(writer.counts(), [0, 0]);
}

#[test]
fn counts_are_exact_once_the_counting_threads_are_joined() {
    const EACH: u64 = 10_000;
    let writer = WriteHandle::cloned(0);
    let shared = writer.shared_reader();
    let mut kept = Vec::new();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (handle, shared) = (writer.read_handle(), shared.clone());
            thread::spawn(move || {
                for n in 0..EACH {
                    count(&handle, Counter::First);
                    if n % 2 == 0 {
                        count_shared(&shared, Counter::Second);
                    }
                }
                handle
            })
        })
        .collect();
    for (number, thread) in threads.into_iter().enumerate() {
        let handle = thread.join().expect("no panic");
        // Two of the handles quit here, and two are still listed.
        if number % 2 == 0 {
            kept.push(handle);
        }
    }
    assert_eq!(writer.counts(), [4 * EACH, 2 * EACH]);
    drop(kept);
    assert_eq!(writer.counts(), [4 * EACH, 2 * EACH]);
}

/// The end of a scope does not wait for the thread-local lists of its threads, but what they have counted is there.
#[test]
fn counts_are_exact_after_a_scope() {
    let writer = WriteHandle::cloned(0);
    let shared = writer.shared_reader();
    for round in 1..=20 {
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| count_shared(&shared, Counter::First));
            }
        });
        assert_eq!(shared.counts(), [3 * round, 0]);
    }
}

#[test]
fn each_handle_and_writer_shows_the_same_sums() {
    struct Set(u64);
    impl Operation<u64> for Set {
        fn apply(&mut self, target: &mut u64) {
            *target = self.0;
        }
    }
    let writer = WriteHandle::cloned(0);
    let handle = writer.read_handle();
    let (clone, factory, shared) = (handle.clone(), handle.factory(), handle.shared_reader());
    for reader in [&handle, &clone, &factory.handle(), &shared.handle()] {
        count(reader, Counter::First);
    }
    for reader in [&shared, &shared.clone(), &clone.shared_reader()] {
        count_shared(reader, Counter::Second);
    }
    for counts in [handle.counts(), clone.counts(), factory.counts()] {
        assert_eq!(counts, [4, 3]);
    }
    assert_eq!((shared.counts(), writer.counts()), ([4, 3], [4, 3]));
    let writer = DelayWriteHandle::new(writer);
    assert_eq!(writer.counts(), [4, 3]);
    let mut writer = OpWriteHandle::new(writer);
    assert_eq!(writer.counts(), [4, 3]);
    // A swap changes nothing, nor does the writer's end.
    writer.push(Set(1));
    writer.swap_buffers();
    drop(writer);
    count(&handle, Counter::Second);
    assert_eq!(factory.counts(), [4, 4]);
}

#[test]
fn every_kind_of_guard_counts_for_its_reader() {
    let writer = WriteHandle::cloned((1, 2));
    let (handle, shared) = (writer.read_handle(), writer.shared_reader());
    for mut guard in [handle.read(), shared.read()] {
        ReadGuard::count(&mut guard, Counter::First);
        let mut part = ReadGuard::map(guard, |pair| &pair.1);
        ReadGuard::count(&mut part, Counter::First);
        let mut part = ReadGuard::try_map(part, |_| None::<&u8>).expect_err("there is none");
        ReadGuard::count(&mut part, Counter::First);
        assert_eq!(*part, 2);
    }
    assert_eq!(writer.counts(), [6, 0]);
    // Nested, and dropped out of order.
    let (mut outer, mut inner) = (handle.read(), handle.read());
    ReadGuard::count(&mut outer, Counter::Second);
    drop(outer);
    ReadGuard::count(&mut inner, Counter::Second);
    assert_eq!(writer.counts(), [6, 2]);
}

#[test]
fn two_structures_do_not_mix_their_counts() {
    let (one, other) = (WriteHandle::cloned(0), WriteHandle::cloned(0));
    let shared = (one.shared_reader(), other.shared_reader());
    for _ in 0..3 {
        count_shared(&shared.0, Counter::First);
        count(&one.read_handle(), Counter::First);
        count_shared(&shared.1, Counter::Second);
    }
    assert_eq!((one.counts(), other.counts()), ([6, 0], [0, 3]));
    // The next structure has the number of the one that ends in each thread's list.
    drop((one, shared.0));
    let third = WriteHandle::cloned(0);
    let reader = third.shared_reader();
    assert_eq!(third.counts(), [0, 0]);
    count_shared(&reader, Counter::Second);
    assert_eq!((third.counts(), other.counts()), ([0, 1], [0, 3]));
}

#[test]
fn counts_outlive_a_handle_whose_guard_was_forgotten() {
    let writer = WriteHandle::cloned(0);
    let reader = writer.read_handle();
    let mut guard = reader.read();
    ReadGuard::count(&mut guard, Counter::First);
    mem::forget(guard);
    assert_eq!(writer.counts(), [1, 0]);
    // Nested in the one that was forgotten.
    count(&reader, Counter::First);
    drop(reader);
    assert_eq!(writer.counts(), [2, 0]);
}

#[test]
fn counts_outlive_a_thread_that_ends_with_a_guard() {
    let writer = WriteHandle::cloned(0);
    let shared = writer.shared_reader();
    let thread = thread::spawn(move || {
        count_shared(&shared, Counter::First);
        let mut guard = shared.read();
        ReadGuard::count(&mut guard, Counter::First);
        mem::forget(guard);
    });
    thread.join().expect("no panic");
    // Its reader is left to the guard.
    assert_eq!((writer.stats().readers, writer.counts()), (1, [2, 0]));
}

/// The reader of a guard that outlives the thread's list counts on, and quits with the guard.
#[test]
fn a_guard_that_outlives_its_threads_list_still_counts() {
    struct Older {
        guard: ReadGuard<'static, u64>,
        shared: &'static SharedReader<u64>,
    }
    impl Drop for Older {
        fn drop(&mut self) {
            ReadGuard::count(&mut self.guard, Counter::First);
            // Without a list, this read has a reader of its own.
            count_shared(self.shared, Counter::Second);
        }
    }
    static SHARED: OnceLock<SharedReader<u64>> = OnceLock::new();
    thread_local! {
        static OLDER: RefCell<Option<Older>> = const { RefCell::new(None) };
    }
    let writer = WriteHandle::cloned(0);
    let shared = SHARED.get_or_init(|| writer.shared_reader());
    let thread = thread::spawn(move || {
        // Touched first, so that it ends after the list.
        OLDER.with(|older| assert!(older.borrow().is_none()));
        let mut guard = shared.read();
        ReadGuard::count(&mut guard, Counter::First);
        OLDER.with(|older| *older.borrow_mut() = Some(Older { guard, shared }));
    });
    thread.join().expect("no panic");
    assert_eq!((writer.stats().readers, writer.counts()), (0, [2, 1]));
}

/// Readers count and quit, handles and threads that end, while another thread makes sums. A sum has what was counted
/// before it began, and no more than what had begun when it was over.
#[test]
fn a_sum_misses_nothing_and_has_nothing_twice_while_readers_come_and_go() {
    let writer = WriteHandle::cloned(0);
    let (shared, factory) = (writer.shared_reader(), writer.factory());
    let (begun, done, is_over) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let step = |count: &dyn Fn()| {
        begun.fetch_add(1, Ordering::SeqCst);
        // With the one of the sums: a thread that sees the count sees that it has begun.
        fence(Ordering::SeqCst);
        count();
        done.fetch_add(1, Ordering::SeqCst);
    };
    thread::scope(|scope| {
        let by_handle = scope.spawn(|| {
            for _ in 0..3_000 {
                let handles = [factory.handle(), factory.handle()];
                for handle in &handles {
                    step(&|| count(handle, Counter::First));
                }
            }
        });
        let by_thread = scope.spawn(|| {
            for _ in 0..150 {
                thread::scope(|inner| {
                    inner.spawn(|| step(&|| count_shared(&shared, Counter::First)));
                });
            }
        });
        scope.spawn(|| {
            let mut last = 0;
            while !is_over.load(Ordering::SeqCst) {
                let least = done.load(Ordering::SeqCst);
                let [sum, other] = writer.counts();
                fence(Ordering::SeqCst);
                let most = begun.load(Ordering::SeqCst);
                assert!(least <= sum && sum <= most, "{least}, {sum}, {most}");
                assert!(last <= sum, "{last}, then {sum}");
                assert_eq!(other, 0);
                last = sum;
            }
        });
        let results = [by_handle.join(), by_thread.join()];
        is_over.store(true, Ordering::SeqCst);
        assert!(results.iter().all(Result::is_ok));
    });
    assert_eq!(writer.counts(), [6_150, 0]);
}

/// A sum locks the list of readers, not the readers, and waits for no guard.
#[test]
fn a_sum_waits_for_no_guard_and_a_guard_counts_while_a_writer_waits() {
    let mut writer = DelayWriteHandle::new(WriteHandle::cloned(0));
    let (reader, factory) = (writer.read_handle(), writer.factory());
    let mut guard = reader.read();
    writer.start_swap();
    assert!(writer.try_finish_swap().is_err());
    let waiting = thread::spawn(move || {
        let begin = Instant::now();
        while writer
            .finish_swap_timeout(Duration::from_millis(1))
            .is_err()
        {
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "a reader is stuck"
            );
        }
        writer
    });
    for n in 1..=100 {
        ReadGuard::count(&mut guard, Counter::Second);
        assert_eq!(factory.counts(), [0, n]);
    }
    drop(guard);
    let writer = waiting.join().expect("no panic");
    assert_eq!(writer.counts(), [0, 100]);
}
