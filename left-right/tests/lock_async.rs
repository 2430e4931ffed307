//! Tasks that wait for a [`WriterLock`].

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use left_right::background::{Background, Next, Work};
use left_right::{LockAsync, LockError, WriterGuard, WriterLock};

/// Far longer than any wait takes, so that a test fails instead of hanging.
const FAR: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Counting(AtomicUsize);

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Counting {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

type Polled<'a, T> = Poll<Result<WriterGuard<'a, T>, LockError>>;

fn poll<'a, T>(task: Pin<&mut LockAsync<'a, T>>, woken: &Arc<Counting>) -> Polled<'a, T> {
    let waker = Waker::from(Arc::clone(woken));
    task.poll(&mut Context::from_waker(&waker))
}

/// Runs a task to its end. Nobody runs it unless it is woken.
fn block_on<'a, T>(lock: &'a WriterLock<T>) -> Result<WriterGuard<'a, T>, LockError> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut task = pin!(lock.lock_async());
    let begin = Instant::now();
    loop {
        if let Poll::Ready(guard) = task.as_mut().poll(&mut Context::from_waker(&waker)) {
            return guard;
        }
        thread::park_timeout(FAR);
        assert!(begin.elapsed() < FAR, "the task is not woken");
    }
}

/// A lock that the publisher takes, and gives back when it is told to.
struct Holder {
    lock: WriterLock<()>,
    has_locked: mpsc::SyncSender<()>,
    end: Mutex<mpsc::Receiver<()>>,
    has_unlocked: mpsc::SyncSender<()>,
}

impl Work for Holder {
    fn publish(&self) -> Next {
        let guard = self.lock.try_lock().unwrap();
        self.has_locked.send(()).unwrap();
        self.end.lock().unwrap().recv_timeout(FAR).unwrap();
        drop(guard);
        self.has_unlocked.send(()).unwrap();
        Next::Idle
    }
}

/// The process's publisher, which has a lock.
struct Publisher {
    holder: Arc<Holder>,
    background: Background,
    end: mpsc::SyncSender<()>,
    unlocked: mpsc::Receiver<()>,
}

impl Publisher {
    fn with_lock() -> Self {
        let (has_locked, locked) = mpsc::sync_channel(1);
        let (end, ended) = mpsc::sync_channel(1);
        let (has_unlocked, unlocked) = mpsc::sync_channel(1);
        let holder = Arc::new(Holder {
            lock: WriterLock::new(()),
            has_locked,
            end: Mutex::new(ended),
            has_unlocked,
        });
        let work: Weak<Holder> = Arc::downgrade(&holder);
        let background = Background::new(work);
        background.publish_after(Duration::ZERO).unwrap();
        locked.recv_timeout(FAR).unwrap();
        Publisher {
            holder,
            background,
            end,
            unlocked,
        }
    }

    fn unlock(&self) {
        self.end.send(()).unwrap();
        self.unlocked.recv_timeout(FAR).unwrap();
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.background.leave();
    }
}

/// Calls `run` on another thread, which does not hold the lock.
fn elsewhere<R: Send>(run: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| scope.spawn(run).join().unwrap())
}

#[test]
fn a_task_takes_a_free_lock_at_once() {
    let lock = WriterLock::new(1);
    let woken = Arc::<Counting>::default();
    let mut task = pin!(lock.lock_async());
    let Poll::Ready(Ok(guard)) = poll(task.as_mut(), &woken) else {
        panic!("it is free");
    };
    assert_eq!(*guard, 1);
    assert!(lock.is_held_by_caller());
    assert!(!lock.pass_over_stalled_task(), "nobody waits");
}

#[test]
fn a_task_on_the_owners_thread_gets_an_error() {
    let lock = WriterLock::new(1);
    let _guard = lock.lock().unwrap();
    let mut task = pin!(lock.lock_async());
    let polled = poll(task.as_mut(), &Arc::default());
    assert!(matches!(polled, Poll::Ready(Err(LockError::HeldByCaller))));
}

/// An unlock wakes the front alone. The next one is woken when it becomes the front.
#[test]
fn tasks_are_served_in_their_order() {
    let lock = WriterLock::new(());
    let (first, second) = (Arc::<Counting>::default(), Arc::<Counting>::default());
    let guard = lock.lock().unwrap();
    let mut tasks = [Box::pin(lock.lock_async()), Box::pin(lock.lock_async())];
    elsewhere(|| {
        assert!(poll(tasks[0].as_mut(), &first).is_pending());
        assert!(poll(tasks[1].as_mut(), &second).is_pending());
        assert!(lock.pass_over_stalled_task(), "tasks wait");
    });
    drop(guard);
    assert_eq!((first.count(), second.count()), (1, 0));
    let Poll::Ready(Ok(guard)) = poll(tasks[0].as_mut(), &first) else {
        panic!("it is free");
    };
    assert_eq!(second.count(), 0, "the lock is held");
    drop(guard);
    assert_eq!((first.count(), second.count()), (1, 1));
    assert!(poll(tasks[1].as_mut(), &second).is_ready());
}

