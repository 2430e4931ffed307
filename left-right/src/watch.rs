//! [`Watch`]: tells a task when readers have left.
//!
//! Readers tell nobody that they leave, so somebody has to look.
//! One thread of the process looks for all tasks that wait, with the same growing, capped pauses as
//! a thread that waits for itself; it is there only while some task waits.
//!
//! What it sees is a hint: the task that it wakes looks again before it changes anything.
//!
//! # Invariants
//! - **V1** A waker is somebody else's code. It is cloned, woken and dropped outside the lock on the list, and
//!   the thread that looks outlives whatever it throws.
//! - **V2** No read takes that lock, so an allocator that reads may run under it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Waker;
use std::thread;

use crate::panics::{Panics, drop_each};
use crate::registry::Pins;
use crate::wait::{FIRST_PAUSE, LONGEST_PAUSE};

/// One task's wait, given up when this is dropped.
pub(crate) struct Watch {
    /// Always there until the drop.
    waker: Option<Arc<Waker>>,
}

/// What the thread looks at.
struct Entry {
    pins: Pins,
    /// The address of the copy that the readers are in.
    old: usize,
    /// Gone when the task has given up.
    waker: Weak<Waker>,
}

struct Watched {
    entries: Vec<Entry>,
    is_running: bool,
}

static WATCHED: Mutex<Watched> = Mutex::new(Watched {
    entries: Vec::new(),
    is_running: false,
});
static HAS_CHANGED: Condvar = Condvar::new();

impl Watch {
    /// Wakes the task once all of `pins` have left the copy at `old`.
    ///
    /// Panics if the waker's clone does, or its wake where no thread can be had; nothing has changed then.
    pub(crate) fn start(pins: Pins, old: *mut (), waker: &Waker) -> Self {
        let own = Arc::new(waker.clone());
        let entry = Entry {
            pins,
            old: old.addr(),
            waker: Arc::downgrade(&own),
        };
        let watch = Watch { waker: Some(own) };
        let mut watched = lock(&WATCHED);
        watched.entries.push(entry);
        watched.is_running = watched.is_running
            || thread::Builder::new()
                .name("left-right-watch".into())
                .spawn(look_for_all)
                .is_ok();
        if watched.is_running {
            HAS_CHANGED.notify_one();
        } else {
            // No thread to be had: the task looks for itself, as often as it is run.
            let entry = watched.entries.pop();
            drop(watched);
            drop(entry);
            waker.wake_by_ref();
        }
        watch
    }
}

impl Drop for Watch {
    /// If the waker panics here, that goes on to the task, unless another panic does already (V1).
    fn drop(&mut self) {
        drop_each(self.waker.take());
    }
}

impl Entry {
    /// Whether the task still waits, after a look at the readers. Wakes it if nobody is left.
    fn look(&mut self) -> bool {
        let Some(waker) = self.waker.upgrade() else {
            return false;
        };
        let is_over = self.pins.let_go(std::ptr::without_provenance_mut(self.old));
        let mut panics = Panics::default();
        if is_over {
            panics.catch(|| waker.wake_by_ref());
        }
        // If the task has given up meanwhile, its waker ends here.
        panics.drop_each([waker]);
        // Whatever they are, they concern nobody here (V1).
        drop(panics);
        !is_over
    }
}

fn look_for_all() {
    let mut pause = FIRST_PAUSE;
    let mut watched = lock(&WATCHED);
    loop {
        let mut entries = std::mem::take(&mut watched.entries);
        drop(watched);
        entries.retain_mut(Entry::look);

        watched = lock(&WATCHED);
        let news = watched.entries.len();
        watched.entries.append(&mut entries);
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
