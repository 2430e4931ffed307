//! Models of tasks that wait for the writers' lock.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Wake, Waker};

use left_right::{WriterGuard, WriterLock};
use loom::sync::{Arc, Notify};
use loom::thread;

use super::shallow;

/// Wakes a thread of the model, which would wait without end if it were never woken.
struct Told(Arc<Notify>);

impl Wake for Told {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.notify();
    }
}

/// Locks as a task does, which is run when it is woken.
fn lock_as_task<T>(lock: &WriterLock<T>) -> WriterGuard<'_, T> {
    let told = Arc::new(Notify::new());
    let waker = Waker::from(std::sync::Arc::new(Told(Arc::clone(&told))));
    let mut task = pin!(lock.lock_async());
    loop {
        match task.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(guard) => return guard.unwrap(),
            Poll::Pending => told.wait(),
        }
    }
}

#[test]
fn a_task_and_a_thread_exclude_each_other_and_neither_waits_without_end() {
    shallow().check(|| {
        let lock = Arc::new(WriterLock::new(0));
        let other = Arc::clone(&lock);
        let thread = thread::spawn(move || *other.lock().unwrap() += 1);
        *lock_as_task(&lock) += 1;
        thread.join().unwrap();
        assert_eq!(*lock.lock().unwrap(), 2);
    });
}

#[test]
fn two_tasks_exclude_each_other_and_neither_waits_without_end() {
    shallow().check(|| {
        let lock = Arc::new(WriterLock::new(0));
        let other = Arc::clone(&lock);
        let thread = thread::spawn(move || *lock_as_task(&other) += 1);
        *lock_as_task(&lock) += 1;
        thread.join().unwrap();
        assert_eq!(*lock.lock().unwrap(), 2);
    });
}

/// A task that gives up while it is the front, at any moment, leaves nobody waiting.
#[test]
fn a_task_that_gives_up_passes_the_lock_on() {
    shallow().check(|| {
        let lock = Arc::new(WriterLock::new(0));
        let guard = lock.lock().unwrap();
        let giving_up = Arc::clone(&lock);
        let giving_up = thread::spawn(move || {
            let mut task = Box::pin(giving_up.lock_async());
            _ = task.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        });
        let staying = Arc::clone(&lock);
        let staying = thread::spawn(move || *lock_as_task(&staying) += 1);
        drop(guard);
        giving_up.join().unwrap();
        staying.join().unwrap();
        assert_eq!(*lock.try_lock().unwrap(), 1);
    });
}

/// A task that is never run again is passed over, and a thread behind it gets the lock. (In a model no time passes
/// before a task that was woken counts as stalled.)
#[test]
fn a_task_that_is_never_run_again_is_passed_over() {
    shallow().check(|| {
        let lock = Arc::new(WriterLock::new(0));
        let guard = lock.lock().unwrap();
        let stalled = Arc::clone(&lock);
        let stalled = thread::spawn(move || {
            let mut task = Box::pin(stalled.lock_async());
            let polled = task.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(polled.is_pending(), "it is held");
            // Its place stays.
            std::mem::forget(task);
        });
        stalled.join().unwrap();
        let waiting = Arc::clone(&lock);
        let waiting = thread::spawn(move || *waiting.lock().unwrap() += 1);
        drop(guard);
        lock.pass_over_stalled_task();
        waiting.join().unwrap();
        assert_eq!(*lock.lock().unwrap(), 1);
    });
}

/// The task is in the queue before the unlock, which therefore has to wake it. (The owner waits until then. Else the
/// model would let it unlock first, whenever the task looks. A wait of the model may end early, too.)
#[test]
fn an_unlock_wakes_the_task_that_waits_for_it() {
    shallow().check(|| {
        let lock = Arc::new(WriterLock::new(0));
        let guard = lock.lock().unwrap();
        let has_looked = Arc::new(Notify::new());
        let waiting = thread::spawn({
            let (lock, has_looked) = (Arc::clone(&lock), Arc::clone(&has_looked));
            move || {
                let told = Arc::new(Notify::new());
                let waker = Waker::from(std::sync::Arc::new(Told(Arc::clone(&told))));
                let mut task = pin!(lock.lock_async());
                loop {
                    let polled = task.as_mut().poll(&mut Context::from_waker(&waker));
                    has_looked.notify();
                    match polled {
                        Poll::Ready(guard) => return *guard.unwrap() += 1,
                        Poll::Pending => told.wait(),
                    }
                }
            }
        });
        has_looked.wait();
        drop(guard);
        waiting.join().unwrap();
        assert_eq!(*lock.lock().unwrap(), 1);
    });
}
