//! Wakers that panic or run another task when they are woken, dropped or cloned, on any thread.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, RawWaker, RawWakerVTable, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use left_right::{DelayWriteHandle, WriteHandle};

/// Far longer than any wait takes, so that a test that would hang fails instead.
const FAR: Duration = Duration::from_secs(60);

/// A payload that panics with another one of its kind when it is dropped.
struct Payload;

impl Drop for Payload {
    fn drop(&mut self) {
        panic_any(Payload);
    }
}

/// What a waker does.
struct Plan {
    panics: Panics,
    in_wake: Option<InWake>,
    polls_in_wake: bool,
    woken: Arc<AtomicUsize>,
    is_dropped: Arc<AtomicBool>,
}

#[derive(PartialEq, Eq)]
enum Panics {
    Never,
    InWake,
    InDrop,
}

/// Reports a wake, and lets it return when the other side answers.
type InWake = (mpsc::SyncSender<()>, Mutex<mpsc::Receiver<()>>);

impl Plan {
    fn new(panics: Panics, in_wake: Option<InWake>) -> Self {
        Plan {
            panics,
            in_wake,
            polls_in_wake: false,
            woken: Arc::default(),
            is_dropped: Arc::default(),
        }
    }
}

impl Wake for Plan {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.polls_in_wake {
            poll_another_task();
        }
        self.woken.fetch_add(1, Ordering::SeqCst);
        if let Some((begins, may_end)) = &self.in_wake {
            begins.send(()).unwrap();
            may_end.lock().unwrap().recv().unwrap();
        }
        if self.panics == Panics::InWake {
            panic_any(Payload);
        }
    }
}

impl Drop for Plan {
    fn drop(&mut self) {
        self.is_dropped.store(true, Ordering::SeqCst);
        if self.panics == Panics::InDrop {
            poll_another_task();
            panic_any(Payload);
        }
    }
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Returns a task that waits for a guard, and a closure that ends the guard.
fn waiting_task() -> (Task, impl FnOnce()) {
    let mut writer = DelayWriteHandle::new(WriteHandle::cloned(0));
    let reader = Box::new(writer.read_handle());
    // Forgotten, so that the handle may move. The drop of the handle ends the guard.
    std::mem::forget(reader.read());
    writer.start_swap();
    let task = Box::pin(async move {
        writer.finish_swap_async().await;
    });
    (task, move || drop(reader))
}

fn poll(task: &mut Task, waker: &Waker) -> bool {
    let mut context = Context::from_waker(waker);
    task.as_mut().poll(&mut context).is_ready()
}

/// Takes the lock of the watch, so it would not return while that is held.
fn poll_another_task() {
    let (mut task, _end_guard) = waiting_task();
    assert!(!poll(&mut task, Waker::noop()));
}

fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < FAR, "{what}");
        thread::yield_now();
    }
}

/// Checks that the watch works, and wakes a task that waits.
fn wait_and_be_woken() {
    let (mut task, end_guard) = waiting_task();
    let plan = Plan::new(Panics::Never, None);
    let woken = Arc::clone(&plan.woken);
    let waker = Waker::from(Arc::new(plan));
    assert!(!poll(&mut task, &waker));
    end_guard();
    wait_for("the task is never woken", || {
        woken.load(Ordering::SeqCst) > 0
    });
    assert!(poll(&mut task, &waker));
}

#[test]
fn a_wake_that_panics_with_a_payload_that_panics_leaves_other_tasks_their_watch() {
    let (mut task, end_guard) = waiting_task();
    let plan = Plan::new(Panics::InWake, None);
    let woken = Arc::clone(&plan.woken);
    assert!(!poll(&mut task, &Waker::from(Arc::new(plan))));
    end_guard();
    wait_for("the task is never woken", || {
        woken.load(Ordering::SeqCst) > 0
    });
    wait_and_be_woken();
    assert_eq!(woken.load(Ordering::SeqCst), 1);
}

/// The task gives up while its wake goes on, so the waker is dropped on the thread that watches.
#[test]
fn a_waker_that_panics_as_it_is_dropped_by_the_watch_leaves_other_tasks_theirs() {
    let (mut task, end_guard) = waiting_task();
    let (begins, begun) = mpsc::sync_channel(1);
    let (let_end, may_end) = mpsc::channel();
    let plan = Plan::new(Panics::InDrop, Some((begins, Mutex::new(may_end))));
    let is_dropped = Arc::clone(&plan.is_dropped);
    assert!(!poll(&mut task, &Waker::from(Arc::new(plan))));
    end_guard();
    begun.recv_timeout(FAR).unwrap();
    drop(task);
    assert!(!is_dropped.load(Ordering::SeqCst));
    // Another task waits, so that the thread has work to continue with.
    thread::scope(|scope| {
        let other = scope.spawn(wait_and_be_woken);
        let_end.send(()).unwrap();
        other.join().unwrap();
    });
    wait_for("the waker is never dropped", || {
        is_dropped.load(Ordering::SeqCst)
    });
    wait_and_be_woken();
}

/// The opposite case: the task's own thread gets the panic, and nothing else happens.
#[test]
fn a_waker_that_panics_as_its_task_gives_up_leaves_other_tasks_theirs() {
    for is_panicking in [false, true] {
        let (mut task, end_guard) = waiting_task();
        let plan = Plan::new(Panics::InDrop, None);
        assert!(!poll(&mut task, &Waker::from(Arc::new(plan))));
        let given_up = catch_unwind(AssertUnwindSafe(move || {
            let _task = task;
            if is_panicking {
                panic_any(7);
            }
        }));
        let payload = given_up.unwrap_err();
        assert_eq!(payload.is::<i32>(), is_panicking);
        if !is_panicking {
            // This leaks no memory, since it has no size.
            std::mem::forget(payload);
        }
        end_guard();
        wait_and_be_woken();
    }
}

#[test]
fn a_waker_whose_clone_panics_changes_nothing() {
    static VTABLE: RawWakerVTable =
        RawWakerVTable::new(|_| panic!("planted in clone"), |_| (), |_| (), |_| ());
    let (mut task, end_guard) = waiting_task();
    // SAFETY: the table's functions do not use the pointer.
    let waker = unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), &VTABLE)) };
    catch_unwind(AssertUnwindSafe(|| poll(&mut task, &waker))).unwrap_err();
    wait_and_be_woken();
    end_guard();
    drop(task);
}

#[test]
fn a_waker_may_poll_another_task_as_it_is_cloned() {
    static VTABLE: RawWakerVTable = RawWakerVTable::new(
        |_| {
            poll_another_task();
            // A waker that is never used.
            RawWaker::new(std::ptr::null(), &VTABLE)
        },
        |_| (),
        |_| (),
        |_| (),
    );
    let polling = thread::spawn(|| {
        let (mut task, _end_guard) = waiting_task();
        // SAFETY: the table's functions do not use the pointer.
        let waker = unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), &VTABLE)) };
        assert!(!poll(&mut task, &waker));
    });
    wait_for("the clone never returns", || polling.is_finished());
    polling.join().unwrap();
}

#[test]
fn a_waker_may_poll_another_task_as_it_is_woken() {
    let (mut task, end_guard) = waiting_task();
    let mut plan = Plan::new(Panics::Never, None);
    plan.polls_in_wake = true;
    let woken = Arc::clone(&plan.woken);
    assert!(!poll(&mut task, &Waker::from(Arc::new(plan))));
    end_guard();
    wait_for("the wake never returns", || {
        woken.load(Ordering::SeqCst) > 0
    });
    wait_and_be_woken();
}
