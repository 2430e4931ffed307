//! [`Background`]: what a structure has done on the two threads that all structures of a process share.
//!
//! - The **publisher** keeps deadlines. It runs no code but that of structures, which must not wait and must
//!   not run anybody else's there: so each deadline is kept, whatever any user code does.
//! - The **janitor** does the rest, which may take long and may run user code: replays, drops, wakers. One step
//!   of one structure at a time, in the order in which they are due.
//!
//! Each thread begins with the first structure that asks for it and ends a moment after the last one has left;
//! while nothing is due, it sleeps without a timeout.
//!
//! # Invariants
//! - **J1** A structure is held weakly, and only during its step by a counted reference. [`Background::leave`]
//!   waits for its step on the publisher to end: so the publisher never drops a structure that has left before its
//!   last reference was dropped.
//! - **J2** What belongs to one process is behind one static pointer. A forked child begins a new one and never touches
//!   its parent's, whose locks may be held by threads that the child does not have. The old one is leaked.
//! - **J3** No read takes a lock of these, and no user code runs under one but the global allocator.
//!
//! # Orderings
//! - **J4** The pointer in `PROCESS` (Release) pairs with its load (Acquire): a process that is found is complete.

mod lane;
mod per_process;

use std::io;
use std::ptr;
use std::sync::Weak;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub use self::per_process::PerProcess;

use self::lane::Lane;
use crate::fork;

/// The work of a structure in the background: see [`Background`].
pub trait Work: Send + Sync {
    /// A step on the publisher: it must be short, wait for nothing and nobody, and run no user code.
    ///
    /// Returns when to come again, unless [`publish_after`](Background::publish_after) is called for an earlier
    /// time.
    fn publish(&self) -> Next {
        Next::Idle
    }

    /// A step on the janitor: it may run user code, and should be bounded, since other structures wait for it, and so
    /// do tasks that wait for readers. Code that runs here must not wait for such a task.
    ///
    /// Returns when to come again, unless [`tidy_after`](Background::tidy_after) is called for an earlier time.
    fn tidy(&self) -> Next {
        Next::Idle
    }
}

/// When a thread of the background comes to a structure again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// When it is asked to.
    Idle,
    /// After this time at the latest: after others that are due by then.
    After(Duration),
}

/// A structure's place in the queues of the publisher and of the janitor, two threads that all structures of
/// the process share.
///
/// For writers that are built on this crate, such as maps that are shared by many threads.
/// A structure that holds its own `Background` has to call [`leave`](Self::leave) before its last reference is
/// dropped, else the publisher may be the one that drops it.
/// Both threads have the affinity, signal mask and priority of the thread that asks first.
/// Dropping it takes the structure off both queues. It waits for a step on the publisher that is under way, which
/// is short, and not for one on the janitor.
///
/// # Forks
/// A forked child has neither thread and neither queue.
/// A structure that remembers [`Background::process`] of its last request finds it changed there, and asks again.
///
/// # Examples
/// ```
/// use std::sync::{Arc, Weak, mpsc};
/// use std::time::Duration;
/// use left_right::background::{Background, Next, Work};
///
/// struct Clock(mpsc::Sender<&'static str>);
///
/// impl Work for Clock {
///     fn publish(&self) -> Next {
///         let _ = self.0.send("tick");
///         Next::Idle
///     }
/// }
///
/// let (ticks, ticked) = mpsc::channel();
/// let clock: Arc<dyn Work> = Arc::new(Clock(ticks));
/// let background = Background::new(Arc::downgrade(&clock));
/// background.publish_after(Duration::from_millis(1))?;
/// assert_eq!(ticked.recv(), Ok("tick"));
/// # std::io::Result::Ok(())
/// ```
pub struct Background {
    id: u64,
    work: Weak<dyn Work>,
}

