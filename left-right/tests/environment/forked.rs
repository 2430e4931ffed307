//! A forked child, which has neither the locks nor the threads of its parent.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use left_right::background::{Background, Next, PerProcess, Work, hold_off_forks};
use left_right::{LockError, WriteHandle, WriterLock};

use super::{FAR, in_own_process};

/// Runs `body` in a forked child. Returns what it returns.
fn in_child(body: impl FnOnce() -> bool) -> bool {
    // SAFETY: the child runs on the memory of a process with many threads. The allocator of glibc and the code
    // under test allow that, and the child ends without running any other code.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "fork failed");
    if child == 0 {
        let status = i32::from(!body());
        // SAFETY: it ends the process at once.
        unsafe { libc::_exit(status) };
    }
    let mut status = 0;
    // SAFETY: the pointer is to our own variable, and the process is our child.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    waited == child && status == 0
}

/// Sends a message at each step.
struct Ticking(mpsc::Sender<&'static str>);

impl Work for Ticking {
    fn publish(&self) -> Next {
        self.0.send("publisher").unwrap();
        Next::Idle
    }

    fn tidy(&self) -> Next {
        self.0.send("janitor").unwrap();
        Next::Idle
    }
}

/// Returns whether a structure gets its steps on both threads.
fn both_threads_come() -> bool {
    let (ticks, ticked) = mpsc::channel();
    let work = Arc::new(Ticking(ticks));
    let weak: std::sync::Weak<Ticking> = Arc::downgrade(&work);
    let background = Background::new(weak);
    background.publish_after(Duration::ZERO).unwrap();
    let publisher = ticked.recv_timeout(FAR);
    background.tidy_after(Duration::ZERO).unwrap();
    (publisher, ticked.recv_timeout(FAR)) == (Ok("publisher"), Ok("janitor"))
}

#[test]
fn a_child_and_its_child_have_threads_and_values_of_their_own() {
    in_own_process(
        "forked::a_child_and_its_child_have_threads_and_values_of_their_own",
        |_| {},
        || {
            assert!(both_threads_come());
            let parent = Background::process();
            let value = PerProcess::new(Background::process);
            assert_eq!(*value.get(), parent);
            assert!(in_child(|| {
                let child = Background::process();
                child != parent
                    && *value.get() == child
                    && both_threads_come()
                    && in_child(|| {
                        let process = Background::process();
                        process != parent && process != child && *value.get() == process
                    })
                    && in_child(both_threads_come)
            }));
            assert_eq!((Background::process(), *value.get()), (parent, parent));
            assert!(both_threads_come());
        },
    );
}

/// Forks on the janitor.
struct Forking(mpsc::Sender<bool>);

impl Work for Forking {
    fn tidy(&self) -> Next {
        let held_off = hold_off_forks();
        let is_well = in_child(|| both_threads_come() && !Background::is_janitor());
        drop(held_off);
        self.0.send(is_well && Background::is_janitor()).unwrap();
        Next::Idle
    }
}

#[test]
fn the_janitor_may_fork_itself() {
    in_own_process(
        "forked::the_janitor_may_fork_itself",
        |_| {},
        || {
            let (ended, has_ended) = mpsc::channel();
            let work = Arc::new(Forking(ended));
            let weak: std::sync::Weak<Forking> = Arc::downgrade(&work);
            let background = Background::new(weak);
            for _ in 0..3 {
                background.tidy_after(Duration::ZERO).unwrap();
                assert_eq!(has_ended.recv_timeout(FAR), Ok(true));
            }
            assert!(both_threads_come());
        },
    );
}

#[test]
fn a_lock_left_behind_by_a_fork_is_recognised_and_the_parent_goes_on() {
    in_own_process(
        "forked::a_lock_left_behind_by_a_fork_is_recognised_and_the_parent_goes_on",
        |_| {},
        || {
            let lock = WriterLock::new(0);
            let (begins, begun) = mpsc::channel();
            let (end, ends) = mpsc::channel::<()>();
            thread::scope(|scope| {
                let lock = &lock;
                scope.spawn(move || {
                    let mut guard = lock.lock().unwrap();
                    begins.send(()).unwrap();
                    _ = ends.recv();
                    *guard += 1;
                });
                begun.recv().unwrap();
                // A thread that waits during the fork does not exist in the child either.
                let waiter = scope.spawn(|| *lock.lock().unwrap() += 1);
                assert!(in_child(|| {
                    lock.is_abandoned()
                        && !lock.is_held_by_caller()
                        && lock.try_lock().is_none()
                        && lock.lock().err() == Some(LockError::Abandoned)
                }));
                assert!(!lock.is_abandoned());
                drop(end);
                waiter.join().unwrap();
            });
            assert_eq!(*lock.lock().unwrap(), 2);
            // The thread that forks still owns its guard in the child.
            let guard = lock.lock().unwrap();
            assert!(in_child(|| {
                let is_own = lock.is_held_by_caller() && !lock.is_abandoned();
                drop(guard);
                is_own && lock.lock().is_ok()
            }));
        },
    );
}

/// A child waited forever for the lock of the list of readers, if another thread of the parent had it at the fork.
#[test]
fn a_child_makes_readers_though_other_threads_of_the_parent_did_so_at_the_fork() {
    in_own_process(
        "forked::a_child_makes_readers_though_other_threads_of_the_parent_did_so_at_the_fork",
        |_| {},
        || {
            let writer = WriteHandle::cloned(7);
            let (factory, shared) = (writer.factory(), writer.shared_reader());
            let has_ended = AtomicBool::new(false);
            thread::scope(|scope| {
                scope.spawn(|| {
                    while !has_ended.load(Ordering::Relaxed) {
                        let reader = factory.handle();
                        reader.set_label("joins and leaves");
                        WriteHandle::cloned(8).shared_reader();
                    }
                });
                for _ in 0..500 {
                    let works = in_child(|| {
                        // SAFETY: a system call on a number. It ends a child that hangs.
                        unsafe { libc::alarm(60) };
                        let reader = factory.handle();
                        reader.set_label("child");
                        let another = WriteHandle::cloned(8).shared_reader();
                        *reader.read() == 7 && *shared.read() == 7 && *another.read() == 8
                    });
                    if !works {
                        has_ended.store(true, Ordering::Relaxed);
                        panic!("the child hangs");
                    }
                }
                has_ended.store(true, Ordering::Relaxed);
            });
        },
    );
}
