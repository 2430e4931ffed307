use std::hint;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::Duration;

use super::sleeper::Sleeper;
use super::*;
use crate::sync::Parker;

/// Waits until this many writers are in the queue.
fn wait_for_waiters<T>(lock: &WriterLock<T>, waiters: usize) {
    let head = &lock.head;
    while head.queue.get(&head.word).len(&head.word) != waiters {
        thread::yield_now();
    }
}

/// Adds a writer to the queue that the system never runs. Returns its ticket.
fn frozen_waiter<T>(lock: &WriterLock<T>) -> u64 {
    let head = &lock.head;
    let unparker = Parker::new().unparker();
    head.queue
        .get(&head.word)
        .join(&head.word, &head.tally, Sleeper::Thread(unparker))
}

fn leave<T>(lock: &WriterLock<T>, ticket: u64) {
    let head = &lock.head;
    head.queue
        .get(&head.word)
        .leave(&head.word, &head.tally, ticket, false);
}

/// A critical section counts as long after 20 microseconds.
fn spend_a_long_time() {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_micros(21) {
        hint::spin_loop();
    }
}

/// Locks and unlocks until the lock is reserved, at most `most` times. Returns how often.
fn sections_until_reserved<T>(lock: &WriterLock<T>, most: u32, section: impl Fn()) -> u32 {
    let mut sections = 0;
    while let Some(guard) = lock.try_lock() {
        sections += 1;
        assert!(sections <= most, "not reserved after {most} sections");
        section();
        drop(guard);
    }
    sections
}

#[test]
fn critical_sections_exclude_each_other() {
    let lock = WriterLock::new(0u64);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for round in 0..10_000 {
                    let mut guard = match round % 3 {
                        0 => loop {
                            if let Some(guard) = lock.try_lock() {
                                break guard;
                            }
                        },
                        _ => lock.lock().unwrap(),
                    };
                    *guard += 1;
                    if round % 100 == 0 {
                        // Others fall asleep meanwhile.
                        thread::yield_now();
                    }
                    if round % 2 == 0 {
                        guard.unlock();
                    }
                }
            });
        }
    });
    assert!(!lock.head.word.peek().has(WAITERS | RESERVED | WAKE));
    assert_eq!(lock.into_inner(), 40_000);
}

#[test]
fn the_owner_gets_an_error_and_others_wait() {
    let lock = WriterLock::new(0);
    let mut guard = lock.lock().unwrap();
    *guard = 1;
    assert!(lock.is_held_by_caller());
    assert_eq!(lock.lock().unwrap_err(), LockError::HeldByCaller);
    let now = Instant::now();
    assert_eq!(lock.lock_until(now).unwrap_err(), LockError::HeldByCaller);
    assert!(lock.try_lock().is_none());
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            assert!(!lock.is_held_by_caller());
            assert!(lock.try_lock().is_none());
            *lock.lock().unwrap()
        });
        wait_for_waiters(&lock, 1);
        *guard = 2;
        drop(guard);
        assert_eq!(other.join().unwrap(), 2);
    });
    assert!(!lock.is_held_by_caller());
    assert!(!lock.has_next());
}

#[test]
fn a_panic_unlocks() {
    let lock = WriterLock::new(1);
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let _guard = lock.lock().unwrap();
        panic!("in a critical section");
    }));
    assert!(panic.is_err());
    assert_eq!(*lock.lock().unwrap(), 1);
}

#[test]
fn waiters_give_up_at_their_deadline_and_leave_nothing_behind() {
    let lock = WriterLock::new(());
    let guard = lock.lock().unwrap();
    thread::scope(|scope| {
        for millis in [0, 1, 3, 5] {
            let lock = &lock;
            scope.spawn(move || {
                let deadline = Instant::now() + Duration::from_millis(millis);
                assert_eq!(lock.lock_until(deadline).unwrap_err(), LockError::TimedOut);
                assert!(Instant::now() >= deadline);
            });
        }
    });
    assert!(!lock.head.word.peek().has(WAITERS | RESERVED | WAKE));
    drop(guard);
    assert!(lock.try_lock().is_some());
    assert!(lock.lock_until(Instant::now()).is_ok());
}