#[test]
fn a_task_that_gives_up_passes_its_place_on() {
    let lock = WriterLock::new(());
    let (first, second) = (Arc::<Counting>::default(), Arc::<Counting>::default());
    let guard = lock.lock().unwrap();
    let mut next = pin!(lock.lock_async());
    elsewhere(|| {
        let mut front = Box::pin(lock.lock_async());
        assert!(poll(front.as_mut(), &first).is_pending());
        assert!(poll(next.as_mut(), &second).is_pending());
        drop(front);
        assert_eq!(second.count(), 1, "it is the front");
        assert!(poll(next.as_mut(), &second).is_pending());
    });
    drop(guard);
    assert_eq!((first.count(), second.count()), (0, 2));
    assert!(poll(next.as_mut(), &second).is_ready());
}

/// A new waker replaces the one before.
#[test]
fn a_task_is_woken_by_its_last_waker() {
    let lock = WriterLock::new(());
    let (before, after) = (Arc::<Counting>::default(), Arc::<Counting>::default());
    let guard = lock.lock().unwrap();
    let mut task = pin!(lock.lock_async());
    elsewhere(|| {
        assert!(poll(task.as_mut(), &before).is_pending());
        assert!(poll(task.as_mut(), &after).is_pending());
    });
    drop(guard);
    assert_eq!((before.count(), after.count()), (0, 1));
}

/// Threads wait behind a task that is never run again, until it is passed over.
#[test]
fn a_stalled_task_is_passed_over_and_joins_again() {
    let lock = WriterLock::new(0);
    let woken = Arc::<Counting>::default();
    let guard = lock.lock().unwrap();
    let mut task = pin!(lock.lock_async());
    elsewhere(|| assert!(poll(task.as_mut(), &woken).is_pending()));
    // Not woken yet, so it is not stalled however long it waits.
    thread::sleep(Duration::from_millis(11));
    assert!(lock.pass_over_stalled_task());
    drop(guard);
    assert_eq!(woken.count(), 1);
    thread::sleep(Duration::from_millis(11));
    assert!(lock.pass_over_stalled_task(), "it was still there");
    assert!(!lock.pass_over_stalled_task(), "it is gone");
    let guard = lock.lock().unwrap();
    elsewhere(|| assert!(poll(task.as_mut(), &woken).is_pending(), "it is held"));
    assert!(lock.pass_over_stalled_task(), "it has joined again");
    drop(guard);
    assert_eq!(woken.count(), 2);
    assert!(poll(task.as_mut(), &woken).is_ready());
}

/// Takes the lock for a moment, again and again, until it is reserved for a waiter.
fn lock_until_reserved(lock: &WriterLock<()>) {
    let mut sections = 0;
    while let Some(guard) = lock.try_lock() {
        // A critical section counts as long after 20 microseconds.
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_micros(21) {}
        drop(guard);
        sections += 1;
        assert!(sections <= 16, "it is never reserved");
    }
}

/// After enough critical sections the lock is reserved for the task, so that nobody barges any more.
#[test]
fn the_lock_is_reserved_for_a_task_that_is_overdue() {
    let lock = WriterLock::new(());
    let woken = Arc::<Counting>::default();
    let guard = lock.lock().unwrap();
    let mut task = pin!(lock.lock_async());
    elsewhere(|| assert!(poll(task.as_mut(), &woken).is_pending()));
    drop(guard);
    lock_until_reserved(&lock);
    assert!(poll(task.as_mut(), &woken).is_ready());
    assert!(lock.try_lock().is_some(), "the reservation has ended");
}

