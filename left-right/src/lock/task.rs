//! [`LockAsync`]: a task waits for the lock.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::queue::{Place, Queue};
use super::sleeper::{Sleeper, TaskWaker};
use super::wait::{FREE_LOOKS, SPIN_LOOKS, Seen};
use super::word::State;
use super::{LockError, WriterGuard, WriterLock};
use crate::panics::Panics;

/// A future that waits for a [`WriterLock`], returned by [`WriterLock::lock_async`].
///
/// Dropping it gives up the place in the queue.
#[must_use = "a future does nothing unless it is awaited"]
pub struct LockAsync<'a, T> {
    lock: &'a WriterLock<T>,
    waiting: Option<Waiting>,
}

/// A place in the queue.
struct Waiting {
    /// The process whose queue it is.
    generation: u64,
    ticket: u64,
    waker: Arc<TaskWaker>,
}

impl<T> WriterLock<T> {
    /// Locks, for a task: it gives its thread up while it waits. It needs no particular runtime.
    ///
    /// The task waits in the same queue as threads do, with the same priority. Each unlock wakes it while it is the front. (The
    /// [publisher](crate::background) wakes no task: see [`has_task_to_wake`](Self::has_task_to_wake).) A task that was woken
    /// and is not run for ten milliseconds may be [passed over](Self::pass_over_stalled_task). It joins the queue again when
    /// it is run.
    ///
    /// A waker runs on a thread that unlocks or waits for this lock, or that drops a future of it. That thread does not hold
    /// the lock then.
    ///
    /// # Blocking
    /// A poll looks at the lock a bounded number of times and does not wait for it. A poll that takes the lock for a queued
    /// task locks the queue's mutex, and so does a drop of the future. That mutex is held for a few instructions for each
    /// waiter.
    ///
    /// # Threads
    /// The guard belongs to the thread that has run the task, so it cannot be kept across an `.await` of
    /// a task that moves between threads.
    ///
    /// # Errors
    /// As [`lock`](Self::lock).
    ///
    /// # Panics
    /// If the `Clone` of the task's waker does; the lock is not taken then.
    ///
    /// # Examples
    /// ```
    /// use std::pin::pin;
    /// use std::task::{Context, Poll, Waker};
    ///
    /// let lock = left_right::WriterLock::new(1);
    /// let guard = lock.lock()?;
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| {
    ///         let mut locked = pin!(lock.lock_async());
    ///         let mut context = Context::from_waker(Waker::noop());
    ///         assert!(locked.as_mut().poll(&mut context).is_pending());
    ///     });
    /// });
    /// drop(guard);
    /// let mut locked = pin!(lock.lock_async());
    /// let Poll::Ready(guard) = locked.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
    ///     unreachable!("the lock is free");
    /// };
    /// assert_eq!(*guard?, 1);
    /// # Ok::<(), left_right::LockError>(())
    /// ```
    pub fn lock_async(&self) -> LockAsync<'_, T> {
        LockAsync {
            lock: self,
            waiting: None,
        }
    }

    /// Passes over tasks in the queue that were woken more than ten milliseconds ago and have not been run since, if one
    /// of them is the front. Returns whether any task is in the queue.
    ///
    /// A task that is never run would keep the tasks behind it waiting. So call this about every ten milliseconds while it
    /// returns `true`. (A thread that waits behind a task calls it itself.) It also wakes the task that an unlock on the
    /// [publisher](crate::background) has left to it. So it runs wakers. It never waits for the lock.
    ///
    /// # Examples
    /// ```
    /// let lock = left_right::WriterLock::new(1);
    /// assert!(!lock.pass_over_stalled_task());
    /// ```
    pub fn pass_over_stalled_task(&self) -> bool {
        let head = &self.head;
        let queue = head.queue.get(&head.word);
        queue.wake_deferred(&head.word, &head.tally);
        queue.pass_over(&head.word, &head.tally)
    }

    /// Returns whether an unlock on the [publisher](crate::background) has left a task to be woken. Call it on the publisher
    /// after an unlock, and let another thread call [`pass_over_stalled_task`](Self::pass_over_stalled_task) if it returns
    /// `true`.
    pub fn has_task_to_wake(&self) -> bool {
        let head = &self.head;
        head.queue.get(&head.word).has_deferred()
    }