#[test]
fn a_front_that_gives_up_passes_its_place_on() {
    let lock = WriterLock::new(0);
    let mut guard = lock.lock().unwrap();
    thread::scope(|scope| {
        let front = scope.spawn(|| {
            let deadline = Instant::now() + Duration::from_millis(50);
            lock.lock_until(deadline).map(drop)
        });
        while !lock.head.word.peek().has(WAITERS) && !front.is_finished() {
            thread::yield_now();
        }
        let next = scope.spawn(|| *lock.lock().unwrap());
        assert_eq!(front.join().unwrap(), Err(LockError::TimedOut));
        wait_for_waiters(&lock, 1);
        *guard = 1;
        drop(guard);
        assert_eq!(next.join().unwrap(), 1);
    });
}

#[test]
fn long_critical_sections_are_counted_for_a_waiter_that_does_not_run() {
    let lock = WriterLock::new(());
    let begin = Instant::now();
    let first = frozen_waiter(&lock);
    let second = frozen_waiter(&lock);
    assert!(sections_until_reserved(&lock, 12, spend_a_long_time) >= 1);
    let is_counted = begin.elapsed() < tally::LONGEST_RUN;
    leave(&lock, first);
    // The second has waited for as many sections, so it is next. Where the system took the processor away, time
    // alone may have made the first one overdue.
    assert!(lock.try_lock().is_none() || !is_counted);
    sections_until_reserved(&lock, 12, spend_a_long_time);
    // One that joins now starts its count anew.
    let third = frozen_waiter(&lock);
    leave(&lock, second);
    assert!(sections_until_reserved(&lock, 12, spend_a_long_time) >= 1);
    leave(&lock, third);
    assert!(lock.try_lock().is_some());
}

/// After short critical sections, the clock is read rarely.
#[test]
fn long_critical_sections_after_short_ones_are_counted_as_well() {
    let lock = WriterLock::new(());
    for short in 0..30 {
        let ticket = frozen_waiter(&lock);
        for _ in 0..short {
            drop(lock.try_lock());
        }
        let other = frozen_waiter(&lock);
        leave(&lock, ticket);
        sections_until_reserved(&lock, 12, spend_a_long_time);
        leave(&lock, other);
    }
}

#[test]
fn short_critical_sections_are_timed_for_a_waiter_that_does_not_run() {
    let lock = WriterLock::new(());
    let begin = Instant::now();
    let waiter = frozen_waiter(&lock);
    // Where the system schedules other threads now and then, some sections are long. This limit is never reached.
    lock.head.tally.start_run(u64::MAX);
    assert!(sections_until_reserved(&lock, 20_000_000, || {}) >= 1);
    assert!(lock.head.word.peek().has(RESERVED));
    assert!(begin.elapsed() >= Duration::from_micros(400));
    leave(&lock, waiter);
    assert!(lock.try_lock().is_some());
}

/// The thread that holds the lock always locks again at once.
#[test]
fn a_dozen_waiters_get_the_lock_within_twenty_five_long_critical_sections() {
    const WAITERS: usize = 12;
    let lock = WriterLock::new(0);
    let mut guard = lock.lock().unwrap();
    thread::scope(|scope| {
        for _ in 0..WAITERS {
            scope.spawn(|| *lock.lock().unwrap() += 1);
        }
        wait_for_waiters(&lock, WAITERS);
        let mut sections = 0;
        while *guard < WAITERS {
            drop(guard);
            guard = lock.lock().unwrap();
            sections += 1;
            spend_a_long_time();
        }
        drop(guard);
        assert!(sections <= 25, "{sections} critical sections");
    });
}

/// How often a task was woken. Its waker may panic then.
struct Woken {
    times: AtomicUsize,
    panics: bool,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.times.fetch_add(1, Ordering::Relaxed);
        if self.panics {
            std::panic::resume_unwind(Box::new("planned"));
        }
    }
}

