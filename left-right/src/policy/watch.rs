//! [`Watch`]: tells a task when readers have left.
//!
//! Readers tell nobody that they leave, so the [janitor](crate::background) looks for all tasks that wait, with
//! the same growing, capped pauses as a thread that waits for itself.
//!
//! What it sees is a hint: the task that it wakes looks again before it changes anything.
//!
//! # Invariants
//! - **V1** A waker is user code. It is cloned, woken and dropped outside every lock, and
//!   its panics do not end the thread that looks.
//! - **V2** Only the janitor takes the lock on a watch's pins.
//!
//! # Orderings
//! - **V3** `is_over` (Release), which is set before the task is woken, pairs with its load (Acquire) when the
//!   task runs then.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::Waker;
use std::time::Duration;

use super::wait::{FIRST_PAUSE, LONGEST_PAUSE};
use crate::background::{Background, Next, Work};
use crate::panics::{Panics, drop_each};
use crate::protocol::Pins;

/// One task's wait, given up when this is dropped.
pub(crate) struct Watch {
    watched: Arc<Watched>,
    /// Always there until the drop.
    waker: Option<Arc<Waker>>,
    /// The process whose janitor looks; 0 if none does.
    process: u64,
    background: Background,
}

/// What the janitor looks at.
struct Watched {
    /// With the pause before the next look.
    pins: Mutex<(Pins, Duration)>,
    /// The address of the copy that the readers are in.
    copy: usize,
    /// Dead when the task has given up.
    waker: Weak<Waker>,
    /// Whether the task was told.
    is_over: AtomicBool,
}

impl Watch {
    /// Wakes the task once all of `pins` have left their copy.
    ///
    /// Panics if the waker's clone does, or its wake where no thread can be had; nothing has changed then.
    pub(crate) fn start(pins: Pins, waker: &Waker) -> Self {
        let own = Arc::new(waker.clone());
        let watched = Arc::new(Watched {
            copy: pins.copy(),
            pins: Mutex::new((pins, FIRST_PAUSE)),
            waker: Arc::downgrade(&own),
            is_over: AtomicBool::new(false),
        });
        let work: Weak<Watched> = Arc::downgrade(&watched);
        let mut watch = Watch {
            watched,
            waker: Some(own),
            process: 0,
            background: Background::new(work),
        };
        // The janitor cannot look while it runs this, in somebody's `Drop`.
        if !Background::is_janitor() && watch.background.tidy_after(FIRST_PAUSE).is_ok() {
            watch.process = Background::process();
        } else {
            // The task looks for itself, as often as it is run.
            waker.wake_by_ref();
        }
        watch
    }

    /// Whether this still waits for readers of the copy of `pins`, and wakes the same task as `waker`.
    pub(crate) fn is_for(&self, pins: &Pins, waker: &Waker) -> bool {
        let own = self.waker.as_deref();
        self.watched.copy == pins.copy()
            && own.is_some_and(|own| own.will_wake(waker))
            && self.process == Background::process()
            && !Background::is_janitor()
            // ORDER: V3.
            && !self.watched.is_over.load(Ordering::Acquire)
    }
}

impl Drop for Watch {
    /// If the waker panics here, that goes on to the task, unless another panic does already (V1).
    fn drop(&mut self) {
        drop_each(self.waker.take());
    }
}

impl Work for Watched {
    /// Looks at the readers, and wakes the task if nobody is left.
    fn tidy(&self) -> Next {
        let Some(waker) = self.waker.upgrade() else {
            return Next::Idle;
        };
        let (is_over, pause) = self.look();
        let mut panics = Panics::default();
        if is_over {
            // ORDER: V3.
            self.is_over.store(true, Ordering::Release);
            panics.catch(|| waker.wake_by_ref());
        }
        // If the task has given up meanwhile, its waker ends here.
        panics.drop_each([waker]);
        // These panics concern nobody here (V1).
        drop(panics);
        if is_over {
            Next::Idle
        } else {
            Next::After(pause)
        }
    }
}

impl Watched {
    /// Returns whether nobody is left, and the pause before the next look.
    fn look(&self) -> (bool, Duration) {
        let mut pins = self.pins.lock().unwrap_or_else(PoisonError::into_inner);
        let (pins, pause) = &mut *pins;
        *pause = (*pause * 2).min(LONGEST_PAUSE);
        (pins.let_go(), *pause)
    }
}
