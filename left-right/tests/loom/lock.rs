//! Models of the writers' lock.

use std::time::{Duration, Instant};

use left_right::WriterLock;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use super::shallow;

/// A thread that was never woken would end the model with an error.
#[test]
fn writers_exclude_each_other_and_none_waits_without_end() {
    shallow().check(|| {
        let lock = Arc::new(WriterLock::new(0));
        let add = |lock: &WriterLock<i32>| *lock.lock().unwrap() += 1;
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let lock = Arc::clone(&lock);
                thread::spawn(move || add(&lock))
            })
            .collect();
        add(&lock);
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(*lock.lock().unwrap(), 3);
    });
}

/// The owner locks again and again, and a waiter gets its share. (That nobody barges past a waiter with priority
/// is held by the lock's unit tests.)
#[test]
fn a_writer_that_goes_on_lets_the_waiter_in() {
    loom::model(|| {
        let lock = Arc::new(WriterLock::new(0));
        let other = Arc::clone(&lock);
        let first = lock.lock().unwrap();
        let thread = thread::spawn(move || *other.lock().unwrap() += 1);
        drop(first);
        for _ in 0..2 {
            *lock.lock().unwrap() += 1;
        }
        thread.join().unwrap();
        assert_eq!(*lock.lock().unwrap(), 3);
    });
}

/// In a model, a deadline has passed once other threads have run.
#[test]
fn a_waiter_that_gives_up_passes_the_lock_on() {
    loom::model(|| {
        let lock = Arc::new(WriterLock::new(0));
        let far = Instant::now() + Duration::from_secs(1_000_000);
        let first = lock.lock().unwrap();
        let giving_up = Arc::clone(&lock);
        let giving_up = thread::spawn(move || match giving_up.lock_until(far) {
            Ok(mut guard) => {
                *guard += 1;
                1
            }
            Err(_) => 0,
        });
        let staying = Arc::clone(&lock);
        let staying = thread::spawn(move || *staying.lock().unwrap() += 1);
        drop(first);
        staying.join().unwrap();
        let added = giving_up.join().unwrap();
        assert_eq!(*lock.try_lock().unwrap(), 1 + added);
    });
}

#[test]
fn a_listener_sees_the_change_or_is_told() {
    loom::model(|| {
        let lock = Arc::new(WriterLock::new(()));
        // Only the lock orders these.
        let changed = Arc::new(AtomicUsize::new(0));
        let registered = Arc::new(AtomicUsize::new(0));
        let listener = thread::spawn({
            let (lock, changed, registered) = (
                Arc::clone(&lock),
                Arc::clone(&changed),
                Arc::clone(&registered),
            );
            move || {
                registered.store(1, Ordering::Relaxed);
                lock.listen();
                changed.load(Ordering::Relaxed)
            }
        });
        let mut told = None;
        for change in 1..=2 {
            let guard = lock.lock().unwrap();
            changed.store(change, Ordering::Relaxed);
            if guard.unlock() {
                assert_eq!(registered.load(Ordering::Relaxed), 1);
                told.get_or_insert(change);
            }
        }
        let seen = listener.join().unwrap();
        // The first unlock after the call reports it.
        assert!(seen == 2 || told.is_some_and(|told| told <= seen + 1));
    });
}

#[test]
fn a_try_beside_a_listener_fails_only_if_it_is_held() {
    loom::model(|| {
        let lock = Arc::new(WriterLock::new(()));
        let other = Arc::clone(&lock);
        let thread = thread::spawn(move || other.listen());
        assert!(lock.try_lock().is_some());
        thread.join().unwrap();
        assert!(lock.try_lock().unwrap().unlock());
        assert!(!lock.try_lock().unwrap().unlock());
    });
}