    /// As [`try_lock`](Self::try_lock), but also takes a lock that is reserved for a task which was woken ten milliseconds ago
    /// and has not been run since, or which the publisher has left to be woken.
    ///
    /// For the [publisher](crate::background), which must not depend on tasks, nor on the thread that passes them over. The
    /// task keeps its place in the queue. Never waits, and runs no waker.
    pub fn try_lock_before_stalled_task(&self) -> Option<WriterGuard<'_, T>> {
        self.try_lock().or_else(|| {
            let head = &self.head;
            head.queue
                .get(&head.word)
                .end_reservation(&head.word, &head.tally);
            self.try_lock()
        })
    }
}

impl<'a, T> LockAsync<'a, T> {
    #[cfg(all(test, not(loom)))]
    pub(super) fn lock(&self) -> &'a WriterLock<T> {
        self.lock
    }

    /// Joins the queue, unless the task has a place already. Returns `None` if another thread has the queue's mutex.
    fn join(&mut self, queue: &Queue, context: &Context<'_>) -> Option<&mut Waiting> {
        let head = &self.lock.head;
        // A forked child has a queue of its own.
        let is_of_parent = |waiting: &mut Waiting| waiting.generation != queue.generation();
        drop(self.waiting.take_if(is_of_parent));
        if self.waiting.is_none() {
            let waker = TaskWaker::new(context.waker());
            let sleeper = Sleeper::Task(Arc::clone(&waker));
            let ticket = queue.try_join(&head.word, &head.tally, sleeper);
            self.waiting = ticket.map(|ticket| Waiting {
                generation: queue.generation(),
                ticket,
                waker,
            });
        }
        self.waiting.as_mut()
    }

    /// Takes the lock as the front, or makes the next unlock wake the task.
    fn poll_in_line(&mut self, queue: &Queue, context: &Context<'_>) -> Poll<WriterGuard<'a, T>> {
        let lock = self.lock;
        loop {
            let Some(waiting) = self.join(queue, context) else {
                // Never waits for a mutex: looks again when it is run again.
                wake_self(context);
                return Poll::Pending;
            };
            if !waiting.waker.will_wake(context.waker()) {
                waiting.waker = TaskWaker::new(context.waker());
            }
            let sleeper = Sleeper::Task(Arc::clone(&waiting.waker));
            match queue.renew(&lock.head.word, waiting.ticket, &sleeper) {
                Place::Gone => self.waiting = None,
                Place::Behind => return Poll::Pending,
                Place::Unknown => {
                    wake_self(context);
                    return Poll::Pending;
                }
                Place::Front(before) => {
                    let seen = queue.awake(|| lock.look(SPIN_LOOKS, 1, |state| !state.is_held()));
                    if let Seen::Taken = seen {
                        self.leave(true);
                        return Poll::Ready(WriterGuard::new(lock));
                    }
                    // Q3: if the lock was held, an unlock sees `WAKE` and wakes us.
                    if before.is_held() {
                        return Poll::Pending;
                    }
                }
            }
        }
    }

    /// Gives the place in the queue up. In a forked child, the parent's queue is left as it is.
    fn leave(&mut self, has_lock: bool) {
        let Some(waiting) = self.waiting.take() else {
            return;
        };
        let head = &self.lock.head;
        let queue = head.queue.get(&head.word);
        if waiting.generation == queue.generation() {
            queue.leave(&head.word, &head.tally, waiting.ticket, has_lock);
        }
    }
}

/// Has the task run again soon. A panic of its waker ends here.
fn wake_self(context: &Context<'_>) {
    Panics::default().catch(|| context.waker().wake_by_ref());
}

impl<'a, T> Future for LockAsync<'a, T> {
    type Output = Result<WriterGuard<'a, T>, LockError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let lock = self.lock;
        if self.waiting.is_none() {
            if let Some(guard) = lock.try_lock() {
                return Poll::Ready(Ok(guard));
            }
        }
        if lock.is_held_by_caller() {
            return Poll::Ready(Err(LockError::HeldByCaller));
        }
        if lock.is_abandoned() {
            return Poll::Ready(Err(LockError::Abandoned));
        }
        let queue = lock.head.queue.get(&lock.head.word);
        if self.waiting.is_none() {
            let seen = queue.awake(|| lock.look(SPIN_LOOKS, FREE_LOOKS, State::is_open));
            if let Seen::Taken = seen {
                return Poll::Ready(Ok(WriterGuard::new(lock)));
            }
        }
        self.poll_in_line(queue, context).map(Ok)
    }
}

impl<T> Drop for LockAsync<'_, T> {
    fn drop(&mut self) {
        self.leave(false);
    }
}

impl<T> fmt::Debug for LockAsync<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockAsync")
            .field("is_queued", &self.waiting.is_some())
            .finish_non_exhaustive()
    }
}