/// Polls a task once while another thread has the queue's mutex. Returns how often the task has woken itself.
fn poll_while_the_queue_is_locked(task: Pin<&mut LockAsync<'_, ()>>, panics: bool) -> usize {
    let head = &task.lock().head;
    let queue = head.queue.get(&head.word);
    let woken = Arc::new(Woken {
        times: AtomicUsize::new(0),
        panics,
    });
    let (done, is_done) = mpsc::channel();
    thread::scope(|scope| {
        let waker = Waker::from(Arc::clone(&woken));
        let is_pending = queue.while_locked(&head.word, || {
            scope.spawn(move || {
                let polled = task.poll(&mut Context::from_waker(&waker));
                done.send(polled.is_pending()).unwrap();
            });
            is_done.recv_timeout(Duration::from_secs(60))
        });
        assert_eq!(is_pending, Ok(true), "a poll waits for the mutex");
    });
    woken.times.load(Ordering::Relaxed)
}

#[test]
fn a_task_does_not_wait_for_the_queue_and_looks_again() {
    for panics in [false, true] {
        let lock = WriterLock::new(());
        let guard = lock.lock().unwrap();
        let mut task = pin!(lock.lock_async());
        // It has no place yet.
        assert_eq!(poll_while_the_queue_is_locked(task.as_mut(), panics), 1);
        wait_for_waiters(&lock, 0);
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut context = Context::from_waker(Waker::noop());
                assert!(task.as_mut().poll(&mut context).is_pending());
            });
        });
        wait_for_waiters(&lock, 1);
        assert_eq!(poll_while_the_queue_is_locked(task.as_mut(), panics), 1);
        drop(guard);
        assert!(
            task.poll(&mut Context::from_waker(Waker::noop()))
                .is_ready()
        );
    }
}

#[test]
fn an_unlock_reports_a_listener_once_and_a_drop_keeps_the_report() {
    let lock = WriterLock::new(());
    assert!(!lock.lock().unwrap().unlock());
    lock.listen();
    lock.listen();
    drop(lock.lock());
    let guard = lock.try_lock().unwrap();
    assert!(guard.unlock());
    assert!(!lock.lock().unwrap().unlock());
    let guard = lock.lock().unwrap();
    lock.listen();
    assert!(guard.unlock());
    assert!(!lock.lock().unwrap().unlock());
}

/// The fork came at the worst moment: the queue's mutex is locked, and the lock is reserved for a thread that does
/// not exist in the child.
#[test]
fn a_child_of_a_fork_begins_a_queue_of_its_own() {
    type Use = fn(&WriterLock<u32>);
    let uses: [Use; 4] = [
        |lock| assert!(lock.try_lock().is_some()),
        |lock| *lock.lock().unwrap() += 1,
        |lock| assert!(lock.lock_until(Instant::now()).is_ok()),
        |lock| {
            lock.head.word.clear(RESERVED);
            for _ in 0..100 {
                *lock.lock().unwrap() += 1;
            }
        },
    ];
    for first_use in uses {
        let mut lock = WriterLock::new(0);
        let old = mem::replace(&mut lock.head.queue, CurrentQueue::left_by_a_parent());
        drop(old);
        lock.head.word.set(WAITERS | RESERVED | WAKE);
        assert!(!lock.has_next());
        first_use(&lock);
        let guard = lock.lock().unwrap();
        thread::scope(|scope| {
            scope.spawn(|| *lock.lock().unwrap() += 1);
            wait_for_waiters(&lock, 1);
            drop(guard);
        });
        assert!(!lock.head.word.peek().has(WAITERS | RESERVED | WAKE));
        assert!(lock.try_lock().is_some());
    }
}

#[test]
fn the_data_is_dropped_with_the_lock() {
    let counted = Arc::new(());
    let mut lock = WriterLock::new(Some(counted.clone()));
    assert!(lock.get_mut().is_some());
    drop(lock);
    assert_eq!(Arc::strong_count(&counted), 1);
}
