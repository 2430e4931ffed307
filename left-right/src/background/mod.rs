//! [`Background`]: work that structures leave to two threads, which all structures of a process share.
//!
//! - The **publisher** keeps deadlines. It runs only code of structures, which must neither wait nor run user code
//!   there. So it meets each deadline, whatever user code does.
//! - The **janitor** does all other work, which may take long and may run user code: replays, drops, wakers. It runs
//!   one step of one structure at a time, in the order in which they are due.
//!
//! Each thread starts when a structure first asks for it, and ends a moment after the last structure has left.
//! While nothing is due, it sleeps without a timeout.
//!
//! # Invariants
//! - **J1** A thread holds a structure by a weak reference, and by a counted one only during its step.
//!   [`Background::leave`] waits for a step on the publisher to end. So the publisher never drops a structure that
//!   has left before its last reference was dropped.
//! - **J2** The state of one process is behind one static pointer. A forked child makes its own and never touches its
//!   parent's, whose locks may be held by threads that the child does not have. The parent's is leaked.
//! - **J3** No read takes one of these locks, and no user code except the global allocator runs under one.
//!
//! # Orderings
//! - **J4** The store to `PROCESS` (Release) pairs with its loads (Acquire): a process is complete when another thread
//!   loads it.

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
    /// A step on the publisher. It must be short, must not wait, and must not run user code.
    ///
    /// Returns when to come again, unless [`publish_after`](Background::publish_after) is called for an earlier
    /// time.
    fn publish(&self) -> Next {
        Next::Idle
    }

    /// A step on the janitor: it may run user code, and should be bounded, since other structures wait for it. So do
    /// tasks that wait for readers, and tasks that an unlock on the publisher has left to be woken. Code that runs here
    /// must not wait for such a task.
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
/// a process share.
///
/// For writers that are built on this crate, such as maps that are shared by many threads.
/// A structure that holds its own `Background` has to call [`leave`](Self::leave) before its last reference is
/// dropped, else the publisher may be the one that drops it.
/// Both threads have the affinity, signal mask and priority of the thread that asks first.
/// Dropping it takes the structure off both queues. It waits for a step of this structure on the publisher, which
/// is short, and not for one on the janitor.
///
/// # Forks
/// A forked child has neither of the threads nor of the queues.
/// A structure that remembers [`Background::process`] of its last request finds another number there, and asks again.
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

/// Makes forks of other threads wait until the returned value is dropped, for a second at most. Returns `None` while
/// a fork is under way. Never waits.
///
/// For a step that takes a writer's lock, so that no child starts with a lock that the publisher or the janitor
/// holds. Keep it for a short time only: if the returned value is forgotten, each later fork takes a second longer.
/// A fork first waits for all other threads, and only then stops the publisher. So a thread that holds off a fork
/// does not make the publisher miss a deadline. A thread that forks does not wait for itself.
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

/// The threads of this process; null before the first request. Never freed (J2).
static PROCESS: AtomicPtr<Process> = AtomicPtr::new(ptr::null_mut());

impl Background {
    /// Makes a place for this structure. Starts no thread.
    pub fn new(work: Weak<dyn Work>) -> Self {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        fork::watch();
        Background {
            // ORDER: none needed: the counter returns each number once.
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            work,
        }
    }

    /// Returns the number of this process, which is never 0. A forked child has another number if a `Background` was
    /// made before the fork. Costs one load.
    #[inline]
    pub fn process() -> u64 {
        fork::generation()
    }

    /// Starts the publisher, if it does not run.
    ///
    /// # Blocking
    /// Locks the publisher's queue for a moment.
    ///
    /// # Errors
    /// If the system starts no thread.
    pub fn start_publisher(&self) -> io::Result<()> {
        Process::current().publisher.ask(self.id, &self.work, None)
    }

    /// Asks for a step on the publisher within this time. An earlier request for a later time does not delay it.
    ///
    /// # Blocking
    /// Locks the publisher's queue for a moment.
    ///
    /// # Errors
    /// If the system starts no thread for the publisher. The step then comes when any structure asks again and the
    /// thread starts.
    pub fn publish_after(&self, time: Duration) -> io::Result<()> {
        let process = Process::current();
        process.publisher.ask(self.id, &self.work, due_after(time))
    }

    /// Asks for a step on the janitor within this time, as far as other structures' steps let it.
    ///
    /// # Blocking
    /// Locks the janitor's queue for a moment.
    ///
    /// # Errors
    /// If the system starts no thread for the janitor. The step then comes when any structure asks again and the
    /// thread starts.
    pub fn tidy_after(&self, time: Duration) -> io::Result<()> {
        let process = Process::current();
        process.janitor.ask(self.id, &self.work, due_after(time))
    }

    /// As [`tidy_after`](Self::tidy_after), but does not wait: it tries the lock for about a microsecond. Returns
    /// `None`, and asks for nothing, if another thread has it all the time.
    ///
    /// # Errors
    /// As [`tidy_after`](Self::tidy_after).
    pub fn try_tidy_after(&self, time: Duration) -> Option<io::Result<()>> {
        let process = Process::current();
        process
            .janitor
            .try_ask(self.id, &self.work, due_after(time))
    }

    /// Returns whether the calling thread is the publisher.
    pub fn is_publisher() -> bool {
        Lane::is_own(lane::PUBLISHER)
    }

    /// Returns whether the calling thread is the janitor.
    pub fn is_janitor() -> bool {
        Lane::is_own(lane::JANITOR)
    }

    /// Removes the structure from both queues, as dropping does. It may ask again.
    ///
    /// # Blocking
    /// Waits for a step of this structure on the publisher, unless that thread calls it.
    pub fn leave(&self) {
        // ORDER: J4.
        let process = PROCESS.load(Ordering::Acquire);
        // SAFETY: a process is never freed (J2).
        let Some(process) = (unsafe { process.as_ref() }) else {
            return;
        };
        // A child does not touch its parent's queues (J2).
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

    /// Replaces the process that was found, unless another thread has done so first.
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
                // SAFETY: it comes from `Box::into_raw` above, and no other thread has seen it.
                drop(unsafe { Box::from_raw(fresh) });
                other
            }
        };
        // SAFETY: a process is never freed (J2), and `PROCESS` never becomes null again.
        unsafe { &*process }
    }
}

/// Returns `None`, which means never, for a time too far away to represent.
fn due_after(time: Duration) -> Option<Instant> {
    Instant::now().checked_add(time)
}