#[test]
fn a_waker_that_panics_stops_nobody() {
    struct Panicking;
    impl Wake for Panicking {
        fn wake(self: Arc<Self>) {
            std::panic::resume_unwind(Box::new("planned"));
        }
    }
    impl Drop for Panicking {
        fn drop(&mut self) {
            std::panic::resume_unwind(Box::new("planned"));
        }
    }
    let lock = WriterLock::new(());
    let guard = lock.lock().unwrap();
    let mut task = Box::pin(lock.lock_async());
    elsewhere(|| {
        let waker = Waker::from(Arc::new(Panicking));
        assert!(
            task.as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
    });
    drop(guard);
    let waker = Waker::noop();
    assert!(
        task.as_mut()
            .poll(&mut Context::from_waker(waker))
            .is_ready()
    );
    drop(task);
    assert!(lock.try_lock().is_some());
}

#[test]
fn tasks_and_threads_exclude_each_other() {
    const EACH: usize = 2_000;
    let lock = WriterLock::new(0);
    let is_inside = AtomicBool::new(false);
    let add = |mut guard: WriterGuard<'_, usize>| {
        assert!(!is_inside.swap(true, Ordering::Relaxed));
        *guard += 1;
        assert!(is_inside.swap(false, Ordering::Relaxed));
    };
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..EACH).for_each(|_| add(lock.lock().unwrap())));
            scope.spawn(|| (0..EACH).for_each(|_| add(block_on(&lock).unwrap())));
        }
    });
    assert_eq!(lock.into_inner(), 4 * EACH);
}

/// A waker is user code, which the publisher never runs. It leaves that to the next thread that looks.
#[test]
fn an_unlock_on_the_publisher_wakes_no_task() {
    let publisher = Publisher::with_lock();
    let lock = &publisher.holder.lock;
    let woken = Arc::<Counting>::default();
    let mut task = pin!(lock.lock_async());
    assert!(poll(task.as_mut(), &woken).is_pending());
    publisher.unlock();
    assert_eq!((woken.count(), lock.has_task_to_wake()), (0, true));
    lock.pass_over_stalled_task();
    assert_eq!((woken.count(), lock.has_task_to_wake()), (1, false));
    assert!(poll(task.as_mut(), &woken).is_ready());
}

/// The thread wakes the task that the publisher has not woken, and passes over it. Else both would wait without end.
#[test]
fn a_thread_behind_a_task_that_the_publisher_has_not_woken_gets_the_lock() {
    let publisher = Publisher::with_lock();
    let lock = &publisher.holder.lock;
    let woken = Arc::<Counting>::default();
    let mut task = pin!(lock.lock_async());
    assert!(poll(task.as_mut(), &woken).is_pending());
    thread::scope(|scope| {
        let thread = scope.spawn(|| drop(lock.lock_until(Instant::now() + FAR).unwrap()));
        // It is in the queue, or comes later and finds the lock free.
        thread::sleep(Duration::from_millis(20));
        publisher.unlock();
        thread.join().unwrap();
    });
    // By that thread, whether it has waited or not.
    assert_eq!(woken.count(), 1);
}

/// The one who unlocks wakes them, and so does the one who gives up.
#[test]
fn no_waker_runs_on_a_thread_that_holds_the_lock() {
    struct Looks {
        lock: Arc<WriterLock<()>>,
        woken: AtomicUsize,
    }
    impl Wake for Looks {
        fn wake(self: Arc<Self>) {
            assert!(!self.lock.is_held_by_caller());
            self.woken.fetch_add(1, Ordering::Relaxed);
        }
    }
    let lock = Arc::new(WriterLock::new(()));
    let looks = Arc::new(Looks {
        lock: Arc::clone(&lock),
        woken: AtomicUsize::new(0),
    });
    let waker = Waker::from(Arc::clone(&looks));
    let woken = || looks.woken.load(Ordering::Relaxed);
    let guard = lock.lock().unwrap();
    let mut tasks: Vec<_> = (0..3).map(|_| Box::pin(lock.lock_async())).collect();
    elsewhere(|| {
        for task in &mut tasks {
            let polled = task.as_mut().poll(&mut Context::from_waker(&waker));
            assert!(polled.is_pending());
        }
    });
    drop(guard);
    assert_eq!(woken(), 1);
    let taken = tasks[0].as_mut().poll(&mut Context::from_waker(&waker));
    assert_eq!(woken(), 1, "the second one waits for the unlock");
    drop(taken);
    assert_eq!(woken(), 2);
    drop(tasks.remove(1));
    assert_eq!(woken(), 3, "the third one is the front now");
}

/// The publisher must not depend on tasks, nor on the janitor, which passes them over.
#[test]
fn the_lock_can_be_taken_before_a_task_that_is_not_run() {
    let lock = WriterLock::new(());
    let woken = Arc::<Counting>::default();
    let guard = lock.lock().unwrap();
    let mut task = pin!(lock.lock_async());
    elsewhere(|| assert!(poll(task.as_mut(), &woken).is_pending()));
    drop(guard);
    lock_until_reserved(&lock);
    let begin = Instant::now();
    let guard = loop {
        if let Some(guard) = lock.try_lock_before_stalled_task() {
            break guard;
        }
        assert!(begin.elapsed() < FAR, "it stays reserved");
    };
    drop(guard);
    assert!(lock.pass_over_stalled_task(), "it has kept its place");
    assert!(poll(task.as_mut(), &woken).is_ready());
}