/// Makes forks of other threads wait until this is dropped: see [`hold_off_forks`].
#[must_use = "forks go on as soon as it is dropped"]
pub struct ForksHeldOff(#[expect(dead_code, reason = "held for its drop")] fork::Held);

/// Makes forks of other threads wait until what is returned is dropped, for a second at the most. Returns `None` while
/// a fork is under way; it never waits itself.
///
/// For a step that takes a writer's lock, so that no child begins with a lock that the publisher or the janitor
/// holds. What is done meanwhile should be short; if what is returned is forgotten, each later fork takes a second
/// longer.
/// A fork first waits for all other threads, and stops the publisher only then: so nobody who holds it off keeps the
/// publisher from its deadlines. A fork by the thread that holds others' off does not wait for itself.
pub fn hold_off_forks() -> Option<ForksHeldOff> {
    let gate = if Lane::is_own(lane::PUBLISHER) {
        &fork::SHORT_GATE
    } else {
        &fork::LONG_GATE
    };
    gate.try_hold_off().map(ForksHeldOff)
}

/// The two threads of one process.
struct Process {
    generation: u64,
    publisher: Lane,
    janitor: Lane,
}

/// The process that this is; null before the first request. Never freed (J2).
static PROCESS: AtomicPtr<Process> = AtomicPtr::new(ptr::null_mut());

impl Background {
    /// A place for this structure. Starts nothing.
    pub fn new(work: Weak<dyn Work>) -> Self {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        fork::watch();
        Background {
            // ORDER: none needed: each number is drawn once.
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            work,
        }
    }

    /// Which process this is, never 0: another number in each forked child, once a `Background` was made before the
    /// fork. Costs one load.
    #[inline]
    pub fn process() -> u64 {
        fork::generation()
    }

    /// Starts the publisher, if it does not run.
    ///
    /// # Errors
    /// The system has no thread for it.
    pub fn start_publisher(&self) -> io::Result<()> {
        Process::current().publisher.ask(self.id, &self.work, None)
    }

    /// Asks for a step on the publisher within this time, whatever was asked for later ones. Takes a lock for a
    /// moment.
    ///
    /// # Errors
    /// The system has no thread for the publisher: it comes once there is one, if any structure asks again.
    pub fn publish_after(&self, time: Duration) -> io::Result<()> {
        let process = Process::current();
        process.publisher.ask(self.id, &self.work, due_after(time))
    }

    /// Asks for a step on the janitor within this time, as far as other structures' steps let it. Takes a lock for
    /// a moment.
    ///
    /// # Errors
    /// The system has no thread for the janitor: it comes once there is one, if any structure asks again.
    pub fn tidy_after(&self, time: Duration) -> io::Result<()> {
        let process = Process::current();
        process.janitor.ask(self.id, &self.work, due_after(time))
    }

    /// Whether the calling thread is the janitor.
    pub fn is_janitor() -> bool {
        Lane::is_own(lane::JANITOR)
    }

    /// Takes the structure off both queues, as dropping does: it may ask again.
    pub fn leave(&self) {
        // ORDER: J4.
        let process = PROCESS.load(Ordering::Acquire);
        // SAFETY: a process is never freed (J2).
        let Some(process) = (unsafe { process.as_ref() }) else {
            return;
        };
        // The parent's queues are not ours (J2).
        if process.generation == fork::generation() {
            process.publisher.leave(self.id);
            process.janitor.leave(self.id);
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.leave();
    }
}

impl std::fmt::Debug for Background {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Background")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Process {
    fn current() -> &'static Process {
        // ORDER: J4.
        let found = PROCESS.load(Ordering::Acquire);
        // SAFETY: a process is never freed (J2).
        match unsafe { found.as_ref() } {
            Some(process) if process.generation == fork::generation() => process,
            _ => Process::begin(found),
        }
    }

    /// Puts a new one in the place of the one found there; another thread may come first.
    #[cold]
    fn begin(found: *mut Process) -> &'static Process {
        let generation = fork::generation();
        let fresh = Box::into_raw(Box::new(Process {
            generation,
            publisher: Lane::new(lane::PUBLISHER, generation),
            janitor: Lane::new(lane::JANITOR, generation),
        }));
        // ORDER: J4, for both.
        let placed = PROCESS.compare_exchange(found, fresh, Ordering::AcqRel, Ordering::Acquire);
        let process = match placed {
            Ok(_) => fresh,
            Err(other) => {
                // SAFETY: from `Box::into_raw` above, and nobody else has seen it.
                drop(unsafe { Box::from_raw(fresh) });
                other
            }
        };
        // SAFETY: what stands there is never freed (J2), and never null again.
        unsafe { &*process }
    }
}

/// A time too far away to be told is never.
fn due_after(time: Duration) -> Option<Instant> {
    Instant::now().checked_add(time)
}
