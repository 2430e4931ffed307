//! [`Watch`]: tells a task when readers have left.
//!
//! Readers tell nobody that they leave, so somebody has to look.
//! One thread of the process looks for all tasks that wait, with the same growing, capped pauses as
//! a thread that waits for itself; it is there only while some task waits.
//!
//! What it sees is a hint: the task that it wakes looks again before it changes anything.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Waker;
use std::thread;

use crate::registry::Pins;
use crate::wait::{FIRST_PAUSE, LONGEST_PAUSE};

/// One task's wait, given up when this is dropped.
pub(crate) struct Watch {
    _entry: Arc<Mutex<Entry>>,
}

/// What the thread looks at.
struct Entry {
    pins: Pins,
    /// The address of the copy that the readers are in.
    old: usize,
    waker: Waker,
}

struct Watched {
    entries: Vec<Weak<Mutex<Entry>>>,
    is_running: bool,
}

static WATCHED: Mutex<Watched> = Mutex::new(Watched {
    entries: Vec::new(),
    is_running: false,
});
static HAS_CHANGED: Condvar = Condvar::new();

impl Watch {
    /// Wakes the task once all of `pins` have left the copy at `old`.
    pub(crate) fn start(pins: Pins, old: *mut (), waker: &Waker) -> Self {
        let entry = Arc::new(Mutex::new(Entry {
            pins,
            old: old.addr(),
            waker: waker.clone(),
        }));
        let mut watched = lock(&WATCHED);
        watched.entries.push(Arc::downgrade(&entry));
        watched.is_running = watched.is_running
            || thread::Builder::new()
                .name("left-right-watch".into())
                .spawn(look_for_all)
                .is_ok();
        if !watched.is_running {
            // No thread to be had: the task looks for itself, as often as it is run.
            watched.entries.clear();
            drop(watched);
            waker.wake_by_ref();
            return Watch { _entry: entry };
        }
        HAS_CHANGED.notify_one();
        Watch { _entry: entry }
    }
}

impl Entry {
    /// Wakes the task if nobody is left.
    fn look(&mut self) -> bool {
        let is_over = self.pins.let_go(std::ptr::without_provenance_mut(self.old));
        if is_over {
            self.waker.wake_by_ref();
        }
        is_over
    }
}

fn look_for_all() {
    let mut pause = FIRST_PAUSE;
    let mut watched = lock(&WATCHED);
    loop {
        let entries = std::mem::take(&mut watched.entries);
        drop(watched);
        // A waker is somebody else's code: it runs, and is dropped, without the lock on the list; and
        // should it panic, the others are still woken.
        let is_left = |entry: &Weak<Mutex<Entry>>| {
            let look = || entry.upgrade().is_some_and(|entry| !lock(&entry).look());
            catch_unwind(AssertUnwindSafe(look)).unwrap_or(false)
        };
        let rest: Vec<_> = entries.into_iter().filter(is_left).collect();

        watched = lock(&WATCHED);
        let news = watched.entries.len();
        watched.entries.extend(rest);
        if watched.entries.is_empty() {
            watched.is_running = false;
            return;
        }
        pause = if news > 0 {
            FIRST_PAUSE
        } else {
            (pause * 2).min(LONGEST_PAUSE)
        };
        let known = watched.entries.len();
        watched = HAS_CHANGED
            .wait_timeout(watched, pause)
            .unwrap_or_else(PoisonError::into_inner)
            .0;
        if watched.entries.len() > known {
            pause = FIRST_PAUSE;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
